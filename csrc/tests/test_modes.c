// What the core computes does not depend on the floating-point environment of its caller, which it leaves as it was.
#define _GNU_SOURCE // feenableexcept
#include <fenv.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "dnc_checkpoint.h"
#include "harness.h"

// ---- All that computes ----------------------------------------------------------------------------------------------------

enum { V = 7, H = 9, N = 6, W = 3, R = 2, T = 4, B = 2 };

// A network, and what is written by all that computes.
typedef struct subject {
    network net;
    void *start, *gradient, *logits, *memory, *initial;
    double *doubles; // parameters, and a checkpoint of them in double precision and room for one in single
    float *floats;
    void *file, *written;
    size_t file_size, written_size;
    size_t memory_index;
} subject;

static const uint32_t letters[V] = {'a', 'b', 'c', 'd', 'e', 'f', 'g'};

static dnc_checkpoint checkpoint_of(int32_t bits) {
    return (dnc_checkpoint){.struct_size = sizeof(dnc_checkpoint), .bits = bits, .symbol_kind = DNC_SYMBOLS_CHARACTERS};
}

static subject subject_create(const dnc_config *config, const dnc_run *its_run, int bits) {
    uint64_t source = 1;
    subject s = {.net = network_create(config, bits, T, B)};
    network *const net = &s.net;
    network_set_run(net, its_run);
    dnc_tensor tensor = {.struct_size = sizeof tensor};
    network_draw_parameters(net, &source, 1.5);
    network_warm_up(net, &source, 5);
    s.start = memcpy(malloc(state_bytes(net)), net->state, state_bytes(net));
    s.gradient = numbers_create(bits, net->parameter_count);
    s.initial = numbers_create(bits, net->parameter_count);
    s.logits = numbers_create(bits, B * V);
    for (s.memory_index = 0; dnc_record_tensor(config, &net->run, s.memory_index, &tensor) == DNC_OK; s.memory_index++)
        if (strcmp(tensor.name, "memory") == 0)
            break;
    s.memory = numbers_create(bits, tensor_count(&tensor, 0));
    s.doubles = numbers_create(64, net->parameter_count);
    s.floats = numbers_create(32, net->parameter_count);
    for (size_t i = 0; i < net->parameter_count; i++)
        s.doubles[i] = random_uniform(&source, -1, 1);
    s.doubles[0] = 1e-40; // no float; a denormal one is near
    s.doubles[1] = 1e-50;
    const dnc_checkpoint about = checkpoint_of(64);
    CHECK_EQUAL(dnc_checkpoint_size(config, &about, letters, &s.file_size), DNC_OK);
    s.file = malloc(s.file_size);
    CHECK_EQUAL(dnc_checkpoint_write_f64(config, &about, letters, s.doubles, s.file, s.file_size), DNC_OK);
    const dnc_checkpoint single = checkpoint_of(32);
    CHECK_EQUAL(dnc_checkpoint_size(config, &single, letters, &s.written_size), DNC_OK);
    s.written = malloc(s.written_size);
    return s;
}

static void subject_destroy(subject *s) {
    free(s->start);
    free(s->gradient);
    free(s->logits);
    free(s->memory);
    free(s->initial);
    free(s->doubles);
    free(s->floats);
    free(s->file);
    free(s->written);
    network_destroy(&s->net);
}

// A hash of what a run has written.
static void add_bytes(uint64_t *hash, const void *bytes, size_t count) {
    for (size_t i = 0; i < count; i++)
        *hash = (*hash ^ ((const unsigned char *)bytes)[i]) * 0x100000001b3u;
}

