// Numbers at the edge: none crashes or hangs the core, and where the equations give no number the loss is none either.
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "harness.h"
#include "reference.h"

enum { V = 4, H = 5, N = 5, W = 3, R = 2, T = 3, B = 2 };

static double tolerance_of(int bits) {
    return bits == 32 ? 1e-3 : 1e-9;
}

// ---- Broken numbers in parameters and state -------------------------------------------------------------------------------

// The same network in the core and, lane by lane, in the reference, with all that a trial changes put by.
typedef struct subject {
    network net;
    void *parameters, *state; // as they were
    void *after;              // the state that they lead to
    void *gradient, *outputs;
    size_t parameter_bytes, state_bytes;
} subject;

static size_t output_count(const dnc_config *config) {
    return (size_t)config->output_groups * (size_t)config->output_size;
}

static subject subject_create(const dnc_config *config, const dnc_run *its_run, int bits) {
    uint64_t source = 1;
    subject s = {.net = network_create(config, bits, T, B)};
    network *const net = &s.net;
    network_set_run(net, its_run);
    s.parameter_bytes = bytes_of(net, net->parameter_count), s.state_bytes = state_bytes(net);
    network_draw_parameters(net, &source, 1.5);
    network_warm_up(net, &source, 10);
    network_draw_segment(net, &source);
    for (int i = 0; i < T * B * config->output_groups; i++) // every output counts
        net->targets[i] = random_below(&source, config->output_size);
    s.parameters = memcpy(malloc(s.parameter_bytes), net->parameters, s.parameter_bytes);
    s.state = memcpy(malloc(s.state_bytes), net->state, s.state_bytes);
    network_forward(net);
    s.after = memcpy(malloc(s.state_bytes), net->state, s.state_bytes);
    s.gradient = numbers_create(bits, net->parameter_count);
    s.outputs = numbers_create(bits, B * output_count(config));
    return s;
}

static void subject_destroy(subject *s) {
    free(s->parameters);
    free(s->state);
    free(s->after);
    free(s->gradient);
    free(s->outputs);
    network_destroy(&s->net);
}

typedef struct outcome {
    double nats, by_steps; // of the segment, and of the same one step at a time
    double truth, largest; // by the reference, and what its loss is made of, at most
    int gradient_is_finite;
} outcome;

// What is read and asked at step t of lane b.
typedef struct place {
    const int32_t *inputs, *targets;
    const float *input_vector, *target_vector;
} place;

static place place_of(const network *net, size_t t, size_t b) {
    const dnc_config *const c = &net->config;
    const size_t at = t * B + b;
    return (place){.inputs = net->inputs + at * (size_t)c->symbols_per_step,
                   .targets = net->targets + at * (size_t)c->output_groups,
                   .input_vector = net->input_vectors + at * (size_t)c->input_vector,
                   .target_vector = net->target_vectors + at * (size_t)c->output_size};
}

// Slots are allocated in the order of the core's own usage: see reference_step.
static void run_reference(const subject *s, const double *usage, const double *start, outcome *found) {
    const network *const net = &s->net;
    double *const parameters = numbers_widen(net->bits, net->parameters, net->parameter_count);
    for (size_t b = 0; b < B; b++) {
        reference lane = reference_create(&net->config, parameters);
        reference_set_state(&lane, start + b * net->state_count);
        for (size_t t = 0; t < T; t++) {
            int64_t count;
            const place at = place_of(net, t, b);
            reference_step(&lane, at.inputs, at.input_vector, usage != NULL ? usage + ((t + 1) * B + b) * N : NULL);
            found->truth += reference_loss(&lane, at.targets, at.target_vector, &count);
            for (size_t i = 0; i < lane.Y; i++) {
                const double y = fabs(lane.outputs[i]);
                found->largest = fmax(found->largest, net->config.output == DNC_OUTPUT_REALS ? y * y : y);
            }
        }
        reference_destroy(&lane);
    }
    free(parameters);
}

// The loss of a lane's outputs, by the reference's words for it.
static double loss_of(const network *net, const void *outputs, size_t b, const place *at) {
    const size_t count = output_count(&net->config);
    double *const wide = numbers_widen(net->bits, (const char *)outputs + b * bytes_of(net, count), count);
    int64_t asked;
    const reference lane = {.config = net->config, .outputs = wide};
    const double loss = reference_loss(&lane, at->targets, at->target_vector, &asked);
    free(wide);
    return loss;
}

