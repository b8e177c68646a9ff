// What dnc.h says of configurations, sizes, tensors and initial parameters; the computing calls are in test_calls.c.
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "harness.h"

enum { V = 3, H = 4, N = 5, W = 2, R = 2, T = 3, B = 2, I = R * W + 3 * W + 5 * R + 3 };

static dnc_config sample(model kind) {
    return configure(kind, V, H, N, W, R);
}

static void check_constants(void) {
    CHECK_CONTEXT("strings");
    for (int i = -1; i <= 100; i++) { // statuses and instruction sets that do not exist, too
        const char *text = dnc_status_string((dnc_status)i);
        CHECK(text != NULL && text[0] != '\0');
        for (int j = DNC_OK; j < i && i <= DNC_ERROR_BIDIRECTIONAL; j++)
            CHECK(strcmp(text, dnc_status_string((dnc_status)j)) != 0);
    }
    CHECK(strcmp(dnc_isa_string(DNC_ISA_AUTO), "auto") == 0);
    CHECK(strcmp(dnc_isa_string(DNC_ISA_BASE), "base") == 0);
    CHECK(strcmp(dnc_isa_string(DNC_ISA_AVX2), "avx2") == 0);
    CHECK(strcmp(dnc_isa_string(DNC_ISA_AVX512), "avx512") == 0);
    CHECK(strcmp(dnc_isa_string((dnc_isa)4), "unknown") == 0);
    CHECK(strcmp(dnc_isa_string((dnc_isa)-1), "unknown") == 0);
    static const char *const phases[] = {"controller", "activations", "addressing", "linkage",
                                         "memory",     "output",      "gradients",  "unknown"};
    for (int i = 0; i <= DNC_PHASE_COUNT; i++)
        CHECK(strcmp(dnc_phase_string((dnc_phase)i), phases[i]) == 0);
    CHECK(strcmp(dnc_phase_string((dnc_phase)-1), "unknown") == 0);
}

// ---- Configuration ----

// Every function that takes a configuration and gives a size.
static const dnc_run shape = {.struct_size = sizeof shape, .steps = T, .batch = B};

static dnc_status count_tensors_of_record(const dnc_config *c, size_t *n) {
    return dnc_record_tensor_count(c, &shape, n);
}
static dnc_status step_bytes_f32(const dnc_config *c, size_t *n) {
    return dnc_step_workspace_f32(c, &shape, n);
}
static dnc_status step_bytes_f64(const dnc_config *c, size_t *n) {
    return dnc_step_workspace_f64(c, &shape, n);
}
static dnc_status segment_bytes_f32(const dnc_config *c, size_t *n) {
    return dnc_segment_workspace_f32(c, &shape, n);
}
static dnc_status segment_bytes_f64(const dnc_config *c, size_t *n) {
    return dnc_segment_workspace_f64(c, &shape, n);
}

static dnc_status (*const sizes[])(const dnc_config *, size_t *) = {
    dnc_parameter_count,    dnc_parameter_tensor_count, dnc_state_count,
    dnc_state_tensor_count, count_tensors_of_record,    step_bytes_f32,
    step_bytes_f64,         segment_bytes_f32,          segment_bytes_f64,
};

// All functions refuse this configuration with the same status, and write nothing.
static void check_refused(const dnc_config *config, dnc_status expected) {
    CHECK_EQUAL(dnc_config_validate(config), expected);
    for (size_t i = 0; i < COUNT(sizes); i++) {
        size_t size = 77;
        CHECK_EQUAL(sizes[i](config, &size), expected);
        CHECK_EQUAL(size, 77);
    }
    const char *problem = dnc_config_problem(config);
    CHECK(problem != NULL && problem[0] != '\0');
    dnc_tensor tensor = {.struct_size = sizeof tensor, .rank = 77};
    CHECK_EQUAL(dnc_parameter_tensor(config, 0, &tensor), expected);
    CHECK_EQUAL(dnc_state_tensor(config, 0, &tensor), expected);
    CHECK_EQUAL(dnc_record_tensor(config, &shape, 0, &tensor), expected);
    CHECK_EQUAL(tensor.rank, 77);
    float single = 77;
    double twice = 77;
    CHECK_EQUAL(dnc_initialize_f32(config, 1, &single), expected);
    CHECK_EQUAL(dnc_initialize_f64(config, 1, &twice), expected);
    CHECK_EQUAL(dnc_initial_state_f32(config, 1, &single), expected);
    CHECK_EQUAL(dnc_initial_state_f64(config, 1, &twice), expected);
    CHECK(single == 77 && twice == 77);
}

// A feed-forward controller of three layers, symbols and a vector in, several softmaxes out.
static dnc_config rich_sample(void) {
    dnc_config config = sample(MODEL_DNC);
    config.symbols_per_step = 2, config.input_vector = 3;
    config.controller = DNC_CONTROLLER_FEED_FORWARD, config.layers = 3, config.activation = DNC_ACTIVATION_RELU;
    config.output_size = 4, config.output_groups = 3;
    return config;
}

// Vectors in and bits out: no symbols.
static dnc_config vector_sample(void) {
    dnc_config config = sample(MODEL_LSTM);
    config.input_symbols = config.symbols_per_step = 0, config.input_vector = 3;
    config.output = DNC_OUTPUT_BITS, config.output_size = 4;
    return config;
}

// An LSTM with programs of its output.
static dnc_config program_sample(void) {
    dnc_config config = sample(MODEL_LSTM);
    config.programs = 3, config.program_width = 2, config.program_use = DNC_PROGRAM_USE_OUTPUT;
    return config;
}

enum { RNN, LSTM, WITH_MEMORY, WITH_DELTA, HOLOGRAPHIC, RICH, VECTORS, WITH_PROGRAMS, SAMPLES };

static dnc_config sample_of(int kind) {
    switch (kind) {
    case RICH: return rich_sample();
    case VECTORS: return vector_sample();
    case WITH_PROGRAMS: return program_sample();
    default: return sample((model)(MODEL_RNN + kind));
    }
}

