/* Output and loss over all steps and lanes at once (rows = T B):  y = W_y h + W_r r + b_y;  loss = -log softmax(y)[target] */

static void output_forward(const dnc_plan *plan, const REAL *parameters, size_t rows, const REAL *hidden /* (rows, H) */,
                           const REAL *read_vectors /* (rows, R W) */, REAL *logits /* (rows, V) */) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_parameter_offsets *p = &plan->parameters;
    fill_rows(rows, s->V, parameters + p->output_bias, logits);
    product(PLAIN, TRANSPOSED, rows, s->V, s->H, hidden, s->H, parameters + p->output_weight, s->H, R(1.0), logits, s->V);
    if (s->has_memory)
        product(PLAIN, TRANSPOSED, rows, s->V, s->RW, read_vectors, s->RW, parameters + p->output_weight_read, s->RW, R(1.0),
                logits, s->V);
}

static void output_backward(const dnc_plan *plan, const REAL *parameters, size_t rows, const REAL *hidden,
                            const REAL *read_vectors, const REAL *d_logits, REAL *d_hidden, REAL *d_read_vectors,
                            REAL *gradient /* += */) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_parameter_offsets *p = &plan->parameters;
    add_rows(rows, s->V, d_logits, gradient + p->output_bias);
    product(TRANSPOSED, PLAIN, s->V, s->H, rows, d_logits, s->V, hidden, s->H, R(1.0), gradient + p->output_weight, s->H);
    product(PLAIN, PLAIN, rows, s->H, s->V, d_logits, s->V, parameters + p->output_weight, s->H, R(0.0), d_hidden, s->H);
    if (s->has_memory) {
        product(TRANSPOSED, PLAIN, s->V, s->RW, rows, d_logits, s->V, read_vectors, s->RW, R(1.0),
                gradient + p->output_weight_read, s->RW);
        product(PLAIN, PLAIN, rows, s->RW, s->V, d_logits, s->V, parameters + p->output_weight_read, s->RW, R(0.0),
                d_read_vectors, s->RW);
    }
}

/* log_normalizer = log sum_j e^(y_j), kept for backward; rows without a target are left out of the loss. */
static dnc_loss loss_forward(size_t rows, size_t V, const REAL *logits, const int32_t *targets, REAL *log_normalizer) {
    dnc_loss loss = {0};
    for (size_t i = 0; i < rows; i++) {
        const REAL *restrict y = logits + i * V;
        const REAL max = max_of(V, y);
        REAL sums[LANES] = {0}, sum = R(0.0);
        size_t j = 0;
        for (; j + LANES <= V; j += LANES)
            for (size_t l = 0; l < LANES; l++)
                sums[l] += exp_of(y[j + l] - max);
        for (size_t l = 0; l < LANES; l++)
            sum += sums[l];
        for (; j < V; j++)
            sum += exp_of(y[j] - max);
        log_normalizer[i] = max + LOG(sum);
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
        REAL *restrict y = logits + i * V;
        if (targets[i] == DNC_NO_TARGET) {
            memset(y, 0, V * sizeof(REAL));
            continue;
        }
        for (size_t j = 0; j < V; j++)
            y[j] = scale * exp_of(y[j] - log_normalizer[i]);
        y[targets[i]] -= scale;
    }
}
