/* Masked content addressing (Csordas & Schmidhuber 2019): with a mask m^r beside each key, in place of k and m_i
 *
 *    a^r = k^r o m^r,   b^r_i = m_i o m^r:   cos^r_i = a^r.b^r_i / (sqrt(a^r.a^r + eps) sqrt(b^r_i.b^r_i + eps))
 *
 * so that a key finds rows by some of their numbers, whatever the others are. A row's norm is of a mask. */

static void masked_forward(const lookup *l) {
    const size_t N = l->N, W = l->W, Np = dnc_row(N), Wp = dnc_row(W);
    for (size_t r = 0; r < l->heads; r++) {
        const REAL *const key = l->keys + r * Wp, *const mask = l->masks + r * Wp;
        REAL *const cosines = l->tape + r * Np, *const norms = l->tape + (l->heads + r) * Np;
        vec key_square = {0};
        VECTORS (j, W) {
            const vec a = load(key + j) * load(mask + j);
            key_square += a * a;
        }
        const REAL key_norm = inverse_norm(sum_lanes(key_square));
        for (size_t i = 0; i < N; i++) {
            vec sum = {0}, square = {0};
            VECTORS (j, W) {
                const vec m = load(mask + j), b = load(l->memory + i * Wp + j) * m;
                square += b * b;
                sum += b * (load(key + j) * m);
            }
            norms[i] = inverse_norm(sum_lanes(square));
            cosines[i] = sum_lanes(sum) * key_norm * norms[i];
        }
        fill_padding(N, norms, R(0.0)), fill_padding(N, cosines, R(0.0));
        weight_matches(l, r, cosines);
    }
}

/* With across, along and along_key as of cosines without masks, of a and b in place of k and m:
 *    da = sum_i across_i b_i - along_key a;   db_i = across_i a - along_i b_i
 *    dk += da o m;   dm_i += db_i o m;   dmask += da o k + sum_i db_i o m_i */
static void masked_backward(const lookup *l, REAL *d_weightings /* (heads, Np) in; used up */, const lookup_gradient *to) {
    const size_t N = l->N, W = l->W, Np = dnc_row(N), Wp = dnc_row(W);
    for (size_t r = 0; r < l->heads; r++) {
        const REAL *const key = l->keys + r * Wp, *const mask = l->masks + r * Wp,
                          *const norms = l->tape + (l->heads + r) * Np;
        REAL *const along = l->tape + r * Np, *const across = d_weightings + r * Np; /* in place of cosines and d */
        vec key_square = {0};
        VECTORS (j, W) {
            const vec a = load(key + j) * load(mask + j);
            key_square += a * a;
        }
        const REAL key_norm = inverse_norm(sum_lanes(key_square)), strength = strength_of(l, r);
        const REAL along_key = strength * weight_matches_backward(l, r, along, across, to) * key_norm * key_norm;
        VECTORS (i, N) {
            const vec d_cosine = strength * load(across + i), norm = load(norms + i);
            store(along + i, d_cosine * load(along + i) * norm * norm);
            store(across + i, d_cosine * key_norm * norm);
        }
        VECTORS (j, W) {
            const vec k = load(key + j), m = load(mask + j), a = k * m;
            vec d_a = -along_key * a, d_mask = load(to->masks + r * Wp + j);
            for (size_t i = 0; i < N; i++) {
                const vec row = load(l->memory + i * Wp + j), b = row * m, d_b = across[i] * a - along[i] * b;
                REAL *const d_row = to->memory + i * Wp + j;
                d_a += across[i] * b;
                d_mask += d_b * row;
                store(d_row, load(d_row) + d_b * m);
            }
            store(to->keys + r * Wp + j, load(to->keys + r * Wp + j) + d_a * m);
            store(to->masks + r * Wp + j, d_mask + d_a * k);
        }
    }
}
