/* The LSTM of the ADNC (Franke, Niehues & Waibel 2018), whose gates are normalised all together, and the cell on its way to h, with
 * base/norm.h:
 *
 *    (i, f, g, o) = norm(W z), whose shift is the bias;   h = o tanh(norm(c)), where c goes on as it is */

/* One of a layer's two norms: offsets of its parameters, of the packed copy of its scale, and of what is recorded from row t B + b
 * on. */
typedef struct layer_norm {
    size_t n, scale, shift;
    size_t packed_scale, tape, d_shift;
} layer_norm;

static layer_norm gate_norm_of(const dnc_plan *plan, size_t l, size_t row) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    const dnc_layer_offsets *const p = &plan->parameters.layers[l];
    const size_t place = l * plan->T * plan->B + row;
    return (layer_norm){.n = s->G,
                        .scale = p->norm_scale,
                        .shift = p->bias,
                        .packed_scale = o->gate_norm_scale + l * s->Ap,
                        .tape = o->gate_norm + place * norm_tape_length(s->G),
                        .d_shift = o->d_gate_shift + place * s->Ap};
}

static layer_norm cell_norm_of(const dnc_plan *plan, size_t l, size_t row) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    const dnc_layer_offsets *const p = &plan->parameters.layers[l];
    const size_t place = l * plan->T * plan->B + row;
    return (layer_norm){.n = s->H,
                        .scale = p->cell_scale,
                        .shift = p->cell_shift,
                        .packed_scale = o->cell_norm_scale + l * s->Hp,
                        .tape = o->cell_norm + place * norm_tape_length(s->H),
                        .d_shift = o->d_cell_shift + place * s->Hp};
}

static void layer_norm_forward(layer_norm at, const REAL *parameters, REAL *workspace, REAL *x) {
    norm_forward(at.n, parameters + at.scale, parameters + at.shift, x, workspace + at.tape);
}

static void layer_norm_backward(layer_norm at, REAL *workspace, REAL *x) {
    norm_backward(at.n, workspace + at.packed_scale, x, workspace + at.tape, workspace + at.d_shift);
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

static void layer_norm_pack(layer_norm at, const REAL *parameters, REAL *workspace) {
    memcpy(workspace + at.packed_scale, parameters + at.scale, at.n * sizeof(REAL));
}

static void gate_norm_pack(const dnc_plan *plan, const REAL *parameters, REAL *workspace) {
    for (size_t l = 0; plan->sizes.has_gate_norm && l < plan->sizes.whole; l++) {
        layer_norm_pack(gate_norm_of(plan, l, 0), parameters, workspace);
        layer_norm_pack(cell_norm_of(plan, l, 0), parameters, workspace);
    }
}

static void layer_norm_gradients(layer_norm at, size_t rows, const REAL *workspace, REAL *gradient) {
    norm_gradients(rows, at.n, workspace + at.tape, workspace + at.d_shift, gradient + at.scale, gradient + at.shift);
}

static void gate_norm_gradients(const dnc_plan *plan, const REAL *workspace, REAL *gradient) {
    const size_t rows = plan->T * plan->B;
    for (size_t l = 0; plan->sizes.has_gate_norm && l < plan->sizes.whole; l++) {
        layer_norm_gradients(gate_norm_of(plan, l, 0), rows, workspace, gradient);
        layer_norm_gradients(cell_norm_of(plan, l, 0), rows, workspace, gradient);
    }
}
