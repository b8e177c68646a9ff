/* The public compute calls: every argument is checked here, so that the engine may trust them. */
#include "engine.h"

#include "callers_struct.h"

#include <string.h>

/* At the beginning of a workspace after forward: what backward must be called with. */
typedef struct workspace_header {
    char magic[8];
    dnc_config config;
    int32_t steps, batch, element;
} workspace_header;

_Static_assert(sizeof(workspace_header) <= DNC_WORKSPACE_HEADER * sizeof(float), "the header must fit its place");

static bool symbols_in_range(const int32_t *symbols, size_t count, int32_t lowest, int32_t end) {
    for (size_t i = 0; i < count; i++)
        if (symbols[i] < lowest || symbols[i] >= end)
            return false;
    return true;
}

static dnc_status workspace_size(const dnc_config *config, int32_t steps, int32_t batch, dnc_purpose purpose, size_t element,
                                 size_t *bytes) {
    if (bytes == NULL)
        return DNC_ERROR_NULL_POINTER;
    dnc_plan plan;
    const dnc_status status = dnc_plan_make(config, steps, batch, purpose, &plan);
    if (status == DNC_OK)
        *bytes = plan.workspace.count * element;
    return status;
}

static dnc_status check_workspace(const dnc_plan *plan, const void *workspace, size_t bytes, size_t element) {
    if (workspace == NULL)
        return DNC_ERROR_NULL_POINTER;
    if ((uintptr_t)workspace % DNC_ALIGNMENT != 0)
        return DNC_ERROR_MISALIGNED;
    return bytes < plan->workspace.count * element ? DNC_ERROR_WORKSPACE_TOO_SMALL : DNC_OK;
}

#ifndef DNC_INFERENCE_ONLY

static const char forward_done[8] = "dncforw";

static workspace_header header_for(const dnc_plan *plan, size_t element) {
    workspace_header header = {
        .config = plan->config, .steps = (int32_t)plan->T, .batch = (int32_t)plan->B, .element = (int32_t)element};
    memcpy(header.magic, forward_done, sizeof forward_done);
    return header;
}

/* Copies a caller's segment, with all checks. */
static dnc_status take_segment(const dnc_config *config, const dnc_segment *callers, const void *workspace, size_t bytes,
                               size_t element, dnc_plan *plan, dnc_segment *segment) {
    dnc_status status = dnc_struct_take(segment, callers, DNC_LEAST_SEGMENT, sizeof *segment);
    if (status == DNC_OK && (segment->inputs == NULL || segment->targets == NULL))
        status = DNC_ERROR_NULL_POINTER;
    if (status == DNC_OK)
        status = dnc_plan_make(config, segment->steps, segment->batch, DNC_PURPOSE_SEGMENT, plan);
    if (status == DNC_OK)
        status = check_workspace(plan, workspace, bytes, element);
    if (status != DNC_OK)
        return status;
    const size_t count = plan->T * plan->B;
    return symbols_in_range(segment->inputs, count, 0, plan->config.symbols) &&
                   symbols_in_range(segment->targets, count, DNC_NO_TARGET, plan->config.symbols)
               ? DNC_OK
               : DNC_ERROR_SYMBOL_RANGE;
}

#endif

#define REAL float
#define FN(name) name##_f32
#include "api_template.h"
#undef REAL
#undef FN

#ifndef DNC_INFERENCE_ONLY
#define REAL double
#define FN(name) name##_f64
#include "api_template.h"
#endif
