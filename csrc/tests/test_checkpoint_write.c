// Writing checkpoints: every byte of a small one by hand, others read again, a real one written again, and what is refused.
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "dnc_checkpoint.h"
#include "harness.h"

// Bytes in a block of exactly their size, so that a sanitizer sees whoever goes beyond.
static unsigned char *block(size_t size) {
    unsigned char *bytes = malloc(size);
    require(bytes != NULL, "out of memory");
    return memset(bytes, 0xaa, size);
}

static int is_untouched(const unsigned char *bytes, size_t size) {
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != 0xaa)
            return 0;
    return 1;
}

static dnc_checkpoint describe(int bits, int kind, int64_t step, int64_t lifetime) {
    return (dnc_checkpoint){
        .struct_size = sizeof(dnc_checkpoint), .bits = bits, .symbol_kind = kind, .step = step, .memory_lifetime = lifetime};
}

static dnc_status write(int bits, const dnc_config *config, const dnc_checkpoint *about, const uint32_t *symbols,
                        const void *parameters, void *bytes, size_t size) {
    return bits == 32 ? dnc_checkpoint_write_f32(config, about, symbols, parameters, bytes, size)
                      : dnc_checkpoint_write_f64(config, about, symbols, parameters, bytes, size);
}

// ---- By hand ----

// Of the package's definition, in the plainest way; the bytes have room for 8 more.
static void fingerprint(unsigned char *bytes, size_t length, char *print) {
    uint64_t hash = 0xcbf29ce484222325u;
    memset(bytes + length, 0, 8);
    for (size_t i = 0; i <= length; i += 8) {
        uint64_t word = 0;
        for (size_t j = 0; j < 8; j++)
            word += (uint64_t)bytes[i + j] << 8 * j;
        hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 32;
    }
    sprintf(print, "%016llx-%zu", (unsigned long long)hash, length);
}

