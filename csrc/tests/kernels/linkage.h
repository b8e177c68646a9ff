// Temporal linkage and precedence.

CHECKS check_off_diagonal(void) {
    REAL x[LANES];
    start("off_diagonal");
    for (size_t i = 0; i < 40; i++)
        VECTORS (j, 40) {
            store(x, off_diagonal(splat(R(3.0)), i, j));
            for (size_t l = 0; l < LANES; l++)
                CHECK_EQUAL(x[l], i == j + l ? 0 : 3);
        }
}

static tensor precedence_before, precedence, link_before, links;

static void link_exact(void) {
    memset(forward.exact, 0, heads * forward.stride * sizeof(double));
    memset(backward.exact, 0, heads * backward.stride * sizeof(double));
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++) {
            const double kept = (1 - w.exact[i] - w.exact[j]) * EXACT(link_before, i, j);
            EXACT(links, i, j) = i == j ? 0 : kept + w.exact[i] * precedence_before.exact[j];
            for (size_t r = 0; r < heads; r++) {
                EXACT(forward, r, i) += EXACT(links, i, j) * EXACT(reads_before, r, j);
                EXACT(backward, r, j) += EXACT(links, i, j) * EXACT(reads_before, r, i);
            }
        }
}

// L of no heads, and L in the place of L', have the bits of L.
CHECKS check_link_alone(link_step step) {
    const tensor alone = padded(N, N, UNSET), rolled = padded(N, N, 0, 0);
    memcpy(rolled.x, link_before.x, N * rolled.stride * sizeof(REAL));
    step.link = alone.x;
    link_forward(0, &step);
    step.link_before = step.link = rolled.x;
    link_forward(heads, &step);
    for (size_t i = 0; i < N; i++) {
        CHECK(memcmp(row(alone, i), row(links, i), N * sizeof(REAL)) == 0);
        CHECK(memcmp(row(rolled, i), row(links, i), N * sizeof(REAL)) == 0);
    }
}

CHECKS check_link(void) {
    w = padded(1, N, 0, 1), precedence_before = padded(1, N, 0, 1), reads_before = padded(heads, N, 0, 1);
    link_before = padded(N, N, 0, 1), links = padded(N, N, UNSET);
    forward = padded(heads, N, UNSET), backward = padded(heads, N, UNSET);
    const link_step step = {.N = N,
                            .w = w.x,
                            .precedence_before = precedence_before.x,
                            .reads_before = reads_before.x,
                            .link_before = link_before.x,
                            .link = links.x,
                            .forward = forward.x,
                            .backward = backward.x,
                            .d_forward = forward.d,
                            .d_backward = backward.d,
                            .d_link = links.d,
                            .d_w = w.d,
                            .d_precedence_before = precedence_before.d,
                            .d_reads_before = reads_before.d};
    link_forward(heads, &step);
    check_forward(link_exact, 3, (tensor[]){links, forward, backward});
    check_link_alone(step);
    link_backward(heads, &step);
    CHECK_GRADIENT(link_before, links.d, REPLACES);
    CHECK_GRADIENT(w, w.d, ADDS);
    CHECK_GRADIENT(precedence_before, precedence_before.d, ADDS);
    CHECK_GRADIENT(reads_before, reads_before.d, ADDS);
}

static void precedence_exact(void) {
    double keep = 1;
    for (size_t i = 0; i < N; i++)
        keep -= w.exact[i];
    for (size_t i = 0; i < N; i++)
        precedence.exact[i] = keep * precedence_before.exact[i] + w.exact[i];
}

CHECKS check_precedence(void) {
    w = padded(1, N, 0, 1), precedence_before = padded(1, N, 0, 1), precedence = padded(1, N, UNSET);
    precedence_forward(N, w.x, precedence_before.x, precedence.x);
    check_forward(precedence_exact, 1, &precedence);
    precedence_backward(N, w.x, precedence_before.x, precedence.d, w.d);
    CHECK_GRADIENT(precedence_before, precedence.d, REPLACES);
    CHECK_GRADIENT(w, w.d, ADDS);
}

static void linkage_kernels(void) {
    check_off_diagonal();
    each("link", check_link, 0, 9);
    each("precedence", check_precedence, 1, 1);
}
