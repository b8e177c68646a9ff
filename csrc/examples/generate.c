/* Writes text with a trained model, as `dnc sample --raw` does: the same seed gives the same text.
 *
 *    make -C csrc examples
 *    csrc/build/examples/generate runs/book-dnc/best.safetensors [LENGTH [SEED [TEMPERATURE [TOP_K [PROMPT]]]]]
 *
 * With an installed core: cc generate.c $(pkg-config --cflags --libs dnc) -o generate
 * With that of `make inference`: cc -DDNC_INFERENCE_ONLY -Iinclude examples/generate.c build/inference/libdnc.a -lm -o generate
 */
#define _POSIX_C_SOURCE 200809L
#include "address_space.h"
#include "writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void fail(const char *what, const char *why) {
    fprintf(stderr, "generate: %s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

static void check(const char *what, dnc_status status) {
    if (status != DNC_OK)
        fail(what, dnc_status_string(status));
}

static void load(writer *w, const char *path) {
    const int file = open(path, O_RDONLY);
    struct stat status;
    if (file < 0 || fstat(file, &status) != 0)
        fail(path, strerror(errno));
    const size_t size = (size_t)status.st_size;
    void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, file, 0);
    close(file);
    if (bytes == MAP_FAILED)
        fail(path, strerror(errno));
    const dnc_status opened = writer_open(w, bytes, size);
    if (opened != DNC_OK) {
        const char *problem = dnc_checkpoint_problem(bytes, size);
        fail(path, problem != NULL              ? problem
                   : opened == DNC_ERROR_CONFIG ? "is no model of text"
                                                : dnc_status_string(opened));
    }
    munmap(bytes, size);
}

/* The bytes of a symbol, itself a byte or a Unicode scalar in UTF-8; returns how many, 4 at most. */
static size_t bytes_of(const writer *w, int32_t symbol, char *bytes) {
    static const uint32_t first[] = {0, 0xc0, 0xe0, 0xf0};
    const uint32_t c = w->symbols[symbol];
    const int more = w->about.symbol_kind == DNC_SYMBOLS_BYTES || c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    *bytes++ = (char)(first[more] | c >> 6 * more);
    for (int i = more - 1; i >= 0; i--)
        *bytes++ = (char)(0x80 | (c >> 6 * i & 0x3f));
    return (size_t)more + 1;
}

/* No symbol's bytes begin with those of another: the one that the text goes on with is the only one that fits. */
static void read_text(writer *w, const char *text) {
    while (*text != '\0') {
        char bytes[4];
        size_t length = 0;
        int32_t symbol = 0;
        while (symbol < w->config.input_symbols && strncmp(text, bytes, length = bytes_of(w, symbol, bytes)) != 0)
            symbol++;
        if (symbol == w->config.input_symbols)
            fail(text, "begins with a character that the model does not know");
        check("a step", writer_read(w, symbol));
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
    const int limited = address_space_is_limited(argv);
    if (argc < 2 || argc > 7)
        fail("usage", "generate CHECKPOINT [LENGTH [SEED [TEMPERATURE [TOP_K [PROMPT]]]]]");
    const double length = number(argc, argv, 2, 500), seed = number(argc, argv, 3, 1);
    const double temperature = number(argc, argv, 4, 0.8), top_k = number(argc, argv, 5, 0);
    if (seed < 0 || seed >= 0x1p64 || top_k < 0 || top_k > INT32_MAX)
        fail("SEED or TOP_K", "is out of range");

    dnc_use_one_blas_thread();
    writer w;
    load(&w, argv[1]);
    w.run.own_products = limited;
    check("the seed", writer_begin(&w, (uint64_t)seed));
    const int32_t symbols = w.config.input_symbols;
    int32_t symbol = 0; /* a model says nothing before it has read something: a line end, if it knows that */
    while (symbol < symbols && w.symbols[symbol] != '\n')
        symbol++;
    if (argc < 7 || *argv[6] == '\0')
        check("a step", writer_read(&w, symbol < symbols ? symbol : 0));
    else
        read_text(&w, argv[6]);
    for (double i = 0; i < length; i++) {
        check("drawing", writer_draw(&w, temperature, (int32_t)top_k, &symbol));
        char bytes[4];
        fwrite(bytes, 1, bytes_of(&w, symbol, bytes), stdout);
        check("a step", writer_read(&w, symbol));
    }
    putchar('\n');
    writer_close(&w);
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
