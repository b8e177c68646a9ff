#include "layout.h"
#include "callers_struct.h"

/* A walk over tensors that follow one another. One list serves every question: where a tensor lies, how many there are,
 * how long the whole is; so the answers cannot disagree. */
typedef struct tensor_walk {
    size_t end;             /* elements so far */
    size_t count;           /* named tensors so far */
    size_t wanted;          /* which named tensor to copy to `found` */
    dnc_record_view *found; /* may be NULL */
    bool overflow;
} tensor_walk;

static size_t multiply(tensor_walk *walk, size_t a, size_t b) {
    if (b != 0 && a > SIZE_MAX / 2 / b) {
        walk->overflow = true;
        return 0;
    }
    return a * b;
}

/* Appends a * b * c * d elements and returns their offset. */
static size_t append(tensor_walk *walk, size_t a, size_t b, size_t c, size_t d) {
    const size_t offset = walk->end, size = multiply(walk, multiply(walk, multiply(walk, a, b), c), d);
    if (size > SIZE_MAX / 2 - walk->end)
        walk->overflow = true;
    else
        walk->end += size;
    return offset;
}

/* Counts a named tensor. Trailing zeros of `shape` end it. */
static void name_view(tensor_walk *walk, dnc_record_view view) {
    while (view.tensor.rank < 4 && view.tensor.shape[view.tensor.rank] != 0)
        view.tensor.rank++;
    if (walk->found != NULL && walk->count == walk->wanted)
        *walk->found = view;
    walk->count++;
}

/* Appends a named tensor of a flat vector. */
static size_t append_tensor(tensor_walk *walk, const char *name, size_t rows, size_t columns) {
    const size_t offset = append(walk, rows, columns == 0 ? 1 : columns, 1, 1);
    name_view(walk, (dnc_record_view){.tensor = {.name = name, .offset = offset, .shape = {rows, columns}}});
    return offset;
}

/* Names a part of every entry (t, b) of a record: `rows` rows of `length` elements; 0 where the part has no such dimension. */
static void name_part(tensor_walk *walk, const char *name, size_t offset, size_t times, size_t B, size_t entry_stride,
                      size_t rows, size_t row_stride, size_t length) {
    name_view(walk, (dnc_record_view){
                        .tensor = {.name = name, .shape = {times, B, rows != 0 ? rows : length, rows != 0 ? length : 0}},
                        .offset = offset,
                        .entries = times * B,
                        .entry_stride = entry_stride,
                        .rows = rows != 0 ? rows : 1,
                        .row_stride = row_stride,
                        .length = length != 0 ? length : 1});
}

/* Appends a record of `rows` padded rows per entry, and names it. */
static size_t append_record(tensor_walk *walk, const char *name, size_t times, size_t B, size_t rows, size_t length) {
    const size_t row = dnc_row(length), entry = multiply(walk, rows != 0 ? rows : 1, row);
    const size_t offset = append(walk, times, B, entry, 1);
    name_part(walk, name, offset, times, B, entry, rows, row, length);
    return offset;
}

static dnc_sizes sizes_of(const dnc_config *config) {
    dnc_sizes s = {
        .V = (size_t)config->symbols,
        .H = (size_t)config->hidden,
        .has_cell = config->model != DNC_MODEL_RNN,
        .has_memory = config->model == DNC_MODEL_DNC,
    };
    if (s.has_memory) {
        s.N = (size_t)config->slots;
        s.W = (size_t)config->width;
        s.R = (size_t)config->read_heads;
        s.RW = s.R * s.W;
        s.I = s.RW + 3 * s.W + 5 * s.R + 3;
    }
    s.G = s.has_cell ? 4 * s.H : s.H;
    s.K = s.H + s.RW;
    s.Vp = dnc_row(s.V), s.Hp = dnc_row(s.H), s.Np = dnc_row(s.N), s.Wp = dnc_row(s.W);
    s.Gp = dnc_row(s.G), s.Ip = dnc_row(s.I), s.Kp = dnc_row(s.K);
    s.Xp = s.has_memory ? (s.R + 3) * s.Wp + dnc_row(5 * s.R + 3) : 0;
    return s;
}

static dnc_parameter_offsets walk_parameters(tensor_walk *walk, const dnc_sizes *s) {
    dnc_parameter_offsets p = {0};
    p.weight_ih = append_tensor(walk, "controller.0.weight_ih", s->G, s->V + s->RW);
    p.weight_hh = append_tensor(walk, "controller.0.weight_hh", s->G, s->H);
    p.bias = append_tensor(walk, "controller.0.bias", s->G, 0);
    if (s->has_memory) {
        p.interface_weight = append_tensor(walk, "interface.weight", s->I, s->H);
        p.interface_bias = append_tensor(walk, "interface.bias", s->I, 0);
    }
    p.output_weight = append_tensor(walk, "output.weight", s->V, s->H);
    p.output_bias = append_tensor(walk, "output.bias", s->V, 0);
    if (s->has_memory)
        p.output_weight_read = append_tensor(walk, "output.weight_read", s->V, s->RW);
    p.count = walk->end;
    return p;
}

