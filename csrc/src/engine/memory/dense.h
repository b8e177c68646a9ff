/* The DNC's memory: one lane, one step, in the order of the paper - write, link, read - and back. */

/* Where the tensors of step t (0 ..< T) and lane b lie in the workspace. */
typedef struct lane_step {
    REAL *memory_before, *memory, *usage_before, *usage, *precedence_before, *precedence, *link_before, *link;
    REAL *write_weighting_before, *write_weighting, *read_weightings_before, *read_weightings, *read_vectors;
    REAL *interface, *write_content, *allocation, *read_content, *forward, *backward;
    REAL *written, *raised_usages; /* of several write heads; of one w^w_{t-1} itself, and none */
    REAL *sharp_forward,
        *sharp_backward; /* those that are read by: forward and backward themselves unless they are sharpened */
    REAL *retention;     /* NULL without de-allocation */
    REAL *write_lookup, *read_lookup;
    int32_t *order_before, *order;
} lane_step;

/* The links after t steps. Those at the beginning of a block of k steps are kept. Between them forward rolls one on in its place,
 * and backward computes those of the block again that it is working on. */
typedef enum pass { FORWARD, BACKWARD } pass;

static inline REAL *links_at(const dnc_plan *plan, REAL *workspace, pass pass, size_t t) {
    const size_t k = plan->link_interval, size = plan->B * plan->sizes.PN * plan->sizes.Np;
    if (t % k == 0 && t < plan->T)
        return workspace + plan->workspace.link_kept + t / k * size;
    return workspace + plan->workspace.link_block + (pass == FORWARD || t % k == 0 ? 0 : t % k - 1) * size;
}

/* `begins`: before step t is the initial state. */
static inline lane_step lane_step_at(const dnc_plan *plan, REAL *workspace, pass pass, size_t t, size_t b, bool begins) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    const size_t Np = s->Np, heads_slots = s->R * Np, writes_slots = s->P * Np, links = s->PN * Np;
    const size_t now = t * plan->B + b, next = now + plan->B; /* in recorded states: before step t, and after it */
    REAL *const w = workspace, *const zeros = w + o->zeros;
    lane_step at = {
        .memory_before = w + o->memory + now * s->N * s->Wp,
        .memory = w + o->memory + next * s->N * s->Wp,
        .usage_before = w + o->usage + now * Np,
        .usage = w + o->usage + next * Np,
        .precedence_before = w + o->precedence + now * writes_slots,
        .precedence = w + o->precedence + next * writes_slots,
        .link_before = links_at(plan, w, pass, t) + b * links,
        .link = links_at(plan, w, pass, t + 1) + b * links,
        .write_weighting_before = w + o->write_weighting + now * writes_slots,
        .write_weighting = w + o->write_weighting + next * writes_slots,
        .read_weightings_before = w + o->read_weightings + now * heads_slots,
        .read_weightings = w + o->read_weightings + next * heads_slots,
        .read_vectors = w + o->z + next * s->Zp + s->O,
        .interface = w + o->interface + now * s->Xp,
        .write_content = w + o->write_content_weighting + now * writes_slots,
        .allocation = w + o->allocation_weighting + now * writes_slots,
        .read_content = w + o->read_content_weightings + now * heads_slots,
        .forward = w + o->forward_weightings + now * s->PR * Np,
        .backward = w + o->backward_weightings + now * s->PR * Np,
        .retention = s->has_deallocation ? w + o->retention + now * Np : NULL,
        .write_lookup = w + o->write_lookup + now * DNC_LOOKUP_ROWS(s->P, s->has_masks) * Np,
        .read_lookup = w + o->read_lookup + now * DNC_LOOKUP_ROWS(s->R, s->has_masks) * Np,
        .order_before = (int32_t *)(w + o->order) + now * writes_slots,
        .order = (int32_t *)(w + o->order) + next * writes_slots,
    };
    at.sharp_forward = s->has_sharpness ? w + o->sharp_forward_weightings + now * s->PR * Np : at.forward;
    at.sharp_backward = s->has_sharpness ? w + o->sharp_backward_weightings + now * s->PR * Np : at.backward;
    if (begins) {
        at.memory_before = w + o->initial_memory;
        at.usage_before = at.precedence_before = at.link_before = zeros;
        at.write_weighting_before = at.read_weightings_before = zeros;
        at.order_before = (int32_t *)(w + o->initial_order);
    }
    at.written = s->P > 1 ? w + o->written + now * Np : at.write_weighting_before;
    at.raised_usages = w + o->raised_usages + now * (s->P - 1) * Np;
    return at;
}