static uint64_t run(subject *s, void (*enter)(void), void (*leave)(void)) {
    network *const net = &s->net;
    const int bits = net->bits;
    const dnc_config *config = &net->config;
    const size_t count = net->parameter_count;
    dnc_config its_config = {.struct_size = sizeof its_config};
    dnc_checkpoint checkpoint = checkpoint_of(0);
    const dnc_checkpoint single = checkpoint_of(32);
    CHECK_EQUAL(dnc_checkpoint_read(s->file, s->file_size, &its_config, &checkpoint), DNC_OK);
    dnc_tensor tensor = {.struct_size = sizeof tensor};
    dnc_random random;
    dnc_candidate candidates[V];
    int32_t drawn[16];
    double uniform[4];
    dnc_loss loss = {.struct_size = sizeof loss};
    dnc_status status[9];
    size_t record_bytes;
    dnc_record_tensor(config, &net->run, s->memory_index, &tensor);
    record_bytes = bytes_of(net, tensor_count(&tensor, 0));
    memcpy(net->state, s->start, state_bytes(net));
    memset(s->gradient, 0, bytes_of(net, count));
    memset(candidates, 0, sizeof candidates);
    dnc_random_seed(&random, 3);

    enter();
    status[0] = bits == 32 ? dnc_initialize_f32(config, 5, s->initial) : dnc_initialize_f64(config, 5, s->initial);
    status[1] = dnc_checkpoint_parameters_f32(&its_config, &checkpoint, s->floats);
    status[2] = call_forward(bits, config, &net->run, net->parameters, &net->segment, net->state, net->workspace,
                             net->workspace_bytes, &loss);
    status[3] = call_record(bits, config, &net->run, net->workspace, net->workspace_bytes, s->memory_index, s->memory);
    status[4] =
        call_backward(bits, config, &net->run, &net->segment, net->workspace, net->workspace_bytes, 0.25, s->gradient);
    status[5] = call_step(bits, config, &net->run, net->parameters, &net->segment, net->state, net->workspace,
                          net->workspace_bytes, s->logits);
    status[6] = status[7] = DNC_OK;
    for (size_t i = 0; i < COUNT(drawn); i++)
        status[6] |= bits == 32 ? dnc_draw_f32(s->logits, V, 0.7, 0, &random, candidates, &drawn[i])
                                : dnc_draw_f64(s->logits, V, 0.7, 0, &random, candidates, &drawn[i]);
    status[8] = dnc_checkpoint_write_f64(config, &single, letters, s->doubles, s->written, s->written_size);
    for (size_t i = 0; i < COUNT(uniform); i++)
        status[7] |= dnc_random_uniform(&random, &uniform[i]);
    leave();

    for (size_t i = 0; i < COUNT(status); i++)
        CHECK_EQUAL(status[i], DNC_OK);
    uint64_t hash = 0xcbf29ce484222325u;
    add_bytes(&hash, s->initial, bytes_of(net, count));
    add_bytes(&hash, s->floats, count * sizeof *s->floats);
    add_bytes(&hash, s->written, s->written_size);
    add_bytes(&hash, &loss.nats, sizeof loss.nats);
    add_bytes(&hash, net->state, state_bytes(net));
    add_bytes(&hash, s->memory, record_bytes);
    add_bytes(&hash, s->gradient, bytes_of(net, count));
    add_bytes(&hash, s->logits, bytes_of(net, B * V));
    for (size_t i = 0; i < V; i++)
        add_bytes(&hash, &candidates[i].weight, sizeof candidates[i].weight);
    add_bytes(&hash, drawn, sizeof drawn);
    add_bytes(&hash, uniform, sizeof uniform);
    return hash;
}

// ---- The caller's environment ---------------------------------------------------------------------------------------------

static int rounding;         // what enter_rounding sets
static int changed;          // whether the calls have changed it
static const int kept_flag = // one that is raised beforehand, where there are any, and stays alone
#ifdef FE_DIVBYZERO
    FE_DIVBYZERO;
#else
    0;
#endif

static void enter_rounding(void) {
    feclearexcept(FE_ALL_EXCEPT);
    feraiseexcept(kept_flag);
    fesetround(rounding);
}

static void leave_rounding(void) {
    changed = fegetround() != rounding || fetestexcept(FE_ALL_EXCEPT) != kept_flag;
    feclearexcept(FE_ALL_EXCEPT);
    fesetround(FE_TONEAREST);
}

