/* What is done to the interface vector before it is squashed, one lane: it is normalised over all its I numbers, as in the ADNC
 * (Franke, Niehues & Waibel 2018), and cut to a range, as in the code of DeepMind and of Csordas.
 *
 *    n = (a - mean a) / sqrt(var a + eps),   xi = s o n + b,   eps = DNC_NORM_EPSILON */

typedef struct norm_rows {
    REAL *interface; /* (I) a; after forward xi; in backward the gradient at xi, then that at a */
    REAL *normal;    /* (Ip + DNC_ROW) n, and behind it 1 / sqrt(var a + eps); after backward the gradient at s */
    REAL *d_normed;  /* (Ip) after backward the gradient at b */
} norm_rows;

static inline norm_rows norm_rows_at(const dnc_plan *plan, REAL *workspace, size_t row) {
    const size_t Ip = plan->sizes.Ip;
    const dnc_workspace_offsets *o = &plan->workspace;
    return (norm_rows){.interface = workspace + o->interface_input + row * Ip,
                       .normal = workspace + o->interface_normal + row * (Ip + DNC_ROW),
                       .d_normed = workspace + o->d_interface_normed + row * Ip};
}

static void norm_forward(const dnc_plan *plan, const REAL *parameters, REAL *workspace, size_t row) {
    const size_t I = plan->sizes.I;
    const norm_rows at = norm_rows_at(plan, workspace, row);
    const REAL *const scale = parameters + plan->parameters.interface_scale;
    const REAL *const shift = parameters + plan->parameters.interface_shift;
    REAL mean = R(0.0), variance = R(0.0);
    for (size_t i = 0; i < I; i++)
        mean += at.interface[i] / (REAL)I;
    for (size_t i = 0; i < I; i++)
        variance += (at.interface[i] - mean) * (at.interface[i] - mean) / (REAL)I;
    const REAL inverse = R(1.0) / SQRT(variance + (REAL)DNC_NORM_EPSILON);
    at.normal[plan->sizes.Ip] = inverse;
    for (size_t i = 0; i < I; i++) {
        at.normal[i] = (at.interface[i] - mean) * inverse;
        at.interface[i] = scale[i] * at.normal[i] + shift[i];
    }
}

/* dn = dxi o s;   da = (dn - mean dn - n mean(dn o n)) / sqrt(var a + eps);   ds = dxi o n, db = dxi, to be summed by norm_gradients */
static void norm_backward(const dnc_plan *plan, REAL *workspace, size_t row) {
    const size_t I = plan->sizes.I;
    const norm_rows at = norm_rows_at(plan, workspace, row);
    const REAL *const scale = workspace + plan->workspace.interface_norm, inverse = at.normal[plan->sizes.Ip];
    REAL mean = R(0.0), along = R(0.0);
    for (size_t i = 0; i < I; i++) {
        const REAL d = at.interface[i] * scale[i];
        mean += d / (REAL)I;
        along += d * at.normal[i] / (REAL)I;
    }
    for (size_t i = 0; i < I; i++) {
        const REAL d = at.interface[i], n = at.normal[i];
        at.interface[i] = (d * scale[i] - mean - n * along) * inverse;
        at.normal[i] = d * n;
        at.d_normed[i] = d;
    }
}

static void norm_gradients(const dnc_plan *plan, const REAL *workspace, REAL *gradient) {
    const size_t rows = plan->T * plan->B, I = plan->sizes.I, Ip = plan->sizes.Ip;
    add_rows(rows, I, workspace + plan->workspace.interface_normal, Ip + DNC_ROW,
             gradient + plan->parameters.interface_scale);
    add_rows(rows, I, workspace + plan->workspace.d_interface_normed, Ip, gradient + plan->parameters.interface_shift);
}

/* Numbers beyond +- limit become that, in place; no gradient passes there. */
static void clip_forward(size_t n, REAL limit, REAL *x) {
    for (size_t i = 0; i < n; i++)
        x[i] = x[i] > limit ? limit : x[i] < -limit ? -limit : x[i];
}

/* x in: cut; out: the gradient at what was cut */
static void clip_backward(size_t n, REAL limit, const REAL *restrict d, REAL *restrict x) {
    for (size_t i = 0; i < n; i++)
        x[i] = x[i] >= limit || x[i] <= -limit ? R(0.0) : d[i];
}

/* ---- The interface vector of one lane of a step, row t B + b ----------------------------------------------------------- */

/* From what the controller gives to the parsed vector. */
static void interface_row_forward(const dnc_plan *plan, const REAL *parameters, REAL *workspace, size_t row) {
    REAL *const xi = workspace + plan->workspace.interface_input + row * plan->sizes.Ip;
    if (plan->sizes.has_interface_norm)
        norm_forward(plan, parameters, workspace, row);
    if (plan->config.interface_clip > 0.0f)
        clip_forward(plan->sizes.I, (REAL)plan->config.interface_clip, xi);
    interface_forward(plan, xi, workspace + plan->workspace.interface + row * plan->sizes.Xp);
}

/* From the gradient in d_interface to that at what the controller gave, in its place. */
static void interface_row_backward(const dnc_plan *plan, REAL *workspace, size_t row) {
    const dnc_workspace_offsets *o = &plan->workspace;
    const REAL limit = (REAL)plan->config.interface_clip;
    const REAL *const parsed = workspace + o->interface + row * plan->sizes.Xp, *const d = workspace + o->d_interface;
    REAL *const xi = workspace + o->interface_input + row * plan->sizes.Ip, *const cut = workspace + o->d_interface_cut;
    if (limit > R(0.0)) {
        memcpy(cut, xi, plan->sizes.I * sizeof(REAL));
        interface_backward(plan, parsed, d, cut);
        clip_backward(plan->sizes.I, limit, cut, xi);
    } else {
        interface_backward(plan, parsed, d, xi);
    }
    if (plan->sizes.has_interface_norm)
        norm_backward(plan, workspace, row);
}
