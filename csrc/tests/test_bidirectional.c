// A bidirectional controller: what its backward layer sees, and what it is with the parts that it is made of.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "harness.h"

enum { T = 7, B = 3, H = 5, lane = 1 };

static const dnc_config sizes = {.hidden = H, .slots = 6, .width = 3, .read_heads = 2};

// A network with random parameters and a random segment of episodes that end within it, in a state that others have left.
static network draw(const dnc_config *config, dnc_isa isa, int bits) {
    uint64_t source = 1;
    network net = network_create(config, bits, T, B);
    dnc_run run = net.run;
    run.isa = (int32_t)isa;
    run.own_products = 1; // whose lanes are independent to the bit
    network_set_run(&net, &run);
    net.segment.begins = net.begins;
    network_draw_parameters(&net, &source, 1.5);
    network_warm_up(&net, &source, 2);
    network_draw_segment(&net, &source);
    return net;
}

static void *outputs_of(network *net, size_t *count) {
    dnc_tensor tensor = {.struct_size = sizeof tensor};
    void *const start = memcpy(malloc(state_bytes(net)), net->state, state_bytes(net));
    network_forward(net);
    memcpy(net->state, start, state_bytes(net));
    free(start);
    void *const outputs = network_record(net, net->config.output == DNC_OUTPUT_REALS ? "outputs" : "logits", &tensor);
    *count = tensor_count(&tensor, 2);
    return outputs;
}

// Another input of one lane at one step changes what is answered at every step of the same episode, those before it too, and nothing
// else. In one direction it changes what comes after it alone.
static void check_what_is_seen(const dnc_config *config, dnc_isa isa, int bits) {
    const size_t S = (size_t)config->symbols_per_step, D = (size_t)config->input_vector;
    network net = draw(config, isa, bits);
    for (size_t t = 0; t < T; t++)
        net.begins[t * B + lane] = t == 3;
    size_t count;
    void *const before = outputs_of(&net, &count);
    for (size_t changed = 0; changed < T; changed++) {
        int32_t *const symbol = net.inputs + (changed * B + lane) * S;
        float *const vector = net.input_vectors + (changed * B + lane) * D;
        const int32_t old_symbol = *symbol;
        const float old_number = *vector;
        if (S > 0)
            *symbol = (*symbol + 1) % config->input_symbols;
        else
            *vector = -*vector;
        void *const after = outputs_of(&net, &count);
        for (size_t t = 0; t < T; t++)
            for (size_t b = 0; b < B; b++) {
                const size_t at = bytes_of(&net, (t * B + b) * count);
                const bool differs = memcmp((char *)before + at, (char *)after + at, bytes_of(&net, count)) != 0;
                const bool is_same_episode = b == lane && (t < 3) == (changed < 3);
                const bool sees = is_same_episode && (config->bidirectional || t >= changed);
                CHECK(differs == sees || (bits == 32 && sees)); // where rounding may lose what comes from afar
            }
        *symbol = old_symbol;
        *vector = old_number;
        free(after);
    }
    free(before);
    network_destroy(&net);
}

static void copy_numbers(const network *from, const char *name, network *to, const char *as) {
    const dnc_tensor source = parameter_tensor(&from->config, name), target = parameter_tensor(&to->config, as);
    const size_t count = tensor_count(&source, 0);
    require(count == tensor_count(&target, 0), name);
    memcpy((char *)to->parameters + bytes_of(to, target.offset),
           (const char *)from->parameters + bytes_of(from, source.offset), bytes_of(to, count));
}

