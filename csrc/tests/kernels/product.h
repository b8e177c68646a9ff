// Products of matrices.

// C += A B in the three ways that ask for padding.
CHECKS check_padded_product(size_t m, size_t n, size_t k) {
    start("products");
    CHECK_CONTEXT("f%d products, %d lanes: m %zu, n %zu, k %zu", DNC_REAL_BITS, (int)LANES, m, n, k);
    const tensor a = dense(m, k, 3, -1, 1), b = dense(k, n, 1, -1, 1), b_rows = padded(k, n, 0, 0);
    const tensor b_transposed = dense(n, k, 2, 0, 0), packed = dense(1, k * ((n + LANES - 1) / LANES * LANES), 0, UNSET);
    for (size_t p = 0; p < k; p++)
        for (size_t j = 0; j < n; j++)
            set(b_rows, p, j, EXACT(b, p, j)), set(b_transposed, j, p, EXACT(b, p, j));
    const tensor c[] = {padded(m, n, 0, 0), padded(m, n, 0, 0), padded(m, n, 0, 0)};
    for (size_t way = 0; way < 3; way++)
        for (size_t i = 0; i < m; i++)
            for (size_t j = 0; j < c[way].end; j++) {
                set(c[way], i, j, 7 + (double)j); // what the padding holds, it holds on
                for (size_t p = 0; p < k && j < n; p++)
                    EXACT(c[way], i, j) += EXACT(a, i, p) * EXACT(b, p, j);
            }
    pack(PLAIN, k, n, b.x, b.stride, packed.x);
    packed_product(m, n, k, a.x, a.stride, packed.x, c[0].x, c[0].stride);
    check_values("packed", c[0]);
    pack(TRANSPOSED, k, n, b_transposed.x, b_transposed.stride, packed.x);
    packed_product(m, n, k, a.x, a.stride, packed.x, c[1].x, c[1].stride);
    check_values("packed, transposed", c[1]);
    row_product(m, n, k, a.x, a.stride, b_rows.x, b_rows.stride, c[2].x, c[2].stride);
    check_values("row_product", c[2]);
    check_guards();
}

// C = beta C + op(A) op(B), by BLAS or by what takes its place. With beta 0 there are NaNs in C.
CHECKS check_product_of(bool own, orientation a_as, orientation b_as, double beta, size_t m, size_t n, size_t k) {
    start("product");
    CHECK_CONTEXT("f%d %s product, %d lanes: m %zu, n %zu, k %zu, A %d, B %d, beta %g", DNC_REAL_BITS, own ? "own" : "any",
                  (int)LANES, m, n, k, a_as, b_as, beta);
    const tensor a = a_as == PLAIN ? dense(m, k, 3, -1, 1) : dense(k, m, 3, -1, 1);
    const tensor b = b_as == PLAIN ? dense(k, n, 1, -1, 1) : dense(n, k, 1, -1, 1);
    const tensor c = beta == 0 ? dense(m, n, 2, UNSET) : dense(m, n, 2, -1, 1);
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++)
            for (size_t p = 0; p < k; p++)
                EXACT(c, i, j) +=
                    (a_as == PLAIN ? EXACT(a, i, p) : EXACT(a, p, i)) * (b_as == PLAIN ? EXACT(b, p, j) : EXACT(b, j, p));
    REAL *const behind = row(c, m);
    for (size_t i = 0; i < GUARD; i++)
        behind[i] = -R(0.0); // which becomes 0 where a product of padding is added; a NaN would stay
    product(own, a_as, b_as, m, n, k, a.x, a.stride, b.x, b.stride, (REAL)beta, c.x, c.stride);
    check_values("product", c);
    bool untouched = true;
    for (size_t i = 0; i < GUARD; i++)
        untouched &= signbit(behind[i]) != 0;
    CHECK(untouched);
    memset(behind, 0xff, GUARD * sizeof(REAL));
    check_guards();
}

CHECKS check_product(size_t m, size_t n, size_t k) {
    for (int kind = 0; kind < 16; kind++)
        check_product_of(kind & 8, kind & 1 ? TRANSPOSED : PLAIN, kind & 2 ? TRANSPOSED : PLAIN, kind & 4 ? 1 : 0, m, n, k);
}

static void product_kernels(void) {
    const size_t sizes[] = {1, LANES - 1, LANES, LANES + 1, PANEL - 1, PANEL, PANEL + 1, 2 * PANEL + 3};
    for (size_t m = 1; m <= 20; m++)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
            for (size_t j = 0; j < sizeof sizes / sizeof *sizes; j++)
                check_padded_product(m, sizes[i], sizes[j]), check_product(m, sizes[i], sizes[j]);
    check_product(40, PANEL + 3, 700); // more than is packed at a time
    check_product(70, 2 * PANEL, 257);
    check_product(BLOCK + 3, GROUP * PANEL + 1, DEPTH + 1); // more than a group of panels, which serves several blocks
}
