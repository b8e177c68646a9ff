/* The three entry points: a segment forward, the same segment backward, and one step of inference.
 *
 * Products that wait for nothing are taken over all steps at once: the output, its gradients, and every weight gradient. Only
 * the products with z = [h ; r] and with W_xi are taken step by step, with weights packed once for the segment. */

/* The state's tensors, each with its place in the record, moved between the caller's lanes and entry `t` of the record, where
 * every row is padded with zeros. */
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
    const dnc_state_offsets *from = &plan->state;
    const dnc_workspace_offsets *to = &plan->workspace;
    for (size_t b = 0; b < plan->B; b++, state += plan->state.count) {
        const size_t entry = t * plan->B + b;
        REAL *const z = workspace + to->recurrent_input + entry * s->Kp;
        move_rows(way, 1, s->H, state + from->hidden, z, s->Hp);
        if (s->has_cell)
            move_rows(way, 1, s->H, state + from->cell, workspace + to->cell + entry * s->Hp, s->Hp);
        if (!s->has_memory)
            continue;
        move_rows(way, 1, s->RW, state + from->read_vectors, z + s->H, s->RW);
        move_rows(way, s->N, s->W, state + from->memory, workspace + to->memory + entry * s->N * s->Wp, s->Wp);
        move_rows(way, 1, s->N, state + from->usage, workspace + to->usage + entry * s->Np, s->Np);
        move_rows(way, 1, s->N, state + from->precedence, workspace + to->precedence + entry * s->Np, s->Np);
        move_rows(way, s->N, s->N, state + from->link, links_at(plan, workspace, FORWARD, t) + b * s->N * s->Np, s->Np);
        move_rows(way, 1, s->N, state + from->write_weighting, workspace + to->write_weighting + entry * s->Np, s->Np);
        move_rows(way, s->R, s->N, state + from->read_weightings, workspace + to->read_weightings + entry * s->R * s->Np,
                  s->Np);
    }
}

/* Entry 0 of the record from the state, with what the first step needs besides. */
static void begin(const dnc_plan *plan, REAL *state, REAL *workspace) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    move_state(STATE_TO_RECORD, plan, state, workspace, 0);
    for (size_t b = 0; s->has_memory && b < plan->B; b++) {
        const REAL *memory = workspace + o->memory + b * s->N * s->Wp;
        REAL *const norms = workspace + o->inverse_norms + b * s->Np;
        int32_t *const order = (int32_t *)(workspace + o->order) + b * s->Np;
        for (size_t i = 0; i < s->N; i++) {
            norms[i] = dot(s->W, memory + i * s->Wp, memory + i * s->Wp);
            order[i] = (int32_t)i;
        }
        inverse_norms(s->N, norms);
    }
}

/* From the gate pre-activations of step t (in `gates`) to the hidden state. */
static void controller_forward(const dnc_plan *plan, REAL *workspace, size_t t) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    for (size_t b = 0; b < plan->B; b++) {
        const size_t now = t * plan->B + b, next = now + plan->B;
        REAL *const gates = workspace + o->gates + now * s->Gp, *const hidden =
                                                                    workspace + o->recurrent_input + next * s->Kp;
        if (s->has_cell)
            lstm_forward(s->H, gates, workspace + o->cell + now * s->Hp, workspace + o->cell + next * s->Hp,
                         workspace + o->tanh_cell + now * s->Hp, hidden);
        else
            rnn_forward(s->H, gates, hidden);
    }
}

/* From the gradient at the hidden state after step t to that at the gate pre-activations. */
static void controller_backward(const dnc_plan *plan, REAL *workspace, size_t t) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    for (size_t b = 0; b < plan->B; b++) {
        const size_t now = t * plan->B + b;
        REAL *const gates = workspace + o->gates + now * s->Gp;
        const REAL *const d_hidden = workspace + o->d_recurrent_input + now * s->Kp;
        if (s->has_cell)
            lstm_backward(s->H, gates, workspace + o->cell + now * s->Hp, workspace + o->tanh_cell + now * s->Hp, d_hidden,
                          workspace + o->d_cell + b * s->Hp);
        else
            rnn_backward(s->H, gates, d_hidden);
    }
}

/* ---- A segment ------------------------------------------------------------------------------------------------------ */

