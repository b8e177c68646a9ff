/* Content addressing, one lane:  C(M, k, beta) = softmax(beta cos),  cos_i = k.m_i / (sqrt(k.k + eps) sqrt(m_i.m_i + eps)) */

/* Of a sum that has overflowed it is NaN, by infinity - infinity, lest a vector too long to square look like one whose cosines
 * are 0. */
static inline REAL inverse_norm(REAL sum_of_squares) {
    return R(1.0) / SQRT(sum_of_squares + (REAL)DNC_COSINE_EPSILON) + (sum_of_squares - sum_of_squares);
}

/* From the sums of squares of the memory's rows, in place. Shared by the reads of a step and the write of the next. */
INLINE void inverse_norms(size_t N, REAL *restrict norms) {
    for (size_t i = 0; i < N; i++)
        norms[i] = inverse_norm(norms[i]);
    fill_padding(N, norms, R(0.0));
}

/* dots[v][i] = m_i . x_v for up to HEAD_GROUP vectors x_v, in one pass over the memory. */
INLINE void row_dots(size_t vectors, size_t N, size_t W, const REAL *restrict memory /* (N, Wp) */,
                     const REAL *restrict x /* (vectors, Wp) */, REAL *restrict dots /* (vectors, Np) */) {
    const size_t Wp = dnc_row(W), Np = dnc_row(N);
    for (size_t i = 0; i < N; i++) {
        vec sums[HEAD_GROUP] = {{0}};
        VECTORS (j, W) {
            const vec m = load(memory + i * Wp + j);
            UNROLL
            for (size_t v = 0; v < vectors; v++)
                sums[v] += m * load(x + v * Wp + j);
        }
        UNROLL
        for (size_t v = 0; v < vectors; v++)
            dots[v * Np + i] = sum_lanes(sums[v]);
    }
    for (size_t v = 0; v < vectors; v++)
        fill_padding(N, dots + v * Np, R(0.0));
}

INLINE void content_forward(size_t N, REAL key_norm, REAL strength, const REAL *restrict norms,
                            REAL *restrict cosines /* (N) in: k.m_i */, REAL *restrict weighting /* (N) */) {
    VECTORS (i, N) {
        const vec cosine = load(cosines + i) * key_norm * load(norms + i);
        store(cosines + i, cosine);
        store(weighting + i, strength * cosine);
    }
    softmax(N, weighting);
}

/* With |k|^-1, |m|^-1 the inverse norms:
 *    d cos_i / dk   = |k|^-1 |m_i|^-1 m_i - cos_i |k|^-2 k    = across_i m_i - along_key k, once multiplied by d cos_i
 *    d cos_i / dm_i = |k|^-1 |m_i|^-1 k   - cos_i |m_i|^-2 m_i = across_i k - along_row_i m_i
 * Gives the coefficients; the sums over rows are taken where the memory is passed over. Returns along_key. */
INLINE REAL content_backward(size_t N, REAL key_norm, REAL strength, const REAL *restrict norms,
                             const REAL *restrict cosines, const REAL *restrict weighting,
                             REAL *restrict d_weighting /* (N) in; out: across */, REAL *restrict along_row /* (N) += */,
                             REAL *restrict d_strength /* += */) {
    softmax_backward(N, weighting, d_weighting);
    const REAL by_strength = dot(N, d_weighting, cosines);
    *d_strength += by_strength;
    VECTORS (i, N) {
        const vec d_cosine = strength * load(d_weighting + i), norm = load(norms + i);
        store(along_row + i, load(along_row + i) + d_cosine * load(cosines + i) * norm * norm);
        store(d_weighting + i, d_cosine * key_norm * norm);
    }
    return strength * by_strength * key_norm * key_norm;
}
