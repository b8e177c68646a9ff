/* dnc_data.h - what calls take and give besides a configuration and plain numbers: how a model is run, the tensors of its
 * flat vectors, dropout, a segment and its loss, and what symbols are drawn with. dnc.h, which includes it, has the
 * functions. */
#ifndef DNC_DATA_H
#define DNC_DATA_H

#include <stddef.h>
#include <stdint.h>

/* ---- The run: how it is computed ---------------------------------------------------------------------------------- */

typedef enum dnc_isa {
    DNC_ISA_AUTO = 0,  /* the best of this processor */
    DNC_ISA_BASE = 1,  /* what the compiler targets by default: SSE2 on x86-64, NEON on arm64 */
    DNC_ISA_AVX2 = 2,  /* AVX2 and FMA */
    DNC_ISA_AVX512 = 3 /* AVX-512 F, BW, DQ, VL */
} dnc_isa;

/* How a model is run: of no effect on what it computes, but for the order of its sums. */
typedef struct dnc_run {
    uint32_t struct_size; /* sizeof(dnc_run) */
    int32_t steps;        /* T of a segment, at least 1; of no effect on dnc_step */
    int32_t batch;        /* B, at least 1 */
    int32_t isa;          /* a dnc_isa; forcing one serves tests and bit-exact comparison between machines */
    /* k: of a segment's temporal links, L_0, L_k, L_2k, ... are kept, and those between computed again in backward: less
     * memory for some time, the same bits. 0 and 1 keep all */
    int32_t link_interval;
    /* 1: all products are the core's own, as with DNC_NO_BLAS; 0: large ones are OpenBLAS's. For where that cannot be relied
     * on, see "The process' BLAS" */
    int32_t own_products;
    /* 1: forward and backward leave out the outputs where nothing is asked, which are recorded as zeros. For training on many
     * symbols of which few steps are asked; of no effect where programs mix the outputs */
    int32_t asked_alone;
} dnc_run;

/* ---- Tensors: what the flat vectors mean ------------------------------------------------------------------------- */

typedef enum dnc_role {
    DNC_ROLE_WEIGHT = 1,       /* a parameter: a matrix */
    DNC_ROLE_BIAS,             /* a parameter: a vector that is added */
    DNC_ROLE_CONTROLLER_STATE, /* of a lane's state */
    DNC_ROLE_MEMORY_STATE,     /* likewise: what begins anew where a memory is not carried on */
    DNC_ROLE_RECORD,           /* of what forward records */
    DNC_ROLE_SCALE             /* a parameter: a vector that multiplies, 1 at first */
} dnc_role;

/* A named part of a flat vector: row-major, `shape[0 ..< rank]`, starting `offset` elements from the vector's beginning. */
typedef struct dnc_tensor {
    uint32_t struct_size; /* sizeof(dnc_tensor) */
    int32_t rank;
    const char *name; /* static storage */
    size_t offset;
    size_t shape[4];
    int32_t role;     /* a dnc_role */
    int32_t reserved; /* 0 */
} dnc_tensor;

/* ---- A segment: T steps of B lanes -------------------------------------------------------------------------------- */

#define DNC_NO_TARGET (-1) /* a target that adds nothing to the loss: padding, or a question's text */
#define DNC_NO_SYMBOL (-1) /* an input where nothing is read */

/* What the time of a training step is spent on. */
typedef enum dnc_phase {
    DNC_PHASE_CONTROLLER,  /* the products with W_hh, W_ih's read columns and W_xi, step by step, and packing them */
    DNC_PHASE_ACTIVATIONS, /* gates, cell, and the interface's squashing functions */
    DNC_PHASE_ADDRESSING,  /* content and read weightings, usage, allocation */
    DNC_PHASE_LINKAGE,     /* temporal link, precedence, forward and backward weightings */
    DNC_PHASE_MEMORY,      /* writing and reading */
    DNC_PHASE_OUTPUT,      /* logits and loss, and their gradients */
    DNC_PHASE_GRADIENTS,   /* of the weights, over all steps at once */
    DNC_PHASE_COUNT
} dnc_phase;

