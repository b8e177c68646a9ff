/* SplitMix64 (Steele, Lea, Flood 2014), which fills whatever begins with a seed. */
#ifndef DNC_RANDOM_H
#define DNC_RANDOM_H

#include <stdint.h>

/* The output at `position`, from 0, of the generator started at `seed`. */
static inline uint64_t dnc_splitmix64(uint64_t seed, uint64_t position) {
    uint64_t z = seed + (position + 1) * UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

#endif
