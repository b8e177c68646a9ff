/* The interface vector xi, one lane at a time: its squashing functions, on the way from the controller's dense vector (`from`
 * says where its parts are) to the parsed one (`to`), in which the keys, the erase and the write vector have rows of their own. */

/* strengths = oneplus(.);  erase vector, free gates, allocation gate, write gate = sg(.);  modes = softmax(.) of each triple */
static void interface_forward(const dnc_sizes *s, const dnc_interface_offsets *from, const dnc_interface_offsets *to,
                              const REAL *restrict xi /* (I) */, REAL *restrict parsed /* (Xp) */) {
    const size_t heads = s->R, W = s->W, Wp = s->Wp;
    memset(parsed, 0, s->Xp * sizeof(REAL));
    copy_rows(heads, W, xi + from->read_keys, W, parsed + to->read_keys, Wp);
    memcpy(parsed + to->write_key, xi + from->write_key, W * sizeof(REAL));
    memcpy(parsed + to->write_vector, xi + from->write_vector, W * sizeof(REAL));
    VECTORS (j, W)
        store_first(parsed + to->erase + j, W - j, sigmoid(load_first(xi + from->erase + j, W - j)));

    for (size_t r = 0; r < heads; r++)
        parsed[to->read_strengths + r] = oneplus(xi[from->read_strengths + r]);
    parsed[to->write_strength] = oneplus(xi[from->write_strength]);
    /* Free, allocation and write gates are neighbours in both. */
    VECTORS (j, heads + 2)
        store_first(parsed + to->free_gates + j, heads + 2 - j,
                    sigmoid(load_first(xi + from->free_gates + j, heads + 2 - j)));
    for (size_t r = 0; r < heads; r++) {
        const REAL *restrict a = xi + from->read_modes + 3 * r;
        const REAL max = a[0] > a[1] ? (a[0] > a[2] ? a[0] : a[2]) : (a[1] > a[2] ? a[1] : a[2]);
        for (size_t m = 0; m < 3; m++)
            parsed[to->read_modes + 3 * r + m] = a[m] - max;
    }
    VECTORS (j, 3 * heads)
        store_first(parsed + to->read_modes + j, 3 * heads - j,
                    exp_of(load_first(parsed + to->read_modes + j, 3 * heads - j)));
    for (size_t r = 0; r < heads; r++) {
        REAL *restrict modes = parsed + to->read_modes + 3 * r;
        const REAL scale = R(1.0) / (modes[0] + modes[1] + modes[2]);
        for (size_t m = 0; m < 3; m++)
            modes[m] *= scale;
    }
}

/* From the gradient at the parsed interface (consumed) to that at the dense one before the squashing. */
static void interface_backward(const dnc_sizes *s, const dnc_interface_offsets *from, const dnc_interface_offsets *to,
                               const REAL *restrict parsed, REAL *restrict d_parsed, REAL *restrict d_xi) {
    const size_t heads = s->R, W = s->W, Wp = s->Wp;
    VECTORS (j, W) {
        const vec e = load(parsed + to->erase + j);
        store(d_parsed + to->erase + j, load(d_parsed + to->erase + j) * e * (R(1.0) - e));
    }
    copy_rows(heads, W, d_parsed + to->read_keys, Wp, d_xi + from->read_keys, W);
    memcpy(d_xi + from->write_key, d_parsed + to->write_key, W * sizeof(REAL));
    memcpy(d_xi + from->erase, d_parsed + to->erase, W * sizeof(REAL));
    memcpy(d_xi + from->write_vector, d_parsed + to->write_vector, W * sizeof(REAL));

    for (size_t r = 0; r < heads; r++)
        d_xi[from->read_strengths + r] = d_parsed[to->read_strengths + r] * oneplus_slope(parsed[to->read_strengths + r]);
    d_xi[from->write_strength] = d_parsed[to->write_strength] * oneplus_slope(parsed[to->write_strength]);
    for (size_t j = 0; j < heads + 2; j++) {
        const REAL gate = parsed[to->free_gates + j];
        d_xi[from->free_gates + j] = d_parsed[to->free_gates + j] * gate * (R(1.0) - gate);
    }
    for (size_t r = 0; r < heads; r++) {
        const REAL *restrict y = parsed + to->read_modes + 3 * r, *restrict d = d_parsed + to->read_modes + 3 * r;
        const REAL mean = d[0] * y[0] + d[1] * y[1] + d[2] * y[2];
        for (size_t m = 0; m < 3; m++)
            d_xi[from->read_modes + 3 * r + m] = y[m] * (d[m] - mean);
    }
}
