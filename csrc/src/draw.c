/* Random numbers, drawing symbols with them, and narrowing what may be drawn. */
#include "arithmetic.h"

#include "callers_struct.h"
#include "dnc.h"
#include "random.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

static bool is_seeded(const dnc_random *random) {
    return (random->word[0] | random->word[1] | random->word[2] | random->word[3]) != 0;
}

dnc_status dnc_random_seed(dnc_random *random, uint64_t seed) {
    if (random == NULL)
        return DNC_ERROR_NULL_POINTER;
    for (uint64_t i = 0; i < 4; i++)
        random->word[i] = dnc_splitmix64(seed, i);
    return DNC_OK;
}

static uint64_t rotate(uint64_t word, int count) {
    return (word << count) | (word >> (64 - count));
}

dnc_status dnc_random_next(dnc_random *random, uint64_t *bits) {
    if (random == NULL || bits == NULL)
        return DNC_ERROR_NULL_POINTER;
    if (!is_seeded(random))
        return DNC_ERROR_SAMPLING;
    uint64_t *word = random->word;
    *bits = rotate(word[1] * 5, 7) * 9;
    const uint64_t shifted = word[1] << 17;
    word[2] ^= word[0];
    word[3] ^= word[1];
    word[1] ^= word[2];
    word[0] ^= word[3];
    word[2] ^= shifted;
    word[3] = rotate(word[3], 45);
    return DNC_OK;
}

static NOT_INLINED void uniform_in_mode(uint64_t bits, double *number) {
    *number = (double)(bits >> 11) * 0x1p-53;
}

dnc_status dnc_random_uniform(dnc_random *random, double *number) {
    if (number == NULL)
        return DNC_ERROR_NULL_POINTER;
    uint64_t bits;
    const dnc_status status = dnc_random_next(random, &bits);
    if (status != DNC_OK)
        return status;
    const float_mode mode = set_float_mode(KEEP_DENORMALS);
    uniform_in_mode(bits, number);
    restore_float_mode(mode);
    return DNC_OK;
}

/* Until the candidates are weighed, their weights are their logits. */
static bool is_likelier(dnc_candidate a, dnc_candidate b) {
    return a.weight > b.weight || (a.weight == b.weight && a.symbol < b.symbol);
}

/* Restores a heap, whose root is the least likely, below `i`. */
static void sift_down(dnc_candidate *heap, size_t count, size_t i) {
    for (size_t child; (child = 2 * i + 1) < count; i = child) {
        if (child + 1 < count && is_likelier(heap[child], heap[child + 1]))
            child++;
        if (is_likelier(heap[child], heap[i]))
            return;
        const dnc_candidate parent = heap[i];
        heap[i] = heap[child];
        heap[child] = parent;
    }
}

/* The logits of a draw, in whichever of the two vectors is there. */
typedef struct logits {
    const float *floats;
    const double *doubles;
    bool has_masks; /* one at least is minus infinity */
} logits;

typedef enum logit_kind { NUMBER, MASKED, NO_NUMBER } logit_kind;

/* By the bits, since some compilers can be told that nothing is infinite, and do not say so: see arithmetic.h. */
static inline logit_kind kind_of(const logits *y, int32_t symbol) {
    uint64_t bits = 0, exponent = UINT64_C(0x7ff) << 52, sign = UINT64_C(1) << 63;
    if (y->floats != NULL) {
        uint32_t bits_of_float;
        memcpy(&bits_of_float, y->floats + symbol, sizeof bits_of_float);
        bits = bits_of_float;
        exponent = 0x7f800000;
        sign = 0x80000000;
    } else {
        memcpy(&bits, y->doubles + symbol, sizeof bits);
    }
    if ((bits & exponent) != exponent)
        return NUMBER;
    return bits == (sign | exponent) ? MASKED : NO_NUMBER;
}

/* NaN is not, whatever a compiler was told of it. */
static bool is_within(double number, double least, double most) {
    return kind_of(&(logits){.doubles = &number}, 0) == NUMBER && number >= least && number <= most;
}

static inline bool is_masked(const logits *y, int32_t symbol) {
    return y->has_masks && kind_of(y, symbol) == MASKED;
}

/* Minus infinity as the least number there is. */
static inline dnc_candidate candidate(const logits *y, int32_t symbol) {
    double weight = -DBL_MAX;
    if (!is_masked(y, symbol))
        weight = y->floats != NULL ? (double)y->floats[symbol] : y->doubles[symbol];
    return (dnc_candidate){.weight = weight, .symbol = symbol};
}

