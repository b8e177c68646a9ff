"""What the C core makes of a segment, in double or single precision: outputs and gradients by the names of dnc.h. By way of
the binding of examples/dnc.py, whose library it takes."""

import ctypes
import importlib.util
from ctypes import byref, c_double, c_float, c_int32, c_size_t
from pathlib import Path

import numpy as np

# Under a name of its own: the program of DeepMind is called dnc, too.
_binding = importlib.util.spec_from_file_location("binding", Path(__file__).resolve().parents[2] / "examples/dnc.py")
dnc = importlib.util.module_from_spec(_binding)
_binding.loader.exec_module(dnc)

LSTM, MEMORY_DNC, MEMORY_DELTA, OUTPUT_REALS = 2, 1, 2, 3  # of dnc_controller, dnc_memory, dnc_output
SOFTPLUS, NO_LINKS = 1, 1  # of dnc_strengths, dnc_linkage
WEIGHT, SCALE = 1, 6  # of dnc_role
COSINE_EPSILON = SHARPNESS_EPSILON = ALLOCATION_EPSILON = NORM_EPSILON = 1e-6


class Config(dnc.Config):
    _fields_ = [
        (name, c_float if name in ("mask_minimum", "interface_clip", "activation_clip") else c_int32)
        for name in ("addressing", "strengths", "linkage", "allocation", "masks", "mask_minimum", "deallocation",
                     "sharpness", "read_before_write", "detached_usage", "allocation_epsilon", "interface_norm",
                     "interface_clip", "decay", "negative_eigenvalues", "gate_norm", "write_heads",
                     "activation_clip")
    ]


def write_heads(c):
    return max(1, c.write_heads)


def interface(c):
    """The rows of the interface vector's parts, by their names, in their order; of what a model does not have none."""
    N, R, P, W = c.slots, c.read_heads, write_heads(c), c.width
    is_delta, links = c.memory == MEMORY_DELTA, c.linkage != NO_LINKS
    lengths = {"keys": R * N, "queries": R * N, "values": R * W, "strengths": R, "decays": R * c.decay} if is_delta else {
        "read_keys": R * W, "read_strengths": R, "write_key": P * W, "write_strength": P, "erase_vector": P * W,
        "write_vector": P * W, "free_gates": R, "allocation_gate": P, "write_gate": P, "read_modes": (2 * P + 1) * R * links,
        "read_masks": R * W * c.masks, "write_mask": P * W * c.masks, "forward_sharpness": P * R * c.sharpness,
        "backward_sharpness": P * R * c.sharpness}
    ends = np.cumsum(list(lengths.values()))
    return {name: list(range(end - length, end)) for (name, length), end in zip(lengths.items(), ends)}


def tensors(query, *about):
    """Every tensor that dnc_<query> tells of."""
    found, index = [], 0
    while True:
        tensor = dnc.Tensor()
        if getattr(dnc._library, "dnc_" + query)(*map(byref, about), c_size_t(index), byref(tensor)) != 0:
            return found
        found.append((tensor.name.decode(), tensor.offset, tuple(tensor.shape[:tensor.rank]), tensor.role))
        index += 1


def parts(flat, found):
    """Views of the tensors in a flat vector, or in each of the rows of several."""
    return {name: flat[..., offset:offset + int(np.prod(shape))].reshape(*flat.shape[:-1], *shape)
            for name, offset, shape, _ in found}


class Segment:
    """A model with drawn parameters, and T steps of B lanes of drawn vectors, of which numbers are asked at every step."""

    def __init__(self, seed, steps, lanes, **config):
        self.config = Config(**dict(layers=1, controller=LSTM, output=OUTPUT_REALS, output_groups=1) | config)
        generator = np.random.default_rng(seed)
        self.parameter_tensors = tensors("parameter_tensor", self.config)
        self.state_tensors = tensors("state_tensor", self.config)
        scale = {WEIGHT: 3 * self.config.hidden**-0.5}
        drawn = [(role == SCALE) * 1.5 + generator.uniform(-1, 1, int(np.prod(shape))) * scale.get(role, 1)
                 for _, _, shape, role in self.parameter_tensors]
        # Numbers that floats are, too
        self.flat = np.concatenate(drawn).astype(np.float32).astype(np.float64)
        self.parameters = parts(self.flat, self.parameter_tensors)
        self.inputs, self.targets = (generator.uniform(-1, 1, (steps, lanes, n)).astype(np.float32)
                                     for n in (self.config.input_vector, self.config.output_size))
        count = c_size_t()
        dnc._call("state_count", byref(self.config), byref(count))
        self.flat_state = np.zeros((lanes, count.value))  # from which it starts
        self.state = parts(self.flat_state, self.state_tensors)

    def run(self, bits=64):
        """The outputs (T, B, Y), and the gradient of half the sum of squared errors by each tensor."""
        kind, suffix = (np.float64, "_f64") if bits == 64 else (np.float32, "_f32")
        steps, lanes, _ = self.inputs.shape
        run, loss = dnc.Run(steps=steps, batch=lanes), dnc.Loss()
        segment = dnc.Segment(input_vectors=self.inputs.ctypes.data, target_vectors=self.targets.ctypes.data)
        parameters, state = self.flat.astype(kind), self.flat_state.astype(kind)
        gradient, outputs = np.zeros_like(parameters), np.empty(self.targets.shape, kind)
        room, size = dnc.workspace("segment_workspace" + suffix, self.config, run)
        dnc._call("forward" + suffix, byref(self.config), byref(run), parameters, byref(segment), state, room, size,
                  byref(loss))
        names = [name for name, *_ in tensors("record_tensor", self.config, run)]
        dnc._call("record" + suffix, byref(self.config), byref(run), room, size, c_size_t(names.index("outputs")), outputs)
        scale = ctypes.c_float(1) if bits == 32 else c_double(1)
        dnc._call("backward" + suffix, byref(self.config), byref(run), byref(segment), room, size, scale, gradient)
        return outputs, parts(gradient, self.parameter_tensors)