// An RNN of the symbols line end and e acute, with one hidden unit. Tensors are in the order of their names.
static void check_every_byte(void) {
    CHECK_CONTEXT("every byte");
    const dnc_config config = configure(MODEL_RNN, 2, 1, 0, 0, 0);
    const dnc_checkpoint about = describe(32, DNC_SYMBOLS_CHARACTERS, 12, 8);
    static const uint32_t symbols[] = {'\n', 0xe9};
    const float parameters[] = {1, 2, 3, 4, 5, 6, 7, -0.5f}; // weight_ih, weight_hh, bias, output.weight, output.bias
    static const unsigned char sorted[] = {0, 0, 0x80, 0x40, 0, 0, 0x40, 0x40, 0, 0, 0x80, 0x3f, 0, 0, 0,    0x40,
                                           0, 0, 0xe0, 0x40, 0, 0, 0,    0xbf, 0, 0, 0xa0, 0x40, 0, 0, 0xc0, 0x40};
    static const char metadata[] = "dnc.config\0{\"activation\":\"tanh\",\"controller\":\"tanh\",\"hidden\":1,\"input\":{"
                                   "\"symbols\":2,\"symbolsPerStep\":1,\"vector\":0},\"layers\":1,\"memory\":\"none\","
                                   "\"output\":{\"groups\":1,\"kind\":\"symbols\",\"size\":2},\"readHeads\":0,\"slots\":0,"
                                   "\"width\":0}\0"
                                   "dnc.fingerprint\0\"%s\"\0dnc.schema\0"
                                   "4\0"
                                   "dnc.training\0{\"configuration\":{\"carryMemory\":false,\"model\":{\"activation\":"
                                   "\"tanh\",\"controller\":\"tanh\",\"hidden\":1,\"layers\":1,\"memory\":\"none\","
                                   "\"readHeads\":0,\"slots\":0,\"width\":0},\"precision\":\"float\","
                                   "\"sequenceLength\":8,\"tokens\":\"characters\"},\"step\":12}\0"
                                   "dnc.vocabulary\0{\"kind\":\"characters\",\"symbols\":[\"\\n\",\"\u00e9\"]}\0format\0dnc";
    unsigned char text[2000];
    char of_data[40], of_metadata[40], header[2000];
    memcpy(text, sorted, sizeof sorted);
    fingerprint(text, sizeof sorted, of_data);
    size_t length = 0;
    for (size_t i = 0; i < sizeof metadata; i += strlen(metadata + i) + 1)
        length += (size_t)sprintf((char *)text + length, metadata + i, of_data) + 1;
    fingerprint(text, length, of_metadata);
    sprintf(
        header,
        "{\"__metadata__\":{\"dnc.config\":\"{\\\"activation\\\":\\\"tanh\\\",\\\"controller\\\":\\\"tanh\\\","
        "\\\"hidden\\\":1,\\\"input\\\":{\\\"symbols\\\":2,\\\"symbolsPerStep\\\":1,\\\"vector\\\":0},\\\"layers\\\":1,"
        "\\\"memory\\\":\\\"none\\\",\\\"output\\\":{\\\"groups\\\":1,\\\"kind\\\":\\\"symbols\\\",\\\"size\\\":2},"
        "\\\"readHeads\\\":0,\\\"slots\\\":0,\\\"width\\\":0}\",\"dnc.fingerprint\":\"\\\"%s\\\"\","
        "\"dnc.fingerprint.metadata\":\"\\\"%s\\\"\",\"dnc.schema\":\"4\",\"dnc.training\":\"{\\\"configuration\\\":{"
        "\\\"carryMemory\\\":false,\\\"model\\\":{\\\"activation\\\":\\\"tanh\\\",\\\"controller\\\":\\\"tanh\\\","
        "\\\"hidden\\\":1,\\\"layers\\\":1,\\\"memory\\\":\\\"none\\\",\\\"readHeads\\\":0,\\\"slots\\\":0,\\\"width\\\":0},"
        "\\\"precision\\\":\\\"float\\\",\\\"sequenceLength\\\":8,\\\"tokens\\\":\\\"characters\\\"},\\\"step\\\":12}\","
        "\"dnc.vocabulary\":\"{\\\"kind\\\":\\\"characters\\\",\\\"symbols\\\":[\\\"\\\\n\\\",\\\"\u00e9\\\"]}\","
        "\"format\":\"dnc\"},"
        "\"controller.0.bias\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
        "\"controller.0.weight_hh\":{\"dtype\":\"F32\",\"shape\":[1,1],\"data_offsets\":[4,8]},"
        "\"controller.0.weight_ih\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[8,16]},"
        "\"output.bias\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[16,24]},"
        "\"output.weight\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[24,32]}}",
        of_data, of_metadata);
    while (strlen(header) % 8 != 0)
        strcat(header, " ");
    const size_t expected = 8 + strlen(header) + sizeof sorted;
    size_t size = 0;
    CHECK_EQUAL(dnc_checkpoint_size(&config, &about, symbols, &size), DNC_OK);
    CHECK_EQUAL(size, expected);
    unsigned char *bytes = block(expected);
    CHECK_EQUAL(dnc_checkpoint_write_f32(&config, &about, symbols, parameters, bytes, expected), DNC_OK);
    CHECK_EQUAL(bytes[0] + 256 * bytes[1], strlen(header));
    for (int i = 2; i < 8; i++)
        CHECK_EQUAL(bytes[i], 0);
    CHECK(memcmp(bytes + 8, header, strlen(header)) == 0);
    CHECK(memcmp(bytes + expected - sizeof sorted, sorted, sizeof sorted) == 0);
    free(bytes);
}

// ---- Read again ----

// Whether the text is among the bytes.
static int holds(const unsigned char *bytes, size_t size, const char *text, size_t length) {
    for (size_t i = 0; i + length <= size; i++)
        if (memcmp(bytes + i, text, length) == 0)
            return 1;
    return 0;
}

