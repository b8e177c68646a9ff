/* Transposing matrices: to[c][r] = from[r][c], or += where `adds`. */

#if __has_builtin(__builtin_shufflevector) && VECTOR_BYTES * 8 >= 4 * DNC_REAL_BITS
typedef REAL quad __attribute__((vector_size(4 * sizeof(REAL))));

INLINE quad load_quad(const REAL *p) {
    quad v;
    memcpy(&v, p, sizeof v);
    return v;
}

INLINE void put_quad(bool adds, REAL *p, quad v) {
    if (adds)
        v += load_quad(p);
    memcpy(p, &v, sizeof v);
}

/* Four rows by four columns. */
INLINE void transpose_quads(bool adds, const REAL *restrict from, size_t from_stride, REAL *restrict to, size_t to_stride) {
    const quad a = load_quad(from), b = load_quad(from + from_stride);
    const quad c = load_quad(from + 2 * from_stride), d = load_quad(from + 3 * from_stride);
    const quad ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5), ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
    const quad cd_low = __builtin_shufflevector(c, d, 0, 4, 1, 5), cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
    put_quad(adds, to, __builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5));
    put_quad(adds, to + to_stride, __builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7));
    put_quad(adds, to + 2 * to_stride, __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5));
    put_quad(adds, to + 3 * to_stride, __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7));
}
#else
INLINE void transpose_quads(bool adds, const REAL *restrict from, size_t from_stride, REAL *restrict to, size_t to_stride) {
    for (size_t r = 0; r < 4; r++)
        for (size_t c = 0; c < 4; c++)
            to[c * to_stride + r] = from[r * from_stride + c] + (adds ? to[c * to_stride + r] : R(0.0));
}
#endif

/* By blocks of as many columns as a cache line has. */
INLINE void transpose(bool adds, size_t rows, size_t columns, const REAL *restrict from, size_t from_stride,
                      REAL *restrict to, size_t to_stride) {
    enum { BLOCK = 16 };
    for (size_t begin = 0; begin < columns; begin += BLOCK) {
        const size_t end = begin + BLOCK < columns ? begin + BLOCK : columns;
        size_t r = 0;
        for (; r + 4 <= rows; r += 4) {
            size_t c = begin;
            for (; c + 4 <= end; c += 4)
                transpose_quads(adds, from + r * from_stride + c, from_stride, to + c * to_stride + r, to_stride);
            for (; c < end; c++)
                for (size_t i = r; i < r + 4; i++)
                    to[c * to_stride + i] = from[i * from_stride + c] + (adds ? to[c * to_stride + i] : R(0.0));
        }
        for (; r < rows; r++)
            for (size_t c = begin; c < end; c++)
                to[c * to_stride + r] = from[r * from_stride + c] + (adds ? to[c * to_stride + r] : R(0.0));
    }
}
