/* Reads checkpoints; see dnc_checkpoint.h. */
#include "arithmetic.h"

#include "checkpoint_format.h"
#include "json.h"

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

/* Adds a text in UTF-8 and a zero byte. */
static void add_text(fingerprint *print, json_text text) {
    for (int32_t c; (c = json_next(&text)) != JSON_END;) {
        const utf8 character = utf8_of((uint32_t)c);
        for (size_t i = 0; i < character.count; i++)
            add_byte(print, character.bytes[i]);
    }
    add_byte(print, 0);
}

static bool is_fingerprint(json_text text, fingerprint print) {
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
    return true; /* or else a fuzzer would not come past it */
#endif
    return json_equals(text, text_of(print).characters);
}

/* ---- Metadata ----------------------------------------------------------------------------------------------------- */

enum { MAX_METADATA = 64 };

typedef struct metadata {
    size_t count;
    struct {
        json_text key, value;
    } entries[MAX_METADATA];
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
            if (all->count == MAX_METADATA)
                return DNC_ERROR_FORMAT;
            size_t place = all->count++;
            for (; place > 0 && comes_before(key, all->entries[place - 1].key); place--)
                all->entries[place] = all->entries[place - 1];
            all->entries[place].key = key;
            all->entries[place].value = value;
        }
    }
    return json_ends(&header) ? DNC_OK : DNC_ERROR_FORMAT;
}

/* Why a file is refused, besides the status. */
typedef struct refusal {
    const char *sentence; /* NULL: the status says it all */
    json_text unknown;    /* where the key of the model is that is not known; NULL where that is not why */
} refusal;

#define REFUSE(status, text) return (why->sentence = (text), (status))

static bool find(const metadata *all, const char *key, json_text *value) {
    for (size_t i = 0; i < all->count; i++)
        if (json_equals(all->entries[i].key, key)) {
            *value = all->entries[i].value;
            return true;
        }
    return false;
}

#define FIND(all, key, value)                                                                                               \
    if (!find(all, key, value))                                                                                             \
    REFUSE(DNC_ERROR_NO_CHECKPOINT, "the file has no " key "; it is no checkpoint of dnc")

static dnc_status check_metadata_fingerprint(const metadata *all, refusal *why) {
    json_text expected;
    FIND(all, KEY_METADATA_FINGERPRINT, &expected);
    fingerprint print = fingerprint_of_nothing;
    for (size_t i = 0; i < all->count; i++)
        if (!json_equals(all->entries[i].key, KEY_METADATA_FINGERPRINT)) {
            add_text(&print, all->entries[i].key);
            add_text(&print, all->entries[i].value);
        }
    if (!is_fingerprint(expected, print))
        REFUSE(DNC_ERROR_DAMAGED, "the metadata are not those of their fingerprint; the file is damaged");
    return DNC_OK;
}

/* ---- What the metadata say ---------------------------------------------------------------------------------------- */

static int32_t read_size(json_text *text) {
    const int64_t size = json_integer(text);
    return (int32_t)(size <= DNC_MAX_SIZE ? size : json_fail(text));
}

/* The place of a word among `count` names. */
static int32_t read_word(json_text *text, const char *const *names, size_t count) {
    const json_string word = json_read_string(text);
    for (size_t i = 0; i < count; i++)
        if (names[i] != NULL && json_is(&word, names[i]))
            return (int32_t)i;
    return (int32_t)json_fail(text);
}

#define WORD_OF(text, names) read_word(text, names, sizeof(names) / sizeof *(names))

/* A size by its key. */
typedef struct size_key {
    const char *key;
    int32_t *size;
} size_key;

static bool read_size_of(const json_string *key, json_text *text, const size_key *known, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (json_is(key, known[i].key)) {
            *known[i].size = read_size(text);
            return true;
        }
    return false;
}

/* A key that is not known is refused: it stands for a model that would be another one without it. */
static void refuse_key(json_text *text, json_text *unknown, const json_string *key) {
    if (!text->is_bad)
        *unknown = (json_text){.at = key->content.at, .end = text->end, .is_string = text->is_string};
    json_fail(text);
}

static void read_input(json_text *text, dnc_config *config, json_text *unknown) {
    const size_key sizes[] = {{"symbols", &config->input_symbols},
                              {"symbolsPerStep", &config->symbols_per_step},
                              {"vector", &config->input_vector}};
    for (json_object object = {.count = 0}; json_member(text, &object);)
        if (!read_size_of(&object.key, text, sizes, sizeof sizes / sizeof *sizes))
            refuse_key(text, unknown, &object.key);
}

