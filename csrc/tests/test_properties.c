// What must hold whatever the numbers are: lanes and segments do not mix, weightings stay weightings, memory is used.
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "harness.h"

static dnc_config configure_small(dnc_model model, dnc_isa isa) {
    dnc_config config = configure(model, 5, 9, 7, 3, 2);
    config.isa = (int32_t)isa;
    return config;
}

// A network in a state in which every slot has been written, so that no two slots are alike.
static network create_warm(const dnc_config *config, int bits, int32_t steps, int32_t batch) {
    uint64_t source = 1;
    network net = network_create(config, bits, steps, batch);
    network_draw_parameters(&net, &source, 1.5);
    network_warm_up(&net, &source, 30 / steps);
    network_draw_segment(&net, &source);
    return net;
}

// Three lanes in one call are near three calls of one lane: loss, state, gradient.
static void check_batch_invariance(const dnc_config *config) {
    enum { batch = 3, steps = 8 };
    network all = create_warm(config, 64, steps, batch), one = network_create(config, 64, steps, 1);
    double *gradient = numbers_create(64, all.parameter_count), *summed = numbers_create(64, all.parameter_count);
    double *states = numbers_create(64, batch * all.state_count), nats = 0;
    memcpy(one.parameters, all.parameters, bytes_of(&all, all.parameter_count));
    for (size_t b = 0; b < batch; b++) {
        memcpy(one.state, (double *)all.state + b * all.state_count, state_bytes(&one));
        for (size_t t = 0; t < steps; t++) {
            one.inputs[t] = all.inputs[t * batch + b];
            one.targets[t] = all.targets[t * batch + b];
        }
        nats += network_forward(&one).nats;
        memcpy(states + b * all.state_count, one.state, state_bytes(&one));
        network_backward(&one, 1, summed);
    }
    CHECK_CLOSE(network_forward(&all).nats, nats, 1e-12 * nats);
    CHECK_CLOSE(largest_difference(64, all.state, states, batch * all.state_count), 0, 1e-12);
    network_backward(&all, 1, gradient);
    CHECK_CLOSE(largest_difference(64, gradient, summed, all.parameter_count), 0, 1e-12 * nats);
    free(states);
    free(gradient);
    free(summed);
    network_destroy(&all);
    network_destroy(&one);
}

// One segment of eight steps is near two of four.
static void check_segment_invariance(const dnc_config *config) {
    enum { steps = 8, batch = 2 };
    network whole = create_warm(config, 64, steps, batch), half = network_create(config, 64, steps / 2, batch);
    memcpy(half.parameters, whole.parameters, bytes_of(&whole, whole.parameter_count));
    memcpy(half.state, whole.state, state_bytes(&whole));
    double nats = 0;
    for (int i = 0; i < 2; i++) {
        half.segment.inputs = whole.inputs + i * steps / 2 * batch;
        half.segment.targets = whole.targets + i * steps / 2 * batch;
        nats += network_forward(&half).nats;
    }
    CHECK_CLOSE(network_forward(&whole).nats, nats, 1e-12 * nats);
    CHECK_CLOSE(largest_difference(64, whole.state, half.state, batch * whole.state_count), 0, 1e-12);
    network_destroy(&whole);
    network_destroy(&half);
}

// A copied state goes on, in another workspace, with the same bits as the one it was copied from.
static void check_repeatability(const dnc_config *config, int bits) {
    network a = create_warm(config, bits, 6, 2), b = network_create(config, bits, 6, 2);
    memcpy(b.parameters, a.parameters, bytes_of(&a, a.parameter_count));
    memcpy(b.state, a.state, state_bytes(&a));
    b.segment = a.segment;
    for (int i = 0; i < 2; i++) {
        void *gradient_a = numbers_create(bits, a.parameter_count);
        void *gradient_b = numbers_create(bits, a.parameter_count);
        CHECK(network_forward(&a).nats == network_forward(&b).nats);
        CHECK(memcmp(a.state, b.state, state_bytes(&a)) == 0);
        network_backward(&a, 1, gradient_a);
        network_backward(&b, 1, gradient_b);
        CHECK(memcmp(gradient_a, gradient_b, bytes_of(&a, a.parameter_count)) == 0);
        free(gradient_a);
        free(gradient_b);
    }
    network_destroy(&a);
    network_destroy(&b);
}

