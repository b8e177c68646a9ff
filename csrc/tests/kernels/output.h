// The loss, of V = N and a row per head, every third of them without a target.

static tensor logits, log_normalizer, nats; // nats: (1)
static int32_t targets[16];

static void loss_exact(void) {
    nats.exact[0] = 0;
    for (size_t r = 0; r < heads; r++) {
        double total = 0;
        for (size_t j = 0; j < N; j++)
            total += exp(EXACT(logits, r, j));
        log_normalizer.exact[r] = log(total);
        if (targets[r] != DNC_NO_TARGET)
            nats.exact[0] += log_normalizer.exact[r] - EXACT(logits, r, (size_t)targets[r]);
    }
}

CHECKS check_loss(void) {
    const double spread = heads % 2 == 0 ? 3 : 100; // e^100 is no float
    logits = padded(heads, N, -spread, spread), log_normalizer = dense(1, heads, 0, UNSET), nats = dense(1, 1, 0, UNSET);
    for (size_t r = 0; r < heads; r++)
        targets[r] = r % 3 == 1 ? DNC_NO_TARGET : random_below(&pool.source, (int32_t)N);
    const dnc_loss loss = loss_forward(heads, N, logits.x, targets, log_normalizer.x);
    nats.x[0] = (REAL)loss.nats;
    check_forward(loss_exact, 2, (tensor[]){nats, log_normalizer});
    CHECK_EQUAL(loss.count, heads - (heads + 1) / 3);
    forward_pass.count = 1;
    loss_backward(heads, N, log_normalizer.x, targets, nats.d[0], logits.x);
    for (size_t r = 0; r < heads; r++)
        fill_padding(N, row(logits, r), R(0.0)); // nobody's
    CHECK_GRADIENT(logits, logits.x, REPLACES);
}

static void output_kernels(void) {
    each("loss", check_loss, 1, 6);
}
