/* Dynamic memory allocation, one lane: usage, the order of the slots by it, allocation and write weighting. Suffix _before
 * marks the value at t-1. */

/* Of several write heads what they have written together stands for w^w_{t-1}:  w = 1 - prod_q (1 - w^q_{t-1}) */
INLINE void written_forward(size_t N, size_t heads, const REAL *restrict write_weightings_before /* (P, Np) */,
                            REAL *restrict written) {
    VECTORS (i, N) {
        vec left = splat(R(1.0));
        for (size_t q = 0; q < heads; q++)
            left *= R(1.0) - load(write_weightings_before + q * dnc_row(N) + i);
        store(written + i, R(1.0) - left);
    }
}

/* dw^q = dw prod_{p != q} (1 - w^p):  by the product over the other heads, as below */
INLINE void written_backward(size_t N, size_t heads, const REAL *restrict write_weightings_before,
                             const REAL *restrict d_written, REAL *restrict d_write_weightings_before) {
    const size_t Np = dnc_row(N);
    for (size_t q = 0; q < heads; q++)
        VECTORS (i, N) {
            vec d = load(d_written + i);
            for (size_t p = 0; p < heads; p++)
                if (p != q)
                    d *= R(1.0) - load(write_weightings_before + p * Np + i);
            store(d_write_weightings_before + q * Np + i, d);
        }
}

/* psi = prod_r (1 - f^r w^r_{t-1});   u_t = (u_{t-1} + w^w_{t-1} - u_{t-1} o w^w_{t-1}) o psi */
INLINE void usage_forward(size_t N, size_t heads, const REAL *restrict free_gates /* (R) */,
                          const REAL *restrict read_weightings_before /* (R, Np) */,
                          const REAL *restrict write_weighting_before, const REAL *restrict usage_before,
                          REAL *restrict usage) {
    VECTORS (i, N) {
        const vec u = load(usage_before + i), w = load(write_weighting_before + i);
        vec freed = u + w - u * w;
        for (size_t r = 0; r < heads; r++)
            freed *= R(1.0) - free_gates[r] * load(read_weightings_before + r * dnc_row(N) + i);
        store(usage + i, freed);
    }
}

/* psi alone, for a memory that wipes what is freed: see memory_write_forward. */
INLINE void retention_forward(size_t N, size_t heads, const REAL *restrict free_gates,
                              const REAL *restrict read_weightings_before, REAL *restrict retention) {
    VECTORS (i, N) {
        vec kept = splat(R(1.0));
        for (size_t r = 0; r < heads; r++)
            kept *= R(1.0) - free_gates[r] * load(read_weightings_before + r * dnc_row(N) + i);
        store(retention + i, kept);
    }
}

/* d_usage in: at u_t, out: at u_{t-1}; d_write_weighting out: at w^w_{t-1}, zeros where the usage is `detached` from it; the rest is
 * added to. d_retention: at psi where that serves the memory, too; else NULL. */