// A program may not read the clock of 32-bit ARM.
#ifdef __arm__
enum { has_clock = 0 };
#else
enum { has_clock = 1 };
#endif

// Links that are computed again, whether the blocks of steps between the kept ones are whole or not, have the bits of kept ones;
// and so has a segment whose phases are timed.
static void check_link_interval(dnc_isa isa, int bits) {
    static const int32_t intervals[] = {1, 2, 3, 4, 6, 7, 8, DNC_MAX_SIZE};
    dnc_config config = configure(DNC_MODEL_DNC, 5, 6, 19, 3, 3);
    config.isa = (int32_t)isa;
    network all = create_warm(&config, bits, 7, 2);
    for (size_t i = 0; i < COUNT(intervals); i++) {
        config.link_interval = intervals[i];
        network some = network_create(&config, bits, 7, 2);
        uint64_t ticks[DNC_PHASE_COUNT] = {0};
        memcpy(some.parameters, all.parameters, bytes_of(&all, all.parameter_count));
        memcpy(some.state, all.state, state_bytes(&all));
        some.segment = all.segment;
        some.segment.phase_ticks = ticks;
        void *gradient = numbers_create(bits, all.parameter_count), *same = numbers_create(bits, all.parameter_count);
        CHECK(network_forward(&all).nats == network_forward(&some).nats);
        CHECK(memcmp(all.state, some.state, state_bytes(&all)) == 0);
        network_backward(&all, 1, gradient);
        network_backward(&some, 1, same);
        CHECK(memcmp(gradient, same, bytes_of(&all, all.parameter_count)) == 0);
        for (int phase = 0; phase < DNC_PHASE_COUNT; phase++)
            CHECK_EQUAL(ticks[phase] > 0, has_clock);
        free(gradient);
        free(same);
        network_destroy(&some);
    }
    network_destroy(&all);

    // Least memory near sqrt(T): a segment of 64 steps keeps 8 + 8 links instead of 65.
    size_t bytes[3];
    config = configure(DNC_MODEL_DNC, 5, 6, 200, 1, 1);
    for (int i = 0; i < 3; i++) {
        config.link_interval = (int32_t[]){1, 8, 64}[i];
        CHECK_EQUAL(call_segment_workspace(bits, &config, 64, 1, &bytes[i]), DNC_OK);
    }
    const size_t link = 200 * 208 * (size_t)bits / 8;
    CHECK_EQUAL(bytes[0] - bytes[1], (65 - (8 + 7)) * link);
    CHECK_EQUAL(bytes[0] - bytes[2], (65 - (1 + 63)) * link);
}

// No element of the recorded tensor is negative, and no row of `length` of them sums to more than 1.
static void check_rows(const network *net, const char *name, size_t length, double tolerance) {
    dnc_tensor tensor = {.struct_size = sizeof tensor};
    void *const values = network_record(net, name, &tensor);
    double lowest = 0, highest = 0;
    for (size_t row = 0; row < tensor_count(&tensor, 0) / length; row++) {
        double sum = 0;
        for (size_t i = 0; i < length; i++) {
            const double value = number(net->bits, values, row * length + i);
            lowest = worse(lowest, -value);
            sum += value;
        }
        highest = worse(highest, sum);
    }
    free(values);
    CHECK_ERROR(name, lowest, tolerance);
    CHECK_ERROR(name, fmax(highest, 1) - 1, tolerance);
}

static void check_link(const network *net, double tolerance) {
    dnc_tensor tensor = {.struct_size = sizeof tensor};
    void *const values = network_record(net, "link", &tensor);
    const size_t N = tensor.shape[2];
    double highest = 0, diagonal = 0;
    for (size_t entry = 0; entry < tensor.shape[0] * tensor.shape[1]; entry++)
        for (size_t j = 0; j < N; j++) {
            double column = 0;
            for (size_t i = 0; i < N; i++) {
                const double value = number(net->bits, values, (entry * N + i) * N + j);
                column += value;
                if (i == j)
                    diagonal = worse(diagonal, fabs(value));
            }
            highest = worse(highest, column);
        }
    free(values);
    CHECK_ERROR("columns of link", fmax(highest, 1) - 1, tolerance);
    CHECK_EQUAL(diagonal, 0);
}

