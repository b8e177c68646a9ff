#define DNC_REAL_BITS 32
#define DNC_ENGINE_TABLE kernels_table_base_f32
#define KERNELS kernels_base_f32
#include "kernels/all.h"
