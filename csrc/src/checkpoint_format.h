/* What the reader and the writer of checkpoints share: the file is described in dnc_checkpoint.h. */
#ifndef DNC_CHECKPOINT_FORMAT_H
#define DNC_CHECKPOINT_FORMAT_H

#include "callers_struct.h"
#include "dnc_checkpoint.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#define DNC_LEAST_CHECKPOINT DNC_SIZE_UP_TO(dnc_checkpoint, symbols_end)

#define SCHEMA "4"
#define SCHEMA_OF_TEXTS "3" /* what is read here is as in SCHEMA */
#define SCHEMA_BEFORE "2"   /* a model is {"model":"rnn", "lstm" or "dnc", sizes}, of the vocabulary's symbols; still read */
#define MAX_HEADER 2000000  /* bytes; as the package's writer keeps to */
#define KEY_CONFIG "dnc.config"
#define KEY_FINGERPRINT "dnc.fingerprint"
#define KEY_METADATA_FINGERPRINT "dnc.fingerprint.metadata"
#define KEY_SCHEMA "dnc.schema"
#define KEY_TRAINING "dnc.training"
#define KEY_VOCABULARY "dnc.vocabulary"

/* The words of a configuration, by their values from 0 or 1 on. */
static const char *const controller_names[] = {NULL, "tanh", "lstm", "feedForward", "gru", "squashedLSTM"};
static const char *const activation_names[] = {"tanh", "relu"};
static const char *const memory_names[] = {"none", "dnc", "delta", "holographic"};
static const char *const addressing_names[] = {"cosine", "dot", "location"};
static const char *const strengths_names[] = {"oneplus", "softplus", "none"};
static const char *const linkage_names[] = {"temporal", "none"};
static const char *const allocation_names[] = {"usage", "none"};
static const char *const memory_start_names[] = {"zeros", "drawn"};
static const char *const program_use_names[] = {"interface", "output", "outputRows"};
static const char *const output_names[] = {NULL, "symbols", "bits", "reals"};
static const char *const symbol_kind_names[] = {NULL, "characters", "bytes", "words"};

/* Every key of a model, sorted. X(kind, key, field): a WORD of field_names, a SIZE, a SWITCH, a NUMBER, or an object that
 * describes what is read or answered. What has an optional kind is absent where it is 0: files of models that are older than it are
 * as they were. */
#define DNC_MODEL_KEYS(X)                                                                                                   \
    X(WORD, "activation", activation)                                                                                       \
    X(NUMBER, "activationClip", activation_clip)                                                                            \
    X(OPTIONAL_WORD, "addressing", addressing)                                                                              \
    X(OPTIONAL_WORD, "allocation", allocation)                                                                              \
    X(SWITCH, "allocationEpsilon", allocation_epsilon)                                                                      \
    X(SWITCH, "bidirectional", bidirectional)                                                                               \
    X(WORD, "controller", controller)                                                                                       \
    X(SWITCH, "deallocation", deallocation)                                                                                 \
    X(SWITCH, "decay", decay)                                                                                               \
    X(SWITCH, "detachedUsage", detached_usage)                                                                              \
    X(SWITCH, "gateNorm", gate_norm)                                                                                        \
    X(SIZE, "hidden", hidden)                                                                                               \
    X(INPUT, "input", input_symbols)                                                                                        \
    X(NUMBER, "interfaceClip", interface_clip)                                                                              \
    X(SWITCH, "interfaceNorm", interface_norm)                                                                              \
    X(SIZE, "layers", layers)                                                                                               \
    X(OPTIONAL_WORD, "linkage", linkage)                                                                                    \
    X(NUMBER, "maskMinimum", mask_minimum)                                                                                  \
    X(SWITCH, "masks", masks)                                                                                               \
    X(WORD, "memory", memory)                                                                                               \
    X(OPTIONAL_WORD, "memoryStart", memory_start)                                                                           \
    X(SWITCH, "negativeEigenvalues", negative_eigenvalues)                                                                  \
    X(OUTPUT, "output", output)                                                                                             \
    X(OPTIONAL_WORD, "programUse", program_use)                                                                             \
    X(OPTIONAL_SIZE, "programWidth", program_width)                                                                         \
    X(OPTIONAL_SIZE, "programs", programs)                                                                                  \
    X(SWITCH, "readBeforeWrite", read_before_write)                                                                         \
    X(SIZE, "readHeads", read_heads)                                                                                        \
    X(SWITCH, "sharpness", sharpness)                                                                                       \
    X(SIZE, "slots", slots)                                                                                                 \
    X(OPTIONAL_WORD, "strengths", strengths)                                                                                \
    X(SIZE, "width", width)                                                                                                 \
    X(OPTIONAL_SIZE, "writeHeads", write_heads)

