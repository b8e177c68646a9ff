/* Where everything lies: sizes derived from a configuration, and the tensors of the parameter vector, of a lane's state and
 * of a workspace. Counted in elements, so that it serves both precisions. */
#ifndef DNC_LAYOUT_H
#define DNC_LAYOUT_H

#include "dnc.h"
#include "interface_fields.h"
#include "tensors.h"

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

typedef enum dnc_squashing {
    LINEAR,
    ONEPLUS,
    SOFTPLUS,
    LOGISTIC,
    TWICE_LOGISTIC,
    SOFTMAX,
    MASK,
    UNIT,
    UNIT_NUMBERS
} dnc_squashing;

typedef struct dnc_sizes {
    size_t V, S, D; /* symbols, how many a step reads, and numbers of its vector; 0 where there are none */
    size_t VD;      /* V + D, what a step reads */
    size_t H, L;    /* hidden units, layers */
    size_t N, W, R; /* 0 without a memory */
    size_t rows;    /* of the memory: N, of delta R N, of a holographic one R W */
    size_t reads;   /* read vectors: R, of a holographic memory R W, one for each component of numbers */
    size_t length;  /* of either: W, of a holographic memory N */
    size_t G;       /* rows of the weights of a layer of the stack */
    size_t A;       /* its pre-activations: as many, and of a GRU the recurrent part of the candidate apart */
    size_t I;       /* interface vector; 0 without a memory */
    size_t J;       /* rows of its weights: as many, or those of all programs */
    size_t RW;      /* all read vectors of a lane */
    size_t P;       /* write heads of the DNC's memory; 0 without */
    size_t PN, PR;  /* rows of all their links; and read heads along each of these */
    size_t modes;   /* of a read head: 2 P + 1 */
    size_t stack; /* layers that each see the input, the reads and their own past: of a feed-forward controller the first */
    size_t upper; /* those above them, which see but the one below */
    size_t whole; /* the stack, and behind it the backward layer of a bidirectional controller */
    size_t O;     /* what others see of the controller as h: [h^0 ; ... ; h^(L-1) ; hb] of the whole, or the last layer */
    size_t K;     /* O + RW: [h ; r], what the output is made of */
    size_t Z;     /* K + D: [h ; r ; x] */
    size_t E;     /* the most that one of the whole reads: z, or where they are several [h^l ; r ; h^(l-1) ; x] */
    size_t first; /* of that it takes what begins here: all, or without a recurrence all but h */
    size_t Q, C, Y;                                    /* softmaxes of a step, or 1; the numbers of each; all of them */
    size_t Vp, Hp, Np, Wp, Ap, Ip, Op, Kp, Zp, Ep, Cp; /* the same, padded to whole rows */
    size_t Xp;       /* the interface vector parsed: each of its vectors in rows of its own */
    size_t Yw, Yp;   /* the outputs with every softmax but the last in whole rows, and all in whole rows */
    size_t M;        /* rows of the output's weights: Y, or those of all programs, or one for each program of its rows */
    size_t blocks;   /* of so many of these that have whole rows of their own: of a softmax, or all Pg */
    size_t block;    /* their length: C, or Pg */
    size_t Mw, Mp;   /* M as Yw and Yp */
    size_t biases;   /* blocks of C in the output's bias */
    size_t Pg, F, U; /* programs, numbers of a key, queries of a step; 0 without programs */
    size_t query;    /* U (F + 1): all keys of a step's queries, then all strengths */
    size_t Jp, Pgp, Fp;
    size_t zeros; /* elements of the largest tensor of the initial state */
    size_t key;   /* numbers of a key: W, or N where it is a location's */
    size_t keys;  /* the most that are looked up at a time */
    bool is_recurrent, is_bidirectional, has_cell, has_tanh_cell, has_gate_norm, has_activation_clip, has_memory;
    bool has_interface_norm, has_drawn_memory;
    bool is_dnc, has_strengths, has_links, has_usage, has_masks, has_sharpness, has_deallocation; /* of the DNC's memory */
    bool is_delta, is_holographic, has_heads, has_decay; /* has_heads: each read head has a memory, as of these two */
    bool mixes_interface, mixes_output, mixes_rows;      /* of programs: rows are a way to mix the output */
    dnc_squashing strength, unit;                        /* of strengths, and of the keys of has_heads */
} dnc_sizes;

#define DNC_OFFSET(field, ...) size_t field;

#define DNC_LAYER_OFFSET(l, field, ...) size_t field;

/* Offsets of a layer's tensors in the parameter vector; and of all of them, the backward layer's behind those of the stack. */
typedef struct dnc_layer_offsets {
    DNC_LAYER_TENSORS(DNC_LAYER_OFFSET, 0)
} dnc_layer_offsets;

typedef struct dnc_parameter_offsets {
    dnc_layer_offsets layers[DNC_MAX_LAYERS + 1];
    DNC_PARAMETER_TENSORS(DNC_OFFSET)
    size_t count;
} dnc_parameter_offsets;

