// Random numbers, the drawing of symbols and its narrowing: published numbers, a slow reference, misuse.
#include <float.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "harness.h"

static void check_random(void) {
    CHECK_CONTEXT("random");
    // What the authors' C programs print: xoshiro256** started at 1, 2, 3, 4, and SplitMix64 at 1234567.
    static const uint64_t published[] = {11520,
                                         0,
                                         1509978240,
                                         1215971899390074240,
                                         1216172134540287360,
                                         607988272756665600,
                                         16172922978634559625u,
                                         8476171486693032832};
    static const uint64_t seeded[] = {6457827717110365317, 3203168211198807973, 9817491932198370423u, 4593380528125082431};
    dnc_random random = {{1, 2, 3, 4}}, same = random;
    for (size_t i = 0; i < COUNT(published); i++) {
        uint64_t bits;
        double uniform;
        CHECK_EQUAL(dnc_random_next(&random, &bits), DNC_OK);
        CHECK(bits == published[i]);
        CHECK_EQUAL(dnc_random_uniform(&same, &uniform), DNC_OK);
        CHECK_EQUAL(uniform, ldexp((double)(published[i] / 2048), -53));
    }
    CHECK_EQUAL(dnc_random_seed(&random, 1234567), DNC_OK);
    CHECK(memcmp(random.word, seeded, sizeof seeded) == 0);
}

// ---- Drawing ----

static dnc_status draw(int bits, const void *logits, int32_t symbols, double temperature, int32_t top_k, dnc_random *random,
                       dnc_candidate *candidates, int32_t *symbol) {
    return bits == 32 ? dnc_draw_f32(logits, symbols, temperature, top_k, random, candidates, symbol)
                      : dnc_draw_f64(logits, symbols, temperature, top_k, random, candidates, symbol);
}

static int by_weight(const void *a, const void *b) {
    const dnc_candidate *one = a, *other = b;
    return one->weight != other->weight ? (one->weight < other->weight) - (one->weight > other->weight)
                                        : (one->symbol > other->symbol) - (one->symbol < other->symbol);
}

// Logits of few different values, so that there are ties. The order is that of qsort, the symbol that of the cumulated softmax.
static void check_drawing(int bits, int32_t symbols, double temperature, int32_t top_k, uint64_t *source) {
    CHECK_CONTEXT("f%d, %d symbols, temperature %g, top %d", bits, (int)symbols, temperature, (int)top_k);
    void *logits = numbers_create(bits, (size_t)symbols);
    dnc_candidate *sorted = calloc((size_t)symbols, sizeof *sorted), *used = calloc((size_t)symbols, sizeof *used);
    require(sorted != NULL && used != NULL, "out of memory");
    for (int32_t i = 0; i < symbols; i++) {
        set_number(bits, logits, (size_t)i, random_below(source, 9) * 0.7 - 3);
        sorted[i] = (dnc_candidate){number(bits, logits, (size_t)i), i};
    }
    int32_t count = temperature == 0 ? 1 : top_k == 0 || top_k > symbols ? symbols : top_k;
    if (count < symbols)
        qsort(sorted, (size_t)symbols, sizeof *sorted, by_weight);
    double largest = sorted[0].weight, sum = 0;
    for (int32_t i = 0; i < count; i++)
        largest = fmax(largest, sorted[i].weight);
    for (int32_t i = 0; i < count; i++)
        sum += exp((sorted[i].weight - largest) / temperature);

    dnc_random random, copy;
    require(dnc_random_seed(&random, *source) == DNC_OK, "dnc_random_seed");
    for (int draws = 0; draws < 20; draws++) {
        int32_t symbol = -1;
        double uniform, below = 0;
        copy = random;
        CHECK_EQUAL(draw(bits, logits, symbols, temperature, top_k, &random, used, &symbol), DNC_OK);
        CHECK_EQUAL(dnc_random_uniform(&copy, &uniform), DNC_OK);
        CHECK(memcmp(&copy, &random, sizeof random) == 0); // one number has been taken
        for (int32_t i = 0; i < count; i++) {
            const double weight = temperature == 0 ? 1 : exp((sorted[i].weight - largest) / temperature);
            CHECK_EQUAL(used[i].symbol, sorted[i].symbol);
            CHECK_CLOSE(used[i].weight, weight, 1e-15);
            if (symbol == sorted[i].symbol)
                CHECK(count == 1 || (below / sum <= uniform + 1e-12 && uniform - 1e-12 <= (below + weight) / sum));
            below += weight;
        }
        CHECK(0 <= symbol && symbol < symbols);
    }
    free(logits);
    free(sorted);
    free(used);
}

