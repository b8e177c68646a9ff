"""The delta rule of github.com/fla-org/flash-linear-attention, with a gate and without, as the memory of our model: in
single precision, as it computes."""

import importlib.util
from pathlib import Path

import torch
from torch import sigmoid

import equations
from autograd import differentiate
from core import COSINE_EPSILON, MEMORY_DELTA


def load(folder, rule):
    spec = importlib.util.spec_from_file_location(rule, Path(folder) / "fla/ops" / rule / "naive.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def memory_of(folder):
    plain = load(folder, "delta_rule").delta_rule_recurrence
    gated = load(folder, "gated_delta_rule").naive_recurrent_gated_delta_rule

    def memory(c, xi, s):
        B, N, W, R = len(xi), c.slots, c.width, c.read_heads
        x = equations.interface_of(c, xi)

        def unit(name):
            a = x[name].view(B, R, N)
            return a / (a.square().sum(-1, keepdim=True) + COSINE_EPSILON).sqrt()
        k, q, v = unit("keys"), unit("queries") * N**0.5, x["values"].view(B, R, W)  # it divides queries by that
        beta, before = (1 + c.negative_eigenvalues) * sigmoid(x["strengths"]), s["memory"].mT
        if c.decay:  # time comes before the heads
            reads, after = gated(q[:, None], k[:, None], v[:, None], beta[:, None], sigmoid(x["decays"]).log()[:, None],
                                 initial_state=before, output_final_state=True)
            reads = reads[:, 0]
        else:
            reads, after = plain(q[:, :, None], k[:, :, None], v[:, :, None], beta[:, :, None], initial_state=before)
            reads = reads[:, :, 0]
        return {"memory": after.double().mT, "reads": reads.double()}
    return memory


def runs(folder, model, new_segment):
    segment = new_segment()
    if segment.config.memory == MEMORY_DELTA:
        memory = memory_of(folder)
        yield "", 1e-5, segment, differentiate(segment, lambda p, x: equations.outputs(segment.config, p, x, memory))
