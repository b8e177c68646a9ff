// Reading checkpoints: a real one, the same with every kind of damage, and files made by hand to do harm.
//
// fixtures/small.safetensors is what these commands wrote, in schema 2; a copy of dnc in Swift measured the loss below:
//    printf 'He said: "\\o/ née 😀"\n\ta man, a plan.\n%.0s' $(seq 50) > small.txt
//    dnc train --data small.txt --out small --hidden 5 --slots 3 --width 2 --read-heads 1 --batch-size 2 --seq-length 8
//        --no-carry-memory --optimizer sgd --learning-rate 0.1 --max-steps 2000 --valid-every 500
//    printf 'a man said: "\\o/ née 😀"\n\t, a plan.\n' > text.txt && dnc eval small --data text.txt --json
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "dnc_checkpoint.h"
#include "harness.h"

// Bytes in a block of exactly their size, so that a sanitizer sees whoever reads beyond.
typedef struct file {
    unsigned char *bytes;
    size_t size;
} file;

static file copy(const void *bytes, size_t size) {
    file made = {malloc(size > 0 ? size : 1), size};
    require(made.bytes != NULL, "out of memory");
    memcpy(made.bytes, bytes, size);
    return made;
}

static file read_fixture(void) {
    static unsigned char bytes[1 << 15];
    FILE *input = fopen("tests/fixtures/small.safetensors", "rb");
    require(input != NULL, "run in the folder csrc, from which tests/fixtures/small.safetensors is opened");
    const size_t size = fread(bytes, 1, sizeof bytes, input);
    fclose(input);
    return copy(bytes, size);
}

// What a checkpoint says.
typedef struct opened {
    dnc_config config;
    dnc_checkpoint about;
} opened;

// There is a sentence about exactly what is refused.
static dnc_status open_checkpoint(const void *bytes, size_t size, opened *checkpoint) {
    checkpoint->config.struct_size = sizeof checkpoint->config;
    checkpoint->about.struct_size = sizeof checkpoint->about;
    const dnc_status status = dnc_checkpoint_read(bytes, size, &checkpoint->config, &checkpoint->about);
    const char *problem = dnc_checkpoint_problem(bytes, size);
    CHECK((problem == NULL) == (status == DNC_OK));
    char key[8];
    CHECK_EQUAL(dnc_checkpoint_unknown_key(bytes, size, key, sizeof key), bytes == NULL ? DNC_ERROR_NULL_POINTER : DNC_OK);
    if (status != DNC_ERROR_METADATA && bytes != NULL)
        CHECK_EQUAL(key[0], 0);
    return status;
}

// ---- A real one ----

static double loss(const opened *checkpoint, const uint32_t *symbols, const uint32_t *text, size_t length) {
    const dnc_config *config = &checkpoint->config;
    network net = network_create(config, 64, 1, 1);
    double logits[64], nats = 0;
    dnc_tensor memory = state_tensor(config, "read_vectors");
    require(dnc_checkpoint_parameters_f64(config, &checkpoint->about, net.parameters) == DNC_OK,
            "dnc_checkpoint_parameters_f64");
    for (size_t i = 0; i < length; i++) {
        int32_t symbol = 0;
        while (symbol < config->input_symbols && symbols[symbol] != text[i])
            symbol++;
        require(symbol < config->input_symbols, "a symbol is not in the vocabulary");
        if (i > 0) {
            double sum = 0;
            for (int32_t j = 0; j < config->input_symbols; j++)
                sum += exp(logits[j]);
            nats += log(sum) - logits[symbol];
        }
        if (i % (size_t)checkpoint->about.memory_lifetime == 0)
            memset((double *)net.state + memory.offset, 0, (net.state_count - memory.offset) * sizeof(double));
        net.inputs[0] = symbol;
        network_step(&net, logits);
    }
    network_destroy(&net);
    return nats;
}

static void check_fixture(file whole) {
    CHECK_CONTEXT("fixture");
    opened checkpoint;
    CHECK_EQUAL(open_checkpoint(whole.bytes, whole.size, &checkpoint), DNC_OK);
    const dnc_config config = checkpoint.config, expected = configure(MODEL_DNC, 22, 5, 3, 2, 1);
    CHECK(memcmp(&config, &expected, sizeof config) == 0);
    CHECK_EQUAL(checkpoint.about.parameter_count, 872);
    CHECK_EQUAL(checkpoint.about.bits, 32);
    CHECK_EQUAL(checkpoint.about.symbol_kind, DNC_SYMBOLS_CHARACTERS);
    CHECK_EQUAL(checkpoint.about.symbol_count, 22);
    CHECK_EQUAL(checkpoint.about.step, 2000);
    CHECK_EQUAL(checkpoint.about.memory_lifetime, 8);
    static const uint32_t vocabulary[] = U"\t\n \",./:H\\adeilmnops\u00e9\U0001F600";
    static const uint32_t text[] = U"a man said: \"\\o/ n\u00e9e \U0001F600\"\n\t, a plan.\n";
    uint32_t symbols[22];
    CHECK_EQUAL(dnc_checkpoint_symbols(&checkpoint.about, symbols), DNC_OK);
    CHECK(memcmp(symbols, vocabulary, sizeof symbols) == 0);
    CHECK_CLOSE(loss(&checkpoint, symbols, text, COUNT(text) - 1), 67.85665952976379, 1e-4);

    // At any address, in both precisions, and gone from the file's bytes.
    unsigned char *moved = malloc(whole.size + 1);
    float floats[872], again[872];
    double doubles[872];
    require(moved != NULL, "out of memory");
    memcpy(moved + 1, whole.bytes, whole.size);
    CHECK_EQUAL(dnc_checkpoint_parameters_f32(&checkpoint.config, &checkpoint.about, floats), DNC_OK);
    CHECK_EQUAL(dnc_checkpoint_parameters_f64(&checkpoint.config, &checkpoint.about, doubles), DNC_OK);
    CHECK_EQUAL(open_checkpoint(moved + 1, whole.size, &checkpoint), DNC_OK);
    CHECK_EQUAL(dnc_checkpoint_parameters_f32(&checkpoint.config, &checkpoint.about, again), DNC_OK);
    free(moved);
    CHECK(memcmp(floats, again, sizeof floats) == 0);
    for (int i = 0; i < 872; i++)
        CHECK_EQUAL(doubles[i], floats[i]);
}

static void check_misuse(file whole) {
    CHECK_CONTEXT("misuse");
    opened checkpoint, before;
    memset(&checkpoint, 7, sizeof checkpoint);
    CHECK_EQUAL(dnc_checkpoint_read(whole.bytes, whole.size, &checkpoint.config, &checkpoint.about), DNC_ERROR_STRUCT_SIZE);
    checkpoint.config.struct_size = sizeof checkpoint.config;
    CHECK_EQUAL(dnc_checkpoint_read(whole.bytes, whole.size, &checkpoint.config, &checkpoint.about), DNC_ERROR_STRUCT_SIZE);
    checkpoint.about.struct_size = sizeof checkpoint.about;
    before = checkpoint;
    uint32_t symbols[22];
    float floats[872];
    double doubles[872];
    CHECK_EQUAL(open_checkpoint(NULL, whole.size, &checkpoint), DNC_ERROR_NULL_POINTER);
    CHECK_EQUAL(dnc_checkpoint_read(whole.bytes, whole.size, NULL, &checkpoint.about), DNC_ERROR_NULL_POINTER);
    CHECK_EQUAL(dnc_checkpoint_read(whole.bytes, whole.size, &checkpoint.config, NULL), DNC_ERROR_NULL_POINTER);
    CHECK_EQUAL(open_checkpoint(whole.bytes, whole.size - 1, &checkpoint), DNC_ERROR_TRUNCATED);
    CHECK(memcmp(&checkpoint, &before, sizeof before) == 0);
    CHECK_EQUAL(dnc_checkpoint_symbols(NULL, symbols), DNC_ERROR_NULL_POINTER);
    CHECK_EQUAL(dnc_checkpoint_symbols(&checkpoint.about, NULL), DNC_ERROR_NULL_POINTER);
    CHECK_EQUAL(dnc_checkpoint_parameters_f32(&checkpoint.config, NULL, floats), DNC_ERROR_NULL_POINTER);
    CHECK_EQUAL(dnc_checkpoint_parameters_f32(&checkpoint.config, &checkpoint.about, NULL), DNC_ERROR_NULL_POINTER);
    CHECK_EQUAL(dnc_checkpoint_parameters_f64(&checkpoint.config, NULL, doubles), DNC_ERROR_NULL_POINTER);
    CHECK_EQUAL(dnc_checkpoint_parameters_f64(&checkpoint.config, &checkpoint.about, NULL), DNC_ERROR_NULL_POINTER);
}

