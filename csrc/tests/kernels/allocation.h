// Usage, the order of the slots by it, allocation and write weighting.

static tensor free_gates, w_before, usage_before, usage;

static void usage_exact(void) {
    for (size_t i = 0; i < N; i++) {
        const double u = usage_before.exact[i], write = w_before.exact[i];
        usage.exact[i] = u + write - u * write;
        for (size_t r = 0; r < heads; r++)
            usage.exact[i] *= 1 - free_gates.exact[r] * EXACT(reads_before, r, i);
    }
}

CHECKS check_usage(void) {
    free_gates = dense(1, heads, 0, 0, 1), reads_before = padded(heads, N, 0, 1), w_before = padded(1, N, 0, 1);
    usage_before = padded(1, N, 0, 1), usage = padded(1, N, UNSET);
    set(free_gates, 0, heads - 1, 1), set(reads_before, heads - 1, 0, 1); // frees slot 0 wholly
    usage_forward(N, heads, free_gates.x, reads_before.x, w_before.x, usage_before.x, usage.x);
    check_forward(usage_exact, 1, &usage);
    usage_backward(N, heads, false, free_gates.x, reads_before.x, w_before.x, usage_before.x, NULL, usage.d, free_gates.d,
                   reads_before.d, w_before.d);
    CHECK_GRADIENT(usage_before, usage.d, REPLACES);
    CHECK_GRADIENT(w_before, w_before.d, REPLACES);
    CHECK_GRADIENT(free_gates, free_gates.d, ADDS);
    CHECK_GRADIENT(reads_before, reads_before.d, ADDS);
}

static tensor allocation;
static size_t rank_of[64]; // of a slot, by usage: the inverse of phi

static void rank_slots(void) {
    for (size_t i = 0; i < N; i++) {
        rank_of[i] = 0;
        for (size_t k = 0; k < N; k++)
            rank_of[i] += usage.exact[k] < usage.exact[i] || (usage.exact[k] == usage.exact[i] && k < i);
    }
}

static void allocation_exact(void) {
    for (size_t i = 0; i < N; i++) {
        allocation.exact[i] = 1 - usage.exact[i];
        for (size_t k = 0; k < N; k++)
            allocation.exact[i] *= rank_of[k] < rank_of[i] ? usage.exact[k] : 1;
    }
}

// Where a sort may start: `kind` 0 from the slots by index, 1 the other way round, otherwise from any order.
static void draw_order(int kind, int32_t *order) {
    for (size_t j = 0; j < N; j++) {
        const size_t other = kind < 2 ? j : (size_t)random_below(&pool.source, (int32_t)j + 1);
        order[j] = order[other];
        order[other] = (int32_t)(kind == 1 ? N - 1 - j : j);
    }
}

// `kind` 0: random, 1: all equal, 2: of five values, 0 and 1 among them.
static void draw_usage(int kind) {
    usage = padded(1, N, 0, 1);
    for (size_t i = 0; i < N && kind > 0; i++)
        set(usage, 0, i, kind == 1 ? 0.5 : (double)random_below(&pool.source, 5) / 4);
    rank_slots();
}

CHECKS check_allocation_of(int usage_kind, int order_kind) {
    int32_t order_before[64], order[64];
    draw_usage(usage_kind);
    draw_order(order_kind, order_before);
    order[N] = -7;
    sort_slots(N, usage.x, order_before, order);
    for (size_t i = 0; i < N; i++)
        CHECK_EQUAL(order[rank_of[i]], i);
    CHECK_EQUAL(order[N], -7);

    const tensor scratch = padded(1, N, UNSET);
    allocation = padded(1, N, UNSET);
    allocation_forward(N, 0, usage.x, order, allocation.x);
    check_forward(allocation_exact, 1, &allocation);
    allocation_backward(N, 0, usage.x, order, allocation.d, usage.d, scratch.x);
    CHECK_GRADIENT(usage, usage.d, ADDS);
}

CHECKS check_allocation(void) {
    for (int usage_kind = 0; usage_kind < 3; usage_kind++)
        check_allocation_of(usage_kind, (int)heads - 1);
}

static tensor written;

static void written_exact(void) {
    for (size_t i = 0; i < N; i++) {
        written.exact[i] = 1;
        for (size_t q = 0; q < heads; q++)
            written.exact[i] *= 1 - EXACT(w_before, q, i);
        written.exact[i] = 1 - written.exact[i];
    }
}

CHECKS check_written(void) {
    w_before = padded(heads, N, 0, 1), written = padded(1, N, UNSET);
    set(w_before, 0, 0, 1); // the first head writes all of slot 0
    written_forward(N, heads, w_before.x, written.x);
    check_forward(written_exact, 1, &written);
    written_backward(N, heads, w_before.x, written.d, w_before.d);
    CHECK_GRADIENT(w_before, w_before.d, REPLACES);
}

static tensor two_gates, raised; // g^a and g^w

static void raised_exact(void) {
    for (size_t i = 0; i < N; i++)
        raised.exact[i] =
            usage.exact[i] + (1 - usage.exact[i]) * two_gates.exact[0] * two_gates.exact[1] * allocation.exact[i];
}

CHECKS check_raised_usage(void) {
    two_gates = dense(1, 2, 0, 0, 1), usage = padded(1, N, 0, 1), allocation = padded(1, N, 0, 1);
    raised = padded(1, N, UNSET);
    const REAL ga = two_gates.x[0], gw = two_gates.x[1];
    raise_usage_forward(N, ga, gw, allocation.x, usage.x, raised.x);
    check_forward(raised_exact, 1, &raised);
    raise_usage_backward(N, ga, gw, allocation.x, usage.x, raised.d, two_gates.d, two_gates.d + 1, allocation.d);
    CHECK_GRADIENT(usage, raised.d, REPLACES);
    CHECK_GRADIENT(two_gates, two_gates.d, ADDS);
    CHECK_GRADIENT(allocation, allocation.d, ADDS);
}

static void write_weighting_exact(void) {
    const double ga = two_gates.exact[0], gw = two_gates.exact[1];
    for (size_t i = 0; i < N; i++)
        w.exact[i] = gw * (ga * allocation.exact[i] + (1 - ga) * content.exact[i]);
}

CHECKS check_write_weighting(void) {
    two_gates = dense(1, 2, 0, 0, 1), w = padded(1, N, UNSET);
    allocation = padded(1, N, 0, 1), content = padded(1, N, 0, 1);
    const REAL ga = two_gates.x[0], gw = two_gates.x[1];
    write_weighting_forward(N, ga, gw, allocation.x, content.x, w.x);
    check_forward(write_weighting_exact, 1, &w);
    write_weighting_backward(N, ga, gw, allocation.x, content.x, w.d, two_gates.d, two_gates.d + 1, allocation.d, content.d);
    CHECK_GRADIENT(two_gates, two_gates.d, ADDS);
    CHECK_GRADIENT(allocation, allocation.d, REPLACES);
    CHECK_GRADIENT(content, content.d, REPLACES);
}

static void allocation_kernels(void) {
    each("usage", check_usage, 1, 6);
    each("sort_slots, allocation", check_allocation, 1, 6);
    each("write weighting", check_write_weighting, 1, 1);
    each("what write heads have written", check_written, 1, 4);
    each("raised usage", check_raised_usage, 1, 1);
}
