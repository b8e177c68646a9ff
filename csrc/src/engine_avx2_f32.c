#include "engine.h"
#if DNC_X86
#define DNC_REAL_BITS 32
#define DNC_ENGINE_AVX2
#define DNC_ENGINE_TABLE dnc_engine_avx2_f32
#include "engine/compile.h"
#endif