// Forward, backward and step of the network as it is now.
static outcome run(subject *s) {
    network *const net = &s->net;
    const int bits = net->bits;
    outcome found = {.gradient_is_finite = 1};
    void *const start = memcpy(malloc(s->state_bytes), net->state, s->state_bytes);
    found.nats = network_forward(net).nats;
    void *const after = memcpy(malloc(s->state_bytes), net->state, s->state_bytes);
    double *usage = NULL;
    if (net->config.memory == DNC_MEMORY_DNC) {
        dnc_tensor tensor = {.struct_size = sizeof tensor};
        void *const values = network_record(net, "usage", &tensor);
        usage = numbers_widen(bits, values, tensor_count(&tensor, 0));
        free(values);
    }
    memset(s->gradient, 0, s->parameter_bytes);
    network_backward(net, 1, s->gradient);
    for (size_t i = 0; i < net->parameter_count; i++)
        found.gradient_is_finite &= isfinite(number(bits, s->gradient, i));

    double *const wide = numbers_widen(bits, start, B * net->state_count);
    run_reference(s, usage, wide, &found);
    memcpy(net->state, start, s->state_bytes);
    for (size_t t = 0; t < T; t++) {
        const place first = place_of(net, t, 0);
        net->segment.inputs = first.inputs, net->segment.input_vectors = first.input_vector;
        network_step(net, s->outputs);
        for (size_t b = 0; b < B; b++) {
            const place at = place_of(net, t, b);
            found.by_steps += loss_of(net, s->outputs, b, &at);
        }
    }
    net->segment.inputs = net->inputs, net->segment.input_vectors = net->input_vectors;
    memcpy(net->state, after, s->state_bytes);
    free(start);
    free(after);
    free(usage);
    free(wide);
    return found;
}

// A loss that is a number is the right one, to within the rounding of the logits that it comes from; and where nothing can
// overflow on the way, it is a number exactly where the equations give one.
static void check_loss(const char *what, int bits, double nats, const outcome *found, int may_overflow) {
    if (isfinite(nats))
        CHECK_ERROR(what, fabs(nats - found->truth) / fmax(1, found->largest), tolerance_of(bits));
    if (!may_overflow)
        CHECK_EQUAL(isfinite(nats), isfinite(found->truth));
}

enum { every_element = -1 };

// `value` in one element of the tensor, or in all of them. Of a state, in the first lane alone: the others do not notice.
static void check_value(subject *s, const dnc_tensor *tensor, int in_state, int32_t element, double value) {
    network *const net = &s->net;
    const int bits = net->bits;
    memcpy(net->parameters, s->parameters, s->parameter_bytes);
    memcpy(net->state, s->state, s->state_bytes);
    for (size_t i = 0; i < tensor_count(tensor, 0); i++)
        if (element == every_element || i == (size_t)element)
            set_number(bits, in_state ? net->state : net->parameters, tensor->offset + i, value);

    CHECK_CONTEXT("%s, output %d, f%d %s: %g in %s[%d]", model_name(&net->config), net->config.output, bits,
                  dnc_isa_string((dnc_isa)net->run.isa), value, tensor->name, element);
    const int is_tiny = fabs(value) < 1e-30, is_huge = isfinite(value) && !is_tiny;
    const outcome found = run(s);
    // Of rows that a huge vector was written to, huge strengths tell apart cosines that differ by rounding alone. Rectified units
    // make whole interfaces huge.
    const bool is_relu = net->config.activation == DNC_ACTIVATION_RELU;
    if (!is_huge || (!is_relu && (element != every_element || strncmp(tensor->name, "interface", 9) != 0))) {
        check_loss("loss", bits, found.nats, &found, is_huge);
        check_loss("loss by steps", bits, found.by_steps, &found, is_huge);
    }
    if (isnan(found.nats))
        CHECK(!found.gradient_is_finite);
    if (is_tiny)
        CHECK(found.gradient_is_finite);
    if (in_state) {
        const size_t lane = bytes_of(net, net->state_count);
        CHECK(memcmp((char *)net->state + lane, (char *)s->after + lane, lane) == 0);
    }
}

