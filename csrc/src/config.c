/* Configuration, instruction sets, status and version: everything that is not a size or a sum. */
#include "engine.h"

#include "callers_struct.h"

#define TEXT_OF(x) #x
#define VERSION_TEXT(major, minor, patch) TEXT_OF(major) "." TEXT_OF(minor) "." TEXT_OF(patch)

const char *dnc_version(void) {
    return VERSION_TEXT(DNC_VERSION_MAJOR, DNC_VERSION_MINOR, DNC_VERSION_PATCH);
}

const char *dnc_status_string(dnc_status status) {
    switch (status) {
    case DNC_OK: return "success";
    case DNC_ERROR_NULL_POINTER: return "a required pointer is NULL";
    case DNC_ERROR_CONFIG: return "the configuration is invalid: an unknown kind, or a size out of range";
    case DNC_ERROR_SHAPE: return "steps, batch or an index is out of range";
    case DNC_ERROR_TOO_LARGE: return "the sizes multiply to more than this machine can address";
    case DNC_ERROR_WORKSPACE_TOO_SMALL:
        return "the workspace, or the buffer for a file, is smaller than its size query says";
    case DNC_ERROR_MISALIGNED: return "the workspace is not aligned to DNC_ALIGNMENT bytes";
    case DNC_ERROR_SYMBOL_RANGE: return "an input or target symbol is out of range";
    case DNC_ERROR_RUN:
        return "the run is invalid: link_interval must be 0 ... 1048576, own_products and asked_alone 0 or 1";
    case DNC_ERROR_DROPOUT: return "a rate of dropout is not at least 0 and below 1";
    case DNC_ERROR_BIDIRECTIONAL: return "a bidirectional controller runs over whole segments, and takes no single steps";
    case DNC_ERROR_INSTRUCTION_SET: return "the requested instruction set is not available here";
    case DNC_ERROR_NO_FORWARD: return "the workspace does not hold a forward pass of this shape";
    case DNC_ERROR_NOT_FINITE: return "a number that must be finite is infinite or NaN";
    case DNC_ERROR_SAMPLING: return "how to draw is out of range, or the random numbers have no seed";
    case DNC_ERROR_TRUNCATED: return "the file is shorter than it says; it is truncated";
    case DNC_ERROR_FORMAT: return "the file is not in safetensors format, or it is damaged";
    case DNC_ERROR_NO_CHECKPOINT: return "the file is no checkpoint of dnc";
    case DNC_ERROR_SCHEMA: return "the checkpoint is in a version of the format that this library does not read";
    case DNC_ERROR_METADATA:
        return "the checkpoint's configuration, vocabulary or training record makes no sense, or they contradict one "
               "another";
    case DNC_ERROR_TENSORS: return "the checkpoint's tensors are not those of its configuration";
    case DNC_ERROR_DAMAGED: return "the checkpoint's contents are not those of its fingerprints; it is damaged";
    case DNC_ERROR_STRUCT_SIZE:
        return "a struct_size is not the sizeof of its struct, or is that of a later version of this library";
    }
    return "unknown status";
}

const char *dnc_isa_string(dnc_isa isa) {
    switch (isa) {
    case DNC_ISA_AUTO: return "auto";
    case DNC_ISA_BASE: return "base";
    case DNC_ISA_AVX2: return "avx2";
    case DNC_ISA_AVX512: return "avx512";
    }
    return "unknown";
}

const char *dnc_phase_string(dnc_phase phase) {
    switch (phase) {
    case DNC_PHASE_CONTROLLER: return "controller";
    case DNC_PHASE_ACTIVATIONS: return "activations";
    case DNC_PHASE_ADDRESSING: return "addressing";
    case DNC_PHASE_LINKAGE: return "linkage";
    case DNC_PHASE_MEMORY: return "memory";
    case DNC_PHASE_OUTPUT: return "output";
    case DNC_PHASE_GRADIENTS: return "gradients";
    case DNC_PHASE_COUNT: break;
    }
    return "unknown";
}

static bool processor_has(dnc_isa isa) {
#if DNC_X86
    __builtin_cpu_init();
#endif
    switch (isa) {
    case DNC_ISA_BASE: return true;
#if DNC_X86
    case DNC_ISA_AVX2: return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case DNC_ISA_AVX512:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
#endif
    default: return false;
    }
}