// Which field is to blame for each thing that can be wrong: the sentence begins with its name.
static void check_problems(void) {
    static const char width_of_numbers[] =
        "width must be 1, 2, 4 or 8 of a holographic memory: there is no other product by which conj(k)(k v) is v";
    const struct {
        int kind;
        size_t field;
        int32_t value;
        const char *sentence;
    } problems[] = {
#define FIELD(name) offsetof(dnc_config, name)
        {RNN, FIELD(input_symbols), -1, "input_symbols must be 0 ... 1048576"},
        {RICH, FIELD(input_symbols), DNC_MAX_SIZE + 1, "input_symbols must be 0 ... 1048576"},
        {RICH, FIELD(input_vector), -1, "input_vector must be 0 ... 1048576"},
        {VECTORS, FIELD(input_vector), INT32_MAX, "input_vector must be 0 ... 1048576"},
        {RNN, FIELD(input_symbols), 0, "input_symbols or input_vector must be at least 1: a step reads something"},
        {VECTORS, FIELD(input_vector), 0, "input_symbols or input_vector must be at least 1: a step reads something"},
        {RNN, FIELD(symbols_per_step), 0, "symbols_per_step must be 1 ... 1048576"},
        {RICH, FIELD(symbols_per_step), DNC_MAX_SIZE + 1, "symbols_per_step must be 1 ... 1048576"},
        {VECTORS, FIELD(symbols_per_step), 1, "symbols_per_step must be 0 without input_symbols"},
        {RICH, FIELD(input_symbols), 0, "symbols_per_step must be 0 without input_symbols"},
        {LSTM, FIELD(controller), 0, "controller must be DNC_CONTROLLER_TANH, _LSTM, _FEED_FORWARD, _GRU or _SQUASHED_LSTM"},
        {LSTM, FIELD(controller), 6, "controller must be DNC_CONTROLLER_TANH, _LSTM, _FEED_FORWARD, _GRU or _SQUASHED_LSTM"},
        {LSTM, FIELD(hidden), DNC_MAX_SIZE + 1, "hidden must be 1 ... 1048576"},
        {RICH, FIELD(hidden), 0, "hidden must be 1 ... 1048576"},
        {RICH, FIELD(layers), 0, "layers must be 1 ... 8"},
        {RICH, FIELD(layers), DNC_MAX_LAYERS + 1, "layers must be 1 ... 8"},
        {LSTM, FIELD(layers), 9, "layers must be 1 ... 8"},
        {RICH, FIELD(controller), DNC_CONTROLLER_TANH, "activation must be 0 but for a feed-forward controller"},
        {RICH, FIELD(activation), 2, "activation must be DNC_ACTIVATION_TANH or DNC_ACTIVATION_RELU"},
        {RNN, FIELD(activation), -1, "activation must be DNC_ACTIVATION_TANH or DNC_ACTIVATION_RELU"},
        {RNN, FIELD(activation), DNC_ACTIVATION_RELU, "activation must be 0 but for a feed-forward controller"},
        {LSTM, FIELD(gate_norm), 2, "gate_norm must be 0 or 1"},
        {RNN, FIELD(gate_norm), 1, "gate_norm must be 0 but for an LSTM, whose gates and cell it normalises"},
        {RICH, FIELD(gate_norm), 1, "gate_norm must be 0 but for an LSTM, whose gates and cell it normalises"},
        {LSTM, FIELD(bidirectional), 2, "bidirectional must be 0 or 1"},
        {RICH, FIELD(bidirectional), 1,
         "bidirectional must be 0 with a feed-forward controller, which takes nothing from step to step"},
        {WITH_MEMORY, FIELD(memory), 4, "memory must be DNC_MEMORY_NONE, _DNC, _DELTA or _HOLOGRAPHIC"},
        {RNN, FIELD(memory), -1, "memory must be DNC_MEMORY_NONE, _DNC, _DELTA or _HOLOGRAPHIC"},
        {WITH_MEMORY, FIELD(slots), 0, "slots must be 1 ... 1048576"},
        {WITH_MEMORY, FIELD(width), -1, "width must be 1 ... 1048576"},
        {WITH_MEMORY, FIELD(read_heads), INT32_MAX, "read_heads must be 1 ... 1048576"},
        {RNN, FIELD(memory), DNC_MEMORY_DNC, "slots must be 1 ... 1048576"},
        {RNN, FIELD(slots), 1, "slots must be 0 without a memory"},
        {LSTM, FIELD(width), -1, "width must be 0 without a memory"},
        {LSTM, FIELD(read_heads), 1, "read_heads must be 0 without a memory"},
        {RICH, FIELD(memory), DNC_MEMORY_NONE, "slots must be 0 without a memory"},
        {RNN, FIELD(controller), DNC_CONTROLLER_FEED_FORWARD,
         "memory must not be DNC_MEMORY_NONE with a feed-forward controller, which remembers nothing"},
        {RNN, FIELD(output), 0, "output must be DNC_OUTPUT_SYMBOLS, DNC_OUTPUT_BITS or DNC_OUTPUT_REALS"},
        {RNN, FIELD(output), 4, "output must be DNC_OUTPUT_SYMBOLS, DNC_OUTPUT_BITS or DNC_OUTPUT_REALS"},
        {VECTORS, FIELD(output_size), 0, "output_size must be 1 ... 1048576"},
        {RNN, FIELD(output_size), DNC_MAX_SIZE + 1, "output_size must be 1 ... 1048576"},
        {RICH, FIELD(output_groups), 0, "output_groups must be 1 ... 1048576"},
        {VECTORS, FIELD(output_groups), -1, "output_groups must be 1 ... 1048576"},
        {VECTORS, FIELD(output_groups), 2, "output_groups must be 1, since only softmaxes can be several"},
        {RICH, FIELD(output), DNC_OUTPUT_REALS, "output_groups must be 1, since only softmaxes can be several"},
        {WITH_MEMORY, FIELD(addressing), 3, "addressing must be DNC_ADDRESSING_COSINE, _DOT or _LOCATION"},
        {RNN, FIELD(strengths), 1, "strengths must be 0 but for the memory of a DNC"},
        {WITH_MEMORY, FIELD(linkage), 2, "linkage must be DNC_LINKAGE_TEMPORAL or _NONE"},
        {WITH_MEMORY, FIELD(allocation), -1, "allocation must be DNC_ALLOCATION_USAGE or _NONE"},
        {WITH_MEMORY, FIELD(allocation), DNC_ALLOCATION_NONE,
         "memory_start must be DNC_MEMORY_START_DRAWN with allocation DNC_ALLOCATION_NONE and addressing by content, "
         "which cannot learn to tell apart slots that begin alike"},
        {WITH_MEMORY, FIELD(memory_start), 2, "memory_start must be DNC_MEMORY_START_ZEROS or _DRAWN"},
        {WITH_MEMORY, FIELD(masks), 2, "masks must be 0 or 1"},
        {RNN, FIELD(masks), 1, "masks must be 0 without addressing by cosine, which is what they mask"},
        {WITH_MEMORY, FIELD(mask_minimum), 0x3f800000 /* 1.0f */, "mask_minimum must be 0 without masks"},
        {WITH_MEMORY, FIELD(mask_minimum), 0x3f800001, "mask_minimum must be 0, or 1e-6 ... 1"},
        {RNN, FIELD(deallocation), 1,
         "deallocation must be 0 without usage, since what is wiped is what the free gates free"},
        {RNN, FIELD(sharpness), 1, "sharpness must be 0 without temporal links, which it sharpens"},
        {LSTM, FIELD(read_before_write), 1, "read_before_write must be 0 but for the memory of a DNC"},
        {LSTM, FIELD(detached_usage), 1, "detached_usage must be 0 without usage"},
        {LSTM, FIELD(allocation_epsilon), 1, "allocation_epsilon must be 0 without usage, by which slots are allocated"},
        {LSTM, FIELD(interface_norm), 1, "interface_norm must be 0 without a memory"},
        {LSTM, FIELD(interface_clip), 0x3f800000, "interface_clip must be 0 without a memory"},
        {WITH_MEMORY, FIELD(interface_clip), 1, "interface_clip must be 0, or 1e-3 ... 1e6"},
        {RNN, FIELD(activation_clip), 0x3f7fffff /* below 1 */,
         "activation_clip must be 0, or 1 ... 1e6: what is squashed is within +- 1"},
        {WITH_DELTA, FIELD(slots), 0, "slots must be 1 ... 1048576"},
        {WITH_DELTA, FIELD(read_heads), 0, "read_heads must be 1 ... 1048576"},
        {WITH_DELTA, FIELD(addressing), 1, "addressing must be 0 but for the memory of a DNC"},
        {WITH_DELTA, FIELD(strengths), 1, "strengths must be 0 but for the memory of a DNC"},
        {WITH_DELTA, FIELD(linkage), 1, "linkage must be 0 but for the memory of a DNC"},
        {WITH_DELTA, FIELD(allocation), 1, "allocation must be 0 but for the memory of a DNC"},
        {WITH_DELTA, FIELD(memory_start), 1, "memory_start must be 0 but for the memory of a DNC"},
        {WITH_DELTA, FIELD(masks), 1, "masks must be 0 without addressing by cosine, which is what they mask"},
        {WITH_DELTA, FIELD(mask_minimum), 0x3f800000, "mask_minimum must be 0 without masks"},
        {WITH_DELTA, FIELD(deallocation), 1,
         "deallocation must be 0 without usage, since what is wiped is what the free gates free"},
        {WITH_DELTA, FIELD(sharpness), 1, "sharpness must be 0 without temporal links, which it sharpens"},
        {WITH_DELTA, FIELD(read_before_write), 1, "read_before_write must be 0 but for the memory of a DNC"},
        {WITH_DELTA, FIELD(detached_usage), 1, "detached_usage must be 0 without usage"},
        {WITH_DELTA, FIELD(allocation_epsilon), 1,
         "allocation_epsilon must be 0 without usage, by which slots are allocated"},
        {WITH_DELTA, FIELD(memory), DNC_MEMORY_DNC, "decay must be 0 but for the memory of DeltaNet or a holographic one"},
        {WITH_DELTA, FIELD(decay), 2, "decay must be 0 or 1"},
        {WITH_DELTA, FIELD(negative_eigenvalues), -1, "negative_eigenvalues must be 0 or 1"},
        {RNN, FIELD(decay), 1, "decay must be 0 but for the memory of DeltaNet or a holographic one"},
        {WITH_MEMORY, FIELD(negative_eigenvalues), 1, "negative_eigenvalues must be 0 but for the memory of DeltaNet"},
        {WITH_MEMORY, FIELD(write_heads), 9, "write_heads must be 0 ... 8"},
        {WITH_MEMORY, FIELD(write_heads), -1, "write_heads must be 0 ... 8"},
        {LSTM, FIELD(write_heads), 1, "write_heads must be 0 but for the memory of a DNC"},
        {WITH_DELTA, FIELD(write_heads), 2, "write_heads must be 0 but for the memory of a DNC"},
        {LSTM, FIELD(programs), -1, "programs must be 0 ... 1048576"},
        {RNN, FIELD(programs), 1, "program_width must be 1 ... 1048576"},
        {LSTM, FIELD(program_width), 1, "program_width must be 0 without programs, whose keys have so many numbers"},
        {WITH_MEMORY, FIELD(program_use), 1, "program_use must be 0 without programs"},
        {WITH_PROGRAMS, FIELD(program_width), DNC_MAX_SIZE + 1, "program_width must be 1 ... 1048576"},
        {WITH_PROGRAMS, FIELD(program_use), 3, "program_use must be DNC_PROGRAM_USE_INTERFACE, _OUTPUT or _OUTPUT_ROWS"},
        {WITH_PROGRAMS, FIELD(program_use), DNC_PROGRAM_USE_INTERFACE,
         "program_use must not be DNC_PROGRAM_USE_INTERFACE without a memory, which is what has an interface"},
        {HOLOGRAPHIC, FIELD(width), 3, width_of_numbers},
        {HOLOGRAPHIC, FIELD(width), 6, width_of_numbers},
        {HOLOGRAPHIC, FIELD(width), 16, width_of_numbers},
        {HOLOGRAPHIC, FIELD(width), 0, "width must be 1 ... 1048576"},
        {HOLOGRAPHIC, FIELD(slots), 0, "slots must be 1 ... 1048576"},
        {HOLOGRAPHIC, FIELD(addressing), 2, "addressing must be 0 but for the memory of a DNC"},
        {HOLOGRAPHIC, FIELD(strengths), 1, "strengths must be 0 but for the memory of a DNC"},
        {HOLOGRAPHIC, FIELD(linkage), 1, "linkage must be 0 but for the memory of a DNC"},
        {HOLOGRAPHIC, FIELD(allocation), 1, "allocation must be 0 but for the memory of a DNC"},
        {HOLOGRAPHIC, FIELD(memory_start), 1, "memory_start must be 0 but for the memory of a DNC"},
        {HOLOGRAPHIC, FIELD(masks), 1, "masks must be 0 without addressing by cosine, which is what they mask"},
        {HOLOGRAPHIC, FIELD(deallocation), 1,
         "deallocation must be 0 without usage, since what is wiped is what the free gates free"},
        {HOLOGRAPHIC, FIELD(sharpness), 1, "sharpness must be 0 without temporal links, which it sharpens"},
        {HOLOGRAPHIC, FIELD(read_before_write), 1, "read_before_write must be 0 but for the memory of a DNC"},
        {HOLOGRAPHIC, FIELD(detached_usage), 1, "detached_usage must be 0 without usage"},
        {HOLOGRAPHIC, FIELD(negative_eigenvalues), 1, "negative_eigenvalues must be 0 but for the memory of DeltaNet"},
        {HOLOGRAPHIC, FIELD(decay), 2, "decay must be 0 or 1"},
        {RNN, FIELD(struct_size), 4, dnc_status_string(DNC_ERROR_STRUCT_SIZE)},
#undef FIELD
    };
    for (size_t i = 0; i < COUNT(problems); i++) {
        CHECK_CONTEXT("%s", problems[i].sentence);
        dnc_config config = sample_of(problems[i].kind);
        CHECK(dnc_config_problem(&config) == NULL);
        memcpy((char *)&config + problems[i].field, &problems[i].value, sizeof problems[i].value);
        const char *problem = dnc_config_problem(&config);
        CHECK(problem != NULL && strcmp(problem, problems[i].sentence) == 0);
        check_refused(&config, problems[i].field == 0 ? DNC_ERROR_STRUCT_SIZE : DNC_ERROR_CONFIG);
    }
    CHECK_CONTEXT("problems");
    CHECK(strcmp(dnc_config_problem(NULL), dnc_status_string(DNC_ERROR_NULL_POINTER)) == 0);
    dnc_config config = sample(MODEL_DNC);
    config.slots = config.width = config.read_heads = DNC_MAX_SIZE;
    CHECK(strcmp(dnc_config_problem(&config), dnc_status_string(DNC_ERROR_TOO_LARGE)) == 0);
}

