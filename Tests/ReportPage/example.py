"""Data for the report page: a DNC by numpy, from the paper's equations, whose interface a script drives instead of a network.

It stores the letters of a word, reads them back in the order of writing, frees them, and goes on to the next word. In the
traces of `dense` the letters are bits, or numbers, and the answers too.

    Tests/ReportPage/example.py --steps 500 --slots 64 --width 32 --heads 4 > report.json
"""

import argparse
import base64
import json
import sys

import numpy as np

WORDS = "alice was beginning to get very tired of sitting by her sister on the bank and having nothing".split()
VOCABULARY = ["\n", "="] + sorted(set("".join(WORDS)))
BACKWARD, CONTENT, FORWARD = np.eye(3)
EXACT = ("write_gate", "allocation_gate", "write_strength", "memory_influence")
MEASURES = {name: dict(zip(("name", "unit", "predictions"), values)) for name, *values in (
    ("text", "bits per character", "BPC", "chars"), ("bits", "bits per bit", "bits/bit", "answers"))}


def script(steps, random):
    """What is read, what is asked (-1: nothing), and where in its word each step is."""
    symbols, targets, phases = [], [], []
    while len(symbols) < steps:
        word = [VOCABULARY.index(letter) for letter in WORDS[random.integers(len(WORDS))]]
        symbols += word + [1] + word
        targets += [-1] * len(word) + word + [0]
        phases += ["first"] + ["store"] * (len(word) - 1) + ["recall"] * (len(word) + 1)
        symbols.append(0)
        targets.append(-1)
        phases.append("end")
    return symbols[:steps], targets[:steps], phases[:steps]


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def content(memory, key, strength):
    norms = np.linalg.norm(memory, axis=1) * np.linalg.norm(key)
    return softmax(strength * (memory @ key) / (norms + 1e-6))


def allocation(usage):
    order = np.argsort(usage, kind="stable")
    a = np.empty_like(usage)
    a[order] = (1 - usage[order]) * np.concatenate([[1], np.cumprod(usage[order])[:-1]])
    return a


