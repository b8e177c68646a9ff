// The holographic memory: numbers whose conjugates unbind what they bind, and how many pairs one memory holds. "test_holographic
// capacity" prints the latter for many sizes.
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "harness.h"
#include "reference.h"

enum { most_components = 16 };

// ---- Numbers, by the recursion of the reference ---------------------------------------------------------------------------

static void draw(uint64_t *source, size_t count, double *x) {
    for (size_t i = 0; i < count; i++)
        x[i] = random_uniform(source, -1, 1);
}

static double dot(size_t count, const double *x, const double *y) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += x[i] * y[i];
    return sum;
}

// The largest error of conj(k)(k v) = v, of k of length 1.
static double unbinding_error(size_t d) {
    uint64_t source = d;
    double worst = 0;
    for (int turn = 0; turn < 1000; turn++) {
        double k[most_components], v[most_components], bound[most_components], conj_k[most_components], r[most_components];
        draw(&source, d, k), draw(&source, d, v);
        const double length = sqrt(dot(d, k, k));
        for (size_t c = 0; c < d; c++)
            k[c] /= length;
        reference_product(d, k, v, bound);
        reference_conjugate(d, k, conj_k);
        reference_product(d, conj_k, bound, r);
        worst = worse(worst, largest_difference(64, r, v, d));
    }
    return worst;
}

// a b = sign * c, of the units e_0 = 1, e_1, ...
static void check_units(size_t d, size_t a, size_t b, double sign, size_t c) {
    double x[most_components] = {0}, y[most_components] = {0}, product[most_components], expected[most_components] = {0};
    x[a] = y[b] = 1, expected[c] = sign;
    CHECK_CONTEXT("e%zu e%zu of %zu components", a, b, d);
    reference_product(d, x, y, product);
    CHECK(largest_difference(64, product, expected, d) == 0);
}

static void check_numbers(void) {
    // Worked out by hand: i i = -1; i j = k, j i = -k, j k = i, k i = j; and of octonions
    // e1 e4 = (i, 0)(0, 1) = (0, i) = e5, e4 e1 = (0, 1)(i, 0) = (0, conj(i)) = -e5, e4 e5 = (0, 1)(0, i) = (-conj(i), 0) = e1,
    // e5 e6 = (0, i)(0, j) = (-conj(j) i, 0) = (j i, 0) = -e3
    static const struct {
        size_t d, a, b;
        double sign;
        size_t c;
    } products[] = {{2, 1, 1, -1, 0}, {4, 1, 2, 1, 3},  {4, 2, 1, -1, 3}, {4, 2, 3, 1, 1},  {4, 3, 1, 1, 2},
                    {8, 1, 4, 1, 5},  {8, 4, 1, -1, 5}, {8, 4, 5, 1, 1},  {8, 5, 6, -1, 3}, {8, 0, 7, 1, 7}};
    for (size_t i = 0; i < COUNT(products); i++)
        check_units(products[i].d, products[i].a, products[i].b, products[i].sign, products[i].c);
    for (size_t d = 1; d <= 8; d *= 2) {
        CHECK_CONTEXT("unbinding in numbers of %zu components", d);
        CHECK_ERROR("conj(k)(k v)", unbinding_error(d), 1e-12);
    }
    CHECK_CONTEXT("unbinding in numbers of 16 components");
    CHECK(unbinding_error(16) > 0.1);
}

// ---- The core's memory ------------------------------------------------------------------------------------------------------

// A model that is told by the biases of its interface alone what its memory does next.
static network memory_create(size_t n, size_t d, dnc_isa isa, int bits) {
    dnc_config config = configure(MODEL_HOLOGRAPHIC, 1, 1, (int32_t)n, (int32_t)d, 1);
    config.decay = 0;
    network net = network_create(&config, bits, 1, 1);
    dnc_run run = net.run;
    run.isa = (int32_t)isa;
    network_set_run(&net, &run);
    return net;
}

static void set_part(network *net, const char *name, double scale, const double *numbers) {
    size_t count;
    const size_t at =
        parameter_tensor(&net->config, "interface.bias").offset + reference_interface_part(&net->config, name, &count);
    for (size_t i = 0; i < count; i++)
        set_number(net->bits, net->parameters, at + i, scale * numbers[i]);
}

// Adds k v; numbers of k count by their directions, to rounding.
static void bind(network *net, const double *key, const double *v) {
    double output;
    set_part(net, "keys", 1e6, key), set_part(net, "values", 1, v), set_part(net, "strengths", 1, (double[]){1e3});
    network_step(net, &output);
}

// r = conj(k) M, of n d numbers, which are copied out of the state.
static double *unbind(network *net, const double *key) {
    double output;
    set_part(net, "queries", 1e6, key), set_part(net, "strengths", 1, (double[]){-1e3});
    network_step(net, &output);
    const dnc_tensor reads = state_tensor(&net->config, "read_vectors");
    return numbers_widen(net->bits, (char *)net->state + bytes_of(net, reads.offset), tensor_count(&reads, 0));
}