/* The `count` likeliest symbols, the likeliest first. */
static void select_likeliest(const logits *y, int32_t symbols, dnc_candidate *heap, size_t count) {
    for (size_t i = count; i-- > 0;) {
        heap[i] = candidate(y, (int32_t)i);
        sift_down(heap, count, i);
    }
    for (int32_t symbol = (int32_t)count; symbol < symbols; symbol++) {
        const dnc_candidate next = candidate(y, symbol);
        if (is_likelier(next, heap[0])) {
            heap[0] = next;
            sift_down(heap, count, 0);
        }
    }
    for (size_t end = count; end-- > 1;) {
        const dnc_candidate last = heap[0];
        heap[0] = heap[end];
        heap[end] = last;
        sift_down(heap, end, 0);
    }
}

static void take_all(const logits *y, int32_t symbols, dnc_candidate *candidates) {
    for (int32_t i = 0; i < symbols; i++)
        candidates[i] = candidate(y, i);
}

/* How many symbols are not masked; 0 also where a logit is no number. */
static int32_t count_possible(logits *y, int32_t symbols) {
    int32_t possible = 0;
    for (int32_t i = 0; i < symbols; i++) {
        const logit_kind kind = kind_of(y, i);
        if (kind == NO_NUMBER)
            return 0;
        possible += kind != MASKED;
    }
    y->has_masks = possible < symbols;
    return possible;
}

/* Makes of the candidates' logits their probabilities as multiples of the likeliest one's, and returns the sum of these. */
static double weigh(const logits *y, double temperature, dnc_candidate *candidates, size_t count) {
    double highest = candidates[0].weight, sum = 0;
    for (size_t i = 1; i < count; i++)
        if (candidates[i].weight > highest)
            highest = candidates[i].weight;
    const double divisor = temperature > DBL_MIN ? temperature : DBL_MIN;
    for (size_t i = 0; i < count; i++) {
        candidates[i].weight = is_masked(y, candidates[i].symbol) ? 0 : exp((candidates[i].weight - highest) / divisor);
        sum += candidates[i].weight;
    }
    return sum;
}

static NOT_INLINED dnc_status draw_in_mode(logits *y, int32_t symbols, double temperature, int32_t top_k, dnc_random *random,
                                           dnc_candidate *candidates, int32_t *symbol) {
    if ((y->floats == NULL && y->doubles == NULL) || random == NULL || candidates == NULL || symbol == NULL)
        return DNC_ERROR_NULL_POINTER;
    if (symbols < 1 || symbols > DNC_MAX_SIZE)
        return DNC_ERROR_SHAPE;
    if (!is_within(temperature, 0, DBL_MAX) || top_k < 0 || !is_seeded(random))
        return DNC_ERROR_SAMPLING;
    const int32_t possible = count_possible(y, symbols);
    if (possible == 0)
        return DNC_ERROR_NOT_FINITE;

    const int32_t wanted = temperature == 0 ? 1 : top_k;
    const bool is_choice = 0 < wanted && wanted < possible;
    const size_t count = (size_t)(is_choice ? wanted : symbols);
    if (is_choice)
        select_likeliest(y, symbols, candidates, count);
    else
        take_all(y, symbols, candidates);

    double remaining = 0;
    (void)dnc_random_uniform(random, &remaining);
    remaining *= weigh(y, temperature, candidates, count);
    for (size_t i = 0; i < count && remaining >= 0; i++)
        if (candidates[i].weight > 0) { /* where rounding leaves a remainder, the last of these is drawn */
            *symbol = candidates[i].symbol;
            remaining -= candidates[i].weight;
        }
    return DNC_OK;
}

static dnc_status draw(logits y, int32_t symbols, double temperature, int32_t top_k, dnc_random *random,
                       dnc_candidate *candidates, int32_t *symbol) {
    const float_mode mode = set_float_mode(KEEP_DENORMALS);
    const dnc_status status = draw_in_mode(&y, symbols, temperature, top_k, random, candidates, symbol);
    restore_float_mode(mode);
    return status;
}

dnc_status dnc_draw_f32(const float *logits, int32_t symbols, double temperature, int32_t top_k, dnc_random *random,
                        dnc_candidate *candidates, int32_t *symbol) {
    return draw((struct logits){.floats = logits}, symbols, temperature, top_k, random, candidates, symbol);
}

dnc_status dnc_draw_f64(const double *logits, int32_t symbols, double temperature, int32_t top_k, dnc_random *random,
                        dnc_candidate *candidates, int32_t *symbol) {
    return draw((struct logits){.doubles = logits}, symbols, temperature, top_k, random, candidates, symbol);
}

/* ---- Narrowing ------------------------------------------------------------------------------------------------------ */

