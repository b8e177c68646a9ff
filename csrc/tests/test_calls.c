// The computing calls: misuse is refused and writes nothing, and buffers come and go without a trace.
#include <stdlib.h>
#include <string.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "check.h"
#include "harness.h"

enum { V = 3, H = 4, N = 5, W = 2, R = 2, T = 3, B = 2, most_numbers = (T + 1) * B * N * N };

// The models of text, and one with all that a step may read and several softmaxes; then bits and numbers, of vectors alone.
enum { RICH = MODELS_END - MODEL_RNN, BITS, REALS, SAMPLES };

static dnc_config sample(int kind) {
    dnc_config config = configure(kind < RICH ? (model)(MODEL_RNN + kind) : MODEL_DNC, V, H, N, W, R);
    if (kind == RICH) {
        config.symbols_per_step = 2, config.input_vector = 3;
        config.controller = DNC_CONTROLLER_FEED_FORWARD, config.layers = 2;
        config.output_groups = 2;
    } else if (kind > RICH) {
        config.input_symbols = config.symbols_per_step = 0, config.input_vector = 3;
        config.output = kind == BITS ? DNC_OUTPUT_BITS : DNC_OUTPUT_REALS;
    }
    require(dnc_config_validate(&config) == DNC_OK, "dnc_config_validate");
    return config;
}

typedef struct arguments { // of any call
    const dnc_config *config;
    const dnc_run *run;
    const void *parameters;
    const dnc_segment *segment;
    void *state, *workspace, *gradient, *numbers; // numbers: outputs of the step, or a recorded tensor
    size_t bytes, index;
    dnc_loss *loss;
} arguments;

typedef enum operation { FORWARD, BACKWARD, RECORD, STEP } operation;

static const char *const operation_names[] = {"forward", "backward", "record", "step"};

static dnc_status call(operation op, int bits, const arguments *a) {
    switch (op) {
    case FORWARD:
        return call_forward(bits, a->config, a->run, a->parameters, a->segment, a->state, a->workspace, a->bytes, a->loss);
    case BACKWARD: return call_backward(bits, a->config, a->run, a->segment, a->workspace, a->bytes, 1, a->gradient);
    case RECORD: return call_record(bits, a->config, a->run, a->workspace, a->bytes, a->index, a->numbers);
    default:
        return call_step(bits, a->config, a->run, a->parameters, a->segment, a->state, a->workspace, a->bytes, a->numbers);
    }
}

// Everything that a call may write, and how it was.
typedef struct buffer {
    void *now, *before;
    size_t bytes;
} buffer;

static buffer watch(void *bytes, size_t count) {
    const buffer watched = {bytes, malloc(count), count};
    require(watched.before != NULL, "out of memory");
    memcpy(watched.before, bytes, count);
    return watched;
}

static void remember(const buffer *buffers, size_t count) {
    for (size_t i = 0; i < count; i++)
        memcpy(buffers[i].before, buffers[i].now, buffers[i].bytes);
}

static int unchanged(const buffer *buffers, size_t count) {
    int same = 1;
    for (size_t i = 0; i < count; i++)
        same &= memcmp(buffers[i].before, buffers[i].now, buffers[i].bytes) == 0;
    return same;
}

// A call with `change` made to good arguments: refused as expected, and nothing written.
#define REFUSED(op, expected, change)                                                                                       \
    do {                                                                                                                    \
        dnc_config config = good_config;                                                                                    \
        dnc_run run = net.run;                                                                                              \
        dnc_segment segment = net.segment;                                                                                  \
        arguments a = good[op];                                                                                             \
        a.config = &config, a.run = &run, a.segment = &segment;                                                             \
        change;                                                                                                             \
        CHECK_EQUAL(call(op, bits, &a), expected);                                                                          \
        CHECK(unchanged(buffers, COUNT(buffers)));                                                                          \
    } while (0)

