"""Checks that the peers compute what `dnc` computes, in all their variants, from its own checkpoints:

- the loss over a text from the zero state, against `dnc eval`, to 1e-4;
- parameters after further training steps - data, gradient, clipping, Adagrad, state carried on - against those of
  `dnc train --resume`, to a hundredth of what these steps change;
- on the copy task of c7, in double precision from parameters that have not learned: the loss of the first batch, to 1e-9, and
  parameters after a few updates by Adam, on the episodes that `dnc tasks` tells, to a millionth of what these change;
- for the simple DNC of peer_numpy.py, which has no counterpart in `dnc`, its gradient against numerical ones.

    python check_peers.py --dnc ../.build/release/dnc
"""
import peer  # noqa: F401, before the numerical libraries

import argparse
import importlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import safe_open

from cases import CASES as MEASURED, Sizes
from peer import RECIPES, Batch, Start, Tensors, new_start, segments

CASES = [Sizes("rnn", H=24, B=4, T=8), Sizes("lstm", H=24, B=4, T=8), Sizes("dnc", H=24, N=7, W=5, R=2, B=4, T=8),
         Sizes("dnc", H=20, N=6, W=4, R=1, B=3, T=8), Sizes("delta", H=24, N=7, W=5, R=2, B=4, T=8)]
FIRST, LAST = 5, 9  # training steps: of the checkpoint, and after going on from it
COPY_STEPS = 3
NO_RATE = 1e-300  # changes no parameter that is not 0, and those by nothing


def symbols_of(text: str, metadata: dict[str, str]) -> np.ndarray:
    index = {symbol: i for i, symbol in enumerate(json.loads(metadata["dnc.vocabulary"])["symbols"])}
    return np.array([index[symbol] for symbol in text], np.int32)


def tensors_of(checkpoint: Path) -> Tensors:
    with safe_open(checkpoint, "np") as file:
        return {name: file.get_tensor(name) for name in file.keys()}


class Checkpoint:
    def __init__(self, path: Path, text: str, s: Sizes) -> None:
        tensors, names = tensors_of(path), new_start(s)
        with safe_open(path, "np") as file:
            self.text = symbols_of(text, file.metadata())
        self.cursors = tensors["data.cursors"]
        self.start = Start(
            {name: tensors[name] for name in names.parameters},
            {moment: {name: tensors[f"optimizer.{moment}.{name}"] for name in part} for moment, part in names.moments.items()},
            {name: tensors[f"state.{name}"] for name in names.state})

    def from_zero(self) -> Start:
        return self.start._replace(state={name: np.zeros_like(x[:1]) for name, x in self.start.state.items()})

    def segments(self, steps: int) -> Iterator[Batch]:
        while True:
            symbols = self.text[self.cursors + np.arange(steps + 1)[:, None]]
            yield Batch(symbols[:-1], symbols[1:])
            self.cursors = self.cursors + steps


def run_dnc(command: str, *arguments: Any) -> str:
    return subprocess.run([command, *map(str, arguments)], check=True, text=True, capture_output=True).stdout


def judge(of: str, loss: float, nats: float, reached: Tensors, origin: Tensors, expected: Tensors, steps: int,
          tolerances: tuple[float, float]) -> bool:
    """By the relative error of the loss, and by that of what the steps have changed."""
    loss_error = abs(loss / nats - 1)
    step_error = max(np.linalg.norm(reached[k] - expected[k]) / np.linalg.norm(expected[k] - origin[k]) for k in expected)
    good = bool(loss_error < tolerances[0] and step_error < tolerances[1])
    print(f"{'ok ' if good else 'BAD'} {of}: loss {loss:.6f}, off by {loss_error:.1e};"
          f" {steps} training steps off by {step_error:.1e}", flush=True)
    return good


def check(name: str, trainer: Any, variant: str, s: Sizes, text: str, before: Path, after: Path, nats: float) -> bool:
    checkpoint = Checkpoint(before, text, s)
    length = len(checkpoint.text) - 1
    whole = Sizes(s.model, s.H, s.N, s.W, s.R, B=1, T=length, V=s.V)
    loss = float(trainer(whole, variant, checkpoint.from_zero()).step(
        Batch(checkpoint.text[:-1, None], checkpoint.text[1:, None])))

    training = trainer(s, variant, checkpoint.start)
    for _, batch in zip(range(LAST - FIRST), checkpoint.segments(s.T)):
        float(training.step(batch))
    expected = Checkpoint(after, text, s).start.parameters
    return judge(f"{s}: {name}, {variant}", loss, nats, training.parameters(), checkpoint.start.parameters, expected,
                 LAST - FIRST, (1e-4, 1e-2))


