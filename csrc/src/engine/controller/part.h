/* A controller, for all lanes of a step: from the pre-activations a = W_ih [x ; r] + W_hh h + b, in `gates`, to the hidden state,
 * which goes into z_(t+1). */
typedef struct controller_part {
    void (*forward)(const dnc_plan *, const REAL *parameters, const dnc_segment *, REAL *workspace, size_t t);
    /* From the gradient at the hidden state after step t, in d_z, to that at the pre-activations, in `gates`. */
    void (*backward)(const dnc_plan *, const dnc_segment *, REAL *workspace, size_t t);
    /* Of a controller with more parameters than these, NULL for others: packs its weights for a segment; and, over all steps at
     * once, gives their gradients. */
    void (*pack)(const dnc_plan *, const REAL *parameters, REAL *workspace);
    void (*gradients)(const dnc_plan *, const REAL *workspace, REAL *gradient);
} controller_part;

/* Whether lane b begins anew before step t: then what is before the step is the initial state. */
static inline bool begins_at(const dnc_plan *plan, const dnc_segment *segment, size_t t, size_t b) {
    return segment->begins != NULL && segment->begins[t * plan->B + b] != 0;
}
