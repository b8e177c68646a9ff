"""What the peers share: parameters, data, the outer loop of a measurement, and the protocol that compare.py speaks.

    python peer_jax.py --model lstm --hidden 128 --batch-size 32 --seq-length 32 --threads 2 --duration 1 --repeats 3

prints one JSON object. With --serve it prints one when it is ready, and then one for every line of standard input, which
says how many seconds to measure. Without --variant a peer tries all its variants and stays with the fastest.

Import this module before any numerical library: it sets how many threads they will use.
"""
import argparse
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle, islice
from typing import Any, NamedTuple, Protocol

from cases import Sizes


def _limit_threads() -> int:
    """Numerical libraries look at the environment, or at the processors they may run on, once: when they are imported."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    threads: int = parser.parse_known_args()[0].threads
    for library in ("OMP", "OPENBLAS", "MKL"):
        os.environ[f"{library}_NUM_THREADS"] = str(threads)
    if hasattr(os, "sched_setaffinity"):  # the only way to limit JAX
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    return threads


THREADS = _limit_threads()

import numpy as np  # noqa: E402

EPSILON = 1e-8  # of both optimizers
ADAM_DECAYS = (0.9, 0.999)
COSINE_EPSILON = 1e-6
POOL = 256  # episodes of so many batches are drawn before anything is measured
COMPILE_SECONDS = 240  # a variant that is not ready after this time is left out

Tensors = dict[str, np.ndarray]


class Recipe(NamedTuple):
    """How a gradient becomes an update."""

    learning_rate: float
    clip_norm: float
    moments: tuple[str, ...]  # what the optimizer remembers of every parameter: Adagrad, or Adam


ADAM = ("mean", "mean_of_squares")
RECIPES = {"text": Recipe(0.1, 5.0, ("sum_of_squares",)), "copy": Recipe(1e-3, 10.0, ADAM), "stories": Recipe(2e-3, 1.0, ADAM)}


class Start(NamedTuple):
    """Where training starts: by the names of csrc/include/dnc.h, and for every lane of the state."""

    parameters: Tensors
    moments: dict[str, Tensors]  # Adam's are those before its first step
    state: Tensors


class Batch(NamedTuple):
    """What a training step is given. The targets of the copy task and of stories count by their weights, text's all."""

    inputs: np.ndarray  # symbols (T, B), or vectors (T, B, D)
    targets: np.ndarray  # symbols (T, B), or bits (T, B, Y)
    weights: np.ndarray | None = None  # (T, B): 1 where something is asked, 0 where nothing is and in padding

    @property
    def lane_steps(self) -> int:
        """Without padding: an episode has a step for every vector, one for the flag, and one for every answer."""
        return self.inputs.size if self.weights is None else 2 * int(self.weights.sum()) + self.weights.shape[1]

    def padded(self, steps: int) -> "Batch":
        """To so many steps, for a peer that is compiled for their number."""
        if len(self.inputs) == steps:
            return self
        return Batch(*(np.pad(x, ((0, steps - len(x)), *[(0, 0)] * (x.ndim - 1))) for x in self))


class Trainer(Protocol):
    def __init__(self, sizes: Sizes, variant: str, start: Start) -> None: ...

    def step(self, batch: Batch) -> Any:
        """One training step: on text from the state that the last one left, on episodes from that of the start. The mean
        loss in nats before the update, as something that float() waits for."""

    def parameters(self) -> Tensors: ...


def interface_parts(s: Sizes) -> list[int]:
    """Read keys and strengths, write key and strength, erase, write, free gates, allocation gate, write gate, read modes; of
    DeltaNet keys, queries, values and strengths."""
    if s.model == "delta":
        return [s.R * s.N, s.R * s.N, s.R * s.W, s.R]
    return [s.R * s.W, s.R, s.W, 1, s.W, s.W, s.R, 1, 1, 3 * s.R]


