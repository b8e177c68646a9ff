// What the checks of all kernels share: tensors, filled at random and guarded; sizes around the edges; comparison with exact
// numbers; and gradients.
#include "../check.h"
#include "../harness.h"
#include "../reference.h"

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

// Those that the kernels of more than one file take.
static tensor memory, w, reads_before, content, forward, backward;

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
