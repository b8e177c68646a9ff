/* The DNC's memory: one lane, one step, in the order of the paper - write, link, read - and back. */

/* Where the tensors of step t (0 ..< T) and lane b lie in the workspace. */
typedef struct lane_step {
    REAL *memory_before, *memory, *usage_before, *usage, *precedence_before, *precedence, *link_before, *link;
    REAL *write_weighting_before, *write_weighting, *read_weightings_before, *read_weightings, *read_vectors;
    REAL *interface_input, *interface, *write_content, *allocation, *read_content, *forward, *backward;
    REAL *norms_before, *norms, *write_cosines, *read_cosines;
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
        .norms_before = w + o->inverse_norms + now * Np,
        .norms = w + o->inverse_norms + next * Np,
        .write_cosines = w + o->write_cosines + now * Np,
        .read_cosines = w + o->read_cosines + now * heads_slots,
        .order_before = (int32_t *)(w + o->order) + now * Np,
        .order = (int32_t *)(w + o->order) + next * Np,
    };
    if (begins) {
        at.memory_before = at.usage_before = at.precedence_before = at.link_before = zeros;
        at.write_weighting_before = at.read_weightings_before = zeros;
        at.norms_before = w + o->initial_norms;
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

static inline REAL key_norm(size_t W, const REAL *key) {
    return inverse_norm(dot(W, key, key));
}

/* From the interface vector as the controller gives it to the read vectors. */
static void memory_unit_forward(const dnc_plan *plan, REAL *workspace, size_t t, size_t b, bool begins, stopwatch *watch) {
    const dnc_interface_offsets *at = &plan->parsed;
    const size_t N = plan->sizes.N, W = plan->sizes.W, heads = plan->sizes.R, Np = plan->sizes.Np, Wp = plan->sizes.Wp;
    const lane_step m = lane_step_at(plan, workspace, FORWARD, t, b, begins);
    const REAL *const xi = m.interface, *const keys = xi + at->read_keys, *const write_key = xi + at->write_key;
    interface_forward(plan, m.interface_input, m.interface);
    lap(watch, DNC_PHASE_ACTIVATIONS);

    row_dots(1, N, W, m.memory_before, write_key, m.write_cosines);
    content_forward(N, key_norm(W, write_key), xi[at->write_strength], m.norms_before, m.write_cosines, m.write_content);
    usage_forward(N, heads, xi + at->free_gates, m.read_weightings_before, m.write_weighting_before, m.usage_before,
                  m.usage);
    sort_slots(N, m.usage, m.order_before, m.order);
    allocation_forward(N, m.usage, m.order, m.allocation);
    write_weighting_forward(N, xi[at->allocation_gate], xi[at->write_gate], m.allocation, m.write_content,
                            m.write_weighting);
    lap(watch, DNC_PHASE_ADDRESSING);

    WITH_GROUP(group_size(heads, 0),
               memory_write_forward(group, N, W, m.write_weighting, xi + at->erase_vector, xi + at->write_vector,
                                    m.memory_before, keys, m.memory, m.norms, m.read_cosines))
    for (size_t r = HEAD_GROUP; r < heads; r += HEAD_GROUP)
        WITH_GROUP(group_size(heads, r), row_dots(group, N, W, m.memory, keys + r * Wp, m.read_cosines + r * Np))
    inverse_norms(N, m.norms);
    lap(watch, DNC_PHASE_MEMORY);

    const link_step link = link_step_of(&m, N);
    link_forward(heads, &link);
    precedence_forward(N, m.write_weighting, m.precedence_before, m.precedence);
    lap(watch, DNC_PHASE_LINKAGE);

    for (size_t r = 0; r < heads; r++) {
        content_forward(N, key_norm(W, keys + r * Wp), xi[at->read_strengths + r], m.norms, m.read_cosines + r * Np,
                        m.read_content + r * Np);
        read_weighting_forward(N, xi + at->read_modes + 3 * r, m.backward + r * Np, m.read_content + r * Np,
                               m.forward + r * Np, m.read_weightings + r * Np);
    }
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
    const REAL *const xi = m.interface, *const keys = xi + at->read_keys, *const write_key = xi + at->write_key;
    REAL *const d_memory = workspace + o->d_memory + b * N * Wp, *const d_usage = workspace + o->d_usage + b * Np;
    REAL *const d_precedence = workspace + o->d_precedence + b * Np, *const d_link = workspace + o->d_link + b * N * Np;
    REAL *const d_write_weighting = workspace + o->d_write_weighting + b * Np;
    REAL *const d_read_weightings = workspace + o->d_read_weightings + b * heads * Np;
    REAL *const d_forward = workspace + o->lane_scratch, *const d_backward = d_forward + heads * Np;
    REAL *const d_content = d_backward + heads * Np, *const d_reads_before = d_content + heads * Np;
    REAL *const dots = d_reads_before + heads * Np, *const d_read_vectors = dots + heads * Np;
    REAL *const d_allocation = d_read_vectors + heads * Wp, *const along_row = d_allocation + Np;
    REAL *const d_xi = along_row + Np, *const d_keys = d_xi + at->read_keys;
    memset(d_xi, 0, plan->sizes.Xp * sizeof(REAL));
    memset(d_reads_before, 0, heads * Np * sizeof(REAL));
    memset(d_read_vectors, 0, heads * Wp * sizeof(REAL));
    memset(along_row, 0, Np * sizeof(REAL));
    copy_rows(heads, W, workspace + o->d_z + (t * plan->B + b) * plan->sizes.Kp + plan->sizes.H, W, d_read_vectors, Wp);

    for (size_t r = 0; r < heads; r += HEAD_GROUP)
        WITH_GROUP(group_size(heads, r), row_dots(group, N, W, m.memory, d_read_vectors + r * Wp, dots + r * Np))
    lap(watch, DNC_PHASE_MEMORY);
    for (size_t r = 0; r < heads; r++) {
        REAL *const d_weighting = d_read_weightings + r * Np;
        VECTORS (i, N)
            store(d_weighting + i, load(d_weighting + i) + load(dots + r * Np + i));
        read_weighting_backward(N, xi + at->read_modes + 3 * r, m.backward + r * Np, m.read_content + r * Np,
                                m.forward + r * Np, d_weighting, d_xi + at->read_modes + 3 * r, d_backward + r * Np,
                                d_content + r * Np, d_forward + r * Np);
        const REAL along_key =
            content_backward(N, key_norm(W, keys + r * Wp), xi[at->read_strengths + r], m.norms, m.read_cosines + r * Np,
                             m.read_content + r * Np, d_content + r * Np, along_row, d_xi + at->read_strengths + r);
        add_scaled(W, -along_key, keys + r * Wp, d_keys + r * Wp);
    }
    lap(watch, DNC_PHASE_ADDRESSING);

    precedence_backward(N, m.write_weighting, m.precedence_before, d_precedence, d_write_weighting);
    link_step link = link_step_of(&m, N);
    link.d_forward = d_forward, link.d_backward = d_backward, link.d_link = d_link, link.d_w = d_write_weighting;
    link.d_precedence_before = d_precedence, link.d_reads_before = d_reads_before;
    link_backward(heads, &link);
    lap(watch, DNC_PHASE_LINKAGE);

    row_product(heads, W, N, d_content, Np, m.memory, Wp, d_keys, Wp);
    for (size_t r = 0; r < heads; r += HEAD_GROUP)
        WITH_GROUP(group_size(heads, r),
                   memory_read_backward(group, N, W, m.read_weightings + r * Np, d_read_vectors + r * Wp, d_content + r * Np,
                                        keys + r * Wp, d_memory))
    memory_write_backward(N, W, m.write_weighting, xi + at->erase_vector, xi + at->write_vector, m.memory_before, m.memory,
                          along_row, d_memory, d_write_weighting, d_xi + at->erase_vector, d_xi + at->write_vector);
    lap(watch, DNC_PHASE_MEMORY);

    write_weighting_backward(N, xi[at->allocation_gate], xi[at->write_gate], m.allocation, m.write_content,
                             d_write_weighting, d_xi + at->allocation_gate, d_xi + at->write_gate, d_allocation, d_content);
    allocation_backward(N, m.usage, m.order, d_allocation, d_usage, dots);
    usage_backward(N, heads, xi + at->free_gates, m.read_weightings_before, m.write_weighting_before, m.usage_before,
                   d_usage, d_xi + at->free_gates, d_reads_before, d_write_weighting);
    memset(along_row, 0, Np * sizeof(REAL));
    const REAL along_key =
        content_backward(N, key_norm(W, write_key), xi[at->write_strength], m.norms_before, m.write_cosines, m.write_content,
                         d_content, along_row, d_xi + at->write_strength);
    add_scaled(W, -along_key, write_key, d_xi + at->write_key);
    lap(watch, DNC_PHASE_ADDRESSING);
    row_product(1, W, N, d_content, Np, m.memory_before, Wp, d_xi + at->write_key, Wp);
    memory_content_backward(N, W, m.memory_before, write_key, d_content, along_row, d_memory);
    lap(watch, DNC_PHASE_MEMORY);

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
