/* dnc.h - the C core of the Differentiable Neural Computer, and its manual.
 *
 * Trains and runs recurrent networks over sequences: a tanh RNN, an LSTM, the Differentiable Neural Computer of Graves et al.,
 * "Hybrid computing using a neural network with dynamic external memory", Nature 538 (2016), and networks with the memory of
 * DeltaNet or a holographic one. A model is told in parts: what a step reads, the controller, the memory, and what a step
 * answers. C11; may be included from C++.
 *
 * RULES
 *  - The caller owns every buffer. The core allocates nothing, prints nothing, never exits, keeps no global variable and
 *    keeps no pointer after a call has returned. Ask for a size, allocate it, pass it.
 *  - Every function that can fail returns a dnc_status; DNC_OK is 0. On failure no output buffer has been written, unless
 *    the function says otherwise.
 *  - A struct that begins with struct_size may get more fields at its end. Whoever passes one, also to have it filled, sets
 *    struct_size to its sizeof before: dnc_loss loss = {.struct_size = sizeof loss}. Fields that a program does not know yet
 *    count as 0, and are not written. No such struct is part of another.
 *  - A call takes less than 32 kB of its thread's stack, compiled with or without optimisation, OpenBLAS included.
 *  - Threads: calls may run at the same time when their state, workspace, logits and gradient buffers are distinct;
 *    parameters and inputs may be shared. Call dnc_use_one_blas_thread() first in every thread that calls the core.
 *  - Same binary, same instruction set, same arguments: same bits, on the same kind of processor, by which OpenBLAS chooses
 *    its kernels.
 *  - The caller's floating-point environment is of no effect, and left as it was: rounding, denormals, exceptions that are not
 *    masked. Exception flags tell nothing of a call; that numbers have become infinite or NaN, the loss does.
 *  - Functions come in two precisions, _f32 (float) and _f64 (double), from one source.
 *  - The core may be compiled with DNC_NO_BLAS, to compute all products itself; with DNC_CBLAS, to have them from any library
 *    that has the C interface to BLAS and 32-bit integers; and with DNC_INFERENCE_ONLY, to leave out what only training and
 *    double precision need: dnc_segment_workspace, dnc_forward, dnc_backward and dnc_record in either precision,
 *    dnc_initial_state, dnc_step_workspace and dnc_step in _f64, dnc_checkpoint_size and dnc_checkpoint_write; and models that are
 *    bidirectional.
 *
 * SYMBOLS
 *    V symbols    D numbers of the input vector    H hidden units    L layers    Y outputs of a step
 *    N memory slots (rows)    W slot width    R read heads    P write heads    T steps of a segment    B lanes of a batch
 *    O = L H, the numbers of h_t, with bidirectional (L + 1) H; H for a feed-forward controller
 *    G = 4 H for both kinds of LSTM, 3 H for the GRU, H for other controllers
 *    I = R W + 3 W + 5 R + 3, the length of the interface vector; of P write heads R W + 3 P W + (2 P + 3) R + 3 P; with delta
 *    R (2 N + W + 1), and R more with decay; holographic R (3 N W + 1), likewise
 *    Pg programs    F numbers of a program's key    U queries of a step: 1, or Y of programs of the output's rows
 *
 * THE MODEL at step t, for one lane (sg: logistic function; o: elementwise product; oneplus(x) = 1 + log(1 + e^x))
 *    input         x_t = [sum of the onehot of each symbol ; vector]
 *    controller    a = W_ih [x_t ; r_{t-1}] + W_hh h_{t-1} + b          (r only with a memory)
 *                  of several layers, but for feed-forward, each a^l = W_ih^l [x_t ; r_{t-1}] + W_hh^l h^l_{t-1} + W_below^l h^{l-1}_t + b^l;
 *                  what follows sees h_t = [h^0_t ; ... ; h^{L-1}_t]
 *        tanh      h_t = tanh(a)
 *        LSTM      (i, f, g, o) = a;  c_t = sg(f) o c_{t-1} + sg(i) o tanh(g);  h_t = sg(o) o tanh(c_t)
 *        squashed LSTM  the same gates;  c_t = tanh(sg(f) o c_{t-1} + sg(i) o tanh(g));  h_t = sg(o) o c_t     (krocki/dnc, 2019)
 *        GRU       (r, z, n) = a, but U h_{t-1} apart, U: the rows of W_hh for n;  n' = tanh(n + sg(r) o (U h_{t-1} + c));
 *                  h_t = (1 - sg(z)) o n' + sg(z) o h_{t-1}     (Cho et al. 2014, with the reset gate behind the product)
 *        feed-forward  h^0 = act(a) without W_hh;  h^l = act(W_l h^{l-1} + b_l);  h_t = h^{L-1};  act: tanh or max(0, .)
 *    interface     xi = W_xi h_t + b_xi, in the paper's order: R read keys k^r (W each), R read strengths, write key k^w (W),
 *                  write strength, erase vector e (W), write vector v (W), R free gates, allocation gate g^a, write gate g^w,
 *                  R triples of read modes (backward, content, forward).  strengths: oneplus; e and gates: sg; modes: softmax
 *    content       C(M, k, beta)_i = softmax_i(beta k.m_i / (sqrt(k.k + eps) sqrt(m_i.m_i + eps)))   eps = DNC_COSINE_EPSILON
 *    usage         u_t = (u_{t-1} + w^w_{t-1} - u_{t-1} o w^w_{t-1}) o prod_r (1 - f^r w^r_{t-1})
 *    allocation    a_[phi_j] = (1 - u_[phi_j]) prod_{i<j} u_[phi_i],   phi: slots by ascending usage, ties by index
 *    write         w^w_t = g^w (g^a a + (1 - g^a) C(M_{t-1}, k^w, beta^w));   M_t = M_{t-1} o (1 - w^w e^T) + w^w v^T
 *    linkage       L_t[i,j] = (1 - w^w_i - w^w_j) L_{t-1}[i,j] + w^w_i p_{t-1}[j],  L[i,i] = 0;   p_t = (1 - sum w^w) p_{t-1} + w^w
 *    read          w^r_t = pi_1 L_t^T w^r_{t-1} + pi_2 C(M_t, k^r, beta^r) + pi_3 L_t w^r_{t-1};   r_t = M_t^T w^r_t
 *    output        y_t = W_y h_t + W_r r_t + b_y;   loss: see dnc_output, summed over steps, lanes and answers
 *
 *    delta         in place of all from the interface to the read, for each of R heads, with a memory S (N, W) of its own:
 *                  xi gives R keys k^, R queries q^ (N each), R values v (W each), R strengths beta and, with decay, R decays
 *                  alpha;  k = k^ / sqrt(k^.k^ + eps), eps = DNC_COSINE_EPSILON, q likewise;  beta: sg, with negative_eigenvalues
 *                  2 sg;  alpha: sg, without decay 1;
 *                  S_t = alpha (I - beta k k^T) S_{t-1} + beta k v^T;   r_t = S_t^T q
 *                  This is DeltaNet (Schlag, Irie & Schmidhuber 2021; Yang et al. 2024), with decay Gated DeltaNet (Yang, Kautz &
 *                  Hatamizadeh 2025); where beta may exceed 1, the eigenvalue 1 - beta of what is at k may be negative (Grazzi et
 *                  al. 2024). Theirs is a layer of tokens; here a controller feeds it, and is fed by what it reads.
 *
 *    holographic   likewise, but S is a vector M of N numbers, and so are keys, queries and values, of W components each: W 1, real
 *                  numbers, 2, complex ones, 4, quaternions, or 8, octonions. Each number of a key is of length 1 by itself:
 *                  k = k^ / sqrt(conj(k^) k^ + eps), q likewise;  beta: sg;  alpha: sg, without decay 1;  number by number
 *                  M_t = alpha M_{t-1} + beta k v;   r_t = conj(q) M_t, with all N W numbers of it
 *                  (p, q)(r, s) = (p r - conj(s) q, s p + q conj(r)) and conj(p, q) = (conj(p), -q) make numbers of twice the
 *                  components. conj(k)(k v) = v, so that a key reads what was bound to it, and of all else something like noise, the
 *                  less the more numbers there are. Of 16 components that no longer holds. (Plate 1995; of complex numbers
 *                  Danihelka et al. 2016; of hypercomplex ones program-hdc of brandontrabucco)
 *                  Tensors have a row of N for each component: the first of all numbers of a head, then the second, ...
 *
 * A BIDIRECTIONAL controller, of any recurrent kind and with any memory or none (Franke, Niehues & Waibel 2018), has one more layer,
 * of the same kind, that reads x_t alone, from the end of each episode to its beginning:
 *                  a = W_ih^b x_t + W_hh^b hb_{t+1} + b^b, and hb_t by its equations, from zeros behind the episode's last step;
 *                  interface and output see h_t = [h^0_t ; ... ; h^{L-1}_t ; hb_t], the other layers see no hb
 * An episode ends before a step with `begins`, and with the segment: nothing is known of what comes after that, and the backward layer
 * is no part of the state. So a segment is to hold whole episodes, which is its caller's business; and there are no single steps.
 *
 * VARIANTS of the DNC, each a field of dnc_config, alone or together where that makes sense (dnc_config_problem says where not);
 * the two of the interface vector are of any memory, and programs of any model
 *    addressing    dot: C = softmax_i(beta k.m_i);  location: softmax_i(beta k_i) of keys with N numbers      (krocki/dnc, 2019)
 *    masks         C(M, k, beta, m): k o m and m_i o m in place of k and m_i, m = sg(.) (1 - mask_minimum) + mask_minimum: of each
 *                  read key and of the write key a mask of W numbers, at the end of the interface vector
 *    deallocation  M_t = M_{t-1} o (psi 1^T) o (1 - w^w e^T) + w^w v^T,   psi: the product in the usage
 *    sharpness     S(d, s)_i = (d_i + eps)^s / sum_j (d_j + eps)^s of L_t^T w^r and of L_t w^r, eps = DNC_SHARPNESS_EPSILON,
 *                  s: oneplus, R for forward, then R for backward, behind the masks          (all three Csordas & Schmidhuber 2019)
 *    linkage       none: w^r = C(M_t, k^r, beta^r)               (the content-based memory unit of Franke, Niehues & Waibel 2018)
 *    allocation    none: w^w = C(M_{t-1}, k^w, beta^w)           (krocki/dnc; with read_before_write and strengths none)
 *    memory_start  drawn: M_0[i,j] = 0.01 z(i, j), numbers of mean 0 and variance 1, a function of the place alone, the same for every
 *                  lane and beginning; constants, not parameters. Else M_0 = 0, from which slots that content alone tells apart stay
 *                  alike: so addressing by cosine or dot without allocation has to be drawn             (krocki/dnc)
 *    write_heads   P of them, q = 1 ... P, each with a part of its own of what the interface vector has for writing; a step's write q
 *                  finds used what those before it allocate, u^1 = u_t, and links and precedence are of each:
 *                  u_t with 1 - prod_q (1 - w^q_{t-1}) in place of w^w_{t-1};   a^q by u^q,  u^{q+1} = u^q + (1 - u^q) o g^w_q g^a_q a^q
 *                  w^q = g^w_q (g^a_q a^q + (1 - g^a_q) C(M_{t-1}, k^q, beta^q));   M_t = M_{t-1} o prod_q (1 - w^q e_q^T) + sum_q w^q v_q^T
 *                  w^r_t = sum_q pi_q L_q^T w^r_{t-1} + pi_{P+1} C + sum_q pi_{P+1+q} L_q w^r_{t-1},  L_q and p_q by w^q as above:
 *                  2 P + 1 read modes in place of a triple, and a sharpness s for each read head and link
 *                  (google-deepmind/dnc, whose modes are in the order backward, forward, content; the ADNC, Franke 2018)
 *    interface_norm  xi = s o (a - mean a) / sqrt(var a + eps) + b', a = W_xi h_t + b_xi, eps = DNC_NORM_EPSILON     (Franke 2018)
 *    gate_norm     of an LSTM: (i, f, g, o) = s o (a - mean a) / sqrt(var a + eps) + b, a without b;  h_t = sg(o) o tanh(c'), c' the same
 *                  of c_t, which itself goes on as it is                                                         (Franke 2018)
 *    activation_clip  c_t of an LSTM as it goes on, while h_t is made of the whole; every h^l of a feed-forward controller of ReLU
 *                  units; and y_t: cut to +- this. Any other h_t is within +- 1       (google-deepmind/dnc, where it is 20)
 *    programs      Pg ways to make the interface vector, or the output, in place of one: a memory of instructions that is learned, and
 *                  looked up with h_t at every step.  [q^1 ; ... ; q^U ; b^1 ; ... ; b^U] = W_p h_t + b_p, queries of F numbers and
 *                  their strengths;  s^u = C(K, q^u, oneplus(b^u)), K (Pg, F): the programs' keys;  and by program_use
 *                    interface    xi = sum_i s_i (W_xi^i h_t + b_xi^i)                  (the NSM of Le, Tran & Venkatesh 2020)
 *                    output       y_t = sum_i s_i (W_y^i h_t + W_r^i r_t + b_y^i)           (ksluck/sl-dnhc, 2018; as the next)
 *                    output rows  y_j = (sum_i s^j_i I_i).[h_t ; r_t] + b_j, of a table I (Pg, O + R W): what each query reads is a
 *                                 row of the output's weights
 *                  All are one mechanism here, and so not in all as there: the NSM has programs for every head, takes tanh of keys
 *                  and queries, and strengths are softplus; the Harvard computer's table is its own keys, its strengths are
 *                  softplus, and its mix of outputs is the softmax of the numbers that a query reads of a table of Pg columns
 *    detached_usage, allocation_epsilon: u' = eps + (1 - eps) u in the allocation, strengths softplus     (google-deepmind/dnc)
 *
 * Gradients are the true derivatives of the loss, also through usage and allocation; where two usages are equal, allocation
 * jumps and the gradient is that of the order in use. With detached_usage they are not, as the name says; a number that
 * interface_clip or activation_clip cuts has gradient 0.
 *
 * TRAINING STEP, in outline
 *    dnc_config c;  dnc_config_init_text(&c, 65);  c.hidden = 128;  c.memory = DNC_MEMORY_DNC;  c.slots = 16; ...
 *    dnc_run run = dnc_run_of(steps, batch);
 *    dnc_parameter_count(&c, &n);  dnc_initialize_f32(&c, seed, parameters);
 *    dnc_state_count(&c, &s);      float state[batch * s];  dnc_initial_state_f32(&c, batch, state);
 *    dnc_segment_workspace_f32(&c, &run, &bytes);   void *workspace = aligned_alloc(DNC_ALIGNMENT, bytes);
 *    dnc_forward_f32(&c, &run, parameters, &segment, state, workspace, bytes, &loss);
 *    dnc_backward_f32(&c, &run, &segment, workspace, bytes, 1.0f / loss.count, gradient);     segment, loss: with struct_size
 *    ... update the parameters; the state is ready for the next segment.
 */