/* The links of write head q, along which all read heads go. */
static inline link_step link_step_of(const dnc_plan *plan, const lane_step *m, size_t q) {
    const size_t N = plan->sizes.N, Np = plan->sizes.Np, reads = q * plan->sizes.R * Np;
    return (link_step){.N = N,
                       .w = m->write_weighting + q * Np,
                       .precedence_before = m->precedence_before + q * Np,
                       .reads_before = m->read_weightings_before,
                       .link_before = m->link_before + q * N * Np,
                       .link = m->link + q * N * Np,
                       .forward = m->forward + reads,
                       .backward = m->backward + reads};
}

/* What head q allocates by. */
static inline const REAL *usage_of_head(const dnc_plan *plan, const lane_step *m, size_t q) {
    return q == 0 ? m->usage : m->raised_usages + (q - 1) * plan->sizes.Np;
}

/* C(M_{t-1}, k^w, beta^w) */
static inline lookup write_lookup_of(const dnc_plan *plan, const lane_step *m) {
    const dnc_sizes *s = &plan->sizes;
    return (lookup){.heads = s->P,
                    .N = s->N,
                    .W = s->W,
                    .memory = m->memory_before,
                    .keys = m->interface + plan->parsed.write_key,
                    .strengths = s->has_strengths ? m->interface + plan->parsed.write_strength : NULL,
                    .masks = s->has_masks ? m->interface + plan->parsed.write_mask : NULL,
                    .weightings = m->write_content,
                    .tape = m->write_lookup};
}

/* C(M_t, k^r, beta^r) */
static inline lookup read_lookup_of(const dnc_plan *plan, const lane_step *m) {
    const dnc_sizes *s = &plan->sizes;
    return (lookup){.heads = s->R,
                    .N = s->N,
                    .W = s->W,
                    .memory = plan->config.read_before_write ? m->memory_before : m->memory,
                    .keys = m->interface + plan->parsed.read_keys,
                    .strengths = s->has_strengths ? m->interface + plan->parsed.read_strengths : NULL,
                    .masks = s->has_masks ? m->interface + plan->parsed.read_masks : NULL,
                    .weightings = m->read_content,
                    .tape = m->read_lookup};
}

static inline REAL allocation_epsilon(const dnc_plan *plan) {
    return plan->config.allocation_epsilon ? (REAL)DNC_ALLOCATION_EPSILON : R(0.0);
}

/* w^w: by usage and content; without usage by content alone. */
static void write_addressing_forward(const dnc_plan *plan, const lane_step *m) {
    const dnc_interface_offsets *at = &plan->parsed;
    const size_t N = plan->sizes.N, heads = plan->sizes.R, P = plan->sizes.P, Np = plan->sizes.Np;
    const REAL *const xi = m->interface;
    if (!plan->sizes.has_usage) {
        memcpy(m->write_weighting, m->write_content, P * Np * sizeof(REAL));
        return;
    }
    if (P > 1)
        written_forward(N, P, m->write_weighting_before, m->written);
    usage_forward(N, heads, xi + at->free_gates, m->read_weightings_before, m->written, m->usage_before, m->usage);
    if (m->retention != NULL)
        retention_forward(N, heads, xi + at->free_gates, m->read_weightings_before, m->retention);
    for (size_t q = 0; q < P; q++) {
        const REAL allocation_gate = xi[at->allocation_gate + q], write_gate = xi[at->write_gate + q];
        const REAL *const usage = usage_of_head(plan, m, q);
        REAL *const allocation = m->allocation + q * Np;
        int32_t *const order = m->order + q * Np;
        sort_slots(N, usage, q == 0 ? m->order_before : order - Np, order);
        allocation_forward(N, allocation_epsilon(plan), usage, order, allocation);
        write_weighting_forward(N, allocation_gate, write_gate, allocation, m->write_content + q * Np,
                                m->write_weighting + q * Np);
        if (q + 1 < P)
            raise_usage_forward(N, allocation_gate, write_gate, allocation, usage, m->raised_usages + q * Np);
    }
}

