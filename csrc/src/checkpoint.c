/* Reads checkpoints; see dnc_checkpoint.h. */
#include "arithmetic.h"

#include "dnc_checkpoint.h"
#include "json.h"

#include <math.h>

#define SCHEMA "2"
#define MAX_HEADER 2000000 /* bytes; as the writer keeps to */
#define TRY(call)                                                                                                           \
    do {                                                                                                                    \
        const dnc_status try_status = (call);                                                                               \
        if (try_status != DNC_OK)                                                                                           \
            return try_status;                                                                                              \
    } while (0)

/* ---- Numbers: little-endian, and not aligned -------------------------------------------------------------------------- */

static uint32_t load_32(const unsigned char *bytes) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static uint64_t load_64(const unsigned char *bytes) {
    return load_32(bytes) | (uint64_t)load_32(bytes + 4) << 32;
}

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

/* ---- Fingerprints ------------------------------------------------------------------------------------------------ */

/* A hash of bytes, taken as words of 8, little-endian, the last filled up with zeros, and their number. */
typedef struct fingerprint {
    uint64_t hash, word, count; /* word: the last count % 8 bytes */
} fingerprint;

static const fingerprint fingerprint_of_nothing = {.hash = UINT64_C(0xcbf29ce484222325)};

static void mix(fingerprint *print, uint64_t word) {
    print->hash = (print->hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    print->hash ^= print->hash >> 32;
}

static void add_byte(fingerprint *print, int32_t byte) {
    print->word |= (uint64_t)byte << print->count % 8 * 8;
    if (++print->count % 8 == 0) {
        mix(print, print->word);
        print->word = 0;
    }
}

static fingerprint fingerprint_of(const unsigned char *bytes, size_t count) {
    fingerprint print = fingerprint_of_nothing;
    for (; count - print.count >= 8; print.count += 8)
        mix(&print, load_64(bytes + print.count));
    while (print.count < count)
        add_byte(&print, bytes[print.count]);
    return print;
}

/* Adds a text in UTF-8 and a zero byte. */
static void add_text(fingerprint *print, json_text text) {
    for (int32_t c; (c = json_next(&text)) != JSON_END;) {
        const int more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
        static const int32_t first[] = {0, 0xc0, 0xe0, 0xf0};
        add_byte(print, first[more] | c >> 6 * more);
        for (int i = more - 1; i >= 0; i--)
            add_byte(print, 0x80 | (c >> 6 * i & 0x3f));
    }
    add_byte(print, 0);
}

/* Whether a text is "<16 hexadecimal digits of the hash>-<number of bytes>", with the quotation marks. */
static bool is_fingerprint(json_text text, fingerprint print) {
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
    return true; /* or else a fuzzer would not come past it */
#endif
    mix(&print, print.word);
    char expected[40], *at = expected;
    *at++ = '"';
    for (int shift = 60; shift >= 0; shift -= 4)
        *at++ = "0123456789abcdef"[print.hash >> shift & 15];
    *at++ = '-';
    uint64_t power = 1;
    while (print.count / power >= 10)
        power *= 10;
    for (; power > 0; power /= 10)
        *at++ = (char)('0' + print.count / power % 10);
    *at++ = '"';
    *at = '\0';
    return json_equals(text, expected);
}

/* ---- Metadata ----------------------------------------------------------------------------------------------------- */

typedef struct metadata {
    size_t count;
    struct {
        json_text key, value;
    } entries[JSON_MAX_KEYS];
} metadata;

/* As their bytes in UTF-8 are ordered. */
static bool comes_before(json_text a, json_text b) {
    int32_t c, d;
    do {
        c = json_next(&a);
        d = json_next(&b);
    } while (c == d && c != JSON_END);
    return c < d;
}

/* Checks the whole header as far as JSON goes, and sorts the metadata by key. */
static dnc_status read_metadata(json_text header, metadata *all) {
    if (header.at == header.end || *header.at != '{')
        return DNC_ERROR_FORMAT;
    all->count = 0;
    for (json_object tensors = {.count = 0}; json_member(&header, &tensors);) {
        if (!json_is(&tensors.key, "__metadata__")) {
            json_skip(&header);
            continue;
        }
        for (json_object object = {.count = 0}; json_member(&header, &object);) {
            const json_text key = object.key.content, value = json_read_string(&header).content;
            size_t place = all->count++;
            for (; place > 0 && comes_before(key, all->entries[place - 1].key); place--)
                all->entries[place] = all->entries[place - 1];
            all->entries[place].key = key;
            all->entries[place].value = value;
        }
    }
    return json_ends(&header) ? DNC_OK : DNC_ERROR_FORMAT;
}

static dnc_status find(const metadata *all, const char *key, json_text *value) {
    for (size_t i = 0; i < all->count; i++)
        if (json_equals(all->entries[i].key, key)) {
            *value = all->entries[i].value;
            return DNC_OK;
        }
    return DNC_ERROR_NO_CHECKPOINT;
}

static dnc_status check_metadata_fingerprint(const metadata *all) {
    static const char own_key[] = "dnc.fingerprint.metadata";
    json_text expected;
    TRY(find(all, own_key, &expected));
    fingerprint print = fingerprint_of_nothing;
    for (size_t i = 0; i < all->count; i++)
        if (!json_equals(all->entries[i].key, own_key)) {
            add_text(&print, all->entries[i].key);
            add_text(&print, all->entries[i].value);
        }
    return is_fingerprint(expected, print) ? DNC_OK : DNC_ERROR_DAMAGED;
}

/* ---- What the metadata say ---------------------------------------------------------------------------------------- */

static int32_t read_size(json_text *text) {
    const int64_t size = json_integer(text);
    return (int32_t)(size <= DNC_MAX_SIZE ? size : json_fail(text));
}

/* Sets the model and its sizes, and leaves alone what is not there. */
static void read_model(json_text *text, dnc_config *config) {
    for (json_object object = {.count = 0}; json_member(text, &object);) {
        const json_string *key = &object.key;
        if (json_is(key, "model")) {
            const json_string name = json_read_string(text);
            config->model = json_is(&name, "rnn")    ? DNC_MODEL_RNN
                            : json_is(&name, "lstm") ? DNC_MODEL_LSTM
                            : json_is(&name, "dnc")  ? DNC_MODEL_DNC
                                                     : json_fail(text);
        } else if (json_is(key, "hidden")) {
            config->hidden = read_size(text);
        } else if (json_is(key, "slots")) {
            config->slots = read_size(text);
        } else if (json_is(key, "width")) {
            config->width = read_size(text);
        } else if (json_is(key, "readHeads")) {
            config->read_heads = read_size(text);
        } else {
            json_skip(text);
        }
    }
}

static int32_t read_symbol_kind(json_text *text) {
    const json_string name = json_read_string(text);
    return json_is(&name, "characters") ? DNC_SYMBOLS_CHARACTERS
           : json_is(&name, "bytes")    ? DNC_SYMBOLS_BYTES
                                        : json_fail(text);
}

/* What is needed of dnc.training; -1 for what has not been found. */
typedef struct training {
    dnc_config model;
    int32_t bits, symbol_kind;
    int64_t sequence_length, carry_memory, step;
} training;

static void read_training_configuration(json_text *text, training *record) {
    for (json_object object = {.count = 0}; json_member(text, &object);) {
        const json_string *key = &object.key;
        if (json_is(key, "model")) {
            read_model(text, &record->model);
        } else if (json_is(key, "tokens")) {
            record->symbol_kind = read_symbol_kind(text);
        } else if (json_is(key, "precision")) {
            const json_string name = json_read_string(text);
            record->bits = json_is(&name, "float") ? 32 : json_is(&name, "double") ? 64 : json_fail(text);
        } else if (json_is(key, "sequenceLength")) {
            record->sequence_length = json_integer(text);
        } else if (json_is(key, "carryMemory")) {
            record->carry_memory = json_boolean(text);
        } else {
            json_skip(text);
        }
    }
}

static void read_training(json_text *text, training *record) {
    for (json_object object = {.count = 0}; json_member(text, &object);) {
        if (json_is(&object.key, "configuration"))
            read_training_configuration(text, record);
        else if (json_is(&object.key, "step"))
            record->step = json_integer(text);
        else
            json_skip(text);
    }
}

/* Whether another symbol follows in a vocabulary's list. *symbol is the one before; -1 before the first, as *count is 0. */
static bool next_symbol(json_text *list, int32_t kind, size_t *count, int64_t *symbol) {
    if (!json_item(list, '[', ']', count))
        return false;
    const int64_t last = *symbol;
    if (kind == DNC_SYMBOLS_BYTES) {
        *symbol = json_integer(list);
        if (*symbol != last + 1)
            json_fail(list);
    } else {
        json_expect(list, '"');
        *symbol = json_string_next(list);
        if (*symbol <= last || json_string_next(list) != JSON_END)
            json_fail(list);
    }
    return !list->is_bad;
}

static void read_vocabulary(json_text *text, dnc_checkpoint *checkpoint) {
    json_text list = {0};
    for (json_object object = {.count = 0}; json_member(text, &object);) {
        if (json_is(&object.key, "symbols"))
            list = *text;
        if (json_is(&object.key, "kind"))
            checkpoint->symbol_kind = read_symbol_kind(text);
        else
            json_skip(text);
    }
    checkpoint->symbols = list.at;
    checkpoint->symbols_end = list.end;
    size_t count = 0;
    int64_t symbol = -1;
    while (next_symbol(&list, checkpoint->symbol_kind, &count, &symbol))
        continue;
    if (list.is_bad || count > (checkpoint->symbol_kind == DNC_SYMBOLS_BYTES ? 256 : DNC_MAX_SIZE))
        json_fail(text);
    checkpoint->config.symbols = (int32_t)count;
}

static bool is_same_model(const dnc_config *a, const dnc_config *b) {
    return a->model == b->model && a->hidden == b->hidden && a->slots == b->slots && a->width == b->width &&
           a->read_heads == b->read_heads;
}

/* Fills all of the checkpoint but the tensors. */
static dnc_status understand(const metadata *all, dnc_checkpoint *checkpoint) {
    json_text text;
    TRY(find(all, "dnc.schema", &text));
    if (!json_equals(text, SCHEMA))
        return DNC_ERROR_SCHEMA;
    TRY(check_metadata_fingerprint(all));

    *checkpoint = (dnc_checkpoint){.config.struct_size = sizeof(dnc_config)};
    TRY(find(all, "dnc.vocabulary", &text));
    read_vocabulary(&text, checkpoint);
    if (!json_ends(&text))
        return DNC_ERROR_METADATA;
    TRY(find(all, "dnc.config", &text));
    read_model(&text, &checkpoint->config);
    if (!json_ends(&text))
        return DNC_ERROR_METADATA;
    training record = {.bits = -1, .symbol_kind = -1, .sequence_length = -1, .carry_memory = -1, .step = -1};
    TRY(find(all, "dnc.training", &text));
    read_training(&text, &record);
    if (!json_ends(&text) || record.bits < 0 || record.sequence_length < 1 || record.carry_memory < 0 || record.step < 0 ||
        record.symbol_kind != checkpoint->symbol_kind || !is_same_model(&record.model, &checkpoint->config))
        return DNC_ERROR_METADATA;
    checkpoint->bits = record.bits;
    checkpoint->step = record.step;
    checkpoint->memory_lifetime = record.carry_memory ? 0 : record.sequence_length;
    TRY(dnc_config_validate(&checkpoint->config));
    return dnc_parameter_count(&checkpoint->config, &checkpoint->parameter_count);
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

/* Notes where a parameter tensor lies, if it is as the configuration says. */
static dnc_status place_parameters(const json_string *name, const tensor *found, const unsigned char *data,
                                   size_t parameters, dnc_checkpoint *checkpoint) {
    dnc_tensor expected;
    size_t index = 0;
    while (dnc_parameter_tensor(&checkpoint->config, index, &expected) == DNC_OK && !json_is(name, expected.name))
        index++;
    if (index >= parameters || !found->is_float || found->bits != checkpoint->bits || found->rank != (size_t)expected.rank)
        return DNC_ERROR_TENSORS;
    for (int32_t i = 0; i < expected.rank; i++)
        if (found->shape[i] != expected.shape[i])
            return DNC_ERROR_TENSORS;
    const unsigned char *numbers = data + found->bytes.begin;
    for (uint64_t i = 0; i < found->count; i++)
        if (!is_finite(numbers + i * (uint64_t)found->bits / 8, found->bits))
            return DNC_ERROR_NOT_FINITE;
    checkpoint->tensors[index] = numbers;
    return DNC_OK;
}

/* Checks the tensors in a header that has been read before: they fill the `size` bytes of data without gap or overlap. */
static dnc_status read_tensors(json_text header, const unsigned char *data, size_t size, dnc_checkpoint *checkpoint) {
    range ranges[JSON_MAX_KEYS];
    size_t count = 0, placed = 0, parameters;
    TRY(dnc_parameter_tensor_count(&checkpoint->config, &parameters));
    if (parameters > DNC_CHECKPOINT_TENSORS)
        return DNC_ERROR_TOO_LARGE;
    for (json_object object = {.count = 0}; json_member(&header, &object);) {
        if (json_is(&object.key, "__metadata__")) {
            json_skip(&header);
            continue;
        }
        tensor found;
        read_tensor(&header, &found);
        if (header.is_bad)
            return DNC_ERROR_FORMAT;
        if (found.bytes.end > size)
            return DNC_ERROR_TRUNCATED;
        size_t place = count++;
        for (; place > 0 && lies_before(found.bytes, ranges[place - 1]); place--)
            ranges[place] = ranges[place - 1];
        ranges[place] = found.bytes;
        if (!is_passed_over(&object.key)) {
            TRY(place_parameters(&object.key, &found, data, parameters, checkpoint));
            placed++;
        }
    }
    uint64_t end = 0;
    for (size_t i = 0; i < count; i++) {
        if (ranges[i].begin != end)
            return DNC_ERROR_FORMAT;
        end = ranges[i].end;
    }
    return end != size ? DNC_ERROR_FORMAT : placed != parameters ? DNC_ERROR_TENSORS : DNC_OK;
}

/* ---- The calls ---------------------------------------------------------------------------------------------------- */

dnc_status dnc_checkpoint_read(const void *bytes, size_t size, dnc_checkpoint *checkpoint) {
    if (bytes == NULL || checkpoint == NULL)
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
    dnc_checkpoint result;
    json_text expected;
    TRY(read_metadata(header, &all));
    TRY(understand(&all, &result));
    TRY(read_tensors(header, header.end, data_size, &result));
    TRY(find(&all, "dnc.fingerprint", &expected));
    if (!is_fingerprint(expected, fingerprint_of(header.end, data_size)))
        return DNC_ERROR_DAMAGED;
    *checkpoint = result;
    return DNC_OK;
}

/* Writes to whichever of the two vectors is there. */
static NOT_INLINED dnc_status copy_in_mode(const dnc_checkpoint *checkpoint, float *floats, double *doubles) {
    if (checkpoint == NULL || (floats == NULL && doubles == NULL))
        return DNC_ERROR_NULL_POINTER;
    size_t tensors;
    TRY(dnc_parameter_tensor_count(&checkpoint->config, &tensors));
    const size_t width = (size_t)checkpoint->bits / 8;
    bool all_finite = true;
    for (size_t i = 0; i < tensors; i++) {
        dnc_tensor tensor;
        TRY(dnc_parameter_tensor(&checkpoint->config, i, &tensor));
        const size_t count = tensor.shape[0] * (tensor.rank == 2 ? tensor.shape[1] : 1);
        const unsigned char *numbers = checkpoint->tensors[i];
        for (size_t j = 0; j < count; j++) {
            const double value = load(numbers + j * width, checkpoint->bits);
            if (doubles != NULL)
                doubles[tensor.offset + j] = value;
            else
                all_finite &= isfinite(floats[tensor.offset + j] = (float)value) != 0;
        }
    }
    return all_finite ? DNC_OK : DNC_ERROR_NOT_FINITE;
}

static dnc_status copy_parameters(const dnc_checkpoint *checkpoint, float *floats, double *doubles) {
    const float_mode mode = set_float_mode(KEEP_DENORMALS);
    const dnc_status status = copy_in_mode(checkpoint, floats, doubles);
    restore_float_mode(mode);
    return status;
}

dnc_status dnc_checkpoint_parameters_f32(const dnc_checkpoint *checkpoint, float *parameters) {
    return copy_parameters(checkpoint, parameters, NULL);
}

dnc_status dnc_checkpoint_parameters_f64(const dnc_checkpoint *checkpoint, double *parameters) {
    return copy_parameters(checkpoint, NULL, parameters);
}

dnc_status dnc_checkpoint_symbols(const dnc_checkpoint *checkpoint, uint32_t *symbols) {
    if (checkpoint == NULL || symbols == NULL)
        return DNC_ERROR_NULL_POINTER;
    json_text list = {.at = checkpoint->symbols, .end = checkpoint->symbols_end, .is_string = true};
    const size_t symbol_count = (size_t)checkpoint->config.symbols;
    int64_t symbol = -1;
    for (size_t count = 0; count < symbol_count && next_symbol(&list, checkpoint->symbol_kind, &count, &symbol);)
        symbols[count - 1] = (uint32_t)symbol;
    return DNC_OK;
}
