/* The products of a layer with what it reads: [h^l ; r ; h^(l-1) ; x], where h^l and r are those before the step, and h^(l-1), of the
 * layer below, that after it. For a single layer that is z = [h ; r ; x]; for one of several it is gathered, of the backward layer of
 * bidirectional.h [hb ; x].
 *
 * One of several that sees no r waits at a step for its own h^l alone: all else it takes ahead, over all steps at once. */

/* Numbers of that before the vector x, up to which it has a gradient. */
static inline size_t before_vector(const dnc_sizes *s, size_t l) {
    return s->H + reads_of(s, l) + (has_below(s, l) ? s->H : 0);
}

/* Whether layer l is such a one. */
static inline bool waits_for_itself(const dnc_sizes *s, size_t l) {
    return s->whole > 1 && reads_of(s, l) == 0;
}

/* Numbers of what it reads that its products of a step take, forward, and back. */
static inline size_t taken_forward(const dnc_sizes *s, size_t l) {
    return waits_for_itself(s, l) ? s->H : before_vector(s, l) + s->D;
}

static inline size_t taken_back(const dnc_sizes *s, size_t l) {
    return waits_for_itself(s, l) ? s->H : before_vector(s, l);
}

/* (B, Ep) what layer l of several reads at step t; of several steps they follow one another */
static inline REAL *layer_input_at(const dnc_plan *plan, REAL *workspace, size_t l, size_t t) {
    return workspace + plan->workspace.layer_inputs + (l * plan->T + t) * plan->B * plan->sizes.Ep;
}

/* Steps from step t on that are taken ahead at a time: so that their rows are many enough to be worth the weights' way. */
static inline size_t steps_ahead(const dnc_plan *plan, size_t t) {
    return plan->T - t < plan->ahead ? plan->T - t : plan->ahead;
}

/* The packed weights of what layer l's products of a step take, forward, and back; and behind these of what is taken ahead. */
static inline REAL *forward_weights(const dnc_plan *plan, REAL *workspace, size_t l) {
    return workspace + plan->workspace.controller_forward + l * plan->sizes.E * plan->sizes.Ap;
}

static inline REAL *backward_weights(const dnc_plan *plan, REAL *workspace, size_t l) {
    return workspace + plan->workspace.controller_backward + l * plan->sizes.A * (plan->sizes.Ep + DNC_ROW);
}

static inline REAL *forward_ahead(const dnc_plan *plan, REAL *workspace, size_t l) {
    return forward_weights(plan, workspace, l) + plan->sizes.H * plan->sizes.Ap;
}

static inline REAL *backward_ahead(const dnc_plan *plan, REAL *workspace, size_t l) {
    return backward_weights(plan, workspace, l) + plan->sizes.A * plan->sizes.Hp;
}

/* ---- Weights -------------------------------------------------------------------------------------------------------- */

static void layer_pack(const dnc_plan *plan, const REAL *parameters, REAL *workspace, size_t l) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    const dnc_layer_offsets *const p = &plan->parameters.layers[l];
    const size_t G = s->G, A = s->A, H = s->H, RW = reads_of(s, l), Ep = s->Ep, stride = s->VD + RW, x = before_vector(s, l);
    const REAL *const weight_ih = parameters + p->weight_ih;
    REAL *const weights = workspace + o->controller_weights + l * A * Ep;
    symbols_pack(plan, parameters, workspace, l);
    if (A > G) /* where one of the two has no rows */
        memset(weights, 0, A * Ep * sizeof(REAL));
    for (size_t g = 0; s->is_recurrent && g < G; g++)
        memcpy(weights + recurrent_row(s, g) * Ep, parameters + p->weight_hh + g * H, H * sizeof(REAL));
    copy_rows(G, RW, weight_ih + s->VD, stride, weights + H, Ep);
    if (has_below(s, l))
        copy_rows(G, H, parameters + p->weight_below, H, weights + H + RW, Ep);
    copy_rows(G, s->D, weight_ih + s->V, stride, weights + x, Ep);
    pack(TRANSPOSED, taken_forward(s, l) - s->first, A, weights + s->first, Ep, forward_weights(plan, workspace, l));
    pack(PLAIN, A, taken_back(s, l) - s->first, weights + s->first, Ep, backward_weights(plan, workspace, l));
    if (!waits_for_itself(s, l))
        return;
    pack(TRANSPOSED, x + s->D - H, A, weights + H, Ep, forward_ahead(plan, workspace, l));
    pack(PLAIN, A, x - H, weights + H, Ep, backward_ahead(plan, workspace, l));
}

