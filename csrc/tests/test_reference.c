// Everything the core computes in a forward pass, against the equations written out in reference.c.
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "harness.h"
#include "reference.h"

enum { total_steps = 30, max_lanes = 3, max_tensors = 40 };

typedef struct shape {
    int32_t V, H, N, W, R, batch, steps;
} shape;

// Sizes of one, sizes around the widths of vector registers, and both T = 1 and all steps in one segment.
static const shape shapes[] = {
    {2, 1, 1, 1, 1, 1, 1},      {1, 2, 2, 1, 1, 1, 30},    {5, 4, 3, 2, 2, 2, 10},     {7, 5, 1, 6, 3, 3, 15},
    {3, 6, 5, 1, 4, 2, 6},      {4, 8, 8, 8, 4, 1, 30},    {9, 7, 7, 7, 1, 3, 5},      {8, 9, 9, 9, 2, 3, 30},
    {15, 15, 15, 15, 1, 1, 10}, {16, 16, 16, 16, 4, 3, 1}, {17, 17, 17, 17, 3, 1, 30}, {33, 32, 31, 33, 2, 2, 15},
    {130, 70, 67, 65, 2, 2, 5},
};

static double tolerance_of(int bits) {
    return bits == 32 ? 1e-4 : 1e-10;
}

static double error_of(double actual, double expected) {
    return fabs(actual - expected) / fmax(1, fabs(expected));
}

// Raises *worst to the error of part `entry` of `tensor`, whose first `leading` dimensions count such parts.
static void compare(const network *net, const reference *expected, const dnc_tensor *tensor, int leading, size_t entry,
                    const void *values, double *worst) {
    const size_t count = tensor_count(tensor, leading), offset = tensor->offset + entry * count;
    const double *truth = reference_tensor(expected, tensor->name, count);
    require(truth != NULL, tensor->name);
    for (size_t i = 0; i < count; i++)
        *worst = worse(*worst, error_of(number(net->bits, values, offset + i), truth[i]));
}

static bool has_usage(const dnc_config *config) {
    return config->memory == DNC_MEMORY_DNC && config->allocation == DNC_ALLOCATION_USAGE;
}

// The usages by which each write head has allocated in entry `at` of the record, (t, b); NULL if there are none.
static double *ordering_of(const network *net, const dnc_tensor *record, void *const *values, size_t records, size_t at) {
    const size_t N = (size_t)net->config.slots, P = net->config.write_heads > 1 ? (size_t)net->config.write_heads : 1;
    double *const ordering = has_usage(&net->config) ? numbers_create(64, P * N) : NULL;
    for (size_t i = 0; i < records; i++) {
        const bool raised = strcmp(record[i].name, "raised_usages") == 0;
        if (!raised && strcmp(record[i].name, "usage") != 0)
            continue;
        const size_t count = tensor_count(&record[i], 2), entry = raised ? at : at + (size_t)net->run.batch;
        for (size_t k = 0; k < count; k++)
            ordering[(raised ? N : 0) + k] = number(net->bits, values[i], entry * count + k);
    }
    return ordering;
}

