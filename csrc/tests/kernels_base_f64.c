#define DNC_REAL_BITS 64
#define DNC_ENGINE_TABLE kernels_table_base_f64
#define KERNELS kernels_base_f64
#include "kernels/all.h"