/* Their gradients, from those at the layer's pre-activations, over all steps at once. */
static void layer_gradients(const dnc_plan *plan, const dnc_segment *segment, REAL *workspace, size_t l, REAL *gradient) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    const dnc_layer_offsets *const p = &plan->parameters.layers[l];
    const size_t rows = plan->T * plan->B, H = s->H, RW = reads_of(s, l), Ep = s->Ep, stride = s->VD + RW;
    const size_t x = before_vector(s, l);
    const REAL *const inputs = s->whole > 1 ? layer_input_at(plan, workspace, l, 0) : workspace + o->z;
    REAL *const d_weights = workspace + o->controller_weights + l * s->A * Ep;
    product(plan->own_products, TRANSPOSED, PLAIN, s->A, x + s->D - s->first, rows, gates_at(plan, workspace, l, 0), s->Ap,
            inputs + s->first, Ep, R(0.0), d_weights + s->first, Ep);
    for (size_t g = 0; g < s->G; g++) {
        const REAL *const d = d_weights + g * Ep;
        REAL *const of_inputs = gradient + p->weight_ih + g * stride;
        if (s->is_recurrent)
            add_scaled(H, R(1.0), d_weights + recurrent_row(s, g) * Ep, gradient + p->weight_hh + g * H);
        add_scaled(RW, R(1.0), d + H, of_inputs + s->VD);
        if (has_below(s, l))
            add_scaled(H, R(1.0), d + H + RW, gradient + p->weight_below + g * H);
        add_scaled(s->D, R(1.0), d + x, of_inputs + s->V);
    }
    symbols_gradients(plan, segment, workspace, l, gradient);
}

/* ---- A single layer, which reads z ---------------------------------------------------------------------------------- */

/* How many lanes from lane b on do the same before step t: begin, or go on. */
static size_t alike(const dnc_plan *plan, const dnc_segment *segment, size_t t, size_t b) {
    size_t end = segment->begins == NULL ? plan->B : b + 1;
    while (end < plan->B && begins_at(plan, segment, t, end) == begins_at(plan, segment, t, b))
        end++;
    return end - b;
}

/* Adds what z gives to the pre-activations of step t. A lane that begins has h = r = 0. */
static void single_product(const dnc_plan *plan, const dnc_segment *segment, REAL *workspace, size_t t) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    const REAL *const weights = workspace + o->controller_forward;
    for (size_t b = 0, lanes; b < plan->B; b += lanes) {
        const REAL *const z = workspace + o->z + (t * plan->B + b) * s->Zp;
        REAL *const gates = gates_at(plan, workspace, 0, t) + b * s->Ap;
        lanes = alike(plan, segment, t, b);
        if (!begins_at(plan, segment, t, b)) {
            packed_product(lanes, s->A, s->Z - s->first, z + s->first, s->Zp, weights, gates, s->Ap);
            continue;
        }
        REAL *const initial = workspace + o->initial_z;
        for (size_t i = 0; s->D > 0 && i < lanes; i++) {
            memcpy(initial + s->K, z + i * s->Zp + s->K, s->D * sizeof(REAL));
            packed_product(1, s->A, s->Z - s->first, initial + s->first, s->Zp, weights, gates + i * s->Ap, s->Ap);
        }
    }
}

/* The gradient at [h ; r] before step t, of lanes that went on. */
static void single_product_backward(const dnc_plan *plan, const dnc_segment *segment, REAL *workspace, size_t t) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    for (size_t b = 0, lanes; b < plan->B; b += lanes) {
        lanes = alike(plan, segment, t, b);
        if (!begins_at(plan, segment, t, b))
            packed_product(lanes, s->K - s->first, s->A, gates_at(plan, workspace, 0, t) + b * s->Ap, s->Ap,
                           workspace + o->controller_backward,
                           workspace + o->d_z + ((t - 1) * plan->B + b) * s->Kp + s->first, s->Kp);
    }
}

/* ---- One of several, which reads what is gathered -------------------------------------------------------------------- */

/* [h^l ; r], what is there before the step */
static void gather_before(const dnc_plan *plan, const dnc_segment *segment, REAL *workspace, size_t l, size_t t) {
    const dnc_sizes *s = &plan->sizes;
    for (size_t b = 0; b < plan->B; b++) {
        const REAL *const z = workspace + plan->workspace.z + (t * plan->B + b) * s->Zp;
        const REAL *const reads = begins_at(plan, segment, t, b) ? workspace + plan->workspace.zeros : z + s->O;
        REAL *const to = layer_input_at(plan, workspace, l, t) + b * s->Ep;
        memcpy(to, layer_lane_at(plan, segment, workspace, l, t, b).hidden_before, s->H * sizeof(REAL));
        memcpy(to + s->H, reads, reads_of(s, l) * sizeof(REAL));
    }
}

