/* The precision: REAL is float or double; R(1.5) is a literal of it; functions of libm and BLAS under one name. */
#if DNC_REAL_BITS == 32
typedef float REAL;
typedef int32_t REAL_BITS; /* an integer as wide */
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
#define BLAS_GEMM cblas_sgemm
#define BLAS_GEMV cblas_sgemv
typedef dnc_engine_f32 engine_table;
#elif DNC_REAL_BITS == 64
typedef double REAL;
typedef int64_t REAL_BITS;
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
#define BLAS_GEMM cblas_dgemm
#define BLAS_GEMV cblas_dgemv
typedef dnc_engine_f64 engine_table;
#else
#error "define DNC_REAL_BITS as 32 or 64"
#endif
