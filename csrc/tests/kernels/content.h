// Content addressing.

static tensor strength, cosines;

// Of every row of the memory and every key.
static void row_dots_exact(void) {
    for (size_t r = 0; r < keys.rows; r++)
        for (size_t i = 0; i < N; i++)
            EXACT(dots, r, i) = exact_dot(W, &EXACT(memory, i, 0), &EXACT(keys, r, 0));
}

CHECKS check_row_dots(void) {
    memory = padded(N, W, -1, 1), keys = padded(heads, W, -1, 1), dots = padded(heads, N, UNSET);
    for (size_t r = 0; r < heads; r += HEAD_GROUP)
        WITH_GROUP(group_size(heads, r), row_dots(group, N, W, memory.x, row(keys, r), row(dots, r)))
    row_dots_exact();
    check_values("dots", dots);
}

static void content_exact(void) {
    const double key_square = exact_dot(W, keys.exact, keys.exact);
    double total = 0;
    for (size_t i = 0; i < N; i++) {
        const double *const m = &EXACT(memory, i, 0);
        norms.exact[i] = 1 / sqrt(exact_dot(W, m, m) + DNC_COSINE_EPSILON);
        cosines.exact[i] = exact_dot(W, m, keys.exact) * norms.exact[i] / sqrt(key_square + DNC_COSINE_EPSILON);
        total += weighting.exact[i] = exp(strength.exact[0] * cosines.exact[i]);
    }
    for (size_t i = 0; i < N; i++)
        weighting.exact[i] /= total;
}

// The gradients at the key and at the memory are put together as content_backward's comment says. Both keep away from 0,
// where a cosine turns quickly.
CHECKS check_content(void) {
    const tensor across = padded(1, N, 0, 0), along_row = padded(1, N, -1, 1);
    memory = padded(N, W, 0.2, 1.2), keys = padded(1, W, -1.2, -0.2), strength = dense(1, 1, 0, 1, 6);
    norms = padded(1, N, UNSET), cosines = padded(1, N, UNSET), weighting = padded(1, N, UNSET);
    const REAL norm = key_norm(W, keys.x), beta = strength.x[0];
    for (size_t i = 0; i < N; i++)
        norms.x[i] = dot(W, row(memory, i), row(memory, i));
    inverse_norms(N, norms.x);
    row_dots(1, N, W, memory.x, keys.x, cosines.x);
    content_forward(N, norm, beta, norms.x, cosines.x, weighting.x);
    check_forward(content_exact, 3, (tensor[]){weighting, norms, cosines});

    forward_pass.count = 1; // what follows is the gradient by the weighting alone
    memcpy(across.x, weighting.d, N * sizeof(REAL));
    const REAL along_key =
        content_backward(N, norm, beta, norms.x, cosines.x, weighting.x, across.x, along_row.x, strength.d);
    for (size_t j = 0; j < W; j++) {
        keys.d[j] = -along_key * keys.x[j];
        for (size_t i = 0; i < N; i++) {
            const REAL along = along_row.x[i] - (REAL)along_row.exact[i]; // it was added
            keys.d[j] += across.x[i] * row(memory, i)[j];
            memory.d[i * memory.stride + j] = across.x[i] * keys.x[j] - along * row(memory, i)[j];
        }
    }
    CHECK_GRADIENT(keys, keys.d, REPLACES);
    CHECK_GRADIENT(memory, memory.d, REPLACES);
    CHECK_GRADIENT(strength, strength.d, ADDS);
}

static void content_kernels(void) {
    each("row_dots", check_row_dots, 1, 6);
    each("content", check_content, 1, 6);
}
