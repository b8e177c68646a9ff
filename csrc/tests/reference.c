#include "reference.h"

#include "harness.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The random bits at a place of the sequence that a seed begins.
static uint64_t bits_at(uint64_t seed, size_t place) {
    uint64_t bits = random_bits(&seed);
    while (place-- > 0)
        bits = random_bits(&seed);
    return bits;
}

double reference_drawn(size_t i, size_t j) {
    uint64_t bits = bits_at(bits_at(0, i), j);
    double sum = 0; // of four numbers that are uniform in 0 ... 1, and so of variance 4 / 12
    for (int part = 0; part < 4; part++, bits /= 65536)
        sum += (double)(bits % 65536) / 65536;
    return 0.01 * (sum - 4 * 65535 / 65536. / 2) / sqrt(4 / 12.);
}

reference reference_create(const dnc_config *config, const double *parameters) {
    const size_t H = (size_t)config->hidden, O = H * (size_t)(config->controller == DNC_CONTROLLER_FEED_FORWARD
                                                                  ? 1
                                                                  : config->layers + config->bidirectional);
    const size_t Y = (size_t)(config->output_size * config->output_groups);
    const size_t N = (size_t)config->slots, W = (size_t)config->width, R = (size_t)config->read_heads;
    const size_t P = config->write_heads > 1 ? (size_t)config->write_heads : 1;
    size_t none;
    const size_t I = reference_interface_part(config, "the end", &none);
    const size_t M = config->memory == DNC_MEMORY_DNC ? N : R * N,
                 RW = config->memory == DNC_MEMORY_HOLOGRAPHIC ? R * W * N : R * W;
    const size_t Pg = (size_t)config->programs, U = config->program_use == DNC_PROGRAM_USE_OUTPUT_ROWS ? Y : Pg > 0;
    reference net = {
        .config = *config, .parameters = parameters, .H = H, .O = O, .N = N, .W = W, .R = R, .P = P, .I = I, .M = M, .Y = Y};
    net.RW = RW, net.Pg = Pg, net.U = U;
#define X(name, count) net.name = calloc((count) + 1, sizeof(double));
    REFERENCE_TENSORS(X)
#undef X
    reference_begin(&net);
    return net;
}

void reference_destroy(reference *net) {
#define X(name, count) free(net->name);
    REFERENCE_TENSORS(X)
#undef X
    free(net->ahead);
}

void reference_begin(reference *net) {
    const size_t O = net->O, N = net->N, W = net->W, R = net->R, P = net->P, I = net->I, M = net->M, Y = net->Y;
    const size_t RW = net->RW, Pg = net->Pg, U = net->U;
#define X(name, count) memset(net->name, 0, (count) * sizeof(double));
    REFERENCE_TENSORS(X)
#undef X
    for (size_t i = 0; net->config.memory_start == DNC_MEMORY_START_DRAWN && i < N * W; i++)
        net->memory[i] = reference_drawn(i / W, i % W);
}

