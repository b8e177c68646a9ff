#include "layout.h"
#include "callers_struct.h"
#include "tensor_walk.h"

/* A part of the interface vector that is used as a vector, and so has whole rows in the parsed one. */
static bool has_rows(size_t length, dnc_squashing squashing) {
    return length != 0 && squashing != SOFTMAX;
}

/* Both interface vectors, field by field: their offsets, their lengths, and how one becomes the other. */
static void walk_interface(dnc_plan *plan) {
    const dnc_sizes *const s = &plan->sizes;
    size_t dense = 0, parsed = 0, count = 0;
    /* First those with rows, then the numbers. */
    for (int numbers = 0; numbers <= 1; numbers++) {
        dense = count = 0;
#define PLACE(field, field_rows, field_length, kind, exists)                                                                \
    if (exists) {                                                                                                           \
        const bool rows_of_own = has_rows(field_length, kind);                                                              \
        const size_t rows = (field_rows) != 0 ? (field_rows) : 1, length = (field_length) != 0 ? (field_length) : 1;        \
        const size_t stride = rows_of_own ? dnc_row(length) : length;                                                       \
        if (rows_of_own != numbers) {                                                                                       \
            plan->interface.field = dense;                                                                                  \
            plan->parsed.field = parsed;                                                                                    \
            plan->parts[count] = (dnc_interface_part){dense, parsed, rows, length, stride, kind};                           \
            parsed += rows * stride;                                                                                        \
        }                                                                                                                   \
        dense += rows * length;                                                                                             \
        count++;                                                                                                            \
    }
        DNC_INTERFACE_FIELDS(PLACE)
#undef PLACE
    }
    plan->part_count = count;
    plan->sizes.I = dense;
    plan->sizes.Ip = dnc_row(dense);
    plan->sizes.Xp = dnc_row(parsed);
}

