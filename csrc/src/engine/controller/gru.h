/* The gated recurrent unit, one lane at a time, with its reset gate behind the product, so that this is one with those of the other
 * gates:
 *
 *    r, z = sg(a_r), sg(a_z);  n = tanh(a_n + r m), m = U_n h' + c_n;  h = (1 - z) n + z h'
 *
 * m is the last of the pre-activations: to them U_n adds there, and not to a_n. */

INLINE void gru_forward(size_t H, REAL *restrict gates /* (4, H) in: a_r a_z a_n m, out: r z n m */,
                        const REAL *restrict hidden_before, REAL *restrict hidden) {
    VECTORS (j, H) {
        REAL *const at = gates + j;
        const size_t left = H - j;
        const vec r = sigmoid(load_first(at, left)), z = sigmoid(load_first(at + H, left));
        const vec n = tanh_of(load_first(at + 2 * H, left) + r * load_first(at + 3 * H, left));
        store_first(at, left, r), store_first(at + H, left, z), store_first(at + 2 * H, left, n);
        store_first(hidden + j, left, n + z * (load_first(hidden_before + j, left) - n));
    }
}

/* dz = dh (h' - n), dn = dh (1 - z);  da_n = dn (1 - n^2);  dr = da_n m, dm = da_n r;  dh' = dh z, and what W_hh gives */
INLINE void gru_backward(size_t H, REAL *restrict gates /* (4, H) in: r z n m, out: da_r da_z da_n dm */,
                         const REAL *restrict hidden_before, const REAL *restrict d_hidden,
                         REAL *restrict d_hidden_before /* +=; NULL: there was nothing before */) {
    VECTORS (j, H) {
        REAL *const at = gates + j;
        const size_t left = H - j;
        const vec r = load_first(at, left), z = load_first(at + H, left), n = load_first(at + 2 * H, left);
        const vec dh = load_first(d_hidden + j, left), da_n = dh * (R(1.0) - z) * (R(1.0) - n * n);
        store_first(at, left, da_n * load_first(at + 3 * H, left) * r * (R(1.0) - r));
        store_first(at + H, left, dh * (load_first(hidden_before + j, left) - n) * z * (R(1.0) - z));
        store_first(at + 2 * H, left, da_n), store_first(at + 3 * H, left, da_n * r);
        if (d_hidden_before != NULL)
            store_first(d_hidden_before + j, left, load_first(d_hidden_before + j, left) + dh * z);
    }
}

static void gru_controller_forward(const dnc_plan *plan, const REAL *parameters, const dnc_segment *segment, REAL *workspace,
                                   size_t l, size_t t) {
    (void)parameters;
    for (size_t b = 0; b < plan->B; b++) {
        const layer_lane at = layer_lane_at(plan, segment, workspace, l, t, b);
        gru_forward(plan->sizes.H, at.gates, at.hidden_before, at.hidden);
    }
}

static void gru_controller_backward(const dnc_plan *plan, const dnc_segment *segment, REAL *workspace, size_t l, size_t t) {
    for (size_t b = 0; b < plan->B; b++) {
        const layer_lane at = layer_lane_at(plan, segment, workspace, l, t, b);
        const layer_gradient d = layer_gradient_at(plan, segment, workspace, l, t, b);
        gru_backward(plan->sizes.H, at.gates, at.hidden_before, d.hidden, d.hidden_before);
    }
}
