// Checks every kernel of the engine, compiled as the including file says (see src/engine/compile.h), against the same equation
// in scalars and in double precision; and every backward kernel against central differences of that equation. The including
// file also defines KERNELS, the name of the function that runs all checks.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include "../src/engine/compile.h"
#pragma GCC diagnostic pop

#include "check.h"
#include "harness.h"

// What calls a kernel is compiled for the kernel's instruction set.
#if defined(DNC_ENGINE_AVX512)
#define CHECKS static __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))) void
#elif defined(DNC_ENGINE_AVX2)
#define CHECKS static __attribute__((target("avx2,fma"))) void
#else
#define CHECKS static void
#endif

#define EPSILON (DNC_REAL_BITS == 32 ? 0x1p-23 : 0x1p-52)
#define SMALLEST (DNC_REAL_BITS == 32 ? 0x1p-126 : 0x1p-1022) // of the numbers that are not denormal
#define TOLERANCE (128 * EPSILON)
#define GRADIENT_TOLERANCE (DNC_REAL_BITS == 32 ? 2e-5 : 1e-8)

static size_t N, W, heads; // of the running case

// ---- Tensors: a kernel's numbers, the gradient at them, and both in double precision -------------------------------------

typedef struct tensor {
    size_t rows, length, end, stride; // a row: `length` numbers, zeros up to `end`, a guard up to `stride`
    REAL *x, *d;
    double *exact, *d_exact;
} tensor;

enum { POOL = 1 << 17, MOST_TENSORS = 64, GUARD = 2 * DNC_ROW };

// All tensors of the running case, a guard of NaNs behind each and behind its gradient.
static struct {
    size_t used, count;
    uint64_t source;
    tensor tensors[MOST_TENSORS];
    REAL x[POOL], guard[GUARD];
    double exact[POOL];
} pool = {.source = 1};

#define EXACT(t, r, i) (t).exact[(r) * (t).stride + (i)]

static REAL *row(tensor t, size_t r) {
    return t.x + r * t.stride;
}

static void set(tensor t, size_t r, size_t i, double value) {
    EXACT(t, r, i) = row(t, r)[i] = (REAL)value;
}

#define UNSET (double)NAN, (double)NAN // for `low` and `high`, of what a kernel sets: NaNs, in the padding too

static tensor draw(size_t rows, size_t length, size_t end, size_t stride, double low, double high) {
    const size_t size = rows * stride + GUARD;
    REAL *const x = pool.x + pool.used;
    double *const exact = pool.exact + pool.used;
    const tensor t = {rows, length, end, stride, x, x + size, exact, exact + size};
    const tensor gradient = {rows, length, end, stride, t.d, t.d, t.d_exact, t.d_exact};
    pool.used += 2 * size;
    require(pool.used <= POOL && pool.count < MOST_TENSORS, "the pool is full");
    memset(x, 0xff, 2 * size * sizeof(REAL));
    memset(exact, 0, 2 * size * sizeof(double));
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < end; i++) {
            if (!isnan(low))
                set(t, r, i, i < length ? random_uniform(&pool.source, low, high) : 0);
            set(gradient, r, i, i < length ? random_uniform(&pool.source, -1, 1) : 0);
        }
    return pool.tensors[pool.count++] = t;
}

static tensor padded(size_t rows, size_t length, double low, double high) {
    return draw(rows, length, dnc_row(length), dnc_row(length), low, high);
}

static tensor dense(size_t rows, size_t length, size_t gap, double low, double high) {
    return draw(rows, length, length, length + gap, low, high);
}

static void start(const char *kernel) {
    pool.used = pool.count = 0;
    memset(pool.guard, 0xff, sizeof pool.guard);
    CHECK_CONTEXT("f%d %s, %d lanes: N %zu, W %zu, %zu heads", DNC_REAL_BITS, kernel, (int)LANES, N, W, heads);
}

static bool guards_stand(tensor t, const REAL *rows) {
    bool stand = memcmp(rows + t.rows * t.stride, pool.guard, GUARD * sizeof(REAL)) == 0;
    for (size_t r = 0; r < t.rows; r++)
        stand &= memcmp(rows + r * t.stride + t.end, pool.guard, (t.stride - t.end) * sizeof(REAL)) == 0;
    return stand;
}

// Nothing was written where no kernel may write.
static void check_guards(void) {
    bool stand = true;
    for (size_t k = 0; k < pool.count; k++)
        stand &= guards_stand(pool.tensors[k], pool.tensors[k].x) && guards_stand(pool.tensors[k], pool.tensors[k].d);
    CHECK(stand);
}

// Runs a check for sizes around vector widths and for numbers of heads.
static void each(const char *kernel, void (*check)(void), size_t least_heads, size_t most_heads) {
    const size_t sizes[] = {1, 2, 3, LANES - 1, LANES, LANES + 1, 2 * LANES + 1, 33}, count = sizeof sizes / sizeof *sizes;
    for (heads = least_heads; heads <= most_heads; heads++)
        for (size_t k = 0; k < count; k++) {
            N = sizes[k], W = sizes[(3 * k + heads) % count];
            start(kernel);
            check();
            check_guards();
        }
}