// Whether two checkpoints say the same of a model, down to the last bit.
static int is_same(const opened *a, const opened *b) {
    double parameters[2][872];
    uint32_t symbols[2][22];
    return memcmp(&a->config, &b->config, sizeof a->config) == 0 && a->about.bits == b->about.bits &&
           a->about.symbol_kind == b->about.symbol_kind && a->about.step == b->about.step &&
           a->about.memory_lifetime == b->about.memory_lifetime &&
           dnc_checkpoint_parameters_f64(&a->config, &a->about, parameters[0]) == DNC_OK &&
           dnc_checkpoint_parameters_f64(&b->config, &b->about, parameters[1]) == DNC_OK &&
           memcmp(parameters[0], parameters[1], sizeof parameters[0]) == 0 &&
           dnc_checkpoint_symbols(&a->about, symbols[0]) == DNC_OK &&
           dnc_checkpoint_symbols(&b->about, symbols[1]) == DNC_OK && memcmp(symbols[0], symbols[1], sizeof symbols[0]) == 0;
}

static void check_damage(file whole) {
    opened original, damaged;
    require(open_checkpoint(whole.bytes, whole.size, &original) == DNC_OK, "dnc_checkpoint_read");
    const int stride = repetitions(61, 1, 1), bits = repetitions(1, 1, 8);
    uint64_t source = 1;
    file changed = copy(whole.bytes, whole.size);
    for (size_t i = 0; i < whole.size; i += (size_t)stride) {
        CHECK_CONTEXT("the first %zu bytes", i);
        file part = copy(whole.bytes, i);
        CHECK_EQUAL(open_checkpoint(part.bytes, i, &damaged), DNC_ERROR_TRUNCATED);
        free(part.bytes);
        for (int j = 0; j < bits; j++) {
            const int bit = bits == 8 ? j : random_below(&source, 8);
            CHECK_CONTEXT("bit %d of byte %zu", bit, i);
            changed.bytes[i] = (unsigned char)(whole.bytes[i] ^ 1 << bit);
            if (open_checkpoint(changed.bytes, whole.size, &damaged) == DNC_OK)
                CHECK(is_same(&original, &damaged)); // another spelling, or the name of a tensor that is passed over
            changed.bytes[i] = whole.bytes[i];
        }
    }
    free(changed.bytes);
}

// ---- Made by hand ----

// An RNN of 2 symbols and 1 hidden unit: 8 parameters, in an order of their own. What is in PARTS can be replaced.
typedef enum part { SCHEMA, CONFIG, VOCABULARY, TRAINING, METADATA, TENSORS, PRINT, METADATA_PRINT, HEADER, PARTS } part;

static bool is_of_before; // files are of schema 2

static const char *const good[PARTS] = {
    [SCHEMA] = "4",
    [CONFIG] = "{\"activation\":\"tanh\",\"controller\":\"tanh\",\"hidden\":1,\"input\":{\"symbols\":2,\"symbolsPerStep\":1,"
               "\"vector\":0},\"layers\":1,\"memory\":\"none\",\"output\":{\"groups\":1,\"kind\":\"symbols\",\"size\":2},"
               "\"readHeads\":0,\"slots\":0,\"width\":0}",
    [VOCABULARY] = "{\"kind\":\"characters\",\"symbols\":[\"\\n\",\"\u00e9\"]}",
    [TRAINING] =
        "{\"configuration\":{\"carryMemory\":true,\"model\":{\"controller\":\"tanh\",\"hidden\":1},\"precision\":\"float\","
        "\"seed\":18446744073709551615,\"sequenceLength\":8,\"tokens\":\"characters\"},\"seconds\":1.5e-3,\"step\":12}",
    [METADATA] = "",
    [TENSORS] = "\"output.bias\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
                "\"output.weight\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[8,16]},"
                "\"controller.0.bias\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[16,20]},"
                "\"controller.0.weight_hh\":{\"dtype\":\"F32\",\"shape\":[1,1],\"data_offsets\":[20,24]},"
                "\"state.hidden\":{\"dtype\":\"F32\",\"shape\":[1,1],\"data_offsets\":[24,28]},"
                "\"controller.0.weight_ih\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[28,36]}",
};

// The same, as versions before wrote it.
static const char *const good_before[PARTS] = {
    [SCHEMA] = "2",
    [CONFIG] = "{\"hidden\":1,\"model\":\"rnn\",\"readHeads\":0,\"slots\":0,\"width\":0}",
    [TRAINING] =
        "{\"configuration\":{\"carryMemory\":true,\"model\":{\"hidden\":1,\"model\":\"rnn\"},\"precision\":\"float\","
        "\"seed\":18446744073709551615,\"sequenceLength\":8,\"tokens\":\"characters\"},\"seconds\":1.5e-3,\"step\":12}",
};

static const char *good_part(part which) {
    return is_of_before && good_before[which] != NULL ? good_before[which] : good[which];
}

static float data[] = {7, 8, 5, 6, 4, 3, 99, 1, 2}; // main makes it little-endian

enum { room = 1 << 15 };

static char *append(char *at, const char *text) {
    const size_t length = strlen(text);
    memcpy(at, text, length + 1);
    return at + length;
}

// As the content of a JSON string; with every character escaped, if it is ASCII and that is wanted.
static char *append_escaped(char *at, const char *text, int all) {
    for (; *text != '\0'; text++) {
        const unsigned char c = (unsigned char)*text;
        if (c < 0x20 || (all && c < 0x80))
            at += sprintf(at, "\\u%04X", c);
        else if (c == '"' || c == '\\')
            at += sprintf(at, "\\%c", c);
        else
            *at++ = *text;
    }
    *at = '\0';
    return at;
}

// Of the package's definition, in the plainest way; the text has room for 8 more bytes.
static void fingerprint(char *text, size_t length, char *print) {
    uint64_t hash = 0xcbf29ce484222325u;
    memset(text + length, 0, 8);
    for (size_t i = 0; i <= length; i += 8) {
        uint64_t word = 0;
        for (size_t j = 0; j < 8; j++)
            word += (uint64_t)(unsigned char)text[i + j] << 8 * j;
        hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 32;
    }
    sprintf(print, "\"%016llx-%zu\"", (unsigned long long)hash, length);
}

static void replace(char *text, const char *from, const char *to) {
    char *place = strstr(text, from);
    require(place != NULL, from);
    memmove(place + strlen(to), place + strlen(from), strlen(place + strlen(from)) + 1);
    memcpy(place, to, strlen(to));
}

typedef struct change {
    part where;
    const char *from, *to; // the first of these texts becomes the other; all, if there is none
    dnc_status expected;
} change;

// Whether a file has what is to be changed. Of the header that is not looked at: it is the same in both schemas.
static bool applies(const change *c) {
    return c->from == NULL || c->where >= PRINT || strstr(good_part(c->where), c->from) != NULL;
}

// Makes the changes to parts from the first to the last of these.
static void apply(const change *changes, size_t count, part first, part last, char parts[PARTS][room]) {
    for (size_t i = 0; i < count; i++) {
        const change *c = &changes[i];
        if (c->where < first || c->where > last)
            continue;
        if (c->from == NULL)
            strcpy(parts[c->where], c->to);
        else
            replace(parts[c->where], c->from, c->to);
    }
}

static file build(const change *changes, size_t count, const void *numbers, size_t bytes, int escaped) {
    static char parts[PARTS][room], text[room];
    static const char *const keys[] = {"dnc.config", "dnc.fingerprint", "dnc.schema", "dnc.training", "dnc.vocabulary"};
    static const part values[] = {CONFIG, PRINT, SCHEMA, TRAINING, VOCABULARY};
    for (part i = 0; i < PRINT; i++)
        strcpy(parts[i], good_part(i));
    memcpy(text, numbers, bytes);
    fingerprint(text, bytes, parts[PRINT]);
    apply(changes, count, SCHEMA, PRINT, parts);
    char *at = text;
    for (size_t i = 0; i < COUNT(keys); i++) {
        if (values[i] == VOCABULARY && parts[VOCABULARY][0] == '\0')
            continue; // there is none
        at = append(at, keys[i]) + 1;
        at = append(at, parts[values[i]]) + 1;
    }
    fingerprint(text, (size_t)(at - text), parts[METADATA_PRINT]);
    apply(changes, count, METADATA_PRINT, METADATA_PRINT, parts);

    at = append(parts[HEADER], "{\"__metadata__\":{");
    for (size_t i = 0; i < COUNT(keys); i++) {
        if (values[i] == VOCABULARY && parts[VOCABULARY][0] == '\0')
            continue;
        at = append(append_escaped(append(at, "\""), keys[i], escaped), "\":\"");
        at = append(append_escaped(at, parts[values[i]], escaped), "\",");
    }
    at = append(append_escaped(append(at, "\"dnc.fingerprint.metadata\":\""), parts[METADATA_PRINT], escaped), "\"");
    at = append(append(append(append(at, parts[METADATA]), "},"), parts[TENSORS]), "}");
    apply(changes, count, HEADER, HEADER, parts);
    const size_t length = strlen(parts[HEADER]);
    for (int i = 0; i < 8; i++)
        text[i] = (char)((uint64_t)length >> 8 * i & 0xff);
    memcpy(text + 8, parts[HEADER], length);
    memcpy(text + 8 + length, numbers, bytes);
    return copy(text, 8 + length + bytes);
}

