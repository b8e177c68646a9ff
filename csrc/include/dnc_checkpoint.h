/* dnc_checkpoint.h - reads the checkpoints that the command dnc writes, from bytes in memory, and writes such that it reads.
 *
 * The rules of dnc.h hold: no allocation, no input or output, every failure a status. Reading one:
 *    dnc_config config = {.struct_size = sizeof config};
 *    dnc_checkpoint checkpoint = {.struct_size = sizeof checkpoint};      bytes, size: the file, from mmap or read whole
 *    dnc_checkpoint_read(bytes, size, &config, &checkpoint);              checks everything; the sizes are known now
 *    float *parameters = malloc(checkpoint.parameter_count * sizeof *parameters);
 *    uint32_t *symbols = malloc(checkpoint.symbol_count * sizeof *symbols);
 *    dnc_checkpoint_parameters_f32(&config, &checkpoint, parameters);
 *    dnc_checkpoint_symbols(&checkpoint, symbols);                        the bytes may go now: munmap, free
 * Writing one:
 *    dnc_checkpoint about = {.struct_size = sizeof about, .bits = 32, .symbol_kind = DNC_SYMBOLS_BYTES, .step = 1000};
 *    dnc_checkpoint_size(&config, &about, NULL, &size);
 *    unsigned char *bytes = malloc(size);
 *    dnc_checkpoint_write_f32(&config, &about, NULL, parameters, bytes, size);        fwrite is the caller's
 *
 * Bytes of unknown origin are safe to give: nothing outside of them is read, the stack stays below 20 kB, and the time below a
 * second for the header and a few nanoseconds a number. Refused is what the Swift package refuses as far as it concerns the
 * model, and besides, since the package writes none of these: characters of a vocabulary that do not ascend, objects with more
 * than 256 keys, more than 64 metadata, and integers that are not in digits alone, such as 1e2.
 * What only training needs - optimizer, recurrent state, place in the text - is passed over, and not written: `dnc sample`,
 * `eval`, `info` and `trace` take what was written here, `dnc export` and `dnc train --resume` do not.
 *
 * THE FILE is in safetensors format: 8 bytes with the length of the header, little-endian; the header, a JSON object; and the
 * numbers of all tensors. Parameters go by their names in dnc.h, in F32 or F64. The header's __metadata__ are strings, most of
 * them JSON again:
 *    dnc.schema       3; of 2, the version before, {"model":"rnn", "lstm" or "dnc", sizes} is still read
 *    dnc.config       {"activation":"tanh","controller":"lstm","hidden":128,"input":{"symbols":74,"symbolsPerStep":1,"vector":0},
 *                     "layers":1,"memory":"dnc","output":{"groups":1,"kind":"symbols","size":74},"readHeads":1,"slots":16,
 *                     "width":16}; a key that is not known is refused
 *    dnc.vocabulary   {"kind":"characters","symbols":["\n"," ","a"]}, {"kind":"words","symbols":["\n"," ","a"," a"]} or
 *                     {"kind":"bytes","symbols":[0,1, ... 255]}; of what is read and of what is answered. Not there, and
 *                     neither are "tokens" below, where symbols stand for nothing. A word is a piece " ?LETTERS" of a text, no
 *                     part of a longer one, that is among the symbols; letters are A-Z, a-z, and from U+00C0 on all but
 *                     U+2000 ... U+303F and U+F000 ... U+FFFF
 *    dnc.training     {"configuration":{"carryMemory":false,"model":{as dnc.config, but input and output},
 *                     "precision":"float","sequenceLength":32,"tokens":"characters", ...},"step":1000, ...}; without
 *                     sequenceLength if carryMemory is true
 *    dnc.fingerprint, dnc.fingerprint.metadata   of the numbers, and of all other metadata: a changed byte is noticed
 */
#ifndef DNC_CHECKPOINT_H
#define DNC_CHECKPOINT_H

#include "dnc.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum dnc_symbol_kind {
    DNC_SYMBOLS_CHARACTERS = 1, /* Unicode scalars, of UTF-8 text */
    DNC_SYMBOLS_BYTES = 2,
    DNC_SYMBOLS_WORDS =
        3 /* Unicode scalars, and behind them frequent words, which are read where they can be; not written */
} dnc_symbol_kind;