#ifndef DNC_H
#define DNC_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Linking ---------------------------------------------------------------------------------------------------- */

/* Before every function. A program need define nothing. Who builds a shared library defines DNC_EXPORT, so that these are
 * exported, and nothing else. A core that is linked statically shows them to the program or plugin that it is part of and, when
 * it is compiled with -fvisibility=hidden, to nobody beyond. DNC_IMPORT saves users of a DLL a jump at every call. */
#ifndef DNC_API
#if defined(_WIN32) || defined(__CYGWIN__)
#if defined(DNC_EXPORT)
#define DNC_API __declspec(dllexport)
#elif defined(DNC_IMPORT)
#define DNC_API __declspec(dllimport)
#else
#define DNC_API
#endif
#elif defined(DNC_EXPORT)
#define DNC_API __attribute__((visibility("default")))
#else
#define DNC_API
#endif
#endif

/* ---- Version ---------------------------------------------------------------------------------------------------- */

#define DNC_VERSION_MAJOR 0
#define DNC_VERSION_MINOR 1
#define DNC_VERSION_PATCH 0

/* Of the binary interface, in the shared library's name, libdnc.so.2. Another number where programs must be compiled anew. */
#define DNC_ABI_VERSION 2

/* "major.minor.patch" of the library that is linked, as against the header that was compiled. */
DNC_API const char *dnc_version(void);

