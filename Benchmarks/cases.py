"""The cases that are measured: the sizes behind the names of `dnc bench --case`."""
from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """Of a model and its batches, by the letters of csrc/include/dnc_model.h."""

    model: str  # rnn, lstm, dnc or delta
    H: int
    N: int = 0
    W: int = 0
    R: int = 0
    B: int = 32
    T: int = 32  # of the copy task: of its longest episode, which has (T - 1) / 2 vectors
    V: int = 74
    D: int = 0  # not 0: the copy task, of vectors of D - 1 bits and a flag, instead of text
    A: int = 0  # not 0: stories of V words, whose questions are answered by one of A

    @property
    def has_memory(self) -> bool:
        return self.model in ("dnc", "delta")

    @property
    def task(self) -> str:
        return "copy" if self.D else "stories" if self.A else "text"

    @property
    def inputs(self) -> int:
        """How many of the controller's columns are the input's; those of the read vectors follow."""
        return self.D or self.V

    @property
    def Y(self) -> int:
        return self.D - 1 if self.D else self.A or self.V

    def __str__(self) -> str:
        memory = f", N {self.N}, W {self.W}, R {self.R}" if self.has_memory else ""
        copies = f"copying {self.Y} bits, up to " if self.task == "copy" else ""
        return f"{self.model} {self.H}{memory}, {copies}{self.B} x {self.T}"

    def flags(self) -> list[str]:
        """As a peer's command line; see peer.py."""
        memory = ["--slots", self.N, "--width", self.W, "--read-heads", self.R] if self.has_memory else []
        vector = ["--vector", self.D] if self.D else []
        flags = ["--model", self.model, "--hidden", self.H, *memory, "--batch-size", self.B, "--seq-length", self.T, *vector]
        return [str(flag) for flag in flags]


CASES = {
    "c1": Sizes("rnn", H=128),
    "c2": Sizes("lstm", H=128),
    "c3": Sizes("dnc", H=128, N=12, W=12, R=1),
    "c4": Sizes("dnc", H=256, N=64, W=32, R=4),
    "c5": Sizes("dnc", H=256, N=256, W=64, R=4, B=16, T=64),
    "c6": Sizes("dnc", H=100, N=8, W=8, R=1, B=8, T=15),
    "c7": Sizes("dnc", H=100, N=128, W=20, R=1, T=41, D=9),  # the copy task as it is usual, see README.md
    "c8": Sizes("delta", H=128, N=64, W=64, R=1),
}
