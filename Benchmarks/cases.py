"""The cases that are measured: the sizes behind the names of `dnc bench --case`."""
from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """Of a model and its batches, by the letters of csrc/include/dnc.h."""

    model: str  # rnn, lstm or dnc
    H: int
    N: int = 0
    W: int = 0
    R: int = 0
    B: int = 32
    T: int = 32
    V: int = 74

    def __str__(self) -> str:
        memory = f", N {self.N}, W {self.W}, R {self.R}" if self.model == "dnc" else ""
        return f"{self.model} {self.H}{memory}, {self.B} x {self.T}"

    def flags(self) -> list[str]:
        """As a peer's command line; see peer.py."""
        memory = ["--slots", self.N, "--width", self.W, "--read-heads", self.R] if self.model == "dnc" else []
        flags = ["--model", self.model, "--hidden", self.H, *memory, "--batch-size", self.B, "--seq-length", self.T]
        return [str(flag) for flag in flags]


CASES = {
    "c1": Sizes("rnn", H=128),
    "c2": Sizes("lstm", H=128),
    "c3": Sizes("dnc", H=128, N=12, W=12, R=1),
    "c4": Sizes("dnc", H=256, N=64, W=32, R=4),
    "c5": Sizes("dnc", H=256, N=256, W=64, R=4, B=16, T=64),
    "c6": Sizes("dnc", H=100, N=8, W=8, R=1, B=8, T=15),
}
