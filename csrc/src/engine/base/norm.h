/* A row of n numbers normalised, with a learned scale and shift:
 *
 *    v = (a - mean a) / sqrt(var a + eps),   y = s o v + b,   eps = DNC_NORM_EPSILON
 *
 * Its tape is a row of dnc_row(n) + DNC_ROW: v, and behind it 1 / sqrt(var a + eps). */

static inline size_t norm_tape_length(size_t n) {
    return dnc_row(n) + DNC_ROW;
}

static void norm_forward(size_t n, const REAL *restrict scale, const REAL *restrict shift,
                         REAL *restrict x /* (n) in: a, out: y */, REAL *restrict tape) {
    REAL mean = R(0.0), variance = R(0.0);
    for (size_t i = 0; i < n; i++)
        mean += x[i] / (REAL)n;
    for (size_t i = 0; i < n; i++)
        variance += (x[i] - mean) * (x[i] - mean) / (REAL)n;
    const REAL inverse = R(1.0) / SQRT(variance + (REAL)DNC_NORM_EPSILON);
    tape[dnc_row(n)] = inverse;
    for (size_t i = 0; i < n; i++) {
        tape[i] = (x[i] - mean) * inverse;
        x[i] = scale[i] * tape[i] + shift[i];
    }
}

/* dv = dy o s;   da = (dv - mean dv - v mean(dv o v)) / sqrt(var a + eps);   ds = dy o v, db = dy, to be summed by norm_gradients */
static void norm_backward(size_t n, const REAL *restrict scale, REAL *restrict x /* (n) in: dy, out: da */,
                          REAL *restrict tape /* out: ds */, REAL *restrict d_shift /* (n) out: db */) {
    const REAL inverse = tape[dnc_row(n)];
    REAL mean = R(0.0), along = R(0.0);
    for (size_t i = 0; i < n; i++) {
        const REAL d = x[i] * scale[i];
        mean += d / (REAL)n;
        along += d * tape[i] / (REAL)n;
    }
    for (size_t i = 0; i < n; i++) {
        const REAL d = x[i], v = tape[i];
        x[i] = (d * scale[i] - mean - v * along) * inverse;
        tape[i] = d * v;
        d_shift[i] = d;
    }
}

/* Of all rows, whose tapes follow one another, as their db do, padded. */
static void norm_gradients(size_t rows, size_t n, const REAL *tapes, const REAL *d_shifts, REAL *gradient_of_scale,
                           REAL *gradient_of_shift) {
    add_rows(rows, n, tapes, norm_tape_length(n), gradient_of_scale);
    add_rows(rows, n, d_shifts, dnc_row(n), gradient_of_shift);
}