static void check_change(const change *c) {
    CHECK_CONTEXT("%s%.60s -> %.60s", is_of_before ? "schema 2: " : "", c->from == NULL ? "all" : c->from, c->to);
    opened checkpoint;
    file changed = build(c, 1, data, sizeof data, 0);
    CHECK_EQUAL(open_checkpoint(changed.bytes, changed.size, &checkpoint), c->expected);
    free(changed.bytes);
}

// What is no reason to refuse a file, and does not change what it says.
static const change harmless[] = {
    {TRAINING, "{\"configuration\":{",
     "{\"more\":{\"a\":[1,-0.5e+7,true,false,null,\"x\",{}],\"b\":[]},\"configuration\":{\"more\":{\"a\":[]},", DNC_OK},
    {CONFIG, "\"hidden\":1", "\n\t\"hidden\" :\r 1 ", DNC_OK},
    {CONFIG, ",\"readHeads\":0,\"slots\":0,\"width\":0", "", DNC_OK},
    {CONFIG, "\"rnn\"", "\"\\u0072n\\u006E\"", DNC_OK},
    {CONFIG, "\"controller\":\"tanh\"", "\"controller\":\"t\\u0061nh\"", DNC_OK},
    {CONFIG, "\"activation\":\"tanh\",", "", DNC_OK},
    {CONFIG, "\"layers\":1,\"memory\":\"none\",", "", DNC_OK},
    {CONFIG, "\"groups\":1,\"kind\":\"symbols\",", "", DNC_OK},
    {CONFIG, ",\"vector\":0", "", DNC_OK},
    {TRAINING, "\"model\":{",
     "\"model\":{\"activation\":\"tanh\",\"input\":{\"vector\":7},\"layers\":1,\"memory\":\"none\",\"output\":{\"size\":9},",
     DNC_OK}, // what is read and answered is of the configuration alone
    {VOCABULARY, "\u00e9", "\\u00e9", DNC_OK},
    {VOCABULARY, NULL, "{\"symbols\":[\"\\u000a\",\"\\u00E9\"],\"kind\":\"characters\"}", DNC_OK},
    {TRAINING, "\"step\":12", "\"step\":12,\"x\":[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]", DNC_OK},
    {TRAINING, "\"sequenceLength\"", "\"x\"", DNC_OK}, // the memory is kept, for whatever time
    {TENSORS, "\"dtype\":\"F32\",\"shape\":[2],", "\"shape\":[2],\"other\":[1,{\"y\":2}],\"dtype\":\"F32\",", DNC_OK},
    {TENSORS, "\"output.bias\"",
     "\"optimizer.momentum.x\":{\"dtype\":\"U8\",\"shape\":[5,0],\"data_offsets\":[8,8]},\"output.bias\"", DNC_OK},
    {TENSORS, "\"state.hidden\"", "\"rng.state\"", DNC_OK},
    {HEADER, "}}", "}}    ", DNC_OK},
};

/* What two symbols are written as. */
static void check_texts(const dnc_checkpoint *about, const size_t *expected, const char *expected_texts) {
    size_t offsets[3];
    char texts[16] = "";
    CHECK_EQUAL(dnc_checkpoint_texts(about, offsets, NULL), DNC_OK);
    CHECK(memcmp(offsets, expected, sizeof offsets) == 0);
    CHECK_EQUAL(dnc_checkpoint_texts(about, offsets, texts), DNC_OK);
    CHECK(memcmp(offsets, expected, sizeof offsets) == 0 && strcmp(texts, expected_texts) == 0);
    CHECK_EQUAL(dnc_checkpoint_texts(about, NULL, texts), DNC_ERROR_NULL_POINTER);
    CHECK_EQUAL(dnc_checkpoint_texts(NULL, offsets, texts), DNC_ERROR_NULL_POINTER);
}

static void check_words(void) {
    static const struct {
        const char *symbols;
        dnc_status status;
    } vocabularies[] = {
        {"\"\\u00e9\",\" a\u00e9\"", DNC_OK}, {"\"a\",\"b\"", DNC_OK},
        {"\"b\",\"a\"", DNC_ERROR_METADATA},  {"\"ab\",\"c\"", DNC_ERROR_METADATA},
        {"\"\",\"ab\"", DNC_ERROR_METADATA},  {"\"a\",\"bc", DNC_ERROR_METADATA},
    };
    for (size_t i = 0; i < COUNT(vocabularies); i++) {
        char vocabulary[99];
        CHECK_CONTEXT("words %zu", i);
        snprintf(vocabulary, sizeof vocabulary, "{\"kind\":\"words\",\"symbols\":[%s]}", vocabularies[i].symbols);
        const change changes[] = {{VOCABULARY, NULL, vocabulary, DNC_OK}, {TRAINING, "\"characters\"", "\"words\"", DNC_OK}};
        opened checkpoint;
        uint32_t symbols[2];
        file whole = build(changes, 2, data, sizeof data, 0);
        CHECK_EQUAL(open_checkpoint(whole.bytes, whole.size, &checkpoint), vocabularies[i].status);
        if (vocabularies[i].status == DNC_OK) {
            CHECK_EQUAL(checkpoint.about.symbol_kind, DNC_SYMBOLS_WORDS);
            CHECK_EQUAL(checkpoint.about.symbol_count, 2);
            CHECK_EQUAL(dnc_checkpoint_symbols(&checkpoint.about, symbols), DNC_ERROR_METADATA);
        }
        if (i == 0)
            check_texts(&checkpoint.about, (const size_t[]){0, 2, 6}, "\u00e9 a\u00e9");
        free(whole.bytes);
    }
}

static void check_harmless(void) {
    for (size_t i = 0; i < COUNT(harmless); i++)
        for (int escaped = 0; escaped <= 1; escaped++) {
            CHECK_CONTEXT("harmless %zu, escaped %d, schema %s", i, escaped, good_part(SCHEMA));
            if (!applies(&harmless[i]) || (is_of_before && strstr(harmless[i].to, "\"activation\"") != NULL))
                continue;
            opened checkpoint;
            double parameters[8];
            uint32_t symbols[2];
            file whole = build(&harmless[i], 1, data, sizeof data, escaped);
            CHECK_EQUAL(open_checkpoint(whole.bytes, whole.size, &checkpoint), DNC_OK);
            const dnc_config expected = configure(MODEL_RNN, 2, 1, 0, 0, 0);
            CHECK(memcmp(&checkpoint.config, &expected, sizeof expected) == 0);
            CHECK_EQUAL(checkpoint.about.parameter_count, 8);
            CHECK_EQUAL(checkpoint.about.bits, 32);
            CHECK_EQUAL(checkpoint.about.step, 12);
            CHECK_EQUAL(checkpoint.about.memory_lifetime, 0);
            CHECK_EQUAL(checkpoint.about.symbol_count, 2);
            CHECK_EQUAL(dnc_checkpoint_symbols(&checkpoint.about, symbols), DNC_OK);
            CHECK_EQUAL(symbols[0], '\n');
            CHECK_EQUAL(symbols[1], 0xe9);
            check_texts(&checkpoint.about, (const size_t[]){0, 1, 3}, "\n\u00e9");
            CHECK_EQUAL(dnc_checkpoint_parameters_f64(&checkpoint.config, &checkpoint.about, parameters), DNC_OK);
            for (int j = 0; j < 8; j++)
                CHECK_EQUAL(parameters[j], j + 1);
            free(whole.bytes);
        }
}

#define TENSOR(name, type, shape, range)                                                                                    \
    "\"" name "\":{\"dtype\":\"" type "\",\"shape\":" shape ",\"data_offsets\":" range "}"

