// Gives random bytes to the reader of checkpoints; see `make fuzz`. Fingerprints count as right: nothing would come past them.
#include <math.h>
#include <stdlib.h>

#include "dnc_checkpoint.h"

static void require(int holds) {
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    dnc_checkpoint checkpoint;
    if (dnc_checkpoint_read(bytes, size, &checkpoint) != DNC_OK)
        return 0;
    const size_t count = checkpoint.parameter_count, symbol_count = (size_t)checkpoint.config.symbols;
    require(count <= size / 4 && symbol_count <= size && checkpoint.step >= 0 && checkpoint.memory_lifetime >= 0);
    double *parameters = malloc(count * sizeof *parameters);
    float *rounded = malloc(count * sizeof *rounded);
    uint32_t *symbols = malloc(symbol_count * sizeof *symbols);
    require(parameters != NULL && rounded != NULL && symbols != NULL);
    require(dnc_checkpoint_parameters_f64(&checkpoint, parameters) == DNC_OK);
    require(dnc_checkpoint_parameters_f32(&checkpoint, rounded) == DNC_OK || checkpoint.bits == 64);
    require(dnc_checkpoint_symbols(&checkpoint, symbols) == DNC_OK);
    for (size_t i = 0; i < count; i++)
        require(isfinite(parameters[i]));
    for (size_t i = 0; i < symbol_count; i++)
        require(symbols[i] <= 0x10ffff && (i == 0 || symbols[i] > symbols[i - 1]));
    free(parameters);
    free(rounded);
    free(symbols);
    return 0;
}
