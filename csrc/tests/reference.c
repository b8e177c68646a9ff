#include "reference.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

reference reference_create(const dnc_config *config, const double *parameters) {
    const size_t V = (size_t)config->symbols, H = (size_t)config->hidden;
    const size_t N = (size_t)config->slots, W = (size_t)config->width, R = (size_t)config->read_heads;
    reference net = {.config = *config, .parameters = parameters, .V = V, .H = H, .N = N, .W = W, .R = R};
#define X(name, count) net.name = calloc((count) + 1, sizeof(double));
    REFERENCE_TENSORS(X)
#undef X
    return net;
}

void reference_destroy(reference *net) {
#define X(name, count) free(net->name);
    REFERENCE_TENSORS(X)
#undef X
}

size_t reference_interface_part(const dnc_config *config, const char *name, size_t *count) {
    const size_t W = (size_t)config->width, R = (size_t)config->read_heads;
    const struct {
        const char *name;
        size_t size;
    } parts[] = {
        // in the paper's order
        {"read_keys", R * W}, {"read_strengths", R}, {"write_key", W},       {"write_strength", 1}, {"erase_vector", W},
        {"write_vector", W},  {"free_gates", R},     {"allocation_gate", 1}, {"write_gate", 1},     {"read_modes", 3 * R},
    };
    size_t begin = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; begin += parts[i++].size)
        if (strcmp(name, parts[i].name) == 0) {
            *count = parts[i].size;
            return begin;
        }
    *count = 0;
    return begin;
}