typedef enum dnc_place { RECORDED, HIDDEN_OF_Z, READS_OF_Z, LINKS } dnc_place;

/* Whether backward carries a gradient at such a tensor from step to step; that at z is recorded for every step. */
static inline bool dnc_has_gradient(dnc_place place) {
    return place == RECORDED || place == LINKS;
}

/* A tensor of the state: where it lies in a lane's state, in the record, and - unless it is in z - the gradient at it. */
typedef struct dnc_state_entry {
    size_t offset, rows, length; /* dense; rows: at least 1 */
    dnc_place place;
    size_t record;  /* RECORDED: (T+1, B) by rows by padded length; in z: where in a row of it */
    size_t d_state; /* (B) by rows by padded length */
} dnc_state_entry;

#define DNC_PLUS_ONE(...) +1

/* Those that there are, in order. */
typedef struct dnc_state_table {
    dnc_state_entry entries[0 DNC_STATE_TENSORS(DNC_PLUS_ONE)];
    size_t entry_count;
    size_t count; /* elements of a lane */
} dnc_state_table;

/* Offsets of the parts of a lane's interface vector. */
typedef struct dnc_interface_offsets {
    DNC_INTERFACE_FIELDS(DNC_OFFSET)
} dnc_interface_offsets;

/* A field on its way from the dense vector to the parsed one. */
typedef struct dnc_interface_part {
    size_t from, to, rows, length, stride; /* stride: of rows in the parsed vector */
    dnc_squashing squashing;
} dnc_interface_part;

enum { DNC_INTERFACE_PARTS = 0 DNC_INTERFACE_FIELDS(DNC_PLUS_ONE) };

/* Offsets within a workspace. Shapes are written T+1 where entry 0 is the state before the segment. */
typedef struct dnc_workspace_offsets {
#define DNC_RECORDED_OFFSET(field, rows, length, exists, role, place) size_t field, d_##field;
    DNC_STATE_TENSORS(DNC_RECORDED_OFFSET)
    size_t link_kept;  /* (ceil(T / k), B, P N, Np) L_0, L_k, L_2k, ... with k the link interval */
    size_t link_block; /* (max(1, k - 1), B, P N, Np) those between, of the block that is being worked on */
    DNC_TAPE_TENSORS(DNC_OFFSET)
    DNC_WORK_TENSORS(DNC_OFFSET)
    DNC_SEGMENT_TENSORS(DNC_OFFSET)
    size_t count;
} dnc_workspace_offsets;

typedef enum dnc_purpose { DNC_PURPOSE_STEP, DNC_PURPOSE_SEGMENT } dnc_purpose;

/* All of the above for one shape of work. */
typedef struct dnc_plan {
    dnc_config config; /* as dnc_config_take gives it */
    dnc_run run;       /* as dnc_run_take gives it */
    dnc_sizes sizes;
    dnc_parameter_offsets parameters;
    dnc_state_table state;
    dnc_interface_offsets interface; /* of the vector as it comes from the controller: the paper's order */
    dnc_interface_offsets parsed;    /* of the parsed one: vectors first, each in a row of its own, then all the numbers */
    dnc_interface_part parts[DNC_INTERFACE_PARTS];
    size_t part_count;
    dnc_workspace_offsets workspace;
    size_t T, B;
    size_t link_interval;
    size_t ahead;      /* steps at a time whose inputs a layer takes before it runs, where it can */
    bool own_products; /* none by BLAS */
    bool asked_alone;  /* no outputs where nothing is asked; never of outputs that are mixed */
    bool is_segment;   /* of whose weights the workspace holds what its products want */
} dnc_plan;

/* Whether the plan is of a segment; of inference alone none is, so that what segments need is left out. */
static inline bool dnc_is_segment(const dnc_plan *plan) {
#ifdef DNC_INFERENCE_ONLY
    (void)plan;
    return false;
#else
    return plan->is_segment;
#endif
}

/* The first elements of a workspace are kept for its header. */
#define DNC_WORKSPACE_HEADER 64

/* Copies a caller's configuration, or run, after a check of each field; whether their products are allowed is seen when a plan
 * is made. */
dnc_status dnc_config_take(const dnc_config *config, dnc_config *own);
dnc_status dnc_run_take(const dnc_run *run, dnc_run *own);

/* Where a recorded tensor lies in a workspace: entries (the first two dimensions) of `rows` rows of `length` elements. */
typedef struct dnc_record_view {
    dnc_tensor tensor;
    size_t offset, entries, entry_stride, rows, row_stride, length;
} dnc_record_view;

dnc_status dnc_record_view_make(const dnc_config *config, const dnc_run *run, size_t index, dnc_record_view *view);

/* Checks configuration and run and fills the plan. */
dnc_status dnc_plan_make(const dnc_config *config, const dnc_run *run, dnc_purpose purpose, dnc_plan *plan);

#endif
