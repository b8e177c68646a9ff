/* The memory of DeltaNet (Schlag, Irie & Schmidhuber 2021; Yang et al. 2024) and of Gated DeltaNet (Yang, Kautz & Hatamizadeh 2025):
 * each head has a matrix S of its own, in which a key k of length 1 finds a value. With S' the one before step t, a head of one lane
 *
 *    error = v - alpha S'^T k,   e = beta error:      S = alpha S' + k e^T = alpha (I - beta k k^T) S' + beta k v^T
 *    r = S^T q = alpha S'^T q + (k.q) e
 *
 * and backward, from dS of the steps behind and dr, with dS += q dr^T first
 *
 *    de = dS^T k,   g = beta de:   dv = g,   dbeta = de.error,   dk = dS e - alpha S' g,   dq = S dr = alpha S' dr + (e.dr) k
 *    dS' = alpha (dS - k g^T),     dalpha = sum S' o (dS - k g^T)
 *
 * so that forward goes twice over S', and once over S; and backward twice over dS, and once over S'. */

enum {
    DELTA_ROWS = VECTOR_BYTES == 64 ? 4 : 2
}; /* of S that backward works on at a time, so that their sums stay in registers */

/* A head's step. */
typedef struct delta_step {
    size_t N, W;
    const REAL *key, *query, *value;    /* (Np), (Np), (Wp); the query lies behind the key */
    REAL strength, decay;               /* beta, alpha */
    const REAL *memory_before;          /* (N, Wp) S' */
    REAL *memory, *error, *read_vector; /* (N, Wp) S, (Wp), (W) */
} delta_step;

/* The gradients of a head's step. */
typedef struct delta_gradient {
    const REAL *read_vector;   /* (Wp) */
    REAL *memory;              /* (N, Wp) in: at S, out: at S' */
    REAL *key, *query, *value; /* (Np), (Np), (Wp) */
    REAL *strength, *decay;    /* decay: NULL where there is none */
    REAL *write, *products;    /* (Wp) for e, and de */
} delta_gradient;

static void delta_head_forward(const delta_step *step, REAL *restrict products /* (2, Wp) S'^T k, later e, and S'^T q */) {
    const delta_step s = *step; /* which no store can change */
    const size_t Wp = dnc_row(s.W);
    const REAL match = dot(s.N, s.key, s.query);
    memset(products, 0, 2 * Wp * sizeof(REAL));
    row_product(2, s.W, s.N, s.key, (size_t)(s.query - s.key), s.memory_before, Wp, products, Wp);
    VECTORS (j, s.W) {
        const vec error = load(s.value + j) - s.decay * load(products + j), e = s.strength * error;
        store(s.error + j, error);
        store(products + j, e);
        store_first(s.read_vector + j, s.W - j, s.decay * load(products + Wp + j) + match * e);
    }
    for (size_t i = 0; i < s.N; i++)
        VECTORS (j, s.W)
            store(s.memory + i * Wp + j, s.decay * load(s.memory_before + i * Wp + j) + s.key[i] * load(products + j));
}

/* Rows i ..< i + rows of dS, dk and dq, with e and g; returns what they add to dalpha, if it `decays`. */
INLINE vec delta_rows_backward(size_t rows, bool decays, size_t i, REAL read, const delta_step *restrict s,
                               const delta_gradient *restrict d) {
    const size_t Wp = dnc_row(s->W);
    const REAL *const before = s->memory_before + i * Wp, *const key = s->key + i, *const query = s->query + i;
    REAL *const d_memory = d->memory + i * Wp;
    vec d_key[DELTA_ROWS] = {{0}}, d_query[DELTA_ROWS] = {{0}}, d_decay[DELTA_ROWS] = {{0}};
    VECTORS (j, s->W) {
        const vec dr = load(d->read_vector + j), e = load(d->write + j), g = load(d->value + j), fading = s->decay * g;
        UNROLL
        for (size_t p = 0; p < rows; p++) {
            const vec m = load(before + p * Wp + j), dm = load(d_memory + p * Wp + j) + query[p] * dr,
                      rest = dm - key[p] * g;
            d_query[p] += m * dr;
            d_key[p] += dm * e - m * fading;
            if (decays)
                d_decay[p] += m * rest;
            store(d_memory + p * Wp + j, s->decay * rest);
        }
    }
    vec sum = {0};
    UNROLL
    for (size_t p = 0; p < rows; p++) {
        d->query[i + p] = s->decay * sum_lanes(d_query[p]) + read * key[p];
        d->key[i + p] = sum_lanes(d_key[p]);
        sum += d_decay[p];
    }
    return sum;
}

