// Backward, against central differences of the loss of the whole unrolled network.
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "harness.h"
#include "reference.h"

typedef struct shape {
    int32_t V, H, N, W, R, batch, steps;
} shape;

static const shape shapes[] = {
    {3, 4, 3, 2, 2, 2, 5},     {2, 1, 1, 1, 1, 1, 1},   {3, 3, 1, 2, 2, 1, 4},    {2, 3, 4, 1, 1, 3, 3},
    {4, 2, 2, 3, 4, 1, 6},     {3, 5, 5, 3, 3, 2, 4},   {5, 9, 9, 5, 2, 1, 3},    {1, 2, 2, 1, 1, 2, 2},
    {3, 3, 3, 2, 2, 2, 1}, // and, beyond the width of a vector register:
    {9, 17, 8, 17, 1, 1, 3},   {7, 16, 17, 9, 2, 2, 2}, {17, 8, 33, 16, 3, 1, 2}, {33, 33, 16, 7, 2, 1, 3},
    {66, 40, 37, 35, 1, 2, 2},
};

static const double least = 1e-3; // the error of smaller gradients is relative to this

// Where a function turns sharply, or saturates: parts of the interface that depend on nothing but a bias.
typedef struct edge {
    const char *name, *parts[2];
    double bias;
    double spacing;   // of the points of a difference
    double in_single; // what the gradient in single precision may be off
    int warm_up;      // segments before; after none the memory's rows are exact zeros
} edge;

// In single precision rounding counts 1 / sqrt(epsilon) times where a key is 0, and as many times as a strength says. Where a key
// is 0, it comes to 1.4e-4 in some orders of summation: the core's own, and that of OpenBLAS on some processors.
#define NEAR_KEYS_OF_0 3e-4
static const edge nowhere = {.name = "", .spacing = 5e-4, .in_single = 1e-4};
static const edge edges[] = {
    {"keys of 0", {"read_keys", "write_key"}, 0, 2e-5, NEAR_KEYS_OF_0, 4},
    {"keys of 0, memory of 0", {"read_keys", "write_key"}, 0, 2e-5, NEAR_KEYS_OF_0, 0},
    {"memory of 0", {"write_vector"}, 0, 2e-5, 1e-4, 0},
    {"faint memory", {"write_gate"}, -7, 2e-5, 1e-4, 0}, // its rows' squares are near epsilon
    {"strengths of 10", {"read_strengths", "write_strength"}, 10, 1e-4, 1e-4, 4},
    {"strengths of 1e3", {"read_strengths", "write_strength"}, 1e3, 3e-5, 1e-2, 4},
    {"strengths of 1e6", {"read_strengths", "write_strength"}, 1e6, 1e-5, 10, 4},
};

static const edge short_keys = {.name = "", .spacing = 2e-5, .in_single = NEAR_KEYS_OF_0}; // anywhere near 0
// Of several write heads, one of which is near 0.
static const edge more_keys = {.name = "", .spacing = 1e-4, .in_single = NEAR_KEYS_OF_0};
static const edge head_edges[] = {
    {"keys of 0", {"keys", "queries"}, 0, 2e-5, NEAR_KEYS_OF_0, 4},
    {"memory of 0", {"values"}, 0, 2e-5, 1e-4, 0},
    {"the largest strengths", {"strengths"}, 30, 1e-4, 1e-4, 4},
    {"decays of 1", {"decays"}, 30, 1e-4, 1e-4, 4},
    {"decays of 0", {"decays"}, -30, 1e-4, 1e-4, 4},
};

static struct {
    const char *name;
    double error;
} worst[DNC_CONTROLLER_SQUASHED_LSTM + 1][DNC_MEMORY_HOLOGRAPHIC + 1][40]; // by controller, memory and tensor