static double relative(double actual, double expected) {
    return fabs(actual - expected) / (1 + fabs(expected));
}

#define CHECK_NEAR(actual, expected) CHECK_ERROR(#actual, relative((double)(actual), expected), TOLERANCE)

// Every number is near its exact one, and the padding that vectors reach equals it.
static void check_values(const char *what, tensor t) {
    double error = 0;
    for (size_t r = 0; r < t.rows; r++)
        for (size_t i = 0; i < t.end; i++)
            if (i < t.length)
                error = worse(error, relative((double)row(t, r)[i], EXACT(t, r, i)));
            else if (i < (t.length + LANES - 1) / LANES * LANES && (double)row(t, r)[i] != EXACT(t, r, i))
                error = (double)INFINITY;
    CHECK_ERROR(what, error, TOLERANCE);
}

// ---- Gradients, of objective = sum of the outputs' numbers, each times its d ---------------------------------------------

static struct {
    void (*equations)(void); // in scalars: sets the outputs' exact numbers from the inputs'
    size_t count;
    tensor outputs[3];
} forward_pass;

// Follows a forward kernel; CHECK_GRADIENT then goes back through this one.
static void check_forward(void (*equations)(void), size_t count, const tensor *outputs) {
    forward_pass.equations = equations;
    forward_pass.count = count;
    memcpy(forward_pass.outputs, outputs, count * sizeof *outputs);
    equations();
    for (size_t k = 0; k < count; k++)
        check_values((const char *[]){"first output", "second output", "third output"}[k], outputs[k]);
}

static double exact_dot(size_t n, const double *x, const double *y) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i] * y[i];
    return sum;
}

static double objective(void) {
    double sum = 0;
    forward_pass.equations();
    for (size_t k = 0; k < forward_pass.count; k++) {
        const tensor t = forward_pass.outputs[k];
        sum += exact_dot(t.rows * t.stride, t.exact, t.d_exact);
    }
    return sum;
}

// The objective's slope where `x` moves along `way`, by differences of fourth order.
static double slope(size_t length, double *x, const double *way) {
    const double step = 3e-4, weights[] = {1, -8, 0, 8, -1};
    double sum = 0;
    for (int k = 0; k < 5; k++) {
        for (size_t i = 0; i < length; i++)
            x[i] += (k - 2) * step * way[i];
        sum += weights[k] * objective();
        for (size_t i = 0; i < length; i++)
            x[i] -= (k - 2) * step * way[i];
    }
    return sum / (12 * step);
}

typedef enum effect { REPLACES, ADDS } effect; // what a kernel does to the gradient that it finds

// In `d` is the gradient at `input`: its product with a random direction of each row is near the objective's slope; and the
// padding that vectors reach is zeros.
static void check_gradient(const char *what, tensor input, const REAL *d, effect on_d) {
    static double way[POOL];
    bool zeros = true;
    for (size_t r = 0; r < input.rows; r++, d += input.stride) {
        const double *const before = input.d_exact + r * input.stride;
        double actual = 0, size = 1;
        for (size_t i = 0; i < input.length; i++) {
            way[i] = random_uniform(&pool.source, -1, 1);
            actual += way[i] * ((double)d[i] - (on_d == ADDS ? before[i] : 0));
            size += fabs(way[i] * (double)d[i]);
        }
        CHECK_ERROR(what, fabs(actual - slope(input.length, &EXACT(input, r, 0), way)) / size, GRADIENT_TOLERANCE);
        for (size_t i = input.length; i < input.end && i % LANES != 0; i++)
            zeros &= d[i] == 0;
    }
    CHECK(zeros);
}

#define CHECK_GRADIENT(input, d, on_d) check_gradient("gradient at " #input, input, d, on_d)

// ---- Elementary functions ------------------------------------------------------------------------------------------------

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

// ---- Rows ----------------------------------------------------------------------------------------------------------------

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

CHECKS check_off_diagonal(void) {
    REAL x[LANES];
    start("off_diagonal");
    for (size_t i = 0; i < 40; i++)
        VECTORS (j, 40) {
            store(x, off_diagonal(splat(R(3.0)), i, j));
            for (size_t l = 0; l < LANES; l++)
                CHECK_EQUAL(x[l], i == j + l ? 0 : 3);
        }
}

CHECKS check_transpose_of(bool adds, size_t rows, size_t columns) {
    start("transpose");
    CHECK_CONTEXT("f%d transpose, %d lanes: %zu rows, %zu columns", DNC_REAL_BITS, (int)LANES, rows, columns);
    const tensor from = dense(rows, columns, columns % 4, -1, 1), to = dense(columns, rows, rows % 3, -1, 1);
    transpose(adds, rows, columns, from.x, from.stride, to.x, to.stride);
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < columns; c++)
            EXACT(to, c, r) = EXACT(from, r, c) + (adds ? EXACT(to, c, r) : 0);
    check_values("transposed", to);
    check_guards();
}

