/* A holographic memory (Plate 1995; of complex numbers as in Danihelka et al. 2016, of hypercomplex ones as in program-hdc). Each head
 * has a vector M of its own, of N numbers of W components: real, complex, quaternions or octonions. In it a key k, whose numbers are
 * of length 1, finds a value. With M' the one before step t, a head of one lane, number by number,
 *
 *    M = alpha M' + beta k v,   r = conj(q) M
 *
 * and backward, from dM of the steps behind and dr, with dM += q dr first
 *
 *    dk = beta dM conj(v),   dv = beta conj(k) dM,   dbeta = sum k o dM conj(v),   dq = M conj(dr)
 *    dM' = alpha dM,         dalpha = sum M' o dM
 *
 * A component of all numbers is a row, so that a vector holds it of LANES numbers, and loops have no remainders. */

enum { HOLOGRAPHIC_MOST = 8 }; /* components of a number */

/* ---- Numbers: LANES of them, each component in a vector of its own --------------------------------------------------- */

/* One that is multiplied: as it is, conjugated, or with the other sign. */
typedef struct factor {
    const vec *x;
    bool is_conjugate, is_negative;
} factor;

INLINE factor factor_of(const vec *x) {
    return (factor){.x = x};
}

INLINE factor conjugate(factor a) {
    a.is_conjugate = !a.is_conjugate;
    return a;
}

INLINE factor negative(factor a) {
    a.is_negative = !a.is_negative;
    return a;
}

/* q of a = (p, q), whose conjugate is (conj(p), -q) */
INLINE factor second_half(factor a, size_t half) {
    return (factor){.x = a.x + half, .is_negative = a.is_negative != a.is_conjugate};
}

INLINE void add_product_1(factor a, factor b, vec *sum) {
    if (a.is_negative != b.is_negative)
        *sum -= *a.x * *b.x;
    else
        *sum += *a.x * *b.x;
}

/* By the construction of Cayley and Dickson: (p, q)(r, s) = (p r - conj(s) q, s p + q conj(r)). All signs are known to the compiler,
 * which makes d^2 products of vectors of it. */
#define DOUBLED(d, half)                                                                                                    \
    INLINE void add_product_##d(factor a, factor b, vec *sum) {                                                             \
        const factor p = a, q = second_half(a, half), r = b, s = second_half(b, half);                                      \
        add_product_##half(p, r, sum);                                                                                      \
        add_product_##half(negative(conjugate(s)), q, sum);                                                                 \
        add_product_##half(s, p, sum + half);                                                                               \
        add_product_##half(q, conjugate(r), sum + half);                                                                    \
    }

DOUBLED(2, 1)
DOUBLED(4, 2)
DOUBLED(8, 4)

/* sum += a b, of d components; d is a constant. */
INLINE void add_product(size_t d, factor a, factor b, vec *sum) {
    switch (d) {
    case 1: add_product_1(a, b, sum); break;
    case 2: add_product_2(a, b, sum); break;
    case 4: add_product_4(a, b, sum); break;
    default: add_product_8(a, b, sum); break;
    }
}

/* x = scale times what is in d rows. */
INLINE void load_numbers(size_t d, REAL scale, const REAL *rows, size_t stride, vec *x) {
    UNROLL
    for (size_t c = 0; c < d; c++)
        x[c] = scale * load(rows + c * stride);
}

INLINE void store_numbers(size_t d, REAL scale, const vec *x, REAL *rows, size_t stride) {
    UNROLL
    for (size_t c = 0; c < d; c++)
        store(rows + c * stride, scale * x[c]);
}

/* sum + x o y, over the components */
INLINE vec add_dot(size_t d, const vec *x, const vec *y, vec sum) {
    UNROLL
    for (size_t c = 0; c < d; c++)
        sum += x[c] * y[c];
    return sum;
}

/* ---- A head ----------------------------------------------------------------------------------------------------------- */

/* A head's step. */
typedef struct holographic_step {
    size_t N, W;
    const REAL *key, *query, *value; /* (W, Np) */
    REAL strength, decay;            /* beta, alpha */
    const REAL *memory_before;       /* (W, Np) M' */
    REAL *memory, *read_vector;      /* (W, Np) M, (W, N) */
} holographic_step;

/* The gradients of a head's step. */
typedef struct holographic_gradient {
    const REAL *read_vector;   /* (W, N) */
    REAL *memory;              /* (W, Np) in: at M, out: at M' */
    REAL *key, *query, *value; /* (W, Np) */
    REAL *strength, *decay;    /* decay: NULL where there is none */
} holographic_gradient;

/* Of W = d components, a constant. */
INLINE void holographic_numbers_forward(size_t d, const holographic_step *s) {
    const size_t N = s->N, Np = dnc_row(N);
    VECTORS (j, N) {
        vec k[HOLOGRAPHIC_MOST], q[HOLOGRAPHIC_MOST], v[HOLOGRAPHIC_MOST], m[HOLOGRAPHIC_MOST];
        vec read[HOLOGRAPHIC_MOST] = {{0}};
        load_numbers(d, s->decay, s->memory_before + j, Np, m);
        load_numbers(d, s->strength, s->key + j, Np, k);
        load_numbers(d, R(1.0), s->value + j, Np, v);
        add_product(d, factor_of(k), factor_of(v), m);
        store_numbers(d, R(1.0), m, s->memory + j, Np);
        load_numbers(d, R(1.0), s->query + j, Np, q);
        add_product(d, conjugate(factor_of(q)), factor_of(m), read);
        UNROLL
        for (size_t c = 0; c < d; c++)
            store_first(s->read_vector + c * N + j, N - j, read[c]);
    }
}

