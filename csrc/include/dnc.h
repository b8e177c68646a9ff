/* dnc.h - the C core of the Differentiable Neural Computer, and its manual.
 *
 * Trains and runs recurrent networks over sequences: a tanh RNN, an LSTM, the Differentiable Neural Computer of Graves et
 * al., "Hybrid computing using a neural network with dynamic external memory", Nature 538 (2016), and networks with the
 * memory of DeltaNet or a holographic one. A model is told in parts: what a step reads, the controller, the memory, and what
 * a step answers. C11; may be included from C++.
 *
 * RULES
 *  - The caller owns every buffer. The core allocates nothing, prints nothing, never exits, keeps no global variable and
 *    keeps no pointer after a call has returned. Ask for a size, allocate it, pass it.
 *  - Every function that can fail returns a dnc_status; DNC_OK is 0. On failure no output buffer has been written, unless
 *    the function says otherwise.
 *  - A struct that begins with struct_size may get more fields at its end. Whoever passes one, also to have it filled, sets
 *    struct_size to its sizeof before: dnc_loss loss = {.struct_size = sizeof loss}. Fields that a program does not know yet
 *    count as 0, and are not written. No such struct is part of another.
 *  - A call takes less than 48 kB of its thread's stack, compiled with or without optimisation. Up to 32 of them are
 *    OpenBLAS's, whose product of doubles takes that on processors with AVX2 alone.
 *  - Threads: calls may run at the same time when their state, workspace, logits and gradient buffers are distinct;
 *    parameters and inputs may be shared. Call dnc_use_one_blas_thread() first in every thread that calls the core.
 *  - Same binary, same instruction set, same arguments: same bits, on the same kind of processor, by which OpenBLAS chooses
 *    its kernels.
 *  - The caller's floating-point environment is of no effect, and left as it was: rounding, denormals, exceptions that are
 *    not masked. Exception flags tell nothing of a call; that numbers have become infinite or NaN, the loss does.
 *  - Functions come in two precisions, _f32 (float) and _f64 (double), from one source.
 *  - The core may be compiled with DNC_NO_BLAS, to compute all products itself; with DNC_CBLAS, to have them from any
 *    library that has the C interface to BLAS and 32-bit integers; and with DNC_INFERENCE_ONLY, to leave out what only
 *    training and double precision need: dnc_segment_workspace, dnc_forward, dnc_backward and dnc_record in either
 *    precision, dnc_initial_state, dnc_step_workspace and dnc_step in _f64, dnc_checkpoint_size and dnc_checkpoint_write;
 *    and models that are bidirectional.
 *
 * dnc_model.h, which is included here, says what a model is: SYMBOLS, THE MODEL and its VARIANTS; dnc_data.h, likewise, what
 * calls take and give besides.
 *
 * TRAINING STEP, in outline
 *    dnc_config c;  dnc_config_init_text(&c, 65);  c.hidden = 128;  c.memory = DNC_MEMORY_DNC;  c.slots = 16; ...
 *    dnc_run run = dnc_run_of(steps, batch);
 *    dnc_parameter_count(&c, &n);  dnc_initialize_f32(&c, seed, parameters);
 *    dnc_state_count(&c, &s);      float state[batch * s];  dnc_initial_state_f32(&c, batch, state);
 *    dnc_segment_workspace_f32(&c, &run, &bytes);   void *workspace = aligned_alloc(DNC_ALIGNMENT, bytes);
 *    dnc_forward_f32(&c, &run, parameters, &segment, state, workspace, bytes, &loss);
 *    dnc_backward_f32(&c, &run, &segment, workspace, bytes, 1.0f / loss.count, gradient);   segment, loss: with struct_size
 *    ... update the parameters; the state is ready for the next segment.
 */
#ifndef DNC_H
#define DNC_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "dnc_data.h"
#include "dnc_model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Linking ---------------------------------------------------------------------------------------------------- */

/* Before every function. A program need define nothing. Who builds a shared library defines DNC_EXPORT, so that these are
 * exported, and nothing else. A core that is linked statically shows them to the program or plugin that it is part of and,
 * when it is compiled with -fvisibility=hidden, to nobody beyond. DNC_IMPORT saves users of a DLL a jump at every call. */
