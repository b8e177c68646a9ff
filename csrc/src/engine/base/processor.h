/* The processor's clock, for the times of phases; 0 where a program may not read it. */

static inline uint64_t clock_ticks(void) {
#if DNC_X86
    return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
    uint64_t ticks;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
#elif defined(__riscv) && __riscv_xlen == 64
    uint64_t ticks;
    __asm__ volatile("rdtime %0" : "=r"(ticks));
    return ticks;
#elif defined(__s390x__)
    uint64_t ticks;
    __asm__ volatile("stckf %0" : "=Q"(ticks) : : "cc");
    return ticks;
#elif defined(__powerpc64__)
    return __builtin_ppc_get_timebase();
#else
    return 0;
#endif
}

/* Where the time goes: the ticks between laps are added to the phases that they end. Costs a branch when nobody asks. */
typedef struct stopwatch {
    uint64_t *ticks; /* (DNC_PHASE_COUNT) or NULL */
    uint64_t last;
} stopwatch;

static inline stopwatch stopwatch_start(uint64_t *ticks) {
    return (stopwatch){.ticks = ticks, .last = ticks != NULL ? clock_ticks() : 0};
}

static inline void lap(stopwatch *watch, dnc_phase phase) {
    if (watch->ticks == NULL)
        return;
    const uint64_t now = clock_ticks();
    watch->ticks[phase] += now - watch->last;
    watch->last = now;
}
