/* Reads checkpoints; see dnc_checkpoint.h. */
#include "arithmetic.h"

#include "checkpoint_metadata.h"

static bool is_finite(const unsigned char *bytes, int32_t bits) {
    return bits == 32 ? (load_32(bytes) >> 23 & 0xff) != 0xff : (load_64(bytes) >> 52 & 0x7ff) != 0x7ff;
}

static double load(const unsigned char *bytes, int32_t bits) {
    if (bits == 32) {
        const uint32_t word = load_32(bytes);
        float number;
        memcpy(&number, &word, sizeof number);
        return number;
    }
    const uint64_t word = load_64(bytes);
    double number;
    memcpy(&number, &word, sizeof number);
    return number;
}

/* ---- Tensors ------------------------------------------------------------------------------------------------------ */

typedef struct range {
    uint64_t begin, end;
} range;

typedef struct tensor {
    int32_t bits; /* of an element; 0: of a type that is not known */
    bool is_float;
    size_t rank;
    uint64_t shape[4], count;
    range bytes; /* behind the header */
} tensor;

static void read_tensor(json_text *text, tensor *found) {
    size_t bounds = 0;
    bool has_shape = false;
    *found = (tensor){.count = 1};
    for (json_object object = {.count = 0}; json_member(text, &object);) {
        if (json_is(&object.key, "dtype")) {
            const json_string type = json_read_string(text);
            found->is_float = json_is(&type, "F32") || json_is(&type, "F64");
            if (json_is(&type, "F64") || json_is(&type, "I64") || json_is(&type, "U64"))
                found->bits = 64;
            else if (json_is(&type, "F32") || json_is(&type, "I32"))
                found->bits = 32;
            else if (json_is(&type, "U8"))
                found->bits = 8;
        } else if (json_is(&object.key, "shape")) {
            has_shape = true;
            while (json_item(text, '[', ']', &found->rank)) {
                const uint64_t size = (uint64_t)json_integer(text);
                if (size != 0 && found->count > INT64_MAX / size) {
                    json_fail(text);
                    return;
                }
                found->count *= size;
                if (found->rank <= 4)
                    found->shape[found->rank - 1] = size;
            }
        } else if (json_is(&object.key, "data_offsets")) {
            while (json_item(text, '[', ']', &bounds)) {
                const int64_t bound = json_integer(text);
                if (bounds == 1)
                    found->bytes.begin = (uint64_t)bound;
                else
                    found->bytes.end = (uint64_t)bound;
            }
        } else {
            json_skip(text);
        }
    }
    const uint64_t width = (uint64_t)found->bits / 8;
    /* A range that ends before it begins has more bytes, modulo 2^64, than there can be. */
    if (!has_shape || bounds != 2 || width == 0 || found->count > INT64_MAX / width ||
        found->count * width != found->bytes.end - found->bytes.begin)
        json_fail(text);
}

/* An empty range comes before the one that begins where it does. */
static bool lies_before(range a, range b) {
    return a.begin < b.begin || (a.begin == b.begin && a.end < b.end);
}

/* A tensor that training alone needs. */
static bool is_passed_over(const json_string *name) {
    return json_begins(name, "optimizer.") || json_begins(name, "state.") || json_begins(name, "data.") ||
           json_begins(name, "rng.");
}

/* Finds the parameter tensor of this name in the configuration, if what was found is as that says. */
static bool find_parameters(const json_string *name, const tensor *found, const dnc_config *config, int32_t bits,
                            dnc_tensor *expected) {
    size_t index = 0;
    dnc_status status;
    while ((status = dnc_parameter_tensor(config, index, expected)) == DNC_OK && !json_is(name, expected->name))
        index++;
    if (status != DNC_OK || !found->is_float || found->bits != bits || found->rank != (size_t)expected->rank)
        return false;
    for (int32_t i = 0; i < expected->rank; i++)
        if (found->shape[i] != expected->shape[i])
            return false;
    return true;
}

