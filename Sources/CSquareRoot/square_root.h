/* The square root as the processor's instruction alone. Swift's squareRoot() is C's sqrt, which also reports to errno and therefore
 * cannot be computed for several numbers at once. */
static inline float square_root_f32(float x) {
    return __builtin_elementwise_sqrt(x);
}

static inline double square_root_f64(double x) {
    return __builtin_elementwise_sqrt(x);
}
