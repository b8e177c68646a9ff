/* The DNC's memory: one lane, one step, in the order of the paper - write, link, read - and back. */

/* Where the tensors of step t (0 ..< T) and lane b lie in the workspace. */
typedef struct lane_step {
    REAL *memory_before, *memory, *usage_before, *usage, *precedence_before, *precedence, *link_before, *link;
    REAL *write_weighting_before, *write_weighting, *read_weightings_before, *read_weightings, *read_vectors;
    REAL *interface, *write_content, *allocation, *read_content, *forward, *backward;
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
    const size_t k = plan->link_interval, size = plan->B * plan->sizes.N * plan->sizes.Np;
    if (t % k == 0 && t < plan->T)
        return workspace + plan->workspace.link_kept + t / k * size;
    return workspace + plan->workspace.link_block + (pass == FORWARD || t % k == 0 ? 0 : t % k - 1) * size;
}

/* `begins`: before step t is the initial state. */
static inline lane_step lane_step_at(const dnc_plan *plan, REAL *workspace, pass pass, size_t t, size_t b, bool begins) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    const size_t Np = s->Np, heads_slots = s->R * Np;
    const size_t now = t * plan->B + b, next = now + plan->B; /* in recorded states: before step t, and after it */
    REAL *const w = workspace, *const zeros = w + o->zeros;
    lane_step at = {
        .memory_before = w + o->memory + now * s->N * s->Wp,
        .memory = w + o->memory + next * s->N * s->Wp,
        .usage_before = w + o->usage + now * Np,
        .usage = w + o->usage + next * Np,
        .precedence_before = w + o->precedence + now * Np,
        .precedence = w + o->precedence + next * Np,
        .link_before = links_at(plan, w, pass, t) + b * s->N * Np,
        .link = links_at(plan, w, pass, t + 1) + b * s->N * Np,
        .write_weighting_before = w + o->write_weighting + now * Np,
        .write_weighting = w + o->write_weighting + next * Np,
        .read_weightings_before = w + o->read_weightings + now * heads_slots,
        .read_weightings = w + o->read_weightings + next * heads_slots,
        .read_vectors = w + o->z + next * s->Zp + s->O,
        .interface = w + o->interface + now * s->Xp,
        .write_content = w + o->write_content_weighting + now * Np,
        .allocation = w + o->allocation_weighting + now * Np,
        .read_content = w + o->read_content_weightings + now * heads_slots,
        .forward = w + o->forward_weightings + now * heads_slots,
        .backward = w + o->backward_weightings + now * heads_slots,
        .retention = s->has_deallocation ? w + o->retention + now * Np : NULL,
        .write_lookup = w + o->write_lookup + now * DNC_LOOKUP_ROWS(1, s->has_masks) * Np,
        .read_lookup = w + o->read_lookup + now * DNC_LOOKUP_ROWS(s->R, s->has_masks) * Np,
        .order_before = (int32_t *)(w + o->order) + now * Np,
        .order = (int32_t *)(w + o->order) + next * Np,
    };
    at.sharp_forward = s->has_sharpness ? w + o->sharp_forward_weightings + now * heads_slots : at.forward;
    at.sharp_backward = s->has_sharpness ? w + o->sharp_backward_weightings + now * heads_slots : at.backward;
    if (begins) {
        at.memory_before = at.usage_before = at.precedence_before = at.link_before = zeros;
        at.write_weighting_before = at.read_weightings_before = zeros;
        at.order_before = (int32_t *)(w + o->initial_order);
    }
    return at;
}

static inline link_step link_step_of(const lane_step *m, size_t N) {
    return (link_step){.N = N,
                       .w = m->write_weighting,
                       .precedence_before = m->precedence_before,
                       .reads_before = m->read_weightings_before,
                       .link_before = m->link_before,
                       .link = m->link,
                       .forward = m->forward,
                       .backward = m->backward};
}

