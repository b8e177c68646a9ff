// Every kernel of the engine alone, in every variant that this processor runs:
// see kernels/all.h.
#include "../src/engine.h"

#include "check.h"

typedef void kernels(long *passed,
                     long *failed); // adds how many checks of a variant did

kernels kernels_base_f32, kernels_base_f64;
#if DNC_X86
kernels kernels_avx2_f32, kernels_avx2_f64, kernels_avx512_f32, kernels_avx512_f64;
#endif

static void check_variants(dnc_isa isa, kernels *f32, kernels *f64) {
    if (dnc_resolve_isa((int32_t)isa) != isa) {
        printf("%s: not in this processor\n", dnc_isa_string(isa));
        return;
    }
    f32(&check_passed, &check_failed);
    f64(&check_passed, &check_failed);
}

int main(void) {
    dnc_use_one_blas_thread();
    check_variants(DNC_ISA_BASE, kernels_base_f32, kernels_base_f64);
#if DNC_X86
    check_variants(DNC_ISA_AVX2, kernels_avx2_f32, kernels_avx2_f64);
    check_variants(DNC_ISA_AVX512, kernels_avx512_f32, kernels_avx512_f64);
#endif
    return check_report();
}
