/* The three entry points: a segment forward, the same segment backward, and one step of inference.
 *
 * Products that wait for nothing are taken over all steps at once: the output, its gradients, and every weight gradient. Only
 * the products with [h ; r] and with W_xi are taken step by step. */

/* The state's tensors, each with its place in the record, moved between the caller's lanes and entry `t` of the record. */
typedef enum direction { STATE_TO_RECORD, RECORD_TO_STATE } direction;

static void move_tensor(direction way, const dnc_plan *plan, REAL *state, size_t at, REAL *record, size_t size) {
    for (size_t b = 0; b < plan->B; b++) {
        REAL *const lane = state + b * plan->state.count + at, *const entry = record + b * size;
        if (way == STATE_TO_RECORD)
            memcpy(entry, lane, size * sizeof(REAL));
        else
            memcpy(lane, entry, size * sizeof(REAL));
    }
}

static void move_state(direction way, const dnc_plan *plan, REAL *state, REAL *workspace, size_t t) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_state_offsets *from = &plan->state;
    const dnc_workspace_offsets *to = &plan->workspace;
    const struct {
        size_t at, record, size;
    } tensors[] = {
        {from->hidden, to->hidden, s->H},
        {from->cell, to->cell, s->has_cell ? s->H : 0},
        {from->read_vectors, to->read_vectors, s->RW},
        {from->memory, to->memory, s->N * s->W},
        {from->usage, to->usage, s->N},
        {from->precedence, to->precedence, s->N},
        {from->link, to->link, s->N * s->N},
        {from->write_weighting, to->write_weighting, s->N},
        {from->read_weightings, to->read_weightings, s->R * s->N},
    };
    for (size_t i = 0; i < sizeof tensors / sizeof *tensors; i++)
        move_tensor(way, plan, state, tensors[i].at, workspace + tensors[i].record + t * plan->B * tensors[i].size,
                    tensors[i].size);
}

/* Entry 0 of the record from the state, with what the first step needs besides. */
static void begin(const dnc_plan *plan, REAL *state, REAL *workspace) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    move_state(STATE_TO_RECORD, plan, state, workspace, 0);
    if (s->has_memory) {
        inverse_norms(plan->B * s->N, s->W, workspace + o->memory, workspace + o->inverse_norms);
        for (size_t i = 0; i < plan->B * s->N; i++)
            ((int32_t *)(workspace + o->order))[i] = (int32_t)(i % s->N);
    }
}

/* One step from the gate pre-activations (in `gates`) to the hidden state and, through the memory, the read vectors. */
static void advance(const dnc_plan *plan, const REAL *parameters, REAL *workspace, size_t t) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    const size_t B = plan->B, H = s->H;
    REAL *const gates = workspace + o->gates + t * B * s->G, *const hidden = workspace + o->hidden + (t + 1) * B * H;
    for (size_t b = 0; b < B; b++) {
        if (s->has_cell)
            lstm_forward(H, gates + b * s->G, workspace + o->cell + (t * B + b) * H,
                         workspace + o->cell + ((t + 1) * B + b) * H, workspace + o->tanh_cell + (t * B + b) * H,
                         hidden + b * H);
        else
            rnn_forward(H, gates + b * s->G, hidden + b * H);
    }
    if (s->has_memory) {
        REAL *const interface = workspace + o->interface + t * B * s->I;
        fill_rows(B, s->I, parameters + plan->parameters.interface_bias, interface);
        product(PLAIN, TRANSPOSED, B, s->I, H, hidden, H, parameters + plan->parameters.interface_weight, H, R(1.0),
                interface, s->I);
        for (size_t b = 0; b < B; b++)
            memory_unit_forward(plan, workspace, t, b);
    }
}

/* ---- A segment ------------------------------------------------------------------------------------------------------ */