static const change harmful[] = {
    // The file.
    {HEADER, NULL, "", DNC_ERROR_FORMAT},
    {HEADER, NULL, "{", DNC_ERROR_FORMAT},
    {HEADER, NULL, "[]", DNC_ERROR_FORMAT},
    {HEADER, NULL, "{}", DNC_ERROR_NO_CHECKPOINT},
    {HEADER, NULL, "{\"__metadata__\":{}}", DNC_ERROR_NO_CHECKPOINT},
    {HEADER, "{\"__metadata__\"", " {\"__metadata__\"", DNC_ERROR_FORMAT},
    {HEADER, "{\"__metadata__\"", "{\"__metadata__\":{},\"__metadata__\"", DNC_ERROR_FORMAT},
    {HEADER, "{\"__metadata__\"", "{\"\\u005f_metadata__\":{},\"__metadata__\"", DNC_ERROR_FORMAT},
    {HEADER, "__metadata__", "__metadata_", DNC_ERROR_NO_CHECKPOINT},
    {HEADER, "}}", "}}}", DNC_ERROR_FORMAT},
    {HEADER, "}}", "}", DNC_ERROR_FORMAT},
    {HEADER, "}}", "},}", DNC_ERROR_FORMAT},
    {HEADER, "}}", "}}{}", DNC_ERROR_FORMAT},
    {HEADER, "}}", "}} \xff", DNC_ERROR_FORMAT},
    {HEADER, "\"dnc.config\":", "\"x\":", DNC_ERROR_DAMAGED},
    {HEADER, "\"dnc.fingerprint\":", "\"x\":", DNC_ERROR_DAMAGED},
    {HEADER, "\"dnc.fingerprint.metadata\":", "\"x\":", DNC_ERROR_NO_CHECKPOINT},
    {METADATA, "", ",\"x\":\"\"", DNC_ERROR_DAMAGED},
    {METADATA, "", ",\"x\":\"\\x\"", DNC_ERROR_FORMAT},
    {METADATA, "", ",\"x\":\"\\ud800\"", DNC_ERROR_FORMAT},
    {METADATA, "", ",\"x\":\"\\ud800\\u0041\"", DNC_ERROR_FORMAT},
    {METADATA, "", ",\"x\":\"\\ud800\\\\u0041\"", DNC_ERROR_FORMAT},
    {METADATA, "", ",\"x\":\"\\udc00\"", DNC_ERROR_FORMAT},
    {METADATA, "", ",\"x\":\"\\udc00\\udc00\"", DNC_ERROR_FORMAT},
    {METADATA, "", ",\"x\":\"\\ud800xudc00\"", DNC_ERROR_FORMAT},
    {METADATA, "", ",\"x\":\"\\ud800\\xdc00\"", DNC_ERROR_FORMAT},
    {METADATA, "", ",\"x\":\"\\u00g0\"", DNC_ERROR_FORMAT},
    {METADATA, "", ",\"x\":\"\\u00\"", DNC_ERROR_FORMAT},
    {METADATA, "", ",\"x\":\"\x1f\"", DNC_ERROR_FORMAT},
    {METADATA, "", ",\"x\":\"\x80\"", DNC_ERROR_FORMAT},             // a byte that continues nothing
    {METADATA, "", ",\"x\":\"\xc0\x80\"", DNC_ERROR_FORMAT},         // longer than needed
    {METADATA, "", ",\"x\":\"\xe0\x9f\xbf\"", DNC_ERROR_FORMAT},     // likewise
    {METADATA, "", ",\"x\":\"\xf0\x8f\xbf\xbf\"", DNC_ERROR_FORMAT}, // likewise
    {METADATA, "", ",\"x\":\"\xed\xa0\x80\"", DNC_ERROR_FORMAT},     // half a surrogate pair
    {METADATA, "", ",\"x\":\"\xf4\x90\x80\x80\"", DNC_ERROR_FORMAT}, // beyond U+10FFFF
    {METADATA, "", ",\"x\":\"\xf8\x88\x80\x80\x80\"", DNC_ERROR_FORMAT},
    {METADATA, "", ",\"x\":\"\xe2\x82\"", DNC_ERROR_FORMAT}, // cut short
    {METADATA, "", ",\"x\":\"\xe2\xc2\xac\"", DNC_ERROR_FORMAT},
    {METADATA, "", ",\"x\":\"\xbf\xbf\"", DNC_ERROR_FORMAT},
    {METADATA, "", ",\"x\":\"\xfc\x80\x80\x80\"", DNC_ERROR_FORMAT},
    // Schema and fingerprints.
    {SCHEMA, NULL, "1", DNC_ERROR_SCHEMA},
    {SCHEMA, NULL, "5", DNC_ERROR_SCHEMA},
    {SCHEMA, NULL, "", DNC_ERROR_SCHEMA},
    {SCHEMA, NULL, "02", DNC_ERROR_SCHEMA},
    {SCHEMA, NULL, "04", DNC_ERROR_SCHEMA},
    {SCHEMA, NULL, "2 ", DNC_ERROR_SCHEMA},
    {SCHEMA, NULL, "4 ", DNC_ERROR_SCHEMA},
    {SCHEMA, NULL, "22", DNC_ERROR_SCHEMA},
    {SCHEMA, NULL, "44", DNC_ERROR_SCHEMA},
    {SCHEMA, "4", "3", DNC_OK},             // of texts alone
    {SCHEMA, "4", "2", DNC_ERROR_METADATA}, // whose configurations have other keys
    {SCHEMA, "2", "4", DNC_ERROR_METADATA},
    {PRINT, "-36", "-036", DNC_ERROR_DAMAGED},
    {PRINT, "-36\"", "-36\" ", DNC_ERROR_DAMAGED},
    {PRINT, "-36\"", "-36", DNC_ERROR_DAMAGED},
    {PRINT, "-36", "-37", DNC_ERROR_DAMAGED},
    {PRINT, NULL, "", DNC_ERROR_DAMAGED},
    {PRINT, NULL, "\"0000000000000000-36\"", DNC_ERROR_DAMAGED},
    {METADATA_PRINT, "-", "-0", DNC_ERROR_DAMAGED},
    {METADATA_PRINT, "\"", "", DNC_ERROR_DAMAGED},
    // The configuration.
    {CONFIG, NULL, "", DNC_ERROR_METADATA},
    {CONFIG, NULL, "null", DNC_ERROR_METADATA},
    {CONFIG, NULL, "[]", DNC_ERROR_METADATA},
    {CONFIG, "{", "{,", DNC_ERROR_METADATA},
    {CONFIG, "}", ",}", DNC_ERROR_METADATA},
    {CONFIG, "}", "}}", DNC_ERROR_METADATA},
    {CONFIG, "}", "}x", DNC_ERROR_METADATA},
    {CONFIG, "}", "", DNC_ERROR_METADATA},
    {CONFIG, "{", "\xef\xbb\xbf{", DNC_ERROR_METADATA},
    {CONFIG, ":", "", DNC_ERROR_METADATA},
    {CONFIG, ",", " ", DNC_ERROR_METADATA},
    {CONFIG, "{", "{\"hidden\":1,", DNC_ERROR_METADATA},
    {CONFIG, "{", "{\"\\u0068idden\":1,", DNC_ERROR_METADATA},
    {TRAINING, "{", "{\"x\":{\"y\":1,\"y\":1},", DNC_ERROR_METADATA},
    {TRAINING, "{", "{\"x\":nul,", DNC_ERROR_METADATA},
    {TRAINING, "{", "{\"x\":NaN,", DNC_ERROR_METADATA},
    {TRAINING, "{", "{\"x\":01,", DNC_ERROR_METADATA},
    {TRAINING, "{", "{\"x\":+1,", DNC_ERROR_METADATA},
    {TRAINING, "{", "{\"x\":.5,", DNC_ERROR_METADATA},
    {TRAINING, "{", "{\"x\":1.,", DNC_ERROR_METADATA},
    {TRAINING, "{", "{\"x\":1e,", DNC_ERROR_METADATA},
    {TRAINING, "{", "{\"x\":- 1,", DNC_ERROR_METADATA},
    {TRAINING, "{", "{\"x\":[1,],", DNC_ERROR_METADATA},
    {TRAINING, "{", "{\"x\":[1 2],", DNC_ERROR_METADATA},
    {TRAINING, "{", "{\"x\":\"\x01\",", DNC_ERROR_METADATA},
    {TRAINING, "{", "{\"x\":\"\\ud800\",", DNC_ERROR_METADATA},
    {TRAINING, "{", "{\"x\":\"y,", DNC_ERROR_METADATA},
    {TRAINING, "{", "{\"x\":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]],", DNC_ERROR_METADATA},
    {CONFIG, "\"hidden\":1", "\"hidden\":0", DNC_ERROR_METADATA}, // not that of the training record
    {CONFIG, "\"hidden\":1", "\"hidden\":-1", DNC_ERROR_METADATA},
    {CONFIG, "\"hidden\":1", "\"hidden\":01", DNC_ERROR_METADATA},
    {CONFIG, "\"hidden\":1", "\"hidden\":1.0", DNC_ERROR_METADATA},
    {CONFIG, "\"hidden\":1", "\"hidden\":1e0", DNC_ERROR_METADATA},
    {CONFIG, "\"hidden\":1", "\"hidden\":\"1\"", DNC_ERROR_METADATA},
    {CONFIG, "\"hidden\":1", "\"hidden\":true", DNC_ERROR_METADATA},
    {CONFIG, "\"hidden\":1", "\"hidden\":4294967297", DNC_ERROR_METADATA},
    {CONFIG, "\"hidden\":1", "\"hidden\":18446744073709551617", DNC_ERROR_METADATA},
    {CONFIG, "\"slots\":0", "\"slots\":1", DNC_ERROR_METADATA},
    {CONFIG, "\"width\":0", "\"width\":1", DNC_ERROR_METADATA},
    {CONFIG, "\"readHeads\":0", "\"readHeads\":1", DNC_ERROR_METADATA},
    {CONFIG, "\"rnn\"", "\"lstm\"", DNC_ERROR_METADATA},
    {CONFIG, "\"rnn\"", "\"gru\"", DNC_ERROR_METADATA},
    {CONFIG, "\"rnn\"", "\"rnn\\u0000\"", DNC_ERROR_METADATA},
    {CONFIG, "\"rnn\"", "1", DNC_ERROR_METADATA},
    {CONFIG, "\"controller\":\"tanh\"", "\"controller\":\"lstm\"", DNC_ERROR_METADATA},
    {CONFIG, "\"controller\":\"tanh\"", "\"controller\":\"gru\"", DNC_ERROR_METADATA},
    {CONFIG, "\"controller\":\"tanh\"", "\"controller\":\"tanh\\u0000\"", DNC_ERROR_METADATA},
    {CONFIG, "\"controller\":\"tanh\"", "\"controller\":1", DNC_ERROR_METADATA},
    {CONFIG, "\"activation\":\"tanh\"", "\"activation\":\"relu\"", DNC_ERROR_METADATA},
    {CONFIG, "\"activation\":\"tanh\"", "\"activation\":\"sigmoid\"", DNC_ERROR_METADATA},
    {CONFIG, "\"memory\":\"none\"", "\"memory\":\"dnc\"", DNC_ERROR_METADATA},
    {CONFIG, "\"memory\":\"none\"", "\"memory\":\"stack\"", DNC_ERROR_METADATA},
    {CONFIG, "\"memory\":\"none\"", "\"memory\":null", DNC_ERROR_METADATA},
    {CONFIG, "\"layers\":1", "\"layers\":2", DNC_ERROR_METADATA},
    {CONFIG, "\"kind\":\"symbols\"", "\"kind\":\"words\"", DNC_ERROR_METADATA},
    {CONFIG, "\"kind\":\"symbols\"", "\"kind\":1", DNC_ERROR_METADATA},
    {CONFIG, "\"symbols\":2", "\"symbols\":3", DNC_ERROR_METADATA}, // of which the vocabulary has 2
    {CONFIG, "\"size\":2", "\"size\":3", DNC_ERROR_METADATA},       // likewise
    {CONFIG, "\"size\":2", "\"size\":1048577", DNC_ERROR_METADATA},
    {CONFIG, "\"symbolsPerStep\":1", "\"symbolsPerStep\":0", DNC_ERROR_CONFIG},
    {CONFIG, "\"symbols\":2,", "", DNC_ERROR_CONFIG},
    {CONFIG, "\"vector\":0", "\"vector\":1", DNC_ERROR_TENSORS},
    {CONFIG, "\"groups\":1", "\"groups\":0", DNC_ERROR_CONFIG},
    {CONFIG, "\"groups\":1", "\"groups\":2", DNC_ERROR_TENSORS},
    {CONFIG, "\"input\":{\"symbols\":2,\"symbolsPerStep\":1,\"vector\":0}", "\"input\":2", DNC_ERROR_METADATA},
    {CONFIG, "\"input\":{\"symbols\":2,\"symbolsPerStep\":1,\"vector\":0}", "\"input\":{}", DNC_ERROR_CONFIG},
    {CONFIG, "\"output\":{\"groups\":1,\"kind\":\"symbols\",\"size\":2}", "\"output\":[]", DNC_ERROR_METADATA},
    {CONFIG, "\"input\":{", "\"input\":{\"symbols\":2,", DNC_ERROR_METADATA},
    // The vocabulary.
    {VOCABULARY, NULL, "{}", DNC_ERROR_METADATA},
    {VOCABULARY, NULL, "{\"kind\":\"characters\"}", DNC_ERROR_METADATA},
    {VOCABULARY, NULL, "{\"symbols\":[\"a\",\"b\"]}", DNC_ERROR_METADATA},
    {VOCABULARY, NULL, "{\"kind\":\"lines\",\"symbols\":[\"a\",\"b\"]}", DNC_ERROR_METADATA},
    {VOCABULARY, NULL, "{\"kind\":\"words\",\"symbols\":[\"a\",\"b\"]}",
     DNC_ERROR_METADATA}, // of other tokens than the training's
    {VOCABULARY, NULL, "{\"kind\":\"characters\",\"symbols\":\"ab\"}", DNC_ERROR_METADATA},
    {VOCABULARY, NULL, "{\"kind\":\"characters\",\"symbols\":[\"a\",\"a\"]}", DNC_ERROR_METADATA},
    {VOCABULARY, NULL, "{\"kind\":\"characters\",\"symbols\":[\"b\",\"a\"]}", DNC_ERROR_METADATA},
    {VOCABULARY, NULL, "{\"kind\":\"characters\",\"symbols\":[\"a\",\"bc\"]}", DNC_ERROR_METADATA},
    {VOCABULARY, NULL, "{\"kind\":\"characters\",\"symbols\":[\"\",\"a\"]}", DNC_ERROR_METADATA},
    {VOCABULARY, NULL, "{\"kind\":\"characters\",\"symbols\":[\"a \",\"b\"]}", DNC_ERROR_METADATA},
    {VOCABULARY, NULL, "{\"kind\":\"characters\",\"symbols\":[\"a\" \"b\"]}", DNC_ERROR_METADATA},
    {VOCABULARY, NULL, "{\"kind\":\"characters\",\"symbols\":[\"a\",\"e\\u0301\"]}", DNC_ERROR_METADATA},
    {VOCABULARY, NULL, "{\"kind\":\"characters\",\"symbols\":[\"a\",98]}", DNC_ERROR_METADATA},
    {VOCABULARY, NULL, "{\"kind\":\"characters\",\"symbols\":[\"a\",\"b\"],\"symbols\":[\"a\",\"b\"]}", DNC_ERROR_METADATA},
    {VOCABULARY, NULL, "{\"kind\":\"bytes\",\"symbols\":[0,1]}", DNC_ERROR_METADATA},
    {VOCABULARY, NULL, "{\"kind\":\"bytes\",\"symbols\":[\"a\",\"b\"]}", DNC_ERROR_METADATA},
    // The training record.
    {TRAINING, NULL, "{}", DNC_ERROR_METADATA},
    {TRAINING, "\"step\":12", "\"step\":-1", DNC_ERROR_METADATA},
    {TRAINING, "\"step\":12", "\"step\":9223372036854775808", DNC_ERROR_METADATA},
    {TRAINING, "\"step\":12", "\"steps\":12", DNC_ERROR_METADATA},
    {TRAINING, "\"carryMemory\":true", "\"carryMemory\":1", DNC_ERROR_METADATA},
    {TRAINING, "\"carryMemory\":true", "\"carryMemory\":nottrue", DNC_ERROR_METADATA},
    {TRAINING, "\"carryMemory\"", "\"x\"", DNC_ERROR_METADATA},
    {TRAINING, "\"precision\":\"float\"", "\"precision\":\"half\"", DNC_ERROR_METADATA},
    {TRAINING, "\"precision\":\"float\"", "\"precision\":\"double\"", DNC_ERROR_TENSORS},
    {TRAINING, "\"precision\"", "\"x\"", DNC_ERROR_METADATA},
    {TRAINING, "\"sequenceLength\":8", "\"sequenceLength\":0", DNC_ERROR_METADATA},
    {TRAINING,
     "true,\"model\":{\"hidden\":1,\"model\":\"rnn\"},\"precision\":\"float\",\"seed\":18446744073709551615,"
     "\"sequenceLength\":8",
     "false,\"model\":{\"hidden\":1,\"model\":\"rnn\"},\"precision\":\"float\",\"seed\":18446744073709551615",
     DNC_ERROR_METADATA},
    {TRAINING,
     "true,\"model\":{\"controller\":\"tanh\",\"hidden\":1},\"precision\":\"float\",\"seed\":18446744073709551615,"
     "\"sequenceLength\":8",
     "false,\"model\":{\"controller\":\"tanh\",\"hidden\":1},\"precision\":\"float\",\"seed\":18446744073709551615",
     DNC_ERROR_METADATA},
    {TRAINING, "\"tokens\":\"characters\"", "\"tokens\":\"bytes\"", DNC_ERROR_METADATA},
    {TRAINING, "\"tokens\"", "\"x\"", DNC_ERROR_METADATA},
    {TRAINING, "\"model\":{", "\"model\":{\"slots\":2,", DNC_ERROR_METADATA},
    {TRAINING, "\"model\":{", "\"x\":{", DNC_ERROR_METADATA},
    {TRAINING, "\"model\":{", "\"model\":{\"layers\":2,", DNC_ERROR_METADATA},
    {TRAINING, "\"model\":{", "\"model\":{\"memory\":\"dnc\",", DNC_ERROR_METADATA},
    {TRAINING, "\"model\":{", "\"model\":{\"activation\":\"relu\",", DNC_ERROR_METADATA},
    {TRAINING, "\"controller\":\"tanh\",", "", DNC_ERROR_METADATA}, // an LSTM
    // Tensors.
    {TENSORS, "[0,8]", "[0,7]", DNC_ERROR_FORMAT},
    {TENSORS, "[0,8]", "[8,0]", DNC_ERROR_FORMAT},
    {TENSORS, "[0,8]", "[0]", DNC_ERROR_FORMAT},
    {TENSORS, "[0,8]", "[0,8,8]", DNC_ERROR_FORMAT},
    {TENSORS, "[0,8]", "[8,16]", DNC_ERROR_FORMAT},
    {TENSORS, "[0,8]", "[-8,0]", DNC_ERROR_FORMAT},
    {TENSORS, "[0,8]", "[4,12]", DNC_ERROR_FORMAT},
    {TENSORS, "[0,8]", "[9223372036854775799,9223372036854775807]", DNC_ERROR_TRUNCATED},
    {TENSORS, "[0,8]", "[18446744073709551608,18446744073709551616]", DNC_ERROR_FORMAT},
    {TENSORS, "[0,8]", "null", DNC_ERROR_FORMAT},
    {TENSORS, "[28,36]", "[36,44]", DNC_ERROR_TRUNCATED},
    {TENSORS, "\"shape\":[2]", "\"shape\":[3]", DNC_ERROR_FORMAT},
    {TENSORS, "\"shape\":[2]", "\"shape\":[]", DNC_ERROR_FORMAT},
    {TENSORS, "\"shape\":[2]", "\"shape\":[2,1]", DNC_ERROR_TENSORS},
    {TENSORS, "\"shape\":[2]", "\"shape\":[1,2]", DNC_ERROR_TENSORS},
    {TENSORS, "\"shape\":[2,1]", "\"shape\":[1,2]", DNC_ERROR_TENSORS},
    {TENSORS, "\"shape\":[2,1]", "\"shape\":[2,1,1,1,1]", DNC_ERROR_TENSORS},
    {TENSORS, "\"shape\":[2]", "\"shape\":[9223372036854775807]", DNC_ERROR_FORMAT},
    {TENSORS, "\"shape\":[2]", "\"shape\":[6,3074457345618258603]", DNC_ERROR_FORMAT}, // = 2, modulo 2^64
    {TENSORS, "\"shape\":[2]", "\"shape\":[4611686018427387906]", DNC_ERROR_FORMAT},   // * 4 = 8, modulo 2^64
    {TENSORS, "\"shape\":[2]", "\"shape\":[02]", DNC_ERROR_FORMAT},
    {TENSORS, "\"shape\":[2]", "\"shape\":2", DNC_ERROR_FORMAT},
    {TENSORS, "\"shape\":[2]", "\"x\":[2]", DNC_ERROR_FORMAT},
    {TENSORS, "\"F32\"", "\"I32\"", DNC_ERROR_TENSORS},
    {TENSORS, "\"F32\"", "\"F16\"", DNC_ERROR_FORMAT},
    {TENSORS, "\"F32\"", "\"F64\"", DNC_ERROR_FORMAT},
    {TENSORS, "\"F32\"", "32", DNC_ERROR_FORMAT},
    {TENSORS, "\"dtype\":\"F32\",", "", DNC_ERROR_FORMAT},
    {TENSORS, "\"dtype\":\"F32\",", "\"dtype\":\"F32\",\"dtype\":\"F32\",", DNC_ERROR_FORMAT},
    {TENSORS, "output.bias", "output.bia", DNC_ERROR_TENSORS},
    {TENSORS, "output.bias", "interface.bias", DNC_ERROR_TENSORS},
    {TENSORS, "output.bias", "state.bias", DNC_ERROR_TENSORS},
    {TENSORS, "output.bias", "output.weight", DNC_ERROR_FORMAT}, // twice
    {TENSORS, "state.hidden", "states.hidden", DNC_ERROR_TENSORS},
    {TENSORS, "\"state.hidden\":{\"dtype\":\"F32\",\"shape\":[1,1],\"data_offsets\":[24,28]},", "",
     DNC_ERROR_FORMAT}, // a gap
    {TENSORS, "\"output.bias\"", TENSOR("state.x", "F32", "[1]", "[36,40]") ",\"output.bias\"", DNC_ERROR_TRUNCATED},
    {TENSORS, "\"output.bias\"", TENSOR("state.x", "F32", "[1]", "[0,4]") ",\"output.bias\"", DNC_ERROR_FORMAT},
};

