/* The memory unit: one lane, one step, in the order of the paper - write, link, read - and back. */

/* Where the tensors of step t (0 ..< T) and lane b lie in the workspace. */
typedef struct lane_step {
    REAL *memory_before, *memory, *usage_before, *usage, *precedence_before, *precedence, *link_before, *link;
    REAL *write_weighting_before, *write_weighting, *read_weightings_before, *read_weightings, *read_vectors;
    REAL *interface, *write_content, *allocation, *read_content, *forward, *backward;
    REAL *norms_before, *norms, *write_cosines, *read_cosines;
    int32_t *order_before, *order;
} lane_step;

static inline lane_step lane_step_at(const dnc_plan *plan, REAL *workspace, size_t t, size_t b) {
    const dnc_sizes *s = &plan->sizes;
    const dnc_workspace_offsets *o = &plan->workspace;
    const size_t N = s->N, heads_slots = s->R * N;
    const size_t now = t * plan->B + b, next = now + plan->B; /* in recorded states: before step t, and after it */
    REAL *const w = workspace;
    return (lane_step){
        .memory_before = w + o->memory + now * N * s->W,
        .memory = w + o->memory + next * N * s->W,
        .usage_before = w + o->usage + now * N,
        .usage = w + o->usage + next * N,
        .precedence_before = w + o->precedence + now * N,
        .precedence = w + o->precedence + next * N,
        .link_before = w + o->link + now * N * N,
        .link = w + o->link + next * N * N,
        .write_weighting_before = w + o->write_weighting + now * N,
        .write_weighting = w + o->write_weighting + next * N,
        .read_weightings_before = w + o->read_weightings + now * heads_slots,
        .read_weightings = w + o->read_weightings + next * heads_slots,
        .read_vectors = w + o->read_vectors + next * s->RW,
        .interface = w + o->interface + now * s->I,
        .write_content = w + o->write_content_weighting + now * N,
        .allocation = w + o->allocation_weighting + now * N,
        .read_content = w + o->read_content_weightings + now * heads_slots,
        .forward = w + o->forward_weightings + now * heads_slots,
        .backward = w + o->backward_weightings + now * heads_slots,
        .norms_before = w + o->inverse_norms + now * N,
        .norms = w + o->inverse_norms + next * N,
        .write_cosines = w + o->write_cosines + now * N,
        .read_cosines = w + o->read_cosines + now * heads_slots,
        .order_before = (int32_t *)(w + o->order) + now * N,
        .order = (int32_t *)(w + o->order) + next * N,
    };
}

/* From the interface vector before its squashing to the read vectors. */
static void memory_unit_forward(const dnc_plan *plan, REAL *workspace, size_t t, size_t b) {
    const dnc_interface_offsets *at = &plan->interface;
    const size_t N = plan->sizes.N, W = plan->sizes.W, heads = plan->sizes.R;
    const lane_step m = lane_step_at(plan, workspace, t, b);
    REAL *const xi = m.interface;
    interface_forward(&plan->sizes, at, xi);

    content_forward(N, W, m.memory_before, m.norms_before, xi + at->write_key, xi[at->write_strength], m.write_cosines,
                    m.write_content);
    usage_forward(N, heads, xi + at->free_gates, m.read_weightings_before, m.write_weighting_before, m.usage_before,
                  m.usage);
    sort_slots(N, m.usage, m.order_before, m.order);
    allocation_forward(N, m.usage, m.order, m.allocation);
    write_weighting_forward(N, xi[at->allocation_gate], xi[at->write_gate], m.allocation, m.write_content,
                            m.write_weighting);
    memory_write_forward(N, W, m.write_weighting, xi + at->erase, xi + at->write_vector, m.memory_before, m.memory);
    inverse_norms(N, W, m.memory, m.norms);

    link_forward(N, heads, m.write_weighting, m.precedence_before, m.link_before, m.read_weightings_before, m.link,
                 m.forward, m.backward);
    precedence_forward(N, m.write_weighting, m.precedence_before, m.precedence);

    for (size_t r = 0; r < heads; r++) {
        content_forward(N, W, m.memory, m.norms, xi + at->read_keys + r * W, xi[at->read_strengths + r],
                        m.read_cosines + r * N, m.read_content + r * N);
        read_weighting_forward(N, xi + at->read_modes + 3 * r, m.backward + r * N, m.read_content + r * N, m.forward + r * N,
                               m.read_weightings + r * N);
        memory_read_forward(N, W, m.memory, m.read_weightings + r * N, m.read_vectors + r * W);
    }
}

