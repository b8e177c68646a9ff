/* Elementary functions that vectorise, and the few vector operations that the equations share. */

/* e^r - 1 for |r| <= ln 2 / 2: the Taylor polynomial, long enough that its remainder is below half an ulp. */
static inline REAL expm1_reduced(REAL r) {
#if DNC_REAL_BITS == 32
    REAL p = R(1.0) / R(5040.0);
#else
    REAL p = R(1.0) / R(6227020800.0);
    p = p * r + R(1.0) / R(479001600.0);
    p = p * r + R(1.0) / R(39916800.0);
    p = p * r + R(1.0) / R(3628800.0);
    p = p * r + R(1.0) / R(362880.0);
    p = p * r + R(1.0) / R(40320.0);
    p = p * r + R(1.0) / R(5040.0);
#endif
    p = p * r + R(1.0) / R(720.0);
    p = p * r + R(1.0) / R(120.0);
    p = p * r + R(1.0) / R(24.0);
    p = p * r + R(1.0) / R(6.0);
    p = p * r + R(0.5);
    return p * r * r + r;
}

/* x = n ln 2 + r with integral n: returns 2^n and sets r. |x| <= EXP_LIMIT. */
static inline REAL reduce(REAL x, REAL *r) {
    const REAL to_integer =
        R(1.5) * (REAL)((REAL_BITS)1 << EXPONENT_SHIFT); /* adding it rounds to an integer, in the low bits */
    const REAL shifted = x * R(1.44269504088896340736) + to_integer;
    const REAL n = shifted - to_integer;
    *r = (x - n * LN2_HIGH) - n * LN2_LOW;
    REAL_BITS bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits + EXPONENT_BIAS) << EXPONENT_SHIFT;
    REAL power;
    memcpy(&power, &bits, sizeof power);
    return power;
}

/* Comparisons are written so that NaN stays NaN. */
static inline REAL clamp(REAL x, REAL limit) {
    x = x > limit ? limit : x;
    return x < -limit ? -limit : x;
}

static inline REAL exp_of(REAL x) {
    REAL r;
    const REAL power = reduce(clamp(x, EXP_LIMIT), &r);
    return power * expm1_reduced(r) + power;
}

static inline REAL sigmoid(REAL x) {
    return R(1.0) / (R(1.0) + exp_of(-x));
}

/* tanh |x| = m / (m + 2) with m = e^(2|x|) - 1, which keeps its relative precision near 0. */
static inline REAL tanh_of(REAL x) {
    REAL r;
    const REAL power = reduce(clamp(R(2.0) * (x < R(0.0) ? -x : x), R(50.0)), &r);
    const REAL m = power * expm1_reduced(r) + (power - R(1.0));
    return COPYSIGN(m / (m + R(2.0)), x);
}

/* oneplus(x) = 1 + log(1 + e^x) */
static inline REAL oneplus(REAL x) {
    return R(1.0) + (x > R(0.0) ? x + LOG1P(EXP(-x)) : LOG1P(EXP(x)));
}

/* d oneplus / dx = sg(x), from the value: 1 - e^(1 - y) */
static inline REAL oneplus_slope(REAL y) {
    return -EXPM1(R(1.0) - y);
}

/* sum_i a_i b_i, in LANES partial sums: the order is fixed by the instruction set, not by the compiler. */
static inline REAL dot(size_t n, const REAL *restrict a, const REAL *restrict b) {
    REAL lanes[LANES] = {0}, sum = R(0.0);
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t l = 0; l < LANES; l++)
            lanes[l] += a[i + l] * b[i + l];
    for (size_t l = 0; l < LANES; l++)
        sum += lanes[l];
    for (; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* y += alpha x */
static inline void add_scaled(size_t n, REAL alpha, const REAL *restrict x, REAL *restrict y) {
    for (size_t i = 0; i < n; i++)
        y[i] += alpha * x[i];
}

static inline REAL sum_of(size_t n, const REAL *x) {
    REAL sum = R(0.0);
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return sum;
}

static inline REAL max_of(size_t n, const REAL *x) {
    REAL max = x[0];
    for (size_t i = 1; i < n; i++)
        max = x[i] > max ? x[i] : max;
    return max;
}

/* x = softmax(x), with the maximum subtracted; returns log sum_i e^(x_i). */
static inline REAL softmax(size_t n, REAL *x) {
    const REAL max = max_of(n, x);
    for (size_t i = 0; i < n; i++)
        x[i] = exp_of(x[i] - max);
    const REAL sum = sum_of(n, x);
    const REAL scale = R(1.0) / sum;
    for (size_t i = 0; i < n; i++)
        x[i] *= scale;
    return max + LOG(sum);
}

/* d = the gradient at the softmax's input, from that at its output: y o (d - sum_i d_i y_i). */
static inline void softmax_backward(size_t n, const REAL *restrict y, REAL *restrict d) {
    const REAL mean = dot(n, d, y);
    for (size_t i = 0; i < n; i++)
        d[i] = y[i] * (d[i] - mean);
}

/* bias (n) += the sum of m rows */
static inline void add_rows(size_t m, size_t n, const REAL *restrict rows, REAL *restrict bias) {
    for (size_t i = 0; i < m; i++)
        add_scaled(n, R(1.0), rows + i * n, bias);
}

/* Every row of `rows` (m, n) = bias */
static inline void fill_rows(size_t m, size_t n, const REAL *restrict bias, REAL *restrict rows) {
    for (size_t i = 0; i < m; i++)
        memcpy(rows + i * n, bias, n * sizeof(REAL));
}
