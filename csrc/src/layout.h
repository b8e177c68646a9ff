/* Where everything lies: sizes derived from a configuration, and the tensors of the parameter vector, of a lane's state and
 * of a workspace. Counted in elements, so that it serves both precisions. */
#ifndef DNC_LAYOUT_H
#define DNC_LAYOUT_H

#include "dnc.h"

#include <stdbool.h>

typedef struct dnc_sizes {
    size_t V, H, N, W, R; /* as in dnc.h; N = W = R = 0 without a memory */
    size_t G;             /* gate pre-activations of the controller */
    size_t I;             /* interface vector; 0 without a memory */
    size_t RW;            /* all read vectors of a lane */
    size_t K;             /* H + RW: [h ; r], what a step hands to the next one's controller */
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

/* Offsets within a lane's interface vector: the paper's order. */
typedef struct dnc_interface_offsets {
    size_t read_keys, read_strengths, write_key, write_strength, erase, write_vector, free_gates, allocation_gate,
        write_gate, read_modes;
} dnc_interface_offsets;

/* Offsets within a workspace. Shapes are written T+1 where entry 0 is the state before the segment. */
typedef struct dnc_workspace_offsets {
    /* What forward records. */
    size_t hidden;                  /* (T+1, B, H) */
    size_t cell;                    /* (T+1, B, H) */
    size_t read_vectors;            /* (T+1, B, R, W) */
    size_t memory;                  /* (T+1, B, N, W) */
    size_t usage;                   /* (T+1, B, N) */
    size_t precedence;              /* (T+1, B, N) */
    size_t link;                    /* (T+1, B, N, N) */
    size_t write_weighting;         /* (T+1, B, N) */
    size_t read_weightings;         /* (T+1, B, R, N) */
    size_t interface;               /* (T, B, I) */
    size_t write_content_weighting; /* (T, B, N) */
    size_t allocation_weighting;    /* (T, B, N) */
    size_t read_content_weightings; /* (T, B, R, N) */
    size_t forward_weightings;      /* (T, B, R, N) */
    size_t backward_weightings;     /* (T, B, R, N) */
    size_t logits;                  /* (T, B, V); backward turns them into their gradients */
    size_t gates;                   /* (T, B, G) squashed; backward turns them into their gradients */
    size_t tanh_cell;               /* (T, B, H) */
    size_t log_normalizer;          /* (T, B) log of the softmax's denominator */
    size_t inverse_norms;           /* (T+1, B, N) 1 / sqrt(m.m + eps) of every memory row */
    size_t write_cosines;           /* (T, B, N) */
    size_t read_cosines;            /* (T, B, R, N) */
    size_t order;                   /* (T+1, B, N) int32: slots by ascending usage; entry 0 is where the first sort starts */
    /* Scratch of both passes. */
    size_t symbol_columns;    /* (V, G) W_ih's symbol columns as rows; backward: their gradient */
    size_t recurrent_weights; /* (G, K) [W_hh | W_ih's read columns] */
    size_t recurrent_input;   /* (B, K) [h ; r]; backward: their gradient */
    /* Gradients, backward only. */
    size_t d_hidden;          /* (T+1, B, H) */
    size_t d_read_vectors;    /* (T+1, B, R, W) */
    size_t d_interface;       /* (T, B, I) */
    size_t d_cell;            /* (B, H) */
    size_t d_memory;          /* (B, N, W) */
    size_t d_usage;           /* (B, N) */
    size_t d_precedence;      /* (B, N) */
    size_t d_link;            /* (B, N, N) */
    size_t d_write_weighting; /* (B, N) */
    size_t d_read_weightings; /* (B, R, N) */
    size_t lane_scratch;      /* (2 + 4 R, N) for one lane at a time */
    size_t count;
} dnc_workspace_offsets;

typedef enum dnc_purpose { DNC_PURPOSE_STEP, DNC_PURPOSE_SEGMENT } dnc_purpose;

/* All of the above for one shape of work. */
typedef struct dnc_plan {
    dnc_sizes sizes;
    dnc_parameter_offsets parameters;
    dnc_state_offsets state;
    dnc_interface_offsets interface;
    dnc_workspace_offsets workspace;
    size_t T, B;
} dnc_plan;

/* The first elements of a workspace are kept for its header. */
#define DNC_WORKSPACE_HEADER 16

/* Whether each field of a configuration is allowed; whether their products are, is seen when a plan is made. */
dnc_status dnc_check_fields(const dnc_config *config);

/* Checks the configuration and fills the plan. */
dnc_status dnc_plan_make(const dnc_config *config, int32_t steps, int32_t batch, dnc_purpose purpose, dnc_plan *plan);

#endif
