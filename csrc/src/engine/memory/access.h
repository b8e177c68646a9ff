/* Writing to and reading from the memory, one lane. */

/* M' is what is left of the memory before: with de-allocation psi_i of row i is kept of it, without, where retention is NULL, all. */
INLINE vec kept_of(const REAL *memory_before, const REAL *retention, size_t i) {
    return retention != NULL ? load(memory_before) * retention[i] : load(memory_before);
}

/* M = M' o (1 - w e^T) + w v^T */
INLINE void memory_write_forward(size_t N, size_t W, const REAL *restrict w, const REAL *restrict erase,
                                 const REAL *restrict write_vector, const REAL *restrict retention,
                                 const REAL *restrict memory_before /* (N, Wp) */, REAL *restrict memory) {
    const size_t Wp = dnc_row(W);
    for (size_t i = 0; i < N; i++)
        VECTORS (j, W)
            store(memory + i * Wp + j,
                  kept_of(memory_before + i * Wp + j, retention, i) * (R(1.0) - w[i] * load(erase + j)) +
                      w[i] * load(write_vector + j));
}

/* d_memory in: at M, out: at the memory before; d_retention out; the rest is added to. */
INLINE void memory_write_backward(size_t N, size_t W, const REAL *restrict w, const REAL *restrict erase,
                                  const REAL *restrict write_vector, const REAL *restrict retention,
                                  const REAL *restrict memory_before, REAL *restrict d_memory, REAL *restrict d_w,
                                  REAL *restrict d_erase, REAL *restrict d_write_vector, REAL *restrict d_retention) {
    const size_t Wp = dnc_row(W);
    for (size_t i = 0; i < N; i++) {
        vec by_weight = {0}, by_retention = {0};
        VECTORS (j, W) {
            const vec before = kept_of(memory_before + i * Wp + j, retention, i);
            const vec e = load(erase + j), dm = load(d_memory + i * Wp + j);
            by_weight += dm * (load(write_vector + j) - before * e);
            store(d_write_vector + j, load(d_write_vector + j) + w[i] * dm);
            store(d_erase + j, load(d_erase + j) - w[i] * dm * before);
            const vec d_before = dm * (R(1.0) - w[i] * e);
            if (retention != NULL)
                by_retention += d_before * load(memory_before + i * Wp + j);
            store(d_memory + i * Wp + j, retention != NULL ? d_before * retention[i] : d_before);
        }
        d_w[i] += sum_lanes(by_weight);
        if (retention != NULL)
            d_retention[i] = sum_lanes(by_retention);
    }
    if (retention != NULL)
        fill_padding(N, d_retention, R(0.0));
}

/* r^r = M^T w^r, of a panel's columns and a tile's heads at a time */
static void memory_read_forward(size_t heads, size_t N, size_t W, const REAL *restrict memory /* (N, Wp) */,
                                const REAL *restrict weightings /* (heads, Np) */,
                                REAL *restrict read_vectors /* (heads, W), not padded */) {
    const size_t Wp = dnc_row(W), Np = dnc_row(N);
    for (size_t j = 0; j < W; j += PANEL)
        for (size_t r = 0; r < heads; r += TILE_ROWS) {
            const size_t rows = heads - r < TILE_ROWS ? heads - r : TILE_ROWS, width = W - j < PANEL ? W - j : PANEL;
            REAL columns[TILE_ROWS * PANEL];
            memset(columns, 0, rows * PANEL * sizeof(REAL));
            row_product(rows, width, N, weightings + r * Np, Np, memory + j, Wp, columns, PANEL);
            copy_rows(rows, width, columns, PANEL, read_vectors + r * W + j, W);
        }
}

/* Of up to HEAD_GROUP heads, in one pass over both memories. */
INLINE void read_rows_backward(size_t heads, size_t N, size_t W, const REAL *restrict memory,
                               const REAL *restrict weightings, const REAL *restrict d_read_vectors,
                               REAL *restrict d_weightings, REAL *restrict d_memory) {
    const size_t Wp = dnc_row(W), Np = dnc_row(N);
    for (size_t i = 0; i < N; i++) {
        vec sums[HEAD_GROUP] = {{0}};
        VECTORS (j, W) {
            const vec m = load(memory + i * Wp + j);
            vec dm = load(d_memory + i * Wp + j);
            UNROLL
            for (size_t r = 0; r < heads; r++) {
                const vec d = load(d_read_vectors + r * Wp + j);
                sums[r] += m * d;
                dm += weightings[r * Np + i] * d;
            }
            store(d_memory + i * Wp + j, dm);
        }
        UNROLL
        for (size_t r = 0; r < heads; r++)
            d_weightings[r * Np + i] += sum_lanes(sums[r]);
    }
}

/* dw^r_i += m_i.dr^r,   dm_i += sum_r w^r_i dr^r */
static void memory_read_backward(size_t heads, size_t N, size_t W, const REAL *restrict memory /* (N, Wp) */,
                                 const REAL *restrict weightings /* (heads, Np) */,
                                 const REAL *restrict d_read_vectors /* (heads, Wp) */,
                                 REAL *restrict d_weightings /* (heads, Np) */, REAL *restrict d_memory /* (N, Wp) */) {
    const size_t Wp = dnc_row(W), Np = dnc_row(N);
    for (size_t r = 0; r < heads; r += HEAD_GROUP)
        WITH_GROUP(group_size(heads, r), read_rows_backward(group, N, W, memory, weightings + r * Np,
                                                            d_read_vectors + r * Wp, d_weightings + r * Np, d_memory))
}

/* w^r = pi_1 b + pi_2 c + pi_3 f */
INLINE void read_weighting_forward(size_t N, const REAL *restrict modes /* (3) */, const REAL *restrict backward,
                                   const REAL *restrict content, const REAL *restrict forward, REAL *restrict weighting) {
    VECTORS (i, N)
        store(weighting + i, modes[0] * load(backward + i) + modes[1] * load(content + i) + modes[2] * load(forward + i));
}

INLINE void read_weighting_backward(size_t N, const REAL *restrict modes, const REAL *restrict backward,
                                    const REAL *restrict content, const REAL *restrict forward,
                                    const REAL *restrict d_weighting, REAL *restrict d_modes /* (3) += */,
                                    REAL *restrict d_backward, REAL *restrict d_content, REAL *restrict d_forward) {
    d_modes[0] += dot(N, d_weighting, backward);
    d_modes[1] += dot(N, d_weighting, content);
    d_modes[2] += dot(N, d_weighting, forward);
    VECTORS (i, N) {
        const vec d = load(d_weighting + i);
        store(d_backward + i, modes[0] * d);
        store(d_content + i, modes[1] * d);
        store(d_forward + i, modes[2] * d);
    }
}
