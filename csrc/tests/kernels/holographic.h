// A holographic memory, one head.

static size_t components; // of a number
static bool holographic_decays;
static tensor holographic_key, holographic_query;

static void holographic_exact(void) {
    const size_t d = components;
    for (size_t i = 0; i < N; i++) {
        double k[8], q[8], v[8], m[8], conj_q[8], bound[8], read[8];
        for (size_t c = 0; c < d; c++)
            k[c] = EXACT(holographic_key, c, i), q[c] = EXACT(holographic_query, c, i), v[c] = EXACT(value, c, i);
        reference_product(d, k, v, bound);
        for (size_t c = 0; c < d; c++)
            m[c] = (holographic_decays ? alpha.exact[0] : 1) * EXACT(memory_before, c, i) + beta.exact[0] * bound[c];
        reference_conjugate(d, q, conj_q);
        reference_product(d, conj_q, m, read);
        for (size_t c = 0; c < d; c++)
            EXACT(memory, c, i) = m[c], EXACT(read_vector, c, i) = read[c];
    }
}

CHECKS check_holographic_head(void) {
    holographic_key = padded(components, N, -1, 1), holographic_query = padded(components, N, -1, 1);
    value = padded(components, N, -1, 1), beta = dense(1, 1, 0, 0, 1), alpha = dense(1, 1, 0, 0, 1);
    memory_before = padded(components, N, -1, 1), memory = padded(components, N, UNSET);
    read_vector = dense(components, N, 0, UNSET);
    const holographic_step step = {.N = N,
                                   .W = components,
                                   .key = holographic_key.x,
                                   .query = holographic_query.x,
                                   .value = value.x,
                                   .strength = beta.x[0],
                                   .decay = holographic_decays ? alpha.x[0] : R(1.0),
                                   .memory_before = memory_before.x,
                                   .memory = memory.x,
                                   .read_vector = read_vector.x};
    holographic_head_forward(&step);
    check_forward(holographic_exact, 2, (const tensor[]){memory, read_vector});
    const holographic_gradient gradient = {.read_vector = read_vector.d,
                                           .memory = memory.d,
                                           .key = holographic_key.d,
                                           .query = holographic_query.d,
                                           .value = value.d,
                                           .strength = beta.d,
                                           .decay = holographic_decays ? alpha.d : NULL};
    holographic_head_backward(&step, &gradient);
    CHECK_GRADIENT(memory_before, memory.d, REPLACES);
    CHECK_GRADIENT(holographic_key, holographic_key.d, REPLACES);
    CHECK_GRADIENT(holographic_query, holographic_query.d, REPLACES);
    CHECK_GRADIENT(value, value.d, REPLACES);
    CHECK_GRADIENT(beta, beta.d, REPLACES);
    if (holographic_decays)
        CHECK_GRADIENT(alpha, alpha.d, REPLACES);
}

static void holographic_kernels(void) {
    for (components = 1; components <= 8; components *= 2)
        for (int decays = 0; decays <= 1; decays++) {
            static const char *const names[] = {"holographic", "holographic with decay"};
            holographic_decays = decays;
            each(names[decays], check_holographic_head, 1, 1);
        }
}
