/* The compute functions of one precision and one instruction set. Each engine_<isa>_<precision>.c compiles the same sources
 * (engine/) into one of these tables; api.c picks the table that the configuration asks for. */
#ifndef DNC_ENGINE_H
#define DNC_ENGINE_H

#include "arithmetic.h"

#include "layout.h"
#include "random.h"

/* The instruction set that `wanted` (a dnc_isa) means on this processor; DNC_ISA_AUTO where there is none. */
dnc_isa dnc_resolve_isa(int32_t wanted);

/* Where numbers are dropped, each with a rate of its own in dnc_dropout. X(place, rate); the order is part of what is drawn. */
#define DNC_DROPOUT_PLACES(X)                                                                                               \
    X(DROPPED_BELOW, layers)                                                                                                \
    X(DROPPED_BYPASS, bypass)

/* Arguments have been validated; buffers are as dnc.h says. `workspace` is the plan's. The mode is FLUSH_DENORMALS. */
#define DNC_DECLARE_ENGINE(REAL, suffix)                                                                                    \
    typedef struct dnc_engine_##suffix {                                                                                    \
        void (*forward)(const dnc_plan *, const REAL *parameters, const dnc_segment *, REAL *state, REAL *workspace,        \
                        dnc_loss *);                                                                                        \
        void (*backward)(const dnc_plan *, const dnc_segment *, REAL *workspace, REAL scale, REAL *gradient);               \
        void (*step)(const dnc_plan *, const REAL *parameters, const dnc_segment *, REAL *state, REAL *workspace,           \
                     REAL *outputs);                                                                                        \
        void (*begin_lane)(const dnc_plan *, REAL *state);                                                                  \
    } dnc_engine_##suffix;                                                                                                  \
    extern const dnc_engine_##suffix dnc_engine_base_##suffix, dnc_engine_avx2_##suffix, dnc_engine_avx512_##suffix

DNC_DECLARE_ENGINE(float, f32);
DNC_DECLARE_ENGINE(double, f64);

#endif