/* w^r: along links and by content; without links by content alone. */
static void read_addressing_forward(const dnc_plan *plan, const lane_step *m, stopwatch *watch) {
    const dnc_interface_offsets *at = &plan->parsed;
    const size_t N = plan->sizes.N, heads = plan->sizes.R, P = plan->sizes.P, Np = plan->sizes.Np;
    const REAL *const xi = m->interface;
    if (!plan->sizes.has_links) {
        memcpy(m->read_weightings, m->read_content, heads * Np * sizeof(REAL));
        return;
    }
    for (size_t q = 0; q < P; q++) {
        const link_step link = link_step_of(plan, m, q);
        link_forward(heads, &link);
        precedence_forward(N, link.w, link.precedence_before, m->precedence + q * Np);
    }
    for (size_t r = 0; plan->sizes.has_sharpness && r < plan->sizes.PR; r++) {
        sharpen_forward(N, xi[at->forward_sharpness + r], m->forward + r * Np, m->sharp_forward + r * Np);
        sharpen_forward(N, xi[at->backward_sharpness + r], m->backward + r * Np, m->sharp_backward + r * Np);
    }
    lap(watch, DNC_PHASE_LINKAGE);
    for (size_t r = 0; r < heads; r++) {
        const REAL *const modes = xi + at->read_modes + r * plan->sizes.modes, *const content = m->read_content + r * Np;
        const REAL *const backward = m->sharp_backward + r * Np, *const forward = m->sharp_forward + r * Np;
        if (P == 1) /* a loop of its own */
            read_weighting_forward(1, 0, N, modes, backward, content, forward, m->read_weightings + r * Np);
        else
            read_weighting_forward(P, heads * Np, N, modes, backward, content, forward, m->read_weightings + r * Np);
    }
}

/* M_t from M_{t-1}; of one head in loops of its own, without de-allocation too. */
static void writing_forward(const dnc_plan *plan, const lane_step *m) {
    const size_t N = plan->sizes.N, W = plan->sizes.W, P = plan->sizes.P;
    const REAL *const erase = m->interface + plan->parsed.erase_vector;
    const REAL *const write_vectors = m->interface + plan->parsed.write_vector;
    if (P > 1)
        memory_write_forward(P, N, W, m->write_weighting, erase, write_vectors, m->retention, m->memory_before, m->memory);
    else if (m->retention != NULL)
        memory_write_forward(1, N, W, m->write_weighting, erase, write_vectors, m->retention, m->memory_before, m->memory);
    else
        memory_write_forward(1, N, W, m->write_weighting, erase, write_vectors, NULL, m->memory_before, m->memory);
}

static void dense_forward(const dnc_plan *plan, REAL *workspace, size_t t, size_t b, bool begins, stopwatch *watch) {
    const lane_step m = lane_step_at(plan, workspace, FORWARD, t, b, begins);
    const lookup write_lookup = write_lookup_of(plan, &m), read_lookup = read_lookup_of(plan, &m);
    const int32_t addressing = plan->config.addressing;

    lookup_forward(addressing, &write_lookup);
    write_addressing_forward(plan, &m);
    lap(watch, DNC_PHASE_ADDRESSING);

    writing_forward(plan, &m);
    lap(watch, DNC_PHASE_MEMORY);
    lookup_forward(addressing, &read_lookup);
    lap(watch, DNC_PHASE_ADDRESSING);

    read_addressing_forward(plan, &m, watch);
    lap(watch, DNC_PHASE_ADDRESSING);
    /* r = M^T w, into dense rows. */
    memory_read_forward(plan->sizes.R, plan->sizes.N, plan->sizes.W, m.memory, m.read_weightings, m.read_vectors);
    lap(watch, DNC_PHASE_MEMORY);
}

