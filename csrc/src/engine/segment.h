/* The three entry points: a segment forward, the same segment backward, and one step of inference. They name no kind of input,
 * controller, memory or output: those are parts.
 *
 * Products that wait for nothing are taken over all steps at once: the output, its gradients, and every weight gradient. Only
 * the products with what a layer of the controller reads, and with W_xi, are taken step by step, with weights packed once for
 * the segment: of a memory's controller all layers of a step, for they wait for the read vectors; of others layer after layer. */

#ifdef DNC_INFERENCE_ONLY /* which a table would keep */
#define OF_SEGMENTS(function) NULL
#else
#define OF_SEGMENTS(function) function
#endif

static const controller_part controllers[] = {
    [DNC_CONTROLLER_TANH] = {tanh_controller_forward, OF_SEGMENTS(tanh_controller_backward), NULL, NULL},
    [DNC_CONTROLLER_LSTM] = {lstm_controller_forward, OF_SEGMENTS(lstm_controller_backward), OF_SEGMENTS(gate_norm_pack),
                             OF_SEGMENTS(gate_norm_gradients)},
    [DNC_CONTROLLER_FEED_FORWARD] = {layers_forward, OF_SEGMENTS(layers_backward), OF_SEGMENTS(layers_pack),
                                     OF_SEGMENTS(layers_gradients)},
    [DNC_CONTROLLER_GRU] = {gru_controller_forward, OF_SEGMENTS(gru_controller_backward), NULL, NULL},
    [DNC_CONTROLLER_SQUASHED_LSTM] = {lstm_controller_forward, OF_SEGMENTS(lstm_controller_backward), NULL, NULL},
};

static const memory_part memories[] = {
    [DNC_MEMORY_DNC] = {dense_forward, OF_SEGMENTS(dense_backward), OF_SEGMENTS(dense_recompute)},
    [DNC_MEMORY_DELTA] = {delta_forward, OF_SEGMENTS(delta_backward), NULL},
    [DNC_MEMORY_HOLOGRAPHIC] = {holographic_forward, OF_SEGMENTS(holographic_backward), NULL},
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
        begin_order(s, (int32_t *)(workspace + plan->workspace.order) + b * s->P * s->Np);
}

/* M_0 of a memory that begins drawn, in rows of so many numbers. */
static void draw_memory(const dnc_sizes *s, REAL *memory, size_t stride) {
    for (size_t i = 0; i < s->N; i++)
        for (size_t j = 0; j < s->W; j++)
            memory[i * stride + j] = (REAL)dnc_drawn_memory(i, j);
}

/* The initial state of a lane. */
static void begin_lane(const dnc_plan *plan, REAL *state) {
    memset(state, 0, plan->state.count * sizeof(REAL));
    for (size_t i = 0; plan->sizes.has_drawn_memory && i < plan->state.entry_count; i++)
        if (plan->state.entries[i].record == plan->workspace.memory)
            draw_memory(&plan->sizes, state + plan->state.entries[i].offset, plan->sizes.W);
}

/* The initial state, for the lanes that begin within a segment. */
static void prepare_beginnings(const dnc_plan *plan, REAL *workspace) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    memset(workspace + o->zeros, 0, s->zeros * sizeof(REAL));
    memset(workspace + o->initial_z, 0, s->Zp * sizeof(REAL));
    if (s->has_drawn_memory) {
        memset(workspace + o->initial_memory, 0, s->N * s->Wp * sizeof(REAL));
        draw_memory(s, workspace + o->initial_memory, s->Wp);
    }
    if (s->has_usage)
        begin_order(s, (int32_t *)(workspace + o->initial_order));
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

static void clear_beginnings(const dnc_plan *plan, const dnc_segment *segment, REAL *workspace, size_t t) {
    for (size_t b = 0; b < plan->B; b++)
        if (begins_at(plan, segment, t, b))
            clear_gradient(plan, workspace, b, 1);
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
    for (size_t l = 0; l < s->whole; l++)
        layer_pack(plan, parameters, workspace, l);
    if (controllers[plan->config.controller].pack != NULL)
        controllers[plan->config.controller].pack(plan, parameters, workspace);
    output_pack(plan, parameters, workspace);
    if (s->has_memory)
        interface_pack(plan, parameters, workspace);
}

static void segment_forward(const dnc_plan *plan, const REAL *parameters, const dnc_segment *segment, REAL *state,
                            REAL *workspace, dnc_loss *loss) {
    const dnc_sizes *s = &plan->sizes;
    const size_t T = plan->T, B = plan->B;
    const controller_part *const controller = &controllers[plan->config.controller];
    stopwatch watch = stopwatch_start(segment->phase_ticks);
    begin(plan, state, workspace);
    if (segment->begins != NULL || s->is_bidirectional)
        prepare_beginnings(plan, workspace);
    pack_weights(plan, parameters, workspace);
    for (size_t t = 0; t < T; t++)
        vector_forward(plan, segment, workspace, t);
    if (s->is_bidirectional)
        bidirectional_forward(controller, plan, parameters, segment, workspace, &watch);
    for (size_t l = 0; !s->has_memory && l < s->stack; l++) { /* layer after layer, so that one's weights stay near */
        layer_ahead(plan, segment, workspace, l, &watch);
        for (size_t t = 0; t < T; t++)
            layer_forward(controller, plan, parameters, segment, workspace, l, t, &watch);
    }
    for (size_t t = 0; s->has_memory && t < T; t++) {
        for (size_t l = 0; l < s->stack; l++)
            layer_forward(controller, plan, parameters, segment, workspace, l, t, &watch);
        interface_product(plan, parameters, workspace, t);
        lap(&watch, DNC_PHASE_CONTROLLER);
        for (size_t b = 0; b < B; b++)
            lane_forward(plan, parameters, workspace, t, b, begins_at(plan, segment, t, b), &watch);
    }
    output_forward(plan, parameters, segment, workspace);
    *loss = losses[plan->config.output].forward(plan, segment, workspace);
    lap(&watch, DNC_PHASE_OUTPUT);
    move_state(RECORD_TO_STATE, plan, state, workspace, T);
}