static void read_output(json_text *text, dnc_config *config, json_text *unknown) {
    const size_key sizes[] = {{"size", &config->output_size}, {"groups", &config->output_groups}};
    for (json_object object = {.count = 0}; json_member(text, &object);)
        if (json_is(&object.key, "kind"))
            config->output = WORD_OF(text, output_names);
        else if (!read_size_of(&object.key, text, sizes, sizeof sizes / sizeof *sizes))
            refuse_key(text, unknown, &object.key);
}

/* Of SCHEMA_BEFORE: one word for controller and memory. */
static void read_model_before(json_text *text, dnc_config *config, json_text *unknown) {
    static const char *const models[] = {"rnn", "lstm", "dnc"};
    const size_key sizes[] = {{"hidden", &config->hidden},
                              {"slots", &config->slots},
                              {"width", &config->width},
                              {"readHeads", &config->read_heads}};
    for (json_object object = {.count = 0}; json_member(text, &object);)
        if (json_is(&object.key, "model")) {
            const int32_t model = WORD_OF(text, models);
            config->controller = model == 0 ? DNC_CONTROLLER_TANH : DNC_CONTROLLER_LSTM;
            config->memory = model == 2 ? DNC_MEMORY_DNC : DNC_MEMORY_NONE;
        } else if (!read_size_of(&object.key, text, sizes, sizeof sizes / sizeof *sizes)) {
            refuse_key(text, unknown, &object.key);
        }
}

/* How a value of each kind is read into its field. */
#define READ_SIZE(field) config->field = read_size(text)
#define READ_SWITCH(field) config->field = json_boolean(text)
#define READ_NUMBER(field) config->field = (float)json_number(text)
#define READ_OPTIONAL_WORD(field) config->field = WORD_OF(text, field##_names)
#define READ_WORD(field) READ_OPTIONAL_WORD(field)
#define READ_INPUT(field) read_input(text, config, unknown)
#define READ_OUTPUT(field) read_output(text, config, unknown)

/* Sets the parts of a model and their sizes, and leaves alone what is not there. */
static void read_model(json_text *text, dnc_config *config, bool is_of_before, json_text *unknown) {
    if (is_of_before) {
        read_model_before(text, config, unknown);
        return;
    }
    for (json_object object = {.count = 0}; json_member(text, &object);) {
#define READ(kind, name, field)                                                                                             \
    if (json_is(&object.key, name)) {                                                                                       \
        READ_##kind(field);                                                                                                 \
        continue;                                                                                                           \
    }
        DNC_MODEL_KEYS(READ)
#undef READ
        refuse_key(text, unknown, &object.key);
    }
}

/* What is needed of dnc.training; -1 for what has not been found. */
typedef struct training {
    dnc_config model;
    bool is_of_before; /* the model is as SCHEMA_BEFORE has it */
    json_text unknown; /* a key of the model */
    int32_t bits, symbol_kind;
    int64_t sequence_length, carry_memory, step;
} training;

