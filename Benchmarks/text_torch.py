"""A text model as one writes it in PyTorch in half an hour: what `dnc train --data FILE --time-limit 120` stands beside.

An embedding, nn.LSTM of two layers, dropout before, between and behind them, Adam, lanes that read on with their state carried. The
last tenth is held out, and read in one stream with the state carried from its beginning; the best loss so far counts, and the time has
everything in it but the interpreter's start.

    python text_torch.py alice29.txt --seconds 120 --seed 1
"""
import argparse
import json
import math
import time
from pathlib import Path

import torch
from torch import Tensor, nn

State = tuple[Tensor, Tensor]


class TextModel(nn.Module):
    def __init__(self, symbols: int, hidden: int, layers: int, dropout: float) -> None:
        super().__init__()
        self.embedding, self.drop = nn.Embedding(symbols, 64), nn.Dropout(dropout)
        self.lstm = nn.LSTM(64, hidden, layers, dropout=dropout)
        self.output = nn.Linear(hidden, symbols)

    def forward(self, x: Tensor, state: State | None) -> tuple[Tensor, State]:
        h, state = self.lstm(self.drop(self.embedding(x)), state)
        return self.output(self.drop(h)), state


def bits(model: TextModel, text: Tensor) -> float:
    """A symbol of `text`, each but the first predicted from all before it."""
    model.eval()
    state, nats = None, 0.0
    with torch.no_grad():
        for begin in range(0, len(text) - 1, 1024):
            part = text[begin : begin + 1025]
            logits, state = model(part[:-1, None], state)
            nats += nn.functional.cross_entropy(logits[:, 0], part[1:], reduction="sum").item()
    model.train()
    return nats / (len(text) - 1) / math.log(2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    for flag, default in (("seconds", 120.0), ("seed", 1), ("hidden", 256), ("layers", 2), ("threads", 2), ("validate-every", 10.0)):
        parser.add_argument(f"--{flag}", type=type(default), default=default)
    options = parser.parse_args()
    start = time.monotonic()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    text = options.file.read_text(encoding="utf-8")
    number = {symbol: i for i, symbol in enumerate(sorted(set(text)))}
    data = torch.tensor([number[symbol] for symbol in text])
    lanes, steps, cut = 32, 64, len(data) - round(len(data) / 10)
    columns = data[: cut // lanes * lanes].view(lanes, -1).T
    model = TextModel(len(number), options.hidden, options.layers, 0.3)
    optimizer = torch.optim.Adam(model.parameters(), 3e-3)
    best, at, symbols, validated = math.inf, 0, 0, start
    state: State | None = None
    while time.monotonic() - start < options.seconds:
        part = columns[at : at + steps + 1]
        logits, state = model(part[:-1], state)
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), part[1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        state = (state[0].detach(), state[1].detach())
        symbols += part[1:].numel()
        at += steps
        if at + 1 >= len(columns):
            at, state = 0, None
        if time.monotonic() - validated > options.validate_every:
            best, validated = min(best, bits(model, data[cut:])), time.monotonic()
    best = min(best, bits(model, data[cut:]))
    seconds = time.monotonic() - start
    print(json.dumps({"bits_per_character": best, "seconds": seconds, "symbols_per_second": symbols / seconds,
                      "seed": options.seed, "torch": torch.__version__}))


if __name__ == "__main__":
    main()
