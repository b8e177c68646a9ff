/* Writing to and reading from the memory, one lane. */

/* M' is what is left of the memory before: with de-allocation psi_i of row i is kept of it, without, where retention is NULL, all. */
INLINE vec kept_of(const REAL *memory_before, const REAL *retention, size_t i) {
    return retention != NULL ? load(memory_before) * retention[i] : load(memory_before);
}

/* M = M' o prod_q (1 - w^q e_q^T) + sum_q w^q v_q^T, of the write heads q */
INLINE void memory_write_forward(size_t heads, size_t N, size_t W, const REAL *restrict w /* (P, Np) */,
                                 const REAL *restrict erase /* (P, Wp) */, const REAL *restrict write_vectors /* (P, Wp) */,
                                 const REAL *restrict retention, const REAL *restrict memory_before /* (N, Wp) */,
                                 REAL *restrict memory) {
    const size_t Wp = dnc_row(W), Np = dnc_row(N);
    for (size_t i = 0; i < N; i++)
        VECTORS (j, W) {
            vec m = kept_of(memory_before + i * Wp + j, retention, i);
            for (size_t q = 0; q < heads; q++)
                m *= R(1.0) - w[q * Np + i] * load(erase + q * Wp + j);
            for (size_t q = 0; q < heads; q++)
                m += w[q * Np + i] * load(write_vectors + q * Wp + j);
            store(memory + i * Wp + j, m);
        }
}

/* d_memory in: at M, out: at the memory before; d_retention out; the rest is added to. */
INLINE void memory_write_backward(size_t heads, size_t N, size_t W, const REAL *restrict w, const REAL *restrict erase,
                                  const REAL *restrict write_vectors, const REAL *restrict retention,
                                  const REAL *restrict memory_before, REAL *restrict d_memory, REAL *restrict d_w,
                                  REAL *restrict d_erase, REAL *restrict d_write_vectors, REAL *restrict d_retention) {
    const size_t Wp = dnc_row(W), Np = dnc_row(N);
    for (size_t i = 0; i < N; i++) {
        vec by_weight[DNC_MAX_WRITE_HEADS], by_retention = {0};
        for (size_t q = 0; q < heads; q++)
            by_weight[q] = (vec){0};
        VECTORS (j, W) {
            const vec dm = load(d_memory + i * Wp + j);
            /* Of each head, what the heads before it leave of M'; then, going back, those behind it as well: nothing is divided. */
            vec others[DNC_MAX_WRITE_HEADS], kept = splat(R(1.0));
            others[0] = kept_of(memory_before + i * Wp + j, retention, i);
            for (size_t q = 1; q < heads; q++)
                others[q] = others[q - 1] * (R(1.0) - w[(q - 1) * Np + i] * load(erase + (q - 1) * Wp + j));
            for (size_t q = heads; q-- > 0;) {
                const REAL wi = w[q * Np + i];
                const vec e = load(erase + q * Wp + j), before = others[q] * kept;
                REAL *const dv = d_write_vectors + q * Wp + j, *const de = d_erase + q * Wp + j;
                by_weight[q] += dm * (load(write_vectors + q * Wp + j) - before * e);
                store(dv, load(dv) + wi * dm);
                store(de, load(de) - wi * dm * before);
                kept *= R(1.0) - wi * e;
            }
            const vec d_before = dm * kept;
            if (retention != NULL)
                by_retention += d_before * load(memory_before + i * Wp + j);
            store(d_memory + i * Wp + j, retention != NULL ? d_before * retention[i] : d_before);
        }
        for (size_t q = 0; q < heads; q++)
            d_w[q * Np + i] += sum_lanes(by_weight[q]);
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

/* w^r = sum_q pi_q b_q + pi_{P+1} c + sum_q pi_{P+1+q} f_q, along the links of each write head q, whose b and f are `stride` apart */
INLINE void read_weighting_forward(size_t links, size_t stride, size_t N, const REAL *restrict modes /* (2 P + 1) */,
                                   const REAL *restrict backward, const REAL *restrict content, const REAL *restrict forward,
                                   REAL *restrict weighting) {
    VECTORS (i, N) {
        vec sum = modes[0] * load(backward + i);
        for (size_t q = 1; q < links; q++)
            sum += modes[q] * load(backward + q * stride + i);
        sum += modes[links] * load(content + i);
        for (size_t q = 0; q < links; q++)
            sum += modes[links + 1 + q] * load(forward + q * stride + i);
        store(weighting + i, sum);
    }
}

INLINE void read_weighting_backward(size_t links, size_t stride, size_t N, const REAL *restrict modes,
                                    const REAL *restrict backward, const REAL *restrict content,
                                    const REAL *restrict forward, const REAL *restrict d_weighting,
                                    REAL *restrict d_modes /* (2 P + 1) += */, REAL *restrict d_backward,
                                    REAL *restrict d_content, REAL *restrict d_forward) {
    for (size_t q = 0; q < links; q++) {
        d_modes[q] += dot(N, d_weighting, backward + q * stride);
        d_modes[links + 1 + q] += dot(N, d_weighting, forward + q * stride);
    }
    d_modes[links] += dot(N, d_weighting, content);
    VECTORS (i, N) {
        const vec d = load(d_weighting + i);
        for (size_t q = 0; q < links; q++) {
            store(d_backward + q * stride + i, modes[q] * d);
            store(d_forward + q * stride + i, modes[links + 1 + q] * d);
        }
        store(d_content + i, modes[links] * d);
    }
}
