/* Writes text with a trained model, as `dnc sample --raw` does: the same seed gives the same text.
 *
 *    make -C csrc examples
 *    csrc/build/examples/generate runs/book-dnc/best.safetensors [LENGTH [SEED [TEMPERATURE [TOP_K [PROMPT]]]]]
 *
 * With an installed core: cc generate.c $(pkg-config --cflags --libs dnc) -o generate
 * With that of `make inference`: cc -DDNC_INFERENCE_ONLY -Iinclude examples/generate.c build/inference/libdnc.a -lm -o generate
 */
#define _POSIX_C_SOURCE 200809L
#include <dnc_checkpoint.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* A model computes in the precision of its file; with a core for inference alone in float, whatever the file holds. */
#ifdef DNC_INFERENCE_ONLY
#define WIDTH(m) sizeof(float)
#define CALL(m, name, ...) name##_f32(__VA_ARGS__)
#else
#define WIDTH(m) ((size_t)(m)->about.bits / 8)
#define CALL(m, name, ...) ((m)->about.bits == 32 ? name##_f32(__VA_ARGS__) : name##_f64(__VA_ARGS__))
#endif

/* A model in the middle of a text. */
typedef struct model {
    dnc_checkpoint about;
    uint32_t *symbols; /* what each stands for */
    void *parameters, *state, *logits, *workspace;
    size_t state_count, workspace_bytes;
    dnc_candidate *candidates;
    int64_t symbols_read;
} model;

static void fail(const char *what, const char *why) {
    fprintf(stderr, "generate: %s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

static void check(const char *what, dnc_status status) {
    if (status != DNC_OK)
        fail(what, dnc_status_string(status));
}

static void *allocate(size_t count, size_t bytes) {
    void *memory = calloc(count, bytes);
    if (memory == NULL)
        fail("the model", "out of memory");
    return memory;
}

static void load(model *m, const char *path) {
    const int file = open(path, O_RDONLY);
    struct stat status;
    if (file < 0 || fstat(file, &status) != 0)
        fail(path, strerror(errno));
    const size_t size = (size_t)status.st_size;
    void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, file, 0);
    close(file);
    if (bytes == MAP_FAILED)
        fail(path, strerror(errno));
    check(path, dnc_checkpoint_read(bytes, size, &m->about));

    const dnc_config *config = &m->about.config;
    const size_t symbols = (size_t)config->symbols, width = WIDTH(m);
    check(path, dnc_state_count(config, &m->state_count));
    check(path, CALL(m, dnc_step_workspace, config, 1, &m->workspace_bytes));
    m->symbols = allocate(symbols, sizeof *m->symbols);
    m->parameters = allocate(m->about.parameter_count, width);
    m->state = allocate(m->state_count, width);
    m->logits = allocate(symbols, width);
    m->candidates = allocate(symbols, sizeof *m->candidates);
    if (posix_memalign(&m->workspace, DNC_ALIGNMENT, m->workspace_bytes) != 0)
        fail(path, "out of memory");
    check(path, dnc_checkpoint_symbols(&m->about, m->symbols));
    check(path, CALL(m, dnc_checkpoint_parameters, &m->about, m->parameters));
    munmap(bytes, size);
}

/* Empties the memory when its lifetime, if it has one, is over: all of the state that follows hidden and cell. */
static void forget(model *m) {
    dnc_tensor memory;
    if (m->about.memory_lifetime == 0 || m->symbols_read % m->about.memory_lifetime != 0 ||
        dnc_state_tensor(&m->about.config, 2, &memory) != DNC_OK)
        return;
    memset((char *)m->state + memory.offset * WIDTH(m), 0, (m->state_count - memory.offset) * WIDTH(m));
}

static void read_symbol(model *m, int32_t symbol) {
    forget(m);
    check("a step", CALL(m, dnc_step, &m->about.config, m->parameters, 1, &symbol, m->state, m->workspace,
                         m->workspace_bytes, m->logits));
    m->symbols_read++;
}

static int32_t draw(model *m, double temperature, int32_t top_k, dnc_random *random) {
    int32_t symbol;
    check("drawing",
          CALL(m, dnc_draw, m->logits, m->about.config.symbols, temperature, top_k, random, m->candidates, &symbol));
    return symbol;
}

/* The bytes of a symbol, itself a byte or a Unicode scalar in UTF-8; returns how many, 4 at most. */
static size_t bytes_of(const model *m, int32_t symbol, char *bytes) {
    static const uint32_t first[] = {0, 0xc0, 0xe0, 0xf0};
    const uint32_t c = m->symbols[symbol];
    const int more = m->about.symbol_kind == DNC_SYMBOLS_BYTES || c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    *bytes++ = (char)(first[more] | c >> 6 * more);
    for (int i = more - 1; i >= 0; i--)
        *bytes++ = (char)(0x80 | (c >> 6 * i & 0x3f));
    return (size_t)more + 1;
}

/* No symbol's bytes begin with those of another: the one that the text goes on with is the only one that fits. */
static void read_text(model *m, const char *text) {
    while (*text != '\0') {
        char bytes[4];
        size_t length = 0;
        int32_t symbol = 0;
        while (symbol < m->about.config.symbols && strncmp(text, bytes, length = bytes_of(m, symbol, bytes)) != 0)
            symbol++;
        if (symbol == m->about.config.symbols)
            fail(text, "begins with a character that the model does not know");
        read_symbol(m, symbol);
        text += length;
    }
}

static double number(int argc, char **argv, int index, double otherwise) {
    if (index >= argc)
        return otherwise;
    char *end;
    const double value = strtod(argv[index], &end);
    if (end == argv[index] || *end != '\0')
        fail(argv[index], "is no number");
    return value;
}

int main(int argc, char **argv) {
    if (argc < 2 || argc > 7)
        fail("usage", "generate CHECKPOINT [LENGTH [SEED [TEMPERATURE [TOP_K [PROMPT]]]]]");
    const double length = number(argc, argv, 2, 500), seed = number(argc, argv, 3, 1);
    const double temperature = number(argc, argv, 4, 0.8), top_k = number(argc, argv, 5, 0);
    if (seed < 0 || seed >= 0x1p64 || top_k < 0 || top_k > INT32_MAX)
        fail("SEED or TOP_K", "is out of range");

    dnc_use_one_blas_thread();
    model m = {.symbols_read = 0};
    load(&m, argv[1]);
    dnc_random random;
    check("the seed", dnc_random_seed(&random, (uint64_t)seed));
    int32_t first = 0; /* a model says nothing before it has read something: a line end, if it knows that */
    while (first < m.about.config.symbols && m.symbols[first] != '\n')
        first++;
    if (argc < 7 || *argv[6] == '\0')
        read_symbol(&m, first < m.about.config.symbols ? first : 0);
    else
        read_text(&m, argv[6]);
    for (double i = 0; i < length; i++) {
        const int32_t symbol = draw(&m, temperature, (int32_t)top_k, &random);
        char bytes[4];
        fwrite(bytes, 1, bytes_of(&m, symbol, bytes), stdout);
        read_symbol(&m, symbol);
    }
    putchar('\n');
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
