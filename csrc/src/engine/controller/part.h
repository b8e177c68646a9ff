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

/* The pre-activation to which row g of W_hh adds: of a GRU those of the candidate, the last H, are apart. */
static inline size_t recurrent_row(const dnc_sizes *s, size_t g) {
    return g < 2 * s->G - s->A ? g : g + s->A - s->G;
}

/* (B, Ap) the pre-activations of layer l at step t, then its gates; of several steps they follow one another */
static inline REAL *gates_at(const dnc_plan *plan, REAL *workspace, size_t l, size_t t) {
    return workspace + plan->workspace.gates + (l * plan->T + t) * plan->B * plan->sizes.Ap;
}

/* Where lane b of layer l has its numbers before step t and after it. Without a cell that is nowhere. */
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
    const size_t now = t * plan->B + b, next = now + plan->B;
    const bool begins = begins_at(plan, segment, t, b);
    return (layer_lane){.gates = gates_at(plan, workspace, l, t) + b * s->Ap,
                        .hidden_before = workspace + (begins ? o->zeros : o->z + now * s->Zp + l * s->H),
                        .hidden = workspace + o->z + next * s->Zp + l * s->H,
                        .cell_before = workspace + (begins ? o->zeros : o->cell + (now * s->stack + l) * s->Hp),
                        .cell = workspace + o->cell + (next * s->stack + l) * s->Hp,
                        .tanh_cell = workspace + o->tanh_cell + (now * s->stack + l) * s->Hp};
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
    REAL *const d_hidden = workspace + plan->workspace.d_z + (t * plan->B + b) * s->Kp + l * s->H;
    return (layer_gradient){.hidden = d_hidden,
                            .hidden_before = t == 0 || begins_at(plan, segment, t, b) ? NULL : d_hidden - plan->B * s->Kp,
                            .cell = workspace + plan->workspace.d_cell + (b * s->stack + l) * s->Hp};
}

/* (A) what the pre-activations of layer l begin with: the bias, unless they are normalised, which it is the shift of */
static inline void begin_gates(const dnc_plan *plan, const REAL *parameters, size_t l, REAL *gates) {
    if (plan->sizes.has_gate_norm)
        memset(gates, 0, plan->sizes.A * sizeof(REAL));
    else
        memcpy(gates, parameters + plan->parameters.layers[l].bias, plan->sizes.A * sizeof(REAL));
}