CHECKS check_transpose(void) {
    for (size_t rows = 1; rows <= 20; rows++)
        for (size_t columns = 1; columns <= 20; columns++)
            check_transpose_of(false, rows, columns), check_transpose_of(true, rows, columns);
}

// ---- Products ------------------------------------------------------------------------------------------------------------

// C += A B in the three ways that ask for padding.
CHECKS check_products_of(size_t m, size_t n, size_t k) {
    start("products");
    CHECK_CONTEXT("f%d products, %d lanes: m %zu, n %zu, k %zu", DNC_REAL_BITS, (int)LANES, m, n, k);
    const tensor a = dense(m, k, 3, -1, 1), b = dense(k, n, 1, -1, 1), b_rows = padded(k, n, 0, 0);
    const tensor b_transposed = dense(n, k, 2, 0, 0), packed = dense(1, k * ((n + LANES - 1) / LANES * LANES), 0, UNSET);
    for (size_t p = 0; p < k; p++)
        for (size_t j = 0; j < n; j++)
            set(b_rows, p, j, EXACT(b, p, j)), set(b_transposed, j, p, EXACT(b, p, j));
    const tensor c[] = {padded(m, n, 0, 0), padded(m, n, 0, 0), padded(m, n, 0, 0)};
    for (size_t way = 0; way < 3; way++)
        for (size_t i = 0; i < m; i++)
            for (size_t j = 0; j < c[way].end; j++) {
                set(c[way], i, j, 7 + (double)j); // what the padding holds, it holds on
                for (size_t p = 0; p < k && j < n; p++)
                    EXACT(c[way], i, j) += EXACT(a, i, p) * EXACT(b, p, j);
            }
    pack(PLAIN, k, n, b.x, b.stride, packed.x);
    packed_product(m, n, k, a.x, a.stride, packed.x, c[0].x, c[0].stride);
    check_values("packed", c[0]);
    pack(TRANSPOSED, k, n, b_transposed.x, b_transposed.stride, packed.x);
    packed_product(m, n, k, a.x, a.stride, packed.x, c[1].x, c[1].stride);
    check_values("packed, transposed", c[1]);
    row_product(m, n, k, a.x, a.stride, b_rows.x, b_rows.stride, c[2].x, c[2].stride);
    check_values("row_product", c[2]);
    check_guards();
}

// C = beta C + op(A) op(B), by BLAS or by what takes its place. With beta 0 there are NaNs in C.
CHECKS check_product_of(bool own, orientation a_as, orientation b_as, double beta, size_t m, size_t n, size_t k) {
    start("product");
    CHECK_CONTEXT("f%d %s product, %d lanes: m %zu, n %zu, k %zu, A %d, B %d, beta %g", DNC_REAL_BITS, own ? "own" : "any",
                  (int)LANES, m, n, k, a_as, b_as, beta);
    const tensor a = a_as == PLAIN ? dense(m, k, 3, -1, 1) : dense(k, m, 3, -1, 1);
    const tensor b = b_as == PLAIN ? dense(k, n, 1, -1, 1) : dense(n, k, 1, -1, 1);
    const tensor c = beta == 0 ? dense(m, n, 2, UNSET) : dense(m, n, 2, -1, 1);
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++)
            for (size_t p = 0; p < k; p++)
                EXACT(c, i, j) +=
                    (a_as == PLAIN ? EXACT(a, i, p) : EXACT(a, p, i)) * (b_as == PLAIN ? EXACT(b, p, j) : EXACT(b, j, p));
    REAL *const behind = row(c, m);
    for (size_t i = 0; i < GUARD; i++)
        behind[i] = -R(0.0); // which becomes 0 where a product of padding is added; a NaN would stay
    product(own, a_as, b_as, m, n, k, a.x, a.stride, b.x, b.stride, (REAL)beta, c.x, c.stride);
    check_values("product", c);
    bool untouched = true;
    for (size_t i = 0; i < GUARD; i++)
        untouched &= signbit(behind[i]) != 0;
    CHECK(untouched);
    memset(behind, 0xff, GUARD * sizeof(REAL));
    check_guards();
}

CHECKS check_product(size_t m, size_t n, size_t k) {
    for (int kind = 0; kind < 16; kind++)
        check_product_of(kind & 8, kind & 1 ? TRANSPOSED : PLAIN, kind & 2 ? TRANSPOSED : PLAIN, kind & 4 ? 1 : 0, m, n, k);
}

CHECKS check_products(void) {
    const size_t sizes[] = {1, LANES - 1, LANES, LANES + 1, PANEL - 1, PANEL, PANEL + 1, 2 * PANEL + 3};
    for (size_t m = 1; m <= 20; m++)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
            for (size_t j = 0; j < sizeof sizes / sizeof *sizes; j++)
                check_products_of(m, sizes[i], sizes[j]), check_product(m, sizes[i], sizes[j]);
    check_product(40, PANEL + 3, 700); // more than is packed at a time, and an edge of more rows than are copied at a time
    check_product(70, 2 * PANEL, 257);
}

