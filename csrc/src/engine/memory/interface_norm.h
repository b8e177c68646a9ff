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
