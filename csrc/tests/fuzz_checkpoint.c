// Gives random bytes to the reader of checkpoints; see `make fuzz`. Fingerprints count as right: nothing would come past them.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dnc_checkpoint.h"

static void require(int holds) {
    if (!holds)
        abort();
}

/* What was read can be written, but for what the reader takes and the writer does not, and is read again as it was. */
static void write_again(const dnc_config *config, const dnc_checkpoint *checkpoint, const uint32_t *symbols,
                        const double *parameters) {
    size_t size;
    if (dnc_checkpoint_size(config, checkpoint, symbols, &size) != DNC_OK)
        return;
    unsigned char *bytes = malloc(size);
    double *again = malloc(checkpoint->parameter_count * sizeof *again);
    require(bytes != NULL && again != NULL);
    require(dnc_checkpoint_write_f64(config, checkpoint, symbols, parameters, bytes, size - 1) ==
            DNC_ERROR_WORKSPACE_TOO_SMALL);
    require(dnc_checkpoint_write_f64(config, checkpoint, symbols, parameters, bytes, size) == DNC_OK);
    dnc_config read = {.struct_size = sizeof read};
    dnc_checkpoint about = {.struct_size = sizeof about};
    require(dnc_checkpoint_read(bytes, size, &read, &about) == DNC_OK);
    require(memcmp(&read, config, sizeof read) == 0 && about.bits == checkpoint->bits && about.step == checkpoint->step);
    require(about.memory_lifetime == checkpoint->memory_lifetime && about.symbol_kind == checkpoint->symbol_kind);
    require(dnc_checkpoint_parameters_f64(&read, &about, again) == DNC_OK);
    require(memcmp(again, parameters, about.parameter_count * sizeof *again) == 0);
    free(bytes);
    free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    dnc_config config = {.struct_size = sizeof config};
    dnc_checkpoint checkpoint = {.struct_size = sizeof checkpoint};
    const dnc_status status = dnc_checkpoint_read(bytes, size, &config, &checkpoint);
    require((dnc_checkpoint_problem(bytes, size) == NULL) == (status == DNC_OK));
    char key[8];
    memset(key, 'x', sizeof key);
    require(dnc_checkpoint_unknown_key(bytes, size, key, sizeof key) == DNC_OK);
    require(memchr(key, 0, sizeof key) != NULL &&
            (status == DNC_OK ? *key == 0 : *key == 0 || status == DNC_ERROR_METADATA));
    if (status != DNC_OK)
        return 0;
    const size_t count = checkpoint.parameter_count, symbol_count = (size_t)checkpoint.symbol_count;
    require(count <= size / 4 && symbol_count <= size && checkpoint.step >= 0 && checkpoint.memory_lifetime >= 0);
    double *parameters = malloc(count * sizeof *parameters);
    float *rounded = malloc(count * sizeof *rounded);
    uint32_t *symbols = malloc((symbol_count + 1) * sizeof *symbols);
    require(parameters != NULL && rounded != NULL && symbols != NULL);
    require(dnc_checkpoint_parameters_f64(&config, &checkpoint, parameters) == DNC_OK);
    require(dnc_checkpoint_parameters_f32(&config, &checkpoint, rounded) == DNC_OK || checkpoint.bits == 64);
    if (checkpoint.symbol_kind != 0)
        require(dnc_checkpoint_symbols(&checkpoint, symbols) == DNC_OK);
    else
        require(symbol_count == 0 && dnc_checkpoint_symbols(&checkpoint, symbols) == DNC_ERROR_NULL_POINTER);
    for (size_t i = 0; i < count; i++)
        require(isfinite(parameters[i]));
    for (size_t i = 0; i < symbol_count; i++)
        require(symbols[i] <= 0x10ffff && (i == 0 || symbols[i] > symbols[i - 1]));
    write_again(&config, &checkpoint, checkpoint.symbol_kind == 0 ? NULL : symbols, parameters);
    free(parameters);
    free(rounded);
    free(symbols);
    return 0;
}
