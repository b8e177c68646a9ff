// Dropout: what is kept is a matter of chance, and of (seed, step, lane, place, unit) alone. What it does to a network is in
// test_reference.c, and its gradient in test_gradients.c.
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "harness.h"

static const dnc_dropout none = {.struct_size = sizeof none};

// ---- What is kept, as a network shows it: of units that are all 1, in its outputs ------------------------------------------

typedef enum place { BELOW, BYPASS, PLACES } place;

static dnc_dropout dropout_of(place at, float rate, uint64_t seed) {
    dnc_dropout dropout = none;
    dropout.seed = seed;
    *(at == BELOW ? &dropout.layers : &dropout.bypass) = rate;
    return dropout;
}

static void set_diagonal(network *net, const char *name, size_t column) {
    const dnc_tensor weight = parameter_tensor(&net->config, name);
    for (size_t i = 0; i < weight.shape[0]; i++)
        set_number(net->bits, net->parameters, weight.offset + i * weight.shape[1] + column + i, 1);
}

// (T, B, H) 1 where the number is kept; *gain: what those come to.
static char *masks(place at, const dnc_dropout *dropout, int bits, dnc_isa isa, int32_t T, int32_t B, int32_t H,
                   double *gain) {
    dnc_config config;
    require(dnc_config_init(&config) == DNC_OK, "dnc_config_init");
    config.input_vector = 1, config.controller = DNC_CONTROLLER_TANH, config.hidden = H;
    config.layers = at == BELOW ? 2 : 1;
    config.output = DNC_OUTPUT_REALS, config.output_size = H;
    network net = network_create(&config, bits, T, B);
    dnc_run run = net.run;
    run.isa = (int32_t)isa;
    network_set_run(&net, &run);
    for (size_t j = 0; j < (size_t)H; j++)
        set_number(bits, net.parameters, parameter_tensor(&config, "controller.0.bias").offset + j, 30); // tanh of it is 1
    if (at == BELOW)
        set_diagonal(&net, "controller.1.weight_below", 0);
    set_diagonal(&net, "output.weight", at == BELOW ? (size_t)H : 0);
    net.segment.dropout = dropout;
    network_forward(&net);
    dnc_tensor tensor = {.struct_size = sizeof tensor};
    void *const outputs = network_record(&net, "outputs", &tensor);
    const size_t count = tensor_count(&tensor, 0);
    char *const kept = malloc(count);
    require(kept != NULL, "out of memory");
    *gain = 0;
    for (size_t i = 0; i < count; i++) {
        const double y = number(bits, outputs, i);
        kept[i] = y != 0;
        *gain = fmax(*gain, y);
    }
    free(outputs);
    network_destroy(&net);
    return kept;
}

// Written down, as seeds are: another mask for them is another result for whoever used them.
static void check_known(void) {
    static const struct {
        place at;
        uint64_t seed, step, lane;
        uint32_t units; // bit j: unit j is kept
    } known[] = {
        {BYPASS, 0, 0, 0, 0xc707aea1},       {BYPASS, 1, 0, 0, 0x7e8cac87},
        {BYPASS, 1, 1000000, 0, 0xdf6d81b9}, {BYPASS, 1, 0, UINT64_C(1) << 40, 0xa339c0e9},
        {BELOW, 1, 0, 0, 0xa0950adc},        {BELOW, UINT64_MAX, UINT64_MAX, UINT64_MAX, 0xcc0b8814},
    };
    for (size_t i = 0; i < COUNT(known); i++) {
        CHECK_CONTEXT("known masks, %d", (int)i);
        dnc_dropout dropout = dropout_of(known[i].at, 0.5f, known[i].seed);
        dropout.step = known[i].step, dropout.lane = known[i].lane;
        double gain;
        char *const kept = masks(known[i].at, &dropout, 64, DNC_ISA_AUTO, 1, 1, 32, &gain);
        uint32_t units = 0;
        for (int j = 0; j < 32; j++)
            units |= (uint32_t)kept[j] << j;
        CHECK_EQUAL(units, known[i].units);
        free(kept);
    }
}

// As in either precision, so in every instruction set.
static void check_everywhere(const dnc_isa *isas, int isa_count) {
    enum { T = 5, B = 3, H = 37 };
    for (place at = BELOW; at < PLACES; at++) {
        const dnc_dropout dropout = dropout_of(at, 0.3f, 9);
        double gain;
        char *const expected = masks(at, &dropout, 64, isas[0], T, B, H, &gain);
        for (int i = 0; i < isa_count; i++)
            for (int bits = 32; bits <= 64; bits += 32) {
                CHECK_CONTEXT("place %d f%d %s", at, bits, dnc_isa_string(isas[i]));
                char *const kept = masks(at, &dropout, bits, isas[i], T, B, H, &gain);
                CHECK(memcmp(kept, expected, T * B * H) == 0);
                const double makes_up = 1 / (1 - (double)dropout.bypass);
                if (at == BYPASS)
                    CHECK_CLOSE(gain, makes_up, bits == 32 ? 1e-6 : 1e-15);
                free(kept);
            }
        free(expected);
    }
}