static void check_calls(int kind, int bits) {
    const dnc_config good_config = sample(kind);
    const bool reads_symbols = good_config.input_symbols > 0, reads_vectors = good_config.input_vector > 0;
    const bool answers_symbols = good_config.output == DNC_OUTPUT_SYMBOLS;
    uint64_t source = 1;
    network net = network_create(&good_config, bits, T, B);
    network_draw_parameters(&net, &source, 1);
    network_warm_up(&net, &source, 2);
    network_draw_segment(&net, &source);

    size_t step_bytes, tensors;
    require(call_step_workspace(bits, &good_config, &net.run, &step_bytes) == DNC_OK, "step_workspace");
    require(dnc_record_tensor_count(&good_config, &net.run, &tensors) == DNC_OK, "dnc_record_tensor_count");
    const size_t room = net.workspace_bytes + step_bytes + DNC_ALIGNMENT; // for any of the calls, and for a shifted one
    dnc_loss loss = {sizeof loss, 77, 77};
    arguments sound = {.parameters = net.parameters,
                       .state = net.state,
                       .workspace = workspace_create(room),
                       .gradient = numbers_create(bits, net.parameter_count),
                       .numbers = numbers_create(bits, most_numbers),
                       .bytes = net.workspace_bytes,
                       .loss = &loss};
    arguments good[] = {sound, sound, sound, sound}, accepted = sound;
    good[STEP].bytes = step_bytes;
    accepted.config = &good_config, accepted.run = &net.run, accepted.segment = &net.segment, accepted.bytes = room;
    buffer buffers[] = {watch(net.state, state_bytes(&net)), watch(sound.gradient, bytes_of(&net, net.parameter_count)),
                        watch(sound.numbers, bytes_of(&net, most_numbers)), watch(sound.workspace, room),
                        watch(&loss, sizeof loss)};

    for (operation op = FORWARD; op <= STEP; op++) {
        const int has_targets = op == FORWARD || op == BACKWARD, has_segment = op != RECORD;
        const int needs_forward = op == BACKWARD || op == RECORD, has_parameters = op == FORWARD || op == STEP;
        CHECK_CONTEXT("%s of sample %d f%d", operation_names[op], kind, bits);
        if (op == BACKWARD) { // a forward pass to go back over, which all the refused calls leave in place
            REFUSED(BACKWARD, DNC_ERROR_NO_FORWARD, (void)0);
            REFUSED(RECORD, DNC_ERROR_NO_FORWARD, (void)0);
            memset(sound.workspace, 0, room);
            remember(buffers, COUNT(buffers));
            REFUSED(BACKWARD, DNC_ERROR_NO_FORWARD, (void)0);
            REFUSED(RECORD, DNC_ERROR_NO_FORWARD, (void)0);
            CHECK_EQUAL(call(FORWARD, bits, &accepted), DNC_OK);
            remember(buffers, COUNT(buffers));
        }
        REFUSED(op, DNC_ERROR_NULL_POINTER, a.config = NULL);
        REFUSED(op, DNC_ERROR_NULL_POINTER, a.run = NULL);
        REFUSED(op, DNC_ERROR_NULL_POINTER, a.workspace = NULL);
        if (has_segment) {
            REFUSED(op, DNC_ERROR_NULL_POINTER, a.segment = NULL);
            if (reads_symbols)
                REFUSED(op, DNC_ERROR_NULL_POINTER, segment.inputs = NULL);
            if (reads_vectors)
                REFUSED(op, DNC_ERROR_NULL_POINTER, segment.input_vectors = NULL);
        }
        if (has_targets && answers_symbols)
            REFUSED(op, DNC_ERROR_NULL_POINTER, segment.targets = NULL);
        if (has_targets && !answers_symbols)
            REFUSED(op, DNC_ERROR_NULL_POINTER, segment.target_vectors = NULL);
        if (has_parameters) {
            REFUSED(op, DNC_ERROR_NULL_POINTER, a.parameters = NULL);
            REFUSED(op, DNC_ERROR_NULL_POINTER, a.state = NULL);
        }
        if (op == FORWARD)
            REFUSED(op, DNC_ERROR_NULL_POINTER, a.loss = NULL);
        else if (op == BACKWARD)
            REFUSED(op, DNC_ERROR_NULL_POINTER, a.gradient = NULL);
        else
            REFUSED(op, DNC_ERROR_NULL_POINTER, a.numbers = NULL);

        REFUSED(op, DNC_ERROR_STRUCT_SIZE, config.struct_size--);
        REFUSED(op, DNC_ERROR_STRUCT_SIZE, run.struct_size--);
        REFUSED(op, DNC_ERROR_STRUCT_SIZE, run.struct_size = UINT32_MAX);
        if (has_segment)
            REFUSED(op, DNC_ERROR_STRUCT_SIZE, segment.struct_size--);
        if (has_segment)
            REFUSED(op, DNC_ERROR_STRUCT_SIZE, segment.struct_size = UINT32_MAX);
        if (op == FORWARD)
            REFUSED(op, DNC_ERROR_STRUCT_SIZE, a.loss = &(dnc_loss){.struct_size = sizeof loss - 1});
        static const float bad_rates[] = {1, -0.1f, 1.5f, (float)NAN, (float)INFINITY};
        for (size_t i = 0; has_targets && i < COUNT(bad_rates); i++)
            for (size_t place = 0; place < 2; place++) {
                dnc_dropout dropout = {.struct_size = sizeof dropout};
                *(place == 0 ? &dropout.layers : &dropout.bypass) = bad_rates[i];
                REFUSED(op, DNC_ERROR_DROPOUT, segment.dropout = &dropout);
            }
        if (has_targets)
            REFUSED(op, DNC_ERROR_STRUCT_SIZE, segment.dropout = &(dnc_dropout){.struct_size = sizeof(dnc_dropout) - 1});
        REFUSED(op, DNC_ERROR_CONFIG, config.controller = 9);
        REFUSED(op, DNC_ERROR_CONFIG, config.hidden = 0);
        REFUSED(op, DNC_ERROR_CONFIG, config.input_symbols = DNC_MAX_SIZE + 1);
        REFUSED(op, DNC_ERROR_CONFIG, config.output_size = 0);
        REFUSED(op, DNC_ERROR_RUN, run.link_interval = -1);
        REFUSED(op, DNC_ERROR_RUN, run.link_interval = DNC_MAX_SIZE + 1);
        REFUSED(op, DNC_ERROR_RUN, run.own_products = 2);
        REFUSED(op, DNC_ERROR_RUN, run.own_products = -1);
        REFUSED(op, DNC_ERROR_RUN, run.asked_alone = 2);
        REFUSED(op, DNC_ERROR_INSTRUCTION_SET, run.isa = 9);
        for (dnc_isa isa = DNC_ISA_BASE; isa <= DNC_ISA_AVX512; isa++) {
            dnc_isa resolved;
            dnc_run forced = net.run;
            forced.isa = (int32_t)isa;
            if (dnc_run_isa(&forced, &resolved) != DNC_OK)
                REFUSED(op, DNC_ERROR_INSTRUCTION_SET, a.run = &forced);
        }
        if (good_config.memory == DNC_MEMORY_HOLOGRAPHIC)
            REFUSED(op, DNC_ERROR_TOO_LARGE, config.slots = config.read_heads = DNC_MAX_SIZE);
        else if (good_config.memory != DNC_MEMORY_NONE)
            REFUSED(op, DNC_ERROR_TOO_LARGE, config.width = config.read_heads = DNC_MAX_SIZE);
        static const int32_t bad[] = {0, -1, INT32_MIN, DNC_MAX_SIZE + 1, INT32_MAX};
        for (size_t i = 0; i < COUNT(bad); i++) {
            REFUSED(op, DNC_ERROR_SHAPE, run.steps = bad[i]);
            REFUSED(op, DNC_ERROR_SHAPE, run.batch = bad[i]);
        }
        if (op != STEP)
            REFUSED(op, DNC_ERROR_TOO_LARGE, run.steps = run.batch = DNC_MAX_SIZE);
        REFUSED(op, DNC_ERROR_WORKSPACE_TOO_SMALL, run.batch++);
        REFUSED(op, DNC_ERROR_WORKSPACE_TOO_SMALL, a.bytes--);
        REFUSED(op, DNC_ERROR_WORKSPACE_TOO_SMALL, a.bytes = 0);
        REFUSED(op, DNC_ERROR_MISALIGNED, a.workspace = (char *)sound.workspace + 1);
        REFUSED(op, DNC_ERROR_MISALIGNED, a.workspace = (char *)sound.workspace + bits / 8);
        REFUSED(op, DNC_ERROR_MISALIGNED, a.workspace = (char *)sound.workspace + DNC_ALIGNMENT / 2);

        // Every symbol is looked at, and every lane's beginning; DNC_NO_SYMBOL and DNC_NO_TARGET pass.
        const int rows = (op == STEP ? 1 : T) * B;
        static const int32_t bad_symbols[] = {-2, V, INT32_MIN, INT32_MAX};
        for (size_t i = 0; has_segment && i < COUNT(bad_symbols); i++)
            for (int end = 0; end < 2; end++) {
                int32_t inputs[T * B * 2] = {0}, targets[T * B * 2] = {0};
                inputs[end * (rows * good_config.symbols_per_step - 1) * reads_symbols] = bad_symbols[i];
                targets[end * (rows * good_config.output_groups - 1)] = bad_symbols[i];
                if (reads_symbols)
                    REFUSED(op, DNC_ERROR_SYMBOL_RANGE, segment.inputs = inputs);
                if (has_targets && answers_symbols)
                    REFUSED(op, DNC_ERROR_SYMBOL_RANGE, segment.targets = targets);
            }
        static const uint8_t bad_begins[] = {2, 128, 255};
        for (size_t i = 0; has_segment && i < COUNT(bad_begins); i++)
            for (int at = 0; at < rows; at += rows - 1) {
                uint8_t begins[T * B] = {0};
                begins[at] = bad_begins[i];
                REFUSED(op, DNC_ERROR_SYMBOL_RANGE, segment.begins = begins);
            }
        if (op == RECORD) {
            REFUSED(op, DNC_ERROR_SHAPE, a.index = tensors);
            REFUSED(op, DNC_ERROR_SHAPE, a.index = SIZE_MAX);
        }
        if (needs_forward) { // of this very configuration and run
            REFUSED(op, DNC_ERROR_NO_FORWARD, run.steps--);
            REFUSED(op, DNC_ERROR_NO_FORWARD, run.batch--);
            REFUSED(op, DNC_ERROR_NO_FORWARD, (run.steps = B, run.batch = T, a.bytes = room));
            REFUSED(op, DNC_ERROR_NO_FORWARD, config.hidden--);
            REFUSED(op, DNC_ERROR_NO_FORWARD, run.isa = DNC_ISA_BASE);
            REFUSED(op, DNC_ERROR_NO_FORWARD, run.link_interval = 2);
            REFUSED(op, DNC_ERROR_NO_FORWARD, run.own_products = 1);
            REFUSED(op, DNC_ERROR_NO_FORWARD, run.asked_alone = 1);
        }
    }

    // After all this the forward pass is still there for one backward pass, and a larger workspace is welcome.
    CHECK_CONTEXT("backward of sample %d f%d", kind, bits);
    CHECK_EQUAL(call(RECORD, bits, &accepted), DNC_OK);
    CHECK_EQUAL(call(BACKWARD, bits, &accepted), DNC_OK);
    CHECK(!unchanged(&buffers[1], 1));
    remember(buffers, COUNT(buffers));
    REFUSED(BACKWARD, DNC_ERROR_NO_FORWARD, (void)0);
    REFUSED(RECORD, DNC_ERROR_NO_FORWARD, (void)0);

    // A step in the same workspace takes a forward pass's place.
    CHECK_EQUAL(call(FORWARD, bits, &accepted), DNC_OK);
    CHECK_EQUAL(call(STEP, bits, &accepted), DNC_OK);
    remember(buffers, COUNT(buffers));
    REFUSED(BACKWARD, DNC_ERROR_NO_FORWARD, (void)0);
    REFUSED(RECORD, DNC_ERROR_NO_FORWARD, (void)0);

    for (size_t i = 0; i < COUNT(buffers); i++)
        free(buffers[i].before);
    free(sound.gradient);
    free(sound.numbers);
    workspace_destroy(sound.workspace, room);
    network_destroy(&net);
}