// The backward layer is a network of one layer without a memory over the segment from its end to its beginning, in which a lane begins
// anew behind every episode.
static void check_reversed(const dnc_config *config, dnc_isa isa, int bits) {
    const size_t S = (size_t)config->symbols_per_step, D = (size_t)config->input_vector, L = (size_t)config->layers;
    dnc_config alone = *config;
    alone.bidirectional = 0, alone.layers = 1;
    alone.memory = DNC_MEMORY_NONE, alone.decay = alone.negative_eigenvalues = 0;
    alone.slots = alone.width = alone.read_heads = 0;
    network net = draw(config, isa, bits), reversed = draw(&alone, isa, bits);
    memset(reversed.state, 0, state_bytes(&reversed));
    const char before[] = "controller.backward.";
    dnc_tensor tensor = {.struct_size = sizeof tensor};
    for (size_t i = 0; dnc_parameter_tensor(config, i, &tensor) == DNC_OK; i++) {
        char name[40] = "controller.0.";
        if (strncmp(tensor.name, before, sizeof before - 1) == 0)
            copy_numbers(&net, tensor.name, &reversed, strcat(name, tensor.name + sizeof before - 1));
    }
    for (size_t t = 0; t < T; t++)
        for (size_t b = 0; b < B; b++) {
            const size_t from = t * B + b, to = (T - 1 - t) * B + b;
            memcpy(reversed.inputs + to * S, net.inputs + from * S, S * sizeof *net.inputs);
            memcpy(reversed.input_vectors + to * D, net.input_vectors + from * D, D * sizeof *net.input_vectors);
            reversed.begins[to] = t + 1 < T ? net.begins[from + B] : 0;
        }
    network_forward(&net);
    network_forward(&reversed);
    void *const hidden = network_record(&net, "hidden", &tensor);
    CHECK_EQUAL(tensor.rank, 4);
    CHECK(tensor.shape[0] == T + 1 && tensor.shape[1] == B && tensor.shape[2] == L + 1 && tensor.shape[3] == H);
    void *const expected = network_record(&reversed, "hidden", &tensor);
    double worst = 0, largest_before = 0;
    for (size_t b = 0; b < B; b++)
        for (size_t j = 0; j < H; j++) {
            largest_before = worse(largest_before, fabs(number(bits, hidden, (b * (L + 1) + L) * H + j)));
            for (size_t t = 0; t < T; t++) {
                const double found = number(bits, hidden, (((t + 1) * B + b) * (L + 1) + L) * H + j);
                worst = worse(worst, fabs(found - number(bits, expected, ((T - t) * B + b) * H + j)));
            }
        }
    CHECK_ERROR("the backward layer", worst, bits == 32 ? 1e-5 : 1e-13);
    CHECK_EQUAL(largest_before, 0); // what the record has before the segment
    free(hidden);
    free(expected);
    network_destroy(&net);
    network_destroy(&reversed);
}

// Moves what both have between tensors of a controller in one direction and of a bidirectional one: of what h_t is multiplied with, the
// columns of the forward layers.
static void move_common(const network *one, void *of_one, const network *both, void *of_both, bool to_both) {
    dnc_tensor a = {.struct_size = sizeof a};
    for (size_t i = 0; dnc_parameter_tensor(&one->config, i, &a) == DNC_OK; i++) {
        const dnc_tensor b = parameter_tensor(&both->config, a.name);
        const size_t columns = a.shape[a.rank - 1], stride = b.shape[b.rank - 1];
        for (size_t row = 0; row < tensor_count(&a, 0) / columns; row++) {
            char *const from = (char *)of_one + bytes_of(one, a.offset + row * columns);
            char *const to = (char *)of_both + bytes_of(one, b.offset + row * stride);
            memcpy(to_both ? to : from, to_both ? from : to, bytes_of(one, columns));
        }
    }
}

// Where nothing looks at hb, the model is the one of the forward layers: loss, state and gradient; and no gradient comes to the backward
// layer. The state is theirs in any case.
static void check_reduction(const dnc_config *config, dnc_isa isa, int bits) {
    dnc_config plain = *config;
    plain.bidirectional = 0;
    network one = draw(&plain, isa, bits), both = draw(config, isa, bits);
    CHECK_EQUAL(both.state_count, one.state_count);
    const char *const of_hidden[] = {"output.weight", "interface.weight"};
    for (size_t i = 0; i < (config->memory != DNC_MEMORY_NONE ? 2 : 1); i++) {
        const dnc_tensor weight = parameter_tensor(config, of_hidden[i]);
        memset((char *)both.parameters + bytes_of(&both, weight.offset), 0, bytes_of(&both, tensor_count(&weight, 0)));
    }
    move_common(&one, one.parameters, &both, both.parameters, true);
    memcpy(both.state, one.state, state_bytes(&one));
    both.segment = one.segment;
    void *const expected = numbers_create(bits, one.parameter_count), *const found =
                                                                          numbers_create(bits, one.parameter_count);
    void *const gradient = numbers_create(bits, both.parameter_count);
    for (int segment = 0; segment < 2; segment++) {
        const dnc_loss of_one = network_forward(&one), of_both = network_forward(&both);
        CHECK_CLOSE(of_both.nats, of_one.nats, (bits == 32 ? 1e-5 : 1e-12) * fmax(1, of_one.nats));
        CHECK_EQUAL(of_both.count, of_one.count);
        CHECK_ERROR("state", largest_difference(bits, both.state, one.state, B * one.state_count),
                    bits == 32 ? 1e-4 : 1e-12);
    }
    network_backward(&one, 1, expected);
    network_backward(&both, 1, gradient);
    move_common(&one, found, &both, gradient, false);
    double largest = 1;
    for (size_t i = 0; i < one.parameter_count; i++)
        largest = worse(largest, fabs(number(bits, expected, i)));
    CHECK_ERROR("gradient", largest_difference(bits, found, expected, one.parameter_count) / largest,
                bits == 32 ? 1e-4 : 1e-12);
    dnc_tensor tensor = {.struct_size = sizeof tensor};
    double of_backward = 0;
    for (size_t i = 0; dnc_parameter_tensor(config, i, &tensor) == DNC_OK; i++)
        for (size_t k = 0; strstr(tensor.name, "backward") != NULL && k < tensor_count(&tensor, 0); k++)
            of_backward = worse(of_backward, fabs(number(bits, gradient, tensor.offset + k)));
    CHECK_EQUAL(of_backward, 0);
    free(expected);
    free(found);
    free(gradient);
    network_destroy(&one);
    network_destroy(&both);
}