/* [h^(l-1) ; x], what comes with it */
static void gather_input(const dnc_plan *plan, const dnc_segment *segment, REAL *workspace, size_t l, size_t t) {
    const dnc_sizes *s = &plan->sizes;
    for (size_t b = 0; b < plan->B; b++) {
        const REAL *const z = workspace + plan->workspace.z + (t * plan->B + b) * s->Zp;
        REAL *const to = layer_input_at(plan, workspace, l, t) + b * s->Ep, *const below = to + s->H + reads_of(s, l);
        if (has_below(s, l)) {
            memcpy(below, z + plan->B * s->Zp + (l - 1) * s->H, s->H * sizeof(REAL));
            drop_row(segment, DROPPED_BELOW, l, t, b, s->H, below);
        }
        memcpy(to + before_vector(s, l), z + s->K, s->D * sizeof(REAL));
    }
}

/* The gradient at these goes to where they came from. */
static void scatter_before(const dnc_plan *plan, const dnc_segment *segment, REAL *workspace, size_t l, size_t t) {
    const dnc_sizes *s = &plan->sizes;
    for (size_t b = 0; b < plan->B; b++) {
        const REAL *const d = workspace + plan->workspace.d_layer_input + b * s->Ep;
        REAL *const d_hidden = layer_gradient_at(plan, segment, workspace, l, t, b).hidden_before;
        if (d_hidden == NULL)
            continue;
        add_scaled(s->H, R(1.0), d, d_hidden);
        add_scaled(reads_of(s, l), R(1.0), d + s->H, d_hidden - l * s->H + s->O);
    }
}

static void scatter_below(const dnc_plan *plan, const dnc_segment *segment, REAL *workspace, size_t l, size_t t, REAL *d,
                          size_t stride) {
    const dnc_sizes *s = &plan->sizes;
    for (size_t b = 0; b < plan->B; b++, d += stride) {
        drop_row(segment, DROPPED_BELOW, l, t, b, s->H, d);
        add_scaled(s->H, R(1.0), d, workspace + plan->workspace.d_z + (t * plan->B + b) * s->Kp + (l - 1) * s->H);
    }
}

/* All that layer l reads at step t but what is there before. */
static void begin_step(const dnc_plan *plan, const dnc_segment *segment, REAL *workspace, size_t l, size_t t) {
    symbols_forward(plan, segment, workspace, l, t);
    gather_input(plan, segment, workspace, l, t);
}

/* What one that waits for itself takes ahead, and back, in so many steps at a time. */
static void layer_ahead(const dnc_plan *plan, const dnc_segment *segment, REAL *workspace, size_t l, stopwatch *watch) {
    const dnc_sizes *s = &plan->sizes;
    const size_t length = before_vector(s, l) + s->D - s->H;
    for (size_t t = 0, steps; waits_for_itself(s, l) && t < plan->T; t += steps) {
        steps = steps_ahead(plan, t);
        for (size_t i = t; i < t + steps; i++)
            begin_step(plan, segment, workspace, l, i);
        if (length > 0) /* the lowest reads nothing but symbols, unless there is a vector */
            packed_product(steps * plan->B, s->A, length, layer_input_at(plan, workspace, l, t) + s->H, s->Ep,
                           forward_ahead(plan, workspace, l), gates_at(plan, workspace, l, t), s->Ap);
    }
    lap(watch, DNC_PHASE_CONTROLLER);
}

static void layer_ahead_backward(const dnc_plan *plan, const dnc_segment *segment, REAL *workspace, size_t l,
                                 stopwatch *watch) {
    const dnc_sizes *s = &plan->sizes;
    const size_t B = plan->B;
    REAL *const d_below = workspace + plan->workspace.d_layer_input;
    for (size_t t = 0, steps; waits_for_itself(s, l) && has_below(s, l) && t < plan->T; t += steps) {
        steps = steps_ahead(plan, t);
        memset(d_below, 0, steps * B * s->Hp * sizeof(REAL));
        packed_product(steps * B, s->H, s->A, gates_at(plan, workspace, l, t), s->Ap, backward_ahead(plan, workspace, l),
                       d_below, s->Hp);
        for (size_t i = 0; i < steps; i++)
            scatter_below(plan, segment, workspace, l, t + i, d_below + i * B * s->Hp, s->Hp);
    }
    lap(watch, DNC_PHASE_CONTROLLER);
}