/* ---- Status ----------------------------------------------------------------------------------------------------- */

typedef enum dnc_status {
    DNC_OK = 0,
    DNC_ERROR_NULL_POINTER,        /* a pointer that must not be NULL is NULL */
    DNC_ERROR_CONFIG,              /* an unknown kind, or a size out of range; dnc_config_problem says which */
    DNC_ERROR_SHAPE,               /* steps, batch or an index is out of range */
    DNC_ERROR_TOO_LARGE,           /* a size in elements or bytes does not fit the address space or a BLAS integer */
    DNC_ERROR_WORKSPACE_TOO_SMALL, /* or a file's buffer: fewer bytes than the size query gives */
    DNC_ERROR_MISALIGNED,          /* the workspace is not aligned to DNC_ALIGNMENT */
    DNC_ERROR_SYMBOL_RANGE,        /* an input or a target is no symbol, or one of begins neither 0 nor 1 */
    DNC_ERROR_INSTRUCTION_SET,     /* the forced instruction set is not in this processor or this build */
    DNC_ERROR_NO_FORWARD,          /* backward on a workspace that does not hold the forward pass of this segment shape */
    DNC_ERROR_NOT_FINITE,          /* a number that must be finite is infinite or NaN */
    DNC_ERROR_SAMPLING,            /* the temperature or top_k is out of range, or the random numbers have no seed */
    /* Of dnc_checkpoint.h: */
    DNC_ERROR_TRUNCATED,     /* the file is shorter than it says */
    DNC_ERROR_FORMAT,        /* it is not in safetensors format, or breaks the rules of that */
    DNC_ERROR_NO_CHECKPOINT, /* it is, but lacks what makes it a checkpoint */
    DNC_ERROR_SCHEMA,        /* a version of the format that this library does not read */
    DNC_ERROR_METADATA,      /* configuration, vocabulary or training record make no sense, or contradict one another */
    DNC_ERROR_TENSORS,       /* the tensors are not those of the configuration */
    DNC_ERROR_DAMAGED,       /* the contents are not those of the fingerprints */
    /* Of both: */
    DNC_ERROR_STRUCT_SIZE, /* a struct_size is not sizeof the struct, or that of a later version of the library */
    DNC_ERROR_RUN,         /* link_interval or own_products of a run is out of range */
    DNC_ERROR_DROPOUT,     /* a rate of dropout is not at least 0 and below 1 */
    /* Of dnc_step and dnc_step_workspace: */
    DNC_ERROR_BIDIRECTIONAL /* the controller is, and takes no single steps */
} dnc_status;

