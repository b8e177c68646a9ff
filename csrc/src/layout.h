/* Where everything lies: sizes derived from a configuration, and the tensors of the parameter vector, of a lane's state and
 * of a workspace. Counted in elements, so that it serves both precisions. */
#ifndef DNC_LAYOUT_H
#define DNC_LAYOUT_H

#include "dnc.h"

#include <stdbool.h>

/* SwiftPM defines something for a trait, but nothing for want of one. */
#if defined(SWIFT_PACKAGE) && !defined(DNC_OPENBLAS)
#define DNC_NO_BLAS
#endif

/* Rows of a workspace's tensors are padded to a multiple of this many elements: whole vectors of every instruction set, so that
 * the engine's loops have no remainders. Where a value is read by vectors, its padding is zeros. */
#define DNC_ROW 16

static inline size_t dnc_row(size_t n) {
    return (n + DNC_ROW - 1) / DNC_ROW * DNC_ROW;
}

typedef struct dnc_sizes {
    size_t V, H, N, W, R; /* as in dnc.h; N = W = R = 0 without a memory */
    size_t G;             /* gate pre-activations of the controller */
    size_t I;             /* interface vector; 0 without a memory */
    size_t RW;            /* all read vectors of a lane */
    size_t K;             /* H + RW: z = [h ; r], what a step hands to the next one's controller and to the output */
    size_t Vp, Hp, Np, Wp, Gp, Ip, Kp; /* the same, padded to whole rows */
    size_t Xp;                         /* the interface vector parsed: each of its vectors in rows of its own */
    bool has_cell, has_memory;
} dnc_sizes;

/* Offsets of the parameter vector's tensors. */
typedef struct dnc_parameter_offsets {
    size_t weight_ih, weight_hh, bias, interface_weight, interface_bias, output_weight, output_bias, output_weight_read;
    size_t count;
} dnc_parameter_offsets;

/* Offsets of one lane's state. */
typedef struct dnc_state_offsets {
    size_t hidden, cell, read_vectors, memory, usage, precedence, link, write_weighting, read_weightings;
    size_t count;
} dnc_state_offsets;

/* Offsets of the parts of a lane's interface vector. */
typedef struct dnc_interface_offsets {
    size_t read_keys, read_strengths, write_key, write_strength, erase, write_vector, free_gates, allocation_gate,
        write_gate, read_modes;
} dnc_interface_offsets;

/* Offsets within a workspace. Shapes are written T+1 where entry 0 is the state before the segment. */
typedef struct dnc_workspace_offsets {
    /* What forward records. */
    size_t recurrent_input;         /* (T+1, B, Kp) z = [h ; r] */
    size_t cell;                    /* (T+1, B, Hp) */
    size_t tanh_cell;               /* (T, B, Hp) */
    size_t gates;                   /* (T, B, Gp) squashed; backward turns them into their gradients */
    size_t memory;                  /* (T+1, B, N, Wp) */
    size_t usage;                   /* (T+1, B, Np) */
    size_t precedence;              /* (T+1, B, Np) */
    size_t link_kept;               /* (ceil(T / k), B, N, Np) L_0, L_k, L_2k, ... with k the link interval */
    size_t link_block;              /* (max(1, k - 1), B, N, Np) those between, of the block that is being worked on */
    size_t write_weighting;         /* (T+1, B, Np) */
    size_t read_weightings;         /* (T+1, B, R, Np) */
    size_t interface_input;         /* (T, B, Ip) before squashing; backward: the gradient at it */
    size_t interface;               /* (T, B, Xp) squashed and parsed */
    size_t write_content_weighting; /* (T, B, Np) */
    size_t allocation_weighting;    /* (T, B, Np) */
    size_t read_content_weightings; /* (T, B, R, Np) */
    size_t forward_weightings;      /* (T, B, R, Np) */
    size_t backward_weightings;     /* (T, B, R, Np) */
    size_t inverse_norms;           /* (T+1, B, Np) 1 / sqrt(m.m + eps) of every memory row */
    size_t write_cosines;           /* (T, B, Np) */
    size_t read_cosines;            /* (T, B, R, Np) */
    size_t order;          /* (T+1, B, Np) int32: slots by ascending usage; entry 0 is where the first sort starts */
    size_t logits;         /* (T, B, Vp); backward turns them into their gradients */
    size_t log_normalizer; /* (T, B) log of the softmax's denominator */
    /* The weights as the segment's products want them. */
    size_t symbol_columns;     /* (V, Gp) W_ih's symbol columns as rows, with the bias in each; backward: their gradient */
    size_t recurrent_weights;  /* (G, Kp) [W_hh | W_ih's read columns]; backward: their gradient */
    size_t recurrent_forward;  /* (K, Gp) their transpose, packed in panels */
    size_t recurrent_backward; /* (G, Kp) packed in panels */
    size_t interface_forward;  /* (H, Ip) W_xi transposed, packed */
    size_t interface_backward; /* (I, Hp) W_xi, packed */
    size_t output_weights;     /* (V, Kp) [W_y | W_r] */
    size_t d_output_weights;   /* (V, Kp) */
    /* Gradients, backward only. */
    size_t d_recurrent_input; /* (T, B, Kp) at z after each step */
    size_t d_cell;            /* (B, Hp) */
    size_t d_memory;          /* (B, N, Wp) */
    size_t d_usage;           /* (B, Np) */
    size_t d_precedence;      /* (B, Np) */
    size_t d_link;            /* (B, N, Np) */
    size_t d_write_weighting; /* (B, Np) */
    size_t d_read_weightings; /* (B, R, Np) */
    size_t lane_scratch;      /* 2 Np + R (5 Np + Wp) + Xp, for one lane at a time */
    size_t count;
} dnc_workspace_offsets;

typedef enum dnc_purpose { DNC_PURPOSE_STEP, DNC_PURPOSE_SEGMENT } dnc_purpose;

/* All of the above for one shape of work. */
typedef struct dnc_plan {
    dnc_config config; /* as dnc_config_take gives it */
    dnc_sizes sizes;
    dnc_parameter_offsets parameters;
    dnc_state_offsets state;
    dnc_interface_offsets interface; /* of the vector as it comes from the controller: the paper's order */
    dnc_interface_offsets parsed;    /* of the parsed one: vectors first, each in a row of its own, then all the scalars */
    dnc_workspace_offsets workspace;
    size_t T, B;
    size_t link_interval;
    bool own_products; /* none by BLAS */
} dnc_plan;

/* The first elements of a workspace are kept for its header. */
#define DNC_WORKSPACE_HEADER 32

/* Copies a caller's configuration, after a check of each field; whether their products are allowed is seen when a plan is made.
 * */
dnc_status dnc_config_take(const dnc_config *config, dnc_config *own);

/* Where a recorded tensor lies in a workspace: entries (the first two dimensions) of `rows` rows of `length` elements. */
typedef struct dnc_record_view {
    dnc_tensor tensor;
    size_t offset, entries, entry_stride, rows, row_stride, length;
} dnc_record_view;

dnc_status dnc_record_view_make(const dnc_config *config, int32_t steps, int32_t batch, size_t index, dnc_record_view *view);

/* Checks the configuration and fills the plan. */
dnc_status dnc_plan_make(const dnc_config *config, int32_t steps, int32_t batch, dnc_purpose purpose, dnc_plan *plan);

#endif