/* The vector of logits that is there, to be written. */
typedef struct own_logits {
    float *floats;
    double *doubles;
} own_logits;

/* No number becomes infinite by it. */
static void put_logit(const own_logits *to, int32_t symbol, double value) {
    if (to->floats != NULL)
        to->floats[symbol] = (float)(value > -FLT_MAX ? value : -FLT_MAX);
    else
        to->doubles[symbol] = value > -DBL_MAX ? value : -DBL_MAX;
}

static void mask(const own_logits *to, int32_t symbol) {
    const uint32_t of_floats = 0xff800000;
    const uint64_t of_doubles = UINT64_C(0xfff) << 52;
    if (to->floats != NULL)
        memcpy(to->floats + symbol, &of_floats, sizeof of_floats);
    else
        memcpy(to->doubles + symbol, &of_doubles, sizeof of_doubles);
}

/* From the candidates, which keep what the logits were, so that a symbol that is there twice is penalised once. */
static void penalise(const logits *y, const own_logits *to, const dnc_narrowing *how, const dnc_candidate *candidates) {
    const double penalty = how->repetition_penalty;
    for (int32_t i = 0; i < how->recent_count; i++) {
        const int32_t symbol = how->recent[i];
        const double logit = candidates[symbol].weight;
        if (!is_masked(y, symbol))
            put_logit(to, symbol, logit > 0 ? logit / penalty : logit * penalty);
    }
}

static dnc_status check_narrowing(const dnc_narrowing *how, int32_t symbols) {
    if (symbols < 1 || symbols > DNC_MAX_SIZE)
        return DNC_ERROR_SHAPE;
    const double penalty = how->repetition_penalty;
    if (!is_within(how->temperature, 0, DBL_MAX) || !is_within(how->top_p, 0, DBL_MAX) || !is_within(how->min_p, 0, 1) ||
        (penalty != 0 && !is_within(penalty, 1, DBL_MAX)) || how->recent_count < 0)
        return DNC_ERROR_SAMPLING;
    if (how->recent == NULL && how->recent_count > 0)
        return DNC_ERROR_NULL_POINTER;
    for (int32_t i = 0; i < how->recent_count; i++)
        if (how->recent[i] < 0 || how->recent[i] >= symbols)
            return DNC_ERROR_SYMBOL_RANGE;
    return DNC_OK;
}

static NOT_INLINED dnc_status narrow_in_mode(logits *y, const own_logits *to, int32_t symbols, const dnc_narrowing *callers,
                                             dnc_candidate *candidates) {
    dnc_narrowing how;
    dnc_status status = dnc_struct_take(&how, callers, DNC_LEAST_NARROWING, sizeof how);
    if (status == DNC_OK && ((to->floats == NULL && to->doubles == NULL) || candidates == NULL))
        status = DNC_ERROR_NULL_POINTER;
    if (status == DNC_OK)
        status = check_narrowing(&how, symbols);
    if (status == DNC_OK && count_possible(y, symbols) == 0)
        status = DNC_ERROR_NOT_FINITE;
    if (status != DNC_OK)
        return status;

    if (how.repetition_penalty > 1) {
        take_all(y, symbols, candidates);
        penalise(y, to, &how, candidates);
    }
    const size_t count = (size_t)symbols;
    const bool is_nucleus = how.top_p > 0 && how.top_p < 1;
    if (is_nucleus)
        select_likeliest(y, symbols, candidates, count); /* all of them, in their order */
    else
        take_all(y, symbols, candidates);
    double remaining =
        weigh(y, how.temperature, candidates, count) * (is_nucleus ? how.top_p : 2); /* 2: more than there is */
    for (size_t i = 0; i < count; i++) {
        if (remaining <= 0 || candidates[i].weight < how.min_p)
            mask(to, candidates[i].symbol);
        remaining -= candidates[i].weight;
    }
    return DNC_OK;
}

static dnc_status narrow(own_logits to, int32_t symbols, const dnc_narrowing *how, dnc_candidate *candidates) {
    logits y = {.floats = to.floats, .doubles = to.doubles};
    const float_mode mode = set_float_mode(KEEP_DENORMALS);
    const dnc_status status = narrow_in_mode(&y, &to, symbols, how, candidates);
    restore_float_mode(mode);
    return status;
}

dnc_status dnc_narrow_f32(float *logits, int32_t symbols, const dnc_narrowing *how, dnc_candidate *candidates) {
    return narrow((own_logits){.floats = logits}, symbols, how, candidates);
}

dnc_status dnc_narrow_f64(double *logits, int32_t symbols, const dnc_narrowing *how, dnc_candidate *candidates) {
    return narrow((own_logits){.doubles = logits}, symbols, how, candidates);
}