static void check_changed(int kind, size_t field, int32_t value, dnc_status expected) {
    dnc_config config = sample_of(kind);
    memcpy((char *)&config + field, &value, sizeof value);
    CHECK_CONTEXT("sample %d with byte %zu of the configuration = %d", kind, field, value);
    check_refused(&config, expected);
}

static void check_configuration(void) {
    static const size_t needed[] = {offsetof(dnc_config, controller),  offsetof(dnc_config, hidden),
                                    offsetof(dnc_config, layers),      offsetof(dnc_config, output),
                                    offsetof(dnc_config, output_size), offsetof(dnc_config, output_groups)};
    static const size_t memory_sizes[] = {offsetof(dnc_config, slots), offsetof(dnc_config, width),
                                          offsetof(dnc_config, read_heads)};
    static const int32_t bad_values[] = {-1, INT32_MIN, DNC_MAX_SIZE + 1, INT32_MAX};

    CHECK_CONTEXT("dnc_config_init");
    dnc_config config;
    memset(&config, 77, sizeof config);
    CHECK_EQUAL(dnc_config_init(NULL), DNC_ERROR_NULL_POINTER);
    CHECK_EQUAL(dnc_config_init_text(NULL, 3), DNC_ERROR_NULL_POINTER);
    CHECK_EQUAL(dnc_config_init(&config), DNC_OK);
    const dnc_config initial = {.struct_size = sizeof config,
                                .controller = DNC_CONTROLLER_LSTM,
                                .layers = 1,
                                .output = DNC_OUTPUT_SYMBOLS,
                                .output_groups = 1};
    CHECK(memcmp(&config, &initial, sizeof config) == 0);
    check_refused(&config, DNC_ERROR_CONFIG); // sizes are still to be filled in
    memset(&config, 77, sizeof config);
    CHECK_EQUAL(dnc_config_init_text(&config, V), DNC_OK);
    dnc_config text = initial;
    text.input_symbols = text.output_size = V, text.symbols_per_step = 1;
    CHECK(memcmp(&config, &text, sizeof config) == 0);
    check_refused(&config, DNC_ERROR_CONFIG);
    config.hidden = H;
    CHECK_EQUAL(dnc_config_validate(&config), DNC_OK);

    CHECK_CONTEXT("no configuration");
    check_refused(NULL, DNC_ERROR_NULL_POINTER);
    for (int kind = 0; kind < SAMPLES; kind++) {
        config = sample_of(kind);
        CHECK_CONTEXT("sample %d", kind);
        CHECK_EQUAL(dnc_config_validate(&config), DNC_OK);
        check_changed(kind, offsetof(dnc_config, struct_size), 0, DNC_ERROR_STRUCT_SIZE);
        check_changed(kind, offsetof(dnc_config, struct_size), (int32_t)sizeof config - 1, DNC_ERROR_STRUCT_SIZE);
        check_changed(kind, offsetof(dnc_config, struct_size), (int32_t)offsetof(dnc_config, output_groups),
                      DNC_ERROR_STRUCT_SIZE);
        check_changed(kind, offsetof(dnc_config, struct_size), (int32_t)sizeof config + 4, DNC_ERROR_STRUCT_SIZE);
        for (size_t field = sizeof(uint32_t); field < sizeof config; field += sizeof(int32_t))
            for (size_t i = 0; i < COUNT(bad_values); i++)
                if (bad_values[i] != INT32_MIN ||
                    (field != offsetof(dnc_config, mask_minimum) && // where that is -0
                     field != offsetof(dnc_config, interface_clip) && field != offsetof(dnc_config, activation_clip)))
                    check_changed(kind, field, bad_values[i], DNC_ERROR_CONFIG);
        for (size_t k = 0; k < COUNT(needed); k++)
            check_changed(kind, needed[k], 0, DNC_ERROR_CONFIG);
        for (size_t k = 0; k < COUNT(memory_sizes); k++) // a memory needs its sizes, and no other network may have them
            check_changed(kind, memory_sizes[k], config.memory == DNC_MEMORY_NONE, DNC_ERROR_CONFIG);
    }

    CHECK_CONTEXT("read vectors beyond a BLAS integer");
    config = sample(MODEL_DNC);
    config.width = config.read_heads = DNC_MAX_SIZE;
    check_refused(&config, DNC_ERROR_TOO_LARGE);
    config.input_symbols = config.hidden = config.slots = config.output_size = DNC_MAX_SIZE;
    check_refused(&config, DNC_ERROR_TOO_LARGE);
    CHECK_CONTEXT("outputs beyond a BLAS integer");
    config = rich_sample();
    config.output_size = config.output_groups = DNC_MAX_SIZE;
    check_refused(&config, DNC_ERROR_TOO_LARGE);
    config.output_size = 1; // of 2^20 softmaxes, each in a row of its own
    CHECK_EQUAL(dnc_config_validate(&config), sizeof(size_t) < 8 ? DNC_ERROR_TOO_LARGE : DNC_OK);
}

// ---- The run ----

// All functions that take a run refuse this one with the same status, and write nothing.
static void check_run_refused(const dnc_run *run, dnc_status expected) {
    const dnc_config config = sample(MODEL_DNC);
    size_t size = 77;
    dnc_isa isa = (dnc_isa)77;
    dnc_tensor tensor = {.struct_size = sizeof tensor, .rank = 77};
    CHECK_EQUAL(dnc_run_isa(run, &isa), expected);
    CHECK_EQUAL(dnc_record_tensor_count(&config, run, &size), expected);
    CHECK_EQUAL(dnc_record_tensor(&config, run, 0, &tensor), expected);
    for (int bits = 32; bits <= 64; bits += 32) {
        CHECK_EQUAL(call_segment_workspace(bits, &config, run, &size), expected);
        CHECK_EQUAL(call_step_workspace(bits, &config, run, &size), expected);
    }
    CHECK(isa == (dnc_isa)77 && size == 77 && tensor.rank == 77);
}

