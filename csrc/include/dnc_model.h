/* dnc_model.h - what a model is: its symbols, equations and variants, and the configuration that says which it has. dnc.h,
 * which includes it, has the rules and the functions.
 *
 * SYMBOLS
 *    V symbols    D numbers of the input vector    H hidden units    L layers    Y outputs of a step
 *    N memory slots (rows)    W slot width    R read heads    P write heads    T steps of a segment    B lanes of a batch
 *    O = L H, the numbers of h_t, with bidirectional (L + 1) H; H for a feed-forward controller
 *    G = 4 H for both kinds of LSTM, 3 H for the GRU, H for other controllers
 *    I = R W + 3 W + 5 R + 3, the length of the interface vector; of P write heads R W + 3 P W + (2 P + 3) R + 3 P; with
 *    delta R (2 N + W + 1), and R more with decay; holographic R (3 N W + 1), likewise
 *    Pg programs    F numbers of a program's key    U queries of a step: 1, or Y of programs of the output's rows
 *
 * THE MODEL at step t, for one lane (sg: logistic function; o: elementwise product; oneplus(x) = 1 + log(1 + e^x))
 *    input         x_t = [sum of the onehot of each symbol ; vector]
 *    controller    a = W_ih [x_t ; r_{t-1}] + W_hh h_{t-1} + b          (r only with a memory)
 *                  of several layers, but for feed-forward, each
 *                  a^l = W_ih^l [x_t ; r_{t-1}] + W_hh^l h^l_{t-1} + W_below^l h^{l-1}_t + b^l;
 *                  what follows sees h_t = [h^0_t ; ... ; h^{L-1}_t]
 *        tanh      h_t = tanh(a)
 *        LSTM      (i, f, g, o) = a;  c_t = sg(f) o c_{t-1} + sg(i) o tanh(g);  h_t = sg(o) o tanh(c_t)
 *        squashed LSTM  the same gates;  c_t = tanh(sg(f) o c_{t-1} + sg(i) o tanh(g));  h_t = sg(o) o c_t     (krocki/dnc)
 *        GRU       (r, z, n) = a, but U h_{t-1} apart, U: the rows of W_hh for n;  n' = tanh(n + sg(r) o (U h_{t-1} + c));
 *                  h_t = (1 - sg(z)) o n' + sg(z) o h_{t-1}     (Cho et al. 2014, with the reset gate behind the product)
 *        feed-forward  h^0 = act(a) without W_hh;  h^l = act(W_l h^{l-1} + b_l);  h_t = h^{L-1};  act: tanh or max(0, .)
 *    interface     xi = W_xi h_t + b_xi, in the paper's order: R read keys k^r (W each), R read strengths, write key k^w
 *                  (W), write strength, erase vector e (W), write vector v (W), R free gates, allocation gate g^a, write
 *                  gate g^w, R triples of read modes (backward, content, forward)
 *                  strengths: oneplus; e and gates: sg; modes: softmax
 *    content       C(M, k, beta)_i = softmax_i(beta k.m_i / (sqrt(k.k + eps) sqrt(m_i.m_i + eps))),
 *                  eps = DNC_COSINE_EPSILON
 *    usage         u_t = (u_{t-1} + w^w_{t-1} - u_{t-1} o w^w_{t-1}) o prod_r (1 - f^r w^r_{t-1})
 *    allocation    a_[phi_j] = (1 - u_[phi_j]) prod_{i<j} u_[phi_i],   phi: slots by ascending usage, ties by index
 *    write         w^w_t = g^w (g^a a + (1 - g^a) C(M_{t-1}, k^w, beta^w));   M_t = M_{t-1} o (1 - w^w e^T) + w^w v^T
 *    linkage       L_t[i,j] = (1 - w^w_i - w^w_j) L_{t-1}[i,j] + w^w_i p_{t-1}[j],  L[i,i] = 0;
 *                  p_t = (1 - sum w^w) p_{t-1} + w^w
 *    read          w^r_t = pi_1 L_t^T w^r_{t-1} + pi_2 C(M_t, k^r, beta^r) + pi_3 L_t w^r_{t-1};   r_t = M_t^T w^r_t
 *    output        y_t = W_y h_t + W_r r_t + b_y;   loss: see dnc_output, summed over steps, lanes and answers
 *
 *    delta         in place of all from the interface to the read, for each of R heads, with a memory S (N, W) of its own:
 *                  xi gives R keys k^, R queries q^ (N each), R values v (W each), R strengths beta and, with decay, R
 *                  decays alpha;  k = k^ / sqrt(k^.k^ + eps), eps = DNC_COSINE_EPSILON, q likewise;
 *                  beta: sg, with negative_eigenvalues 2 sg;  alpha: sg, without decay 1;
 *                  S_t = alpha (I - beta k k^T) S_{t-1} + beta k v^T;   r_t = S_t^T q
 *                  This is DeltaNet (Schlag, Irie & Schmidhuber 2021; Yang et al. 2024), with decay Gated DeltaNet (Yang,
 *                  Kautz & Hatamizadeh 2025); where beta may exceed 1, the eigenvalue 1 - beta of what is at k may be
 *                  negative (Grazzi et al. 2024). Theirs is a layer of tokens; here a controller feeds it, and is fed by
 *                  what it reads.
 *
 *    holographic   likewise, but S is a vector M of N numbers, and so are keys, queries and values, of W components each: W
 *                  1, real numbers, 2, complex ones, 4, quaternions, or 8, octonions. Each number of a key is of length 1
 *                  by itself: k = k^ / sqrt(conj(k^) k^ + eps), q likewise;  beta: sg;  alpha: sg, without decay 1;
 *                  number by number M_t = alpha M_{t-1} + beta k v;   r_t = conj(q) M_t, with all N W numbers of it
 *                  (p, q)(r, s) = (p r - conj(s) q, s p + q conj(r)) and conj(p, q) = (conj(p), -q) make numbers of twice
 *                  the components. conj(k)(k v) = v, so that a key reads what was bound to it, and of all else something
 *                  like noise, the less the more numbers there are. Of 16 components that no longer holds. (Plate 1995; of
 *                  complex numbers Danihelka et al. 2016; of hypercomplex ones program-hdc of brandontrabucco)
 *                  Tensors have a row of N for each component: the first of all numbers of a head, then the second, ...
 *
 * A BIDIRECTIONAL controller, of any recurrent kind and with any memory or none (Franke, Niehues & Waibel 2018), has one
 * more layer, of the same kind, that reads x_t alone, from the end of each episode to its beginning:
 *                  a = W_ih^b x_t + W_hh^b hb_{t+1} + b^b, and hb_t by its equations, from zeros behind the episode's last
 *                  step; interface and output see h_t = [h^0_t ; ... ; h^{L-1}_t ; hb_t], the other layers see no hb
 * An episode ends before a step with `begins`, and with the segment: nothing is known of what comes after that, and the
 * backward layer is no part of the state. So a segment is to hold whole episodes, which is its caller's business; and there
 * are no single steps.
 *
 * VARIANTS of the DNC, each a field of dnc_config, alone or together where that makes sense (dnc_config_problem says where
 * not); the two of the interface vector are of any memory, and programs of any model
 *    addressing    dot: C = softmax_i(beta k.m_i);  location: softmax_i(beta k_i) of keys with N numbers     (krocki/dnc)
 *    masks         C(M, k, beta, m): k o m and m_i o m in place of k and m_i, m = sg(.) (1 - mask_minimum) + mask_minimum:
 *                  of each read key and of the write key a mask of W numbers, at the end of the interface vector
 *    deallocation  M_t = M_{t-1} o (psi 1^T) o (1 - w^w e^T) + w^w v^T,   psi: the product in the usage
 *    sharpness     S(d, s)_i = (d_i + eps)^s / sum_j (d_j + eps)^s of L_t^T w^r and of L_t w^r, eps = DNC_SHARPNESS_EPSILON,
 *                  s: oneplus, R for forward, then R for backward, behind the masks
 *                  (masks, deallocation and sharpness: Csordas & Schmidhuber 2019)
 *    linkage       none: w^r = C(M_t, k^r, beta^r)       (the content-based memory unit of Franke, Niehues & Waibel 2018)
 *    allocation    none: w^w = C(M_{t-1}, k^w, beta^w)           (krocki/dnc; with read_before_write and strengths none)
 *    memory_start  drawn: M_0[i,j] = 0.01 z(i, j), numbers of mean 0 and variance 1, a function of the place alone, the same
 *                  for every lane and beginning; constants, not parameters. Else M_0 = 0, from which slots that content
 *                  alone tells apart stay alike: without allocation, addressing by cosine or dot must have it  (krocki/dnc)
 *    write_heads   P of them, q = 1 ... P, each with a part of its own of what the interface vector has for writing; a
 *                  step's write q finds used what those before it allocate, u^1 = u_t; links and precedence are of each:
 *                  u_t with 1 - prod_q (1 - w^q_{t-1}) in place of w^w_{t-1};
 *                  a^q by u^q,  u^{q+1} = u^q + (1 - u^q) o g^w_q g^a_q a^q
 *                  w^q = g^w_q (g^a_q a^q + (1 - g^a_q) C(M_{t-1}, k^q, beta^q));
 *                  M_t = M_{t-1} o prod_q (1 - w^q e_q^T) + sum_q w^q v_q^T
 *                  w^r_t = sum_q pi_q L_q^T w^r_{t-1} + pi_{P+1} C + sum_q pi_{P+1+q} L_q w^r_{t-1},  L_q and p_q by w^q as
 *                  above: 2 P + 1 read modes in place of a triple, and a sharpness s for each read head and link
 *                  (google-deepmind/dnc, whose modes are in the order backward, forward, content; the ADNC, Franke 2018)
 *    interface_norm  xi = s o (a - mean a) / sqrt(var a + eps) + b', a = W_xi h_t + b_xi, eps = DNC_NORM_EPSILON
 *                  (Franke 2018)
 *    gate_norm     of an LSTM: (i, f, g, o) = s o (a - mean a) / sqrt(var a + eps) + b, a without b;
 *                  h_t = sg(o) o tanh(c'), c' the same of c_t, which itself goes on as it is               (Franke 2018)
 *    activation_clip  c_t of an LSTM as it goes on, while h_t is made of the whole; every h^l of a feed-forward controller
 *                  of ReLU units; and y_t: cut to +- this. Any other h_t is within +- 1         (google-deepmind/dnc: 20)
 *    programs      Pg ways to make the interface vector, or the output, in place of one: a memory of instructions that is
 *                  learned, and looked up with h_t at every step.
 *                  [q^1 ; ... ; q^U ; b^1 ; ... ; b^U] = W_p h_t + b_p, queries of F numbers and their strengths;
 *                  s^u = C(K, q^u, oneplus(b^u)), K (Pg, F): the programs' keys;  and by program_use
 *                    interface    xi = sum_i s_i (W_xi^i h_t + b_xi^i)          (the NSM of Le, Tran & Venkatesh 2020)
 *                    output       y_t = sum_i s_i (W_y^i h_t + W_r^i r_t + b_y^i)   (ksluck/sl-dnhc, 2018; as the next)
 *                    output rows  y_j = (sum_i s^j_i I_i).[h_t ; r_t] + b_j, of a table I (Pg, O + R W): what each query
 *                                 reads is a row of the output's weights
 *                  All are one mechanism here, and so not in all as there: the NSM has programs for every head, takes tanh
 *                  of keys and queries, and strengths are softplus; the Harvard computer's table is its own keys, its
 *                  strengths are softplus, and its mix of outputs is the softmax of the numbers that a query reads of a
 *                  table of Pg columns
 *    detached_usage, allocation_epsilon: u' = eps + (1 - eps) u in the allocation, strengths softplus: google-deepmind/dnc
 *
 * Gradients are the true derivatives of the loss, also through usage and allocation; where two usages are equal, allocation
 * jumps and the gradient is that of the order in use. With detached_usage they are not, as the name says; a number that
 * interface_clip or activation_clip cuts has gradient 0.
 */
