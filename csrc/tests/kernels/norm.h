// Normalisation of a row, of n = N numbers.

static tensor row_in, row_out, norm_scale, norm_shift;

static void norm_exact(void) {
    double mean = 0, variance = 0;
    for (size_t i = 0; i < N; i++)
        mean += row_in.exact[i] / (double)N;
    for (size_t i = 0; i < N; i++)
        variance += (row_in.exact[i] - mean) * (row_in.exact[i] - mean) / (double)N;
    for (size_t i = 0; i < N; i++)
        row_out.exact[i] =
            norm_scale.exact[i] * (row_in.exact[i] - mean) / sqrt(variance + DNC_NORM_EPSILON) + norm_shift.exact[i];
}

CHECKS check_norm(void) {
    row_in = dense(1, N, 0, -2, 2), row_out = dense(1, N, 0, UNSET);
    norm_scale = dense(1, N, 0, -2, 2), norm_shift = dense(1, N, 0, -2, 2);
    static REAL tape[128], d_shift[128];
    require(norm_tape_length(N) <= COUNT(tape), "a longer tape");
    memcpy(row_out.x, row_in.x, N * sizeof(REAL));
    norm_forward(N, norm_scale.x, norm_shift.x, row_out.x, tape);
    if (N > 1) // the variance of one number is rounding
        check_forward(norm_exact, 1, &row_out);
    memcpy(row_in.x, row_out.d, N * sizeof(REAL)); // which is over its input
    norm_backward(N, norm_scale.x, row_in.x, tape, d_shift);
    norm_gradients(1, N, tape, d_shift, norm_scale.d, norm_shift.d);
    if (N == 1)
        return;
    CHECK_GRADIENT(row_in, row_in.x, REPLACES);
    CHECK_GRADIENT(norm_scale, norm_scale.d, ADDS);
    CHECK_GRADIENT(norm_shift, norm_shift.d, ADDS);
}

static void norm_kernels(void) {
    each("norm", check_norm, 1, 1);
}
