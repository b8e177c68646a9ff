// Transposing matrices.

CHECKS check_transpose(bool adds, size_t rows, size_t columns) {
    start("transpose");
    CHECK_CONTEXT("f%d transpose, %d lanes: %zu rows, %zu columns", DNC_REAL_BITS, (int)LANES, rows, columns);
    const tensor from = dense(rows, columns, columns % 4, -1, 1), to = dense(columns, rows, rows % 3, -1, 1);
    transpose(adds, rows, columns, from.x, from.stride, to.x, to.stride);
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < columns; c++)
            EXACT(to, c, r) = EXACT(from, r, c) + (adds ? EXACT(to, c, r) : 0);
    check_values("transposed", to);
    check_guards();
}

static void transpose_kernels(void) {
    for (size_t rows = 1; rows <= 20; rows++)
        for (size_t columns = 1; columns <= 20; columns++)
            check_transpose(false, rows, columns), check_transpose(true, rows, columns);
}