#ifndef DNC_API
#if defined(_WIN32) || defined(__CYGWIN__)
#if defined(DNC_EXPORT)
#define DNC_API __declspec(dllexport)
#elif defined(DNC_IMPORT)
#define DNC_API __declspec(dllimport)
#else
#define DNC_API
#endif
#elif defined(DNC_EXPORT)
#define DNC_API __attribute__((visibility("default")))
#else
#define DNC_API
#endif
#endif

/* ---- Version ---------------------------------------------------------------------------------------------------- */

#define DNC_VERSION_MAJOR 0
#define DNC_VERSION_MINOR 1
#define DNC_VERSION_PATCH 0

/* Of the binary interface, in the shared library's name, libdnc.so.2. Another number where programs must be compiled
 * anew. */
#define DNC_ABI_VERSION 2

/* "major.minor.patch" of the library that is linked, as against the header that was compiled. */
DNC_API const char *dnc_version(void);

/* ---- Status ----------------------------------------------------------------------------------------------------- */

typedef enum dnc_status {
    DNC_OK = 0,
    DNC_ERROR_NULL_POINTER,        /* a pointer that must not be NULL is NULL */
    DNC_ERROR_CONFIG,              /* an unknown kind, or a size out of range; dnc_config_problem says which */
    DNC_ERROR_SHAPE,               /* steps, batch or an index is out of range */
    DNC_ERROR_TOO_LARGE,           /* a size in elements or bytes does not fit the address space or a BLAS integer */
    DNC_ERROR_WORKSPACE_TOO_SMALL, /* or a file's buffer: fewer bytes than the size query gives */
    DNC_ERROR_MISALIGNED,          /* the workspace is not aligned to DNC_ALIGNMENT */
    DNC_ERROR_SYMBOL_RANGE,        /* an input or a target is no symbol, or one of begins neither 0 nor 1 */
    DNC_ERROR_INSTRUCTION_SET,     /* the forced instruction set is not in this processor or this build */
    DNC_ERROR_NO_FORWARD,          /* backward on a workspace that does not hold the forward pass of this segment shape */
    DNC_ERROR_NOT_FINITE,          /* a number that must be finite is infinite or NaN */
    DNC_ERROR_SAMPLING,            /* how to draw is out of range, or the random numbers have no seed */
    /* Of dnc_checkpoint.h: */
    DNC_ERROR_TRUNCATED,     /* the file is shorter than it says */
    DNC_ERROR_FORMAT,        /* it is not in safetensors format, or breaks the rules of that */
    DNC_ERROR_NO_CHECKPOINT, /* it is, but lacks what makes it a checkpoint */
    DNC_ERROR_SCHEMA,        /* a version of the format that this library does not read */
    DNC_ERROR_METADATA,      /* configuration, vocabulary or training record make no sense, or contradict one another */
    DNC_ERROR_TENSORS,       /* the tensors are not those of the configuration */
    DNC_ERROR_DAMAGED,       /* the contents are not those of the fingerprints */
    /* Of both: */
    DNC_ERROR_STRUCT_SIZE, /* a struct_size is not sizeof the struct, or that of a later version of the library */
    DNC_ERROR_RUN,         /* link_interval, own_products or asked_alone of a run is out of range */
    DNC_ERROR_DROPOUT,     /* a rate of dropout is not at least 0 and below 1 */
    /* Of dnc_step and dnc_step_workspace: */
    DNC_ERROR_BIDIRECTIONAL /* the controller is, and takes no single steps */
} dnc_status;

/* A sentence for people, in static storage; never NULL. */
DNC_API const char *dnc_status_string(dnc_status status);

/* ---- The model: what it is ---------------------------------------------------------------------------------------- */

/* Sets struct_size, and what has a usual value: LSTM controller, one layer, no memory, a softmax. All sizes are 0, to be
 * filled in. Compiled with the caller, whose dnc_config it is. */
static inline dnc_status dnc_config_init(dnc_config *config) {
    if (config == NULL)
        return DNC_ERROR_NULL_POINTER;
    memset(config, 0, sizeof *config);
    config->struct_size = sizeof(dnc_config);
    config->controller = DNC_CONTROLLER_LSTM;
    config->layers = 1;
    config->output = DNC_OUTPUT_SYMBOLS;
    config->output_groups = 1;
    return DNC_OK;
}

