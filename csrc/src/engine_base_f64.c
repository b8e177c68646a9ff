#include "engine.h"
#ifndef DNC_INFERENCE_ONLY
#define DNC_REAL_BITS 64
#define DNC_ENGINE_TABLE dnc_engine_base_f64
#include "engine/compile.h"
#endif
