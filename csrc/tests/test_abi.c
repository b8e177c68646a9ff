// What a compiled program has of the headers in it: layouts, values, sizes. All are literal numbers here. Where one must
// change, programs must be compiled anew: DNC_ABI_VERSION gets another number. What is appended to an enum gets a line, too.
#include <string.h>

#include "check.h"
#include "../src/callers_struct.h"
#include "dnc_checkpoint.h"
#include "harness.h"

#define CHECK_FIELD(type, field, offset, size)                                                                              \
    (CHECK_EQUAL(offsetof(type, field), offset), CHECK_EQUAL(sizeof((type *)NULL)->field, size))

static void check_layouts(void) {
    CHECK_CONTEXT("layouts");
    CHECK_EQUAL(sizeof(dnc_config), 152);
    CHECK_FIELD(dnc_config, struct_size, 0, 4);
    CHECK_FIELD(dnc_config, input_symbols, 4, 4);
    CHECK_FIELD(dnc_config, symbols_per_step, 8, 4);
    CHECK_FIELD(dnc_config, input_vector, 12, 4);
    CHECK_FIELD(dnc_config, controller, 16, 4);
    CHECK_FIELD(dnc_config, hidden, 20, 4);
    CHECK_FIELD(dnc_config, layers, 24, 4);
    CHECK_FIELD(dnc_config, activation, 28, 4);
    CHECK_FIELD(dnc_config, memory, 32, 4);
    CHECK_FIELD(dnc_config, slots, 36, 4);
    CHECK_FIELD(dnc_config, width, 40, 4);
    CHECK_FIELD(dnc_config, read_heads, 44, 4);
    CHECK_FIELD(dnc_config, output, 48, 4);
    CHECK_FIELD(dnc_config, output_size, 52, 4);
    CHECK_FIELD(dnc_config, output_groups, 56, 4);
    CHECK_FIELD(dnc_config, addressing, 60, 4);
    CHECK_FIELD(dnc_config, strengths, 64, 4);
    CHECK_FIELD(dnc_config, linkage, 68, 4);
    CHECK_FIELD(dnc_config, allocation, 72, 4);
    CHECK_FIELD(dnc_config, masks, 76, 4);
    CHECK_FIELD(dnc_config, mask_minimum, 80, 4);
    CHECK_FIELD(dnc_config, deallocation, 84, 4);
    CHECK_FIELD(dnc_config, sharpness, 88, 4);
    CHECK_FIELD(dnc_config, read_before_write, 92, 4);
    CHECK_FIELD(dnc_config, detached_usage, 96, 4);
    CHECK_FIELD(dnc_config, allocation_epsilon, 100, 4);
    CHECK_FIELD(dnc_config, interface_norm, 104, 4);
    CHECK_FIELD(dnc_config, interface_clip, 108, 4);
    CHECK_FIELD(dnc_config, decay, 112, 4);
    CHECK_FIELD(dnc_config, negative_eigenvalues, 116, 4);
    CHECK_FIELD(dnc_config, gate_norm, 120, 4);
    CHECK_FIELD(dnc_config, write_heads, 124, 4);
    CHECK_FIELD(dnc_config, activation_clip, 128, 4);
    CHECK_FIELD(dnc_config, bidirectional, 132, 4);
    CHECK_FIELD(dnc_config, programs, 136, 4);
    CHECK_FIELD(dnc_config, program_use, 140, 4);
    CHECK_FIELD(dnc_config, program_width, 144, 4);
    CHECK_FIELD(dnc_config, memory_start, 148, 4);

    CHECK_EQUAL(sizeof(dnc_run), 28);
    CHECK_FIELD(dnc_run, struct_size, 0, 4);
    CHECK_FIELD(dnc_run, steps, 4, 4);
    CHECK_FIELD(dnc_run, batch, 8, 4);
    CHECK_FIELD(dnc_run, isa, 12, 4);
    CHECK_FIELD(dnc_run, link_interval, 16, 4);
    CHECK_FIELD(dnc_run, own_products, 20, 4);
    CHECK_FIELD(dnc_run, asked_alone, 24, 4);

    CHECK_EQUAL(sizeof(dnc_dropout), 40);
    CHECK_FIELD(dnc_dropout, struct_size, 0, 4);
    CHECK_FIELD(dnc_dropout, reserved, 4, 4);
    CHECK_FIELD(dnc_dropout, seed, 8, 8);
    CHECK_FIELD(dnc_dropout, step, 16, 8);
    CHECK_FIELD(dnc_dropout, lane, 24, 8);
    CHECK_FIELD(dnc_dropout, layers, 32, 4);
    CHECK_FIELD(dnc_dropout, bypass, 36, 4);

    CHECK_EQUAL(sizeof(dnc_random), 32);
    CHECK_FIELD(dnc_random, word, 0, 32);

#if UINTPTR_MAX == UINT64_MAX
    CHECK_EQUAL(sizeof(dnc_candidate), 16);
    CHECK_FIELD(dnc_candidate, weight, 0, 8);
    CHECK_FIELD(dnc_candidate, symbol, 8, 4);

    CHECK_EQUAL(sizeof(dnc_loss), 24);
    CHECK_FIELD(dnc_loss, struct_size, 0, 4);
    CHECK_FIELD(dnc_loss, nats, 8, 8);
    CHECK_FIELD(dnc_loss, count, 16, 8);

    CHECK_EQUAL(sizeof(dnc_tensor), 64);
    CHECK_FIELD(dnc_tensor, struct_size, 0, 4);
    CHECK_FIELD(dnc_tensor, rank, 4, 4);
    CHECK_FIELD(dnc_tensor, name, 8, 8);
    CHECK_FIELD(dnc_tensor, offset, 16, 8);
    CHECK_FIELD(dnc_tensor, shape, 24, 32);
    CHECK_FIELD(dnc_tensor, role, 56, 4);
    CHECK_FIELD(dnc_tensor, reserved, 60, 4);

    CHECK_EQUAL(sizeof(dnc_segment), 72);
    CHECK_FIELD(dnc_segment, struct_size, 0, 4);
    CHECK_FIELD(dnc_segment, reserved, 4, 4);
    CHECK_FIELD(dnc_segment, inputs, 8, 8);
    CHECK_FIELD(dnc_segment, input_vectors, 16, 8);
    CHECK_FIELD(dnc_segment, targets, 24, 8);
    CHECK_FIELD(dnc_segment, target_vectors, 32, 8);
    CHECK_FIELD(dnc_segment, weights, 40, 8);
    CHECK_FIELD(dnc_segment, begins, 48, 8);
    CHECK_FIELD(dnc_segment, phase_ticks, 56, 8);
    CHECK_FIELD(dnc_segment, dropout, 64, 8);

    CHECK_EQUAL(sizeof(dnc_checkpoint), 72);
    CHECK_FIELD(dnc_checkpoint, struct_size, 0, 4);
    CHECK_FIELD(dnc_checkpoint, bits, 4, 4);
    CHECK_FIELD(dnc_checkpoint, symbol_kind, 8, 4);
    CHECK_FIELD(dnc_checkpoint, symbol_count, 12, 4);
    CHECK_FIELD(dnc_checkpoint, parameter_count, 16, 8);
    CHECK_FIELD(dnc_checkpoint, step, 24, 8);
    CHECK_FIELD(dnc_checkpoint, memory_lifetime, 32, 8);
    CHECK_FIELD(dnc_checkpoint, header, 40, 8);
    CHECK_FIELD(dnc_checkpoint, header_end, 48, 8);
    CHECK_FIELD(dnc_checkpoint, symbols, 56, 8);
    CHECK_FIELD(dnc_checkpoint, symbols_end, 64, 8);
#endif
}

