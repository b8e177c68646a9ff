/* What a program does where its address space is limited, as by ulimit -v: see dnc.h, "The process' BLAS". */
#ifndef DNC_EXAMPLES_ADDRESS_SPACE_H
#define DNC_EXAMPLES_ADDRESS_SPACE_H

#if defined(__unix__) || defined(__APPLE__)
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#endif

/* Whether it is: then OpenBLAS could wait for ever for what it reserves, and dnc_run's own_products does without. The threads
 * that OpenBLAS starts as it is loaded, before main, reserve as well: so the program begins anew, with an OpenBLAS that is told by
 * the environment to start none. To be called first of all. */
static inline int address_space_is_limited(char **argv) {
#if defined(__unix__) || defined(__APPLE__)
    struct rlimit all, data;
    if (getrlimit(RLIMIT_AS, &all) != 0 || getrlimit(RLIMIT_DATA, &data) != 0 ||
        (all.rlim_cur == RLIM_INFINITY && data.rlim_cur == RLIM_INFINITY))
        return 0;
    const char *const threads = getenv("OPENBLAS_NUM_THREADS");
    if ((threads == NULL || strcmp(threads, "1") != 0) && setenv("OPENBLAS_NUM_THREADS", "1", 1) == 0 &&
        setenv("OMP_NUM_THREADS", "1", 1) == 0) /* for one that is built with OpenMP */
        execv("/proc/self/exe", argv);
    return 1;
#else
    (void)argv;
    return 0;
#endif
}

#endif