// What a model does not have is not looked at, nothing may be read, nothing asked, and lanes may begin anew everywhere.
static void check_welcome(int kind, int bits) {
    const dnc_config config = sample(kind);
    uint64_t source = 1;
    network net = network_create(&config, bits, T, B);
    void *gradient = numbers_create(bits, net.parameter_count), *outputs = numbers_create(bits, most_numbers);
    CHECK_CONTEXT("what is not needed: sample %d f%d", kind, bits);
    network_draw_parameters(&net, &source, 1);
    network_draw_segment(&net, &source);
    if (config.input_symbols == 0)
        net.segment.inputs = NULL;
    if (config.input_vector == 0)
        net.segment.input_vectors = NULL;
    if (config.output == DNC_OUTPUT_SYMBOLS)
        net.segment.target_vectors = NULL;
    else
        net.segment.targets = NULL;
    CHECK(isfinite(network_forward(&net).nats));
    network_backward(&net, 1, gradient);

    for (int i = 0; i < T * B * config.symbols_per_step; i++)
        net.inputs[i] = DNC_NO_SYMBOL;
    for (int i = 0; i < T * B; i++)
        net.begins[i] = 1;
    net.segment.begins = net.begins;
    CHECK(isfinite(network_forward(&net).nats));
    network_backward(&net, 1, gradient);

    net.segment.targets = NULL; // none of which a step looks at
    net.segment.target_vectors = NULL;
    net.segment.dropout = &(dnc_dropout){.struct_size = 1};
    network_step(&net, outputs);
    CHECK(isfinite(number(bits, outputs, 0)));
    free(gradient);
    free(outputs);
    network_destroy(&net);
}

