/* Initial parameters. */
#include "arithmetic.h"

#include "layout.h"
#include "random.h"

#include <math.h>

/* Uniform in -1 ..< 1, a function of (seed, position) alone, so that no order of filling matters. */
static double uniform(uint64_t seed, uint64_t position) {
    return (double)(dnc_splitmix64(seed, position) >> 11) * 0x1p-52 - 1.0;
}

/* Whether a layer's bias lies there. */
static bool is_bias_of_layer(const dnc_plan *plan, size_t offset) {
    bool is = false;
    for (size_t l = 0; l < plan->sizes.whole; l++)
        is |= plan->parameters.layers[l].bias == offset;
    return is;
}

/* Writes to whichever of the two vectors is there. */
static NOT_INLINED dnc_status initialize_in_mode(const dnc_config *config, uint64_t seed, float *floats, double *doubles) {
    if (floats == NULL && doubles == NULL)
        return DNC_ERROR_NULL_POINTER;
    const dnc_run run = dnc_run_of(1, 1);
    dnc_plan plan;
    const dnc_status status = dnc_plan_make(config, &run, DNC_PURPOSE_SEGMENT, &plan);
    if (status != DNC_OK)
        return status;
    const size_t H = plan.sizes.H, decays = plan.interface.decays;
    const char *const of_decays = plan.sizes.has_interface_norm ? "interface.norm_shift" : "interface.bias";
    const double bound = 1.0 / sqrt((double)H);
    dnc_tensor tensor = {.struct_size = sizeof tensor};
    for (size_t i = 0; dnc_parameter_tensor(config, i, &tensor) == DNC_OK; i++) {
        const bool is_weight = tensor.role == DNC_ROLE_WEIGHT;
        const size_t count = is_weight ? tensor.shape[0] * tensor.shape[1] : tensor.shape[0];
        const bool has_forget_gate = plan.sizes.has_cell && is_bias_of_layer(&plan, tensor.offset);
        const bool has_decays = plan.sizes.has_decay && strcmp(tensor.name, of_decays) == 0;
        /* Of zeros a norm has the slope 1 / sqrt(eps). The backward layer begins with zeros behind an episode's last step, and would
         * go on with them for as long as nothing is read there, each step's gradient a thousand times the one's behind it. */
        const bool has_drawn_shift = plan.sizes.is_bidirectional && plan.sizes.has_gate_norm &&
                                     tensor.offset == plan.parameters.layers[plan.sizes.stack].bias;
        for (size_t j = 0; j < count; j++) {
            const size_t position = tensor.offset + j;
            double value = 0.0;
            if (is_weight)
                value = bound * uniform(seed, position);
            else if (has_forget_gate && j / H == 1) /* gates are stacked i, f, g, o */
                value = 1.0;
            else if (has_decays && j % plan.sizes.I >= decays && j % plan.sizes.I < decays + plan.sizes.R)
                value = DNC_INITIAL_DECAY;
            else if (tensor.role == DNC_ROLE_SCALE)
                value = 1.0;
            if (has_drawn_shift)
                value += bound * uniform(seed, position);
            if (floats != NULL)
                floats[position] = (float)value;
            if (doubles != NULL)
                doubles[position] = value;
        }
    }
    return DNC_OK;
}

static dnc_status initialize(const dnc_config *config, uint64_t seed, float *floats, double *doubles) {
    const float_mode mode = set_float_mode(KEEP_DENORMALS);
    const dnc_status status = initialize_in_mode(config, seed, floats, doubles);
    restore_float_mode(mode);
    return status;
}

dnc_status dnc_initialize_f32(const dnc_config *config, uint64_t seed, float *parameters) {
    return initialize(config, seed, parameters, NULL);
}

dnc_status dnc_initialize_f64(const dnc_config *config, uint64_t seed, double *parameters) {
    return initialize(config, seed, NULL, parameters);
}