static dnc_state_offsets walk_state(tensor_walk *walk, const dnc_sizes *s) {
    dnc_state_offsets o = {0};
    o.hidden = append_tensor(walk, "hidden", s->H, 0);
    if (s->has_cell)
        o.cell = append_tensor(walk, "cell", s->H, 0);
    if (s->has_memory) {
        o.read_vectors = append_tensor(walk, "read_vectors", s->R, s->W);
        o.memory = append_tensor(walk, "memory", s->N, s->W);
        o.usage = append_tensor(walk, "usage", s->N, 0);
        o.precedence = append_tensor(walk, "precedence", s->N, 0);
        o.link = append_tensor(walk, "link", s->N, s->N);
        o.write_weighting = append_tensor(walk, "write_weighting", s->N, 0);
        o.read_weightings = append_tensor(walk, "read_weightings", s->R, s->N);
    }
    o.count = walk->end;
    return o;
}

/* The paper's order. */
static dnc_interface_offsets interface_offsets(const dnc_sizes *s) {
    dnc_interface_offsets x = {.read_keys = 0};
    x.read_strengths = x.read_keys + s->RW;
    x.write_key = x.read_strengths + s->R;
    x.write_strength = x.write_key + s->W;
    x.erase = x.write_strength + 1;
    x.write_vector = x.erase + s->W;
    x.free_gates = x.write_vector + s->W;
    x.allocation_gate = x.free_gates + s->R;
    x.write_gate = x.allocation_gate + 1;
    x.read_modes = x.write_gate + 1;
    return x;
}

static dnc_interface_offsets parsed_offsets(const dnc_sizes *s) {
    dnc_interface_offsets x = {.read_keys = 0};
    x.write_key = x.read_keys + s->R * s->Wp;
    x.erase = x.write_key + s->Wp;
    x.write_vector = x.erase + s->Wp;
    x.read_strengths = x.write_vector + s->Wp;
    x.write_strength = x.read_strengths + s->R;
    x.free_gates = x.write_strength + 1;
    x.allocation_gate = x.free_gates + s->R;
    x.write_gate = x.allocation_gate + 1;
    x.read_modes = x.write_gate + 1;
    return x;
}