// Of this schema, or of the one before, alone: in which the symbols are those of the vocabulary, however many.
static const change harmful_now[] = {
    {HEADER, "\"dnc.schema\":\"4\"", "\"dnc.schema\":4", DNC_ERROR_FORMAT},
    {HEADER, "\"dnc.schema\":\"4\"", "\"dnc.schema\":null", DNC_ERROR_FORMAT},
    {HEADER, "\"dnc.schema\":\"4\"", "\"dnc.schema\":\"4\",\"dnc.schema\":\"4\"", DNC_ERROR_FORMAT},
    {HEADER, "\"dnc.schema\":\"4\"", "\"dnc.schema\":\"4\",\"dnc.schem\\u0061\":\"4\"", DNC_ERROR_FORMAT},
    {HEADER, "\"dnc.schema\":\"4\"", "\"x\":\"\"", DNC_ERROR_NO_CHECKPOINT},
    {VOCABULARY, NULL, "{\"kind\":\"characters\",\"symbols\":[]}", DNC_ERROR_METADATA},
    {VOCABULARY, NULL, "{\"kind\":\"characters\",\"symbols\":[\"a\",\"b\",\"c\"]}", DNC_ERROR_METADATA},
    {VOCABULARY, NULL, "{\"kind\":\"characters\",\"symbols\":[\"a\"]}", DNC_ERROR_METADATA},
};
static const change harmful_before[] = {
    {VOCABULARY, NULL, "", DNC_ERROR_NO_CHECKPOINT},
    {VOCABULARY, NULL, "{\"kind\":\"characters\",\"symbols\":[]}", DNC_ERROR_CONFIG},
    {VOCABULARY, NULL, "{\"kind\":\"characters\",\"symbols\":[\"a\",\"b\",\"c\"]}", DNC_ERROR_TENSORS},
    {VOCABULARY, NULL, "{\"kind\":\"characters\",\"symbols\":[\"a\"]}", DNC_ERROR_TENSORS},
};