/* One lane's gradients in a step backward. Those at the state go in as those at the state after step t, and come out as those
 * before it. */
typedef struct lane_gradient {
    REAL *memory, *usage, *precedence, *link, *write_weighting, *read_weightings;
    REAL *xi;                                                        /* (Xp) at the parsed interface vector */
    REAL *forward, *backward, *content, *reads_before;               /* (P R, Np) twice, (P or R, Np), (R, Np) */
    REAL *read_vectors;                                              /* (R, Wp) */
    REAL *allocation, *retention, *scratch, *written, *raised_usage; /* (Np) */
} lane_gradient;

static inline lane_gradient lane_gradient_at(const dnc_plan *plan, REAL *workspace, size_t b) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    const size_t Np = s->Np, heads_slots = s->R * Np, links = s->PR * Np;
    REAL *const scratch = workspace + o->lane_scratch;
    lane_gradient d = {.memory = workspace + o->d_memory + b * s->N * s->Wp,
                       .usage = workspace + o->d_usage + b * Np,
                       .precedence = workspace + o->d_precedence + b * s->P * Np,
                       .link = workspace + o->d_link + b * s->PN * Np,
                       .write_weighting = workspace + o->d_write_weighting + b * s->P * Np,
                       .read_weightings = workspace + o->d_read_weightings + b * heads_slots,
                       .xi = workspace + o->d_interface,
                       .forward = scratch,
                       .backward = scratch + links,
                       .content = scratch + 2 * links,
                       .reads_before = scratch + 2 * links + s->keys * Np};
    d.read_vectors = d.reads_before + heads_slots;
    d.allocation = d.read_vectors + s->R * s->Wp;
    d.retention = d.allocation + Np;
    d.scratch = d.retention + Np;
    d.written = s->P > 1 ? d.scratch + Np : d.write_weighting;
    d.raised_usage = d.scratch + 2 * Np;
    memset(d.reads_before, 0, heads_slots * sizeof(REAL));
    memset(d.read_vectors, 0, s->R * s->Wp * sizeof(REAL));
    return d;
}

/* From w^r to C(M_t, k^r, beta^r), in d->content. */
static void read_modes_backward(const dnc_plan *plan, const lane_step *m, const lane_gradient *d) {
    const dnc_interface_offsets *at = &plan->parsed;
    const size_t N = plan->sizes.N, heads = plan->sizes.R, P = plan->sizes.P, Np = plan->sizes.Np;
    const REAL *const xi = m->interface;
    if (!plan->sizes.has_links) {
        memcpy(d->content, d->read_weightings, heads * Np * sizeof(REAL));
        return;
    }
    for (size_t r = 0; r < heads; r++) {
        const size_t modes = at->read_modes + r * plan->sizes.modes;
        const REAL *const backward = m->sharp_backward + r * Np, *const forward = m->sharp_forward + r * Np;
        const REAL *const content = m->read_content + r * Np, *const d_w = d->read_weightings + r * Np;
        REAL *const d_backward = d->backward + r * Np, *const d_forward = d->forward + r * Np;
        if (P == 1) /* likewise */
            read_weighting_backward(1, 0, N, xi + modes, backward, content, forward, d_w, d->xi + modes, d_backward,
                                    d->content + r * Np, d_forward);
        else
            read_weighting_backward(P, heads * Np, N, xi + modes, backward, content, forward, d_w, d->xi + modes, d_backward,
                                    d->content + r * Np, d_forward);
    }
}