/* symbol_columns (V, G): W_ih's symbol columns as rows, with the bias in each;  recurrent_weights (G, K): [W_hh | read columns] */
static void pack_controller(const dnc_plan *plan, const REAL *parameters, REAL *symbol_columns, REAL *recurrent_weights) {
    const dnc_sizes *s = &plan->sizes;
    const REAL *bias = parameters + plan->parameters.bias;
    for (size_t g = 0; g < s->G; g++) {
        const REAL *row = parameters + plan->parameters.weight_ih + g * (s->V + s->RW);
        for (size_t v = 0; v < s->V; v++)
            symbol_columns[v * s->G + g] = row[v] + bias[g];
        REAL *packed = recurrent_weights + g * s->K;
        memcpy(packed, parameters + plan->parameters.weight_hh + g * s->H, s->H * sizeof(REAL));
        memcpy(packed + s->H, row + s->V, s->RW * sizeof(REAL));
    }
}

static void segment_forward(const dnc_plan *plan, const REAL *parameters, const int32_t *inputs, const int32_t *targets,
                            REAL *state, REAL *workspace, dnc_loss *loss) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    const size_t T = plan->T, B = plan->B, H = s->H, G = s->G, K = s->K, RW = s->RW;
    REAL *const columns = workspace + o->symbol_columns, *const recurrent = workspace + o->recurrent_weights;
    REAL *const z = workspace + o->recurrent_input;
    begin(plan, state, workspace);
    pack_controller(plan, parameters, columns, recurrent);
    for (size_t t = 0; t < T; t++) {
        REAL *const gates = workspace + o->gates + t * B * G;
        for (size_t b = 0; b < B; b++) {
            memcpy(gates + b * G, columns + (size_t)inputs[t * B + b] * G, G * sizeof(REAL));
            memcpy(z + b * K, workspace + o->hidden + (t * B + b) * H, H * sizeof(REAL));
            memcpy(z + b * K + H, workspace + o->read_vectors + (t * B + b) * RW, RW * sizeof(REAL));
        }
        product(PLAIN, TRANSPOSED, B, G, K, z, K, recurrent, K, R(1.0), gates, G);
        advance(plan, parameters, workspace, t);
    }
    REAL *const logits = workspace + o->logits;
    output_forward(plan, parameters, T * B, workspace + o->hidden + B * H, workspace + o->read_vectors + B * RW, logits);
    *loss = loss_forward(T * B, s->V, logits, targets, workspace + o->log_normalizer);
    move_state(RECORD_TO_STATE, plan, state, workspace, T);
}

/* Gradients of W_ih, W_hh and b from those at the gates, as products over all steps. */
static void controller_weights_backward(const dnc_plan *plan, const int32_t *inputs, REAL *workspace, REAL *gradient) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    const dnc_parameter_offsets *p = &plan->parameters;
    const size_t rows = plan->T * plan->B, G = s->G, stride = s->V + s->RW;
    const REAL *const d_gates = workspace + o->gates;
    add_rows(rows, G, d_gates, gradient + p->bias);
    product(TRANSPOSED, PLAIN, G, s->H, rows, d_gates, G, workspace + o->hidden, s->H, R(1.0), gradient + p->weight_hh,
            s->H);
    if (s->has_memory)
        product(TRANSPOSED, PLAIN, G, s->RW, rows, d_gates, G, workspace + o->read_vectors, s->RW, R(1.0),
                gradient + p->weight_ih + s->V, stride);
    REAL *const d_columns = workspace + o->symbol_columns;
    memset(d_columns, 0, s->V * G * sizeof(REAL));
    for (size_t i = 0; i < rows; i++)
        add_scaled(G, R(1.0), d_gates + i * G, d_columns + (size_t)inputs[i] * G);
    for (size_t g = 0; g < G; g++)
        for (size_t v = 0; v < s->V; v++)
            gradient[p->weight_ih + g * stride + v] += d_columns[v * G + g];
}

/* No gradient comes from beyond the segment. */
static void begin_backward(const dnc_plan *plan, REAL *workspace) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    const size_t B = plan->B, N = s->N;
    const struct {
        size_t at, size;
    } carried[] = {
        {o->d_cell, s->has_cell ? s->H : 0},
        {o->d_memory, N * s->W},
        {o->d_usage, N},
        {o->d_precedence, N},
        {o->d_link, N * N},
        {o->d_write_weighting, N},
        {o->d_read_weightings, s->R * N},
    };
    for (size_t i = 0; i < sizeof carried / sizeof *carried; i++)
        memset(workspace + carried[i].at, 0, B * carried[i].size * sizeof(REAL));
}

