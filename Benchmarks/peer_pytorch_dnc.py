"""The DNC of github.com/ixaxaar/pytorch-dnc, package `dnc`, as it comes: LSTM controller, one-hot inputs, its output layer.

It is not quite the same model: within a call its controller does not see what was read at the step before.
"""
import peer  # before torch: it sets the threads

from typing import Any

import dnc
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from cases import Sizes

torch.set_num_threads(peer.THREADS)


def detached(state: Any) -> Any:
    if isinstance(state, torch.Tensor):
        return state.detach()
    if isinstance(state, dict):
        return {name: detached(value) for name, value in state.items()}
    return type(state)(detached(value) for value in state)


class Trainer:
    def __init__(self, sizes: Sizes, variant: str, start: peer.Start) -> None:
        self.sizes = sizes
        self.model = dnc.DNC(sizes.V, sizes.H, num_layers=1, num_hidden_layers=1, nr_cells=sizes.N, cell_size=sizes.W,
                             read_heads=sizes.R, batch_first=True)
        self.optimizer = torch.optim.Adagrad(self.model.parameters(), lr=peer.LEARNING_RATE, eps=peer.EPSILON, fused=True)
        self.one_hot = torch.eye(sizes.V)
        self.state: Any = None

    def step(self, inputs: np.ndarray, targets: np.ndarray) -> torch.Tensor:
        seen = F.embedding(torch.from_numpy(inputs.T).long(), self.one_hot)
        logits, state = self.model(seen, self.state)  # lanes first in, time first out
        if logits.shape[:2] != targets.shape:
            raise ValueError(f"this version gives outputs of another shape, {tuple(logits.shape)}")
        loss = F.cross_entropy(logits.flatten(0, 1), torch.from_numpy(targets).long().flatten())
        self.state = detached(state)
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), peer.CLIP_NORM)
        self.optimizer.step()
        return loss.detach()

    def parameters(self) -> peer.Tensors:
        return {name: value.detach().numpy() for name, value in self.model.named_parameters()}


if __name__ == "__main__":
    version = f"pytorch-dnc on PyTorch {torch.__version__.split('+')[0]}"
    peer.run(version, lambda model: ["plain"] if model == "dnc" else [], Trainer)