// With some symbols masked, what is drawn is what is drawn from the others alone, by the same random number.
static void check_masked(int bits, int32_t symbols, double temperature, int32_t top_k, uint64_t *source) {
    CHECK_CONTEXT("f%d, %d symbols, some masked, temperature %g, top %d", bits, (int)symbols, temperature, (int)top_k);
    void *logits = numbers_create(bits, (size_t)symbols), *rest = numbers_create(bits, (size_t)symbols);
    dnc_candidate *used = calloc((size_t)symbols, sizeof *used);
    int32_t *kept = calloc((size_t)symbols, sizeof *kept), count = 0;
    require(used != NULL && kept != NULL, "out of memory");
    for (int32_t i = 0; i < symbols; i++) {
        const bool is_masked = random_below(source, 3) > 0 && !(count == 0 && i == symbols - 1);
        set_number(bits, logits, (size_t)i, is_masked ? -INFINITY : random_below(source, 9) * 0.7 - 3);
        if (!is_masked) {
            set_number(bits, rest, (size_t)count, number(bits, logits, (size_t)i));
            kept[count++] = i;
        }
    }
    dnc_random random, copy;
    require(dnc_random_seed(&random, *source) == DNC_OK, "dnc_random_seed");
    copy = random;
    for (int draws = 0; draws < 50; draws++) {
        int32_t symbol = -1, alone = -1;
        CHECK_EQUAL(draw(bits, logits, symbols, temperature, top_k, &random, used, &symbol), DNC_OK);
        CHECK_EQUAL(draw(bits, rest, count, temperature, top_k, &copy, used, &alone), DNC_OK);
        CHECK(alone >= 0 && symbol == kept[alone]);
        CHECK(memcmp(&copy, &random, sizeof random) == 0);
    }
    free(logits), free(rest), free(used), free(kept);
}

// Where rounding leaves a remainder behind the last symbol that has a probability, that is drawn, and none of those that
// follow. The largest random number below 1 is made of its state: the first output is rotate(5 word[1], 7) * 9.
static void check_remainder(void) {
    CHECK_CONTEXT("remainder");
    const uint64_t inverse_of_9 = 0x8e38e38e38e38e39u, inverse_of_5 = 0xcccccccccccccccdu;
    const uint64_t rotated = UINT64_MAX * inverse_of_9;
    const dnc_random largest = {{1, (rotated >> 7 | rotated << 57) * inverse_of_5, 3, 4}};
    double uniform, logits[100];
    dnc_random random = largest;
    CHECK_EQUAL(dnc_random_uniform(&random, &uniform), DNC_OK);
    CHECK_EQUAL(uniform, 1 - 0x1p-53);
    uint64_t source = 1;
    for (int round = 0; round < 2000; round++) {
        dnc_candidate used[100];
        int32_t symbol = -1, last = random_below(&source, 50);
        for (int i = 0; i < 100; i++)
            logits[i] = i > last ? -INFINITY : random_uniform(&source, -1, 1);
        random = largest;
        CHECK_EQUAL(dnc_draw_f64(logits, 100, 1, 0, &random, used, &symbol), DNC_OK);
        CHECK(symbol <= last);
    }
}

static void check_extremes(void) {
    CHECK_CONTEXT("extremes");
    dnc_random random;
    dnc_candidate used[3];
    int32_t symbol;
    require(dnc_random_seed(&random, 1) == DNC_OK, "dnc_random_seed");
    const double far_apart[] = {-DBL_MAX, DBL_MAX, 0};
    for (int i = 0; i < 50; i++) {
        CHECK_EQUAL(dnc_draw_f64(far_apart, 3, 1, 0, &random, used, &symbol), DNC_OK);
        CHECK_EQUAL(symbol, 1);
        CHECK_EQUAL(dnc_draw_f64((double[]){1, 1 + DBL_EPSILON, 1}, 3, 5e-324, 0, &random, used, &symbol), DNC_OK);
        CHECK_EQUAL(symbol, 1);
        CHECK_EQUAL(dnc_draw_f64(far_apart, 3, DBL_MAX, 2, &random, used, &symbol), DNC_OK);
        CHECK(symbol == 1 || symbol == 2);
        CHECK_EQUAL(dnc_draw_f64((double[]){7, 7, 7}, 3, -0.0, 0, &random, used, &symbol), DNC_OK);
        CHECK_EQUAL(symbol, 0);
    }
}

