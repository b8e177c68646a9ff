/* Template: included by api.c once for each precision, with REAL and FN(name) defined. */

dnc_status FN(dnc_step_workspace)(const dnc_config *config, const dnc_run *run, size_t *bytes) {
    return workspace_size(config, run, DNC_PURPOSE_STEP, sizeof(REAL), bytes);
}

/* The plan has been made, so that its instruction set is here. */
static const FN(dnc_engine) * FN(engine)(const dnc_plan *plan) {
    switch (dnc_resolve_isa(plan->run.isa)) {
#if DNC_X86
    case DNC_ISA_AVX512: return &FN(dnc_engine_avx512);
    case DNC_ISA_AVX2: return &FN(dnc_engine_avx2);
#endif
    default: return &FN(dnc_engine_base);
    }
}

dnc_status FN(dnc_initial_state)(const dnc_config *config, int32_t lanes, REAL *state) {
    if (state == NULL)
        return DNC_ERROR_NULL_POINTER;
    const dnc_run run = dnc_run_of(1, lanes);
    dnc_plan plan;
    const dnc_status status = dnc_plan_make(config, &run, DNC_PURPOSE_SEGMENT, &plan);
    if (status != DNC_OK)
        return status;
    const float_mode mode = set_float_mode(FLUSH_DENORMALS);
    for (size_t b = 0; b < plan.B; b++)
        FN(engine)(&plan)->begin_lane(&plan, state + b * plan.state.count);
    restore_float_mode(mode);
    return DNC_OK;
}

#ifndef DNC_INFERENCE_ONLY

dnc_status FN(dnc_segment_workspace)(const dnc_config *config, const dnc_run *run, size_t *bytes) {
    return workspace_size(config, run, DNC_PURPOSE_SEGMENT, sizeof(REAL), bytes);
}

dnc_status FN(dnc_forward)(const dnc_config *config, const dnc_run *run, const REAL *parameters, const dnc_segment *segment,
                           REAL *state, void *workspace, size_t workspace_bytes, dnc_loss *loss) {
    if (parameters == NULL || state == NULL)
        return DNC_ERROR_NULL_POINTER;
    dnc_plan plan;
    own_segment own;
    dnc_status status = dnc_struct_check(loss, DNC_LEAST_LOSS, sizeof *loss);
    if (status == DNC_OK)
        status =
            take_segment(config, run, segment, DNC_PURPOSE_SEGMENT, workspace, workspace_bytes, sizeof(REAL), &plan, &own);
    if (status != DNC_OK)
        return status;
    dnc_loss sum;
    const float_mode mode = set_float_mode(FLUSH_DENORMALS);
    FN(engine)(&plan)->forward(&plan, parameters, &own.segment, state, workspace, &sum);
    restore_float_mode(mode);
    dnc_struct_give(loss, &sum);
    const workspace_header header = header_for(&plan, sizeof(REAL));
    memcpy(workspace, &header, sizeof header);
    return DNC_OK;
}

dnc_status FN(dnc_backward)(const dnc_config *config, const dnc_run *run, const dnc_segment *segment, void *workspace,
                            size_t workspace_bytes, REAL scale, REAL *gradient) {
    if (gradient == NULL)
        return DNC_ERROR_NULL_POINTER;
    dnc_plan plan;
    own_segment own;
    const dnc_status status =
        take_segment(config, run, segment, DNC_PURPOSE_SEGMENT, workspace, workspace_bytes, sizeof(REAL), &plan, &own);
    if (status != DNC_OK)
        return status;
    const workspace_header header = header_for(&plan, sizeof(REAL));
    if (memcmp(workspace, &header, sizeof header) != 0)
        return DNC_ERROR_NO_FORWARD;
    memset(workspace, 0, sizeof header);
    const float_mode mode = set_float_mode(FLUSH_DENORMALS);
    FN(engine)(&plan)->backward(&plan, &own.segment, workspace, scale, gradient);
    restore_float_mode(mode);
    return DNC_OK;
}

dnc_status FN(dnc_record)(const dnc_config *config, const dnc_run *run, const void *workspace, size_t workspace_bytes,
                          size_t index, REAL *values) {
    if (values == NULL)
        return DNC_ERROR_NULL_POINTER;
    dnc_plan plan;
    dnc_record_view view;
    dnc_status status = dnc_plan_make(config, run, DNC_PURPOSE_SEGMENT, &plan);
    if (status == DNC_OK)
        status = check_workspace(&plan, workspace, workspace_bytes, sizeof(REAL));
    if (status == DNC_OK)
        status = dnc_record_view_make(config, run, index, &view);
    if (status != DNC_OK)
        return status;
    const workspace_header header = header_for(&plan, sizeof(REAL));
    if (memcmp(workspace, &header, sizeof header) != 0)
        return DNC_ERROR_NO_FORWARD;
    const REAL *from = (const REAL *)workspace + view.offset;
    for (size_t entry = 0; entry < view.entries; entry++, from += view.entry_stride)
        for (size_t row = 0; row < view.rows; row++, values += view.length)
            memcpy(values, from + row * view.row_stride, view.length * sizeof(REAL));
    return DNC_OK;
}

#endif

dnc_status FN(dnc_step)(const dnc_config *config, const dnc_run *run, const REAL *parameters, const dnc_segment *segment,
                        REAL *state, void *workspace, size_t workspace_bytes, REAL *outputs) {
    if (parameters == NULL || state == NULL || outputs == NULL)
        return DNC_ERROR_NULL_POINTER;
    dnc_plan plan;
    own_segment own;
    const dnc_status status =
        take_segment(config, run, segment, DNC_PURPOSE_STEP, workspace, workspace_bytes, sizeof(REAL), &plan, &own);
    if (status != DNC_OK)
        return status;
    memset(workspace, 0, sizeof(workspace_header)); /* whatever forward pass was there is overwritten */
    const float_mode mode = set_float_mode(FLUSH_DENORMALS);
    FN(engine)(&plan)->step(&plan, parameters, &own.segment, state, workspace, outputs);
    restore_float_mode(mode);
    return DNC_OK;
}
