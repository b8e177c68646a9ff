// The traps that programs of this family fell into, a test each, called as the trap. Of those of the core are elsewhere
//    a wrong Jacobian of softmax                        test_gradients.c, and check_interface and check_content of kernels/
//    other numbers in training than in sampling         check_steps of test_properties.c and of test_reference.c
//    a cosine of 0/0 at rows and keys of zeros          the edges "keys of 0", "memory of 0" and both of test_gradients.c
//    allocation that is wrong where usages are equal    check_ties of test_edges.c, check_allocation of kernels/
//    a loss that depends on the other lanes             check_batch_mates and check_weights of test_properties.c
// and those of training are in Tests/DNCTrainingTests/TrapTests.swift.
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "harness.h"
#include "reference.h"

static const int32_t slot_counts[] = {1, 2, 3, 17, 64};

static network create(const dnc_config *config, int bits, dnc_isa isa, int32_t steps, int32_t batch) {
    network net = network_create(config, bits, steps, batch);
    dnc_run run = net.run;
    run.isa = (int32_t)isa;
    network_set_run(&net, &run);
    return net;
}

// The recorded number at `index` of the step, or of the state after it, in a record of one lane.
static double recorded(const network *net, const char *name, size_t t, size_t index) {
    dnc_tensor tensor = {.struct_size = sizeof tensor};
    void *const values = network_record(net, name, &tensor);
    const size_t entry = t + (tensor.shape[0] == (size_t)net->run.steps + 1);
    const double value = number(net->bits, values, entry * tensor_count(&tensor, 2) + index);
    free(values);
    return value;
}

// Every combination and every variant with a memory; false behind the last.
static bool with_memory(int index, dnc_config *config) {
    if (index < variant_count) {
        *config = variant(index);
        return true;
    }
    for (int i = 0, left = index - variant_count;; i++) {
        *config = (dnc_config){.hidden = 5, .slots = 4, .width = 3, .read_heads = 2};
        if (!combination(i, config))
            return false;
        if (config->memory != DNC_MEMORY_NONE && left-- == 0)
            return true;
    }
}

static void set_columns(network *net, const char *name, size_t first, double value) {
    const dnc_tensor tensor = parameter_tensor(&net->config, name);
    for (size_t i = 0; i < tensor.shape[0]; i++)
        for (size_t j = first; j < tensor.shape[1]; j++)
            set_number(net->bits, net->parameters, tensor.offset + i * tensor.shape[1] + j, value);
}

static void ask_all(network *net) {
    for (int i = 0; net->config.output == DNC_OUTPUT_SYMBOLS && i < net->run.steps * net->config.output_groups; i++)
        net->targets[i] = 0;
}

// ---- What takes no part --------------------------------------------------------------------------------------------------

// In pytorch-dnc every step of a segment is given the reads from before it. Asked at the last step alone, and from the
// initial state, where the first step has nothing to read: without the controller's columns for them the loss is another,
// and they have a gradient; in one draw or another, as rectified units may all be off.
static void reads_not_fed_back(const dnc_config *config, int bits, dnc_isa isa) {
    enum { draws = 4, steps = 3 };
    const size_t first_read = (size_t)(config->input_symbols + config->input_vector);
    const dnc_tensor tensor = parameter_tensor(config, "controller.0.weight_ih");
    double nats[2], change = 0, largest = 0;
    for (int turn = 0; turn < 2 * draws; turn++) {
        const int without = turn % 2;
        uint64_t source = (uint64_t)turn / 2;
        network net = create(config, bits, isa, steps, 1);
        network_draw_parameters(&net, &source, 1.5);
        net.segment.weights = net.weights;
        network_draw_segment(&net, &source);
        ask_all(&net);
        for (int t = 0; t < steps; t++)
            net.weights[t] = t == steps - 1;
        if (without)
            for (int32_t layer = 0; layer < (config->controller == DNC_CONTROLLER_FEED_FORWARD ? 1 : config->layers);
                 layer++) {
                char name[40];
                snprintf(name, sizeof name, "controller.%d.weight_ih", (int)layer);
                set_columns(&net, name, first_read, 0);
            }
        nats[without] = network_forward(&net).nats;
        void *const gradient = numbers_create(bits, net.parameter_count);
        network_backward(&net, 1, gradient);
        for (size_t i = 0; !without && i < tensor.shape[0]; i++)
            for (size_t j = first_read; j < tensor.shape[1]; j++)
                largest = worse(largest, fabs(number(bits, gradient, tensor.offset + i * tensor.shape[1] + j)));
        change = without ? worse(change, fabs(nats[0] - nats[1])) : change;
        free(gradient);
        network_destroy(&net);
    }
    CHECK(isfinite(change) && change > 1e-6);
    CHECK(isfinite(largest) && largest > 1e-6);
}