static void check_runs(void) {
    CHECK_CONTEXT("dnc_run_of");
    const dnc_run made = dnc_run_of(T, B);
    CHECK(memcmp(&made, &shape, sizeof made) == 0);
    CHECK_CONTEXT("no run");
    check_run_refused(NULL, DNC_ERROR_NULL_POINTER);
    const struct {
        size_t field;
        int32_t value;
        dnc_status expected;
    } changes[] = {
#define FIELD(name) offsetof(dnc_run, name)
        {FIELD(struct_size), 0, DNC_ERROR_STRUCT_SIZE},
        {FIELD(struct_size), (int32_t)offsetof(dnc_run, own_products), DNC_ERROR_STRUCT_SIZE}, // with which it ended once
        {FIELD(struct_size), (int32_t)sizeof made + 4, DNC_ERROR_STRUCT_SIZE},
        {FIELD(steps), 0, DNC_ERROR_SHAPE},
        {FIELD(steps), -1, DNC_ERROR_SHAPE},
        {FIELD(steps), INT32_MIN, DNC_ERROR_SHAPE},
        {FIELD(steps), DNC_MAX_SIZE + 1, DNC_ERROR_SHAPE},
        {FIELD(steps), INT32_MAX, DNC_ERROR_SHAPE},
        {FIELD(batch), 0, DNC_ERROR_SHAPE},
        {FIELD(batch), -1, DNC_ERROR_SHAPE},
        {FIELD(batch), INT32_MIN, DNC_ERROR_SHAPE},
        {FIELD(batch), DNC_MAX_SIZE + 1, DNC_ERROR_SHAPE},
        {FIELD(batch), INT32_MAX, DNC_ERROR_SHAPE},
        {FIELD(isa), -1, DNC_ERROR_INSTRUCTION_SET},
        {FIELD(isa), 4, DNC_ERROR_INSTRUCTION_SET},
        {FIELD(isa), INT32_MAX, DNC_ERROR_INSTRUCTION_SET},
        {FIELD(link_interval), -1, DNC_ERROR_RUN},
        {FIELD(link_interval), INT32_MIN, DNC_ERROR_RUN},
        {FIELD(link_interval), DNC_MAX_SIZE + 1, DNC_ERROR_RUN},
        {FIELD(link_interval), INT32_MAX, DNC_ERROR_RUN},
        {FIELD(own_products), -1, DNC_ERROR_RUN},
        {FIELD(own_products), 2, DNC_ERROR_RUN},
        {FIELD(own_products), INT32_MAX, DNC_ERROR_RUN},
        {FIELD(asked_alone), -1, DNC_ERROR_RUN},
        {FIELD(asked_alone), 2, DNC_ERROR_RUN},
        {FIELD(asked_alone), INT32_MAX, DNC_ERROR_RUN},
#undef FIELD
    };
    for (size_t i = 0; i < COUNT(changes); i++) {
        CHECK_CONTEXT("byte %zu of the run = %d", changes[i].field, changes[i].value);
        dnc_run run = made;
        memcpy((char *)&run + changes[i].field, &changes[i].value, sizeof changes[i].value);
        check_run_refused(&run, changes[i].expected);
    }
    CHECK_CONTEXT("good runs");
    dnc_run run = made;
    dnc_isa isa;
    run.link_interval = DNC_MAX_SIZE, run.own_products = run.asked_alone = 1;
    CHECK_EQUAL(dnc_run_isa(&run, &isa), DNC_OK);
}

static void check_instruction_sets(void) {
    dnc_run run = shape;
    dnc_isa isa = (dnc_isa)77;
    CHECK_CONTEXT("instruction sets");
    CHECK_EQUAL(dnc_run_isa(NULL, &isa), DNC_ERROR_NULL_POINTER);
    CHECK_EQUAL(dnc_run_isa(&run, NULL), DNC_ERROR_NULL_POINTER);
    CHECK_EQUAL(isa, 77);
    CHECK_EQUAL(dnc_run_isa(&run, &isa), DNC_OK);
    CHECK(isa == DNC_ISA_BASE || isa == DNC_ISA_AVX2 || isa == DNC_ISA_AVX512);
    for (dnc_isa forced = DNC_ISA_BASE; forced <= DNC_ISA_AVX512; forced++) {
        CHECK_CONTEXT("instruction set %s", dnc_isa_string(forced));
        run.isa = (int32_t)forced;
        if (dnc_run_isa(&run, &isa) == DNC_OK) {
            CHECK_EQUAL(isa, forced);
        } else {
            CHECK(forced != DNC_ISA_BASE);
            check_run_refused(&run, DNC_ERROR_INSTRUCTION_SET);
        }
    }
}

// ---- Sizes and tables ----

static void check_sizes(void) {
    CHECK_CONTEXT("sizes");
    for (int kind = 0; kind < SAMPLES; kind++) {
        const dnc_config config = sample_of(kind);
        for (size_t i = 0; i < COUNT(sizes); i++)
            CHECK_EQUAL(sizes[i](&config, NULL), DNC_ERROR_NULL_POINTER);
        for (int bits = 32; bits <= 64; bits += 32) {
            size_t before = 0, bytes = 77, least;
            for (int32_t n = 1; n <= 40; n++, before = bytes) { // every size grows with every dimension
                const dnc_run run = dnc_run_of(n, n), longer = dnc_run_of(n + 1, n), wider = dnc_run_of(n, n + 1);
                CHECK_EQUAL(call_segment_workspace(bits, &config, &run, &bytes), DNC_OK);
                CHECK_EQUAL(bytes % DNC_ALIGNMENT, 0); // as aligned_alloc may want it
                CHECK(bytes > before);
                CHECK_EQUAL(call_segment_workspace(bits, &config, &longer, &least), DNC_OK);
                CHECK(least >= bytes);
                CHECK_EQUAL(call_segment_workspace(bits, &config, &wider, &least), DNC_OK);
                CHECK(least >= bytes);
            }
            before = 0;
            for (int32_t n = 1; n <= 40; n++, before = bytes) { // steps are of no effect on one
                const dnc_run run = dnc_run_of(1, n), longer = dnc_run_of(DNC_MAX_SIZE, n);
                CHECK_EQUAL(call_step_workspace(bits, &config, &run, &bytes), DNC_OK);
                CHECK_EQUAL(call_step_workspace(bits, &config, &longer, &least), DNC_OK);
                CHECK_EQUAL(bytes % DNC_ALIGNMENT, 0);
                CHECK(bytes >= before && least == bytes);
            }
        }
    }
    dnc_config config = rich_sample();
    for (size_t i = 0; i < COUNT(sizes); i++) {
        int32_t *const dimensions[] = {&config.input_symbols, &config.symbols_per_step, &config.input_vector,
                                       &config.hidden,        &config.layers,           &config.slots,
                                       &config.width,         &config.read_heads,       &config.output_size,
                                       &config.output_groups};
        for (size_t k = 0; k < COUNT(dimensions); k++) {
            size_t size, larger;
            CHECK_EQUAL(sizes[i](&config, &size), DNC_OK);
            ++*dimensions[k];
            CHECK_EQUAL(sizes[i](&config, &larger), DNC_OK);
            --*dimensions[k];
            CHECK(size > 0 && larger >= size);
        }
    }

    static const struct {
        int32_t slots, steps, batch;
    } too_large[] = {
        {DNC_MAX_SIZE, DNC_MAX_SIZE, 1 << 10}, // T B N^2 is 2^70
        {1 << 16, DNC_MAX_SIZE, 1 << 10},      // 2^62, but each has bytes
        {1, DNC_MAX_SIZE, 1 << 12},            // T B is no BLAS integer
    };
    config = sample(MODEL_DNC);
    for (size_t i = 0; i < COUNT(too_large); i++)
        for (int bits = 32; bits <= 64; bits += 32) {
            size_t bytes = 77;
            const dnc_run run = dnc_run_of(too_large[i].steps, too_large[i].batch);
            config.slots = too_large[i].slots;
            CHECK_EQUAL(call_segment_workspace(bits, &config, &run, &bytes), DNC_ERROR_TOO_LARGE);
            CHECK_EQUAL(bytes, 77);
        }
}

typedef struct row {
    const char *name;
    size_t shape[4];
    int32_t role;
} row; // of a table; unused dimensions are 0

