/* Link sharpness (Csordas & Schmidhuber 2019), one weighting d of a lane:
 *
 *    y_i = (d_i + eps)^s / sum_j (d_j + eps)^s = softmax_i(s log(d_i + eps)),   eps = DNC_SHARPNESS_EPSILON
 *
 * Along links that have become faint, of which d sums to less than 1, y still sums to 1; without any it is uniform. */

INLINE vec log_of_weighting(const REAL *d) {
    return log_of(load(d) + (REAL)DNC_SHARPNESS_EPSILON);
}

static void sharpen_forward(size_t N, REAL sharpness, const REAL *restrict d, REAL *restrict y) {
    VECTORS (i, N)
        store(y + i, sharpness * log_of_weighting(d + i));
    softmax(N, y);
}

/* With dl the gradient at the softmax's input:  ds = sum_i dl_i log(d_i + eps);   dd_i = dl_i s / (d_i + eps) */
static void sharpen_backward(size_t N, REAL sharpness, const REAL *restrict d, const REAL *restrict y,
                             REAL *restrict d_y /* in; out: dd */, REAL *restrict d_sharpness /* += */) {
    vec by_sharpness = {0};
    softmax_backward(N, y, d_y);
    VECTORS (i, N) {
        const vec dl = load(d_y + i);
        by_sharpness += dl * log_of_weighting(d + i);
        store(d_y + i, dl * sharpness / (load(d + i) + (REAL)DNC_SHARPNESS_EPSILON));
    }
    *d_sharpness += sum_lanes(by_sharpness);
}
