// Controller cells, of H = N.

static tensor gates, cell_before, cell, tanh_cell, hidden;

static void tanh_exact(void) {
    for (size_t j = 0; j < N; j++)
        hidden.exact[j] = tanh(gates.exact[j]);
}

CHECKS check_tanh(void) {
    gates = dense(1, N, 0, -3, 3), hidden = dense(1, N, 0, UNSET);
    activation_forward(false, N, gates.x, hidden.x);
    check_forward(tanh_exact, 1, &hidden);
    CHECK(memcmp(gates.x, hidden.x, N * sizeof(REAL)) == 0);
    activation_backward(false, N, gates.x, hidden.d);
    CHECK_GRADIENT(gates, gates.x, REPLACES);
}

static void relu_exact(void) {
    for (size_t j = 0; j < N; j++)
        hidden.exact[j] = fmax(0, gates.exact[j]);
}

// A layer of a feed-forward controller: of tanh units with one head, and with two of rectified ones, which keep away from 0, where
// those have no slope.
CHECKS check_layer(void) {
    const bool is_relu = heads == 2;
    gates = dense(1, N, 0, -3, 3), hidden = dense(1, N, 0, UNSET);
    for (size_t j = 0; is_relu && j < N; j++)
        set(gates, 0, j, EXACT(gates, 0, j) + (EXACT(gates, 0, j) < 0 ? -0.1 : 0.1));
    activation_forward(is_relu, N, gates.x, hidden.x);
    check_forward(is_relu ? relu_exact : tanh_exact, 1, &hidden);
    CHECK(memcmp(gates.x, hidden.x, N * sizeof(REAL)) == 0);
    activation_backward(is_relu, N, gates.x, hidden.d);
    CHECK_GRADIENT(gates, gates.x, REPLACES);
}

// A rectified unit that is at 0 answers 0, and its slope is 0; of what is no number it makes none.
CHECKS check_relu_edges(void) {
    start("relu at its edges");
    REAL a[] = {R(0.0), -R(0.0), (REAL)INFINITY, -(REAL)INFINITY, (REAL)NAN}, y[5];
    const REAL d[] = {R(1.0), R(1.0), R(1.0), R(1.0), R(1.0)};
    const double gives[] = {0, 0, (double)INFINITY, 0}, slopes[] = {0, 0, 1, 0};
    activation_forward(true, 5, a, y);
    activation_backward(true, 5, a, d);
    for (size_t j = 0; j < 4; j++) {
        CHECK((double)y[j] == gives[j]);
        CHECK_EQUAL(a[j], slopes[j]);
    }
    CHECK(isnan(y[4]));
}

// Of a plain cell with one head, of a squashed one with two.
static void lstm_exact(void) {
    for (size_t j = 0; j < N; j++) {
        const double i = sigmoid_exact(EXACT(gates, 0, j)), f = sigmoid_exact(EXACT(gates, 1, j));
        const double g = tanh(EXACT(gates, 2, j)), o = sigmoid_exact(EXACT(gates, 3, j));
        const double sum = f * cell_before.exact[j] + i * g;
        tanh_cell.exact[j] = tanh(sum);
        cell.exact[j] = heads == 1 ? sum : tanh(sum);
        hidden.exact[j] = o * tanh(sum);
    }
}

CHECKS check_lstm(void) {
    const bool is_squashed = heads == 2;
    gates = dense(4, N, 0, -3, 3), hidden = dense(1, N, 0, UNSET);
    cell_before = padded(1, N, -2, 2), cell = padded(1, N, UNSET), tanh_cell = padded(1, N, UNSET);
    lstm_forward(is_squashed ? LSTM_SQUASHED : LSTM_PLAIN, N, gates.x, cell_before.x, cell.x,
                 is_squashed ? NULL : tanh_cell.x, hidden.x);
    check_forward(lstm_exact, 2, (tensor[]){hidden, cell});
    if (!is_squashed)
        check_values("tanh c", tanh_cell);
    lstm_backward(is_squashed ? LSTM_SQUASHED : LSTM_PLAIN, N, gates.x, cell_before.x, is_squashed ? cell.x : tanh_cell.x,
                  hidden.d, cell.d);
    CHECK_GRADIENT(gates, gates.x, REPLACES);
    CHECK_GRADIENT(cell_before, cell.d, REPLACES);
}

static void normed_output_exact(void) {
    for (size_t j = 0; j < N; j++) {
        tanh_cell.exact[j] = tanh(cell.exact[j]);
        hidden.exact[j] = EXACT(gates, 3, j) * tanh(cell.exact[j]);
    }
}

// Of gates that are squashed already, and whose gradient is at what was: that of o is checked with the whole network.
CHECKS check_normed_output(void) {
    gates = dense(4, N, 0, 0, 1), hidden = dense(1, N, 0, UNSET), cell = padded(1, N, -2, 2),
    tanh_cell = padded(1, N, UNSET);
    memcpy(tanh_cell.x, cell.x, dnc_row(N) * sizeof(REAL));
    normed_output_forward(N, gates.x, tanh_cell.x, hidden.x);
    check_forward(normed_output_exact, 1, &hidden);
    check_values("tanh y", tanh_cell);
    normed_output_backward(N, gates.x, hidden.d, tanh_cell.x);
    CHECK_GRADIENT(cell, tanh_cell.x, REPLACES);
}

static tensor hidden_before;

static void gru_exact(void) {
    for (size_t j = 0; j < N; j++) {
        const double r = sigmoid_exact(EXACT(gates, 0, j)), z = sigmoid_exact(EXACT(gates, 1, j));
        const double n = tanh(EXACT(gates, 2, j) + r * EXACT(gates, 3, j));
        hidden.exact[j] = (1 - z) * n + z * hidden_before.exact[j];
    }
}

// With two heads there is nothing before, and no gradient at it.
CHECKS check_gru(void) {
    gates = dense(4, N, 0, -3, 3), hidden = dense(1, N, 0, UNSET), hidden_before = dense(1, N, 0, -1, 1);
    gru_forward(N, gates.x, hidden_before.x, hidden.x);
    check_forward(gru_exact, 1, &hidden);
    gru_backward(N, gates.x, hidden_before.x, hidden.d, heads == 1 ? hidden_before.d : NULL);
    CHECK_GRADIENT(gates, gates.x, REPLACES);
    if (heads == 1)
        CHECK_GRADIENT(hidden_before, hidden_before.d, ADDS);
}

static void controller_kernels(void) {
    each("tanh", check_tanh, 1, 1);
    each("layer", check_layer, 1, 2);
    check_relu_edges();
    each("lstm", check_lstm, 1, 2);
    each("normed output", check_normed_output, 1, 1);
    each("gru", check_gru, 1, 2);
}
