/* Writes checkpoints; see dnc_checkpoint.h. */
#include "arithmetic.h"

#include "checkpoint_format.h"

#ifndef DNC_INFERENCE_ONLY

#define MAX_STEP (INT64_C(1) << 53)     /* beyond, JSON's numbers are no integers to everyone */
#define MAX_LIFETIME (INT64_C(1) << 40) /* as the package has it */
#define MAX_CHARACTERS 200000           /* likewise; they fit into a header of MAX_HEADER bytes */

/* ---- Bytes -------------------------------------------------------------------------------------------------------- */

/* Where bytes go: into memory, or nowhere, to be counted and to give a fingerprint. */
typedef struct sink {
    unsigned char *at; /* NULL: nowhere */
    fingerprint print; /* and how many there have been */
    bool is_string;    /* they are the content of a JSON string */
} sink;

static void put_byte(sink *out, unsigned char byte) {
    if (out->at != NULL)
        *out->at++ = byte;
    add_byte(&out->print, byte);
}

/* Nothing that is written has control characters but in escapes. */
static void put(sink *out, const char *text) {
    for (; *text != '\0'; text++) {
        if (out->is_string && (*text == '"' || *text == '\\'))
            put_byte(out, '\\');
        put_byte(out, (unsigned char)*text);
    }
}

static void put_number(sink *out, uint64_t number) {
    char digits[24], *at = digits + sizeof digits;
    *--at = '\0';
    do
        *--at = (char)('0' + number % 10);
    while ((number /= 10) != 0);
    put(out, at);
}

static void put_member(sink *out, const char *key, uint64_t number) {
    put(out, key);
    put_number(out, number);
}

/* A character as a JSON string of its own. */
static void put_character(sink *out, uint32_t c) {
    static const char escapes[] = "\bb\ff\nn\rr\tt\"\"\\\\";
    put(out, "\"");
    const char *escape = escapes;
    while (*escape != '\0' && (unsigned char)*escape != c)
        escape += 2;
    if (*escape != '\0') {
        put(out, (const char[]){'\\', escape[1], '\0'});
    } else if (c < ' ') {
        put(out, (const char[]){'\\', 'u', '0', '0', (char)('0' + c / 16), "0123456789abcdef"[c % 16], '\0'});
    } else {
        const utf8 character = utf8_of(c);
        for (size_t i = 0; i < character.count; i++)
            put_byte(out, character.bytes[i]);
    }
    put(out, "\"");
}

/* ---- The header --------------------------------------------------------------------------------------------------- */

typedef struct contents {
    const dnc_config *config;
    dnc_checkpoint about;
    const uint32_t *symbols;
    fingerprint numbers, metadata;
} contents;

static void put_word(sink *out, const char *key, const char *word) {
    put(out, key);
    put(out, word);
    put(out, "\"");
}

static void put_input(sink *out, const dnc_config *config) {
    put_member(out, "{\"symbols\":", (uint64_t)config->input_symbols);
    put_member(out, ",\"symbolsPerStep\":", (uint64_t)config->symbols_per_step);
    put_member(out, ",\"vector\":", (uint64_t)config->input_vector);
    put(out, "}");
}

static void put_output(sink *out, const dnc_config *config) {
    put_member(out, "{\"groups\":", (uint64_t)config->output_groups);
    put_word(out, ",\"kind\":\"", output_names[config->output]);
    put_member(out, ",\"size\":", (uint64_t)config->output_size);
    put(out, "}");
}

/* The nearest integer to a positive number that is far below 2^64; what calls the C library for it would be one function more. */
static uint64_t nearest(double number) {
    return (uint64_t)(number + 0.5);
}

/* A positive number of at most a float's digits, in as few of them as it takes. */
static void put_float(sink *out, float number) {
    double power = 1;
    while (power < 1e15 && (float)((double)nearest((double)number * power) / power) != number)
        power *= 10;
    uint64_t digits = nearest((double)number * power), whole = (uint64_t)power;
    put_number(out, digits / whole);
    digits %= whole;
    if (digits != 0)
        put(out, ".");
    while (digits != 0) {
        whole /= 10;
        put_number(out, digits / whole);
        digits %= whole;
    }
}

