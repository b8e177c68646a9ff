/* Writing to and reading from the memory, one lane. */

/* M = M' o (1 - w e^T) + w v^T */
static inline void memory_write_forward(size_t N, size_t W, const REAL *restrict w, const REAL *restrict erase,
                                        const REAL *restrict write_vector, const REAL *restrict memory_before,
                                        REAL *restrict memory) {
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < W; j++)
            memory[i * W + j] = memory_before[i * W + j] * (R(1.0) - w[i] * erase[j]) + w[i] * write_vector[j];
}

/* d_memory in: at M, out: at M'; the rest is added to. */
static inline void memory_write_backward(size_t N, size_t W, const REAL *restrict w, const REAL *restrict erase,
                                         const REAL *restrict write_vector, const REAL *restrict memory_before,
                                         REAL *restrict d_memory, REAL *restrict d_w, REAL *restrict d_erase,
                                         REAL *restrict d_write_vector) {
    for (size_t i = 0; i < N; i++) {
        const REAL *restrict m = memory_before + i * W;
        REAL *restrict dm = d_memory + i * W;
        const REAL wi = w[i];
        d_w[i] += dot(W, dm, write_vector);
        REAL erased = R(0.0);
        for (size_t j = 0; j < W; j++) {
            erased += dm[j] * m[j] * erase[j];
            d_write_vector[j] += wi * dm[j];
            d_erase[j] -= wi * dm[j] * m[j];
            dm[j] *= R(1.0) - wi * erase[j];
        }
        d_w[i] -= erased;
    }
}

/* r = M^T w */
static inline void memory_read_forward(size_t N, size_t W, const REAL *restrict memory, const REAL *restrict weighting,
                                       REAL *restrict read_vector) {
    memset(read_vector, 0, W * sizeof(REAL));
    for (size_t i = 0; i < N; i++)
        add_scaled(W, weighting[i], memory + i * W, read_vector);
}

static inline void memory_read_backward(size_t N, size_t W, const REAL *restrict memory, const REAL *restrict weighting,
                                        const REAL *restrict d_read_vector, REAL *restrict d_memory /* += */,
                                        REAL *restrict d_weighting /* += */) {
    for (size_t i = 0; i < N; i++) {
        d_weighting[i] += dot(W, memory + i * W, d_read_vector);
        add_scaled(W, weighting[i], d_read_vector, d_memory + i * W);
    }
}

/* w^r = pi_1 b + pi_2 c + pi_3 f */
static inline void read_weighting_forward(size_t N, const REAL *restrict modes /* (3) */, const REAL *restrict backward,
                                          const REAL *restrict content, const REAL *restrict forward,
                                          REAL *restrict weighting) {
    for (size_t i = 0; i < N; i++)
        weighting[i] = modes[0] * backward[i] + modes[1] * content[i] + modes[2] * forward[i];
}

static inline void read_weighting_backward(size_t N, const REAL *restrict modes, const REAL *restrict backward,
                                           const REAL *restrict content, const REAL *restrict forward,
                                           const REAL *restrict d_weighting, REAL *restrict d_modes /* (3) += */,
                                           REAL *restrict d_backward, REAL *restrict d_content, REAL *restrict d_forward) {
    d_modes[0] += dot(N, d_weighting, backward);
    d_modes[1] += dot(N, d_weighting, content);
    d_modes[2] += dot(N, d_weighting, forward);
    for (size_t i = 0; i < N; i++) {
        d_backward[i] = modes[0] * d_weighting[i];
        d_content[i] = modes[1] * d_weighting[i];
        d_forward[i] = modes[2] * d_weighting[i];
    }
}
