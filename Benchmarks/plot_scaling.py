"""How the cost of training a DNC grows with its memory and with the sequence, by `dnc bench`: a figure and a table.

    python plot_scaling.py --out ../docs/scaling.svg

Per symbol, the link of N slots costs N^2; a longer sequence costs nothing more.
"""
import argparse
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]


def microseconds(options: argparse.Namespace, **flags: int) -> float:
    """Per symbol."""
    arguments = [options.dnc, "bench", "--json", "--duration", options.duration, "--repeats", options.repeats]
    if options.threads:
        arguments += ["--threads", options.threads]
    for name, value in flags.items():
        arguments += [f"--{name.replace('_', '-')}", value]
    output = subprocess.run([str(argument) for argument in arguments], check=True, stdout=subprocess.PIPE, text=True).stdout
    return 1e6 / json.loads(output)["symbols_per_second"]


def measure(title: str, values: list[int], cost: Callable[[int], float]) -> list[float]:
    print(f"\n| {title} | microseconds per symbol |\n| ---: | ---: |", flush=True)
    costs = []
    for value in values:
        costs.append(cost(value))
        print(f"| {value} | {costs[-1]:,.1f} |", flush=True)
    return costs


def draw(axes: plt.Axes, title: str, label: str, values: list[int], costs: list[float]) -> None:
    axes.plot(values, costs, "o-", label="dnc")
    axes.set_xscale("log", base=2)
    axes.set_xticks(values, [str(value) for value in values])
    axes.set(title=title, xlabel=label, ylabel="microseconds per symbol")
    axes.grid(alpha=0.3)


def numbers(text: str) -> list[int]:
    return [int(word) for word in text.split(",")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dnc", default=str(ROOT / ".build/release/dnc"), help="the command (default: .build/release)")
    parser.add_argument("--out", type=Path, default=ROOT / "docs/scaling.svg", help="(default: docs/scaling.svg)")
    parser.add_argument("--slots", type=numbers, default="16,32,64,128,256,512,1024", help="(default: %(default)s)")
    parser.add_argument("--steps", type=numbers, default="8,16,32,64,128,256,512", help="(default: %(default)s)")
    parser.add_argument("--threads", type=int, help="(default: all processors)")
    parser.add_argument("--duration", type=float, default=1.0, metavar="SECONDS", help="of a measurement (default: 1)")
    parser.add_argument("--repeats", type=int, default=3, help="measurements of which the median counts (default: 3)")
    options = parser.parse_args()

    by_slots = measure("N", options.slots, lambda n: microseconds(
        options, hidden=128, slots=n, width=32, read_heads=1, batch_size=4, seq_length=16))
    by_steps = measure("T", options.steps, lambda t: microseconds(
        options, hidden=128, slots=12, width=12, read_heads=1, batch_size=32, seq_length=t))

    plt.rcParams["svg.hashsalt"] = "dnc"  # the same numbers, the same file
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    draw(left, "H 128, W 32, R 1, batch 4, T 16", "slots N", options.slots, by_slots)
    guide = [by_slots[-1] * (n / options.slots[-1]) ** 2 for n in options.slots]
    left.plot(options.slots, guide, "--", color="gray", label="$N^2$")
    left.set_yscale("log")
    left.set_ylim(min(by_slots) / 2, max(by_slots) * 2)
    left.legend()
    draw(right, "H 128, N 12, W 12, R 1, batch 32", "steps T", options.steps, by_steps)
    right.set_ylim(0, max(by_steps) * 1.5)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(options.out, metadata={"Date": None})
    print(f"\n{options.out}")


if __name__ == "__main__":
    main()
