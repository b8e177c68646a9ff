/* The three entry points: a segment forward, the same segment backward, and one step of inference. They name no kind of input,
 * controller, memory or output: those are parts.
 *
 * Products that wait for nothing are taken over all steps at once: the output, its gradients, and every weight gradient. Only
 * the products with z = [h ; r ; x] and with W_xi are taken step by step, with weights packed once for the segment. */

#ifdef DNC_INFERENCE_ONLY /* which a table would keep */
#define OF_SEGMENTS(function) NULL
#else
#define OF_SEGMENTS(function) function
#endif

static const controller_part controllers[] = {
    [DNC_CONTROLLER_TANH] = {layers_forward, OF_SEGMENTS(layers_backward), NULL, NULL},
    [DNC_CONTROLLER_LSTM] = {lstm_controller_forward, OF_SEGMENTS(lstm_controller_backward), NULL, NULL},
    [DNC_CONTROLLER_FEED_FORWARD] = {layers_forward, OF_SEGMENTS(layers_backward), OF_SEGMENTS(layers_pack),
                                     OF_SEGMENTS(layers_gradients)},
};

static const memory_part memories[] = {
    [DNC_MEMORY_DNC] = {dense_forward, OF_SEGMENTS(dense_backward), OF_SEGMENTS(dense_recompute)},
    [DNC_MEMORY_DELTA] = {delta_forward, OF_SEGMENTS(delta_backward), NULL},
};

static const loss_part losses[] = {
    [DNC_OUTPUT_SYMBOLS] = {symbols_loss_forward, symbols_loss_backward},
    [DNC_OUTPUT_BITS] = {bits_loss_forward, bits_loss_backward},
    [DNC_OUTPUT_REALS] = {reals_loss_forward, reals_loss_backward},
};

/* ---- The state ------------------------------------------------------------------------------------------------------ */

/* The state's tensors, moved between the caller's lanes and entry `t` of the record, where every row is padded with zeros. */
typedef enum direction { STATE_TO_RECORD, RECORD_TO_STATE } direction;

static void move_rows(direction way, size_t rows, size_t length, REAL *state, REAL *record, size_t stride) {
    for (size_t i = 0; i < rows; i++, state += length, record += stride) {
        if (way == STATE_TO_RECORD) {
            memcpy(record, state, length * sizeof(REAL));
            memset(record + length, 0, (stride - length) * sizeof(REAL));
        } else {
            memcpy(state, record, length * sizeof(REAL));
        }
    }
}

static void move_state(direction way, const dnc_plan *plan, REAL *state, REAL *workspace, size_t t) {
    const dnc_sizes *s = &plan->sizes;
    for (size_t b = 0; b < plan->B; b++, state += plan->state.count)
        for (size_t i = 0; i < plan->state.entry_count; i++) {
            const dnc_state_entry *const e = &plan->state.entries[i];
            const size_t row = dnc_row(e->length), now = t * plan->B + b;
            REAL *const z = workspace + plan->workspace.z + now * s->Zp;
            switch (e->place) {
            case HIDDEN_OF_Z: /* z's rows are dense, and of each other's lengths */
            case READS_OF_Z:
                move_rows(way, 1, e->rows * e->length, state + e->offset, z + e->record, e->rows * e->length);
                break;
            case LINKS:
                move_rows(way, e->rows, e->length, state + e->offset,
                          links_at(plan, workspace, FORWARD, t) + b * e->rows * row, row);
                break;
            case RECORDED:
                move_rows(way, e->rows, e->length, state + e->offset, workspace + e->record + now * e->rows * row, row);
                break;
            }
        }
}

/* The order of the slots where sorting starts. */
static void begin_order(const dnc_sizes *s, int32_t *order) {
    for (size_t i = 0; i < s->N; i++)
        order[i] = (int32_t)i;
}

/* Entry 0 of the record from the state. */
static void begin(const dnc_plan *plan, REAL *state, REAL *workspace) {
    const dnc_sizes *s = &plan->sizes;
    move_state(STATE_TO_RECORD, plan, state, workspace, 0);
    for (size_t b = 0; s->has_usage && b < plan->B; b++)
        begin_order(s, (int32_t *)(workspace + plan->workspace.order) + b * s->Np);
}

/* The initial state, for the lanes that begin within a segment. */
static void prepare_beginnings(const dnc_plan *plan, REAL *workspace) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    memset(workspace + o->zeros, 0, s->zeros * sizeof(REAL));
    memset(workspace + o->initial_z, 0, s->Zp * sizeof(REAL));
    if (s->has_usage)
        begin_order(s, (int32_t *)(workspace + o->initial_order));
}

