/* What the page needs besides the core: memory, and a model in the middle of a text, as examples/generate.c has one.
 *
 * Compiled to WebAssembly with the core, called by model.js. A `writer *` is what JavaScript holds; functions that can fail
 * return a dnc_status.
 */
#include <dnc_checkpoint.h>

#include <stdlib.h>
#include <string.h>

#define EXPORT(name) __attribute__((export_name(#name))) name

/* A model in the middle of a text; numbers are float or double, as in its file. */
typedef struct writer {
    dnc_checkpoint about;
    uint32_t *symbols; /* what each stands for */
    void *parameters, *state, *logits, *workspace;
    size_t state_count, workspace_bytes;
    dnc_candidate *candidates;
    dnc_random random;
    int64_t symbols_read;
} writer;

static int is_float(const writer *w) {
    return w->about.bits == 32;
}

void EXPORT(writer_close)(writer *w) {
    if (w == NULL)
        return;
    free(w->symbols);
    free(w->parameters);
    free(w->state);
    free(w->logits);
    free(w->workspace);
    free(w->candidates);
    free(w);
}

static dnc_status load(writer *w, const void *bytes, size_t size) {
    dnc_status status = dnc_checkpoint_read(bytes, size, &w->about);
    if (status != DNC_OK)
        return status;
    const dnc_config *config = &w->about.config;
    status = dnc_state_count(config, &w->state_count);
    if (status == DNC_OK)
        status = is_float(w) ? dnc_step_workspace_f32(config, 1, &w->workspace_bytes)
                             : dnc_step_workspace_f64(config, 1, &w->workspace_bytes);
    if (status != DNC_OK)
        return status;

    const size_t symbols = (size_t)config->symbols, width = (size_t)w->about.bits / 8;
    w->symbols = calloc(symbols, sizeof *w->symbols);
    w->parameters = calloc(w->about.parameter_count, width);
    w->state = calloc(w->state_count, width);
    w->logits = calloc(symbols, width);
    w->candidates = calloc(symbols, sizeof *w->candidates);
    w->workspace = aligned_alloc(DNC_ALIGNMENT, (w->workspace_bytes + DNC_ALIGNMENT - 1) / DNC_ALIGNMENT * DNC_ALIGNMENT);
    if (!w->symbols || !w->parameters || !w->state || !w->logits || !w->candidates || !w->workspace)
        return DNC_ERROR_TOO_LARGE;
    status = dnc_checkpoint_symbols(&w->about, w->symbols);
    if (status == DNC_OK)
        status = is_float(w) ? dnc_checkpoint_parameters_f32(&w->about, w->parameters)
                             : dnc_checkpoint_parameters_f64(&w->about, w->parameters);
    w->about.symbols = w->about.symbols_end = NULL; /* the bytes may go now */
    memset(w->about.tensors, 0, sizeof w->about.tensors);
    return status;
}

/* Reads a checkpoint; its bytes may go afterwards. DNC_ERROR_TOO_LARGE also where there is not enough memory. */
dnc_status EXPORT(writer_open)(const void *bytes, size_t size, writer **opened) {
    writer *w = calloc(1, sizeof *w);
    const dnc_status status = w == NULL ? DNC_ERROR_TOO_LARGE : load(w, bytes, size);
    if (status == DNC_OK)
        *opened = w;
    else
        writer_close(w);
    return status;
}

/* Begins a text: the state is zeros, and chance has this seed. */
dnc_status EXPORT(writer_begin)(writer *w, uint64_t seed) {
    memset(w->state, 0, w->state_count * (size_t)w->about.bits / 8);
    w->symbols_read = 0;
    return dnc_random_seed(&w->random, seed);
}

/* Empties the memory when its lifetime, if it has one, is over: all of the state that follows hidden and cell. */
static void forget(writer *w) {
    dnc_tensor memory;
    if (w->about.memory_lifetime == 0 || w->symbols_read % w->about.memory_lifetime != 0 ||
        dnc_state_tensor(&w->about.config, 2, &memory) != DNC_OK)
        return;
    const size_t width = (size_t)w->about.bits / 8;
    memset((char *)w->state + memory.offset * width, 0, (w->state_count - memory.offset) * width);
}

dnc_status EXPORT(writer_read)(writer *w, int32_t symbol) {
    forget(w);
    const dnc_status status = is_float(w) ? dnc_step_f32(&w->about.config, w->parameters, 1, &symbol, w->state, w->workspace,
                                                         w->workspace_bytes, w->logits)
                                          : dnc_step_f64(&w->about.config, w->parameters, 1, &symbol, w->state, w->workspace,
                                                         w->workspace_bytes, w->logits);
    w->symbols_read += status == DNC_OK;
    return status;
}

/* Draws what may follow what has been read; it is still to be read itself. */
dnc_status EXPORT(writer_draw)(writer *w, double temperature, int32_t top_k, int32_t *symbol) {
    const int32_t symbols = w->about.config.symbols;
    return is_float(w) ? dnc_draw_f32(w->logits, symbols, temperature, top_k, &w->random, w->candidates, symbol)
                       : dnc_draw_f64(w->logits, symbols, temperature, top_k, &w->random, w->candidates, symbol);
}

/* What model.js looks at. Its views of vectors last until the memory grows. */
#define SHOW(type, name, value)                                                                                             \
    type EXPORT(writer_##name)(const writer *w) {                                                                           \
        return value;                                                                                                       \
    }
SHOW(const dnc_config *, config, &w->about.config)
SHOW(size_t, parameter_count, w->about.parameter_count)
SHOW(int32_t, bits, w->about.bits)
SHOW(int32_t, symbol_kind, w->about.symbol_kind)
SHOW(int64_t, step, w->about.step)
SHOW(int64_t, memory_lifetime, w->about.memory_lifetime)
SHOW(const uint32_t *, symbols, w->symbols)
SHOW(const void *, state, w->state)
SHOW(const void *, logits, w->logits)
