/* A tanh controller: the plain recurrent network, one lane at a time. */

/* h = tanh(a) */
INLINE void tanh_forward(size_t H, REAL *restrict gates /* (H) in: a, out: h */, REAL *restrict hidden /* (H) */) {
    VECTORS (j, H) {
        const vec h = tanh_of(load_first(gates + j, H - j));
        store_first(gates + j, H - j, h);
        store_first(hidden + j, H - j, h);
    }
}

/* da = dh (1 - h^2) */
INLINE void tanh_backward(size_t H, REAL *restrict gates /* (H) in: h, out: da */, const REAL *restrict d_hidden) {
    VECTORS (j, H) {
        const vec h = load_first(gates + j, H - j);
        store_first(gates + j, H - j, load_first(d_hidden + j, H - j) * (R(1.0) - h * h));
    }
}

static void tanh_controller_forward(const dnc_plan *plan, const REAL *parameters, const dnc_segment *segment,
                                    REAL *workspace, size_t t) {
    (void)parameters, (void)segment;
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    for (size_t b = 0; b < plan->B; b++) {
        const size_t now = t * plan->B + b, next = now + plan->B;
        tanh_forward(s->H, workspace + o->gates + now * s->Gp, workspace + o->z + next * s->Zp);
    }
}

static void tanh_controller_backward(const dnc_plan *plan, const dnc_segment *segment, REAL *workspace, size_t t) {
    (void)segment;
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    for (size_t b = 0; b < plan->B; b++) {
        const size_t now = t * plan->B + b;
        tanh_backward(s->H, workspace + o->gates + now * s->Gp, workspace + o->d_z + now * s->Kp);
    }
}
