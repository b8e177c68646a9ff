#include "engine.h"
#if DNC_X86 && !defined(DNC_INFERENCE_ONLY)
#define DNC_REAL_BITS 64
#define DNC_ENGINE_AVX512
#define DNC_ENGINE_TABLE dnc_engine_avx512_f64
#include "engine/compile.h"
#endif