static void links_backward(const dnc_plan *plan, const lane_step *m, const lane_gradient *d) {
    const dnc_interface_offsets *at = &plan->parsed;
    const size_t N = plan->sizes.N, heads = plan->sizes.R, Np = plan->sizes.Np;
    const REAL *const xi = m->interface;
    for (size_t r = 0; plan->sizes.has_sharpness && r < plan->sizes.PR; r++) {
        sharpen_backward(N, xi[at->forward_sharpness + r], m->forward + r * Np, m->sharp_forward + r * Np,
                         d->forward + r * Np, d->xi + at->forward_sharpness + r);
        sharpen_backward(N, xi[at->backward_sharpness + r], m->backward + r * Np, m->sharp_backward + r * Np,
                         d->backward + r * Np, d->xi + at->backward_sharpness + r);
    }
    for (size_t q = 0; q < plan->sizes.P; q++) {
        link_step link = link_step_of(plan, m, q);
        link.d_forward = d->forward + q * heads * Np, link.d_backward = d->backward + q * heads * Np;
        link.d_link = d->link + q * N * Np, link.d_w = d->write_weighting + q * Np;
        link.d_precedence_before = d->precedence + q * Np, link.d_reads_before = d->reads_before;
        precedence_backward(N, link.w, link.precedence_before, link.d_precedence_before, link.d_w);
        link_backward(heads, &link);
    }
}

static void writing_backward(const dnc_plan *plan, const lane_step *m, const lane_gradient *d) {
    const size_t N = plan->sizes.N, W = plan->sizes.W, P = plan->sizes.P;
    const size_t erase = plan->parsed.erase_vector, write_vectors = plan->parsed.write_vector;
    const REAL *const xi = m->interface;
    if (P > 1) /* likewise */
        memory_write_backward(P, N, W, m->write_weighting, xi + erase, xi + write_vectors, m->retention, m->memory_before,
                              d->memory, d->write_weighting, d->xi + erase, d->xi + write_vectors, d->retention);
    else if (m->retention != NULL)
        memory_write_backward(1, N, W, m->write_weighting, xi + erase, xi + write_vectors, m->retention, m->memory_before,
                              d->memory, d->write_weighting, d->xi + erase, d->xi + write_vectors, d->retention);
    else
        memory_write_backward(1, N, W, m->write_weighting, xi + erase, xi + write_vectors, NULL, m->memory_before, d->memory,
                              d->write_weighting, d->xi + erase, d->xi + write_vectors, NULL);
}

/* From w^w to C(M_{t-1}, k^w, beta^w), in d->content. */
static void write_addressing_backward(const dnc_plan *plan, const lane_step *m, const lane_gradient *d) {
    const dnc_interface_offsets *at = &plan->parsed;
    const size_t N = plan->sizes.N, heads = plan->sizes.R, P = plan->sizes.P, Np = plan->sizes.Np;
    const REAL *const xi = m->interface;
    if (!plan->sizes.has_usage) { /* nothing comes from the weighting before */
        memcpy(d->content, d->write_weighting, P * Np * sizeof(REAL));
        memset(d->write_weighting, 0, P * Np * sizeof(REAL));
        return;
    }
    REAL *const d_usage = P > 1 ? d->raised_usage : d->usage; /* at what head q allocates by, from those behind it */
    if (P > 1)
        memset(d_usage, 0, Np * sizeof(REAL));
    for (size_t q = P; q-- > 0;) {
        const REAL allocation_gate = xi[at->allocation_gate + q], write_gate = xi[at->write_gate + q];
        const REAL *const usage = usage_of_head(plan, m, q), *const allocation = m->allocation + q * Np;
        REAL *const d_allocation_gate = d->xi + at->allocation_gate + q, *const d_write_gate = d->xi + at->write_gate + q;
        write_weighting_backward(N, allocation_gate, write_gate, allocation, m->write_content + q * Np,
                                 d->write_weighting + q * Np, d_allocation_gate, d_write_gate, d->allocation,
                                 d->content + q * Np);
        if (q + 1 < P)
            raise_usage_backward(N, allocation_gate, write_gate, allocation, usage, d_usage, d_allocation_gate, d_write_gate,
                                 d->allocation);
        allocation_backward(N, allocation_epsilon(plan), usage, m->order + q * Np, d->allocation, d_usage, d->scratch);
    }
    if (P > 1)
        add_scaled(N, R(1.0), d_usage, d->usage);
    usage_backward(N, heads, plan->config.detached_usage != 0, xi + at->free_gates, m->read_weightings_before, m->written,
                   m->usage_before, m->retention != NULL ? d->retention : NULL, d->usage, d->xi + at->free_gates,
                   d->reads_before, d->written);
    if (P > 1)
        written_backward(N, P, m->write_weighting_before, d->written, d->write_weighting);
}

