/* The floating-point arithmetic that the core means, whatever flags a program is compiled with and whatever its mode.
 * To be included before anything else: what is above it is not meant. */
#ifndef DNC_ARITHMETIC_H
#define DNC_ARITHMETIC_H

#include <float.h>
#include <stdbool.h>

/* ---- The compiler's ------------------------------------------------------------------------------------------------- *
 * Sums are added in the order that is written, NaN is told from numbers, and nothing is estimated: flags that allow otherwise
 * are undone here, or refused. Contraction of a b + c is welcome, as the command line has it. */

#if !defined(__has_attribute)
#error "the core needs vectors, __attribute__((vector_size)): compile the core with GCC or Clang"
#elif !__has_attribute(vector_size)
#error "the core needs vectors, __attribute__((vector_size)): compile the core with GCC or Clang"
#endif

#if defined(__clang__)
#if __has_warning("-Wnan-infinity-disabled") /* Clang takes arguments for numbers then, whatever the pragmas below say. */
#pragma clang diagnostic push
#pragma clang diagnostic error "-Wnan-infinity-disabled"
_Static_assert(__builtin_isnan(__builtin_nan("")), "compile the core without -fno-honor-nans and -ffinite-math-only");
_Static_assert(__builtin_isinf(__builtin_inf()), "compile the core without -fno-honor-infinities, -ffinite-math-only");
#pragma clang diagnostic pop
#endif
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wignored-pragmas" /* where the first is ignored, the last does what matters most */
#pragma float_control(precise, on)
#pragma STDC FP_CONTRACT DEFAULT
#pragma clang fp reassociate(off)
#pragma clang diagnostic pop
#else
#pragma GCC optimize("no-unsafe-math-optimizations", "no-associative-math", "no-reciprocal-math", "signed-zeros")
#pragma GCC optimize("no-finite-math-only", "no-trapping-math", "no-math-errno", "excess-precision=fast")
#endif

#if __FINITE_MATH_ONLY__
#error "the core must tell NaN and infinity from numbers: compile the core without -ffinite-math-only and -ffast-math"
#endif

_Static_assert(sizeof 1.0 == sizeof(double), "compile the core without -fsingle-precision-constant");

/* ---- The processor's ------------------------------------------------------------------------------------------------ *
 * Whatever the caller has set, rounding is to nearest and no exception is trapped. Every entry point that computes sets this
 * and gives the caller its mode back, with the exception flags that stood in it. What computes between the two must be
 * NOT_INLINED, since compilers move arithmetic past a change of mode. */

#define NOT_INLINED __attribute__((noinline))

/* Denormals are a hundred times slower on some processors, and so small that the engine does not depend on them: it takes them
 * for zeros, where processors can. */
typedef enum denormals { KEEP_DENORMALS, FLUSH_DENORMALS } denormals;

#if defined(__x86_64__) || defined(__i386__)
#define DNC_X86 1
#else
#define DNC_X86 0
#endif

#if DNC_X86

#if defined(__x86_64__)
#define HAS_SSE true
#define HAS_DENORMALS_ARE_ZERO true
#else
#define HAS_SSE __builtin_cpu_supports("sse")
#define HAS_DENORMALS_ARE_ZERO __builtin_cpu_supports("sse3") /* some older processors lack it, and trap if it is set */
#endif

/* The x87 registers compute in 32-bit programs, and in Windows' libm. */
#if defined(__i386__) || defined(_WIN32) || FLT_EVAL_METHOD == 2
#define HAS_X87 1
/* An environment says which registers are in use: they are empty when it is stored and loaded. */
#define X87_REGISTERS "st", "st(1)", "st(2)", "st(3)", "st(4)", "st(5)", "st(6)", "st(7)"
#else
#define HAS_X87 0
#endif

typedef struct float_mode {
    unsigned sse;
#if HAS_X87
    unsigned x87[7]; /* the environment as FNSTENV stores it */
#endif
} float_mode;

static inline float_mode set_float_mode(denormals treatment) {
    enum { EXCEPTIONS_MASKED = 0x1f80, FLUSH_RESULTS = 0x8000, DENORMALS_ARE_ZERO = 0x40 };
    float_mode before = {0};
    if (HAS_SSE) {
        unsigned mode = EXCEPTIONS_MASKED;
        if (treatment == FLUSH_DENORMALS)
            mode |= FLUSH_RESULTS | (HAS_DENORMALS_ARE_ZERO ? DENORMALS_ARE_ZERO : 0);
        __asm__ volatile("stmxcsr %0\n\tldmxcsr %1" : "=m"(before.sse) : "m"(mode) : "memory");
    }
#if HAS_X87
    const unsigned short mode = 0x37f; /* masked, of all precision, to nearest */
    __asm__ volatile("fnstenv %0\n\tfldcw %1" : "=m"(before.x87) : "m"(mode) : "memory", X87_REGISTERS);
#endif
    return before;
}

static inline void restore_float_mode(float_mode before) {
    if (HAS_SSE)
        __asm__ volatile("ldmxcsr %0" : : "m"(before.sse) : "memory");
#if HAS_X87
    __asm__ volatile("fldenv %0" : : "m"(before.x87) : "memory", X87_REGISTERS);
#endif
}

#elif defined(__aarch64__)

typedef struct float_mode {
    unsigned long long control, status;
} float_mode;

static inline void restore_float_mode(float_mode before) {
    __asm__ volatile("msr fpcr, %0\n\tmsr fpsr, %1" : : "r"(before.control), "r"(before.status) : "memory");
}

static inline float_mode set_float_mode(denormals treatment) {
    float_mode before;
    __asm__ volatile("mrs %0, fpcr\n\tmrs %1, fpsr" : "=r"(before.control), "=r"(before.status) : : "memory");
    restore_float_mode((float_mode){.control = treatment == FLUSH_DENORMALS ? 1u << 24 : 0, .status = before.status});
    return before;
}

#elif defined(__arm__) && defined(__ARM_FP)

typedef unsigned float_mode;

static inline void restore_float_mode(float_mode before) {
    __asm__ volatile("vmsr fpscr, %0" : : "r"(before) : "memory");
}

static inline float_mode set_float_mode(denormals treatment) {
    float_mode before;
    __asm__ volatile("vmrs %0, fpscr" : "=r"(before) : : "memory");
    restore_float_mode(treatment == FLUSH_DENORMALS ? 1u << 24 : 0);
    return before;
}

#elif defined(__wasm__) /* has one mode */

typedef int float_mode;

static inline float_mode set_float_mode(denormals treatment) {
    return (float_mode)treatment;
}

static inline void restore_float_mode(float_mode before) {
    (void)before;
}

#else

#include <fenv.h>

typedef fenv_t float_mode;

static inline float_mode set_float_mode(denormals treatment) {
    (void)treatment;
    float_mode before;
    fegetenv(&before);
    fesetenv(FE_DFL_ENV);
    return before;
}

static inline void restore_float_mode(float_mode before) {
    fesetenv(&before);
}

#endif

#endif
