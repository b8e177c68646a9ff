/* What the page needs besides the core: memory, and a writer for each model, which JavaScript holds as a `writer *`.
 *
 * Compiled to WebAssembly with the core, called by model.js. */
#include "../writer.h"

#define EXPORT(name) __attribute__((export_name("writer_" #name))) web_##name

dnc_status EXPORT(open)(const void *bytes, size_t size, writer **opened) {
    writer *w = malloc(sizeof *w);
    const dnc_status status = w == NULL ? DNC_ERROR_TOO_LARGE : writer_open(w, bytes, size);
    if (status == DNC_OK)
        *opened = w;
    else
        free(w);
    return status;
}

void EXPORT(close)(writer *w) {
    writer_close(w);
    free(w);
}

dnc_status EXPORT(begin)(writer *w, uint64_t seed) {
    return writer_begin(w, seed);
}

dnc_status EXPORT(read)(writer *w, int32_t symbol) {
    return writer_read(w, symbol);
}

dnc_status EXPORT(draw)(writer *w, double temperature, int32_t top_k, int32_t *symbol) {
    return writer_draw(w, temperature, top_k, symbol);
}

/* What model.js looks at. Its views of vectors last until the memory grows. */
#define SHOW(type, name, value)                                                                                             \
    type EXPORT(name)(const writer *w) {                                                                                    \
        return value;                                                                                                       \
    }
SHOW(const dnc_config *, config, &w->config)
SHOW(size_t, parameter_count, w->about.parameter_count)
SHOW(int32_t, bits, w->about.bits)
SHOW(int32_t, symbol_kind, w->about.symbol_kind)
SHOW(int64_t, step, w->about.step)
SHOW(int64_t, memory_lifetime, w->about.memory_lifetime)
SHOW(const size_t *, offsets, w->offsets)
SHOW(const char *, texts, w->texts)
SHOW(const void *, state, w->state)
SHOW(const void *, logits, w->logits)