/* A sentence for people, in static storage; never NULL. */
DNC_API const char *dnc_status_string(dnc_status status);

/* ---- The model: what it is ---------------------------------------------------------------------------------------- */

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
    int32_t bidirectional; /* 1: a recurrent controller has a backward layer, see above; segments then hold whole episodes */
    /* Programs */
    int32_t programs;      /* Pg; 0: none */
    int32_t program_use;   /* a dnc_program_use; of the interface with a memory only */
    int32_t program_width; /* F, at least 1 with programs, 0 without: a few numbers tell the keys of a few programs apart */
    int32_t memory_start;  /* a dnc_memory_start, of a DNC's memory */
} dnc_config;

/* Sets struct_size, and what has a usual value: LSTM controller, one layer, no memory, a softmax. All sizes are 0, to be filled
 * in. Compiled with the caller, whose dnc_config it is. */
static inline dnc_status dnc_config_init(dnc_config *config) {
    if (config == NULL)
        return DNC_ERROR_NULL_POINTER;
    memset(config, 0, sizeof *config);
    config->struct_size = sizeof(dnc_config);
    config->controller = DNC_CONTROLLER_LSTM;
    config->layers = 1;
    config->output = DNC_OUTPUT_SYMBOLS;
    config->output_groups = 1;
    return DNC_OK;
}

/* The same, to read and predict `symbols` symbols, one a step, as a model of text does. */
static inline dnc_status dnc_config_init_text(dnc_config *config, int32_t symbols) {
    const dnc_status status = dnc_config_init(config);
    if (status == DNC_OK) {
        config->input_symbols = config->output_size = symbols;
        config->symbols_per_step = 1;
    }
    return status;
}

/* DNC_OK when every other function will accept this configuration. */
DNC_API dnc_status dnc_config_validate(const dnc_config *config);

/* A sentence, in static storage, about the field because of which it is refused, such as "hidden must be 1 ... 1048576"; NULL
 * if it is not. */
DNC_API const char *dnc_config_problem(const dnc_config *config);

/* ---- The run: how it is computed ---------------------------------------------------------------------------------- */

typedef enum dnc_isa {
    DNC_ISA_AUTO = 0,  /* the best of this processor */
    DNC_ISA_BASE = 1,  /* what the compiler targets by default: SSE2 on x86-64, NEON on arm64 */
    DNC_ISA_AVX2 = 2,  /* AVX2 and FMA */
    DNC_ISA_AVX512 = 3 /* AVX-512 F, BW, DQ, VL */
} dnc_isa;