def new_start(s: Sizes) -> Start:
    gates = s.H if s.model == "rnn" else 4 * s.H
    shapes: dict[str, tuple[int, ...]] = {
        "controller.0.weight_ih": (gates, s.inputs + s.R * s.W), "controller.0.weight_hh": (gates, s.H),
        "controller.0.bias": (gates,), "output.weight": (s.Y, s.H), "output.bias": (s.Y,),
    }
    state: dict[str, tuple[int, ...]] = {"hidden": (s.H,)}
    if s.model != "rnn":
        state["cell"] = (s.H,)
    if s.has_memory:
        interface = sum(interface_parts(s))
        shapes |= {"interface.weight": (interface, s.H), "interface.bias": (interface,),
                   "output.weight_read": (s.Y, s.R * s.W)}
        rows = s.R * s.N if s.model == "delta" else s.N
        state |= {"read_vectors": (s.R, s.W), "memory": (rows, s.W)}
    if s.model == "dnc":
        state |= {"usage": (s.N,), "precedence": (s.N,), "link": (s.N, s.N), "write_weighting": (s.N,),
                  "read_weightings": (s.R, s.N)}
    generator = np.random.default_rng(1)
    bound = s.H**-0.5
    parameters = {
        name: np.zeros(shape, np.float32) if len(shape) == 1 else generator.uniform(-bound, bound, shape).astype(np.float32)
        for name, shape in shapes.items()
    }
    if s.model != "rnn":
        parameters["controller.0.bias"][s.H : 2 * s.H] = 1  # forget gates
    moments = {moment: {name: np.zeros_like(value) for name, value in parameters.items()} for moment in RECIPES[s.task].moments}
    return Start(parameters, moments, {name: np.zeros((s.B, *shape), np.float32) for name, shape in state.items()})


def segments(s: Sizes, length: int = 200_000) -> Iterator[Batch]:
    """From a made-up text, in which every lane reads on from its own place. The text is a circle, so no lane ever begins
    anew: a little less to do than in `dnc bench`."""
    text = np.random.default_rng(1).integers(0, s.V, length, dtype=np.int32)
    places = np.arange(s.B) * length // s.B + np.arange(s.T + 1)[:, None]
    while True:
        symbols = text[places % length]
        yield Batch(symbols[:-1], symbols[1:])
        places += s.T


