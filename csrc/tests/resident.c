// The memory of a process that runs a model of a megabyte, and does nothing else: with the library for inference alone, linked
// statically.
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "dnc.h"

enum { STEPS = 1000, MOST_BYTES = 2100000 };

// The process' largest resident memory until now, as Linux counts it; 0 where that cannot be read.
static long resident_bytes(void) {
    long kibibytes = 0;
    char line[128];
    FILE *status = fopen("/proc/self/status", "r");
    while (status != NULL && kibibytes == 0 && fgets(line, sizeof line, status) != NULL)
        if (strncmp(line, "VmHWM:", 6) == 0)
            kibibytes = strtol(line + 6, NULL, 10);
    if (status != NULL)
        fclose(status);
    return kibibytes * 1024;
}

int main(void) {
    dnc_config config;
    CHECK_EQUAL(dnc_config_init_text(&config, 65), DNC_OK);
    config.hidden = 198, config.memory = DNC_MEMORY_DNC, config.slots = 16, config.width = 16, config.read_heads = 1;
    const dnc_run run = dnc_run_of(1, 1);
    size_t parameter_count, state_count, bytes;
    CHECK_EQUAL(dnc_parameter_count(&config, &parameter_count), DNC_OK);
    CHECK_EQUAL(dnc_state_count(&config, &state_count), DNC_OK);
    CHECK_EQUAL(dnc_step_workspace_f32(&config, &run, &bytes), DNC_OK);
    CHECK_EQUAL(parameter_count, 250063);
    float *parameters = malloc(parameter_count * sizeof *parameters), *state = calloc(state_count, sizeof *state);
    void *workspace = aligned_alloc(DNC_ALIGNMENT, bytes);
    if (parameters == NULL || state == NULL || workspace == NULL)
        return EXIT_FAILURE;

    CHECK_EQUAL(dnc_initialize_f32(&config, 1, parameters), DNC_OK);
    dnc_random random;
    CHECK_EQUAL(dnc_random_seed(&random, 1), DNC_OK);
    int32_t symbol = 0;
    const dnc_segment step = {.struct_size = sizeof step, .inputs = &symbol};
    for (int i = 0; i < STEPS; i++) {
        float logits[65];
        dnc_candidate candidates[65];
        CHECK_EQUAL(dnc_step_f32(&config, &run, parameters, &step, state, workspace, bytes, logits), DNC_OK);
        CHECK_EQUAL(dnc_draw_f32(logits, 65, 1, 0, &random, candidates, &symbol), DNC_OK);
    }
    config.bidirectional = 1; // which there are no single steps of
    const char *const problem = dnc_config_problem(&config);
    CHECK(problem != NULL && strncmp(problem, "bidirectional must be 0", 23) == 0);
    const long resident = resident_bytes();
    printf("%zu kB of parameters, %ld kB resident\n", parameter_count * sizeof *parameters / 1000, resident / 1000);
    CHECK(resident > 0);
    CHECK(resident < MOST_BYTES);
    free(parameters), free(state), free(workspace);
    return check_report();
}
