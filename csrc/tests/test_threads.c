// Threads that compute at the same time, each with networks of its own, get the bits that one thread alone gets.
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "harness.h"

enum { networks = 64, threads = 8 };

static int segments; // of each network

// A network, and what it has computed.
typedef struct job {
    network net;
    uint64_t source;
    void *gradient, *logits;
    double nats;
} job;

// Models, precisions, instruction sets and sizes take turns.
static job job_create(int index) {
    dnc_isa isas[3];
    const int isa_count = available_isas(isas), bits = index / 3 % 2 == 0 ? 32 : 64;
    dnc_config config = configure((dnc_model)(DNC_MODEL_RNN + index % 3), 2 + index % 7, 1 + 5 * index % 23, 1 + index % 19,
                                  1 + index % 6, 1 + index % 5);
    config.isa = (int32_t)isas[index / 6 % isa_count];
    job j = {.net = network_create(&config, bits, 1 + index % 7, 1 + index % 4), .source = (uint64_t)index};
    j.gradient = numbers_create(bits, j.net.parameter_count);
    j.logits = numbers_create(bits, (size_t)(j.net.segment.batch * config.symbols));
    network_draw_parameters(&j.net, &j.source, 1.5);
    return j;
}

static void job_destroy(job *j) {
    free(j->gradient);
    free(j->logits);
    network_destroy(&j->net);
}

static void job_run(job *j) {
    for (int i = 0; i < segments; i++) {
        network_draw_segment(&j->net, &j->source);
        j->nats += network_forward(&j->net).nats;
        network_backward(&j->net, 1, j->gradient);
        network_step(&j->net, j->logits);
    }
}

// One thread's share: every eighth network, so that all kinds run beside all others.
static void *run_share(void *first) {
    for (job *j = first, *end = j + networks; j < end; j += threads)
        job_run(j);
    return NULL;
}

static void check_same(const job *a, const job *b) {
    const dnc_config *config = &a->net.config;
    CHECK_CONTEXT("%s f%d %s beside others", model_name((dnc_model)config->model), a->net.bits,
                  dnc_isa_string((dnc_isa)config->isa));
    CHECK(isfinite(a->nats) && a->nats == b->nats);
    CHECK(memcmp(a->net.state, b->net.state, state_bytes(&a->net)) == 0);
    CHECK(memcmp(a->gradient, b->gradient, bytes_of(&a->net, a->net.parameter_count)) == 0);
    CHECK(memcmp(a->logits, b->logits, bytes_of(&a->net, (size_t)(a->net.segment.batch * config->symbols))) == 0);
}

int main(void) {
    dnc_use_one_blas_thread();
    segments = repetitions(2, 20, 200);
    job alone[networks], beside[networks + threads]; // the last shares end behind the networks
    pthread_t thread[threads];
    for (int i = 0; i < networks; i++) {
        alone[i] = job_create(i);
        beside[i] = job_create(i);
        job_run(&alone[i]);
    }
    for (int i = 0; i < threads; i++)
        require(pthread_create(&thread[i], NULL, run_share, &beside[i]) == 0, "pthread_create");
    for (int i = 0; i < threads; i++)
        pthread_join(thread[i], NULL);
    for (int i = 0; i < networks; i++) {
        check_same(&alone[i], &beside[i]);
        job_destroy(&alone[i]);
        job_destroy(&beside[i]);
    }
    return check_report();
}