static dnc_sizes sizes_of(tensor_walk *walk, const dnc_config *config) {
    dnc_sizes s = {
        .V = (size_t)config->input_symbols,
        .S = (size_t)config->symbols_per_step,
        .D = (size_t)config->input_vector,
        .H = (size_t)config->hidden,
        .L = (size_t)config->layers,
        .Q = (size_t)config->output_groups,
        .C = (size_t)config->output_size,
        .N = (size_t)config->slots,
        .W = (size_t)config->width,
        .R = (size_t)config->read_heads,
        .Pg = (size_t)config->programs,
        .F = (size_t)config->program_width,
        .is_recurrent = config->controller != DNC_CONTROLLER_FEED_FORWARD,
        .is_bidirectional = config->bidirectional != 0,
        .has_cell = config->controller == DNC_CONTROLLER_LSTM || config->controller == DNC_CONTROLLER_SQUASHED_LSTM,
        .has_tanh_cell = config->controller == DNC_CONTROLLER_LSTM,
        .has_gate_norm = config->gate_norm != 0,
        .has_activation_clip = config->activation_clip > 0.0f,
        .has_memory = config->memory != DNC_MEMORY_NONE,
        .has_interface_norm = config->interface_norm != 0,
        .is_dnc = config->memory == DNC_MEMORY_DNC,
        .has_masks = config->masks != 0,
        .has_sharpness = config->sharpness != 0,
        .has_deallocation = config->deallocation != 0,
        .has_drawn_memory = config->memory_start == DNC_MEMORY_START_DRAWN,
        .is_delta = config->memory == DNC_MEMORY_DELTA,
        .is_holographic = config->memory == DNC_MEMORY_HOLOGRAPHIC,
        .has_decay = config->decay != 0,
    };
    s.has_heads = s.is_delta || s.is_holographic, s.unit = s.is_holographic ? UNIT_NUMBERS : UNIT;
    s.reads = s.is_holographic ? multiply(walk, s.R, s.W) : s.R, s.length = s.is_holographic ? s.N : s.W;
    s.rows = s.is_delta ? multiply(walk, s.R, s.N) : s.is_holographic ? s.reads : s.N;
    s.RW = multiply(walk, s.reads, s.length);
    s.key = config->addressing == DNC_ADDRESSING_LOCATION ? s.N : s.W;
    s.P = !s.is_dnc ? 0 : config->write_heads > 1 ? (size_t)config->write_heads : 1;
    s.PN = multiply(walk, s.P, s.N), s.PR = multiply(walk, s.P, s.R), s.modes = 2 * s.P + 1, s.keys = larger(s.P, s.R);
    s.has_strengths = s.is_dnc && config->strengths != DNC_STRENGTHS_NONE;
    s.has_links = s.is_dnc && config->linkage == DNC_LINKAGE_TEMPORAL;
    s.has_usage = s.is_dnc && config->allocation == DNC_ALLOCATION_USAGE;
    if (s.has_heads)
        s.strength = config->negative_eigenvalues != 0 ? TWICE_LOGISTIC : LOGISTIC;
    else
        s.strength = config->strengths == DNC_STRENGTHS_SOFTPLUS ? SOFTPLUS : ONEPLUS;
    s.VD = s.V + s.D, s.Y = multiply(walk, s.Q, s.C);
    s.G = s.H * (s.has_cell ? 4 : config->controller == DNC_CONTROLLER_GRU ? 3 : 1);
    s.A = config->controller == DNC_CONTROLLER_GRU ? s.G + s.H : s.G;
    s.stack = s.is_recurrent ? s.L : 1, s.upper = s.L - s.stack;
    s.whole = s.stack + s.is_bidirectional;
    s.O = s.whole * s.H, s.K = s.O + s.RW, s.Z = s.K + s.D;
    s.E = s.whole > 1 ? (s.stack > 1 ? 2 : 1) * s.H + s.RW + s.D : s.Z, s.first = s.is_recurrent ? 0 : s.H;
    s.Vp = dnc_row(s.V), s.Hp = dnc_row(s.H), s.Np = dnc_row(s.N), s.Wp = dnc_row(s.W), s.Cp = dnc_row(s.C);
    s.Ap = dnc_row(s.A), s.Op = dnc_row(s.O), s.Ep = dnc_row(s.E), s.Kp = dnc_row(s.K), s.Zp = dnc_row(s.Z);
    s.Yp = multiply(walk, s.Q, s.Cp), s.Yw = s.Yp < s.Cp ? 0 : s.Yp - s.Cp + s.C;
    s.mixes_interface = s.Pg > 0 && config->program_use == DNC_PROGRAM_USE_INTERFACE;
    s.mixes_rows = s.Pg > 0 && config->program_use == DNC_PROGRAM_USE_OUTPUT_ROWS;
    s.mixes_output = s.Pg > 0 && !s.mixes_interface;
    s.U = s.mixes_rows ? s.Y : s.Pg > 0, s.query = multiply(walk, s.U, s.F + 1);
    s.biases = multiply(walk, s.mixes_output && !s.mixes_rows ? s.Pg : 1, s.Q);
    s.blocks = s.mixes_rows ? 1 : s.biases, s.block = s.mixes_rows ? s.Pg : s.C, s.M = multiply(walk, s.blocks, s.block);
    s.Mp = multiply(walk, s.blocks, dnc_row(s.block)), s.Mw = s.Mp == 0 ? 0 : s.Mp - dnc_row(s.block) + s.block;
    s.Pgp = dnc_row(s.Pg), s.Fp = dnc_row(s.F);
    s.zeros = larger(larger(s.Zp, multiply(walk, s.N, s.Wp)), multiply(walk, larger(s.PN, s.R), s.Np));
    if (s.is_holographic)
        s.zeros = larger(s.zeros, multiply(walk, s.W, s.Np));
    return s;
}

/* Of names that are written out. */
#define IS_SCALE(name) (strcmp((name) + sizeof(name) - sizeof "_scale", "_scale") == 0)
#define ROLE_OF(name, columns) ((columns) != 0 ? DNC_ROLE_WEIGHT : IS_SCALE(name) ? DNC_ROLE_SCALE : DNC_ROLE_BIAS)

static dnc_parameter_offsets walk_parameters(tensor_walk *walk, const dnc_sizes *s) {
#define LAYER_NAME(l, field, name, ...) name,
    static const char *const names[] = {DNC_EACH_LAYER(LAYER_NAME)};
    const char *const *own_name = names;
    dnc_parameter_offsets p = {0};
#define PARAMETER(field, name, rows, columns, exists)                                                                       \
    if (exists)                                                                                                             \
        p.field = append_tensor(walk, name, rows, columns, ROLE_OF(name, columns));
#define LAYER_PARAMETER(l, field, name, rows, columns, exists)                                                              \
    if (exists)                                                                                                             \
        p.layers[l].field = append_tensor(walk, *own_name, rows, columns, ROLE_OF(name, columns));                          \
    own_name++;
    for (size_t l = 0; l < s->L; l++) { /* not written DNC_MAX_LAYERS times: that would be much code */
        DNC_LAYER_TENSORS(LAYER_PARAMETER, l)
    }
#define BACKWARD_PARAMETER(field, name, rows, columns, exists)                                                              \
    if (exists)                                                                                                             \
        p.layers[s->stack].field = append_tensor(walk, name, rows, columns, ROLE_OF(name, columns));
    DNC_BACKWARD_TENSORS(BACKWARD_PARAMETER)
    DNC_PARAMETER_TENSORS(PARAMETER)
#undef PARAMETER
    p.count = walk->end;
    return p;
}

