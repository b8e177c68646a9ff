"""The DNC of github.com/RobertCsordas/dnc with our weights. Its call of torch.addcmul is of an older PyTorch."""

import importlib.util
import types
from pathlib import Path

import torch

from autograd import differentiate
from core import COSINE_EPSILON, interface

MODELS = ("DNC of Csordas", "DNC with masks", "DNC with masks above 0.1", "DNC with de-allocation", "DNC with sharpness",
          "DNC-MDS", "DNC-MDS, two layers")


def load(folder):
    spec = importlib.util.spec_from_file_location("csordas", Path(folder) / "Models/DNC.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.torch = types.SimpleNamespace(**vars(torch))
    module.torch.addcmul = lambda a, value, b, c: torch.addcmul(a, b, c, value=value)
    return module


def with_our_epsilon(module):
    """Cosines k.m / (sqrt(k.k + eps) sqrt(m.m + eps)) in place of k.m / (|k| |m| + eps): by two more numbers of each."""
    look_up = module.ContentAddressGenerator.forward

    def longer(x, *more):
        return torch.cat([x, torch.tensor(more).expand(*x.shape[:-1], 2)], -1)

    def forward(self, memory, keys, betas, mask=None):
        root, epsilon = COSINE_EPSILON**0.5, module._EPS
        module._EPS = 0
        found = look_up(self, longer(memory, root, 0.0), longer(keys, 0.0, root), betas,
                        None if mask is None else longer(mask, 1.0, 1.0))
        module._EPS = epsilon
        return found
    module.ContentAddressGenerator.forward = forward


def parameters(c, p):
    """Ours by its names: gates f, i, o, g, and the interface in its order."""
    parts = interface(c)
    order = [row for name in ("write_mask", "write_key", "erase_vector", "write_vector", "free_gates", "write_strength",
                              "allocation_gate", "write_gate", "read_masks", "read_keys", "read_strengths", "read_modes",
                              "forward_sharpness", "backward_sharpness") for row in parts[name]]

    def gates(layer, name):
        i, f, g, o = p[f"controller.{layer}.{name}"].chunk(4)
        return torch.cat([f, i, o, g])
    found = {
        "controller_to_controls.weight": p["interface.weight"][order],
        "controller_to_controls.bias": p["interface.bias"][order],
        "controller_to_out.weight": p["output.weight"],
        "controller_to_out.bias": p["output.bias"],
        "read_to_out.weight": p["output.weight_read"],
        "read_to_out.bias": torch.zeros_like(p["output.bias"]),
    }
    for layer in range(c.layers):
        found[f"controller.in_to_all_{layer}.weight"] = gates(layer, "weight_ih")
        found[f"controller.in_to_all_{layer}.bias"] = gates(layer, "bias")
        found[f"controller.out_to_all_{layer}.weight"] = gates(layer, "weight_hh")
        if layer > 0:
            found[f"controller.prev_to_all_{layer - 1}.weight"] = gates(layer, "weight_below")
    return found


def runs(folder, model, new_segment):
    if model not in MODELS:
        return
    for how, tolerance in (("", 1e-3), (", our epsilon", 1e-10)):
        module, segment = load(folder), new_segment()
        if tolerance == 1e-10:
            with_our_epsilon(module)
        c = segment.config
        theirs = module.DNC(c.input_vector, c.output_size, c.width, c.slots, c.read_heads,
                            module.LSTMController([c.hidden] * c.layers), clip_controller=c.interface_clip,
                            mask=bool(c.masks), dealloc_content=bool(c.deallocation),
                            link_sharpness_control=bool(c.sharpness), mask_min=c.mask_minimum)
        yield how, tolerance, segment, differentiate(
            segment, lambda p, x: torch.func.functional_call(theirs, parameters(c, p), (x,)))
