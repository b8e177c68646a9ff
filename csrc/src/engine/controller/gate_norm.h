/* The LSTM of the ADNC (Franke, Niehues & Waibel 2018), whose gates are normalised all together, and the cell on its way to h, with
 * base/norm.h:
 *
 *    (i, f, g, o) = norm(W z), whose shift is the bias;   h = o tanh(norm(c)), where c goes on as it is */

static REAL *gate_norm_tape(const dnc_plan *plan, REAL *workspace, size_t l, size_t row) {
    return workspace + plan->workspace.gate_norm + (l * plan->T * plan->B + row) * norm_tape_length(plan->sizes.G);
}

static REAL *cell_norm_tape(const dnc_plan *plan, REAL *workspace, size_t l, size_t row) {
    return workspace + plan->workspace.cell_norm + (l * plan->T * plan->B + row) * norm_tape_length(plan->sizes.H);
}

static void gates_normalize(const dnc_plan *plan, const REAL *parameters, REAL *workspace, size_t l, size_t row,
                            REAL *gates) {
    const dnc_layer_offsets *const p = &plan->parameters.layers[l];
    norm_forward(plan->sizes.G, parameters + p->norm_scale, parameters + p->bias, gates,
                 gate_norm_tape(plan, workspace, l, row));
}

static void gates_normalize_backward(const dnc_plan *plan, REAL *workspace, size_t l, size_t row, REAL *gates) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    norm_backward(s->G, workspace + o->gate_norm_scale + l * s->Ap, gates, gate_norm_tape(plan, workspace, l, row),
                  workspace + o->d_gate_shift + (l * plan->T * plan->B + row) * s->Ap);
}

static void cell_normalize(const dnc_plan *plan, const REAL *parameters, REAL *workspace, size_t l, size_t row, REAL *cell) {
    const dnc_layer_offsets *const p = &plan->parameters.layers[l];
    norm_forward(plan->sizes.H, parameters + p->cell_scale, parameters + p->cell_shift, cell,
                 cell_norm_tape(plan, workspace, l, row));
}

static void cell_normalize_backward(const dnc_plan *plan, REAL *workspace, size_t l, size_t row, REAL *cell) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    norm_backward(s->H, workspace + o->cell_norm_scale + l * s->Hp, cell, cell_norm_tape(plan, workspace, l, row),
                  workspace + o->d_cell_shift + (l * plan->T * plan->B + row) * s->Hp);
}

/* h = o tanh(y),  y: the normalised cell */
INLINE void normed_output_forward(size_t H, const REAL *restrict gates /* (4, H) i f g o */,
                                  REAL *restrict cell /* (Hp) in: y, out: tanh y */, REAL *restrict hidden) {
    VECTORS (j, H) {
        const vec tanh_y = tanh_of(load(cell + j));
        store(cell + j, tanh_y);
        store_first(hidden + j, H - j, load_first(gates + 3 * H + j, H - j) * tanh_y);
    }
}

/* do = dh tanh y;  dy = dh o (1 - tanh^2 y) */
INLINE void normed_output_backward(size_t H, REAL *restrict gates /* (4, H) in: i f g o, out: i f g da_o */,
                                   const REAL *restrict d_hidden, REAL *restrict cell /* (Hp) in: tanh y, out: dy */) {
    VECTORS (j, H) {
        REAL *const at = gates + 3 * H + j;
        const vec o = load_first(at, H - j), tanh_y = load(cell + j), dh = load_first(d_hidden + j, H - j);
        store_first(at, H - j, dh * tanh_y * o * (R(1.0) - o));
        store(cell + j, dh * o * (R(1.0) - tanh_y * tanh_y));
    }
}

static void gate_norm_pack(const dnc_plan *plan, const REAL *parameters, REAL *workspace) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    for (size_t l = 0; s->has_gate_norm && l < s->stack; l++) {
        const dnc_layer_offsets *const p = &plan->parameters.layers[l];
        memcpy(workspace + o->gate_norm_scale + l * s->Ap, parameters + p->norm_scale, s->G * sizeof(REAL));
        memcpy(workspace + o->cell_norm_scale + l * s->Hp, parameters + p->cell_scale, s->H * sizeof(REAL));
    }
}

static void gate_norm_gradients(const dnc_plan *plan, const REAL *workspace, REAL *gradient) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    const size_t rows = plan->T * plan->B;
    for (size_t l = 0; s->has_gate_norm && l < s->stack; l++) {
        const dnc_layer_offsets *const p = &plan->parameters.layers[l];
        norm_gradients(rows, s->G, workspace + o->gate_norm + l * rows * norm_tape_length(s->G),
                       workspace + o->d_gate_shift + l * rows * s->Ap, gradient + p->norm_scale, gradient + p->bias);
        norm_gradients(rows, s->H, workspace + o->cell_norm + l * rows * norm_tape_length(s->H),
                       workspace + o->d_cell_shift + l * rows * s->Hp, gradient + p->cell_scale, gradient + p->cell_shift);
    }
}
