/* What a checkpoint's header says of the model besides its tensors; the file is described in dnc_checkpoint.h. */
#ifndef DNC_CHECKPOINT_METADATA_H
#define DNC_CHECKPOINT_METADATA_H

#include "checkpoint_format.h"
#include "json.h"

enum { MAX_METADATA = 64 };

typedef struct dnc_metadata {
    size_t count;
    struct {
        json_text key, value;
    } entries[MAX_METADATA];
} dnc_metadata;

/* Why a file is refused, besides the status. */
typedef struct refusal {
    const char *sentence; /* NULL: the status says it all */
    json_text unknown;    /* where the key of the model is that is not known; NULL where that is not why */
} refusal;

#define REFUSE(status, text) return (why->sentence = (text), (status))

static inline bool is_fingerprint(json_text text, fingerprint print) {
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
    return true; /* or else a fuzzer would not come past it */
#endif
    return json_equals(text, text_of(print).characters);
}

/* Checks the whole header as far as JSON goes, and sorts the metadata by key. */
dnc_status dnc_metadata_read(json_text header, dnc_metadata *all);

bool dnc_metadata_find(const dnc_metadata *all, const char *key, json_text *value);

#define FIND(all, key, value)                                                                                               \
    if (!dnc_metadata_find(all, key, value))                                                                                \
    REFUSE(DNC_ERROR_NO_CHECKPOINT, "the file has no " key "; it is no checkpoint of dnc")

/* Fills all but what points to the tensors. */
dnc_status dnc_metadata_understand(const dnc_metadata *all, dnc_config *config, dnc_checkpoint *checkpoint, refusal *why);

/* Whether another symbol follows in a vocabulary's list. *symbol is the one before; -1 before the first, as *count is 0. */
bool dnc_vocabulary_next(json_text *list, int32_t kind, size_t *count, int64_t *symbol);

#endif