static void check_values(void) {
    CHECK_CONTEXT("values");
    CHECK_EQUAL(sizeof(dnc_status), 4);
    CHECK_EQUAL(DNC_OK, 0);
    CHECK_EQUAL(DNC_ERROR_NULL_POINTER, 1);
    CHECK_EQUAL(DNC_ERROR_CONFIG, 2);
    CHECK_EQUAL(DNC_ERROR_SHAPE, 3);
    CHECK_EQUAL(DNC_ERROR_TOO_LARGE, 4);
    CHECK_EQUAL(DNC_ERROR_WORKSPACE_TOO_SMALL, 5);
    CHECK_EQUAL(DNC_ERROR_MISALIGNED, 6);
    CHECK_EQUAL(DNC_ERROR_SYMBOL_RANGE, 7);
    CHECK_EQUAL(DNC_ERROR_INSTRUCTION_SET, 8);
    CHECK_EQUAL(DNC_ERROR_NO_FORWARD, 9);
    CHECK_EQUAL(DNC_ERROR_NOT_FINITE, 10);
    CHECK_EQUAL(DNC_ERROR_SAMPLING, 11);
    CHECK_EQUAL(DNC_ERROR_TRUNCATED, 12);
    CHECK_EQUAL(DNC_ERROR_FORMAT, 13);
    CHECK_EQUAL(DNC_ERROR_NO_CHECKPOINT, 14);
    CHECK_EQUAL(DNC_ERROR_SCHEMA, 15);
    CHECK_EQUAL(DNC_ERROR_METADATA, 16);
    CHECK_EQUAL(DNC_ERROR_TENSORS, 17);
    CHECK_EQUAL(DNC_ERROR_DAMAGED, 18);
    CHECK_EQUAL(DNC_ERROR_STRUCT_SIZE, 19);
    CHECK_EQUAL(DNC_ERROR_RUN, 20);
    CHECK_EQUAL(DNC_ERROR_DROPOUT, 21);
    CHECK_EQUAL(DNC_ERROR_BIDIRECTIONAL, 22);

    CHECK_EQUAL(sizeof(dnc_controller), 4);
    CHECK_EQUAL(DNC_CONTROLLER_TANH, 1);
    CHECK_EQUAL(DNC_CONTROLLER_LSTM, 2);
    CHECK_EQUAL(DNC_CONTROLLER_FEED_FORWARD, 3);
    CHECK_EQUAL(DNC_CONTROLLER_GRU, 4);
    CHECK_EQUAL(DNC_CONTROLLER_SQUASHED_LSTM, 5);

    CHECK_EQUAL(sizeof(dnc_activation), 4);
    CHECK_EQUAL(DNC_ACTIVATION_TANH, 0);
    CHECK_EQUAL(DNC_ACTIVATION_RELU, 1);

    CHECK_EQUAL(sizeof(dnc_memory), 4);
    CHECK_EQUAL(DNC_MEMORY_NONE, 0);
    CHECK_EQUAL(DNC_MEMORY_DNC, 1);
    CHECK_EQUAL(DNC_MEMORY_DELTA, 2);
    CHECK_EQUAL(DNC_MEMORY_HOLOGRAPHIC, 3);

    CHECK_EQUAL(DNC_ADDRESSING_COSINE, 0);
    CHECK_EQUAL(DNC_ADDRESSING_DOT, 1);
    CHECK_EQUAL(DNC_ADDRESSING_LOCATION, 2);

    CHECK_EQUAL(DNC_STRENGTHS_ONEPLUS, 0);
    CHECK_EQUAL(DNC_STRENGTHS_SOFTPLUS, 1);
    CHECK_EQUAL(DNC_STRENGTHS_NONE, 2);

    CHECK_EQUAL(DNC_LINKAGE_TEMPORAL, 0);
    CHECK_EQUAL(DNC_LINKAGE_NONE, 1);

    CHECK_EQUAL(DNC_ALLOCATION_USAGE, 0);
    CHECK_EQUAL(DNC_ALLOCATION_NONE, 1);

    CHECK_EQUAL(sizeof(dnc_memory_start), 4);
    CHECK_EQUAL(DNC_MEMORY_START_ZEROS, 0);
    CHECK_EQUAL(DNC_MEMORY_START_DRAWN, 1);

    CHECK_EQUAL(sizeof(dnc_program_use), 4);
    CHECK_EQUAL(DNC_PROGRAM_USE_INTERFACE, 0);
    CHECK_EQUAL(DNC_PROGRAM_USE_OUTPUT, 1);
    CHECK_EQUAL(DNC_PROGRAM_USE_OUTPUT_ROWS, 2);

    CHECK_EQUAL(sizeof(dnc_output), 4);
    CHECK_EQUAL(DNC_OUTPUT_SYMBOLS, 1);
    CHECK_EQUAL(DNC_OUTPUT_BITS, 2);
    CHECK_EQUAL(DNC_OUTPUT_REALS, 3);

    CHECK_EQUAL(sizeof(dnc_role), 4);
    CHECK_EQUAL(DNC_ROLE_WEIGHT, 1);
    CHECK_EQUAL(DNC_ROLE_BIAS, 2);
    CHECK_EQUAL(DNC_ROLE_CONTROLLER_STATE, 3);
    CHECK_EQUAL(DNC_ROLE_MEMORY_STATE, 4);
    CHECK_EQUAL(DNC_ROLE_RECORD, 5);
    CHECK_EQUAL(DNC_ROLE_SCALE, 6);

    CHECK_EQUAL(sizeof(dnc_isa), 4);
    CHECK_EQUAL(DNC_ISA_AUTO, 0);
    CHECK_EQUAL(DNC_ISA_BASE, 1);
    CHECK_EQUAL(DNC_ISA_AVX2, 2);
    CHECK_EQUAL(DNC_ISA_AVX512, 3);

    CHECK_EQUAL(sizeof(dnc_phase), 4);
    CHECK_EQUAL(DNC_PHASE_CONTROLLER, 0);
    CHECK_EQUAL(DNC_PHASE_ACTIVATIONS, 1);
    CHECK_EQUAL(DNC_PHASE_ADDRESSING, 2);
    CHECK_EQUAL(DNC_PHASE_LINKAGE, 3);
    CHECK_EQUAL(DNC_PHASE_MEMORY, 4);
    CHECK_EQUAL(DNC_PHASE_OUTPUT, 5);
    CHECK_EQUAL(DNC_PHASE_GRADIENTS, 6);
    CHECK_EQUAL(DNC_PHASE_COUNT, 7); // as many ticks as a program has room for

    CHECK_EQUAL(sizeof(dnc_symbol_kind), 4);
    CHECK_EQUAL(DNC_SYMBOLS_CHARACTERS, 1);
    CHECK_EQUAL(DNC_SYMBOLS_BYTES, 2);

    CHECK_EQUAL(DNC_ABI_VERSION, 2);
    CHECK_EQUAL(DNC_ALIGNMENT, 64);
    CHECK_EQUAL(DNC_NO_TARGET, -1);
    CHECK_EQUAL(DNC_NO_SYMBOL, -1);
    CHECK_EQUAL(DNC_MAX_SIZE, 1048576);
    CHECK_EQUAL(DNC_MAX_LAYERS, 8);
    CHECK_EQUAL(DNC_MAX_WRITE_HEADS, 8);
}