/* Dropout, a matter of training: of what is read in a place each number x becomes 0 with that place's rate p, and
 * x / (1 - p) otherwise, so that its mean stays. Elsewhere the same numbers are whole: what a layer carries on, what makes
 * the interface vector, what is recorded - but for layers of a feed-forward controller. Gradients are the true ones of the
 * numbers that were kept.
 *    Which are kept is a function of (seed, step, lane, place, unit) alone: the same on every machine, in either precision
 * and in every instruction set, whether lanes are run in one batch or in several and steps in one segment or in several, as
 * long as each says where it begins. Backward is to be given what forward was. All rates 0 are as no dropout, bit for bit;
 * the rate of a place that a model does not have is of no effect.
 *    With a bypass the output reads r_t whole, so that it learns to rely on the memory (Franke, Niehues & Waibel 2018: the
 * paper drops on the way past the memory to the output. In its code the controller reads the dropped h_t at the next step,
 * too; here that is whole, since it is no way past the memory). Whole is also the h_t by which programs are looked up, even
 * those of the output. */
typedef struct dnc_dropout {
    uint32_t struct_size; /* sizeof(dnc_dropout) */
    uint32_t reserved;    /* 0 */
    uint64_t seed;
    uint64_t step; /* the number of the segment's first step, and */
    uint64_t lane; /* of its first lane: step t of lane b draws as step + t of lane + b */
    /* Rates, each at least 0 and below 1 */
    float layers; /* of what a layer of the controller reads of the one below */
    float bypass; /* of what the output reads of h_t */
} dnc_dropout;

/* What T steps of B lanes read and are asked; of a run's steps and batch. What the model does not have is not looked at. */
typedef struct dnc_segment {
    uint32_t struct_size;        /* sizeof(dnc_segment) */
    uint32_t reserved;           /* 0 */
    const int32_t *inputs;       /* (T, B, S) symbols, or DNC_NO_SYMBOL, time-major */
    const float *input_vectors;  /* (T, B, D) */
    const int32_t *targets;      /* (T, B, output_groups) symbols or DNC_NO_TARGET */
    const float *target_vectors; /* (T, B, output_size) bits - 0 or 1, or a probability - or numbers */
    const float *weights;        /* (T, B) by which the loss there is multiplied; NULL: 1. Where it is 0, nothing is asked */
    const uint8_t *begins;       /* (T, B) 1: the lane begins anew before this step, in the initial state, and no gradient
                                    passes; NULL: nowhere */
    /* NULL, or (DNC_PHASE_COUNT): forward and backward add the processor's clock ticks of each phase; none where a program
     * may not read that clock, as on 32-bit ARM */
    uint64_t *phase_ticks;
    const dnc_dropout *dropout; /* NULL: none */
} dnc_segment;

typedef struct dnc_loss {
    uint32_t struct_size; /* sizeof(dnc_loss) */
    double nats;          /* summed over the targets that count; may be infinite or NaN when parameters are */
    int64_t count;        /* how many counted: symbols, bits or numbers that were asked */
} dnc_loss;

/* ---- Sampling ----------------------------------------------------------------------------------------------------- */

/* Random numbers: xoshiro256** of Blackman and Vigna, with SplitMix64 for the seed; the same on every machine. Plain
 * numbers: copy them, save them. */
typedef struct dnc_random {
    uint64_t word[4]; /* not all zero */
} dnc_random;

/* A symbol that may be drawn. */
typedef struct dnc_candidate {
    double weight; /* its probability, as a multiple of the likeliest one's */
    int32_t symbol;
} dnc_candidate;

/* Which symbols shall not be drawn; see dnc_narrow_f32. Of zeros nothing changes but by the temperature. */
typedef struct dnc_narrowing {
    uint32_t struct_size;      /* sizeof(dnc_narrowing) */
    int32_t recent_count;      /* how many `recent` has */
    double temperature;        /* as in dnc_draw_f32, by which what is likely is told */
    double top_p;              /* 0 or at least 1: of all; between, of the likeliest that have this probability together */
    double min_p;              /* 0 ... 1: of those at least so many times as likely as the likeliest; 0: of all */
    double repetition_penalty; /* at least 1, or 0 for 1 */
    const int32_t *recent;     /* the symbols that it is for, each as often as one likes; NULL: none */
} dnc_narrowing;

#endif