// A network with random parameters and segment, in the state that `warm_up` other segments have left. Its numbers are
// floats, so that a network of single precision can be given the same.
static network draw(const dnc_config *config, const dnc_run *run, bool marked, bool drops, const edge *at, int warm_up,
                    uint64_t seed) {
    network net = network_create(config, 64, run->steps, run->batch);
    network_set_run(&net, run);
    if (marked)
        net.segment.weights = net.weights, net.segment.begins = net.begins;
    if (drops)
        net.segment.dropout = net.dropout;
    double *const parameters = net.parameters, *const state = net.state;
    network_draw_parameters(&net, &seed, 1.5);
    for (size_t i = 0; i < net.parameter_count; i++)
        parameters[i] = (float)parameters[i];
    for (size_t i = 0; i < COUNT(at->parts) && at->parts[i] != NULL; i++)
        pin(&net, at->parts[i], at->bias);
    network_warm_up(&net, &seed, warm_up);
    for (size_t i = 0; i < (size_t)run->batch * net.state_count; i++)
        state[i] = (float)state[i];
    network_draw_segment(&net, &seed);
    return net;
}

// The loss from the network's state, which stays as it is.
static double loss_of(network *net) {
    const size_t bytes = (size_t)net->run.batch * net->state_count * (size_t)net->bits / 8;
    void *start = malloc(bytes);
    memcpy(start, net->state, bytes);
    const dnc_loss loss = network_forward(net);
    memcpy(net->state, start, bytes);
    free(start);
    return loss.nats;
}

static void *gradient_of(network *net) {
    void *gradient = numbers_create(net->bits, net->parameter_count);
    loss_of(net);
    network_backward(net, 1, gradient);
    return gradient;
}

// A hash of which numbers of a recorded tensor are beyond the limit.
static uint64_t beyond(const network *net, const char *name, double limit) {
    dnc_tensor tensor = {.struct_size = sizeof tensor};
    uint64_t hash = 0;
    double *const numbers = network_record(net, name, &tensor);
    for (size_t i = 0; i < tensor_count(&tensor, 0); i++)
        hash = 31 * hash + (numbers[i] > limit ? 1u : numbers[i] < -limit ? 2u : 0u);
    free(numbers);
    return hash;
}

// Which rectified units were on in the last forward pass, and what activation_clip cut.
static uint64_t units_on(const network *net) {
    const dnc_config *const c = &net->config;
    const double almost = (double)c->activation_clip * (1 - 1e-12); // what is cut is at the limit
    const dnc_dropout *const dropout = net->segment.dropout;
    const double gain = dropout != NULL ? 1 / (1 - (double)dropout->layers) : 1; // layers are recorded as they are read
    uint64_t hash = 0;
    for (int clips = 0; c->activation == DNC_ACTIVATION_RELU && clips <= (almost > 0); clips++) {
        hash += beyond(net, "hidden", clips * almost);
        if (c->layers > 1)
            hash = 37 * hash + beyond(net, "layers", clips * almost * gain);
    }
    if (almost > 0)
        hash = 41 * hash + beyond(net, c->output == DNC_OUTPUT_REALS ? "outputs" : "logits", almost);
    if (almost > 0 && c->controller == DNC_CONTROLLER_LSTM)
        hash = 43 * hash + beyond(net, "cell", almost);
    return hash;
}

// Which numbers of the interface vector were cut in the last forward pass.
static uint64_t numbers_cut(const network *net) {
    const size_t rows = (size_t)(net->run.steps * net->run.batch);
    const dnc_tensor weight = parameter_tensor(&net->config, "interface.weight");
    const size_t H = weight.shape[1]; // of all layers
    const dnc_tensor bias = parameter_tensor(&net->config, "interface.bias");
    const double *const parameters = net->parameters;
    dnc_tensor tensor = {.struct_size = sizeof tensor};
    double *const hidden = network_record(net, "hidden", &tensor), *h = hidden + (size_t)net->run.batch * H;
    uint64_t hash = 0;
    for (size_t row = 0; row < rows; row++, h += H)
        for (size_t i = 0; i < bias.shape[0]; i++) {
            double xi = parameters[bias.offset + i];
            for (size_t j = 0; j < H; j++)
                xi += parameters[weight.offset + i * H + j] * h[j];
            hash = 31 * hash + (fabs(xi) > (double)net->config.interface_clip);
        }
    free(hidden);
    return hash;
}

