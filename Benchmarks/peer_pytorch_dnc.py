"""The DNC of github.com/ixaxaar/pytorch-dnc, package `dnc`, as it comes: LSTM controller, one-hot inputs, its output layer.

It is not quite the same model: within a call its controller does not see what was read at the step before. It has as many
outputs as inputs: in the copy task one more than there are bits, which is left out of the loss.
"""
import peer  # before torch: it sets the threads

from typing import Any

import dnc
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from cases import Sizes
from peer_torch import mean_over_answers, optimizer_of


def detached(state: Any) -> Any:
    if isinstance(state, torch.Tensor):
        return state.detach()
    if isinstance(state, dict):
        return {name: detached(value) for name, value in state.items()}
    return type(state)(detached(value) for value in state)


class Trainer:
    def __init__(self, sizes: Sizes, variant: str, start: peer.Start) -> None:
        self.sizes = sizes
        self.model = dnc.DNC(sizes.inputs, sizes.H, num_layers=1, num_hidden_layers=1, nr_cells=sizes.N, cell_size=sizes.W,
                             read_heads=sizes.R, batch_first=True)
        self.optimizer = optimizer_of(sizes, self.model.parameters())
        self.one_hot = torch.eye(sizes.V)
        self.state: Any = None

    def step(self, batch: peer.Batch) -> torch.Tensor:
        inputs = torch.from_numpy(batch.inputs)
        seen = inputs if self.sizes.task == "copy" else F.embedding(inputs.long(), self.one_hot)
        logits, state = self.model(seen.transpose(0, 1), self.state)  # lanes first in, time first out
        if logits.shape[:2] != batch.inputs.shape[:2]:
            raise ValueError(f"this version gives outputs of another shape, {tuple(logits.shape)}")
        loss = mean_over_answers(logits[..., : self.sizes.Y], batch)
        if self.sizes.task == "text":
            self.state = detached(state)
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), peer.RECIPES[self.sizes.task].clip_norm)
        self.optimizer.step()
        return loss.detach()

    def parameters(self) -> peer.Tensors:
        return {name: value.detach().numpy() for name, value in self.model.named_parameters()}


if __name__ == "__main__":
    version = f"pytorch-dnc on PyTorch {torch.__version__.split('+')[0]}"
    peer.run(version, lambda sizes: ["plain"] if sizes.model == "dnc" else [], Trainer)
