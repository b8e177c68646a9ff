"""Character models in plain numpy, as single-file scripts write them: matrix products time step by time step, one-hot inputs
that are multiplied, backpropagation through time by hand, Adagrad. No product joins several steps.

RNN and LSTM are those of csrc/include/dnc_model.h. The DNC is a simple one, in double precision: one head that writes and one
that reads, both by content, as softmax of dot products; an erase and a write vector; no usage, allocation or link. Its
memory starts every segment as small noise, so that its slots differ.
"""
import peer  # before numpy: it sets the threads

import numpy as np

from cases import Sizes

Array = np.ndarray
Arrays = dict[str, Array]


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def softmax(x: Array) -> Array:
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def softmax_backward(w: Array, d: Array) -> Array:
    return w * (d - (d * w).sum(-1, keepdims=True))


def lstm_forward(gates: Array, cell: Array) -> Arrays:
    i, f, g, o = np.split(gates, 4, axis=1)
    i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
    new = f * cell + i * g
    tanh_cell = np.tanh(new)
    return {"i": i, "f": f, "g": g, "o": o, "cell_before": cell, "cell": new, "tanh_cell": tanh_cell,
            "hidden": o * tanh_cell}


def lstm_backward(k: Arrays, d_hidden: Array, d_cell: Array) -> tuple[Array, Array]:
    """Gradients of the gates before their squashing, and of the cell before the step."""
    d_cell = d_cell + d_hidden * k["o"] * (1 - k["tanh_cell"] ** 2)
    d_gates = [d_cell * k["g"] * k["i"] * (1 - k["i"]), d_cell * k["cell_before"] * k["f"] * (1 - k["f"]),
               d_cell * k["i"] * (1 - k["g"] ** 2), d_hidden * k["tanh_cell"] * k["o"] * (1 - k["o"])]
    return np.concatenate(d_gates, axis=1), d_cell * k["f"]


def memory_forward(p: Arrays, hidden: Array, memory: Array) -> Arrays:
    """Memory (B, N, W). Both weightings are found in the memory before it is written."""
    read_key, write_key, vector = (hidden @ p[name].T for name in ("read_key", "write_key", "vector"))
    erase = sigmoid(hidden @ p["erase"].T)
    write, read = (softmax((memory @ key[:, :, None])[:, :, 0]) for key in (write_key, read_key))
    new = memory * (1 - write[:, :, None] * erase[:, None]) + write[:, :, None] * vector[:, None]
    return {"read_key": read_key, "write_key": write_key, "vector": vector, "erase": erase, "write": write, "read": read,
            "memory_before": memory, "memory": new, "read_vector": (read[:, None] @ new)[:, 0]}


def memory_backward(p: Arrays, g: Arrays, k: Arrays, d_read_vector: Array, d_memory: Array) -> tuple[Array, Array]:
    """Gradients of the hidden units and of the memory before the step."""
    before, write, erase = k["memory_before"], k["write"][:, :, None], k["erase"][:, None]
    d_read = softmax_backward(k["read"], (k["memory"] @ d_read_vector[:, :, None])[:, :, 0])
    d_memory = d_memory + k["read"][:, :, None] * d_read_vector[:, None]
    d_write = softmax_backward(k["write"], (d_memory * (k["vector"][:, None] - before * erase)).sum(2))
    d_erase = -(d_memory * before * write).sum(1) * k["erase"] * (1 - k["erase"])
    d = {"read_key": (d_read[:, None] @ before)[:, 0], "write_key": (d_write[:, None] @ before)[:, 0],
         "vector": (d_memory * write).sum(1), "erase": d_erase}
    d_memory = (d_memory * (1 - write * erase) + d_read[:, :, None] * k["read_key"][:, None]
                + d_write[:, :, None] * k["write_key"][:, None])
    for name, value in d.items():
        g[name] += value.T @ k["hidden"]
    return sum(value @ p[name] for name, value in d.items()), d_memory