#ifndef DNC_MODEL_H
#define DNC_MODEL_H

#include <stdint.h>

typedef enum dnc_controller {
    DNC_CONTROLLER_TANH = 1, /* h_t = tanh(a) */
    DNC_CONTROLLER_LSTM = 2,
    DNC_CONTROLLER_FEED_FORWARD = 3, /* layers of tanh or ReLU units; remembers nothing, and so needs a memory */
    DNC_CONTROLLER_GRU = 4,
    DNC_CONTROLLER_SQUASHED_LSTM = 5 /* an LSTM whose cell is squashed as it is stored */
} dnc_controller;

typedef enum dnc_activation { DNC_ACTIVATION_TANH = 0, DNC_ACTIVATION_RELU = 1 } dnc_activation;

typedef enum dnc_memory {
    DNC_MEMORY_NONE = 0,
    DNC_MEMORY_DNC = 1,        /* the memory of Graves et al. 2016 */
    DNC_MEMORY_DELTA = 2,      /* that of DeltaNet, of which each read head has one */
    DNC_MEMORY_HOLOGRAPHIC = 3 /* a sum of keys times values, in hypercomplex numbers; likewise */
} dnc_memory;

/* By what a key finds its row. */
typedef enum dnc_addressing {
    DNC_ADDRESSING_COSINE = 0,
    DNC_ADDRESSING_DOT = 1,     /* k.m_i */
    DNC_ADDRESSING_LOCATION = 2 /* the key has a number for each row */
} dnc_addressing;

