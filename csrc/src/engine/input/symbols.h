/* Symbols read, and the bias, for layer l: W_ih's columns of all symbols of a step, added.
 *
 * symbol_columns has these columns as rows (V + 1, Ap), and the bias as the last, which is taken where there is no symbol. With one
 * symbol a step the bias is in each of the others, too, so that a step takes one row; with more it is added to them. */

static inline REAL *symbol_columns_of(const dnc_plan *plan, REAL *workspace, size_t l) {
    return workspace + plan->workspace.symbol_columns + l * (plan->sizes.V + 1) * plan->sizes.Ap;
}

static void symbols_pack(const dnc_plan *plan, const REAL *parameters, REAL *workspace, size_t l) {
    const dnc_sizes *s = &plan->sizes;
    const size_t V = s->V, G = s->G, A = s->A, Ap = s->Ap;
    REAL *const columns = symbol_columns_of(plan, workspace, l), *const bias = columns + V * Ap;
    begin_gates(plan, parameters, l, bias);
    transpose(false, G, V, parameters + plan->parameters.layers[l].weight_ih, s->VD + reads_of(s, l), columns, Ap);
    for (size_t v = 0; A > G && v < V; v++) /* what is apart sees no symbols */
        memset(columns + v * Ap + G, 0, (A - G) * sizeof(REAL));
    if (s->S == 1)
        for (size_t v = 0; v < V; v++)
            add_scaled(A, R(1.0), bias, columns + v * Ap);
}

/* The symbol read in one of a step's places, or V. */
static inline size_t row_of(const dnc_sizes *s, const int32_t *symbols, size_t place) {
    return symbols[place] == DNC_NO_SYMBOL ? s->V : (size_t)symbols[place];
}

/* The pre-activations of step t as far as they depend on the symbols. */
static void symbols_forward(const dnc_plan *plan, const dnc_segment *segment, REAL *workspace, size_t l, size_t t) {
    const dnc_sizes *s = &plan->sizes;
    const size_t A = s->A, Ap = s->Ap;
    const REAL *const columns = symbol_columns_of(plan, workspace, l);
    for (size_t b = 0; b < plan->B; b++) {
        const size_t now = t * plan->B + b;
        REAL *const gates = gates_at(plan, workspace, l, t) + b * Ap;
        memcpy(gates, columns + (s->S == 1 ? row_of(s, segment->inputs, now) : s->V) * Ap, A * sizeof(REAL));
        if (s->S > 1)
            for (size_t i = 0; i < s->S; i++)
                if (segment->inputs[now * s->S + i] != DNC_NO_SYMBOL)
                    add_scaled(A, R(1.0), columns + (size_t)segment->inputs[now * s->S + i] * Ap, gates);
    }
}

/* The same of a single step, from the parameters as they lie. */
static void symbols_step(const dnc_plan *plan, const REAL *parameters, const dnc_segment *segment, REAL *workspace,
                         size_t l) {
    const dnc_sizes *s = &plan->sizes;
    const REAL *const weights = parameters + plan->parameters.layers[l].weight_ih;
    for (size_t b = 0; b < plan->B; b++) {
        REAL *const gates = gates_at(plan, workspace, l, 0) + b * s->Ap;
        begin_gates(plan, parameters, l, gates);
        for (size_t i = 0; i < s->S; i++)
            if (segment->inputs[b * s->S + i] != DNC_NO_SYMBOL)
                for (size_t g = 0; g < s->G; g++)
                    gates[g] += weights[g * (s->VD + s->RW) + (size_t)segment->inputs[b * s->S + i]];
    }
}

/* The gradient of the columns and of the bias, from that at the pre-activations of all steps. */
static void symbols_gradients(const dnc_plan *plan, const dnc_segment *segment, REAL *workspace, size_t l, REAL *gradient) {
    const dnc_sizes *s = &plan->sizes;
    const size_t V = s->V, G = s->G, A = s->A, Ap = s->Ap;
    const REAL *const d_gates = gates_at(plan, workspace, l, 0);
    REAL *const d_columns = symbol_columns_of(plan, workspace, l);
    memset(d_columns, 0, (V + 1) * Ap * sizeof(REAL));
    for (size_t now = 0; now < plan->T * plan->B; now++) {
        if (s->S != 1)
            add_scaled(A, R(1.0), d_gates + now * Ap, d_columns + V * Ap);
        for (size_t i = 0; i < s->S; i++)
            if (s->S == 1 || segment->inputs[now * s->S + i] != DNC_NO_SYMBOL)
                add_scaled(A, R(1.0), d_gates + now * Ap, d_columns + row_of(s, segment->inputs, now * s->S + i) * Ap);
    }
    for (size_t v = s->S == 1 ? 0 : V; v <= V && !s->has_gate_norm; v++)
        add_scaled(A, R(1.0), d_columns + v * Ap, gradient + plan->parameters.layers[l].bias);
    transpose(true, V, G, d_columns, Ap, gradient + plan->parameters.layers[l].weight_ih, s->VD + reads_of(s, l));
}