class Trainer:
    def __init__(self, sizes: Sizes, variant: str, start: peer.Start) -> None:
        self.sizes = sizes
        parts = start.parameters, start.moments["sum_of_squares"], start.state
        self.p, self.sums, self.state = ({name: value.copy() for name, value in part.items()} for part in parts)
        if sizes.model == "dnc":
            self.simplify()

    def simplify(self) -> None:
        """From the tensors of the DNC to those of the simple one."""
        s, generator = self.sizes, np.random.default_rng(2)
        columns = s.V + s.W
        shapes = {name: (s.W, s.H) for name in ("read_key", "write_key", "vector", "erase")}
        p = {name: value for name, value in self.p.items() if not name.startswith("interface")}
        p["controller.0.weight_ih"] = p["controller.0.weight_ih"][:, :columns]
        p["output.weight_read"] = p["output.weight_read"][:, : s.W]
        p |= {name: generator.uniform(-(s.H**-0.5), s.H**-0.5, shape) for name, shape in shapes.items()}
        self.p = {name: value.astype(np.float64) for name, value in p.items()}
        self.sums = {name: np.zeros_like(value) for name, value in self.p.items()}
        self.state = {name: np.zeros((s.B, s.H)) for name in ("hidden", "cell")}
        self.memory = 0.01 * generator.standard_normal((s.B, s.N, s.W))

    def forward(self, inputs: Array, targets: Array) -> tuple[float, list[Arrays]]:
        """The mean loss, and what backward needs of every step."""
        p, model, loss = self.p, self.sizes.model, 0.0
        lanes = np.arange(self.sizes.B)
        before = dict(self.state)
        if model == "dnc":
            before |= {"memory": self.memory, "read_vector": np.zeros((self.sizes.B, self.sizes.W))}
        record = []
        for x, y in zip(inputs, targets):
            seen = np.zeros((self.sizes.B, self.sizes.V), p["output.bias"].dtype)
            seen[lanes, x] = 1
            if model == "dnc":
                seen = np.concatenate([seen, before["read_vector"]], axis=1)
            gates = seen @ p["controller.0.weight_ih"].T + before["hidden"] @ p["controller.0.weight_hh"].T
            gates += p["controller.0.bias"]
            k = {"hidden": np.tanh(gates)} if model == "rnn" else lstm_forward(gates, before["cell"])
            logits = k["hidden"] @ p["output.weight"].T + p["output.bias"]
            if model == "dnc":
                k |= memory_forward(p, k["hidden"], before["memory"])
                logits += k["read_vector"] @ p["output.weight_read"].T
            k |= {"seen": seen, "hidden_before": before["hidden"], "probabilities": softmax(logits)}
            loss -= np.log(k["probabilities"][lanes, y]).sum()
            record.append(k)
            before = k
        return float(loss / inputs.size), record

    def backward(self, targets: Array, record: list[Arrays]) -> Arrays:
        p, model, s = self.p, self.sizes.model, self.sizes
        g = {name: np.zeros_like(value) for name, value in p.items()}
        d_hidden = d_cell = np.zeros_like(record[0]["hidden"])
        if model == "dnc":
            d_read, d_memory = np.zeros((s.B, s.W)), np.zeros_like(self.memory)
        for y, k in zip(reversed(targets), reversed(record)):
            d = k["probabilities"].copy()
            d[np.arange(s.B), y] -= 1
            d /= targets.size
            g["output.weight"] += d.T @ k["hidden"]
            g["output.bias"] += d.sum(0)
            d_hidden = d_hidden + d @ p["output.weight"]
            if model == "dnc":
                g["output.weight_read"] += d.T @ k["read_vector"]
                d_read = d_read + d @ p["output.weight_read"]
                more, d_memory = memory_backward(p, g, k, d_read, d_memory)
                d_hidden += more
            if model == "rnn":
                d_gates = d_hidden * (1 - k["hidden"] ** 2)
            else:
                d_gates, d_cell = lstm_backward(k, d_hidden, d_cell)
            g["controller.0.weight_ih"] += d_gates.T @ k["seen"]
            g["controller.0.weight_hh"] += d_gates.T @ k["hidden_before"]
            g["controller.0.bias"] += d_gates.sum(0)
            d_hidden = d_gates @ p["controller.0.weight_hh"]
            if model == "dnc":
                d_read = d_gates @ p["controller.0.weight_ih"][:, s.V :]
        return g

    def step(self, batch: peer.Batch) -> float:
        loss, record = self.forward(batch.inputs, batch.targets)
        self.state = {name: record[-1][name] for name in self.state}
        g, recipe = self.backward(batch.targets, record), peer.RECIPES["text"]
        norm = sum(float(np.vdot(x, x)) for x in g.values()) ** 0.5
        for name, x in g.items():
            x *= min(1, recipe.clip_norm / max(norm, 1e-30))
            self.sums[name] += x * x
            self.p[name] -= recipe.learning_rate * x / (np.sqrt(self.sums[name]) + peer.EPSILON)
        return loss

    def parameters(self) -> peer.Tensors:
        return self.p


if __name__ == "__main__":
    peer.run(f"NumPy {np.__version__}", lambda sizes: ["plain"] if sizes.task == "text" else [], Trainer)
