/* Matrix products. Large ones go to OpenBLAS; those of one step, whose right-hand side serves the whole segment and would be
 * repacked by BLAS at every step, are computed here from panels packed once. */

/* C (m, n) = beta C + op(A) (m, k) op(B) (k, n), row-major; op transposes where `a` or `b` is TRANSPOSED. The one door to BLAS. */
typedef enum orientation { PLAIN = CblasNoTrans, TRANSPOSED = CblasTrans } orientation;

static inline void product(orientation a_as, orientation b_as, size_t m, size_t n, size_t k, const REAL *a, size_t lda,
                           const REAL *b, size_t ldb, REAL beta, REAL *c, size_t ldc) {
    if (m == 1 && a_as == PLAIN) {
        if (b_as == TRANSPOSED)
            BLAS_GEMV(CblasRowMajor, CblasNoTrans, (int)n, (int)k, R(1.0), b, (int)ldb, a, 1, beta, c, 1);
        else
            BLAS_GEMV(CblasRowMajor, CblasTrans, (int)k, (int)n, R(1.0), b, (int)ldb, a, 1, beta, c, 1);
        return;
    }
    BLAS_GEMM(CblasRowMajor, (enum CBLAS_TRANSPOSE)a_as, (enum CBLAS_TRANSPOSE)b_as, (int)m, (int)n, (int)k, R(1.0), a,
              (int)lda, b, (int)ldb, beta, c, (int)ldc);
}

/* ---- Panels ----------------------------------------------------------------------------------------------------------- *
 * B (k, n) packed: its columns in panels of PANEL_VECTORS vectors, or of one where no more are left; each panel (k, its width),
 * row-major. Takes k times n padded to whole vectors; the padding is zeros. */

enum {
    PANEL_VECTORS = 2,
    PANEL = PANEL_VECTORS * LANES,
    TILE_ROWS = VECTOR_BYTES == 64 ? 8 : 6 /* so that a tile's sums stay in registers */
};

/* The width of the panel that begins at column j. */
INLINE size_t panel_width(size_t n, size_t j) {
    return n - j > LANES ? PANEL : LANES;
}

/* From B as it is, rows `ldb` apart; TRANSPOSED: from its transpose (n, k). */
static void pack(orientation as, size_t k, size_t n, const REAL *restrict b, size_t ldb, REAL *restrict packed) {
    for (size_t j = 0; j < n; j += PANEL) {
        const size_t width = panel_width(n, j), columns = n - j < width ? n - j : width;
        if (as == TRANSPOSED)
            transpose(false, columns, k, b + j * ldb, ldb, packed, width);
        for (size_t p = 0; p < k; p++, packed += width) {
            if (as == PLAIN)
                memcpy(packed, b + p * ldb + j, columns * sizeof(REAL));
            memset(packed + columns, 0, (width - columns) * sizeof(REAL));
        }
    }
}

/* One tile of C += A B: for rows r and the vectors v of a panel, c[r][v] += sum_p a[r][p] b[p][v]; B's rows are `ldb` apart. */
INLINE void tile(size_t rows, size_t vectors, size_t k, const REAL *restrict a, size_t lda, const REAL *restrict b,
                 size_t ldb, REAL *restrict c, size_t ldc) {
    vec sums[TILE_ROWS][PANEL_VECTORS], row[PANEL_VECTORS];
    UNROLL
    for (size_t r = 0; r < rows; r++) {
        UNROLL
        for (size_t v = 0; v < vectors; v++)
            sums[r][v] = load(c + r * ldc + v * LANES);
    }
    for (size_t p = 0; p < k; p++) {
        UNROLL
        for (size_t v = 0; v < vectors; v++)
            row[v] = load(b + p * ldb + v * LANES);
        UNROLL
        for (size_t r = 0; r < rows; r++) {
            const vec x = splat(a[r * lda + p]);
            UNROLL
            for (size_t v = 0; v < vectors; v++)
                sums[r][v] += x * row[v];
        }
    }
    UNROLL
    for (size_t r = 0; r < rows; r++) {
        UNROLL
        for (size_t v = 0; v < vectors; v++)
            store(c + r * ldc + v * LANES, sums[r][v]);
    }
}

/* C (m, a panel's width) += A (m, k) B, in tiles of nearly equal height. */
INLINE void panel_product(size_t vectors, size_t m, size_t k, const REAL *restrict a, size_t lda, const REAL *restrict b,
                          size_t ldb, REAL *restrict c, size_t ldc) {
    for (size_t tiles = (m + TILE_ROWS - 1) / TILE_ROWS; tiles > 0; tiles--) {
        const size_t rows = (m + tiles - 1) / tiles;
        switch (rows) { /* each with its own count of registers */
        case 1: tile(1, vectors, k, a, lda, b, ldb, c, ldc); break;
        case 2: tile(2, vectors, k, a, lda, b, ldb, c, ldc); break;
        case 3: tile(3, vectors, k, a, lda, b, ldb, c, ldc); break;
        case 4: tile(4, vectors, k, a, lda, b, ldb, c, ldc); break;
        case 5: tile(5, vectors, k, a, lda, b, ldb, c, ldc); break;
        case 6: tile(6, vectors, k, a, lda, b, ldb, c, ldc); break;
#if VECTOR_BYTES == 64
        case 7: tile(7, vectors, k, a, lda, b, ldb, c, ldc); break;
        case 8: tile(8, vectors, k, a, lda, b, ldb, c, ldc); break;
#endif
        }
        m -= rows, a += rows * lda, c += rows * ldc;
    }
}

/* C (m, n) += A (m, k) B, with B packed. Whole vectors of C are written: its rows are padded. */
static void packed_product(size_t m, size_t n, size_t k, const REAL *restrict a, size_t lda, const REAL *restrict packed,
                           REAL *restrict c, size_t ldc) {
    for (size_t j = 0; j < n; j += PANEL) {
        const size_t width = panel_width(n, j);
        if (width == PANEL)
            panel_product(PANEL_VECTORS, m, k, a, lda, packed, width, c + j, ldc);
        else
            panel_product(1, m, k, a, lda, packed, width, c + j, ldc);
        packed += k * width;
    }
}

/* The same with B as it is, in padded rows: for a B that serves once. */
static void row_product(size_t m, size_t n, size_t k, const REAL *restrict a, size_t lda, const REAL *restrict b, size_t ldb,
                        REAL *restrict c, size_t ldc) {
    for (size_t j = 0; j < n; j += PANEL)
        if (panel_width(n, j) == PANEL)
            panel_product(PANEL_VECTORS, m, k, a, lda, b + j, ldb, c + j, ldc);
        else
            panel_product(1, m, k, a, lda, b + j, ldb, c + j, ldc);
}
