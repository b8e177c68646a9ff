/* dnc_checkpoint.h - reads the checkpoints that the command dnc writes, from bytes in memory.
 *
 * The rules of dnc.h hold: no allocation, no input or output, every failure a status. Reading one:
 *    dnc_checkpoint checkpoint;                                   bytes, size: the file, from mmap or read whole
 *    dnc_checkpoint_read(bytes, size, &checkpoint);               checks everything; the sizes are known now
 *    float *parameters = malloc(checkpoint.parameter_count * sizeof *parameters);
 *    uint32_t *symbols = malloc(checkpoint.config.symbols * sizeof *symbols);
 *    dnc_checkpoint_parameters_f32(&checkpoint, parameters);
 *    dnc_checkpoint_symbols(&checkpoint, symbols);                the bytes may go now: munmap, free
 *
 * Bytes of unknown origin are safe to give: nothing outside of them is read, the stack stays below 16 kB, and the time below a
 * second for the header and a few nanoseconds a number. Refused is what the Swift package refuses as far as it concerns the
 * model, and besides, since the package writes none of these: characters of a vocabulary that do not ascend, objects with more
 * than 64 keys, and integers that are not in digits alone, such as 1e2.
 * What only training needs - optimizer, recurrent state, place in the text - is passed over.
 *
 * THE FILE is in safetensors format: 8 bytes with the length of the header, little-endian; the header, a JSON object; and the
 * numbers of all tensors. Parameters go by their names in dnc.h, in F32 or F64. The header's __metadata__ are strings, most of
 * them JSON again:
 *    dnc.schema       2
 *    dnc.config       {"model":"dnc","hidden":128,"slots":16,"width":16,"readHeads":1}
 *    dnc.vocabulary   {"kind":"characters","symbols":["\n"," ","a"]} or {"kind":"bytes","symbols":[0,1, ... 255]}
 *    dnc.training     {"configuration":{"precision":"float","sequenceLength":32,"carryMemory":true, ...},"step":1000, ...}
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
    DNC_SYMBOLS_BYTES = 2
} dnc_symbol_kind;

#define DNC_CHECKPOINT_TENSORS 8 /* as many parameter tensors as a model has at most */

/* What a checkpoint holds. Points into its bytes, which must stay as they are while it is used. */
typedef struct dnc_checkpoint {
    dnc_config config;       /* with isa = DNC_ISA_AUTO */
    size_t parameter_count;  /* as dnc_parameter_count says */
    int32_t bits;            /* of a parameter in the file: 32, a float, or 64, a double */
    int32_t symbol_kind;     /* a dnc_symbol_kind */
    int64_t step;            /* training steps behind it */
    int64_t memory_lifetime; /* after so many symbols training emptied the memory (all of the state but hidden and cell), and
                                so should its user, starting before the first; 0: never */
    const void *tensors[DNC_CHECKPOINT_TENSORS]; /* for the functions below */
    const void *symbols, *symbols_end;           /* likewise */
} dnc_checkpoint;

/* Checks the whole file. Fails with DNC_ERROR_TRUNCATED, _FORMAT, _NO_CHECKPOINT, _SCHEMA, _METADATA, _CONFIG, _TOO_LARGE,
 * _TENSORS, _NOT_FINITE or _DAMAGED; dnc_status_string has a sentence for each. */
DNC_API dnc_status dnc_checkpoint_read(const void *bytes, size_t size, dnc_checkpoint *checkpoint);

/* Copies the parameters, in the order of dnc.h; rounded where the file has the other precision. DNC_ERROR_NOT_FINITE when a
 * double is too large for a float, and has become infinite. */
DNC_API dnc_status dnc_checkpoint_parameters_f32(const dnc_checkpoint *checkpoint, float *parameters);
DNC_API dnc_status dnc_checkpoint_parameters_f64(const dnc_checkpoint *checkpoint, double *parameters);

/* Writes what each of the config.symbols symbols stands for: Unicode scalars, ascending; or 0 ... 255. */
DNC_API dnc_status dnc_checkpoint_symbols(const dnc_checkpoint *checkpoint, uint32_t *symbols);

#ifdef __cplusplus
}
#endif

#endif /* DNC_CHECKPOINT_H */
