#define DNC_REAL_BITS 32
#define DNC_ENGINE_TABLE dnc_engine_base_f32
#include "engine/compile.h"
