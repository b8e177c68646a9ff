/* A vector read: it is a part of z = [h ; r ; x], so that the controller's product takes it along. */
static void vector_forward(const dnc_plan *plan, const dnc_segment *segment, REAL *workspace, size_t t) {
    const dnc_sizes *s = &plan->sizes;
    for (size_t b = 0; s->D > 0 && b < plan->B; b++) {
        const float *const vector = segment->input_vectors + (t * plan->B + b) * s->D;
        REAL *const x = workspace + plan->workspace.z + (t * plan->B + b) * s->Zp + s->K;
        for (size_t j = 0; j < s->D; j++)
            x[j] = (REAL)vector[j];
    }
}
