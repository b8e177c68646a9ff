// Programs: alike, or one alone, they are the plain model; their order does not matter; and a mix by hand.
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "harness.h"

enum { T = 6, B = 2, F = 2 };

// Elsewhere the same sums may be contracted, or kept in registers, in other ways.
#ifdef __x86_64__
enum { compiles_alike = 1 };
#else
enum { compiles_alike = 0 };
#endif

typedef struct use {
    const char *name;
    model kind;
    int32_t use, groups;
} use;

static const use uses[] = {
    {"of a DNC's interface", MODEL_DNC, DNC_PROGRAM_USE_INTERFACE, 1},
    {"of the interface with delta", MODEL_DELTA, DNC_PROGRAM_USE_INTERFACE, 2},
    {"of an LSTM's output", MODEL_LSTM, DNC_PROGRAM_USE_OUTPUT, 1},
    {"of a DNC's softmaxes", MODEL_DNC, DNC_PROGRAM_USE_OUTPUT, 3},
    {"of an RNN's output rows", MODEL_RNN, DNC_PROGRAM_USE_OUTPUT_ROWS, 1},
    {"of the rows of a DNC's softmaxes", MODEL_DNC, DNC_PROGRAM_USE_OUTPUT_ROWS, 3},
};

static dnc_config plain_of(const use *u) {
    dnc_config config = configure(u->kind, 4, 5, 6, 3, 2);
    config.output_groups = u->groups;
    return config;
}

static dnc_config with_programs(dnc_config config, const use *u, int32_t P) {
    config.programs = P, config.program_width = F, config.program_use = u->use;
    return config;
}

static network create(const dnc_config *config, int bits, dnc_isa isa) {
    network net = network_create(config, bits, T, B);
    dnc_run run = net.run;
    run.isa = (int32_t)isa;
    network_set_run(&net, &run);
    return net;
}

static bool is_of_programs(const dnc_config *config, const char *name) {
    switch (config->program_use) {
    case DNC_PROGRAM_USE_INTERFACE: return strncmp(name, "interface.", 10) == 0 && strstr(name, "norm") == NULL;
    case DNC_PROGRAM_USE_OUTPUT: return strncmp(name, "output.", 7) == 0;
    default: return strncmp(name, "output.weight", 13) == 0;
    }
}

// Numbers of a tensor that are one program's; all, if it is of none.
static size_t block_of(const dnc_config *config, const dnc_tensor *tensor) {
    return tensor_count(tensor, 0) / (is_of_programs(config, tensor->name) ? (size_t)config->programs : 1);
}

static double tolerance_of(int bits) {
    return bits == 32 ? 1e-4 : 1e-12;
}

// With all programs as the first one is, the model is the plain one with its weights; of output rows, all of which have the same.
static void check_alike(const use *u, int32_t P, int bits, dnc_isa isa) {
    uint64_t seed = 1;
    const dnc_config config = plain_of(u), more = with_programs(config, u, P);
    network plain = create(&config, bits, isa), mixed = create(&more, bits, isa);
    CHECK_CONTEXT("%d programs %s f%d %s", P, u->name, bits, dnc_isa_string(isa));
    network_draw_parameters(&mixed, &seed, 1.5);
    dnc_tensor tensor = {.struct_size = sizeof tensor};
    for (size_t i = 0; dnc_parameter_tensor(&config, i, &tensor) == DNC_OK; i++) {
        const dnc_tensor source = parameter_tensor(&more, tensor.name);
        const size_t block = block_of(&more, &source);
        for (size_t k = 0; k < tensor_count(&source, 0); k++)
            set_number(bits, mixed.parameters, source.offset + k, number(bits, mixed.parameters, source.offset + k % block));
        for (size_t k = 0; k < tensor_count(&tensor, 0); k++)
            set_number(bits, plain.parameters, tensor.offset + k, number(bits, mixed.parameters, source.offset + k % block));
    }
    void *const of_plain = numbers_create(bits, plain.parameter_count);
    void *const of_mixed = numbers_create(bits, mixed.parameter_count);
    for (int segment = 0; segment < 3; segment++) {
        network_draw_segment(&plain, &seed);
        mixed.segment = plain.segment;
        const double expected = network_forward(&plain).nats, actual = network_forward(&mixed).nats;
        CHECK_CLOSE(actual, expected, tolerance_of(bits) * expected);
        // The rows of an output may be summed in another order than one by itself.
        if (P == 1 && compiles_alike && u->use != DNC_PROGRAM_USE_OUTPUT_ROWS)
            CHECK(actual == expected && memcmp(mixed.state, plain.state, state_bytes(&plain)) == 0);
    }
    network_backward(&plain, 1, of_plain);
    network_backward(&mixed, 1, of_mixed);
    // What all programs together have of the gradient is what the plain model has.
    for (size_t i = 0; dnc_parameter_tensor(&more, i, &tensor) == DNC_OK; i++) {
        const size_t block = block_of(&more, &tensor), of_programs = strncmp(tensor.name, "program.", 8) == 0;
        double *const sums = numbers_create(64, block), error = 0;
        for (size_t k = 0; k < tensor_count(&tensor, 0); k++)
            sums[k % block] += number(bits, of_mixed, tensor.offset + k);
        const dnc_tensor same = of_programs ? tensor : parameter_tensor(&config, tensor.name);
        for (size_t k = 0; !of_programs && k < tensor_count(&same, 0); k++)
            sums[k % block] -= number(bits, of_plain, same.offset + k);
        for (size_t k = 0; k < block; k++)
            error = worse(error, fabs(sums[k]));
        CHECK_ERROR(tensor.name, error, P == 1 && of_programs ? 0 : 10 * tolerance_of(bits));
        free(sums);
    }
    free(of_plain), free(of_mixed);
    network_destroy(&plain), network_destroy(&mixed);
}