// ---- Narrowing ----

static dnc_status narrow(int bits, void *logits, int32_t symbols, const dnc_narrowing *how, dnc_candidate *candidates) {
    return bits == 32 ? dnc_narrow_f32(logits, symbols, how, candidates) : dnc_narrow_f64(logits, symbols, how, candidates);
}

// By the words of dnc.h: every logit afterwards is minus infinity where the symbol goes, and else what it was, or what the penalty
// makes of it.
static void check_narrowing(int bits, int32_t symbols, const dnc_narrowing *how, uint64_t *source) {
    CHECK_CONTEXT("f%d, %d symbols, temperature %g, top-p %g, min-p %g, penalty %g of %d", bits, (int)symbols,
                  how->temperature, how->top_p, how->min_p, how->repetition_penalty, (int)how->recent_count);
    void *const logits = numbers_create(bits, (size_t)symbols);
    double *const expected = calloc((size_t)symbols, sizeof *expected);
    dnc_candidate *sorted = calloc((size_t)symbols, sizeof *sorted), *used = calloc((size_t)symbols, sizeof *used);
    require(expected != NULL && sorted != NULL && used != NULL, "out of memory");
    double highest = -INFINITY, sum = 0, before = 0;
    for (int32_t i = 0; i < symbols; i++) {
        const bool is_masked = i > 0 && random_below(source, 5) == 0;
        set_number(bits, logits, (size_t)i, is_masked ? -INFINITY : random_below(source, 9) * 0.7 - 3);
        expected[i] = number(bits, logits, (size_t)i);
        bool is_recent = false;
        for (int32_t k = 0; k < how->recent_count; k++)
            is_recent |= how->recent[k] == i;
        if (is_recent && how->repetition_penalty > 1)
            expected[i] = expected[i] > 0 ? expected[i] / how->repetition_penalty : expected[i] * how->repetition_penalty;
        if (bits == 32)
            expected[i] = (float)expected[i];
        sorted[i] = (dnc_candidate){expected[i], i};
        highest = fmax(highest, expected[i]);
    }
    qsort(sorted, (size_t)symbols, sizeof *sorted, by_weight);
    for (int pass = 0; pass < 2; pass++)
        for (int32_t i = 0; i < symbols; i++) {
            const double logit = sorted[i].weight, temperature = how->temperature;
            const double weight = temperature == 0 ? logit == highest : exp((logit - highest) / temperature);
            if (pass == 0)
                sum += weight;
            else if (weight < how->min_p || (how->top_p > 0 && how->top_p < 1 && i > 0 && before > how->top_p * sum - 1e-12))
                expected[sorted[i].symbol] = -INFINITY;
            before += pass == 0 ? 0 : weight;
        }
    CHECK_EQUAL(narrow(bits, logits, symbols, how, used), DNC_OK);
    for (int32_t i = 0; i < symbols; i++)
        CHECK(number(bits, logits, (size_t)i) == expected[i]);
    free(logits), free(expected), free(sorted), free(used);
}

static void check_narrowings(int bits, uint64_t *source) {
    static const int32_t sizes[] = {1, 2, 7, 64, 300};
    static const double temperatures[] = {0, 0.5, 1, 3}, tops[] = {0, 1e-300, 0.3, 0.93, 1, 7}, leasts[] = {0, 0.05, 0.7, 1},
                        penalties[] = {0, 1, 1.3};
    for (size_t i = 0; i < COUNT(sizes); i++)
        for (size_t j = 0; j < COUNT(temperatures) * COUNT(tops) * COUNT(leasts) * COUNT(penalties); j++) {
            int32_t recent[9];
            for (size_t k = 0; k < COUNT(recent); k++)
                recent[k] = random_below(source, sizes[i]);
            dnc_narrowing how = {.struct_size = sizeof how,
                                 .temperature = temperatures[j % 4],
                                 .top_p = tops[j / 4 % 6],
                                 .min_p = leasts[j / 24 % 4],
                                 .repetition_penalty = penalties[j / 96],
                                 .recent = recent,
                                 .recent_count = (int32_t)(j % 10)};
            check_narrowing(bits, sizes[i], &how, source);
        }
}

