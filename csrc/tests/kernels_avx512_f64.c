#include "../src/engine.h"
#if DNC_X86
#define DNC_REAL_BITS 64
#define DNC_ENGINE_AVX512
#define DNC_ENGINE_TABLE kernels_table_avx512_f64
#define KERNELS kernels_avx512_f64
#include "kernels/all.h"
#endif
