/* What a step takes of its programs, one lane: of blocks u_i of n numbers, the interface vector or the output as program i would have
 * it,
 *
 *    x = sum_i s_i u_i;                  ds_i = dx.u_i,       du_i = s_i dx
 *
 * and of the output's rows, of which program i gives u_i = I_i.[h ; r], so that y_j = (sum_i s^j_i I_i).[h ; r] + b_j,
 *
 *    y_j = b_j + s^j.u;                  ds^j = dy_j u,       du = sum_j dy_j s^j */

static void mix_forward(size_t P, size_t n, const REAL *restrict s /* (P) */, const REAL *restrict u /* (P, n) */,
                        size_t stride, REAL *restrict x) {
    memset(x, 0, n * sizeof(REAL));
    for (size_t i = 0; i < P; i++)
        add_scaled(n, s[i], u + i * stride, x);
}

static void mix_backward(size_t P, size_t n, const REAL *restrict s, const REAL *restrict d_x,
                         REAL *restrict u /* in: u, out: du */, size_t stride, REAL *restrict d_s /* (Pp) */) {
    for (size_t i = 0; i < P; i++) {
        vec sum = {0};
        VECTORS (j, n) {
            const vec d = load_first(d_x + j, n - j);
            sum += d * load_first(u + i * stride + j, n - j);
            store_first(u + i * stride + j, n - j, s[i] * d);
        }
        d_s[i] = sum_lanes(sum);
    }
    fill_padding(P, d_s, R(0.0));
}

/* Of Q groups of C outputs, Cp apart; y in: b. */
static void mix_rows_forward(size_t P, size_t Q, size_t C, size_t Cp, const REAL *restrict s /* (Q C, Pp) */,
                             const REAL *restrict u /* (Pp) */, REAL *restrict y /* (Q, Cp) */) {
    for (size_t q = 0; q < Q; q++)
        for (size_t c = 0; c < C; c++)
            y[q * Cp + c] += dot(P, s + (q * C + c) * dnc_row(P), u);
}

static void mix_rows_backward(size_t P, size_t Q, size_t C, size_t Cp, const REAL *restrict s, const REAL *restrict d_y,
                              REAL *restrict u /* in: u, out: du */, REAL *restrict d_s /* (Q C, Pp) */) {
    VECTORS (i, P) {
        const vec program = load(u + i);
        vec sum = {0};
        for (size_t q = 0; q < Q; q++)
            for (size_t c = 0; c < C; c++) {
                const size_t at = (q * C + c) * dnc_row(P) + i;
                const REAL d = d_y[q * Cp + c];
                sum += d * load(s + at);
                store(d_s + at, d * program);
            }
        store(u + i, sum);
    }
}