// Writes a checkpoint, into no less than it needs, and reads it; to be freed.
static unsigned char *write_and_read(int bits, const dnc_config *config, const dnc_checkpoint *about,
                                     const uint32_t *symbols, const void *parameters, size_t *size) {
    require(dnc_checkpoint_size(config, about, symbols, size) == DNC_OK, "dnc_checkpoint_size");
    for (size_t less = 1; less <= *size; less += less < (size_t)repetitions(2, 9, 9) ? 1 : *size / 5) {
        unsigned char *short_of = block(*size - less + 1);
        CHECK_EQUAL(write(bits, config, about, symbols, parameters, short_of, *size - less), DNC_ERROR_WORKSPACE_TOO_SMALL);
        CHECK(is_untouched(short_of, *size - less + 1));
        free(short_of);
    }
    unsigned char *bytes = block(*size), *roomy = block(*size + 100);
    CHECK_EQUAL(write(bits, config, about, symbols, parameters, bytes, *size), DNC_OK);
    CHECK_EQUAL(write(bits, config, about, symbols, parameters, roomy, *size + 100), DNC_OK);
    CHECK(memcmp(bytes, roomy, *size) == 0 && is_untouched(roomy + *size, 100));
    free(roomy);

    dnc_config read = {.struct_size = sizeof read};
    dnc_checkpoint found = {.struct_size = sizeof found};
    CHECK_EQUAL(dnc_checkpoint_read(bytes, *size, &read, &found), DNC_OK);
    CHECK(memcmp(&read, config, sizeof read) == 0);
    CHECK(found.bits == about->bits && found.symbol_kind == about->symbol_kind);
    CHECK(found.step == about->step && found.memory_lifetime == about->memory_lifetime);
    const int32_t count = config->input_symbols > 0 ? config->input_symbols : config->output_size;
    uint32_t *again = numbers_create(32, (size_t)count);
    CHECK_EQUAL(found.symbol_count, about->symbol_kind == 0 ? 0 : count);
    CHECK_EQUAL(dnc_checkpoint_symbols(&found, again), about->symbol_kind == 0 ? DNC_ERROR_NULL_POINTER : DNC_OK);
    for (int32_t i = 0; i < found.symbol_count; i++)
        CHECK_EQUAL(again[i], symbols == NULL ? (uint32_t)i : symbols[i]);
    double *values = numbers_create(64, found.parameter_count);
    CHECK_EQUAL(dnc_checkpoint_parameters_f64(&read, &found, values), DNC_OK);
    for (size_t i = 0; i < found.parameter_count; i++) {
        const double given = number(bits, parameters, i);
        CHECK_EQUAL(values[i], about->bits == 32 ? (double)(float)given : given);
    }
    free(again);
    free(values);
    return bytes;
}

static void check_networks(void) {
    uint64_t source = 1;
    static const int64_t steps[] = {0, 9, 10, 123456789, (1ll << 53) - 1}, lifetimes[] = {0, 1, 32, 1ll << 40};
    for (model its_model = MODEL_RNN; its_model < MODELS_END; its_model++)
        for (int round = 0; round < 20; round++) {
            const int bits = round % 2 ? 32 : 64, kind = round % 5 ? DNC_SYMBOLS_CHARACTERS : DNC_SYMBOLS_BYTES;
            const int32_t V = kind == DNC_SYMBOLS_BYTES ? 256 : 1 + random_below(&source, 60);
            const dnc_config config = configure(its_model, V, 1 + random_below(&source, 9), 1 + random_below(&source, 5),
                                                1 + random_below(&source, 5), 1 + random_below(&source, 3));
            const dnc_checkpoint about = describe(round % 3 ? 32 : 64, kind, steps[round % 5], lifetimes[round % 4]);
            CHECK_CONTEXT("%s of %d symbols, f%d", model_name(&config), (int)V, bits);
            uint32_t symbols[256];
            for (uint32_t i = 0, symbol = 0; i < 256; i++)
                symbols[i] = kind == DNC_SYMBOLS_BYTES ? i : (symbol += 1 + (uint32_t)random_below(&source, 200));
            network net = network_create(&config, bits, 1, 1);
            network_draw_parameters(&net, &source, 2);
            size_t size;
            free(write_and_read(bits, &config, &about, kind == DNC_SYMBOLS_BYTES && round % 2 ? NULL : symbols,
                                net.parameters, &size));
            network_destroy(&net);
        }
}

