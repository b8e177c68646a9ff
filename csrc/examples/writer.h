/* A model in the middle of a text, as generate.c and the page in web/ have it, and a program of yours may begin with. It reads a
 * symbol at a time and predicts the next one.
 *
 * Memory is the C library's. Functions that can fail return a dnc_status. */
#ifndef DNC_EXAMPLES_WRITER_H
#define DNC_EXAMPLES_WRITER_H

#include <dnc_checkpoint.h>

#include <stdlib.h>
#include <string.h>

/* A writer computes in the precision of its file; with a core for inference alone in float, whatever the file holds. */
#ifdef DNC_INFERENCE_ONLY
#define WRITER_WIDTH(w) sizeof(float)
#define WRITER_CALL(w, name, ...) name##_f32(__VA_ARGS__)
#else
#define WRITER_WIDTH(w) ((size_t)(w)->about.bits / 8)
#define WRITER_CALL(w, name, ...) ((w)->about.bits == 32 ? name##_f32(__VA_ARGS__) : name##_f64(__VA_ARGS__))
#endif

typedef struct writer {
    dnc_config config;
    dnc_run run; /* of one lane */
    dnc_checkpoint about;
    size_t *offsets; /* symbol v is written as texts[offsets[v]] .. texts[offsets[v + 1] - 1] */
    char *texts;
    void *parameters, *initial, *state, *logits, *workspace, *workspace_memory; /* initial: the state at first */
    size_t state_count, workspace_bytes;
    dnc_candidate *candidates;
    dnc_random random;
    int64_t symbols_read;
} writer;

static inline void writer_close(writer *w) {
    free(w->offsets);
    free(w->texts);
    free(w->parameters);
    free(w->initial);
    free(w->state);
    free(w->logits);
    free(w->workspace_memory);
    free(w->candidates);
}

static inline int writer_is_of_text(const writer *w) {
    const dnc_config *c = &w->config;
    return w->about.symbol_kind != 0 && c->symbols_per_step == 1 && c->input_vector == 0 &&
           c->output == DNC_OUTPUT_SYMBOLS && c->output_groups == 1;
}

static inline dnc_status writer_load(writer *w, const void *bytes, size_t size) {
    w->run = dnc_run_of(1, 1);
    w->config.struct_size = sizeof w->config;
    w->about.struct_size = sizeof w->about;
    dnc_status status = dnc_checkpoint_read(bytes, size, &w->config, &w->about);
    if (status != DNC_OK)
        return status;
    if (!writer_is_of_text(w))
        return DNC_ERROR_CONFIG;
    const dnc_config *config = &w->config;
    status = dnc_state_count(config, &w->state_count);
    if (status == DNC_OK)
        status = WRITER_CALL(w, dnc_step_workspace, config, &w->run, &w->workspace_bytes);
    if (status != DNC_OK)
        return status;

    const size_t symbols = (size_t)config->input_symbols, width = WRITER_WIDTH(w);
    w->offsets = calloc(symbols + 1, sizeof *w->offsets);
    w->parameters = calloc(w->about.parameter_count, width);
    w->initial = calloc(w->state_count, width);
    w->state = calloc(w->state_count, width);
    w->logits = calloc(symbols, width);
    w->candidates = calloc(symbols, sizeof *w->candidates);
    w->workspace_memory = malloc(w->workspace_bytes + DNC_ALIGNMENT - 1);
    if (!w->offsets || !w->parameters || !w->initial || !w->state || !w->logits || !w->candidates || !w->workspace_memory)
        return DNC_ERROR_TOO_LARGE;
    /* The first aligned address in it, since aligned_alloc is not everywhere. */
    w->workspace = (char *)w->workspace_memory + (0 - (uintptr_t)w->workspace_memory) % DNC_ALIGNMENT;
    status = dnc_checkpoint_texts(&w->about, w->offsets, NULL);
    w->texts = malloc(w->offsets[symbols] + 1);
    if (w->texts == NULL)
        return DNC_ERROR_TOO_LARGE;
    if (status == DNC_OK)
        status = dnc_checkpoint_texts(&w->about, w->offsets, w->texts);
    if (status == DNC_OK)
        status = WRITER_CALL(w, dnc_checkpoint_parameters, config, &w->about, w->parameters);
    if (status == DNC_OK)
        status = WRITER_CALL(w, dnc_initial_state, config, 1, w->initial);
    w->about.header = w->about.header_end = w->about.symbols = w->about.symbols_end = NULL; /* the bytes may go now */
    return status;
}

/* Reads a checkpoint; its bytes may go afterwards. DNC_ERROR_TOO_LARGE also where there is not enough memory, DNC_ERROR_CONFIG
 * also where it is no model of text. */
static inline dnc_status writer_open(writer *w, const void *bytes, size_t size) {
    *w = (writer){.symbols_read = 0};
    const dnc_status status = writer_load(w, bytes, size);
    if (status != DNC_OK)
        writer_close(w);
    return status;
}

/* Begins a text: the state is the initial one, and chance has this seed. */
static inline dnc_status writer_begin(writer *w, uint64_t seed) {
    memcpy(w->state, w->initial, w->state_count * WRITER_WIDTH(w));
    w->symbols_read = 0;
    return dnc_random_seed(&w->random, seed);
}

/* The memory begins anew when its lifetime, if it has one, is over. */
static inline void writer_forget(writer *w) {
    dnc_tensor tensor = {.struct_size = sizeof tensor};
    if (w->about.memory_lifetime == 0 || w->symbols_read % w->about.memory_lifetime != 0)
        return;
    for (size_t i = 0; dnc_state_tensor(&w->config, i, &tensor) == DNC_OK; i++) {
        size_t count = tensor.role == DNC_ROLE_MEMORY_STATE, offset = tensor.offset * WRITER_WIDTH(w);
        for (int32_t k = 0; k < tensor.rank; k++)
            count *= tensor.shape[k];
        memcpy((char *)w->state + offset, (const char *)w->initial + offset, count * WRITER_WIDTH(w));
    }
}

/* The symbol that is written as these bytes; the number of symbols where none is. */
static inline int32_t writer_symbol(const writer *w, const char *bytes, size_t length) {
    const int32_t symbols = w->config.input_symbols;
    for (int32_t v = 0; v < symbols; v++) {
        if (w->offsets[v + 1] - w->offsets[v] == length && memcmp(w->texts + w->offsets[v], bytes, length) == 0)
            return v;
    }
    return symbols;
}

static inline dnc_status writer_read(writer *w, int32_t symbol) {
    writer_forget(w);
    const dnc_segment step = {.struct_size = sizeof step, .inputs = &symbol};
    const dnc_status status = WRITER_CALL(w, dnc_step, &w->config, &w->run, w->parameters, &step, w->state, w->workspace,
                                          w->workspace_bytes, w->logits);
    w->symbols_read += status == DNC_OK;
    return status;
}

/* Draws what may follow what has been read; it is still to be read itself. */
static inline dnc_status writer_draw(writer *w, double temperature, int32_t top_k, int32_t *symbol) {
    return WRITER_CALL(w, dnc_draw, w->logits, w->config.output_size, temperature, top_k, &w->random, w->candidates, symbol);
}

#endif