dnc_isa dnc_resolve_isa(int32_t wanted) {
    const dnc_isa best_first[] = {DNC_ISA_AVX512, DNC_ISA_AVX2, DNC_ISA_BASE};
    for (size_t i = 0; i < sizeof best_first / sizeof *best_first; i++)
        if ((wanted == DNC_ISA_AUTO || wanted == (int32_t)best_first[i]) && processor_has(best_first[i]))
            return best_first[i];
    return DNC_ISA_AUTO;
}

static bool in_range(int32_t size) {
    return size >= 1 && size <= DNC_MAX_SIZE;
}

_Static_assert(DNC_MAX_SIZE == 1048576 && DNC_MAX_LAYERS == 8 && DNC_MAX_WRITE_HEADS == 8, "as the sentences below say");
#define IN_RANGE(field)                                                                                                     \
    if (!in_range(config->field))                                                                                           \
    return #field " must be 1 ... 1048576"
#define IN_RANGE_OR_0(field)                                                                                                \
    if (config->field != 0 && !in_range(config->field))                                                                     \
    return #field " must be 0 ... 1048576"
#define IN_RANGE_IF(is_used, field, reason)                                                                                 \
    if (is_used)                                                                                                            \
        IN_RANGE(field);                                                                                                    \
    ONLY_IF(is_used, field, reason)
#define ONLY_IF(is_used, field, reason)                                                                                     \
    if (!(is_used) && config->field != 0)                                                                                   \
    return #field " must be 0 " reason

#define WORD_OF_MEMORY(field, last, first_name, or_last_name)                                                               \
    ONLY_IF(config->memory == DNC_MEMORY_DNC, field, "but for the memory of a DNC");                                        \
    if (config->field < 0 || config->field > (int32_t)(last))                                                               \
    return #field " must be " first_name " or " or_last_name
#define SWITCH(is_allowed, field, reason)                                                                                   \
    if (config->field != 0 && config->field != 1)                                                                           \
        return #field " must be 0 or 1";                                                                                    \
    ONLY_IF(is_allowed, field, reason)

static const char *problem_of_programs(const dnc_config *config) {
    const bool has_programs = config->programs != 0;
    IN_RANGE_OR_0(programs);
    IN_RANGE_IF(has_programs, program_width, "without programs, whose keys have so many numbers");
    ONLY_IF(has_programs, program_use, "without programs");
    if (config->program_use < DNC_PROGRAM_USE_INTERFACE || config->program_use > DNC_PROGRAM_USE_OUTPUT_ROWS)
        return "program_use must be DNC_PROGRAM_USE_INTERFACE, _OUTPUT or _OUTPUT_ROWS";
    if (has_programs && config->program_use == DNC_PROGRAM_USE_INTERFACE && config->memory == DNC_MEMORY_NONE)
        return "program_use must not be DNC_PROGRAM_USE_INTERFACE without a memory, which is what has an interface";
    return NULL;
}

