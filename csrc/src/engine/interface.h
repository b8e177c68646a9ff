/* The interface vector xi: its squashing functions, in place, one lane at a time. Keys and the write vector stay as they are. */

/* strengths = oneplus(.);  erase vector, free gates, allocation gate, write gate = sg(.);  modes = softmax(.) of each triple */
static inline void interface_forward(const dnc_sizes *s, const dnc_interface_offsets *at, REAL *restrict xi) {
    for (size_t r = 0; r < s->R; r++)
        xi[at->read_strengths + r] = oneplus(xi[at->read_strengths + r]);
    xi[at->write_strength] = oneplus(xi[at->write_strength]);
    for (size_t j = at->erase; j < at->write_vector; j++)
        xi[j] = sigmoid(xi[j]);
    for (size_t j = at->free_gates; j < at->read_modes; j++)
        xi[j] = sigmoid(xi[j]);
    for (size_t r = 0; r < s->R; r++)
        softmax(3, xi + at->read_modes + 3 * r);
}

/* From the gradient at the squashed interface to that before the squashing. */
static inline void interface_backward(const dnc_sizes *s, const dnc_interface_offsets *at, const REAL *restrict xi,
                                      REAL *restrict d_xi) {
    for (size_t r = 0; r < s->R; r++)
        d_xi[at->read_strengths + r] *= oneplus_slope(xi[at->read_strengths + r]);
    d_xi[at->write_strength] *= oneplus_slope(xi[at->write_strength]);
    for (size_t j = at->erase; j < at->write_vector; j++)
        d_xi[j] *= xi[j] * (R(1.0) - xi[j]);
    for (size_t j = at->free_gates; j < at->read_modes; j++)
        d_xi[j] *= xi[j] * (R(1.0) - xi[j]);
    for (size_t r = 0; r < s->R; r++)
        softmax_backward(3, xi + at->read_modes + 3 * r, d_xi + at->read_modes + 3 * r);
}
