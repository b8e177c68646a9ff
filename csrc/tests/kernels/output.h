// The losses, of a row per head, with softmaxes of N symbols, or N bits or numbers.

static tensor outputs, log_normalizer, nats; // nats: (1)
static int32_t targets[32];
static float target_vectors[33 * 16], loss_weights[16];
static dnc_segment asked;

// A plan of as many steps as heads, whose workspace is the pool.
static void plan_loss(int32_t kind, size_t groups) {
    dnc_config config;
    require(dnc_config_init_text(&config, 1) == DNC_OK, "dnc_config_init_text");
    config.hidden = 1;
    config.output = kind, config.output_size = (int32_t)N, config.output_groups = (int32_t)groups;
    const dnc_run run = dnc_run_of((int32_t)heads, 1);
    require(dnc_plan_make(&config, &run, DNC_PURPOSE_SEGMENT, &plan) == DNC_OK, "dnc_plan_make");
    plan.workspace.outputs = (size_t)(outputs.x - pool.x);
    plan.workspace.log_normalizer = (size_t)(log_normalizer.x - pool.x);
}

// Every fourth weight is 0, and with one head there are none.
static void draw_weights(void) {
    asked = (dnc_segment){.struct_size = sizeof asked, .weights = heads == 1 ? NULL : loss_weights};
    for (size_t t = 0; t < heads; t++)
        loss_weights[t] = t % 4 == 2 ? 0 : (float)random_uniform(&pool.source, 0, 2);
}

static double weight_exact(size_t t) {
    return asked.weights == NULL ? 1 : (double)asked.weights[t];
}

static void symbols_exact(void) {
    nats.exact[0] = 0;
    for (size_t i = 0; i < outputs.rows; i++) {
        const double weight = weight_exact(i / plan.sizes.Q);
        double total = 0;
        if (targets[i] == DNC_NO_TARGET || weight == 0)
            continue;
        for (size_t j = 0; j < N; j++)
            total += exp(EXACT(outputs, i, j));
        log_normalizer.exact[i] = log(total);
        nats.exact[0] += weight * (log(total) - EXACT(outputs, i, (size_t)targets[i]));
    }
}

// Every third softmax is without a target.
CHECKS check_symbols_loss(void) {
    const double spread = heads % 2 == 0 ? 3 : 100; // e^100 is no float
    const size_t groups = 1 + heads % 3;
    outputs = padded(heads * groups, N, -spread, spread), log_normalizer = dense(1, heads * groups, 0, 0, 1);
    nats = dense(1, 1, 0, UNSET);
    plan_loss(DNC_OUTPUT_SYMBOLS, groups);
    draw_weights();
    asked.targets = targets;
    int64_t count = 0;
    for (size_t i = 0; i < outputs.rows; i++) {
        targets[i] = i % 3 == 1 ? DNC_NO_TARGET : random_below(&pool.source, (int32_t)N);
        count += targets[i] != DNC_NO_TARGET && weight_exact(i / groups) != 0;
    }
    const dnc_loss loss = symbols_loss_forward(&plan, &asked, pool.x);
    nats.x[0] = (REAL)loss.nats;
    for (size_t i = 0; i < outputs.rows; i++)
        fill_padding(N, row(outputs, i), R(0.0)); // nobody's
    check_forward(symbols_exact, 2, (tensor[]){nats, log_normalizer});
    CHECK_EQUAL(loss.count, count);
    forward_pass.count = 1;
    symbols_loss_backward(&plan, &asked, nats.d[0], pool.x);
    CHECK_GRADIENT(outputs, outputs.x, REPLACES);
}

static void bits_exact(void) {
    nats.exact[0] = 0;
    for (size_t t = 0; t < heads; t++)
        for (size_t j = 0; j < N; j++) {
            const double y = EXACT(outputs, t, j), target = (double)target_vectors[t * N + j];
            nats.exact[0] += weight_exact(t) * (target * log1p(exp(-y)) + (1 - target) * log1p(exp(y)));
        }
}

