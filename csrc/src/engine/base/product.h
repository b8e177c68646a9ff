/* Matrix products. Large ones go to OpenBLAS; those of one step, whose right-hand side serves the whole segment and would be
 * repacked by BLAS at every step, are computed here from panels packed once. With DNC_NO_BLAS, or where the configuration wants
 * it, all are computed here. */

/* Whether a matrix is taken as it lies, or transposed. All are row-major, their rows `ld` elements apart. */
typedef enum orientation { PLAIN, TRANSPOSED } orientation;

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

/* One tile of C += op(A) B: for rows r and the vectors v of a panel, c[r][v] += sum_p a[r][p] b[p][v]. */
INLINE void tile(orientation a_as, size_t rows, size_t vectors, size_t k, const REAL *restrict a, size_t lda,
                 const REAL *restrict b, size_t ldb, REAL *restrict c, size_t ldc) {
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
            const vec x = splat(a_as == PLAIN ? a[r * lda + p] : a[p * lda + r]);
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

/* C (m, a panel's width) += op(A) (m, k) B, in tiles of nearly equal height. */
INLINE void panel_product(orientation a_as, size_t vectors, size_t m, size_t k, const REAL *restrict a, size_t lda,
                          const REAL *restrict b, size_t ldb, REAL *restrict c, size_t ldc) {
    for (size_t tiles = (m + TILE_ROWS - 1) / TILE_ROWS; tiles > 0; tiles--) {
        const size_t rows = (m + tiles - 1) / tiles;
        switch (rows) { /* each with its own count of registers */
        case 1: tile(a_as, 1, vectors, k, a, lda, b, ldb, c, ldc); break;
        case 2: tile(a_as, 2, vectors, k, a, lda, b, ldb, c, ldc); break;
        case 3: tile(a_as, 3, vectors, k, a, lda, b, ldb, c, ldc); break;
        case 4: tile(a_as, 4, vectors, k, a, lda, b, ldb, c, ldc); break;
        case 5: tile(a_as, 5, vectors, k, a, lda, b, ldb, c, ldc); break;
        case 6: tile(a_as, 6, vectors, k, a, lda, b, ldb, c, ldc); break;
#if VECTOR_BYTES == 64
        case 7: tile(a_as, 7, vectors, k, a, lda, b, ldb, c, ldc); break;
        case 8: tile(a_as, 8, vectors, k, a, lda, b, ldb, c, ldc); break;
#endif
        }
        m -= rows, a += a_as == PLAIN ? rows * lda : rows, c += rows * ldc;
    }
}

/* C (m, n) += A (m, k) B, with B packed. Whole vectors of C are written: its rows are padded. */
static void packed_product(size_t m, size_t n, size_t k, const REAL *restrict a, size_t lda, const REAL *restrict packed,
                           REAL *restrict c, size_t ldc) {
    for (size_t j = 0; j < n; j += PANEL) {
        const size_t width = panel_width(n, j);
        if (width == PANEL)
            panel_product(PLAIN, PANEL_VECTORS, m, k, a, lda, packed, width, c + j, ldc);
        else
            panel_product(PLAIN, 1, m, k, a, lda, packed, width, c + j, ldc);
        packed += k * width;
    }
}

/* The same with B as it is, in padded rows: for a B that serves once. */
static void row_product(size_t m, size_t n, size_t k, const REAL *restrict a, size_t lda, const REAL *restrict b, size_t ldb,
                        REAL *restrict c, size_t ldc) {
    for (size_t j = 0; j < n; j += PANEL)
        if (panel_width(n, j) == PANEL)
            panel_product(PLAIN, PANEL_VECTORS, m, k, a, lda, b + j, ldb, c + j, ldc);
        else
            panel_product(PLAIN, 1, m, k, a, lda, b + j, ldb, c + j, ldc);
}

/* ---- Any product ------------------------------------------------------------------------------------------------------ *
 * product: C (m, n) = beta C + op(A) (m, k) op(B) (k, n), with beta 0 or 1. Nothing is padded. `own`: not by BLAS. */

enum {
    DEPTH = 64,                 /* rows of B that are packed at a time, */
    GROUP = 192 / VECTOR_BYTES, /* and panels of them, which serve all rows of A; 24 kB, for they lie on the stack */
    BLOCK = 24,                 /* rows of A that are taken at a time, and copied where they lie across */
    DOT_ROWS = 8,               /* of B that are read side by side */
    FEW_ROWS = 4                /* of A: for fewer, packing B costs more than it saves */
};

/* c[j] += sum_p a[p] b[j][p] of `rows` rows j. `followed`: by so much of B that their last vectors can be read whole. */
INLINE void add_dots(size_t rows, bool followed, size_t k, const REAL *a, const REAL *b, size_t ldb, REAL *c) {
    vec sums[DOT_ROWS] = {{0}};
    size_t p = 0;
    for (; p + LANES <= k; p += LANES) {
        UNROLL
        for (size_t j = 0; j < rows; j++)
            sums[j] += load(a + p) * load(b + j * ldb + p);
    }
    const vec last = load_first(a + p, k - p);
    const bit_vec there = lane_numbers() < (REAL_BITS)(k - p);
    UNROLL
    for (size_t j = 0; j < rows; j++) {
        const REAL *const at = b + j * ldb + p;
        c[j] += sum_lanes(sums[j] + last * (followed ? where(there, load(at), (vec){0}) : load_first(at, k - p)));
    }
}

/* c (n) += a (k) B^T, with B read where it lies. */
static void row_by_transposed(size_t n, size_t k, const REAL *a, const REAL *b, size_t ldb, REAL *c) {
    size_t j = 0;
    for (; j + DOT_ROWS <= n && (n - j - DOT_ROWS) * ldb + k % LANES >= LANES; j += DOT_ROWS)
        add_dots(DOT_ROWS, true, k, a, b + j * ldb, ldb, c + j);
    for (; j < n; j++)
        add_dots(1, false, k, a, b + j * ldb, ldb, c + j);
}

/* Each kind with its own loops. */
static void oriented_panel_product(orientation a_as, size_t width, size_t m, size_t k, const REAL *a, size_t lda,
                                   const REAL *b, REAL *c, size_t ldc) {
    if (a_as == PLAIN && width == PANEL)
        panel_product(PLAIN, PANEL_VECTORS, m, k, a, lda, b, width, c, ldc);
    else if (a_as == PLAIN)
        panel_product(PLAIN, 1, m, k, a, lda, b, width, c, ldc);
    else if (width == PANEL)
        panel_product(TRANSPOSED, PANEL_VECTORS, m, k, a, lda, b, width, c, ldc);
    else
        panel_product(TRANSPOSED, 1, m, k, a, lda, b, width, c, ldc);
}

/* The same where C has fewer columns than the panel, of no more rows than a block: through rows that are as wide. */
static void edge_product(orientation a_as, size_t width, size_t columns, size_t m, size_t k, const REAL *a, size_t lda,
                         const REAL *b, REAL *c, size_t ldc) {
    REAL edge[BLOCK * PANEL] = {0};
    copy_rows(m, columns, c, ldc, edge, width);
    oriented_panel_product(a_as, width, m, k, a, lda, b, edge, width);
    copy_rows(m, columns, edge, width, c, ldc);
}

/* C (m, n) += op(A) B, of a block of rows, with B packed. Nothing is padded. */
static void block_product(orientation a_as, size_t m, size_t n, size_t k, const REAL *a, size_t lda, const REAL *packed,
                          REAL *c, size_t ldc) {
    for (size_t j = 0; j < n; j += PANEL) {
        const size_t width = panel_width(n, j), columns = n - j < width ? n - j : width;
        if (columns == width)
            oriented_panel_product(a_as, width, m, k, a, lda, packed, c + j, ldc);
        else
            edge_product(a_as, width, columns, m, k, a, lda, packed, c + j, ldc);
        packed += k * width;
    }
}

static void own_product(orientation a_as, orientation b_as, size_t m, size_t n, size_t k, const REAL *a, size_t lda,
                        const REAL *b, size_t ldb, REAL beta, REAL *c, size_t ldc) {
    for (size_t i = 0; beta == R(0.0) && i < m; i++)
        memset(c + i * ldc, 0, n * sizeof(REAL));
    if (m < FEW_ROWS && a_as == PLAIN && b_as == TRANSPOSED) {
        for (size_t i = 0; i < m; i++)
            row_by_transposed(n, k, a + i * lda, b, ldb, c + i * ldc);
        return;
    }
    REAL packed[DEPTH * GROUP * PANEL], block[DEPTH * BLOCK];
    const size_t group = m > BLOCK ? GROUP * PANEL : PANEL; /* what serves but once is used at once */
    for (size_t p = 0; p < k; p += DEPTH)
        for (size_t j = 0; j < n; j += group) {
            const size_t depth = k - p < DEPTH ? k - p : DEPTH, columns = n - j < group ? n - j : group;
            pack(b_as, depth, columns, b_as == PLAIN ? b + p * ldb + j : b + j * ldb + p, ldb, packed);
            for (size_t i = 0; i < m; i += BLOCK) {
                const size_t rows = m - i < BLOCK ? m - i : BLOCK;
                const REAL *from = a_as == PLAIN ? a + i * lda + p : a + p * lda + i;
                const bool copied = a_as == TRANSPOSED && columns == GROUP * PANEL;
                if (copied)
                    copy_rows(depth, rows, from, lda, block, BLOCK), from = block;
                block_product(a_as, rows, columns, depth, from, copied ? BLOCK : lda, packed, c + i * ldc + j, ldc);
            }
        }
}

#ifndef DNC_NO_BLAS
/* Of a type that not every cblas.h gives the same name. */
#define BLAS_TRANSPOSE(as) ((as) == TRANSPOSED ? CblasTrans : CblasNoTrans)
#endif

/* The one door to BLAS. */
static void product(bool own, orientation a_as, orientation b_as, size_t m, size_t n, size_t k, const REAL *a, size_t lda,
                    const REAL *b, size_t ldb, REAL beta, REAL *c, size_t ldc) {
#ifndef DNC_NO_BLAS
    if (own)
        own_product(a_as, b_as, m, n, k, a, lda, b, ldb, beta, c, ldc);
    else if (m == 1 && a_as == PLAIN && b_as == TRANSPOSED)
        BLAS_GEMV(CblasRowMajor, CblasNoTrans, (int)n, (int)k, R(1.0), b, (int)ldb, a, 1, beta, c, 1);
    else if (m == 1 && a_as == PLAIN)
        BLAS_GEMV(CblasRowMajor, CblasTrans, (int)k, (int)n, R(1.0), b, (int)ldb, a, 1, beta, c, 1);
    else
        BLAS_GEMM(CblasRowMajor, BLAS_TRANSPOSE(a_as), BLAS_TRANSPOSE(b_as), (int)m, (int)n, (int)k, R(1.0), a, (int)lda, b,
                  (int)ldb, beta, c, (int)ldc);
#else
    (void)own;
    own_product(a_as, b_as, m, n, k, a, lda, b, ldb, beta, c, ldc);
#endif
}
