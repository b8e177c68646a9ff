/* Every tensor, one line each: of the parameters, of a lane's state, of what forward records, and of the rest of a workspace.
 * `s` are the sizes (dnc_sizes), and in workspaces T and B. Where `exists` is false, or a size is 0, there is no such tensor. */
#ifndef DNC_TENSORS_H
#define DNC_TENSORS_H

/* Rows of a tensor that has a vector for each of so many: 0, as of a vector, where that is one. */
#define DNC_SEVERAL(count) ((count) > 1 ? (count) : 0)

/* Of layer l. X(l, field, name, rows, columns; 0: a vector, exists); vectors are biases, but for those called scale. bias_hh is behind
 * bias: together they are what the A pre-activations begin with. */
#define DNC_LAYER_TENSORS(X, l)                                                                                             \
    X(l, weight_ih, "controller." #l ".weight_ih", s->G, s->VD + s->RW, (l) < s->stack)                                     \
    X(l, weight_hh, "controller." #l ".weight_hh", s->G, s->H, (l) < s->stack && s->is_recurrent)                           \
    X(l, weight_below, "controller." #l ".weight_below", s->G, s->H, (l) < s->stack && (l) > 0)                             \
    X(l, weight, "controller." #l ".weight", s->H, s->H, (l) >= s->stack && (l) < s->L)                                     \
    X(l, bias, "controller." #l ".bias", s->G, 0, (l) < s->L)                                                               \
    X(l, bias_hh, "controller." #l ".bias_hh", s->A - s->G, 0, (l) < s->L && s->A > s->G)                                   \
    X(l, norm_scale, "controller." #l ".norm_scale", s->G, 0, (l) < s->L && s->has_gate_norm)                               \
    X(l, cell_scale, "controller." #l ".cell_scale", s->H, 0, (l) < s->L && s->has_gate_norm)                               \
    X(l, cell_shift, "controller." #l ".cell_shift", s->H, 0, (l) < s->L && s->has_gate_norm)

/* DNC_MAX_LAYERS of them */
#define DNC_EACH_LAYER(X)                                                                                                   \
    DNC_LAYER_TENSORS(X, 0)                                                                                                 \
    DNC_LAYER_TENSORS(X, 1)                                                                                                 \
    DNC_LAYER_TENSORS(X, 2)                                                                                                 \
    DNC_LAYER_TENSORS(X, 3)                                                                                                 \
    DNC_LAYER_TENSORS(X, 4)                                                                                                 \
    DNC_LAYER_TENSORS(X, 5)                                                                                                 \
    DNC_LAYER_TENSORS(X, 6)                                                                                                 \
    DNC_LAYER_TENSORS(X, 7)

/* Of the backward layer, behind them: the same, but for what it does not see. X(field, name, rows, columns; 0: a vector, exists) */
#define DNC_BACKWARD_TENSORS(X)                                                                                             \
    X(weight_ih, "controller.backward.weight_ih", s->G, s->VD, s->is_bidirectional)                                         \
    X(weight_hh, "controller.backward.weight_hh", s->G, s->H, s->is_bidirectional)                                          \
    X(bias, "controller.backward.bias", s->G, 0, s->is_bidirectional)                                                       \
    X(bias_hh, "controller.backward.bias_hh", s->A - s->G, 0, s->is_bidirectional && s->A > s->G)                           \
    X(norm_scale, "controller.backward.norm_scale", s->G, 0, s->is_bidirectional && s->has_gate_norm)                       \
    X(cell_scale, "controller.backward.cell_scale", s->H, 0, s->is_bidirectional && s->has_gate_norm)                       \
    X(cell_shift, "controller.backward.cell_shift", s->H, 0, s->is_bidirectional && s->has_gate_norm)

/* The others, behind these, likewise. */
#define DNC_PARAMETER_TENSORS(X)                                                                                            \
    X(interface_weight, "interface.weight", s->J, s->O, s->has_memory)                                                      \
    X(interface_bias, "interface.bias", s->J, 0, s->has_memory)                                                             \
    X(interface_scale, "interface.norm_scale", s->I, 0, s->has_interface_norm)                                              \
    X(interface_shift, "interface.norm_shift", s->I, 0, s->has_interface_norm)                                              \
    X(output_weight, "output.weight", s->M, s->O, true)                                                                     \
    X(output_bias, "output.bias", s->biases * s->C, 0, true)                                                                \
    X(output_weight_read, "output.weight_read", s->M, s->RW, s->has_memory)                                                 \
    X(program_keys, "program.keys", s->Pg, s->F, s->Pg > 0)                                                                 \
    X(program_weight, "program.weight", s->query, s->O, s->Pg > 0)                                                          \
    X(program_bias, "program.bias", s->query, 0, s->Pg > 0)

/* What goes on from step to step. X(field, rows; 0: a vector, length, exists, role, place): entry t of the record is the state
 * before step t, and the place where those are: RECORDED by themselves, in the rows of z, or as LINKS, see link_interval. */
#define DNC_STATE_TENSORS(X)                                                                                                \
    X(hidden, DNC_SEVERAL(s->stack), s->H, s->is_recurrent, DNC_ROLE_CONTROLLER_STATE, HIDDEN_OF_Z)                         \
    X(cell, DNC_SEVERAL(s->stack), s->H, s->has_cell, DNC_ROLE_CONTROLLER_STATE, RECORDED)                                  \
    X(read_vectors, s->reads, s->length, s->has_memory, DNC_ROLE_MEMORY_STATE, READS_OF_Z)                                  \
    X(memory, s->rows, s->length, s->has_memory, DNC_ROLE_MEMORY_STATE, RECORDED)                                           \
    X(usage, 0, s->N, s->has_usage, DNC_ROLE_MEMORY_STATE, RECORDED)                                                        \
    X(precedence, DNC_SEVERAL(s->P), s->N, s->has_links, DNC_ROLE_MEMORY_STATE, RECORDED)                                   \
    X(link, s->PN, s->N, s->has_links, DNC_ROLE_MEMORY_STATE, LINKS)                                                        \
    X(write_weighting, DNC_SEVERAL(s->P), s->N, s->is_dnc, DNC_ROLE_MEMORY_STATE, RECORDED)                                 \
    X(read_weightings, s->R, s->N, s->is_dnc, DNC_ROLE_MEMORY_STATE, RECORDED)

/* What forward records of every step besides, (T, B) by rows by length, for everyone to look at.
 * X(field, rows; 0: a vector, length, exists) */
#define DNC_TAPE_TENSORS(X)                                                                                                 \
    X(write_content_weighting, DNC_SEVERAL(s->P), s->N, s->is_dnc)                                                          \
    X(allocation_weighting, DNC_SEVERAL(s->P), s->N, s->has_usage)                                                          \
    X(raised_usages, s->P - 1, s->N, s->has_usage && s->P > 1) /* what the usage is for the write heads after the first */  \
    X(read_content_weightings, s->R, s->N, s->is_dnc)                                                                       \
    X(forward_weightings, s->PR, s->N, s->has_links)                                                                        \
    X(backward_weightings, s->PR, s->N, s->has_links)                                                                       \
    X(sharp_forward_weightings, s->PR, s->N, s->has_sharpness)                                                              \
    X(sharp_backward_weightings, s->PR, s->N, s->has_sharpness)                                                             \
    X(retention, 0, s->N, s->has_deallocation)                                                                              \
    X(errors, s->R, s->W, s->is_delta)                                                                                      \
    X(program_weightings, DNC_SEVERAL(s->U), s->Pg, s->Pg > 0)

/* Rows of Np on the tape of a lookup of so many keys; what is in them is content.h's, or masked.h's, which has norms for each. */
#define DNC_LOOKUP_ROWS(keys, has_masks) ((has_masks) ? 2 * (keys) : (keys) + 1)

/* The rest of a workspace. X(field, four sizes, exists); d_ marks gradients. */
#define DNC_WORK_TENSORS(X)                                                                                                 \
    /* z_t = [h ; r ; x]: what a step hands to the next one's controller and to the output, and the vector it reads */      \
    X(z, T + 1, B, s->Zp, 1, true)                                                                                          \
    X(gates, s->whole, T, B, s->Ap, true) /* squashed; backward turns them into their gradients */                          \
    X(tanh_cell, T, B, s->whole, s->Hp, s->has_tanh_cell)                                                                   \
    X(backward_cell, T + 1, B, s->Hp, 1, s->is_bidirectional && s->has_cell) /* entry t + 1: after step t, as in z */       \
    /* The tapes of their norms, see base/norm.h, and what those leave for the gradients at the shifts */                   \
    X(gate_norm, s->whole, T, B, s->Ap + DNC_ROW, s->has_gate_norm)                                                         \
    X(d_gate_shift, s->whole, T, B, s->Ap, s->has_gate_norm)                                                                \
    X(cell_norm, s->whole, T, B, s->Hp + DNC_ROW, s->has_gate_norm)                                                         \
    X(d_cell_shift, s->whole, T, B, s->Hp, s->has_gate_norm)                                                                \
    X(layers, T, B, s->upper, s->Hp, true)            /* of a feed-forward controller: what layer l > 0 reads */            \
    X(layer_gates, T, B, s->upper, s->Hp, true)       /* and gives; backward turns them into their gradients */             \
    X(interface_input, T, B, s->Ip, 1, s->has_memory) /* before squashing; backward: the gradient at it */                  \
    X(interface, T, B, s->Xp, 1, s->has_memory)       /* squashed and parsed */                                             \
    /* Its norm's tape, and what that leaves for the gradient at the shift */                                               \
    X(interface_normal, T, B, s->Ip + DNC_ROW, 1, s->has_interface_norm)                                                    \
    X(d_interface_normed, T, B, s->Ip, 1, s->has_interface_norm)                                                            \
    /* The tapes of a step's lookups by content */                                                                          \
    X(write_lookup, T, B, DNC_LOOKUP_ROWS(s->P, s->has_masks), s->Np, s->is_dnc)                                            \
    X(read_lookup, T, B, DNC_LOOKUP_ROWS(s->R, s->has_masks), s->Np, s->is_dnc)                                             \
    X(head_products, 2, s->Wp, 1, 1, s->is_delta) /* for one head of one lane at a time */                                  \
    /* What the programs give, before it is mixed; backward: the gradient at it */                                          \
    X(interface_products, T, B, s->Jp, 1, s->mixes_interface)                                                               \
    X(output_products, T, B, s->Mp, 1, s->mixes_output)                                                                     \
    X(program_input, T, B, dnc_row(s->query), 1, s->Pg > 0) /* W_p h + b_p; backward: the gradient at it */                 \
    X(program_queries, T, B, s->U, s->Fp, s->Pg > 0)                                                                        \
    X(program_strengths, dnc_row(T *B * s->U), 1, 1, 1, s->Pg > 0)                                                          \
    X(program_lookup, T, B * s->U + 1, s->Pgp, 1, s->Pg > 0) /* tapes: of a step, or of all steps at once */                \
    X(program_keys, s->Pg, s->Fp, 1, 1, s->Pg > 0)                                                                          \
    /* int32: slots by ascending usage, for each write head; entry 0: where the first sort starts */                        \
    X(order, T + 1, B, s->P, s->Np, s->has_usage)                                                                           \
    X(written, T, B, s->Np, 1, s->has_usage && s->P > 1) /* before the step, by all write heads: see written_forward */     \
    X(outputs, T, B, s->Yp, 1, true)                     /* logits or numbers; backward turns them into their gradients */  \
    X(log_normalizer, dnc_row(T *B * s->Q), 1, 1, 1, true) /* log of a softmax's denominator */

/* What only a whole segment needs: where lanes begin, the weights as its products want them, and gradients. */
#define DNC_SEGMENT_TENSORS(X)                                                                                              \
    /* The initial state, for lanes that begin within a segment: zeros, M_0 if drawn, and where the first sort starts */    \
    X(zeros, s->zeros, 1, 1, 1, true)                                                                                       \
    X(initial_memory, s->N, s->Wp, 1, 1, s->has_drawn_memory)                                                               \
    X(initial_order, s->Np, 1, 1, 1, s->has_usage)                                                                          \
    X(initial_z, s->Zp, 1, 1, 1, true) /* for one lane at a time: [0 ; 0 ; x] */                                            \
    X(symbol_columns, s->whole, s->V + 1, s->Ap, 1,                                                                         \
      true) /* W_ih's symbol columns as rows, see input; backward: their gradient */                                        \
    X(controller_weights, s->whole, s->A, s->Ep, 1,                                                                         \
      true) /* [W_hh | W_ih's reads | W_below | W_ih's vector]; backward: their gradient */                                 \
    X(controller_forward, s->whole, s->E, s->Ap, 1, true) /* their transpose, packed in panels */                           \
    /* Without the vector's, packed: in two where some is taken ahead */                                                    \
    X(controller_backward, s->whole, s->A, s->Ep + DNC_ROW, 1, true)                                                        \
    X(layer_forward, s->upper, s->H, s->Hp, 1, true)            /* packed */                                                \
    X(layer_backward, s->upper, s->H, s->Hp, 1, true)           /* packed */                                                \
    X(interface_forward, s->O, s->Jp, 1, 1, s->has_memory)      /* W_xi transposed, packed */                               \
    X(interface_backward, s->J, s->Op, 1, 1, s->has_memory)     /* W_xi, packed */                                          \
    X(interface_norm, s->Ip, 1, 1, 1, s->has_interface_norm)    /* its scale */                                             \
    X(gate_norm_scale, s->whole, s->Ap, 1, 1, s->has_gate_norm) /* likewise */                                              \
    X(cell_norm_scale, s->whole, s->Hp, 1, 1, s->has_gate_norm)                                                             \
    X(output_weights, s->Mp, s->Kp, 1, 1, true)  /* [W_y | W_r], the rows of a softmax padded */                            \
    X(output_bias, s->biases, s->Cp, 1, 1, true) /* likewise */                                                             \
    X(d_output_weights, s->Mp, s->Kp, 1, 1, true)                                                                           \
    X(program_forward, s->O, dnc_row(s->query), 1, 1, s->Pg > 0) /* W_p transposed, packed */                               \
    X(program_backward, s->query, s->Op, 1, 1, s->Pg > 0)        /* W_p, packed */                                          \
    X(d_program_keys, s->Pg, s->Fp, 1, 1, s->Pg > 0)                                                                        \
    X(d_program_weightings, T, B, s->U, s->Pgp, s->Pg > 0)                                                                  \
    X(d_program_queries, T, B, s->U, s->Fp, s->Pg > 0)                                                                      \
    X(d_program_strengths, dnc_row(T *B * s->U), 1, 1, 1, s->Pg > 0)                                                        \
    X(d_z, T, B, s->Kp, 1, true)                              /* at [h ; r] after each step */                              \
    X(layer_inputs, DNC_SEVERAL(s->whole), T, B, s->Ep, true) /* see controller/product.h */                                \
    X(d_layer_input, plan->ahead, B, s->Ep, 1, s->whole > 1)  /* of a layer, of so many steps at most */                    \
    X(d_layers, B, s->Hp, 1, 1, s->upper > 0)                 /* of a step */                                               \
    X(d_backward_cell, B, s->Hp, 1, 1, s->is_bidirectional && s->has_cell)                                                  \
    X(outputs_cut, T, B, s->Yp, 1, s->has_activation_clip) /* those that loss_backward turns into their gradients */        \
    /* For one lane at a time: the gradient at its parsed interface vector, and the dense one as it was cut */              \
    X(d_interface, s->Xp, 1, 1, 1, s->has_memory)                                                                           \
    X(interface_cut, s->Ip, 1, 1, 1, s->has_memory)                                                                         \
    X(lane_scratch, (2 * s->PR + s->R + s->keys + 5) * s->Np + s->R * s->Wp, 1, 1, 1, s->is_dnc)                            \
    X(d_head, 3, s->Wp, 1, 1, s->is_delta)

#endif
