// Dropout of a row, against the reference's.

static tensor read_whole, read_dropped;
static dnc_dropout drawn;

static void drop_exact(void) {
    for (size_t j = 0; j < N; j++)
        read_dropped.exact[j] = reference_kept(&drawn, REFERENCE_BELOW, 2, j) * read_whole.exact[j];
}

// With a few rates, from rarely to nearly always, and places beyond 32 bits.
CHECKS check_drop(void) {
    static const float rates[] = {0.01f, 0.5f, 0.95f};
    read_whole = dense(1, N, 0, -2, 2), read_dropped = dense(1, N, 0, UNSET);
    drawn = (dnc_dropout){.seed = heads, .step = (uint64_t)N << 40, .lane = UINT64_MAX - N, .layers = rates[heads - 1]};
    dnc_dropout before = drawn;
    before.step -= 3, before.lane -= 5;
    const dnc_segment segment = {.dropout = &before};
    memcpy(read_dropped.x, read_whole.x, N * sizeof(REAL));
    drop_row(&segment, DROPPED_BELOW, 2, 3, 5, N, read_dropped.x);
    check_forward(drop_exact, 1, &read_dropped);
    for (size_t j = 0; j < N; j++)
        CHECK(((double)read_dropped.x[j] == 0) == (read_dropped.exact[j] == 0));
    drop_row(&segment, DROPPED_BELOW, 2, 3, 5, N, read_dropped.d);
    CHECK_GRADIENT(read_whole, read_dropped.d, REPLACES);
}

// What is dropped may be anything; a rate of 0, or none, leaves every bit.
CHECKS check_drop_edges(void) {
    start("dropout at its edges");
    REAL x[64], as_it_was[64];
    for (size_t j = 0; j < 64; j++)
        x[j] = as_it_was[j] = j % 3 == 0 ? (REAL)NAN : j % 3 == 1 ? (REAL)INFINITY : R(0.1);
    const dnc_segment plain = {.dropout = NULL}, of_no_rate = {.dropout = &(dnc_dropout){.seed = 1, .bypass = 0.5f}};
    drop_row(&plain, DROPPED_BELOW, 0, 0, 0, 64, x);
    drop_row(&of_no_rate, DROPPED_BELOW, 0, 0, 0, 64, x);
    CHECK(memcmp(x, as_it_was, sizeof x) == 0);
    drop_row(&of_no_rate, DROPPED_BYPASS, 0, 0, 0, 64, x);
    for (size_t j = 0; j < 64; j++)
        CHECK((x[j] == R(0.0)) == (reference_kept(of_no_rate.dropout, REFERENCE_BYPASS, 0, j) == 0));
}

static void dropout_kernels(void) {
    each("dropout", check_drop, 1, 3);
    check_drop_edges();
}