def episodes(s: Sizes, generator: np.random.Generator) -> Batch:
    """Of the copy task, one in every lane: vectors of bits, the flag, and as many steps of zeros, in which they are asked
    in the same order. The batch has as many steps as its longest."""
    lengths = generator.integers(1, s.T // 2, s.B, endpoint=True)
    steps = 2 * lengths.max() + 1
    inputs, targets, weights = (np.zeros((steps, s.B, *rest), np.float32) for rest in ((s.D,), (s.Y,), ()))
    for lane, n in enumerate(lengths):
        inputs[:n, lane, : s.Y] = targets[n + 1 : 2 * n + 1, lane] = generator.integers(0, 2, (n, s.Y))
        inputs[n, lane, s.Y] = weights[n + 1 : 2 * n + 1, lane] = 1
    return Batch(inputs, targets, weights)


def batches(s: Sizes) -> Iterator[Batch]:
    if s.task == "text":
        return segments(s)
    generator = np.random.default_rng(1)
    return cycle([episodes(s, generator) for _ in range(POOL)])  # drawing them would be part of the time


class Measurement:
    """A trainer at work on its text or its episodes."""

    def __init__(self, sizes: Sizes, variant: str, trainer: Callable[..., Trainer]) -> None:
        self.trainer = trainer(sizes, variant, new_start(sizes))
        self.batches = batches(sizes)
        first = list(islice(self.batches, POOL))
        every_shape = {batch.inputs.shape: batch for batch in first}
        for batch in [*first[:3], *every_shape.values()]:  # compilation, and a second one where a library changes its mind
            loss = float(self.trainer.step(batch))
        if not np.isfinite(loss):
            raise ArithmeticError(f"the loss is {loss}")
        self.speed(0.3)

    def speed(self, seconds: float) -> float:
        """Symbols, or steps of lanes, per second. Waits for each loss only after the next step was given out, for the sake of
        libraries that compute in the background."""
        start, lane_steps, loss = time.perf_counter(), 0, 0.0
        while time.perf_counter() - start < seconds:
            batch = next(self.batches)
            next_loss = self.trainer.step(batch)
            float(loss)
            loss, lane_steps = next_loss, lane_steps + batch.lane_steps
        float(loss)
        return lane_steps / (time.perf_counter() - start)


@contextmanager
def time_limit(seconds: int) -> Iterator[None]:
    def expire(*_: object) -> None:
        raise TimeoutError(f"not ready after {seconds} s")

    signal.signal(signal.SIGALRM, expire)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


def fastest(sizes: Sizes, variants: list[str], trainer: Callable[..., Trainer]) -> tuple[str, Measurement, dict[str, Any]]:
    """The name of the fastest variant, ready to be measured, and what each of them reached."""
    best: tuple[str, Measurement] | None = None
    speeds: dict[str, Any] = {}
    for variant in variants:
        try:
            with time_limit(COMPILE_SECONDS):
                measurement = Measurement(sizes, variant, trainer)
            speeds[variant] = max(measurement.speed(0.2) for _ in range(3))  # the best, since others may disturb it
        except Exception as error:  # noqa: BLE001, whatever keeps one variant from running, the others still may
            print(f"{variant}: {type(error).__name__}: {error}", file=sys.stderr)
            speeds[variant] = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
            continue
        if best is None or speeds[variant] > speeds[best[0]]:
            best = variant, measurement
    if best is None:
        sys.exit(f"no variant runs: {speeds}")
    return *best, speeds


def peak_memory_bytes() -> int:
    usage = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return usage if sys.platform == "darwin" else usage * 1024


def run(version: str, variants: Callable[[Sizes], list[str]], trainer: Callable[..., Trainer]) -> None:
    """The program of a peer. `variants`: of a case, the ways to compute it, which differ in speed alone."""
    parser = argparse.ArgumentParser(description="Measures the training speed of a peer of dnc.")
    parser.add_argument("--model", choices=("rnn", "lstm", "dnc", "delta"), required=True)
    for flag, default in (("hidden", 128), ("slots", 16), ("width", 16), ("read-heads", 1), ("batch-size", 32),
                          ("seq-length", 32), ("symbols", 74), ("vector", 0), ("threads", os.cpu_count()), ("repeats", 1)):
        parser.add_argument(f"--{flag}", type=int, default=default)
    parser.add_argument("--duration", type=float, default=1.0, metavar="SECONDS")
    parser.add_argument("--variant", help="one way to compute it, instead of the fastest")
    parser.add_argument("--serve", action="store_true", help="measure once for every line of standard input")
    o = parser.parse_args()
    memory = (o.slots, o.width, o.read_heads) if o.model in ("dnc", "delta") else (0, 0, 0)
    sizes = Sizes(o.model, o.hidden, *memory, B=o.batch_size, T=o.seq_length, V=o.symbols, D=o.vector)
    names = [o.variant] if o.variant else variants(sizes)
    if not names:
        sys.exit(f"there is no {sizes} here")
    variant, measurement, speeds = fastest(sizes, names, trainer)

    def report(speed: float | None) -> None:
        print(json.dumps({"symbols_per_second": speed, "peak_memory_bytes": peak_memory_bytes(), "threads": THREADS,
                          "variant": variant, "version": version, "variants": speeds}), flush=True)

    if o.serve:
        report(None)
        for line in sys.stdin:
            report(measurement.speed(float(line)))
    else:
        report(float(np.median([measurement.speed(o.duration) for _ in range(o.repeats)])))