static void check_narrowing_misuse(int bits) {
    CHECK_CONTEXT("misuse of narrowing f%d", bits);
    enum { V = 4 };
    void *const logits = numbers_create(bits, V);
    dnc_candidate used[V];
    const int32_t beyond[] = {0, V}, negative[] = {-1};
    const dnc_narrowing good = {.struct_size = sizeof good, .temperature = 1};
    dnc_narrowing bad[] = {good, good, good, good, good, good, good, good, good, good, good, good, good};
    bad[0].temperature = -1, bad[1].temperature = NAN, bad[2].top_p = -0.1, bad[3].top_p = NAN, bad[4].min_p = -0.1;
    bad[5].min_p = 1.1, bad[6].min_p = NAN, bad[7].repetition_penalty = 0.9, bad[8].repetition_penalty = INFINITY;
    bad[9].recent_count = -1, bad[10].recent_count = 1;
    bad[11].recent = beyond, bad[11].recent_count = 2, bad[12].recent = negative, bad[12].recent_count = 1;
    for (size_t i = 0; i < COUNT(bad); i++)
        CHECK_EQUAL(narrow(bits, logits, V, &bad[i], used), i < 10    ? DNC_ERROR_SAMPLING
                                                            : i == 10 ? DNC_ERROR_NULL_POINTER
                                                                      : DNC_ERROR_SYMBOL_RANGE);
    CHECK_EQUAL(narrow(bits, NULL, V, &good, used), DNC_ERROR_NULL_POINTER);
    CHECK_EQUAL(narrow(bits, logits, V, NULL, used), DNC_ERROR_NULL_POINTER);
    CHECK_EQUAL(narrow(bits, logits, V, &good, NULL), DNC_ERROR_NULL_POINTER);
    CHECK_EQUAL(narrow(bits, logits, 0, &good, used), DNC_ERROR_SHAPE);
    CHECK_EQUAL(narrow(bits, logits, V, &(dnc_narrowing){.struct_size = 8}, used), DNC_ERROR_STRUCT_SIZE);
    set_number(bits, logits, 2, NAN);
    CHECK_EQUAL(narrow(bits, logits, V, &good, used), DNC_ERROR_NOT_FINITE);
    set_number(bits, logits, 2, 0);

    // The largest penalty leaves numbers, of which the likeliest is drawn.
    const int32_t all[] = {0, 1, 2, 3};
    dnc_narrowing huge = {.struct_size = sizeof huge, .repetition_penalty = DBL_MAX, .recent = all, .recent_count = V};
    for (size_t i = 0; i < V; i++)
        set_number(bits, logits, i, -1e30 * (double)(i + 1));
    CHECK_EQUAL(narrow(bits, logits, V, &huge, used), DNC_OK);
    for (size_t i = 0; i < V; i++)
        CHECK(isfinite(number(bits, logits, i)));
    free(logits);
}

