/* Temporal linkage, one lane: the link matrix, the precedence weighting, and reading along the order of writing. One pass over
 * the link matrix in each direction, by blocks of LINK_ROWS rows for which up to HEAD_GROUP heads are served at a time, so that
 * what is loaded once serves them all. Suffix _before marks the value at t-1; w is the write weighting w^w_t.
 *
 * In scalars, forward:    L[i,j] = (1 - w_i - w_j) L'[i,j] + w_i p'[j],  L[i,i] = 0
 *                         f^r_i += L[i,j] w^r_{t-1}[j];   b^r_j += L[i,j] w^r_{t-1}[i]
 * and backward:           dw^r_{t-1}[i] += L[i,j] db^r_j;   dw^r_{t-1}[j] += L[i,j] df^r_i
 *                         dL[i,j] += df^r_i w^r_{t-1}[j] + w^r_{t-1}[i] db^r_j,  dL[i,i] = 0
 *                         dw_i += dL[i,j] (p'[j] - L'[i,j]);   dw_j -= dL[i,j] L'[i,j];   dp'[j] += w_i dL[i,j]
 *                         dL'[i,j] = (1 - w_i - w_j) dL[i,j] */

enum { LINK_ROWS = 4 };

/* One lane's vectors and matrices of a step; heads' rows are Np apart, the matrices' too. */
typedef struct link_step {
    size_t N;
    const REAL *w, *precedence_before, *reads_before /* (R, Np) */;
    const REAL *link_before;
    REAL *link;
    REAL *forward, *backward /* (R, Np) */;
    const REAL *d_forward, *d_backward;
    REAL *d_link, *d_w, *d_precedence_before, *d_reads_before;
} link_step;

/* The part of the vector at column j of row i that is not the diagonal. */
INLINE vec off_diagonal(vec x, size_t i, size_t j) {
    return where(lane_numbers() == (REAL_BITS)(i - j), (vec){0}, x);
}

/* Rows i ..< i + rows, columns from ..< end, a group of heads. `updates`: L is computed, else an earlier group has. */
INLINE void link_columns_forward(size_t heads, size_t rows, bool updates, bool on_diagonal, size_t i, size_t from,
                                 size_t end, const link_step *s, vec sums[LINK_ROWS][HEAD_GROUP]) {
    const size_t Np = dnc_row(s->N);
    for (size_t j = from; j < end; j += LANES) {
        const vec w = load(s->w + j), p = load(s->precedence_before + j);
        vec reads[HEAD_GROUP], backward[HEAD_GROUP];
        UNROLL
        for (size_t r = 0; r < heads; r++) {
            reads[r] = load(s->reads_before + r * Np + j);
            backward[r] = load(s->backward + r * Np + j);
        }
        UNROLL
        for (size_t q = 0; q < rows; q++) {
            REAL *const row = s->link + (i + q) * Np + j;
            vec link;
            if (updates) {
                const REAL wi = s->w[i + q], keep = R(1.0) - wi;
                link = (keep - w) * load(s->link_before + (i + q) * Np + j) + wi * p;
                if (on_diagonal)
                    link = off_diagonal(link, i + q, j);
                ROUND_TO_REAL(link); /* what is read along is what is kept */
                store(row, link);
            } else {
                link = load(row);
            }
            UNROLL
            for (size_t r = 0; r < heads; r++) {
                sums[q][r] += link * reads[r];
                backward[r] += link * s->reads_before[r * Np + i + q];
            }
        }
        UNROLL
        for (size_t r = 0; r < heads; r++)
            store(s->backward + r * Np + j, backward[r]);
    }
}

INLINE void link_rows_forward(size_t heads, size_t rows, bool updates, size_t i, const link_step *s) {
    const size_t Np = dnc_row(s->N), diagonal = i / LANES * LANES, behind = (i + rows - 1) / LANES * LANES + LANES;
    vec sums[LINK_ROWS][HEAD_GROUP] = {{{0}}};
    link_columns_forward(heads, rows, updates, false, i, 0, diagonal, s, sums);
    link_columns_forward(heads, rows, updates, true, i, diagonal, behind, s, sums);
    link_columns_forward(heads, rows, updates, false, i, behind, s->N, s, sums);
    UNROLL
    for (size_t q = 0; q < rows; q++) {
        UNROLL
        for (size_t r = 0; r < heads; r++)
            s->forward[r * Np + i + q] = sum_lanes(sums[q][r]);
    }
}

INLINE void link_heads_forward(size_t rows, size_t heads, size_t i, const link_step *s) {
    const size_t Np = dnc_row(s->N);
    WITH_GROUP(group_size(heads, 0), link_rows_forward(group, rows, true, i, s))
    for (size_t r = HEAD_GROUP; r < heads; r += HEAD_GROUP) {
        link_step rest = *s;
        rest.reads_before += r * Np, rest.forward += r * Np, rest.backward += r * Np;
        WITH_GROUP(group_size(heads, r), link_rows_forward(group, rows, false, i, &rest))
    }
}

/* forward f^r = L w^r_{t-1};   backward b^r = L^T w^r_{t-1}; of no heads, L alone */
static void link_forward(size_t heads, const link_step *step) {
    const link_step own = *step, *const s = &own; /* which no store can change */
    const size_t N = s->N, Np = dnc_row(N);
    memset(s->backward, 0, heads * Np * sizeof(REAL));
    size_t i = 0;
    for (; i + LINK_ROWS <= N; i += LINK_ROWS)
        link_heads_forward(LINK_ROWS, heads, i, s);
    for (; i < N; i++)
        link_heads_forward(1, heads, i, s);
    for (size_t r = 0; r < heads; r++)
        fill_padding(N, s->forward + r * Np, R(0.0));
}

