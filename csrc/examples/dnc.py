"""A trained model in Python: the C core through ctypes, with numpy and nothing else.

    make -C csrc
    python3 csrc/examples/dnc.py runs/book-dnc/best.safetensors [TEXT_FILE]

prints the loss of a text, what a training step on it makes of that, and what the model writes. Or, from a program:

    model = Model("runs/book-dnc/best.safetensors")
    nats, count = model.loss("Once upon a time")
    model.learn("Once upon a time", rate=0.1)
    print(model.sample(300, temperature=0.8))
"""

import ctypes
import os
import re
import sys
from ctypes import Structure, byref, c_double, c_int32, c_int64, c_size_t, c_uint32, c_uint64, c_void_p

import numpy as np

ALIGNMENT = 64
BYTES, WORDS = 2, 3  # of dnc_symbol_kind
OUTPUT_SYMBOLS = 1  # of dnc_output
MEMORY_STATE = 4  # of dnc_role
LONGEST_SEGMENT = 64  # steps through which gradients go back


class _Sized(Structure):
    """Begins with its size, and may get more fields."""

    _fields_ = [("struct_size", c_uint32)]

    def __init__(self, **values):
        super().__init__(ctypes.sizeof(self), **values)


class Config(_Sized):
    _fields_ = [
        (name, c_int32)
        for name in ("input_symbols", "symbols_per_step", "input_vector", "controller", "hidden", "layers", "activation",
                     "memory", "slots", "width", "read_heads", "output", "output_size", "output_groups")
    ]


class Run(_Sized):
    _fields_ = [(name, c_int32) for name in ("steps", "batch", "isa", "link_interval", "own_products")]


class Checkpoint(_Sized):
    _fields_ = [
        ("bits", c_int32), ("symbol_kind", c_int32), ("symbol_count", c_int32), ("parameter_count", c_size_t),
        ("step", c_int64), ("memory_lifetime", c_int64), ("header", c_void_p), ("header_end", c_void_p),
        ("symbols", c_void_p), ("symbols_end", c_void_p),
    ]


class Tensor(_Sized):
    _fields_ = [
        ("rank", c_int32), ("name", ctypes.c_char_p), ("offset", c_size_t), ("shape", c_size_t * 4), ("role", c_int32),
        ("reserved", c_int32),
    ]


class Segment(_Sized):
    _fields_ = [("reserved", c_uint32)] + [
        (name, c_void_p)
        for name in ("inputs", "input_vectors", "targets", "target_vectors", "weights", "begins", "phase_ticks")
    ]


class Loss(_Sized):
    _fields_ = [("nats", c_double), ("count", c_int64)]


class Random(Structure):
    _fields_ = [("word", c_uint64 * 4)]


class Candidate(Structure):
    _fields_ = [("weight", c_double), ("symbol", c_int32)]


_name = "libdnc.dylib" if sys.platform == "darwin" else "libdnc.so"
_beside = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "build", _name)
_library = ctypes.CDLL(os.environ.get("DNC_LIBRARY", _beside))
_library.dnc_status_string.restype = ctypes.c_char_p


def _call(name, *arguments):
    """Calls dnc_<name>, with arrays as pointers to their data; whatever it refuses is a ValueError."""
    _library.dnc_use_one_blas_thread()  # in every thread that computes
    converted = [c_void_p(a.ctypes.data) if isinstance(a, np.ndarray) else a for a in arguments]
    status = getattr(_library, "dnc_" + name)(*converted)
    if status != 0:
        raise ValueError(f"dnc_{name}: {_library.dnc_status_string(status).decode()}")


def workspace(query, config, run):
    """Room for a call, and its size, of which dnc_<query> tells."""
    size = c_size_t()
    _call(query, byref(config), byref(run), byref(size))
    room = np.empty(size.value + ALIGNMENT, np.uint8)
    start = -room.ctypes.data % ALIGNMENT
    return room[start:start + size.value], size


