// What others do otherwise comes to the plain DNC, to its bits or to rounding, where its equations do.
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "harness.h"
#include "reference.h"

enum { T = 6, B = 2, H = 5, N = 7, W = 3, R = 2 };

// Gives `to` the parameters of `from` that it has, by tensor and, of the interface, by part.
static void copy_parameters(const network *from, network *to) {
    static const char *const parts[] = {"read_keys",    "read_strengths", "write_key",  "write_strength",
                                        "erase_vector", "write_vector",   "free_gates", "allocation_gate",
                                        "write_gate",   "read_modes"};
    dnc_tensor tensor = {.struct_size = sizeof tensor};
    for (size_t i = 0; dnc_parameter_tensor(&to->config, i, &tensor) == DNC_OK; i++) {
        if (strncmp(tensor.name, "interface.", 10) != 0) {
            const size_t source = parameter_tensor(&from->config, tensor.name).offset;
            for (size_t k = 0; k < tensor_count(&tensor, 0); k++)
                set_number(to->bits, to->parameters, tensor.offset + k, number(from->bits, from->parameters, source + k));
            continue;
        }
        const size_t columns = tensor_count(&tensor, 1);
        for (size_t p = 0; p < COUNT(parts); p++) {
            size_t count, source_count;
            const size_t at = reference_interface_part(&to->config, parts[p], &count) * columns;
            const size_t source = reference_interface_part(&from->config, parts[p], &source_count) * columns;
            if (count == 0 || source_count != count)
                continue;
            const size_t offset = parameter_tensor(&from->config, tensor.name).offset;
            for (size_t k = 0; k < count * columns; k++)
                set_number(to->bits, to->parameters, tensor.offset + at + k,
                           number(from->bits, from->parameters, offset + source + k));
        }
    }
}

typedef struct reduction {
    const char *name;
    void (*set)(dnc_config *); // what makes the variant
    const char *pinned[3];     // parts of the plain one's interface vector
    double biases[3];
    const char *pinned_of_variant; // and of the variant's
    double bias_of_variant;
    bool has_its_bits; // forward
} reduction;

static void set_masks(dnc_config *c) {
    c->masks = 1, c->mask_minimum = 1;
}
static void set_deallocation(dnc_config *c) {
    c->deallocation = 1;
}
static void set_no_links(dnc_config *c) {
    c->linkage = DNC_LINKAGE_NONE;
}
static void set_no_allocation(dnc_config *c) {
    c->allocation = DNC_ALLOCATION_NONE, c->memory_start = DNC_MEMORY_START_DRAWN;
}
static void set_wide_clip(dnc_config *c) {
    c->interface_clip = 1e6f;
}
static void set_wide_activation_clip(dnc_config *c) {
    c->activation_clip = 1e6f;
}
static void set_detached(dnc_config *c) {
    c->detached_usage = 1;
}
static void set_one_write_head(dnc_config *c) {
    c->write_heads = 1;
}

// Elsewhere the same sums may be contracted, or kept in registers, in other ways.
#ifdef __x86_64__
enum { compiles_alike = 1 };
#else
enum { compiles_alike = 0 };
#endif

static const reduction reductions[] = {
    {"masks of at least 1", set_masks, {NULL}, {0}, NULL, 0, true},
    {"de-allocation of what is never freed", set_deallocation, {"free_gates"}, {-1e9}, "free_gates", -1e9, true},
    {"reading by content alone", set_no_links, {"read_modes"}, {0}, NULL, 0, true},
    {"writing by content alone", set_no_allocation, {"allocation_gate", "write_gate"}, {-1e9, 1e9}, NULL, 0, false},
    {"a clip that nothing meets", set_wide_clip, {NULL}, {0}, NULL, 0, true},
    {"a clip of activations that nothing meets", set_wide_activation_clip, {NULL}, {0}, NULL, 0, true},
    {"detached usage, forward", set_detached, {NULL}, {0}, NULL, 0, true},
    {"one write head", set_one_write_head, {NULL}, {0}, NULL, 0, true},
};