static void check_tensor(const dnc_tensor *tensor, const row *expected) {
    CHECK_CONTEXT("tensor %s", expected->name);
    CHECK(tensor->name != NULL && strcmp(tensor->name, expected->name) == 0);
    for (int i = 0; i < 4; i++)
        CHECK_EQUAL(i < tensor->rank ? tensor->shape[i] : 0, expected->shape[i]);
    CHECK_EQUAL(tensor->role, expected->role);
    CHECK_EQUAL(tensor->reserved, 0);
}

// The flat vector consists of these tensors, in this order, without gaps.
static void check_table(const dnc_config *config, const row *rows, size_t row_count,
                        dnc_status (*count_elements)(const dnc_config *, size_t *),
                        dnc_status (*count_tensors)(const dnc_config *, size_t *),
                        dnc_status (*get_tensor)(const dnc_config *, size_t, dnc_tensor *)) {
    size_t offset = 0, elements = 0, tensors = 0;
    CHECK_EQUAL(count_elements(config, &elements), DNC_OK);
    CHECK_EQUAL(count_tensors(config, &tensors), DNC_OK);
    CHECK_EQUAL(tensors, row_count);
    for (size_t i = 0; i < row_count; i++) {
        dnc_tensor tensor = {.struct_size = sizeof tensor};
        CHECK_EQUAL(get_tensor(config, i, &tensor), DNC_OK);
        check_tensor(&tensor, &rows[i]);
        CHECK_EQUAL(tensor.offset, offset);
        offset += tensor_count(&tensor, 0);
    }
    CHECK_EQUAL(elements, offset);

    dnc_tensor untouched = {.struct_size = sizeof untouched, .rank = 77};
    CHECK_EQUAL(get_tensor(config, row_count, &untouched), DNC_ERROR_SHAPE);
    CHECK_EQUAL(get_tensor(config, SIZE_MAX, &untouched), DNC_ERROR_SHAPE);
    CHECK_EQUAL(get_tensor(config, 0, NULL), DNC_ERROR_NULL_POINTER);
    CHECK_EQUAL(untouched.rank, 77);
}

static void check_record_tensor(const dnc_config *config, const row *expected) {
    const dnc_tensor tensor = record_tensor(config, &shape, expected->name);
    check_tensor(&tensor, expected);
    CHECK_EQUAL(tensor.offset, 0);
}

