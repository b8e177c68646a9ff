/* Content addressing, one lane:  C(M, k, beta) = softmax(beta cos),  cos_i = k.m_i / (sqrt(k.k + eps) sqrt(m_i.m_i + eps)) */

static inline REAL inverse_norm(size_t W, const REAL *x) {
    return R(1.0) / SQRT(dot(W, x, x) + (REAL)DNC_COSINE_EPSILON);
}

/* Of every memory row; shared by the reads of a step and the write of the next. */
static inline void inverse_norms(size_t N, size_t W, const REAL *restrict memory, REAL *restrict norms) {
    for (size_t i = 0; i < N; i++)
        norms[i] = inverse_norm(W, memory + i * W);
}

static inline void content_forward(size_t N, size_t W, const REAL *restrict memory /* (N, W) */, const REAL *restrict norms,
                                   const REAL *restrict key, REAL strength, REAL *restrict cosines /* (N) */,
                                   REAL *restrict weighting /* (N) */) {
    const REAL key_norm = inverse_norm(W, key);
    for (size_t i = 0; i < N; i++) {
        cosines[i] = dot(W, memory + i * W, key) * key_norm * norms[i];
        weighting[i] = strength * cosines[i];
    }
    softmax(N, weighting);
}

/* With |k|^-1, |m|^-1 the inverse norms:
 *    d cos_i / dk   = |k|^-1 |m_i|^-1 m_i - cos_i |k|^-2 k
 *    d cos_i / dm_i = |k|^-1 |m_i|^-1 k   - cos_i |m_i|^-2 m_i */
static inline void content_backward(size_t N, size_t W, const REAL *restrict memory, const REAL *restrict norms,
                                    const REAL *restrict key, REAL strength, const REAL *restrict cosines,
                                    const REAL *restrict weighting, REAL *restrict d_weighting /* (N) consumed */,
                                    REAL *restrict d_key /* (W) += */, REAL *restrict d_strength /* += */,
                                    REAL *restrict d_memory /* (N, W) += */) {
    const REAL key_norm = inverse_norm(W, key);
    softmax_backward(N, weighting, d_weighting);
    *d_strength += dot(N, d_weighting, cosines);
    REAL along_key = R(0.0);
    for (size_t i = 0; i < N; i++) {
        const REAL d_cosine = strength * d_weighting[i];
        const REAL across = d_cosine * key_norm * norms[i], along_row = d_cosine * cosines[i] * norms[i] * norms[i];
        along_key += d_cosine * cosines[i];
        const REAL *restrict m = memory + i * W;
        REAL *restrict dm = d_memory + i * W;
        for (size_t j = 0; j < W; j++) {
            d_key[j] += across * m[j];
            dm[j] += across * key[j] - along_row * m[j];
        }
    }
    add_scaled(W, -along_key * key_norm * key_norm, key, d_key);
}