INLINE void holographic_numbers_backward(size_t d, const holographic_step *s, const holographic_gradient *to) {
    const size_t N = s->N, Np = dnc_row(N);
    vec d_strength = {0}, d_decay = {0};
    VECTORS (j, N) {
        vec k[HOLOGRAPHIC_MOST], q[HOLOGRAPHIC_MOST], v[HOLOGRAPHIC_MOST], m[HOLOGRAPHIC_MOST];
        vec dr[HOLOGRAPHIC_MOST], dm[HOLOGRAPHIC_MOST], dq[HOLOGRAPHIC_MOST] = {{0}};
        vec dk[HOLOGRAPHIC_MOST] = {{0}}, dv[HOLOGRAPHIC_MOST] = {{0}}; /* but for beta */
        UNROLL
        for (size_t c = 0; c < d; c++)
            dr[c] = load_first(to->read_vector + c * N + j, N - j);
        load_numbers(d, R(1.0), s->memory + j, Np, m);
        add_product(d, factor_of(m), conjugate(factor_of(dr)), dq);
        store_numbers(d, R(1.0), dq, to->query + j, Np);
        load_numbers(d, R(1.0), s->query + j, Np, q);
        load_numbers(d, R(1.0), to->memory + j, Np, dm);
        add_product(d, factor_of(q), factor_of(dr), dm);
        store_numbers(d, s->decay, dm, to->memory + j, Np);
        load_numbers(d, R(1.0), s->memory_before + j, Np, m);
        d_decay = add_dot(d, m, dm, d_decay);
        load_numbers(d, R(1.0), s->value + j, Np, v);
        add_product(d, factor_of(dm), conjugate(factor_of(v)), dk);
        store_numbers(d, s->strength, dk, to->key + j, Np);
        load_numbers(d, R(1.0), s->key + j, Np, k);
        d_strength = add_dot(d, k, dk, d_strength);
        add_product(d, conjugate(factor_of(k)), factor_of(dm), dv);
        store_numbers(d, s->strength, dv, to->value + j, Np);
    }
    *to->strength = sum_lanes(d_strength);
    if (to->decay != NULL)
        *to->decay = sum_lanes(d_decay);
}

static void holographic_head_forward(const holographic_step *step) {
    const holographic_step s = *step; /* which no store can change */
    switch (s.W) {
    case 1: holographic_numbers_forward(1, &s); break;
    case 2: holographic_numbers_forward(2, &s); break;
    case 4: holographic_numbers_forward(4, &s); break;
    default: holographic_numbers_forward(HOLOGRAPHIC_MOST, &s); break;
    }
}

static void holographic_head_backward(const holographic_step *step, const holographic_gradient *gradient) {
    const holographic_step s = *step;
    const holographic_gradient to = *gradient;
    switch (s.W) {
    case 1: holographic_numbers_backward(1, &s, &to); break;
    case 2: holographic_numbers_backward(2, &s, &to); break;
    case 4: holographic_numbers_backward(4, &s, &to); break;
    default: holographic_numbers_backward(HOLOGRAPHIC_MOST, &s, &to); break;
    }
}

/* ---- The lane ------------------------------------------------------------------------------------------------------- */

static inline holographic_step holographic_step_at(const dnc_plan *plan, REAL *workspace, size_t t, size_t b, bool begins,
                                                   size_t r) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    const dnc_interface_offsets *at = &plan->parsed;
    const size_t now = t * plan->B + b, next = now + plan->B, head = s->W * s->Np; /* before step t, and after it */
    const REAL *const xi = workspace + o->interface + now * s->Xp;
    REAL *const memories = workspace + o->memory + r * head;
    return (holographic_step){.N = s->N,
                              .W = s->W,
                              .key = xi + at->keys + r * head,
                              .query = xi + at->queries + r * head,
                              .value = xi + at->values + r * head,
                              .strength = xi[at->strengths + r],
                              .decay = s->has_decay ? xi[at->decays + r] : R(1.0),
                              .memory_before = begins ? workspace + o->zeros : memories + now * s->R * head,
                              .memory = memories + next * s->R * head,
                              .read_vector = workspace + o->z + next * s->Zp + s->O + r * s->W * s->N};
}

static void holographic_forward(const dnc_plan *plan, REAL *workspace, size_t t, size_t b, bool begins, stopwatch *watch) {
    for (size_t r = 0; r < plan->sizes.R; r++) {
        const holographic_step step = holographic_step_at(plan, workspace, t, b, begins, r);
        holographic_head_forward(&step);
    }
    lap(watch, DNC_PHASE_MEMORY);
}

static void holographic_backward(const dnc_plan *plan, REAL *workspace, size_t t, size_t b, bool begins, stopwatch *watch) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    const dnc_interface_offsets *at = &plan->parsed;
    const size_t head = s->W * s->Np;
    const REAL *const d_reads = workspace + o->d_z + (t * plan->B + b) * s->Kp + s->O;
    REAL *const d_xi = workspace + o->d_interface;
    for (size_t r = 0; r < s->R; r++) {
        const holographic_step step = holographic_step_at(plan, workspace, t, b, begins, r);
        const holographic_gradient gradient = {.read_vector = d_reads + r * s->W * s->N,
                                               .memory = workspace + o->d_memory + (b * s->R + r) * head,
                                               .key = d_xi + at->keys + r * head,
                                               .query = d_xi + at->queries + r * head,
                                               .value = d_xi + at->values + r * head,
                                               .strength = d_xi + at->strengths + r,
                                               .decay = s->has_decay ? d_xi + at->decays + r : NULL};
        holographic_head_backward(&step, &gradient);
    }
    lap(watch, DNC_PHASE_MEMORY);
}