// ---- Controller, of H = N ------------------------------------------------------------------------------------------------

static tensor gates, cell_before, cell, tanh_cell, hidden;

static void rnn_exact(void) {
    for (size_t j = 0; j < N; j++)
        hidden.exact[j] = tanh(gates.exact[j]);
}

CHECKS check_rnn(void) {
    gates = dense(1, N, 0, -3, 3), hidden = dense(1, N, 0, UNSET);
    rnn_forward(N, gates.x, hidden.x);
    check_forward(rnn_exact, 1, &hidden);
    CHECK(memcmp(gates.x, hidden.x, N * sizeof(REAL)) == 0);
    rnn_backward(N, gates.x, hidden.d);
    CHECK_GRADIENT(gates, gates.x, REPLACES);
}

static void lstm_exact(void) {
    for (size_t j = 0; j < N; j++) {
        const double i = sigmoid_exact(EXACT(gates, 0, j)), f = sigmoid_exact(EXACT(gates, 1, j));
        const double g = tanh(EXACT(gates, 2, j)), o = sigmoid_exact(EXACT(gates, 3, j));
        cell.exact[j] = f * cell_before.exact[j] + i * g;
        tanh_cell.exact[j] = tanh(cell.exact[j]);
        hidden.exact[j] = o * tanh_cell.exact[j];
    }
}

CHECKS check_lstm(void) {
    gates = dense(4, N, 0, -3, 3), hidden = dense(1, N, 0, UNSET);
    cell_before = padded(1, N, -2, 2), cell = padded(1, N, UNSET), tanh_cell = padded(1, N, UNSET);
    lstm_forward(N, gates.x, cell_before.x, cell.x, tanh_cell.x, hidden.x);
    check_forward(lstm_exact, 2, (tensor[]){hidden, cell});
    check_values("tanh c", tanh_cell);
    lstm_backward(N, gates.x, cell_before.x, tanh_cell.x, hidden.d, cell.d);
    CHECK_GRADIENT(gates, gates.x, REPLACES);
    CHECK_GRADIENT(cell_before, cell.d, REPLACES);
}

// ---- Interface -----------------------------------------------------------------------------------------------------------

static dnc_plan plan;
static tensor xi, parsed;

static void interface_exact(void) {
    const dnc_interface_offsets *from = &plan.interface, *to = &plan.parsed;
    const double *const x = xi.exact;
    double *const y = parsed.exact;
    for (size_t j = 0; j < W; j++) {
        for (size_t r = 0; r < heads; r++)
            y[to->read_keys + r * dnc_row(W) + j] = x[from->read_keys + r * W + j];
        y[to->write_key + j] = x[from->write_key + j];
        y[to->erase + j] = sigmoid_exact(x[from->erase + j]);
        y[to->write_vector + j] = x[from->write_vector + j];
    }
    for (size_t r = 0; r < heads; r++) {
        const double *const modes = x + from->read_modes + 3 * r, total = exp(modes[0]) + exp(modes[1]) + exp(modes[2]);
        for (size_t m = 0; m < 3; m++)
            y[to->read_modes + 3 * r + m] = exp(modes[m]) / total;
        y[to->read_strengths + r] = oneplus_exact(x[from->read_strengths + r]);
        y[to->free_gates + r] = sigmoid_exact(x[from->free_gates + r]);
    }
    y[to->write_strength] = oneplus_exact(x[from->write_strength]);
    y[to->allocation_gate] = sigmoid_exact(x[from->allocation_gate]);
    y[to->write_gate] = sigmoid_exact(x[from->write_gate]);
}

CHECKS check_interface(void) {
    const dnc_config config = configure(DNC_MODEL_DNC, 2, 1, (int32_t)N, (int32_t)W, (int32_t)heads);
    require(dnc_plan_make(&config, 1, 1, DNC_PURPOSE_SEGMENT, &plan) == DNC_OK, "dnc_plan_make");
    const size_t first_mode = plan.interface.read_modes;
    xi = dense(1, plan.sizes.I, 0, -4, 4), parsed = dense(1, plan.sizes.Xp, 0, UNSET);
    for (size_t m = first_mode; m < first_mode + 3; m++)
        set(xi, 0, m, 100 + xi.exact[m]); // e^100 is no float
    interface_forward(&plan.sizes, &plan.interface, &plan.parsed, xi.x, parsed.x);
    check_forward(interface_exact, 1, &parsed);
    interface_backward(&plan.sizes, &plan.interface, &plan.parsed, parsed.x, parsed.d, xi.d);
    CHECK_GRADIENT(xi, xi.d, REPLACES);
}

// ---- Content addressing --------------------------------------------------------------------------------------------------

static tensor memory, keys, strength, norms, dots, cosines, weighting;