static void reals_exact(void) {
    nats.exact[0] = 0;
    for (size_t t = 0; t < heads; t++)
        for (size_t j = 0; j < N; j++) {
            const double error = EXACT(outputs, t, j) - (double)target_vectors[t * N + j];
            nats.exact[0] += weight_exact(t) * error * error / 2;
        }
}

// Targets of bits are 0, 1 or, with three heads, probabilities.
CHECKS check_vectors_loss(bool are_bits) {
    const double spread = are_bits && heads % 2 != 0 ? 100 : 3; // as above
    outputs = padded(heads, N, -spread, spread), log_normalizer = dense(1, 1, 0, 0, 1), nats = dense(1, 1, 0, UNSET);
    plan_loss(are_bits ? DNC_OUTPUT_BITS : DNC_OUTPUT_REALS, 1);
    draw_weights();
    asked.target_vectors = target_vectors;
    for (size_t i = 0; i < heads * N; i++)
        target_vectors[i] = are_bits && heads != 3
                                ? (float)random_below(&pool.source, 2)
                                : (float)random_uniform(&pool.source, are_bits ? 0 : -2, are_bits ? 1 : 2);
    int64_t count = 0;
    for (size_t t = 0; t < heads; t++)
        count += weight_exact(t) != 0 ? (int64_t)N : 0;
    const dnc_loss loss = (are_bits ? bits_loss_forward : reals_loss_forward)(&plan, &asked, pool.x);
    nats.x[0] = (REAL)loss.nats;
    check_forward(are_bits ? bits_exact : reals_exact, 1, &nats);
    CHECK_EQUAL(loss.count, count);
    (are_bits ? bits_loss_backward : reals_loss_backward)(&plan, &asked, nats.d[0], pool.x);
    CHECK_GRADIENT(outputs, outputs.x, REPLACES);
}

CHECKS check_bits_loss(void) {
    check_vectors_loss(true);
}

// Infinite logits, by hand: what is right costs nothing and has no gradient, what is wrong costs all there is.
CHECKS check_infinite_bits(void) {
    static const struct {
        REAL y;
        float target;
        double loss, gradient;
    } bits[] = {{(REAL)INFINITY, 1, 0, 0},
                {-(REAL)INFINITY, 0, 0, 0},
                {(REAL)INFINITY, 0, INFINITY, 1},
                {-(REAL)INFINITY, 1, INFINITY, -1},
                {(REAL)INFINITY, 0.75f, INFINITY, 0.25}};
    for (size_t i = 0; i < COUNT(bits); i++) {
        outputs = padded(heads, N, 0, 0), log_normalizer = dense(1, 1, 0, 0, 1);
        plan_loss(DNC_OUTPUT_BITS, 1);
        asked = (dnc_segment){.struct_size = sizeof asked, .target_vectors = target_vectors};
        for (size_t t = 0; t < heads; t++)
            for (size_t j = 0; j < N; j++)
                row(outputs, t)[j] = bits[i].y, target_vectors[t * N + j] = bits[i].target;
        CHECK(bits_loss_forward(&plan, &asked, pool.x).nats == bits[i].loss);
        bits_loss_backward(&plan, &asked, R(1.0), pool.x);
        for (size_t t = 0; t < heads; t++)
            for (size_t j = 0; j < N; j++) // e^-87 is the least that the logistic function knows
                CHECK(fabs((double)row(outputs, t)[j] - bits[i].gradient) < 1e-37);
    }
}

CHECKS check_reals_loss(void) {
    check_vectors_loss(false);
}

static void output_kernels(void) {
    each("loss of symbols", check_symbols_loss, 1, 6);
    each("loss of bits", check_bits_loss, 1, 6);
    each("loss of infinite bits", check_infinite_bits, 1, 6);
    each("loss of numbers", check_reals_loss, 1, 6);
}
