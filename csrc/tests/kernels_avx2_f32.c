#include "../src/engine.h"
#if DNC_X86
#define DNC_REAL_BITS 32
#define DNC_ENGINE_AVX2
#define DNC_ENGINE_TABLE kernels_table_avx2_f32
#define KERNELS kernels_avx2_f32
#include "kernels/all.h"
#endif