// Of every row of the memory and every key.
static void row_dots_exact(void) {
    for (size_t r = 0; r < keys.rows; r++)
        for (size_t i = 0; i < N; i++)
            EXACT(dots, r, i) = exact_dot(W, &EXACT(memory, i, 0), &EXACT(keys, r, 0));
}

CHECKS check_row_dots(void) {
    memory = padded(N, W, -1, 1), keys = padded(heads, W, -1, 1), dots = padded(heads, N, UNSET);
    for (size_t r = 0; r < heads; r += HEAD_GROUP)
        WITH_GROUP(group_size(heads, r), row_dots(group, N, W, memory.x, row(keys, r), row(dots, r)))
    row_dots_exact();
    check_values("dots", dots);
}

static void content_exact(void) {
    const double key_square = exact_dot(W, keys.exact, keys.exact);
    double total = 0;
    for (size_t i = 0; i < N; i++) {
        const double *const m = &EXACT(memory, i, 0);
        norms.exact[i] = 1 / sqrt(exact_dot(W, m, m) + DNC_COSINE_EPSILON);
        cosines.exact[i] = exact_dot(W, m, keys.exact) * norms.exact[i] / sqrt(key_square + DNC_COSINE_EPSILON);
        total += weighting.exact[i] = exp(strength.exact[0] * cosines.exact[i]);
    }
    for (size_t i = 0; i < N; i++)
        weighting.exact[i] /= total;
}

// The gradients at the key and at the memory are put together as content_backward's comment says. Both keep away from 0, where
// a cosine turns quickly.
CHECKS check_content(void) {
    const tensor across = padded(1, N, 0, 0), along_row = padded(1, N, -1, 1);
    memory = padded(N, W, 0.2, 1.2), keys = padded(1, W, -1.2, -0.2), strength = dense(1, 1, 0, 1, 6);
    norms = padded(1, N, UNSET), cosines = padded(1, N, UNSET), weighting = padded(1, N, UNSET);
    const REAL norm = key_norm(W, keys.x), beta = strength.x[0];
    for (size_t i = 0; i < N; i++)
        norms.x[i] = dot(W, row(memory, i), row(memory, i));
    inverse_norms(N, norms.x);
    row_dots(1, N, W, memory.x, keys.x, cosines.x);
    content_forward(N, norm, beta, norms.x, cosines.x, weighting.x);
    check_forward(content_exact, 3, (tensor[]){weighting, norms, cosines});

    forward_pass.count = 1; // what follows is the gradient by the weighting alone
    memcpy(across.x, weighting.d, N * sizeof(REAL));
    const REAL along_key =
        content_backward(N, norm, beta, norms.x, cosines.x, weighting.x, across.x, along_row.x, strength.d);
    for (size_t j = 0; j < W; j++) {
        keys.d[j] = -along_key * keys.x[j];
        for (size_t i = 0; i < N; i++) {
            const REAL along = along_row.x[i] - (REAL)along_row.exact[i]; // it was added
            keys.d[j] += across.x[i] * row(memory, i)[j];
            memory.d[i * memory.stride + j] = across.x[i] * keys.x[j] - along * row(memory, i)[j];
        }
    }
    CHECK_GRADIENT(keys, keys.d, REPLACES);
    CHECK_GRADIENT(memory, memory.d, REPLACES);
    CHECK_GRADIENT(strength, strength.d, ADDS);
}

// ---- Allocation ----------------------------------------------------------------------------------------------------------

static tensor free_gates, reads_before, w_before, usage_before, usage;

static void usage_exact(void) {
    for (size_t i = 0; i < N; i++) {
        const double u = usage_before.exact[i], write = w_before.exact[i];
        usage.exact[i] = u + write - u * write;
        for (size_t r = 0; r < heads; r++)
            usage.exact[i] *= 1 - free_gates.exact[r] * EXACT(reads_before, r, i);
    }
}

CHECKS check_usage(void) {
    free_gates = dense(1, heads, 0, 0, 1), reads_before = padded(heads, N, 0, 1), w_before = padded(1, N, 0, 1);
    usage_before = padded(1, N, 0, 1), usage = padded(1, N, UNSET);
    set(free_gates, 0, heads - 1, 1), set(reads_before, heads - 1, 0, 1); // frees slot 0 wholly
    usage_forward(N, heads, free_gates.x, reads_before.x, w_before.x, usage_before.x, usage.x);
    check_forward(usage_exact, 1, &usage);
    usage_backward(N, heads, free_gates.x, reads_before.x, w_before.x, usage_before.x, usage.d, free_gates.d, reads_before.d,
                   w_before.d);
    CHECK_GRADIENT(usage_before, usage.d, REPLACES);
    CHECK_GRADIENT(w_before, w_before.d, REPLACES);
    CHECK_GRADIENT(free_gates, free_gates.d, ADDS);
    CHECK_GRADIENT(reads_before, reads_before.d, ADDS);
}

static tensor allocation;
static size_t rank_of[64]; // of a slot, by usage: the inverse of phi