/* Gradients of the weights from those at the gates, and of the interface's, as products over all steps. */
static void weights_backward(const dnc_plan *plan, const dnc_segment *segment, REAL *workspace, REAL *gradient) {
    const dnc_sizes *s = &plan->sizes;
    const size_t rows = plan->T * plan->B, Zp = s->Zp;
    REAL *const z = workspace + plan->workspace.z;
    if (s->has_memory)
        interface_gradients(plan, workspace, gradient);
    if (controllers[plan->config.controller].gradients != NULL)
        controllers[plan->config.controller].gradients(plan, workspace, gradient);
    for (size_t i = 0; segment->begins != NULL && i < rows; i++) /* nothing else needs h and r there any more */
        if (segment->begins[i])
            memset(z + i * Zp, 0, s->K * sizeof(REAL));
    for (size_t l = 0; l < s->whole; l++)
        layer_gradients(plan, segment, workspace, l, gradient);
}

/* The outputs become the gradient at them. */
static void loss_backward(const dnc_plan *plan, const dnc_segment *segment, REAL *workspace, REAL scale) {
    const dnc_sizes *s = &plan->sizes;
    const size_t rows = plan->T * plan->B;
    REAL *const outputs = workspace + plan->workspace.outputs, *const cut = workspace + plan->workspace.outputs_cut;
    if (s->has_activation_clip)
        memcpy(cut, outputs, rows * s->Yp * sizeof(REAL));
    losses[plan->config.output].backward(plan, segment, scale, workspace);
    for (size_t i = 0; s->has_activation_clip && i < rows; i++)
        clip_backward(s->Yw, (REAL)plan->config.activation_clip, cut + i * s->Yp, outputs + i * s->Yp);
}

static void segment_backward(const dnc_plan *plan, const dnc_segment *segment, REAL *workspace, REAL scale, REAL *gradient) {
    const dnc_sizes *s = &plan->sizes;
    const size_t T = plan->T, B = plan->B;
    const controller_part *const controller = &controllers[plan->config.controller];
    stopwatch watch = stopwatch_start(segment->phase_ticks);
    loss_backward(plan, segment, workspace, scale);
    output_backward(plan, segment, workspace, gradient);
    clear_gradient(plan, workspace, 0, B);
    lap(&watch, DNC_PHASE_OUTPUT);
    for (size_t t = T; s->has_memory && t-- > 0;) {
        if (memories[plan->config.memory].recompute != NULL)
            memories[plan->config.memory].recompute(plan, segment, workspace, t);
        lap(&watch, DNC_PHASE_LINKAGE);
        for (size_t b = 0; b < B; b++)
            lane_backward(plan, workspace, t, b, begins_at(plan, segment, t, b), &watch);
        interface_product_backward(plan, workspace, t);
        lap(&watch, DNC_PHASE_CONTROLLER);
        for (size_t l = s->stack; l-- > 0;)
            layer_backward(controller, plan, segment, workspace, l, t, &watch);
        clear_beginnings(plan, segment, workspace, t);
    }
    for (size_t l = s->stack; !s->has_memory && l-- > 0;) {
        for (size_t t = T; t-- > 0;) {
            layer_backward(controller, plan, segment, workspace, l, t, &watch);
            clear_beginnings(plan, segment, workspace, t);
        }
        layer_ahead_backward(plan, segment, workspace, l, &watch);
    }
    if (s->is_bidirectional)
        bidirectional_backward(controller, plan, segment, workspace, &watch);
    weights_backward(plan, segment, workspace, gradient);
    lap(&watch, DNC_PHASE_GRADIENTS);
}

/* ---- One step ------------------------------------------------------------------------------------------------------- */

/* Lanes that begin anew: in a step nobody needs the state before any more. */
static void begin_lanes(const dnc_plan *plan, const dnc_segment *segment, REAL *state) {
    for (size_t b = 0; b < plan->B; b++)
        if (begins_at(plan, segment, 0, b))
            begin_lane(plan, state + b * plan->state.count);
}

static void step_forward(const dnc_plan *plan, const REAL *parameters, const dnc_segment *segment, REAL *state,
                         REAL *workspace, REAL *outputs) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_segment goes_on = {.inputs = segment->inputs, .input_vectors = segment->input_vectors};
    stopwatch watch = stopwatch_start(NULL);
    begin_lanes(plan, segment, state);
    begin(plan, state, workspace);
    vector_forward(plan, segment, workspace, 0);
    for (size_t l = 0; l < s->stack; l++) {
        layer_step(plan, parameters, segment, workspace, l);
        controllers[plan->config.controller].forward(plan, parameters, &goes_on, workspace, l, 0);
    }
    if (s->has_memory) {
        interface_product(plan, parameters, workspace, 0);
        for (size_t b = 0; b < plan->B; b++)
            lane_forward(plan, parameters, workspace, 0, b, false, &watch);
    }
    output_step(plan, parameters, workspace, outputs);
    if (s->has_activation_clip)
        clip_forward(plan->B * s->Y, (REAL)plan->config.activation_clip, outputs);
    move_state(RECORD_TO_STATE, plan, state, workspace, 1);
}