/* What is wrong with what one kind of memory has, or is otherwise than in the paper's. */
static const char *problem_of_variant(const dnc_config *config) {
    WORD_OF_MEMORY(addressing, DNC_ADDRESSING_LOCATION, "DNC_ADDRESSING_COSINE, _DOT", "_LOCATION");
    WORD_OF_MEMORY(strengths, DNC_STRENGTHS_NONE, "DNC_STRENGTHS_ONEPLUS, _SOFTPLUS", "_NONE");
    WORD_OF_MEMORY(linkage, DNC_LINKAGE_NONE, "DNC_LINKAGE_TEMPORAL", "_NONE");
    WORD_OF_MEMORY(allocation, DNC_ALLOCATION_NONE, "DNC_ALLOCATION_USAGE", "_NONE");
    WORD_OF_MEMORY(memory_start, DNC_MEMORY_START_DRAWN, "DNC_MEMORY_START_ZEROS", "_DRAWN");
    const bool has_memory = config->memory != DNC_MEMORY_NONE, is_dnc = config->memory == DNC_MEMORY_DNC;
    const bool has_usage = is_dnc && config->allocation == DNC_ALLOCATION_USAGE;
    SWITCH(is_dnc && config->addressing == DNC_ADDRESSING_COSINE, masks,
           "without addressing by cosine, which is what they mask");
    if (!(config->mask_minimum == 0.0f || (config->mask_minimum >= 1e-6f && config->mask_minimum <= 1.0f)))
        return "mask_minimum must be 0, or 1e-6 ... 1";
    if (config->mask_minimum != 0.0f && config->masks == 0)
        return "mask_minimum must be 0 without masks";
    SWITCH(has_usage, deallocation, "without usage, since what is wiped is what the free gates free");
    SWITCH(is_dnc && config->linkage == DNC_LINKAGE_TEMPORAL, sharpness, "without temporal links, which it sharpens");
    SWITCH(is_dnc, read_before_write, "but for the memory of a DNC");
    SWITCH(has_usage, detached_usage, "without usage");
    SWITCH(has_usage, allocation_epsilon, "without usage, by which slots are allocated");
    if (config->allocation == DNC_ALLOCATION_NONE && config->addressing != DNC_ADDRESSING_LOCATION &&
        config->memory_start == DNC_MEMORY_START_ZEROS)
        return "memory_start must be DNC_MEMORY_START_DRAWN with allocation DNC_ALLOCATION_NONE and addressing by content, "
               "which cannot learn to tell apart slots that begin alike";
    SWITCH(has_memory, interface_norm, "without a memory");
    if (!(config->interface_clip == 0.0f || (config->interface_clip >= 1e-3f && config->interface_clip <= 1e6f)))
        return "interface_clip must be 0, or 1e-3 ... 1e6";
    if (config->interface_clip != 0.0f && !has_memory)
        return "interface_clip must be 0 without a memory";
    if (!(config->activation_clip == 0.0f || (config->activation_clip >= 1.0f && config->activation_clip <= 1e6f)))
        return "activation_clip must be 0, or 1 ... 1e6: what is squashed is within +- 1";
    SWITCH(config->memory == DNC_MEMORY_DELTA || config->memory == DNC_MEMORY_HOLOGRAPHIC, decay,
           "but for the memory of DeltaNet or a holographic one");
    SWITCH(config->memory == DNC_MEMORY_DELTA, negative_eigenvalues, "but for the memory of DeltaNet");
    ONLY_IF(is_dnc, write_heads, "but for the memory of a DNC");
    if (config->write_heads < 0 || config->write_heads > DNC_MAX_WRITE_HEADS)
        return "write_heads must be 0 ... 8";
    return problem_of_programs(config);
}

/* What is wrong with a field; NULL if nothing is. */
static const char *problem_of(const dnc_config *config) {
    IN_RANGE_OR_0(input_symbols);
    IN_RANGE_OR_0(input_vector);
    if (config->input_symbols == 0 && config->input_vector == 0)
        return "input_symbols or input_vector must be at least 1: a step reads something";
    IN_RANGE_IF(config->input_symbols != 0, symbols_per_step, "without input_symbols");
    if (config->controller < DNC_CONTROLLER_TANH || config->controller > DNC_CONTROLLER_SQUASHED_LSTM)
        return "controller must be DNC_CONTROLLER_TANH, _LSTM, _FEED_FORWARD, _GRU or _SQUASHED_LSTM";
    IN_RANGE(hidden);
    const bool is_feed_forward = config->controller == DNC_CONTROLLER_FEED_FORWARD;
    if (config->layers < 1 || config->layers > DNC_MAX_LAYERS)
        return "layers must be 1 ... 8";
    if (config->activation != DNC_ACTIVATION_TANH && config->activation != DNC_ACTIVATION_RELU)
        return "activation must be DNC_ACTIVATION_TANH or DNC_ACTIVATION_RELU";
    ONLY_IF(is_feed_forward, activation, "but for a feed-forward controller");
    SWITCH(config->controller == DNC_CONTROLLER_LSTM, gate_norm, "but for an LSTM, whose gates and cell it normalises");
    SWITCH(!is_feed_forward, bidirectional, "with a feed-forward controller, which takes nothing from step to step");
#ifdef DNC_INFERENCE_ONLY
    ONLY_IF(false, bidirectional, "in a library for inference alone, which takes single steps");
#endif
    if (config->memory < DNC_MEMORY_NONE || config->memory > DNC_MEMORY_HOLOGRAPHIC)
        return "memory must be DNC_MEMORY_NONE, _DNC, _DELTA or _HOLOGRAPHIC";
    const bool has_memory = config->memory != DNC_MEMORY_NONE;
    IN_RANGE_IF(has_memory, slots, "without a memory");
    IN_RANGE_IF(has_memory, width, "without a memory");
    if (config->memory == DNC_MEMORY_HOLOGRAPHIC && (config->width > 8 || (config->width & (config->width - 1)) != 0))
        return "width must be 1, 2, 4 or 8 of a holographic memory: there is no other product by which conj(k)(k v) is v";
    IN_RANGE_IF(has_memory, read_heads, "without a memory");
    if (is_feed_forward && !has_memory)
        return "memory must not be DNC_MEMORY_NONE with a feed-forward controller, which remembers nothing";
    if (config->output < DNC_OUTPUT_SYMBOLS || config->output > DNC_OUTPUT_REALS)
        return "output must be DNC_OUTPUT_SYMBOLS, DNC_OUTPUT_BITS or DNC_OUTPUT_REALS";
    IN_RANGE(output_size);
    IN_RANGE(output_groups);
    if (config->output != DNC_OUTPUT_SYMBOLS && config->output_groups != 1)
        return "output_groups must be 1, since only softmaxes can be several";
    return problem_of_variant(config);
}

