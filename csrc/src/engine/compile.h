/* Compiles the engine for one precision and one instruction set. The including file defines
 *    DNC_REAL_BITS            32 or 64
 *    DNC_ENGINE_TABLE         name of the table to define
 *    DNC_ENGINE_AVX2 / _AVX512  or neither, for what the compiler targets by default
 * Everything between the target pragmas, and what is inlined into it, may use that instruction set. */
#include "../engine.h"

#ifdef VECTOR_BYTES
#error "engine_*.c are for instructions of their own, each by itself: keep them out of unity builds"
#endif

#if defined(DNC_CBLAS) /* any library's, whatever its header is called and has in it; integers are ints */
enum { CblasRowMajor = 101, CblasNoTrans = 111, CblasTrans = 112 };
#define DECLARE_CBLAS(REAL, gemm, gemv)                                                                                     \
    void gemm(int order, int a_as, int b_as, int m, int n, int k, REAL alpha, const REAL *a, int lda, const REAL *b,        \
              int ldb, REAL beta, REAL *c, int ldc);                                                                        \
    void gemv(int order, int a_as, int m, int n, REAL alpha, const REAL *a, int lda, const REAL *x, int x_stride,           \
              REAL beta, REAL *y, int y_stride)
DECLARE_CBLAS(float, cblas_sgemm, cblas_sgemv);
DECLARE_CBLAS(double, cblas_dgemm, cblas_dgemv);
#elif !defined(DNC_NO_BLAS)
#include <cblas.h>
#undef I /* the length of the interface vector here; complex.h, by way of cblas.h, takes it for the imaginary unit */
#endif
#include <math.h>
#include <string.h>

#if !defined(__clang__) /* vectors are passed to functions that are inlined, and so never by an ABI */
#pragma GCC diagnostic ignored "-Wpsabi"
#endif
#ifdef DNC_INFERENCE_ONLY /* the compiler leaves out what a single step does not use, and need not say so */
#pragma GCC diagnostic ignored "-Wunused-function"
#endif

#if defined(DNC_ENGINE_AVX512)
#define VECTOR_BYTES 64
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")
#endif
#elif defined(DNC_ENGINE_AVX2)
#define VECTOR_BYTES 32
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif
#else
#define VECTOR_BYTES 16
#endif

#include "base/real.h"

#include "base/processor.h"

#include "base/vector.h"

#include "base/transpose.h"

#include "base/product.h"

#include "base/norm.h"

#include "base/dropout.h"

#include "controller/part.h"

#include "input/symbols.h"
#include "input/vector.h"

#include "controller/product.h"

#include "controller/layers.h"
#include "controller/gate_norm.h"
#include "controller/lstm.h"

#include "controller/gru.h"

#include "controller/bidirectional.h"
#include "memory/part.h"

#include "memory/allocation.h"
#include "memory/content.h"
#include "memory/masked.h"

#include "memory/location.h"

#include "program/weighting.h"

#include "program/mix.h"

#include "memory/interface.h"
#include "memory/interface_norm.h"
#include "memory/interface_product.h"
#include "memory/linkage.h"
#include "memory/sharpness.h"

#include "memory/access.h"

#include "memory/delta.h"
#include "memory/dense.h"
#include "memory/holographic.h"

#include "output/product.h"

#include "output/symbols.h"
#include "output/vectors.h"

#include "segment.h"

#ifdef DNC_INFERENCE_ONLY
const engine_table DNC_ENGINE_TABLE = {.step = step_forward, .begin_lane = begin_lane};
#else
const engine_table DNC_ENGINE_TABLE = {segment_forward, segment_backward, step_forward, begin_lane};
#endif

#if defined(DNC_ENGINE_AVX512) || defined(DNC_ENGINE_AVX2)
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
