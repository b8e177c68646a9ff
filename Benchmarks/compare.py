"""Measures the training speed of `dnc` and of its peers in one session, turn by turn, and prints it as a Markdown table.

    python compare.py --json compare.json                     # all cases; an hour or more, most of it compilation
    python compare.py --cases c3,c6 --peers jax --rounds 3
    python compare.py --threads-scaling                       # only dnc: two threads against one

Everyone gets the number of threads, and of its variants the one, that is fastest for the case. Needs a quiet machine: it
waits for one, and calls a peer `disturbed` that was much slower than when its threads and variant were chosen.
"""
import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from cases import CASES, Sizes

HERE = Path(__file__).resolve().parent
Result = dict[str, Any]


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def busy_fraction(seconds: float) -> float:
    """Of all processors, for the time of this call; 0 where the system does not tell."""
    def ticks() -> tuple[int, int]:
        numbers = [int(n) for n in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
        return sum(numbers), numbers[3] + numbers[4]  # idle, and waiting for a disk

    try:
        total, idle = ticks()
        time.sleep(seconds)
        new_total, new_idle = ticks()
    except OSError:
        return 0.0
    return 1 - (new_idle - idle) / max(1, new_total - total)


def wait_until_quiet() -> None:
    """Until nobody else computes, for at most a minute. OpenMP's threads wait for each other by spinning: where another
    program takes one of their processors, PyTorch gets slower a hundred times, which would say nothing about it."""
    end = time.monotonic() + 60
    while busy_fraction(0.2) > 0.1 and time.monotonic() < end:
        pass


class DNC:
    """`dnc bench`, a process for each measurement."""

    def __init__(self, command: str, case: str, threads: int) -> None:
        self.arguments = [command, "bench", "--case", case, "--threads", str(threads), "--repeats", "1", "--json"]
        self.threads = threads

    def measure(self, seconds: float) -> Result:
        arguments = [*self.arguments, "--duration", str(seconds)]
        output = subprocess.run(arguments, check=True, stdout=subprocess.PIPE, text=True).stdout
        return json.loads(output) | {"threads": self.threads}

    def close(self) -> None:
        pass


class Peer:
    """A peer's process, compiled and warm, that measures when it is asked to; see peer.py."""

    def __init__(self, name: str, sizes: Sizes, threads: int, variant: str | None = None, path: str | None = None) -> None:
        arguments = [sys.executable, str(HERE / f"peer_{name}.py"), *sizes.flags(), "--threads", str(threads), "--serve"]
        environment = dict(os.environ)
        if path:
            environment["PYTHONPATH"] = path
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(arguments + (["--variant", variant] if variant else []), env=environment, text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors)
        self.read()

    def read(self) -> Result:
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            self.process.communicate()
            self.errors.seek(0)
            raise RuntimeError((self.errors.read().strip() or "it ended").splitlines()[-1])
        return json.loads(line)

    def measure(self, seconds: float) -> Result:
        assert self.process.stdin
        self.process.stdin.write(f"{seconds}\n")
        self.process.stdin.flush()
        return self.read()

    def close(self) -> None:
        self.process.communicate()


class Script:
    """One of the single-file programs of github.com/krocki/dnc, a process for each measurement. Its speed is that between
    its reports of time and iteration, after the first two."""

    def __init__(self, folder: str, sizes: Sizes, threads: int) -> None:
        self.folder, self.symbols, self.threads = folder, sizes.B * sizes.T, threads
        script = "dnc-debug.py" if sizes.model == "dnc" else f"{sizes.model}-numpy.py"  # whose memory is 12 x 12
        self.arguments = [sys.executable, "-u", script, "--hidden", str(sizes.H),
                          "--batchsize", str(sizes.B), "--seqlength", str(sizes.T)]

    def measure(self, seconds: float) -> Result:
        environment = os.environ | {f"{name}_NUM_THREADS": str(self.threads) for name in ("OPENBLAS", "OMP", "MKL")}
        process = subprocess.Popen(self.arguments, cwd=self.folder, env=environment, text=True, stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL)
        assert process.stdout
        points: list[tuple[float, int]] = []
        for line in process.stdout:
            if report := re.search(r"([\d.]+) s, iter (\d+)", line):
                points.append((float(report[1]), int(report[2])))
                if len(points) > 3 and points[-1][0] - points[2][0] >= seconds:
                    break
        process.kill()
        usage = os.wait4(process.pid, 0)[2]
        process.stdout.close()
        process.returncode = 0  # waited for already
        if len(points) < 4:
            raise RuntimeError(f"{self.arguments[2]} printed no speeds")
        (start, first), (end, last) = points[2], points[-1]
        return {"symbols_per_second": (last - first) * self.symbols / (end - start), "threads": self.threads,
                "peak_memory_bytes": usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024), "variant": "plain",
                "version": "its scripts"}

    def close(self) -> None:
        pass


