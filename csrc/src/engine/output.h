/* Output and loss over all steps and lanes at once (rows = T B):  y = [W_y | W_r] [h ; r] + b_y;  loss = -log softmax(y)[target] */

static void output_forward(const dnc_plan *plan, const REAL *parameters, size_t rows, const REAL *z /* (rows, Kp) */,
                           const REAL *weights /* (V, Kp) */, REAL *logits /* (rows, Vp) */) {
    const dnc_sizes *s = &plan->sizes;
    fill_rows(rows, s->V, parameters + plan->parameters.output_bias, logits, s->Vp);
    product(plan->own_products, PLAIN, TRANSPOSED, rows, s->V, s->K, z, s->Kp, weights, s->Kp, R(1.0), logits, s->Vp);
}

static void output_backward(const dnc_plan *plan, size_t rows, const REAL *z, const REAL *weights, const REAL *d_logits,
                            REAL *d_z /* (rows, Kp) */, REAL *d_weights /* (V, Kp) */, REAL *gradient /* += */) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_parameter_offsets *p = &plan->parameters;
    product(plan->own_products, PLAIN, PLAIN, rows, s->K, s->V, d_logits, s->Vp, weights, s->Kp, R(0.0), d_z, s->Kp);
    add_rows(rows, s->V, d_logits, s->Vp, gradient + p->output_bias);
    product(plan->own_products, TRANSPOSED, PLAIN, s->V, s->K, rows, d_logits, s->Vp, z, s->Kp, R(0.0), d_weights, s->Kp);
    for (size_t v = 0; v < s->V; v++) {
        add_scaled(s->H, R(1.0), d_weights + v * s->Kp, gradient + p->output_weight + v * s->H);
        add_scaled(s->RW, R(1.0), d_weights + v * s->Kp + s->H, gradient + p->output_weight_read + v * s->RW);
    }
}

/* log_normalizer = log sum_j e^(y_j), kept for backward; rows without a target are left out of the loss. */
static dnc_loss loss_forward(size_t rows, size_t V, REAL *logits, const int32_t *targets, REAL *log_normalizer) {
    dnc_loss loss = {0};
    for (size_t i = 0; i < rows; i++) {
        REAL *restrict y = logits + i * dnc_row(V);
        const REAL top = max_of(V, y);
        vec sum = {0};
        VECTORS (j, V)
            sum += exp_of(load(y + j) - top);
        log_normalizer[i] = top + LOG(sum_lanes(sum));
        if (targets[i] != DNC_NO_TARGET) {
            loss.nats += (double)log_normalizer[i] - (double)y[targets[i]];
            loss.count++;
        }
    }
    return loss;
}

/* dy = scale (softmax(y) - onehot(target)), in place of y */
static void loss_backward(size_t rows, size_t V, const REAL *log_normalizer, const int32_t *targets, REAL scale,
                          REAL *logits) {
    for (size_t i = 0; i < rows; i++) {
        REAL *restrict y = logits + i * dnc_row(V);
        if (targets[i] == DNC_NO_TARGET) {
            memset(y, 0, V * sizeof(REAL));
            continue;
        }
        VECTORS (j, V)
            store(y + j, scale * exp_of(load(y + j) - log_normalizer[i]));
        y[targets[i]] -= scale;
    }
}
