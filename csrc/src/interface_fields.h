/* Every field of the interface vector, one line each, in the paper's order, and behind those what variants have besides.
 * X(field, rows, length, squashing, exists): `rows` vectors of `length` numbers. 0 rows: a single vector; a length of 0: single
 * numbers. */
#ifndef DNC_INTERFACE_FIELDS_H
#define DNC_INTERFACE_FIELDS_H

#define DNC_INTERFACE_FIELDS(X)                                                                                             \
    X(read_keys, s->R, s->key, LINEAR, true)                                                                                \
    X(read_strengths, s->R, 0, s->strength, s->has_strengths)                                                               \
    X(write_key, 0, s->key, LINEAR, true)                                                                                   \
    X(write_strength, 0, 0, s->strength, s->has_strengths)                                                                  \
    X(erase_vector, 0, s->W, LOGISTIC, true)                                                                                \
    X(write_vector, 0, s->W, LINEAR, true)                                                                                  \
    X(free_gates, s->R, 0, LOGISTIC, s->has_usage)                                                                          \
    X(allocation_gate, 0, 0, LOGISTIC, s->has_usage)                                                                        \
    X(write_gate, 0, 0, LOGISTIC, s->has_usage)                                                                             \
    X(read_modes, s->R, 3, SOFTMAX, s->has_links)                                                                           \
    X(read_masks, s->R, s->W, MASK, s->has_masks)                                                                           \
    X(write_mask, 0, s->W, MASK, s->has_masks)                                                                              \
    X(forward_sharpness, s->R, 0, ONEPLUS, s->has_sharpness)                                                                \
    X(backward_sharpness, s->R, 0, ONEPLUS, s->has_sharpness)

#endif