/* C(M_{t-1}, k^w, beta^w) */
static inline lookup write_lookup_of(const dnc_plan *plan, const lane_step *m) {
    const dnc_sizes *s = &plan->sizes;
    return (lookup){.heads = 1,
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
    const size_t N = plan->sizes.N, heads = plan->sizes.R;
    const REAL *const xi = m->interface;
    if (!plan->sizes.has_usage) {
        memcpy(m->write_weighting, m->write_content, plan->sizes.Np * sizeof(REAL));
        return;
    }
    usage_forward(N, heads, xi + at->free_gates, m->read_weightings_before, m->write_weighting_before, m->usage_before,
                  m->usage);
    if (m->retention != NULL)
        retention_forward(N, heads, xi + at->free_gates, m->read_weightings_before, m->retention);
    sort_slots(N, m->usage, m->order_before, m->order);
    allocation_forward(N, allocation_epsilon(plan), m->usage, m->order, m->allocation);
    write_weighting_forward(N, xi[at->allocation_gate], xi[at->write_gate], m->allocation, m->write_content,
                            m->write_weighting);
}

/* w^r: along links and by content; without links by content alone. */
static void read_addressing_forward(const dnc_plan *plan, const lane_step *m, stopwatch *watch) {
    const dnc_interface_offsets *at = &plan->parsed;
    const size_t N = plan->sizes.N, heads = plan->sizes.R, Np = plan->sizes.Np;
    const REAL *const xi = m->interface;
    if (!plan->sizes.has_links) {
        memcpy(m->read_weightings, m->read_content, heads * Np * sizeof(REAL));
        return;
    }
    const link_step link = link_step_of(m, N);
    link_forward(heads, &link);
    precedence_forward(N, m->write_weighting, m->precedence_before, m->precedence);
    for (size_t r = 0; plan->sizes.has_sharpness && r < heads; r++) {
        sharpen_forward(N, xi[at->forward_sharpness + r], m->forward + r * Np, m->sharp_forward + r * Np);
        sharpen_forward(N, xi[at->backward_sharpness + r], m->backward + r * Np, m->sharp_backward + r * Np);
    }
    lap(watch, DNC_PHASE_LINKAGE);
    for (size_t r = 0; r < heads; r++)
        read_weighting_forward(N, xi + at->read_modes + 3 * r, m->sharp_backward + r * Np, m->read_content + r * Np,
                               m->sharp_forward + r * Np, m->read_weightings + r * Np);
}

static void dense_forward(const dnc_plan *plan, REAL *workspace, size_t t, size_t b, bool begins, stopwatch *watch) {
    const dnc_interface_offsets *at = &plan->parsed;
    const size_t N = plan->sizes.N, W = plan->sizes.W, heads = plan->sizes.R;
    const lane_step m = lane_step_at(plan, workspace, FORWARD, t, b, begins);
    const lookup write_lookup = write_lookup_of(plan, &m), read_lookup = read_lookup_of(plan, &m);
    const int32_t addressing = plan->config.addressing;
    const REAL *const erase = m.interface + at->erase_vector, *const write_vector = m.interface + at->write_vector;

    lookup_forward(addressing, &write_lookup);
    write_addressing_forward(plan, &m);
    lap(watch, DNC_PHASE_ADDRESSING);

    if (m.retention != NULL) /* without, a loop of its own */
        memory_write_forward(N, W, m.write_weighting, erase, write_vector, m.retention, m.memory_before, m.memory);
    else
        memory_write_forward(N, W, m.write_weighting, erase, write_vector, NULL, m.memory_before, m.memory);
    lap(watch, DNC_PHASE_MEMORY);
    lookup_forward(addressing, &read_lookup);
    lap(watch, DNC_PHASE_ADDRESSING);

    read_addressing_forward(plan, &m, watch);
    lap(watch, DNC_PHASE_ADDRESSING);
    /* r = M^T w, into dense rows. */
    memory_read_forward(heads, N, W, m.memory, m.read_weightings, m.read_vectors);
    lap(watch, DNC_PHASE_MEMORY);
}

/* One lane's gradients in a step backward. Those at the state go in as those at the state after step t, and come out as those
 * before it. */
typedef struct lane_gradient {
    REAL *memory, *usage, *precedence, *link, *write_weighting, *read_weightings;
    REAL *xi;                                          /* (Xp) at the parsed interface vector */
    REAL *forward, *backward, *content, *reads_before; /* (R, Np) */
    REAL *read_vectors;                                /* (R, Wp) */
    REAL *allocation, *retention, *scratch;            /* (Np) */
} lane_gradient;

static inline lane_gradient lane_gradient_at(const dnc_plan *plan, REAL *workspace, size_t b) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    const size_t Np = s->Np, heads_slots = s->R * Np;
    REAL *const scratch = workspace + o->lane_scratch;
    lane_gradient d = {.memory = workspace + o->d_memory + b * s->N * s->Wp,
                       .usage = workspace + o->d_usage + b * Np,
                       .precedence = workspace + o->d_precedence + b * Np,
                       .link = workspace + o->d_link + b * s->N * Np,
                       .write_weighting = workspace + o->d_write_weighting + b * Np,
                       .read_weightings = workspace + o->d_read_weightings + b * heads_slots,
                       .xi = workspace + o->d_interface,
                       .forward = scratch,
                       .backward = scratch + heads_slots,
                       .content = scratch + 2 * heads_slots,
                       .reads_before = scratch + 3 * heads_slots,
                       .read_vectors = scratch + 4 * heads_slots};
    d.allocation = d.read_vectors + s->R * s->Wp;
    d.retention = d.allocation + Np;
    d.scratch = d.retention + Np;
    memset(d.reads_before, 0, heads_slots * sizeof(REAL));
    memset(d.read_vectors, 0, s->R * s->Wp * sizeof(REAL));
    return d;
}