/* ---- The controller's first layer ----------------------------------------------------------------------------------- */

/* How many lanes from lane b on do the same before step t: begin, or go on. */
static size_t alike(const dnc_plan *plan, const dnc_segment *segment, size_t t, size_t b) {
    size_t end = segment->begins == NULL ? plan->B : b + 1;
    while (end < plan->B && begins_at(plan, segment, t, end) == begins_at(plan, segment, t, b))
        end++;
    return end - b;
}

/* Adds what z gives to the pre-activations of step t. A lane that begins has h = r = 0. */
static void controller_product(const dnc_plan *plan, const dnc_segment *segment, REAL *workspace, size_t t) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    const REAL *const weights = workspace + o->controller_forward;
    for (size_t b = 0, lanes; b < plan->B; b += lanes) {
        const REAL *const z = workspace + o->z + (t * plan->B + b) * s->Zp;
        REAL *const gates = workspace + o->gates + (t * plan->B + b) * s->Gp;
        lanes = alike(plan, segment, t, b);
        if (!begins_at(plan, segment, t, b)) {
            packed_product(lanes, s->G, s->Z - s->first, z + s->first, s->Zp, weights, gates, s->Gp);
            continue;
        }
        REAL *const initial = workspace + o->initial_z;
        for (size_t i = 0; s->D > 0 && i < lanes; i++) {
            memcpy(initial + s->K, z + i * s->Zp + s->K, s->D * sizeof(REAL));
            packed_product(1, s->G, s->Z - s->first, initial + s->first, s->Zp, weights, gates + i * s->Gp, s->Gp);
        }
    }
}

/* The gradient at [h ; r] before step t, of lanes that went on, from that at its pre-activations. */
static void controller_product_backward(const dnc_plan *plan, const dnc_segment *segment, REAL *workspace, size_t t) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    for (size_t b = 0, lanes; b < plan->B; b += lanes) {
        lanes = alike(plan, segment, t, b);
        if (!begins_at(plan, segment, t, b))
            packed_product(lanes, s->K - s->first, s->G, workspace + o->gates + (t * plan->B + b) * s->Gp, s->Gp,
                           workspace + o->controller_backward,
                           workspace + o->d_z + ((t - 1) * plan->B + b) * s->Kp + s->first, s->Kp);
    }
}

/* No gradient comes to the state of these lanes: from beyond the segment, or over a beginning. */
static void clear_gradient(const dnc_plan *plan, REAL *workspace, size_t b, size_t lanes) {
    for (size_t i = 0; i < plan->state.entry_count; i++) {
        const dnc_state_entry *const e = &plan->state.entries[i];
        const size_t size = e->rows * dnc_row(e->length);
        if (dnc_has_gradient(e->place))
            memset(workspace + e->d_state + b * size, 0, lanes * size * sizeof(REAL));
    }
}

/* ---- A lane's memory ------------------------------------------------------------------------------------------------ */

/* From the interface vector as the controller gives it to the read vectors. */
static void lane_forward(const dnc_plan *plan, const REAL *parameters, REAL *workspace, size_t t, size_t b, bool begins,
                         stopwatch *watch) {
    interface_row_forward(plan, parameters, workspace, t * plan->B + b);
    lap(watch, DNC_PHASE_ACTIVATIONS);
    memories[plan->config.memory].forward(plan, workspace, t, b, begins, watch);
}

/* And back. */
static void lane_backward(const dnc_plan *plan, REAL *workspace, size_t t, size_t b, bool begins, stopwatch *watch) {
    memset(workspace + plan->workspace.d_interface, 0, plan->sizes.Xp * sizeof(REAL));
    memories[plan->config.memory].backward(plan, workspace, t, b, begins, watch);
    interface_row_backward(plan, workspace, t * plan->B + b);
    lap(watch, DNC_PHASE_ACTIVATIONS);
}

/* ---- A segment ------------------------------------------------------------------------------------------------------ */