static void rank_slots(void) {
    for (size_t i = 0; i < N; i++) {
        rank_of[i] = 0;
        for (size_t k = 0; k < N; k++)
            rank_of[i] += usage.exact[k] < usage.exact[i] || (usage.exact[k] == usage.exact[i] && k < i);
    }
}

static void allocation_exact(void) {
    for (size_t i = 0; i < N; i++) {
        allocation.exact[i] = 1 - usage.exact[i];
        for (size_t k = 0; k < N; k++)
            allocation.exact[i] *= rank_of[k] < rank_of[i] ? usage.exact[k] : 1;
    }
}

// Where a sort may start: `kind` 0 from the slots by index, 1 the other way round, otherwise from any order.
static void draw_order(int kind, int32_t *order) {
    for (size_t j = 0; j < N; j++) {
        const size_t other = kind < 2 ? j : (size_t)random_below(&pool.source, (int32_t)j + 1);
        order[j] = order[other];
        order[other] = (int32_t)(kind == 1 ? N - 1 - j : j);
    }
}

// `kind` 0: random, 1: all equal, 2: of five values, 0 and 1 among them.
static void draw_usage(int kind) {
    usage = padded(1, N, 0, 1);
    for (size_t i = 0; i < N && kind > 0; i++)
        set(usage, 0, i, kind == 1 ? 0.5 : (double)random_below(&pool.source, 5) / 4);
    rank_slots();
}

CHECKS check_allocation_of(int usage_kind, int order_kind) {
    int32_t order_before[64], order[64];
    draw_usage(usage_kind);
    draw_order(order_kind, order_before);
    order[N] = -7;
    sort_slots(N, usage.x, order_before, order);
    for (size_t i = 0; i < N; i++)
        CHECK_EQUAL(order[rank_of[i]], i);
    CHECK_EQUAL(order[N], -7);

    const tensor scratch = padded(1, N, UNSET);
    allocation = padded(1, N, UNSET);
    allocation_forward(N, usage.x, order, allocation.x);
    check_forward(allocation_exact, 1, &allocation);
    allocation_backward(N, usage.x, order, allocation.d, usage.d, scratch.x);
    CHECK_GRADIENT(usage, usage.d, ADDS);
}

CHECKS check_allocation(void) {
    for (int usage_kind = 0; usage_kind < 3; usage_kind++)
        check_allocation_of(usage_kind, (int)heads - 1);
}

static tensor two_gates, content, w; // two_gates: g^a and g^w

static void write_weighting_exact(void) {
    const double ga = two_gates.exact[0], gw = two_gates.exact[1];
    for (size_t i = 0; i < N; i++)
        w.exact[i] = gw * (ga * allocation.exact[i] + (1 - ga) * content.exact[i]);
}

CHECKS check_write_weighting(void) {
    two_gates = dense(1, 2, 0, 0, 1), w = padded(1, N, UNSET);
    allocation = padded(1, N, 0, 1), content = padded(1, N, 0, 1);
    const REAL ga = two_gates.x[0], gw = two_gates.x[1];
    write_weighting_forward(N, ga, gw, allocation.x, content.x, w.x);
    check_forward(write_weighting_exact, 1, &w);
    write_weighting_backward(N, ga, gw, allocation.x, content.x, w.d, two_gates.d, two_gates.d + 1, allocation.d, content.d);
    CHECK_GRADIENT(two_gates, two_gates.d, ADDS);
    CHECK_GRADIENT(allocation, allocation.d, REPLACES);
    CHECK_GRADIENT(content, content.d, REPLACES);
}

// ---- Memory --------------------------------------------------------------------------------------------------------------

static tensor memory_before, erase, write_vector;

static void memory_write_exact(void) {
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < W; j++)
            EXACT(memory, i, j) =
                EXACT(memory_before, i, j) * (1 - w.exact[i] * erase.exact[j]) + w.exact[i] * write_vector.exact[j];
        norms.exact[i] = exact_dot(W, &EXACT(memory, i, 0), &EXACT(memory, i, 0));
    }
    row_dots_exact();
}

CHECKS check_memory_write(void) {
    const tensor along_row = padded(1, N, -1, 1);
    const size_t fused = group_size(heads, 0);
    memory_before = padded(N, W, -1, 1), memory = padded(N, W, UNSET), keys = padded(fused, W, -1, 1);
    w = padded(1, N, 0, 1), erase = padded(1, W, 0, 1), write_vector = padded(1, W, -1, 1);
    norms = dense(1, N, 0, UNSET), dots = padded(fused, N, UNSET);
    WITH_GROUP(fused, memory_write_forward(group, N, W, w.x, erase.x, write_vector.x, memory_before.x, keys.x, memory.x,
                                           norms.x, dots.x))
    check_forward(memory_write_exact, 3, (tensor[]){memory, norms, dots});

    forward_pass.count = 1;
    for (size_t i = 0; i < N; i++) // backward knows how the norms depend on M by along_row
        for (size_t j = 0; j < W; j++)
            memory.d_exact[i * memory.stride + j] -= along_row.exact[i] * EXACT(memory, i, j);
    memory_write_backward(N, W, w.x, erase.x, write_vector.x, memory_before.x, memory.x, along_row.x, memory.d, w.d, erase.d,
                          write_vector.d);
    CHECK_GRADIENT(memory_before, memory.d, REPLACES);
    CHECK_GRADIENT(w, w.d, ADDS);
    CHECK_GRADIENT(erase, erase.d, ADDS);
    CHECK_GRADIENT(write_vector, write_vector.d, ADDS);
}