// Every combination of parts, with a vocabulary where it has one alphabet, and without.
static void check_combinations(void) {
    static const uint32_t letters[] = {'a', 'b', 'c', 'd', 'e'};
    uint64_t source = 2;
    dnc_config config = {.hidden = 4, .slots = 3, .width = 2, .read_heads = 2};
    int with_vocabulary = 0;
    for (int i = 0; combination(i, &config); i += repetitions(11, 1, 1)) {
        const int bits = i % 2 ? 32 : 64;
        network net = network_create(&config, bits, 1, 1);
        network_draw_parameters(&net, &source, 2);
        size_t size, refused;
        CHECK_CONTEXT("combination %d", i);
        const dnc_checkpoint bare = describe(bits, 0, i, i % 3), about = describe(bits, DNC_SYMBOLS_CHARACTERS, i, i % 3);
        unsigned char *bytes = write_and_read(bits, &config, &bare, NULL, net.parameters, &size);
        CHECK(!holds(bytes, size, "dnc.vocabulary", 14) && !holds(bytes, size, "tokens", 6));
        free(bytes);
        const int answers = config.output == DNC_OUTPUT_SYMBOLS, reads = config.input_symbols > 0;
        if (answers && reads ? config.input_symbols == config.output_size : answers || reads) {
            with_vocabulary++;
            bytes = write_and_read(bits, &config, &about, letters, net.parameters, &size);
            CHECK(holds(bytes, size, "dnc.vocabulary", 14) && holds(bytes, size, "tokens", 6));
            free(bytes);
        } else {
            CHECK_EQUAL(dnc_checkpoint_size(&config, &about, letters, &refused), DNC_ERROR_METADATA);
        }
        network_destroy(&net);
        config = (dnc_config){.hidden = 4, .slots = 3, .width = 2, .read_heads = 2};
    }
    CHECK(with_vocabulary > 0);
}

// What others do otherwise, and numbers that are no short decimals.
static void check_variants(void) {
    static const float numbers[] = {0.1f, 1e-6f, 0.33333334f, 0.99999994f, 1.17e-5f, 1};
    uint64_t source = 3;
    for (int i = 0; i < variant_count; i++) {
        dnc_config config = variant(i);
        if (config.masks)
            config.mask_minimum = numbers[i % (int)COUNT(numbers)];
        if (config.interface_clip > 0)
            config.interface_clip = i % 2 ? 20 : 12345.678f;
        if (config.activation_clip > 0)
            config.activation_clip = i % 2 ? 20 : 1.0000001f;
        network net = network_create(&config, 32, 1, 1);
        network_draw_parameters(&net, &source, 2);
        size_t size;
        CHECK_CONTEXT("%s, %d", variant_name(i), i);
        const dnc_checkpoint bare = describe(32, 0, i, 0);
        free(write_and_read(32, &config, &bare, NULL, net.parameters, &size));
        network_destroy(&net);
    }
}

// Characters of every length in UTF-8, all that JSON escapes, and the edges of what is none.
static void check_characters(void) {
    CHECK_CONTEXT("characters");
    static const uint32_t edges[] = {0x7ff, 0x800, 0xd7ff, 0xe000, 0xfffd, 0xffff, 0x10000, 0x1f600, 0x10ffff};
    uint32_t symbols[0x90 + COUNT(edges)];
    for (uint32_t i = 0; i < 0x90; i++)
        symbols[i] = i;
    memcpy(symbols + 0x90, edges, sizeof edges);
    const dnc_config config = configure(MODEL_LSTM, COUNT(symbols), 1, 0, 0, 0);
    const dnc_checkpoint about = describe(32, DNC_SYMBOLS_CHARACTERS, 1, 0);
    network net = network_create(&config, 32, 1, 1);
    size_t size;
    free(write_and_read(32, &config, &about, symbols, net.parameters, &size));
    network_destroy(&net);
}

// As many characters as there may be fit, though they are the longest that there are that many of.
static void check_most_characters(void) {
    CHECK_CONTEXT("most characters");
    enum { most = 200000 };
    uint32_t *symbols = numbers_create(32, most + 1);
    for (uint32_t i = 0; i < 32; i++)
        symbols[i] = i;
    for (uint32_t i = 32; i <= most; i++)
        symbols[i] = 0x10ffff - most + i;
    dnc_config config = configure(MODEL_RNN, most, 1, 0, 0, 0);
    const dnc_checkpoint about = describe(32, DNC_SYMBOLS_CHARACTERS, 1, 0);
    size_t count, size;
    require(dnc_parameter_count(&config, &count) == DNC_OK, "dnc_parameter_count");
    float *parameters = numbers_create(32, count);
    free(write_and_read(32, &config, &about, symbols, parameters, &size));
    config.input_symbols++, config.output_size++;
    CHECK_EQUAL(dnc_checkpoint_size(&config, &about, symbols, &size), DNC_ERROR_TOO_LARGE);
    free(parameters);
    free(symbols);
}

// ---- A real one ----