/* The weights of the segment's products, from the parameters: see the workspace's offsets. */
static void pack_weights(const dnc_plan *plan, const REAL *parameters, REAL *workspace) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    const dnc_parameter_offsets *p = &plan->parameters;
    const size_t G = s->G, H = s->H, RW = s->RW, Zp = s->Zp, stride = s->VD + RW;
    const REAL *const weight_ih = parameters + p->weight_ih;
    REAL *const weights = workspace + o->controller_weights;
    symbols_pack(plan, parameters, workspace);
    if (s->is_recurrent)
        copy_rows(G, H, parameters + p->weight_hh, H, weights, Zp);
    copy_rows(G, RW, weight_ih + s->VD, stride, weights + H, Zp);
    copy_rows(G, s->D, weight_ih + s->V, stride, weights + s->K, Zp);
    pack(TRANSPOSED, s->Z - s->first, G, weights + s->first, Zp, workspace + o->controller_forward);
    pack(PLAIN, G, s->K - s->first, weights + s->first, Zp, workspace + o->controller_backward);
    if (controllers[plan->config.controller].pack != NULL)
        controllers[plan->config.controller].pack(plan, parameters, workspace);
    output_pack(plan, parameters, workspace);
    if (!s->has_memory)
        return;
    pack(TRANSPOSED, H, s->I, parameters + p->interface_weight, H, workspace + o->interface_forward);
    pack(PLAIN, s->I, H, parameters + p->interface_weight, H, workspace + o->interface_backward);
    if (s->has_interface_norm)
        memcpy(workspace + o->interface_norm, parameters + p->interface_scale, s->I * sizeof(REAL));
}

static void segment_forward(const dnc_plan *plan, const REAL *parameters, const dnc_segment *segment, REAL *state,
                            REAL *workspace, dnc_loss *loss) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    const size_t T = plan->T, B = plan->B, Ip = s->Ip;
    stopwatch watch = stopwatch_start(segment->phase_ticks);
    begin(plan, state, workspace);
    if (segment->begins != NULL)
        prepare_beginnings(plan, workspace);
    pack_weights(plan, parameters, workspace);
    for (size_t t = 0; t < T; t++) {
        symbols_forward(plan, segment, workspace, t);
        vector_forward(plan, segment, workspace, t);
        controller_product(plan, segment, workspace, t);
        lap(&watch, DNC_PHASE_CONTROLLER);
        controllers[plan->config.controller].forward(plan, parameters, segment, workspace, t);
        lap(&watch, DNC_PHASE_ACTIVATIONS);
        if (!s->has_memory)
            continue;
        REAL *const interface = workspace + o->interface_input + t * B * Ip;
        fill_rows(B, s->I, parameters + plan->parameters.interface_bias, interface, Ip);
        packed_product(B, s->I, s->H, workspace + o->z + (t + 1) * B * s->Zp, s->Zp, workspace + o->interface_forward,
                       interface, Ip);
        lap(&watch, DNC_PHASE_CONTROLLER);
        for (size_t b = 0; b < B; b++)
            lane_forward(plan, parameters, workspace, t, b, begins_at(plan, segment, t, b), &watch);
    }
    output_forward(plan, workspace);
    *loss = losses[plan->config.output].forward(plan, segment, workspace);
    lap(&watch, DNC_PHASE_OUTPUT);
    move_state(RECORD_TO_STATE, plan, state, workspace, T);
}

/* Gradients of the weights from those at the gates, and of W_xi and b_xi, as products over all steps. */
static void weights_backward(const dnc_plan *plan, const dnc_segment *segment, REAL *workspace, REAL *gradient) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    const dnc_parameter_offsets *p = &plan->parameters;
    const size_t rows = plan->T * plan->B, H = s->H, G = s->G, Zp = s->Zp, stride = s->VD + s->RW;
    REAL *const z = workspace + o->z, *const d_weights = workspace + o->controller_weights;
    if (s->has_memory) {
        const REAL *const d_interface = workspace + o->interface_input;
        add_rows(rows, s->I, d_interface, s->Ip, gradient + p->interface_bias);
        product(plan->own_products, TRANSPOSED, PLAIN, s->I, H, rows, d_interface, s->Ip, z + plan->B * Zp, Zp, R(1.0),
                gradient + p->interface_weight, H);
        if (s->has_interface_norm)
            norm_gradients(plan, workspace, gradient);
    }
    if (controllers[plan->config.controller].gradients != NULL)
        controllers[plan->config.controller].gradients(plan, workspace, gradient);
    for (size_t i = 0; segment->begins != NULL && i < rows; i++) /* nothing else needs h and r there any more */
        if (segment->begins[i])
            memset(z + i * Zp, 0, s->K * sizeof(REAL));
    product(plan->own_products, TRANSPOSED, PLAIN, G, s->Z - s->first, rows, workspace + o->gates, s->Gp, z + s->first, Zp,
            R(0.0), d_weights + s->first, Zp);
    for (size_t g = 0; g < G; g++) {
        const REAL *const d = d_weights + g * Zp;
        REAL *const of_inputs = gradient + p->weight_ih + g * stride;
        if (s->is_recurrent)
            add_scaled(H, R(1.0), d, gradient + p->weight_hh + g * H);
        add_scaled(s->RW, R(1.0), d + H, of_inputs + s->VD);
        add_scaled(s->D, R(1.0), d + s->K, of_inputs + s->V);
    }
    symbols_gradients(plan, segment, workspace, gradient);
}

