#include "layout.h"

/* A walk over tensors that follow one another. One list serves every question: where a tensor lies, how many there are,
 * how long the whole is; so the answers cannot disagree. */
typedef struct tensor_walk {
    size_t end;        /* elements so far */
    size_t count;      /* named tensors so far */
    size_t alignment;  /* every tensor starts at a multiple of this many elements */
    size_t wanted;     /* which named tensor to copy to `found` */
    dnc_tensor *found; /* may be NULL */
    bool overflow;
} tensor_walk;

static size_t multiply(tensor_walk *walk, size_t a, size_t b) {
    if (b != 0 && a > SIZE_MAX / 2 / b) {
        walk->overflow = true;
        return 0;
    }
    return a * b;
}

/* Appends a tensor and returns its offset. Trailing zeros of `shape` end it; a nameless tensor is not counted. */
static size_t append(tensor_walk *walk, const char *name, size_t a, size_t b, size_t c, size_t d) {
    const size_t shape[4] = {a, b, c, d};
    dnc_tensor tensor = {.name = name, .offset = walk->end};
    size_t size = 1;
    for (; tensor.rank < 4 && shape[tensor.rank] != 0; tensor.rank++) {
        tensor.shape[tensor.rank] = shape[tensor.rank];
        size = multiply(walk, size, shape[tensor.rank]);
    }
    const size_t padding = (walk->alignment - size % walk->alignment) % walk->alignment;
    if (size > SIZE_MAX / 2 - walk->end - padding)
        walk->overflow = true;
    else
        walk->end += size + padding;
    if (name != NULL) {
        if (walk->found != NULL && walk->count == walk->wanted)
            *walk->found = tensor;
        walk->count++;
    }
    return tensor.offset;
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
    return s;
}

static dnc_parameter_offsets walk_parameters(tensor_walk *walk, const dnc_sizes *s) {
    dnc_parameter_offsets p = {0};
    p.weight_ih = append(walk, "controller.0.weight_ih", s->G, s->V + s->RW, 0, 0);
    p.weight_hh = append(walk, "controller.0.weight_hh", s->G, s->H, 0, 0);
    p.bias = append(walk, "controller.0.bias", s->G, 0, 0, 0);
    if (s->has_memory) {
        p.interface_weight = append(walk, "interface.weight", s->I, s->H, 0, 0);
        p.interface_bias = append(walk, "interface.bias", s->I, 0, 0, 0);
    }
    p.output_weight = append(walk, "output.weight", s->V, s->H, 0, 0);
    p.output_bias = append(walk, "output.bias", s->V, 0, 0, 0);
    if (s->has_memory)
        p.output_weight_read = append(walk, "output.weight_read", s->V, s->RW, 0, 0);
    p.count = walk->end;
    return p;
}

static dnc_state_offsets walk_state(tensor_walk *walk, const dnc_sizes *s) {
    dnc_state_offsets o = {0};
    o.hidden = append(walk, "hidden", s->H, 0, 0, 0);
    if (s->has_cell)
        o.cell = append(walk, "cell", s->H, 0, 0, 0);
    if (s->has_memory) {
        o.read_vectors = append(walk, "read_vectors", s->R, s->W, 0, 0);
        o.memory = append(walk, "memory", s->N, s->W, 0, 0);
        o.usage = append(walk, "usage", s->N, 0, 0, 0);
        o.precedence = append(walk, "precedence", s->N, 0, 0, 0);
        o.link = append(walk, "link", s->N, s->N, 0, 0);
        o.write_weighting = append(walk, "write_weighting", s->N, 0, 0, 0);
        o.read_weightings = append(walk, "read_weightings", s->R, s->N, 0, 0);
    }
    o.count = walk->end;
    return o;
}

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