// The program and the library may be of different times.
static void check_versions(void) {
    CHECK_CONTEXT("version");
    char version[32];
    snprintf(version, sizeof version, "%d.%d.%d", DNC_VERSION_MAJOR, DNC_VERSION_MINOR, DNC_VERSION_PATCH);
    CHECK(strcmp(dnc_version(), version) == 0);

    dnc_config config = configure(MODEL_DNC, 2, 3, 4, 5, 1);
    dnc_run run = dnc_run_of(3, 2);
    for (uint32_t size = 0; size <= 140; size++) {
        dnc_isa isa; // a config ended with output_groups once, and a run with own_products
        CHECK_CONTEXT("struct_size %u", (unsigned)size);
        config.struct_size = run.struct_size = size;
        const bool is_of_its_time = size >= 60 && size <= sizeof config && size % 4 == 0;
        CHECK_EQUAL(dnc_config_validate(&config), is_of_its_time ? DNC_OK : DNC_ERROR_STRUCT_SIZE);
        const bool is_run_of_its_time = size >= 24 && size <= sizeof run && size % 4 == 0;
        CHECK_EQUAL(dnc_run_isa(&run, &isa), is_run_of_its_time ? DNC_OK : DNC_ERROR_STRUCT_SIZE);
    }
}

// What a program passes that was compiled before a struct got its last fields, and what it gets: a struct of `size` bytes, in a
// room that is full of 0xaa, for a library in which it has 64 and at least 16.
static void check_growth(uint32_t size) {
    CHECK_CONTEXT("a struct of %u bytes", (unsigned)size);
    unsigned char room[80], own[64];
    memset(room, 0xaa, sizeof room);
    memset(own, 0x55, sizeof own);
    memcpy(room, &size, sizeof size);
    const dnc_status expected = size >= 16 && size <= 64 && size % 4 == 0 ? DNC_OK : DNC_ERROR_STRUCT_SIZE;
    CHECK_EQUAL(dnc_struct_check(room, 16, sizeof own), expected);
    CHECK_EQUAL(dnc_struct_take(own, room, 16, sizeof own), expected);
    const uint32_t whole = sizeof own;
    CHECK(expected != DNC_OK || memcmp(own, &whole, sizeof whole) == 0);
    for (size_t i = 4; i < sizeof own; i++)
        CHECK_EQUAL(own[i], expected != DNC_OK ? 0x55 : i < size ? 0xaa : 0);
    if (expected != DNC_OK)
        return;
    memset(own + 4, 0x55, sizeof own - 4);
    dnc_struct_give(room, own);
    CHECK(memcmp(room, &size, sizeof size) == 0);
    for (size_t i = 4; i < sizeof room; i++)
        CHECK_EQUAL(room[i], i < size ? 0x55 : 0xaa);
}

// No padding at the end, in which a field might come to lie that older programs leave undefined.
static void check_ends(void) {
    CHECK_CONTEXT("ends");
    CHECK_EQUAL(DNC_LEAST_CONFIG, 60);
    CHECK_EQUAL(DNC_SIZE_UP_TO(dnc_config, memory_start), sizeof(dnc_config));
    CHECK_EQUAL(DNC_LEAST_RUN, 24);
    CHECK_EQUAL(DNC_SIZE_UP_TO(dnc_run, asked_alone), sizeof(dnc_run));
    CHECK_EQUAL(DNC_LEAST_TENSOR, sizeof(dnc_tensor));
    CHECK_EQUAL(DNC_LEAST_SEGMENT + sizeof(void *), sizeof(dnc_segment));
    CHECK_EQUAL(DNC_LEAST_DROPOUT, sizeof(dnc_dropout));
    CHECK_EQUAL(DNC_LEAST_LOSS, sizeof(dnc_loss));
}

int main(void) {
    check_ends();
    for (uint32_t size = 0; size < 80; size++)
        check_growth(size);

    check_layouts();
    check_values();
    check_versions();
    return check_report();
}