// ---- Chance ------------------------------------------------------------------------------------------------------------------

// That a and b are kept as independently as coins with this probability, from `count` of each: their correlation is within 5
// standard deviations.
static void check_independent(const char *what, double probability, const char *a, const char *b, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (a[i] - probability) * (b[i] - probability);
    CHECK_ERROR(what, sum / (probability * (1 - probability) * sqrt((double)count)), 5);
}

static void check_chance(place at, float rate, uint64_t seed) {
    enum { B = 16, H = 256 };
    const int T = repetitions(8, 64, 64);
    const size_t count = (size_t)T * B * H;
    const double probability = 1 - (double)rate;
    double gain, kept_count = 0;
    dnc_dropout dropout = dropout_of(at, rate, seed), other = dropout_of(at, rate, seed + 1);
    char *const kept = masks(at, &dropout, 32, DNC_ISA_AUTO, T, B, H, &gain);
    char *const of_seed = masks(at, &other, 32, DNC_ISA_AUTO, T, B, H, &gain);
    other = dropout_of(1 - at, rate, seed);
    char *const of_place = masks(1 - at, &other, 32, DNC_ISA_AUTO, T, B, H, &gain);
    CHECK_CONTEXT("place %d rate %g", at, (double)rate);
    for (size_t i = 0; i < count; i++)
        kept_count += kept[i];
    CHECK_CLOSE(kept_count, (double)count * probability, 5 * sqrt((double)count * probability * (1 - probability)));
    check_independent("units", probability, kept, kept + 1,
                      count - 1); // the last of a row and the first of the next among them
    check_independent("units apart", probability, kept, kept + 16, count - 16);
    check_independent("lanes", probability, kept, kept + H, count - H);
    check_independent("steps", probability, kept, kept + B * H, count - B * H);
    check_independent("seeds", probability, kept, of_seed, count);
    check_independent("places", probability, kept, of_place, count);
    // Nor do units, lanes or steps have rates of their own: the sums over all others are spread as sums of coins are.
    const size_t strides[] = {1, H, B * H}, sizes[] = {H, B, (size_t)T};
    for (int axis = 0; axis < 3; axis++) {
        double chi_square = 0, sums[H] = {0};
        const double each = (double)count / (double)sizes[axis];
        for (size_t i = 0; i < count; i++)
            sums[i / strides[axis] % sizes[axis]] += kept[i];
        for (size_t k = 0; k < sizes[axis]; k++)
            chi_square +=
                (sums[k] - each * probability) * (sums[k] - each * probability) / (each * probability * (1 - probability));
        const double freedom = (double)sizes[axis];
        CHECK_CLOSE(chi_square, freedom, 6 * sqrt(2 * freedom));
    }
    free(kept);
    free(of_seed);
    free(of_place);
}

// ---- A batch and a segment in parts --------------------------------------------------------------------------------------------

// Lanes first ..< first + count of what is (steps, lanes, size).
static void copy_lanes(const void *from, size_t steps, size_t lanes, size_t size, size_t first, size_t count, void *to) {
    for (size_t t = 0; t < steps; t++)
        memcpy((char *)to + t * count * size, (const char *)from + (t * lanes + first) * size, count * size);
}

// Two halves of a batch are as the whole is: their losses and gradients add up, and their lanes' states are the same.
static void check_lanes(const dnc_config *config) {
    enum { T = 4, B = 4, half = B / 2 };
    uint64_t source = 1;
    network whole = network_create(config, 64, T, B);
    whole.segment.dropout = whole.dropout;
    network_draw_parameters(&whole, &source, 1.5);
    network_draw_segment(&whole, &source);
    double *const gradient = numbers_create(64, whole.parameter_count), *const sum =
                                                                            numbers_create(64, whole.parameter_count);
    double nats = network_forward(&whole).nats;
    network_backward(&whole, 1, gradient);
    for (size_t first = 0; first < B; first += half) {
        network part = network_create(config, 64, T, half);
        memcpy(part.parameters, whole.parameters, bytes_of(&whole, whole.parameter_count));
        copy_lanes(whole.inputs, T, B, 4 * (size_t)config->symbols_per_step, first, half, part.inputs);
        copy_lanes(whole.input_vectors, T, B, 4 * (size_t)config->input_vector, first, half, part.input_vectors);
        copy_lanes(whole.targets, T, B, 4 * (size_t)config->output_groups, first, half, part.targets);
        copy_lanes(whole.target_vectors, T, B, 4 * (size_t)config->output_size, first, half, part.target_vectors);
        part.segment.dropout = part.dropout;
        part.dropout->lane += first;
        nats -= network_forward(&part).nats;
        network_backward(&part, 1, sum);
        CHECK_CLOSE(
            largest_difference(64, part.state, (double *)whole.state + first * whole.state_count, half * whole.state_count),
            0, 1e-10);
        network_destroy(&part);
    }
    CHECK_CLOSE(nats, 0, 1e-10);
    CHECK_CLOSE(largest_difference(64, gradient, sum, whole.parameter_count), 0, 1e-10);
    free(gradient);
    free(sum);
    network_destroy(&whole);
}