// Where the header is announced otherwise than it is, and where the data end early or late.
static void check_lengths(void) {
    opened checkpoint;
    file whole = build(NULL, 0, data, sizeof data, 0);
    const uint64_t length = whole.size - 8 - sizeof data;
    const struct {
        uint64_t length;
        dnc_status expected;
    } lengths[] = {{0, DNC_ERROR_FORMAT},
                   {1, DNC_ERROR_FORMAT},
                   {length - 1, DNC_ERROR_FORMAT},
                   {length + 1, DNC_ERROR_FORMAT},
                   {length + sizeof data, DNC_ERROR_FORMAT},
                   {length + sizeof data + 1, DNC_ERROR_TRUNCATED},
                   {2000000, DNC_ERROR_TRUNCATED},
                   {2000001, DNC_ERROR_FORMAT},
                   {1ull << 32, DNC_ERROR_FORMAT},
                   {INT64_MAX, DNC_ERROR_FORMAT},
                   {UINT64_MAX, DNC_ERROR_FORMAT}};
    for (size_t i = 0; i < COUNT(lengths); i++) {
        CHECK_CONTEXT("a header of %llu bytes", (unsigned long long)lengths[i].length);
        for (int j = 0; j < 8; j++)
            whole.bytes[j] = (unsigned char)(lengths[i].length >> 8 * j);
        CHECK_EQUAL(open_checkpoint(whole.bytes, whole.size, &checkpoint), lengths[i].expected);
    }
    free(whole.bytes);
    CHECK_CONTEXT("a file that ends within a character");
    const change torn = {HEADER, NULL, "{\"\xe2\x82", DNC_ERROR_FORMAT};
    whole = build(&torn, 1, data, 0, 0);
    CHECK_EQUAL(open_checkpoint(whole.bytes, whole.size, &checkpoint), DNC_ERROR_FORMAT);
    free(whole.bytes);
    CHECK_CONTEXT("data of another length");
    const float longer[COUNT(data) + 1] = {1};
    whole = build(NULL, 0, longer, sizeof longer, 0);
    CHECK_EQUAL(open_checkpoint(whole.bytes, whole.size, &checkpoint), DNC_ERROR_FORMAT);
    free(whole.bytes);
    whole = build(NULL, 0, data, sizeof data - 1, 0);
    CHECK_EQUAL(open_checkpoint(whole.bytes, whole.size, &checkpoint), DNC_ERROR_TRUNCATED);
    free(whole.bytes);
}