/* From the gradient at the read vectors (d_read_vectors of t + 1) to that at the interface before its squashing. The gradients
 * at the state - d_memory, d_usage, ... - go in as those at the state after step t and come out as those before it. */
static void memory_unit_backward(const dnc_plan *plan, REAL *workspace, size_t t, size_t b) {
    const dnc_interface_offsets *at = &plan->interface;
    const dnc_workspace_offsets *o = &plan->workspace;
    const size_t N = plan->sizes.N, W = plan->sizes.W, heads = plan->sizes.R, I = plan->sizes.I, RW = plan->sizes.RW;
    const lane_step m = lane_step_at(plan, workspace, t, b);
    const REAL *const xi = m.interface;
    const REAL *const d_read_vectors = workspace + o->d_read_vectors + ((t + 1) * plan->B + b) * RW;
    REAL *const d_xi = workspace + o->d_interface + (t * plan->B + b) * I;
    REAL *const d_memory = workspace + o->d_memory + b * N * W, *const d_usage = workspace + o->d_usage + b * N;
    REAL *const d_precedence = workspace + o->d_precedence + b * N, *const d_link = workspace + o->d_link + b * N * N;
    REAL *const d_write_weighting = workspace + o->d_write_weighting + b * N;
    REAL *const d_read_weightings = workspace + o->d_read_weightings + b * heads * N;
    REAL *const d_forward = workspace + o->lane_scratch, *const d_backward = d_forward + heads * N;
    REAL *const d_content = d_backward + heads * N, *const d_reads_before = d_content + heads * N;
    REAL *const d_allocation = d_reads_before + heads * N, *const scratch = d_allocation + N;
    memset(d_xi, 0, I * sizeof(REAL));
    memset(d_reads_before, 0, heads * N * sizeof(REAL));

    for (size_t r = 0; r < heads; r++) {
        REAL *const d_weighting = d_read_weightings + r * N;
        memory_read_backward(N, W, m.memory, m.read_weightings + r * N, d_read_vectors + r * W, d_memory, d_weighting);
        read_weighting_backward(N, xi + at->read_modes + 3 * r, m.backward + r * N, m.read_content + r * N,
                                m.forward + r * N, d_weighting, d_xi + at->read_modes + 3 * r, d_backward + r * N, d_content,
                                d_forward + r * N);
        content_backward(N, W, m.memory, m.norms, xi + at->read_keys + r * W, xi[at->read_strengths + r],
                         m.read_cosines + r * N, m.read_content + r * N, d_content, d_xi + at->read_keys + r * W,
                         d_xi + at->read_strengths + r, d_memory);
    }

    precedence_backward(N, m.write_weighting, m.precedence_before, d_precedence, d_write_weighting);
    link_backward(N, heads, m.write_weighting, m.precedence_before, m.link_before, m.link, m.read_weightings_before,
                  d_forward, d_backward, d_link, d_write_weighting, d_precedence, d_reads_before);

    memory_write_backward(N, W, m.write_weighting, xi + at->erase, xi + at->write_vector, m.memory_before, d_memory,
                          d_write_weighting, d_xi + at->erase, d_xi + at->write_vector);
    write_weighting_backward(N, xi[at->allocation_gate], xi[at->write_gate], m.allocation, m.write_content,
                             d_write_weighting, d_xi + at->allocation_gate, d_xi + at->write_gate, d_allocation, d_content);
    allocation_backward(N, m.usage, m.order, d_allocation, d_usage, scratch);
    usage_backward(N, heads, xi + at->free_gates, m.read_weightings_before, m.write_weighting_before, m.usage_before,
                   d_usage, d_xi + at->free_gates, d_reads_before, d_write_weighting);
    content_backward(N, W, m.memory_before, m.norms_before, xi + at->write_key, xi[at->write_strength], m.write_cosines,
                     m.write_content, d_content, d_xi + at->write_key, d_xi + at->write_strength, d_memory);

    memcpy(d_read_weightings, d_reads_before, heads * N * sizeof(REAL));
    interface_backward(&plan->sizes, at, xi, d_xi);
}