static void check_tables(void) {
    enum { A_WEIGHT = DNC_ROLE_WEIGHT, A_BIAS = DNC_ROLE_BIAS };
    static const row rnn_parameters[] = {
        {"controller.0.weight_ih", {H, V}, A_WEIGHT},
        {"controller.0.weight_hh", {H, H}, A_WEIGHT},
        {"controller.0.bias", {H}, A_BIAS},
        {"output.weight", {V, H}, A_WEIGHT},
        {"output.bias", {V}, A_BIAS},
    };
    static const row lstm_parameters[] = {
        {"controller.0.weight_ih", {4 * H, V}, A_WEIGHT},
        {"controller.0.weight_hh", {4 * H, H}, A_WEIGHT},
        {"controller.0.bias", {4 * H}, A_BIAS},
        {"output.weight", {V, H}, A_WEIGHT},
        {"output.bias", {V}, A_BIAS},
    };
    static const row dnc_parameters[] = {
        {"controller.0.weight_ih", {4 * H, V + R * W}, A_WEIGHT},
        {"controller.0.weight_hh", {4 * H, H}, A_WEIGHT},
        {"controller.0.bias", {4 * H}, A_BIAS},
        {"interface.weight", {I, H}, A_WEIGHT},
        {"interface.bias", {I}, A_BIAS},
        {"output.weight", {V, H}, A_WEIGHT},
        {"output.bias", {V}, A_BIAS},
        {"output.weight_read", {V, R * W}, A_WEIGHT},
    };
    enum { I_DELTA = R * (2 * N + W + 2) };
    static const row delta_parameters[] = {
        {"controller.0.weight_ih", {4 * H, V + R * W}, A_WEIGHT},
        {"controller.0.weight_hh", {4 * H, H}, A_WEIGHT},
        {"controller.0.bias", {4 * H}, A_BIAS},
        {"interface.weight", {I_DELTA, H}, A_WEIGHT},
        {"interface.bias", {I_DELTA}, A_BIAS},
        {"output.weight", {V, H}, A_WEIGHT},
        {"output.bias", {V}, A_BIAS},
        {"output.weight_read", {V, R * W}, A_WEIGHT},
    };
    static const row program_parameters[] = {
        {"controller.0.weight_ih", {4 * H, V}, A_WEIGHT},
        {"controller.0.weight_hh", {4 * H, H}, A_WEIGHT},
        {"controller.0.bias", {4 * H}, A_BIAS},
        {"output.weight", {3 * V, H}, A_WEIGHT},
        {"output.bias", {3 * V}, A_BIAS},
        {"program.keys", {3, 2}, A_WEIGHT},
        {"program.weight", {3, H}, A_WEIGHT},
        {"program.bias", {3}, A_BIAS},
    };
    enum { I_NUMBERS = R * (3 * N * W + 2) };
    static const row holographic_parameters[] = {
        {"controller.0.weight_ih", {4 * H, V + R * W * N}, A_WEIGHT},
        {"controller.0.weight_hh", {4 * H, H}, A_WEIGHT},
        {"controller.0.bias", {4 * H}, A_BIAS},
        {"interface.weight", {I_NUMBERS, H}, A_WEIGHT},
        {"interface.bias", {I_NUMBERS}, A_BIAS},
        {"output.weight", {V, H}, A_WEIGHT},
        {"output.bias", {V}, A_BIAS},
        {"output.weight_read", {V, R * W * N}, A_WEIGHT},
    };
    static const row rich_parameters[] = {
        {"controller.0.weight_ih", {H, V + 3 + R * W}, A_WEIGHT},
        {"controller.0.bias", {H}, A_BIAS},
        {"controller.1.weight", {H, H}, A_WEIGHT},
        {"controller.1.bias", {H}, A_BIAS},
        {"controller.2.weight", {H, H}, A_WEIGHT},
        {"controller.2.bias", {H}, A_BIAS},
        {"interface.weight", {I, H}, A_WEIGHT},
        {"interface.bias", {I}, A_BIAS},
        {"output.weight", {3 * 4, H}, A_WEIGHT},
        {"output.bias", {3 * 4}, A_BIAS},
        {"output.weight_read", {3 * 4, R * W}, A_WEIGHT},
    };
    static const row vector_parameters[] = {
        {"controller.0.weight_ih", {4 * H, 3}, A_WEIGHT},
        {"controller.0.weight_hh", {4 * H, H}, A_WEIGHT},
        {"controller.0.bias", {4 * H}, A_BIAS},
        {"output.weight", {4, H}, A_WEIGHT},
        {"output.bias", {4}, A_BIAS},
    };
    static const row states[] = {
        // the RNN has the first, the LSTM the first two, a feed-forward controller neither
        {"hidden", {H}, DNC_ROLE_CONTROLLER_STATE},
        {"cell", {H}, DNC_ROLE_CONTROLLER_STATE},
        {"read_vectors", {R, W}, DNC_ROLE_MEMORY_STATE},
        {"memory", {N, W}, DNC_ROLE_MEMORY_STATE},
        {"usage", {N}, DNC_ROLE_MEMORY_STATE},
        {"precedence", {N}, DNC_ROLE_MEMORY_STATE},
        {"link", {N, N}, DNC_ROLE_MEMORY_STATE},
        {"write_weighting", {N}, DNC_ROLE_MEMORY_STATE},
        {"read_weightings", {R, N}, DNC_ROLE_MEMORY_STATE},
    };
    static const row delta_states[] = {
        {"hidden", {H}, DNC_ROLE_CONTROLLER_STATE},
        {"cell", {H}, DNC_ROLE_CONTROLLER_STATE},
        {"read_vectors", {R, W}, DNC_ROLE_MEMORY_STATE},
        {"memory", {R * N, W}, DNC_ROLE_MEMORY_STATE},
    };
    static const row holographic_states[] = {
        {"hidden", {H}, DNC_ROLE_CONTROLLER_STATE},
        {"cell", {H}, DNC_ROLE_CONTROLLER_STATE},
        {"read_vectors", {R * W, N}, DNC_ROLE_MEMORY_STATE},
        {"memory", {R * W, N}, DNC_ROLE_MEMORY_STATE},
    };
    static const struct {
        const row *parameters;
        size_t parameter_count;
        const row *states;
        size_t state_count;
    } tables[SAMPLES] = {
        [RNN] = {rnn_parameters, COUNT(rnn_parameters), states, 1},
        [LSTM] = {lstm_parameters, COUNT(lstm_parameters), states, 2},
        [WITH_MEMORY] = {dnc_parameters, COUNT(dnc_parameters), states, COUNT(states)},
        [WITH_DELTA] = {delta_parameters, COUNT(delta_parameters), delta_states, COUNT(delta_states)},
        [HOLOGRAPHIC] = {holographic_parameters, COUNT(holographic_parameters), holographic_states,
                         COUNT(holographic_states)},
        [RICH] = {rich_parameters, COUNT(rich_parameters), states + 2, COUNT(states) - 2},
        [VECTORS] = {vector_parameters, COUNT(vector_parameters), states, 2},
        [WITH_PROGRAMS] = {program_parameters, COUNT(program_parameters), states, 2},
    };
    for (int i = 0; i < SAMPLES; i++) {
        const dnc_config config = sample_of(i);
        check_table(&config, tables[i].parameters, tables[i].parameter_count, dnc_parameter_count,
                    dnc_parameter_tensor_count, dnc_parameter_tensor);
        check_table(&config, tables[i].states, tables[i].state_count, dnc_state_count, dnc_state_tensor_count,
                    dnc_state_tensor);
    }

    CHECK_CONTEXT("a tanh controller with a memory");
    dnc_config config = sample(MODEL_DNC);
    config.controller = DNC_CONTROLLER_TANH;
    size_t count;
    CHECK_EQUAL(dnc_state_tensor_count(&config, &count), DNC_OK);
    CHECK_EQUAL(count, COUNT(states) - 1);
    const dnc_tensor weight = parameter_tensor(&config, "controller.0.weight_ih");
    CHECK_EQUAL(weight.shape[0], H);

    CHECK_CONTEXT("a GRU");
    config = sample(MODEL_LSTM);
    config.controller = DNC_CONTROLLER_GRU;
    CHECK_EQUAL(dnc_state_tensor_count(&config, &count), DNC_OK);
    CHECK_EQUAL(count, 1);
    CHECK_EQUAL(parameter_tensor(&config, "controller.0.weight_ih").shape[0], 3 * H);
    CHECK_EQUAL(parameter_tensor(&config, "controller.0.weight_hh").shape[0], 3 * H);
    CHECK_EQUAL(parameter_tensor(&config, "controller.0.bias").shape[0], 3 * H);
    CHECK_EQUAL(parameter_tensor(&config, "controller.0.bias_hh").shape[0], H);

    CHECK_CONTEXT("a stack of LSTMs");
    config = sample(MODEL_DNC);
    config.layers = 3;
    static const row stack_parameters[] = {
        {"controller.0.weight_ih", {4 * H, V + R * W}, A_WEIGHT},
        {"controller.0.weight_hh", {4 * H, H}, A_WEIGHT},
        {"controller.0.bias", {4 * H}, A_BIAS},
        {"controller.1.weight_ih", {4 * H, V + R * W}, A_WEIGHT},
        {"controller.1.weight_hh", {4 * H, H}, A_WEIGHT},
        {"controller.1.weight_below", {4 * H, H}, A_WEIGHT},
        {"controller.1.bias", {4 * H}, A_BIAS},
        {"controller.2.weight_ih", {4 * H, V + R * W}, A_WEIGHT},
        {"controller.2.weight_hh", {4 * H, H}, A_WEIGHT},
        {"controller.2.weight_below", {4 * H, H}, A_WEIGHT},
        {"controller.2.bias", {4 * H}, A_BIAS},
        {"interface.weight", {I, 3 * H}, A_WEIGHT},
        {"interface.bias", {I}, A_BIAS},
        {"output.weight", {V, 3 * H}, A_WEIGHT},
        {"output.bias", {V}, A_BIAS},
        {"output.weight_read", {V, R * W}, A_WEIGHT},
    };
    check_table(&config, stack_parameters, COUNT(stack_parameters), dnc_parameter_count, dnc_parameter_tensor_count,
                dnc_parameter_tensor);
    CHECK_EQUAL(state_tensor(&config, "hidden").shape[0], 3);
    CHECK_EQUAL(state_tensor(&config, "cell").shape[1], H);

    CHECK_CONTEXT("several write heads");
    config = sample(MODEL_DNC);
    config.write_heads = 2;
    static const row several_states[] = {
        {"hidden", {H}, DNC_ROLE_CONTROLLER_STATE},
        {"cell", {H}, DNC_ROLE_CONTROLLER_STATE},
        {"read_vectors", {R, W}, DNC_ROLE_MEMORY_STATE},
        {"memory", {N, W}, DNC_ROLE_MEMORY_STATE},
        {"usage", {N}, DNC_ROLE_MEMORY_STATE},
        {"precedence", {2, N}, DNC_ROLE_MEMORY_STATE},
        {"link", {2 * N, N}, DNC_ROLE_MEMORY_STATE},
        {"write_weighting", {2, N}, DNC_ROLE_MEMORY_STATE},
        {"read_weightings", {R, N}, DNC_ROLE_MEMORY_STATE},
    };
    check_table(&config, several_states, COUNT(several_states), dnc_state_count, dnc_state_tensor_count, dnc_state_tensor);
    CHECK_EQUAL(parameter_tensor(&config, "interface.bias").shape[0], R * W + 3 * 2 * W + (2 * 2 + 3) * R + 3 * 2);
    config.write_heads = 1; // as without
    check_table(&config, dnc_parameters, COUNT(dnc_parameters), dnc_parameter_count, dnc_parameter_tensor_count,
                dnc_parameter_tensor);
    check_table(&config, states, COUNT(states), dnc_state_count, dnc_state_tensor_count, dnc_state_tensor);

    CHECK_CONTEXT("a normalised LSTM");
    config = sample(MODEL_LSTM);
    config.gate_norm = 1;
    static const row norm_parameters[] = {
        {"controller.0.weight_ih", {4 * H, V}, A_WEIGHT},
        {"controller.0.weight_hh", {4 * H, H}, A_WEIGHT},
        {"controller.0.bias", {4 * H}, A_BIAS},
        {"controller.0.norm_scale", {4 * H}, DNC_ROLE_SCALE},
        {"controller.0.cell_scale", {H}, DNC_ROLE_SCALE},
        {"controller.0.cell_shift", {H}, A_BIAS},
        {"output.weight", {V, H}, A_WEIGHT},
        {"output.bias", {V}, A_BIAS},
    };
    check_table(&config, norm_parameters, COUNT(norm_parameters), dnc_parameter_count, dnc_parameter_tensor_count,
                dnc_parameter_tensor);

    CHECK_CONTEXT("bidirectional");
    config = sample(MODEL_DNC);
    config.controller = DNC_CONTROLLER_GRU, config.input_vector = 2, config.bidirectional = 1;
    static const row bidirectional_parameters[] = {
        {"controller.0.weight_ih", {3 * H, V + 2 + R * W}, A_WEIGHT},
        {"controller.0.weight_hh", {3 * H, H}, A_WEIGHT},
        {"controller.0.bias", {3 * H}, A_BIAS},
        {"controller.0.bias_hh", {H}, A_BIAS},
        {"controller.backward.weight_ih", {3 * H, V + 2}, A_WEIGHT},
        {"controller.backward.weight_hh", {3 * H, H}, A_WEIGHT},
        {"controller.backward.bias", {3 * H}, A_BIAS},
        {"controller.backward.bias_hh", {H}, A_BIAS},
        {"interface.weight", {I, 2 * H}, A_WEIGHT},
        {"interface.bias", {I}, A_BIAS},
        {"output.weight", {V, 2 * H}, A_WEIGHT},
        {"output.bias", {V}, A_BIAS},
        {"output.weight_read", {V, R * W}, A_WEIGHT},
    };
    check_table(&config, bidirectional_parameters, COUNT(bidirectional_parameters), dnc_parameter_count,
                dnc_parameter_tensor_count, dnc_parameter_tensor);
    CHECK_EQUAL(state_tensor(&config, "hidden").rank, 1); // without the backward layer
    check_record_tensor(&config, &(row){"hidden", {T + 1, B, 2, H}, DNC_ROLE_RECORD});
    config = sample(MODEL_LSTM);
    config.layers = DNC_MAX_LAYERS, config.gate_norm = config.bidirectional = 1;
    CHECK_EQUAL(dnc_parameter_tensor_count(&config, &count), DNC_OK);
    CHECK_EQUAL(count, (DNC_MAX_LAYERS + 1) * 6 + (DNC_MAX_LAYERS - 1) + 2);
    check_record_tensor(&config, &(row){"hidden", {T + 1, B, DNC_MAX_LAYERS + 1, H}, DNC_ROLE_RECORD});
    check_record_tensor(&config, &(row){"cell", {T + 1, B, DNC_MAX_LAYERS, H}, DNC_ROLE_RECORD});
    CHECK_CONTEXT("programs");
    config = sample(MODEL_DNC);
    config.programs = 3, config.program_width = 2;
    CHECK_EQUAL(parameter_tensor(&config, "interface.weight").shape[0], 3 * I);
    CHECK_EQUAL(parameter_tensor(&config, "interface.bias").shape[0], 3 * I);
    CHECK_EQUAL(parameter_tensor(&config, "output.weight").shape[0], V);
    config.program_use = DNC_PROGRAM_USE_OUTPUT_ROWS;
    CHECK_EQUAL(parameter_tensor(&config, "interface.weight").shape[0], I);
    CHECK_EQUAL(parameter_tensor(&config, "output.weight").shape[0], 3);
    CHECK_EQUAL(parameter_tensor(&config, "output.weight_read").shape[0], 3);
    CHECK_EQUAL(parameter_tensor(&config, "output.bias").shape[0], V);
    CHECK_EQUAL(parameter_tensor(&config, "program.weight").shape[0], V * 3);

    CHECK_CONTEXT("the most layers");
    config = rich_sample();
    config.layers = DNC_MAX_LAYERS;
    CHECK_EQUAL(dnc_parameter_tensor_count(&config, &count), DNC_OK);
    CHECK_EQUAL(count, 2 + 2 * (DNC_MAX_LAYERS - 1) + 5);
    const dnc_tensor last = parameter_tensor(&config, "controller.7.bias");
    CHECK_EQUAL(last.shape[0], H);
}

