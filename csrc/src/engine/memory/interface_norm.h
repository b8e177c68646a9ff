/* What is done to the interface vector before it is squashed, one lane: it is normalised over all its I numbers, as in the ADNC
 * (Franke, Niehues & Waibel 2018), and cut to a range, as in the code of DeepMind and of Csordas. */

static void interface_norm_forward(const dnc_plan *plan, const REAL *parameters, REAL *workspace, size_t row) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    norm_forward(s->I, parameters + plan->parameters.interface_scale, parameters + plan->parameters.interface_shift,
                 workspace + o->interface_input + row * s->Ip,
                 workspace + o->interface_normal + row * norm_tape_length(s->I));
}

static void interface_norm_backward(const dnc_plan *plan, REAL *workspace, size_t row) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    norm_backward(s->I, workspace + o->interface_norm, workspace + o->interface_input + row * s->Ip,
                  workspace + o->interface_normal + row * norm_tape_length(s->I),
                  workspace + o->d_interface_normed + row * s->Ip);
}

/* ---- The interface vector of one lane of a step, row t B + b ----------------------------------------------------------- */

/* From what the controller gives to the parsed vector. */
static void interface_row_forward(const dnc_plan *plan, const REAL *parameters, REAL *workspace, size_t row) {
    REAL *const xi = workspace + plan->workspace.interface_input + row * plan->sizes.Ip;
    if (plan->sizes.has_interface_norm)
        interface_norm_forward(plan, parameters, workspace, row);
    if (plan->config.interface_clip > 0.0f)
        clip_forward(plan->sizes.I, (REAL)plan->config.interface_clip, xi);
    interface_forward(plan, xi, workspace + plan->workspace.interface + row * plan->sizes.Xp);
}

/* From the gradient in d_interface to that at what the controller gave, in its place. */
static void interface_row_backward(const dnc_plan *plan, REAL *workspace, size_t row) {
    const dnc_workspace_offsets *o = &plan->workspace;
    const REAL limit = (REAL)plan->config.interface_clip;
    const REAL *const parsed = workspace + o->interface + row * plan->sizes.Xp, *const d = workspace + o->d_interface;
    REAL *const xi = workspace + o->interface_input + row * plan->sizes.Ip, *const cut = workspace + o->interface_cut;
    if (limit > R(0.0))
        memcpy(cut, xi, plan->sizes.I * sizeof(REAL));
    interface_backward(plan, parsed, d, xi);
    if (limit > R(0.0))
        clip_backward(plan->sizes.I, limit, cut, xi);
    if (plan->sizes.has_interface_norm)
        interface_norm_backward(plan, workspace, row);
}
