#ifndef DNC_TENSOR_WALK_H
#define DNC_TENSOR_WALK_H

#include "layout.h"

/* A walk over tensors that follow one another. One list serves every question: where a tensor lies, how many there are,
 * how long the whole is; so the answers cannot disagree. */
typedef struct tensor_walk {
    size_t end;             /* elements so far */
    size_t count;           /* named tensors so far */
    size_t wanted;          /* which named tensor to copy to `found` */
    dnc_record_view *found; /* may be NULL */
    bool overflow;
} tensor_walk;

static size_t multiply(tensor_walk *walk, size_t a, size_t b) {
    if (b != 0 && a > SIZE_MAX / 2 / b) {
        walk->overflow = true;
        return 0;
    }
    return a * b;
}

/* Appends a * b * c * d elements and returns their offset. */
static size_t append(tensor_walk *walk, size_t a, size_t b, size_t c, size_t d) {
    const size_t offset = walk->end, size = multiply(walk, multiply(walk, multiply(walk, a, b), c), d);
    if (size > SIZE_MAX / 2 - walk->end)
        walk->overflow = true;
    else
        walk->end += size;
    return offset;
}

/* Counts a named tensor; whether it is the wanted one, which is to be described then. */
static bool is_wanted(tensor_walk *walk) {
    return walk->count++ == walk->wanted && walk->found != NULL;
}

/* Trailing zeros of `shape` end it. */
static void describe(tensor_walk *walk, dnc_record_view view) {
    while (view.tensor.rank < 4 && view.tensor.shape[view.tensor.rank] != 0)
        view.tensor.rank++;
    *walk->found = view;
}

/* Appends a named tensor of a flat vector. */
static size_t append_tensor(tensor_walk *walk, const char *name, size_t rows, size_t columns, dnc_role role) {
    const size_t offset = append(walk, rows, columns == 0 ? 1 : columns, 1, 1);
    if (is_wanted(walk))
        describe(walk, (dnc_record_view){
                           .tensor = {.name = name, .offset = offset, .shape = {rows, columns}, .role = (int32_t)role}});
    return offset;
}

/* Names a part of every entry (t, b) of a record: `rows` rows of `length` elements; 0 where the part has no such dimension. */
static void name_part(tensor_walk *walk, const char *name, size_t offset, size_t times, size_t B, size_t entry_stride,
                      size_t rows, size_t row_stride, size_t length) {
    if (is_wanted(walk))
        describe(walk, (dnc_record_view){.tensor = {.name = name,
                                                    .role = DNC_ROLE_RECORD,
                                                    .shape = {times, B, rows != 0 ? rows : length, rows != 0 ? length : 0}},
                                         .offset = offset,
                                         .entries = times * B,
                                         .entry_stride = entry_stride,
                                         .rows = rows != 0 ? rows : 1,
                                         .row_stride = row_stride,
                                         .length = length != 0 ? length : 1});
}

/* Appends a record of `rows` padded rows per entry, and names it. */
static size_t append_record(tensor_walk *walk, const char *name, size_t times, size_t B, size_t rows, size_t length) {
    const size_t row = dnc_row(length), entry = multiply(walk, rows != 0 ? rows : 1, row);
    const size_t offset = append(walk, times, B, entry, 1);
    name_part(walk, name, offset, times, B, entry, rows, row, length);
    return offset;
}

static size_t larger(size_t a, size_t b) {
    return a > b ? a : b;
}

#endif