static void check_tensors(subject *s, int in_state, uint64_t *source) {
    const int bits = s->net.bits, elements = repetitions(1, 2, 20);
    const double values[] = {NAN, INFINITY, -INFINITY, bits == 32 ? 1e-40 : 1e-310, 1e38, -1e38};
    dnc_tensor tensor = {.struct_size = sizeof tensor};
    for (size_t i = 0; (in_state ? dnc_state_tensor : dnc_parameter_tensor)(&s->net.config, i, &tensor) == DNC_OK; i++)
        for (size_t k = 0; k < COUNT(values); k++) {
            check_value(s, &tensor, in_state, every_element, values[k]);
            for (int e = 0; e < elements; e++)
                check_value(s, &tensor, in_state, random_below(source, (int32_t)tensor_count(&tensor, 0)), values[k]);
        }
}

static void check_broken_numbers(const dnc_config *config, const dnc_run *its_run, int bits) {
    uint64_t source = 2;
    subject s = subject_create(config, its_run, bits);
    check_tensors(&s, 0, &source);
    check_tensors(&s, 1, &source);
    subject_destroy(&s);
}

// ---- Large numbers --------------------------------------------------------------------------------------------------------

// Parameters so large that every gate is shut or open and logits are far beyond what exp can take.
static void check_large_parameters(const dnc_config *config, const dnc_run *its_run, int bits) {
    for (uint64_t seed = 1; seed <= 5; seed++) {
        uint64_t source = seed;
        dnc_run run = *its_run;
        run.steps = 6, run.batch = 2;
        network net = network_create(config, bits, run.steps, run.batch);
        network_set_run(&net, &run);
        void *gradient = numbers_create(bits, net.parameter_count);
        network_draw_parameters(&net, &source, 1e4);
        for (int segment = 0; segment < 3; segment++) {
            network_draw_segment(&net, &source);
            const dnc_loss loss = network_forward(&net);
            CHECK(isfinite(loss.nats) && loss.nats > 100);
            network_backward(&net, 1, gradient);
        }
        double largest = 0;
        for (size_t i = 0; i < net.parameter_count; i++)
            largest = worse(largest, fabs(number(bits, gradient, i)));
        CHECK(isfinite(largest) && largest > 0);
        free(gradient);
        network_destroy(&net);
    }
}

// A network of moderate numbers but for some biases, of that size and alternating sign: loss and gradient are numbers, and the
// loss is the right one.
static void check_biases(const dnc_config *config, const dnc_run *its_run, int bits, const char *text, const char *name,
                         size_t begin, size_t count, double size) {
    subject s = subject_create(config, its_run, bits);
    const dnc_tensor tensor = parameter_tensor(config, name);
    for (size_t i = 0; i < count; i++)
        set_number(bits, s.net.parameters, tensor.offset + begin + i, i % 2 == 0 ? size : -size);
    memcpy(s.net.state, s.state, s.state_bytes);
    CHECK_CONTEXT("%s f%d %s: %s", model_name(config), bits, dnc_isa_string((dnc_isa)its_run->isa), text);
    const outcome found = run(&s);
    CHECK(isfinite(found.nats) && isfinite(found.by_steps) && found.gradient_is_finite);
    CHECK_ERROR("loss", fabs(found.nats - found.truth) / found.truth, tolerance_of(bits));
    CHECK_ERROR("loss by steps", fabs(found.by_steps - found.truth) / found.truth, tolerance_of(bits));
    subject_destroy(&s);
}

static void check_large_biases(const dnc_config *config, const dnc_run *its_run, int bits) {
    check_biases(config, its_run, bits, "outputs of 1e4", "output.bias", 0, output_count(config), 1e4);
    if (config->memory == DNC_MEMORY_NONE)
        return;
    static const char *const strengths[] = {"read_strengths", "write_strength", "strengths", "decays"};
    for (size_t i = 0; i < COUNT(strengths); i++) {
        size_t count;
        const size_t begin = reference_interface_part(config, strengths[i], &count);
        if (count > 0)
            check_biases(config, its_run, bits, strengths[i], "interface.bias", begin, count, 1e6);
    }
}

// ---- Ties -----------------------------------------------------------------------------------------------------------------

