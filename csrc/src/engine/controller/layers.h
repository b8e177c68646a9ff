/* Units without a cell, h = act(a): act is tanh or max(0, .), whose slope is known from its value. With W_hh h_{t-1} in a, those of
 * tanh are the plain recurrent network. A feed-forward controller has more layers of them above the first, l = 1 ... L - 1:
 *
 *    h^l = act(W_l h^(l-1) + b_l);  h = h^(L-1) */

INLINE vec activate(bool is_relu, vec x) {
    return is_relu ? where(x < R(0.0), (vec){0}, x) : tanh_of(x);
}

INLINE vec activation_slope(bool is_relu, vec y) {
    return is_relu ? where(y > R(0.0), splat(R(1.0)), (vec){0}) : R(1.0) - y * y;
}

/* y = act(a), in place and to where it is read */
INLINE void activation_forward(bool is_relu, size_t H, REAL *restrict gates /* (H) in: a, out: y */, REAL *restrict to) {
    VECTORS (j, H) {
        const vec y = activate(is_relu, load_first(gates + j, H - j));
        store_first(gates + j, H - j, y);
        store_first(to + j, H - j, y);
    }
}

/* da = dy act'(a) */
INLINE void activation_backward(bool is_relu, size_t H, REAL *restrict gates /* (H) in: y, out: da */,
                                const REAL *restrict d_y) {
    VECTORS (j, H)
        store_first(gates + j, H - j, load_first(d_y + j, H - j) * activation_slope(is_relu, load_first(gates + j, H - j)));
}

static void tanh_controller_forward(const dnc_plan *plan, const REAL *parameters, const dnc_segment *segment,
                                    REAL *workspace, size_t l, size_t t) {
    (void)parameters;
    for (size_t b = 0; b < plan->B; b++) {
        const layer_lane at = layer_lane_at(plan, segment, workspace, l, t, b);
        activation_forward(false, plan->sizes.H, at.gates, at.hidden);
    }
}

static void tanh_controller_backward(const dnc_plan *plan, const dnc_segment *segment, REAL *workspace, size_t l, size_t t) {
    for (size_t b = 0; b < plan->B; b++)
        activation_backward(false, plan->sizes.H, layer_lane_at(plan, segment, workspace, l, t, b).gates,
                            layer_gradient_at(plan, segment, workspace, l, t, b).hidden);
}

/* Rows of step t: what layer l gives, of (B) rows `stride` apart, and where that is read: by the next layer, or in z. */
typedef struct layer_rows {
    REAL *gates, *to;
    size_t gates_stride, to_stride;
} layer_rows;

static inline layer_rows layer_at(const dnc_plan *plan, REAL *workspace, size_t l, size_t t) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    const size_t row = t * plan->B, others = s->upper * s->Hp;
    return (layer_rows){
        .gates = workspace + (l == 0 ? o->gates + row * s->Ap : o->layer_gates + row * others + (l - 1) * s->Hp),
        .gates_stride = l == 0 ? s->Ap : others,
        .to = workspace + (l + 1 == s->L ? o->z + (row + plan->B) * s->Zp : o->layers + row * others + l * s->Hp),
        .to_stride = l + 1 == s->L ? s->Zp : others};
}

static void layers_forward(const dnc_plan *plan, const REAL *parameters, const dnc_segment *segment, REAL *workspace,
                           size_t first, size_t t) {
    (void)first;
    const dnc_sizes *s = &plan->sizes;
    const bool is_relu = plan->config.activation == DNC_ACTIVATION_RELU;
    const size_t B = plan->B, H = s->H;
    for (size_t l = 0; l < s->L; l++) {
        const layer_rows rows = layer_at(plan, workspace, l, t);
        if (l > 0) {
            const layer_rows below = layer_at(plan, workspace, l - 1, t);
            const dnc_layer_offsets *const at = &plan->parameters.layers[l];
            fill_rows(B, H, parameters + at->bias, rows.gates, rows.gates_stride);
            if (dnc_is_segment(plan))
                packed_product(B, H, H, below.to, below.to_stride,
                               workspace + plan->workspace.layer_forward + (l - 1) * H * s->Hp, rows.gates,
                               rows.gates_stride);
            else
                product(plan->own_products, PLAIN, TRANSPOSED, B, H, H, below.to, below.to_stride, parameters + at->weight,
                        H, R(1.0), rows.gates, rows.gates_stride);
        }
        for (size_t b = 0; b < B; b++) {
            activation_forward(is_relu, H, rows.gates + b * rows.gates_stride, rows.to + b * rows.to_stride);
            if (is_relu && s->has_activation_clip) /* not in the gates, which tell whether a unit was cut */
                clip_forward(H, (REAL)plan->config.activation_clip, rows.to + b * rows.to_stride);
            if (l + 1 < s->L) /* the last layer's are for all */
                drop_row(segment, DROPPED_BELOW, l + 1, t, b, H, rows.to + b * rows.to_stride);
        }
    }
}

static void layers_backward(const dnc_plan *plan, const dnc_segment *segment, REAL *workspace, size_t first, size_t t) {
    (void)first;
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    const bool is_relu = plan->config.activation == DNC_ACTIVATION_RELU;
    const size_t B = plan->B, H = s->H;
    REAL *d = workspace + o->d_z + t * B * s->Kp;
    size_t d_stride = s->Kp;
    for (size_t l = s->L; l-- > 0;) {
        const layer_rows rows = layer_at(plan, workspace, l, t);
        for (size_t b = 0; b < B; b++) {
            REAL *const gates = rows.gates + b * rows.gates_stride;
            if (is_relu && s->has_activation_clip)
                clip_backward(H, (REAL)plan->config.activation_clip, gates, d + b * d_stride);
            activation_backward(is_relu, H, gates, d + b * d_stride);
        }
        if (l == 0)
            break;
        REAL *const d_below = workspace + o->d_layers;
        memset(d_below, 0, B * s->Hp * sizeof(REAL));
        packed_product(B, H, H, rows.gates, rows.gates_stride, workspace + o->layer_backward + (l - 1) * H * s->Hp, d_below,
                       s->Hp);
        for (size_t b = 0; b < B; b++)
            drop_row(segment, DROPPED_BELOW, l, t, b, H, d_below + b * s->Hp);
        d = d_below, d_stride = s->Hp;
    }
}

static void layers_pack(const dnc_plan *plan, const REAL *parameters, REAL *workspace) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    for (size_t l = 1; l < s->L; l++) {
        const REAL *const weight = parameters + plan->parameters.layers[l].weight;
        const size_t at = (l - 1) * s->H * s->Hp;
        pack(TRANSPOSED, s->H, s->H, weight, s->H, workspace + o->layer_forward + at);
        pack(PLAIN, s->H, s->H, weight, s->H, workspace + o->layer_backward + at);
    }
}

static void layers_gradients(const dnc_plan *plan, const REAL *workspace, REAL *gradient) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    const size_t rows = plan->T * plan->B, others = s->upper * s->Hp;
    for (size_t l = 1; l < s->L; l++) {
        const dnc_layer_offsets *const at = &plan->parameters.layers[l];
        const REAL *const d = workspace + o->layer_gates + (l - 1) * s->Hp;
        add_rows(rows, s->H, d, others, gradient + at->bias);
        product(plan->own_products, TRANSPOSED, PLAIN, s->H, s->H, rows, d, others, workspace + o->layers + (l - 1) * s->Hp,
                others, R(1.0), gradient + at->weight, s->H);
    }
}
