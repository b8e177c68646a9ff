/* The precision: REAL is float or double; R(1.5) is a literal of it; functions of libm and BLAS under one name. */
#if DNC_REAL_BITS == 32
typedef float REAL;
typedef uint32_t REAL_BITS;
#define R(literal) literal##f
#define EXPONENT_SHIFT 23 /* where the exponent begins in the bits of a REAL */
#define EXPONENT_BIAS 127
#define EXP_LIMIT 87.0f       /* e^x is a normal number for |x| up to here */
#define LN2_HIGH 0.693359375f /* ln 2 in two parts: the first times an integer is exact */
#define LN2_LOW (-2.12194440e-4f)
#define SQRT sqrtf
#define EXP expf
#define EXPM1 expm1f
#define LOG logf
#define LOG1P log1pf
#define COPYSIGN copysignf
#define BLAS_GEMM cblas_sgemm
#define BLAS_GEMV cblas_sgemv
typedef dnc_engine_f32 engine_table;
#elif DNC_REAL_BITS == 64
typedef double REAL;
typedef uint64_t REAL_BITS;
#define R(literal) literal
#define EXPONENT_SHIFT 52
#define EXPONENT_BIAS 1023
#define EXP_LIMIT 708.0
#define LN2_HIGH 6.93145751953125e-1
#define LN2_LOW 1.42860682030941723212e-6
#define SQRT sqrt
#define EXP exp
#define EXPM1 expm1
#define LOG log
#define LOG1P log1p
#define COPYSIGN copysign
#define BLAS_GEMM cblas_dgemm
#define BLAS_GEMV cblas_dgemv
typedef dnc_engine_f64 engine_table;
#else
#error "define DNC_REAL_BITS as 32 or 64"
#endif

enum { LANES = VECTOR_BYTES / sizeof(REAL) }; /* elements of one vector register */

/* C (m, n) = beta C + op(A) (m, k) op(B) (k, n), row-major; op transposes where `a` or `b` is TRANSPOSED. The one door to BLAS. */
typedef enum orientation { PLAIN = CblasNoTrans, TRANSPOSED = CblasTrans } orientation;

static inline void product(orientation a_as, orientation b_as, size_t m, size_t n, size_t k, const REAL *a, size_t lda,
                           const REAL *b, size_t ldb, REAL beta, REAL *c, size_t ldc) {
    if (m == 1 && a_as == PLAIN) {
        if (b_as == TRANSPOSED)
            BLAS_GEMV(CblasRowMajor, CblasNoTrans, (int)n, (int)k, R(1.0), b, (int)ldb, a, 1, beta, c, 1);
        else
            BLAS_GEMV(CblasRowMajor, CblasTrans, (int)k, (int)n, R(1.0), b, (int)ldb, a, 1, beta, c, 1);
        return;
    }
    BLAS_GEMM(CblasRowMajor, (enum CBLAS_TRANSPOSE)a_as, (enum CBLAS_TRANSPOSE)b_as, (int)m, (int)n, (int)k, R(1.0), a,
              (int)lda, b, (int)ldb, beta, c, (int)ldc);
}