// Random steps from random parameters, weak ones and strong: usage is within [0, 1], weightings are within the simplex, and
// link is so by rows and by columns, and hollow.
static void check_weightings(dnc_isa isa, int bits) {
    static const char *const weightings[] = {
        "allocation_weighting", "write_content_weighting", "write_weighting", "precedence", "read_content_weightings",
        "forward_weightings",   "backward_weightings",     "read_weightings", "link",
    };
    static const struct {
        int32_t N, W, R, batch;
    } shapes[] = {{17, 4, 2, 2}, {1, 1, 1, 1}, {2, 3, 8, 1}, {5, 1, 3, 3}, {33, 16, 5, 1}};
    enum { steps = 50 };
    const int segments = repetitions(steps, 500, 10000) / steps;
    const double tolerance = bits == 32 ? 1e-5 : 1e-12;
    for (size_t k = 0; k < COUNT(shapes); k++) {
        dnc_config config = configure(DNC_MODEL_DNC, 6, 12, shapes[k].N, shapes[k].W, shapes[k].R);
        config.isa = (int32_t)isa;
        CHECK_CONTEXT("dnc %s f%d N%d W%d R%d", dnc_isa_string(isa), bits, shapes[k].N, shapes[k].W, shapes[k].R);
        uint64_t source = k;
        network net = network_create(&config, bits, steps, shapes[k].batch);
        for (int segment = 0; segment < segments; segment++) {
            network_draw_parameters(&net, &source, pow(10, random_uniform(&source, -1, 1.5)));
            network_draw_segment(&net, &source);
            network_forward(&net);
            check_rows(&net, "usage", 1, tolerance);
            for (size_t i = 0; i < COUNT(weightings); i++)
                check_rows(&net, weightings[i], (size_t)shapes[k].N, tolerance);
            check_link(&net, tolerance);
        }
        network_destroy(&net);
    }
}

// With one head and words of one number, the interface's biases alone steer the memory; all weights are 0.
enum { erase_bias = 4, write_vector_bias, free_gate_bias, allocation_gate_bias, write_gate_bias, read_mode_biases };

static void set_bias(network *net, size_t index, double value) {
    set_number(64, net->parameters, parameter_tensor(&net->config, "interface.bias").offset + index, value);
}

// The recorded weighting of step t is all on one slot.
static void check_slot(const network *net, const char *name, size_t t, size_t slot) {
    dnc_tensor tensor = {.struct_size = sizeof tensor};
    void *const values = network_record(net, name, &tensor);
    const size_t N = (size_t)net->config.slots, entry = t + (tensor.shape[0] == (size_t)net->segment.steps + 1);
    for (size_t i = 0; i < N; i++)
        CHECK_CLOSE(number(64, values, entry * N + i), i == slot, 1e-12);
    free(values);
}

// Writes one slot after the other, then reads them forward in the order of writing, and backward again.
static void check_write_order(dnc_isa isa) {
    enum { N = 5, always = 40, never = -40 };
    dnc_config config = configure(DNC_MODEL_DNC, 2, 1, N, 1, 1);
    config.isa = (int32_t)isa;
    network net = network_create(&config, 64, N, 1);

    set_bias(&net, write_vector_bias, 1);
    set_bias(&net, free_gate_bias, never);
    set_bias(&net, allocation_gate_bias, always);
    set_bias(&net, write_gate_bias, always);
    network_forward(&net);
    for (size_t t = 0; t < N; t++)
        check_slot(&net, "write_weighting", t, t);

    set_bias(&net, write_gate_bias, never);
    double *read_weighting = (double *)net.state + state_tensor(&config, "read_weightings").offset;
    for (size_t i = 0; i < N; i++)
        read_weighting[i] = i == 0;
    net.segment.steps = N - 1;
    set_bias(&net, read_mode_biases + 2, 2 * always); // forward
    network_forward(&net);
    for (size_t t = 0; t < N - 1; t++)
        check_slot(&net, "read_weightings", t, t + 1);
    set_bias(&net, read_mode_biases, 4 * always); // backward
    network_forward(&net);
    for (size_t t = 0; t < N - 1; t++)
        check_slot(&net, "read_weightings", t, N - 2 - t);
    network_destroy(&net);
}