// A hash of the order of the usages, also of those of the write heads after the first, in the last forward pass. Usages that differ
// by rounding alone count as equal: they belong to slots that nothing has told apart yet, whose order does not change the loss.
static uint64_t usage_order(const network *net) {
    const size_t N = (size_t)net->config.slots;
    uint64_t hash = units_on(net) + (net->config.interface_clip > 0 ? numbers_cut(net) : 0);
    if (net->config.memory != DNC_MEMORY_DNC || net->config.allocation != DNC_ALLOCATION_USAGE)
        return hash;
    for (int raised = 0; raised <= (net->config.write_heads > 1); raised++) {
        dnc_tensor tensor = {.struct_size = sizeof tensor};
        double *const usages = network_record(net, raised ? "raised_usages" : "usage", &tensor), *usage = usages;
        for (; usage < usages + tensor_count(&tensor, 0); usage += N)
            for (size_t i = 0; i < N; i++)
                for (size_t j = 0; j < N; j++)
                    hash = 31 * hash + (usage[i] > usage[j] + 1e-12);
        free(usages);
    }
    return hash;
}

// Large networks are checked at every so many parameters, an odd number, so that all columns have their turn.
static size_t stride_of(const network *net) {
    return 1 + 2 * (net->parameter_count / 1000);
}

// Exact up to the fifth derivative; NULL if a difference was taken across a jump of the allocation.
static double *numeric_gradient(network *net, double spacing) {
    static const struct { double step, weight; } points[] = {{-2, 1}, {-1, -8}, {1, 8}, {2, -1}};
    double *const gradient = numbers_create(64, net->parameter_count), *const parameters = net->parameters;
    loss_of(net);
    const uint64_t order = usage_order(net);
    for (size_t i = 0; i < net->parameter_count; i += stride_of(net)) {
        const double middle = parameters[i];
        for (int k = 0; k < 4; k++) {
            parameters[i] = middle + points[k].step * spacing;
            gradient[i] += points[k].weight * loss_of(net) / (12 * spacing);
            if (usage_order(net) != order) {
                free(gradient);
                return NULL;
            }
        }
        parameters[i] = middle;
    }
    return gradient;
}

static void check_differences(network *net, const double *numeric) {
    double *gradient = gradient_of(net);
    dnc_tensor tensor = {.struct_size = sizeof tensor};
    for (size_t i = 0; dnc_parameter_tensor(&net->config, i, &tensor) == DNC_OK; i++) {
        double largest = 0;
        for (size_t k = tensor.offset; k < tensor.offset + tensor_count(&tensor, 0); k++) {
            if (k % stride_of(net) != 0)
                continue;
            const double size = fmax(fabs(gradient[k]) + fabs(numeric[k]), least);
            largest = worse(largest, fabs(gradient[k] - numeric[k]) / size);
        }
        CHECK_ERROR(tensor.name, largest, 1e-6);
        const dnc_config *const c = &net->config;
        worst[c->controller][c->memory][i].name = tensor.name;
        worst[c->controller][c->memory][i].error = fmax(worst[c->controller][c->memory][i].error, largest);
    }
    free(gradient);
}

