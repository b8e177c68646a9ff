/* Long short-term memory, one lane at a time. Of the sum s of a cell, h = o tanh(s) and c = s; or squashed, as in krocki's scripts,
 * c = tanh(s); or normed, see gate_norm.h, where h is made of s elsewhere. */
typedef enum lstm_kind { LSTM_PLAIN, LSTM_SQUASHED, LSTM_NORMED } lstm_kind;

/* i, f, o = sg(a_i), sg(a_f), sg(a_o);  g = tanh(a_g);  s = f c' + i g;  c = s, or squashed c = tanh(s);  h = o tanh(s) */
INLINE void lstm_forward(lstm_kind kind, size_t H, REAL *restrict gates /* (4, H) in: a, out: i f g o */,
                         const REAL *restrict cell_before, REAL *restrict cell,
                         REAL *restrict tanh_cell /* not squashed, where the cell is that; normed: out: s */,
                         REAL *restrict hidden /* not normed */) {
    VECTORS (j, H) {
        REAL *const at = gates + j;
        const size_t left = H - j;
        const vec i = sigmoid(load_first(at, left)), f = sigmoid(load_first(at + H, left));
        const vec g = tanh_of(load_first(at + 2 * H, left)), o = sigmoid(load_first(at + 3 * H, left));
        const vec s = f * load(cell_before + j) + i * g, tanh_s = tanh_of(s);
        store_first(at, left, i), store_first(at + H, left, f);
        store_first(at + 2 * H, left, g), store_first(at + 3 * H, left, o);
        store(cell + j, kind == LSTM_SQUASHED ? tanh_s : s);
        if (kind != LSTM_SQUASHED)
            store(tanh_cell + j, kind == LSTM_NORMED ? s : tanh_s);
        if (kind != LSTM_NORMED)
            store_first(hidden + j, left, o * tanh_s);
    }
}

/* ds = dh o (1 - tanh^2 s) + dc from the next step, or squashed ds = (dh o + dc) (1 - tanh^2 s);
 * di = ds g, df = ds c', dg = ds i, do = dh tanh s;  dc' = ds f */
INLINE void lstm_backward(lstm_kind kind, size_t H, REAL *restrict gates /* (4, H) in: i f g o, out: da */,
                          const REAL *restrict cell_before, const REAL *restrict tanh_cell /* normed: ds by way of h */,
                          const REAL *restrict d_hidden /* not normed, where da_o is there */,
                          REAL *restrict d_cell /* in: dc, out: dc' */) {
    VECTORS (j, H) {
        REAL *const at = gates + j;
        const size_t left = H - j;
        const vec i = load_first(at, left), f = load_first(at + H, left);
        const vec g = load_first(at + 2 * H, left), o = load_first(at + 3 * H, left);
        const vec tanh_s = load(tanh_cell + j), dh = kind == LSTM_NORMED ? (vec){0} : load_first(d_hidden + j, left);
        const vec ds = kind == LSTM_NORMED     ? load(d_cell + j) + tanh_s
                       : kind == LSTM_SQUASHED ? (load(d_cell + j) + dh * o) * (R(1.0) - tanh_s * tanh_s)
                                               : load(d_cell + j) + dh * o * (R(1.0) - tanh_s * tanh_s);
        store_first(at, left, ds * g * i * (R(1.0) - i));
        store_first(at + H, left, ds * load(cell_before + j) * f * (R(1.0) - f));
        store_first(at + 2 * H, left, ds * i * (R(1.0) - g * g));
        if (kind != LSTM_NORMED)
            store_first(at + 3 * H, left, dh * tanh_s * o * (R(1.0) - o));
        store(d_cell + j, ds * f);
    }
}

static inline lstm_kind lstm_kind_of(const dnc_sizes *s) {
    return s->has_gate_norm ? LSTM_NORMED : s->has_tanh_cell ? LSTM_PLAIN : LSTM_SQUASHED;
}

static void lstm_controller_forward(const dnc_plan *plan, const REAL *parameters, const dnc_segment *segment,
                                    REAL *workspace, size_t l, size_t t) {
    const lstm_kind kind = lstm_kind_of(&plan->sizes);
    const size_t H = plan->sizes.H;
    for (size_t b = 0; b < plan->B; b++) {
        const layer_lane at = layer_lane_at(plan, segment, workspace, l, t, b);
        const size_t row = t * plan->B + b;
        if (kind == LSTM_NORMED)
            layer_norm_forward(gate_norm_of(plan, l, row), parameters, workspace, at.gates);
        if (kind == LSTM_PLAIN) /* with a loop of its own */
            lstm_forward(LSTM_PLAIN, H, at.gates, at.cell_before, at.cell, at.tanh_cell, at.hidden);
        else
            lstm_forward(kind, H, at.gates, at.cell_before, at.cell, at.tanh_cell, at.hidden);
        if (kind == LSTM_NORMED) {
            layer_norm_forward(cell_norm_of(plan, l, row), parameters, workspace, at.tanh_cell);
            normed_output_forward(H, at.gates, at.tanh_cell, at.hidden);
        }
        if (plan->sizes.has_activation_clip && kind != LSTM_SQUASHED) /* h is made of the whole cell */
            clip_forward(H, (REAL)plan->config.activation_clip, at.cell);
    }
}

static void lstm_controller_backward(const dnc_plan *plan, const dnc_segment *segment, REAL *workspace, size_t l, size_t t) {
    const lstm_kind kind = lstm_kind_of(&plan->sizes);
    const size_t H = plan->sizes.H;
    for (size_t b = 0; b < plan->B; b++) {
        const layer_lane at = layer_lane_at(plan, segment, workspace, l, t, b);
        const layer_gradient d = layer_gradient_at(plan, segment, workspace, l, t, b);
        const size_t row = t * plan->B + b;
        if (plan->sizes.has_activation_clip && kind != LSTM_SQUASHED)
            clip_backward(H, (REAL)plan->config.activation_clip, at.cell, d.cell);
        if (kind == LSTM_NORMED) {
            normed_output_backward(H, at.gates, d.hidden, at.tanh_cell);
            layer_norm_backward(cell_norm_of(plan, l, row), workspace, at.tanh_cell);
        }
        if (kind == LSTM_PLAIN)
            lstm_backward(LSTM_PLAIN, H, at.gates, at.cell_before, at.tanh_cell, d.hidden, d.cell);
        else
            lstm_backward(kind, H, at.gates, at.cell_before, kind == LSTM_SQUASHED ? at.cell : at.tanh_cell, d.hidden,
                          d.cell);
        if (kind == LSTM_NORMED)
            layer_norm_backward(gate_norm_of(plan, l, row), workspace, at.gates);
    }
}
