// What a model begins with: zeros, but for a memory that is drawn.
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "harness.h"

static dnc_config drawn(int32_t N, int32_t W) {
    dnc_config config = configure(MODEL_DNC, 4, 5, N, W, 2);
    config.memory_start = DNC_MEMORY_START_DRAWN;
    return config;
}

// The initial state of so many lanes, in memory that was full of NaNs; to be freed.
static void *initial_state(const dnc_config *config, int bits, int32_t lanes) {
    size_t count;
    require(dnc_state_count(config, &count) == DNC_OK, "dnc_state_count");
    void *const state = numbers_create(bits, (size_t)lanes * count);
    for (size_t i = 0; i < (size_t)lanes * count; i++)
        set_number(bits, state, i, NAN);
    CHECK_EQUAL(call_initial_state(bits, config, lanes, state), DNC_OK);
    return state;
}

// Numbers that a program in Python gave with whole numbers of any length: they are the same bits everywhere, for ever.
static void check_numbers(int bits) {
    static const struct {
        size_t i, j;
        double value;
    } expected[] = {{0, 0, 0x1.619921d2e944p-8}, {0, 1, 0x1.55c4ad09a6bp-7},   {1, 0, -0x1.f22347a9e8ap-11},
                    {2, 3, -0x1.1c78d69b356p-7}, {7, 7, -0x1.a21df7f7d3dp-10}, {40, 5, 0x1.1748d71e98eep-7}};
    const dnc_config config = drawn(41, 8);
    void *const state = initial_state(&config, bits, 1);
    const size_t memory = state_tensor(&config, "memory").offset;
    CHECK_CONTEXT("numbers f%d", bits);
    for (size_t k = 0; k < COUNT(expected); k++)
        CHECK_EQUAL(number(bits, state, memory + expected[k].i * 8 + expected[k].j),
                    bits == 32 ? (double)(float)expected[k].value : expected[k].value);
    free(state);
}

// 0.01 of numbers of mean 0 and variance 1, and no two rows alike.
static void check_moments(void) {
    enum { N = 256, W = 64, count = N * W };
    const dnc_config config = drawn(N, W);
    double *const state = initial_state(&config, 64, 1), *const memory = state + state_tensor(&config, "memory").offset;
    double sum = 0, squares = 0, largest = 0, alike = 0;
    for (size_t i = 0; i < count; i++)
        sum += memory[i] / 0.01, squares += memory[i] * memory[i] / 1e-4, largest = fmax(largest, fabs(memory[i]) / 0.01);
    CHECK_CONTEXT("moments");
    CHECK_CLOSE(sum / count, 0, 4 / sqrt(count));
    CHECK_CLOSE(squares / count, 1, 4 * sqrt(1.7 / count)); // the fourth moment of four uniform numbers' sum is 2.7
    CHECK(largest > 3 && largest < sqrt(12));
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < i; k++) {
            double product = 0;
            for (size_t j = 0; j < W; j++)
                product += memory[i * W + j] * memory[k * W + j] / 1e-4 / W;
            alike = fmax(alike, fabs(product));
        }
    CHECK(alike < 6 / sqrt(W));
    free(state);
}

// Every lane's memory is that of a function of the place alone: of a larger one it is a part. All else is zeros, as is everything of
// another model.
static void check_places(const dnc_config *config, int bits) {
    enum { lanes = 3, most = 64 };
    const dnc_config large = drawn(most, most);
    const size_t W = (size_t)config->width, size = (size_t)config->slots * W;
    const size_t begin = config->memory_start == DNC_MEMORY_START_DRAWN ? state_tensor(config, "memory").offset : 0;
    const size_t end = config->memory_start == DNC_MEMORY_START_DRAWN ? begin + size : 0;
    const size_t of_large = state_tensor(&large, "memory").offset;
    void *const state = initial_state(config, bits, lanes), *const all = initial_state(&large, 64, 1);
    size_t count, wrong = 0;
    require(dnc_state_count(config, &count) == DNC_OK, "dnc_state_count");
    for (size_t i = 0; i < lanes * count; i++) {
        const size_t at = i % count, k = at - begin;
        const double expected = at >= begin && at < end ? number(64, all, of_large + k / W * most + k % W) : 0;
        wrong += number(bits, state, i) != (bits == 32 ? (double)(float)expected : expected);
    }
    CHECK_EQUAL(wrong, 0);
    free(state);
    free(all);
}