/* The same, to read and predict `symbols` symbols, one a step, as a model of text does. */
static inline dnc_status dnc_config_init_text(dnc_config *config, int32_t symbols) {
    const dnc_status status = dnc_config_init(config);
    if (status == DNC_OK) {
        config->input_symbols = config->output_size = symbols;
        config->symbols_per_step = 1;
    }
    return status;
}

/* DNC_OK when every other function will accept this configuration. */
DNC_API dnc_status dnc_config_validate(const dnc_config *config);

/* A sentence, in static storage, about the field because of which it is refused, such as "hidden must be 1 ... 1048576";
 * NULL if it is not. */
DNC_API const char *dnc_config_problem(const dnc_config *config);

/* ---- The run: how it is computed ---------------------------------------------------------------------------------- */

/* A segment, or steps, of so many steps and lanes; all else is 0. */
static inline dnc_run dnc_run_of(int32_t steps, int32_t batch) {
    dnc_run run;
    memset(&run, 0, sizeof run);
    run.struct_size = sizeof(dnc_run);
    run.steps = steps;
    run.batch = batch;
    return run;
}

/* The instruction set that calls with this run take; resolves DNC_ISA_AUTO. */
DNC_API dnc_status dnc_run_isa(const dnc_run *run, dnc_isa *isa);

/* "base", "avx2", "avx512", "auto"; "unknown" for any other value. Never NULL. */
DNC_API const char *dnc_isa_string(dnc_isa isa);

/* ---- Parameters: one flat vector --------------------------------------------------------------------------------- *
 * Tensors follow one another without gaps, in this order. Gates are stacked i, f, g, o; of a GRU r, z, n.
 *    of each layer l = 0 ... L - 1; of a feed-forward controller the first has weight_ih and bias, the others weight and
 *    bias:
 *    controller.l.weight_ih    (G, V + D + R W)   columns: one per symbol, those of the vector, then the read vectors' R W;
 *                                             holographic R W N
 *    controller.l.weight_hh    (G, H)
 *    controller.l.weight_below (G, H)       but for the first
 *    controller.l.weight       (H, H)       of a feed-forward controller
 *    controller.l.bias         (G)
 *    controller.l.bias_hh      (H)          c of a GRU
 *    controller.l.norm_scale   (G)          with gate_norm, as are the next two
 *    controller.l.cell_scale   (H)
 *    controller.l.cell_shift   (H)
 *    controller.backward.weight_ih (G, V + D), .weight_hh, .bias, .bias_hh, .norm_scale, .cell_scale, .cell_shift: with
 *                              bidirectional, of the backward layer, where a layer before it has them
 *    interface.weight          (I, O)       with a memory only, as are the other two of the interface and the reads
 *    interface.bias            (I)
 *    interface.norm_scale      (I)          with interface_norm, as is the next
 *    interface.norm_shift      (I)
 *    output.weight             (Y, O)       Y: output_groups * output_size
 *    output.bias               (Y)
 *    output.weight_read        (Y, R W)     holographic (Y, R W N)
 *    program.keys              (Pg, F)      with programs, as are the next two
 *    program.weight            (U (F + 1), O)
 *    program.bias              (U (F + 1))
 * Programs of the interface have Pg I rows in interface.weight and .bias, program after program; those of the output Pg Y in
 * output.weight, .bias and .weight_read; and of those of the output's rows output.weight and .weight_read have Pg, and are
 * the table I.
 */
DNC_API dnc_status dnc_parameter_count(const dnc_config *config, size_t *count);
DNC_API dnc_status dnc_parameter_tensor_count(const dnc_config *config, size_t *count);
DNC_API dnc_status dnc_parameter_tensor(const dnc_config *config, size_t index, dnc_tensor *tensor);

/* Initial parameters, a function of (seed, position) alone: every weight matrix uniform in +-1/sqrt(H), biases 0 but for the
 * forget gate's, which is 1, and those of decays - with interface_norm their norm_shift - which are DNC_INITIAL_DECAY. Keys
 * and weights of programs are drawn like others, so that no two programs are alike; such would stay so. What a backward
 * layer with gate_norm adds to its gates is drawn like weights, too: from zeros on, steps at which nothing is read would
 * give a norm nothing but zeros, whose slope is 1 / sqrt(eps) at each of them. float values are the double ones, rounded. */
DNC_API dnc_status dnc_initialize_f32(const dnc_config *config, uint64_t seed, float *parameters);
DNC_API dnc_status dnc_initialize_f64(const dnc_config *config, uint64_t seed, double *parameters);

