/* The backward layer of a bidirectional controller (Franke, Niehues & Waibel 2018): one more layer of the same kind, behind those of the
 * stack, whose time runs the other way, from the end of each episode to its beginning. It reads x alone:
 *
 *    a = W_ih x_t + W_hh hb_(t+1) + b,   hb and c behind the end: 0;   h_t = [h^0_t ; ... ; h^(L-1)_t ; hb_t]
 *
 * so that it can be run before all else, and its gradient waits for all else. hb_t is where the other h_t are, in z_(t+1). */

static void bidirectional_forward(const controller_part *controller, const dnc_plan *plan, const REAL *parameters,
                                  const dnc_segment *segment, REAL *workspace, stopwatch *watch) {
    const dnc_sizes *s = &plan->sizes;
    for (size_t b = 0; b < plan->B; b++) /* before the segment it is nowhere, which the record shows as zeros */
        memset(workspace + plan->workspace.z + b * s->Zp + s->stack * s->H, 0, s->H * sizeof(REAL));
    layer_ahead(plan, segment, workspace, s->stack, watch);
    for (size_t t = plan->T; t-- > 0;)
        layer_forward(controller, plan, parameters, segment, workspace, s->stack, t, watch);
}

static void bidirectional_backward(const controller_part *controller, const dnc_plan *plan, const dnc_segment *segment,
                                   REAL *workspace, stopwatch *watch) {
    const dnc_sizes *s = &plan->sizes;
    for (size_t t = 0; t < plan->T; t++) {
        /* No gradient comes to the cell after an episode's first step, which nobody reads. */
        for (size_t b = 0; s->has_cell && b < plan->B; b++)
            if (t == 0 || begins_at(plan, segment, t, b))
                memset(layer_gradient_at(plan, segment, workspace, s->stack, t, b).cell, 0, s->Hp * sizeof(REAL));
        layer_backward(controller, plan, segment, workspace, s->stack, t, watch);
    }
}