// Every tensor of the record has its documented shape; `expected` rows of the table are there, in any order.
static void check_record_of(dnc_config config, const row *rows, size_t expected) {
    size_t count = 0;
    CHECK_CONTEXT("record");
    CHECK_EQUAL(dnc_record_tensor_count(&config, &shape, &count), DNC_OK);
    CHECK_EQUAL(count, expected);
    for (size_t i = 0; i < expected; i++)
        check_record_tensor(&config, &rows[i]);
    CHECK_CONTEXT("record of %s", model_name(&config));
    dnc_tensor tensor = {.struct_size = sizeof tensor, .rank = 77};
    const dnc_run too_large = dnc_run_of(DNC_MAX_SIZE, DNC_MAX_SIZE);
    CHECK_EQUAL(dnc_record_tensor(&config, &shape, 0, NULL), DNC_ERROR_NULL_POINTER);
    CHECK_EQUAL(dnc_record_tensor(&config, &shape, count, &tensor), DNC_ERROR_SHAPE);
    CHECK_EQUAL(dnc_record_tensor(&config, &shape, SIZE_MAX, &tensor), DNC_ERROR_SHAPE);
    CHECK_EQUAL(dnc_record_tensor(&config, &too_large, 0, &tensor), DNC_ERROR_TOO_LARGE);
    CHECK_EQUAL(tensor.rank, 77);
    if (config.memory != DNC_MEMORY_DNC)
        return;
    dnc_run run = shape;
    run.link_interval = 2; // then not all links are kept
    CHECK_EQUAL(dnc_record_tensor_count(&config, &run, &count), DNC_OK);
    CHECK_EQUAL(count, expected - 1);
    for (size_t i = 0; i < count; i++) {
        CHECK_EQUAL(dnc_record_tensor(&config, &run, i, &tensor), DNC_OK);
        CHECK(strcmp(tensor.name, "link") != 0);
    }
}

static void check_record(void) {
#define OF_MEMORY                                                                                                           \
    {"read_keys", {T, B, R, W}, DNC_ROLE_RECORD}, {"read_strengths", {T, B, R}, DNC_ROLE_RECORD},                           \
        {"write_key", {T, B, W}, DNC_ROLE_RECORD}, {"write_strength", {T, B}, DNC_ROLE_RECORD},                             \
        {"erase_vector", {T, B, W}, DNC_ROLE_RECORD}, {"write_vector", {T, B, W}, DNC_ROLE_RECORD},                         \
        {"free_gates", {T, B, R}, DNC_ROLE_RECORD}, {"allocation_gate", {T, B}, DNC_ROLE_RECORD},                           \
        {"write_gate", {T, B}, DNC_ROLE_RECORD}, {"read_modes", {T, B, R, 3}, DNC_ROLE_RECORD},                             \
        {"write_content_weighting", {T, B, N}, DNC_ROLE_RECORD}, {"allocation_weighting", {T, B, N}, DNC_ROLE_RECORD},      \
        {"read_content_weightings", {T, B, R, N}, DNC_ROLE_RECORD}, {"forward_weightings", {T, B, R, N}, DNC_ROLE_RECORD},  \
        {"backward_weightings", {T, B, R, N}, DNC_ROLE_RECORD}, {"read_vectors", {T + 1, B, R, W}, DNC_ROLE_RECORD},        \
        {"memory", {T + 1, B, N, W}, DNC_ROLE_RECORD}, {"usage", {T + 1, B, N}, DNC_ROLE_RECORD},                           \
        {"precedence", {T + 1, B, N}, DNC_ROLE_RECORD}, {"write_weighting", {T + 1, B, N}, DNC_ROLE_RECORD},                \
        {"read_weightings", {T + 1, B, R, N}, DNC_ROLE_RECORD}, {                                                           \
        "link", {T + 1, B, N, N}, DNC_ROLE_RECORD                                                                           \
    }
    static const row rows[] = {// the RNN has the first two, the LSTM the first three
                               {"logits", {T, B, V}, DNC_ROLE_RECORD},
                               {"hidden", {T + 1, B, H}, DNC_ROLE_RECORD},
                               {"cell", {T + 1, B, H}, DNC_ROLE_RECORD},
                               OF_MEMORY};
    static const row delta_rows[] = {
        {"logits", {T, B, V}, DNC_ROLE_RECORD},           {"hidden", {T + 1, B, H}, DNC_ROLE_RECORD},
        {"cell", {T + 1, B, H}, DNC_ROLE_RECORD},         {"keys", {T, B, R, N}, DNC_ROLE_RECORD},
        {"queries", {T, B, R, N}, DNC_ROLE_RECORD},       {"values", {T, B, R, W}, DNC_ROLE_RECORD},
        {"strengths", {T, B, R}, DNC_ROLE_RECORD},        {"decays", {T, B, R}, DNC_ROLE_RECORD},
        {"errors", {T, B, R, W}, DNC_ROLE_RECORD},        {"read_vectors", {T + 1, B, R, W}, DNC_ROLE_RECORD},
        {"memory", {T + 1, B, R * N, W}, DNC_ROLE_RECORD}};
    static const row holographic_rows[] = {{"logits", {T, B, V}, DNC_ROLE_RECORD},
                                           {"hidden", {T + 1, B, H}, DNC_ROLE_RECORD},
                                           {"cell", {T + 1, B, H}, DNC_ROLE_RECORD},
                                           {"keys", {T, B, R * W, N}, DNC_ROLE_RECORD},
                                           {"queries", {T, B, R * W, N}, DNC_ROLE_RECORD},
                                           {"values", {T, B, R * W, N}, DNC_ROLE_RECORD},
                                           {"strengths", {T, B, R}, DNC_ROLE_RECORD},
                                           {"decays", {T, B, R}, DNC_ROLE_RECORD},
                                           {"read_vectors", {T + 1, B, R * W, N}, DNC_ROLE_RECORD},
                                           {"memory", {T + 1, B, R * W, N}, DNC_ROLE_RECORD}};
    static const row rich_rows[] = {{"logits", {T, B, 3, 4}, DNC_ROLE_RECORD},
                                    {"hidden", {T, B, H}, DNC_ROLE_RECORD},
                                    {"layers", {T, B, 2, H}, DNC_ROLE_RECORD},
                                    OF_MEMORY};
    static const row several_rows[] = {{"logits", {T, B, V}, DNC_ROLE_RECORD},
                                       {"hidden", {T + 1, B, H}, DNC_ROLE_RECORD},
                                       {"cell", {T + 1, B, H}, DNC_ROLE_RECORD},
                                       {"read_keys", {T, B, R, W}, DNC_ROLE_RECORD},
                                       {"read_strengths", {T, B, R}, DNC_ROLE_RECORD},
                                       {"write_key", {T, B, 2, W}, DNC_ROLE_RECORD},
                                       {"write_strength", {T, B, 2}, DNC_ROLE_RECORD},
                                       {"erase_vector", {T, B, 2, W}, DNC_ROLE_RECORD},
                                       {"write_vector", {T, B, 2, W}, DNC_ROLE_RECORD},
                                       {"free_gates", {T, B, R}, DNC_ROLE_RECORD},
                                       {"allocation_gate", {T, B, 2}, DNC_ROLE_RECORD},
                                       {"write_gate", {T, B, 2}, DNC_ROLE_RECORD},
                                       {"read_modes", {T, B, R, 5}, DNC_ROLE_RECORD},
                                       {"write_content_weighting", {T, B, 2, N}, DNC_ROLE_RECORD},
                                       {"allocation_weighting", {T, B, 2, N}, DNC_ROLE_RECORD},
                                       {"raised_usages", {T, B, 1, N}, DNC_ROLE_RECORD},
                                       {"read_content_weightings", {T, B, R, N}, DNC_ROLE_RECORD},
                                       {"forward_weightings", {T, B, 2 * R, N}, DNC_ROLE_RECORD},
                                       {"backward_weightings", {T, B, 2 * R, N}, DNC_ROLE_RECORD},
                                       {"read_vectors", {T + 1, B, R, W}, DNC_ROLE_RECORD},
                                       {"memory", {T + 1, B, N, W}, DNC_ROLE_RECORD},
                                       {"usage", {T + 1, B, N}, DNC_ROLE_RECORD},
                                       {"precedence", {T + 1, B, 2, N}, DNC_ROLE_RECORD},
                                       {"write_weighting", {T + 1, B, 2, N}, DNC_ROLE_RECORD},
                                       {"read_weightings", {T + 1, B, R, N}, DNC_ROLE_RECORD},
                                       {"link", {T + 1, B, 2 * N, N}, DNC_ROLE_RECORD}};
    static const row bits_rows[] = {{"logits", {T, B, 4}, DNC_ROLE_RECORD},
                                    {"hidden", {T + 1, B, H}, DNC_ROLE_RECORD},
                                    {"cell", {T + 1, B, H}, DNC_ROLE_RECORD}};
    static const row reals_rows[] = {{"outputs", {T, B, 4}, DNC_ROLE_RECORD},
                                     {"hidden", {T + 1, B, H}, DNC_ROLE_RECORD},
                                     {"cell", {T + 1, B, H}, DNC_ROLE_RECORD}};
#undef OF_MEMORY
    check_record_of(sample(MODEL_RNN), rows, 2);
    check_record_of(sample(MODEL_LSTM), rows, 3);
    check_record_of(sample(MODEL_DNC), rows, COUNT(rows));
    check_record_of(sample(MODEL_DELTA), delta_rows, COUNT(delta_rows));
    check_record_of(sample(MODEL_HOLOGRAPHIC), holographic_rows, COUNT(holographic_rows));
    check_record_of(rich_sample(), rich_rows, COUNT(rich_rows));
    check_record_of(vector_sample(), bits_rows, COUNT(bits_rows));
    dnc_config several = sample(MODEL_DNC);
    several.write_heads = 2;
    check_record_of(several, several_rows, COUNT(several_rows));
    dnc_config reals = vector_sample();
    reals.output = DNC_OUTPUT_REALS;
    check_record_of(reals, reals_rows, COUNT(reals_rows));
    dnc_config programs = program_sample();
    static const row program_rows[] = {{"logits", {T, B, V}, DNC_ROLE_RECORD},
                                       {"hidden", {T + 1, B, H}, DNC_ROLE_RECORD},
                                       {"cell", {T + 1, B, H}, DNC_ROLE_RECORD},
                                       {"program_weightings", {T, B, 3}, DNC_ROLE_RECORD}};
    check_record_of(programs, program_rows, COUNT(program_rows));
    programs.program_use = DNC_PROGRAM_USE_OUTPUT_ROWS;
    static const row of_rows[] = {{"logits", {T, B, V}, DNC_ROLE_RECORD},
                                  {"hidden", {T + 1, B, H}, DNC_ROLE_RECORD},
                                  {"cell", {T + 1, B, H}, DNC_ROLE_RECORD},
                                  {"program_weightings", {T, B, V, 3}, DNC_ROLE_RECORD}};
    check_record_of(programs, of_rows, COUNT(of_rows));
}