// What the command wrote, written again: its words for the vocabulary, its parameters, and nothing of its training; but the
// configuration in the words of today.
static void check_fixture(void) {
    CHECK_CONTEXT("fixture");
    static unsigned char fixture[1 << 15];
    FILE *input = fopen("tests/fixtures/small.safetensors", "rb");
    require(input != NULL, "run in the folder csrc, from which tests/fixtures/small.safetensors is opened");
    size_t size = fread(fixture, 1, sizeof fixture, input);
    fclose(input);
    dnc_config config = {.struct_size = sizeof config};
    dnc_checkpoint about = {.struct_size = sizeof about};
    uint32_t symbols[22];
    float parameters[872], again[872];
    require(dnc_checkpoint_read(fixture, size, &config, &about) == DNC_OK, "dnc_checkpoint_read");
    require(config.input_symbols == 22 && about.parameter_count == 872, "the fixture is another one");
    require(dnc_checkpoint_symbols(&about, symbols) == DNC_OK, "dnc_checkpoint_symbols");
    require(dnc_checkpoint_parameters_f32(&config, &about, parameters) == DNC_OK, "dnc_checkpoint_parameters_f32");

    size_t written;
    unsigned char *bytes = write_and_read(32, &config, &about, symbols, parameters, &written);
    static const char *const keys[] = {"\"dnc.vocabulary\":\"", "\"format\":\""};
    for (size_t i = 0; i < COUNT(keys); i++) {
        const char *begin = strstr((const char *)fixture + 8, keys[i]), *end = begin + strlen(keys[i]);
        while (*end != '"')
            end += *end == '\\' ? 2 : 1;
        CHECK(holds(bytes, written, begin, (size_t)(end + 1 - begin)));
    }
    static const char config_now[] =
        "\"dnc.config\":\"{\\\"activation\\\":\\\"tanh\\\",\\\"controller\\\":\\\"lstm\\\",\\\"hidden\\\":5,";
    CHECK(holds(bytes, written, config_now, strlen(config_now)));
    CHECK(holds(bytes, written, "\"dnc.schema\":\"4\"", 16));
    CHECK(!holds(bytes, written, "optimizer", 9) && !holds(bytes, written, "state.", 6));
    dnc_config read = {.struct_size = sizeof read};
    dnc_checkpoint found = {.struct_size = sizeof found};
    CHECK_EQUAL(dnc_checkpoint_read(bytes, written, &read, &found), DNC_OK);
    CHECK_EQUAL(dnc_checkpoint_parameters_f32(&read, &found, again), DNC_OK);
    CHECK(memcmp(parameters, again, sizeof again) == 0);
    unsigned char *twice = block(written);
    CHECK_EQUAL(dnc_checkpoint_write_f32(&read, &found, symbols, again, twice, written), DNC_OK);
    CHECK(memcmp(bytes, twice, written) == 0);
    free(bytes);
    free(twice);
}

// ---- Refused ----