static dnc_workspace_offsets walk_workspace(tensor_walk *walk, const dnc_sizes *s, size_t T, size_t B, dnc_purpose purpose) {
    dnc_workspace_offsets o = {0};
    const size_t N = s->N, W = s->W, R = s->R;
    append(walk, NULL, DNC_WORKSPACE_HEADER, 0, 0, 0);

    o.hidden = append(walk, "hidden", T + 1, B, s->H, 0);
    if (s->has_cell) {
        o.cell = append(walk, "cell", T + 1, B, s->H, 0);
        o.tanh_cell = append(walk, NULL, T, B, s->H, 0);
    }
    o.gates = append(walk, NULL, T, B, s->G, 0);
    if (s->has_memory) {
        o.read_vectors = append(walk, "read_vectors", T + 1, B, R, W);
        o.memory = append(walk, "memory", T + 1, B, N, W);
        o.usage = append(walk, "usage", T + 1, B, N, 0);
        o.precedence = append(walk, "precedence", T + 1, B, N, 0);
        o.link = append(walk, "link", T + 1, B, N, N);
        o.write_weighting = append(walk, "write_weighting", T + 1, B, N, 0);
        o.read_weightings = append(walk, "read_weightings", T + 1, B, R, N);
        o.interface = append(walk, "interface", T, B, s->I, 0);
        o.write_content_weighting = append(walk, "write_content_weighting", T, B, N, 0);
        o.allocation_weighting = append(walk, "allocation_weighting", T, B, N, 0);
        o.read_content_weightings = append(walk, "read_content_weightings", T, B, R, N);
        o.forward_weightings = append(walk, "forward_weightings", T, B, R, N);
        o.backward_weightings = append(walk, "backward_weightings", T, B, R, N);
        o.inverse_norms = append(walk, NULL, T + 1, B, N, 0);
        o.write_cosines = append(walk, NULL, T, B, N, 0);
        o.read_cosines = append(walk, NULL, T, B, R, N);
        o.order = append(walk, NULL, T + 1, B, N, 0);
    }
    o.logits = append(walk, "logits", T, B, s->V, 0);
    o.log_normalizer = append(walk, NULL, T, B, 0, 0);

    if (purpose == DNC_PURPOSE_SEGMENT) {
        o.symbol_columns = append(walk, NULL, s->V, s->G, 0, 0);
        o.recurrent_weights = append(walk, NULL, s->G, s->K, 0, 0);
        o.recurrent_input = append(walk, NULL, B, s->K, 0, 0);
        o.d_hidden = append(walk, NULL, T + 1, B, s->H, 0);
        if (s->has_cell)
            o.d_cell = append(walk, NULL, B, s->H, 0, 0);
        if (s->has_memory) {
            o.d_read_vectors = append(walk, NULL, T + 1, B, R, W);
            o.d_interface = append(walk, NULL, T, B, s->I, 0);
            o.d_memory = append(walk, NULL, B, N, W, 0);
            o.d_usage = append(walk, NULL, B, N, 0, 0);
            o.d_precedence = append(walk, NULL, B, N, 0, 0);
            o.d_link = append(walk, NULL, B, N, N, 0);
            o.d_write_weighting = append(walk, NULL, B, N, 0, 0);
            o.d_read_weightings = append(walk, NULL, B, R, N, 0);
            o.lane_scratch = append(walk, NULL, 2 + 4 * R, N, 0, 0);
        }
    }
    o.count = walk->end;
    return o;
}

/* BLAS counts in int; every matrix dimension and leading dimension must fit. */
static bool fits_blas(const dnc_sizes *s, size_t rows) {
    return s->G <= INT32_MAX && s->I <= INT32_MAX && s->V + s->RW <= INT32_MAX && s->K <= INT32_MAX && rows <= INT32_MAX;
}

dnc_status dnc_plan_make(const dnc_config *config, int32_t steps, int32_t batch, dnc_purpose purpose, dnc_plan *plan) {
    const dnc_status status = dnc_check_fields(config);
    if (status != DNC_OK)
        return status;
    if (steps < 1 || steps > DNC_MAX_SIZE || batch < 1 || batch > DNC_MAX_SIZE)
        return DNC_ERROR_SHAPE;
    *plan = (dnc_plan){.sizes = sizes_of(config), .T = (size_t)steps, .B = (size_t)batch};
    tensor_walk parameters = {.alignment = 1}, state = {.alignment = 1};
    tensor_walk workspace = {.alignment = DNC_ALIGNMENT / sizeof(float)};
    plan->parameters = walk_parameters(&parameters, &plan->sizes);
    plan->state = walk_state(&state, &plan->sizes);
    plan->interface = interface_offsets(&plan->sizes);
    plan->workspace = walk_workspace(&workspace, &plan->sizes, plan->T, plan->B, purpose);
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
    case PARAMETERS:
        walk->alignment = 1;
        walk_parameters(walk, &plan.sizes);
        break;
    case STATE:
        walk->alignment = 1;
        walk_state(walk, &plan.sizes);
        break;
    case RECORD:
        walk->alignment = DNC_ALIGNMENT / sizeof(float);
        walk_workspace(walk, &plan.sizes, plan.T, plan.B, DNC_PURPOSE_SEGMENT);
        break;
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

static dnc_status table_tensor(tensor_table table, const dnc_config *config, int32_t steps, int32_t batch, size_t index,
                               dnc_tensor *tensor) {
    if (tensor == NULL)
        return DNC_ERROR_NULL_POINTER;
    dnc_tensor found = {0};
    tensor_walk walk = {.wanted = index, .found = &found};
    const dnc_status status = walk_table(table, config, steps, batch, &walk);
    if (status != DNC_OK)
        return status;
    if (index >= walk.count)
        return DNC_ERROR_SHAPE;
    *tensor = found;
    return DNC_OK;
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