// Fingerprints of every length of data, since they say it in decimal digits and hash words of 8 bytes.
static void check_padding(void) {
    static unsigned char padded[1100];
    memcpy(padded, data, sizeof data);
    for (size_t more = 0; more + sizeof data <= sizeof padded; more++) {
        CHECK_CONTEXT("%zu bytes more", more);
        char tensor[200];
        snprintf(tensor, sizeof tensor, TENSOR("state.x", "U8", "[%zu]", "[36,%zu]") ",\"output.bias\"", more, more + 36);
        const change longer = {TENSORS, "\"output.bias\"", tensor, DNC_OK};
        opened checkpoint;
        file whole = build(&longer, 1, padded, sizeof data + more, 0);
        CHECK_EQUAL(open_checkpoint(whole.bytes, whole.size, &checkpoint), DNC_OK);
        free(whole.bytes);
    }
}

static void check_numbers(void) {
    static const float not_finite[] = {INFINITY, -INFINITY, NAN};
    for (size_t i = 0; i < COUNT(data); i++)
        for (size_t j = 0; j < COUNT(not_finite); j++) {
            CHECK_CONTEXT("number %zu is %g", i, (double)not_finite[j]);
            float numbers[COUNT(data)];
            opened checkpoint;
            memcpy(numbers, data, sizeof data);
            numbers[i] = not_finite[j];
            make_little_endian(32, numbers + i, 1);
            file whole = build(NULL, 0, numbers, sizeof numbers, 0);
            CHECK_EQUAL(open_checkpoint(whole.bytes, whole.size, &checkpoint), i == 6 ? DNC_OK : DNC_ERROR_NOT_FINITE);
            free(whole.bytes);
        }
}

// In double precision, with a number that no float can hold, and with a memory that is emptied.
static void check_double(void) {
    CHECK_CONTEXT("double");
    static const char tensors[] = TENSOR("controller.0.bias", "F64", "[1]", "[24,32]") "," TENSOR(
        "controller.0.weight_hh", "F64", "[1,1]",
        "[16,24]") "," TENSOR("controller.0.weight_ih", "F64", "[1,2]",
                              "[0,16]") "," TENSOR("output.bias", "F64", "[2]", "[48,64]") "," TENSOR("output.weight", "F64",
                                                                                                      "[2,1]", "[32,48]");
    const change changes[] = {
        {TRAINING, "float", "double", DNC_OK}, {TRAINING, "true", "false", DNC_OK}, {TENSORS, NULL, tensors, DNC_OK}};
    const double numbers[] = {1, 2, 3, 4, 5, 1e-300, 7, 1e300};
    double doubles[8];
    float floats[8] = {77, 77, 77, 77, 77, 77, 77, 77};
    opened checkpoint;
    double stored[COUNT(numbers)];
    memcpy(stored, numbers, sizeof numbers);
    make_little_endian(64, stored, COUNT(stored));
    file whole = build(changes, COUNT(changes), stored, sizeof stored, 0);
    CHECK_EQUAL(open_checkpoint(whole.bytes, whole.size, &checkpoint), DNC_OK);
    CHECK_EQUAL(checkpoint.about.bits, 64);
    CHECK_EQUAL(checkpoint.about.memory_lifetime, 8);
    CHECK_EQUAL(dnc_checkpoint_parameters_f64(&checkpoint.config, &checkpoint.about, doubles), DNC_OK);
    CHECK(memcmp(doubles, numbers, sizeof numbers) == 0);
    CHECK_EQUAL(dnc_checkpoint_parameters_f32(&checkpoint.config, &checkpoint.about, floats), DNC_ERROR_NOT_FINITE);
    for (int i = 0; i < 8; i++)
        CHECK_EQUAL(floats[i], 77);
    free(whole.bytes);
}

// Of the 256 bytes; with what else is wrong, it comes to the tensors, which are those of 2 symbols.
static void check_bytes(void) {
    static char list[room];
    const change changes[] = {{VOCABULARY, NULL, list, DNC_OK},
                              {TRAINING, "characters", "bytes", DNC_OK},
                              {CONFIG, "\"symbols\":2", "\"symbols\":256", DNC_OK},
                              {CONFIG, "\"size\":2", "\"size\":256", DNC_OK}};
    for (int wrong = -1; wrong <= 256; wrong++) {
        CHECK_CONTEXT("bytes, of which %d is wrong, schema %s", wrong, good_part(SCHEMA));
        char *at = append(list, "{\"kind\":\"bytes\",\"symbols\":[");
        for (int i = 0; i < (wrong == 256 ? 257 : 256); i++)
            at += sprintf(at, "%s%llu", i > 0 ? "," : "",
                          i == wrong && wrong < 256 ? (1ull << 32) + (unsigned)i : (unsigned)i);
        append(at, "]}");
        opened checkpoint;
        file whole = build(changes, is_of_before ? 2 : COUNT(changes), data, sizeof data, 0);
        CHECK_EQUAL(open_checkpoint(whole.bytes, whole.size, &checkpoint),
                    wrong < 0 ? DNC_ERROR_TENSORS : DNC_ERROR_METADATA);
        free(whole.bytes);
    }
}

// Models that cannot be, or not with these tensors, though configuration and training record agree.
static void check_models(void) {
    const dnc_status too_large = sizeof(size_t) < 8 ? DNC_ERROR_TOO_LARGE : DNC_ERROR_TENSORS;
    const struct {
        const char *from, *to;
        dnc_status expected;
    } models[] = {{"\"hidden\":1", "\"hidden\":0", DNC_ERROR_CONFIG},
                  {"\"hidden\":1", "\"hidden\":2", DNC_ERROR_TENSORS},
                  {"\"hidden\":1", "\"hidden\":1048576", too_large},
                  {"\"hidden\":1", "\"hidden\":1048577", DNC_ERROR_METADATA},
                  {"\"hidden\":1", "\"hidden\":1,\"x\":1", DNC_ERROR_METADATA},
                  {"\"model\":\"rnn\"", "\"model\":\"lstm\"", DNC_ERROR_TENSORS},
                  {"\"model\":\"rnn\"", "\"model\":\"dnc\"", DNC_ERROR_CONFIG},
                  {",\"model\":\"rnn\"", "", DNC_ERROR_TENSORS}, // an LSTM
                  {"\"controller\":\"tanh\"", "\"controller\":\"lstm\"", DNC_ERROR_TENSORS},
                  {"\"controller\":\"tanh\"", "\"controller\":\"feedForward\"", DNC_ERROR_CONFIG}};
    for (size_t i = 0; i < COUNT(models); i++) {
        CHECK_CONTEXT("%s -> %s, schema %s", models[i].from, models[i].to, good_part(SCHEMA));
        const change changes[] = {{CONFIG, models[i].from, models[i].to, DNC_OK},
                                  {TRAINING, models[i].from, models[i].to, DNC_OK}};
        if (!applies(&changes[0]))
            continue;
        opened checkpoint;
        file whole = build(changes, COUNT(changes), data, sizeof data, 0);
        CHECK_EQUAL(open_checkpoint(whole.bytes, whole.size, &checkpoint), models[i].expected);
        free(whole.bytes);
    }
}

