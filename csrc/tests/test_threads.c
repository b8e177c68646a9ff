// Threads that compute at the same time, each with networks of its own, get the bits that one thread alone gets; and OpenBLAS,
// however it is built, computes on them alone: `make check-openblas` runs this with each kind of it that is here.
#include <dirent.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "harness.h"

enum { networks = 64, threads = 8 };

static int segments; // of each network

// An OpenBLAS that is built for one thread must not be called by several.
static int needs_own_products(void) {
#ifdef DNC_NO_BLAS
    return 0;
#else
    int openblas_get_parallel(void);
    return openblas_get_parallel() == 0;
#endif
}

// A network, and what it has computed.
typedef struct job {
    network net;
    uint64_t source;
    void *gradient, *outputs;
    double nats;
} job;

static size_t output_count(const job *j) {
    return (size_t)j->net.run.batch * (size_t)j->net.config.output_groups * (size_t)j->net.config.output_size;
}

// Models, precisions, instruction sets and sizes take turns: three models of text, and then one of every combination of parts.
static job job_create(int index) {
    dnc_isa isas[3];
    const int isa_count = available_isas(isas), bits = index / 4 % 2 == 0 ? 32 : 64;
    dnc_config config = configure(index % 4 < 3 ? (model)(MODEL_RNN + index % 4) : MODEL_DNC, 2 + index % 7,
                                  1 + 5 * index % 23, 1 + index % 19, 1 + index % 6, 1 + index % 5);
    if (index % 4 == 3)
        require(combination(11 * index % combination_count(), &config), "a combination");
    dnc_run run = dnc_run_of(1 + index % 7, 1 + index % 4);
    run.isa = (int32_t)isas[index / 8 % isa_count];
    run.own_products = needs_own_products();
    job j = {.net = network_create(&config, bits, run.steps, run.batch), .source = (uint64_t)index};
    network_set_run(&j.net, &run);
    j.gradient = numbers_create(bits, j.net.parameter_count);
    j.outputs = numbers_create(bits, output_count(&j));
    network_draw_parameters(&j.net, &j.source, 1.5);
    return j;
}

static void job_destroy(job *j) {
    free(j->gradient);
    free(j->outputs);
    network_destroy(&j->net);
}

static void job_run(job *j) {
    for (int i = 0; i < segments; i++) {
        network_draw_segment(&j->net, &j->source);
        j->nats += network_forward(&j->net).nats;
        network_backward(&j->net, 1, j->gradient);
        if (takes_steps(&j->net.config))
            network_step(&j->net, j->outputs);
    }
}

// One thread's share: every eighth network, so that all kinds run beside all others.
static void *run_share(void *first) {
    dnc_use_one_blas_thread();
    for (job *j = first, *end = j + networks; j < end; j += threads)
        job_run(j);
    return NULL;
}

static void check_same(const job *a, const job *b) {
    CHECK_CONTEXT("%s f%d %s beside others", model_name(&a->net.config), a->net.bits,
                  dnc_isa_string((dnc_isa)a->net.run.isa));
    CHECK(isfinite(a->nats) && a->nats == b->nats);
    CHECK(memcmp(a->net.state, b->net.state, state_bytes(&a->net)) == 0);
    CHECK(memcmp(a->gradient, b->gradient, bytes_of(&a->net, a->net.parameter_count)) == 0);
    CHECK(memcmp(a->outputs, b->outputs, bytes_of(&a->net, output_count(a))) == 0);
}

// How many threads the process has; 0 where the system does not tell.
static int process_threads(void) {
    DIR *const folder = opendir("/proc/self/task");
    int count = 0;
    for (const struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;)
        count += entry->d_name[0] != '.';
    if (folder != NULL)
        closedir(folder);
    return count;
}

// Where threads that have computed wait until they have been counted.
typedef struct gate {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int waiting;
    int open;
} gate;

// Products large enough for OpenBLAS to divide them among threads.
static void *run_large(void *at) {
    gate *const g = at;
    dnc_use_one_blas_thread();
    uint64_t source = 1;
    const dnc_config config = configure(MODEL_LSTM, 60, 64, 0, 0, 0);
    dnc_run run = dnc_run_of(16, 16);
    run.own_products = needs_own_products();
    network net = network_create(&config, 32, 16, 16);
    network_set_run(&net, &run);
    void *gradient = numbers_create(32, net.parameter_count), *logits = numbers_create(32, 16 * 60);
    network_draw_parameters(&net, &source, 1);
    network_draw_segment(&net, &source);
    network_forward(&net);
    network_backward(&net, 1, gradient);
    network_step(&net, logits);
    free(gradient);
    free(logits);
    network_destroy(&net);
    pthread_mutex_lock(&g->mutex);
    g->waiting++;
    pthread_cond_broadcast(&g->changed);
    while (!g->open)
        pthread_cond_wait(&g->changed, &g->mutex);
    pthread_mutex_unlock(&g->mutex);
    return NULL;
}

static void check_threads_of_blas(void) {
    CHECK_CONTEXT("threads of BLAS");
    gate g = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    pthread_t thread[threads];
    const int before = process_threads();
    for (int i = 0; i < threads; i++)
        require(pthread_create(&thread[i], NULL, run_large, &g) == 0, "pthread_create");
    pthread_mutex_lock(&g.mutex);
    while (g.waiting < threads)
        pthread_cond_wait(&g.changed, &g.mutex);
    CHECK_EQUAL(process_threads(), before > 0 ? before + threads : 0);
    g.open = 1;
    pthread_cond_broadcast(&g.changed);
    pthread_mutex_unlock(&g.mutex);
    for (int i = 0; i < threads; i++)
        pthread_join(thread[i], NULL);
}

// Whoever uses OpenBLAS besides gets back what was set.
static void check_giving_back(void) {
    CHECK_CONTEXT("giving back");
#ifdef DNC_NO_BLAS
    CHECK_EQUAL(dnc_use_one_blas_thread(), 1);
#else
    int openblas_get_num_threads(void);
    void openblas_set_num_threads(int);
    openblas_set_num_threads(2);
    const int count = openblas_get_num_threads(); // 1 where OpenBLAS has no threads
    CHECK_EQUAL(dnc_use_one_blas_thread(), count);
    CHECK_EQUAL(openblas_get_num_threads(), 1);
    CHECK_EQUAL(dnc_use_one_blas_thread(), 1);
    openblas_set_num_threads(count);
    CHECK_EQUAL(openblas_get_num_threads(), count);
#endif
}

int main(void) {
    check_giving_back();
    dnc_use_one_blas_thread();
    check_threads_of_blas();
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
