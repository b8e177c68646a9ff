// Writing to and reading from the memory's matrix, and the read weighting.

static tensor memory_before, erase, write_vector;

static void memory_write_exact(void) {
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < W; j++)
            EXACT(memory, i, j) =
                EXACT(memory_before, i, j) * (1 - w.exact[i] * erase.exact[j]) + w.exact[i] * write_vector.exact[j];
        norms.exact[i] = exact_dot(W, &EXACT(memory, i, 0), &EXACT(memory, i, 0));
    }
    row_dots_exact();
}

CHECKS check_memory_write(void) {
    const tensor along_row = padded(1, N, -1, 1);
    const size_t fused = group_size(heads, 0);
    memory_before = padded(N, W, -1, 1), memory = padded(N, W, UNSET), keys = padded(fused, W, -1, 1);
    w = padded(1, N, 0, 1), erase = padded(1, W, 0, 1), write_vector = padded(1, W, -1, 1);
    norms = dense(1, N, 0, UNSET), dots = padded(fused, N, UNSET);
    WITH_GROUP(fused, memory_write_forward(group, N, W, w.x, erase.x, write_vector.x, memory_before.x, keys.x, memory.x,
                                           norms.x, dots.x))
    check_forward(memory_write_exact, 3, (tensor[]){memory, norms, dots});

    forward_pass.count = 1;
    for (size_t i = 0; i < N; i++) // backward knows how the norms depend on M by along_row
        for (size_t j = 0; j < W; j++)
            memory.d_exact[i * memory.stride + j] -= along_row.exact[i] * EXACT(memory, i, j);
    memory_write_backward(N, W, w.x, erase.x, write_vector.x, memory_before.x, memory.x, along_row.x, memory.d, w.d, erase.d,
                          write_vector.d);
    CHECK_GRADIENT(memory_before, memory.d, REPLACES);
    CHECK_GRADIENT(w, w.d, ADDS);
    CHECK_GRADIENT(erase, erase.d, ADDS);
    CHECK_GRADIENT(write_vector, write_vector.d, ADDS);
}

CHECKS check_memory_read(void) {
    const tensor reads = padded(heads, N, 0, 1), read_vectors = dense(heads, W, 0, UNSET);
    memory = padded(N, W, -1, 1);
    memory_read_forward(heads, N, W, memory.x, reads.x, read_vectors.x);
    for (size_t r = 0; r < heads; r++)
        for (size_t j = 0; j < W; j++)
            for (size_t i = 0; i < N; i++)
                EXACT(read_vectors, r, j) += EXACT(memory, i, j) * EXACT(reads, r, i);
    check_values("r", read_vectors);
}

CHECKS check_memory_backward(void) {
    const tensor reads = padded(heads, N, 0, 1), d_reads = padded(heads, W, -1, 1), across = padded(heads, N, -1, 1);
    const tensor along_row = padded(1, N, -1, 1), by_reads = padded(N, W, -1, 1), by_content = padded(N, W, -1, 1);
    memory = padded(N, W, -1, 1), keys = padded(heads, W, -1, 1);
    for (size_t r = 0; r < heads; r += HEAD_GROUP)
        WITH_GROUP(group_size(heads, r), memory_read_backward(group, N, W, row(reads, r), row(d_reads, r), row(across, r),
                                                              row(keys, r), by_reads.x))
    memory_content_backward(N, W, memory.x, keys.x, across.x, along_row.x, by_content.x);
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < W; j++) {
            for (size_t r = 0; r < heads; r++)
                EXACT(by_reads, i, j) += EXACT(reads, r, i) * EXACT(d_reads, r, j) + EXACT(across, r, i) * EXACT(keys, r, j);
            EXACT(by_content, i, j) += across.exact[i] * keys.exact[j] - along_row.exact[i] * EXACT(memory, i, j);
        }
    check_values("gradient at M by reads", by_reads);
    check_values("gradient at M by content", by_content);
}

static tensor modes;

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
    each("memory write", check_memory_write, 1, 6);
    each("memory read", check_memory_read, 1, 9);
    each("memory backward", check_memory_backward, 1, 6);
    each("read weighting", check_read_weighting, 1, 1);
}
