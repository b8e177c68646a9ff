/* Controller cells: from gate pre-activations a = W_ih [x ; r] + W_hh h + b to the hidden state, one lane at a time. */

/* RNN:  h = tanh(a) */
static inline void rnn_forward(size_t H, REAL *restrict gates /* (H) in: a, out: h */, REAL *restrict hidden /* (H) */) {
    for (size_t j = 0; j < H; j++)
        hidden[j] = gates[j] = tanh_of(gates[j]);
}

/* da = dh (1 - h^2) */
static inline void rnn_backward(size_t H, REAL *restrict gates /* (H) in: h, out: da */, const REAL *restrict d_hidden) {
    for (size_t j = 0; j < H; j++)
        gates[j] = d_hidden[j] * (R(1.0) - gates[j] * gates[j]);
}

/* LSTM:  i, f, o = sg(a_i), sg(a_f), sg(a_o);  g = tanh(a_g);  c = f c' + i g;  h = o tanh(c) */
static inline void lstm_forward(size_t H, REAL *restrict gates /* (4, H) in: a, out: i f g o */,
                                const REAL *restrict cell_before, REAL *restrict cell, REAL *restrict tanh_cell,
                                REAL *restrict hidden) {
    const REAL *i = gates, *f = gates + H, *g = gates + 2 * H, *o = gates + 3 * H;
    for (size_t j = 0; j < 2 * H; j++)
        gates[j] = sigmoid(gates[j]);
    for (size_t j = 2 * H; j < 3 * H; j++)
        gates[j] = tanh_of(gates[j]);
    for (size_t j = 3 * H; j < 4 * H; j++)
        gates[j] = sigmoid(gates[j]);
    for (size_t j = 0; j < H; j++) {
        cell[j] = f[j] * cell_before[j] + i[j] * g[j];
        tanh_cell[j] = tanh_of(cell[j]);
        hidden[j] = o[j] * tanh_cell[j];
    }
}

/* dc = dh o (1 - tanh^2 c) + dc from the next step;  di = dc g, df = dc c', dg = dc i, do = dh tanh c;  dc' = dc f */
static inline void lstm_backward(size_t H, REAL *restrict gates /* (4, H) in: i f g o, out: da */,
                                 const REAL *restrict cell_before, const REAL *restrict tanh_cell,
                                 const REAL *restrict d_hidden, REAL *restrict d_cell /* in: dc, out: dc' */) {
    REAL *restrict i = gates, *restrict f = gates + H, *restrict g = gates + 2 * H, *restrict o = gates + 3 * H;
    for (size_t j = 0; j < H; j++) {
        const REAL ij = i[j], fj = f[j], gj = g[j], oj = o[j], tc = tanh_cell[j];
        const REAL dc = d_cell[j] + d_hidden[j] * oj * (R(1.0) - tc * tc);
        i[j] = dc * gj * ij * (R(1.0) - ij);
        f[j] = dc * cell_before[j] * fj * (R(1.0) - fj);
        g[j] = dc * ij * (R(1.0) - gj * gj);
        o[j] = d_hidden[j] * tc * oj * (R(1.0) - oj);
        d_cell[j] = dc * fj;
    }
}
