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

/* How many bytes the character has that a text begins with; of bytes, 1. */
static size_t character_length(const writer *w, const char *text) {
    size_t length = 1;
    while (w->about.symbol_kind != DNC_SYMBOLS_BYTES && (text[length] & 0xc0) == 0x80)
        length++;
    return length;
}

/* Whether a character is a letter for words, as dnc_checkpoint.h has them. */
static int is_letter(const char *character) {
    const unsigned char c = (unsigned char)character[0], next = (unsigned char)(c == 0 ? 0 : character[1]);
    if (c < 0x80)
        return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
    return c != 0xc2 && c != 0xe2 && c != 0xef && (c != 0xe3 || next != 0x80);
}

/* How many bytes are a piece of letters that may be a word, with the space before them if there is one; 0 where none begins. */
static size_t piece_length(const writer *w, const char *text) {
    const size_t first = *text == ' ';
    size_t length = first;
    while (is_letter(text + length))
        length += character_length(w, text + length);
    return length > first ? length : 0;
}

static void read_text(writer *w, const char *text) {
    const int32_t none = w->config.input_symbols;
    int is_inside = 0; /* whether what is before is a letter or a space, so that no word begins with a letter here */
    while (*text != '\0') {
        size_t length = w->about.symbol_kind != DNC_SYMBOLS_WORDS || (is_inside && *text != ' ') ? 0 : piece_length(w, text);
        int32_t symbol = length > 0 ? writer_symbol(w, text, length) : none;
        if (symbol == none)
            symbol = writer_symbol(w, text, length = character_length(w, text));
        if (symbol == none)
            fail(text, "begins with a character that the model does not know");
        check("a step", writer_read(w, symbol));
        is_inside = *text == ' ' || is_letter(text);
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
    /* A model says nothing before it has read something: a line end, if it knows that. */
    int32_t symbol = writer_symbol(&w, "\n", 1);
    if (argc < 7 || *argv[6] == '\0')
        check("a step", writer_read(&w, symbol < w.config.input_symbols ? symbol : 0));
    else
        read_text(&w, argv[6]);
    for (double i = 0; i < length; i++) {
        check("drawing", writer_draw(&w, temperature, (int32_t)top_k, &symbol));
        fwrite(w.texts + w.offsets[symbol], 1, w.offsets[symbol + 1] - w.offsets[symbol], stdout);
        check("a step", writer_read(&w, symbol));
    }
    putchar('\n');
    writer_close(&w);
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