/* ---- Recurrent state: one flat vector, lane after lane ----------------------------------------------------------- *
 * A lane's state has `count` elements; B lanes have B * count, the lane's index varying slowest. It is plain numbers: copy
 * it, save it, cut it between lanes. The initial state is all zeros, but for a memory with a memory_start. Tensors of a
 * lane, in this order:
 *    hidden (H; of several layers (L, H), without the backward one; not feed-forward), cell (likewise; LSTM of either kind),
 *    and with a memory:
 *    read_vectors (R, W), memory (N, W), usage (N), precedence (N), link (N, N), write_weighting (N), read_weightings
 *    (R, N); of several write heads precedence and write_weighting are (P, N), and link (P N, N): L of the first head, then
 *    of the second, ...;
 *    with delta read_vectors (R, W), and memory (R N, W): S of the first head, then of the second, ...;
 *    holographic read_vectors (R W, N) and memory (R W, N)
 */
DNC_API dnc_status dnc_state_count(const dnc_config *config, size_t *count);
DNC_API dnc_status dnc_state_tensor_count(const dnc_config *config, size_t *count);
DNC_API dnc_status dnc_state_tensor(const dnc_config *config, size_t index, dnc_tensor *tensor);

/* Fills the initial state of so many lanes, which is what to begin with, whatever the model. */
DNC_API dnc_status dnc_initial_state_f32(const dnc_config *config, int32_t lanes, float *state);
DNC_API dnc_status dnc_initial_state_f64(const dnc_config *config, int32_t lanes, double *state);

/* ---- Training: one segment of T steps and B lanes ----------------------------------------------------------------- */

/* Bytes; of every workspace, whose size is a multiple of it. aligned_alloc gives such memory where there is that: Windows
 * has _aligned_malloc instead, macOS before 10.15 and Android before 9 posix_memalign. Anywhere, memory that is
 * DNC_ALIGNMENT - 1 bytes larger has an aligned address near its beginning, as in examples/writer.h. */
#define DNC_ALIGNMENT 64

/* "controller", "activations", ...; "unknown" for any other value. Never NULL. */
DNC_API const char *dnc_phase_string(dnc_phase phase);

/* Bytes of workspace for forward and backward over a segment of this shape. With n' for n rounded up to a multiple of 16 it
 * is
 *    T B (N W' + (9 + 5 R) N' + (R + 3) W' + (5R + 3)' + I' + (O + R W)' + (O + R W + D)' + Y' + L (2 H' + G'))
 *      + (ceil(T / k) + max(2, k)) B N N'
 * elements for the record - without link_interval, k = 1, the links' history T B N N' is what costs; with k near sqrt(T) it
 * is least; with delta the first four terms are R N W' + 2 R N' + 2 R W' + (2 R)', holographic 4 R W N' + (2 R)' with R W N
 * for each other R W, and there are no links; of P > 1 write heads those four are
 * N W' + (7 P + 3 + (2 P + 3) R) N' + (R + 3 P) W' + ((2 P + 3) R + 3 P)', and there are P times the links -, of several
 * recurrent layers with T B L (2 H + R W + D)' more, with gate_norm 2 T B L (G' + H' + 16), with activation_clip T B Y';
 * with bidirectional L is one more, and of one layer T B 2 (H + R W + D)'; with programs
 * T B (U (3 Pg' + 2 F' + 2) + (U (F + 1))' + Pg'), and of interface or output (Pg I)' or Pg Y' in place of the last Pg'; and
 * besides some that do not grow with T: the weights twice over, and gradients at one state of every lane. One that suffices
 * for T steps and B lanes does for fewer of either. */
DNC_API dnc_status dnc_segment_workspace_f32(const dnc_config *config, const dnc_run *run, size_t *bytes);
DNC_API dnc_status dnc_segment_workspace_f64(const dnc_config *config, const dnc_run *run, size_t *bytes);

/* Runs the segment from `state` (B lanes; replaced by the state after the last step) and fills the workspace with all that
 * backward needs. */
DNC_API dnc_status dnc_forward_f32(const dnc_config *config, const dnc_run *run, const float *parameters,
                                   const dnc_segment *segment, float *state, void *workspace, size_t workspace_bytes,
                                   dnc_loss *loss);
