/* Temporal linkage, one lane: the link matrix, the precedence weighting, and reading along the order of writing. One pass over
 * the link matrix in each direction. Suffix _before marks the value at t-1; w is the write weighting w^w_t. */

/* L[i,j] = (1 - w_i - w_j) L'[i,j] + w_i p'[j],  L[i,i] = 0
 * forward f^r = L w^r_{t-1};   backward b^r = L^T w^r_{t-1} */
static inline void link_forward(size_t N, size_t heads, const REAL *restrict w, const REAL *restrict precedence_before,
                                const REAL *restrict link_before, const REAL *restrict read_weightings_before /* (R, N) */,
                                REAL *restrict link, REAL *restrict forward /* (R, N) */,
                                REAL *restrict backward /* (R, N) */) {
    memset(backward, 0, heads * N * sizeof(REAL));
    for (size_t i = 0; i < N; i++) {
        const REAL *restrict before = link_before + i * N;
        REAL *restrict row = link + i * N;
        const REAL keep = R(1.0) - w[i], wi = w[i];
        for (size_t j = 0; j < N; j++)
            row[j] = (keep - w[j]) * before[j] + wi * precedence_before[j];
        row[i] = R(0.0);
        for (size_t r = 0; r < heads; r++) {
            forward[r * N + i] = dot(N, row, read_weightings_before + r * N);
            add_scaled(N, read_weightings_before[r * N + i], row, backward + r * N);
        }
    }
}

/* d_link in: at L from step t+1, out: at L'; d_precedence_before and d_read_weightings_before are added to, d_w likewise. */
static inline void link_backward(size_t N, size_t heads, const REAL *restrict w, const REAL *restrict precedence_before,
                                 const REAL *restrict link_before, const REAL *restrict link,
                                 const REAL *restrict read_weightings_before, const REAL *restrict d_forward /* (R, N) */,
                                 const REAL *restrict d_backward /* (R, N) */, REAL *restrict d_link, REAL *restrict d_w,
                                 REAL *restrict d_precedence_before, REAL *restrict d_read_weightings_before) {
    for (size_t i = 0; i < N; i++) {
        const REAL *restrict row = link + i * N, *restrict before = link_before + i * N;
        REAL *restrict d_row = d_link + i * N;
        for (size_t r = 0; r < heads; r++) {
            const REAL df = d_forward[r * N + i], read = read_weightings_before[r * N + i];
            const REAL *restrict reads = read_weightings_before + r * N, *restrict db = d_backward + r * N;
            REAL *restrict d_reads = d_read_weightings_before + r * N;
            d_reads[i] += dot(N, row, db);
            for (size_t j = 0; j < N; j++) {
                d_reads[j] += df * row[j];
                d_row[j] += df * reads[j] + read * db[j];
            }
        }
        d_row[i] = R(0.0);
        const REAL keep = R(1.0) - w[i], wi = w[i];
        d_w[i] += dot(N, d_row, precedence_before) - dot(N, d_row, before);
        for (size_t j = 0; j < N; j++) {
            d_w[j] -= d_row[j] * before[j];
            d_precedence_before[j] += wi * d_row[j];
            d_row[j] *= keep - w[j];
        }
    }
}

/* p = (1 - sum_i w_i) p' + w */
static inline void precedence_forward(size_t N, const REAL *restrict w, const REAL *restrict precedence_before,
                                      REAL *restrict precedence) {
    const REAL keep = R(1.0) - sum_of(N, w);
    for (size_t i = 0; i < N; i++)
        precedence[i] = keep * precedence_before[i] + w[i];
}

/* d_precedence in: at p, out: at p'. */
static inline void precedence_backward(size_t N, const REAL *restrict w, const REAL *restrict precedence_before,
                                       REAL *restrict d_precedence, REAL *restrict d_w /* += */) {
    const REAL keep = R(1.0) - sum_of(N, w), by_keep = dot(N, d_precedence, precedence_before);
    for (size_t i = 0; i < N; i++) {
        d_w[i] += d_precedence[i] - by_keep;
        d_precedence[i] *= keep;
    }
}
