/* Content addressing, one lane. Of each of a group of keys k, with its strength beta, over the rows m_i of a memory:
 *
 *    C(M, k, beta) = softmax(beta cos),   cos_i = k.m_i / (sqrt(k.k + eps) sqrt(m_i.m_i + eps)),   eps = DNC_COSINE_EPSILON
 *
 * The write looks up one key in M_{t-1}, the reads of a step look up R keys in M_t. What a lookup computes, what it keeps for
 * backward and what its gradients are is known here alone, and no lookup takes anything from another: with masks even the norms
 * of the rows would be a key's own. */

typedef struct lookup {
    size_t heads, N, W;
    const REAL *memory;    /* (N, Wp) */
    const REAL *keys;      /* (heads, Wp); of a location's address (heads, Np) */
    const REAL *strengths; /* (heads), or NULL: 1 */
    const REAL *masks;     /* (heads, Wp), or NULL: none */
    REAL *weightings;      /* (heads, Np) what is asked for */
    REAL *tape;            /* (DNC_LOOKUP_ROWS, Np) cos of every key, then 1 / sqrt(m_i.m_i + eps), of every mask its own */
} lookup;

/* The gradients of a lookup, all added to. */
typedef struct lookup_gradient {
    REAL *keys, *strengths, *masks, *memory;
} lookup_gradient;

static inline REAL strength_of(const lookup *l, size_t r) {
    return l->strengths == NULL ? R(1.0) : l->strengths[r];
}

/* weighting^r = softmax(beta^r match^r) */
INLINE void weight_matches(const lookup *l, size_t r, const REAL *match /* (Np) */) {
    const REAL strength = strength_of(l, r);
    REAL *const weighting = l->weightings + r * dnc_row(l->N);
    VECTORS (i, l->N)
        store(weighting + i, strength * load(match + i));
    softmax(l->N, weighting);
}

/* From the gradient at weighting^r, in place, to that at beta^r match^r; returns that at beta^r. */
INLINE REAL weight_matches_backward(const lookup *l, size_t r, const REAL *match, REAL *d /* (Np) */,
                                    const lookup_gradient *to) {
    softmax_backward(l->N, l->weightings + r * dnc_row(l->N), d);
    const REAL by_strength = dot(l->N, d, match);
    if (l->strengths != NULL)
        to->strengths[r] += by_strength;
    return by_strength;
}

/* Of a sum that has overflowed it is NaN, by infinity - infinity, lest a vector too long to square look like one whose cosines
 * are 0. */
static inline REAL inverse_norm(REAL sum_of_squares) {
    return R(1.0) / SQRT(sum_of_squares + (REAL)DNC_COSINE_EPSILON) + (sum_of_squares - sum_of_squares);
}

/* dots^r_i = k^r.m_i of up to HEAD_GROUP keys and, where they are `first`, squares_i = m_i.m_i, in one pass over the memory. */
INLINE void lookup_rows(size_t heads, bool first, size_t N, size_t W, const REAL *restrict memory, const REAL *restrict keys,
                        REAL *restrict dots /* (heads, Np) */, REAL *restrict squares /* (Np) */) {
    const size_t Wp = dnc_row(W), Np = dnc_row(N);
    for (size_t i = 0; i < N; i++) {
        vec square = {0}, sums[HEAD_GROUP] = {{0}};
        VECTORS (j, W) {
            const vec m = load(memory + i * Wp + j);
            if (first)
                square += m * m;
            UNROLL
            for (size_t r = 0; r < heads; r++)
                sums[r] += m * load(keys + r * Wp + j);
        }
        if (first)
            squares[i] = sum_lanes(square);
        UNROLL
        for (size_t r = 0; r < heads; r++)
            dots[r * Np + i] = sum_lanes(sums[r]);
    }
}

/* weighting^r = C(M, k^r, beta^r), in one pass over the memory; one more for every further group of keys */
static void content_forward(const lookup *l) {
    const size_t heads = l->heads, N = l->N, W = l->W, Np = dnc_row(N), Wp = dnc_row(W);
    REAL *const norms = l->tape + heads * Np;
    WITH_GROUP(group_size(heads, 0), lookup_rows(group, true, N, W, l->memory, l->keys, l->tape, norms))
    for (size_t r = HEAD_GROUP; r < heads; r += HEAD_GROUP)
        WITH_GROUP(group_size(heads, r),
                   lookup_rows(group, false, N, W, l->memory, l->keys + r * Wp, l->tape + r * Np, norms))
    for (size_t i = 0; i < N; i++)
        norms[i] = inverse_norm(norms[i]);
    fill_padding(N, norms, R(0.0));
    for (size_t r = 0; r < heads; r++) {
        const REAL *const key = l->keys + r * Wp;
        const REAL key_norm = inverse_norm(dot(W, key, key));
        REAL *const cosines = l->tape + r * Np;
        fill_padding(N, cosines, R(0.0));
        VECTORS (i, N)
            store(cosines + i, load(cosines + i) * key_norm * load(norms + i));
        weight_matches(l, r, cosines);
    }
}