INLINE void usage_backward(size_t N, size_t heads, bool detached, const REAL *restrict free_gates,
                           const REAL *restrict read_weightings_before, const REAL *restrict write_weighting_before,
                           const REAL *restrict usage_before, const REAL *restrict d_psi, REAL *restrict d_usage,
                           REAL *restrict d_free_gates, REAL *restrict d_read_weightings_before,
                           REAL *restrict d_write_weighting_before) {
    const size_t Np = dnc_row(N);
    for (size_t r = 0; r < heads; r++) {
        vec d_gate = {0};
        VECTORS (i, N) {
            const vec u = load(usage_before + i), w = load(write_weighting_before + i);
            /* The product over the other heads, so that a head which frees wholly divides nothing by zero. */
            vec others = splat(R(1.0));
            for (size_t q = 0; q < heads; q++)
                if (q != r)
                    others *= R(1.0) - free_gates[q] * load(read_weightings_before + q * Np + i);
            vec d_retention = load(d_usage + i) * (u + w - u * w);
            if (d_psi != NULL)
                d_retention += load(d_psi + i);
            d_retention *= others;
            REAL *const d_reads = d_read_weightings_before + r * Np + i;
            d_gate -= d_retention * load(read_weightings_before + r * Np + i);
            store(d_reads, load(d_reads) - d_retention * free_gates[r]);
        }
        d_free_gates[r] += sum_lanes(d_gate);
    }
    VECTORS (i, N) {
        vec d = load(d_usage + i);
        for (size_t r = 0; r < heads; r++)
            d *= R(1.0) - free_gates[r] * load(read_weightings_before + r * Np + i);
        store(d_write_weighting_before + i, detached ? (vec){0} : d * (R(1.0) - load(usage_before + i)));
        store(d_usage + i, d * (R(1.0) - load(write_weighting_before + i)));
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

/* a[phi_j] = (1 - u[phi_j]) prod_{i<j} u[phi_i], of u or, with an epsilon, of eps + (1 - eps) u in its place */
static inline void allocation_forward(size_t N, REAL epsilon, const REAL *restrict usage, const int32_t *restrict order,
                                      REAL *restrict allocation) {
    REAL before = R(1.0);
    for (size_t j = 0; j < N; j++) {
        const REAL u = epsilon + (R(1.0) - epsilon) * usage[order[j]];
        allocation[order[j]] = (R(1.0) - u) * before;
        before *= u;
    }
    fill_padding(N, allocation, R(0.0));
}

/* With P_j = prod_{i<j} u_i and S_j = da_j (1 - u_j) + u_j S_{j+1} (indices in order phi):  du_j = P_j (S_{j+1} - da_j).
 * `scratch` (N) holds P. */
static inline void allocation_backward(size_t N, REAL epsilon, const REAL *restrict usage, const int32_t *restrict order,
                                       const REAL *restrict d_allocation, REAL *restrict d_usage /* += */,
                                       REAL *restrict scratch) {
    const REAL slope = R(1.0) - epsilon;
    REAL before = R(1.0), after = R(0.0);
    for (size_t j = 0; j < N; j++) {
        scratch[j] = before;
        before *= epsilon + slope * usage[order[j]];
    }
    for (size_t j = N; j-- > 0;) {
        const int32_t slot = order[j];
        const REAL u = epsilon + slope * usage[slot];
        d_usage[slot] += slope * scratch[j] * (after - d_allocation[slot]);
        after = d_allocation[slot] * (R(1.0) - u) + u * after;
    }
}

/* What one write head is about to allocate, the next one finds used:  u' = u + (1 - u) g^w g^a a */
INLINE void raise_usage_forward(size_t N, REAL allocation_gate, REAL write_gate, const REAL *restrict allocation,
                                const REAL *restrict usage, REAL *restrict raised) {
    VECTORS (i, N) {
        const vec u = load(usage + i);
        store(raised + i, u + (R(1.0) - u) * (write_gate * allocation_gate) * load(allocation + i));
    }
}

/* d_usage in: at u', out: at u; the rest is added to. */
INLINE void raise_usage_backward(size_t N, REAL allocation_gate, REAL write_gate, const REAL *restrict allocation,
                                 const REAL *restrict usage, REAL *restrict d_usage, REAL *restrict d_allocation_gate,
                                 REAL *restrict d_write_gate, REAL *restrict d_allocation) {
    const REAL gate = write_gate * allocation_gate;
    vec d_gate = {0};
    VECTORS (i, N) {
        const vec a = load(allocation + i), d = load(d_usage + i), d_by_gate = d * (R(1.0) - load(usage + i));
        d_gate += d_by_gate * a;
        store(d_allocation + i, load(d_allocation + i) + d_by_gate * gate);
        store(d_usage + i, d - d * gate * a);
    }
    *d_allocation_gate += write_gate * sum_lanes(d_gate);
    *d_write_gate += allocation_gate * sum_lanes(d_gate);
}

/* w^w = g^w (g^a a + (1 - g^a) c) */
INLINE void write_weighting_forward(size_t N, REAL allocation_gate, REAL write_gate, const REAL *restrict allocation,
                                    const REAL *restrict content, REAL *restrict write_weighting) {
    const REAL by_allocation = write_gate * allocation_gate, by_content = write_gate * (R(1.0) - allocation_gate);
    VECTORS (i, N)
        store(write_weighting + i, by_allocation * load(allocation + i) + by_content * load(content + i));
}

INLINE void write_weighting_backward(size_t N, REAL allocation_gate, REAL write_gate, const REAL *restrict allocation,
                                     const REAL *restrict content, const REAL *restrict d_write_weighting,
                                     REAL *restrict d_allocation_gate /* += */, REAL *restrict d_write_gate /* += */,
                                     REAL *restrict d_allocation, REAL *restrict d_content) {
    const REAL to_allocation = dot(N, d_write_weighting, allocation), to_content = dot(N, d_write_weighting, content);
    *d_allocation_gate += write_gate * (to_allocation - to_content);
    *d_write_gate += allocation_gate * to_allocation + (R(1.0) - allocation_gate) * to_content;
    VECTORS (i, N) {
        store(d_allocation + i, write_gate * allocation_gate * load(d_write_weighting + i));
        store(d_content + i, write_gate * (R(1.0) - allocation_gate) * load(d_write_weighting + i));
    }
}