// Slots of equal usage are allocated by index, at the first step and when others have overtaken them: the recorded allocation
// is that of the recorded usage, by its definition. `kind` 0: all equal, 1: in pairs, 2: of three values, 3: none, 4: all used.
static void check_ties(dnc_isa isa, int bits, int32_t slots, int kind) {
    const dnc_config config = configure(MODEL_DNC, V, H, slots, W, R);
    dnc_run its_run = dnc_run_of(T, 1);
    its_run.isa = (int32_t)isa;
    uint64_t source = (uint64_t)(kind + slots);
    network net = network_create(&config, bits, T, 1);
    network_set_run(&net, &its_run);
    network_draw_parameters(&net, &source, 1.5);
    network_draw_segment(&net, &source);
    const size_t count = (size_t)slots, at = state_tensor(&config, "usage").offset;
    for (size_t i = 0; i < count; i++) {
        const double pair = (double)((i * 7 % count) / 2) / (double)slots, value = (double)random_below(&source, 3) / 2;
        set_number(bits, net.state, at + i, (const double[]){0.5, pair, value, 0, 1}[kind]);
    }
    network_forward(&net);
    CHECK_CONTEXT("%s f%d: ties of kind %d, %d slots", dnc_isa_string(isa), bits, kind, slots);

    dnc_tensor tensor = {.struct_size = sizeof tensor};
    void *const usages = network_record(&net, "usage", &tensor), *const found =
                                                                     network_record(&net, "allocation_weighting", &tensor);
    double *const usage = numbers_widen(bits, usages, (T + 1) * count), *const expected = numbers_create(64, count);
    double error = 0;
    for (size_t t = 0; t < T; t++) {
        const double *const now = usage + (t + 1) * count;
        reference_allocation(count, now, now, expected);
        for (size_t i = 0; i < count; i++)
            error = worse(error, fabs(number(bits, found, t * count + i) - expected[i]));
    }
    CHECK_ERROR("allocation", error, bits == 32 ? 1e-5 : 1e-14);
    free(usages);
    free(found);
    free(usage);
    free(expected);
    network_destroy(&net);
}

// The models of text, and such as those are not: bits of vectors by layers of tanh units, numbers by rectified ones, and several
// softmaxes of several symbols by a tanh controller with a memory.
enum { TEXTS = MODELS_END - MODEL_RNN, SOFTMAXES = TEXTS, BITS, REALS, KINDS };

static dnc_config configure_kind(int kind) {
    dnc_config config = configure(kind < TEXTS ? (model)(MODEL_RNN + kind) : MODEL_DNC, V, H, N, W, R);
    if (kind < TEXTS)
        return config;
    config.input_vector = 3;
    if (kind == SOFTMAXES) {
        config.controller = DNC_CONTROLLER_TANH;
        config.symbols_per_step = 2;
        config.output_groups = 2;
        return config;
    }
    config.input_symbols = config.symbols_per_step = 0;
    config.controller = DNC_CONTROLLER_FEED_FORWARD, config.layers = 2;
    config.activation = kind == BITS ? DNC_ACTIVATION_TANH : DNC_ACTIVATION_RELU;
    config.output = kind == BITS ? DNC_OUTPUT_BITS : DNC_OUTPUT_REALS;
    return config;
}

int main(void) {
    dnc_use_one_blas_thread();
    dnc_isa isas[3];
    const int isa_count = available_isas(isas);
    for (int i = 0; i < isa_count; i++)
        for (int bits = 32; bits <= 64; bits += 32) {
            for (int kind = 0; kind < KINDS; kind++) {
                const dnc_config config = configure_kind(kind);
                dnc_run its_run = dnc_run_of(T, B);
                its_run.isa = (int32_t)isas[i];
                check_broken_numbers(&config, &its_run, bits);
                check_large_biases(&config, &its_run, bits);
                CHECK_CONTEXT("%s, output %d, %s f%d", model_name(&config), config.output, dnc_isa_string(isas[i]), bits);
                if (config.activation != DNC_ACTIVATION_RELU) // whose units have no bound
                    check_large_parameters(&config, &its_run, bits);
            }
            static const int32_t slots[] = {1, 2, 3, 8, 17, 64};
            for (size_t k = 0; k < COUNT(slots); k++)
                for (int kind = 0; kind < 5; kind++)
                    check_ties(isas[i], bits, slots[k], kind);
        }
    return check_report();
}
