/* Vectors of LANES elements: the few operations on them that the equations share, and elementary functions.
 *
 * Arithmetic on `vec` is the compiler's: + - * / work element by element, and a scalar beside a vector stands for all its
 * elements. A VECTORS loop runs over rows padded to whole vectors (see DNC_ROW), so it has no remainder. */

#define LANES (VECTOR_BYTES * 8 / DNC_REAL_BITS)

typedef REAL vec __attribute__((vector_size(VECTOR_BYTES)));
typedef REAL_BITS bit_vec __attribute__((vector_size(VECTOR_BYTES)));

/* Without optimisation, every copy of a function would have a place of its own on the stack for each of its vectors: 234 kB in all. */
#ifdef __OPTIMIZE__
#define INLINE static inline __attribute__((always_inline))
#else
#define INLINE static inline
#endif

/* Before a loop of a constant few rounds: their vectors are to be in registers. */
#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

#define VECTORS(i, n) for (size_t i = 0; i < (n); i += LANES)

INLINE vec load(const REAL *p) {
    vec v;
    memcpy(&v, p, sizeof v);
    return v;
}

INLINE void store(REAL *p, vec v) {
    memcpy(p, &v, sizeof v);
}

INLINE vec splat(REAL x) {
    return x - (vec){0};
}

/* What is left of a row of n elements that is not padded: a whole vector, or its first elements with zeros behind. */
INLINE vec load_first(const REAL *p, size_t count) {
    if (count >= LANES)
        return load(p);
    vec v = {0};
    memcpy(&v, p, count * sizeof(REAL));
    return v;
}

INLINE void store_first(REAL *p, size_t count, vec v) {
    if (count >= LANES)
        store(p, v);
    else
        memcpy(p, &v, count * sizeof(REAL));
}

/* Sets the padding that vectors over n elements reach. */
INLINE void fill_padding(size_t n, REAL *x, REAL value) {
    for (size_t i = n; i % LANES != 0; i++)
        x[i] = value;
}

INLINE vec where(bit_vec mask, vec yes, vec no) {
    return (vec)((mask & (bit_vec)yes) | (~mask & (bit_vec)no));
}

INLINE vec larger(vec a, vec b) {
    return where(a > b, a, b);
}

/* 0, 1, 2, ... */
INLINE bit_vec lane_numbers(void) {
    bit_vec numbers;
    for (int l = 0; l < LANES; l++)
        numbers[l] = l;
    return numbers;
}

/* The sum of the elements, by halves: the order is fixed by the vector's length, not by the compiler. Halves are vectors too, as far
 * as they go: of loops over elements compilers make much more code, and slower. */
INLINE REAL sum_lanes(vec v) {
    typedef REAL part __attribute__((vector_size(16)));
    part x[VECTOR_BYTES / 16];
    memcpy(x, &v, sizeof v);
#if VECTOR_BYTES == 64
    x[0] += x[2], x[1] += x[3];
#endif
#if VECTOR_BYTES >= 32
    x[0] += x[1];
#endif
#if DNC_REAL_BITS == 32
    return (x[0][0] + x[0][2]) + (x[0][1] + x[0][3]);
#else
    return x[0][0] + x[0][1];
#endif
}

INLINE REAL max_lanes(vec v) {
    REAL max = v[0];
    for (int l = 1; l < LANES; l++)
        max = v[l] > max ? v[l] : max;
    return max;
}

/* ---- Elementary functions -------------------------------------------------------------------------------------------- */

