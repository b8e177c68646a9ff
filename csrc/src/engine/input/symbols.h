/* Symbols read, and the bias: W_ih's columns of all symbols of a step, added.
 *
 * symbol_columns has these columns as rows (V + 1, Gp), and the bias as the last, which is taken where there is no symbol. With one
 * symbol a step the bias is in each of the others, too, so that a step takes one row; with more it is added to them. */

static void symbols_pack(const dnc_plan *plan, const REAL *parameters, REAL *workspace) {
    const dnc_sizes *s = &plan->sizes;
    const size_t V = s->V, G = s->G, Gp = s->Gp;
    const REAL *const bias = parameters + plan->parameters.bias;
    REAL *const columns = workspace + plan->workspace.symbol_columns;
    transpose(false, G, V, parameters + plan->parameters.weight_ih, s->VD + s->RW, columns, Gp);
    if (s->S == 1)
        for (size_t v = 0; v < V; v++)
            add_scaled(G, R(1.0), bias, columns + v * Gp);
    memcpy(columns + V * Gp, bias, G * sizeof(REAL));
}

/* The symbol read in one of a step's places, or V. */
static inline size_t row_of(const dnc_sizes *s, const int32_t *symbols, size_t place) {
    return symbols[place] == DNC_NO_SYMBOL ? s->V : (size_t)symbols[place];
}

/* The pre-activations of step t as far as they depend on the symbols. */
static void symbols_forward(const dnc_plan *plan, const dnc_segment *segment, REAL *workspace, size_t t) {
    const dnc_sizes *s = &plan->sizes;
    const size_t G = s->G, Gp = s->Gp;
    const REAL *const columns = workspace + plan->workspace.symbol_columns;
    for (size_t b = 0; b < plan->B; b++) {
        const size_t now = t * plan->B + b;
        REAL *const gates = workspace + plan->workspace.gates + now * Gp;
        memcpy(gates, columns + (s->S == 1 ? row_of(s, segment->inputs, now) : s->V) * Gp, G * sizeof(REAL));
        if (s->S > 1)
            for (size_t i = 0; i < s->S; i++)
                if (segment->inputs[now * s->S + i] != DNC_NO_SYMBOL)
                    add_scaled(G, R(1.0), columns + (size_t)segment->inputs[now * s->S + i] * Gp, gates);
    }
}

/* The same of a single step, from the parameters as they lie. */
static void symbols_step(const dnc_plan *plan, const REAL *parameters, const dnc_segment *segment, REAL *workspace) {
    const dnc_sizes *s = &plan->sizes;
    const REAL *const weights = parameters + plan->parameters.weight_ih;
    for (size_t b = 0; b < plan->B; b++) {
        REAL *const gates = workspace + plan->workspace.gates + b * s->Gp;
        memcpy(gates, parameters + plan->parameters.bias, s->G * sizeof(REAL));
        for (size_t i = 0; i < s->S; i++)
            if (segment->inputs[b * s->S + i] != DNC_NO_SYMBOL)
                for (size_t g = 0; g < s->G; g++)
                    gates[g] += weights[g * (s->VD + s->RW) + (size_t)segment->inputs[b * s->S + i]];
    }
}

/* The gradient of the columns and of the bias, from that at the pre-activations of all steps. */
static void symbols_gradients(const dnc_plan *plan, const dnc_segment *segment, REAL *workspace, REAL *gradient) {
    const dnc_sizes *s = &plan->sizes;
    const size_t V = s->V, G = s->G, Gp = s->Gp;
    const REAL *const d_gates = workspace + plan->workspace.gates;
    REAL *const d_columns = workspace + plan->workspace.symbol_columns;
    memset(d_columns, 0, (V + 1) * Gp * sizeof(REAL));
    for (size_t now = 0; now < plan->T * plan->B; now++) {
        if (s->S != 1)
            add_scaled(G, R(1.0), d_gates + now * Gp, d_columns + V * Gp);
        for (size_t i = 0; i < s->S; i++)
            if (s->S == 1 || segment->inputs[now * s->S + i] != DNC_NO_SYMBOL)
                add_scaled(G, R(1.0), d_gates + now * Gp, d_columns + row_of(s, segment->inputs, now * s->S + i) * Gp);
    }
    for (size_t v = s->S == 1 ? 0 : V; v <= V; v++)
        add_scaled(G, R(1.0), d_columns + v * Gp, gradient + plan->parameters.bias);
    transpose(true, V, G, d_columns, Gp, gradient + plan->parameters.weight_ih, s->VD + s->RW);
}
