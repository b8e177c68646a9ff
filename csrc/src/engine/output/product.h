/* Outputs of all steps and lanes at once (rows = T B):  y = [W_y | W_r] [h ; r] + b_y. Every softmax has whole rows of y, so that
 * there are Yw numbers, and the weights' rows are as many. With programs of the output there are Pg times as many, and with such of
 * its rows one for each program; they are mixed, see program/mix.h. */

/* Copies between the parameters, where the rows of blocks follow one another, and rows of which each block has whole ones. */
static void output_pack(const dnc_plan *plan, const REAL *parameters, REAL *workspace) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_parameter_offsets *p = &plan->parameters;
    REAL *const weights = workspace + plan->workspace.output_weights, *const bias = workspace + plan->workspace.output_bias;
    if (s->biases > 1) {
        memset(weights, 0, s->Mw * s->Kp * sizeof(REAL));
        memset(bias, 0, s->biases * s->Cp * sizeof(REAL));
    }
    for (size_t q = 0; q < s->biases; q++)
        memcpy(bias + q * s->Cp, parameters + p->output_bias + q * s->C, s->C * sizeof(REAL));
    for (size_t q = 0; q < s->blocks; q++) {
        const size_t from = q * s->block, to = q * dnc_row(s->block);
        copy_rows(s->block, s->O, parameters + p->output_weight + from * s->O, s->O, weights + to * s->Kp, s->Kp);
        if (s->has_memory)
            copy_rows(s->block, s->RW, parameters + p->output_weight_read + from * s->RW, s->RW, weights + to * s->Kp + s->O,
                      s->Kp);
    }
    if (s->mixes_output)
        programs_pack(plan, parameters, workspace);
}

/* By what the loss of one step and lane is multiplied. */
static inline REAL weight_of(const dnc_segment *segment, size_t row) {
    return segment->weights == NULL ? R(1.0) : (REAL)segment->weights[row];
}

static inline bool asks(const dnc_plan *plan, const dnc_segment *segment, size_t row) {
    if (weight_of(segment, row) == R(0.0))
        return false;
    const size_t Q = plan->sizes.Q;
    for (size_t q = 0; plan->config.output == DNC_OUTPUT_SYMBOLS && q < Q; q++)
        if (segment->targets[row * Q + q] != DNC_NO_TARGET)
            return true;
    return plan->config.output != DNC_OUTPUT_SYMBOLS;
}

/* Of how many rows the outputs are computed: all, or those alone of which something is asked. */
static size_t output_rows(const dnc_plan *plan, const dnc_segment *segment) {
    const size_t all = plan->T * plan->B;
    size_t asked = 0;
    for (size_t i = 0; plan->asked_alone && i < all; i++)
        asked += asks(plan, segment, i);
    return plan->asked_alone ? asked : all;
}

/* Brings the rows that are asked together, in place or elsewhere, */
static void gather_asked(const dnc_plan *plan, const dnc_segment *segment, size_t length, const REAL *rows, size_t stride,
                         REAL *to, size_t to_stride) {
    for (size_t i = 0; i < plan->T * plan->B; i++)
        if (asks(plan, segment, i)) {
            memmove(to, rows + i * stride, length * sizeof(REAL));
            to += to_stride;
        }
}

/* and apart again, with zeros between them. */
static void scatter_asked(const dnc_plan *plan, const dnc_segment *segment, size_t asked, size_t length, REAL *rows,
                          size_t stride) {
    for (size_t i = plan->T * plan->B; i-- > 0;)
        if (asks(plan, segment, i))
            memmove(rows + i * stride, rows + --asked * stride, length * sizeof(REAL));
        else
            memset(rows + i * stride, 0, length * sizeof(REAL));
}