static void dense_backward(const dnc_plan *plan, REAL *workspace, size_t t, size_t b, bool begins, stopwatch *watch) {
    const dnc_interface_offsets *at = &plan->parsed;
    const size_t N = plan->sizes.N, W = plan->sizes.W, heads = plan->sizes.R, Np = plan->sizes.Np, Wp = plan->sizes.Wp;
    const size_t row = t * plan->B + b;
    const lane_step m = lane_step_at(plan, workspace, BACKWARD, t, b, begins);
    const lane_gradient d = lane_gradient_at(plan, workspace, b);
    const lookup write_lookup = write_lookup_of(plan, &m), read_lookup = read_lookup_of(plan, &m);
    const lookup_gradient of_write = {d.xi + at->write_key, d.xi + at->write_strength, d.xi + at->write_mask, d.memory};
    const lookup_gradient of_read = {d.xi + at->read_keys, d.xi + at->read_strengths, d.xi + at->read_masks, d.memory};
    const int32_t addressing = plan->config.addressing;
    const bool read_before_write = plan->config.read_before_write != 0;
    copy_rows(heads, W, workspace + plan->workspace.d_z + row * plan->sizes.Kp + plan->sizes.O, W, d.read_vectors, Wp);

    memory_read_backward(heads, N, W, m.memory, m.read_weightings, d.read_vectors, d.read_weightings, d.memory);
    lap(watch, DNC_PHASE_MEMORY);
    read_modes_backward(plan, &m, &d);
    if (!read_before_write)
        lookup_backward(addressing, &read_lookup, d.content, &of_read);
    lap(watch, DNC_PHASE_ADDRESSING);

    if (plan->sizes.has_links)
        links_backward(plan, &m, &d);
    lap(watch, DNC_PHASE_LINKAGE);

    writing_backward(plan, &m, &d);
    lap(watch, DNC_PHASE_MEMORY);

    if (read_before_write)
        lookup_backward(addressing, &read_lookup, d.content, &of_read);
    write_addressing_backward(plan, &m, &d);
    lookup_backward(addressing, &write_lookup, d.content, &of_write);
    lap(watch, DNC_PHASE_ADDRESSING);

    memcpy(d.read_weightings, d.reads_before, heads * Np * sizeof(REAL));
}

/* L_(t+1) of every lane from L_t, as link_forward computed it. */
static void recompute_links(const dnc_plan *plan, const dnc_segment *segment, REAL *workspace, size_t t) {
    for (size_t b = 0; b < plan->B; b++) {
        const lane_step m = lane_step_at(plan, workspace, BACKWARD, t, b, begins_at(plan, segment, t, b));
        for (size_t q = 0; q < plan->sizes.P; q++) {
            const link_step link = link_step_of(plan, &m, q);
            link_forward(0, &link);
        }
    }
}

/* The links that were not kept, of the block of which t is the last step. */
static void dense_recompute(const dnc_plan *plan, const dnc_segment *segment, REAL *workspace, size_t t) {
    const size_t k = plan->link_interval;
    if (plan->sizes.has_links && k > 1 && (t + 1 == plan->T || (t + 1) % k == 0))
        for (size_t u = t / k * k; u < t; u++)
            recompute_links(plan, segment, workspace, u);
}
