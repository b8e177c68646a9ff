// Writing to and reading from the memory's matrix, and the read weighting.

static tensor memory_before, erase, write_vectors;

static void memory_write_exact(void) {
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < W; j++) {
            EXACT(memory, i, j) = EXACT(memory_before, i, j);
            for (size_t q = 0; q < heads; q++)
                EXACT(memory, i, j) *= 1 - EXACT(w, q, i) * EXACT(erase, q, j);
            for (size_t q = 0; q < heads; q++)
                EXACT(memory, i, j) += EXACT(w, q, i) * EXACT(write_vectors, q, j);
        }
}

CHECKS check_memory_write(void) {
    memory_before = padded(N, W, -1, 1), memory = padded(N, W, UNSET);
    w = padded(heads, N, 0, 1), erase = padded(heads, W, 0, 1), write_vectors = padded(heads, W, -1, 1);
    set(w, heads - 1, 0, 1), set(erase, heads - 1, 0, 1); // the last head erases that number wholly
    memory_write_forward(heads, N, W, w.x, erase.x, write_vectors.x, NULL, memory_before.x, memory.x);
    check_forward(memory_write_exact, 1, &memory);
    memory_write_backward(heads, N, W, w.x, erase.x, write_vectors.x, NULL, memory_before.x, memory.d, w.d, erase.d,
                          write_vectors.d, NULL);
    CHECK_GRADIENT(memory_before, memory.d, REPLACES);
    CHECK_GRADIENT(w, w.d, ADDS);
    CHECK_GRADIENT(erase, erase.d, ADDS);
    CHECK_GRADIENT(write_vectors, write_vectors.d, ADDS);
}

static tensor reads, read_vectors;

static void memory_read_exact(void) {
    for (size_t r = 0; r < heads; r++)
        for (size_t j = 0; j < W; j++) {
            EXACT(read_vectors, r, j) = 0;
            for (size_t i = 0; i < N; i++)
                EXACT(read_vectors, r, j) += EXACT(memory, i, j) * EXACT(reads, r, i);
        }
}

CHECKS check_memory_read(void) {
    const tensor d_read_vectors = padded(heads, W, 0, 0);
    memory = padded(N, W, -1, 1), reads = padded(heads, N, 0, 1), read_vectors = dense(heads, W, 0, UNSET);
    memory_read_forward(heads, N, W, memory.x, reads.x, read_vectors.x);
    check_forward(memory_read_exact, 1, &read_vectors);
    copy_rows(heads, W, read_vectors.d, W, d_read_vectors.x, d_read_vectors.stride);
    memory_read_backward(heads, N, W, memory.x, reads.x, d_read_vectors.x, reads.d, memory.d);
    CHECK_GRADIENT(reads, reads.d, ADDS);
    CHECK_GRADIENT(memory, memory.d, ADDS);
}

static tensor modes, weighting;

static void read_weighting_exact(void) {
    const double *const pi = modes.exact;
    for (size_t i = 0; i < N; i++) {
        weighting.exact[i] = pi[heads] * content.exact[i];
        for (size_t q = 0; q < heads; q++)
            weighting.exact[i] += pi[q] * EXACT(backward, q, i) + pi[heads + 1 + q] * EXACT(forward, q, i);
    }
}

// Along the links of so many write heads.
CHECKS check_read_weighting(void) {
    modes = dense(1, 2 * heads + 1, 0, 0, 1), weighting = padded(1, N, UNSET);
    backward = padded(heads, N, 0, 1), content = padded(1, N, 0, 1), forward = padded(heads, N, 0, 1);
    read_weighting_forward(heads, forward.stride, N, modes.x, backward.x, content.x, forward.x, weighting.x);
    check_forward(read_weighting_exact, 1, &weighting);
    read_weighting_backward(heads, forward.stride, N, modes.x, backward.x, content.x, forward.x, weighting.d, modes.d,
                            backward.d, content.d, forward.d);
    CHECK_GRADIENT(modes, modes.d, ADDS);
    CHECK_GRADIENT(backward, backward.d, REPLACES);
    CHECK_GRADIENT(content, content.d, REPLACES);
    CHECK_GRADIENT(forward, forward.d, REPLACES);
}

static void memory_kernels(void) {
    each("memory write", check_memory_write, 1, DNC_MAX_WRITE_HEADS);
    each("memory read", check_memory_read, 1, 9);
    each("read weighting", check_read_weighting, 1, 3);
}