// gradient += scale * derivative.
static void check_accumulation(network *net) {
    uint64_t source = 1;
    double *once = gradient_of(net), *accumulated = numbers_create(64, net->parameter_count);
    double *expected = numbers_create(64, net->parameter_count);
    for (size_t i = 0; i < net->parameter_count; i++) {
        accumulated[i] = random_uniform(&source, -1, 1);
        expected[i] = accumulated[i] - 2.5 * once[i];
    }
    loss_of(net);
    network_backward(net, -2.5, accumulated);
    CHECK_CLOSE(largest_difference(64, accumulated, expected, net->parameter_count), 0, 1e-12);
    free(once);
    free(accumulated);
    free(expected);
}

// The gradient in float, against the one in double.
static void check_single_precision(network *net, double tolerance) {
    network single = network_create(&net->config, 32, net->run.steps, net->run.batch);
    network_set_run(&single, &net->run);
    single.segment = net->segment;
    for (size_t i = 0; i < net->parameter_count; i++)
        set_number(32, single.parameters, i, number(64, net->parameters, i));
    for (size_t i = 0; i < (size_t)net->run.batch * net->state_count; i++)
        set_number(32, single.state, i, number(64, net->state, i));
    double *exact = gradient_of(net);
    float *gradient = gradient_of(&single);
    dnc_tensor tensor = {.struct_size = sizeof tensor};
    for (size_t i = 0; dnc_parameter_tensor(&net->config, i, &tensor) == DNC_OK; i++) {
        double largest = least, error = 0;
        for (size_t k = tensor.offset; k < tensor.offset + tensor_count(&tensor, 0); k++) {
            largest = fmax(largest, fabs(exact[k]));
            error = worse(error, fabs((double)gradient[k] - exact[k]));
        }
        CHECK_ERROR(tensor.name, error / largest, tolerance);
    }
    free(exact);
    free(gradient);
    network_destroy(&single);
}

// `marked`: with weights of the loss, and lanes that begin anew within segments; `drops`: with dropout.
static void check(const dnc_config *config, const dnc_run *run, bool marked, bool drops, const edge *at, int warm_up) {
    double *numeric = NULL;
    for (uint64_t seed = 1; numeric == NULL; seed++) {
        require(seed < 200, "no network in which all differences keep the order of the usages");
        network net = draw(config, run, marked, drops, at, warm_up, seed);
        if ((numeric = numeric_gradient(&net, at->spacing)) != NULL) {
            check_differences(&net, numeric);
            check_accumulation(&net);
            check_single_precision(&net, at->in_single);
        }
        network_destroy(&net);
    }
    free(numeric);
}

// Where no part of the interface is pinned.
static const edge *nowhere_of(const dnc_config *c) {
    const bool has_short_keys = c->memory == DNC_MEMORY_HOLOGRAPHIC || (c->memory == DNC_MEMORY_DELTA && c->slots == 1);
    return has_short_keys ? &short_keys : c->write_heads > 1 ? &more_keys : &nowhere;
}

static void check_network(model kind, dnc_isa isa, const shape *s, const edge *at, int warm_up) {
    const dnc_config config = configure(kind, s->V, s->H, s->N, s->W, s->R);
    dnc_run run = dnc_run_of(s->steps, s->batch);
    run.isa = (int32_t)isa;
    CHECK_CONTEXT("%s %s V%d H%d N%d W%d R%d B%d T%d after %d %s", model_name(&config), dnc_isa_string(isa), s->V, s->H,
                  s->N, s->W, s->R, s->batch, s->steps, warm_up, at->name);
    check(&config, &run, false, false, at == &nowhere ? nowhere_of(&config) : at, warm_up);
}

// Every combination of parts, in one instruction set after the other, with links that are kept and such that are not.
static void check_combinations(const dnc_isa *isas, int isa_count) {
    dnc_config config = {.hidden = 4, .slots = 3, .width = 2, .read_heads = 2};
    for (int i = 0; combination(i, &config); i += repetitions(17, 1, 1)) {
        dnc_run run = dnc_run_of(5, 2);
        run.isa = (int32_t)isas[i % isa_count];
        run.link_interval = i % 3;
        CHECK_CONTEXT("%s %s combination %d", model_name(&config), dnc_isa_string(isas[i % isa_count]), i);
        check(&config, &run, true, i % 2 == 1, nowhere_of(&config), 2);
        config = (dnc_config){.hidden = 4, .slots = 3, .width = 2, .read_heads = 2};
    }
}

