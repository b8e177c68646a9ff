#include "../src/engine.h"
#if DNC_X86
#define DNC_REAL_BITS 64
#define DNC_ENGINE_AVX2
#define DNC_ENGINE_TABLE kernels_table_avx2_f64
#define KERNELS kernels_avx2_f64
#include "kernels/all.h"
#endif