def check_case(dnc: str, s: Sizes, folder: Path, peers: list[str]) -> bool:
    data, run = folder / "text.txt", folder / f"{s.model}{s.R}"
    text = data.read_text()
    s = Sizes(s.model, s.H, s.N, s.W, s.R, s.B, s.T, V=len(set(text)))
    common = ["--data", data, "--out", run, "--valid-fraction", 0, "--quiet"]
    run_dnc(dnc, "train", *common, *s.flags(), "--seed", 1, "--max-steps", FIRST)
    before = (run / "last.safetensors").rename(folder / "before.safetensors")
    (run / "last.safetensors").write_bytes(before.read_bytes())
    result = json.loads(run_dnc(dnc, "eval", before, "--data", data, "--json"))
    run_dnc(dnc, "train", *common, "--resume", "--max-steps", LAST)
    good = True
    for name in peers:
        module = importlib.import_module(f"peer_{name}")
        if name == "numpy" and s.has_memory or name == "torch" and s.model == "delta":
            continue
        for variant in (["plain"] if name == "numpy" else module.variants(s)):
            good &= check(name, module.Trainer, variant, s, text, before, run / "last.safetensors",
                          result["nats"] / result["predictions"])
    return good


def batch_of(lanes: list[str], s: Sizes) -> Batch:
    """From a training step's lines of `dnc tasks`, an episode each."""
    episodes = [json.loads(lane) for lane in lanes]
    steps = max(len(episode["inputs"]) for episode in episodes)
    inputs, targets, weights = (np.zeros((steps, len(lanes), *rest), np.float32) for rest in ((s.D,), (s.Y,), ()))
    for lane, episode in enumerate(episodes):
        for t, (vector, bits) in enumerate(zip(episode["inputs"], episode["targets"])):
            inputs[t, lane] = 0 if vector is None else vector
            if bits is not None:
                targets[t, lane], weights[t, lane] = bits, 1
    return Batch(inputs, targets, weights)


def check_copies(dnc: str, s: Sizes, folder: Path, peers: list[str]) -> bool:
    recipe = RECIPES[s.task]
    data = ["--seed", 1, "--batch-size", s.B]
    model = ["--hidden", s.H, "--slots", s.N, "--width", s.W, "--read-heads", s.R]

    def trained(steps: int, rate: float) -> Path:
        out = folder / f"copy{steps}"
        run_dnc(dnc, "train", "--task", "copy", *data, *model, "--optimizer", "adam", "--learning-rate", rate, "--clip-norm", recipe.clip_norm,
                "--max-steps", steps, "--precision", "double", "--out", out, "--quiet")
        return out

    first = trained(1, NO_RATE)
    nats = json.loads((first / "metrics.jsonl").read_text().splitlines()[0])["train_loss"] * np.log(2)  # from bits
    names = new_start(s).parameters
    origin, expected = ({name: tensors_of(run / "last.safetensors")[name] for name in names}
                        for run in (first, trained(COPY_STEPS, recipe.learning_rate)))
    lanes = run_dnc(dnc, "tasks", "copy", *data, "--steps", COPY_STEPS).splitlines()
    batches = [batch_of(lanes[i : i + s.B], s) for i in range(0, len(lanes), s.B)]

    def zeros(part: Tensors) -> Tensors:
        return {name: np.zeros(value.shape) for name, value in part.items()}

    start = Start(origin, {moment: zeros(origin) for moment in recipe.moments}, zeros(new_start(s).state))
    good = True
    for name in peers:
        if name == "numpy":
            continue
        if name == "jax":
            import jax
            jax.config.update("jax_enable_x64", True)
        module = importlib.import_module(f"peer_{name}")
        for variant in module.variants(s):
            training = module.Trainer(s, variant, start)
            losses = [float(training.step(batch)) for batch in batches]
            good &= judge(f"{s}: {name}, {variant}", losses[0], nats, training.parameters(), origin, expected, COPY_STEPS,
                          (1e-9, 1e-6))
    return good


def check_simple_dnc() -> bool:
    """Directional derivatives of every tensor."""
    from peer_numpy import Trainer
    s = Sizes("dnc", H=7, N=4, W=3, R=1, B=2, T=5, V=6)
    trainer, generator = Trainer(s, "plain", new_start(s)), np.random.default_rng(3)
    trainer.memory *= 50  # lifts the keys' gradients above rounding
    inputs, targets, _ = next(segments(s, 100))
    gradient, worst, delta = trainer.backward(targets, trainer.forward(inputs, targets)[1]), 0.0, 1e-5
    for name, value in trainer.p.items():
        direction, losses = generator.standard_normal(value.shape), []
        for sign in (1, -1):
            trainer.p[name] = value + sign * delta * direction
            losses.append(trainer.forward(inputs, targets)[0])
        trainer.p[name] = value
        numerical, analytical = (losses[0] - losses[1]) / (2 * delta), float(np.vdot(gradient[name], direction))
        worst = max(worst, abs(numerical - analytical) / (abs(numerical) + abs(analytical)))
    print(f"{'ok ' if worst < 1e-5 else 'BAD'} simple dnc: numpy: gradient off by {worst:.1e}", flush=True)
    return worst < 1e-5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dnc", default=str(Path(__file__).parents[1] / ".build/release/dnc"))
    parser.add_argument("--peers", default="numpy,jax,torch")
    options = parser.parse_args()
    peers = options.peers.split(",")
    good = check_simple_dnc() if "numpy" in peers else True
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "text.txt").write_text(run_dnc(options.dnc, "text", "--length", 600))
        for sizes in CASES:
            good &= check_case(options.dnc, sizes, Path(folder), peers)
        good &= check_copies(options.dnc, MEASURED["c7"], Path(folder), peers)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