static void check_rounding(subject *s, uint64_t expected) {
    const int modes[] = {
        FE_TONEAREST,
#ifdef FE_UPWARD
        FE_UPWARD,
#endif
#ifdef FE_DOWNWARD
        FE_DOWNWARD,
#endif
#ifdef FE_TOWARDZERO
        FE_TOWARDZERO,
#endif
    };
    for (size_t i = 0; i < COUNT(modes); i++) {
        rounding = modes[i];
        CHECK(run(s, enter_rounding, leave_rounding) == expected);
        CHECK(!changed);
    }
}

// Exceptions that end the process, where there are such; and denormals taken for zeros by the caller.
#if defined(__SSE__)

static unsigned control;

static void enter_control(void) {
    __builtin_ia32_ldmxcsr(control);
}

static void leave_control(void) {
    changed = __builtin_ia32_stmxcsr() != control;
    __builtin_ia32_ldmxcsr(0x1f80);
}

static void check_control(subject *s, uint64_t expected) {
    static const unsigned controls[] = {0x0000, 0x0020, 0x1f80 | 0x8040, 0x6000 | 0x8000, 0x2000 | 0x1000};
    for (size_t i = 0; i < COUNT(controls); i++) {
        control = controls[i];
        CHECK(run(s, enter_control, leave_control) == expected);
        CHECK(!changed);
    }
}

#elif defined(__GLIBC__)

static int trapping;

static void enter_control(void) {
    feenableexcept(FE_ALL_EXCEPT);
    trapping = fegetexcept();
}

static void leave_control(void) {
    changed = fegetexcept() != trapping;
    fedisableexcept(FE_ALL_EXCEPT);
}

static void check_control(subject *s, uint64_t expected) {
    CHECK(run(s, enter_control, leave_control) == expected);
    CHECK(!changed);
}

#else

static void check_control(subject *s, uint64_t expected) {
    (void)s, (void)expected;
}

#endif

// The x87 registers, where they compute: as games set them, 24 bits and exceptions that end the process.
#if defined(__i386__) || (defined(__x86_64__) && defined(_WIN32))

static void enter_x87(void) {
    const unsigned short word = 0x0020;
    __asm__ volatile("fnclex\n\tfldcw %0" : : "m"(word));
}

static void leave_x87(void) {
    const unsigned short usual = 0x37f;
    unsigned short word;
    __asm__ volatile("fnstcw %0\n\tfnclex\n\tfldcw %1" : "=m"(word) : "m"(usual));
    changed = (word & 0xf3f) != 0x0020;
}

static void check_x87(subject *s, uint64_t expected) {
    CHECK(run(s, enter_x87, leave_x87) == expected);
    CHECK(!changed);
}

#else

static void check_x87(subject *s, uint64_t expected) {
    (void)s, (void)expected;
}

#endif

static void nothing(void) {
}

// Where denormals are flushed, one is equal to zero, and to every other.
static int has_denormals(void) {
    volatile double smallest = 5e-324;
    return smallest * 2 > 0;
}

static void check(const dnc_config *config, const dnc_run *its_run, int bits) {
    CHECK_CONTEXT("%s %s f%d", model_name(config), dnc_isa_string((dnc_isa)its_run->isa), bits);
    subject s = subject_create(config, its_run, bits);
    const uint64_t expected = run(&s, nothing, nothing);
    CHECK(has_denormals());
    check_rounding(&s, expected);
    check_control(&s, expected);
    check_x87(&s, expected);
    subject_destroy(&s);
}

int main(void) {
    dnc_use_one_blas_thread();
    dnc_isa isas[3];
    const int isa_count = available_isas(isas);
    for (int i = 0; i < isa_count; i++)
        for (int bits = 32; bits <= 64; bits += 32) {
            dnc_config config = configure(MODEL_DNC, V, H, N, W, R);
            dnc_run its_run = dnc_run_of(T, B);
            its_run.isa = (int32_t)isas[i];
            check(&config, &its_run, bits);
            config.input_vector = 3;
            config.controller = DNC_CONTROLLER_FEED_FORWARD, config.layers = 2;
            config.output = DNC_OUTPUT_BITS;
            check(&config, &its_run, bits);
        }
    return check_report();
}