// Other models that have these tensors, with and without a vocabulary.
static void check_parts(void) {
    const dnc_config text = configure(MODEL_RNN, 2, 1, 0, 0, 0);
    dnc_config several = text, bits = text, vectors = text;
    several.symbols_per_step = 3;
    bits.output = DNC_OUTPUT_BITS;
    vectors.input_symbols = vectors.symbols_per_step = 0, vectors.input_vector = 2, vectors.output = DNC_OUTPUT_REALS;
    const struct {
        change changes[2];
        const dnc_config *expected;
    } models[] = {
        {{{CONFIG, "\"symbolsPerStep\":1", "\"symbolsPerStep\":3", DNC_OK}}, &several},
        {{{CONFIG, "\"kind\":\"symbols\"", "\"kind\":\"bits\"", DNC_OK}}, &bits},
        {{{CONFIG, "\"symbols\":2,\"symbolsPerStep\":1,\"vector\":0", "\"vector\":2", DNC_OK},
          {CONFIG, "\"kind\":\"symbols\"", "\"kind\":\"reals\"", DNC_OK}},
         &vectors},
    };
    for (size_t i = 0; i < COUNT(models); i++)
        for (int has_vocabulary = 0; has_vocabulary <= 1; has_vocabulary++) {
            CHECK_CONTEXT("other model %zu, with a vocabulary %d", i, has_vocabulary);
            const change none = {SCHEMA, "4", "4", DNC_OK};
            change changes[4] = {models[i].changes[0], models[i].changes[1], none, none};
            if (changes[1].to == NULL)
                changes[1] = none;
            if (!has_vocabulary) {
                changes[2] = (change){VOCABULARY, NULL, "", DNC_OK};
                changes[3] = (change){TRAINING, ",\"tokens\":\"characters\"", "", DNC_OK};
            }
            opened checkpoint;
            uint32_t symbols[2] = {77, 77};
            double parameters[8];
            file whole = build(changes, COUNT(changes), data, sizeof data, 0);
            CHECK_EQUAL(open_checkpoint(whole.bytes, whole.size, &checkpoint), DNC_OK);
            CHECK(memcmp(&checkpoint.config, models[i].expected, sizeof checkpoint.config) == 0);
            CHECK_EQUAL(checkpoint.about.symbol_kind, has_vocabulary ? DNC_SYMBOLS_CHARACTERS : 0);
            CHECK_EQUAL(checkpoint.about.symbol_count, has_vocabulary ? 2 : 0);
            CHECK_EQUAL(dnc_checkpoint_symbols(&checkpoint.about, symbols),
                        has_vocabulary ? DNC_OK : DNC_ERROR_NULL_POINTER);
            CHECK_EQUAL(symbols[0], has_vocabulary ? '\n' : 77);
            CHECK_EQUAL(dnc_checkpoint_parameters_f64(&checkpoint.config, &checkpoint.about, parameters), DNC_OK);
            for (int j = 0; j < 8; j++)
                CHECK_EQUAL(parameters[j], j + 1);
            free(whole.bytes);
        }
}

// A key that this version does not know, wherever it is in a model: refused with a sentence that says so, and by its name.
static void check_unknown_keys(void) {
    static const char of_config[] =
        "dnc.config's model has a key that this version does not know; a later one wrote the file";
    static const char of_training[] =
        "dnc.training's model has a key that this version does not know; a later one wrote the file";
    static const struct {
        part where;
        const char *from, *to, *key;
    } keys[] = {
        {CONFIG, "{", "{\"sparsity\":0.5,", "sparsity"},
        {CONFIG, "\"hidden\":1", "\"hidden\":1,\"hiddens\":[1,2]", "hiddens"},
        {CONFIG, "\"width\":0", "\"width\":0,\"\":0", ""},
        {CONFIG, "\"input\":{", "\"input\":{\"w\u00f6rter\U0001F600\":{},", "w\u00f6rter\U0001F600"},
        {CONFIG, "\"input\":{", "\"input\":{\"w\\u00f6rter\\ud83d\\ude00\":1,", "w\u00f6rter\U0001F600"},
        {CONFIG, "\"size\":2", "\"size\":2,\"a\\\"b\\\\c\":\"x\"", "a\"b\\c"},
        {CONFIG, "\"size\":2", "\"size\":2,\"model\":\"rnn\"", "model"},
        {TRAINING, "\"model\":{", "\"model\":{\"sparsity\":0.5,", "sparsity"},
        {TRAINING, "\"model\":{", "\"model\":{\"input\":{\"x\":1},", "x"},
        {TRAINING, "\"model\":{", "\"model\":{\"output\":{\"\\u0079\":1},", "y"},
    };
    for (size_t i = 0; i < COUNT(keys); i++)
        for (int escaped = 0; escaped <= 1; escaped++) {
            const change c = {keys[i].where, keys[i].from, keys[i].to, DNC_ERROR_METADATA};
            CHECK_CONTEXT("unknown key %zu, escaped %d, schema %s", i, escaped, good_part(SCHEMA));
            if (!applies(&c) || (is_of_before && i >= 8))
                continue;
            opened checkpoint;
            char key[40];
            file whole = build(&c, 1, data, sizeof data, escaped);
            CHECK_EQUAL(open_checkpoint(whole.bytes, whole.size, &checkpoint), DNC_ERROR_METADATA);
            const char *problem = dnc_checkpoint_problem(whole.bytes, whole.size);
            CHECK(problem != NULL && strcmp(problem, keys[i].where == CONFIG ? of_config : of_training) == 0);
            CHECK_EQUAL(dnc_checkpoint_unknown_key(whole.bytes, whole.size, key, sizeof key), DNC_OK);
            CHECK(strcmp(key, keys[i].key) == 0);
            for (size_t size = 1; size <= strlen(keys[i].key) + 1;
                 size++) { // whole characters, as many as there is room for
                memset(key, 'x', sizeof key);
                CHECK_EQUAL(dnc_checkpoint_unknown_key(whole.bytes, whole.size, key, size), DNC_OK);
                size_t length = size - 1;
                while (((unsigned char)keys[i].key[length] & 0xc0) == 0x80)
                    length--;
                CHECK(strlen(key) == length && memcmp(key, keys[i].key, length) == 0);
                CHECK_EQUAL(key[size], 'x');
            }
            free(whole.bytes);
        }

    CHECK_CONTEXT("unknown key");
    char key[4] = "xxx";
    file whole = build(NULL, 0, data, sizeof data, 0);
    CHECK_EQUAL(dnc_checkpoint_unknown_key(NULL, whole.size, key, sizeof key), DNC_ERROR_NULL_POINTER);
    CHECK_EQUAL(dnc_checkpoint_unknown_key(whole.bytes, whole.size, NULL, sizeof key), DNC_ERROR_NULL_POINTER);
    CHECK_EQUAL(dnc_checkpoint_unknown_key(whole.bytes, whole.size, key, 0), DNC_ERROR_WORKSPACE_TOO_SMALL);
    CHECK_EQUAL(key[0], 'x');
    CHECK_EQUAL(dnc_checkpoint_unknown_key(whole.bytes, whole.size, key, sizeof key), DNC_OK);
    CHECK(strcmp(key, "") == 0); // nothing is unknown
    free(whole.bytes);
}

// As many tensors of training as a header has room for, and one more.
static void check_many_tensors(void) {
    static const struct {
        int count;
        dnc_status expected;
    } counts[] = {{58, DNC_OK},  {59, DNC_OK},  {64, DNC_OK},           {65, DNC_OK},
                  {200, DNC_OK}, {249, DNC_OK}, {250, DNC_ERROR_FORMAT}};
    static char entries[room];
    for (size_t i = 0; i < COUNT(counts); i++) { // besides six and the metadata
        char *at = entries;
        for (int k = 0; k < counts[i].count; k++)
            at += sprintf(at, TENSOR("optimizer.%d", "U8", "[0]", "[0,0]") ",", k);
        append(at, "\"output.bias\"");
        const change more = {TENSORS, "\"output.bias\"", entries, counts[i].expected};
        check_change(&more);
    }
}

// As many metadata as there may be, and one more; as deep as values may be, and one deeper.
static void check_limits(void) {
    static char entries[room];
    entries[0] = '\0';
    for (int count = 1; count <= 59; count++) { // besides the six
        sprintf(entries + strlen(entries), ",\"%d\":\"\"", count);
        const change more = {METADATA, NULL, entries, count <= 58 ? DNC_ERROR_DAMAGED : DNC_ERROR_FORMAT};
        check_change(&more);
    }
    const change deep = {HEADER, "\"output.bias\":{", "\"output.bias\":{\"x\":[[[[[[[[[[[[[[]]]]]]]]]]]]]],", DNC_OK};
    const change too_deep = {HEADER, "\"output.bias\":{", "\"output.bias\":{\"x\":[[[[[[[[[[[[[[[]]]]]]]]]]]]]]],",
                             DNC_ERROR_FORMAT};
    check_change(&deep);
    check_change(&too_deep);
}

// What does not depend on what the model is, once more in every schema.
static void check_schema(void) {
    check_harmless();
    check_words();
    for (size_t i = 0; i < COUNT(harmful); i++)
        if (applies(&harmful[i]))
            check_change(&harmful[i]);
    for (size_t i = 0; i < (is_of_before ? COUNT(harmful_before) : COUNT(harmful_now)); i++)
        check_change(is_of_before ? &harmful_before[i] : &harmful_now[i]);
    check_lengths();
    check_padding();
    check_numbers();
    check_double();
    check_bytes();
    check_models();
    check_unknown_keys();
    check_many_tensors();
    check_limits();
}

int main(void) {
    make_little_endian(32, data, COUNT(data));
    file whole = read_fixture();
    check_fixture(whole);
    check_misuse(whole);
    check_damage(whole);
    free(whole.bytes);
    for (int before = 0; before <= 1; before++) {
        is_of_before = before;
        check_schema();
    }
    is_of_before = false;
    check_parts();
    return check_report();
}