DNC_API dnc_status dnc_forward_f64(const dnc_config *config, const dnc_run *run, const double *parameters,
                                   const dnc_segment *segment, double *state, void *workspace, size_t workspace_bytes,
                                   dnc_loss *loss);

/* Adds scale * d loss / d parameters to `gradient` (one flat vector, as the parameters). Follows a forward call with the
 * same configuration, run, segment and workspace, once: it consumes the workspace, which holds the parameters of that call
 * too. The state before the segment counts as constant (truncated backpropagation through time). */
DNC_API dnc_status dnc_backward_f32(const dnc_config *config, const dnc_run *run, const dnc_segment *segment,
                                    void *workspace, size_t workspace_bytes, float scale, float *gradient);
DNC_API dnc_status dnc_backward_f64(const dnc_config *config, const dnc_run *run, const dnc_segment *segment,
                                    void *workspace, size_t workspace_bytes, double scale, double *gradient);

/* What the forward pass recorded, to look at until backward. A tensor's shape begins with (T, B), or (T + 1, B) where entry
 * 0 is the state before the segment; its offset is 0. There are
 *    logits (Y; with several softmaxes (output_groups, output_size)), or outputs, of real numbers (see asked_alone); of a feed-forward
 *    controller hidden (H), after the step alone, (T, B), and layers (L - 1, H), what those below give, as it is read; with
 *    a memory the squashed interface in its parts: read_keys (R, W), read_strengths (R), write_key (W), write_strength,
 *    erase_vector (W), write_vector (W), free_gates (R), allocation_gate, write_gate, read_modes (R, 3);
 *    write_content_weighting (N), allocation_weighting (N), read_content_weightings, forward_weightings and
 *    backward_weightings (R, N); of several write heads all that is for writing has P rows, or is P numbers, read_modes are
 *    (R, 2 P + 1), those two are (P R, N), along the links of the first head, then of the second, ..., and raised_usages
 *    (P - 1, N) what the usage is for the heads after the first;
 *    with programs program_weightings (Pg), or with several queries (U, Pg);
 *    with delta keys and queries (R, N), both as they are used, values (R, W), strengths and decays (R), and errors (R, W),
 *    what the values are beyond what was at the keys: v - alpha S_{t-1}^T k;
 *    holographic keys and queries, both as they are used, and values (R W, N), strengths and decays (R);
 *    and every tensor of the state, by its name there; but link only where all are kept (see link_interval), and with
 *    bidirectional hidden (L + 1, H), the last of it hb_t, in entry 0 zeros. What is before a step at which a lane begins
 *    anew is its state after the step before. */
DNC_API dnc_status dnc_record_tensor_count(const dnc_config *config, const dnc_run *run, size_t *count);
DNC_API dnc_status dnc_record_tensor(const dnc_config *config, const dnc_run *run, size_t index, dnc_tensor *tensor);

/* Copies the elements of one to `values`, row-major. The workspace is one that forward has filled with this shape. */
DNC_API dnc_status dnc_record_f32(const dnc_config *config, const dnc_run *run, const void *workspace,
                                  size_t workspace_bytes, size_t index, float *values);
DNC_API dnc_status dnc_record_f64(const dnc_config *config, const dnc_run *run, const void *workspace,
                                  size_t workspace_bytes, size_t index, double *values);

/* ---- Inference: one step ------------------------------------------------------------------------------------------ */

/* Bytes of workspace for dnc_step over B lanes. Neither is for a bidirectional controller: DNC_ERROR_BIDIRECTIONAL. */
DNC_API dnc_status dnc_step_workspace_f32(const dnc_config *config, const dnc_run *run, size_t *bytes);
DNC_API dnc_status dnc_step_workspace_f64(const dnc_config *config, const dnc_run *run, size_t *bytes);

/* Feeds one step to every lane: advances `state` and writes the outputs (B, output_groups, output_size): logits, or numbers.
 * Of the segment, inputs, input_vectors and begins count, each of one step; nothing is dropped. A forward pass that the
 * workspace held is gone then. */
DNC_API dnc_status dnc_step_f32(const dnc_config *config, const dnc_run *run, const float *parameters,
                                const dnc_segment *segment, float *state, void *workspace, size_t workspace_bytes,
                                float *outputs);
DNC_API dnc_status dnc_step_f64(const dnc_config *config, const dnc_run *run, const double *parameters,
                                const dnc_segment *segment, double *state, void *workspace, size_t workspace_bytes,
                                double *outputs);