/* From w^r to C(M_t, k^r, beta^r), in d->content. */
static void read_modes_backward(const dnc_plan *plan, const lane_step *m, const lane_gradient *d) {
    const dnc_interface_offsets *at = &plan->parsed;
    const size_t N = plan->sizes.N, heads = plan->sizes.R, Np = plan->sizes.Np;
    const REAL *const xi = m->interface;
    if (!plan->sizes.has_links) {
        memcpy(d->content, d->read_weightings, heads * Np * sizeof(REAL));
        return;
    }
    for (size_t r = 0; r < heads; r++)
        read_weighting_backward(N, xi + at->read_modes + 3 * r, m->sharp_backward + r * Np, m->read_content + r * Np,
                                m->sharp_forward + r * Np, d->read_weightings + r * Np, d->xi + at->read_modes + 3 * r,
                                d->backward + r * Np, d->content + r * Np, d->forward + r * Np);
}

static void links_backward(const dnc_plan *plan, const lane_step *m, const lane_gradient *d) {
    const dnc_interface_offsets *at = &plan->parsed;
    const size_t N = plan->sizes.N, heads = plan->sizes.R, Np = plan->sizes.Np;
    const REAL *const xi = m->interface;
    for (size_t r = 0; plan->sizes.has_sharpness && r < heads; r++) {
        sharpen_backward(N, xi[at->forward_sharpness + r], m->forward + r * Np, m->sharp_forward + r * Np,
                         d->forward + r * Np, d->xi + at->forward_sharpness + r);
        sharpen_backward(N, xi[at->backward_sharpness + r], m->backward + r * Np, m->sharp_backward + r * Np,
                         d->backward + r * Np, d->xi + at->backward_sharpness + r);
    }
    precedence_backward(N, m->write_weighting, m->precedence_before, d->precedence, d->write_weighting);
    link_step link = link_step_of(m, N);
    link.d_forward = d->forward, link.d_backward = d->backward, link.d_link = d->link, link.d_w = d->write_weighting;
    link.d_precedence_before = d->precedence, link.d_reads_before = d->reads_before;
    link_backward(heads, &link);
}

/* From w^w to C(M_{t-1}, k^w, beta^w), in d->content. */
static void write_addressing_backward(const dnc_plan *plan, const lane_step *m, const lane_gradient *d) {
    const dnc_interface_offsets *at = &plan->parsed;
    const size_t N = plan->sizes.N, heads = plan->sizes.R;
    const REAL *const xi = m->interface;
    if (!plan->sizes.has_usage) { /* nothing comes from the weighting before */
        memcpy(d->content, d->write_weighting, plan->sizes.Np * sizeof(REAL));
        memset(d->write_weighting, 0, plan->sizes.Np * sizeof(REAL));
        return;
    }
    write_weighting_backward(N, xi[at->allocation_gate], xi[at->write_gate], m->allocation, m->write_content,
                             d->write_weighting, d->xi + at->allocation_gate, d->xi + at->write_gate, d->allocation,
                             d->content);
    allocation_backward(N, allocation_epsilon(plan), m->usage, m->order, d->allocation, d->usage, d->scratch);
    usage_backward(N, heads, plan->config.detached_usage != 0, xi + at->free_gates, m->read_weightings_before,
                   m->write_weighting_before, m->usage_before, m->retention != NULL ? d->retention : NULL, d->usage,
                   d->xi + at->free_gates, d->reads_before, d->write_weighting);
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
    const REAL *const erase = m.interface + at->erase_vector, *const write_vector = m.interface + at->write_vector;
    REAL *const d_erase = d.xi + at->erase_vector, *const d_write_vector = d.xi + at->write_vector;
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

    if (m.retention != NULL) /* likewise */
        memory_write_backward(N, W, m.write_weighting, erase, write_vector, m.retention, m.memory_before, d.memory,
                              d.write_weighting, d_erase, d_write_vector, d.retention);
    else
        memory_write_backward(N, W, m.write_weighting, erase, write_vector, NULL, m.memory_before, d.memory,
                              d.write_weighting, d_erase, d_write_vector, NULL);
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
        const link_step link = link_step_of(&m, plan->sizes.N);
        link_forward(0, &link);
    }
}

/* The links that were not kept, of the block of which t is the last step. */
static void dense_recompute(const dnc_plan *plan, const dnc_segment *segment, REAL *workspace, size_t t) {
    const size_t k = plan->link_interval;
    if (plan->sizes.has_links && k > 1 && (t + 1 == plan->T || (t + 1) % k == 0))
        for (size_t u = t / k * k; u < t; u++)
            recompute_links(plan, segment, workspace, u);
}
