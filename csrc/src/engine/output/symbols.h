/* Softmaxes:  loss = -log softmax(y)[target] */

/* log_normalizer = log sum_j e^(y_j), kept for backward; what has no target is left out of the loss. */
static dnc_loss symbols_loss_forward(const dnc_plan *plan, const dnc_segment *segment, REAL *workspace) {
    const dnc_sizes *s = &plan->sizes;
    REAL *const log_normalizer = workspace + plan->workspace.log_normalizer;
    dnc_loss loss = {0};
    for (size_t i = 0; i < plan->T * plan->B * s->Q; i++) {
        const REAL weight = weight_of(segment, i / s->Q);
        if (segment->targets[i] == DNC_NO_TARGET || weight == R(0.0))
            continue;
        REAL *restrict y = workspace + plan->workspace.outputs + i * s->Cp;
        const REAL top = max_of(s->C, y);
        vec sum = {0};
        VECTORS (j, s->C)
            sum += exp_of(load(y + j) - top);
        log_normalizer[i] = top + LOG(sum_lanes(sum));
        loss.nats += (double)weight * ((double)log_normalizer[i] - (double)y[segment->targets[i]]);
        loss.count++;
    }
    return loss;
}

/* dy = scale (softmax(y) - onehot(target)) */
static void symbols_loss_backward(const dnc_plan *plan, const dnc_segment *segment, REAL scale, REAL *workspace) {
    const dnc_sizes *s = &plan->sizes;
    const REAL *const log_normalizer = workspace + plan->workspace.log_normalizer;
    for (size_t i = 0; i < plan->T * plan->B * s->Q; i++) {
        const REAL by = scale * weight_of(segment, i / s->Q);
        REAL *restrict y = workspace + plan->workspace.outputs + i * s->Cp;
        if (plan->asked_alone && !asks(plan, segment, i / s->Q)) /* they are zeros already */
            continue;
        if (segment->targets[i] == DNC_NO_TARGET || weight_of(segment, i / s->Q) == R(0.0)) {
            memset(y, 0, s->Cp * sizeof(REAL));
            continue;
        }
        VECTORS (j, s->C)
            store(y + j, by * exp_of(load(y + j) - log_normalizer[i]));
        fill_padding(s->C, y, R(0.0));
        y[segment->targets[i]] -= by;
    }
}