static void segment_backward(const dnc_plan *plan, const dnc_segment *segment, REAL *workspace, REAL scale, REAL *gradient) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    const size_t T = plan->T, B = plan->B;
    stopwatch watch = stopwatch_start(segment->phase_ticks);
    losses[plan->config.output].backward(plan, segment, scale, workspace);
    output_backward(plan, workspace, gradient);
    clear_gradient(plan, workspace, 0, B);
    lap(&watch, DNC_PHASE_OUTPUT);
    for (size_t t = T; t-- > 0;) {
        if (s->has_memory) {
            if (memories[plan->config.memory].recompute != NULL)
                memories[plan->config.memory].recompute(plan, segment, workspace, t);
            lap(&watch, DNC_PHASE_LINKAGE);
            for (size_t b = 0; b < B; b++)
                lane_backward(plan, workspace, t, b, begins_at(plan, segment, t, b), &watch);
            packed_product(B, s->H, s->I, workspace + o->interface_input + t * B * s->Ip, s->Ip,
                           workspace + o->interface_backward, workspace + o->d_z + t * B * s->Kp, s->Kp);
            lap(&watch, DNC_PHASE_CONTROLLER);
        }
        controllers[plan->config.controller].backward(plan, segment, workspace, t);
        for (size_t b = 0; b < B; b++)
            if (begins_at(plan, segment, t, b))
                clear_gradient(plan, workspace, b, 1);
        lap(&watch, DNC_PHASE_ACTIVATIONS);
        if (t > 0)
            controller_product_backward(plan, segment, workspace, t);
        lap(&watch, DNC_PHASE_CONTROLLER);
    }
    weights_backward(plan, segment, workspace, gradient);
    lap(&watch, DNC_PHASE_GRADIENTS);
}

/* ---- One step ------------------------------------------------------------------------------------------------------- */

/* Lanes that begin anew: in a step nobody needs the state before any more. */
static void begin_lanes(const dnc_plan *plan, const dnc_segment *segment, REAL *state) {
    for (size_t b = 0; b < plan->B; b++)
        if (begins_at(plan, segment, 0, b))
            memset(state + b * plan->state.count, 0, plan->state.count * sizeof(REAL));
}

/* The weights serve once, so they are read where they lie. */
static void step_forward(const dnc_plan *plan, const REAL *parameters, const dnc_segment *segment, REAL *state,
                         REAL *workspace, REAL *outputs) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    const dnc_parameter_offsets *p = &plan->parameters;
    const size_t B = plan->B, H = s->H, G = s->G, Gp = s->Gp, RW = s->RW, Zp = s->Zp, stride = s->VD + RW;
    const dnc_segment goes_on = {.inputs = segment->inputs, .input_vectors = segment->input_vectors};
    REAL *const gates = workspace + o->gates, *const z = workspace + o->z, *const z_after = z + B * Zp;
    stopwatch watch = stopwatch_start(NULL);
    begin_lanes(plan, segment, state);
    begin(plan, state, workspace);
    symbols_step(plan, parameters, segment, workspace);
    vector_forward(plan, segment, workspace, 0);
    if (s->is_recurrent)
        product(plan->own_products, PLAIN, TRANSPOSED, B, G, H, z, Zp, parameters + p->weight_hh, H, R(1.0), gates, Gp);
    if (s->has_memory)
        product(plan->own_products, PLAIN, TRANSPOSED, B, G, RW, z + H, Zp, parameters + p->weight_ih + s->VD, stride,
                R(1.0), gates, Gp);
    if (s->D > 0)
        product(plan->own_products, PLAIN, TRANSPOSED, B, G, s->D, z + s->K, Zp, parameters + p->weight_ih + s->V, stride,
                R(1.0), gates, Gp);
    controllers[plan->config.controller].forward(plan, parameters, &goes_on, workspace, 0);
    output_step(plan, parameters, false, z_after, outputs);
    if (s->has_memory) {
        REAL *const interface = workspace + o->interface_input;
        fill_rows(B, s->I, parameters + p->interface_bias, interface, s->Ip);
        product(plan->own_products, PLAIN, TRANSPOSED, B, s->I, H, z_after, Zp, parameters + p->interface_weight, H, R(1.0),
                interface, s->Ip);
        for (size_t b = 0; b < B; b++)
            lane_forward(plan, parameters, workspace, 0, b, false, &watch);
        output_step(plan, parameters, true, z_after, outputs);
    }
    move_state(RECORD_TO_STATE, plan, state, workspace, 1);
}