// total_steps in segments: loss, state, and all that is recorded.
static void check_segments(network *net, reference lanes[], uint64_t seed) {
    const size_t T = (size_t)net->run.steps, B = (size_t)net->run.batch;
    const size_t S = (size_t)net->config.symbols_per_step, D = (size_t)net->config.input_vector;
    const size_t Q = (size_t)net->config.output_groups, C = (size_t)net->config.output_size;
    dnc_tensor record[max_tensors], tensor = {.struct_size = sizeof tensor};
    for (size_t i = 0; i < max_tensors; i++)
        record[i].struct_size = sizeof record[i];
    double worst[max_tensors] = {0}, worst_loss = 0, worst_state = 0;
    void *values[max_tensors];
    size_t records = 0;
    for (size_t i = 0; dnc_record_tensor(&net->config, &net->run, i, &record[records]) == DNC_OK; i++)
        if (strcmp(record[records].name, "layers") != 0) // which is a way to others, and not in the reference
            require(++records < max_tensors, "more record tensors than expected");

    for (int segment = 0; segment < total_steps / net->run.steps; segment++) {
        double nats = 0;
        int64_t count = 0;
        network_draw_segment(net, &seed);
        const dnc_loss loss = network_forward(net);
        net->dropout->step += T;
        for (size_t i = 0; i < records; i++)
            values[i] = network_record(net, record[i].name, &tensor);
        for (size_t b = 0; net->config.bidirectional && b < B; b++)
            reference_read_ahead(&lanes[b], &net->run, &net->segment, b);
        for (size_t t = 0; t < T; t++) {
            for (size_t b = 0; b < B; b++) {
                const size_t at = t * B + b;
                for (size_t i = 0; i < records; i++) { // the state before the step
                    if (record[i].shape[0] != T + 1)
                        continue;
                    compare(net, &lanes[b], &record[i], 2, at, values[i], &worst[i]);
                }
                double *const ordering = ordering_of(net, record, values, records, at);
                if (net->segment.begins != NULL && net->begins[at])
                    reference_begin(&lanes[b]);
                reference_step(&lanes[b], net->inputs + at * S, net->input_vectors + at * D, ordering);
                free(ordering);
                for (size_t i = 0; i < records; i++) {
                    const size_t entry = record[i].shape[0] == T + 1 ? at + B : at;
                    compare(net, &lanes[b], &record[i], 2, entry, values[i], &worst[i]);
                }
                int64_t counted;
                const double weight = net->segment.weights != NULL ? (double)net->weights[at] : 1;
                nats += weight * reference_loss(&lanes[b], net->targets + at * Q, net->target_vectors + at * C, &counted);
                count += weight != 0 ? counted : 0;
            }
        }
        for (size_t i = 0; i < records; i++)
            free(values[i]);
        worst_loss = worse(worst_loss, error_of(loss.nats, nats));
        CHECK_EQUAL(loss.count, count);
        for (size_t b = 0; b < B; b++)
            for (size_t i = 0; dnc_state_tensor(&net->config, i, &tensor) == DNC_OK; i++) {
                tensor.offset += b * net->state_count;
                compare(net, &lanes[b], &tensor, 0, 0, net->state, &worst_state);
            }
    }
    for (size_t i = 0; i < records; i++)
        CHECK_ERROR(record[i].name, worst[i], tolerance_of(net->bits));
    CHECK_ERROR("loss", worst_loss, tolerance_of(net->bits));
    CHECK_ERROR("state", worst_state, tolerance_of(net->bits));
}

// total_steps by dnc_step: logits and state. What the usage is for the write heads after the first no state says; so that of these
// takes its own order.
static void check_steps(network *net, reference lanes[], uint64_t seed) {
    const bool has_ordering = has_usage(&net->config) && net->config.write_heads <= 1;
    const size_t B = (size_t)net->run.batch;
    const size_t Y = (size_t)(net->config.output_size * net->config.output_groups);
    const size_t S = (size_t)net->config.symbols_per_step, D = (size_t)net->config.input_vector;
    double worst_logits = 0, worst_state = 0;
    size_t bytes;
    require(call_step_workspace(net->bits, &net->config, &net->run, &bytes) == DNC_OK, "step_workspace");
    void *workspace = workspace_create(bytes), *logits = numbers_create(net->bits, B * Y);

    for (int t = 0; t < total_steps; t++) {
        network_draw_segment(net, &seed);
        const dnc_status status = call_step(net->bits, &net->config, &net->run, net->parameters, &net->segment, net->state,
                                            workspace, bytes, logits);
        require(status == DNC_OK, dnc_status_string(status));
        for (size_t b = 0; b < B; b++) {
            double *state = numbers_widen(net->bits, (char *)net->state + b * net->state_count * (size_t)net->bits / 8,
                                          net->state_count);
            if (net->segment.begins != NULL && net->begins[b])
                reference_begin(&lanes[b]);
            reference_step(&lanes[b], net->inputs + b * S, net->input_vectors + b * D,
                           has_ordering ? state + state_tensor(&net->config, "usage").offset : NULL);
            free(state);
            dnc_tensor tensor = {.name = "outputs", .rank = 2, .shape = {B, Y}};
            compare(net, &lanes[b], &tensor, 1, b, logits, &worst_logits);
            for (size_t i = 0; dnc_state_tensor(&net->config, i, &tensor) == DNC_OK; i++) {
                tensor.offset += b * net->state_count;
                compare(net, &lanes[b], &tensor, 0, 0, net->state, &worst_state);
            }
        }
    }
    CHECK_ERROR("logits of steps", worst_logits, tolerance_of(net->bits));
    CHECK_ERROR("state of steps", worst_state, tolerance_of(net->bits));
    free(logits);
    workspace_destroy(workspace, bytes);
}