// Single steps are refused, and nothing is written.
static void check_steps_are_refused(const dnc_config *config, dnc_isa isa, int bits) {
    network net = draw(config, isa, bits);
    size_t bytes = 77;
    CHECK_EQUAL(call_step_workspace(bits, config, &net.run, &bytes), DNC_ERROR_BIDIRECTIONAL);
    CHECK_EQUAL(bytes, 77);
    const size_t outputs = B * (size_t)config->output_groups * (size_t)config->output_size;
    void *const before = memcpy(malloc(state_bytes(&net)), net.state, state_bytes(&net));
    void *const found = numbers_create(bits, outputs), *const zeros = numbers_create(bits, outputs);
    CHECK_EQUAL(call_step(bits, config, &net.run, net.parameters, &net.segment, net.state, net.workspace,
                          net.workspace_bytes, found),
                DNC_ERROR_BIDIRECTIONAL);
    CHECK(memcmp(net.state, before, state_bytes(&net)) == 0);
    CHECK(memcmp(found, zeros, bytes_of(&net, outputs)) == 0);
    free(before);
    free(found);
    free(zeros);
    network_destroy(&net);
}

// Episodes that end with many steps at which nothing is read, as those of many tasks do, have a gradient to begin with that can
// be used, whatever is normalised.
static void check_blank_ends(const dnc_config *config, int bits) {
    enum { steps = 60, asked = 3 };
    uint64_t source = 1;
    network net = network_create(config, bits, steps, 1);
    if (bits == 32)
        CHECK_EQUAL(dnc_initialize_f32(config, 1, net.parameters), DNC_OK);
    else
        CHECK_EQUAL(dnc_initialize_f64(config, 1, net.parameters), DNC_OK);
    network_draw_segment(&net, &source);
    for (size_t i = asked * (size_t)config->symbols_per_step; i < steps * (size_t)config->symbols_per_step; i++)
        net.inputs[i] = DNC_NO_SYMBOL;
    for (size_t i = asked * (size_t)config->input_vector; i < steps * (size_t)config->input_vector; i++)
        net.input_vectors[i] = 0;
    void *const gradient = numbers_create(bits, net.parameter_count);
    network_forward(&net);
    network_backward(&net, 1, gradient);
    double most = 0;
    for (size_t i = 0; i < net.parameter_count; i++)
        most = worse(most, fabs(number(bits, gradient, i)));
    CHECK_ERROR("the largest gradient", most, 1e3);
    free(gradient);
    network_destroy(&net);
}

int main(void) {
    dnc_use_one_blas_thread();
    dnc_isa isas[3];
    const int isa_count = available_isas(isas);
    dnc_config config = sizes;
    for (int i = 0; combination(i, &config); i += repetitions(11, 1, 1), config = sizes)
        for (int bits = 32; bits <= 64; bits += 32) {
            const dnc_isa isa = isas[i % isa_count];
            CHECK_CONTEXT("%s combination %d, %s f%d", model_name(&config), i, dnc_isa_string(isa), bits);
            if (config.controller != DNC_CONTROLLER_FEED_FORWARD)
                check_what_is_seen(&config, isa, bits);
            if (!config.bidirectional)
                continue;
            check_reversed(&config, isa, bits);
            check_reduction(&config, isa, bits);
            if (config.memory != DNC_MEMORY_HOLOGRAPHIC) // whose keys turn sharply where they are near 0
                check_blank_ends(&config, bits);
            check_steps_are_refused(&config, isa, bits);
        }
    return check_report();
}
