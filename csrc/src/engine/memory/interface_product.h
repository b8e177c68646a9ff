/* The interface vector as the controller gives it, of all lanes of a step: xi = W_xi h_t + b_xi; or with programs of it as many of
 * these, which are mixed. */

static void interface_pack(const dnc_plan *plan, const REAL *parameters, REAL *workspace) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    const dnc_parameter_offsets *p = &plan->parameters;
    pack(TRANSPOSED, s->O, s->J, parameters + p->interface_weight, s->O, workspace + o->interface_forward);
    pack(PLAIN, s->J, s->O, parameters + p->interface_weight, s->O, workspace + o->interface_backward);
    if (s->has_interface_norm)
        memcpy(workspace + o->interface_norm, parameters + p->interface_scale, s->I * sizeof(REAL));
    if (s->mixes_interface)
        programs_pack(plan, parameters, workspace);
}

static void interface_product(const dnc_plan *plan, const REAL *parameters, REAL *workspace, size_t t) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    const dnc_parameter_offsets *p = &plan->parameters;
    const size_t B = plan->B, row = t * B;
    const REAL *const z_after = workspace + o->z + (row + B) * s->Zp;
    REAL *const u = workspace + o->interface_products + row * s->Jp;
    fill_rows(B, s->J, parameters + p->interface_bias, u, s->Jp);
    if (dnc_is_segment(plan))
        packed_product(B, s->J, s->O, z_after, s->Zp, workspace + o->interface_forward, u, s->Jp);
    else
        product(plan->own_products, PLAIN, TRANSPOSED, B, s->J, s->O, z_after, s->Zp, parameters + p->interface_weight, s->O,
                R(1.0), u, s->Jp);
    if (!s->mixes_interface)
        return;
    programs_forward(plan, parameters, workspace, t, 1);
    for (size_t b = 0; b < B; b++)
        mix_forward(s->Pg, s->I, program_weightings_at(plan, workspace, row + b), u + b * s->Jp, s->I,
                    workspace + o->interface_input + (row + b) * s->Ip);
}

/* From the gradient there to that at h, in d_z. */
static void interface_product_backward(const dnc_plan *plan, REAL *workspace, size_t t) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    const size_t B = plan->B, row = t * B;
    REAL *const u = workspace + o->interface_products + row * s->Jp;
    if (s->mixes_interface) {
        for (size_t b = 0; b < B; b++)
            mix_backward(s->Pg, s->I, program_weightings_at(plan, workspace, row + b),
                         workspace + o->interface_input + (row + b) * s->Ip, u + b * s->Jp, s->I,
                         d_program_weightings_at(plan, workspace, row + b));
        programs_backward(plan, workspace, t, 1);
    }
    packed_product(B, s->O, s->J, u, s->Jp, workspace + o->interface_backward, workspace + o->d_z + row * s->Kp, s->Kp);
}

/* Of W_xi, b_xi and the norm, over all steps at once. */
static void interface_gradients(const dnc_plan *plan, const REAL *workspace, REAL *gradient) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    const dnc_parameter_offsets *p = &plan->parameters;
    const size_t rows = plan->T * plan->B;
    const REAL *const d = workspace + o->interface_products;
    add_rows(rows, s->J, d, s->Jp, gradient + p->interface_bias);
    product(plan->own_products, TRANSPOSED, PLAIN, s->J, s->O, rows, d, s->Jp, workspace + o->z + plan->B * s->Zp, s->Zp,
            R(1.0), gradient + p->interface_weight, s->O);
    if (s->has_interface_norm)
        norm_gradients(rows, s->I, workspace + o->interface_normal, workspace + o->d_interface_normed,
                       gradient + p->interface_scale, gradient + p->interface_shift);
    if (s->mixes_interface)
        programs_gradients(plan, workspace, gradient);
}