// With a gate of writing that is shut, what a lane begins anew with stays: in the middle of a segment, and in steps; of what was
// before nothing is left, not even NaNs.
static void check_beginnings(dnc_isa isa, int bits) {
    enum { steps = 4, batch = 3, at = 2 };
    const dnc_config config = drawn(5, 3);
    const dnc_tensor memory = state_tensor(&config, "memory");
    network net = network_create(&config, bits, steps, batch);
    dnc_run run = net.run;
    uint64_t source = 1;
    run.isa = (int32_t)isa;
    network_set_run(&net, &run);
    CHECK_CONTEXT("beginnings f%d %s", bits, dnc_isa_string(isa));
    network_draw_parameters(&net, &source, 1.5);
    network_draw_segment(&net, &source);
    pin(&net, "write_gate", -1e9);
    void *const initial = memcpy(numbers_create(bits, batch * net.state_count), net.state, state_bytes(&net));
    for (size_t i = 0; i < net.state_count; i++)
        set_number(bits, net.state, net.state_count + i, NAN); // of the lane in the middle
    net.begins[at * batch + 1] = 1;
    net.segment.begins = net.begins;
    network_forward(&net);
    CHECK_EQUAL(largest_difference(bits, (char *)net.state + bytes_of(&net, memory.offset),
                                   (char *)initial + bytes_of(&net, memory.offset), tensor_count(&memory, 0)),
                0);
    const size_t middle = bytes_of(&net, net.state_count + memory.offset);
    CHECK_EQUAL(largest_difference(bits, (char *)net.state + middle, (char *)initial + middle, tensor_count(&memory, 0)), 0);

    network step = network_create(&config, bits, 1, batch);
    void *const outputs = numbers_create(bits, batch * 4);
    memcpy(step.parameters, net.parameters, bytes_of(&net, net.parameter_count));
    for (size_t i = 0; i < net.state_count; i++)
        set_number(bits, step.state, net.state_count + i, NAN);
    step.segment.begins = step.begins;
    step.begins[1] = 1;
    network_step(&step, outputs);
    CHECK_EQUAL(largest_difference(bits, (char *)step.state + middle, (char *)initial + middle, tensor_count(&memory, 0)),
                0);
    free(outputs);
    free(initial);
    network_destroy(&step);
    network_destroy(&net);
}

static void check_refusals(void) {
    const dnc_config config = drawn(5, 3), none = {.struct_size = sizeof none};
    float floats[4] = {77};
    double doubles[4] = {77};
    CHECK_CONTEXT("refusals");
    CHECK_EQUAL(dnc_initial_state_f32(&config, 1, NULL), DNC_ERROR_NULL_POINTER);
    CHECK_EQUAL(dnc_initial_state_f64(&config, 1, NULL), DNC_ERROR_NULL_POINTER);
    CHECK_EQUAL(dnc_initial_state_f32(NULL, 1, floats), DNC_ERROR_NULL_POINTER);
    CHECK_EQUAL(dnc_initial_state_f32(&none, 1, floats), DNC_ERROR_CONFIG);
    for (int32_t lanes = -1; lanes <= 0; lanes++) {
        CHECK_EQUAL(dnc_initial_state_f32(&config, lanes, floats), DNC_ERROR_SHAPE);
        CHECK_EQUAL(dnc_initial_state_f64(&config, lanes, doubles), DNC_ERROR_SHAPE);
    }
    CHECK_EQUAL(dnc_initial_state_f64(&config, DNC_MAX_SIZE + 1, doubles), DNC_ERROR_SHAPE);
    CHECK(floats[0] == 77 && doubles[0] == 77);
}

int main(void) {
    dnc_use_one_blas_thread();
    dnc_isa isas[3];
    const int isa_count = available_isas(isas);
    check_moments();
    check_refusals();
    for (int bits = 32; bits <= 64; bits += 32) {
        check_numbers(bits);
        for (int i = 0; i < variant_count; i++) {
            const dnc_config config = variant(i);
            CHECK_CONTEXT("places, %s f%d", variant_name(i), bits);
            check_places(&config, bits);
        }
        for (int i = 0; i < isa_count; i++)
            check_beginnings(isas[i], bits);
    }
    return check_report();
}