// `marked`: with weights of the loss, and lanes that begin anew within segments; `drops`: with dropout, which steps have not.
static void check(const dnc_config *config, int bits, dnc_isa isa, int own_products, int32_t steps, int32_t batch,
                  bool marked, bool drops) {
    for (int by_segments = !takes_steps(config); by_segments <= 1; by_segments++) {
        uint64_t seed = 1;
        if (!by_segments && bits == 32 && config->write_heads > 1) // whose order rounding alone may make another one
            continue;
        network net = network_create(config, bits, steps, batch);
        dnc_run run = net.run;
        run.isa = (int32_t)isa;
        run.own_products = own_products;
        network_set_run(&net, &run);
        if (marked)
            net.segment.weights = net.weights, net.segment.begins = net.begins;
        if (drops)
            net.segment.dropout = net.dropout;
        network_draw_parameters(&net, &seed, 1.5);
        double *parameters = numbers_widen(bits, net.parameters, net.parameter_count);
        reference lanes[max_lanes];
        for (int b = 0; b < batch; b++) {
            lanes[b] = reference_create(config, parameters);
            if (drops && by_segments) {
                lanes[b].dropout = *net.dropout;
                lanes[b].dropout.lane += (uint64_t)b;
            }
        }
        (by_segments ? check_segments : check_steps)(&net, lanes, seed);
        for (int b = 0; b < batch; b++)
            reference_destroy(&lanes[b]);
        free(parameters);
        network_destroy(&net);
    }
}

static void check_shape(model kind, const shape *s, int bits, dnc_isa isa, int own_products) {
    const dnc_config config = configure(kind, s->V, s->H, s->N, s->W, s->R);
    CHECK_CONTEXT("%s f%d %s own %d V%d H%d N%d W%d R%d B%d T%d", model_name(&config), bits, dnc_isa_string(isa),
                  own_products, s->V, s->H, s->N, s->W, s->R, s->batch, s->steps);
    check(&config, bits, isa, own_products, s->steps, s->batch, false, false);
}

// Every combination of parts, at sizes on both sides of a vector register's width.
static void check_combinations(int bits, dnc_isa isa) {
    for (int large = 0; large <= 1; large++) {
        dnc_config config = {.hidden = large ? 17 : 5, .slots = 6, .width = 3, .read_heads = 2};
        for (int i = 0; combination(i, &config); i += repetitions(17, 1, 1)) { // 17 divides no number of parts
            CHECK_CONTEXT("%s f%d %s combination %d H%d", model_name(&config), bits, dnc_isa_string(isa), i, config.hidden);
            check(&config, bits, isa, 0, 10, 3, true, (i + large) % 2 == 1);
            config = (dnc_config){.hidden = config.hidden, .slots = 6, .width = 3, .read_heads = 2};
        }
    }
}

// What others do otherwise, alone and together.
static void check_variants(int bits, dnc_isa isa) {
    for (int i = 0; i < variant_count; i += repetitions(23, 1, 1)) {
        const dnc_config config = variant(i);
        CHECK_CONTEXT("%s f%d %s", variant_name(i), bits, dnc_isa_string(isa));
        check(&config, bits, isa, 0, 10, 3, true, i % 2 == 1);
    }
}