CHECKS check_memory_read(void) {
    const tensor reads = padded(heads, N, 0, 1), read_vectors = dense(heads, W, 0, UNSET);
    memory = padded(N, W, -1, 1);
    for (size_t r = 0; r < heads; r++) {
        memory_read_forward(N, W, memory.x, row(reads, r), row(read_vectors, r));
        for (size_t j = 0; j < W; j++)
            for (size_t i = 0; i < N; i++)
                EXACT(read_vectors, r, j) += EXACT(memory, i, j) * EXACT(reads, r, i);
    }
    check_values("r", read_vectors);
}

CHECKS check_memory_backward(void) {
    const tensor reads = padded(heads, N, 0, 1), d_reads = padded(heads, W, -1, 1), across = padded(heads, N, -1, 1);
    const tensor along_row = padded(1, N, -1, 1), by_reads = padded(N, W, -1, 1), by_content = padded(N, W, -1, 1);
    memory = padded(N, W, -1, 1), keys = padded(heads, W, -1, 1);
    for (size_t r = 0; r < heads; r += HEAD_GROUP)
        WITH_GROUP(group_size(heads, r), memory_read_backward(group, N, W, row(reads, r), row(d_reads, r), row(across, r),
                                                              row(keys, r), by_reads.x))
    memory_content_backward(N, W, memory.x, keys.x, across.x, along_row.x, by_content.x);
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < W; j++) {
            for (size_t r = 0; r < heads; r++)
                EXACT(by_reads, i, j) += EXACT(reads, r, i) * EXACT(d_reads, r, j) + EXACT(across, r, i) * EXACT(keys, r, j);
            EXACT(by_content, i, j) += across.exact[i] * keys.exact[j] - along_row.exact[i] * EXACT(memory, i, j);
        }
    check_values("gradient at M by reads", by_reads);
    check_values("gradient at M by content", by_content);
}

static tensor modes, forward, backward;

static void read_weighting_exact(void) {
    const double *const pi = modes.exact;
    for (size_t i = 0; i < N; i++)
        weighting.exact[i] = pi[0] * backward.exact[i] + pi[1] * content.exact[i] + pi[2] * forward.exact[i];
}

CHECKS check_read_weighting(void) {
    modes = dense(1, 3, 0, 0, 1), weighting = padded(1, N, UNSET);
    backward = padded(1, N, 0, 1), content = padded(1, N, 0, 1), forward = padded(1, N, 0, 1);
    read_weighting_forward(N, modes.x, backward.x, content.x, forward.x, weighting.x);
    check_forward(read_weighting_exact, 1, &weighting);
    read_weighting_backward(N, modes.x, backward.x, content.x, forward.x, weighting.d, modes.d, backward.d, content.d,
                            forward.d);
    CHECK_GRADIENT(modes, modes.d, ADDS);
    CHECK_GRADIENT(backward, backward.d, REPLACES);
    CHECK_GRADIENT(content, content.d, REPLACES);
    CHECK_GRADIENT(forward, forward.d, REPLACES);
}

// ---- Temporal linkage ----------------------------------------------------------------------------------------------------

static tensor precedence_before, precedence, link_before, links;

static void link_exact(void) {
    memset(forward.exact, 0, heads * forward.stride * sizeof(double));
    memset(backward.exact, 0, heads * backward.stride * sizeof(double));
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++) {
            const double kept = (1 - w.exact[i] - w.exact[j]) * EXACT(link_before, i, j);
            EXACT(links, i, j) = i == j ? 0 : kept + w.exact[i] * precedence_before.exact[j];
            for (size_t r = 0; r < heads; r++) {
                EXACT(forward, r, i) += EXACT(links, i, j) * EXACT(reads_before, r, j);
                EXACT(backward, r, j) += EXACT(links, i, j) * EXACT(reads_before, r, i);
            }
        }
}

// L of no heads, and L in the place of L', have the bits of L.
CHECKS check_link_alone(link_step step) {
    const tensor alone = padded(N, N, UNSET), rolled = padded(N, N, 0, 0);
    memcpy(rolled.x, link_before.x, N * rolled.stride * sizeof(REAL));
    step.link = alone.x;
    link_forward(0, &step);
    step.link_before = step.link = rolled.x;
    link_forward(heads, &step);
    for (size_t i = 0; i < N; i++) {
        CHECK(memcmp(row(alone, i), row(links, i), N * sizeof(REAL)) == 0);
        CHECK(memcmp(row(rolled, i), row(links, i), N * sizeof(REAL)) == 0);
    }
}

