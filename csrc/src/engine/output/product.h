/* Outputs of all steps and lanes at once (rows = T B):  y = [W_y | W_r] [h ; r] + b_y. Every softmax has whole rows of y, so that
 * there are Yw numbers, and the weights' rows are as many. */

/* Copies between the parameters, where the Q softmaxes' C rows follow one another, and rows of which each has Cp. */
static void output_pack(const dnc_plan *plan, const REAL *parameters, REAL *workspace) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_parameter_offsets *p = &plan->parameters;
    REAL *const weights = workspace + plan->workspace.output_weights, *const bias = workspace + plan->workspace.output_bias;
    if (s->Q > 1) {
        memset(weights, 0, s->Yw * s->Kp * sizeof(REAL));
        memset(bias, 0, s->Yw * sizeof(REAL));
    }
    for (size_t q = 0; q < s->Q; q++) {
        const size_t from = q * s->C, to = q * s->Cp;
        memcpy(bias + to, parameters + p->output_bias + from, s->C * sizeof(REAL));
        copy_rows(s->C, s->O, parameters + p->output_weight + from * s->O, s->O, weights + to * s->Kp, s->Kp);
        if (s->has_memory)
            copy_rows(s->C, s->RW, parameters + p->output_weight_read + from * s->RW, s->RW, weights + to * s->Kp + s->O,
                      s->Kp);
    }
}

/* Whether some of h does not come to the output. */
static inline bool output_drops(const dnc_segment *segment) {
    return dropout_rate(segment, DROPPED_BYPASS) > 0.0f;
}

/* h of all rows in d_z: as the output reads it, or the gradient at it. */
static void drop_bypass(const dnc_plan *plan, const dnc_segment *segment, REAL *workspace) {
    for (size_t i = 0; i < plan->T * plan->B; i++)
        drop_row(segment, DROPPED_BYPASS, 0, i / plan->B, i % plan->B, plan->sizes.O,
                 workspace + plan->workspace.d_z + i * plan->sizes.Kp);
}

/* [h ; r] of all rows as the output reads them: those of z, or with dropout a copy, in d_z, which is free until backward needs it
 * no more. */
typedef struct output_input {
    const REAL *rows;
    size_t stride;
} output_input;

static inline output_input output_input_of(const dnc_plan *plan, const dnc_segment *segment, const REAL *workspace) {
    const dnc_sizes *s = &plan->sizes;
    if (output_drops(segment))
        return (output_input){workspace + plan->workspace.d_z, s->Kp};
    return (output_input){workspace + plan->workspace.z + plan->B * s->Zp, s->Zp};
}

static void output_forward(const dnc_plan *plan, const dnc_segment *segment, REAL *workspace) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    const size_t rows = plan->T * plan->B;
    const output_input input = output_input_of(plan, segment, workspace);
    if (output_drops(segment)) {
        copy_rows(rows, s->K, workspace + o->z + plan->B * s->Zp, s->Zp, workspace + o->d_z, s->Kp);
        drop_bypass(plan, segment, workspace);
    }
    fill_rows(rows, s->Yw, workspace + o->output_bias, workspace + o->outputs, s->Yp);
    product(plan->own_products, PLAIN, TRANSPOSED, rows, s->Yw, s->K, input.rows, input.stride,
            workspace + o->output_weights, s->Kp, R(1.0), workspace + o->outputs, s->Yp);
    for (size_t i = 0; s->has_activation_clip && i < rows; i++)
        clip_forward(s->Yw, (REAL)plan->config.activation_clip, workspace + o->outputs + i * s->Yp);
}

static void output_backward(const dnc_plan *plan, const dnc_segment *segment, REAL *workspace, REAL *gradient /* += */) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    const dnc_parameter_offsets *p = &plan->parameters;
    const size_t rows = plan->T * plan->B, K = s->K, Kp = s->Kp;
    const output_input input = output_input_of(plan, segment, workspace);
    const REAL *const d_outputs = workspace + o->outputs;
    REAL *const d_weights = workspace + o->d_output_weights;
    product(plan->own_products, TRANSPOSED, PLAIN, s->Yw, K, rows, d_outputs, s->Yp, input.rows, input.stride, R(0.0),
            d_weights, Kp);
    product(plan->own_products, PLAIN, PLAIN, rows, K, s->Yw, d_outputs, s->Yp, workspace + o->output_weights, Kp, R(0.0),
            workspace + o->d_z, Kp);
    if (output_drops(segment))
        drop_bypass(plan, segment, workspace);
    for (size_t q = 0; q < s->Q; q++) {
        add_rows(rows, s->C, d_outputs + q * s->Cp, s->Yp, gradient + p->output_bias + q * s->C);
        for (size_t c = 0; c < s->C; c++) {
            const REAL *const d = d_weights + (q * s->Cp + c) * Kp;
            add_scaled(s->O, R(1.0), d, gradient + p->output_weight + (q * s->C + c) * s->O);
            add_scaled(s->RW, R(1.0), d + s->O, gradient + p->output_weight_read + (q * s->C + c) * s->RW);
        }
    }
}

/* A single step: the part of y that the hidden state gives, or that the read vectors do, from the parameters as they lie. */
static void output_step(const dnc_plan *plan, const REAL *parameters, bool of_reads, const REAL *z, REAL *outputs) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_parameter_offsets *p = &plan->parameters;
    if (!of_reads)
        fill_rows(plan->B, s->Y, parameters + p->output_bias, outputs, s->Y);
    const size_t length = of_reads ? s->RW : s->O;
    product(plan->own_products, PLAIN, TRANSPOSED, plan->B, s->Y, length, z + (of_reads ? s->O : 0), s->Zp,
            parameters + (of_reads ? p->output_weight_read : p->output_weight), length, R(1.0), outputs, s->Y);
}

/* What is asked of the outputs, over all steps and lanes. */
typedef struct loss_part {
    dnc_loss (*forward)(const dnc_plan *, const dnc_segment *, REAL *workspace);
    /* Turns the outputs into the gradient at them, times `scale`. */
    void (*backward)(const dnc_plan *, const dnc_segment *, REAL scale, REAL *workspace);
} loss_part;

static inline REAL weight_of(const dnc_segment *segment, size_t row) {
    return segment->weights == NULL ? R(1.0) : (REAL)segment->weights[row];
}