/* What a checkpoint holds besides the configuration. */
typedef struct dnc_checkpoint {
    uint32_t struct_size;    /* sizeof(dnc_checkpoint) */
    int32_t bits;            /* of a parameter in the file: 32, a float, or 64, a double */
    int32_t symbol_kind;     /* a dnc_symbol_kind; 0 where the model's symbols stand for nothing, or it has none */
    int32_t symbol_count;    /* of the vocabulary; not looked at in writing, as parameter_count and the pointers */
    size_t parameter_count;  /* as dnc_parameter_count says */
    int64_t step;            /* training steps behind it */
    int64_t memory_lifetime; /* after so many symbols training began the memory anew (the state's tensors whose role is
                                DNC_ROLE_MEMORY_STATE), and so should its user, starting before the first; 0: never */
    /* For the functions that read. They point into the file's bytes, which must stay as they are until then. */
    const void *header, *header_end, *symbols, *symbols_end;
} dnc_checkpoint;

/* ---- Reading ------------------------------------------------------------------------------------------------------ */

/* Checks the whole file. Fills the configuration. Fails with DNC_ERROR_TRUNCATED, _FORMAT,
 * _NO_CHECKPOINT, _SCHEMA, _METADATA, _CONFIG, _TOO_LARGE, _TENSORS, _NOT_FINITE or _DAMAGED. */
DNC_API dnc_status dnc_checkpoint_read(const void *bytes, size_t size, dnc_config *config, dnc_checkpoint *checkpoint);

/* A sentence, in static storage, about what of the file is refused and why; NULL if it is not. */
DNC_API const char *dnc_checkpoint_problem(const void *bytes, size_t size);

/* Writes to `key`, of `key_size` bytes, at least 1, the name of the model's key that is not known, where that is what the file is
 * refused for, in UTF-8; otherwise nothing. A zero byte ends it, and characters at its end that do not fit are left out. */
DNC_API dnc_status dnc_checkpoint_unknown_key(const void *bytes, size_t size, char *key, size_t key_size);

/* Copies the parameters, in the order of dnc.h; rounded where the file has the other precision. DNC_ERROR_NOT_FINITE when a
 * double is too large for a float. */
DNC_API dnc_status dnc_checkpoint_parameters_f32(const dnc_config *config, const dnc_checkpoint *checkpoint,
                                                 float *parameters);
DNC_API dnc_status dnc_checkpoint_parameters_f64(const dnc_config *config, const dnc_checkpoint *checkpoint,
                                                 double *parameters);

/* Writes as what each of the symbol_count symbols is written: that of symbol v, a byte or text in UTF-8, to texts[offsets[v]] ..
 * texts[offsets[v + 1] - 1]. The offsets are one more than symbols, and alone where texts is NULL; the last is how large that must
 * be. DNC_ERROR_NULL_POINTER, too, where symbol_kind is 0. */
DNC_API dnc_status dnc_checkpoint_texts(const dnc_checkpoint *checkpoint, size_t *offsets, char *texts);

/* The same as numbers, as writing takes them: Unicode scalars, ascending; or 0 ... 255. DNC_ERROR_METADATA where they are words. */
DNC_API dnc_status dnc_checkpoint_symbols(const dnc_checkpoint *checkpoint, uint32_t *symbols);

/* ---- Writing ------------------------------------------------------------------------------------------------------ *
 * Of `checkpoint`, bits, symbol_kind, step (0 ..< 2^53) and memory_lifetime (0 ... 2^40) count. `symbols` are as many Unicode
 * scalars as the model reads or answers symbols, ascending, at most 200,000; or the 256 bytes, for which it may be NULL; and NULL
 * where symbol_kind is 0. A model that reads and answers other numbers of symbols has no vocabulary, for want of a second one.
 * DNC_ERROR_METADATA when any of these is not so, DNC_ERROR_TOO_LARGE for more characters. The same arguments give the same
 * bytes. */

/* The bytes of the file. */
DNC_API dnc_status dnc_checkpoint_size(const dnc_config *config, const dnc_checkpoint *checkpoint, const uint32_t *symbols,
                                       size_t *bytes);

/* Writes the file to `bytes`, of which there are `size`, at least as many as it has. Parameters are rounded where it has the
 * other precision; DNC_ERROR_NOT_FINITE when one is not finite then, since such a file would be refused. */
DNC_API dnc_status dnc_checkpoint_write_f32(const dnc_config *config, const dnc_checkpoint *checkpoint,
                                            const uint32_t *symbols, const float *parameters, void *bytes, size_t size);
DNC_API dnc_status dnc_checkpoint_write_f64(const dnc_config *config, const dnc_checkpoint *checkpoint,
                                            const uint32_t *symbols, const double *parameters, void *bytes, size_t size);

#ifdef __cplusplus
}
#endif

#endif /* DNC_CHECKPOINT_H */