#define TRY(call)                                                                                                           \
    do {                                                                                                                    \
        const dnc_status try_status = (call);                                                                               \
        if (try_status != DNC_OK)                                                                                           \
            return try_status;                                                                                              \
    } while (0)

/* ---- Numbers: little-endian, and not aligned -------------------------------------------------------------------------- */

static inline uint32_t load_32(const unsigned char *bytes) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static inline uint64_t load_64(const unsigned char *bytes) {
    return load_32(bytes) | (uint64_t)load_32(bytes + 4) << 32;
}

static inline void store(unsigned char *to, uint64_t word, size_t bytes) {
    for (size_t i = 0; i < bytes; i++)
        to[i] = (unsigned char)(word >> 8 * i & 0xff);
}

static inline void store_number(unsigned char *to, double number, int32_t bits) {
    if (bits == 64) {
        uint64_t word;
        memcpy(&word, &number, sizeof word);
        store(to, word, sizeof word);
    } else {
        const float rounded = (float)number;
        uint32_t word;
        memcpy(&word, &rounded, sizeof word);
        store(to, word, sizeof word);
    }
}

/* ---- Characters ----------------------------------------------------------------------------------------------------- */

/* The bytes of a character in UTF-8. */
typedef struct utf8 {
    size_t count;
    unsigned char bytes[4];
} utf8;

static inline utf8 utf8_of(uint32_t c) {
    static const uint32_t first[] = {0, 0xc0, 0xe0, 0xf0};
    const int more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    utf8 character = {.count = (size_t)more + 1, .bytes = {(unsigned char)(first[more] | c >> 6 * more)}};
    for (int i = 1; i <= more; i++)
        character.bytes[i] = (unsigned char)(0x80 | (c >> 6 * (more - i) & 0x3f));
    return character;
}

/* ---- Fingerprints ------------------------------------------------------------------------------------------------ */

/* A hash of bytes, taken as words of 8, little-endian, the last filled up with zeros, and their number. */
typedef struct fingerprint {
    uint64_t hash, word, count; /* word: the last count % 8 bytes */
} fingerprint;

static const fingerprint fingerprint_of_nothing = {.hash = UINT64_C(0xcbf29ce484222325)};

static inline void mix(fingerprint *print, uint64_t word) {
    print->hash = (print->hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    print->hash ^= print->hash >> 32;
}

static inline void add_byte(fingerprint *print, int32_t byte) {
    print->word |= (uint64_t)byte << print->count % 8 * 8;
    if (++print->count % 8 == 0) {
        mix(print, print->word);
        print->word = 0;
    }
}

static inline fingerprint fingerprint_of(const unsigned char *bytes, size_t count) {
    fingerprint print = fingerprint_of_nothing;
    for (; count - print.count >= 8; print.count += 8)
        mix(&print, load_64(bytes + print.count));
    while (print.count < count)
        add_byte(&print, bytes[print.count]);
    return print;
}

typedef struct fingerprint_text {
    char characters[40];
} fingerprint_text;

/* "<16 hexadecimal digits of the hash>-<number of bytes>", with the quotation marks. */
static inline fingerprint_text text_of(fingerprint print) {
    fingerprint_text text;
    char *at = text.characters;
    mix(&print, print.word);
    *at++ = '"';
    for (int shift = 60; shift >= 0; shift -= 4)
        *at++ = "0123456789abcdef"[print.hash >> shift & 15];
    *at++ = '-';
    uint64_t power = 1;
    while (print.count / power >= 10)
        power *= 10;
    for (; power > 0; power /= 10)
        *at++ = (char)('0' + print.count / power % 10);
    *at++ = '"';
    *at = '\0';
    return text;
}

#endif
