// What must hold whatever the numbers are: lanes and segments do not mix, weightings stay weightings.
#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "harness.h"
#include "reference.h"

static dnc_config configure_small(model kind) {
    return configure(kind, 5, 9, 7, 3, 2);
}

static dnc_run run_of(dnc_isa isa, int32_t steps, int32_t batch) {
    dnc_run run = dnc_run_of(steps, batch);
    run.isa = (int32_t)isa;
    return run;
}

static network create(const dnc_config *config, int bits, const dnc_run *run) {
    network net = network_create(config, bits, run->steps, run->batch);
    network_set_run(&net, run);
    return net;
}

// A network in a state in which every slot has been written, so that no two slots are alike.
static network create_warm(const dnc_config *config, int bits, const dnc_run *run) {
    uint64_t source = 1;
    network net = create(config, bits, run);
    network_draw_parameters(&net, &source, 1.5);
    network_warm_up(&net, &source, 30 / run->steps);
    network_draw_segment(&net, &source);
    return net;
}

// Three lanes in one call are near three calls of one lane: loss, state, gradient.
static void check_batch_invariance(const dnc_config *config, dnc_isa isa) {
    enum { batch = 3, steps = 8 };
    const dnc_run of_all = run_of(isa, steps, batch), of_one = run_of(isa, steps, 1);
    network all = create_warm(config, 64, &of_all), one = create(config, 64, &of_one);
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
static void check_segment_invariance(const dnc_config *config, dnc_isa isa) {
    enum { steps = 8, batch = 2 };
    const dnc_run of_whole = run_of(isa, steps, batch), of_half = run_of(isa, steps / 2, batch);
    network whole = create_warm(config, 64, &of_whole), half = create(config, 64, &of_half);
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
static void check_repeatability(const dnc_config *config, dnc_isa isa, int bits) {
    const dnc_run run = run_of(isa, 6, 2);
    network a = create_warm(config, bits, &run), b = create(config, bits, &run);
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
static void check_link_interval(dnc_isa isa, int bits, int32_t write_heads) {
    static const int32_t intervals[] = {1, 2, 3, 4, 6, 7, 8, DNC_MAX_SIZE};
    dnc_config config = configure(MODEL_DNC, 5, 6, 19, 3, 3);
    config.write_heads = write_heads;
    dnc_run run = run_of(isa, 7, 2);
    network all = create_warm(&config, bits, &run);
    for (size_t i = 0; i < COUNT(intervals); i++) {
        run.link_interval = intervals[i];
        network some = create(&config, bits, &run);
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
    config = configure(MODEL_DNC, 5, 6, 200, 1, 1);
    config.write_heads = write_heads;
    run = run_of(isa, 64, 1);
    for (int i = 0; i < 3; i++) {
        run.link_interval = (int32_t[]){1, 8, 64}[i];
        CHECK_EQUAL(call_segment_workspace(bits, &config, &run, &bytes[i]), DNC_OK);
    }
    const size_t link = (size_t)write_heads * 200 * 208 * (size_t)bits / 8;
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
    const size_t N = tensor.shape[3];
    double highest = 0, diagonal = 0;
    for (size_t entry = 0; entry < tensor_count(&tensor, 0) / N / N; entry++)
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
        int32_t N, W, R, batch, write_heads;
    } shapes[] = {{17, 4, 2, 2, 1}, {1, 1, 1, 1, 0}, {2, 3, 8, 1, 0}, {5, 1, 3, 3, 2}, {33, 16, 5, 1, 8}};
    enum { steps = 50 };
    const int segments = repetitions(steps, 500, 10000) / steps;
    const double tolerance = bits == 32 ? 1e-5 : 1e-12;
    for (size_t k = 0; k < COUNT(shapes); k++) {
        dnc_config config = configure(MODEL_DNC, 6, 12, shapes[k].N, shapes[k].W, shapes[k].R);
        const dnc_run run = run_of(isa, steps, shapes[k].batch);
        config.write_heads = shapes[k].write_heads;
        CHECK_CONTEXT("dnc %s f%d N%d W%d R%d P%d", dnc_isa_string(isa), bits, shapes[k].N, shapes[k].W, shapes[k].R,
                      shapes[k].write_heads);
        uint64_t source = k;
        network net = create(&config, bits, &run);
        for (int segment = 0; segment < segments; segment++) {
            network_draw_parameters(&net, &source, pow(10, random_uniform(&source, -1, 1.5)));
            network_draw_segment(&net, &source);
            network_forward(&net);
            check_rows(&net, "usage", 1, tolerance);
            if (config.write_heads > 1)
                check_rows(&net, "raised_usages", 1, tolerance);
            for (size_t i = 0; i < COUNT(weightings); i++)
                check_rows(&net, weightings[i], (size_t)shapes[k].N, tolerance);
            check_link(&net, tolerance);
        }
        network_destroy(&net);
    }
}

// Three write heads that allocate at every step: each finds taken what those before it are about to write, so that a step fills three
// free slots, in the order of the heads; and the links of each lead from what it wrote to what it wrote next.
static void check_heads_allocate_apart(dnc_isa isa) {
    enum { P = 3, steps = 3, N = P * steps, always = 40, never = -40 };
    dnc_config config = configure(MODEL_DNC, 2, 1, N, 1, 1);
    config.write_heads = P;
    const dnc_run run = run_of(isa, steps, 1);
    network net = create(&config, 64, &run);
    dnc_tensor tensor = {.struct_size = sizeof tensor};
    size_t count;
    const size_t write_vectors =
        parameter_tensor(&config, "interface.bias").offset + reference_interface_part(&config, "write_vector", &count);
    for (size_t q = 0; q < P; q++)
        set_number(64, net.parameters, write_vectors + q, (double)q + 1);
    pin(&net, "allocation_gate", always);
    pin(&net, "write_gate", always);
    pin(&net, "free_gates", never);
    network_forward(&net);
    double *const weightings = network_record(&net, "write_weighting", &tensor);
    double *const links = network_record(&net, "link", &tensor), *const memory = network_record(&net, "memory", &tensor);
    for (size_t t = 0; t < steps; t++)
        for (size_t q = 0; q < P; q++) {
            const size_t written = P * t + q; // and P slots before that by this head in the step before
            for (size_t i = 0; i < N; i++)
                CHECK_CLOSE(weightings[((t + 1) * P + q) * N + i], i == written, 1e-12);
            CHECK_CLOSE(memory[(t + 1) * N + written], (double)q + 1, 1e-12);
            for (size_t i = 0; i < N; i++)
                for (size_t j = 0; j < N; j++)
                    CHECK_CLOSE(links[(((t + 1) * P + q) * N + i) * N + j], i % P == q && i <= written && j + P == i, 1e-12);
        }
    free(weightings);
    free(links);
    free(memory);
    network_destroy(&net);
}

// A segment without targets has no loss, and moves nothing.
static void check_no_targets(const dnc_config *config, dnc_isa isa, int bits) {
    const dnc_run run = run_of(isa, 4, 2);
    network net = create_warm(config, bits, &run);
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

// ---- Every combination of parts -----------------------------------------------------------------------------------------

enum { steps = 5, batch = 3 };

// What forward and backward give.
typedef struct outcome {
    dnc_loss loss;
    void *state, *gradient;
} outcome;

// From the network's state, which is replaced.
static outcome compute(network *net) {
    outcome found = {.loss = network_forward(net), .gradient = numbers_create(net->bits, net->parameter_count)};
    found.state = memcpy(malloc(state_bytes(net)), net->state, state_bytes(net));
    network_backward(net, 1, found.gradient);
    return found;
}

static void outcome_destroy(outcome *found) {
    free(found->state);
    free(found->gradient);
}

static double magnitude(int bits, const void *numbers, size_t count) {
    double largest = 1;
    for (size_t i = 0; i < count; i++)
        largest = worse(largest, fabs(number(bits, numbers, i)));
    return largest;
}

// That of one vector from another, as a part of the largest number in it, or of 1.
static double distance(int bits, const void *numbers, const void *expected, size_t count) {
    return largest_difference(bits, numbers, expected, count) / magnitude(bits, expected, count);
}

static void check_same_bits(const network *net, const outcome *found, const outcome *expected) {
    CHECK(found->loss.nats == expected->loss.nats);
    CHECK_EQUAL(found->loss.count, expected->loss.count);
    CHECK(memcmp(found->state, expected->state, state_bytes(net)) == 0);
    CHECK(memcmp(found->gradient, expected->gradient, bytes_of(net, net->parameter_count)) == 0);
}

static void check_near(const network *net, const outcome *found, const outcome *expected) {
    CHECK_CLOSE(found->loss.nats, expected->loss.nats, 1e-12 * fmax(1, fabs(expected->loss.nats)));
    CHECK_EQUAL(found->loss.count, expected->loss.count);
    CHECK_ERROR("state", distance(64, found->state, expected->state, (size_t)net->run.batch * net->state_count), 1e-12);
    CHECK_ERROR("gradient", distance(64, found->gradient, expected->gradient, net->parameter_count), 1e-12);
}

// Copies what one lane reads and is asked in `count` steps.
static void copy_lane(network *to, size_t to_t, size_t to_b, const network *from, size_t from_t, size_t from_b,
                      size_t count) {
    const dnc_config *const c = &to->config;
    const size_t S = (size_t)c->symbols_per_step, D = (size_t)c->input_vector, Q = (size_t)c->output_groups;
    const size_t C = (size_t)c->output_size, to_batch = (size_t)to->run.batch, from_batch = (size_t)from->run.batch;
    for (size_t t = 0; t < count; t++) {
        const size_t i = (to_t + t) * to_batch + to_b, j = (from_t + t) * from_batch + from_b;
        memcpy(to->inputs + i * S, from->inputs + j * S, S * sizeof *to->inputs);
        memcpy(to->input_vectors + i * D, from->input_vectors + j * D, D * sizeof *to->input_vectors);
        memcpy(to->targets + i * Q, from->targets + j * Q, Q * sizeof *to->targets);
        memcpy(to->target_vectors + i * C, from->target_vectors + j * C, C * sizeof *to->target_vectors);
        to->weights[i] = from->weights[j];
        to->begins[i] = from->begins[j];
    }
}

static char *lane_state(const network *net, size_t b) {
    return (char *)net->state + b * bytes_of(net, net->state_count);
}

// `count` steps of one lane of `from` in a segment of their own, from its state or, without that, from zeros.
static outcome compute_lane(const network *from, size_t t, size_t b, size_t count, const void *state) {
    dnc_run run = from->run;
    run.steps = (int32_t)count, run.batch = 1;
    network net = create(&from->config, from->bits, &run);
    memcpy(net.parameters, from->parameters, bytes_of(from, from->parameter_count));
    if (state != NULL)
        memcpy(net.state, state, state_bytes(&net));
    copy_lane(&net, 0, 0, from, t, b, count);
    if (from->segment.weights != NULL)
        net.segment.weights = net.weights;
    const outcome found = compute(&net);
    network_destroy(&net);
    return found;
}

// A lane that begins anew at step t computes from there, to the bit, what a lane does that starts there from zeros; and its
// gradient is the sum of those of the two parts.
static void check_begins(const dnc_config *config, const dnc_run *run, int bits) {
    network net = create_warm(config, bits, run);
    const size_t lane = bytes_of(&net, net.state_count);
    void *const start = memcpy(malloc(state_bytes(&net)), net.state, state_bytes(&net));
    double *const summed = numbers_create(64, net.parameter_count);
    net.segment.begins = net.begins;
    for (size_t t = 0; t < steps; t++) {
        memcpy(net.state, start, state_bytes(&net));
        memset(net.begins, 0, steps * batch);
        net.begins[t * batch + 1] = 1;                         // of the lane in the middle
        for (size_t i = 0; t == 0 && i < net.state_count; i++) // where nothing of what was before counts
            set_number(bits, lane_state(&net, 1), i, NAN);
        outcome whole = compute(&net), parts[batch + 1];
        for (size_t b = 0; b < batch; b++)
            parts[b] = b != 1 || t > 0 ? compute_lane(&net, 0, b, b == 1 ? t : steps, (char *)start + b * lane)
                                       : compute_lane(&net, 0, b, steps, NULL);
        parts[batch] = compute_lane(&net, t, 1, steps - t, NULL);
        for (size_t b = 0; b < batch; b++)
            CHECK(memcmp((char *)whole.state + b * lane, parts[b == 1 ? batch : b].state, lane) == 0);
        double nats = 0;
        memset(summed, 0, net.parameter_count * sizeof *summed);
        for (size_t k = 0; k <= batch; k++) {
            const bool counts = t > 0 || k != 1; // nothing is before step 0
            nats += counts ? parts[k].loss.nats : 0;
            for (size_t i = 0; i < net.parameter_count && counts; i++)
                summed[i] += number(bits, parts[k].gradient, i);
            outcome_destroy(&parts[k]);
        }
        if (bits == 64) {
            CHECK_CLOSE(whole.loss.nats, nats, 1e-12 * fmax(1, nats));
            CHECK_ERROR("gradient", distance(64, whole.gradient, summed, net.parameter_count), 1e-12);
        }
        outcome_destroy(&whole);
    }
    free(start);
    free(summed);
    network_destroy(&net);
}

// ---- DeltaNet -----------------------------------------------------------------------------------------------------------

// Copies of each tensor what it has in the other network, too: of the interface all but its last part.
static void copy_common(const network *from, const void *values, const network *to, void *copy) {
    dnc_tensor tensor = {.struct_size = sizeof tensor};
    for (size_t i = 0; dnc_parameter_tensor(&from->config, i, &tensor) == DNC_OK; i++) {
        const dnc_tensor other = parameter_tensor(&to->config, tensor.name);
        const size_t a = tensor_count(&tensor, 0), b = tensor_count(&other, 0);
        memcpy((char *)copy + bytes_of(to, other.offset), (const char *)values + bytes_of(from, tensor.offset),
               bytes_of(from, a < b ? a : b));
    }
}

// Without decay the memory does what it does with decays of 1; and with negative eigenvalues, where strengths are twice as large, at
// strengths of 1 what it does without, all to the bit.
static void check_delta_reductions(dnc_isa isa, int bits) {
    dnc_config plain = configure_small(MODEL_DELTA);
    plain.decay = plain.negative_eigenvalues = 0;
    dnc_run run = run_of(isa, steps, batch);
    run.own_products = 1;
    for (int by_strengths = 0; by_strengths <= 1; by_strengths++) {
        CHECK_CONTEXT("reduction %d, %s f%d", by_strengths, dnc_isa_string(isa), bits);
        dnc_config more = plain;
        more.decay = !by_strengths, more.negative_eigenvalues = by_strengths;
        network net = create_warm(&plain, bits, &run), other = create(&more, bits, &run);
        copy_common(&net, net.parameters, &other, other.parameters);
        if (by_strengths)
            pin(&net, "strengths", 60);
        pin(&other, by_strengths ? "strengths" : "decays", by_strengths ? 0 : 60);
        memcpy(other.state, net.state, state_bytes(&net));
        other.segment = net.segment;
        outcome expected = compute(&net), found = compute(&other);
        void *const common = numbers_create(bits, net.parameter_count);
        copy_common(&other, found.gradient, &net, common);
        CHECK(found.loss.nats == expected.loss.nats);
        CHECK(memcmp(found.state, expected.state, state_bytes(&net)) == 0);
        const size_t end = by_strengths ? parameter_tensor(&plain, "interface.weight").offset : net.parameter_count;
        // Registers of x87 keep more of a sum than memory does, and what is kept in them is up to the compiler.
        CHECK_CLOSE(largest_difference(bits, common, expected.gradient, end), 0, FLT_EVAL_METHOD == 2 ? 1e-4 : 0);
        free(common);
        outcome_destroy(&found);
        outcome_destroy(&expected);
        network_destroy(&net);
        network_destroy(&other);
    }
}

// An eigenvalue of -1 counts to 2: with weights set by hand, of one number of memory, what is read is 1 after an even number of ones,
// and -1 after an odd one, for as long as one likes. Without negative eigenvalues nothing is left after the first.
static void check_parity(dnc_isa isa) {
    enum { zero_symbol, one_symbol, start_symbol, symbols, many = 300, large = 60 };
    for (int negative = 0; negative <= 1; negative++) {
        CHECK_CONTEXT("parity %d, %s", negative, dnc_isa_string(isa));
        dnc_config config = configure(MODEL_DELTA, symbols, 2, 1, 1, 1);
        config.controller = DNC_CONTROLLER_TANH;
        config.decay = 0, config.negative_eigenvalues = negative;
        config.output = DNC_OUTPUT_REALS, config.output_size = 1;
        const dnc_run run = run_of(isa, many, 1);
        network net = create(&config, 64, &run);
        double *const parameters = net.parameters;
        double *const read = parameters + parameter_tensor(&config, "controller.0.weight_ih").offset;
        double *const xi = parameters + parameter_tensor(&config, "interface.weight").offset;
        double *const bias = parameters + parameter_tensor(&config, "interface.bias").offset;
        read[one_symbol] = large, read[zero_symbol] = -large;    // the first unit: 1 at a one, -1 at a zero
        read[(symbols + 1) + start_symbol] = large;              // the second: 1 at the start
        bias[0] = bias[1] = 1e4;                                 // key and query
        xi[2 * 2 + 1] = 1;                                       // the value: 1 at the start
        xi[3 * 2] = large, xi[3 * 2 + 1] = negative ? 0 : large; // the strength: 1 at the start, then 2 or 0
        parameters[parameter_tensor(&config, "output.weight_read").offset] = 1;
        uint64_t source = 1;
        for (size_t t = 0; t < many; t++)
            net.inputs[t] = t == 0 ? start_symbol : random_below(&source, 2);
        network_forward(&net);
        dnc_tensor tensor = {.struct_size = sizeof tensor};
        double *const outputs = network_record(&net, "outputs", &tensor);
        double expected = 1, worst = 0;
        for (size_t t = 0; t < many; t++) {
            if (net.inputs[t] == one_symbol)
                expected = negative ? -expected : 0;
            worst = worse(worst, fabs(outputs[t] - expected));
        }
        CHECK_ERROR("parity", worst, 1e-9);
        free(outputs);
        network_destroy(&net);
    }
}

// Of sizes that make one tensor of the state after the other the longest: hidden, the memory, the links, the read weightings.
static void check_begins_of_sizes(dnc_isa isa) {
    static const struct { int32_t H, N, W, R; } sizes[] = {{100, 1, 1, 1}, {2, 2, 40, 1}, {2, 20, 1, 1}, {2, 1, 1, 6}};
    for (size_t i = 0; i < COUNT(sizes); i++)
        for (int bits = 32; bits <= 64; bits += 32)
            for (model kind = MODEL_DNC; kind < MODELS_END; kind++) {
                const dnc_config config = configure(kind, 5, sizes[i].H, sizes[i].N, sizes[i].W, sizes[i].R);
                dnc_run run = run_of(isa, steps, batch);
                run.own_products = 1;
                CHECK_CONTEXT("begins of sizes %zu, %s %s f%d", i, model_name(&config), dnc_isa_string(isa), bits);
                check_begins(&config, &run, bits);
            }
}

// What a lane computes does not depend on what others beside it read, are in and are asked, nor on whether there are any: to the bit
// by the core's own products.
static void check_batch_mates(const dnc_config *config, const dnc_run *run, int bits) {
    uint64_t source = 5;
    network net = create_warm(config, bits, run), mates = create(config, bits, run);
    const size_t lane = bytes_of(&net, net.state_count);
    memcpy(mates.parameters, net.parameters, bytes_of(&net, net.parameter_count));
    for (size_t b = 0; b < batch; b++) {
        mates.segment.begins = mates.begins, mates.segment.weights = mates.weights;
        network_draw_segment(&mates, &source);
        network_forward(&mates); // and in whatever state
        network_draw_segment(&mates, &source);
        for (size_t i = 0; i < steps * batch; i++)
            mates.weights[i] = 0, net.weights[i] = 1;
        copy_lane(&mates, 0, b, &net, 0, b, steps);
        memcpy(lane_state(&mates, b), lane_state(&net, b), lane);
        outcome alone = compute_lane(&net, 0, b, steps, lane_state(&net, b)), beside = compute(&mates);
        memmove(beside.state, (char *)beside.state + b * lane, lane);
        const network one = {
            .run = {.batch = 1}, .bits = bits, .state_count = net.state_count, .parameter_count = net.parameter_count};
        if (run->own_products)
            check_same_bits(&one, &beside, &alone);
        else if (bits == 64)
            check_near(&one, &beside, &alone);
        outcome_destroy(&alone);
        outcome_destroy(&beside);
    }
    network_destroy(&net);
    network_destroy(&mates);
}

// A workspace for more steps and lanes gives the same bits as one that is made for the segment, whatever has been in it.
static void check_larger_workspace(const dnc_config *config, const dnc_run *run, int bits) {
    network large = create_warm(config, bits, run);
    for (int32_t T = 1; T <= steps; T += 2)
        for (int32_t B = 1; B <= batch; B++) {
            uint64_t source = (uint64_t)(T + 10 * B);
            dnc_run fewer = *run;
            fewer.steps = T, fewer.batch = B;
            network small = create(config, bits, &fewer);
            CHECK(small.workspace_bytes <= large.workspace_bytes);
            memcpy(small.parameters, large.parameters, bytes_of(&large, large.parameter_count));
            small.segment.begins = small.begins, small.segment.weights = small.weights;
            network_draw_segment(&small, &source);
            network in_large = small; // in the other's workspace
            in_large.workspace = large.workspace, in_large.workspace_bytes = large.workspace_bytes;
            in_large.state = memcpy(malloc(state_bytes(&small)), large.state, state_bytes(&small));
            memcpy(small.state, large.state, state_bytes(&small));
            outcome own = compute(&small), other = compute(&in_large);
            check_same_bits(&small, &other, &own);
            free(in_large.state);
            outcome_destroy(&own);
            outcome_destroy(&other);
            network_destroy(&small);
        }
    network_destroy(&large);
}

// What has a weight of 0 is as if it was not asked, to the bit; weights of 1 are as none, and such of 2 double loss and gradient.
static void check_weights(const dnc_config *config, const dnc_run *run, int bits) {
    uint64_t source = 3;
    network net = create_warm(config, bits, run);
    void *const start = memcpy(malloc(state_bytes(&net)), net.state, state_bytes(&net));
    outcome plain = compute(&net), found;
    net.segment.weights = net.weights;
    for (int by = 1; by <= 2; by++) {
        for (size_t i = 0; i < steps * batch; i++)
            net.weights[i] = (float)by;
        memcpy(net.state, start, state_bytes(&net));
        found = compute(&net);
        if (by == 2) {
            plain.loss.nats *= 2;
            for (size_t i = 0; i < net.parameter_count; i++)
                set_number(bits, plain.gradient, i, 2 * number(bits, plain.gradient, i));
        }
        check_same_bits(&net, &found, &plain);
        outcome_destroy(&found);
    }
    outcome_destroy(&plain);

    for (size_t i = 0; i < steps * batch; i++)
        net.weights[i] = (float)random_below(&source, 2);
    memcpy(net.state, start, state_bytes(&net));
    found = compute(&net);
    if (config->output == DNC_OUTPUT_SYMBOLS) {
        net.segment.weights = NULL;
        for (size_t i = 0, Q = (size_t)config->output_groups; i < steps * batch * Q; i++)
            net.targets[i] = net.weights[i / Q] == 0 ? DNC_NO_TARGET : net.targets[i];
    } else { // where what is asked does not matter either
        for (size_t i = 0, C = (size_t)config->output_size; i < steps * batch * C; i++)
            net.target_vectors[i] = net.weights[i / C] == 0 ? NAN : net.target_vectors[i];
    }
    memcpy(net.state, start, state_bytes(&net));
    plain = compute(&net);
    check_same_bits(&net, &found, &plain);
    outcome_destroy(&plain);
    outcome_destroy(&found);
    free(start);
    network_destroy(&net);
}

// Leaving out the outputs where nothing is asked changes nothing but the order of sums, and records zeros there: whether of five
// steps and three lanes none, some or all are asked.
static void check_asked_alone(const dnc_config *config, const dnc_run *run) {
    static const size_t counts[] = {0, 1, 4, 14, 15};
    const char *const name = config->output == DNC_OUTPUT_REALS ? "outputs" : "logits";
    const size_t Q = (size_t)config->output_groups, each = Q * (size_t)config->output_size;
    const bool are_mixed = config->programs > 0 && config->program_use != DNC_PROGRAM_USE_INTERFACE;
    dnc_run alone = *run;
    alone.asked_alone = 1;
    network net = create_warm(config, 64, run), other = create(config, 64, &alone);
    memcpy(other.parameters, net.parameters, bytes_of(&net, net.parameter_count));
    net.segment.weights = net.weights;
    other.segment = net.segment;
    for (size_t k = 0; k < COUNT(counts); k++) {
        dnc_tensor tensor = {.struct_size = sizeof tensor};
        for (size_t i = 0; i < steps * batch; i++) // in no order: 7 and 15 have no common divisor
            net.weights[i * 7 % (steps * batch)] = i < counts[k] ? 1 : 0;
        memcpy(other.state, net.state, state_bytes(&net));
        void *const before = memcpy(malloc(state_bytes(&net)), net.state, state_bytes(&net));
        network_forward(&net);
        network_forward(&other);
        double *const all = network_record(&net, name, &tensor), *const some = network_record(&other, name, &tensor);
        for (size_t i = 0; i < steps * batch * each; i++) {
            bool asks = config->output != DNC_OUTPUT_SYMBOLS;
            for (size_t q = 0; q < Q; q++)
                asks = asks || net.targets[i / each * Q + q] != DNC_NO_TARGET;
            CHECK_CLOSE(some[i], are_mixed || (asks && net.weights[i / each] > 0) ? all[i] : 0, 1e-12);
        }
        memcpy(net.state, before, state_bytes(&net));
        memcpy(other.state, before, state_bytes(&net));
        outcome expected = compute(&net), found = compute(&other);
        check_near(&net, &found, &expected);
        outcome_destroy(&expected);
        outcome_destroy(&found);
        free(before);
        free(all);
        free(some);
    }
    network_destroy(&net);
    network_destroy(&other);
}

// Symbols are the columns of a vector: the sum of each one's, which is 1 in the place of the symbol.
static void check_symbols_as_vector(const dnc_config *config, const dnc_run *run) {
    if (config->input_symbols == 0)
        return;
    const size_t V = (size_t)config->input_symbols, S = (size_t)config->symbols_per_step, D = (size_t)config->input_vector;
    dnc_config of_vector = *config;
    of_vector.input_symbols = of_vector.symbols_per_step = 0;
    of_vector.input_vector = config->input_symbols + config->input_vector;
    network net = create_warm(config, 64, run), dense = create(&of_vector, 64, run);
    CHECK_EQUAL(dense.parameter_count, net.parameter_count);
    memcpy(dense.parameters, net.parameters, bytes_of(&net, net.parameter_count));
    memcpy(dense.state, net.state, state_bytes(&net));
    dense.segment.targets = net.targets, dense.segment.target_vectors = net.target_vectors;
    for (size_t i = 0; i < steps * batch; i++) {
        float *const x = dense.input_vectors + i * (V + D);
        for (size_t k = 0; k < S; k++)
            if (net.inputs[i * S + k] != DNC_NO_SYMBOL)
                x[net.inputs[i * S + k]] += 1;
        memcpy(x + V, net.input_vectors + i * D, D * sizeof *x);
    }
    outcome of_symbols = compute(&net), of_dense = compute(&dense);
    check_near(&net, &of_symbols, &of_dense);
    outcome_destroy(&of_symbols);
    outcome_destroy(&of_dense);
    network_destroy(&net);
    network_destroy(&dense);
}

// Steps of inference, in their own workspace, give the outputs and the state of a segment, where lanes begin anew too. In double
// precision: in single, rounding orders slots of nearly equal usage in one way or the other.
static void check_steps(const dnc_config *config, const dnc_run *run) {
    enum { bits = 64 };
    const size_t outputs = (size_t)config->output_groups * (size_t)config->output_size;
    uint64_t source = 4;
    network net = create_warm(config, bits, run);
    void *const start = memcpy(malloc(state_bytes(&net)), net.state, state_bytes(&net));
    net.segment.begins = net.begins;
    network_draw_segment(&net, &source);
    network_forward(&net);
    dnc_tensor tensor = {.struct_size = sizeof tensor};
    void *const expected = network_record(&net, config->output == DNC_OUTPUT_REALS ? "outputs" : "logits", &tensor);
    void *const found = numbers_create(bits, steps * batch * outputs);
    size_t bytes;
    require(call_step_workspace(bits, config, run, &bytes) == DNC_OK, "step_workspace");
    void *const workspace = workspace_create(bytes);
    for (size_t t = 0; t < steps; t++) {
        const dnc_segment step = {.struct_size = sizeof step,
                                  .inputs = net.inputs + t * batch * (size_t)config->symbols_per_step,
                                  .input_vectors = net.input_vectors + t * batch * (size_t)config->input_vector,
                                  .begins = net.begins + t * batch};
        CHECK_EQUAL(call_step(bits, config, run, net.parameters, &step, start, workspace, bytes,
                              (char *)found + bytes_of(&net, t * batch * outputs)),
                    DNC_OK);
    }
    CHECK_ERROR("outputs", distance(bits, found, expected, steps * batch * outputs), 1e-12);
    CHECK_ERROR("state", distance(bits, start, net.state, batch * net.state_count), 1e-12);
    workspace_destroy(workspace, bytes);
    free(start);
    free(expected);
    free(found);
    network_destroy(&net);
}

// The steps of inference of all of them, the rest of every so many.
static void check_combinations(dnc_isa isa, int stride) {
    const dnc_config sizes = {
        .hidden = 9, .slots = 7, .width = 5, .read_heads = 2}; // h and [h ; r] have rows of other lengths
    dnc_config config = sizes;
    for (int i = 0; combination(i, &config); i++) {
        dnc_run run = run_of(isa, steps, batch);
        run.link_interval = i % 4;
        for (int bits = 32; bits <= 64; bits += 32) {
            CHECK_CONTEXT("combination %d, %s %s f%d", i, model_name(&config), dnc_isa_string(isa), bits);
            if (bits == 64 && takes_steps(&config))
                check_steps(&config, &run);
            if (i % stride != 0)
                continue;
            check_weights(&config, &run, bits);
            check_larger_workspace(&config, &run, bits);
            check_batch_mates(&config, &run, bits);
            dnc_run own = run;
            own.own_products = 1;
            if (bits == 64) {
                check_symbols_as_vector(&config, &run);
                check_asked_alone(&config, &run);
                check_asked_alone(&config, &own);
            }
            check_begins(&config, &own, bits);
            check_batch_mates(&config, &own, bits);
        }
        config = sizes;
    }
}

int main(void) {
    dnc_use_one_blas_thread();
    dnc_isa isas[3];
    const int isa_count = available_isas(isas);
    for (int i = 0; i < isa_count; i++) {
        for (model kind = MODEL_RNN; kind < MODELS_END; kind++) {
            const dnc_config config = configure_small(kind);
            CHECK_CONTEXT("%s %s f64", model_name(&config), dnc_isa_string(isas[i]));
            check_batch_invariance(&config, isas[i]);
            check_segment_invariance(&config, isas[i]);
            for (int bits = 32; bits <= 64; bits += 32) {
                CHECK_CONTEXT("%s %s f%d", model_name(&config), dnc_isa_string(isas[i]), bits);
                check_repeatability(&config, isas[i], bits);
                check_no_targets(&config, isas[i], bits);
            }
        }
        check_heads_allocate_apart(isas[i]);
        check_parity(isas[i]);
        for (int bits = 32; bits <= 64; bits += 32) {
            CHECK_CONTEXT("dnc %s f%d", dnc_isa_string(isas[i]), bits);
            check_link_interval(isas[i], bits, 1);
            check_link_interval(isas[i], bits, 3);
            check_delta_reductions(isas[i], bits);
            check_weightings(isas[i], bits);
        }
        check_begins_of_sizes(isas[i]);
        check_combinations(isas[i], repetitions(17, 1, 1)); // 17 divides no number of parts: each has its turn
    }
    return check_report();
}