/* How a model is run: of no effect on what it computes, but for the order of its sums. */
typedef struct dnc_run {
    uint32_t struct_size; /* sizeof(dnc_run) */
    int32_t steps;        /* T of a segment, at least 1; of no effect on dnc_step */
    int32_t batch;        /* B, at least 1 */
    int32_t isa;          /* a dnc_isa; forcing one serves tests and bit-exact comparison between machines */
    int32_t
        link_interval; /* k: of a segment's temporal links, L_0, L_k, L_2k, ... are kept, and those between computed again in
                              backward: less memory for some time, the same bits. 0 and 1 keep all */
    int32_t
        own_products; /* 1: all products are the core's own, as with DNC_NO_BLAS; 0: large ones are OpenBLAS's. For where that
                             cannot be relied on, see "The process' BLAS" */
} dnc_run;

/* A segment, or steps, of so many steps and lanes; all else is 0. */
static inline dnc_run dnc_run_of(int32_t steps, int32_t batch) {
    dnc_run run;
    memset(&run, 0, sizeof run);
    run.struct_size = sizeof(dnc_run);
    run.steps = steps;
    run.batch = batch;
    return run;
}

/* The instruction set that calls with this run take; resolves DNC_ISA_AUTO. */
DNC_API dnc_status dnc_run_isa(const dnc_run *run, dnc_isa *isa);

/* "base", "avx2", "avx512", "auto"; "unknown" for any other value. Never NULL. */
DNC_API const char *dnc_isa_string(dnc_isa isa);

/* ---- Tensors: what the flat vectors mean ------------------------------------------------------------------------- */

typedef enum dnc_role {
    DNC_ROLE_WEIGHT = 1,       /* a parameter: a matrix */
    DNC_ROLE_BIAS,             /* a parameter: a vector that is added */
    DNC_ROLE_CONTROLLER_STATE, /* of a lane's state */
    DNC_ROLE_MEMORY_STATE,     /* likewise: what begins anew where a memory is not carried on */
    DNC_ROLE_RECORD,           /* of what forward records */
    DNC_ROLE_SCALE             /* a parameter: a vector that multiplies, 1 at first */
} dnc_role;

/* A named part of a flat vector: row-major, `shape[0 ..< rank]`, starting `offset` elements from the vector's beginning. */
typedef struct dnc_tensor {
    uint32_t struct_size; /* sizeof(dnc_tensor) */
    int32_t rank;
    const char *name; /* static storage */
    size_t offset;
    size_t shape[4];
    int32_t role;     /* a dnc_role */
    int32_t reserved; /* 0 */
} dnc_tensor;

/* ---- Parameters: one flat vector --------------------------------------------------------------------------------- *
 * Tensors follow one another without gaps, in this order. Gates are stacked i, f, g, o; of a GRU r, z, n.
 *    of each layer l = 0 ... L - 1; of a feed-forward controller the first has weight_ih and bias, the others weight and bias:
 *    controller.l.weight_ih    (G, V + D + R W)   columns: one per symbol, those of the vector, then the read vectors' R W;
 *                                             holographic R W N
 *    controller.l.weight_hh    (G, H)
 *    controller.l.weight_below (G, H)       but for the first
 *    controller.l.weight       (H, H)       of a feed-forward controller
 *    controller.l.bias         (G)
 *    controller.l.bias_hh      (H)          c of a GRU
 *    controller.l.norm_scale   (G)          with gate_norm, as are the next two
 *    controller.l.cell_scale   (H)
 *    controller.l.cell_shift   (H)
 *    controller.backward.weight_ih (G, V + D), .weight_hh, .bias, .bias_hh, .norm_scale, .cell_scale, .cell_shift: with bidirectional,
 *                              of the backward layer, where a layer before it has them
 *    interface.weight          (I, O)       with a memory only, as are the other two of the interface and the reads
 *    interface.bias            (I)
 *    interface.norm_scale      (I)          with interface_norm, as is the next
 *    interface.norm_shift      (I)
 *    output.weight             (Y, O)       Y: output_groups * output_size
 *    output.bias               (Y)
 *    output.weight_read        (Y, R W)     holographic (Y, R W N)
 *    program.keys              (Pg, F)      with programs, as are the next two
 *    program.weight            (U (F + 1), O)
 *    program.bias              (U (F + 1))
 * Programs of the interface have Pg I rows in interface.weight and .bias, program after program; those of the output Pg Y in output.weight,
 * .bias and .weight_read; and of those of the output's rows output.weight and .weight_read have Pg, and are the table I.
 */
DNC_API dnc_status dnc_parameter_count(const dnc_config *config, size_t *count);
DNC_API dnc_status dnc_parameter_tensor_count(const dnc_config *config, size_t *count);
DNC_API dnc_status dnc_parameter_tensor(const dnc_config *config, size_t index, dnc_tensor *tensor);

/* Initial parameters, a function of (seed, position) alone: every weight matrix uniform in +-1/sqrt(H), biases 0 but for the
 * forget gate's, which is 1, and those of decays - with interface_norm their norm_shift - which are DNC_INITIAL_DECAY. Keys and
 * weights of programs are drawn like others, so that no two programs are alike; such would stay so. What a backward layer with
 * gate_norm adds to its gates is drawn like weights, too: from zeros on, steps at which nothing is read would give a norm nothing but
 * zeros, whose slope is 1 / sqrt(eps) at each of them. float values are the double ones, rounded. */
