/* Dropout: of what is read in a place each number x becomes 0 with that place's rate p, and x / (1 - p) otherwise. Which of them are
 * kept is a hash of (seed, step, lane, place, unit), so that nothing is recorded: backward draws the same again, and does to the
 * gradient what was done to the numbers. What is here is drawn alike for ever: seeds are written down. */

#define DROPOUT_PLACE(place, rate) place,
#define DROPOUT_RATE(place, rate) segment->dropout->rate,

typedef enum dropout_place { DNC_DROPOUT_PLACES(DROPOUT_PLACE) } dropout_place;

static inline float dropout_rate(const dnc_segment *segment, dropout_place place) {
#ifdef DNC_INFERENCE_ONLY /* steps drop nothing, so that what drops is left out */
    return (void)segment, (void)place, 0.0f;
#else
    if (segment->dropout == NULL)
        return 0.0f;
    const float rates[] = {DNC_DROPOUT_PLACES(DROPOUT_RATE)};
    return rates[place];
#endif
}

/* What a row's units are drawn from. */
static inline uint64_t dropout_key(const dnc_dropout *dropout, dropout_place place, size_t l, size_t t, size_t b) {
    const uint64_t of_place = dnc_splitmix64(dropout->seed, 0) ^ ((uint64_t)place << 32 | l);
    return dnc_splitmix64(dnc_splitmix64(of_place, dropout->step + t), dropout->lane + b);
}

/* 32 random bits of a unit: its number and the key's halves, mixed twice, with Wellons' multipliers (hash-prospector, 2018). Of no
 * more than 32 bits, and in steps that vectors have, so that compilers make vectors of it. */
static inline uint32_t dropout_bits(uint32_t low, uint32_t high, uint32_t unit) {
    uint32_t x = low + unit;
    x = (x ^ x >> 16) * UINT32_C(0x7feb352d) ^ high;
    x = (x ^ x >> 15) * UINT32_C(0x846ca68b);
    return x ^ x >> 16;
}

/* x o mask / (1 - p), in place */
static inline void drop(uint64_t key, float rate, size_t n, REAL *restrict x) {
    const uint32_t low = (uint32_t)key, high = (uint32_t)(key >> 32), below = (uint32_t)((double)rate * 0x1p32);
    const REAL scale = (REAL)(1.0 / (1.0 - (double)rate));
    for (size_t j = 0; j < n; j++)
        x[j] = dropout_bits(low, high, (uint32_t)j) < below ? R(0.0) : scale * x[j];
}

/* The same of the n numbers that are read in a place at step t by lane b, in layer l where each layer reads; with a rate of 0
 * nothing is done. */
static inline void drop_row(const dnc_segment *segment, dropout_place place, size_t l, size_t t, size_t b, size_t n,
                            REAL *x) {
    const float rate = dropout_rate(segment, place);
    if (rate > 0.0f)
        drop(dropout_key(segment->dropout, place, l, t, b), rate, n, x);
}
