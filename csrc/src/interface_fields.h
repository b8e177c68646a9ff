/* Every field of the interface vector, one line each: of the DNC in the paper's order, and behind those what variants have besides;
 * then those of memories that each read head has one of.
 * X(field, rows, length, squashing, exists): `rows` vectors of `length` numbers. 0 rows: a single vector; a length of 0: single
 * numbers. */
#ifndef DNC_INTERFACE_FIELDS_H
#define DNC_INTERFACE_FIELDS_H

#define DNC_INTERFACE_FIELDS(X)                                                                                             \
    X(read_keys, s->R, s->key, LINEAR, s->is_dnc)                                                                           \
    X(read_strengths, s->R, 0, s->strength, s->has_strengths)                                                               \
    X(write_key, DNC_SEVERAL(s->P), s->key, LINEAR, s->is_dnc)                                                              \
    X(write_strength, DNC_SEVERAL(s->P), 0, s->strength, s->has_strengths)                                                  \
    X(erase_vector, DNC_SEVERAL(s->P), s->W, LOGISTIC, s->is_dnc)                                                           \
    X(write_vector, DNC_SEVERAL(s->P), s->W, LINEAR, s->is_dnc)                                                             \
    X(free_gates, s->R, 0, LOGISTIC, s->has_usage)                                                                          \
    X(allocation_gate, DNC_SEVERAL(s->P), 0, LOGISTIC, s->has_usage)                                                        \
    X(write_gate, DNC_SEVERAL(s->P), 0, LOGISTIC, s->has_usage)                                                             \
    X(read_modes, s->R, s->modes, SOFTMAX, s->has_links)                                                                    \
    X(read_masks, s->R, s->W, MASK, s->has_masks)                                                                           \
    X(write_mask, DNC_SEVERAL(s->P), s->W, MASK, s->has_masks)                                                              \
    X(forward_sharpness, s->PR, 0, ONEPLUS, s->has_sharpness)                                                               \
    X(backward_sharpness, s->PR, 0, ONEPLUS, s->has_sharpness)                                                              \
    X(keys, s->reads, s->N, s->unit, s->has_heads)                                                                          \
    X(queries, s->reads, s->N, s->unit, s->has_heads)                                                                       \
    X(values, s->reads, s->length, LINEAR, s->has_heads)                                                                    \
    X(strengths, s->R, 0, s->strength, s->has_heads)                                                                        \
    X(decays, s->R, 0, LOGISTIC, s->has_decay)

#endif