// A forward pass in one precision is none for the other.
static void check_other_precision(int kind, int bits) {
    const dnc_config config = sample(kind);
    const int other = bits == 32 ? 64 : 32;
    CHECK_CONTEXT("backward f%d after forward f%d of sample %d", other, bits, kind);
    network net = network_create(&config, 64, T, B); // in double precision there is room for either
    void *gradient = numbers_create(64, net.parameter_count), *zeros = numbers_create(64, net.parameter_count);
    dnc_loss loss = {.struct_size = sizeof loss};
    CHECK_EQUAL(call_forward(bits, &config, &net.run, net.parameters, &net.segment, net.state, net.workspace,
                             net.workspace_bytes, &loss),
                DNC_OK);
    CHECK_EQUAL(call_backward(other, &config, &net.run, &net.segment, net.workspace, net.workspace_bytes, 1, gradient),
                DNC_ERROR_NO_FORWARD);
    CHECK(memcmp(gradient, zeros, net.parameter_count * sizeof(double)) == 0);
    free(gradient);
    free(zeros);
    network_destroy(&net);
}

// Bytes that the program holds, where the C library tells; 0 elsewhere, where leaks are left to the sanitizers.
static size_t bytes_held(void) {
#ifdef __GLIBC__
#if __GLIBC_PREREQ(2, 33)
    const struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
#endif
#endif
    return 0;
}