/* The weights of the segment's products, from the parameters: see the workspace's offsets. */
static void pack_weights(const dnc_plan *plan, const REAL *parameters, REAL *workspace) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    const dnc_parameter_offsets *p = &plan->parameters;
    const size_t V = s->V, G = s->G, Gp = s->Gp, H = s->H, RW = s->RW, Kp = s->Kp, stride = V + RW;
    const REAL *const weight_ih = parameters + p->weight_ih, *const bias = parameters + p->bias;
    REAL *const columns = workspace + o->symbol_columns, *const recurrent = workspace + o->recurrent_weights;
    transpose(false, G, V, weight_ih, stride, columns, Gp);
    for (size_t v = 0; v < V; v++)
        add_scaled(G, R(1.0), bias, columns + v * Gp);
    copy_rows(G, H, parameters + p->weight_hh, H, recurrent, Kp);
    copy_rows(G, RW, weight_ih + V, stride, recurrent + H, Kp);
    pack(TRANSPOSED, s->K, G, recurrent, Kp, workspace + o->recurrent_forward);
    pack(PLAIN, G, s->K, recurrent, Kp, workspace + o->recurrent_backward);
    copy_rows(V, H, parameters + p->output_weight, H, workspace + o->output_weights, Kp);
    if (!s->has_memory)
        return;
    copy_rows(V, RW, parameters + p->output_weight_read, RW, workspace + o->output_weights + H, Kp);
    pack(TRANSPOSED, H, s->I, parameters + p->interface_weight, H, workspace + o->interface_forward);
    pack(PLAIN, s->I, H, parameters + p->interface_weight, H, workspace + o->interface_backward);
}

static void segment_forward(const dnc_plan *plan, const REAL *parameters, const dnc_segment *segment, REAL *state,
                            REAL *workspace, dnc_loss *loss) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    const size_t T = plan->T, B = plan->B, G = s->G, Gp = s->Gp, Kp = s->Kp, Ip = s->Ip;
    const REAL *const columns = workspace + o->symbol_columns;
    stopwatch watch = stopwatch_start(segment->phase_ticks);
    begin(plan, state, workspace);
    pack_weights(plan, parameters, workspace);
    for (size_t t = 0; t < T; t++) {
        REAL *const gates = workspace + o->gates + t * B * Gp, *const z = workspace + o->recurrent_input + t * B * Kp;
        for (size_t b = 0; b < B; b++)
            memcpy(gates + b * Gp, columns + (size_t)segment->inputs[t * B + b] * Gp, G * sizeof(REAL));
        packed_product(B, G, s->K, z, Kp, workspace + o->recurrent_forward, gates, Gp);
        lap(&watch, DNC_PHASE_CONTROLLER);
        controller_forward(plan, workspace, t);
        lap(&watch, DNC_PHASE_ACTIVATIONS);
        if (!s->has_memory)
            continue;
        REAL *const interface = workspace + o->interface_input + t * B * Ip;
        fill_rows(B, s->I, parameters + plan->parameters.interface_bias, interface, Ip);
        packed_product(B, s->I, s->H, z + B * Kp, Kp, workspace + o->interface_forward, interface, Ip);
        lap(&watch, DNC_PHASE_CONTROLLER);
        for (size_t b = 0; b < B; b++)
            memory_unit_forward(plan, workspace, t, b, &watch);
    }
    REAL *const logits = workspace + o->logits;
    output_forward(plan, parameters, T * B, workspace + o->recurrent_input + B * Kp, workspace + o->output_weights, logits);
    *loss = loss_forward(T * B, s->V, logits, segment->targets, workspace + o->log_normalizer);
    lap(&watch, DNC_PHASE_OUTPUT);
    move_state(RECORD_TO_STATE, plan, state, workspace, T);
}

/* No gradient comes from beyond the segment. */
static void begin_backward(const dnc_plan *plan, REAL *workspace) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    const struct {
        size_t at, size;
    } carried[] = {
        {o->d_cell, s->has_cell ? s->Hp : 0},
        {o->d_memory, s->N * s->Wp},
        {o->d_usage, s->Np},
        {o->d_precedence, s->Np},
        {o->d_link, s->N * s->Np},
        {o->d_write_weighting, s->Np},
        {o->d_read_weightings, s->R * s->Np},
    };
    for (size_t i = 0; i < sizeof carried / sizeof *carried; i++)
        memset(workspace + carried[i].at, 0, plan->B * carried[i].size * sizeof(REAL));
}

/* Gradients of W_ih, W_hh and b from those at the gates, and of W_xi and b_xi, as products over all steps. */
static void weights_backward(const dnc_plan *plan, const int32_t *inputs, REAL *workspace, REAL *gradient) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    const dnc_parameter_offsets *p = &plan->parameters;
    const size_t rows = plan->T * plan->B, V = s->V, H = s->H, G = s->G, Gp = s->Gp, Kp = s->Kp, stride = V + s->RW;
    const REAL *const z = workspace + o->recurrent_input, *const d_gates = workspace + o->gates;
    REAL *const d_recurrent = workspace + o->recurrent_weights, *const d_columns = workspace + o->symbol_columns;
    product(plan->own_products, TRANSPOSED, PLAIN, G, s->K, rows, d_gates, Gp, z, Kp, R(0.0), d_recurrent, Kp);
    memset(d_columns, 0, V * Gp * sizeof(REAL));
    for (size_t i = 0; i < rows; i++)
        add_scaled(G, R(1.0), d_gates + i * Gp, d_columns + (size_t)inputs[i] * Gp);
    for (size_t v = 0; v < V; v++)
        add_scaled(G, R(1.0), d_columns + v * Gp, gradient + p->bias);
    for (size_t g = 0; g < G; g++) {
        add_scaled(H, R(1.0), d_recurrent + g * Kp, gradient + p->weight_hh + g * H);
        add_scaled(s->RW, R(1.0), d_recurrent + g * Kp + H, gradient + p->weight_ih + g * stride + V);
    }
    transpose(true, V, G, d_columns, Gp, gradient + p->weight_ih, stride);
    if (!s->has_memory)
        return;
    const REAL *const d_interface = workspace + o->interface_input;
    add_rows(rows, s->I, d_interface, s->Ip, gradient + p->interface_bias);
    product(plan->own_products, TRANSPOSED, PLAIN, s->I, H, rows, d_interface, s->Ip, z + plan->B * Kp, Kp, R(1.0),
            gradient + p->interface_weight, H);
}