// In krocki's dnc a memory of zeros that is addressed by products stays so. Here the first step writes, and what is read
// counts.
static void memory_dead_at_zero(const dnc_config *config, int bits, dnc_isa isa) {
    enum { steps = 3 };
    double nats[2];
    for (int without = 0; without <= 1; without++) {
        uint64_t source = 1;
        network net = create(config, bits, isa, steps, 1);
        const size_t memory = state_tensor(config, "memory").offset;
        void *const initial = memcpy(numbers_create(bits, net.state_count), net.state, state_bytes(&net));
        network_draw_parameters(&net, &source, 1.5);
        network_draw_segment(&net, &source);
        ask_all(&net);
        if (without)
            set_columns(&net, "output.weight_read", 0, 0);
        nats[without] = network_forward(&net).nats;
        double largest = 0;
        for (size_t i = 0; i < (size_t)(config->slots * config->width); i++)
            largest = worse(largest, fabs(recorded(&net, "memory", 0, i) - number(bits, initial, memory + i)));
        CHECK(largest > 1e-3);
        free(initial);
        network_destroy(&net);
    }
    CHECK(fabs(nats[0] - nats[1]) > 1e-6);
}

// krocki's dnc leaves a tensor out of its update. Here each row of every tensor has a gradient, of a vector each number; not
// all of them in every draw, as units may be off, numbers be cut, and symbols not be there.
static void tensor_without_gradient(const dnc_config *config, dnc_isa isa) {
    enum { draws = 32, steps = 5, batch = 3 };
    uint64_t source = 1;
    network net = create(config, 64, isa, steps, batch);
    double *const size = numbers_create(64, net.parameter_count);
    for (int draw = 0; draw < draws; draw++) {
        double *const gradient = numbers_create(64, net.parameter_count);
        network_draw_parameters(&net, &source, 1);
        network_warm_up(&net, &source, 2);
        network_draw_segment(&net, &source);
        network_forward(&net);
        network_backward(&net, 1, gradient);
        for (size_t i = 0; i < net.parameter_count; i++)
            size[i] = worse(size[i], fabs(gradient[i]));
        free(gradient);
    }
    dnc_tensor tensor = {.struct_size = sizeof tensor};
    for (size_t i = 0; dnc_parameter_tensor(config, i, &tensor) == DNC_OK; i++) {
        if (config->programs == 1 && strncmp(tensor.name, "program.", 8) == 0)
            continue; // there is nothing to choose from
        const size_t columns = tensor_count(&tensor, 1);
        double least = INFINITY;
        for (size_t row = 0; row < tensor.shape[0]; row++) {
            double largest = 0;
            for (size_t j = 0; j < columns; j++)
                largest = worse(largest, size[tensor.offset + row * columns + j]);
            least = isfinite(largest) ? fmin(least, largest) : 0;
        }
        check_that(least > 1e-9, __FILE__, __LINE__, tensor.name, least, 1e-9);
    }
    free(size);
    network_destroy(&net);
}

// ---- The order of writing ------------------------------------------------------------------------------------------------

// One head, words of one number, and weights of 0, so that the biases alone steer the memory: at step t a 1 is written to
// slot t.
enum { always = 40, never = -always };

static network writing_in_turn(int bits, dnc_isa isa, int32_t N) {
    const dnc_config config = configure(MODEL_DNC, 2, 1, N, 1, 1);
    network net = create(&config, bits, isa, N, 1);
    pin(&net, "write_vector", 1);
    pin(&net, "free_gates", never);
    pin(&net, "allocation_gate", always);
    pin(&net, "write_gate", always);
    return net;
}

// The weighting of step t is all on one slot.
static void check_slot(const network *net, const char *name, size_t t, size_t slot) {
    for (size_t i = 0; i < (size_t)net->config.slots; i++)
        CHECK_CLOSE(recorded(net, name, t, i), i == slot, net->bits == 32 ? 1e-6 : 1e-12);
}

static void pin_mode(network *net, size_t mode) {
    size_t count;
    const size_t modes = reference_interface_part(&net->config, "read_modes", &count);
    pin(net, "read_modes", 0);
    set_number(net->bits, net->parameters, parameter_tensor(&net->config, "interface.bias").offset + modes + mode, always);
}