// What the core reads by the key of the one pair that it has written is the value.
static void check_unbinding(size_t n, size_t d, dnc_isa isa, int bits) {
    uint64_t source = d;
    network net = memory_create(n, d, isa, bits);
    double *const key = numbers_create(64, n * d), *const v = numbers_create(64, n * d);
    draw(&source, n * d, key), draw(&source, n * d, v);
    bind(&net, key, v);
    double *const r = unbind(&net, key);
    CHECK_CONTEXT("unbinding of %zu numbers of %zu, f%d %s", n, d, bits, dnc_isa_string(isa));
    CHECK_ERROR("what is read", largest_difference(64, r, v, n * d), bits == 32 ? 1e-5 : 1e-12);
    free(r);
    free(v);
    free(key);
    network_destroy(&net);
}

// Which of `count` vectors of `length` numbers is nearest to x in direction.
static size_t nearest(const double *x, size_t count, size_t length, const double *vectors) {
    size_t best = 0;
    double highest = -HUGE_VAL;
    for (size_t i = 0; i < count; i++) {
        const double *const y = vectors + i * length, match = dot(length, x, y) / sqrt(dot(length, y, y));
        if (match > highest)
            highest = match, best = i;
    }
    return best;
}

// The key of a value by M conj(v), which no model asks for: by the reference's product, of the core's memory. A component is a row.
static double *key_of(const network *net, const double *v) {
    const size_t n = (size_t)net->config.slots, d = (size_t)net->config.width;
    const size_t at = state_tensor(&net->config, "memory").offset;
    double *const found = numbers_create(64, n * d);
    for (size_t i = 0; i < n; i++) {
        double m[most_components], x[most_components], conj_x[most_components], k[most_components];
        for (size_t c = 0; c < d; c++)
            m[c] = number(net->bits, net->state, at + c * n + i), x[c] = v[c * n + i];
        reference_conjugate(d, x, conj_x);
        reference_product(d, m, conj_x, k);
        for (size_t c = 0; c < d; c++)
            found[c * n + i] = k[c];
    }
    return found;
}

// How many of so many random pairs in one memory find their value by their key, or their key by their value.
static size_t recalled(size_t n, size_t d, size_t pairs, bool by_value, dnc_isa isa, uint64_t seed) {
    const size_t length = n * d;
    network net = memory_create(n, d, isa, 64);
    double *const keys = numbers_create(64, pairs * length), *const values = numbers_create(64, pairs * length);
    draw(&seed, pairs * length, keys), draw(&seed, pairs * length, values);
    for (size_t i = 0; i < pairs; i++)
        bind(&net, keys + i * length, values + i * length);
    size_t right = 0;
    for (size_t i = 0; i < pairs; i++) {
        double *const found = by_value ? key_of(&net, values + i * length) : unbind(&net, keys + i * length);
        right += nearest(found, pairs, length, by_value ? keys : values) == i;
        free(found);
    }
    free(values);
    free(keys);
    network_destroy(&net);
    return right;
}

static void print_capacity(dnc_isa isa) {
    static const size_t numbers[] = {64, 256, 1024}, pairs[] = {4, 10, 16, 32, 64, 128, 256, 512};
    printf("%% of S pairs whose value is the nearest to what their key reads\n   n  d  S =");
    for (size_t p = 0; p < COUNT(pairs); p++)
        printf(" %5zu", pairs[p]);
    for (size_t i = 0; i < COUNT(numbers); i++)
        for (size_t d = 1; d <= 8; d *= 2) {
            printf("\n%4zu %2zu     ", numbers[i], d);
            for (size_t p = 0; p < COUNT(pairs); p++) {
                const size_t turns = pairs[p] < 256 ? 512 / pairs[p] : 2;
                size_t right = 0;
                for (uint64_t seed = 1; seed <= turns; seed++)
                    right += recalled(numbers[i], d, pairs[p], false, isa, seed);
                printf(" %5.1f", 100 * (double)right / (double)(turns * pairs[p]));
                fflush(stdout);
            }
        }
    printf("\n");
}

int main(int count, char **arguments) {
    dnc_use_one_blas_thread();
    dnc_isa isas[3];
    const int isa_count = available_isas(isas);
    if (count > 1 && strcmp(arguments[1], "capacity") == 0)
        print_capacity(isas[isa_count - 1]);
    check_numbers();
    for (int i = 0; i < isa_count; i++)
        for (size_t d = 1; d <= 8; d *= 2) {
            enum { pairs = 10 };
            for (int bits = 32; bits <= 64; bits += 32) {
                check_unbinding(1, d, isas[i], bits);
                check_unbinding(37, d, isas[i], bits);
            }
            CHECK_CONTEXT("recall of numbers of %zu, %s", d, dnc_isa_string(isas[i]));
            CHECK_EQUAL(recalled(256, d, pairs, false, isas[i], 1), pairs);
            CHECK_EQUAL(recalled(256, d, pairs, true, isas[i], 1), pairs);
        }
    return check_report();
}
