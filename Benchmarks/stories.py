"""Stories a second of bAbI training: `dnc train --babi` beside a peer, in turn.

    python stories.py FOLDER                                   # JAX
    python stories.py FOLDER --peer pytorch-dnc --rounds 1     # if `import dnc` finds it

FOLDER has bAbI's files, or those that `dnc babi --out FOLDER` makes. All train the same model on the same stories, a word a step, 32 at a
time, the loss at the answers alone. The peer gets what is easiest for it: batches of stories of about one length, padded to a multiple of
32 steps, for each of which it is compiled once, all its data numbered before. dnc reads them in the order in which it learns.
"""
import peer  # before any numerical library: it sets the threads

import argparse
import json
import math
import re
import statistics
import subprocess
import tempfile
import time
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np

from cases import Sizes

Story = list[tuple[str, str | None]]  # what is read at each step, and what is asked
BATCH = 32
MULTIPLE = 32


def stories(folder: Path) -> list[Story]:
    all_stories: list[Story] = []
    for file in sorted(folder.glob("qa*_train.txt")):
        for line in file.read_text().splitlines():
            number, text = line.split(" ", 1)
            question, *answer = text.split("\t")
            words = re.findall(r"[^\s.,?!;:]+|[.,?!;:]", question.lower())
            if number == "1":
                all_stories.append([])
            answers = answer[0].split(",") if answer else []
            all_stories[-1] += [(word, None) for word in words] + [("-", word) for word in answers]
    return all_stories


def batches(all_stories: list[Story]) -> tuple[list[peer.Batch], int, int]:
    """In an order that is drawn, and how many words are read and answered."""
    reads = {word: i for i, word in enumerate(sorted({word for story in all_stories for word, _ in story}))}
    asks = {word: i for i, word in enumerate(sorted({asked for story in all_stories for _, asked in story if asked}))}
    by_length = sorted(all_stories, key=len)
    made = []
    for begin in range(0, len(by_length) - BATCH + 1, BATCH):
        part = by_length[begin : begin + BATCH]
        steps = math.ceil(len(part[-1]) / MULTIPLE) * MULTIPLE
        inputs, targets = np.zeros((steps, BATCH), np.int32), np.zeros((steps, BATCH), np.int32)
        weights = np.zeros((steps, BATCH), np.float32)
        for lane, story in enumerate(part):
            for step, (word, asked) in enumerate(story):
                inputs[step, lane] = reads[word]
                if asked:
                    targets[step, lane], weights[step, lane] = asks[asked], 1
        made.append(peer.Batch(inputs, targets, weights))
    np.random.default_rng(1).shuffle(made)
    return made, len(reads), len(asks)


class PeerTraining:
    def __init__(self, name: str, sizes: Sizes, data: list[peer.Batch]) -> None:
        if name == "jax":
            import peer_jax as module
            variant = "pairs"
        elif name == "torch":
            import peer_torch as module
            variant = "eager"
        else:
            import peer_pytorch_dnc as module
            variant = "plain"
        self.trainer = module.Trainer(sizes, variant, peer.new_start(sizes))
        self.data = cycle(data)
        if name == "jax":  # compilation
            for batch in {len(batch.inputs): batch for batch in data}.values():
                float(self.trainer.step(batch))

    def speed(self, seconds: float) -> float:
        start, count = time.perf_counter(), 0
        while time.perf_counter() - start < seconds:
            float(self.trainer.step(next(self.data)))
            count += BATCH
        return count / (time.perf_counter() - start)


def dnc_speed(dnc: str, folder: Path, flags: list[str], steps: int, answers_per_story: float) -> float:
    """Of training alone, as its log tells."""
    with tempfile.TemporaryDirectory() as run:
        arguments = [dnc, "train", "--babi", str(folder), "--out", run, "--max-steps", str(steps), "--plateau-every", str(steps),
                     "--valid-episodes", "1", "--sample-every", "0", "--quiet", *flags]
        process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        log = Path(run, "metrics.jsonl")
        while process.poll() is None and not (log.exists() and log.read_text().strip()):
            time.sleep(0.1)
        process.kill()  # what it holds out is of no interest
        process.wait()
        last: dict[str, Any] = json.loads(log.read_text().splitlines()[-1])
    return float(last["predictions_per_second"]) / answers_per_story


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--dnc", default=".build/release/dnc")
    parser.add_argument("--peer", choices=("jax", "torch", "pytorch-dnc"), default="jax")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--steps", type=int, default=100, help="of dnc, of 32 stories each")
    parser.add_argument("--threads", type=int, default=2)
    o = parser.parse_args()
    all_stories = stories(o.folder)
    data, words, answers = batches(all_stories)
    sizes = Sizes("dnc", H=256, N=64, W=32, R=4, B=BATCH, T=2, V=words, A=answers)
    flags = ["--model", "dnc", "--hidden", 256, "--slots", 64, "--width", 32, "--read-heads", 4, "--batch-size", BATCH, "--lanes", 8,
             "--learning-rate", 0.002, "--threads", o.threads]
    per_story = sum(asked is not None for story in all_stories for _, asked in story) / len(all_stories)
    training = PeerTraining(o.peer, sizes, data)
    pairs = []
    for _ in range(o.rounds):
        own = dnc_speed(o.dnc, o.folder, [str(flag) for flag in flags], o.steps, per_story)
        pairs.append((own, training.speed(o.seconds)))
        print(f"dnc {pairs[-1][0]:.0f}, {o.peer} {pairs[-1][1]:.1f} stories/s: {pairs[-1][0] / pairs[-1][1]:.2f} x", flush=True)
    print(f"median {statistics.median(own / other for own, other in pairs):.2f} x, {len(all_stories)} stories, {words} words read, "
          f"{answers} answered, {o.threads} threads")


if __name__ == "__main__":
    main()