/* All rows begin with the bias: where it is added behind the mix, those of the outputs. */
static void output_begin(const dnc_plan *plan, size_t rows, const REAL *bias, REAL *products, size_t length, size_t stride,
                         REAL *outputs, size_t outputs_length, size_t outputs_stride) {
    if (plan->sizes.mixes_rows) {
        memset(products, 0, rows * stride * sizeof(REAL));
        fill_rows(rows, outputs_length, bias, outputs, outputs_stride);
    } else {
        fill_rows(rows, length, bias, products, stride);
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

/* [h ; r] of all rows as the output reads them: those of z, or with dropout a copy, in d_z, which is free until backward needs it no
 * more; there those that are asked are brought together, where others are left out. */
typedef struct output_input {
    const REAL *rows;
    size_t stride;
} output_input;

static inline output_input output_input_of(const dnc_plan *plan, const dnc_segment *segment, size_t rows,
                                           const REAL *workspace) {
    const dnc_sizes *s = &plan->sizes;
    if (output_drops(segment) || rows < plan->T * plan->B)
        return (output_input){workspace + plan->workspace.d_z, s->Kp};
    return (output_input){workspace + plan->workspace.z + plan->B * s->Zp, s->Zp};
}

/* From the products to the outputs: Q groups of C, Cp apart, as each program's are. */
static void output_mix(const dnc_plan *plan, const REAL *parameters, REAL *workspace, size_t Q, size_t C, size_t Cp,
                       REAL *outputs) {
    const dnc_sizes *s = &plan->sizes;
    programs_forward(plan, parameters, workspace, 0, plan->T);
    for (size_t row = 0; row < plan->T * plan->B; row++, outputs += Q * Cp) {
        const REAL *const weightings = program_weightings_at(plan, workspace, row);
        const REAL *const u = workspace + plan->workspace.output_products + row * s->Mp;
        if (s->mixes_rows)
            mix_rows_forward(s->Pg, Q, C, Cp, weightings, u, outputs);
        else
            mix_forward(s->Pg, (Q - 1) * Cp + C, weightings, u, Q * Cp, outputs);
    }
}

static void output_mix_backward(const dnc_plan *plan, REAL *workspace) {
    const dnc_sizes *s = &plan->sizes;
    for (size_t row = 0; row < plan->T * plan->B; row++) {
        const REAL *const weightings = program_weightings_at(plan, workspace, row);
        const REAL *const d_outputs = workspace + plan->workspace.outputs + row * s->Yp;
        REAL *const u = workspace + plan->workspace.output_products + row * s->Mp;
        REAL *const d_weightings = d_program_weightings_at(plan, workspace, row);
        if (s->mixes_rows)
            mix_rows_backward(s->Pg, s->Q, s->C, s->Cp, weightings, d_outputs, u, d_weightings);
        else
            mix_backward(s->Pg, s->Yw, weightings, d_outputs, u, s->Yp, d_weightings);
    }
}

static void output_forward(const dnc_plan *plan, const REAL *parameters, const dnc_segment *segment, REAL *workspace) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    const size_t all = plan->T * plan->B, rows = output_rows(plan, segment);
    const output_input whole = output_input_of(plan, segment, all, workspace);
    const output_input input = output_input_of(plan, segment, rows, workspace);
    REAL *const products = workspace + o->output_products, *const outputs = workspace + o->outputs;
    if (output_drops(segment)) {
        copy_rows(all, s->K, workspace + o->z + plan->B * s->Zp, s->Zp, workspace + o->d_z, s->Kp);
        drop_bypass(plan, segment, workspace);
    }
    if (rows < all)
        gather_asked(plan, segment, s->K, whole.rows, whole.stride, workspace + o->d_z, s->Kp);
    output_begin(plan, rows, workspace + o->output_bias, products, s->Mw, s->Mp, outputs, s->Yw, s->Yp);
    product(plan->own_products, PLAIN, TRANSPOSED, rows, s->Mw, s->K, input.rows, input.stride,
            workspace + o->output_weights, s->Kp, R(1.0), products, s->Mp);
    if (rows < all)
        scatter_asked(plan, segment, rows, s->Yp, outputs, s->Yp);
    if (s->mixes_output)
        output_mix(plan, parameters, workspace, s->Q, s->C, s->Cp, outputs);
    for (size_t i = 0; s->has_activation_clip && i < all; i++)
        clip_forward(s->Yw, (REAL)plan->config.activation_clip, outputs + i * s->Yp);
}

static void output_backward(const dnc_plan *plan, const dnc_segment *segment, REAL *workspace, REAL *gradient /* += */) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    const dnc_parameter_offsets *p = &plan->parameters;
    const size_t all = plan->T * plan->B, rows = output_rows(plan, segment);
    const size_t K = s->K, Kp = s->Kp, stride = s->mixes_rows ? s->Yp : s->Mp;
    const output_input input = output_input_of(plan, segment, rows, workspace);
    const REAL *const d_products = workspace + o->output_products;
    const REAL *const d_biased = s->mixes_rows ? workspace + o->outputs : d_products;
    REAL *const d_weights = workspace + o->d_output_weights;
    if (s->mixes_output)
        output_mix_backward(plan, workspace);
    if (rows < all)
        gather_asked(plan, segment, s->Yw, workspace + o->outputs, s->Yp, workspace + o->outputs, s->Yp);
    product(plan->own_products, TRANSPOSED, PLAIN, s->Mw, K, rows, d_products, s->Mp, input.rows, input.stride, R(0.0),
            d_weights, Kp);
    product(plan->own_products, PLAIN, PLAIN, rows, K, s->Mw, d_products, s->Mp, workspace + o->output_weights, Kp, R(0.0),
            workspace + o->d_z, Kp);
    if (rows < all)
        scatter_asked(plan, segment, rows, K, workspace + o->d_z, Kp);
    if (output_drops(segment))
        drop_bypass(plan, segment, workspace);
    for (size_t q = 0; q < s->biases; q++)
        add_rows(rows, s->C, d_biased + q * s->Cp, stride, gradient + p->output_bias + q * s->C);
    for (size_t q = 0; q < s->blocks; q++)
        for (size_t c = 0; c < s->block; c++) {
            const REAL *const d = d_weights + (q * dnc_row(s->block) + c) * Kp;
            add_scaled(s->O, R(1.0), d, gradient + p->output_weight + (q * s->block + c) * s->O);
            add_scaled(s->RW, R(1.0), d + s->O, gradient + p->output_weight_read + (q * s->block + c) * s->RW);
        }
    if (s->mixes_output) {
        programs_backward(plan, workspace, 0, plan->T);
        programs_gradients(plan, workspace, gradient);
    }
}