static void segment_backward(const dnc_plan *plan, const dnc_segment *segment, REAL *workspace, REAL scale, REAL *gradient) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    const size_t T = plan->T, B = plan->B, k = plan->link_interval, Kp = s->Kp;
    REAL *const d_logits = workspace + o->logits, *const d_z = workspace + o->d_recurrent_input;
    stopwatch watch = stopwatch_start(segment->phase_ticks);
    loss_backward(T * B, s->V, workspace + o->log_normalizer, segment->targets, scale, d_logits);
    output_backward(plan, T * B, workspace + o->recurrent_input + B * Kp, workspace + o->output_weights, d_logits, d_z,
                    workspace + o->d_output_weights, gradient);
    begin_backward(plan, workspace);
    lap(&watch, DNC_PHASE_OUTPUT);
    for (size_t t = T; t-- > 0;) {
        if (s->has_memory) {
            if (k > 1 && (t + 1 == T || (t + 1) % k == 0)) /* the last step of a block */
                for (size_t u = t / k * k; u < t; u++)
                    recompute_links(plan, workspace, u);
            lap(&watch, DNC_PHASE_LINKAGE);
            for (size_t b = 0; b < B; b++)
                memory_unit_backward(plan, workspace, t, b, &watch);
            packed_product(B, s->H, s->I, workspace + o->interface_input + t * B * s->Ip, s->Ip,
                           workspace + o->interface_backward, d_z + t * B * Kp, Kp);
            lap(&watch, DNC_PHASE_CONTROLLER);
        }
        controller_backward(plan, workspace, t);
        lap(&watch, DNC_PHASE_ACTIVATIONS);
        if (t > 0)
            packed_product(B, s->K, s->G, workspace + o->gates + t * B * s->Gp, s->Gp, workspace + o->recurrent_backward,
                           d_z + (t - 1) * B * Kp, Kp);
        lap(&watch, DNC_PHASE_CONTROLLER);
    }
    weights_backward(plan, segment->inputs, workspace, gradient);
    lap(&watch, DNC_PHASE_GRADIENTS);
}

/* ---- One step ------------------------------------------------------------------------------------------------------- */

/* The weights serve once, so they are read where they lie. */
static void step_forward(const dnc_plan *plan, const REAL *parameters, const int32_t *inputs, REAL *state, REAL *workspace,
                         REAL *logits) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    const dnc_parameter_offsets *p = &plan->parameters;
    const size_t B = plan->B, V = s->V, H = s->H, G = s->G, Gp = s->Gp, RW = s->RW, Kp = s->Kp, stride = V + RW;
    REAL *const gates = workspace + o->gates, *const z = workspace + o->recurrent_input, *const z_after = z + B * Kp;
    stopwatch watch = stopwatch_start(NULL);
    begin(plan, state, workspace);
    for (size_t b = 0; b < B; b++)
        for (size_t g = 0; g < G; g++)
            gates[b * Gp + g] = parameters[p->bias + g] + parameters[p->weight_ih + g * stride + (size_t)inputs[b]];
    product(plan->own_products, PLAIN, TRANSPOSED, B, G, H, z, Kp, parameters + p->weight_hh, H, R(1.0), gates, Gp);
    if (s->has_memory)
        product(plan->own_products, PLAIN, TRANSPOSED, B, G, RW, z + H, Kp, parameters + p->weight_ih + V, stride, R(1.0),
                gates, Gp);
    controller_forward(plan, workspace, 0);
    fill_rows(B, V, parameters + p->output_bias, logits, V);
    product(plan->own_products, PLAIN, TRANSPOSED, B, V, H, z_after, Kp, parameters + p->output_weight, H, R(1.0), logits,
            V);
    if (s->has_memory) {
        REAL *const interface = workspace + o->interface_input;
        fill_rows(B, s->I, parameters + p->interface_bias, interface, s->Ip);
        product(plan->own_products, PLAIN, TRANSPOSED, B, s->I, H, z_after, Kp, parameters + p->interface_weight, H, R(1.0),
                interface, s->Ip);
        for (size_t b = 0; b < B; b++)
            memory_unit_forward(plan, workspace, 0, b, &watch);
        product(plan->own_products, PLAIN, TRANSPOSED, B, V, RW, z_after + H, Kp, parameters + p->output_weight_read, RW,
                R(1.0), logits, V);
    }
    move_state(RECORD_TO_STATE, plan, state, workspace, 1);
}