dnc_status dnc_config_take(const dnc_config *config, dnc_config *own) {
    const dnc_status status = dnc_struct_take(own, config, DNC_LEAST_CONFIG, sizeof *own);
    return status == DNC_OK && problem_of(own) != NULL ? DNC_ERROR_CONFIG : status;
}

dnc_status dnc_run_take(const dnc_run *run, dnc_run *own) {
    const dnc_status status = dnc_struct_take(own, run, DNC_LEAST_RUN, sizeof *own);
    if (status != DNC_OK)
        return status;
    if (!in_range(own->steps) || !in_range(own->batch))
        return DNC_ERROR_SHAPE;
    if ((own->link_interval != 0 && !in_range(own->link_interval)) || (own->own_products != 0 && own->own_products != 1) ||
        (own->asked_alone != 0 && own->asked_alone != 1))
        return DNC_ERROR_RUN;
    return dnc_resolve_isa(own->isa) == DNC_ISA_AUTO ? DNC_ERROR_INSTRUCTION_SET : DNC_OK;
}

const char *dnc_config_problem(const dnc_config *config) {
    dnc_config own;
    dnc_status status = dnc_struct_take(&own, config, DNC_LEAST_CONFIG, sizeof own);
    const char *problem = status == DNC_OK ? problem_of(&own) : dnc_status_string(status);
    if (problem == NULL && (status = dnc_config_validate(config)) != DNC_OK)
        problem = dnc_status_string(status);
    return problem;
}

dnc_status dnc_config_validate(const dnc_config *config) {
    const dnc_run run = dnc_run_of(1, 1);
    dnc_plan plan;
    return dnc_plan_make(config, &run, DNC_PURPOSE_SEGMENT, &plan);
}

dnc_status dnc_run_isa(const dnc_run *run, dnc_isa *isa) {
    dnc_run own;
    if (run == NULL || isa == NULL)
        return DNC_ERROR_NULL_POINTER;
    const dnc_status status = dnc_run_take(run, &own);
    if (status == DNC_OK)
        *isa = dnc_resolve_isa(own.isa);
    return status;
}

#if !defined(DNC_NO_BLAS) && (!defined(DNC_CBLAS) || defined(__ELF__))
#ifdef DNC_CBLAS
#define OF_OPENBLAS __attribute__((weak)) /* what the program finds as its CBLAS when it starts may be OpenBLAS */
#else
#define OF_OPENBLAS
#endif
OF_OPENBLAS int openblas_get_num_threads(void);
OF_OPENBLAS void openblas_set_num_threads(int count);
#else
#define openblas_get_num_threads (int (*)(void)) NULL
#define openblas_set_num_threads (void (*)(int)) NULL
#endif

int dnc_use_one_blas_thread(void) {
    int (*const get_num_threads)(void) = openblas_get_num_threads;
    void (*const set_num_threads)(int) = openblas_set_num_threads;
    if (get_num_threads == NULL || set_num_threads == NULL)
        return 1;
    const int before = get_num_threads();
    set_num_threads(1);
    return before;
}
