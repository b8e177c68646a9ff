/* Long short-term memory, one lane at a time. */

/* i, f, o = sg(a_i), sg(a_f), sg(a_o);  g = tanh(a_g);  c = f c' + i g;  h = o tanh(c) */
INLINE void lstm_forward(size_t H, REAL *restrict gates /* (4, H) in: a, out: i f g o */, const REAL *restrict cell_before,
                         REAL *restrict cell, REAL *restrict tanh_cell, REAL *restrict hidden) {
    VECTORS (j, H) {
        REAL *const at = gates + j;
        const size_t left = H - j;
        const vec i = sigmoid(load_first(at, left)), f = sigmoid(load_first(at + H, left));
        const vec g = tanh_of(load_first(at + 2 * H, left)), o = sigmoid(load_first(at + 3 * H, left));
        const vec c = f * load(cell_before + j) + i * g, tanh_c = tanh_of(c);
        store_first(at, left, i), store_first(at + H, left, f);
        store_first(at + 2 * H, left, g), store_first(at + 3 * H, left, o);
        store(cell + j, c), store(tanh_cell + j, tanh_c);
        store_first(hidden + j, left, o * tanh_c);
    }
}

/* dc = dh o (1 - tanh^2 c) + dc from the next step;  di = dc g, df = dc c', dg = dc i, do = dh tanh c;  dc' = dc f */
INLINE void lstm_backward(size_t H, REAL *restrict gates /* (4, H) in: i f g o, out: da */, const REAL *restrict cell_before,
                          const REAL *restrict tanh_cell, const REAL *restrict d_hidden,
                          REAL *restrict d_cell /* in: dc, out: dc' */) {
    VECTORS (j, H) {
        REAL *const at = gates + j;
        const size_t left = H - j;
        const vec i = load_first(at, left), f = load_first(at + H, left);
        const vec g = load_first(at + 2 * H, left), o = load_first(at + 3 * H, left);
        const vec tanh_c = load(tanh_cell + j), dh = load_first(d_hidden + j, left);
        const vec dc = load(d_cell + j) + dh * o * (R(1.0) - tanh_c * tanh_c);
        store_first(at, left, dc * g * i * (R(1.0) - i));
        store_first(at + H, left, dc * load(cell_before + j) * f * (R(1.0) - f));
        store_first(at + 2 * H, left, dc * i * (R(1.0) - g * g));
        store_first(at + 3 * H, left, dh * tanh_c * o * (R(1.0) - o));
        store(d_cell + j, dc * f);
    }
}

static void lstm_controller_forward(const dnc_plan *plan, const REAL *parameters, const dnc_segment *segment,
                                    REAL *workspace, size_t t) {
    (void)parameters;
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    for (size_t b = 0; b < plan->B; b++) {
        const size_t now = t * plan->B + b, next = now + plan->B;
        const REAL *const cell_before = workspace + (begins_at(plan, segment, t, b) ? o->zeros : o->cell + now * s->Hp);
        lstm_forward(s->H, workspace + o->gates + now * s->Gp, cell_before, workspace + o->cell + next * s->Hp,
                     workspace + o->tanh_cell + now * s->Hp, workspace + o->z + next * s->Zp);
    }
}

static void lstm_controller_backward(const dnc_plan *plan, const dnc_segment *segment, REAL *workspace, size_t t) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    for (size_t b = 0; b < plan->B; b++) {
        const size_t now = t * plan->B + b;
        const REAL *const cell_before = workspace + (begins_at(plan, segment, t, b) ? o->zeros : o->cell + now * s->Hp);
        lstm_backward(s->H, workspace + o->gates + now * s->Gp, cell_before, workspace + o->tanh_cell + now * s->Hp,
                      workspace + o->d_z + now * s->Kp, workspace + o->d_cell + b * s->Hp);
    }
}