/* Checks the tensors in a header that has been read before: they fill the `size` bytes of data without gap or overlap. */
static dnc_status read_tensors(json_text header, const unsigned char *data, size_t size, const dnc_config *config,
                               int32_t bits, refusal *why) {
    range ranges[JSON_MAX_KEYS];
    size_t count = 0, placed = 0, parameters;
    TRY(dnc_parameter_tensor_count(config, &parameters));
    for (json_object object = {.count = 0}; json_member(&header, &object);) {
        if (json_is(&object.key, "__metadata__")) {
            json_skip(&header);
            continue;
        }
        tensor found;
        read_tensor(&header, &found);
        if (header.is_bad)
            REFUSE(DNC_ERROR_FORMAT, "a tensor has no type of safetensors, or not as many bytes as its shape says");
        if (found.bytes.end > size)
            return DNC_ERROR_TRUNCATED;
        size_t place = count++;
        for (; place > 0 && lies_before(found.bytes, ranges[place - 1]); place--)
            ranges[place] = ranges[place - 1];
        ranges[place] = found.bytes;
        if (is_passed_over(&object.key))
            continue;
        dnc_tensor expected = {.struct_size = sizeof expected};
        if (!find_parameters(&object.key, &found, config, bits, &expected))
            REFUSE(DNC_ERROR_TENSORS, "a tensor has not the name, type and shape of one of the configuration's");
        for (uint64_t i = 0; i < found.count; i++)
            if (!is_finite(data + found.bytes.begin + i * (uint64_t)bits / 8, bits))
                REFUSE(DNC_ERROR_NOT_FINITE, "a parameter is infinite or NaN");
        placed++;
    }
    uint64_t end = 0;
    for (size_t i = 0; i < count; i++) {
        if (ranges[i].begin != end)
            REFUSE(DNC_ERROR_FORMAT, "the tensors leave gaps in the file, or overlap");
        end = ranges[i].end;
    }
    if (end != size)
        REFUSE(DNC_ERROR_FORMAT, "the tensors leave bytes at the end of the file");
    if (placed != parameters)
        REFUSE(DNC_ERROR_TENSORS, "a parameter tensor of the configuration is missing");
    return DNC_OK;
}

/* ---- The calls ---------------------------------------------------------------------------------------------------- */

static dnc_status read_all(const void *bytes, size_t size, dnc_config *config, dnc_checkpoint *checkpoint, refusal *why) {
    if (bytes == NULL)
        return DNC_ERROR_NULL_POINTER;
    const unsigned char *start = bytes;
    if (size < 8)
        return DNC_ERROR_TRUNCATED;
    const uint64_t length = load_64(start);
    if (length > MAX_HEADER)
        return DNC_ERROR_FORMAT;
    if (length > size - 8)
        return DNC_ERROR_TRUNCATED;
    const json_text header = {.at = start + 8, .end = start + 8 + length};
    const size_t data_size = size - 8 - (size_t)length;
    metadata all;
    json_text expected;
    TRY(read_metadata(header, &all));
    TRY(understand(&all, config, checkpoint, why));
    TRY(read_tensors(header, header.end, data_size, config, checkpoint->bits, why));
    FIND(&all, KEY_FINGERPRINT, &expected);
    if (!is_fingerprint(expected, fingerprint_of(header.end, data_size)))
        REFUSE(DNC_ERROR_DAMAGED, "the numbers are not those of their fingerprint; the file is damaged");
    checkpoint->header = header.at;
    checkpoint->header_end = header.end;
    return DNC_OK;
}

dnc_status dnc_checkpoint_read(const void *bytes, size_t size, dnc_config *config, dnc_checkpoint *checkpoint) {
    dnc_config own_config;
    dnc_checkpoint own;
    refusal why = {.sentence = NULL};
    TRY(dnc_struct_check(config, DNC_LEAST_CONFIG, sizeof own_config));
    TRY(dnc_struct_check(checkpoint, DNC_LEAST_CHECKPOINT, sizeof own));
    TRY(read_all(bytes, size, &own_config, &own, &why));
    dnc_struct_give(config, &own_config);
    dnc_struct_give(checkpoint, &own);
    return DNC_OK;
}

const char *dnc_checkpoint_problem(const void *bytes, size_t size) {
    dnc_config config;
    dnc_checkpoint checkpoint;
    refusal why = {.sentence = NULL};
    const dnc_status status = read_all(bytes, size, &config, &checkpoint, &why);
    return status == DNC_OK ? NULL : why.sentence != NULL ? why.sentence : dnc_status_string(status);
}

dnc_status dnc_checkpoint_unknown_key(const void *bytes, size_t size, char *key, size_t key_size) {
    dnc_config config;
    dnc_checkpoint checkpoint;
    refusal why = {.sentence = NULL};
    if (bytes == NULL || key == NULL)
        return DNC_ERROR_NULL_POINTER;
    if (key_size == 0)
        return DNC_ERROR_WORKSPACE_TOO_SMALL;
    (void)read_all(bytes, size, &config, &checkpoint, &why);
    size_t length = 0;
    for (int32_t c; why.unknown.at != NULL && (c = json_string_next(&why.unknown)) != JSON_END;) {
        const utf8 character = utf8_of((uint32_t)c);
        if (c == 0 || character.count >= key_size - length)
            break;
        memcpy(key + length, character.bytes, character.count);
        length += character.count;
    }
    key[length] = '\0';
    return DNC_OK;
}

