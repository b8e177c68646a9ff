#include "harness.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reference.h"

void require(int holds, const char *what) {
    if (holds)
        return;
    printf("the test cannot go on: %s\n", what);
    exit(1);
}

static int environment_has(const char *name) {
    const char *value = getenv(name);
    return value != NULL && strcmp(value, "1") == 0;
}

int repetitions(int fewest, int usual, int full) {
    return environment_has("DNC_FULL_TESTS") ? full : environment_has("DNC_SHORT_TESTS") ? fewest : usual;
}

uint64_t random_bits(uint64_t *source) { // splitmix64
    uint64_t z = *source += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

double random_uniform(uint64_t *source, double low, double high) {
    return low + (high - low) * (double)(random_bits(source) >> 11) * 0x1p-53;
}

int32_t random_below(uint64_t *source, int32_t bound) {
    return (int32_t)(random_bits(source) % (uint64_t)bound);
}

double number(int bits, const void *numbers, size_t index) {
    return bits == 32 ? (double)((const float *)numbers)[index] : ((const double *)numbers)[index];
}

void set_number(int bits, void *numbers, size_t index, double value) {
    if (bits == 32)
        ((float *)numbers)[index] = (float)value;
    else
        ((double *)numbers)[index] = value;
}

void *numbers_create(int bits, size_t count) {
    void *numbers = calloc(count, (size_t)bits / 8);
    require(numbers != NULL, "out of memory");
    return numbers;
}

double *numbers_widen(int bits, const void *numbers, size_t count) {
    double *wide = numbers_create(64, count);
    for (size_t i = 0; i < count; i++)
        wide[i] = number(bits, numbers, i);
    return wide;
}

void make_little_endian(int bits, void *numbers, size_t count) {
    const uint16_t one = 1;
    const size_t width = (size_t)bits / 8;
    unsigned char *bytes = numbers;
    if (*(const unsigned char *)&one == 1)
        return;
    for (size_t i = 0; i < count; i++, bytes += width)
        for (size_t j = 0; j < width / 2; j++) {
            const unsigned char byte = bytes[j];
            bytes[j] = bytes[width - 1 - j];
            bytes[width - 1 - j] = byte;
        }
}

double worse(double error, double other) {
    return isnan(error) || isnan(other) ? INFINITY : fmax(error, other);
}

double largest_difference(int bits, const void *a, const void *b, size_t count) {
    double largest = 0;
    for (size_t i = 0; i < count; i++)
        largest = worse(largest, fabs(number(bits, a, i) - number(bits, b, i)));
    return largest;
}

#ifdef _WIN32 // which has another name for it
#include <malloc.h>
#define aligned_alloc(alignment, size) _aligned_malloc(size, alignment)
#define aligned_free _aligned_free
#else
#define aligned_free free
#endif

enum { guard_bytes = 64, guard_value = 0xff }; // as a float or a double, all ones is a NaN

void *workspace_create(size_t bytes) {
    const size_t padded = (bytes + guard_bytes + DNC_ALIGNMENT - 1) / DNC_ALIGNMENT * DNC_ALIGNMENT;
    void *workspace = aligned_alloc(DNC_ALIGNMENT, padded);
    require(workspace != NULL, "out of memory");
    return memset(workspace, guard_value, padded);
}

void workspace_destroy(void *workspace, size_t bytes) {
    for (size_t i = 0; i < guard_bytes; i++)
        require(((unsigned char *)workspace)[bytes + i] == guard_value, "the core wrote behind its workspace");
    aligned_free(workspace);
}

// The most components that a number of a holographic memory may have.
static int32_t components_within(int32_t W) {
    return W >= 8 ? 8 : W >= 4 ? 4 : W >= 2 ? 2 : 1;
}

dnc_config configure(model kind, int32_t V, int32_t H, int32_t N, int32_t W, int32_t R) {
    dnc_config config;
    require(dnc_config_init_text(&config, V) == DNC_OK, "dnc_config_init_text");
    config.controller = kind == MODEL_RNN ? DNC_CONTROLLER_TANH : DNC_CONTROLLER_LSTM;
    config.hidden = H;
    if (kind >= MODEL_DNC) {
        config.memory = (int32_t)(DNC_MEMORY_DNC + (kind - MODEL_DNC));
        config.decay = kind != MODEL_DNC, config.negative_eigenvalues = kind == MODEL_DELTA;
        config.slots = N;
        config.width = kind == MODEL_HOLOGRAPHIC ? components_within(W) : W;
        config.read_heads = R;
    }
    require(dnc_config_validate(&config) == DNC_OK, "dnc_config_validate");
    return config;
}

const char *model_name(const dnc_config *config) {
    static const char *const names[][4] = {
        {"?", "?", "?", "?"},
        {"rnn", "rnn with memory", "rnn with delta", "holographic rnn"},
        {"lstm", "dnc", "lstm with delta", "holographic lstm"},
        {"?", "feed-forward dnc", "feed-forward with delta", "holographic feed-forward"},
        {"gru", "gru with memory", "gru with delta", "holographic gru"},
        {"squashed lstm", "squashed dnc", "squashed lstm with delta", "holographic squashed lstm"}};
    return names[config->controller][config->memory];
}

bool combination(int index, dnc_config *config) {
    static const struct {
        int32_t symbols, per_step, vector;
    } inputs[] = {{5, 1, 0}, {4, 3, 0}, {0, 0, 3}, {3, 1, 2}, {3, 2, 1}};
    static const dnc_config units[] = {
        {.controller = DNC_CONTROLLER_TANH, .layers = 1},
        {.controller = DNC_CONTROLLER_TANH, .layers = 1, .memory = DNC_MEMORY_DNC},
        {.controller = DNC_CONTROLLER_LSTM, .layers = 1},
        {.controller = DNC_CONTROLLER_LSTM, .layers = 1, .memory = DNC_MEMORY_DNC},
        {.controller = DNC_CONTROLLER_FEED_FORWARD, .layers = 1, .memory = DNC_MEMORY_DNC},
        {.controller = DNC_CONTROLLER_FEED_FORWARD,
         .layers = 2,
         .activation = DNC_ACTIVATION_RELU,
         .memory = DNC_MEMORY_DNC},
        {.controller = DNC_CONTROLLER_FEED_FORWARD, .layers = 4, .memory = DNC_MEMORY_DNC},
        {.controller = DNC_CONTROLLER_GRU, .layers = 1},
        {.controller = DNC_CONTROLLER_GRU, .layers = 1, .memory = DNC_MEMORY_DNC},
        {.controller = DNC_CONTROLLER_SQUASHED_LSTM, .layers = 1},
        {.controller = DNC_CONTROLLER_SQUASHED_LSTM, .layers = 1, .memory = DNC_MEMORY_DNC},
        {.controller = DNC_CONTROLLER_TANH, .layers = 3, .memory = DNC_MEMORY_DNC},
        {.controller = DNC_CONTROLLER_LSTM, .layers = 2},
        {.controller = DNC_CONTROLLER_LSTM, .layers = 3, .memory = DNC_MEMORY_DNC},
        {.controller = DNC_CONTROLLER_GRU, .layers = 2},
        {.controller = DNC_CONTROLLER_GRU, .layers = 2, .memory = DNC_MEMORY_DNC},
        {.controller = DNC_CONTROLLER_SQUASHED_LSTM, .layers = 2, .memory = DNC_MEMORY_DNC},
        {.controller = DNC_CONTROLLER_LSTM, .layers = 1, .gate_norm = 1},
        {.controller = DNC_CONTROLLER_LSTM, .layers = 2, .memory = DNC_MEMORY_DNC, .gate_norm = 1},
        {.controller = DNC_CONTROLLER_TANH, .layers = 1, .memory = DNC_MEMORY_DELTA, .negative_eigenvalues = 1},
        {.controller = DNC_CONTROLLER_LSTM, .layers = 1, .memory = DNC_MEMORY_DELTA, .decay = 1, .negative_eigenvalues = 1},
        {.controller = DNC_CONTROLLER_GRU, .layers = 2, .memory = DNC_MEMORY_DELTA, .decay = 1},
        {.controller = DNC_CONTROLLER_FEED_FORWARD,
         .layers = 2,
         .activation = DNC_ACTIVATION_RELU,
         .memory = DNC_MEMORY_DELTA,
         .decay = 1},
        {.controller = DNC_CONTROLLER_TANH, .layers = 3, .memory = DNC_MEMORY_HOLOGRAPHIC, .decay = 1},
        {.controller = DNC_CONTROLLER_LSTM, .layers = 1, .memory = DNC_MEMORY_HOLOGRAPHIC, .gate_norm = 1, .decay = 1},
        {.controller = DNC_CONTROLLER_GRU, .layers = 1, .memory = DNC_MEMORY_HOLOGRAPHIC},
        {.controller = DNC_CONTROLLER_FEED_FORWARD, .layers = 2, .memory = DNC_MEMORY_HOLOGRAPHIC},
        {.controller = DNC_CONTROLLER_LSTM, .layers = 1, .memory = DNC_MEMORY_DNC, .write_heads = 2},
        {.controller = DNC_CONTROLLER_TANH,
         .layers = 1,
         .programs = 3,
         .program_width = 2,
         .program_use = DNC_PROGRAM_USE_OUTPUT_ROWS},
        {.controller = DNC_CONTROLLER_LSTM,
         .layers = 1,
         .programs = 3,
         .program_width = 2,
         .program_use = DNC_PROGRAM_USE_OUTPUT},
        {.controller = DNC_CONTROLLER_GRU,
         .layers = 2,
         .memory = DNC_MEMORY_DNC,
         .programs = 3,
         .program_width = 2,
         .program_use = DNC_PROGRAM_USE_INTERFACE},
        {.controller = DNC_CONTROLLER_FEED_FORWARD,
         .layers = 2,
         .activation = DNC_ACTIVATION_RELU,
         .memory = DNC_MEMORY_DELTA,
         .decay = 1,
         .programs = 3,
         .program_width = 2,
         .program_use = DNC_PROGRAM_USE_OUTPUT_ROWS},
        {.controller = DNC_CONTROLLER_TANH, .layers = 1, .bidirectional = 1},
        {.controller = DNC_CONTROLLER_TANH, .layers = 1, .memory = DNC_MEMORY_DNC, .bidirectional = 1},
        {.controller = DNC_CONTROLLER_LSTM, .layers = 1, .memory = DNC_MEMORY_DNC, .bidirectional = 1},
        {.controller = DNC_CONTROLLER_GRU, .layers = 1, .bidirectional = 1},
        {.controller = DNC_CONTROLLER_GRU, .layers = 1, .memory = DNC_MEMORY_DNC, .bidirectional = 1},
        {.controller = DNC_CONTROLLER_SQUASHED_LSTM, .layers = 1, .bidirectional = 1},
        {.controller = DNC_CONTROLLER_TANH, .layers = 3, .memory = DNC_MEMORY_DNC, .bidirectional = 1},
        {.controller = DNC_CONTROLLER_LSTM, .layers = 2, .bidirectional = 1},
        {.controller = DNC_CONTROLLER_SQUASHED_LSTM, .layers = 2, .memory = DNC_MEMORY_DNC, .bidirectional = 1},
        {.controller = DNC_CONTROLLER_LSTM, .layers = 1, .gate_norm = 1, .bidirectional = 1},
        {.controller = DNC_CONTROLLER_LSTM, .layers = 2, .memory = DNC_MEMORY_DNC, .gate_norm = 1, .bidirectional = 1},
        {.controller = DNC_CONTROLLER_LSTM,
         .layers = 1,
         .memory = DNC_MEMORY_DELTA,
         .decay = 1,
         .negative_eigenvalues = 1,
         .bidirectional = 1},
        {.controller = DNC_CONTROLLER_LSTM,
         .layers = 1,
         .memory = DNC_MEMORY_HOLOGRAPHIC,
         .gate_norm = 1,
         .decay = 1,
         .bidirectional = 1},
    };
    static const struct {
        int32_t output, size, groups;
    } outputs[] = {
        {DNC_OUTPUT_SYMBOLS, 4, 1}, {DNC_OUTPUT_SYMBOLS, 3, 3}, {DNC_OUTPUT_BITS, 3, 1}, {DNC_OUTPUT_REALS, 2, 1}};
    const size_t i = (size_t)index % COUNT(inputs), u = (size_t)index / COUNT(inputs) % COUNT(units);
    const size_t o = (size_t)index / COUNT(inputs) / COUNT(units);
    if (o >= COUNT(outputs))
        return false;
    const dnc_config sizes = *config;
    *config = units[u];
    config->struct_size = sizeof *config;
    config->input_symbols = inputs[i].symbols;
    config->symbols_per_step = inputs[i].per_step;
    config->input_vector = inputs[i].vector;
    config->hidden = sizes.hidden;
    if (config->memory != DNC_MEMORY_NONE)
        config->slots = sizes.slots, config->width = sizes.width, config->read_heads = sizes.read_heads;
    if (config->memory == DNC_MEMORY_HOLOGRAPHIC)
        config->width = components_within(config->width);
    config->output = outputs[o].output;
    config->output_size = outputs[o].size;
    config->output_groups = outputs[o].groups;
    return true;
}

int combination_count(void) {
    dnc_config config = {.hidden = 1, .slots = 1, .width = 1, .read_heads = 1};
    int count = 0;
    while (combination(count, &config))
        count++;
    return count;
}

static const char *const single_names[single_variants] = {"dot",
                                                          "location",
                                                          "softplus",
                                                          "no strengths",
                                                          "no links",
                                                          "no allocation",
                                                          "masks",
                                                          "masks of at least 0.3",
                                                          "deallocation",
                                                          "sharpness",
                                                          "read before write",
                                                          "detached usage",
                                                          "allocation epsilon",
                                                          "interface norm",
                                                          "interface clip",
                                                          "gate norm",
                                                          "gate norm of two layers",
                                                          "two write heads",
                                                          "three write heads",
                                                          "activation clip",
                                                          "activation clip of rectified layers",
                                                          "bidirectional",
                                                          "a program",
                                                          "programs of the interface",
                                                          "programs of the output",
                                                          "programs of the output's rows",
                                                          "programs of a normalised interface",
                                                          "drawn memory",
                                                          "location without allocation"};

static void set_programs(dnc_config *c, int32_t count, int32_t width, int32_t use) {
    c->programs = count, c->program_width = width, c->program_use = use;
}

static void set_variant(int index, dnc_config *c) {
    switch (index) {
    case 0: c->addressing = DNC_ADDRESSING_DOT; break;
    case 1: c->addressing = DNC_ADDRESSING_LOCATION; break;
    case 2: c->strengths = DNC_STRENGTHS_SOFTPLUS; break;
    case 3: c->strengths = DNC_STRENGTHS_NONE; break;
    case 4: c->linkage = DNC_LINKAGE_NONE; break;
    case 5: c->allocation = DNC_ALLOCATION_NONE, c->memory_start = DNC_MEMORY_START_DRAWN; break;
    case 6: c->masks = 1; break;
    case 7: c->masks = 1, c->mask_minimum = 0.3f; break;
    case 8: c->deallocation = 1; break;
    case 9: c->sharpness = 1; break;
    case 10: c->read_before_write = 1; break;
    case 11: c->detached_usage = 1; break;
    case 12: c->allocation_epsilon = 1; break;
    case 13: c->interface_norm = 1; break;
    case 14: c->interface_clip = 1.5f; break;
    case 15: c->gate_norm = 1; break;
    case 16: c->gate_norm = 1, c->layers = 2; break;
    case 17: c->write_heads = 2; break;
    case 18: c->write_heads = 3; break;
    case 19: c->activation_clip = 1; break;
    case 20:
        c->controller = DNC_CONTROLLER_FEED_FORWARD, c->layers = 2, c->activation = DNC_ACTIVATION_RELU;
        c->activation_clip = 1;
        break;
    case 21: c->bidirectional = 1; break;
    case 22: set_programs(c, 1, 1, DNC_PROGRAM_USE_INTERFACE); break;
    case 23: set_programs(c, 3, 2, DNC_PROGRAM_USE_INTERFACE); break;
    case 24: set_programs(c, 4, 2, DNC_PROGRAM_USE_OUTPUT); break;
    case 25: set_programs(c, 5, 3, DNC_PROGRAM_USE_OUTPUT_ROWS); break;
    case 26: set_programs(c, 2, 2, DNC_PROGRAM_USE_INTERFACE), c->interface_norm = 1; break;
    case 27: c->memory_start = DNC_MEMORY_START_DRAWN; break;
    case 28: c->addressing = DNC_ADDRESSING_LOCATION, c->allocation = DNC_ALLOCATION_NONE; break;
    }
}

static const char *const delta_names[delta_variants] = {"delta",
                                                        "delta with decay",
                                                        "delta with negative eigenvalues",
                                                        "delta with decay and negative eigenvalues",
                                                        "delta with interface norm",
                                                        "delta with interface clip",
                                                        "delta with programs"};

static dnc_config delta_variant(int index) {
    dnc_config config = configure(MODEL_DELTA, 4, 5, 6, 3, 2);
    config.decay = index % 2 == 1 || index >= 4, config.negative_eigenvalues = index / 2 == 1;
    config.interface_norm = index == 4, config.interface_clip = index == 5 ? 1.5f : 0;
    set_programs(&config, index == 6 ? 3 : 0, index == 6 ? 2 : 0, DNC_PROGRAM_USE_INTERFACE);
    return config;
}

// Real numbers, complex ones, quaternions and octonions, without decay and with.
static dnc_config holographic_variant(int index) {
    dnc_config config = configure(MODEL_HOLOGRAPHIC, 4, 5, 6, 1 << index % 4, 2);
    config.decay = index >= 4;
    config.interface_norm = index == 8, config.interface_clip = index == 9 ? 1.5f : 0;
    return config;
}

dnc_config variant(int index) {
    if (index < delta_variants)
        return delta_variant(index);
    if (index < head_variants)
        return holographic_variant(index - delta_variants);
    dnc_config config = configure(MODEL_DNC, 4, 5, 6, 3, 2);
    index -= head_variants;
    if (index < single_variants) {
        set_variant(index, &config);
        return config;
    }
    uint64_t source = (uint64_t)index;
    for (int tries = 0; tries < 20; tries++) { // those that are refused beside the others are left out
        dnc_config more = config;
        set_variant(random_below(&source, single_variants), &more);
        if (random_below(&source, 3) == 0 && dnc_config_validate(&more) == DNC_OK)
            config = more;
    }
    if (config.controller != DNC_CONTROLLER_FEED_FORWARD)
        config.controller = index % 3 == 0 && !config.gate_norm ? DNC_CONTROLLER_TANH : DNC_CONTROLLER_LSTM;
    return config;
}

const char *variant_name(int index) {
    const int of_dnc = index - head_variants;
    if (of_dnc < 0)
        return index < delta_variants ? delta_names[index] : "holographic";
    return of_dnc < single_variants ? single_names[of_dnc] : "several variants";
}

bool takes_steps(const dnc_config *config) {
    return config->bidirectional == 0;
}

int available_isas(dnc_isa isas[3]) {
    dnc_run run = dnc_run_of(1, 1);
    int count = 0;
    for (dnc_isa isa = DNC_ISA_BASE; isa <= DNC_ISA_AVX512; isa++) {
        dnc_isa same;
        run.isa = (int32_t)isa;
        if (dnc_run_isa(&run, &same) == DNC_OK)
            isas[count++] = same;
    }
    require(count > 0, "no instruction set can be forced, not even base");
    return count;
}

size_t tensor_count(const dnc_tensor *tensor, int first_dimension) {
    size_t count = 1;
    for (int i = first_dimension; i < tensor->rank; i++)
        count *= tensor->shape[i];
    return count;
}

dnc_tensor parameter_tensor(const dnc_config *config, const char *name) {
    dnc_tensor tensor = {.struct_size = sizeof tensor};
    for (size_t i = 0; dnc_parameter_tensor(config, i, &tensor) == DNC_OK; i++)
        if (strcmp(tensor.name, name) == 0)
            return tensor;
    require(0, name);
    return tensor;
}

dnc_tensor state_tensor(const dnc_config *config, const char *name) {
    dnc_tensor tensor = {.struct_size = sizeof tensor};
    for (size_t i = 0; dnc_state_tensor(config, i, &tensor) == DNC_OK; i++)
        if (strcmp(tensor.name, name) == 0)
            return tensor;
    require(0, name);
    return tensor;
}

static size_t record_index(const dnc_config *config, const dnc_run *run, const char *name, dnc_tensor *tensor) {
    size_t index = 0;
    while (dnc_record_tensor(config, run, index, tensor) == DNC_OK) {
        if (strcmp(tensor->name, name) == 0)
            return index;
        index++;
    }
    require(0, name);
    return index;
}

dnc_tensor record_tensor(const dnc_config *config, const dnc_run *run, const char *name) {
    dnc_tensor tensor = {.struct_size = sizeof tensor};
    record_index(config, run, name, &tensor);
    return tensor;
}

network network_create(const dnc_config *config, int bits, int32_t steps, int32_t batch) {
    network net = {.config = *config, .run = dnc_run_of(steps, batch), .bits = bits};
    const size_t rows = (size_t)steps * (size_t)batch;
    require(dnc_parameter_count(config, &net.parameter_count) == DNC_OK, "dnc_parameter_count");
    require(dnc_state_count(config, &net.state_count) == DNC_OK, "dnc_state_count");
    net.parameters = numbers_create(bits, net.parameter_count);
    net.state = numbers_create(bits, (size_t)batch * net.state_count);
    require(call_initial_state(bits, config, batch, net.state) == DNC_OK, "dnc_initial_state");
    net.inputs = numbers_create(32, rows * (size_t)config->symbols_per_step + 1);
    net.input_vectors = numbers_create(32, rows * (size_t)config->input_vector + 1);
    net.targets = numbers_create(32, rows * (size_t)config->output_groups);
    net.target_vectors = numbers_create(32, rows * (size_t)config->output_size);
    net.weights = numbers_create(32, rows);
    net.begins = numbers_create(32, rows);
    net.dropout = calloc(1, sizeof *net.dropout);
    require(net.dropout != NULL, "out of memory");
    *net.dropout =
        (dnc_dropout){.struct_size = sizeof(dnc_dropout), .seed = 5, .step = 7, .lane = 3, .layers = 0.4f, .bypass = 0.3f};
    net.segment = (dnc_segment){.struct_size = sizeof(dnc_segment),
                                .inputs = net.inputs,
                                .input_vectors = net.input_vectors,
                                .targets = net.targets,
                                .target_vectors = net.target_vectors};
    network_set_run(&net, &net.run);
    return net;
}

void network_set_run(network *net, const dnc_run *run) {
    if (net->workspace != NULL)
        workspace_destroy(net->workspace, net->workspace_bytes);
    net->run = *run;
    const dnc_status status = call_segment_workspace(net->bits, &net->config, run, &net->workspace_bytes);
    require(status == DNC_OK, dnc_status_string(status));
    net->workspace = workspace_create(net->workspace_bytes);
}

void network_destroy(network *net) {
    void *const buffers[] = {net->parameters,     net->state,   net->inputs, net->input_vectors, net->targets,
                             net->target_vectors, net->weights, net->begins, net->dropout};
    for (size_t i = 0; i < COUNT(buffers); i++)
        free(buffers[i]);
    workspace_destroy(net->workspace, net->workspace_bytes);
}

size_t bytes_of(const network *net, size_t count) {
    return count * (size_t)net->bits / 8;
}

size_t state_bytes(const network *net) {
    return bytes_of(net, (size_t)net->run.batch * net->state_count);
}

void network_draw_parameters(network *net, uint64_t *source, double scale) {
    // A holographic memory adds up without end and gives many numbers: rounding is not to grow from step to step.
    if (net->config.memory == DNC_MEMORY_HOLOGRAPHIC)
        scale /= 3;
    dnc_tensor tensor = {.struct_size = sizeof tensor};
    for (size_t i = 0; dnc_parameter_tensor(&net->config, i, &tensor) == DNC_OK; i++) {
        const double bound = tensor.rank == 1 ? scale : scale / sqrt(net->config.hidden);
        for (size_t k = 0; k < tensor_count(&tensor, 0); k++)
            set_number(net->bits, net->parameters, tensor.offset + k, random_uniform(source, -bound, bound));
    }
}

void pin(network *net, const char *part, double bias) {
    const dnc_tensor weight = parameter_tensor(&net->config, "interface.weight");
    const size_t columns = tensor_count(&weight, 1), biases = parameter_tensor(&net->config, "interface.bias").offset;
    size_t count;
    const size_t begin = reference_interface_part(&net->config, part, &count);
    for (size_t i = begin; i < begin + count; i++) {
        set_number(net->bits, net->parameters, biases + i, bias);
        for (size_t j = 0; j < columns; j++)
            set_number(net->bits, net->parameters, weight.offset + i * columns + j, 0);
    }
}

void network_draw_segment(network *net, uint64_t *source) {
    const dnc_config *const c = &net->config;
    const int rows = net->run.steps * net->run.batch;
    const bool has_gaps = c->symbols_per_step > 1 || net->segment.begins != NULL; // unlike a text
    for (int i = 0; i < rows * c->symbols_per_step; i++)
        net->inputs[i] = has_gaps && random_below(source, 5) == 0 ? DNC_NO_SYMBOL : random_below(source, c->input_symbols);
    for (int i = 0; c->output == DNC_OUTPUT_SYMBOLS && i < rows * c->output_groups; i++)
        net->targets[i] = random_below(source, 5) == 0 ? DNC_NO_TARGET : random_below(source, c->output_size);
    for (int i = 0; i < rows * c->input_vector; i++)
        net->input_vectors[i] = (float)random_uniform(source, -1, 1);
    for (int i = 0; c->output != DNC_OUTPUT_SYMBOLS && i < rows * c->output_size; i++)
        net->target_vectors[i] =
            c->output == DNC_OUTPUT_BITS ? (float)random_below(source, 2) : (float)random_uniform(source, -1, 1);
    for (int i = 0; net->segment.weights != NULL && i < rows; i++)
        net->weights[i] = random_below(source, 3) == 0 ? 0 : (float)random_uniform(source, 0, 2);
    for (int i = 0; net->segment.begins != NULL && i < rows; i++)
        net->begins[i] = random_below(source, 4) == 0;
}

void network_warm_up(network *net, uint64_t *source, int count) {
    for (int i = 0; i < count; i++) {
        network_draw_segment(net, source);
        network_forward(net);
    }
}

dnc_status call_initial_state(int bits, const dnc_config *config, int32_t lanes, void *state) {
    return bits == 32 ? dnc_initial_state_f32(config, lanes, state) : dnc_initial_state_f64(config, lanes, state);
}

dnc_status call_forward(int bits, const dnc_config *config, const dnc_run *run, const void *parameters,
                        const dnc_segment *segment, void *state, void *workspace, size_t workspace_bytes, dnc_loss *loss) {
    return bits == 32 ? dnc_forward_f32(config, run, parameters, segment, state, workspace, workspace_bytes, loss)
                      : dnc_forward_f64(config, run, parameters, segment, state, workspace, workspace_bytes, loss);
}

dnc_status call_backward(int bits, const dnc_config *config, const dnc_run *run, const dnc_segment *segment, void *workspace,
                         size_t workspace_bytes, double scale, void *gradient) {
    return bits == 32 ? dnc_backward_f32(config, run, segment, workspace, workspace_bytes, (float)scale, gradient)
                      : dnc_backward_f64(config, run, segment, workspace, workspace_bytes, scale, gradient);
}

dnc_status call_step(int bits, const dnc_config *config, const dnc_run *run, const void *parameters,
                     const dnc_segment *segment, void *state, void *workspace, size_t workspace_bytes, void *outputs) {
    return bits == 32 ? dnc_step_f32(config, run, parameters, segment, state, workspace, workspace_bytes, outputs)
                      : dnc_step_f64(config, run, parameters, segment, state, workspace, workspace_bytes, outputs);
}

dnc_status call_segment_workspace(int bits, const dnc_config *config, const dnc_run *run, size_t *bytes) {
    return bits == 32 ? dnc_segment_workspace_f32(config, run, bytes) : dnc_segment_workspace_f64(config, run, bytes);
}

dnc_status call_step_workspace(int bits, const dnc_config *config, const dnc_run *run, size_t *bytes) {
    return bits == 32 ? dnc_step_workspace_f32(config, run, bytes) : dnc_step_workspace_f64(config, run, bytes);
}

dnc_status call_record(int bits, const dnc_config *config, const dnc_run *run, const void *workspace, size_t workspace_bytes,
                       size_t index, void *values) {
    return bits == 32 ? dnc_record_f32(config, run, workspace, workspace_bytes, index, values)
                      : dnc_record_f64(config, run, workspace, workspace_bytes, index, values);
}

dnc_loss network_forward(network *net) {
    dnc_loss loss = {.struct_size = sizeof loss};
    const dnc_status status = call_forward(net->bits, &net->config, &net->run, net->parameters, &net->segment, net->state,
                                           net->workspace, net->workspace_bytes, &loss);
    require(status == DNC_OK, dnc_status_string(status));
    return loss;
}

void network_backward(network *net, double scale, void *gradient) {
    const dnc_status status = call_backward(net->bits, &net->config, &net->run, &net->segment, net->workspace,
                                            net->workspace_bytes, scale, gradient);
    require(status == DNC_OK, dnc_status_string(status));
}

void network_step(network *net, void *outputs) {
    const dnc_status status = call_step(net->bits, &net->config, &net->run, net->parameters, &net->segment, net->state,
                                        net->workspace, net->workspace_bytes, outputs);
    require(status == DNC_OK, dnc_status_string(status));
}

void *network_record(const network *net, const char *name, dnc_tensor *tensor) {
    const size_t index = record_index(&net->config, &net->run, name, tensor);
    void *values = numbers_create(net->bits, tensor_count(tensor, 0));
    const dnc_status status =
        call_record(net->bits, &net->config, &net->run, net->workspace, net->workspace_bytes, index, values);
    require(status == DNC_OK, dnc_status_string(status));
    return values;
}