/* Of all rows; `read`: e.dr */
INLINE REAL delta_matrix_backward(bool decays, REAL read, const delta_step *s, const delta_gradient *d) {
    vec sum = {0};
    size_t i = 0;
    for (; i + DELTA_ROWS <= s->N; i += DELTA_ROWS)
        sum += delta_rows_backward(DELTA_ROWS, decays, i, read, s, d);
    for (; i < s->N; i++)
        sum += delta_rows_backward(1, decays, i, read, s, d);
    return sum_lanes(sum);
}

static void delta_head_backward(const delta_step *step, const delta_gradient *gradient) {
    const delta_step s = *step;
    const delta_gradient d = *gradient;
    const size_t N = s.N, W = s.W, Wp = dnc_row(W);
    const REAL match = dot(N, s.key, s.query);
    vec d_strength = {0}, read = {0};
    memset(d.products, 0, Wp * sizeof(REAL));
    row_product(1, W, N, s.key, N, d.memory, Wp, d.products, Wp);
    VECTORS (j, W) {
        const vec error = load(s.error + j), e = s.strength * error, dr = load(d.read_vector + j);
        const vec de = load(d.products + j) + match * dr;
        d_strength += de * error;
        read += e * dr;
        store(d.write + j, e);
        store(d.value + j, s.strength * de);
    }
    *d.strength = sum_lanes(d_strength);
    if (d.decay != NULL)
        *d.decay = delta_matrix_backward(true, sum_lanes(read), &s, &d);
    else
        delta_matrix_backward(false, sum_lanes(read), &s, &d);
}

/* ---- The lane ------------------------------------------------------------------------------------------------------- */

static inline delta_step delta_step_at(const dnc_plan *plan, REAL *workspace, size_t t, size_t b, bool begins, size_t r) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    const dnc_interface_offsets *at = &plan->parsed;
    const size_t now = t * plan->B + b, next = now + plan->B, head = s->N * s->Wp; /* before step t, and after it */
    const REAL *const xi = workspace + o->interface + now * s->Xp;
    REAL *const memories = workspace + o->memory + r * head;
    return (delta_step){.N = s->N,
                        .W = s->W,
                        .key = xi + at->keys + r * s->Np,
                        .query = xi + at->queries + r * s->Np,
                        .value = xi + at->values + r * s->Wp,
                        .strength = xi[at->strengths + r],
                        .decay = s->has_decay ? xi[at->decays + r] : R(1.0),
                        .memory_before = begins ? workspace + o->zeros : memories + now * s->R * head,
                        .memory = memories + next * s->R * head,
                        .error = workspace + o->errors + (now * s->R + r) * s->Wp,
                        .read_vector = workspace + o->z + next * s->Zp + s->O + r * s->W};
}

static void delta_forward(const dnc_plan *plan, REAL *workspace, size_t t, size_t b, bool begins, stopwatch *watch) {
    for (size_t r = 0; r < plan->sizes.R; r++) {
        const delta_step step = delta_step_at(plan, workspace, t, b, begins, r);
        delta_head_forward(&step, workspace + plan->workspace.head_products);
    }
    lap(watch, DNC_PHASE_MEMORY);
}

static void delta_backward(const dnc_plan *plan, REAL *workspace, size_t t, size_t b, bool begins, stopwatch *watch) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    const dnc_interface_offsets *at = &plan->parsed;
    const REAL *const d_reads = workspace + o->d_z + (t * plan->B + b) * s->Kp + s->O;
    REAL *const d_xi = workspace + o->d_interface, *const d_read_vector = workspace + o->d_head;
    memset(d_read_vector, 0, s->Wp * sizeof(REAL));
    for (size_t r = 0; r < s->R; r++) {
        const delta_step step = delta_step_at(plan, workspace, t, b, begins, r);
        const delta_gradient gradient = {.read_vector = d_read_vector,
                                         .memory = workspace + o->d_memory + (b * s->R + r) * s->N * s->Wp,
                                         .key = d_xi + at->keys + r * s->Np,
                                         .query = d_xi + at->queries + r * s->Np,
                                         .value = d_xi + at->values + r * s->Wp,
                                         .strength = d_xi + at->strengths + r,
                                         .decay = s->has_decay ? d_xi + at->decays + r : NULL,
                                         .write = d_read_vector + s->Wp,
                                         .products = d_read_vector + 2 * s->Wp};
        memcpy(d_read_vector, d_reads + r * s->W, s->W * sizeof(REAL));
        delta_head_backward(&step, &gradient);
    }
    lap(watch, DNC_PHASE_MEMORY);
}