typedef enum dnc_strengths {
    DNC_STRENGTHS_ONEPLUS = 0,
    DNC_STRENGTHS_SOFTPLUS = 1, /* log(1 + e^x) */
    DNC_STRENGTHS_NONE = 2      /* 1 */
} dnc_strengths;

typedef enum dnc_linkage {
    DNC_LINKAGE_TEMPORAL = 0,
    DNC_LINKAGE_NONE = 1 /* w^r = C: neither precedence nor links nor read modes */
} dnc_linkage;

typedef enum dnc_allocation {
    DNC_ALLOCATION_USAGE = 0,
    DNC_ALLOCATION_NONE = 1 /* w^w = C: neither usage nor free gates nor the gates of writing */
} dnc_allocation;

/* What a memory begins with. */
typedef enum dnc_memory_start {
    DNC_MEMORY_START_ZEROS = 0,
    DNC_MEMORY_START_DRAWN = 1 /* small numbers, each row its own */
} dnc_memory_start;

typedef enum dnc_output {
    DNC_OUTPUT_SYMBOLS = 1, /* softmax;  loss -log softmax(y)[target] */
    DNC_OUTPUT_BITS = 2,    /* independent;  loss -log of the logistic function of y, or of -y, by the target */
    DNC_OUTPUT_REALS = 3    /* loss (y - target)^2 / 2 */
} dnc_output;