static void check_reduction(const reduction *r, int bits, dnc_isa isa) {
    uint64_t seed = 1;
    dnc_config plain = configure(MODEL_DNC, 4, H, N, W, R), config = plain;
    r->set(&config);
    plain.memory_start = config.memory_start;
    dnc_run run = dnc_run_of(T, B);
    run.isa = (int32_t)isa;
    CHECK_CONTEXT("%s f%d %s", r->name, bits, dnc_isa_string(isa));
    network expected = network_create(&plain, bits, T, B), found = network_create(&config, bits, T, B);
    network_set_run(&expected, &run), network_set_run(&found, &run);
    network_draw_parameters(&expected, &seed, 1.5), network_draw_parameters(&found, &seed, 1.5);
    for (size_t i = 0; i < COUNT(r->pinned) && r->pinned[i] != NULL; i++)
        pin(&expected, r->pinned[i], r->biases[i]);
    for (size_t head = 0; config.linkage == DNC_LINKAGE_NONE && head < R; head++) { // of three modes the second is content
        size_t count;
        const size_t modes = reference_interface_part(&plain, "read_modes", &count);
        set_number(bits, expected.parameters, parameter_tensor(&plain, "interface.bias").offset + modes + 3 * head + 1, 1e4);
    }
    copy_parameters(&expected, &found);
    if (r->pinned_of_variant != NULL)
        pin(&found, r->pinned_of_variant, r->bias_of_variant);
    for (int segment = 0; segment < 3; segment++) {
        network_draw_segment(&expected, &seed);
        found.segment = expected.segment;
        const double wanted = network_forward(&expected).nats, got = network_forward(&found).nats;
        if (r->has_its_bits && compiles_alike)
            CHECK(wanted == got);
        else
            CHECK_CLOSE(got, wanted, bits == 32 ? 1e-4 : 1e-10);
    }
    // Gradients of the parameters that both have, but for detached usage, whose are others.
    void *of_plain = numbers_create(bits, expected.parameter_count),
         *of_variant = numbers_create(bits, found.parameter_count);
    network_backward(&expected, 1, of_plain);
    network_backward(&found, 1, of_variant);
    dnc_tensor tensor = {.struct_size = sizeof tensor};
    for (size_t i = 0; !config.detached_usage && dnc_parameter_tensor(&plain, i, &tensor) == DNC_OK; i++) {
        if (strncmp(tensor.name, "interface.", 10) == 0)
            continue;
        const size_t at = parameter_tensor(&config, tensor.name).offset;
        double worst = 0;
        for (size_t k = 0; k < tensor_count(&tensor, 0); k++)
            worst = worse(worst, fabs(number(bits, of_variant, at + k) - number(bits, of_plain, tensor.offset + k)));
        CHECK_ERROR(tensor.name, worst, bits == 32 ? 1e-4 : 1e-12);
    }
    free(of_plain);
    free(of_variant);
    network_destroy(&expected);
    network_destroy(&found);
}

// Sets number `i` of that part of the interface vector to what `from` has as number `k` of it; without `from` to -1e9, so that a gate
// is shut and a mode is none.
static void set_interface_number(network *net, const char *part, size_t i, const network *from, size_t k) {
    const dnc_tensor weight = parameter_tensor(&net->config, "interface.weight");
    const size_t bias = parameter_tensor(&net->config, "interface.bias").offset;
    size_t count;
    const size_t to = reference_interface_part(&net->config, part, &count) + i;
    const size_t source = from != NULL ? reference_interface_part(&from->config, part, &count) + k : 0;
    for (size_t j = 0; j < H; j++)
        set_number(net->bits, net->parameters, weight.offset + to * H + j,
                   from != NULL ? number(from->bits, from->parameters, weight.offset + source * H + j) : 0);
    set_number(net->bits, net->parameters, bias + to,
               from != NULL
                   ? number(from->bits, from->parameters, parameter_tensor(&from->config, "interface.bias").offset + source)
                   : -1e9);
}

