/* Every field of the interface vector, one line each, in the paper's order.
 * X(field, rows, length, squashing): `rows` vectors of `length` numbers. 0 rows: a single vector; a length of 0: single numbers. */
#ifndef DNC_INTERFACE_FIELDS_H
#define DNC_INTERFACE_FIELDS_H

#define DNC_INTERFACE_FIELDS(X)                                                                                             \
    X(read_keys, s->R, s->W, LINEAR)                                                                                        \
    X(read_strengths, s->R, 0, ONEPLUS)                                                                                     \
    X(write_key, 0, s->W, LINEAR)                                                                                           \
    X(write_strength, 0, 0, ONEPLUS)                                                                                        \
    X(erase_vector, 0, s->W, LOGISTIC)                                                                                      \
    X(write_vector, 0, s->W, LINEAR)                                                                                        \
    X(free_gates, s->R, 0, LOGISTIC)                                                                                        \
    X(allocation_gate, 0, 0, LOGISTIC)                                                                                      \
    X(write_gate, 0, 0, LOGISTIC)                                                                                           \
    X(read_modes, s->R, 3, SOFTMAX)

#endif
