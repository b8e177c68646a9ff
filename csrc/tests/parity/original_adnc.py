"""The cells of github.com/JoergFranke/ADNC with our weights, from the state that they start in. What they call forward leads
backward along the links, and the other way round, so that they have our modes exchanged."""

import contextlib
import importlib
import io
import sys

import numpy as np
from tensorflow_1 import differentiate, tf

from core import COSINE_EPSILON, NO_LINKS, interface

MODELS = ("DNC", "DNC with norms", "content-based memory unit", "ADNC")


def with_our_epsilon(cell):
    """Cosines k.m / (sqrt(k.k + eps) sqrt(m.m + eps)) in place of k.m / (|k| |m|): by two more numbers of keys and rows."""
    look_up, root = cell._calculate_content_weightings, COSINE_EPSILON**0.5

    def longer(x, *more):
        return tf.concat([x, tf.broadcast_to(tf.constant(more, x.dtype), [*x.shape[:-1], 2])], -1)
    cell._calculate_content_weightings = staticmethod(
        lambda memory, keys, strengths: look_up(longer(memory, root, 0), longer(keys, 0, root), strengths))


def variables(c, p):
    """Ours as theirs: matrices the other way round, gates f, i, o, g of x, r and h, the interface in their order."""
    parts = interface(c)

    def gates(a):
        i, f, g, o = tf.split(a, 4)
        return tf.concat([f, i, o, g], 0)
    if parts["read_modes"]:
        parts["read_modes"] = [parts["read_modes"][3 * head + mode] for head in range(c.read_heads) for mode in (2, 1, 0)]
    order = [row for name in ("write_key", "write_strength", "erase_vector", "write_vector", "allocation_gate", "write_gate",
                              "read_keys", "read_strengths", "read_modes", "free_gates") for row in parts[name]]
    found = {
        "w_ifco": tf.transpose(gates(tf.concat([p["controller.0.weight_ih"], p["controller.0.weight_hh"]], 1))),
        "b_ifco": gates(p["controller.0.bias"]),
        "mu_w_x": tf.transpose(tf.gather(p["interface.weight"], order)),
        "mu_b_x": tf.gather(p["interface.bias"], order),
    }
    if c.gate_norm:
        found |= {"ln_w_ifco/scale": gates(p["controller.0.norm_scale"]),
                  "ln_w_ifco/beta": tf.zeros(4 * c.hidden, tf.float64), "ln_out_act/scale": p["controller.0.cell_scale"],
                  "ln_out_act/beta": p["controller.0.cell_shift"]}
    if c.interface_norm:
        found |= {"ln_layer_norm/scale": tf.gather(p["interface.norm_scale"], order),
                  "ln_layer_norm/beta": tf.gather(p["interface.norm_shift"], order)}
    names = {"w_ifco": ("cell_lstm/w_ifco_lstm", "lstm/w_ifco_lstm"),  # without norms, and with them
             "b_ifco": ("cell_lstm/b_ifco_lstm", "lstm/b_ifco_ln_lstm"),
             "mu_w_x": ("memory/mu_w_x",), "mu_b_x": ("memory/mu_b_x",)}
    return {name: value for key, value in found.items() for name in names.get(key, (key,))}


def runs(folder, model, new_segment):
    if model not in MODELS:
        return
    if folder not in sys.path:
        sys.path.insert(0, folder)
    units = "adnc.model.memory_units"
    lstm = importlib.import_module("adnc.model.controller_units.custom_lstm_cell").CustomLSTMCell
    linked = importlib.import_module(f"{units}.dnc_cell").DNCMemoryUnitCell
    unlinked = importlib.import_module(f"{units}.content_based_cell").ContentBasedMemoryUnitCell
    for how, tolerance in (("", 1e-2), (", our epsilon", 1e-10)):
        segment = new_segment()
        c, lanes = segment.config, len(segment.inputs[0])
        cell = unlinked if c.linkage == NO_LINKS else linked
        cell = type(cell.__name__, (cell,), {})
        if tolerance == 1e-10:
            with_our_epsilon(cell)
        generator = np.random.default_rng(1)
        segment.state["memory"][:] = 1 / (c.slots * c.width)
        for name in ("write_weighting", "read_weightings"):
            segment.state[name][:] = generator.uniform(0, 1 / c.slots, segment.state[name].shape)

        def forward(inputs, p):
            controller = lstm(c.hidden, layer_norm=bool(c.gate_norm), dtype=tf.float64)
            unit = cell(c.hidden, c.slots, c.width, c.read_heads, dnc_norm=bool(c.interface_norm), dtype=tf.float64,
                        name="memory")
            names = ["memory", "usage", "write_weighting", "precedence", "link", "read_weightings"]
            state = [tf.constant(segment.state[name]) for name in names if name in segment.state]
            cells, seen = (tf.zeros([lanes, size], tf.float64) for size in (c.hidden, unit.output_size))
            outputs = []
            weights = tf.concat([p["output.weight_read"], p["output.weight"]], 1)
            for x in inputs:
                with contextlib.redirect_stdout(io.StringIO()):  # they print tensors
                    hidden, cells = controller(tf.concat([x, seen], 1), cells)
                seen, state = unit(hidden, state)  # what was read, and the hidden state
                outputs.append(tf.matmul(seen, weights, transpose_b=True) + p["output.bias"])
            return outputs
        yield how, tolerance, segment, differentiate(segment, lambda p: variables(c, p), forward)
