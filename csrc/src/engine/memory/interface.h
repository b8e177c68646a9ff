/* The interface vector xi, one lane at a time: its squashing functions, on the way from the controller's dense vector to the
 * parsed one, in which vectors have rows of their own. What its fields are is in interface_fields.h. */

/* 1 / sqrt(x.x + eps) of a row without padding */
static inline REAL inverse_norm_of(size_t n, const REAL *x) {
    vec sum = {0};
    VECTORS (j, n)
        sum += load_first(x + j, n - j) * load_first(x + j, n - j);
    return inverse_norm(sum_lanes(sum));
}

/* 1 / sqrt(conj(x) x + eps) of the LANES numbers from the j-th on */
INLINE vec inverse_lengths(size_t components, size_t n, const REAL *x /* (components, n) */, size_t j) {
    vec square = {0};
    for (size_t c = 0; c < components; c++)
        square += load_first(x + c * n + j, n - j) * load_first(x + c * n + j, n - j);
    REAL lengths[LANES]; /* of which compilers make vectors again */
    store(lengths, square);
    for (int l = 0; l < LANES; l++)
        lengths[l] = inverse_norm(lengths[l]);
    return load(lengths);
}

/* y = x / sqrt(conj(x) x + eps) of n numbers, each component of which is a row */
static void numbers_forward(size_t components, size_t n, const REAL *restrict x /* (components, n) */, REAL *restrict y,
                            size_t stride) {
    VECTORS (j, n) {
        const vec scale = inverse_lengths(components, n, x, j);
        for (size_t c = 0; c < components; c++)
            store_first(y + c * stride + j, n - j, scale * load_first(x + c * n + j, n - j));
    }
}

/* And back: dx = (dy - y y.dy) / sqrt(conj(x) x + eps) */
static void numbers_backward(size_t components, size_t n, const REAL *restrict y, const REAL *restrict d, size_t stride,
                             REAL *restrict x /* (components, n); out: dx */) {
    VECTORS (j, n) {
        const vec scale = inverse_lengths(components, n, x, j);
        vec along = {0};
        for (size_t c = 0; c < components; c++)
            along += load(y + c * stride + j) * load(d + c * stride + j);
        for (size_t c = 0; c < components; c++)
            store_first(x + c * n + j, n - j, scale * (load(d + c * stride + j) - along * load(y + c * stride + j)));
    }
}

/* Strengths are oneplus(.) or softplus(.), gates and the erase vector sg(.), read modes softmax(.), masks sg(.) (1 - m) + m of the
 * mask_minimum m. Of DeltaNet strengths are sg(.) or 2 sg(.), decays sg(.), keys and queries x / sqrt(x.x + eps);
 * of a holographic memory each number of theirs. */
static void interface_forward(const dnc_plan *plan, const REAL *restrict xi /* (I) */, REAL *restrict parsed /* (Xp) */) {
    const REAL least = (REAL)plan->config.mask_minimum;
    const size_t W = plan->sizes.W;
    memset(parsed, 0, plan->sizes.Xp * sizeof(REAL));
    for (size_t i = 0; i < plan->part_count; i++) {
        const dnc_interface_part *const part = &plan->parts[i];
        const REAL *restrict from = xi + part->from;
        REAL *restrict to = parsed + part->to;
        for (size_t r = 0; r < part->rows; r++, from += part->length, to += part->stride)
            switch (part->squashing) {
            case LINEAR: memcpy(to, from, part->length * sizeof(REAL)); break;
            case ONEPLUS:
                for (size_t j = 0; j < part->length; j++)
                    to[j] = oneplus(from[j]);
                break;
            case SOFTPLUS:
                for (size_t j = 0; j < part->length; j++)
                    to[j] = softplus(from[j]);
                break;
            case LOGISTIC:
                VECTORS (j, part->length)
                    store_first(to + j, part->length - j, sigmoid(load_first(from + j, part->length - j)));
                break;
            case MASK:
                VECTORS (j, part->length)
                    store_first(to + j, part->length - j,
                                sigmoid(load_first(from + j, part->length - j)) * (R(1.0) - least) + least);
                break;
            case TWICE_LOGISTIC:
                VECTORS (j, part->length)
                    store_first(to + j, part->length - j, R(2.0) * sigmoid(load_first(from + j, part->length - j)));
                break;
            case UNIT: {
                const REAL scale = inverse_norm_of(part->length, from);
                for (size_t j = 0; j < part->length; j++)
                    to[j] = scale * from[j];
                break;
            }
            case UNIT_NUMBERS: /* with the first component's row those of all */
                if (r % W == 0)
                    numbers_forward(W, part->length, from, to, part->stride);
                break;
            case SOFTMAX: few_softmax(part->length, from, to); break;
            }
    }
}

/* From the gradient at the parsed interface to that at the dense one before the squashing, which goes in as it was squashed. */
static void interface_backward(const dnc_plan *plan, const REAL *restrict parsed, const REAL *restrict d_parsed,
                               REAL *restrict d_xi /* in: xi */) {
    const REAL least = (REAL)plan->config.mask_minimum;
    const size_t W = plan->sizes.W;
    for (size_t i = 0; i < plan->part_count; i++) {
        const dnc_interface_part *const part = &plan->parts[i];
        const REAL *restrict y = parsed + part->to, *restrict d = d_parsed + part->to;
        REAL *restrict to = d_xi + part->from;
        for (size_t r = 0; r < part->rows; r++, y += part->stride, d += part->stride, to += part->length)
            switch (part->squashing) {
            case LINEAR: memcpy(to, d, part->length * sizeof(REAL)); break;
            case ONEPLUS:
                for (size_t j = 0; j < part->length; j++)
                    to[j] = d[j] * oneplus_slope(y[j]);
                break;
            case SOFTPLUS:
                for (size_t j = 0; j < part->length; j++)
                    to[j] = d[j] * softplus_slope(y[j]);
                break;
            case LOGISTIC:
                for (size_t j = 0; j < part->length; j++)
                    to[j] = d[j] * y[j] * (R(1.0) - y[j]);
                break;
            case MASK: /* with sg = (y - m) / (1 - m):  (1 - m) sg (1 - sg) */
                for (size_t j = 0; j < part->length; j++)
                    to[j] = least < R(1.0) ? d[j] * (y[j] - least) * (R(1.0) - y[j]) / (R(1.0) - least) : R(0.0);
                break;
            case TWICE_LOGISTIC:
                for (size_t j = 0; j < part->length; j++)
                    to[j] = d[j] * y[j] * (R(1.0) - R(0.5) * y[j]);
                break;
            case UNIT: { /* (d - y y.d) / sqrt(x.x + eps) */
                const REAL scale = inverse_norm_of(part->length, to), along = dot(part->length, y, d);
                for (size_t j = 0; j < part->length; j++)
                    to[j] = scale * (d[j] - along * y[j]);
                break;
            }
            case UNIT_NUMBERS:
                if (r % W == 0)
                    numbers_backward(W, part->length, y, d, part->stride, to);
                break;
            case SOFTMAX: few_softmax_backward(part->length, y, d, to); break;
            }
    }
}
