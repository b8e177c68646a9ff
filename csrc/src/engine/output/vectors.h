/* Outputs that are independent of each other: of a target t,
 *    bits     loss = -t log sg(y) - (1 - t) log sg(-y) = max(y, 0) - y t + log(1 + e^-|y|);  dy = sg(y) - t
 *    numbers  loss = (y - t)^2 / 2;                                                          dy = y - t */

static inline double bit_loss(REAL y, REAL t) {
    const REAL away = y > R(0.0) ? y : -y, wrong = y > R(0.0) ? R(1.0) - t : t; /* max(y, 0) - y t = away * wrong */
    return (double)(wrong != R(0.0) ? away * wrong : R(0.0)) + (double)LOG1P(EXP(-away)); /* infinity times 0 is no number */
}

static inline double number_loss(REAL y, REAL t) {
    return 0.5 * ((double)y - (double)t) * ((double)y - (double)t);
}

/* A row of one lane and step begins where one softmax's would. */
static dnc_loss vectors_loss(const dnc_plan *plan, const dnc_segment *segment, const REAL *workspace,
                             double (*loss_of)(REAL, REAL)) {
    const dnc_sizes *s = &plan->sizes;
    dnc_loss loss = {0};
    for (size_t i = 0; i < plan->T * plan->B; i++) {
        const REAL weight = weight_of(segment, i), *const y = workspace + plan->workspace.outputs + i * s->Cp;
        double sum = 0;
        if (weight == R(0.0))
            continue;
        for (size_t j = 0; j < s->C; j++)
            sum += loss_of(y[j], (REAL)segment->target_vectors[i * s->C + j]);
        loss.nats += (double)weight * sum;
        loss.count += (int64_t)s->C;
    }
    return loss;
}

/* dy = scale (f(y) - t), with f the logistic function or none */
INLINE void vectors_loss_backward(bool are_bits, const dnc_plan *plan, const dnc_segment *segment, REAL scale,
                                  REAL *workspace) {
    const dnc_sizes *s = &plan->sizes;
    for (size_t i = 0; i < plan->T * plan->B; i++) {
        const REAL weight = weight_of(segment, i);
        REAL *const y = workspace + plan->workspace.outputs + i * s->Cp;
        if (weight == R(0.0)) {
            memset(y, 0, s->Cp * sizeof(REAL));
            continue;
        }
        if (are_bits)
            VECTORS (j, s->C)
                store_first(y + j, s->C - j, sigmoid(load_first(y + j, s->C - j)));
        for (size_t j = 0; j < s->C; j++)
            y[j] = scale * weight * (y[j] - (REAL)segment->target_vectors[i * s->C + j]);
    }
}

static dnc_loss bits_loss_forward(const dnc_plan *plan, const dnc_segment *segment, REAL *workspace) {
    return vectors_loss(plan, segment, workspace, bit_loss);
}

static void bits_loss_backward(const dnc_plan *plan, const dnc_segment *segment, REAL scale, REAL *workspace) {
    vectors_loss_backward(true, plan, segment, scale, workspace);
}

static dnc_loss reals_loss_forward(const dnc_plan *plan, const dnc_segment *segment, REAL *workspace) {
    return vectors_loss(plan, segment, workspace, number_loss);
}

static void reals_loss_backward(const dnc_plan *plan, const dnc_segment *segment, REAL scale, REAL *workspace) {
    vectors_loss_backward(false, plan, segment, scale, workspace);
}