/* What makes no difference is left out: see DNC_MODEL_KEYS. What is read and answered is of dnc.config alone. */
static void put_model(sink *out, const dnc_config *config, bool with_input_and_output) {
    const char *separator = "{";
#define PUT_KEY(key) (put(out, separator), separator = ",", put(out, "\"" key "\":"))
#define PUT_SIZE(key, field) PUT_KEY(key), put_number(out, (uint64_t)config->field)
#define PUT_OPTIONAL_SIZE(key, field)                                                                                       \
    if (config->field != 0)                                                                                                 \
    PUT_SIZE(key, field)
#define PUT_WORD(key, field) PUT_KEY(key), put_word(out, "\"", field##_names[config->field])
#define PUT_OPTIONAL_WORD(key, field)                                                                                       \
    if (config->field != 0)                                                                                                 \
    PUT_WORD(key, field)
#define PUT_SWITCH(key, field)                                                                                              \
    if (config->field != 0)                                                                                                 \
    PUT_KEY(key), put(out, "true")
#define PUT_NUMBER(key, field)                                                                                              \
    if (config->field > 0.0f)                                                                                               \
    PUT_KEY(key), put_float(out, config->field)
#define PUT_INPUT(key, field)                                                                                               \
    if (with_input_and_output)                                                                                              \
    PUT_KEY(key), put_input(out, config)
#define PUT_OUTPUT(key, field)                                                                                              \
    if (with_input_and_output)                                                                                              \
    PUT_KEY(key), put_output(out, config)
#define PUT(kind, key, field) PUT_##kind(key, field);
    DNC_MODEL_KEYS(PUT)
#undef PUT
    put(out, "}");
}

static void put_config(sink *out, const contents *file) {
    put_model(out, file->config, true);
}

/* How many symbols a vocabulary has: one serves what is read and what is answered. 0 where neither is symbols, or where they are
 * not as many. */
static int32_t alphabet_of(const dnc_config *config) {
    const int32_t read = config->input_symbols, answered = config->output == DNC_OUTPUT_SYMBOLS ? config->output_size : 0;
    return read == 0 || read == answered ? answered : answered == 0 ? read : 0;
}

static void put_vocabulary(sink *out, const contents *file) {
    put_word(out, "{\"kind\":\"", symbol_kind_names[file->about.symbol_kind]);
    put(out, ",\"symbols\":[");
    for (int32_t i = 0; i < alphabet_of(file->config); i++) {
        if (i > 0)
            put(out, ",");
        if (file->about.symbol_kind == DNC_SYMBOLS_BYTES)
            put_number(out, (uint64_t)i);
        else
            put_character(out, file->symbols[i]);
    }
    put(out, "]}");
}

static void put_training(sink *out, const contents *file) {
    const dnc_checkpoint *about = &file->about;
    put(out, "{\"configuration\":{\"carryMemory\":");
    put(out, about->memory_lifetime == 0 ? "true,\"model\":" : "false,\"model\":");
    put_model(out, file->config, false);
    put(out, about->bits == 32 ? ",\"precision\":\"float\"" : ",\"precision\":\"double\"");
    if (about->memory_lifetime != 0)
        put_member(out, ",\"sequenceLength\":", (uint64_t)about->memory_lifetime);
    if (about->symbol_kind != 0)
        put_word(out, ",\"tokens\":\"", symbol_kind_names[about->symbol_kind]);
    put_member(out, "},\"step\":", (uint64_t)about->step);
    put(out, "}");
}

static void put_schema(sink *out, const contents *file) {
    (void)file;
    put(out, SCHEMA);
}

static void put_format(sink *out, const contents *file) {
    (void)file;
    put(out, "dnc");
}

static void put_fingerprint(sink *out, const contents *file) {
    put(out, text_of(file->numbers).characters);
}

static void put_metadata_fingerprint(sink *out, const contents *file) {
    put(out, text_of(file->metadata).characters);
}

typedef struct entry {
    const char *key;
    void (*put)(sink *, const contents *);
} entry;

/* Sorted by key. */
static const entry entries[] = {
    {KEY_CONFIG, put_config}, {KEY_FINGERPRINT, put_fingerprint}, {KEY_METADATA_FINGERPRINT, NULL},
    {KEY_SCHEMA, put_schema}, {KEY_TRAINING, put_training},       {KEY_VOCABULARY, put_vocabulary},
    {"format", put_format}};