const double *reference_tensor(const reference *net, const char *name, size_t count) {
    const size_t V = net->V, H = net->H, N = net->N, W = net->W, R = net->R;
#define X(field, size)                                                                                                      \
    if (strcmp(name, #field) == 0)                                                                                          \
        return count == (size) ? net->field : NULL;
    REFERENCE_TENSORS(X)
#undef X
    size_t size;
    const size_t begin = reference_interface_part(&net->config, name, &size);
    return size > 0 && count == size ? net->interface + begin : NULL;
}

void reference_set_state(reference *net, const double *state) {
    const size_t H = net->H, N = net->N, W = net->W, R = net->R, V = net->V;
    dnc_tensor tensor = {.struct_size = sizeof tensor};
    for (size_t i = 0; dnc_state_tensor(&net->config, i, &tensor) == DNC_OK; i++) {
#define X(field, size)                                                                                                      \
    if (strcmp(tensor.name, #field) == 0)                                                                                   \
        memcpy(net->field, state + tensor.offset, (size) * sizeof(double));
        REFERENCE_TENSORS(X)
#undef X
    }
}

static const double *parameter(const reference *net, const char *name) {
    dnc_tensor tensor = {.struct_size = sizeof tensor};
    for (size_t i = 0; dnc_parameter_tensor(&net->config, i, &tensor) == DNC_OK; i++)
        if (strcmp(tensor.name, name) == 0)
            return net->parameters + tensor.offset;
    fprintf(stderr, "there is no parameter tensor %s\n", name);
    exit(1);
}

static double sigmoid(double x) {
    return 1 / (1 + exp(-x));
}

static double oneplus(double x) {
    return 1 + fmax(x, 0) + log1p(exp(-fabs(x)));
} // exp cannot overflow

static double dot(size_t n, const double *x, const double *y) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i] * y[i];
    return sum;
}

static double log_sum_exp(size_t n, const double *x) {
    double largest = x[0], sum = 0;
    for (size_t i = 1; i < n; i++)
        largest = fmax(largest, x[i]);
    for (size_t i = 0; i < n; i++)
        sum += exp(x[i] - largest);
    return largest + log(sum);
}

static void softmax(size_t n, double *x) {
    const double total = log_sum_exp(n, x);
    for (size_t i = 0; i < n; i++)
        x[i] = exp(x[i] - total);
}

void reference_content(size_t N, size_t W, const double *M, const double *k, double beta, double *weighting) {
    for (size_t i = 0; i < N; i++) {
        const double *m = M + i * W;
        const double norms = sqrt(dot(W, k, k) + DNC_COSINE_EPSILON) * sqrt(dot(W, m, m) + DNC_COSINE_EPSILON);
        weighting[i] = beta * dot(W, k, m) / norms;
    }
    softmax(N, weighting);
}

void reference_allocation(size_t N, const double *usage, const double *ordering, double *allocation) {
    for (size_t i = 0; i < N; i++) {
        allocation[i] = 1 - usage[i];
        for (size_t j = 0; j < N; j++)
            if (ordering[j] < ordering[i] || (ordering[j] == ordering[i] && j < i))
                allocation[i] *= usage[j];
    }
}

// h_t and, with gates, c_t from the symbol, r_{t-1} and h_{t-1}.
static void step_controller(reference *net, size_t symbol) {
    const size_t H = net->H, V = net->V, reads = net->R * net->W;
    const size_t G = net->config.model == DNC_MODEL_RNN ? H : 4 * H;
    const double *W_ih = parameter(net, "controller.0.weight_ih"), *W_hh = parameter(net, "controller.0.weight_hh");
    const double *b = parameter(net, "controller.0.bias");
    double *a = calloc(G, sizeof *a);
    for (size_t g = 0; g < G; g++) {
        const double *row = W_ih + g * (V + reads);
        a[g] = row[symbol] + dot(reads, row + V, net->read_vectors) + dot(H, W_hh + g * H, net->hidden) + b[g];
    }
    for (size_t j = 0; j < H; j++) {
        if (net->config.model == DNC_MODEL_RNN) {
            net->hidden[j] = tanh(a[j]);
        } else {
            const double i = a[j], f = a[H + j], g = a[2 * H + j], o = a[3 * H + j];
            net->cell[j] = sigmoid(f) * net->cell[j] + sigmoid(i) * tanh(g);
            net->hidden[j] = sigmoid(o) * tanh(net->cell[j]);
        }
    }
    free(a);
}

// The memory at step t, in the order of the equations in dnc.h.
static void step_memory(reference *net, const double *ordering) {
    const size_t H = net->H, N = net->N, W = net->W, R = net->R;
    const size_t I = R * W + 3 * W + 5 * R + 3;
    const double *W_xi = parameter(net, "interface.weight"), *b_xi = parameter(net, "interface.bias");
    double *const xi = net->interface, *const M = net->memory, *const u = net->usage, *const p = net->precedence;
    double *const L = net->link, *const w_w = net->write_weighting, *const w_r = net->read_weightings;

    for (size_t i = 0; i < I; i++)
        xi[i] = dot(H, W_xi + i * H, net->hidden) + b_xi[i];
    double *const k_r = xi, *const beta_r = k_r + R * W, *const k_w = beta_r + R, *const beta_w = k_w + W;
    double *const e = beta_w + 1, *const v = e + W, *const f = v + W, *const g_a = f + R, *const g_w = g_a + 1;
    double *const pi = g_w + 1;
    for (size_t r = 0; r < R; r++) {
        beta_r[r] = oneplus(beta_r[r]);
        f[r] = sigmoid(f[r]);
        softmax(3, pi + 3 * r);
    }
    *beta_w = oneplus(*beta_w);
    for (size_t j = 0; j < W; j++)
        e[j] = sigmoid(e[j]);
    *g_a = sigmoid(*g_a);
    *g_w = sigmoid(*g_w);

    for (size_t i = 0; i < N; i++) {
        u[i] = u[i] + w_w[i] - u[i] * w_w[i];
        for (size_t r = 0; r < R; r++)
            u[i] *= 1 - f[r] * w_r[r * N + i];
    }
    reference_allocation(N, u, ordering ? ordering : u, net->allocation_weighting);
    reference_content(N, W, M, k_w, *beta_w, net->write_content_weighting);
    for (size_t i = 0; i < N; i++)
        w_w[i] = *g_w * (*g_a * net->allocation_weighting[i] + (1 - *g_a) * net->write_content_weighting[i]);

    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < W; j++)
            M[i * W + j] = M[i * W + j] * (1 - w_w[i] * e[j]) + w_w[i] * v[j];

    double written = 0;
    for (size_t i = 0; i < N; i++) {
        written += w_w[i];
        for (size_t j = 0; j < N; j++)
            L[i * N + j] = i == j ? 0 : (1 - w_w[i] - w_w[j]) * L[i * N + j] + w_w[i] * p[j];
    }
    for (size_t i = 0; i < N; i++)
        p[i] = (1 - written) * p[i] + w_w[i];

    for (size_t r = 0; r < R; r++) {
        double *const forward = net->forward_weightings + r * N, *const backward = net->backward_weightings + r * N;
        double *const content = net->read_content_weightings + r * N;
        for (size_t i = 0; i < N; i++) {
            forward[i] = backward[i] = 0;
            for (size_t j = 0; j < N; j++) {
                forward[i] += L[i * N + j] * w_r[r * N + j];
                backward[i] += L[j * N + i] * w_r[r * N + j];
            }
        }
        reference_content(N, W, M, k_r + r * W, beta_r[r], content);
        for (size_t i = 0; i < N; i++)
            w_r[r * N + i] = pi[3 * r] * backward[i] + pi[3 * r + 1] * content[i] + pi[3 * r + 2] * forward[i];
        for (size_t j = 0; j < W; j++) {
            net->read_vectors[r * W + j] = 0;
            for (size_t i = 0; i < N; i++)
                net->read_vectors[r * W + j] += M[i * W + j] * w_r[r * N + i];
        }
    }
}

void reference_step(reference *net, int32_t symbol, const double *ordering) {
    const size_t H = net->H, reads = net->R * net->W;
    const int has_memory = net->config.model == DNC_MODEL_DNC;
    step_controller(net, (size_t)symbol);
    if (has_memory)
        step_memory(net, ordering);

    const double *W_y = parameter(net, "output.weight"), *b_y = parameter(net, "output.bias");
    const double *W_r = has_memory ? parameter(net, "output.weight_read") : NULL;
    for (size_t s = 0; s < net->V; s++) {
        net->logits[s] = dot(H, W_y + s * H, net->hidden) + b_y[s];
        if (has_memory)
            net->logits[s] += dot(reads, W_r + s * reads, net->read_vectors);
    }
}

double reference_loss(const reference *net, int32_t target) {
    return log_sum_exp(net->V, net->logits) - net->logits[target];
}
