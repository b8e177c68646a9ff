/* Dynamic memory allocation, one lane: usage, the order of the slots by it, allocation and write weighting. Suffix _before
 * marks the value at t-1. */

/* psi = prod_r (1 - f^r w^r_{t-1});   u_t = (u_{t-1} + w^w_{t-1} - u_{t-1} o w^w_{t-1}) o psi */
static inline void usage_forward(size_t N, size_t heads, const REAL *restrict free_gates /* (R) */,
                                 const REAL *restrict read_weightings_before /* (R, N) */,
                                 const REAL *restrict write_weighting_before, const REAL *restrict usage_before,
                                 REAL *restrict usage) {
    for (size_t i = 0; i < N; i++)
        usage[i] = usage_before[i] + write_weighting_before[i] - usage_before[i] * write_weighting_before[i];
    for (size_t r = 0; r < heads; r++)
        for (size_t i = 0; i < N; i++)
            usage[i] *= R(1.0) - free_gates[r] * read_weightings_before[r * N + i];
}

/* d_usage in: at u_t, out: at u_{t-1}; d_write_weighting out: at w^w_{t-1}; the rest is added to. */
static inline void usage_backward(size_t N, size_t heads, const REAL *restrict free_gates,
                                  const REAL *restrict read_weightings_before, const REAL *restrict write_weighting_before,
                                  const REAL *restrict usage_before, REAL *restrict d_usage, REAL *restrict d_free_gates,
                                  REAL *restrict d_read_weightings_before, REAL *restrict d_write_weighting_before) {
    for (size_t i = 0; i < N; i++) {
        const REAL u = usage_before[i], w = write_weighting_before[i], written = u + w - u * w;
        REAL psi = R(1.0);
        for (size_t r = 0; r < heads; r++) {
            /* The product over the other heads, so that a head which frees wholly divides nothing by zero. */
            REAL others = R(1.0);
            for (size_t q = 0; q < heads; q++)
                if (q != r)
                    others *= R(1.0) - free_gates[q] * read_weightings_before[q * N + i];
            const REAL d_retention = d_usage[i] * written * others;
            d_free_gates[r] -= d_retention * read_weightings_before[r * N + i];
            d_read_weightings_before[r * N + i] -= d_retention * free_gates[r];
            psi *= R(1.0) - free_gates[r] * read_weightings_before[r * N + i];
        }
        d_write_weighting_before[i] = d_usage[i] * psi * (R(1.0) - u);
        d_usage[i] *= psi * (R(1.0) - w);
    }
}

/* phi: the slots by ascending usage, ties by index. Insertion from the previous step's order, which is nearly right. */
static inline void sort_slots(size_t N, const REAL *restrict usage, const int32_t *restrict order_before,
                              int32_t *restrict order) {
    for (size_t j = 0; j < N; j++) {
        const int32_t slot = order_before[j];
        const REAL u = usage[slot];
        size_t k = j;
        for (; k > 0; k--) {
            const int32_t other = order[k - 1];
            if (!(usage[other] > u || (usage[other] == u && other > slot)))
                break;
            order[k] = other;
        }
        order[k] = slot;
    }
}

/* a[phi_j] = (1 - u[phi_j]) prod_{i<j} u[phi_i] */
static inline void allocation_forward(size_t N, const REAL *restrict usage, const int32_t *restrict order,
                                      REAL *restrict allocation) {
    REAL before = R(1.0);
    for (size_t j = 0; j < N; j++) {
        const REAL u = usage[order[j]];
        allocation[order[j]] = (R(1.0) - u) * before;
        before *= u;
    }
}

/* With P_j = prod_{i<j} u_i and S_j = da_j (1 - u_j) + u_j S_{j+1} (indices in order phi):  du_j = P_j (S_{j+1} - da_j).
 * `scratch` (N) holds P. */
static inline void allocation_backward(size_t N, const REAL *restrict usage, const int32_t *restrict order,
                                       const REAL *restrict d_allocation, REAL *restrict d_usage /* += */,
                                       REAL *restrict scratch) {
    REAL before = R(1.0), after = R(0.0);
    for (size_t j = 0; j < N; j++) {
        scratch[j] = before;
        before *= usage[order[j]];
    }
    for (size_t j = N; j-- > 0;) {
        const int32_t slot = order[j];
        d_usage[slot] += scratch[j] * (after - d_allocation[slot]);
        after = d_allocation[slot] * (R(1.0) - usage[slot]) + usage[slot] * after;
    }
}

/* w^w = g^w (g^a a + (1 - g^a) c) */
static inline void write_weighting_forward(size_t N, REAL allocation_gate, REAL write_gate, const REAL *restrict allocation,
                                           const REAL *restrict content, REAL *restrict write_weighting) {
    for (size_t i = 0; i < N; i++)
        write_weighting[i] = write_gate * (allocation_gate * allocation[i] + (R(1.0) - allocation_gate) * content[i]);
}

static inline void write_weighting_backward(size_t N, REAL allocation_gate, REAL write_gate, const REAL *restrict allocation,
                                            const REAL *restrict content, const REAL *restrict d_write_weighting,
                                            REAL *restrict d_allocation_gate /* += */, REAL *restrict d_write_gate /* += */,
                                            REAL *restrict d_allocation, REAL *restrict d_content) {
    const REAL by_allocation = dot(N, d_write_weighting, allocation), by_content = dot(N, d_write_weighting, content);
    *d_allocation_gate += write_gate * (by_allocation - by_content);
    *d_write_gate += allocation_gate * by_allocation + (R(1.0) - allocation_gate) * by_content;
    for (size_t i = 0; i < N; i++) {
        d_allocation[i] = write_gate * allocation_gate * d_write_weighting[i];
        d_content[i] = write_gate * (R(1.0) - allocation_gate) * d_write_weighting[i];
    }
}