// All models and precisions are made, used and destroyed ten thousand times, and the program is no larger for it.
static void check_lifetimes(void) {
    enum { kinds = 6, slack = 1 << 14 };
    const int rounds = repetitions(10, 10000 / kinds + 1, 10000 / kinds + 1);
    uint64_t source = 1;
    size_t held = 0;
    CHECK_CONTEXT("lifetimes");
    for (int round = 0; round < rounds; round++) {
        for (int kind = 0; kind < kinds; kind++) {
            const dnc_config config = sample(kind % 3);
            network net = network_create(&config, kind < 3 ? 32 : 64, T, B);
            void *gradient = numbers_create(net.bits, net.parameter_count), *outputs = numbers_create(net.bits, B * V);
            network_draw_parameters(&net, &source, 1);
            network_draw_segment(&net, &source);
            network_forward(&net);
            network_backward(&net, 1, gradient);
            network_step(&net, outputs);
            free(gradient);
            free(outputs);
            network_destroy(&net);
        }
        if (round == rounds / 10) // what is held for good is held by now
            held = bytes_held();
    }
    CHECK(bytes_held() <= held + slack);
}

int main(void) {
    dnc_use_one_blas_thread();
    for (int kind = 0; kind < SAMPLES; kind++)
        for (int bits = 32; bits <= 64; bits += 32) {
            check_calls(kind, bits);
            check_welcome(kind, bits);
            check_other_precision(kind, bits);
        }
    check_lifetimes();
    return check_report();
}