/* Of one panel of columns, dk^r += sum_i across^r_i m_i and dm_i += sum_r across^r_i k^r for up to HEAD_GROUP keys and, where
 * they are the `last`, dm_i -= along_i m_i, in one pass over both memories. */
INLINE void lookup_columns_backward(size_t heads, bool last, size_t vectors, size_t N, size_t Wp, size_t Np,
                                    const REAL *restrict memory, const REAL *restrict keys,
                                    const REAL *restrict across /* (heads, Np) */, const REAL *restrict along /* (Np) */,
                                    REAL *restrict d_keys, REAL *restrict d_memory) {
    vec key[HEAD_GROUP][PANEL_VECTORS], d_key[HEAD_GROUP][PANEL_VECTORS];
    UNROLL
    for (size_t r = 0; r < heads; r++) {
        UNROLL
        for (size_t v = 0; v < vectors; v++) {
            key[r][v] = load(keys + r * Wp + v * LANES);
            d_key[r][v] = load(d_keys + r * Wp + v * LANES);
        }
    }
    for (size_t i = 0; i < N; i++) {
        UNROLL
        for (size_t v = 0; v < vectors; v++) {
            const vec m = load(memory + i * Wp + v * LANES);
            vec dm = load(d_memory + i * Wp + v * LANES);
            UNROLL
            for (size_t r = 0; r < heads; r++) {
                d_key[r][v] += across[r * Np + i] * m;
                dm += across[r * Np + i] * key[r][v];
                ROUND_TO_REAL(dm); /* so that the bits of many keys do not depend on their groups */
            }
            if (last)
                dm -= along[i] * m;
            store(d_memory + i * Wp + v * LANES, dm);
        }
    }
    UNROLL
    for (size_t r = 0; r < heads; r++) {
        UNROLL
        for (size_t v = 0; v < vectors; v++)
            store(d_keys + r * Wp + v * LANES, d_key[r][v]);
    }
}

INLINE void lookup_panel_backward(const lookup *l, size_t vectors, size_t j, const REAL *across, const REAL *along,
                                  REAL *d_keys, REAL *d_memory) {
    const size_t N = l->N, Np = dnc_row(N), Wp = dnc_row(l->W);
    const REAL *const memory = l->memory + j, *keys = l->keys + j;
    size_t heads = l->heads;
    for (; heads > HEAD_GROUP; heads -= HEAD_GROUP) {
        lookup_columns_backward(HEAD_GROUP, false, vectors, N, Wp, Np, memory, keys, across, along, d_keys, d_memory);
        keys += HEAD_GROUP * Wp, across += HEAD_GROUP * Np, d_keys += HEAD_GROUP * Wp;
    }
    WITH_GROUP(heads,
               lookup_columns_backward(group, true, vectors, N, Wp, Np, memory, keys, across, along, d_keys, d_memory))
}

/* With ds^r_i the gradient at beta^r cos^r_i, dcos^r_i = beta^r ds^r_i, and |k|^-1, |m|^-1 the inverse norms:
 *    dbeta^r += sum_i ds^r_i cos^r_i
 *    dk^r    += sum_i across^r_i m_i - along_key^r k^r,   along_key^r = |k^r|^-2 sum_i dcos^r_i cos^r_i
 *    dm_i    += sum_r across^r_i k^r - along_i m_i,       along_i     = |m_i|^-2 sum_r dcos^r_i cos^r_i
 *    across^r_i = dcos^r_i |k^r|^-1 |m_i|^-1
 * Goes once over the memory, and uses up the tape. */
static void content_backward(const lookup *l, REAL *d_weightings /* (heads, Np) in; out: across */,
                             const lookup_gradient *to) {
    const size_t heads = l->heads, N = l->N, W = l->W, Np = dnc_row(N), Wp = dnc_row(W);
    const REAL *const norms = l->tape + heads * Np;
    REAL *const along = l->tape; /* takes the place of the first key's cosines while these are read */
    for (size_t r = 0; r < heads; r++) {
        const REAL *const key = l->keys + r * Wp, *const cosines = l->tape + r * Np;
        const REAL key_norm = inverse_norm(dot(W, key, key)), strength = strength_of(l, r);
        REAL *const d = d_weightings + r * Np;
        const REAL by_strength = weight_matches_backward(l, r, cosines, d, to);
        const REAL along_key = strength * by_strength * key_norm * key_norm;
        add_scaled(W, -along_key, key, to->keys + r * Wp);
        VECTORS (i, N) {
            const vec d_cosine = strength * load(d + i), norm = load(norms + i);
            const vec others = r == 0 ? (vec){0} : load(along + i);
            store(along + i, others + d_cosine * load(cosines + i) * norm * norm);
            store(d + i, d_cosine * key_norm * norm);
        }
    }
    for (size_t j = 0; j < W; j += PANEL)
        if (panel_width(W, j) == PANEL)
            lookup_panel_backward(l, PANEL_VECTORS, j, d_weightings, along, to->keys + j, to->memory + j);
        else
            lookup_panel_backward(l, 1, j, d_weightings, along, to->keys + j, to->memory + j);
}