DNC_API dnc_status dnc_initialize_f32(const dnc_config *config, uint64_t seed, float *parameters);
DNC_API dnc_status dnc_initialize_f64(const dnc_config *config, uint64_t seed, double *parameters);

/* ---- Recurrent state: one flat vector, lane after lane ----------------------------------------------------------- *
 * A lane's state has `count` elements; B lanes have B * count, the lane's index varying slowest. It is plain numbers: copy
 * it, save it, cut it between lanes. The initial state is all zeros, but for a memory with a memory_start. Tensors of a lane, in this
 * order:
 *    hidden (H; of several layers (L, H), without the backward one; not feed-forward), cell (likewise; LSTM of either kind), and with a memory:
 *    read_vectors (R, W), memory (N, W), usage (N), precedence (N), link (N, N), write_weighting (N), read_weightings (R, N);
 *    of several write heads precedence and write_weighting are (P, N), and link (P N, N): L of the first head, then of the second, ...;
 *    with delta read_vectors (R, W), and memory (R N, W): S of the first head, then of the second, ...;
 *    holographic read_vectors (R W, N) and memory (R W, N)
 */
DNC_API dnc_status dnc_state_count(const dnc_config *config, size_t *count);
DNC_API dnc_status dnc_state_tensor_count(const dnc_config *config, size_t *count);
DNC_API dnc_status dnc_state_tensor(const dnc_config *config, size_t index, dnc_tensor *tensor);

/* Fills the initial state of so many lanes, which is what to begin with, whatever the model. */
DNC_API dnc_status dnc_initial_state_f32(const dnc_config *config, int32_t lanes, float *state);
DNC_API dnc_status dnc_initial_state_f64(const dnc_config *config, int32_t lanes, double *state);

/* ---- Training: one segment of T steps and B lanes ----------------------------------------------------------------- */

/* Bytes; of every workspace, whose size is a multiple of it. aligned_alloc gives such memory where there is that: Windows has
 * _aligned_malloc instead, macOS before 10.15 and Android before 9 posix_memalign. Anywhere, memory that is DNC_ALIGNMENT - 1
 * bytes larger has an aligned address near its beginning, as in examples/writer.h. */
#define DNC_ALIGNMENT 64
#define DNC_NO_TARGET (-1) /* a target that adds nothing to the loss: padding, or a question's text */
#define DNC_NO_SYMBOL (-1) /* an input where nothing is read */

/* What the time of a training step is spent on. */
typedef enum dnc_phase {
    DNC_PHASE_CONTROLLER,  /* the products with W_hh, W_ih's read columns and W_xi, step by step, and packing them */
    DNC_PHASE_ACTIVATIONS, /* gates, cell, and the interface's squashing functions */
    DNC_PHASE_ADDRESSING,  /* content and read weightings, usage, allocation */
    DNC_PHASE_LINKAGE,     /* temporal link, precedence, forward and backward weightings */
    DNC_PHASE_MEMORY,      /* writing and reading */
    DNC_PHASE_OUTPUT,      /* logits and loss, and their gradients */
    DNC_PHASE_GRADIENTS,   /* of the weights, over all steps at once */
    DNC_PHASE_COUNT
} dnc_phase;

/* "controller", "activations", ...; "unknown" for any other value. Never NULL. */
DNC_API const char *dnc_phase_string(dnc_phase phase);

/* Dropout, a matter of training: of what is read in a place each number x becomes 0 with that place's rate p, and x / (1 - p)
 * otherwise, so that its mean stays. Elsewhere the same numbers are whole: what a layer carries on, what makes the interface vector,
 * what is recorded - but for layers of a feed-forward controller. Gradients are the true ones of the numbers that were kept.
 *    Which are kept is a function of (seed, step, lane, place, unit) alone: the same on every machine, in either precision and in
 * every instruction set, whether lanes are run in one batch or in several and steps in one segment or in several, as long as each
 * says where it begins. Backward is to be given what forward was. All rates 0 are as no dropout, bit for bit; the rate of a place
 * that a model does not have is of no effect.
 *    With a bypass the output reads r_t whole, so that it learns to rely on the memory (Franke, Niehues & Waibel 2018: the paper
 * drops on the way past the memory to the output. In its code the controller reads the dropped h_t at the next step, too; here
 * that is whole, since it is no way past the memory). */
typedef struct dnc_dropout {
    uint32_t struct_size; /* sizeof(dnc_dropout) */
    uint32_t reserved;    /* 0 */
    uint64_t seed;
    uint64_t step; /* the number of the segment's first step, and */
    uint64_t lane; /* of its first lane: step t of lane b draws as step + t of lane + b */
    /* Rates, each at least 0 and below 1 */
    float layers; /* of what a layer of the controller reads of the one below */
    float bypass; /* of what the output reads of h_t */
} dnc_dropout;

/* What T steps of B lanes read and are asked; of a run's steps and batch. What the model does not have is not looked at. */
typedef struct dnc_segment {
    uint32_t struct_size;        /* sizeof(dnc_segment) */
    uint32_t reserved;           /* 0 */
    const int32_t *inputs;       /* (T, B, S) symbols, or DNC_NO_SYMBOL, time-major */
    const float *input_vectors;  /* (T, B, D) */
    const int32_t *targets;      /* (T, B, output_groups) symbols or DNC_NO_TARGET */
    const float *target_vectors; /* (T, B, output_size) bits - 0 or 1, or a probability - or numbers */
    const float *weights;        /* (T, B) by which the loss there is multiplied; NULL: 1. Where it is 0, nothing is asked */
    const uint8_t *begins;       /* (T, B) 1: the lane begins anew before this step, in the initial state, and no gradient
                                    passes; NULL: nowhere */
    uint64_t
        *phase_ticks; /* NULL, or (DNC_PHASE_COUNT): forward and backward add the processor's clock ticks of each phase; none
                         where a program may not read that clock, as on 32-bit ARM */
    const dnc_dropout *dropout; /* NULL: none */
} dnc_segment;