/* e^r - 1 for |r| <= ln 2 / 2: the Taylor polynomial, long enough that its remainder is below half an ulp. */
INLINE vec expm1_reduced(vec r) {
#if DNC_REAL_BITS == 32
    vec p = splat(R(1.0) / R(5040.0));
#else
    vec p = splat(R(1.0) / R(6227020800.0));
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

/* Rounds a vector of the compiler's making to REALs: x87 registers keep more of a sum, memory does not. */
#if FLT_EVAL_METHOD == 2 && VECTOR_BYTES == 16
#define ROUND_TO_REAL(v) __asm__("" : "+m"(v))
#else
#define ROUND_TO_REAL(v) (void)(v)
#endif

/* x = n ln 2 + r with integral n: returns 2^n and sets r. |x| <= EXP_LIMIT. */
INLINE vec reduce(vec x, vec *r) {
    /* Adding it rounds to an integer, in the low bits. */
    const REAL to_integer = R(1.5) * (REAL)((REAL_BITS)1 << EXPONENT_SHIFT);
    vec shifted = x * R(1.44269504088896340736) + to_integer;
    ROUND_TO_REAL(shifted);
    const vec n = shifted - to_integer;
    *r = (x - n * LN2_HIGH) - n * LN2_LOW;
    return (vec)(((bit_vec)shifted + EXPONENT_BIAS) << EXPONENT_SHIFT);
}

/* Comparisons are written so that NaN stays NaN. */
INLINE vec clamp(vec x, REAL limit) {
    x = where(x > limit, splat(limit), x);
    return where(x < -limit, splat(-limit), x);
}

INLINE vec exp_of(vec x) {
    vec r;
    const vec power = reduce(clamp(x, EXP_LIMIT), &r);
    return power * expm1_reduced(r) + power;
}

INLINE vec sigmoid(vec x) {
    return R(1.0) / (R(1.0) + exp_of(-x));
}

/* tanh x = m / (m + 2) with m = e^(2x) - 1, which keeps its relative precision near 0. */
INLINE vec tanh_of(vec x) {
    vec r;
    const vec power = reduce(clamp(R(2.0) * x, R(40.0)), &r);
    const vec m = power * expm1_reduced(r) + (power - R(1.0));
    return m / (m + R(2.0));
}

/* log x = n ln 2 + log m with sqrt(1/2) <= m < sqrt 2, of normal x > 0: log m = 2 artanh s, s = (m - 1) / (m + 1), by its series. What
 * is infinite or NaN becomes NaN. */
INLINE vec log_of(vec x) {
    const bit_vec root = (bit_vec)splat(R(0.70710678118654752440));
    const bit_vec shift = ((bit_vec)x - root) >> EXPONENT_SHIFT << EXPONENT_SHIFT;
    const vec m = (vec)((bit_vec)x - shift), n = __builtin_convertvector(shift >> EXPONENT_SHIFT, vec);
    const vec s = (m - R(1.0)) / (m + R(1.0)), square = s * s;
#if DNC_REAL_BITS == 32
    vec p = splat(R(1.0) / R(9.0));
#else
    vec p = splat(R(1.0) / R(21.0));
    p = p * square + R(1.0) / R(19.0);
    p = p * square + R(1.0) / R(17.0);
    p = p * square + R(1.0) / R(15.0);
    p = p * square + R(1.0) / R(13.0);
    p = p * square + R(1.0) / R(11.0);
    p = p * square + R(1.0) / R(9.0);
#endif
    p = p * square + R(1.0) / R(7.0);
    p = p * square + R(1.0) / R(5.0);
    p = p * square + R(1.0) / R(3.0);
    const vec log_m = R(2.0) * s + R(2.0) * s * square * p;
    return n * LN2_HIGH + (log_m + n * LN2_LOW) + (x - x);
}

/* softplus(x) = log(1 + e^x);  oneplus(x) = 1 + softplus(x) */
static inline REAL softplus(REAL x) {
    return x > R(0.0) ? x + LOG1P(EXP(-x)) : LOG1P(EXP(x));
}

static inline REAL oneplus(REAL x) {
    return R(1.0) + softplus(x);
}

/* d softplus / dx = sg(x), from the value: 1 - e^-y */
static inline REAL softplus_slope(REAL y) {
    return -EXPM1(-y);
}

static inline REAL oneplus_slope(REAL y) {
    return softplus_slope(y - R(1.0));
}

/* ---- Rows ------------------------------------------------------------------------------------------------------------- */

/* sum_i a_i b_i; one of the paddings is zeros, the other finite. */
INLINE REAL dot(size_t n, const REAL *restrict a, const REAL *restrict b) {
    vec sum = {0};
    VECTORS (i, n)
        sum += load(a + i) * load(b + i);
    return sum_lanes(sum);
}

INLINE REAL sum_of(size_t n, const REAL *x) {
    vec sum = {0};
    VECTORS (i, n)
        sum += load(x + i);
    return sum_lanes(sum);
}

/* y += alpha x, of rows without padding */
INLINE void add_scaled(size_t n, REAL alpha, const REAL *restrict x, REAL *restrict y) {
    for (size_t i = 0; i < n; i++)
        y[i] += alpha * x[i];
}

/* Of n elements; the padding becomes -infinity. */
INLINE REAL max_of(size_t n, REAL *x) {
    fill_padding(n, x, -(REAL)INFINITY);
    vec max = load(x);
    VECTORS (i, n)
        max = larger(load(x + i), max);
    return max_lanes(max);
}

/* x = softmax(x), with the maximum subtracted. The padding becomes zeros. */
INLINE void softmax(size_t n, REAL *x) {
    const REAL top = max_of(n, x);
    vec sum = {0};
    VECTORS (i, n)
        store(x + i, exp_of(load(x + i) - top));
    fill_padding(n, x, R(0.0));
    VECTORS (i, n)
        sum += load(x + i);
    const REAL scale = R(1.0) / sum_lanes(sum);
    VECTORS (i, n)
        store(x + i, load(x + i) * scale);
}

/* d = the gradient at the softmax's input, from that at its output: y o (d - sum_i d_i y_i). */
INLINE void softmax_backward(size_t n, const REAL *restrict y, REAL *restrict d) {
    const REAL mean = dot(n, d, y);
    VECTORS (i, n)
        store(d + i, load(y + i) * (load(d + i) - mean));
}

/* The same of a few numbers, in places of any alignment, without padding. */
INLINE void few_softmax(size_t n, const REAL *restrict x, REAL *restrict y) {
    REAL max = x[0], sum = R(0.0);
    for (size_t i = 1; i < n; i++)
        max = x[i] > max ? x[i] : max;
    VECTORS (i, n)
        store_first(y + i, n - i, exp_of(load_first(x + i, n - i) - max));
    for (size_t i = 0; i < n; i++)
        sum += y[i];
    const REAL scale = R(1.0) / sum;
    for (size_t i = 0; i < n; i++)
        y[i] *= scale;
}

INLINE void few_softmax_backward(size_t n, const REAL *restrict y, const REAL *restrict d, REAL *restrict d_x) {
    REAL mean = R(0.0);
    for (size_t i = 0; i < n; i++)
        mean += d[i] * y[i];
    for (size_t i = 0; i < n; i++)
        d_x[i] = y[i] * (d[i] - mean);
}

/* Numbers beyond +- limit become that, in place; no gradient passes there. */
static inline void clip_forward(size_t n, REAL limit, REAL *x) {
    for (size_t i = 0; i < n; i++)
        x[i] = x[i] > limit ? limit : x[i] < -limit ? -limit : x[i];
}

/* Of the gradient d at what was cut, and of x before that or after. */
static inline void clip_backward(size_t n, REAL limit, const REAL *restrict x, REAL *restrict d) {
    for (size_t i = 0; i < n; i++)
        d[i] = x[i] >= limit || x[i] <= -limit ? R(0.0) : d[i];
}

/* bias (n) += the sum of m rows, `stride` elements apart */
static inline void add_rows(size_t m, size_t n, const REAL *restrict rows, size_t stride, REAL *restrict bias) {
    for (size_t i = 0; i < m; i++)
        add_scaled(n, R(1.0), rows + i * stride, bias);
}

/* Every row of `rows` (m, n) = bias */
static inline void fill_rows(size_t m, size_t n, const REAL *restrict bias, REAL *restrict rows, size_t stride) {
    for (size_t i = 0; i < m; i++)
        memcpy(rows + i * stride, bias, n * sizeof(REAL));
}

static inline void copy_rows(size_t rows, size_t length, const REAL *restrict from, size_t from_stride, REAL *restrict to,
                             size_t to_stride) {
    for (size_t r = 0; r < rows; r++)
        memcpy(to + r * to_stride, from + r * from_stride, length * sizeof(REAL));
}

/* ---- Heads ------------------------------------------------------------------------------------------------------------ *
 * Read heads that a pass over the memory or the link serves at once: as many as leave their sums in registers. */

enum { HEAD_GROUP = VECTOR_BYTES == 64 ? 4 : 2 };

/* How many heads are in the group that begins with head `first`. */
static inline size_t group_size(size_t heads, size_t first) {
    return heads - first < HEAD_GROUP ? heads - first : HEAD_GROUP;
}

/* Runs `statement` with `group` a constant, so that loops over the heads of a group unroll. */
#define WITH_GROUP(count, statement)                                                                                        \
    switch (count) {                                                                                                        \
    case 0: {                                                                                                               \
        enum { group = 0 };                                                                                                 \
        statement;                                                                                                          \
    } break;                                                                                                                \
    case 1: {                                                                                                               \
        enum { group = 1 };                                                                                                 \
        statement;                                                                                                          \
    } break;                                                                                                                \
    case 2: {                                                                                                               \
        enum { group = 2 };                                                                                                 \
        statement;                                                                                                          \
    } break;                                                                                                                \
    case 3: {                                                                                                               \
        enum { group = HEAD_GROUP < 3 ? HEAD_GROUP : 3 };                                                                   \
        statement;                                                                                                          \
    } break;                                                                                                                \
    default: {                                                                                                              \
        enum { group = HEAD_GROUP };                                                                                        \
        statement;                                                                                                          \
    } break;                                                                                                                \
    }
