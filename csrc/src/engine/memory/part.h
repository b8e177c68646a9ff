/* A memory, one lane of a step: from the parsed interface vector to the read vectors, which go into z_(t+1). */
typedef struct memory_part {
    /* `begins`: before step t is the initial state. */
    void (*forward)(const dnc_plan *, REAL *workspace, size_t t, size_t b, bool begins, stopwatch *);
    /* From the gradient at the read vectors after step t, in d_z, to that at the parsed interface vector, in d_interface, where zeros
     * are; those at the state go in as those at the state after step t, and come out as those before it. */
    void (*backward)(const dnc_plan *, REAL *workspace, size_t t, size_t b, bool begins, stopwatch *);
    /* Of a memory that does not keep all that backward needs, NULL for others: computes it again, for all lanes, before step t. */
    void (*recompute)(const dnc_plan *, const dnc_segment *, REAL *workspace, size_t t);
} memory_part;