/* ---- Either --------------------------------------------------------------------------------------------------------- */

/* Layer l's pre-activations at step t. */
static void layer_product(const dnc_plan *plan, const dnc_segment *segment, REAL *workspace, size_t l, size_t t) {
    const dnc_sizes *s = &plan->sizes;
    if (s->whole == 1) {
        symbols_forward(plan, segment, workspace, l, t);
        single_product(plan, segment, workspace, t);
        return;
    }
    if (!waits_for_itself(s, l)) /* else by layer_ahead */
        begin_step(plan, segment, workspace, l, t);
    gather_before(plan, segment, workspace, l, t);
    packed_product(plan->B, s->A, taken_forward(s, l), layer_input_at(plan, workspace, l, t), s->Ep,
                   forward_weights(plan, workspace, l), gates_at(plan, workspace, l, t), s->Ap);
}

/* From the gradient at them to that at [h ; r] before the step, and at the layer below. */
static void layer_product_backward(const dnc_plan *plan, const dnc_segment *segment, REAL *workspace, size_t l, size_t t) {
    const dnc_sizes *s = &plan->sizes;
    if (s->whole == 1) {
        if (t > 0)
            single_product_backward(plan, segment, workspace, t);
        return;
    }
    REAL *const d_input = workspace + plan->workspace.d_layer_input;
    memset(d_input, 0, plan->B * s->Ep * sizeof(REAL));
    packed_product(plan->B, taken_back(s, l), s->A, gates_at(plan, workspace, l, t), s->Ap,
                   backward_weights(plan, workspace, l), d_input, s->Ep);
    scatter_before(plan, segment, workspace, l, t);
    if (!waits_for_itself(s, l) && has_below(s, l)) /* else by layer_ahead_backward */
        scatter_below(plan, segment, workspace, l, t, d_input + s->H + s->RW, s->Ep);
}

/* Layer l at step t, and back. */
static void layer_forward(const controller_part *controller, const dnc_plan *plan, const REAL *parameters,
                          const dnc_segment *segment, REAL *workspace, size_t l, size_t t, stopwatch *watch) {
    layer_product(plan, segment, workspace, l, t);
    lap(watch, DNC_PHASE_CONTROLLER);
    controller->forward(plan, parameters, segment, workspace, l, t);
    lap(watch, DNC_PHASE_ACTIVATIONS);
}

static void layer_backward(const controller_part *controller, const dnc_plan *plan, const dnc_segment *segment,
                           REAL *workspace, size_t l, size_t t, stopwatch *watch) {
    controller->backward(plan, segment, workspace, l, t);
    lap(watch, DNC_PHASE_ACTIVATIONS);
    layer_product_backward(plan, segment, workspace, l, t);
    lap(watch, DNC_PHASE_CONTROLLER);
}

/* ---- A single step: the weights serve once, so they are read where they lie ------------------------------------------ */

/* gates (B, rows) += from (B, length) W^T, of rows of z */
static void step_product(const dnc_plan *plan, size_t rows, size_t length, const REAL *from, const REAL *weights,
                         size_t stride, REAL *gates) {
    if (rows > 0 && length > 0)
        product(plan->own_products, PLAIN, TRANSPOSED, plan->B, rows, length, from, plan->sizes.Zp, weights, stride, R(1.0),
                gates, plan->sizes.Ap);
}

static void layer_step(const dnc_plan *plan, const REAL *parameters, const dnc_segment *segment, REAL *workspace, size_t l) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_layer_offsets *const p = &plan->parameters.layers[l];
    const size_t G = s->G, H = s->H, stride = s->VD + s->RW, apart = s->A - G; /* rows of W_hh, see recurrent_row */
    const REAL *const weight_ih = parameters + p->weight_ih, *const weight_hh = parameters + p->weight_hh;
    const REAL *const z = workspace + plan->workspace.z, *const z_after = z + plan->B * s->Zp;
    REAL *const gates = gates_at(plan, workspace, l, 0);
    symbols_step(plan, parameters, segment, workspace, l);
    if (s->is_recurrent) {
        step_product(plan, G - apart, H, z + l * H, weight_hh, H, gates);
        step_product(plan, apart, H, z + l * H, weight_hh + (G - apart) * H, H, gates + G);
    }
    step_product(plan, G, s->RW, z + s->O, weight_ih + s->VD, stride, gates);
    if (l > 0)
        step_product(plan, G, H, z_after + (l - 1) * H, parameters + p->weight_below, H, gates);
    step_product(plan, G, s->D, z + s->K, weight_ih + s->V, stride, gates);
}