static const size_t entry_count = sizeof entries / sizeof *entries;

/* Symbols that stand for nothing, or that there are none of, have no vocabulary. */
static bool is_there(const contents *file, const entry *e) {
    return e->put != put_vocabulary || file->about.symbol_kind != 0;
}

static fingerprint metadata_fingerprint(const contents *file) {
    sink out = {.print = fingerprint_of_nothing};
    for (size_t i = 0; i < entry_count; i++)
        if (entries[i].put != NULL && is_there(file, &entries[i])) {
            put(&out, entries[i].key);
            put_byte(&out, '\0');
            entries[i].put(&out, file);
            put_byte(&out, '\0');
        }
    return out.print;
}

/* The tensor whose name follows `last` in the order of their bytes; false if there is none. */
static bool next_tensor(const dnc_config *config, const char *last, dnc_tensor *next) {
    dnc_tensor tensor = {.struct_size = sizeof tensor};
    bool is_found = false;
    for (size_t i = 0; dnc_parameter_tensor(config, i, &tensor) == DNC_OK; i++)
        if (strcmp(tensor.name, last) > 0 && (!is_found || strcmp(tensor.name, next->name) < 0)) {
            *next = tensor;
            is_found = true;
        }
    return is_found;
}

static size_t element_count(const dnc_tensor *tensor) {
    size_t count = 1;
    for (int32_t i = 0; i < tensor->rank; i++)
        count *= tensor->shape[i];
    return count;
}

static void put_tensors(sink *out, const contents *file) {
    const size_t width = (size_t)file->about.bits / 8;
    size_t begin = 0;
    dnc_tensor tensor;
    for (const char *last = ""; next_tensor(file->config, last, &tensor); last = tensor.name) {
        const size_t end = begin + element_count(&tensor) * width;
        put(out, ",\"");
        put(out, tensor.name);
        put(out, file->about.bits == 32 ? "\":{\"dtype\":\"F32\",\"shape\":[" : "\":{\"dtype\":\"F64\",\"shape\":[");
        for (int32_t i = 0; i < tensor.rank; i++)
            put_member(out, i > 0 ? "," : "", tensor.shape[i]);
        put_member(out, "],\"data_offsets\":[", begin);
        put_member(out, ",", end);
        put(out, "]}");
        begin = end;
    }
}

static void put_header(sink *out, const contents *file) {
    put(out, "{\"__metadata__\":");
    for (size_t i = 0; i < entry_count; i++) {
        if (!is_there(file, &entries[i]))
            continue;
        put(out, i == 0 ? "{\"" : ",\"");
        put(out, entries[i].key);
        put(out, "\":\"");
        out->is_string = true;
        (entries[i].put == NULL ? put_metadata_fingerprint : entries[i].put)(out, file);
        out->is_string = false;
        put(out, "\"");
    }
    put(out, "}");
    put_tensors(out, file);
    put(out, "}");
    while (out->print.count % 8 != 0) /* aligns the numbers */
        put(out, " ");
}

/* ---- The calls ---------------------------------------------------------------------------------------------------- */

static bool is_vocabulary(const contents *file) {
    const int32_t kind = file->about.symbol_kind, count = alphabet_of(file->config);
    const uint32_t *const symbols = file->symbols;
    if (kind == 0)
        return symbols == NULL;
    for (int32_t i = 0; i < count && symbols != NULL; i++)
        if (kind == DNC_SYMBOLS_BYTES
                ? symbols[i] != (uint32_t)i
                : symbols[i] > 0x10ffff || symbols[i] >> 11 == 0xd800 >> 11 || (i > 0 && symbols[i] <= symbols[i - 1]))
            return false;
    return kind == DNC_SYMBOLS_BYTES ? count == 256 : kind == DNC_SYMBOLS_CHARACTERS && count > 0 && symbols != NULL;
}

/* Checks what is to be written; gives the bytes of header and numbers, and a file whose fingerprints are of the right
 * length. */
