// The stack that each call takes, as dnc.h says: a thread's is painted, and the paint that is left is counted.
#ifdef _WIN32 // where no thread takes a stack that is given to it
#include <stdio.h>

int main(void) {
    puts("a thread's stack cannot be chosen here");
    puts("0 passed, 0 failed");
    return 0;
}
#else
#define _XOPEN_SOURCE 700
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "dnc_checkpoint.h"
#include "harness.h"

enum { promised = 48 << 10, stack_bytes = 1 << 20, page_bytes = 1 << 16, paint = 0xa5 };

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED 1
#elif defined(__has_feature)
#define IS_SANITIZED (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define IS_SANITIZED 0
#endif

// What the calls work on.
typedef struct work {
    network net;
    dnc_checkpoint about;
    void *gradient, *logits;
    dnc_candidate *candidates;
    unsigned char *file;
    size_t file_bytes;
} work;

typedef void job(work *);

static void do_nothing(work *w) {
    (void)w;
}

static void do_sizes(work *w) {
    size_t size;
    dnc_tensor tensor = {.struct_size = sizeof tensor};
    const dnc_config *config = &w->net.config;
    CHECK_EQUAL(dnc_config_validate(config), DNC_OK);
    CHECK(dnc_config_problem(config) == NULL);
    CHECK_EQUAL(dnc_parameter_count(config, &size), DNC_OK);
    CHECK_EQUAL(dnc_parameter_tensor(config, 0, &tensor), DNC_OK);
    CHECK_EQUAL(dnc_state_tensor(config, 0, &tensor), DNC_OK);
    CHECK_EQUAL(dnc_record_tensor(config, &w->net.run, 0, &tensor), DNC_OK);
    CHECK_EQUAL(call_segment_workspace(w->net.bits, config, &w->net.run, &size), DNC_OK);
}

static void do_initialize(work *w) {
    CHECK_EQUAL(w->net.bits == 32 ? dnc_initialize_f32(&w->net.config, 1, w->net.parameters)
                                  : dnc_initialize_f64(&w->net.config, 1, w->net.parameters),
                DNC_OK);
}

static void do_forward(work *w) {
    network_forward(&w->net);
}

static void do_record(work *w) {
    dnc_tensor tensor = {.struct_size = sizeof tensor};
    free(network_record(&w->net, w->net.config.output == DNC_OUTPUT_REALS ? "outputs" : "logits", &tensor));
}

static void do_backward(work *w) {
    network_backward(&w->net, 1, w->gradient);
}

static void do_step(work *w) {
    if (takes_steps(&w->net.config))
        network_step(&w->net, w->logits);
}

static void do_draw(work *w) {
    dnc_random random = {{1, 2, 3, 4}};
    int32_t symbol;
    CHECK_EQUAL(w->net.bits == 32 ? dnc_draw_f32(w->logits, 256, 1, 3, &random, w->candidates, &symbol)
                                  : dnc_draw_f64(w->logits, 256, 1, 3, &random, w->candidates, &symbol),
                DNC_OK);
}

static void do_write(work *w) {
    const dnc_config *config = &w->net.config;
    CHECK_EQUAL(w->net.bits == 32
                    ? dnc_checkpoint_write_f32(config, &w->about, NULL, w->net.parameters, w->file, w->file_bytes)
                    : dnc_checkpoint_write_f64(config, &w->about, NULL, w->net.parameters, w->file, w->file_bytes),
                DNC_OK);
}

static void do_read(work *w) {
    dnc_config config = {.struct_size = sizeof config};
    dnc_checkpoint about = {.struct_size = sizeof about};
    uint32_t symbols[256];
    CHECK_EQUAL(dnc_checkpoint_read(w->file, w->file_bytes, &config, &about), DNC_OK);
    CHECK(dnc_checkpoint_problem(w->file, w->file_bytes) == NULL);
    char key[8];
    CHECK_EQUAL(dnc_checkpoint_unknown_key(w->file, w->file_bytes, key, sizeof key), DNC_OK);
    CHECK_EQUAL(dnc_checkpoint_symbols(&about, symbols), DNC_OK);
    CHECK_EQUAL(w->net.bits == 32 ? dnc_checkpoint_parameters_f32(&config, &about, w->net.parameters)
                                  : dnc_checkpoint_parameters_f64(&config, &about, w->net.parameters),
                DNC_OK);
}

static const struct {
    const char *name;
    job *run;
} jobs[] = {{"sizes", do_sizes},   {"initialize", do_initialize}, {"forward", do_forward},
            {"record", do_record}, {"backward", do_backward},     {"step", do_step},
            {"draw", do_draw},     {"write", do_write},           {"read", do_read}};