static void zero(network *net, const char *name, size_t first_column) {
    const dnc_tensor tensor = parameter_tensor(&net->config, name);
    for (size_t i = 0; i < tensor.shape[0]; i++)
        for (size_t j = first_column; j < tensor.shape[1]; j++)
            set_number(net->bits, net->parameters, tensor.offset + i * tensor.shape[1] + j, 0);
}

// From the initial state memory is written at the first step, and what is read reaches the output and the controller.
static void check_memory_is_used(dnc_isa isa, int bits) {
    const dnc_config config = configure_small(DNC_MODEL_DNC, isa);
    double nats[3];
    for (int without = 0; without < 3; without++) {
        uint64_t source = 1;
        network net = network_create(&config, bits, 3, 1);
        network_draw_parameters(&net, &source, 1.5);
        for (int i = 0; i < 3; i++)
            net.inputs[i] = net.targets[i] = i;
        if (without == 1)
            zero(&net, "output.weight_read", 0);
        if (without == 2)
            zero(&net, "controller.0.weight_ih", (size_t)config.symbols);
        nats[without] = network_forward(&net).nats;

        dnc_tensor memory = {.struct_size = sizeof memory};
        void *const values = network_record(&net, "memory", &memory);
        const size_t count = tensor_count(&memory, 1);
        double largest = 0;
        for (size_t i = 0; i < count; i++)
            largest = worse(largest, fabs(number(bits, values, count + i)));
        free(values);
        CHECK(largest > 1e-3);
        network_destroy(&net);
    }
    CHECK(fabs(nats[0] - nats[1]) > 1e-3);
    CHECK(fabs(nats[0] - nats[2]) > 1e-5);
}

// A segment without targets has no loss, and moves nothing.
static void check_no_targets(const dnc_config *config, int bits) {
    network net = create_warm(config, bits, 4, 2);
    void *gradient = numbers_create(bits, net.parameter_count), *zeros = numbers_create(bits, net.parameter_count);
    for (int i = 0; i < 8; i++)
        net.targets[i] = DNC_NO_TARGET;
    const dnc_loss loss = network_forward(&net);
    CHECK_EQUAL(loss.nats, 0);
    CHECK_EQUAL(loss.count, 0);
    network_backward(&net, 1, gradient);
    CHECK_EQUAL(largest_difference(bits, gradient, zeros, net.parameter_count), 0);
    free(gradient);
    free(zeros);
    network_destroy(&net);
}

int main(void) {
    dnc_use_one_blas_thread();
    dnc_isa isas[3];
    const int isa_count = available_isas(isas);
    for (int i = 0; i < isa_count; i++) {
        for (dnc_model model = DNC_MODEL_RNN; model <= DNC_MODEL_DNC; model++) {
            const dnc_config config = configure_small(model, isas[i]);
            CHECK_CONTEXT("%s %s f64", model_name(model), dnc_isa_string(isas[i]));
            check_batch_invariance(&config);
            check_segment_invariance(&config);
            for (int bits = 32; bits <= 64; bits += 32) {
                CHECK_CONTEXT("%s %s f%d", model_name(model), dnc_isa_string(isas[i]), bits);
                check_repeatability(&config, bits);
                check_no_targets(&config, bits);
            }
        }
        check_write_order(isas[i]);
        for (int bits = 32; bits <= 64; bits += 32) {
            CHECK_CONTEXT("dnc %s f%d", dnc_isa_string(isas[i]), bits);
            check_link_interval(isas[i], bits);
            check_memory_is_used(isas[i], bits);
            check_weightings(isas[i], bits);
        }
    }
    return check_report();
}