// What others do otherwise, alone and together; not what has no true gradient.
static void check_variants(const dnc_isa *isas, int isa_count) {
    for (int i = 0; i < variant_count; i += repetitions(23, 1, 1)) {
        dnc_config config = variant(i);
        dnc_run run = dnc_run_of(5, 2);
        run.isa = (int32_t)isas[i % isa_count];
        run.link_interval = i % 3;
        config.detached_usage = 0;
        if (config.interface_norm || config.programs > 0)
            config.interface_clip = 0; // whose turns are looked for in W_xi h + b_xi
        CHECK_CONTEXT("%s %s", variant_name(i), dnc_isa_string(isas[i % isa_count]));
        check(&config, &run, true, i % 2 == 1, nowhere_of(&config), 2);
    }
}

// All combinations of the least sizes, in one instruction set after the other; in a full run in each.
static void check_least_sizes(const dnc_isa *isas, int isa_count) {
    const int each_isa = repetitions(0, 0, 1);
    int turn = 0;
    for (int32_t R = 1; R <= 8; R++)
        for (int32_t sizes = 0; sizes < 16; sizes += repetitions(5, 1, 1)) {
            const shape s = {2, 1, 1 + (sizes & 1), 1 + (sizes >> 1 & 1), R, 1 + (sizes >> 2 & 1), 1 + (sizes >> 3 & 1)};
            for (int i = 0; i < (each_isa ? isa_count : 1); i++)
                for (model kind = MODEL_DNC; kind < MODELS_END; kind++)
                    check_network(kind, isas[turn++ % isa_count], &s, &nowhere, 0);
        }
}

int main(void) {
    dnc_use_one_blas_thread();
    dnc_isa isas[3];
    const int isa_count = available_isas(isas);
    // Under slow tools the sizes beyond a vector register are left to the kernels' tests.
    const size_t shape_count = (size_t)repetitions(2, COUNT(shapes), COUNT(shapes));
    for (model kind = MODEL_RNN; kind < MODELS_END; kind++)
        for (int i = 0; i < isa_count; i++)
            for (size_t k = 0; k < shape_count; k++) {
                check_network(kind, isas[i], &shapes[k], &nowhere, 0); // from the initial state
                check_network(kind, isas[i], &shapes[k], &nowhere, 4); // from another
            }
    check_combinations(isas, isa_count);
    check_variants(isas, isa_count);
    for (int32_t controller = DNC_CONTROLLER_TANH; controller <= DNC_CONTROLLER_SQUASHED_LSTM; controller++)
        for (int32_t memory = DNC_MEMORY_NONE; memory <= DNC_MEMORY_HOLOGRAPHIC; memory++)
            for (size_t i = 0; i < COUNT(worst[0][0]); i++)
                if (worst[controller][memory][i].name != NULL) {
                    const dnc_config config = {.controller = controller, .memory = memory};
                    printf("%-24s %-24s worst error %.1e\n", model_name(&config), worst[controller][memory][i].name,
                           worst[controller][memory][i].error);
                }
    check_least_sizes(isas, isa_count);
    for (int i = 0; i < isa_count; i++) {
        for (size_t k = 0; k < COUNT(edges); k++)
            check_network(MODEL_DNC, isas[i], &shapes[0], &edges[k], edges[k].warm_up);
        for (size_t k = 0; k < COUNT(head_edges); k++)
            for (model kind = MODEL_DELTA; kind < MODELS_END; kind++)
                check_network(kind, isas[i], &shapes[0], &head_edges[k], head_edges[k].warm_up);
    }
    return check_report();
}
