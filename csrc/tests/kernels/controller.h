// Controller cells, of H = N.

static tensor gates, cell_before, cell, tanh_cell, hidden;

static void rnn_exact(void) {
    for (size_t j = 0; j < N; j++)
        hidden.exact[j] = tanh(gates.exact[j]);
}

CHECKS check_rnn(void) {
    gates = dense(1, N, 0, -3, 3), hidden = dense(1, N, 0, UNSET);
    rnn_forward(N, gates.x, hidden.x);
    check_forward(rnn_exact, 1, &hidden);
    CHECK(memcmp(gates.x, hidden.x, N * sizeof(REAL)) == 0);
    rnn_backward(N, gates.x, hidden.d);
    CHECK_GRADIENT(gates, gates.x, REPLACES);
}

static void lstm_exact(void) {
    for (size_t j = 0; j < N; j++) {
        const double i = sigmoid_exact(EXACT(gates, 0, j)), f = sigmoid_exact(EXACT(gates, 1, j));
        const double g = tanh(EXACT(gates, 2, j)), o = sigmoid_exact(EXACT(gates, 3, j));
        cell.exact[j] = f * cell_before.exact[j] + i * g;
        tanh_cell.exact[j] = tanh(cell.exact[j]);
        hidden.exact[j] = o * tanh_cell.exact[j];
    }
}

CHECKS check_lstm(void) {
    gates = dense(4, N, 0, -3, 3), hidden = dense(1, N, 0, UNSET);
    cell_before = padded(1, N, -2, 2), cell = padded(1, N, UNSET), tanh_cell = padded(1, N, UNSET);
    lstm_forward(N, gates.x, cell_before.x, cell.x, tanh_cell.x, hidden.x);
    check_forward(lstm_exact, 2, (tensor[]){hidden, cell});
    check_values("tanh c", tanh_cell);
    lstm_backward(N, gates.x, cell_before.x, tanh_cell.x, hidden.d, cell.d);
    CHECK_GRADIENT(gates, gates.x, REPLACES);
    CHECK_GRADIENT(cell_before, cell.d, REPLACES);
}

static void controller_kernels(void) {
    each("rnn", check_rnn, 1, 1);
    each("lstm", check_lstm, 1, 1);
}