def fastest(make: Callable[[int], Any], threads: list[int]) -> Result:
    """What the contender measures with the best number of threads: the best of a few short measurements."""
    results = []
    for count in threads:
        contender = make(count)
        wait_until_quiet()
        results += [contender.measure(0.3) for _ in range(3)]
        contender.close()
    return max(results, key=lambda result: result["symbols_per_second"])


def compare(ours: DNC, peer: Any, rounds: int, seconds: float) -> Result:
    turns = []
    for _ in range(rounds):
        wait_until_quiet()
        turns.append((ours.measure(seconds), peer.measure(seconds)))
    speeds = [(a["symbols_per_second"], b["symbols_per_second"]) for a, b in turns]
    return {
        "ours": [turn[0] for turn in turns],
        "symbols_per_second": [theirs for _, theirs in speeds],
        "median_ratio": median(own / theirs for own, theirs in speeds),
        "peak_memory_bytes": max(turn[1]["peak_memory_bytes"] for turn in turns),
    }


def speed_and_ratio(peer: Result) -> str:
    text = f"{median(peer['symbols_per_second']):,.0f} ({peer['median_ratio']:.1f} x)"
    return text + ", disturbed" if peer["disturbed"] else text


def makers(options: argparse.Namespace, sizes: Sizes) -> dict[str, Callable[..., Any]]:
    """For each peer that has this model: from a number of threads, and perhaps a variant, to the contender."""
    found: dict[str, Callable[..., Any]] = {}
    for name in options.peers.split(","):
        if sizes.model == "delta" and not name.startswith("jax") or name == "numpy" and sizes.task != "text":
            continue
        if name != "pytorch_dnc":
            program, _, fixed = name.partition(":")
            found[name] = lambda threads, variant=None, program=program, fixed=fixed: Peer(
                program, sizes, threads, fixed or variant)
        elif sizes.model == "dnc":
            found[name] = lambda threads, variant=None: Peer("pytorch_dnc", sizes, threads, variant, options.pytorch_dnc)
    if options.numpy_scripts and (not sizes.has_memory or (sizes.N, sizes.W, sizes.R) == (12, 12, 1)):
        found["scripts"] = lambda threads, variant=None: Script(options.numpy_scripts, sizes, threads)
    return found


def run_case(options: argparse.Namespace, case: str) -> Result:
    sizes = CASES[case]
    threads = fastest(lambda count: DNC(options.dnc, case, count), options.threads)["threads"]
    ours = DNC(options.dnc, case, threads)
    peers: Result = {}
    for name, make in makers(options, sizes).items():
        say(f"{case}: {name} ...")
        try:
            best = fastest(make, options.threads)
            peer = make(best["threads"], best["variant"])
            peers[name] = {key: best.get(key) for key in ("version", "threads", "variant", "variants")}
            peers[name] |= compare(ours, peer, options.rounds, options.duration)
            peer.close()
            peers[name]["disturbed"] = median(peers[name]["symbols_per_second"]) < 0.6 * best["symbols_per_second"]
            say(f"{case}: {name}, {best['variant']}, {best['threads']} threads: {speed_and_ratio(peers[name])}")
        except (RuntimeError, OSError) as error:
            peers[name] = {"error": str(error)}
            say(f"{case}: {name} does not run: {error}")
    own = [result for peer in peers.values() for result in peer.get("ours", [])]
    own = own or [ours.measure(options.duration) for _ in range(options.rounds)]
    return {
        "sizes": str(sizes), "threads": threads, "peers": peers,
        "symbols_per_second": [result["symbols_per_second"] for result in own],
        "peak_fraction": median(result["peak_fraction"] for result in own),
        "peak_memory_bytes": max(result["peak_memory_bytes"] for result in own),
    }