// The reference itself, against cases worked out by hand.
static void check_reference(void) {
    CHECK_CONTEXT("reference by hand");
    double a[3];
    reference_allocation(3, (double[]){.5, .2, .8}, (double[]){.5, .2, .8}, a);
    CHECK_CLOSE(a[0], .5 * .2, 1e-15);
    CHECK_CLOSE(a[1], .8, 1e-15);
    CHECK_CLOSE(a[2], .2 * .2 * .5, 1e-15);
    reference_allocation(3, (double[]){.5, .5, .5}, (double[]){.5, .5, .5}, a);
    CHECK_CLOSE(a[0], .5, 1e-15);
    CHECK_CLOSE(a[1], .25, 1e-15);
    CHECK_CLOSE(a[2], .125, 1e-15);

    // k.k = m.m = k.m = epsilon: the cosine with the first row is epsilon / (2 epsilon), with the row of zeros it is 0.
    const double tiny = sqrt(DNC_COSINE_EPSILON);
    reference_content(2, 1, (double[]){tiny, 0}, &tiny, log(4), NULL, a);
    CHECK_CLOSE(a[0], 2 / 3., 1e-12);
    CHECK_CLOSE(a[1], 1 / 3., 1e-12);

    // One slot, one head, all parameters 0 but the write vector's bias, 1: gates are 1/2, read modes 1/3, and the
    // allocation is 1 - usage.
    dnc_config config = configure(MODEL_DNC, 2, 1, 1, 1, 1);
    double *parameters = numbers_create(64, 256);
    parameters[parameter_tensor(&config, "interface.bias").offset + 5] = 1;
    reference net = reference_create(&config, parameters);
    reference_step(&net, &(int32_t){0}, NULL, NULL);
    CHECK_CLOSE(net.interface[1], 1 + log(2), 1e-15);
    CHECK_CLOSE(net.write_weighting[0], .5, 1e-15);
    CHECK_CLOSE(net.memory[0], .5, 1e-15);
    CHECK_CLOSE(net.precedence[0], .5, 1e-15);
    CHECK_CLOSE(net.read_weightings[0], 1 / 3., 1e-15);
    CHECK_CLOSE(net.read_vectors[0], .5 / 3, 1e-15);
    int64_t count;
    CHECK_CLOSE(reference_loss(&net, &(int32_t){1}, NULL, &count), log(2), 1e-15);
    CHECK_EQUAL(count, 1);
    reference_step(&net, &(int32_t){0}, NULL, NULL);
    const double usage = .5 * (1 - .5 / 3), write = .5 * (.5 * (1 - usage) + .5);
    CHECK_CLOSE(net.usage[0], usage, 1e-15);
    CHECK_CLOSE(net.write_weighting[0], write, 1e-15);
    CHECK_CLOSE(net.memory[0], .5 * (1 - write * .5) + write, 1e-15);
    CHECK_CLOSE(net.precedence[0], (1 - write) * .5 + write, 1e-15);
    CHECK_EQUAL(net.link[0], 0);
    reference_destroy(&net);

    // The same of two write heads, which write 1 and 2: the second allocates what a quarter of the usage is taken from.
    config.write_heads = 2;
    memset(parameters, 0, 256 * sizeof *parameters);
    const size_t write_vectors = parameter_tensor(&config, "interface.bias").offset + 8;
    parameters[write_vectors] = 1, parameters[write_vectors + 1] = 2;
    net = reference_create(&config, parameters);
    reference_step(&net, &(int32_t){0}, NULL, NULL);
    CHECK_CLOSE(net.raised_usages[0], .25, 1e-15);
    CHECK_CLOSE(net.allocation_weighting[1], .75, 1e-15);
    CHECK_CLOSE(net.write_weighting[0], .5, 1e-15);
    CHECK_CLOSE(net.write_weighting[1], .4375, 1e-15);
    CHECK_CLOSE(net.memory[0], .5 + 2 * .4375, 1e-15);
    CHECK_CLOSE(net.precedence[1], .4375, 1e-15);
    CHECK_CLOSE(net.read_weightings[0], 1 / 5., 1e-15);
    reference_step(&net, &(int32_t){0}, NULL, NULL);
    const double used = (1 - .5 * (1 - .4375)) * (1 - .5 / 5), left = (1 - used) * (1 - .25 * (1 - used));
    const double writes[] = {.5 * (.5 * (1 - used) + .5), .5 * (.5 * left + .5)};
    CHECK_CLOSE(net.usage[0], used, 1e-15);
    CHECK_CLOSE(net.raised_usages[0], 1 - left, 1e-15);
    CHECK_CLOSE(net.write_weighting[0], writes[0], 1e-15);
    CHECK_CLOSE(net.write_weighting[1], writes[1], 1e-15);
    CHECK_CLOSE(net.memory[0], 1.375 * (1 - writes[0] / 2) * (1 - writes[1] / 2) + writes[0] + 2 * writes[1], 1e-15);
    CHECK_CLOSE(net.precedence[1], (1 - writes[1]) * .4375 + writes[1], 1e-15);
    reference_destroy(&net);

    // DeltaNet of one number: all parameters 0 but the biases of key, query and value, 1, 1 and 2: beta is 1 and alpha 1/2.
    config = configure(MODEL_DELTA, 2, 1, 1, 1, 1);
    memset(parameters, 0, 256 * sizeof *parameters);
    const size_t bias = parameter_tensor(&config, "interface.bias").offset;
    parameters[bias] = parameters[bias + 1] = 1, parameters[bias + 2] = 2;
    net = reference_create(&config, parameters);
    const double k = 1 / sqrt(1 + DNC_COSINE_EPSILON), first = 2 * k, second = first / 2 + k * (2 - k * first / 2);
    reference_step(&net, &(int32_t){0}, NULL, NULL);
    CHECK_CLOSE(net.memory[0], first, 1e-15);
    CHECK_CLOSE(net.read_vectors[0], first * k, 1e-15);
    reference_step(&net, &(int32_t){0}, NULL, NULL);
    CHECK_CLOSE(net.memory[0], second, 1e-15);
    CHECK_CLOSE(net.errors[0], 2 - k * first / 2, 1e-15);
    CHECK_CLOSE(net.read_vectors[0], second * k, 1e-15);
    reference_destroy(&net);

    // A backward layer of one tanh unit over two episodes, of two steps and of one.
    config = configure(MODEL_RNN, 2, 1, 0, 0, 0);
    config.bidirectional = 1;
    memset(parameters, 0, 256 * sizeof *parameters);
    parameters[parameter_tensor(&config, "controller.backward.weight_ih").offset] = .5;
    parameters[parameter_tensor(&config, "controller.backward.weight_ih").offset + 1] = -.25;
    parameters[parameter_tensor(&config, "controller.backward.weight_hh").offset] = .75;
    net = reference_create(&config, parameters);
    const int32_t inputs[] = {0, 1, 0};
    const double expected[] = {tanh(.5 + .75 * tanh(-.25)), tanh(-.25), tanh(.5)};
    const dnc_segment segment = {.inputs = inputs, .begins = (uint8_t[]){0, 0, 1}};
    reference_read_ahead(&net, &(dnc_run){.steps = 3, .batch = 1}, &segment, 0);
    for (int t = 0; t < 3; t++) {
        reference_step(&net, inputs + t, NULL, NULL);
        CHECK_CLOSE(net.hidden[1], expected[t], 1e-15);
    }
    reference_destroy(&net);

    // A holographic memory of one complex number: all parameters 0 but the biases of key and query, 3 i, and value, 1 + 2 i: beta and
    // alpha are 1/2, and k v is -2 + i.
    config = configure(MODEL_HOLOGRAPHIC, 2, 1, 1, 2, 1);
    memset(parameters, 0, 256 * sizeof *parameters);
    double *const biases = parameters + parameter_tensor(&config, "interface.bias").offset;
    biases[1] = biases[3] = 3, biases[4] = 1, biases[5] = 2;
    net = reference_create(&config, parameters);
    const double length = 3 / sqrt(9 + DNC_COSINE_EPSILON);
    for (double part = .5; part < .8; part = part / 2 + .5) { // of what the step before left, and what this one adds
        reference_step(&net, &(int32_t){0}, NULL, NULL);
        CHECK_CLOSE(net.memory[0], part * -2 * length, 1e-15);
        CHECK_CLOSE(net.memory[1], part * length, 1e-15);
        CHECK_CLOSE(net.read_vectors[0], part * length * length, 1e-15);
        CHECK_CLOSE(net.read_vectors[1], part * 2 * length * length, 1e-15);
    }
    reference_destroy(&net);
    free(parameters);
}

int main(void) {
    dnc_use_one_blas_thread();
    check_reference();
    dnc_isa isas[3];
    const int isa_count = available_isas(isas);
    for (int i = 0; i < isa_count; i++) {
        check_combinations(32, isas[i]);
        check_combinations(64, isas[i]);
        check_variants(32, isas[i]);
        check_variants(64, isas[i]);
        for (model kind = MODEL_RNN; kind < MODELS_END; kind++)
            for (size_t k = 0; k < COUNT(shapes); k += (size_t)repetitions(3, 1, 1))
                for (int own_products = 0; own_products <= 1; own_products++) {
                    check_shape(kind, &shapes[k], 32, isas[i], own_products);
                    check_shape(kind, &shapes[k], 64, isas[i], own_products);
                }
    }
    return check_report();
}
