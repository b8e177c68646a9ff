// Writing to and reading from the memory's matrix, and the read weighting.

static tensor memory_before, erase, write_vector;

static void memory_write_exact(void) {
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < W; j++)
            EXACT(memory, i, j) =
                EXACT(memory_before, i, j) * (1 - w.exact[i] * erase.exact[j]) + w.exact[i] * write_vector.exact[j];
}

CHECKS check_memory_write(void) {
    memory_before = padded(N, W, -1, 1), memory = padded(N, W, UNSET);
    w = padded(1, N, 0, 1), erase = padded(1, W, 0, 1), write_vector = padded(1, W, -1, 1);
    memory_write_forward(N, W, w.x, erase.x, write_vector.x, NULL, memory_before.x, memory.x);
    check_forward(memory_write_exact, 1, &memory);
    memory_write_backward(N, W, w.x, erase.x, write_vector.x, NULL, memory_before.x, memory.d, w.d, erase.d, write_vector.d,
                          NULL);
    CHECK_GRADIENT(memory_before, memory.d, REPLACES);
    CHECK_GRADIENT(w, w.d, ADDS);
    CHECK_GRADIENT(erase, erase.d, ADDS);
    CHECK_GRADIENT(write_vector, write_vector.d, ADDS);
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
    for (size_t i = 0; i < N; i++)
        weighting.exact[i] = pi[0] * backward.exact[i] + pi[1] * content.exact[i] + pi[2] * forward.exact[i];
}

CHECKS check_read_weighting(void) {
    modes = dense(1, 3, 0, 0, 1), weighting = padded(1, N, UNSET);
    backward = padded(1, N, 0, 1), content = padded(1, N, 0, 1), forward = padded(1, N, 0, 1);
    read_weighting_forward(N, modes.x, backward.x, content.x, forward.x, weighting.x);
    check_forward(read_weighting_exact, 1, &weighting);
    read_weighting_backward(N, modes.x, backward.x, content.x, forward.x, weighting.d, modes.d, backward.d, content.d,
                            forward.d);
    CHECK_GRADIENT(modes, modes.d, ADDS);
    CHECK_GRADIENT(backward, backward.d, REPLACES);
    CHECK_GRADIENT(content, content.d, REPLACES);
    CHECK_GRADIENT(forward, forward.d, REPLACES);
}

static void memory_kernels(void) {
    each("memory write", check_memory_write, 1, 1);
    each("memory read", check_memory_read, 1, 9);
    each("read weighting", check_read_weighting, 1, 1);
}