static dnc_status plan(const dnc_config *config, const dnc_checkpoint *callers, const uint32_t *symbols, contents *file,
                       size_t *header_bytes, size_t *number_bytes) {
    size_t parameters;
    *file = (contents){.config = config, .symbols = symbols};
    TRY(dnc_struct_take(&file->about, callers, DNC_LEAST_CHECKPOINT, sizeof file->about));
    TRY(dnc_parameter_count(config, &parameters));
    const dnc_checkpoint *about = &file->about;
    if ((about->bits != 32 && about->bits != 64) || about->step < 0 || about->step >= MAX_STEP ||
        about->memory_lifetime < 0 || about->memory_lifetime > MAX_LIFETIME || !is_vocabulary(file))
        return DNC_ERROR_METADATA;
    if (about->symbol_kind != 0 && alphabet_of(config) > MAX_CHARACTERS)
        return DNC_ERROR_TOO_LARGE;
    *number_bytes = parameters * ((size_t)about->bits / 8);
    file->numbers.count = *number_bytes;
    file->metadata = metadata_fingerprint(file);
    sink out = {.print = fingerprint_of_nothing};
    put_header(&out, file);
    *header_bytes = (size_t)out.print.count;
    return DNC_OK;
}

dnc_status dnc_checkpoint_size(const dnc_config *config, const dnc_checkpoint *checkpoint, const uint32_t *symbols,
                               size_t *bytes) {
    contents file;
    size_t header, numbers;
    if (bytes == NULL)
        return DNC_ERROR_NULL_POINTER;
    TRY(plan(config, checkpoint, symbols, &file, &header, &numbers));
    *bytes = 8 + header + numbers;
    return DNC_OK;
}

/* Reads whichever of the two vectors is there. */
static NOT_INLINED dnc_status write_in_mode(const dnc_config *config, const dnc_checkpoint *checkpoint,
                                            const uint32_t *symbols, const float *floats, const double *doubles,
                                            unsigned char *bytes, size_t size) {
    contents file;
    size_t header, numbers;
    if ((floats == NULL && doubles == NULL) || bytes == NULL)
        return DNC_ERROR_NULL_POINTER;
    TRY(plan(config, checkpoint, symbols, &file, &header, &numbers));
    if (size < 8 || size - 8 < header || size - 8 - header < numbers)
        return DNC_ERROR_WORKSPACE_TOO_SMALL;
    const int32_t bits = file.about.bits;
    const size_t width = (size_t)bits / 8, parameters = numbers / width;
    for (size_t i = 0; i < parameters; i++) {
        const double number = floats != NULL ? (double)floats[i] : doubles[i];
        if (!(bits == 32 ? isfinite((float)number) : isfinite(number)))
            return DNC_ERROR_NOT_FINITE;
    }

    unsigned char *const data = bytes + 8 + header;
    unsigned char *to = data;
    dnc_tensor tensor;
    for (const char *last = ""; next_tensor(config, last, &tensor); last = tensor.name)
        for (size_t i = tensor.offset, end = i + element_count(&tensor); i < end; i++, to += width)
            store_number(to, floats != NULL ? (double)floats[i] : doubles[i], bits);
    file.numbers = fingerprint_of(data, numbers);
    file.metadata = metadata_fingerprint(&file);
    store(bytes, header, 8);
    sink out = {.at = bytes + 8, .print = fingerprint_of_nothing};
    put_header(&out, &file);
    return DNC_OK;
}

static dnc_status write(const dnc_config *config, const dnc_checkpoint *checkpoint, const uint32_t *symbols,
                        const float *floats, const double *doubles, unsigned char *bytes, size_t size) {
    const float_mode mode = set_float_mode(KEEP_DENORMALS);
    const dnc_status status = write_in_mode(config, checkpoint, symbols, floats, doubles, bytes, size);
    restore_float_mode(mode);
    return status;
}

dnc_status dnc_checkpoint_write_f32(const dnc_config *config, const dnc_checkpoint *checkpoint, const uint32_t *symbols,
                                    const float *parameters, void *bytes, size_t size) {
    return write(config, checkpoint, symbols, parameters, NULL, bytes, size);
}

dnc_status dnc_checkpoint_write_f64(const dnc_config *config, const dnc_checkpoint *checkpoint, const uint32_t *symbols,
                                    const double *parameters, void *bytes, size_t size) {
    return write(config, checkpoint, symbols, NULL, parameters, bytes, size);
}

#endif