static void segment_backward(const dnc_plan *plan, const REAL *parameters, const int32_t *inputs, const int32_t *targets,
                             REAL *workspace, REAL scale, REAL *gradient) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    const dnc_parameter_offsets *p = &plan->parameters;
    const size_t T = plan->T, B = plan->B, H = s->H, G = s->G, K = s->K, RW = s->RW;
    REAL *const d_logits = workspace + o->logits;
    REAL *const d_hidden = workspace + o->d_hidden, *const d_read_vectors = workspace + o->d_read_vectors;
    const REAL *const hidden_after = workspace + o->hidden + B * H;
    loss_backward(T * B, s->V, workspace + o->log_normalizer, targets, scale, d_logits);
    output_backward(plan, parameters, T * B, hidden_after, workspace + o->read_vectors + B * RW, d_logits, d_hidden + B * H,
                    d_read_vectors + B * RW, gradient);
    begin_backward(plan, workspace);
    REAL *const d_z = workspace + o->recurrent_input;
    for (size_t t = T; t-- > 0;) {
        REAL *const d_hidden_t = d_hidden + (t + 1) * B * H;
        if (s->has_memory) {
            for (size_t b = 0; b < B; b++)
                memory_unit_backward(plan, workspace, t, b);
            product(PLAIN, PLAIN, B, H, s->I, workspace + o->d_interface + t * B * s->I, s->I,
                    parameters + p->interface_weight, H, R(1.0), d_hidden_t, H);
        }
        REAL *const gates = workspace + o->gates + t * B * G;
        for (size_t b = 0; b < B; b++) {
            if (s->has_cell)
                lstm_backward(H, gates + b * G, workspace + o->cell + (t * B + b) * H,
                              workspace + o->tanh_cell + (t * B + b) * H, d_hidden_t + b * H, workspace + o->d_cell + b * H);
            else
                rnn_backward(H, gates + b * G, d_hidden_t + b * H);
        }
        if (t == 0)
            break;
        product(PLAIN, PLAIN, B, K, G, gates, G, workspace + o->recurrent_weights, K, R(0.0), d_z, K);
        for (size_t b = 0; b < B; b++) {
            add_scaled(H, R(1.0), d_z + b * K, d_hidden + (t * B + b) * H);
            add_scaled(RW, R(1.0), d_z + b * K + H, d_read_vectors + (t * B + b) * RW);
        }
    }
    if (s->has_memory) {
        const REAL *const d_interface = workspace + o->d_interface;
        add_rows(T * B, s->I, d_interface, gradient + p->interface_bias);
        product(TRANSPOSED, PLAIN, s->I, H, T * B, d_interface, s->I, hidden_after, H, R(1.0),
                gradient + p->interface_weight, H);
    }
    controller_weights_backward(plan, inputs, workspace, gradient);
}

/* ---- One step ------------------------------------------------------------------------------------------------------- */

static void step_forward(const dnc_plan *plan, const REAL *parameters, const int32_t *inputs, REAL *state, REAL *workspace,
                         REAL *logits) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    const dnc_parameter_offsets *p = &plan->parameters;
    const size_t B = plan->B, H = s->H, G = s->G, RW = s->RW, stride = s->V + RW;
    REAL *const gates = workspace + o->gates;
    begin(plan, state, workspace);
    for (size_t b = 0; b < B; b++)
        for (size_t g = 0; g < G; g++)
            gates[b * G + g] = parameters[p->bias + g] + parameters[p->weight_ih + g * stride + (size_t)inputs[b]];
    product(PLAIN, TRANSPOSED, B, G, H, workspace + o->hidden, H, parameters + p->weight_hh, H, R(1.0), gates, G);
    if (s->has_memory)
        product(PLAIN, TRANSPOSED, B, G, RW, workspace + o->read_vectors, RW, parameters + p->weight_ih + s->V, stride,
                R(1.0), gates, G);
    advance(plan, parameters, workspace, 0);
    output_forward(plan, parameters, B, workspace + o->hidden + B * H, workspace + o->read_vectors + B * RW, logits);
    move_state(RECORD_TO_STATE, plan, state, workspace, 1);
}
