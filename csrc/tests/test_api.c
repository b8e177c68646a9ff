// What dnc.h says of configurations, sizes, tensors and initial parameters; the computing calls are in test_calls.c.
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "harness.h"

enum { V = 3, H = 4, N = 5, W = 2, R = 2, T = 3, B = 2, I = R * W + 3 * W + 5 * R + 3 };

static dnc_config sample(dnc_model model) {
    return configure(model, V, H, N, W, R);
}

static void check_constants(void) {
    CHECK_CONTEXT("strings");
    for (int i = -1; i <= 100; i++) { // statuses and instruction sets that do not exist, too
        const char *text = dnc_status_string((dnc_status)i);
        CHECK(text != NULL && text[0] != '\0');
        for (int j = DNC_OK; j < i && i <= DNC_ERROR_DAMAGED; j++)
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
static dnc_status count_tensors_of_record(const dnc_config *c, size_t *n) {
    return dnc_record_tensor_count(c, n);
}
static dnc_status step_bytes_f32(const dnc_config *c, size_t *n) {
    return dnc_step_workspace_f32(c, B, n);
}
static dnc_status step_bytes_f64(const dnc_config *c, size_t *n) {
    return dnc_step_workspace_f64(c, B, n);
}
static dnc_status segment_bytes_f32(const dnc_config *c, size_t *n) {
    return dnc_segment_workspace_f32(c, T, B, n);
}
static dnc_status segment_bytes_f64(const dnc_config *c, size_t *n) {
    return dnc_segment_workspace_f64(c, T, B, n);
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
    CHECK_EQUAL(dnc_record_tensor(config, T, B, 0, &tensor), expected);
    CHECK_EQUAL(tensor.rank, 77);
    float single = 77;
    double twice = 77;
    CHECK_EQUAL(dnc_initialize_f32(config, 1, &single), expected);
    CHECK_EQUAL(dnc_initialize_f64(config, 1, &twice), expected);
    CHECK(single == 77 && twice == 77);
}

static void check_changed(dnc_model model, size_t field, int32_t value, dnc_status expected) {
    dnc_config config = sample(model);
    memcpy((char *)&config + field, &value, sizeof value);
    CHECK_CONTEXT("%s with byte %zu of the configuration = %d", model_name(model), field, value);
    check_refused(&config, expected);
}

// Which field is to blame for each thing that can be wrong: the sentence begins with its name.
static void check_problems(void) {
    const struct {
        dnc_model model;
        size_t field;
        int32_t value;
        const char *sentence;
    } problems[] = {
#define FIELD(name) offsetof(dnc_config, name)
        {DNC_MODEL_DNC, FIELD(model), 0, "model must be DNC_MODEL_RNN, DNC_MODEL_LSTM or DNC_MODEL_DNC"},
        {DNC_MODEL_RNN, FIELD(symbols), 0, "symbols must be 1 ... 1048576"},
        {DNC_MODEL_LSTM, FIELD(hidden), DNC_MAX_SIZE + 1, "hidden must be 1 ... 1048576"},
        {DNC_MODEL_DNC, FIELD(slots), 0, "slots must be 1 ... 1048576"},
        {DNC_MODEL_DNC, FIELD(width), -1, "width must be 1 ... 1048576"},
        {DNC_MODEL_DNC, FIELD(read_heads), INT32_MAX, "read_heads must be 1 ... 1048576"},
        {DNC_MODEL_RNN, FIELD(slots), 1, "slots must be 0, since only a DNC has a memory"},
        {DNC_MODEL_LSTM, FIELD(width), -1, "width must be 0, since only a DNC has a memory"},
        {DNC_MODEL_LSTM, FIELD(read_heads), 1, "read_heads must be 0, since only a DNC has a memory"},
        {DNC_MODEL_RNN, FIELD(link_interval), -1, "link_interval must be 0 ... 1048576"},
        {DNC_MODEL_RNN, FIELD(isa), 9,
         "isa must be DNC_ISA_AUTO, or an instruction set that this processor and this build have"},
        {DNC_MODEL_RNN, FIELD(struct_size), 4, dnc_status_string(DNC_ERROR_STRUCT_SIZE)},
#undef FIELD
    };
    for (size_t i = 0; i < COUNT(problems); i++) {
        CHECK_CONTEXT("%s", problems[i].sentence);
        dnc_config config = sample(problems[i].model);
        CHECK(dnc_config_problem(&config) == NULL);
        memcpy((char *)&config + problems[i].field, &problems[i].value, sizeof problems[i].value);
        const char *problem = dnc_config_problem(&config);
        CHECK(problem != NULL && strcmp(problem, problems[i].sentence) == 0);
    }
    CHECK_CONTEXT("problems");
    CHECK(strcmp(dnc_config_problem(NULL), dnc_status_string(DNC_ERROR_NULL_POINTER)) == 0);
    dnc_config config = sample(DNC_MODEL_DNC);
    config.slots = config.width = config.read_heads = DNC_MAX_SIZE;
    CHECK(strcmp(dnc_config_problem(&config), dnc_status_string(DNC_ERROR_TOO_LARGE)) == 0);
}

static void check_configuration(void) {
    static const size_t controller_sizes[] = {offsetof(dnc_config, symbols), offsetof(dnc_config, hidden)};
    static const size_t memory_sizes[] = {offsetof(dnc_config, slots), offsetof(dnc_config, width),
                                          offsetof(dnc_config, read_heads)};
    static const int32_t bad_sizes[] = {-1, INT32_MIN, DNC_MAX_SIZE + 1, INT32_MAX};

    CHECK_CONTEXT("dnc_config_init");
    dnc_config config = {.symbols = 77};
    CHECK_EQUAL(dnc_config_init(NULL, DNC_MODEL_DNC), DNC_ERROR_NULL_POINTER);
    CHECK_EQUAL(dnc_config_init(&config, (dnc_model)0), DNC_ERROR_CONFIG);
    CHECK_EQUAL(dnc_config_init(&config, (dnc_model)4), DNC_ERROR_CONFIG);
    CHECK_EQUAL(config.symbols, 77);
    CHECK_EQUAL(dnc_config_init(&config, DNC_MODEL_LSTM), DNC_OK);
    CHECK_EQUAL(config.struct_size, sizeof config);
    CHECK_EQUAL(config.model, DNC_MODEL_LSTM);
    CHECK_EQUAL(config.isa, DNC_ISA_AUTO);
    CHECK_EQUAL(config.symbols | config.hidden | config.slots | config.width | config.read_heads, 0);
    check_refused(&config, DNC_ERROR_CONFIG); // sizes are still to be filled in

    CHECK_CONTEXT("no configuration");
    check_refused(NULL, DNC_ERROR_NULL_POINTER);
    for (dnc_model model = DNC_MODEL_RNN; model <= DNC_MODEL_DNC; model++) {
        check_changed(model, offsetof(dnc_config, struct_size), 0, DNC_ERROR_STRUCT_SIZE);
        check_changed(model, offsetof(dnc_config, struct_size), (int32_t)sizeof config - 4, DNC_ERROR_STRUCT_SIZE);
        check_changed(model, offsetof(dnc_config, struct_size), (int32_t)sizeof config + 4, DNC_ERROR_STRUCT_SIZE);
        check_changed(model, offsetof(dnc_config, model), 0, DNC_ERROR_CONFIG);
        check_changed(model, offsetof(dnc_config, model), 4, DNC_ERROR_CONFIG);
        check_changed(model, offsetof(dnc_config, isa), -1, DNC_ERROR_INSTRUCTION_SET);
        check_changed(model, offsetof(dnc_config, isa), 4, DNC_ERROR_INSTRUCTION_SET);
        for (size_t i = 0; i < COUNT(bad_sizes); i++) {
            check_changed(model, offsetof(dnc_config, link_interval), bad_sizes[i], DNC_ERROR_CONFIG);
            check_changed(model, offsetof(dnc_config, own_products), bad_sizes[i], DNC_ERROR_CONFIG);
            for (size_t k = 0; k < 2; k++)
                check_changed(model, controller_sizes[k], bad_sizes[i], DNC_ERROR_CONFIG);
            for (size_t k = 0; k < 3; k++)
                check_changed(model, memory_sizes[k], bad_sizes[i], DNC_ERROR_CONFIG);
        }
        for (size_t k = 0; k < 2; k++)
            check_changed(model, controller_sizes[k], 0, DNC_ERROR_CONFIG);
        for (size_t k = 0; k < 3; k++) // a memory needs its sizes, and no other network may have them
            check_changed(model, memory_sizes[k], model != DNC_MODEL_DNC, DNC_ERROR_CONFIG);
    }

    CHECK_CONTEXT("read vectors beyond a BLAS integer");
    config = sample(DNC_MODEL_DNC);
    config.width = config.read_heads = DNC_MAX_SIZE;
    check_refused(&config, DNC_ERROR_TOO_LARGE);
    config.symbols = config.hidden = config.slots = DNC_MAX_SIZE;
    check_refused(&config, DNC_ERROR_TOO_LARGE);
}

static void check_instruction_sets(void) {
    dnc_config config = sample(DNC_MODEL_DNC);
    dnc_isa isa = (dnc_isa)77;
    CHECK_CONTEXT("instruction sets");
    CHECK_EQUAL(dnc_config_isa(NULL, &isa), DNC_ERROR_NULL_POINTER);
    CHECK_EQUAL(dnc_config_isa(&config, NULL), DNC_ERROR_NULL_POINTER);
    config.isa = 4;
    CHECK_EQUAL(dnc_config_isa(&config, &isa), DNC_ERROR_INSTRUCTION_SET);
    config.isa = DNC_ISA_AUTO;
    config.struct_size -= 4; // a caller to whom the field `isa` is not known
    CHECK_EQUAL(dnc_config_isa(&config, &isa), DNC_ERROR_STRUCT_SIZE);
    config.struct_size += 4;
    CHECK_EQUAL(isa, 77);
    CHECK_EQUAL(dnc_config_isa(&config, &isa), DNC_OK);
    CHECK(isa == DNC_ISA_BASE || isa == DNC_ISA_AVX2 || isa == DNC_ISA_AVX512);
    for (dnc_isa forced = DNC_ISA_BASE; forced <= DNC_ISA_AVX512; forced++) {
        CHECK_CONTEXT("instruction set %s", dnc_isa_string(forced));
        config.isa = (int32_t)forced;
        const dnc_status status = dnc_config_validate(&config);
        if (status == DNC_OK) {
            CHECK_EQUAL(dnc_config_isa(&config, &isa), DNC_OK);
            CHECK_EQUAL(isa, forced);
        } else {
            CHECK(forced != DNC_ISA_BASE);
            check_refused(&config, DNC_ERROR_INSTRUCTION_SET);
        }
    }
}

// ---- Sizes and tables ----

static void check_sizes(void) {
    CHECK_CONTEXT("sizes");
    for (dnc_model model = DNC_MODEL_RNN; model <= DNC_MODEL_DNC; model++) {
        const dnc_config config = sample(model);
        for (size_t i = 0; i < COUNT(sizes); i++)
            CHECK_EQUAL(sizes[i](&config, NULL), DNC_ERROR_NULL_POINTER);
        for (int bits = 32; bits <= 64; bits += 32) {
            size_t before = 0, bytes = 77, least;
            static const int32_t bad[] = {0, -1, INT32_MIN, DNC_MAX_SIZE + 1, INT32_MAX};
            for (size_t i = 0; i < COUNT(bad); i++) {
                CHECK_EQUAL(call_segment_workspace(bits, &config, bad[i], B, &bytes), DNC_ERROR_SHAPE);
                CHECK_EQUAL(call_segment_workspace(bits, &config, T, bad[i], &bytes), DNC_ERROR_SHAPE);
                CHECK_EQUAL(call_step_workspace(bits, &config, bad[i], &bytes), DNC_ERROR_SHAPE);
                CHECK_EQUAL(bytes, 77);
            }
            for (int32_t n = 1; n <= 40; n++, before = bytes) { // every size grows with every dimension
                CHECK_EQUAL(call_segment_workspace(bits, &config, n, n, &bytes), DNC_OK);
                CHECK_EQUAL(bytes % DNC_ALIGNMENT, 0); // as aligned_alloc may want it
                CHECK(bytes > before);
                CHECK_EQUAL(call_segment_workspace(bits, &config, n + 1, n, &least), DNC_OK);
                CHECK(least >= bytes);
                CHECK_EQUAL(call_segment_workspace(bits, &config, n, n + 1, &least), DNC_OK);
                CHECK(least >= bytes);
            }
            before = 0;
            for (int32_t n = 1; n <= 40; n++, before = bytes) {
                CHECK_EQUAL(call_step_workspace(bits, &config, n, &bytes), DNC_OK);
                CHECK(bytes >= before);
            }
        }
    }
    dnc_config config = sample(DNC_MODEL_DNC);
    for (size_t i = 0; i < COUNT(sizes); i++) {
        int32_t *const dimensions[] = {&config.symbols, &config.hidden, &config.slots, &config.width, &config.read_heads};
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
    for (size_t i = 0; i < COUNT(too_large); i++)
        for (int bits = 32; bits <= 64; bits += 32) {
            size_t bytes = 77;
            config.slots = too_large[i].slots;
            CHECK_EQUAL(call_segment_workspace(bits, &config, too_large[i].steps, too_large[i].batch, &bytes),
                        DNC_ERROR_TOO_LARGE);
            CHECK_EQUAL(bytes, 77);
        }
}

typedef struct row {
    const char *name;
    size_t shape[4];
} row; // of a table; unused dimensions are 0

static void check_tensor(const dnc_tensor *tensor, const row *expected) {
    CHECK_CONTEXT("tensor %s", expected->name);
    CHECK(tensor->name != NULL && strcmp(tensor->name, expected->name) == 0);
    for (int i = 0; i < 4; i++)
        CHECK_EQUAL(i < tensor->rank ? tensor->shape[i] : 0, expected->shape[i]);
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

static void check_tables(void) {
    static const row rnn_parameters[] = {
        {"controller.0.weight_ih", {H, V}},
        {"controller.0.weight_hh", {H, H}},
        {"controller.0.bias", {H}},
        {"output.weight", {V, H}},
        {"output.bias", {V}},
    };
    static const row lstm_parameters[] = {
        {"controller.0.weight_ih", {4 * H, V}},
        {"controller.0.weight_hh", {4 * H, H}},
        {"controller.0.bias", {4 * H}},
        {"output.weight", {V, H}},
        {"output.bias", {V}},
    };
    static const row dnc_parameters[] = {
        {"controller.0.weight_ih", {4 * H, V + R * W}},
        {"controller.0.weight_hh", {4 * H, H}},
        {"controller.0.bias", {4 * H}},
        {"interface.weight", {I, H}},
        {"interface.bias", {I}},
        {"output.weight", {V, H}},
        {"output.bias", {V}},
        {"output.weight_read", {V, R * W}},
    };
    static const row states[] = {
        // the RNN has the first, the LSTM the first two
        {"hidden", {H}},     {"cell", {H}},    {"read_vectors", {R, W}}, {"memory", {N, W}},          {"usage", {N}},
        {"precedence", {N}}, {"link", {N, N}}, {"write_weighting", {N}}, {"read_weightings", {R, N}},
    };
    static const struct {
        const row *parameters;
        size_t parameter_count, state_count;
    } tables[] = {
        {rnn_parameters, COUNT(rnn_parameters), 1},
        {lstm_parameters, COUNT(lstm_parameters), 2},
        {dnc_parameters, COUNT(dnc_parameters), COUNT(states)},
    };
    for (dnc_model model = DNC_MODEL_RNN; model <= DNC_MODEL_DNC; model++) {
        const dnc_config config = sample(model);
        const size_t i = (size_t)(model - DNC_MODEL_RNN);
        check_table(&config, tables[i].parameters, tables[i].parameter_count, dnc_parameter_count,
                    dnc_parameter_tensor_count, dnc_parameter_tensor);
        check_table(&config, states, tables[i].state_count, dnc_state_count, dnc_state_tensor_count, dnc_state_tensor);
    }
}

// Every tensor of the record has its documented shape.
static void check_record(void) {
    static const row rows[] = {
        // the RNN has the first two, the LSTM the first three
        {"logits", {T, B, V}},
        {"hidden", {T + 1, B, H}},
        {"cell", {T + 1, B, H}},
        {"read_keys", {T, B, R, W}},
        {"read_strengths", {T, B, R}},
        {"write_key", {T, B, W}},
        {"write_strength", {T, B}},
        {"erase_vector", {T, B, W}},
        {"write_vector", {T, B, W}},
        {"free_gates", {T, B, R}},
        {"allocation_gate", {T, B}},
        {"write_gate", {T, B}},
        {"read_modes", {T, B, R, 3}},
        {"write_content_weighting", {T, B, N}},
        {"allocation_weighting", {T, B, N}},
        {"read_content_weightings", {T, B, R, N}},
        {"forward_weightings", {T, B, R, N}},
        {"backward_weightings", {T, B, R, N}},
        {"read_vectors", {T + 1, B, R, W}},
        {"memory", {T + 1, B, N, W}},
        {"usage", {T + 1, B, N}},
        {"precedence", {T + 1, B, N}},
        {"write_weighting", {T + 1, B, N}},
        {"read_weightings", {T + 1, B, R, N}},
        {"link", {T + 1, B, N, N}}, // where all are kept
    };
    static const size_t expected_counts[] = {2, 3, COUNT(rows)};
    for (dnc_model model = DNC_MODEL_RNN; model <= DNC_MODEL_DNC; model++) {
        dnc_config config = sample(model);
        const dnc_segment segment = {.steps = T, .batch = B};
        size_t count = 0;
        CHECK_CONTEXT("record of %s", model_name(model));
        CHECK_EQUAL(dnc_record_tensor_count(&config, &count), DNC_OK);
        CHECK_EQUAL(count, expected_counts[model - DNC_MODEL_RNN]);
        for (size_t i = 0; i < expected_counts[model - DNC_MODEL_RNN]; i++) {
            const dnc_tensor tensor = record_tensor(&config, &segment, rows[i].name);
            check_tensor(&tensor, &rows[i]);
        }
        CHECK_CONTEXT("record of %s", model_name(model));
        dnc_tensor tensor = {.struct_size = sizeof tensor, .rank = 77};
        CHECK_EQUAL(dnc_record_tensor(&config, T, B, 0, NULL), DNC_ERROR_NULL_POINTER);
        CHECK_EQUAL(dnc_record_tensor(&config, T, B, count, &tensor), DNC_ERROR_SHAPE);
        CHECK_EQUAL(dnc_record_tensor(&config, 0, B, 0, &tensor), DNC_ERROR_SHAPE);
        CHECK_EQUAL(dnc_record_tensor(&config, T, DNC_MAX_SIZE + 1, 0, &tensor), DNC_ERROR_SHAPE);
        CHECK_EQUAL(dnc_record_tensor(&config, DNC_MAX_SIZE, DNC_MAX_SIZE, 0, &tensor), DNC_ERROR_TOO_LARGE);
        CHECK_EQUAL(tensor.rank, 77);
        if (model != DNC_MODEL_DNC)
            continue;
        config.link_interval = 2;
        CHECK_EQUAL(dnc_record_tensor_count(&config, &count), DNC_OK);
        CHECK_EQUAL(count, COUNT(rows) - 1);
    }
}

// ---- Initial parameters ----

static void check_initialize(dnc_model model) {
    const dnc_config config = configure(model, 30, 20, 6, 5, 2);
    CHECK_CONTEXT("dnc_initialize of %s", model_name(model));
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
        CHECK_CONTEXT("dnc_initialize of %s: %s", model_name(model), tensor.name);
        if (tensor.rank == 1) { // a bias; H is 20, so the forget gate's are 20 to 39
            const int gates = model != DNC_MODEL_RNN && strcmp(tensor.name, "controller.0.bias") == 0;
            for (size_t k = 0; k < size; k++)
                CHECK_EQUAL(values[k], gates && k >= 20 && k < 40 ? 1 : 0);
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
    check_instruction_sets();
    check_sizes();
    check_tables();
    check_record();
    for (dnc_model model = DNC_MODEL_RNN; model <= DNC_MODEL_DNC; model++)
        check_initialize(model);
    return check_report();
}
