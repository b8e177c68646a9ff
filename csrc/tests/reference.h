// The networks of dnc_model.h, slow and obvious: one lane, one step at a time, double precision: what the core must equal.
#ifndef REFERENCE_H
#define REFERENCE_H

#include "dnc.h"

// Every value of a step, by the name dnc.h gives it in the state or in the record, and how many numbers it has.
// clang-format off
#define REFERENCE_TENSORS(X) \
    X(hidden, O) X(cell, O) X(read_vectors, RW) X(memory, M * W) X(usage, N) X(precedence, P * N) X(link, P * N * N) \
    X(write_weighting, P * N) X(read_weightings, R * N) X(interface, I) \
    X(write_content_weighting, P * N) X(allocation_weighting, P * N) X(read_content_weightings, R * N) \
    X(forward_weightings, P * R * N) X(backward_weightings, P * R * N) X(sharp_forward_weightings, P * R * N) \
    X(sharp_backward_weightings, P * R * N) X(retention, N) X(raised_usages, (P - 1) * N) X(errors, R * W) X(outputs, Y) \
    X(program_weightings, U * Pg)
// clang-format on

typedef struct reference {
    dnc_config config;
    const double *parameters;         // borrowed
    dnc_dropout dropout;              // of this lane, from the next step on; none at first
    size_t H, O, N, W, R, P, I, M, Y; // O: all of the hidden state, I: of the interface vector, M: rows of the memory
    size_t RW, Pg, U;                 // all reads, programs, and queries of a step
    double *ahead, *next_ahead;       // of a bidirectional controller, (T, H): hb of each step; that of the next one
#define X(name, count) double *name;
    REFERENCE_TENSORS(X)
#undef X
} reference;

reference reference_create(const dnc_config *config, const double *parameters); // in the initial state
void reference_destroy(reference *net);
void reference_set_state(reference *net, const double *state); // of one lane, as dnc.h lays it out

// Where the part called `name` begins in the interface vector, and its length: 0 if there is no such part.
size_t reference_interface_part(const dnc_config *config, const char *name, size_t *count);

// What becomes of a number of 1 that is read in a place, of layer l where each layer has one: 0, or what those that are kept make up
// for.
typedef enum reference_place { REFERENCE_BELOW, REFERENCE_BYPASS } reference_place;
double reference_kept(const dnc_dropout *dropout, reference_place place, size_t l, size_t unit);

// The values of the tensor, or the part of the interface vector, called `name`; NULL unless there is one, of `count` numbers.
const double *reference_tensor(const reference *net, const char *name, size_t count);

void reference_begin(reference *net); // in the initial state again

double reference_drawn(size_t i, size_t j); // a number of a memory that begins drawn

// Of a bidirectional controller, before the steps of a segment: runs the backward layer over all that one of the lanes reads in it.
void reference_read_ahead(reference *net, const dnc_run *run, const dnc_segment *segment, size_t lane);

// Feeds one step: its symbols, if it reads any, and its vector. Slots are allocated in the ascending order of `ordering` (N
// numbers, for each write head), or of what the usage is for it if NULL: two programs that round differently may order slots of nearly equal usage differently, and
// both be right.
void reference_step(reference *net, const int32_t *symbols, const float *vector, const double *ordering);

// The loss of the last step's outputs, of targets of the output's kind, and how many of these counted.
double reference_loss(const reference *net, const int32_t *targets, const float *target_vector, int64_t *count);

// Parts of the step: C(M, k, beta) over N rows of W, with a mask unless that is NULL, and the allocation weighting.
void reference_content(size_t N, size_t W, const double *M, const double *k, double beta, const double *mask,
                       double *weighting);
void reference_allocation(size_t N, const double *usage, const double *ordering, double *allocation);

// c = a b, of numbers of d components, a power of 2 up to 16.
void reference_product(size_t d, const double *a, const double *b, double *c);
void reference_conjugate(size_t d, const double *a, double *c);

#endif
