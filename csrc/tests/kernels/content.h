// Content addressing.

static tensor keys, strengths;

static void content_exact(void) {
    for (size_t r = 0; r < heads; r++) {
        const double *const k = &EXACT(keys, r, 0);
        double total = 0;
        for (size_t i = 0; i < N; i++) {
            const double *const m = &EXACT(memory, i, 0);
            const double cosine = exact_dot(W, k, m) / sqrt(exact_dot(W, k, k) + DNC_COSINE_EPSILON) /
                                  sqrt(exact_dot(W, m, m) + DNC_COSINE_EPSILON);
            total += EXACT(content, r, i) = exp(strengths.exact[r] * cosine);
        }
        for (size_t i = 0; i < N; i++)
            EXACT(content, r, i) /= total;
    }
}

// Keys and memory keep away from 0, where a cosine turns quickly.
CHECKS check_content(void) {
    const tensor tape = padded(DNC_LOOKUP_ROWS(heads, false), N, UNSET);
    memory = padded(N, W, 0.2, 1.2), keys = padded(heads, W, -1.2, -0.2), strengths = dense(1, heads, 0, 1, 6);
    content = padded(heads, N, UNSET);
    const lookup of_all = {heads, N, W, memory.x, keys.x, strengths.x, NULL, content.x, tape.x};
    content_forward(&of_all);
    check_forward(content_exact, 1, &content);
    content_backward(&of_all, content.d, &(lookup_gradient){keys.d, strengths.d, NULL, memory.d});
    CHECK_GRADIENT(keys, keys.d, ADDS);
    CHECK_GRADIENT(strengths, strengths.d, ADDS);
    CHECK_GRADIENT(memory, memory.d, ADDS);
}

static void content_kernels(void) {
    each("content", check_content, 1, 6);
}