/* `finishes`: after this group of heads dL is whole, and goes on to what L came from. */
INLINE void link_columns_backward(size_t heads, size_t rows, bool finishes, bool on_diagonal, size_t i, size_t from,
                                  size_t end, const link_step *s, vec d_reads[LINK_ROWS][HEAD_GROUP], vec d_w[LINK_ROWS]) {
    const size_t Np = dnc_row(s->N);
    for (size_t j = from; j < end; j += LANES) {
        const vec w = load(s->w + j), p = load(s->precedence_before + j);
        vec reads[HEAD_GROUP], d_backward[HEAD_GROUP], d_reads_j[HEAD_GROUP];
        vec d_w_j = load(s->d_w + j), d_p = load(s->d_precedence_before + j);
        UNROLL
        for (size_t r = 0; r < heads; r++) {
            reads[r] = load(s->reads_before + r * Np + j);
            d_backward[r] = load(s->d_backward + r * Np + j);
            d_reads_j[r] = load(s->d_reads_before + r * Np + j);
        }
        UNROLL
        for (size_t q = 0; q < rows; q++) {
            const REAL wi = s->w[i + q], keep = R(1.0) - wi;
            const vec before = load(s->link_before + (i + q) * Np + j);
            vec link = (keep - w) * before + wi * p, d = load(s->d_link + (i + q) * Np + j);
            if (on_diagonal)
                link = off_diagonal(link, i + q, j);
            ROUND_TO_REAL(link);
            UNROLL
            for (size_t r = 0; r < heads; r++) {
                const REAL d_forward = s->d_forward[r * Np + i + q], read = s->reads_before[r * Np + i + q];
                d_reads[q][r] += link * d_backward[r];
                d_reads_j[r] += d_forward * link;
                d += d_forward * reads[r];
                d += read * d_backward[r];
            }
            if (finishes) {
                if (on_diagonal)
                    d = off_diagonal(d, i + q, j);
                d_w[q] += d * (p - before);
                d_w_j -= d * before;
                d_p += wi * d;
                d *= keep - w;
            }
            store(s->d_link + (i + q) * Np + j, d);
        }
        UNROLL
        for (size_t r = 0; r < heads; r++)
            store(s->d_reads_before + r * Np + j, d_reads_j[r]);
        store(s->d_w + j, d_w_j);
        store(s->d_precedence_before + j, d_p);
    }
}

INLINE void link_rows_backward(size_t heads, size_t rows, bool finishes, size_t i, const link_step *s) {
    const size_t Np = dnc_row(s->N), diagonal = i / LANES * LANES, behind = (i + rows - 1) / LANES * LANES + LANES;
    vec d_reads[LINK_ROWS][HEAD_GROUP] = {{{0}}}, d_w[LINK_ROWS] = {{0}};
    link_columns_backward(heads, rows, finishes, false, i, 0, diagonal, s, d_reads, d_w);
    link_columns_backward(heads, rows, finishes, true, i, diagonal, behind, s, d_reads, d_w);
    link_columns_backward(heads, rows, finishes, false, i, behind, s->N, s, d_reads, d_w);
    UNROLL
    for (size_t q = 0; q < rows; q++) {
        s->d_w[i + q] += sum_lanes(d_w[q]);
        UNROLL
        for (size_t r = 0; r < heads; r++)
            s->d_reads_before[r * Np + i + q] += sum_lanes(d_reads[q][r]);
    }
}

INLINE void link_heads_backward(size_t rows, size_t heads, size_t i, const link_step *s) {
    const size_t Np = dnc_row(s->N);
    link_step rest = *s;
    for (; heads > HEAD_GROUP; heads -= HEAD_GROUP) {
        link_rows_backward(HEAD_GROUP, rows, false, i, &rest);
        rest.reads_before += HEAD_GROUP * Np, rest.d_reads_before += HEAD_GROUP * Np;
        rest.d_forward += HEAD_GROUP * Np, rest.d_backward += HEAD_GROUP * Np;
    }
    WITH_GROUP(heads, link_rows_backward(group, rows, true, i, &rest))
}

/* L is computed again from L', so that only that is read. d_link in: at L from step t+1, out: at L'; the other gradients are
 * added to. */
static void link_backward(size_t heads, const link_step *step) {
    const link_step own = *step, *const s = &own;
    size_t i = 0;
    for (; i + LINK_ROWS <= s->N; i += LINK_ROWS)
        link_heads_backward(LINK_ROWS, heads, i, s);
    for (; i < s->N; i++)
        link_heads_backward(1, heads, i, s);
}

/* p = (1 - sum_i w_i) p' + w */
INLINE void precedence_forward(size_t N, const REAL *restrict w, const REAL *restrict precedence_before,
                               REAL *restrict precedence) {
    const REAL keep = R(1.0) - sum_of(N, w);
    VECTORS (i, N)
        store(precedence + i, keep * load(precedence_before + i) + load(w + i));
}

/* d_precedence in: at p, out: at p'. */
INLINE void precedence_backward(size_t N, const REAL *restrict w, const REAL *restrict precedence_before,
                                REAL *restrict d_precedence, REAL *restrict d_w /* += */) {
    const REAL keep = R(1.0) - sum_of(N, w), by_keep = dot(N, d_precedence, precedence_before);
    VECTORS (i, N) {
        store(d_w + i, load(d_w + i) + load(d_precedence + i) - by_keep);
        store(d_precedence + i, keep * load(d_precedence + i));
    }
    fill_padding(N, d_w, R(0.0));
}
