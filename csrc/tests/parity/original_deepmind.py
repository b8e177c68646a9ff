"""The DNC of github.com/google-deepmind/dnc with our weights."""

import contextlib
import importlib
import sys

from tensorflow_1 import differentiate, tf

from core import COSINE_EPSILON, interface, write_heads

MODELS = ("DNC of DeepMind", "DNC of DeepMind, cut", "DNC of DeepMind, three write heads")
THEIR_NAMES = {"write_key": "write_keys", "write_strength": "write_strengths", "erase_vector": "erase_vectors",
               "write_vector": "write_vectors", "free_gates": "free_gate", "read_modes": "read_mode"}


@contextlib.contextmanager
def our_epsilon(addressing):
    """Cosines without the epsilon that is added to the product of the lengths, which have one already."""
    look_up, norms, epsilon = addressing.CosineWeights._build, addressing._vector_norms, addressing._EPSILON
    addressing._vector_norms = lambda m: tf.sqrt(tf.reduce_sum(m * m, axis=2, keepdims=True) + COSINE_EPSILON)

    def build(self, memory, keys, strengths):
        addressing._EPSILON = 0
        found = look_up(self, memory, keys, strengths)
        addressing._EPSILON = epsilon
        return found
    addressing.CosineWeights._build = build
    yield
    addressing.CosineWeights._build, addressing._vector_norms = look_up, norms


def variables(c, p):
    """Ours as theirs: matrices the other way round, gates i, g, f, o with 1 added to f, modes backward, forward, content."""
    P = write_heads(c)

    def gates(a):
        i, f, g, o = tf.split(a, 4)
        return tf.concat([i, g, f, o], 0)
    weights = tf.concat([p["controller.0.weight_ih"], p["controller.0.weight_hh"]], 1)
    forget = tf.constant([0.0] * (2 * c.hidden) + [1.0] * c.hidden + [0.0] * c.hidden, tf.float64)
    found = {"lstm/w_gates": tf.transpose(gates(weights)), "lstm/b_gates": gates(p["controller.0.bias"]) - forget,
             "output_linear/w": tf.transpose(tf.concat([p["output.weight"], p["output.weight_read"]], 1)),
             "output_linear/b": p["output.bias"]}
    for name, rows in interface(c).items():
        if not rows:
            continue
        if name == "read_modes":
            modes = [*range(P), *range(P + 1, 2 * P + 1), P]
            rows = [rows[(2 * P + 1) * head + mode] for head in range(c.read_heads) for mode in modes]
        theirs = THEIR_NAMES.get(name, name)
        found[f"{theirs}/w"] = tf.transpose(tf.gather(p["interface.weight"], rows))
        found[f"{theirs}/b"] = tf.gather(p["interface.bias"], rows)
    return found


def runs(folder, model, new_segment):
    if model not in MODELS:
        return
    if folder not in sys.path:
        sys.path.insert(0, folder)
    dnc, addressing = (importlib.import_module(f"dnc.{name}") for name in ("dnc", "addressing"))
    for how, tolerance, patch in (("", 1e-3, contextlib.nullcontext()), (", our epsilon", 1e-10, our_epsilon(addressing))):
        segment = new_segment()
        c = segment.config

        def forward(inputs, p):
            memory = {"memory_size": c.slots, "word_size": c.width, "num_reads": c.read_heads, "num_writes": write_heads(c)}
            core = dnc.DNC(memory, {"hidden_size": c.hidden}, c.output_size, c.activation_clip)
            state, outputs = core.initial_state(len(segment.inputs[0]), tf.float64), []
            for x in inputs:
                output, state = core(x, state)
                outputs.append(output)
            return outputs
        with patch:
            found = differentiate(segment, lambda p: variables(c, p), forward)
        yield how, tolerance, segment, found
