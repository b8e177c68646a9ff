/* What is asked of the processor itself: its clock, and to take denormal numbers for zeros. */

static inline uint64_t clock_ticks(void) {
#if DNC_X86
    return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
    uint64_t ticks;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
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

/* Denormals are a hundred times slower on some processors, and so small that nothing here depends on them. Every entry point
 * flushes them and gives the thread its mode back, so that results do not depend on the caller's. */
typedef unsigned long float_mode;

#if DNC_X86
enum { FLUSH_RESULTS = 0x8000, DENORMALS_ARE_ZERO = 0x40 };

static inline float_mode flush_denormals(void) {
    const float_mode mode = __builtin_ia32_stmxcsr();
    __builtin_ia32_ldmxcsr((unsigned)mode | FLUSH_RESULTS | DENORMALS_ARE_ZERO);
    return mode;
}

static inline void restore_float_mode(float_mode mode) {
    __builtin_ia32_ldmxcsr((unsigned)mode);
}
#elif defined(__aarch64__)
static inline void restore_float_mode(float_mode mode) {
    __asm__ volatile("msr fpcr, %0" : : "r"(mode));
}

static inline float_mode flush_denormals(void) {
    float_mode mode;
    __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
    restore_float_mode(mode | 1ul << 24);
    return mode;
}
#else
static inline float_mode flush_denormals(void) {
    return 0;
}

static inline void restore_float_mode(float_mode mode) {
    (void)mode;
}
#endif