/* A single step, from the parameters as they lie. */
static void output_step(const dnc_plan *plan, const REAL *parameters, REAL *workspace, REAL *outputs /* (B, Y) */) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_parameter_offsets *p = &plan->parameters;
    const REAL *const z_after = workspace + plan->workspace.z + plan->B * s->Zp;
    REAL *const products = s->mixes_output ? workspace + plan->workspace.output_products : outputs;
    const size_t stride = s->mixes_output ? s->Mp : s->Y;
    output_begin(plan, plan->B, parameters + p->output_bias, products, s->M, stride, outputs, s->Y, s->Y);
    product(plan->own_products, PLAIN, TRANSPOSED, plan->B, s->M, s->O, z_after, s->Zp, parameters + p->output_weight, s->O,
            R(1.0), products, stride);
    if (s->has_memory)
        product(plan->own_products, PLAIN, TRANSPOSED, plan->B, s->M, s->RW, z_after + s->O, s->Zp,
                parameters + p->output_weight_read, s->RW, R(1.0), products, stride);
    if (s->mixes_output)
        output_mix(plan, parameters, workspace, 1, s->Y, s->Y, outputs);
}

/* What is asked of the outputs, over all steps and lanes. */
typedef struct loss_part {
    dnc_loss (*forward)(const dnc_plan *, const dnc_segment *, REAL *workspace);
    /* Turns the outputs into the gradient at them, times `scale`. */
    void (*backward)(const dnc_plan *, const dnc_segment *, REAL scale, REAL *workspace);
} loss_part;
