/* What the metadata of a checkpoint say, all but where its tensors lie; the file is described in dnc_checkpoint.h. */
#ifndef DNC_CHECKPOINT_METADATA_H
#define DNC_CHECKPOINT_METADATA_H

#include "checkpoint_format.h"
#include "json.h"

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
#define READ_OPTIONAL_SIZE(field) READ_SIZE(field)
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

/* The first word's number; those of others follow. */
#define FIRST_WORD 0x110000

/* Whether another symbol follows in a vocabulary's list. *symbol is the one before; -1 before the first, as *count is 0. `text`
 * becomes the inside of its string, unless it is a byte. */
static bool next_symbol(json_text *list, int32_t kind, size_t *count, int64_t *symbol, json_text *text) {
    if (!json_item(list, '[', ']', count))
        return false;
    const int64_t last = *symbol;
    if (kind == DNC_SYMBOLS_BYTES) {
        *symbol = json_integer(list);
        if (*symbol != last + 1)
            json_fail(list);
    } else {
        json_expect(list, '"');
        *text = *list;
        *symbol = json_string_next(list);
        const bool is_word = *symbol != JSON_END && json_string_next(list) != JSON_END;
        if (is_word && kind == DNC_SYMBOLS_WORDS) {
            while (json_string_next(list) != JSON_END)
                continue;
            *symbol = last < FIRST_WORD ? FIRST_WORD : last + 1;
        } else if (is_word) {
            json_fail(list);
        }
        if (*symbol <= last)
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
    json_text inside;
    while (next_symbol(&list, checkpoint->symbol_kind, &count, &symbol, &inside))
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

#endif