class Model:
    """A network with its vocabulary; numbers are float32 or float64, as in the checkpoint."""

    def __init__(self, path):
        with open(path, "rb") as file:
            data = file.read()
        about, self.config = Checkpoint(), Config()
        _call("checkpoint_read", data, c_size_t(len(data)), byref(self.config), byref(about))
        c = self.config
        if (about.symbol_kind, c.symbols_per_step, c.input_vector, c.output, c.output_groups) not in \
                [(kind, 1, 0, OUTPUT_SYMBOLS, 1) for kind in (1, BYTES, WORDS)]:
            raise ValueError(f"{path} is no model of text")
        self.memory_lifetime = about.memory_lifetime
        self._suffix = f"_f{about.bits}"
        self._type = np.float32 if about.bits == 32 else np.float64
        self.parameters = np.empty(about.parameter_count, self._type)
        _call("checkpoint_parameters" + self._suffix, byref(self.config), byref(about), self.parameters)
        offsets = np.empty(about.symbol_count + 1, np.uintp)
        _call("checkpoint_texts", byref(about), offsets, None)
        texts = np.empty(offsets[-1], np.uint8)
        _call("checkpoint_texts", byref(about), offsets, texts)
        symbols = [texts[start:end].tobytes() for start, end in zip(offsets, offsets[1:])]
        self.symbols = symbols if about.symbol_kind == BYTES else [symbol.decode() for symbol in symbols]
        self._numbers = {symbol: number for number, symbol in enumerate(self.symbols)}
        self._is_of_words = about.symbol_kind == WORDS
        self._nothing = b"" if about.symbol_kind == BYTES else ""

    def encode(self, text):
        """The symbols of a text as an array; of bytes or str, as the model wants it."""
        parts = [text[i:i + 1] for i in range(len(text))]
        if self._is_of_words:
            pieces = re.findall(" ?[A-Za-z\u00c0-\u1fff\u3040-\uefff\U00010000-\U0010ffff]+|[\\s\\S]", text)
            parts = [part for piece in pieces for part in ([piece] if piece in self._numbers else piece)]
        unknown = next((part for part in parts if part not in self._numbers), None)
        if unknown is not None:
            raise ValueError(f"{unknown!r} is not in the model's vocabulary")
        return np.array([self._numbers[part] for part in parts], np.int32)

    def loss(self, text):
        """Nats over all predictions, and how many there are: n symbols give n - 1, from the initial state."""
        return self._run(text, gradient=None)

    def learn(self, text, rate):
        """One step of gradient descent on the mean loss of a text; returns the loss before it."""
        gradient = np.zeros_like(self.parameters)
        nats, count = self._run(text, gradient)
        self.parameters -= self._type(rate) * gradient
        return nats, count

    def sample(self, length, seed=1, temperature=1.0, top_k=0):
        """Lets the model write, as `dnc sample` does."""
        random, symbol, state = Random(), c_int32(), self._initial_state()
        candidates = (Candidate * len(self.symbols))()
        logits = np.empty(len(self.symbols), self._type)
        run = Run(steps=1, batch=1)
        room, size = workspace("step_workspace" + self._suffix, self.config, run)
        _call("random_seed", byref(random), c_uint64(seed))
        # A model says nothing before it has read something.
        symbol.value = self._numbers.get(b"\n" if self._nothing == b"" else "\n", 0)
        step = Segment(inputs=ctypes.addressof(symbol))
        written = []
        for position in range(length):
            self._forget(state, position)
            _call("step" + self._suffix, byref(self.config), byref(run), self.parameters, byref(step), state, room, size,
                  logits)
            _call("draw" + self._suffix, logits, c_int32(len(self.symbols)), c_double(temperature), c_int32(top_k),
                  byref(random), candidates, byref(symbol))
            written.append(self.symbols[symbol.value])
        return self._nothing.join(written)

    def _run(self, text, gradient):
        """The loss of a text; adds the gradient of its mean, where one is wanted."""
        symbols, state = self.encode(text), self._initial_state()
        room, size = workspace("segment_workspace" + self._suffix, self.config, Run(steps=LONGEST_SEGMENT, batch=1))
        nats, start, end = 0.0, 0, len(symbols) - 1
        while start < end:
            steps = min(LONGEST_SEGMENT, end - start)
            if self.memory_lifetime:
                steps = min(steps, self.memory_lifetime - start % self.memory_lifetime)
            self._forget(state, start)
            inputs, targets = symbols[start:], symbols[start + 1:]
            run, loss = Run(steps=steps, batch=1), Loss()
            segment = Segment(inputs=inputs.ctypes.data, targets=targets.ctypes.data)
            _call("forward" + self._suffix, byref(self.config), byref(run), self.parameters, byref(segment), state,
                  room, size, byref(loss))
            if gradient is not None:
                scale = ctypes.c_float if self._type == np.float32 else c_double
                _call("backward" + self._suffix, byref(self.config), byref(run), byref(segment), room, size,
                      scale(1 / end), gradient)
            nats += loss.nats
            start += steps
        return nats, max(end, 0)

    def _initial_state(self):
        count = c_size_t()
        _call("state_count", byref(self.config), byref(count))
        state = np.empty(count.value, self._type)
        _call("initial_state" + self._suffix, byref(self.config), c_int32(1), state)
        return state

    def _forget(self, state, position):
        """The memory begins anew where its lifetime is over."""
        tensor, index = Tensor(), 0
        if not self.memory_lifetime or position % self.memory_lifetime != 0:
            return
        initial = self._initial_state()
        while _library.dnc_state_tensor(byref(self.config), c_size_t(index), byref(tensor)) == 0:
            if tensor.role == MEMORY_STATE:
                part = slice(tensor.offset, tensor.offset + int(np.prod(tensor.shape[:tensor.rank])))
                state[part] = initial[part]
            index += 1


def report(title, nats, count):
    print(f"{title}: {nats / count / np.log(2):.4f} bits per symbol over {count} predictions")


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: dnc.py CHECKPOINT [TEXT_FILE]")
    model = Model(sys.argv[1])
    text = model.sample(200)
    if len(sys.argv) == 3:
        with open(sys.argv[2], "rb") as file:
            text = file.read() if isinstance(text, bytes) else file.read().decode()
    report("loss", *model.loss(text))
    model.learn(text, rate=0.01)
    report("after a training step", *model.loss(text))
    print(model.sample(200, temperature=0.8))


if __name__ == "__main__":
    main()