static void check_misuse(int bits) {
    CHECK_CONTEXT("misuse f%d", bits);
    enum { V = 4 };
    void *logits = numbers_create(bits, V);
    const dnc_random good = {{1, 2, 3, 4}}, unseeded = {{0}};
    dnc_random random = good;
    dnc_candidate used[V];
    uint64_t word = 7;
    double uniform = 7;
    int32_t symbol = -7;
    CHECK_EQUAL(draw(bits, NULL, V, 1, 0, &random, used, &symbol), DNC_ERROR_NULL_POINTER);
    CHECK_EQUAL(draw(bits, logits, V, 1, 0, NULL, used, &symbol), DNC_ERROR_NULL_POINTER);
    CHECK_EQUAL(draw(bits, logits, V, 1, 0, &random, NULL, &symbol), DNC_ERROR_NULL_POINTER);
    CHECK_EQUAL(draw(bits, logits, V, 1, 0, &random, used, NULL), DNC_ERROR_NULL_POINTER);
    CHECK_EQUAL(draw(bits, logits, 0, 1, 0, &random, used, &symbol), DNC_ERROR_SHAPE);
    CHECK_EQUAL(draw(bits, logits, INT32_MIN, 1, 0, &random, used, &symbol), DNC_ERROR_SHAPE);
    CHECK_EQUAL(draw(bits, logits, DNC_MAX_SIZE + 1, 1, 0, &random, used, &symbol), DNC_ERROR_SHAPE);
    static const double temperatures[] = {-1, -5e-324, INFINITY, -INFINITY, NAN};
    for (size_t i = 0; i < COUNT(temperatures); i++)
        CHECK_EQUAL(draw(bits, logits, V, temperatures[i], 0, &random, used, &symbol), DNC_ERROR_SAMPLING);
    CHECK_EQUAL(draw(bits, logits, V, 1, -1, &random, used, &symbol), DNC_ERROR_SAMPLING);
    static const double not_finite[] = {INFINITY, NAN};
    for (size_t i = 0; i < COUNT(not_finite) * V; i++) {
        set_number(bits, logits, i % V, not_finite[i / V]);
        CHECK_EQUAL(draw(bits, logits, V, 1, 1, &random, used, &symbol), DNC_ERROR_NOT_FINITE);
        set_number(bits, logits, i % V, 0);
    }
    for (size_t i = 0; i < V; i++)
        set_number(bits, logits, i, -INFINITY);
    for (int32_t top = 0; top <= V; top++)
        for (int temperature = 0; temperature <= 1; temperature++)
            CHECK_EQUAL(draw(bits, logits, V, temperature, top, &random, used, &symbol), DNC_ERROR_NOT_FINITE);
    set_number(bits, logits, 1, NAN);
    CHECK_EQUAL(draw(bits, logits, V, 1, 0, &random, used, &symbol), DNC_ERROR_NOT_FINITE);
    set_number(bits, logits, 1, INFINITY);
    CHECK_EQUAL(draw(bits, logits, V, 1, 0, &random, used, &symbol), DNC_ERROR_NOT_FINITE);
    for (size_t i = 0; i < V; i++)
        set_number(bits, logits, i, 0);
    CHECK_EQUAL(dnc_random_next(&random, NULL), DNC_ERROR_NULL_POINTER);
    CHECK_EQUAL(dnc_random_next(NULL, &word), DNC_ERROR_NULL_POINTER);
    CHECK_EQUAL(dnc_random_uniform(&random, NULL), DNC_ERROR_NULL_POINTER);
    CHECK_EQUAL(dnc_random_uniform(NULL, &uniform), DNC_ERROR_NULL_POINTER);
    CHECK_EQUAL(dnc_random_seed(NULL, 1), DNC_ERROR_NULL_POINTER);
    CHECK(memcmp(&random, &good, sizeof good) == 0);
    random = unseeded;
    CHECK_EQUAL(draw(bits, logits, V, 1, 0, &random, used, &symbol), DNC_ERROR_SAMPLING);
    CHECK_EQUAL(dnc_random_next(&random, &word), DNC_ERROR_SAMPLING);
    CHECK_EQUAL(dnc_random_uniform(&random, &uniform), DNC_ERROR_SAMPLING);
    CHECK(memcmp(&random, &unseeded, sizeof unseeded) == 0);
    CHECK(symbol == -7 && word == 7 && uniform == 7);
    free(logits);
}

int main(void) {
    check_random();
    uint64_t source = 1;
    static const int32_t sizes[] = {1, 2, 3, 7, 64, 1000}, tops[] = {0, 1, 2, 3, 6, 7, 8, 999, 1000, INT32_MAX};
    static const double temperatures[] = {0, 0.1, 1, 3};
    for (int bits = 32; bits <= 64; bits += 32) {
        for (size_t i = 0; i < COUNT(sizes); i++)
            for (size_t j = 0; j < COUNT(tops); j++)
                for (size_t k = 0; k < COUNT(temperatures); k++) {
                    check_drawing(bits, sizes[i], temperatures[k], tops[j], &source);
                    check_masked(bits, sizes[i], temperatures[k], tops[j], &source);
                }
        check_narrowings(bits, &source);
        check_narrowing_misuse(bits);
        check_misuse(bits);
    }
    check_remainder();
    check_extremes();
    return check_report();
}
