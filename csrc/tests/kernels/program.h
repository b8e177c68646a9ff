// What a step takes of its programs: N of them, of W numbers each.

static tensor weightings, programs, mixture;
static size_t program_groups;

static void mix_exact(void) {
    for (size_t j = 0; j < W; j++) {
        mixture.exact[j] = 0;
        for (size_t i = 0; i < N; i++)
            mixture.exact[j] += weightings.exact[i] * EXACT(programs, i, j);
    }
}

// Of rows that follow one another without padding, or with some.
CHECKS check_mix(void) {
    weightings = padded(1, N, 0, 1), programs = dense(N, W, heads % 2 == 0 ? 0 : GUARD, -1, 1);
    mixture = dense(1, W, 0, UNSET);
    mix_forward(N, W, weightings.x, programs.x, programs.stride, mixture.x);
    check_forward(mix_exact, 1, &mixture);
    mix_backward(N, W, weightings.x, mixture.d, programs.x, programs.stride, weightings.d);
    CHECK_GRADIENT(weightings, weightings.d, REPLACES);
    CHECK_GRADIENT(programs, programs.x, REPLACES);
}

// Outputs begin with a bias, which is 0 here.
static void mix_rows_exact(void) {
    for (size_t j = 0; j < weightings.rows; j++)
        EXACT(mixture, j / W, j % W) = exact_dot(N, &EXACT(weightings, j, 0), programs.exact);
}

CHECKS check_mix_rows(void) {
    program_groups = heads;
    weightings = padded(program_groups * W, N, 0, 1), programs = padded(1, N, -1, 1);
    mixture = padded(program_groups, W, 0, 0);
    mix_rows_forward(N, program_groups, W, mixture.stride, weightings.x, programs.x, mixture.x);
    check_forward(mix_rows_exact, 1, &mixture);
    mix_rows_backward(N, program_groups, W, mixture.stride, weightings.x, mixture.d, programs.x, weightings.d);
    CHECK_GRADIENT(weightings, weightings.d, REPLACES);
    CHECK_GRADIENT(programs, programs.x, REPLACES);
}

static void program_kernels(void) {
    each("mix of programs", check_mix, 1, 2);
    each("mix of rows", check_mix_rows, 1, 3);
}
