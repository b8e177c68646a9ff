// Trains a small DNC to predict the bytes of a text, prints its loss as it falls, and saves the model for `dnc sample` and others.
//
//    make -C csrc examples && csrc/build/examples/train [FILE [STEPS [CHECKPOINT]]]
//
// With an installed core: c++ -std=c++17 train.cpp $(pkg-config --cflags --libs dnc) -o train
#include "address_space.h"
#include <dnc_checkpoint.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

void check(dnc_status status) {
    if (status != DNC_OK)
        throw std::runtime_error(dnc_status_string(status));
}

// Memory aligned as the core asks.
struct AlignedDelete {
    void operator()(std::byte *bytes) const {
        ::operator delete[](bytes, std::align_val_t{DNC_ALIGNMENT});
    }
};

using Workspace = std::unique_ptr<std::byte[], AlignedDelete>;

Workspace make_workspace(std::size_t bytes) {
    return Workspace(static_cast<std::byte *>(::operator new[](bytes, std::align_val_t{DNC_ALIGNMENT})));
}

// A network that learns by Adagrad: G += g^2;  p -= rate g / (sqrt(G) + 1e-8).
class Trainer {
  public:
    Trainer(const dnc_config &config, const dnc_run &run) : config(config), run(run) {
        std::size_t state_count;
        std::size_t parameter_count;
        check(dnc_parameter_count(&config, &parameter_count));
        check(dnc_state_count(&config, &state_count));
        check(dnc_segment_workspace_f32(&config, &run, &workspace_bytes));
        parameters.resize(parameter_count);
        gradient.resize(parameter_count);
        sum_of_squares.resize(parameter_count);
        state.resize(state_count * static_cast<std::size_t>(run.batch));
        workspace = make_workspace(workspace_bytes);
        check(dnc_initialize_f32(&config, 1, parameters.data()));
        check(dnc_initial_state_f32(&config, run.batch, state.data()));
    }

    // Learns from a segment, symbols in the order (steps, batch). Returns the bits per symbol before.
    double learn(const std::vector<std::int32_t> &inputs, const std::vector<std::int32_t> &targets, float rate) {
        dnc_segment segment{};
        segment.struct_size = sizeof segment;
        segment.inputs = inputs.data();
        segment.targets = targets.data();
        dnc_loss loss{};
        loss.struct_size = sizeof loss;
        check(dnc_forward_f32(&config, &run, parameters.data(), &segment, state.data(), workspace.get(), workspace_bytes,
                              &loss));
        std::fill(gradient.begin(), gradient.end(), 0.0f);
        const float scale = 1.0f / static_cast<float>(loss.count);
        check(dnc_backward_f32(&config, &run, &segment, workspace.get(), workspace_bytes, scale, gradient.data()));
        for (std::size_t i = 0; i < parameters.size(); i++) {
            sum_of_squares[i] += gradient[i] * gradient[i];
            parameters[i] -= rate * gradient[i] / (std::sqrt(sum_of_squares[i]) + 1e-8f);
        }
        learned++;
        return loss.nats / static_cast<double>(loss.count) / std::log(2.0);
    }

    // A file for the command dnc, generate.c and others.
    std::vector<char> checkpoint() const {
        dnc_checkpoint about{};
        about.struct_size = sizeof about;
        about.bits = 32;
        about.symbol_kind = DNC_SYMBOLS_BYTES;
        about.step = learned;
        std::size_t size;
        check(dnc_checkpoint_size(&config, &about, nullptr, &size));
        std::vector<char> bytes(size);
        check(dnc_checkpoint_write_f32(&config, &about, nullptr, parameters.data(), bytes.data(), size));
        return bytes;
    }

  private:
    dnc_config config;
    dnc_run run;
    std::int64_t learned = 0;
    std::vector<float> parameters, gradient, sum_of_squares, state;
    std::size_t workspace_bytes = 0;
    Workspace workspace;
};

std::string read(const char *path) {
    std::ifstream file(path, std::ios::binary);
    if (!file)
        throw std::runtime_error(std::string(path) + " cannot be opened");
    return {std::istreambuf_iterator<char>(file), {}};
}

void save(const std::vector<char> &bytes, const char *path) {
    std::ofstream file(path, std::ios::binary);
    if (!file.write(bytes.data(), static_cast<std::streamsize>(bytes.size())).flush())
        throw std::runtime_error(std::string(path) + " cannot be written");
}

void train(const std::string &text, int step_count, const char *path, bool own_products) {
    if (text.empty())
        throw std::runtime_error("the text is empty");
    dnc_config config;
    check(dnc_config_init_text(&config, 256)); // the bytes
    config.hidden = 48;
    config.memory = DNC_MEMORY_DNC;
    config.slots = config.width = 8;
    config.read_heads = 1;

    // Lanes begin at places spread over the text, and each goes on where it stopped.
    constexpr std::size_t steps = 16, batch = 8;
    dnc_run run = dnc_run_of(steps, batch);
    run.own_products = own_products;
    Trainer trainer(config, run);
    std::vector<std::int32_t> inputs(steps * batch), targets(steps * batch);
    const auto symbol_at = [&](std::size_t lane, std::size_t time) {
        return static_cast<unsigned char>(text[(lane * text.size() / batch + time) % text.size()]);
    };
    for (int step = 0; step <= step_count; step++) {
        for (std::size_t t = 0; t < steps; t++)
            for (std::size_t lane = 0; lane < batch; lane++) {
                const std::size_t time = static_cast<std::size_t>(step) * steps + t;
                inputs[t * batch + lane] = symbol_at(lane, time);
                targets[t * batch + lane] = symbol_at(lane, time + 1);
            }
        const double bits = trainer.learn(inputs, targets, 0.1f);
        if (step % (std::max(step_count, 10) / 10) == 0)
            std::printf("step %4d  %.3f bits per symbol\n", step, bits);
    }
    if (path != nullptr)
        save(trainer.checkpoint(), path);
}

} // namespace

int main(int argc, char **argv) {
    const bool limited = address_space_is_limited(argv) != 0;
    try {
        dnc_use_one_blas_thread();
        const std::string text =
            argc > 1 && *argv[1] != '\0' ? read(argv[1]) : "Peter Piper picked a peck of pickled peppers. ";
        train(text, argc > 2 ? std::stoi(argv[2]) : 200, argc > 3 ? argv[3] : nullptr, limited);
    } catch (const std::exception &error) {
        std::fprintf(stderr, "train: %s\n", error.what());
        return 1;
    }
}