typedef struct dnc_loss {
    uint32_t struct_size; /* sizeof(dnc_loss) */
    double nats;          /* summed over the targets that count; may be infinite or NaN when parameters are */
    int64_t count;        /* how many counted: symbols, bits or numbers that were asked */
} dnc_loss;

/* Bytes of workspace for forward and backward over a segment of this shape. With n' for n rounded up to a multiple of 16 it is
 *    T B (N W' + (9 + 5 R) N' + (R + 3) W' + (5R + 3)' + I' + (O + R W)' + (O + R W + D)' + Y' + L (2 H' + G'))
 *      + (ceil(T / k) + max(2, k)) B N N'
 * elements for the record - without link_interval, k = 1, the links' history T B N N' is what costs; with k near sqrt(T) it is
 * least; with delta the first four terms are R N W' + 2 R N' + 2 R W' + (2 R)', holographic 4 R W N' + (2 R)' with R W N for each
 * other R W, and there are no links; of P > 1 write heads those four are N W' + (7 P + 3 + (2 P + 3) R) N' + (R + 3 P) W' +
 * ((2 P + 3) R + 3 P)', and there are P times the links -, of several recurrent layers with T B L (2 H + R W + D)' more, with gate_norm
 * 2 T B L (G' + H' + 16), with activation_clip T B Y'; with bidirectional L is one more, and of one layer T B 2 (H + R W + D)'; with
 * programs T B (U (3 Pg' + 2 F' + 2) + (U (F + 1))' + Pg'), and of interface or output (Pg I)' or Pg Y' in place of the last Pg'; and
 * besides some that do not grow with T: the weights twice over, and gradients at one state of every lane. One that suffices for T steps
 * and B lanes does for fewer of either. */
DNC_API dnc_status dnc_segment_workspace_f32(const dnc_config *config, const dnc_run *run, size_t *bytes);
DNC_API dnc_status dnc_segment_workspace_f64(const dnc_config *config, const dnc_run *run, size_t *bytes);

/* Runs the segment from `state` (B lanes; replaced by the state after the last step) and fills the workspace with all that
 * backward needs. */
DNC_API dnc_status dnc_forward_f32(const dnc_config *config, const dnc_run *run, const float *parameters,
                                   const dnc_segment *segment, float *state, void *workspace, size_t workspace_bytes,
                                   dnc_loss *loss);
DNC_API dnc_status dnc_forward_f64(const dnc_config *config, const dnc_run *run, const double *parameters,
                                   const dnc_segment *segment, double *state, void *workspace, size_t workspace_bytes,
                                   dnc_loss *loss);

/* Adds scale * d loss / d parameters to `gradient` (one flat vector, as the parameters). Follows a forward call with the
 * same configuration, run, segment and workspace, once: it consumes the workspace, which holds the parameters of that call too.
 * The state before the segment counts as constant (truncated backpropagation through time). */
DNC_API dnc_status dnc_backward_f32(const dnc_config *config, const dnc_run *run, const dnc_segment *segment,
                                    void *workspace, size_t workspace_bytes, float scale, float *gradient);
DNC_API dnc_status dnc_backward_f64(const dnc_config *config, const dnc_run *run, const dnc_segment *segment,
                                    void *workspace, size_t workspace_bytes, double scale, double *gradient);

/* What the forward pass recorded, to look at until backward. A tensor's shape begins with (T, B), or (T + 1, B) where entry 0 is
 * the state before the segment; its offset is 0. There are
 *    logits (Y; with several softmaxes (output_groups, output_size)), or outputs, of real numbers; of a feed-forward
 *    controller hidden (H), after the step alone, (T, B), and layers (L - 1, H), what those below give, as it is read; with a memory the squashed
 *    interface in its parts: read_keys (R, W), read_strengths (R), write_key (W), write_strength,
 *    erase_vector (W), write_vector (W), free_gates (R), allocation_gate, write_gate, read_modes (R, 3);
 *    write_content_weighting (N), allocation_weighting (N), read_content_weightings, forward_weightings and
 *    backward_weightings (R, N); of several write heads all that is for writing has P rows, or is P numbers, read_modes are
 *    (R, 2 P + 1), those two are (P R, N), along the links of the first head, then of the second, ..., and raised_usages (P - 1, N)
 *    what the usage is for the heads after the first;
 *    with programs program_weightings (Pg), or with several queries (U, Pg);
 *    with delta keys and queries (R, N), both as they are used, values (R, W), strengths and decays (R), and errors (R, W), what the
 *    values are beyond what was at the keys: v - alpha S_{t-1}^T k;
 *    holographic keys and queries, both as they are used, and values (R W, N), strengths and decays (R);
 *    and every tensor of the state, by its name there; but link only where all are kept (see link_interval), and with bidirectional
 *    hidden (L + 1, H), the last of it hb_t, in entry 0 zeros. What is before a step at which a lane begins anew is its state after
 *    the step before. */