def scaling(options: argparse.Namespace, case: str) -> Result:
    one, two = (DNC(options.dnc, case, count) for count in (1, 2))
    result = compare(two, one, options.rounds, options.duration)
    result["two_threads"] = [own["symbols_per_second"] for own in result.pop("ours")]
    result["one_thread"] = result.pop("symbols_per_second")
    return result


def table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def comparison_tables(results: dict[str, Result]) -> str:
    versions: dict[str, str] = {}
    for result in results.values():
        for name, peer in result["peers"].items():
            if "version" in peer:
                version = "krocki/dnc" if name == "scripts" else peer["version"]
                versions[name] = version + name.partition(":")[2].join([" (", ")"]) if ":" in name else version

    def rows(own: Callable[[Result], list[str]], theirs: Callable[[Result], str]) -> list[list[str]]:
        def cell(peer: Result | None) -> str:
            return "" if peer is None else "does not run" if "error" in peer else theirs(peer)
        return [[f"{case}: {result['sizes']}", *own(result), *(cell(result["peers"].get(name)) for name in versions)]
                for case, result in results.items()]

    speeds = rows(lambda r: [f"{median(r['symbols_per_second']):,.0f}", f"{r['peak_fraction']:.2f}"],
                  speed_and_ratio)
    memory = rows(lambda r: [f"{r['peak_memory_bytes'] / 1e6:,.0f}"], lambda p: f"{p['peak_memory_bytes'] / 1e6:,.0f}")
    return "\n\n".join([
        "Symbols, or steps of lanes, per second (in brackets: how many times as fast dnc is, the median of pairs):",
        table(["case", "dnc", "of the peak", *versions.values()], speeds),
        "Most memory held by the process, in MB:", table(["case", "dnc", *versions.values()], memory)])


def scaling_table(results: dict[str, Result]) -> str:
    rows = [[f"{case}: {CASES[case]}", f"{median(r['one_thread']):,.0f}", f"{median(r['two_threads']):,.0f}",
             f"{r['median_ratio']:.2f}"] for case, r in results.items()]
    return table(["case", "1 thread", "2 threads", "ratio"], rows)


def machine(dnc: str) -> Result:
    try:
        processor = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
        name = processor[1] if processor else platform.machine()
    except OSError:
        name = platform.processor() or platform.machine()
    version = subprocess.run([dnc, "--version"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    return {"processor": name, "processors": os.cpu_count(), "system": platform.system(), "dnc": version,
            "python": platform.python_version()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dnc", default=str(HERE.parent / ".build/release/dnc"), help="(default: .build/release/dnc)")
    parser.add_argument("--cases", help=f"some of {','.join(CASES)} (default: all)")
    parser.add_argument("--peers", default="jax,torch,numpy,pytorch_dnc", help="perhaps with a variant, as jax:scan (default: %(default)s)")
    parser.add_argument("--numpy-scripts", metavar="DIR", help="a checkout of github.com/krocki/dnc, to be measured too")
    parser.add_argument("--pytorch-dnc", metavar="DIR", help="a checkout of github.com/ixaxaar/pytorch-dnc")
    parser.add_argument("--rounds", type=int, default=5, help="pairs of measurements (default: 5)")
    parser.add_argument("--duration", type=float, default=1.0, metavar="SECONDS", help="of each measurement (default: 1)")
    parser.add_argument("--threads", default="1,2", help="numbers of threads of which the best counts (default: 1,2)")
    parser.add_argument("--threads-scaling", action="store_true", help="measure dnc alone, with 1 and 2 threads")
    parser.add_argument("--json", metavar="FILE", help="everything that was measured")
    options = parser.parse_args()
    options.threads = [n for n in map(int, options.threads.split(",")) if n <= (os.cpu_count() or 1)]
    default = ["c2", "c3", "c4", "c5"] if options.threads_scaling else list(CASES)
    cases = options.cases.split(",") if options.cases else default
    if unknown := set(cases) - set(CASES):
        parser.error(f"no such case: {', '.join(sorted(unknown))}")

    record: Result = {"machine": machine(options.dnc), "rounds": options.rounds, "duration": options.duration, "cases": {}}
    for case in cases:
        record["cases"][case] = scaling(options, case) if options.threads_scaling else run_case(options, case)
        if options.json:  # after every case, since the next may be interrupted
            Path(options.json).write_text(json.dumps(record, indent=1) + "\n")
    print(scaling_table(record["cases"]) if options.threads_scaling else comparison_tables(record["cases"]))


if __name__ == "__main__":
    main()