// Elements of the tensor `name` of two networks, program i of one beside program i + 1 of the other.
static void turn(const network *from, const void *numbers, const dnc_tensor *tensor, void *turned) {
    const size_t P = (size_t)from->config.programs, count = tensor_count(tensor, 0);
    const bool are_keys = strcmp(tensor->name, "program.keys") == 0;
    const size_t block = are_keys ? count / P : block_of(&from->config, tensor);
    for (size_t k = 0; k < count; k++)
        set_number(from->bits, turned, tensor->offset + (k + block) % count,
                   number(from->bits, numbers, tensor->offset + k));
}

// Programs in another order, with their keys, are the same model.
static void check_order(const use *u, int bits, dnc_isa isa) {
    enum { P = 3 };
    uint64_t seed = 2;
    const dnc_config plain = plain_of(u), config = with_programs(plain, u, P);
    network net = create(&config, bits, isa), turned = create(&config, bits, isa);
    CHECK_CONTEXT("turned programs %s f%d %s", u->name, bits, dnc_isa_string(isa));
    network_draw_parameters(&net, &seed, 1.5);
    dnc_tensor tensor = {.struct_size = sizeof tensor};
    for (size_t i = 0; dnc_parameter_tensor(&config, i, &tensor) == DNC_OK; i++)
        turn(&net, net.parameters, &tensor, turned.parameters);
    CHECK(memcmp(net.parameters, turned.parameters, bytes_of(&net, net.parameter_count)) != 0);
    for (int segment = 0; segment < 3; segment++) {
        network_draw_segment(&net, &seed);
        turned.segment = net.segment;
        const double expected = network_forward(&net).nats;
        CHECK_CLOSE(network_forward(&turned).nats, expected, tolerance_of(bits) * expected);
    }
    void *const a = network_record(&net, "program_weightings", &tensor);
    void *const b = network_record(&turned, "program_weightings", &tensor);
    double error = 0, least = 1, most = 0;
    for (size_t k = 0; k < tensor_count(&tensor, 0); k++) {
        const double weight = number(bits, a, k);
        error = worse(error, fabs(weight - number(bits, b, k / P * P + (k + 1) % P)));
        least = fmin(least, weight), most = fmax(most, weight);
    }
    CHECK_ERROR("weightings", error, tolerance_of(bits));
    CHECK(least > 0 && most > 1.5 * least && most < 1); // they tell programs apart
    void *const gradient = numbers_create(bits, net.parameter_count), *const expected =
                                                                          numbers_create(bits, net.parameter_count);
    void *const of_turned = numbers_create(bits, net.parameter_count);
    network_backward(&net, 1, gradient);
    network_backward(&turned, 1, of_turned);
    for (size_t i = 0; dnc_parameter_tensor(&config, i, &tensor) == DNC_OK; i++)
        turn(&net, gradient, &tensor, expected);
    CHECK_ERROR("gradient", largest_difference(bits, of_turned, expected, net.parameter_count), 10 * tolerance_of(bits));
    free(a), free(b), free(gradient), free(expected), free(of_turned);
    network_destroy(&net), network_destroy(&turned);
}

// Two programs with the keys 1 and -1, and a query of 1 whose strength is 1 + log 2.
static void check_by_hand(void) {
    const dnc_config config = with_programs(configure(MODEL_RNN, 2, 1, 0, 0, 0), &(use){.use = DNC_PROGRAM_USE_OUTPUT}, 2);
    dnc_config narrow = config;
    narrow.program_width = 1;
    network net = network_create(&narrow, 64, 1, 1);
    double *const parameters = net.parameters, *const keys = parameters + parameter_tensor(&narrow, "program.keys").offset;
    double *const bias = parameters + parameter_tensor(&narrow, "output.bias").offset; // (2 programs, 2 symbols)
    keys[0] = 1, keys[1] = -1;
    parameters[parameter_tensor(&narrow, "program.bias").offset] = 1;
    bias[0] = 3, bias[1] = -1, bias[2] = 5, bias[3] = 4;
    net.inputs[0] = net.targets[0] = 0;
    network_forward(&net);
    const double cosine = 1 / (1 + DNC_COSINE_EPSILON), first = 1 / (1 + exp(-2 * cosine * (1 + log(2))));
    dnc_tensor tensor = {.struct_size = sizeof tensor};
    double *const weightings = network_record(&net, "program_weightings", &tensor);
    CHECK_CONTEXT("by hand");
    CHECK_EQUAL(tensor.rank, 3);
    CHECK_CLOSE(weightings[0], first, 1e-15);
    CHECK_CLOSE(weightings[1], 1 - first, 1e-15);
    double *const logits = network_record(&net, "logits", &tensor);
    CHECK_CLOSE(logits[0], 3 * first + 5 * (1 - first), 1e-14);
    CHECK_CLOSE(logits[1], -first + 4 * (1 - first), 1e-14);
    free(weightings), free(logits);
    network_destroy(&net);
}

int main(void) {
    dnc_use_one_blas_thread();
    dnc_isa isas[3];
    const int isa_count = available_isas(isas);
    for (int i = 0; i < isa_count; i++)
        for (int bits = 32; bits <= 64; bits += 32)
            for (size_t k = 0; k < COUNT(uses); k++) {
                check_alike(&uses[k], 1, bits, isas[i]);
                check_alike(&uses[k], 4, bits, isas[i]);
                check_order(&uses[k], bits, isas[i]);
            }
    check_by_hand();
    return check_report();
}
