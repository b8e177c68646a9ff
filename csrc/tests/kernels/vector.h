// Elementary functions, and what is done with rows.

static double sigmoid_exact(double x) {
    return 1 / (1 + exp(-x));
}

static double oneplus_exact(double x) {
    return x > 700 ? 1 + x : 1 + log1p(exp(x));
}

static double limited(double x) {
    return fmin(fmax(x, -(double)EXP_LIMIT), (double)EXP_LIMIT); // beyond, e^x saturates
}

static double ulps(REAL actual, double expected) {
    const double error = fabs((double)actual - expected);
    return error <= SMALLEST ? 0 : error / (EPSILON * fabs(expected));
}

CHECKS compare_elementary(const REAL *x /* (LANES) */, double worst[3] /* in ulps */) {
    REAL e[LANES], s[LANES], t[LANES];
    store(e, exp_of(load(x))), store(s, sigmoid(load(x))), store(t, tanh_of(load(x)));
    for (size_t l = 0; l < LANES; l++) {
        worst[0] = worse(worst[0], ulps(e[l], exp(limited((double)x[l]))));
        worst[1] = worse(worst[1], ulps(s[l], sigmoid_exact(limited((double)x[l]))));
        worst[2] = worse(worst[2], ulps(t[l], tanh((double)x[l])));
    }
}

CHECKS check_elementary(void) {
    static const double special[] = {0,   0x1p-60, 0x1p-148,        0x1p-1074, 20, 40, EXP_LIMIT, 1.001 * EXP_LIMIT,
                                     1e4, 1e30,    (double)INFINITY};
    REAL x[LANES];
    double worst[3] = {0};
    start("elementary");
    for (size_t k = 0; k < 2 * sizeof special / sizeof *special; k++) { // each, and its negative, beside others
        for (size_t l = 0; l < LANES; l++)
            x[l] = (REAL)(l != k % LANES ? 0.5 : k % 2 == 0 ? special[k / 2] : -special[k / 2]);
        compare_elementary(x, worst);
    }
    for (int k = 0; k < 20000; k++) {
        const double scale = (double)EXP_LIMIT * (k % 2 == 0 ? 1.1 : pow(2, random_uniform(&pool.source, -80, 0)));
        for (size_t l = 0; l < LANES; l++)
            x[l] = (REAL)random_uniform(&pool.source, -scale, scale);
        compare_elementary(x, worst);
    }
    CHECK_ERROR("exp_of, in ulps", worst[0], 1.5);
    CHECK_ERROR("sigmoid, in ulps", worst[1], 2);
    CHECK_ERROR("tanh_of, in ulps", worst[2], 2.75);
    const vec nan = splat((REAL)NAN);
    CHECK(isnan(exp_of(nan)[0]) && isnan(sigmoid(nan)[LANES - 1]) && isnan(tanh_of(nan)[0]));
}

CHECKS check_oneplus(void) {
    start("oneplus");
    for (double x = -1000; x <= 1000; x += 0.375) {
        CHECK_ERROR("oneplus, in ulps", ulps(oneplus((REAL)x), oneplus_exact(x)), 2);
        CHECK_NEAR(oneplus_slope(oneplus((REAL)x)), sigmoid_exact(x));
    }
    CHECK_EQUAL(oneplus(R(-1e30)), 1);
    CHECK_EQUAL(oneplus(R(1e30)), R(1e30));
    CHECK(oneplus((REAL)INFINITY) == (REAL)INFINITY);
    CHECK_EQUAL(oneplus_slope(R(1.0)), 0);
    CHECK_EQUAL(oneplus_slope((REAL)INFINITY), 1);
    CHECK(isnan(oneplus((REAL)NAN)) && isnan(oneplus_slope((REAL)NAN)));
}

CHECKS check_sums(void) {
    const tensor a = padded(1, N, -1, 1), b = padded(1, N, -1, 1);
    double products = 0, sum = 0;
    for (size_t i = 0; i < N; i++)
        products += a.exact[i] * b.exact[i], sum += a.exact[i];
    CHECK_NEAR(sum_of(N, a.x), sum);
    for (size_t i = N; i < b.end; i++)
        set(b, 0, i, 7); // of two paddings one may be other than zeros
    CHECK_NEAR(dot(N, a.x, b.x), products);
    CHECK_NEAR(dot(N, b.x, a.x), products);
}

static tensor input, squashed;

static void softmax_exact(void) {
    double top = -(double)INFINITY, total = 0;
    for (size_t i = 0; i < N; i++)
        top = fmax(top, input.exact[i]);
    for (size_t i = 0; i < N; i++)
        total += squashed.exact[i] = exp(input.exact[i] - top);
    for (size_t i = 0; i < N; i++)
        squashed.exact[i] /= total;
}

CHECKS check_softmax(void) {
    static const double spreads[] = {0, 3, 60, 1e4};
    for (size_t k = 0; k < sizeof spreads / sizeof *spreads; k++) {
        input = padded(1, N, 0.7 - spreads[k], 0.7 + spreads[k]), squashed = padded(1, N, UNSET);
        memcpy(squashed.x, input.x, N * sizeof(REAL));
        for (size_t i = N; i < squashed.end; i++)
            squashed.x[i] = R(1e5); // not to be taken for the maximum
        softmax(N, squashed.x);
        check_forward(softmax_exact, 1, &squashed);
        softmax_backward(N, squashed.x, squashed.d);
        CHECK_GRADIENT(input, squashed.d, REPLACES);
    }
}

CHECKS check_ends_of_rows(void) {
    for (N = 0; N <= LANES + 1; N++) {
        start("load_first, store_first, fill_padding");
        const size_t count = N < LANES ? N : LANES;
        const tensor from = dense(1, N, 0, -1, 1), to = dense(1, count, 0, UNSET), whole = padded(1, LANES, UNSET);
        store(whole.x, load_first(from.x, N));
        store_first(to.x, N, load_first(from.x, N));
        memcpy(to.exact, from.exact, count * sizeof(double));
        memcpy(whole.exact, from.exact, count * sizeof(double));
        check_values("stored", to);
        check_values("loaded", whole);

        const tensor filled = padded(1, N, -1, 1);
        fill_padding(N, filled.x, R(7.0));
        for (size_t i = 0; i < filled.end; i++)
            CHECK_EQUAL(filled.x[i], i >= N && i < (N + LANES - 1) / LANES * LANES ? 7 : filled.exact[i]);
        check_guards();
    }
}

static void vector_kernels(void) {
    check_elementary();
    check_oneplus();
    check_ends_of_rows();
    each("sums", check_sums, 1, 1);
    each("softmax", check_softmax, 1, 1);
}