DNC_API dnc_status dnc_record_tensor_count(const dnc_config *config, const dnc_run *run, size_t *count);
DNC_API dnc_status dnc_record_tensor(const dnc_config *config, const dnc_run *run, size_t index, dnc_tensor *tensor);

/* Copies the elements of one to `values`, row-major. The workspace is one that forward has filled with this shape. */
DNC_API dnc_status dnc_record_f32(const dnc_config *config, const dnc_run *run, const void *workspace,
                                  size_t workspace_bytes, size_t index, float *values);
DNC_API dnc_status dnc_record_f64(const dnc_config *config, const dnc_run *run, const void *workspace,
                                  size_t workspace_bytes, size_t index, double *values);

/* ---- Inference: one step ------------------------------------------------------------------------------------------ */

/* Bytes of workspace for dnc_step over B lanes. Neither is for a bidirectional controller: DNC_ERROR_BIDIRECTIONAL. */
DNC_API dnc_status dnc_step_workspace_f32(const dnc_config *config, const dnc_run *run, size_t *bytes);
DNC_API dnc_status dnc_step_workspace_f64(const dnc_config *config, const dnc_run *run, size_t *bytes);

/* Feeds one step to every lane: advances `state` and writes the outputs (B, output_groups, output_size): logits, or numbers. Of
 * the segment, inputs, input_vectors and begins count, each of one step; nothing is dropped. A forward pass that the workspace held is gone then. */
DNC_API dnc_status dnc_step_f32(const dnc_config *config, const dnc_run *run, const float *parameters,
                                const dnc_segment *segment, float *state, void *workspace, size_t workspace_bytes,
                                float *outputs);
DNC_API dnc_status dnc_step_f64(const dnc_config *config, const dnc_run *run, const double *parameters,
                                const dnc_segment *segment, double *state, void *workspace, size_t workspace_bytes,
                                double *outputs);

/* ---- Sampling ----------------------------------------------------------------------------------------------------- */

/* Random numbers: xoshiro256** of Blackman and Vigna, with SplitMix64 for the seed; the same on every machine. Plain numbers:
 * copy them, save them. */
typedef struct dnc_random {
    uint64_t word[4]; /* not all zero */
} dnc_random;

DNC_API dnc_status dnc_random_seed(dnc_random *random, uint64_t seed);

/* The next 64 random bits; or as a number, uniform in 0 ..< 1, the upper 53 of them. */
DNC_API dnc_status dnc_random_next(dnc_random *random, uint64_t *bits);
DNC_API dnc_status dnc_random_uniform(dnc_random *random, double *number);

/* A symbol that may be drawn. */
typedef struct dnc_candidate {
    double weight; /* its probability, as a multiple of the likeliest one's */
    int32_t symbol;
} dnc_candidate;

/* Draws a symbol with the probabilities softmax(logits / temperature): below 1 more cautious, above 1 more daring, at 0 the
 * likeliest symbol. Only the top_k likeliest, of equal ones the first, are drawn from; 0 means all. A symbol whose logit is
 * minus infinity is never drawn; all others must be finite, and there must be one. Takes one random number.
 * `candidates` (V) is scratch, in which what was drawn from stays: every symbol in order, or the likeliest, first to last. */
DNC_API dnc_status dnc_draw_f32(const float *logits, int32_t symbols, double temperature, int32_t top_k, dnc_random *random,
                                dnc_candidate *candidates, int32_t *symbol);
DNC_API dnc_status dnc_draw_f64(const double *logits, int32_t symbols, double temperature, int32_t top_k, dnc_random *random,
                                dnc_candidate *candidates, int32_t *symbol);

/* ---- The process' BLAS --------------------------------------------------------------------------------------------- */

/* Tells the linked OpenBLAS to use one thread, and returns how many it used before. More than one is slower at these sizes and
 * changes bits; parallel work is the caller's: lanes are independent, so give each thread some.
 *  - Built with threads of its own, OpenBLAS counts them for the whole process; built with OpenMP, for each thread that calls it,
 *    and a new thread begins with all processors. So call this in every thread that calls the core, before it does; again costs
 *    next to nothing.
 *  - Where OpenBLAS serves you, too, give it back what the first of these calls returned, by openblas_set_num_threads() in the
 *    same thread, when the core has done its work.
 *  - A core that was compiled with DNC_NO_BLAS does not need it: this does nothing then, and returns 1. With DNC_CBLAS it finds
 *    OpenBLAS alone, and that not on Windows and macOS: other libraries are to be given one thread by their own means.
 *  - An OpenBLAS that is built for one thread (openblas_get_parallel() is 0) may be called by one at a time alone, or its numbers
 *    are wrong, unless it was built with USE_LOCKING: where several threads call the core, set own_products.
 *
 * OpenBLAS reserves address space: on x86-64 128 MB for every thread that calls it at the same time, and as it is loaded as
 * much for every thread that it starts, one for each processor. Where the system refuses that - by RLIMIT_AS or RLIMIT_DATA, which
 * ulimit -v and -d set, or by overcommit_memory 2 - most of its versions ask again for ever. Under such a limit set own_products,
 * so that the core calls it no more, and start the process with OPENBLAS_NUM_THREADS=1 in its environment (OMP_NUM_THREADS=1
 * where OpenBLAS is built with OpenMP), so that it starts no threads; examples/address_space.h does both. */
DNC_API int dnc_use_one_blas_thread(void);

#ifdef __cplusplus
}
#endif

#endif /* DNC_H */