/* ---- Sampling ----------------------------------------------------------------------------------------------------- */

DNC_API dnc_status dnc_random_seed(dnc_random *random, uint64_t seed);

/* The next 64 random bits; or as a number, uniform in 0 ..< 1, the upper 53 of them. */
DNC_API dnc_status dnc_random_next(dnc_random *random, uint64_t *bits);
DNC_API dnc_status dnc_random_uniform(dnc_random *random, double *number);

/* Draws a symbol with the probabilities softmax(logits / temperature): below 1 more cautious, above 1 more daring, at 0 the
 * likeliest symbol. Only the top_k likeliest, of equal ones the first, are drawn from; 0 means all. A symbol whose logit is
 * minus infinity is never drawn; all others must be finite, and there must be one. Takes one random number.
 * `candidates` (V) is scratch, in which what was drawn from stays: every symbol in order, or the likeliest, first to
 * last. */
DNC_API dnc_status dnc_draw_f32(const float *logits, int32_t symbols, double temperature, int32_t top_k, dnc_random *random,
                                dnc_candidate *candidates, int32_t *symbol);
DNC_API dnc_status dnc_draw_f64(const double *logits, int32_t symbols, double temperature, int32_t top_k, dnc_random *random,
                                dnc_candidate *candidates, int32_t *symbol);

/* Leaves dnc_draw fewer symbols. First the logits of recent symbols are divided by the repetition penalty where they are
 * positive, and multiplied by it where they are not (Keskar et al. 2019, arXiv 1909.05858). Then, by softmax(logits /
 * temperature): of the likeliest symbols as few as have top_p together, of equal ones the first (Holtzman et al. 2019, arXiv
 * 1904.09751), and of these those that are at least min_p times as likely as the likeliest (arXiv 2407.01082) remain; the logits
 * of all others become minus infinity. One remains at least. `candidates` (V) is scratch. */
DNC_API dnc_status dnc_narrow_f32(float *logits, int32_t symbols, const dnc_narrowing *how, dnc_candidate *candidates);
DNC_API dnc_status dnc_narrow_f64(double *logits, int32_t symbols, const dnc_narrowing *how, dnc_candidate *candidates);

/* ---- The process' BLAS --------------------------------------------------------------------------------------------- */

/* Tells the linked OpenBLAS to use one thread, and returns how many it used before. More than one is slower at these sizes
 * and changes bits; parallel work is the caller's: lanes are independent, so give each thread some.
 *  - Built with threads of its own, OpenBLAS counts them for the whole process; built with OpenMP, for each thread that
 *    calls it, and a new thread begins with all processors. So call this in every thread that calls the core, before it
 *    does; again costs next to nothing.
 *  - Where OpenBLAS serves you, too, give it back what the first of these calls returned, by openblas_set_num_threads() in
 *    the same thread, when the core has done its work.
 *  - A core that was compiled with DNC_NO_BLAS does not need it: this does nothing then, and returns 1. With DNC_CBLAS it
 *    finds OpenBLAS alone, and that not on Windows and macOS: other libraries are to be given one thread by their own means.
 *  - An OpenBLAS that does not know its processor, since that is younger, takes kernels of the oldest (openblas_get_corename()
 *    is Prescott): set own_products, which are several times faster, or OPENBLAS_CORETYPE in the environment.
 *  - An OpenBLAS that is built for one thread (openblas_get_parallel() is 0) may be called by one at a time alone, or its
 *    numbers are wrong, unless it was built with USE_LOCKING: where several threads call the core, set own_products.
 *
 * OpenBLAS reserves address space: on x86-64 128 MB for every thread that calls it at the same time, and as it is loaded as
 * much for every thread that it starts, one for each processor. Where the system refuses that - by RLIMIT_AS or RLIMIT_DATA,
 * which ulimit -v and -d set, or by overcommit_memory 2 - most of its versions ask again for ever. Under such a limit set
 * own_products, so that the core calls it no more, and start the process with OPENBLAS_NUM_THREADS=1 in its environment
 * (OMP_NUM_THREADS=1 where OpenBLAS is built with OpenMP), so that it starts no threads; examples/address_space.h does
 * both. */
DNC_API int dnc_use_one_blas_thread(void);

#ifdef __cplusplus
}
#endif

#endif /* DNC_H */
