/* The structs of callers, which begin with their struct_size: a program that was compiled with an earlier header lacks the
 * fields that were appended since. What it passes is copied into a struct of ours, where those are 0; what it gets is what it
 * knows. */
#ifndef DNC_CALLERS_STRUCT_H
#define DNC_CALLERS_STRUCT_H

#include "dnc.h"

#include <string.h>

/* The size of a struct that ends with this field: the last that it had when DNC_ABI_VERSION got its number. */
#define DNC_SIZE_UP_TO(type, field) (offsetof(type, field) + sizeof(((const type *)NULL)->field))
#define DNC_LEAST_CONFIG DNC_SIZE_UP_TO(dnc_config, output_groups)
#define DNC_LEAST_RUN DNC_SIZE_UP_TO(dnc_run, own_products)
#define DNC_LEAST_TENSOR DNC_SIZE_UP_TO(dnc_tensor, reserved)
#define DNC_LEAST_SEGMENT DNC_SIZE_UP_TO(dnc_segment, phase_ticks)
#define DNC_LEAST_DROPOUT DNC_SIZE_UP_TO(dnc_dropout, bypass)
#define DNC_LEAST_NARROWING DNC_SIZE_UP_TO(dnc_narrowing, recent)
#define DNC_LEAST_LOSS DNC_SIZE_UP_TO(dnc_loss, count)

/* Whether a caller's struct is there, and of a size between the least and ours. */
static inline dnc_status dnc_struct_check(const void *callers, size_t least, size_t size) {
    if (callers == NULL)
        return DNC_ERROR_NULL_POINTER;
    const uint32_t has = *(const uint32_t *)callers;
    return has < least || has > size || has % sizeof has != 0 ? DNC_ERROR_STRUCT_SIZE : DNC_OK; /* no field ends elsewhere */
}

/* Copies a caller's struct, if it passes, to ours of `size` bytes. */
static inline dnc_status dnc_struct_take(void *own, const void *callers, size_t least, size_t size) {
    const dnc_status status = dnc_struct_check(callers, least, size);
    if (status == DNC_OK) {
        memset(own, 0, size);
        memcpy(own, callers, *(const uint32_t *)callers);
        *(uint32_t *)own = (uint32_t)size;
    }
    return status;
}

/* Fills a caller's struct, which has passed, from ours. */
static inline void dnc_struct_give(void *callers, const void *own) {
    const size_t first = sizeof(uint32_t);
    memcpy((char *)callers + first, (const char *)own + first, *(const uint32_t *)callers - first);
}

#endif
