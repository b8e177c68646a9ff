/* The DNC's memory: one lane, one step, in the order of the paper - write, link, read - and back. */

/* Where the tensors of step t (0 ..< T) and lane b lie in the workspace. */
typedef struct lane_step {
    REAL *memory_before, *memory, *usage_before, *usage, *precedence_before, *precedence, *link_before, *link;
    REAL *write_weighting_before, *write_weighting, *read_weightings_before, *read_weightings, *read_vectors;
    REAL *interface_input, *interface, *write_content, *allocation, *read_content, *forward, *backward;
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
        .read_vectors = w + o->z + next * s->Zp + s->H,
        .interface_input = w + o->interface_input + now * s->Ip,
        .interface = w + o->interface + now * s->Xp,
        .write_content = w + o->write_content_weighting + now * Np,
        .allocation = w + o->allocation_weighting + now * Np,
        .read_content = w + o->read_content_weightings + now * heads_slots,
        .forward = w + o->forward_weightings + now * heads_slots,
        .backward = w + o->backward_weightings + now * heads_slots,
        .write_lookup = w + o->write_lookup + now * DNC_LOOKUP_ROWS(1) * Np,
        .read_lookup = w + o->read_lookup + now * DNC_LOOKUP_ROWS(s->R) * Np,
        .order_before = (int32_t *)(w + o->order) + now * Np,
        .order = (int32_t *)(w + o->order) + next * Np,
    };
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
    return (lookup){.heads = 1,
                    .N = plan->sizes.N,
                    .W = plan->sizes.W,
                    .memory = m->memory_before,
                    .keys = m->interface + plan->parsed.write_key,
                    .strengths = m->interface + plan->parsed.write_strength,
                    .weightings = m->write_content,
                    .tape = m->write_lookup};
}

/* C(M_t, k^r, beta^r) */
static inline lookup read_lookup_of(const dnc_plan *plan, const lane_step *m) {
    return (lookup){.heads = plan->sizes.R,
                    .N = plan->sizes.N,
                    .W = plan->sizes.W,
                    .memory = m->memory,
                    .keys = m->interface + plan->parsed.read_keys,
                    .strengths = m->interface + plan->parsed.read_strengths,
                    .weightings = m->read_content,
                    .tape = m->read_lookup};
}

/* From the interface vector as the controller gives it to the read vectors. */
static void memory_unit_forward(const dnc_plan *plan, REAL *workspace, size_t t, size_t b, bool begins, stopwatch *watch) {
    const dnc_interface_offsets *at = &plan->parsed;
    const size_t N = plan->sizes.N, W = plan->sizes.W, heads = plan->sizes.R, Np = plan->sizes.Np;
    const lane_step m = lane_step_at(plan, workspace, FORWARD, t, b, begins);
    const lookup write_lookup = write_lookup_of(plan, &m), read_lookup = read_lookup_of(plan, &m);
    const REAL *const xi = m.interface;
    interface_forward(plan, m.interface_input, m.interface);
    lap(watch, DNC_PHASE_ACTIVATIONS);

    content_forward(&write_lookup);
    usage_forward(N, heads, xi + at->free_gates, m.read_weightings_before, m.write_weighting_before, m.usage_before,
                  m.usage);
    sort_slots(N, m.usage, m.order_before, m.order);
    allocation_forward(N, m.usage, m.order, m.allocation);
    write_weighting_forward(N, xi[at->allocation_gate], xi[at->write_gate], m.allocation, m.write_content,
                            m.write_weighting);
    lap(watch, DNC_PHASE_ADDRESSING);

    memory_write_forward(N, W, m.write_weighting, xi + at->erase_vector, xi + at->write_vector, m.memory_before, m.memory);
    lap(watch, DNC_PHASE_MEMORY);
    content_forward(&read_lookup);
    lap(watch, DNC_PHASE_ADDRESSING);

    const link_step link = link_step_of(&m, N);
    link_forward(heads, &link);
    precedence_forward(N, m.write_weighting, m.precedence_before, m.precedence);
    lap(watch, DNC_PHASE_LINKAGE);

    for (size_t r = 0; r < heads; r++)
        read_weighting_forward(N, xi + at->read_modes + 3 * r, m.backward + r * Np, m.read_content + r * Np,
                               m.forward + r * Np, m.read_weightings + r * Np);
    lap(watch, DNC_PHASE_ADDRESSING);
    /* r = M^T w, into dense rows. */
    memory_read_forward(heads, N, W, m.memory, m.read_weightings, m.read_vectors);
    lap(watch, DNC_PHASE_MEMORY);
}

/* From the gradient at the read vectors after step t to that at the interface vector as the controller gives it. The gradients at
 * the state - d_memory, d_usage, ... - go in as those at the state after step t and come out as those before it. */