typedef struct call {
    job *run;
    work *on;
} call;

static void *run_call(void *argument) {
    const call *c = argument;
    c->run(c->on);
    return NULL;
}

static size_t stack_of(job *run, work *on) {
    unsigned char *stack = aligned_alloc(page_bytes, stack_bytes);
    require(stack != NULL, "out of memory");
    memset(stack, paint, stack_bytes);
    call c = {run, on};
    pthread_attr_t attributes;
    pthread_t thread;
    require(pthread_attr_init(&attributes) == 0 && pthread_attr_setstack(&attributes, stack, stack_bytes) == 0 &&
                pthread_create(&thread, &attributes, run_call, &c) == 0 && pthread_join(thread, NULL) == 0,
            "a thread");
    pthread_attr_destroy(&attributes);
    size_t left = 0;
    while (left < stack_bytes && stack[left] == paint)
        left++;
    free(stack);
    return stack_bytes - left;
}

static size_t check_network(const dnc_config *config, const dnc_run *run, int bits, size_t least) {
    uint64_t source = 1;
    size_t most = 0;
    work w = {.net = network_create(config, bits, 6, 3),
              .about = {.struct_size = sizeof w.about, .bits = bits, .symbol_kind = DNC_SYMBOLS_BYTES},
              .candidates = calloc(256, sizeof *w.candidates)};
    network_set_run(&w.net, run);
    network_draw_parameters(&w.net, &source, 1);
    network_draw_segment(&w.net, &source);
    w.gradient = numbers_create(bits, w.net.parameter_count);
    w.logits = numbers_create(bits, 256 * 3 * (size_t)config->output_groups);
    require(dnc_checkpoint_size(config, &w.about, NULL, &w.file_bytes) == DNC_OK, "dnc_checkpoint_size");
    w.file = malloc(w.file_bytes);
    require(w.candidates != NULL && w.file != NULL, "out of memory");
    for (size_t i = 0; i < COUNT(jobs); i++) {
        CHECK_CONTEXT("%s of %s f%d %s", jobs[i].name, model_name(config), bits, dnc_isa_string((dnc_isa)run->isa));
        const size_t used = stack_of(jobs[i].run, &w) - least;
        CHECK(used <= promised);
        if (used > promised)
            printf("%zu bytes of stack\n", used);
        most = used > most ? used : most;
    }
    network_destroy(&w.net);
    free(w.gradient), free(w.logits), free(w.candidates), free(w.file);
    return most;
}

enum { RICH = MODELS_END - MODEL_RNN, REALS, DEEP, KINDS };

// The models of text, one of all parts that those lack, one that answers numbers, and one of normalised layers both ways; small or large.
static dnc_config configure_kind(int kind, int size) {
    const model text = kind < RICH ? (model)(MODEL_RNN + kind) : MODEL_DNC;
    dnc_config config = size == 0 ? configure(text, 256, 3, 2, 2, 1) : configure(text, 256, 150, 70, 20, 5);
    if (kind == DEEP)
        config.layers = DNC_MAX_LAYERS, config.gate_norm = config.bidirectional = 1,
        config.write_heads = DNC_MAX_WRITE_HEADS;
    else if (kind >= RICH) {
        config.symbols_per_step = 3, config.input_vector = size == 0 ? 2 : 70;
        config.controller = DNC_CONTROLLER_FEED_FORWARD, config.layers = DNC_MAX_LAYERS;
    }
    if (kind == RICH)
        config.output_groups = 3;
    if (kind == REALS)
        config.output = DNC_OUTPUT_REALS;
    return config;
}

int main(void) {
    dnc_use_one_blas_thread();
    const size_t least = stack_of(do_nothing, NULL); // the C library's, of every thread
    dnc_isa isas[3];
    const int isa_count = available_isas(isas);
    size_t most = 0;
    for (int i = 0; i < isa_count && !IS_SANITIZED; i++) // which have frames of their own
        for (int kind = 0; kind < KINDS; kind++)
            for (int bits = 32; bits <= 64; bits += 32)
                for (int size = 0; size < 2; size++)
                    for (int own = 0; own < 2; own++) { // products: BLAS's frames count, too, where there is BLAS
                        const dnc_config config = configure_kind(kind, size);
                        dnc_run run = dnc_run_of(6, 3);
                        run.isa = (int32_t)isas[i];
                        run.link_interval = size == 0 ? 0 : 3;
                        run.own_products = own;
                        const size_t used = check_network(&config, &run, bits, least);
                        most = used > most ? used : most;
                    }
    printf("%zu bytes of stack at most\n", most);
    return check_report();
}
#endif
