// Counting assertions for one test program, whose main ends with `return check_report();`.
#ifndef CHECK_H
#define CHECK_H

#include <math.h>
#include <stdio.h>

static long check_passed, check_failed;
static char check_context[160]; // which case is running; printed with every failure

static inline void check_that(int holds, const char *file, int line, const char *text, double actual, double expected) {
    if (holds) {
        check_passed++;
        return;
    }
    if (++check_failed > 50)
        return; // enough to see what is wrong
    printf("%s:%d: [%s] %s: is %.17g, expected %.17g\n", file, line, check_context, text, actual, expected);
    fflush(stdout); // a crash may follow
}

static inline void check_close(double actual, double expected, double tolerance, const char *file, int line,
                               const char *text) {
    check_that(fabs(actual - expected) <= tolerance, file, line, text, actual, expected); // false for NaN
}

static inline int check_report(void) {
    printf("%ld passed, %ld failed\n", check_passed, check_failed);
    return check_failed > 0;
}

#define CHECK(condition) check_that(!!(condition), __FILE__, __LINE__, #condition, 0, 1)
#define CHECK_EQUAL(actual, expected)                                                                                       \
    check_close((double)(actual), (double)(expected), 0, __FILE__, __LINE__, #actual " == " #expected)
#define CHECK_CLOSE(actual, expected, tolerance) check_close(actual, expected, tolerance, __FILE__, __LINE__, #actual)
#define CHECK_ERROR(what, error, tolerance) check_close(error, 0, tolerance, __FILE__, __LINE__, what)
#define CHECK_CONTEXT(...) snprintf(check_context, sizeof check_context, __VA_ARGS__)

#endif
