// What the tests share: random numbers, and a network of either precision with every buffer it needs.
#ifndef HARNESS_H
#define HARNESS_H

#include "dnc.h"

#include <stdbool.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

// Ends the program when a step that a test builds on fails.
void require(int holds, const char *what);

// How often a test repeats something: `full` with DNC_FULL_TESTS=1 in the environment; `fewest` with DNC_SHORT_TESTS=1, for
// tools under which every instruction is slow.
int repetitions(int fewest, int usual, int full);

// Random numbers; any value of *source is a good seed.
uint64_t random_bits(uint64_t *source);
double random_uniform(uint64_t *source, double low, double high);
int32_t random_below(uint64_t *source, int32_t bound);

// Numbers of `bits` 32 (float) or 64 (double).
double number(int bits, const void *numbers, size_t index);
void set_number(int bits, void *numbers, size_t index, double value);
void *numbers_create(int bits, size_t count); // zeros
double *numbers_widen(int bits, const void *numbers, size_t count);
double largest_difference(int bits, const void *a, const void *b, size_t count);

void make_little_endian(int bits, void *numbers, size_t count); // as they lie in files

// The larger error, infinite if either is a NaN.
double worse(double error, double other);

// A workspace of exactly `bytes`, full of NaNs, with a guard behind it that workspace_destroy inspects.
void *workspace_create(size_t bytes);
void workspace_destroy(void *workspace, size_t bytes);

// Models of text: one symbol in, the next one out.
typedef enum model {
    MODEL_RNN = 1,
    MODEL_LSTM = 2,
    MODEL_DNC = 3,
    MODEL_DELTA = 4,
    MODEL_HOLOGRAPHIC = 5,
    MODELS_END
} model;

// A valid configuration; the memory's sizes are ignored unless the model has one. That of DeltaNet has decay and negative eigenvalues;
// a holographic one has decay, and numbers of the most components that W is enough for.
dnc_config configure(model kind, int32_t V, int32_t H, int32_t N, int32_t W, int32_t R);
const char *model_name(const dnc_config *config);

// Every combination of input, controller and output, with a memory and, where that makes sense, without: the index-th, false
// behind the last. Fills all but hidden and the memory's sizes, which are taken as they are.
bool combination(int index, dnc_config *config);
int combination_count(void);

// First memories of DeltaNet in every variant, and holographic ones; then a DNC with some of what others do otherwise: with each
// alone, and with several at random.
enum { delta_variants = 7, holographic_variants = 10, head_variants = delta_variants + holographic_variants };
enum { single_variants = 29, variant_count = head_variants + single_variants + 40 };
dnc_config variant(int index);
const char *variant_name(int index);

bool takes_steps(const dnc_config *config); // whether dnc_step runs such a model: not a bidirectional one

// The instruction sets that can be forced here; returns how many.
int available_isas(dnc_isa isas[3]);

size_t tensor_count(const dnc_tensor *tensor, int first_dimension); // product of the dimensions from there on
dnc_tensor parameter_tensor(const dnc_config *config, const char *name);
dnc_tensor state_tensor(const dnc_config *config, const char *name);
dnc_tensor record_tensor(const dnc_config *config, const dnc_run *run, const char *name);

typedef struct network {
    dnc_config config;
    dnc_run run;
    int bits;
    size_t parameter_count, state_count; // state_count: of one lane
    void *parameters, *state;            // of `run.batch` lanes, in the initial state
    int32_t *inputs, *targets;           // what `segment` points to
    float *input_vectors, *target_vectors, *weights;
    uint8_t *begins;
    dnc_dropout *dropout;
    dnc_segment segment;
    void *workspace; // for `run`
    size_t workspace_bytes;
} network;

network network_create(const dnc_config *config, int bits, int32_t steps, int32_t batch);
void network_set_run(network *net, const dnc_run *run); // with a workspace for it
void network_destroy(network *net);

size_t bytes_of(const network *net, size_t count); // of `count` numbers
size_t state_bytes(const network *net);            // of all lanes

// Random parameters: weights within +-scale / sqrt(H), biases within +-scale.
void network_draw_parameters(network *net, uint64_t *source, double scale);

// The numbers of that part of the interface vector become the squashed `bias`, whatever the controller says.
void pin(network *net, const char *part, double bias);

// Random inputs and targets, a fifth of these DNC_NO_TARGET; where the segment has weights, some of them 0; where it has begins,
// a lane in four of them. Those are there but not pointed to at first, as is dropout with rates above 0. Where it has begins, or reads several symbols, a fifth of the
// symbols is DNC_NO_SYMBOL.
void network_draw_segment(network *net, uint64_t *source);

// Runs `count` random segments, so that the state is no longer the initial one.
void network_warm_up(network *net, uint64_t *source, int count);

// The core's calls in the network's precision.
dnc_status call_initial_state(int bits, const dnc_config *config, int32_t lanes, void *state);
dnc_status call_forward(int bits, const dnc_config *config, const dnc_run *run, const void *parameters,
                        const dnc_segment *segment, void *state, void *workspace, size_t workspace_bytes, dnc_loss *loss);
dnc_status call_backward(int bits, const dnc_config *config, const dnc_run *run, const dnc_segment *segment, void *workspace,
                         size_t workspace_bytes, double scale, void *gradient);
dnc_status call_step(int bits, const dnc_config *config, const dnc_run *run, const void *parameters,
                     const dnc_segment *segment, void *state, void *workspace, size_t workspace_bytes, void *outputs);
dnc_status call_segment_workspace(int bits, const dnc_config *config, const dnc_run *run, size_t *bytes);
dnc_status call_step_workspace(int bits, const dnc_config *config, const dnc_run *run, size_t *bytes);

dnc_status call_record(int bits, const dnc_config *config, const dnc_run *run, const void *workspace, size_t workspace_bytes,
                       size_t index, void *values);

// The same over a whole network, required to succeed. The step feeds the segment's first symbols, in its workspace.
dnc_loss network_forward(network *net);
void network_backward(network *net, double scale, void *gradient);
void network_step(network *net, void *outputs);

// The recorded tensor of that name, described in *tensor; to be freed.
void *network_record(const network *net, const char *name, dnc_tensor *tensor);

#endif
