/* Programs: in place of one way to make the interface vector, or the output, there are Pg, of which each step takes a mix. What it
 * takes is asked by U queries and their strengths, of the table of the programs' keys K (Pg, F):
 *
 *    [q^1 ; ... ; q^U ; b^1 ; ... ; b^U] = W_p h_t + b_p;    s^u = C(K, q^u, oneplus(b^u)),   C as in content.h
 *
 * Where the interface vector waits for the weightings they are found step by step, and else of all steps at once: here are those of
 * all lanes of `steps` steps from step t on. What is mixed by them is in mix.h. */

/* Queries and weightings of different lanes and steps follow one another, so that one lookup serves all. */
static inline lookup program_lookup_at(const dnc_plan *plan, REAL *workspace, size_t t, size_t steps) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    const size_t of_step = plan->B * s->U, first = t * of_step;
    return (lookup){.heads = steps * of_step,
                    .N = s->Pg,
                    .W = s->F,
                    .memory = workspace + o->program_keys,
                    .keys = workspace + o->program_queries + first * s->Fp,
                    .strengths = workspace + o->program_strengths + first,
                    .weightings = workspace + o->program_weightings + first * s->Pgp,
                    .tape = workspace + o->program_lookup + t * (of_step + 1) * s->Pgp};
}

/* (U, Pgp) of one lane of a step, row t B + b: its weightings; and the gradient at them, which a part puts there. */
static inline REAL *program_weightings_at(const dnc_plan *plan, REAL *workspace, size_t row) {
    return workspace + plan->workspace.program_weightings + row * plan->sizes.U * plan->sizes.Pgp;
}

static inline REAL *d_program_weightings_at(const dnc_plan *plan, REAL *workspace, size_t row) {
    return workspace + plan->workspace.d_program_weightings + row * plan->sizes.U * plan->sizes.Pgp;
}

static void program_keys_pack(const dnc_plan *plan, const REAL *parameters, REAL *workspace) {
    const dnc_sizes *s = &plan->sizes;
    REAL *const keys = workspace + plan->workspace.program_keys;
    memset(keys, 0, s->Pg * s->Fp * sizeof(REAL));
    copy_rows(s->Pg, s->F, parameters + plan->parameters.program_keys, s->F, keys, s->Fp);
}

static void programs_pack(const dnc_plan *plan, const REAL *parameters, REAL *workspace) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    const REAL *const weight = parameters + plan->parameters.program_weight;
    program_keys_pack(plan, parameters, workspace);
    pack(TRANSPOSED, s->O, s->query, weight, s->O, workspace + o->program_forward);
    pack(PLAIN, s->query, s->O, weight, s->O, workspace + o->program_backward);
    memset(workspace + o->d_program_keys, 0, s->Pg * s->Fp * sizeof(REAL)); /* to which every lookup adds */
}

/* From h after the steps to the weightings. */
static void programs_forward(const dnc_plan *plan, const REAL *parameters, REAL *workspace, size_t t, size_t steps) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    const size_t row = t * plan->B, rows = steps * plan->B, stride = dnc_row(s->query);
    const REAL *const z_after = workspace + o->z + (row + plan->B) * s->Zp;
    REAL *input = workspace + o->program_input + row * stride;
    REAL *query = workspace + o->program_queries + row * s->U * s->Fp;
    REAL *strength = workspace + o->program_strengths + row * s->U;
    fill_rows(rows, s->query, parameters + plan->parameters.program_bias, input, stride);
    if (dnc_is_segment(plan)) {
        packed_product(rows, s->query, s->O, z_after, s->Zp, workspace + o->program_forward, input, stride);
    } else {
        program_keys_pack(plan, parameters, workspace);
        product(plan->own_products, PLAIN, TRANSPOSED, rows, s->query, s->O, z_after, s->Zp,
                parameters + plan->parameters.program_weight, s->O, R(1.0), input, stride);
    }
    memset(query, 0, rows * s->U * s->Fp * sizeof(REAL));
    for (size_t i = 0; i < rows; i++, input += stride, query += s->U * s->Fp, strength += s->U) {
        copy_rows(s->U, s->F, input, s->F, query, s->Fp);
        for (size_t u = 0; u < s->U; u++)
            strength[u] = oneplus(input[s->U * s->F + u]);
    }
    const lookup of_all = program_lookup_at(plan, workspace, t, steps);
    content_forward(&of_all);
}

/* From the gradient at the weightings to that at h, in d_z. */
static void programs_backward(const dnc_plan *plan, REAL *workspace, size_t t, size_t steps) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    const size_t row = t * plan->B, rows = steps * plan->B, stride = dnc_row(s->query);
    const lookup of_all = program_lookup_at(plan, workspace, t, steps);
    REAL *const d_input = workspace + o->program_input + row * stride;
    REAL *const d_queries = workspace + o->d_program_queries + row * s->U * s->Fp;
    REAL *const d_strengths = workspace + o->d_program_strengths + row * s->U;
    const lookup_gradient to = {d_queries, d_strengths, NULL, workspace + o->d_program_keys};
    memset(d_queries, 0, rows * s->U * s->Fp * sizeof(REAL));
    memset(d_strengths, 0, rows * s->U * sizeof(REAL));
    content_backward(&of_all, d_program_weightings_at(plan, workspace, row), &to);
    for (size_t i = 0; i < rows; i++) {
        const size_t first = i * s->U;
        REAL *const d = d_input + i * stride;
        copy_rows(s->U, s->F, d_queries + first * s->Fp, s->Fp, d, s->F);
        for (size_t u = 0; u < s->U; u++)
            d[s->U * s->F + u] = d_strengths[first + u] * oneplus_slope(of_all.strengths[first + u]);
    }
    packed_product(rows, s->O, s->query, d_input, stride, workspace + o->program_backward, workspace + o->d_z + row * s->Kp,
                   s->Kp);
}

/* Of W_p, b_p and the keys, over all steps at once. */
static void programs_gradients(const dnc_plan *plan, const REAL *workspace, REAL *gradient) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    const dnc_parameter_offsets *p = &plan->parameters;
    const size_t rows = plan->T * plan->B, stride = dnc_row(s->query);
    const REAL *const d_input = workspace + o->program_input;
    add_rows(rows, s->query, d_input, stride, gradient + p->program_bias);
    product(plan->own_products, TRANSPOSED, PLAIN, s->query, s->O, rows, d_input, stride, workspace + o->z + plan->B * s->Zp,
            s->Zp, R(1.0), gradient + p->program_weight, s->O);
    for (size_t i = 0; i < s->Pg; i++)
        add_scaled(s->F, R(1.0), workspace + o->d_program_keys + i * s->Fp, gradient + p->program_keys + i * s->F);
}
