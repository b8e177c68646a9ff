// The interface vector's squashing functions.

static dnc_plan plan;
static tensor xi, parsed;

static void interface_exact(void) {
    const dnc_interface_offsets *from = &plan.interface, *to = &plan.parsed;
    const double *const x = xi.exact;
    double *const y = parsed.exact;
    for (size_t j = 0; j < W; j++) {
        for (size_t r = 0; r < heads; r++)
            y[to->read_keys + r * dnc_row(W) + j] = x[from->read_keys + r * W + j];
        y[to->write_key + j] = x[from->write_key + j];
        y[to->erase_vector + j] = sigmoid_exact(x[from->erase_vector + j]);
        y[to->write_vector + j] = x[from->write_vector + j];
    }
    for (size_t r = 0; r < heads; r++) {
        const double *const modes = x + from->read_modes + 3 * r, total = exp(modes[0]) + exp(modes[1]) + exp(modes[2]);
        for (size_t m = 0; m < 3; m++)
            y[to->read_modes + 3 * r + m] = exp(modes[m]) / total;
        y[to->read_strengths + r] = oneplus_exact(x[from->read_strengths + r]);
        y[to->free_gates + r] = sigmoid_exact(x[from->free_gates + r]);
    }
    y[to->write_strength] = oneplus_exact(x[from->write_strength]);
    y[to->allocation_gate] = sigmoid_exact(x[from->allocation_gate]);
    y[to->write_gate] = sigmoid_exact(x[from->write_gate]);
}

CHECKS check_interface(void) {
    const dnc_config config = configure(MODEL_DNC, 2, 1, (int32_t)N, (int32_t)W, (int32_t)heads);
    const dnc_run run = dnc_run_of(1, 1);
    require(dnc_plan_make(&config, &run, DNC_PURPOSE_SEGMENT, &plan) == DNC_OK, "dnc_plan_make");
    const size_t first_mode = plan.interface.read_modes;
    xi = dense(1, plan.sizes.I, 0, -4, 4), parsed = dense(1, plan.sizes.Xp, 0, UNSET);
    for (size_t m = first_mode; m < first_mode + 3; m++)
        set(xi, 0, m, 100 + xi.exact[m]); // e^100 is no float
    interface_forward(&plan, xi.x, parsed.x);
    check_forward(interface_exact, 1, &parsed);
    memcpy(xi.d, xi.x, plan.sizes.I * sizeof(REAL));
    interface_backward(&plan, parsed.x, parsed.d, xi.d);
    CHECK_GRADIENT(xi, xi.d, REPLACES);
}

static void delta_interface_exact(void) {
    const dnc_interface_offsets *from = &plan.interface, *to = &plan.parsed;
    const double *const x = xi.exact;
    double *const y = parsed.exact;
    for (size_t r = 0; r < heads; r++) {
        const double *const key = x + from->keys + r * N, *const query = x + from->queries + r * N;
        for (size_t i = 0; i < N; i++) {
            y[to->keys + r * dnc_row(N) + i] = key[i] / sqrt(exact_dot(N, key, key) + DNC_COSINE_EPSILON);
            y[to->queries + r * dnc_row(N) + i] = query[i] / sqrt(exact_dot(N, query, query) + DNC_COSINE_EPSILON);
        }
        for (size_t j = 0; j < W; j++)
            y[to->values + r * dnc_row(W) + j] = x[from->values + r * W + j];
        y[to->strengths + r] = 2 * sigmoid_exact(x[from->strengths + r]);
        y[to->decays + r] = sigmoid_exact(x[from->decays + r]);
    }
}

CHECKS check_delta_interface(void) {
    const dnc_config config = configure(MODEL_DELTA, 2, 1, (int32_t)N, (int32_t)W, (int32_t)heads);
    const dnc_run run = dnc_run_of(1, 1);
    require(dnc_plan_make(&config, &run, DNC_PURPOSE_SEGMENT, &plan) == DNC_OK, "dnc_plan_make");
    xi = dense(1, plan.sizes.I, 0, -4, 4), parsed = dense(1, plan.sizes.Xp, 0, UNSET);
    for (size_t i = plan.interface.keys; i < plan.interface.values; i++) // one of a single number turns sharply at 0
        set(xi, 0, i, xi.exact[i] + (xi.exact[i] < 0 ? -1 : 1));
    interface_forward(&plan, xi.x, parsed.x);
    check_forward(delta_interface_exact, 1, &parsed);
    memcpy(xi.d, xi.x, plan.sizes.I * sizeof(REAL));
    interface_backward(&plan, parsed.x, parsed.d, xi.d);
    CHECK_GRADIENT(xi, xi.d, REPLACES);
}

static void numbers_exact(void) {
    const size_t d = plan.sizes.W, from = plan.interface.keys, to = plan.parsed.keys;
    for (size_t r = 0; r < 2 * heads; r++) // keys and queries
        for (size_t i = 0; i < N; i++) {
            double square = DNC_COSINE_EPSILON;
            for (size_t c = 0; c < d; c++)
                square += xi.exact[from + (r * d + c) * N + i] * xi.exact[from + (r * d + c) * N + i];
            for (size_t c = 0; c < d; c++)
                parsed.exact[to + (r * d + c) * dnc_row(N) + i] = xi.exact[from + (r * d + c) * N + i] / sqrt(square);
        }
    for (size_t r = 0; r < heads; r++) {
        for (size_t c = r * d; c < (r + 1) * d; c++)
            for (size_t i = 0; i < N; i++)
                parsed.exact[plan.parsed.values + c * dnc_row(N) + i] = xi.exact[plan.interface.values + c * N + i];
        parsed.exact[plan.parsed.strengths + r] = sigmoid_exact(xi.exact[plan.interface.strengths + r]);
        parsed.exact[plan.parsed.decays + r] = sigmoid_exact(xi.exact[plan.interface.decays + r]);
    }
}

CHECKS check_holographic_interface(void) {
    const dnc_config config = configure(MODEL_HOLOGRAPHIC, 2, 1, (int32_t)N, (int32_t)W, (int32_t)heads);
    const dnc_run run = dnc_run_of(1, 1);
    require(dnc_plan_make(&config, &run, DNC_PURPOSE_SEGMENT, &plan) == DNC_OK, "dnc_plan_make");
    xi = dense(1, plan.sizes.I, 0, -4, 4), parsed = dense(1, plan.sizes.Xp, 0, UNSET);
    for (size_t i = plan.interface.keys; i < plan.interface.values; i++) // a number turns sharply at 0
        set(xi, 0, i, xi.exact[i] + (xi.exact[i] < 0 ? -1 : 1));
    interface_forward(&plan, xi.x, parsed.x);
    check_forward(numbers_exact, 1, &parsed);
    memcpy(xi.d, xi.x, plan.sizes.I * sizeof(REAL));
    interface_backward(&plan, parsed.x, parsed.d, xi.d);
    CHECK_GRADIENT(xi, xi.d, REPLACES);
}

static void interface_kernels(void) {
    each("interface", check_interface, 1, 6);
    each("interface of delta", check_delta_interface, 1, 6);
    each("interface of numbers", check_holographic_interface, 1, 3);
}