static void walk_state(tensor_walk *walk, const dnc_sizes *s, dnc_state_table *table) {
    table->entry_count = 0;
#define STATE(field, field_rows, field_length, exists, role, where)                                                         \
    if (exists) {                                                                                                           \
        const size_t first = (field_rows) != 0 ? (field_rows) : (field_length);                                             \
        table->entries[table->entry_count++] =                                                                              \
            (dnc_state_entry){.offset = append_tensor(walk, #field, first, (field_rows) != 0 ? (field_length) : 0, role),   \
                              .rows = (field_rows) != 0 ? (field_rows) : 1,                                                 \
                              .length = (field_length),                                                                     \
                              .place = where};                                                                              \
    }
    DNC_STATE_TENSORS(STATE)
#undef STATE
    table->count = walk->end;
}

static void name_interface(tensor_walk *walk, const dnc_plan *plan, size_t interface) {
    const dnc_sizes *const s = &plan->sizes;
#define NAME(field, rows, length, squashing, exists)                                                                        \
    if (exists)                                                                                                             \
        name_part(walk, #field, interface + plan->parsed.field, plan->T, plan->B, s->Xp, (length) != 0 ? (rows) : 0,        \
                  has_rows(length, squashing) ? dnc_row(length) : (length), (length) != 0 ? (length) : (rows));
    DNC_INTERFACE_FIELDS(NAME)
#undef NAME
}

static dnc_workspace_offsets walk_workspace(tensor_walk *walk, const dnc_plan *plan) {
    dnc_workspace_offsets o = {0};
    const dnc_sizes *const s = &plan->sizes;
    const size_t T = plan->T, B = plan->B, k = plan->link_interval;
    append(walk, DNC_WORKSPACE_HEADER, 1, 1, 1);
#define WORK(field, a, b, c, d, exists)                                                                                     \
    if (exists)                                                                                                             \
        o.field = append(walk, a, b, c, d);
    DNC_WORK_TENSORS(WORK)
    if (!s->mixes_interface) /* what is not mixed is where it is wanted */
        o.interface_products = o.interface_input;
    if (!s->mixes_output)
        o.output_products = o.outputs;
#define STATE(field, field_rows, field_length, exists, role, where)                                                         \
    if ((exists) && !dnc_has_gradient(where)) {                                                                             \
        o.field = (where) == HIDDEN_OF_Z ? 0 : s->O;                                                                        \
        name_part(walk, #field, o.z + o.field, T + 1, B, s->Zp,                                                             \
                  (where) == HIDDEN_OF_Z ? DNC_SEVERAL(s->whole) : field_rows, field_length, field_length);                 \
    } else if ((exists) && (where) == LINKS) {                                                                              \
        o.link_kept = append(walk, (T + k - 1) / k, B, s->PN, s->Np);                                                       \
        o.link_block = append(walk, k > 1 ? k - 1 : 1, B, s->PN, s->Np);                                                    \
        /* With all kept, L_T follows them in the block of one. */                                                          \
        if (k == 1)                                                                                                         \
            name_part(walk, #field, o.link_kept, T + 1, B, s->PN * s->Np, field_rows, s->Np, field_length);                 \
    } else if (exists) {                                                                                                    \
        o.field = append_record(walk, #field, T + 1, B, field_rows, field_length);                                          \
    }
    DNC_STATE_TENSORS(STATE)
#undef STATE
    if (!s->is_recurrent)
        name_part(walk, "hidden", o.z + B * s->Zp, T, B, s->Zp, 0, 0, s->H);
    if (s->upper > 0)
        name_part(walk, "layers", o.layers, T, B, s->upper * s->Hp, s->upper, s->Hp, s->H);
    if (s->has_memory)
        name_interface(walk, plan, o.interface);
#define TAPE(field, rows, length, exists)                                                                                   \
    if (exists)                                                                                                             \
        o.field = append_record(walk, #field, T, B, rows, length);
    DNC_TAPE_TENSORS(TAPE)
#undef TAPE
    name_part(walk, plan->config.output == DNC_OUTPUT_REALS ? "outputs" : "logits", o.outputs, T, B, s->Yp,
              s->Q > 1 ? s->Q : 0, s->Cp, s->C);
    if (dnc_is_segment(plan)) {
        DNC_SEGMENT_TENSORS(WORK)
        if (!s->has_drawn_memory)
            o.initial_memory = o.zeros;
#define D_STATE(field, field_rows, field_length, exists, role, where)                                                       \
    if ((exists) && dnc_has_gradient(where))                                                                                \
        o.d_##field = append(walk, B, (field_rows) != 0 ? (field_rows) : 1, dnc_row(field_length), 1);
        DNC_STATE_TENSORS(D_STATE)
#undef D_STATE
    }
#undef WORK
    o.count = walk->end;
    return o;
}

/* The state's table, with the places in the workspace. */
static void place_state(dnc_plan *plan) {
    const dnc_sizes *const s = &plan->sizes;
    dnc_state_entry *entry = plan->state.entries;
#define STATE(field, rows, length, exists, role, place)                                                                     \
    if (exists) {                                                                                                           \
        entry->record = plan->workspace.field;                                                                              \
        (entry++)->d_state = plan->workspace.d_##field;                                                                     \
    }
    DNC_STATE_TENSORS(STATE)
#undef STATE
}

/* Rows for which weights are worth their way from far away, see layer_ahead. */
enum { AHEAD_ROWS = 32 };

/* BLAS counts in int; every matrix dimension and leading dimension must fit. */
static bool fits_blas(const dnc_sizes *s, size_t rows) {
    return s->Ap <= INT32_MAX && s->Jp <= INT32_MAX && s->Yp <= INT32_MAX && s->Mp <= INT32_MAX &&
           s->VD + s->RW <= INT32_MAX && s->Zp <= INT32_MAX && s->Ep <= INT32_MAX && s->query <= INT32_MAX &&
           rows <= INT32_MAX;
}

dnc_status dnc_plan_make(const dnc_config *config, const dnc_run *run, dnc_purpose purpose, dnc_plan *plan) {
    dnc_config own;
    dnc_run own_run;
    dnc_status status = dnc_config_take(config, &own);
    if (status == DNC_OK)
        status = dnc_run_take(run, &own_run);
    if (status == DNC_OK && purpose == DNC_PURPOSE_STEP && own.bidirectional != 0)
        status = DNC_ERROR_BIDIRECTIONAL;
    if (status != DNC_OK)
        return status;
    tensor_walk parameters = {0}, state = {0}, workspace = {0};
    /* Not cleared as a whole: a step makes a plan, and what a model does not have is not looked at. */
    plan->config = own;
    plan->run = own_run;
    plan->sizes = sizes_of(&workspace, &own);
    plan->T = purpose == DNC_PURPOSE_SEGMENT ? (size_t)own_run.steps : 1;
    plan->B = (size_t)own_run.batch;
    plan->own_products = own_run.own_products != 0;
    plan->asked_alone = own_run.asked_alone != 0 && !plan->sizes.mixes_output;
    plan->is_segment = purpose == DNC_PURPOSE_SEGMENT;
    const size_t interval = own_run.link_interval > 1 ? (size_t)own_run.link_interval : 1;
    plan->link_interval = interval < plan->T ? interval : plan->T; /* the steps between kept links, at most the segment's */
    plan->ahead = plan->B < AHEAD_ROWS ? AHEAD_ROWS / plan->B : 1;
    plan->ahead = plan->ahead < plan->T ? plan->ahead : plan->T;
    if (plan->sizes.has_memory)
        walk_interface(plan);
    plan->sizes.J = multiply(&workspace, plan->sizes.I, plan->sizes.mixes_interface ? plan->sizes.Pg : 1);
    plan->sizes.Jp = dnc_row(plan->sizes.J);
    plan->parameters = walk_parameters(&parameters, &plan->sizes);
    walk_state(&state, &plan->sizes, &plan->state);
    plan->workspace = walk_workspace(&workspace, plan);
    place_state(plan);
    /* A segment's symbols are no part of its workspace, but must fit memory as well. */
    (void)multiply(&workspace, multiply(&workspace, plan->T * sizeof(int32_t), plan->B), plan->sizes.S);
    if (parameters.overflow || state.overflow || workspace.overflow || !fits_blas(&plan->sizes, plan->T * plan->B))
        return DNC_ERROR_TOO_LARGE;
    if (plan->workspace.count > SIZE_MAX / 2 / sizeof(double))
        return DNC_ERROR_TOO_LARGE;
    return DNC_OK;
}

/* ---- The public tables --------------------------------------------------------------------------------------------- */

typedef enum tensor_table { PARAMETERS, STATE, RECORD } tensor_table;

/* `run` may be NULL but for the record. */
static dnc_status walk_table(tensor_table table, const dnc_config *config, const dnc_run *run, tensor_walk *walk) {
    static const dnc_run least = {.struct_size = sizeof least, .steps = 1, .batch = 1};
    dnc_plan plan;
    const dnc_status status = dnc_plan_make(config, run != NULL ? run : &least, DNC_PURPOSE_SEGMENT, &plan);
    if (status != DNC_OK)
        return status;
    switch (table) {
    case PARAMETERS: walk_parameters(walk, &plan.sizes); break;
    case STATE: walk_state(walk, &plan.sizes, &plan.state); break;
    case RECORD: walk_workspace(walk, &plan); break;
    }
    return DNC_OK;
}

static dnc_status table_sizes(tensor_table table, const dnc_config *config, const dnc_run *run, size_t *elements,
                              size_t *tensors) {
    if (elements == NULL && tensors == NULL)
        return DNC_ERROR_NULL_POINTER;
    tensor_walk walk = {0};
    const dnc_status status = walk_table(table, config, run, &walk);
    if (status == DNC_OK && elements != NULL)
        *elements = walk.end;
    if (status == DNC_OK && tensors != NULL)
        *tensors = walk.count;
    return status;
}

static dnc_status table_view(tensor_table table, const dnc_config *config, const dnc_run *run, size_t index,
                             dnc_record_view *view) {
    dnc_record_view found = {0};
    tensor_walk walk = {.wanted = index, .found = &found};
    const dnc_status status = walk_table(table, config, run, &walk);
    if (status != DNC_OK)
        return status;
    if (index >= walk.count)
        return DNC_ERROR_SHAPE;
    *view = found;
    return DNC_OK;
}

static dnc_status table_tensor(tensor_table table, const dnc_config *config, const dnc_run *run, size_t index,
                               dnc_tensor *tensor) {
    dnc_record_view view;
    dnc_status status = dnc_struct_check(tensor, DNC_LEAST_TENSOR, sizeof *tensor);
    if (status == DNC_OK)
        status = table_view(table, config, run, index, &view);
    if (status == DNC_OK)
        dnc_struct_give(tensor, &view.tensor);
    return status;
}

dnc_status dnc_record_view_make(const dnc_config *config, const dnc_run *run, size_t index, dnc_record_view *view) {
    return table_view(RECORD, config, run, index, view);
}

dnc_status dnc_parameter_count(const dnc_config *config, size_t *count) {
    return table_sizes(PARAMETERS, config, NULL, count, NULL);
}

dnc_status dnc_parameter_tensor_count(const dnc_config *config, size_t *count) {
    return table_sizes(PARAMETERS, config, NULL, NULL, count);
}

dnc_status dnc_parameter_tensor(const dnc_config *config, size_t index, dnc_tensor *tensor) {
    return table_tensor(PARAMETERS, config, NULL, index, tensor);
}

dnc_status dnc_state_count(const dnc_config *config, size_t *count) {
    return table_sizes(STATE, config, NULL, count, NULL);
}

dnc_status dnc_state_tensor_count(const dnc_config *config, size_t *count) {
    return table_sizes(STATE, config, NULL, NULL, count);
}

dnc_status dnc_state_tensor(const dnc_config *config, size_t index, dnc_tensor *tensor) {
    return table_tensor(STATE, config, NULL, index, tensor);
}

dnc_status dnc_record_tensor_count(const dnc_config *config, const dnc_run *run, size_t *count) {
    return run == NULL ? DNC_ERROR_NULL_POINTER : table_sizes(RECORD, config, run, NULL, count);
}

dnc_status dnc_record_tensor(const dnc_config *config, const dnc_run *run, size_t index, dnc_tensor *tensor) {
    return run == NULL ? DNC_ERROR_NULL_POINTER : table_tensor(RECORD, config, run, index, tensor);
}