// ---- Initial parameters ----

// `config` has 20 hidden units.
static bool is_bias_of_layer(const char *name) {
    return strcmp(name, "controller.0.bias") == 0 || strcmp(name, "controller.1.bias") == 0 ||
           strcmp(name, "controller.backward.bias") == 0;
}

static void check_initialize(const dnc_config config) {
    CHECK_CONTEXT("dnc_initialize of %s", model_name(&config));
    size_t count;
    require(dnc_parameter_count(&config, &count) == DNC_OK, "dnc_parameter_count");
    double *a = numbers_create(64, count + 1), *b = numbers_create(64, count);
    float *single = numbers_create(32, count + 1);
    a[count] = 77;
    single[count] = 77;
    CHECK_EQUAL(dnc_initialize_f64(&config, 7, NULL), DNC_ERROR_NULL_POINTER);
    CHECK_EQUAL(dnc_initialize_f32(&config, 7, NULL), DNC_ERROR_NULL_POINTER);
    CHECK_EQUAL(dnc_initialize_f64(&config, 7, a), DNC_OK);
    CHECK_EQUAL(dnc_initialize_f64(&config, 7, b), DNC_OK);
    CHECK(memcmp(a, b, count * sizeof *a) == 0);
    CHECK_EQUAL(dnc_initialize_f32(&config, 7, single), DNC_OK);
    size_t differing = 0;
    for (size_t i = 0; i < count; i++)
        differing += single[i] != (float)a[i];
    CHECK_EQUAL(differing, 0);
    CHECK(a[count] == 77 && single[count] == 77);
    CHECK_EQUAL(dnc_initialize_f64(&config, 8, b), DNC_OK);

    const double bound = 1 / sqrt(20);
    dnc_tensor tensor = {.struct_size = sizeof tensor};
    for (size_t i = 0; dnc_parameter_tensor(&config, i, &tensor) == DNC_OK; i++) {
        const size_t size = tensor_count(&tensor, 0);
        const double *values = a + tensor.offset;
        CHECK_CONTEXT("dnc_initialize of %s: %s", model_name(&config), tensor.name);
        if (tensor.rank ==
            1) { // a bias or a scale; H is 20, so the forget gate's are 20 to 39; decays are the interface's last
            const bool scales = strstr(tensor.name, "scale") != NULL;
            CHECK_EQUAL(tensor.role, scales ? DNC_ROLE_SCALE : DNC_ROLE_BIAS);
            const bool gates =
                (config.controller == DNC_CONTROLLER_LSTM || config.controller == DNC_CONTROLLER_SQUASHED_LSTM) &&
                is_bias_of_layer(tensor.name);
            const char *const of_decays = config.interface_norm ? "interface.norm_shift" : "interface.bias";
            const size_t decays = config.decay && strcmp(tensor.name, of_decays) == 0 ? (size_t)config.read_heads : 0;
            const bool has_several = config.programs > 0 && config.program_use == DNC_PROGRAM_USE_INTERFACE;
            const size_t length = size / (has_several && decays > 0 ? (size_t)config.programs : 1); // a program's
            for (size_t k = 0; k < size; k++)
                CHECK_EQUAL(values[k], scales || (gates && k >= 20 && k < 40) ? 1
                                       : k % length >= length - decays        ? DNC_INITIAL_DECAY
                                                                              : 0);
            continue;
        }
        double lowest = 0, highest = 0, sum = 0, squares = 0;
        size_t equal = 0;
        for (size_t k = 0; k < size; k++) {
            lowest = fmin(lowest, values[k]);
            highest = fmax(highest, values[k]);
            sum += values[k];
            squares += values[k] * values[k];
            equal += values[k] == b[tensor.offset + k];
        }
        const double deviation = bound / sqrt(3), samples = (double)size; // of the uniform distribution
        CHECK(lowest >= -bound && highest <= bound);
        CHECK_CLOSE(sum / samples, 0, 5 * deviation / sqrt(samples));
        CHECK_CLOSE(squares / samples, deviation * deviation, 5 * deviation * deviation / sqrt(samples));
        CHECK(equal <= 1);
    }
    free(a);
    free(b);
    free(single);
}

int main(void) {
    dnc_use_one_blas_thread();
    check_constants();
    check_configuration();
    check_problems();
    check_runs();
    check_instruction_sets();
    check_sizes();
    check_tables();
    check_record();
    for (model kind = MODEL_RNN; kind < MODELS_END; kind++)
        check_initialize(configure(kind, 30, 20, 6, 5, 2));
    dnc_config rich = rich_sample();
    rich.hidden = 20;
    check_initialize(rich);
    dnc_config squashed = configure(MODEL_LSTM, 30, 20, 0, 0, 0);
    squashed.controller = DNC_CONTROLLER_SQUASHED_LSTM, squashed.layers = 2, squashed.bidirectional = 1;
    check_initialize(squashed);
    dnc_config normal = configure(MODEL_DNC, 30, 20, 6, 5, 2);
    normal.layers = 2, normal.gate_norm = normal.interface_norm = 1;
    check_initialize(normal);
    dnc_config normed = configure(MODEL_DELTA, 30, 20, 6, 5, 2);
    normed.interface_norm = 1;
    check_initialize(normed);
    for (int32_t use = DNC_PROGRAM_USE_INTERFACE; use <= DNC_PROGRAM_USE_OUTPUT_ROWS; use++) {
        dnc_config with_programs = configure(MODEL_DELTA, 30, 20, 6, 5, 2);
        with_programs.programs = 4, with_programs.program_width = 8, with_programs.program_use = use;
        check_initialize(with_programs);
    }
    return check_report();
}