// Links are made from the precedence before the step's write, and reads look up, and read, the memory after it; krocki's dnc
// answers by the memory before. What is written is found in the same step.
static void order_of_a_step(dnc_isa isa, int bits, int32_t N) {
    network net = writing_in_turn(bits, isa, N);
    CHECK_CONTEXT("order of a step, %d slots f%d %s", N, bits, dnc_isa_string(isa));
    pin(&net, "read_keys", 1);
    pin(&net, "read_strengths", 1e4);
    pin_mode(&net, 1); // content
    network_forward(&net);
    check_slot(&net, "read_weightings", 0, 0);
    CHECK_CLOSE(recorded(&net, "read_vectors", 0, 0), 1, bits == 32 ? 1e-6 : 1e-12);
    for (size_t t = 0; t < (size_t)N; t++) {
        check_slot(&net, "write_weighting", t, t);
        check_slot(&net, "precedence", t, t);
    }
    network_destroy(&net);
}

// Links lead from each slot to the one written after it, and nowhere else; pytorch-dnc's SDNC keeps only those of slots to
// themselves.
static void diagonal_of_links(dnc_isa isa, int bits, int32_t N) {
    network net = writing_in_turn(bits, isa, N);
    CHECK_CONTEXT("diagonal of links, %d slots f%d %s", N, bits, dnc_isa_string(isa));
    network_forward(&net);
    double worst = 0, diagonal = 0;
    const size_t count = (size_t)N, link = state_tensor(&net.config, "link").offset;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++) {
            const double value = number(bits, net.state, link + i * count + j);
            worst = worse(worst, fabs(value - (i == j + 1)));
            diagonal = i == j ? worse(diagonal, fabs(value)) : diagonal;
        }
    CHECK_ERROR("links", worst, bits == 32 ? 1e-6 : 1e-12);
    CHECK_EQUAL(diagonal, 0);
    network_destroy(&net);
}

// ADNC and dnc-numpy call forward what leads backward. Forward leads from the slot written first to the next, and on to the
// last; backward from there to the first.
static void forward_and_backward_swapped(dnc_isa isa, int bits, int32_t N) {
    network net = writing_in_turn(bits, isa, N);
    CHECK_CONTEXT("forward and backward, %d slots f%d %s", N, bits, dnc_isa_string(isa));
    network_forward(&net);
    pin(&net, "write_gate", 1000 * never); // not even little by little
    const size_t read_weighting = state_tensor(&net.config, "read_weightings").offset;
    for (size_t i = 0; i < (size_t)N; i++)
        set_number(bits, net.state, read_weighting + i, i == 0);
    net.run.steps = N - 1;
    pin_mode(&net, 2); // forward
    network_forward(&net);
    for (size_t t = 0; t + 1 < (size_t)N; t++)
        check_slot(&net, "read_weightings", t, t + 1);
    pin_mode(&net, 0); // backward
    network_forward(&net);
    for (size_t t = 0; t + 1 < (size_t)N; t++)
        check_slot(&net, "read_weightings", t, (size_t)N - 2 - t);
    network_destroy(&net);
}

// ---- The interface vector ------------------------------------------------------------------------------------------------

// dnc-numpy and others take the softmax of read modes over the heads. One head's mode is that head's alone.
static void read_modes_over_heads(dnc_isa isa, int bits, int32_t R) {
    const dnc_config config = configure(MODEL_DNC, 2, 3, 2, 1, R);
    const double tolerance = bits == 32 ? 1e-6 : 1e-15;
    CHECK_CONTEXT("read modes over heads, %d f%d %s", R, bits, dnc_isa_string(isa));
    for (size_t sharp = 0; sharp < (size_t)R; sharp++)
        for (size_t mode = 0; mode < 3; mode++) {
            network net = create(&config, bits, isa, 1, 1);
            pin_mode(&net, 3 * sharp + mode);
            network_forward(&net);
            for (size_t i = 0; i < 3 * (size_t)R; i++)
                CHECK_CLOSE(recorded(&net, "read_modes", 0, i), i / 3 == sharp ? i % 3 == mode : 1 / 3., tolerance);
            network_destroy(&net);
        }
}