/* What there are several programs of. */
typedef enum dnc_program_use {
    DNC_PROGRAM_USE_INTERFACE = 0,
    DNC_PROGRAM_USE_OUTPUT = 1,
    DNC_PROGRAM_USE_OUTPUT_ROWS = 2
} dnc_program_use;

#define DNC_COSINE_EPSILON 1e-6
#define DNC_SHARPNESS_EPSILON 1e-6
#define DNC_ALLOCATION_EPSILON 1e-6
#define DNC_NORM_EPSILON 1e-6
#define DNC_INITIAL_DECAY 4.0  /* before it is squashed: alpha = 0.982, which halves in 38 steps */
#define DNC_MAX_SIZE (1 << 20) /* upper bound of every size in a configuration, and of steps and batch */
#define DNC_MAX_LAYERS 8
#define DNC_MAX_WRITE_HEADS 8 /* each has N N links; a write keeps a vector of each at hand */

/* What a model is: a plain value, which goes into every checkpoint. Fill it with dnc_config_init, then set what is not 0. */
typedef struct dnc_config {
    uint32_t struct_size;     /* sizeof(dnc_config) */
    int32_t input_symbols;    /* V, the symbols that a step may read; 0: none */
    int32_t symbols_per_step; /* S, how many of them it reads, whose columns are added: at least 1, or 0 without symbols */
    int32_t input_vector;     /* D, the numbers of the vector that a step reads, besides or instead; 0: none */
    int32_t controller;       /* a dnc_controller */
    int32_t hidden;           /* H, at least 1 */
    int32_t layers;           /* L, 1 ... DNC_MAX_LAYERS */
    int32_t activation;       /* a dnc_activation, of a feed-forward controller */
    int32_t memory;           /* a dnc_memory */
    int32_t slots;            /* N, at least 1 with a memory, 0 without; of delta, and holographic, the numbers of a key */
    int32_t width;            /* W, likewise; of delta the numbers of a value; holographic 1, 2, 4 or 8 */
    int32_t read_heads;       /* R, likewise */
    int32_t output;           /* a dnc_output */
    int32_t output_size;      /* the symbols of each softmax, the bits, or the numbers of a step; at least 1 */
    int32_t output_groups;    /* the softmaxes of a step; of another output 1 */
    /* What others do otherwise; 0: as above. See VARIANTS. */
    int32_t addressing;         /* a dnc_addressing */
    int32_t strengths;          /* a dnc_strengths */
    int32_t linkage;            /* a dnc_linkage */
    int32_t allocation;         /* a dnc_allocation */
    int32_t masks;              /* 1: lookups are masked */
    float mask_minimum;         /* the least that a mask's element can be: 0, or 1e-6 ... 1 */
    int32_t deallocation;       /* 1: what is freed is wiped */
    int32_t sharpness;          /* 1: forward and backward weightings are sharpened */
    int32_t read_before_write;  /* 1: reads look up M_{t-1} */
    int32_t detached_usage;     /* 1: no gradient passes from the usage to the write weighting */
    int32_t allocation_epsilon; /* 1: no usage is below DNC_ALLOCATION_EPSILON for the allocation */
    int32_t interface_norm;     /* 1: the interface vector is normalised */
    float interface_clip;       /* and cut to +- this before it is squashed: 0 for not, or 1e-3 ... 1e6 */
    /* Of delta, and decay of a holographic memory, too */
    int32_t decay;                /* 1: what is in the memory decays */
    int32_t negative_eigenvalues; /* 1: strengths are within 0 ... 2 */
    int32_t gate_norm;            /* 1: an LSTM's gates and cell are normalised */
    int32_t write_heads;          /* P, of a DNC's memory: 1 ... DNC_MAX_WRITE_HEADS; 0 is 1, too */
    float activation_clip;        /* +- this is as far as cells, rectified units and outputs go: 0 for any, or 1 ... 1e6 */
    int32_t bidirectional;        /* 1: a recurrent controller has a backward layer; segments then hold whole episodes */
    /* Programs */
    int32_t programs;      /* Pg; 0: none */
    int32_t program_use;   /* a dnc_program_use; of the interface with a memory only */
    int32_t program_width; /* F, at least 1 with programs, 0 without: a few numbers tell the keys of a few programs apart */
    int32_t memory_start;  /* a dnc_memory_start, of a DNC's memory */
} dnc_config;

#endif