static void check_refused(void) {
    const dnc_config good_config = configure(MODEL_DNC, 3, 2, 2, 2, 1);
    const dnc_checkpoint good_about = describe(32, DNC_SYMBOLS_CHARACTERS, 5, 0);
    static const uint32_t good_symbols[] = {'a', 'b', 'c'};
    size_t count, size;
    require(dnc_parameter_count(&good_config, &count) == DNC_OK, "dnc_parameter_count");
    require(dnc_checkpoint_size(&good_config, &good_about, good_symbols, &size) == DNC_OK, "dnc_checkpoint_size");
    double *parameters = numbers_create(64, count);
    unsigned char *bytes = block(size);
#define REFUSED(expected, change)                                                                                           \
    do {                                                                                                                    \
        dnc_config changed = good_config, *config = &changed;                                                               \
        dnc_checkpoint description = good_about, *about = &description;                                                     \
        uint32_t room[] = {'a', 'b', 'c'}, *symbols = room;                                                                 \
        size_t answer = 77;                                                                                                 \
        CHECK_CONTEXT("refused: %s", #change);                                                                              \
        change;                                                                                                             \
        CHECK_EQUAL(dnc_checkpoint_size(config, about, symbols, &answer), expected);                                        \
        CHECK_EQUAL(answer, 77);                                                                                            \
        CHECK_EQUAL(dnc_checkpoint_write_f64(config, about, symbols, parameters, bytes, size), expected);                   \
        CHECK(is_untouched(bytes, size));                                                                                   \
    } while (0)
    REFUSED(DNC_ERROR_NULL_POINTER, config = NULL);
    REFUSED(DNC_ERROR_NULL_POINTER, about = NULL);
    REFUSED(DNC_ERROR_METADATA, symbols = NULL);
    REFUSED(DNC_ERROR_STRUCT_SIZE, config->struct_size++);
    REFUSED(DNC_ERROR_STRUCT_SIZE, about->struct_size = 0);
    REFUSED(DNC_ERROR_CONFIG, config->hidden = 0);
    REFUSED(DNC_ERROR_METADATA, about->bits = 16);
    REFUSED(DNC_ERROR_METADATA, about->symbol_kind = 0);    // and symbols
    REFUSED(DNC_ERROR_METADATA, config->input_symbols = 4); // two alphabets
    REFUSED(DNC_ERROR_METADATA, config->output_size = 2);
    REFUSED(DNC_ERROR_METADATA, (config->input_symbols = config->symbols_per_step = 0, config->input_vector = 3,
                                 config->output = DNC_OUTPUT_BITS)); // and none
    REFUSED(DNC_ERROR_METADATA, about->symbol_kind = 3);
    REFUSED(DNC_ERROR_METADATA, about->symbol_kind = DNC_SYMBOLS_BYTES); // of which there are 256
    REFUSED(DNC_ERROR_METADATA, about->step = -1);
    REFUSED(DNC_ERROR_METADATA, about->step = 1ll << 53);
    REFUSED(DNC_ERROR_METADATA, about->memory_lifetime = -1);
    REFUSED(DNC_ERROR_METADATA, about->memory_lifetime = (1ll << 40) + 1);
    REFUSED(DNC_ERROR_METADATA, symbols[1] = 'a');
    REFUSED(DNC_ERROR_METADATA, symbols[2] = 0);
    REFUSED(DNC_ERROR_METADATA, symbols[2] = 0x110000);
    REFUSED(DNC_ERROR_METADATA, symbols[2] = 0xd800);
    REFUSED(DNC_ERROR_METADATA, symbols[2] = 0xdfff);

    CHECK_CONTEXT("refused");
    CHECK_EQUAL(dnc_checkpoint_size(&good_config, &good_about, good_symbols, NULL), DNC_ERROR_NULL_POINTER);
    CHECK_EQUAL(dnc_checkpoint_write_f64(&good_config, &good_about, good_symbols, NULL, bytes, size),
                DNC_ERROR_NULL_POINTER);
    CHECK_EQUAL(dnc_checkpoint_write_f32(&good_config, &good_about, good_symbols, NULL, bytes, size),
                DNC_ERROR_NULL_POINTER);
    CHECK_EQUAL(dnc_checkpoint_write_f64(&good_config, &good_about, good_symbols, parameters, NULL, size),
                DNC_ERROR_NULL_POINTER);
    static const double bad[] = {INFINITY, -INFINITY, NAN, 1e39}; // the last, for a float
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < COUNT(bad); j++) {
            parameters[i] = bad[j];
            CHECK_EQUAL(dnc_checkpoint_write_f64(&good_config, &good_about, good_symbols, parameters, bytes, size),
                        DNC_ERROR_NOT_FINITE);
            CHECK(is_untouched(bytes, size));
            parameters[i] = 0;
        }
    free(parameters);
    free(bytes);

    CHECK_CONTEXT("bytes");
    const dnc_config of_bytes = configure(MODEL_RNN, 256, 1, 0, 0, 0);
    const dnc_checkpoint about = describe(32, DNC_SYMBOLS_BYTES, 5, 0);
    uint32_t symbols[256];
    for (uint32_t i = 0; i < 256; i++)
        symbols[i] = i;
    CHECK_EQUAL(dnc_checkpoint_size(&of_bytes, &about, symbols, &size), DNC_OK);
    symbols[255] = 256;
    CHECK_EQUAL(dnc_checkpoint_size(&of_bytes, &about, symbols, &size), DNC_ERROR_METADATA);
}

int main(void) {
    check_every_byte();
    check_networks();
    check_combinations();
    check_variants();
    check_characters();
    check_most_characters();
    check_fixture();
    check_refused();
    return check_report();
}