static void name_interface(tensor_walk *walk, const dnc_sizes *s, size_t interface, size_t T, size_t B) {
    const dnc_interface_offsets at = parsed_offsets(s);
    const struct {
        const char *name;
        size_t at, rows, row_stride, length;
    } parts[] = {
        {"read_keys", at.read_keys, s->R, s->Wp, s->W}, {"read_strengths", at.read_strengths, 0, 0, s->R},
        {"write_key", at.write_key, 0, 0, s->W},        {"write_strength", at.write_strength, 0, 0, 0},
        {"erase_vector", at.erase, 0, 0, s->W},         {"write_vector", at.write_vector, 0, 0, s->W},
        {"free_gates", at.free_gates, 0, 0, s->R},      {"allocation_gate", at.allocation_gate, 0, 0, 0},
        {"write_gate", at.write_gate, 0, 0, 0},         {"read_modes", at.read_modes, s->R, 3, 3},
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        name_part(walk, parts[i].name, interface + parts[i].at, T, B, s->Xp, parts[i].rows, parts[i].row_stride,
                  parts[i].length);
}

/* No more steps are between kept links than the segment has. */
static size_t interval_of(const dnc_config *config, size_t T) {
    const size_t wanted = config->link_interval > 1 ? (size_t)config->link_interval : 1;
    return wanted < T ? wanted : T;
}

static dnc_workspace_offsets walk_workspace(tensor_walk *walk, const dnc_config *config, const dnc_sizes *s, size_t T,
                                            size_t B, dnc_purpose purpose) {
    dnc_workspace_offsets o = {0};
    const size_t link_interval = interval_of(config, T);
    const size_t N = s->N, W = s->W, R = s->R;
    append(walk, DNC_WORKSPACE_HEADER, 1, 1, 1);

    o.recurrent_input = append(walk, T + 1, B, s->Kp, 1);
    name_part(walk, "hidden", o.recurrent_input, T + 1, B, s->Kp, 0, 0, s->H);
    if (s->has_cell) {
        o.cell = append_record(walk, "cell", T + 1, B, 0, s->H);
        o.tanh_cell = append(walk, T, B, s->Hp, 1);
    }
    o.gates = append(walk, T, B, s->Gp, 1);
    if (s->has_memory) {
        name_part(walk, "read_vectors", o.recurrent_input + s->H, T + 1, B, s->Kp, R, W, W);
        o.memory = append_record(walk, "memory", T + 1, B, N, W);
        o.usage = append_record(walk, "usage", T + 1, B, 0, N);
        o.precedence = append_record(walk, "precedence", T + 1, B, 0, N);
        const size_t link_size = multiply(walk, N, s->Np);
        o.link_kept = append(walk, (T + link_interval - 1) / link_interval, B, link_size, 1);
        o.link_block = append(walk, link_interval > 2 ? link_interval - 1 : 1, B, link_size, 1);
        if (config->link_interval <= 1) /* then one follows the other */
            name_part(walk, "link", o.link_kept, T + 1, B, link_size, N, s->Np, N);
        o.write_weighting = append_record(walk, "write_weighting", T + 1, B, 0, N);
        o.read_weightings = append_record(walk, "read_weightings", T + 1, B, R, N);
        o.interface_input = append(walk, T, B, s->Ip, 1);
        o.interface = append(walk, T, B, s->Xp, 1);
        name_interface(walk, s, o.interface, T, B);
        o.write_content_weighting = append_record(walk, "write_content_weighting", T, B, 0, N);
        o.allocation_weighting = append_record(walk, "allocation_weighting", T, B, 0, N);
        o.read_content_weightings = append_record(walk, "read_content_weightings", T, B, R, N);
        o.forward_weightings = append_record(walk, "forward_weightings", T, B, R, N);
        o.backward_weightings = append_record(walk, "backward_weightings", T, B, R, N);
        o.inverse_norms = append(walk, T + 1, B, s->Np, 1);
        o.write_cosines = append(walk, T, B, s->Np, 1);
        o.read_cosines = append(walk, T, B, R, s->Np);
        o.order = append(walk, T + 1, B, s->Np, 1);
    }
    o.logits = append_record(walk, "logits", T, B, 0, s->V);
    o.log_normalizer = append(walk, dnc_row(T * B), 1, 1, 1);

    if (purpose == DNC_PURPOSE_SEGMENT) {
        o.symbol_columns = append(walk, s->V, s->Gp, 1, 1);
        o.recurrent_weights = append(walk, s->G, s->Kp, 1, 1);
        o.recurrent_forward = append(walk, s->K, s->Gp, 1, 1);
        o.recurrent_backward = append(walk, s->G, s->Kp, 1, 1);
        o.interface_forward = append(walk, s->H, s->Ip, 1, 1);
        o.interface_backward = append(walk, s->I, s->Hp, 1, 1);
        o.output_weights = append(walk, s->V, s->Kp, 1, 1);
        o.d_output_weights = append(walk, s->V, s->Kp, 1, 1);
        o.d_recurrent_input = append(walk, T, B, s->Kp, 1);
        if (s->has_cell)
            o.d_cell = append(walk, B, s->Hp, 1, 1);
        if (s->has_memory) {
            o.d_memory = append(walk, B, N, s->Wp, 1);
            o.d_usage = append(walk, B, s->Np, 1, 1);
            o.d_precedence = append(walk, B, s->Np, 1, 1);
            o.d_link = append(walk, B, N, s->Np, 1);
            o.d_write_weighting = append(walk, B, s->Np, 1, 1);
            o.d_read_weightings = append(walk, B, R, s->Np, 1);
            o.lane_scratch = append(walk, 2 * s->Np + R * (5 * s->Np + s->Wp) + s->Xp, 1, 1, 1);
        }
    }
    o.count = walk->end;
    return o;
}

/* BLAS counts in int; every matrix dimension and leading dimension must fit. */
static bool fits_blas(const dnc_sizes *s, size_t rows) {
    return s->Gp <= INT32_MAX && s->Ip <= INT32_MAX && s->V + s->RW <= INT32_MAX && s->Kp <= INT32_MAX && rows <= INT32_MAX;
}

dnc_status dnc_plan_make(const dnc_config *config, int32_t steps, int32_t batch, dnc_purpose purpose, dnc_plan *plan) {
    dnc_config own;
    const dnc_status status = dnc_config_take(config, &own);
    if (status != DNC_OK)
        return status;
    if (steps < 1 || steps > DNC_MAX_SIZE || batch < 1 || batch > DNC_MAX_SIZE)
        return DNC_ERROR_SHAPE;
    *plan = (dnc_plan){.config = own, .sizes = sizes_of(&own), .T = (size_t)steps, .B = (size_t)batch};
    plan->link_interval = interval_of(&own, plan->T);
    plan->own_products = own.own_products != 0;
    tensor_walk parameters = {0}, state = {0}, workspace = {0};
    plan->parameters = walk_parameters(&parameters, &plan->sizes);
    plan->state = walk_state(&state, &plan->sizes);
    plan->interface = interface_offsets(&plan->sizes);
    plan->parsed = parsed_offsets(&plan->sizes);
    plan->workspace = walk_workspace(&workspace, &own, &plan->sizes, plan->T, plan->B, purpose);
    if (parameters.overflow || state.overflow || workspace.overflow || !fits_blas(&plan->sizes, plan->T * plan->B))
        return DNC_ERROR_TOO_LARGE;
    if (plan->workspace.count > SIZE_MAX / 2 / sizeof(double))
        return DNC_ERROR_TOO_LARGE;
    return DNC_OK;
}

/* ---- The public tables --------------------------------------------------------------------------------------------- */

typedef enum tensor_table { PARAMETERS, STATE, RECORD } tensor_table;

static dnc_status walk_table(tensor_table table, const dnc_config *config, int32_t steps, int32_t batch, tensor_walk *walk) {
    dnc_plan plan;
    const dnc_status status = dnc_plan_make(config, steps, batch, DNC_PURPOSE_SEGMENT, &plan);
    if (status != DNC_OK)
        return status;
    switch (table) {
    case PARAMETERS: walk_parameters(walk, &plan.sizes); break;
    case STATE: walk_state(walk, &plan.sizes); break;
    case RECORD: walk_workspace(walk, &plan.config, &plan.sizes, plan.T, plan.B, DNC_PURPOSE_SEGMENT); break;
    }
    return DNC_OK;
}

static dnc_status table_sizes(tensor_table table, const dnc_config *config, size_t *elements, size_t *tensors) {
    if (elements == NULL && tensors == NULL)
        return DNC_ERROR_NULL_POINTER;
    tensor_walk walk = {0};
    const dnc_status status = walk_table(table, config, 1, 1, &walk);
    if (status == DNC_OK && elements != NULL)
        *elements = walk.end;
    if (status == DNC_OK && tensors != NULL)
        *tensors = walk.count;
    return status;
}

static dnc_status table_view(tensor_table table, const dnc_config *config, int32_t steps, int32_t batch, size_t index,
                             dnc_record_view *view) {
    dnc_record_view found = {0};
    tensor_walk walk = {.wanted = index, .found = &found};
    const dnc_status status = walk_table(table, config, steps, batch, &walk);
    if (status != DNC_OK)
        return status;
    if (index >= walk.count)
        return DNC_ERROR_SHAPE;
    *view = found;
    return DNC_OK;
}

static dnc_status table_tensor(tensor_table table, const dnc_config *config, int32_t steps, int32_t batch, size_t index,
                               dnc_tensor *tensor) {
    dnc_record_view view;
    dnc_status status = dnc_struct_check(tensor, DNC_LEAST_TENSOR, sizeof *tensor);
    if (status == DNC_OK)
        status = table_view(table, config, steps, batch, index, &view);
    if (status == DNC_OK)
        dnc_struct_give(tensor, &view.tensor);
    return status;
}

dnc_status dnc_record_view_make(const dnc_config *config, int32_t steps, int32_t batch, size_t index,
                                dnc_record_view *view) {
    return table_view(RECORD, config, steps, batch, index, view);
}

dnc_status dnc_parameter_count(const dnc_config *config, size_t *count) {
    return table_sizes(PARAMETERS, config, count, NULL);
}

dnc_status dnc_parameter_tensor_count(const dnc_config *config, size_t *count) {
    return table_sizes(PARAMETERS, config, NULL, count);
}

dnc_status dnc_parameter_tensor(const dnc_config *config, size_t index, dnc_tensor *tensor) {
    return table_tensor(PARAMETERS, config, 1, 1, index, tensor);
}

dnc_status dnc_state_count(const dnc_config *config, size_t *count) {
    return table_sizes(STATE, config, count, NULL);
}

dnc_status dnc_state_tensor_count(const dnc_config *config, size_t *count) {
    return table_sizes(STATE, config, NULL, count);
}

dnc_status dnc_state_tensor(const dnc_config *config, size_t index, dnc_tensor *tensor) {
    return table_tensor(STATE, config, 1, 1, index, tensor);
}

dnc_status dnc_record_tensor_count(const dnc_config *config, size_t *count) {
    return table_sizes(RECORD, config, NULL, count);
}

dnc_status dnc_record_tensor(const dnc_config *config, int32_t steps, int32_t batch, size_t index, dnc_tensor *tensor) {
    return table_tensor(RECORD, config, steps, batch, index, tensor);
}