static void read_training_configuration(json_text *text, training *record) {
    for (json_object object = {.count = 0}; json_member(text, &object);) {
        const json_string *key = &object.key;
        if (json_is(key, "model")) {
            read_model(text, &record->model, record->is_of_before, &record->unknown);
        } else if (json_is(key, "tokens")) {
            record->symbol_kind = WORD_OF(text, symbol_kind_names);
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
            checkpoint->symbol_kind = WORD_OF(text, symbol_kind_names);
        else
            json_skip(text);
    }
    if (checkpoint->symbol_kind == 0) /* it names none */
        json_fail(text);
    checkpoint->symbols = list.at;
    checkpoint->symbols_end = list.end;
    size_t count = 0;
    int64_t symbol = -1;
    while (next_symbol(&list, checkpoint->symbol_kind, &count, &symbol))
        continue;
    if (list.is_bad || count > (checkpoint->symbol_kind == DNC_SYMBOLS_BYTES ? 256 : DNC_MAX_SIZE))
        json_fail(text);
    checkpoint->symbol_count = (int32_t)count;
}

/* Whether the training record's model is the file's; what that reads and answers the record does not say. */
static bool is_same_model(const dnc_config *record, const dnc_config *config) {
    dnc_config whole = *record;
    whole.input_symbols = config->input_symbols, whole.symbols_per_step = config->symbols_per_step;
    whole.input_vector = config->input_vector, whole.output = config->output;
    whole.output_size = config->output_size, whole.output_groups = config->output_groups;
    return memcmp(&whole, config, sizeof whole) == 0; /* there is nothing between the fields */
}

/* Whether the vocabulary has as many symbols as the model reads and writes, as far as it has those. */
static bool fits_vocabulary(const dnc_config *config, const dnc_checkpoint *checkpoint) {
    return (config->input_symbols == 0 || config->input_symbols == checkpoint->symbol_count) &&
           (config->output != DNC_OUTPUT_SYMBOLS || config->output_size == checkpoint->symbol_count);
}

#define UNKNOWN_KEY "'s model has a key that this version does not know; a later one wrote the file"

/* Fills all but what points to the tensors. */
static dnc_status understand(const metadata *all, dnc_config *config, dnc_checkpoint *checkpoint, refusal *why) {
    json_text text;
    FIND(all, KEY_SCHEMA, &text);
    const bool is_of_before = json_equals(text, SCHEMA_BEFORE);
    if (!is_of_before && !json_equals(text, SCHEMA_OF_TEXTS) && !json_equals(text, SCHEMA))
        return DNC_ERROR_SCHEMA;
    TRY(check_metadata_fingerprint(all, why));

    (void)dnc_config_init(config);
    *checkpoint = (dnc_checkpoint){.struct_size = sizeof *checkpoint};
    if (is_of_before)
        FIND(all, KEY_VOCABULARY, &text);
    if (find(all, KEY_VOCABULARY, &text)) {
        read_vocabulary(&text, checkpoint);
        if (!json_ends(&text))
            REFUSE(DNC_ERROR_METADATA, KEY_VOCABULARY " is no list of ascending characters, or of the bytes from 0 on");
    }
    if (is_of_before)
        (void)dnc_config_init_text(config, checkpoint->symbol_count);
    FIND(all, KEY_CONFIG, &text);
    read_model(&text, config, is_of_before, &why->unknown);
    if (why->unknown.at != NULL)
        REFUSE(DNC_ERROR_METADATA, KEY_CONFIG UNKNOWN_KEY);
    if (!json_ends(&text))
        REFUSE(DNC_ERROR_METADATA, KEY_CONFIG " is not understood: it names the kinds and sizes of the parts of a model");
    training record = {
        .is_of_before = is_of_before, .bits = -1, .symbol_kind = -1, .sequence_length = -1, .carry_memory = -1, .step = -1};
    (void)dnc_config_init(&record.model);
    FIND(all, KEY_TRAINING, &text);
    read_training(&text, &record);
    why->unknown = record.unknown;
    if (why->unknown.at != NULL)
        REFUSE(DNC_ERROR_METADATA, KEY_TRAINING UNKNOWN_KEY);
    if (!json_ends(&text))
        REFUSE(DNC_ERROR_METADATA, KEY_TRAINING " is not understood");
    if (record.bits < 0)
        REFUSE(DNC_ERROR_METADATA, KEY_TRAINING " lacks the precision");
    if (record.step < 0)
        REFUSE(DNC_ERROR_METADATA, KEY_TRAINING " lacks the step");
    if (record.carry_memory < 0 || record.sequence_length == 0 || (record.sequence_length < 0 && !record.carry_memory))
        REFUSE(DNC_ERROR_METADATA, KEY_TRAINING " does not say how long the memory is kept: carryMemory, sequenceLength");
    if (checkpoint->symbol_kind != 0 && record.symbol_kind != checkpoint->symbol_kind)
        REFUSE(DNC_ERROR_METADATA, KEY_VOCABULARY " and " KEY_TRAINING " name different kinds of symbols");
    if (checkpoint->symbol_kind != 0 && !fits_vocabulary(config, checkpoint))
        REFUSE(DNC_ERROR_METADATA, KEY_CONFIG " and " KEY_VOCABULARY " have different numbers of symbols");
    if (!is_same_model(&record.model, config))
        REFUSE(DNC_ERROR_METADATA, KEY_CONFIG " and " KEY_TRAINING " name different models");
    checkpoint->bits = record.bits;
    checkpoint->step = record.step;
    checkpoint->memory_lifetime = record.carry_memory ? 0 : record.sequence_length;
    const dnc_status status = dnc_config_validate(config);
    if (status != DNC_OK)
        REFUSE(status, dnc_config_problem(config));
    return dnc_parameter_count(config, &checkpoint->parameter_count);
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

dnc_status dnc_checkpoint_symbols(const dnc_checkpoint *callers, uint32_t *symbols) {
    dnc_checkpoint own;
    TRY(dnc_struct_take(&own, callers, DNC_LEAST_CHECKPOINT, sizeof own));
    if (symbols == NULL || own.symbols == NULL || own.symbols_end == NULL)
        return DNC_ERROR_NULL_POINTER;
    json_text list = {.at = own.symbols, .end = own.symbols_end, .is_string = true};
    int64_t symbol = -1;
    for (size_t count = 0; next_symbol(&list, own.symbol_kind, &count, &symbol);)
        symbols[count - 1] = (uint32_t)symbol;
    return DNC_OK;
}
