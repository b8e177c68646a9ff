// The memory of DeltaNet, one head.

static bool delta_decays;
static tensor key_and_query, value, beta, alpha, delta_error, read_vector;

static void delta_exact(void) {
    const double *const k = key_and_query.exact, *const q = k + key_and_query.stride;
    const double kept = delta_decays ? alpha.exact[0] : 1;
    for (size_t j = 0; j < W; j++) {
        delta_error.exact[j] = value.exact[j], read_vector.exact[j] = 0;
        for (size_t i = 0; i < N; i++)
            delta_error.exact[j] -= kept * k[i] * EXACT(memory_before, i, j);
        for (size_t i = 0; i < N; i++) {
            EXACT(memory, i, j) = kept * EXACT(memory_before, i, j) + beta.exact[0] * k[i] * delta_error.exact[j];
            read_vector.exact[j] += q[i] * EXACT(memory, i, j);
        }
    }
}

CHECKS check_delta_head(void) {
    key_and_query = padded(2, N, -1, 1), value = padded(1, W, -1, 1);
    beta = dense(1, 1, 0, 0, 2), alpha = dense(1, 1, 0, 0, 1);
    memory_before = padded(N, W, -1, 1), memory = padded(N, W, UNSET);
    delta_error = padded(1, W, UNSET), read_vector = dense(1, W, 0, UNSET);
    const tensor products = padded(2, W, UNSET), d_read_vector = padded(1, W, 0, 0);
    const delta_step step = {.N = N,
                             .W = W,
                             .key = key_and_query.x,
                             .query = row(key_and_query, 1),
                             .value = value.x,
                             .strength = beta.x[0],
                             .decay = delta_decays ? alpha.x[0] : R(1.0),
                             .memory_before = memory_before.x,
                             .memory = memory.x,
                             .error = delta_error.x,
                             .read_vector = read_vector.x};
    delta_head_forward(&step, products.x);
    check_forward(delta_exact, 2, (const tensor[]){memory, read_vector});
    check_values("error", delta_error);
    memcpy(d_read_vector.x, read_vector.d, W * sizeof(REAL));
    const delta_gradient gradient = {.read_vector = d_read_vector.x,
                                     .memory = memory.d,
                                     .key = key_and_query.d,
                                     .query = key_and_query.d + key_and_query.stride,
                                     .value = value.d,
                                     .strength = beta.d,
                                     .decay = delta_decays ? alpha.d : NULL,
                                     .write = products.x,
                                     .products = row(products, 1)};
    delta_head_backward(&step, &gradient);
    CHECK_GRADIENT(memory_before, memory.d, REPLACES);
    CHECK_GRADIENT(key_and_query, key_and_query.d, REPLACES);
    CHECK_GRADIENT(value, value.d, REPLACES);
    CHECK_GRADIENT(beta, beta.d, REPLACES);
    if (delta_decays)
        CHECK_GRADIENT(alpha, alpha.d, REPLACES);
}

static void delta_kernels(void) {
    delta_decays = false;
    each("delta", check_delta_head, 1, 1);
    delta_decays = true;
    each("delta with decay", check_delta_head, 1, 1);
}
