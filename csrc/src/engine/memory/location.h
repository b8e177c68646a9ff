/* Addressing without cosines, as in krocki/dnc: by the dot product of key and row, C_i = softmax_i(beta k.m_i), or by a location,
 * C_i = softmax_i(beta k_i) of a key with a number for each row, whatever that holds. */

static void dot_forward(const lookup *l) {
    const size_t N = l->N, W = l->W, Np = dnc_row(N), Wp = dnc_row(W);
    for (size_t r = 0; r < l->heads; r++) {
        REAL *const match = l->tape + r * Np;
        for (size_t i = 0; i < N; i++)
            match[i] = dot(W, l->memory + i * Wp, l->keys + r * Wp);
        fill_padding(N, match, R(0.0));
        weight_matches(l, r, match);
    }
}

/* With ds^r_i the gradient at beta^r k^r.m_i:  dk^r += sum_i beta^r ds^r_i m_i;   dm_i += sum_r beta^r ds^r_i k^r */
static void dot_backward(const lookup *l, REAL *d_weightings /* (heads, Np) in; used up */, const lookup_gradient *to) {
    const size_t N = l->N, Np = dnc_row(N), Wp = dnc_row(l->W);
    for (size_t r = 0; r < l->heads; r++) {
        const REAL strength = strength_of(l, r), *const key = l->keys + r * Wp;
        REAL *const d = d_weightings + r * Np;
        weight_matches_backward(l, r, l->tape + r * Np, d, to);
        for (size_t i = 0; i < N; i++) {
            add_scaled(l->W, strength * d[i], l->memory + i * Wp, to->keys + r * Wp);
            add_scaled(l->W, strength * d[i], key, to->memory + i * Wp);
        }
    }
}

static void location_forward(const lookup *l) {
    for (size_t r = 0; r < l->heads; r++)
        weight_matches(l, r, l->keys + r * dnc_row(l->N));
}

static void location_backward(const lookup *l, REAL *d_weightings /* (heads, Np) in; used up */, const lookup_gradient *to) {
    const size_t Np = dnc_row(l->N);
    for (size_t r = 0; r < l->heads; r++) {
        weight_matches_backward(l, r, l->keys + r * Np, d_weightings + r * Np, to);
        add_scaled(l->N, strength_of(l, r), d_weightings + r * Np, to->keys + r * Np);
    }
}

/* ---- Whichever it is ------------------------------------------------------------------------------------------------ */

static void lookup_forward(int32_t addressing, const lookup *l) {
    switch (addressing) {
    case DNC_ADDRESSING_DOT: dot_forward(l); break;
    case DNC_ADDRESSING_LOCATION: location_forward(l); break;
    default: (l->masks != NULL ? masked_forward : content_forward)(l);
    }
}

static void lookup_backward(int32_t addressing, const lookup *l, REAL *d_weightings, const lookup_gradient *to) {
    switch (addressing) {
    case DNC_ADDRESSING_DOT: dot_backward(l, d_weightings, to); break;
    case DNC_ADDRESSING_LOCATION: location_backward(l, d_weightings, to); break;
    default: (l->masks != NULL ? masked_backward : content_backward)(l, d_weightings, to);
    }
}