def simulate(steps, slots, width, heads, hidden, resets, random):
    """The recorded quantities by name, (steps, ...), and the distribution of the next symbol."""
    symbols, targets, phases = script(steps, random)
    codes = random.standard_normal((len(VOCABULARY), width))
    codes /= np.linalg.norm(codes, axis=1, keepdims=True)
    logistic = lambda x: 1 / (1 + np.exp(-x))
    record, distributions = {}, []
    for t, (symbol, phase) in enumerate(zip(symbols, phases)):
        if t == 0 or t in resets:
            memory, usage, ww = np.zeros((slots, width)), np.zeros(slots), np.zeros(slots)
            rw, link, precedence = np.zeros((heads, slots)), np.zeros((slots, slots)), np.zeros(slots)
            cell, first = np.zeros(hidden), symbol
        storing = phase in ("first", "store")
        if phase == "first":
            first = symbol
        gate = lambda open: logistic((5 if open else -5) + random.standard_normal())
        now = dict(write_gate=gate(storing), allocation_gate=gate(storing or random.random() < 0.2),
                   free_gates=np.array([gate(phase in ("recall", "end") and r == 0) for r in range(heads)]),
                   write_strength=1 + 6 * random.random(), read_strengths=3 + 9 * random.random(heads),
                   erase_vector=logistic(4 + random.standard_normal(width)),
                   write_vector=codes[symbol] + 0.03 * random.standard_normal(width))
        # Head 1 waits at the word's first letter and then follows the writing; head 2 goes back; the others look around.
        follow = FORWARD if phase == "recall" and symbol != 1 else CONTENT
        modes = [follow, BACKWARD if phase == "recall" else CONTENT] + [random.random(3) for _ in range(heads)]
        now["read_modes"] = softmax(5 * np.array(modes[:heads]) + 0.3 * random.standard_normal((heads, 3)))

        usage = (usage + ww - usage * ww) * np.prod(1 - now["free_gates"][:, None] * rw, axis=0)
        now["usage"], now["allocation_weighting"] = usage, allocation(usage)
        now["write_content_weighting"] = content(memory, codes[symbol], now["write_strength"])
        ag = now["allocation_gate"]
        ww = now["write_gate"] * (ag * now["allocation_weighting"] + (1 - ag) * now["write_content_weighting"])
        memory = memory * (1 - np.outer(ww, now["erase_vector"])) + np.outer(ww, now["write_vector"])
        link = (1 - ww[:, None] - ww[None, :]) * link + np.outer(ww, precedence)
        np.fill_diagonal(link, 0)
        precedence = (1 - ww.sum()) * precedence + ww
        keys = codes[[first, symbol] + list(random.integers(len(VOCABULARY), size=heads))][:heads]
        now["read_content_weightings"] = np.array([content(memory, k, b) for k, b in zip(keys, now["read_strengths"])])
        now["forward_weightings"], now["backward_weightings"] = rw @ link.T, rw @ link
        parts = [now[name] for name in ("backward_weightings", "read_content_weightings", "forward_weightings")]
        rw = np.einsum("rm,mrn->rn", now["read_modes"], np.array(parts))

        drive = np.sin(np.arange(hidden) * (1 + t // 7 % 5)) + storing * np.cos(np.arange(hidden)) + codes[symbol].sum()
        cell = 0.85 * cell + 0.3 * drive + 0.1 * random.standard_normal(hidden)
        logits = 9 * codes @ (rw[0] @ memory if phase == "recall" else codes[0])
        distributions.append(softmax(logits + 0.8 * random.standard_normal(len(VOCABULARY))))
        now.update(memory=memory, write_weighting=ww, link=link, precedence=precedence, read_weightings=rw,
                   hidden=np.tanh(cell), cell=cell, memory_influence=gate(phase == "recall") * 0.8)
        for name, value in now.items():
            record.setdefault(name, []).append(value)
    return symbols, targets, {name: np.array(values) for name, values in record.items()}, np.array(distributions)


def encoded(values, exact):
    values = values.astype("<f4")
    result = {"shape": list(values.shape)}
    if exact:
        return result | {"type": "f32", "low": float(values.min()), "high": float(values.max()),
                         "data": base64.b64encode(values.tobytes()).decode()}
    low, high = float(values.min()), float(values.max())
    bytes = np.rint((values - low) * 255 / ((high - low) or 1)).astype("u1")
    return result | {"type": "u8", "low": low, "high": high, "data": base64.b64encode(bytes.tobytes()).decode()}


def bytes_of(trace, name):
    return base64.b64decode(trace["arrays"][name]["data"])


def trace(steps=60, slots=8, width=6, heads=2, hidden=12, resets=(), memory=True, seed=1):
    symbols, targets, arrays, p = simulate(steps, slots, width, heads, hidden, resets, np.random.default_rng(seed))
    likeliest = np.argsort(-p, axis=1)[:, :5]
    if not memory:
        arrays = {name: arrays[name] for name in ("hidden", "cell")}
    shape = {"slots": slots, "width": width, "readHeads": heads} if memory else {}
    size = len(VOCABULARY)
    return {
        "model": {"controller": "lstm", "memory": "dnc" if memory else "none", "hidden": hidden} | shape, "steps": steps,
        "input": {"symbols": size, "symbolsPerStep": 1, "vector": 0}, "output": {"kind": "symbols", "size": size, "groups": 1},
        "is_text": True, "vocabulary": list(VOCABULARY), "answer_vocabulary": list(VOCABULARY),
        "symbols": symbols, "targets": targets, "resets": list(resets),
        "top": {"symbols": likeliest.tolist(), "probabilities": np.take_along_axis(p, likeliest, 1).tolist()},
        "right": [bool(likeliest[t, 0] == s) if s >= 0 else None for t, s in enumerate(targets)],
        "loss": [-float(np.log2(p[t, s])) if s >= 0 else None for t, s in enumerate(targets)],
        "arrays": {name: encoded(values, name in EXACT) for name, values in arrays.items()},
    }


def dense(kind="bits", seed=3, **sizes):
    """A trace of the same, that reads a vector at a step and is asked for bits or numbers."""
    result, random = trace(seed=seed, **sizes), np.random.default_rng(seed)
    asked = np.array([target >= 0 for target in result["targets"]])
    codes = random.integers(0, 2, (len(VOCABULARY), 5)) if kind == "bits" else random.standard_normal((len(VOCABULARY), 5))
    inputs = np.concatenate([codes[result["symbols"]], ~asked[:, None]], axis=1)
    targets = np.where(asked[:, None], codes[result["targets"]], 0)
    missed = 0.6 * random.random(targets.shape)
    answers = np.abs(targets - missed) if kind == "bits" else targets + missed - 0.3
    if kind == "bits":
        right, loss = (missed < 0.5).all(axis=1), -np.log2(1 - missed).sum(axis=1)
    else:
        right, loss = (np.abs(answers - targets) <= 0.1).all(axis=1), ((answers - targets) ** 2).sum(axis=1)
    arrays = {"input_vectors": inputs, "target_vectors": targets, "answers": answers}
    return result | {
        "input": {"symbols": 0, "symbolsPerStep": 0, "vector": 6}, "output": {"kind": kind, "size": 5, "groups": 1},
        "is_text": False, "vocabulary": [], "answer_vocabulary": [], "symbols": [], "targets": [],
        "top": {"symbols": [], "probabilities": []},
        "right": [bool(right[t]) if asked[t] else None for t in range(len(asked))],
        "loss": [float(loss[t]) if asked[t] else None for t in range(len(asked))],
        "arrays": result["arrays"] | {name: encoded(values.astype(float), exact=True) for name, values in arrays.items()},
    }


def words(**sizes):
    """A trace of the same, that reads two words at a step and is asked for two."""
    result = trace(**sizes)
    twice = lambda values: [value for value in values for _ in range(2)]
    return result | {
        "input": result["input"] | {"symbolsPerStep": 2}, "output": result["output"] | {"groups": 2}, "is_text": False,
        "vocabulary": [f"word {i}" for i in range(len(VOCABULARY))],
        "answer_vocabulary": [f"answer {i}" for i in range(len(VOCABULARY))],
        "symbols": twice(result["symbols"]), "targets": twice(result["targets"]),
        "top": {name: twice(values) for name, values in result["top"].items()},
        "loss": [None if loss is None else 2 * loss for loss in result["loss"]],
    }


def metrics(points=40, seed=2, episodes=False):
    random, result = np.random.default_rng(seed), []
    for i in range(1, points + 1):
        train = 1.45 + 3.3 * i**-0.75 + 0.02 * random.standard_normal()
        held_out = 2.05 + 2.2 * i**-1.1 + 0.0004 * max(0, i - 25) ** 2 + 0.01 * random.standard_normal()
        right = i / (i + 9) if episodes and i % 2 else None
        result.append({"step": 250 * i, "predictions": 256000 * i, "seconds": 1.55 * i + 0.004 * i * i, "train_loss": train,
                       "measure": MEASURES["bits" if episodes else "text"]["name"],
                       "valid_loss": held_out if i % 2 else None, "valid_sequences_right": right,
                       "valid_error_rate": None if right is None else (1 - right) / 3,
                       "predictions_per_second": 172000 * random.uniform(0.85, 1.02),
                       "learning_rate": 0.1 * 0.5 ** (i // 15), "grad_norm": float(np.exp(random.normal(-0.3, 0.5))),
                       "setbacks": int(i > 18)})
    return result


def report(**overrides):
    return {
        "schema": 2, "title": "runs/first", "version": "0.1.0", "live": False,
        "summary": [["model", "dnc, 128 hidden, 16 slots of width 16, 1 read head"], ["parameters", "132,146"],
                    ["optimizer", "adagrad at 0.1"], ["step", "10,000"], ["held-out", "2.132 BPC at step 6,250"],
                    ["data", "alice29.txt, 152,089 bytes, 74 symbols"]],
        "metrics": metrics(), "measure": MEASURES["text"], "trace": trace(),
    } | overrides


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name, default in dict(steps=500, slots=64, width=32, heads=4, hidden=256).items():
        parser.add_argument("--" + name, type=int, default=default)
    sizes = vars(parser.parse_args())
    json.dump(report(trace=trace(**sizes, resets=(sizes["steps"] // 2,))), sys.stdout)