// Of several write heads all but the first never write, nor is read along their links: the network is that of one. In double
// precision: in single, rounding orders slots of nearly equal usage in one way or the other.
static void check_silent_heads(int32_t heads, int32_t deallocation, dnc_isa isa) {
    static const char *const parts[] = {"write_key",    "write_strength",  "erase_vector",
                                        "write_vector", "allocation_gate", "write_gate"};
    const size_t P = (size_t)heads;
    uint64_t seed = 1;
    dnc_config plain = configure(MODEL_DNC, 4, H, N, W, R), config;
    plain.deallocation = deallocation;
    config = plain;
    config.write_heads = heads;
    dnc_run run = dnc_run_of(T, B);
    run.isa = (int32_t)isa;
    CHECK_CONTEXT("%d write heads of which one writes %s", heads, dnc_isa_string(isa));
    network expected = network_create(&plain, 64, T, B), found = network_create(&config, 64, T, B);
    network_set_run(&expected, &run), network_set_run(&found, &run);
    network_draw_parameters(&expected, &seed, 1.5), network_draw_parameters(&found, &seed, 1.5);
    copy_parameters(&expected, &found);
    for (size_t p = 0; p < COUNT(parts); p++) {
        size_t count;
        (void)reference_interface_part(&plain, parts[p], &count);
        for (size_t i = 0; i < count; i++)
            set_interface_number(&found, parts[p], i, &expected, i);
    }
    for (size_t q = 1; q < P; q++)
        set_interface_number(&found, "write_gate", q, NULL, 0);
    for (size_t i = 0; i < R * (2 * P + 1); i++) {
        const size_t head = i / (2 * P + 1), mode = i % (2 * P + 1); // of one head 0, 1, 2, which are 0, P, P + 1 of P
        const bool is_of_first = mode == 0 || mode == P || mode == P + 1;
        set_interface_number(&found, "read_modes", i, is_of_first ? &expected : NULL,
                             3 * head + (mode == 0 ? 0 : mode - P + 1));
    }
    static const char *const states[] = {"memory", "usage", "read_weightings", "read_vectors"};
    for (int segment = 0; segment < 3; segment++) {
        network_draw_segment(&expected, &seed);
        found.segment = expected.segment;
        const double wanted = network_forward(&expected).nats, got = network_forward(&found).nats;
        CHECK_CLOSE(got, wanted, 1e-12);
    }
    for (size_t i = 0; i < COUNT(states); i++) {
        const dnc_tensor of_plain = state_tensor(&plain, states[i]), of_several = state_tensor(&config, states[i]);
        const double *const wanted = (double *)expected.state + of_plain.offset;
        const double *const got = (double *)found.state + of_several.offset;
        CHECK_ERROR(states[i], largest_difference(64, got, wanted, tensor_count(&of_plain, 0)), 1e-12);
    }
    double *const of_plain = numbers_create(64, expected.parameter_count), *const of_several =
                                                                               numbers_create(64, found.parameter_count);
    network_backward(&expected, 1, of_plain);
    network_backward(&found, 1, of_several);
    dnc_tensor tensor = {.struct_size = sizeof tensor};
    for (size_t i = 0; dnc_parameter_tensor(&plain, i, &tensor) == DNC_OK; i++)
        if (strncmp(tensor.name, "interface.", 10) != 0)
            CHECK_ERROR(tensor.name,
                        largest_difference(64, of_several + parameter_tensor(&config, tensor.name).offset,
                                           of_plain + tensor.offset, tensor_count(&tensor, 0)),
                        1e-12);
    free(of_plain);
    free(of_several);
    network_destroy(&expected);
    network_destroy(&found);
}

// S(d, 1) = (d + eps) / sum (d + eps)
static void check_sharpness_of_1(int bits, dnc_isa isa) {
    uint64_t seed = 1;
    dnc_config config = configure(MODEL_DNC, 4, H, N, W, R);
    config.sharpness = 1;
    dnc_run run = dnc_run_of(T, B);
    run.isa = (int32_t)isa;
    CHECK_CONTEXT("sharpness of 1 f%d %s", bits, dnc_isa_string(isa));
    network net = network_create(&config, bits, T, B);
    network_set_run(&net, &run);
    network_draw_parameters(&net, &seed, 1.5);
    pin(&net, "forward_sharpness", -1e9), pin(&net, "backward_sharpness", -1e9); // oneplus is 1
    network_warm_up(&net, &seed, 3);
    static const char *const names[][2] = {{"forward_weightings", "sharp_forward_weightings"},
                                           {"backward_weightings", "sharp_backward_weightings"}};
    for (int way = 0; way < 2; way++) {
        dnc_tensor tensor = {.struct_size = sizeof tensor};
        void *const d = network_record(&net, names[way][0], &tensor), *const sharp =
                                                                          network_record(&net, names[way][1], &tensor);
        double worst = 0;
        for (size_t row = 0; row < T * B * R; row++) {
            double sum = 0;
            for (size_t i = 0; i < N; i++)
                sum += number(bits, d, row * N + i) + DNC_SHARPNESS_EPSILON;
            for (size_t i = 0; i < N; i++) {
                const double expected = (number(bits, d, row * N + i) + DNC_SHARPNESS_EPSILON) / sum;
                worst = worse(worst, fabs(number(bits, sharp, row * N + i) - expected));
            }
        }
        CHECK_ERROR(names[way][1], worst, bits == 32 ? 1e-5 : 1e-13);
        free(d);
        free(sharp);
    }
    network_destroy(&net);
}

int main(void) {
    dnc_use_one_blas_thread();
    dnc_isa isas[3];
    const int isa_count = available_isas(isas);
    for (int i = 0; i < isa_count; i++) {
        for (int bits = 32; bits <= 64; bits += 32) {
            for (size_t k = 0; k < COUNT(reductions); k++)
                check_reduction(&reductions[k], bits, isas[i]);
            check_sharpness_of_1(bits, isas[i]);
        }
        for (int32_t heads = 2; heads <= DNC_MAX_WRITE_HEADS; heads += 3)
            check_silent_heads(heads, heads > 2, isas[i]);
    }
    return check_report();
}