CHECKS check_link(void) {
    w = padded(1, N, 0, 1), precedence_before = padded(1, N, 0, 1), reads_before = padded(heads, N, 0, 1);
    link_before = padded(N, N, 0, 1), links = padded(N, N, UNSET);
    forward = padded(heads, N, UNSET), backward = padded(heads, N, UNSET);
    const link_step step = {.N = N,
                            .w = w.x,
                            .precedence_before = precedence_before.x,
                            .reads_before = reads_before.x,
                            .link_before = link_before.x,
                            .link = links.x,
                            .forward = forward.x,
                            .backward = backward.x,
                            .d_forward = forward.d,
                            .d_backward = backward.d,
                            .d_link = links.d,
                            .d_w = w.d,
                            .d_precedence_before = precedence_before.d,
                            .d_reads_before = reads_before.d};
    link_forward(heads, &step);
    check_forward(link_exact, 3, (tensor[]){links, forward, backward});
    check_link_alone(step);
    link_backward(heads, &step);
    CHECK_GRADIENT(link_before, links.d, REPLACES);
    CHECK_GRADIENT(w, w.d, ADDS);
    CHECK_GRADIENT(precedence_before, precedence_before.d, ADDS);
    CHECK_GRADIENT(reads_before, reads_before.d, ADDS);
}

static void precedence_exact(void) {
    double keep = 1;
    for (size_t i = 0; i < N; i++)
        keep -= w.exact[i];
    for (size_t i = 0; i < N; i++)
        precedence.exact[i] = keep * precedence_before.exact[i] + w.exact[i];
}

CHECKS check_precedence(void) {
    w = padded(1, N, 0, 1), precedence_before = padded(1, N, 0, 1), precedence = padded(1, N, UNSET);
    precedence_forward(N, w.x, precedence_before.x, precedence.x);
    check_forward(precedence_exact, 1, &precedence);
    precedence_backward(N, w.x, precedence_before.x, precedence.d, w.d);
    CHECK_GRADIENT(precedence_before, precedence.d, REPLACES);
    CHECK_GRADIENT(w, w.d, ADDS);
}

// ---- Loss, of V = N and a row per head, every third of them without a target ---------------------------------------------

static tensor logits, log_normalizer, nats; // nats: (1)
static int32_t targets[16];

static void loss_exact(void) {
    nats.exact[0] = 0;
    for (size_t r = 0; r < heads; r++) {
        double total = 0;
        for (size_t j = 0; j < N; j++)
            total += exp(EXACT(logits, r, j));
        log_normalizer.exact[r] = log(total);
        if (targets[r] != DNC_NO_TARGET)
            nats.exact[0] += log_normalizer.exact[r] - EXACT(logits, r, (size_t)targets[r]);
    }
}

CHECKS check_loss(void) {
    const double spread = heads % 2 == 0 ? 3 : 100; // e^100 is no float
    logits = padded(heads, N, -spread, spread), log_normalizer = dense(1, heads, 0, UNSET), nats = dense(1, 1, 0, UNSET);
    for (size_t r = 0; r < heads; r++)
        targets[r] = r % 3 == 1 ? DNC_NO_TARGET : random_below(&pool.source, (int32_t)N);
    const dnc_loss loss = loss_forward(heads, N, logits.x, targets, log_normalizer.x);
    nats.x[0] = (REAL)loss.nats;
    check_forward(loss_exact, 2, (tensor[]){nats, log_normalizer});
    CHECK_EQUAL(loss.count, heads - (heads + 1) / 3);
    forward_pass.count = 1;
    loss_backward(heads, N, log_normalizer.x, targets, nats.d[0], logits.x);
    for (size_t r = 0; r < heads; r++)
        fill_padding(N, row(logits, r), R(0.0)); // nobody's
    CHECK_GRADIENT(logits, logits.x, REPLACES);
}

// ---- All -----------------------------------------------------------------------------------------------------------------

void KERNELS(long *passed, long *failed) {
    check_elementary();
    check_oneplus();
    check_ends_of_rows();
    check_off_diagonal();
    check_transpose();
    check_products();
    each("sums", check_sums, 1, 1);
    each("softmax", check_softmax, 1, 1);
    each("rnn", check_rnn, 1, 1);
    each("lstm", check_lstm, 1, 1);
    each("interface", check_interface, 1, 6);
    each("row_dots", check_row_dots, 1, 6);
    each("content", check_content, 1, 6);
    each("usage", check_usage, 1, 6);
    each("sort_slots, allocation", check_allocation, 1, 6);
    each("write weighting", check_write_weighting, 1, 1);
    each("memory write", check_memory_write, 1, 6);
    each("memory read", check_memory_read, 1, 6);
    each("memory backward", check_memory_backward, 1, 6);
    each("read weighting", check_read_weighting, 1, 1);
    each("link", check_link, 0, 9);
    each("precedence", check_precedence, 1, 1);
    each("loss", check_loss, 1, 6);
    *passed += check_passed;
    *failed += check_failed;
}
