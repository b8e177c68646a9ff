/* A controller is a stack of layers, each of which sees what is read, the read vectors, its own hidden state and that of the layer
 * below; or one such layer. From the pre-activations of layer l
 *
 *    a = W_ih [x ; r] + W_hh h^l + W_below h^(l-1) + b
 *
 * for all lanes of a step, in `gates`, a part makes its hidden state, which goes into z_(t+1). */
typedef struct controller_part {
    void (*forward)(const dnc_plan *, const REAL *parameters, const dnc_segment *, REAL *workspace, size_t l, size_t t);
    /* From the gradient at the hidden state after step t, in d_z, to that at the pre-activations, in `gates`. */
    void (*backward)(const dnc_plan *, const dnc_segment *, REAL *workspace, size_t l, size_t t);
    /* Of a controller with more parameters than these, NULL for others: packs its weights for a segment; and, over all steps at
     * once, gives their gradients. */
    void (*pack)(const dnc_plan *, const REAL *parameters, REAL *workspace);
    void (*gradients)(const dnc_plan *, const REAL *workspace, REAL *gradient);
} controller_part;

/* Whether lane b begins anew before step t: then what is before the step is the initial state. */
static inline bool begins_at(const dnc_plan *plan, const dnc_segment *segment, size_t t, size_t b) {
    return segment->begins != NULL && segment->begins[t * plan->B + b] != 0;
}

/* Whether an episode of lane b ends with step t, as all do with the segment: behind it the backward layer is in its initial state. */
static inline bool ends_at(const dnc_plan *plan, const dnc_segment *segment, size_t t, size_t b) {
    return t + 1 == plan->T || begins_at(plan, segment, t + 1, b);
}

/* The layer behind those of the stack, whose time runs the other way: see bidirectional.h. */
static inline bool is_backward(const dnc_sizes *s, size_t l) {
    return l == s->stack;
}

/* Whether what is before step t is, for that layer, the initial state. */
static inline bool starts_at(const dnc_plan *plan, const dnc_segment *segment, size_t l, size_t t, size_t b) {
    return is_backward(&plan->sizes, l) ? ends_at(plan, segment, t, b) : begins_at(plan, segment, t, b);
}

/* Numbers of the read vectors that layer l sees, and whether it sees a layer below: of these the backward one sees none. */
static inline size_t reads_of(const dnc_sizes *s, size_t l) {
    return is_backward(s, l) ? 0 : s->RW;
}

static inline bool has_below(const dnc_sizes *s, size_t l) {
    return l > 0 && !is_backward(s, l);
}

/* The pre-activation to which row g of W_hh adds: of a GRU those of the candidate, the last H, are apart. */
static inline size_t recurrent_row(const dnc_sizes *s, size_t g) {
    return g < 2 * s->G - s->A ? g : g + s->A - s->G;
}

/* (B, Ap) the pre-activations of layer l at step t, then its gates; of several steps they follow one another */
static inline REAL *gates_at(const dnc_plan *plan, REAL *workspace, size_t l, size_t t) {
    return workspace + plan->workspace.gates + (l * plan->T + t) * plan->B * plan->sizes.Ap;
}

/* Where lane b of layer l has its numbers before step t and after it, in the layer's time. Without a cell that is nowhere. */
typedef struct layer_lane {
    REAL *gates;               /* (A) */
    const REAL *hidden_before; /* (H) as all that is in z, without padding */
    REAL *hidden;              /* (H) */
    const REAL *cell_before;   /* (Hp) */
    REAL *cell, *tanh_cell;    /* (Hp) */
} layer_lane;

static inline layer_lane layer_lane_at(const dnc_plan *plan, const dnc_segment *segment, REAL *workspace, size_t l, size_t t,
                                       size_t b) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    const bool begins = starts_at(plan, segment, l, t, b), backward = is_backward(s, l);
    const size_t now = t * plan->B + b, next = now + plan->B, before = backward ? next + plan->B : now; /* rows of z */
    const size_t cells = backward ? o->backward_cell : o->cell + l * s->Hp, stride = backward ? s->Hp : s->stack * s->Hp;
    return (layer_lane){.gates = gates_at(plan, workspace, l, t) + b * s->Ap,
                        .hidden_before = workspace + (begins ? o->zeros : o->z + before * s->Zp + l * s->H),
                        .hidden = workspace + o->z + next * s->Zp + l * s->H,
                        .cell_before = workspace + (begins ? o->zeros : cells + before * stride),
                        .cell = workspace + cells + next * stride,
                        .tanh_cell = workspace + o->tanh_cell + (now * s->whole + l) * s->Hp};
}

/* The gradients there. */
typedef struct layer_gradient {
    const REAL *hidden;  /* (H) */
    REAL *hidden_before; /* (H) NULL where no gradient passes */
    REAL *cell;          /* (Hp) in: after the step, out: before it */
} layer_gradient;

static inline layer_gradient layer_gradient_at(const dnc_plan *plan, const dnc_segment *segment, REAL *workspace, size_t l,
                                               size_t t, size_t b) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    const size_t now = t * plan->B + b, column = l * s->H;
    const bool backward = is_backward(s, l), none = starts_at(plan, segment, l, t, b) || (t == 0 && !backward);
    const size_t before = backward ? now + plan->B : now - plan->B;
    return (layer_gradient){.hidden = workspace + o->d_z + now * s->Kp + column,
                            .hidden_before = none ? NULL : workspace + o->d_z + before * s->Kp + column,
                            .cell = workspace +
                                    (backward ? o->d_backward_cell + b * s->Hp : o->d_cell + (b * s->stack + l) * s->Hp)};
}

/* (A) what the pre-activations of layer l begin with: the bias, unless they are normalised, which it is the shift of */
static inline void begin_gates(const dnc_plan *plan, const REAL *parameters, size_t l, REAL *gates) {
    if (plan->sizes.has_gate_norm)
        memset(gates, 0, plan->sizes.A * sizeof(REAL));
    else
        memcpy(gates, parameters + plan->parameters.layers[l].bias, plan->sizes.A * sizeof(REAL));
}