size_t reference_interface_part(const dnc_config *config, const char *name, size_t *count) {
    const size_t N = (size_t)config->slots, W = (size_t)config->width, R = (size_t)config->read_heads;
    const size_t dnc = config->memory == DNC_MEMORY_DNC, delta = config->memory == DNC_MEMORY_DELTA;
    const size_t numbers = config->memory == DNC_MEMORY_HOLOGRAPHIC ? W : 0; // of so many components
    const size_t K = config->addressing == DNC_ADDRESSING_LOCATION ? N : W;
    const size_t strength = dnc && config->strengths != DNC_STRENGTHS_NONE;
    const size_t usage = dnc && config->allocation == DNC_ALLOCATION_USAGE;
    const size_t links = dnc && config->linkage == DNC_LINKAGE_TEMPORAL, masks = config->masks != 0;
    const size_t sharp = config->sharpness != 0, P = config->write_heads > 1 ? (size_t)config->write_heads : 1;
    const struct {
        const char *name;
        size_t size;
    } parts[] = {
        // in the paper's order, and behind those what variants have besides
        {"read_keys", dnc * R * K},
        {"read_strengths", strength * R},
        {"write_key", dnc * P * K},
        {"write_strength", strength * P},
        {"erase_vector", dnc * P * W},
        {"write_vector", dnc * P * W},
        {"free_gates", usage * R},
        {"allocation_gate", usage * P},
        {"write_gate", usage * P},
        {"read_modes", links * R * (2 * P + 1)},
        {"read_masks", masks * R * W},
        {"write_mask", masks * P * W},
        {"forward_sharpness", sharp * P * R},
        {"backward_sharpness", sharp * P * R},
        // of memories that each head has one of
        {"keys", (delta + numbers) * R * N},
        {"queries", (delta + numbers) * R * N},
        {"values", delta * R * W + numbers * R * N},
        {"strengths", delta + numbers > 0 ? R : 0},
        {"decays", config->decay ? R : 0},
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
    const size_t O = net->O, N = net->N, W = net->W, R = net->R, P = net->P, I = net->I, M = net->M, Y = net->Y;
    const size_t RW = net->RW, Pg = net->Pg, U = net->U;
    if (strcmp(name, "logits") == 0)
        return count == Y ? net->outputs : NULL;
    // The state is without the backward layer.
    if (strcmp(name, "hidden") == 0 && net->config.bidirectional && count == O - net->H)
        return net->hidden;
    if (strcmp(name, "cell") == 0 && net->config.bidirectional)
        return count == O - net->H ? net->cell : NULL;
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
    dnc_tensor tensor = {.struct_size = sizeof tensor};
    for (size_t i = 0; dnc_state_tensor(&net->config, i, &tensor) == DNC_OK; i++) {
#define X(field, size)                                                                                                      \
    if (strcmp(tensor.name, #field) == 0)                                                                                   \
        memcpy(net->field, state + tensor.offset, tensor_count(&tensor, 0) * sizeof(double));
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

static double log_1_and_exp(double x) {
    return fmax(x, 0) + log1p(exp(-fabs(x)));
}

// Unless the limit is 0, for none.
static double cut(double x, float limit) {
    return limit == 0 ? x : fmin(fmax(x, -(double)limit), (double)limit);
}

static double activate(const dnc_config *config, double a) {
    return config->activation != DNC_ACTIVATION_RELU ? tanh(a) : cut(a < 0 ? 0 : a, config->activation_clip);
}

static double dot(size_t n, const double *x, const double *y) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i] * y[i];
    return sum;
}

static void normalize(size_t n, double *x, const double *scale, const double *shift) {
    double mean = 0, variance = 0;
    for (size_t i = 0; i < n; i++)
        mean += x[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        variance += (x[i] - mean) * (x[i] - mean) / (double)n;
    for (size_t i = 0; i < n; i++)
        x[i] = scale[i] * (x[i] - mean) / sqrt(variance + DNC_NORM_EPSILON) + shift[i];
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

void reference_content(size_t N, size_t W, const double *M, const double *k, double beta, const double *mask,
                       double *weighting) {
    for (size_t i = 0; i < N; i++) {
        double match = 0, key_square = DNC_COSINE_EPSILON, row_square = DNC_COSINE_EPSILON;
        for (size_t j = 0; j < W; j++) {
            const double a = k[j] * (mask ? mask[j] : 1), b = M[i * W + j] * (mask ? mask[j] : 1);
            match += a * b, key_square += a * a, row_square += b * b;
        }
        weighting[i] = beta * match / (sqrt(key_square) * sqrt(row_square));
    }
    softmax(N, weighting);
}

// The weighting that a key finds, whatever it is compared with.
static void look_up(const reference *net, const double *M, const double *k, double beta, const double *mask,
                    double *weighting) {
    const size_t N = net->N, W = net->W;
    if (net->config.addressing == DNC_ADDRESSING_COSINE) {
        reference_content(N, W, M, k, beta, mask, weighting);
        return;
    }
    for (size_t i = 0; i < N; i++)
        weighting[i] = beta * (net->config.addressing == DNC_ADDRESSING_DOT ? dot(W, k, M + i * W) : k[i]);
    softmax(N, weighting);
}

static void sharpen(size_t N, double sharpness, const double *d, double *sharp) {
    double sum = 0;
    for (size_t i = 0; i < N; i++)
        sum += sharp[i] = pow(d[i] + DNC_SHARPNESS_EPSILON, sharpness);
    for (size_t i = 0; i < N; i++)
        sharp[i] /= sum;
}

void reference_allocation(size_t N, const double *usage, const double *ordering, double *allocation) {
    for (size_t i = 0; i < N; i++) {
        allocation[i] = 1 - usage[i];
        for (size_t j = 0; j < N; j++)
            if (ordering[j] < ordering[i] || (ordering[j] == ordering[i] && j < i))
                allocation[i] *= usage[j];
    }
}

static uint64_t mix_64(uint64_t x) { // the output of SplitMix64
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

double reference_kept(const dnc_dropout *dropout, reference_place place, size_t l, size_t unit) {
    const double rate = (double)(place == REFERENCE_BELOW ? dropout->layers : dropout->bypass);
    const uint64_t golden = 0x9e3779b97f4a7c15u;
    uint64_t key = mix_64(dropout->seed + golden) ^ (place * 0x100000000u + l);
    key = mix_64(key + (dropout->step + 1) * golden);
    key = mix_64(key + (dropout->lane + 1) * golden);
    const uint64_t all = 0xffffffffu;
    uint64_t x = (key + unit) & all;
    x = ((x ^ x >> 16) * 0x7feb352du & all) ^ key >> 32;
    x = (x ^ x >> 15) * 0x846ca68bu & all;
    x = x ^ x >> 16;
    return (double)x < floor(rate * 4294967296.0) ? 0 : 1 / (1 - rate);
}

// Of n numbers what is read in a place.
static void drop(const reference *net, reference_place place, size_t l, size_t n, const double *x, double *read) {
    for (size_t i = 0; i < n; i++) {
        const double kept = reference_kept(&net->dropout, place, l, i);
        read[i] = kept == 0 ? 0 : kept * x[i];
    }
}

// Behind the last layer is the backward one.
static bool is_backward(const reference *net, size_t layer) {
    return layer == (size_t)net->config.layers;
}

static const double *layer_parameter(const reference *net, size_t layer, const char *kind) {
    char name[40];
    if (is_backward(net, layer))
        snprintf(name, sizeof name, "controller.backward.%s", kind);
    else
        snprintf(name, sizeof name, "controller.%d.%s", (int)layer, kind);
    return parameter(net, name);
}

// h^l_t and c^l_t from x_t, r_{t-1}, h^l_{t-1}, c^l_{t-1} and, above the first layer, h^{l-1}_t; of the backward layer from x_t and what
// is in its place.
static void step_layer(reference *net, size_t l, const int32_t *symbols, const float *vector) {
    const dnc_config *const c = &net->config;
    const size_t H = net->H, reads = is_backward(net, l) ? 0 : net->RW, V = (size_t)c->input_symbols,
                 D = (size_t)c->input_vector;
    const bool is_lstm = c->controller == DNC_CONTROLLER_LSTM || c->controller == DNC_CONTROLLER_SQUASHED_LSTM;
    const bool is_gru = c->controller == DNC_CONTROLLER_GRU, is_recurrent = c->controller != DNC_CONTROLLER_FEED_FORWARD;
    const size_t G = H * (is_lstm ? 4 : is_gru ? 3 : 1);
    const double *const W_ih = layer_parameter(net, l, "weight_ih"), *const b = layer_parameter(net, l, "bias");
    const double *const W_hh = is_recurrent ? layer_parameter(net, l, "weight_hh") : NULL;
    const double *const W_below = l > 0 && !is_backward(net, l) ? layer_parameter(net, l, "weight_below") : NULL;
    double *const h = net->hidden + l * H, *const cell = net->cell + l * H;
    double *x = calloc(D + 1, sizeof *x), *a = calloc(G, sizeof *a), *m = calloc(H, sizeof *m);
    double *below = calloc(H, sizeof *below);
    if (l > 0)
        drop(net, REFERENCE_BELOW, l, H, h - H, below);
    for (size_t i = 0; i < D; i++)
        x[i] = (double)vector[i];
    for (size_t g = 0; g < G; g++) {
        const double *row = W_ih + g * (V + D + reads);
        a[g] = dot(D, row + V, x) + dot(reads, row + V + D, net->read_vectors) + (c->gate_norm ? 0 : b[g]);
        for (int32_t i = 0; i < c->symbols_per_step; i++) // columns that are not read do not matter, whatever is in them
            if (symbols[i] >= 0)
                a[g] += row[symbols[i]];
        if (W_below != NULL)
            a[g] += dot(H, W_below + g * H, below);
        const double past = W_hh != NULL ? dot(H, W_hh + g * H, h) : 0;
        if (is_gru && g >= 2 * H) // the candidate's is reset, and so apart
            m[g - 2 * H] = past + layer_parameter(net, l, "bias_hh")[g - 2 * H];
        else
            a[g] += past;
    }
    if (c->gate_norm)
        normalize(G, a, layer_parameter(net, l, "norm_scale"), b);
    for (size_t j = 0; j < H; j++) {
        switch (c->controller) {
        case DNC_CONTROLLER_TANH: h[j] = tanh(a[j]); break;
        case DNC_CONTROLLER_SQUASHED_LSTM:
        case DNC_CONTROLLER_LSTM: {
            const double i = a[j], f = a[H + j], g = a[2 * H + j], o = a[3 * H + j];
            const double sum = sigmoid(f) * cell[j] + sigmoid(i) * tanh(g);
            cell[j] = c->controller == DNC_CONTROLLER_LSTM ? sum : tanh(sum);
            h[j] = sigmoid(o) * tanh(sum);
            break;
        }
        case DNC_CONTROLLER_FEED_FORWARD: h[j] = activate(c, a[j]); break;
        case DNC_CONTROLLER_GRU: {
            const double r = sigmoid(a[j]), z = sigmoid(a[H + j]), n = tanh(a[2 * H + j] + r * m[j]);
            h[j] = (1 - z) * n + z * h[j];
            break;
        }
        }
    }
    if (c->gate_norm) { // h is made of the normalised cell
        memcpy(h, cell, H * sizeof *h);
        normalize(H, h, layer_parameter(net, l, "cell_scale"), layer_parameter(net, l, "cell_shift"));
        for (size_t j = 0; j < H; j++)
            h[j] = sigmoid(a[3 * H + j]) * tanh(h[j]);
    }
    for (size_t j = 0; j < H; j++)
        cell[j] = cut(cell[j], c->activation_clip);
    free(below);
    free(m);
    free(a);
    free(x);
}

void reference_read_ahead(reference *net, const dnc_run *run, const dnc_segment *segment, size_t lane) {
    const dnc_config *const c = &net->config;
    const size_t T = (size_t)run->steps, B = (size_t)run->batch, H = net->H, backward = (size_t)c->layers;
    double *const hb = net->hidden + backward * H, *const cell = net->cell + backward * H;
    net->next_ahead = net->ahead = realloc(net->ahead, T * H * sizeof *net->ahead);
    for (size_t t = T; t-- > 0;) {
        if (t == T - 1 || (segment->begins != NULL && segment->begins[(t + 1) * B + lane])) {
            memset(hb, 0, H * sizeof *hb);
            memset(cell, 0, H * sizeof *cell);
        }
        step_layer(net, backward, segment->inputs + (t * B + lane) * (size_t)c->symbols_per_step,
                   segment->input_vectors + (t * B + lane) * (size_t)c->input_vector);
        memcpy(net->ahead + t * H, hb, H * sizeof *hb);
    }
    memset(hb, 0, H * sizeof *hb); // before the first step there is none
}

static void step_controller(reference *net, const int32_t *symbols, const float *vector) {
    const dnc_config *const c = &net->config;
    const size_t H = net->H, L = (size_t)c->layers;
    for (size_t l = 0; l < L && (l == 0 || c->controller != DNC_CONTROLLER_FEED_FORWARD); l++)
        step_layer(net, l, symbols, vector);
    if (c->bidirectional) {
        memcpy(net->hidden + L * H, net->next_ahead, H * sizeof *net->hidden);
        net->next_ahead += H;
    }
    for (size_t l = 1; l < L && c->controller == DNC_CONTROLLER_FEED_FORWARD; l++) {
        const double *weight = layer_parameter(net, l, "weight"), *bias = layer_parameter(net, l, "bias");
        double *a = calloc(H, sizeof *a), *below = calloc(H, sizeof *below);
        drop(net, REFERENCE_BELOW, l, H, net->hidden, below);
        for (size_t j = 0; j < H; j++)
            a[j] = activate(c, dot(H, weight + j * H, below) + bias[j]);
        memcpy(net->hidden, a, H * sizeof *a);
        free(below);
        free(a);
    }
}

// Every query's weighting over the programs.
static void step_programs(reference *net) {
    const size_t O = net->O, Pg = net->Pg, U = net->U, F = (size_t)net->config.program_width;
    const double *const W_p = parameter(net, "program.weight"), *const b_p = parameter(net, "program.bias");
    const double *const K = parameter(net, "program.keys");
    double *const asked = calloc(U * (F + 1), sizeof *asked);
    for (size_t i = 0; i < U * (F + 1); i++)
        asked[i] = dot(O, W_p + i * O, net->hidden) + b_p[i];
    for (size_t u = 0; u < U; u++)
        reference_content(Pg, F, K, asked + u * F, oneplus(asked[U * F + u]), NULL, net->program_weightings + u * Pg);
    free(asked);
}

// Number i of n, of which every program makes its own from x: with the program's rows of a matrix, and of a bias unless it is NULL.
static double mix_of(const reference *net, const double *weight, const double *bias, size_t n, size_t i, size_t length,
                     const double *x) {
    double sum = 0;
    for (size_t p = 0; p < net->Pg; p++)
        sum += net->program_weightings[p] * (dot(length, weight + (p * n + i) * length, x) + (bias ? bias[p * n + i] : 0));
    return sum;
}

// Of length 1, but for epsilon: every stride-th number.
static void make_unit(size_t n, size_t stride, double *x) {
    double square = DNC_COSINE_EPSILON;
    for (size_t i = 0; i < n; i++)
        square += x[i * stride] * x[i * stride];
    for (size_t i = 0; i < n; i++)
        x[i * stride] /= sqrt(square);
}

// The numbers of the interface vector as the controller gives them, squashed in place.
static void step_interface(reference *net) {
    const dnc_config *const c = &net->config;
    const size_t O = net->O, N = net->N, W = net->W, R = net->R, I = net->I;
    const double *W_xi = parameter(net, "interface.weight"), *b_xi = parameter(net, "interface.bias");
    double *const xi = net->interface;
    for (size_t i = 0; i < I; i++) {
        xi[i] = dot(O, W_xi + i * O, net->hidden) + b_xi[i];
        if (net->Pg > 0 && c->program_use == DNC_PROGRAM_USE_INTERFACE)
            xi[i] = mix_of(net, W_xi, b_xi, I, i, O, net->hidden);
    }
    if (c->interface_norm)
        normalize(I, xi, parameter(net, "interface.norm_scale"), parameter(net, "interface.norm_shift"));
    for (size_t i = 0; i < I; i++)
        xi[i] = cut(xi[i], c->interface_clip);
    const char *const strengths[] = {"read_strengths", "write_strength", "forward_sharpness", "backward_sharpness"};
    const char *const gates[] = {"erase_vector", "free_gates", "allocation_gate", "write_gate",
                                 "strengths",    "decays",     "read_masks",      "write_mask"};
    const char *const units[] = {"keys", "queries"};
    for (size_t p = 0; p < sizeof strengths / sizeof *strengths; p++) {
        size_t count;
        double *const part = xi + reference_interface_part(c, strengths[p], &count);
        for (size_t i = 0; i < count; i++)
            part[i] = oneplus(part[i]) - (p < 2 && c->strengths == DNC_STRENGTHS_SOFTPLUS ? 1 : 0);
    }
    for (size_t p = 0; p < sizeof gates / sizeof *gates; p++) {
        size_t count;
        double *const part = xi + reference_interface_part(c, gates[p], &count);
        const double least = p < 6 ? 0 : (double)c->mask_minimum, most = p == 4 && c->negative_eigenvalues ? 2 : 1;
        for (size_t i = 0; i < count; i++)
            part[i] = most * sigmoid(part[i]) * (1 - least) + least;
    }
    for (size_t p = 0; p < sizeof units / sizeof *units; p++) {
        size_t count;
        double *x = xi + reference_interface_part(c, units[p], &count), *const end = x + count;
        for (; c->memory == DNC_MEMORY_DELTA && x < end; x += N)
            make_unit(N, 1, x);
        for (; c->memory == DNC_MEMORY_HOLOGRAPHIC && x < end; x += N * W)
            for (size_t i = 0; i < N; i++)
                make_unit(W, N, x + i);
    }
    size_t modes;
    double *const pi = xi + reference_interface_part(c, "read_modes", &modes);
    for (size_t r = 0; modes > 0 && r < R; r++)
        softmax(modes / R, pi + modes / R * r);
}

// A part of the interface vector; where there is none, NULL.
static const double *part_of(const reference *net, const char *name) {
    size_t count;
    const size_t begin = reference_interface_part(&net->config, name, &count);
    return count > 0 ? net->interface + begin : NULL;
}

// The memory of DeltaNet: what decay leaves at each key is corrected towards its value, and then read.
static void step_delta(reference *net) {
    const size_t N = net->N, W = net->W, R = net->R;
    step_interface(net);
    const double *const keys = part_of(net, "keys"), *const queries = part_of(net, "queries");
    const double *const values = part_of(net, "values"), *const betas = part_of(net, "strengths");
    const double *const alphas = part_of(net, "decays");
    for (size_t r = 0; r < R; r++) {
        const double *const k = keys + r * N, *const q = queries + r * N, *const v = values + r * W;
        double *const S = net->memory + r * N * W, *const error = net->errors + r * W,
                      *const read = net->read_vectors + r * W;
        for (size_t i = 0; i < N * W; i++)
            S[i] *= alphas ? alphas[r] : 1;
        for (size_t j = 0; j < W; j++) {
            error[j] = v[j];
            for (size_t i = 0; i < N; i++)
                error[j] -= k[i] * S[i * W + j];
        }
        for (size_t j = 0; j < W; j++) {
            read[j] = 0;
            for (size_t i = 0; i < N; i++) {
                S[i * W + j] += betas[r] * k[i] * error[j];
                read[j] += S[i * W + j] * q[i];
            }
        }
    }
}

// What write head q allocates, where it finds the usage u, and the usage that it leaves to the next.
static void step_allocation(reference *net, size_t q, const double *u, const double *ordering) {
    const size_t N = net->N;
    const double gate = part_of(net, "allocation_gate")[q] * part_of(net, "write_gate")[q];
    double *const allocated = calloc(N, sizeof *allocated), *const a = net->allocation_weighting + q * N;
    for (size_t i = 0; i < N; i++)
        allocated[i] = net->config.allocation_epsilon ? DNC_ALLOCATION_EPSILON + (1 - DNC_ALLOCATION_EPSILON) * u[i] : u[i];
    reference_allocation(N, allocated, ordering ? ordering : u, a);
    for (size_t i = 0; i < N && q + 1 < net->P; i++)
        net->raised_usages[q * N + i] = u[i] + (1 - u[i]) * gate * a[i];
    free(allocated);
}

// The links and the precedence of write head q, and what all read heads find along them.
static void step_links(reference *net, size_t q) {
    const size_t N = net->N, R = net->R;
    double *const L = net->link + q * N * N, *const p = net->precedence + q * N;
    const double *const w_w = net->write_weighting + q * N, *const w_r = net->read_weightings;
    double written = 0;
    for (size_t i = 0; i < N; i++) {
        written += w_w[i];
        for (size_t j = 0; j < N; j++)
            L[i * N + j] = i == j ? 0 : (1 - w_w[i] - w_w[j]) * L[i * N + j] + w_w[i] * p[j];
    }
    for (size_t i = 0; i < N; i++)
        p[i] = (1 - written) * p[i] + w_w[i];
    for (size_t r = 0; r < R; r++)
        for (size_t i = 0; i < N; i++) {
            double *const forward = net->forward_weightings + (q * R + r) * N + i;
            double *const backward = net->backward_weightings + (q * R + r) * N + i;
            *forward = *backward = 0;
            for (size_t j = 0; j < N; j++) {
                *forward += L[i * N + j] * w_r[r * N + j];
                *backward += L[j * N + i] * w_r[r * N + j];
            }
        }
}

void reference_conjugate(size_t d, const double *a, double *c) {
    for (size_t i = 0; i < d; i++)
        c[i] = i == 0 ? a[i] : -a[i];
}

// (p, q)(r, s) = (p r - conj(s) q, s p + q conj(r))
void reference_product(size_t d, const double *a, const double *b, double *c) {
    if (d == 1) {
        *c = *a * *b;
        return;
    }
    const size_t half = d / 2;
    const double *const p = a, *const q = a + half, *const r = b, *const s = b + half;
    double conj_r[8] = {0}, conj_s[8] = {0}, p_r[8], conj_s_q[8], s_p[8], q_conj_r[8];
    reference_conjugate(half, r, conj_r);
    reference_conjugate(half, s, conj_s);
    reference_product(half, p, r, p_r);
    reference_product(half, conj_s, q, conj_s_q);
    reference_product(half, s, p, s_p);
    reference_product(half, q, conj_r, q_conj_r);
    for (size_t i = 0; i < half; i++)
        c[i] = p_r[i] - conj_s_q[i], c[half + i] = s_p[i] + q_conj_r[i];
}

// A holographic memory: number by number, what decay leaves and a key times a value are added, and then read by the conjugate.
static void step_holographic(reference *net) {
    const size_t N = net->N, d = net->W, R = net->R;
    step_interface(net);
    const double *const keys = part_of(net, "keys"), *const queries = part_of(net, "queries");
    const double *const values = part_of(net, "values"), *const betas = part_of(net, "strengths");
    const double *const alphas = part_of(net, "decays");
    for (size_t r = 0; r < R; r++)
        for (size_t i = 0; i < N; i++) {
            double k[8], q[8], v[8], m[8], bound[8], conj_q[8], read[8];
            for (size_t c = 0; c < d; c++) { // a row for each component
                const size_t at = (r * d + c) * N + i;
                k[c] = keys[at], q[c] = queries[at], v[c] = values[at], m[c] = net->memory[at];
            }
            reference_product(d, k, v, bound);
            for (size_t c = 0; c < d; c++)
                m[c] = (alphas ? alphas[r] : 1) * m[c] + betas[r] * bound[c];
            reference_conjugate(d, q, conj_q);
            reference_product(d, conj_q, m, read);
            for (size_t c = 0; c < d; c++)
                net->memory[(r * d + c) * N + i] = m[c], net->read_vectors[(r * d + c) * N + i] = read[c];
        }
}

// The memory of the DNC at step t, in the order of the equations in dnc_model.h.
static void step_memory(reference *net, const double *ordering) {
    const dnc_config *const c = &net->config;
    const size_t N = net->N, W = net->W, R = net->R, P = net->P, modes = 2 * P + 1;
    step_interface(net);
    double *const M = net->memory, *const u = net->usage, *const w_w = net->write_weighting,
                  *const w_r = net->read_weightings;
    const double *k_r = part_of(net, "read_keys"), *beta_r = part_of(net, "read_strengths"),
                 *k_w = part_of(net, "write_key");
    const double *beta_w = part_of(net, "write_strength"), *e = part_of(net, "erase_vector"),
                 *v = part_of(net, "write_vector");
    const double *f = part_of(net, "free_gates"), *g_a = part_of(net, "allocation_gate"), *g_w = part_of(net, "write_gate");
    const double *pi = part_of(net, "read_modes"), *m_r = part_of(net, "read_masks"), *m_w = part_of(net, "write_mask");
    const double *s_f = part_of(net, "forward_sharpness"), *s_b = part_of(net, "backward_sharpness");
    const size_t key = c->addressing == DNC_ADDRESSING_LOCATION ? N : W;

    for (size_t q = 0; q < P; q++)
        look_up(net, M, k_w + q * key, beta_w ? beta_w[q] : 1, m_w ? m_w + q * W : NULL,
                net->write_content_weighting + q * N);
    for (size_t r = 0; c->read_before_write && r < R; r++)
        look_up(net, M, k_r + r * key, beta_r ? beta_r[r] : 1, m_r ? m_r + r * W : NULL,
                net->read_content_weightings + r * N);
    for (size_t i = 0; i < N && f; i++) {
        double psi = 1, unwritten = 1;
        for (size_t r = 0; r < R; r++)
            psi *= 1 - f[r] * w_r[r * N + i];
        for (size_t q = 0; q < P; q++)
            unwritten *= 1 - w_w[q * N + i];
        u[i] = (u[i] + (1 - unwritten) - u[i] * (1 - unwritten)) * psi;
        net->retention[i] = psi;
    }
    for (size_t q = 0; q < P; q++) {
        const double *const content = net->write_content_weighting + q * N;
        double *const a = net->allocation_weighting + q * N, *const w = w_w + q * N;
        if (f)
            step_allocation(net, q, q == 0 ? u : net->raised_usages + (q - 1) * N, ordering ? ordering + q * N : NULL);
        for (size_t i = 0; i < N; i++)
            w[i] = f ? g_w[q] * (g_a[q] * a[i] + (1 - g_a[q]) * content[i]) : content[i];
    }

    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < W; j++) {
            double kept = c->deallocation ? net->retention[i] : 1, added = 0;
            for (size_t q = 0; q < P; q++) {
                kept *= 1 - w_w[q * N + i] * e[q * W + j];
                added += w_w[q * N + i] * v[q * W + j];
            }
            M[i * W + j] = M[i * W + j] * kept + added;
        }

    for (size_t q = 0; q < P && pi; q++)
        step_links(net, q);
    for (size_t r = 0; r < R; r++) {
        double *const content = net->read_content_weightings + r * N;
        if (!c->read_before_write)
            look_up(net, M, k_r + r * key, beta_r ? beta_r[r] : 1, m_r ? m_r + r * W : NULL, content);
        for (size_t i = 0; i < N; i++)
            w_r[r * N + i] = pi ? pi[modes * r + P] * content[i] : content[i];
        for (size_t q = 0; q < P && pi; q++) {
            const size_t at = (q * R + r) * N;
            const double *forward = net->forward_weightings + at, *backward = net->backward_weightings + at;
            if (s_f) {
                sharpen(N, s_f[q * R + r], forward, net->sharp_forward_weightings + at);
                sharpen(N, s_b[q * R + r], backward, net->sharp_backward_weightings + at);
                forward = net->sharp_forward_weightings + at, backward = net->sharp_backward_weightings + at;
            }
            for (size_t i = 0; i < N; i++)
                w_r[r * N + i] += pi[modes * r + q] * backward[i] + pi[modes * r + P + 1 + q] * forward[i];
        }
        for (size_t j = 0; j < W; j++) {
            net->read_vectors[r * W + j] = 0;
            for (size_t i = 0; i < N; i++)
                net->read_vectors[r * W + j] += M[i * W + j] * w_r[r * N + i];
        }
    }
}

// The product of x with the row that output s reads of a table.
static double row_of_table(const reference *net, size_t s, const double *table, size_t length, const double *x) {
    double *const row = calloc(length, sizeof *row);
    for (size_t i = 0; i < net->Pg; i++)
        for (size_t k = 0; k < length; k++)
            row[k] += net->program_weightings[s * net->Pg + i] * table[i * length + k];
    const double product = dot(length, row, x);
    free(row);
    return product;
}

void reference_step(reference *net, const int32_t *symbols, const float *vector, const double *ordering) {
    const size_t O = net->O, reads = net->RW;
    const int has_memory = net->config.memory != DNC_MEMORY_NONE;
    step_controller(net, symbols, vector);
    if (net->Pg > 0)
        step_programs(net);
    if (net->config.memory == DNC_MEMORY_DNC)
        step_memory(net, ordering);
    if (net->config.memory == DNC_MEMORY_DELTA)
        step_delta(net);
    if (net->config.memory == DNC_MEMORY_HOLOGRAPHIC)
        step_holographic(net);

    const double *W_y = parameter(net, "output.weight"), *b_y = parameter(net, "output.bias");
    const double *W_r = has_memory ? parameter(net, "output.weight_read") : NULL;
    const int32_t use = net->Pg > 0 ? net->config.program_use : DNC_PROGRAM_USE_INTERFACE; // which is not the output's
    double *bypass = calloc(O, sizeof *bypass);
    drop(net, REFERENCE_BYPASS, 0, O, net->hidden, bypass);
    for (size_t s = 0; s < net->Y; s++) {
        if (use == DNC_PROGRAM_USE_OUTPUT_ROWS) {
            net->outputs[s] = b_y[s] + row_of_table(net, s, W_y, O, bypass);
            if (has_memory)
                net->outputs[s] += row_of_table(net, s, W_r, reads, net->read_vectors);
        } else if (use == DNC_PROGRAM_USE_OUTPUT) {
            net->outputs[s] = mix_of(net, W_y, b_y, net->Y, s, O, bypass);
            if (has_memory)
                net->outputs[s] += mix_of(net, W_r, NULL, net->Y, s, reads, net->read_vectors);
        } else {
            net->outputs[s] = dot(O, W_y + s * O, bypass) + b_y[s];
            if (has_memory)
                net->outputs[s] += dot(reads, W_r + s * reads, net->read_vectors);
        }
        net->outputs[s] = cut(net->outputs[s], net->config.activation_clip);
    }
    free(bypass);
    net->dropout.step++;
}

double reference_loss(const reference *net, const int32_t *targets, const float *target_vector, int64_t *count) {
    const dnc_config *const c = &net->config;
    const size_t size = (size_t)c->output_size;
    double loss = 0;
    *count = 0;
    for (int32_t q = 0; c->output == DNC_OUTPUT_SYMBOLS && q < c->output_groups; q++) {
        const double *const logits = net->outputs + (size_t)q * size;
        if (targets[q] < 0)
            continue;
        loss += log_sum_exp(size, logits) - logits[targets[q]];
        ++*count;
    }
    for (size_t i = 0; c->output != DNC_OUTPUT_SYMBOLS && i < size; i++, ++*count) {
        const double y = net->outputs[i], t = (double)target_vector[i];
        if (c->output == DNC_OUTPUT_BITS) // -log sg(y), -log sg(-y), which may be infinite where it does not count
            loss += (t == 0 ? 0 : t * log_1_and_exp(-y)) + (t == 1 ? 0 : (1 - t) * log_1_and_exp(y));
        else
            loss += (y - t) * (y - t) / 2;
    }
    return loss;
}
