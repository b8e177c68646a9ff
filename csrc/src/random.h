/* SplitMix64 (Steele, Lea, Flood 2014), which fills whatever begins with a seed, and a memory that is drawn without one. */
#ifndef DNC_RANDOM_H
#define DNC_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* The output at `position`, from 0, of the generator started at `seed`. */
static inline uint64_t dnc_splitmix64(uint64_t seed, uint64_t position) {
    uint64_t z = seed + (position + 1) * UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* M_0[i,j] of a memory_start that is drawn: 0.01 of a number of mean 0 and variance 1, by a sum of four uniform ones. The
 * bits are the same everywhere: the sum has 18, the factor, 0.01 sqrt(3) / 2^16, is given 33, and so their product is exact. */
static inline double dnc_drawn_memory(size_t i, size_t j) {
    const uint64_t bits = dnc_splitmix64(dnc_splitmix64(0, i), j);
    const uint64_t sum = (bits & 0xffff) + (bits >> 16 & 0xffff) + (bits >> 32 & 0xffff) + (bits >> 48);
    return ((double)sum - 2 * 0xffff) * 0x1.1bc779efp-22;
}

#endif