// Two halves of a segment lead where the whole does.
static void check_steps(const dnc_config *config) {
    enum { T = 6, B = 3, half = T / 2 };
    uint64_t source = 1;
    network whole = network_create(config, 64, T, B), part = network_create(config, 64, half, B);
    whole.segment.dropout = whole.dropout, part.segment.dropout = part.dropout;
    network_draw_parameters(&whole, &source, 1.5);
    network_draw_segment(&whole, &source);
    memcpy(part.parameters, whole.parameters, bytes_of(&whole, whole.parameter_count));
    double nats = network_forward(&whole).nats;
    for (size_t first = 0; first < T; first += half) {
        part.segment.inputs = whole.inputs + first * B * (size_t)config->symbols_per_step;
        part.segment.input_vectors = whole.input_vectors + first * B * (size_t)config->input_vector;
        part.segment.targets = whole.targets + first * B * (size_t)config->output_groups;
        part.segment.target_vectors = whole.target_vectors + first * B * (size_t)config->output_size;
        nats -= network_forward(&part).nats;
        part.dropout->step += half;
    }
    CHECK_CLOSE(nats, 0, 1e-10);
    CHECK_CLOSE(largest_difference(64, part.state, whole.state, B * whole.state_count), 0, 1e-10);
    network_destroy(&whole);
    network_destroy(&part);
}

// ---- None -------------------------------------------------------------------------------------------------------------------

// Rates of 0 are as no dropout, and what lies behind the segment of an older program is not looked at: to the bit.
static void check_none(const dnc_config *config, int bits) {
    enum { T = 4, B = 2, ways = 3 };
    void *gradients[ways];
    double nats[ways];
    dnc_dropout zeros = dropout_of(BELOW, 0, 77);
    for (int way = 0; way < ways; way++) {
        uint64_t source = 1;
        network net = network_create(config, bits, T, B);
        if (way == 1)
            net.segment.dropout = &zeros;
        if (way == 2)
            net.segment.dropout = net.dropout, net.segment.struct_size = offsetof(dnc_segment, dropout);
        network_draw_parameters(&net, &source, 1.5);
        network_draw_segment(&net, &source);
        gradients[way] = numbers_create(bits, net.parameter_count);
        nats[way] = network_forward(&net).nats;
        network_backward(&net, 1, gradients[way]);
        CHECK(nats[way] == nats[0]);
        CHECK(memcmp(gradients[way], gradients[0], bytes_of(&net, net.parameter_count)) == 0);
        network_destroy(&net);
    }
    for (int way = 0; way < ways; way++)
        free(gradients[way]);
}

int main(void) {
    dnc_use_one_blas_thread();
    dnc_isa isas[3];
    const int isa_count = available_isas(isas);
    check_known();
    check_everywhere(isas, isa_count);
    static const float rates[] = {0.02f, 0.2f, 0.5f, 0.9f};
    for (place at = BELOW; at < PLACES; at++)
        for (size_t i = 0; i < COUNT(rates); i += (size_t)repetitions(3, 1, 1))
            for (int seed = 0; seed < repetitions(1, 1, 10); seed++)
                check_chance(at, rates[i], (uint64_t)seed);
    dnc_config config = {.hidden = 5, .slots = 4, .width = 3, .read_heads = 2};
    for (int i = 0; combination(i, &config); i += repetitions(17, 1, 1)) {
        CHECK_CONTEXT("%s combination %d", model_name(&config), i);
        check_lanes(&config);
        if (takes_steps(&config)) // a backward layer begins at the end of a segment
            check_steps(&config);
        check_none(&config, 32);
        check_none(&config, 64);
        config = (dnc_config){.hidden = 5, .slots = 4, .width = 3, .read_heads = 2};
    }
    return check_report();
}