static void memory_unit_backward(const dnc_plan *plan, REAL *workspace, size_t t, size_t b, bool begins, stopwatch *watch) {
    const dnc_interface_offsets *at = &plan->parsed;
    const dnc_workspace_offsets *o = &plan->workspace;
    const size_t N = plan->sizes.N, W = plan->sizes.W, heads = plan->sizes.R, Np = plan->sizes.Np, Wp = plan->sizes.Wp;
    const lane_step m = lane_step_at(plan, workspace, BACKWARD, t, b, begins);
    const lookup write_lookup = write_lookup_of(plan, &m), read_lookup = read_lookup_of(plan, &m);
    const REAL *const xi = m.interface;
    REAL *const d_memory = workspace + o->d_memory + b * N * Wp, *const d_usage = workspace + o->d_usage + b * Np;
    REAL *const d_precedence = workspace + o->d_precedence + b * Np, *const d_link = workspace + o->d_link + b * N * Np;
    REAL *const d_write_weighting = workspace + o->d_write_weighting + b * Np;
    REAL *const d_read_weightings = workspace + o->d_read_weightings + b * heads * Np;
    REAL *const d_forward = workspace + o->lane_scratch, *const d_backward = d_forward + heads * Np;
    REAL *const d_content = d_backward + heads * Np, *const d_reads_before = d_content + heads * Np;
    REAL *const d_read_vectors = d_reads_before + heads * Np, *const d_allocation = d_read_vectors + heads * Wp;
    REAL *const scratch = d_allocation + Np, *const d_xi = scratch + Np;
    memset(d_xi, 0, plan->sizes.Xp * sizeof(REAL));
    memset(d_reads_before, 0, heads * Np * sizeof(REAL));
    memset(d_read_vectors, 0, heads * Wp * sizeof(REAL));
    copy_rows(heads, W, workspace + o->d_z + (t * plan->B + b) * plan->sizes.Kp + plan->sizes.H, W, d_read_vectors, Wp);

    memory_read_backward(heads, N, W, m.memory, m.read_weightings, d_read_vectors, d_read_weightings, d_memory);
    lap(watch, DNC_PHASE_MEMORY);
    for (size_t r = 0; r < heads; r++)
        read_weighting_backward(N, xi + at->read_modes + 3 * r, m.backward + r * Np, m.read_content + r * Np,
                                m.forward + r * Np, d_read_weightings + r * Np, d_xi + at->read_modes + 3 * r,
                                d_backward + r * Np, d_content + r * Np, d_forward + r * Np);
    content_backward(&read_lookup, d_content, d_xi + at->read_keys, d_xi + at->read_strengths, d_memory);
    lap(watch, DNC_PHASE_ADDRESSING);

    precedence_backward(N, m.write_weighting, m.precedence_before, d_precedence, d_write_weighting);
    link_step link = link_step_of(&m, N);
    link.d_forward = d_forward, link.d_backward = d_backward, link.d_link = d_link, link.d_w = d_write_weighting;
    link.d_precedence_before = d_precedence, link.d_reads_before = d_reads_before;
    link_backward(heads, &link);
    lap(watch, DNC_PHASE_LINKAGE);

    memory_write_backward(N, W, m.write_weighting, xi + at->erase_vector, xi + at->write_vector, m.memory_before, d_memory,
                          d_write_weighting, d_xi + at->erase_vector, d_xi + at->write_vector);
    lap(watch, DNC_PHASE_MEMORY);

    write_weighting_backward(N, xi[at->allocation_gate], xi[at->write_gate], m.allocation, m.write_content,
                             d_write_weighting, d_xi + at->allocation_gate, d_xi + at->write_gate, d_allocation, d_content);
    allocation_backward(N, m.usage, m.order, d_allocation, d_usage, scratch);
    usage_backward(N, heads, xi + at->free_gates, m.read_weightings_before, m.write_weighting_before, m.usage_before,
                   d_usage, d_xi + at->free_gates, d_reads_before, d_write_weighting);
    content_backward(&write_lookup, d_content, d_xi + at->write_key, d_xi + at->write_strength, d_memory);
    lap(watch, DNC_PHASE_ADDRESSING);

    memcpy(d_read_weightings, d_reads_before, heads * Np * sizeof(REAL));
    interface_backward(plan, xi, d_xi, workspace + o->interface_input + (t * plan->B + b) * plan->sizes.Ip);
    lap(watch, DNC_PHASE_ACTIVATIONS);
}

/* L_(t+1) of every lane from L_t, as link_forward computed it: what was not kept. */
static void recompute_links(const dnc_plan *plan, const dnc_segment *segment, REAL *workspace, size_t t) {
    for (size_t b = 0; b < plan->B; b++) {
        const lane_step m = lane_step_at(plan, workspace, BACKWARD, t, b, begins_at(plan, segment, t, b));
        const link_step link = link_step_of(&m, plan->sizes.N);
        link_forward(0, &link);
    }
}
