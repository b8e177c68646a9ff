/* The public compute calls: every argument is checked here, so that the engine may trust them. */
#include "engine.h"

#include "callers_struct.h"

#include <string.h>

/* At the beginning of a workspace after forward: what backward must be called with. */
typedef struct workspace_header {
    char magic[8];
    dnc_config config;
    dnc_run run;
    int32_t element;
} workspace_header;

_Static_assert(sizeof(workspace_header) <= DNC_WORKSPACE_HEADER * sizeof(float), "the header must fit its place");

static bool symbols_in_range(const int32_t *symbols, size_t count, int32_t lowest, int32_t end) {
    for (size_t i = 0; i < count; i++)
        if (symbols[i] < lowest || symbols[i] >= end)
            return false;
    return true;
}

static dnc_status workspace_size(const dnc_config *config, const dnc_run *run, dnc_purpose purpose, size_t element,
                                 size_t *bytes) {
    if (bytes == NULL)
        return DNC_ERROR_NULL_POINTER;
    dnc_plan plan;
    const dnc_status status = dnc_plan_make(config, run, purpose, &plan);
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
    workspace_header header;
    memset(&header, 0, sizeof header); /* padding, too: it is compared by its bytes */
    header.config = plan->config;
    header.run = plan->run;
    header.element = (int32_t)element;
    memcpy(header.magic, forward_done, sizeof forward_done);
    return header;
}

#endif

/* Whether all of a step's inputs are there and in range. */
static dnc_status check_inputs(const dnc_plan *plan, const dnc_segment *segment) {
    const dnc_sizes *const s = &plan->sizes;
    const size_t rows = plan->T * plan->B;
    if ((s->S > 0 && segment->inputs == NULL) || (s->D > 0 && segment->input_vectors == NULL))
        return DNC_ERROR_NULL_POINTER;
    if (s->S > 0 && !symbols_in_range(segment->inputs, rows * s->S, DNC_NO_SYMBOL, plan->config.input_symbols))
        return DNC_ERROR_SYMBOL_RANGE;
    for (size_t i = 0; segment->begins != NULL && i < rows; i++)
        if (segment->begins[i] > 1)
            return DNC_ERROR_SYMBOL_RANGE;
    return DNC_OK;
}

/* Likewise its targets. Numbers that are not finite show in the loss. */
static dnc_status check_targets(const dnc_plan *plan, const dnc_segment *segment) {
    const size_t rows = plan->T * plan->B;
    if (plan->config.output != DNC_OUTPUT_SYMBOLS)
        return segment->target_vectors == NULL ? DNC_ERROR_NULL_POINTER : DNC_OK;
    if (segment->targets == NULL)
        return DNC_ERROR_NULL_POINTER;
    return symbols_in_range(segment->targets, rows * plan->sizes.Q, DNC_NO_TARGET, plan->config.output_size)
               ? DNC_OK
               : DNC_ERROR_SYMBOL_RANGE;
}

/* A caller's segment, and what it points to that begins with a struct_size. */
typedef struct own_segment {
    dnc_segment segment;
    dnc_dropout dropout;
} own_segment;

/* Copies its dropout, if it has any. */
static dnc_status take_dropout(own_segment *own) {
    dnc_dropout *const dropout = &own->dropout;
    if (own->segment.dropout == NULL)
        return DNC_OK;
    const dnc_status status = dnc_struct_take(dropout, own->segment.dropout, DNC_LEAST_DROPOUT, sizeof *dropout);
    if (status != DNC_OK)
        return status;
#define CHECK_RATE(place, rate)                                                                                             \
    if (!(dropout->rate >= 0.0f && dropout->rate < 1.0f))                                                                   \
        return DNC_ERROR_DROPOUT;
    DNC_DROPOUT_PLACES(CHECK_RATE)
#undef CHECK_RATE
    own->segment.dropout = dropout;
    return DNC_OK;
}

/* Copies a caller's segment, with all checks. */
static dnc_status take_segment(const dnc_config *config, const dnc_run *run, const dnc_segment *callers, dnc_purpose purpose,
                               const void *workspace, size_t bytes, size_t element, dnc_plan *plan, own_segment *own) {
    dnc_segment *const segment = &own->segment;
    dnc_status status = dnc_struct_take(segment, callers, DNC_LEAST_SEGMENT, sizeof *segment);
    if (status == DNC_OK && purpose == DNC_PURPOSE_SEGMENT)
        status = take_dropout(own);
    if (status == DNC_OK)
        status = dnc_plan_make(config, run, purpose, plan);
    if (status == DNC_OK)
        status = check_workspace(plan, workspace, bytes, element);
    if (status == DNC_OK)
        status = check_inputs(plan, segment);
    if (status == DNC_OK && purpose == DNC_PURPOSE_SEGMENT)
        status = check_targets(plan, segment);
    return status;
}

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