/* Copies to whichever of the two vectors is there; with none, looks whether that is possible. */
static NOT_INLINED dnc_status copy_tensors(const dnc_config *config, const dnc_checkpoint *checkpoint, float *floats,
                                           double *doubles, bool to_float) {
    const size_t width = (size_t)checkpoint->bits / 8;
    json_text header = {.at = checkpoint->header, .end = checkpoint->header_end};
    for (json_object object = {.count = 0}; json_member(&header, &object);) {
        if (json_is(&object.key, "__metadata__") || is_passed_over(&object.key)) {
            json_skip(&header);
            continue;
        }
        tensor found;
        dnc_tensor expected = {.struct_size = sizeof expected};
        read_tensor(&header, &found);
        if (!find_parameters(&object.key, &found, config, checkpoint->bits, &expected))
            return DNC_ERROR_TENSORS;
        const unsigned char *numbers = (const unsigned char *)checkpoint->header_end + found.bytes.begin;
        for (size_t i = 0; i < (size_t)found.count; i++) {
            const double value = load(numbers + i * width, checkpoint->bits);
            if (to_float && !isfinite((float)value))
                return DNC_ERROR_NOT_FINITE;
            if (floats != NULL)
                floats[expected.offset + i] = (float)value;
            if (doubles != NULL)
                doubles[expected.offset + i] = value;
        }
    }
    return DNC_OK;
}

static dnc_status copy_parameters(const dnc_config *config, const dnc_checkpoint *callers, float *floats, double *doubles) {
    dnc_checkpoint own;
    size_t count;
    TRY(dnc_struct_take(&own, callers, DNC_LEAST_CHECKPOINT, sizeof own));
    if ((floats == NULL && doubles == NULL) || own.header == NULL || own.header_end == NULL)
        return DNC_ERROR_NULL_POINTER;
    TRY(dnc_parameter_count(config, &count));
    if (count != own.parameter_count)
        return DNC_ERROR_TENSORS;
    const float_mode mode = set_float_mode(KEEP_DENORMALS);
    dnc_status status = copy_tensors(config, &own, NULL, NULL, floats != NULL);
    if (status == DNC_OK)
        status = copy_tensors(config, &own, floats, doubles, floats != NULL);
    restore_float_mode(mode);
    return status;
}

dnc_status dnc_checkpoint_parameters_f32(const dnc_config *config, const dnc_checkpoint *checkpoint, float *parameters) {
    return copy_parameters(config, checkpoint, parameters, NULL);
}

dnc_status dnc_checkpoint_parameters_f64(const dnc_config *config, const dnc_checkpoint *checkpoint, double *parameters) {
    return copy_parameters(config, checkpoint, NULL, parameters);
}

/* Gives `list` the vocabulary's, whose symbols go to `to`. */
static dnc_status take_symbols(const dnc_checkpoint *callers, const void *to, dnc_checkpoint *own, json_text *list) {
    TRY(dnc_struct_take(own, callers, DNC_LEAST_CHECKPOINT, sizeof *own));
    if (to == NULL || own->symbols == NULL || own->symbols_end == NULL)
        return DNC_ERROR_NULL_POINTER;
    *list = (json_text){.at = own->symbols, .end = own->symbols_end, .is_string = true};
    return DNC_OK;
}

dnc_status dnc_checkpoint_texts(const dnc_checkpoint *callers, size_t *offsets, char *texts) {
    dnc_checkpoint own;
    json_text list, inside;
    TRY(take_symbols(callers, offsets, &own, &list));
    int64_t symbol = -1;
    size_t end = 0;
    for (size_t count = 0; next_symbol(&list, own.symbol_kind, &count, &symbol, &inside); offsets[count] = end) {
        offsets[count - 1] = end;
        if (own.symbol_kind == DNC_SYMBOLS_BYTES) {
            if (texts != NULL)
                texts[end] = (char)symbol;
            end++;
            continue;
        }
        for (int32_t c; (c = json_string_next(&inside)) != JSON_END;) {
            const utf8 character = utf8_of((uint32_t)c);
            if (texts != NULL)
                memcpy(texts + end, character.bytes, character.count);
            end += character.count;
        }
    }
    return DNC_OK;
}

dnc_status dnc_checkpoint_symbols(const dnc_checkpoint *callers, uint32_t *symbols) {
    dnc_checkpoint own;
    json_text list, inside;
    TRY(take_symbols(callers, symbols, &own, &list));
    if (own.symbol_kind == DNC_SYMBOLS_WORDS)
        return DNC_ERROR_METADATA;
    int64_t symbol = -1;
    for (size_t count = 0; next_symbol(&list, own.symbol_kind, &count, &symbol, &inside);)
        symbols[count - 1] = (uint32_t)symbol;
    return DNC_OK;
}
