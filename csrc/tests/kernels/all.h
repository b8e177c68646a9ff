// Checks every kernel of the engine, compiled as the including file says (see src/engine/compile.h), against the same
// equation in scalars and in double precision; and every backward kernel against central differences of that equation.
// Kernels are checked in the file that is called as theirs in src/engine. The including file also defines KERNELS, the name
// of the function that runs all checks.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include "../../src/engine/compile.h"
#pragma GCC diagnostic pop

#include "shared.h"

#include "../reference.h"

#include "vector.h"

#include "transpose.h"

#include "product.h"

#include "norm.h"

#include "dropout.h"

#include "controller.h"

#include "interface.h"

#include "content.h"

#include "allocation.h"

#include "linkage.h"

#include "memory.h"

#include "delta.h"

#include "holographic.h"
#include "program.h"

#include "output.h"

void KERNELS(long *passed, long *failed) {
    vector_kernels();
    transpose_kernels();
    product_kernels();
    norm_kernels();
    dropout_kernels();
    controller_kernels();
    interface_kernels();
    content_kernels();
    allocation_kernels();
    linkage_kernels();
    memory_kernels();
    delta_kernels();
    program_kernels();
    holographic_kernels();
    output_kernels();
    *passed += check_passed;
    *failed += check_failed;
}