// Strengths are 1 at least by oneplus, in the article and most programs; 0 at least by softplus in others, such as
// DeepMind's.
static void oneplus_or_softplus(dnc_isa isa, int bits) {
    static const double biases[][2] = {{0, 0.69314718055994531}, {1e3, 1e3}, {-1e3, 0}}; // of softplus
    for (int32_t strengths = DNC_STRENGTHS_ONEPLUS; strengths <= DNC_STRENGTHS_SOFTPLUS; strengths++)
        for (size_t k = 0; k < COUNT(biases); k++) {
            dnc_config config = configure(MODEL_DNC, 2, 3, 2, 1, 2);
            config.strengths = strengths;
            network net = create(&config, bits, isa, 1, 1);
            CHECK_CONTEXT("strengths %d of %g f%d %s", strengths, biases[k][0], bits, dnc_isa_string(isa));
            const double expected = biases[k][1] + (strengths == DNC_STRENGTHS_ONEPLUS);
            pin(&net, "read_strengths", biases[k][0]);
            pin(&net, "write_strength", biases[k][0]);
            network_forward(&net);
            const double tolerance = (bits == 32 ? 1e-6 : 1e-15) * fmax(1, expected);
            CHECK_CLOSE(recorded(&net, "read_strengths", 0, 0), expected, tolerance);
            CHECK_CLOSE(recorded(&net, "read_strengths", 0, 1), expected, tolerance);
            CHECK_CLOSE(recorded(&net, "write_strength", 0, 0), expected, tolerance);
            network_destroy(&net);
        }
}

// ---- The gradient at the usage -------------------------------------------------------------------------------------------

// DeepMind's program and that of Csordas let no gradient pass from the usage to what was written, the article's equations
// do: here by a switch, and differences of the loss, which is the same with it and without, tell which it is.
static void usage_gradient_stopped(dnc_isa isa) {
    enum { steps = 6, batch = 2 };
    const double spacing = 1e-5;
    for (int32_t detached = 0; detached <= 1; detached++) {
        dnc_config config = configure(MODEL_DNC, 4, 5, 7, 3, 2);
        config.detached_usage = detached;
        network net = create(&config, 64, isa, steps, batch);
        uint64_t source = 3;
        size_t count;
        const size_t gate =
            parameter_tensor(&config, "interface.bias").offset + reference_interface_part(&config, "write_gate", &count);
        double *const gradient = numbers_create(64, net.parameter_count), *const parameters = net.parameters, difference = 0;
        CHECK_CONTEXT("usage gradient, detached %d, %s", detached, dnc_isa_string(isa));
        network_draw_parameters(&net, &source, 1.5);
        network_draw_segment(&net, &source);
        for (int side = -1; side <= 1; side++) {
            const double middle = parameters[gate];
            parameters[gate] = middle + side * spacing;
            call_initial_state(64, &config, batch, net.state);
            difference += side * network_forward(&net).nats / (2 * spacing);
            if (side == 0)
                network_backward(&net, 1, gradient);
            parameters[gate] = middle;
        }
        const double error = fabs(gradient[gate] - difference) / fabs(difference);
        CHECK(detached ? error > 1e-3 : error < 1e-6);
        free(gradient);
        network_destroy(&net);
    }
}

int main(void) {
    dnc_use_one_blas_thread();
    dnc_isa isas[3];
    const int isa_count = available_isas(isas);
    dnc_config config;
    for (int i = 0; with_memory(i, &config); i += repetitions(23, 1, 1)) {
        const dnc_isa isa = isas[i % isa_count];
        for (int bits = 32; bits <= 64; bits += 32) {
            CHECK_CONTEXT("%s, number %d, f%d %s", model_name(&config), i, bits, dnc_isa_string(isa));
            reads_not_fed_back(&config, bits, isa);
            memory_dead_at_zero(&config, bits, isa);
        }
        tensor_without_gradient(&config, isa);
    }
    for (int i = 0; i < isa_count; i++) {
        usage_gradient_stopped(isas[i]);
        for (int bits = 32; bits <= 64; bits += 32) {
            for (size_t k = 0; k < COUNT(slot_counts); k++) {
                order_of_a_step(isas[i], bits, slot_counts[k]);
                diagonal_of_links(isas[i], bits, slot_counts[k]);
                if (slot_counts[k] > 1)
                    forward_and_backward_swapped(isas[i], bits, slot_counts[k]);
            }
            for (int32_t R = 1; R <= 8; R = R < 3 ? R + 1 : R + 5)
                read_modes_over_heads(isas[i], bits, R);
            oneplus_or_softplus(isas[i], bits);
        }
    }
    return check_report();
}
