"""The models of csrc/include/dnc_model.h in PyTorch."""
import peer  # before torch: it sets the threads

from collections.abc import Callable, Iterable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cases import Sizes

State = dict[str, Tensor]
torch.set_num_threads(peer.THREADS)
torch._dynamo.config.recompile_limit = 64  # every variant and length of segment is one


def variants(s: Sizes) -> list[str]:
    """`library` is nn.RNN or nn.LSTM on one-hot inputs; the others run time steps of their own and gather the input's
    columns, `compiled` by torch.compile, so many time steps at once. What is left over is compiled by itself, so that all
    batches of episodes are taken for as long as the longest, and in parts that leave over 1 step of 41."""
    if s.task == "copy":
        return ["eager", "compiled 1", "compiled 4", "compiled 10"]
    own = ["eager", "compiled 4", "compiled 16"]
    return own if s.model == "dnc" else ["library", *own]


def content(memory: Tensor, keys: Tensor, strengths: Tensor) -> Tensor:
    """Memory (B, N, W), keys (B, K, W), strengths (B, K) -> weightings (B, K, N)."""
    def norm(x: Tensor) -> Tensor:
        return (x.square().sum(-1) + peer.COSINE_EPSILON).sqrt()
    dots = keys @ memory.mT
    return torch.softmax(dots * (strengths / norm(keys))[..., None] / norm(memory)[:, None], -1)


def allocation_of(usage: Tensor) -> Tensor:
    ascending, order = torch.sort(usage, dim=-1, stable=True)
    before = F.pad(ascending[:, :-1], (1, 0), value=1).cumprod(-1)
    return torch.zeros_like(usage).scatter(-1, order, (1 - ascending) * before)


def memory_step(s: Sizes, interface: Tensor, state: State) -> State:
    """The DNC's memory, written and read once."""
    parts = interface.split(peer.interface_parts(s), -1)
    read_keys, read_strengths, write_key, write_strength, erase, vector, free, allocation_gate, write_gate, modes = parts
    erase, free, allocation_gate, write_gate = map(torch.sigmoid, (erase, free, allocation_gate, write_gate))
    modes = torch.softmax(modes.unflatten(-1, (s.R, 3)), -1)
    memory, usage, written, read = (state[name] for name in ("memory", "usage", "write_weighting", "read_weightings"))

    retained = (1 - free[..., None] * read)
    retained = retained[:, 0] if s.R == 1 else retained.prod(1)
    usage = (usage + written - usage * written) * retained
    looked_up = content(memory, write_key[:, None], 1 + F.softplus(write_strength))[:, 0]
    written = write_gate * torch.lerp(looked_up, allocation_of(usage), allocation_gate)
    memory = memory * (1 - written[..., None] * erase[:, None]) + written[..., None] * vector[:, None]

    link, precedence = state["link"], state["precedence"]
    link = (1 - written[:, :, None] - written[:, None]) * link + written[:, :, None] * precedence[:, None]
    link = link * (1 - torch.eye(s.N))
    precedence = (1 - written.sum(-1, keepdim=True)) * precedence + written

    forward, backward = read @ link.mT, read @ link
    looked_up = content(memory, read_keys.unflatten(-1, (s.R, s.W)), 1 + F.softplus(read_strengths))
    read = modes[..., :1] * backward + modes[..., 1:2] * looked_up + modes[..., 2:] * forward
    return {"memory": memory, "usage": usage, "write_weighting": written, "read_weightings": read, "link": link,
            "precedence": precedence, "read_vectors": read @ memory}


def time_step(s: Sizes, p: dict[str, Tensor], seen: Tensor, state: State) -> State:
    before = state["hidden"]
    if s.model == "dnc":
        before = torch.cat([before, state["read_vectors"].flatten(1)], -1)
    gates = torch.addmm(seen, before, p["recurrent"])
    if s.model == "rnn":
        return {"hidden": torch.tanh(gates)}
    i, f, g, o = gates.chunk(4, -1)
    cell = torch.sigmoid(f) * state["cell"] + torch.sigmoid(i) * torch.tanh(g)
    new = {"hidden": torch.sigmoid(o) * torch.tanh(cell), "cell": cell}
    if s.model == "dnc":
        new |= memory_step(s, F.linear(new["hidden"], p["interface.weight"], p["interface.bias"]), state)
    return new


def time_steps(s: Sizes, p: dict[str, Tensor], seen: tuple[Tensor, ...], state: State) -> tuple[list[Tensor], State]:
    """What the output layer sees of each step, and the state after the last one."""
    outputs = []
    for now in seen:
        state = time_step(s, p, now, state)
        reads = [state["read_vectors"].flatten(1)] if s.model == "dnc" else []
        outputs.append(torch.cat([state["hidden"], *reads], -1))
    return outputs, state


class OwnSteps(nn.Module):
    """The recurrent part as a loop over time steps."""

    def __init__(self, sizes: Sizes, steps: Callable[..., tuple[list[Tensor], State]], at_once: int) -> None:
        super().__init__()
        self.sizes, self.steps, self.at_once = sizes, steps, at_once

    def forward(self, p: dict[str, Tensor], inputs: Tensor, state: State) -> tuple[Tensor, State]:
        columns, of_reads = p["controller.0.weight_ih"].T.tensor_split([self.sizes.inputs])
        product = F.embedding(inputs, columns) if self.sizes.task == "text" else inputs @ columns
        seen = (product + p["controller.0.bias"]).unbind(0)
        inside: dict[str, Tensor] = {name: p[name] for name in ("interface.weight", "interface.bias") if name in p}
        inside["recurrent"] = torch.cat([p["controller.0.weight_hh"].T, of_reads])
        outputs: list[Tensor] = []
        for t in range(0, len(seen), self.at_once):
            some, state = self.steps(self.sizes, inside, seen[t : t + self.at_once], state)
            outputs += some
        return torch.stack(outputs), state


class LibrarySteps(nn.Module):
    """The recurrent part by nn.RNN or nn.LSTM, which has a second bias for every gate: here it stays 0."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        kind = nn.RNN if sizes.model == "rnn" else nn.LSTM
        self.layer = kind(sizes.V, sizes.H)
        nn.init.zeros_(self.layer.bias_hh_l0).requires_grad_(False)
        self.register_buffer("one_hot", torch.eye(sizes.V))

    def share(self, p: dict[str, nn.Parameter]) -> None:
        self.layer.weight_ih_l0, self.layer.weight_hh_l0, self.layer.bias_ih_l0 = (
            p[f"controller.0.{name}"] for name in ("weight_ih", "weight_hh", "bias"))
        self.layer.flatten_parameters()

    def forward(self, p: dict[str, Tensor], inputs: Tensor, state: State) -> tuple[Tensor, State]:
        before = [tensor[None] for tensor in state.values()]  # hidden, cell
        outputs, after = self.layer(F.embedding(inputs, self.one_hot), before[0] if len(before) == 1 else tuple(before))
        return outputs, {name: x[0] for name, x in zip(state, after if isinstance(after, tuple) else (after,))}


def mean_over_answers(logits: Tensor, batch: peer.Batch) -> Tensor:
    """Of the loss: over all symbols, or over the symbols or bits that are asked."""
    targets = torch.from_numpy(batch.targets)
    if batch.weights is None:
        return F.cross_entropy(logits.flatten(0, 1), targets.long().flatten())
    if targets.ndim == 2:
        losses = F.cross_entropy(logits.flatten(0, 1), targets.long().flatten(), reduction="none")
        weights = torch.from_numpy(batch.weights).flatten()
        return (losses * weights).sum() / weights.sum()
    weights = torch.from_numpy(batch.weights).to(logits.dtype)[..., None].expand_as(logits)
    losses = F.binary_cross_entropy_with_logits(logits, targets.to(logits.dtype), weights, reduction="sum")
    return losses / weights.sum()


def optimizer_of(sizes: Sizes, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
    rate = peer.RECIPES[sizes.task].learning_rate
    if sizes.task == "text":
        return torch.optim.Adagrad(parameters, lr=rate, eps=peer.EPSILON, fused=True)
    return torch.optim.Adam(parameters, lr=rate, betas=peer.ADAM_DECAYS, eps=peer.EPSILON, fused=True)


class Trainer:
    def __init__(self, sizes: Sizes, variant: str, start: peer.Start) -> None:
        self.sizes, self.compiled, self.recipe = sizes, variant.startswith("compiled"), peer.RECIPES[sizes.task]
        self.p = {name: nn.Parameter(torch.tensor(value)) for name, value in start.parameters.items()}
        self.state = {name: torch.tensor(value) for name, value in start.state.items()}
        if variant == "library":
            self.recurrent: nn.Module = LibrarySteps(sizes)
            self.recurrent.share(self.p)
        elif variant == "eager":
            self.recurrent = OwnSteps(sizes, time_steps, sizes.T)
        else:
            self.recurrent = OwnSteps(sizes, torch.compile(time_steps, dynamic=False), int(variant.split()[1]))
        self.optimizer = optimizer_of(sizes, self.p.values())
        for name, value in start.moments.get("sum_of_squares", {}).items():
            self.optimizer.state[self.p[name]]["sum"].copy_(torch.tensor(value))

    def loss(self, batch: peer.Batch) -> Tensor:
        inputs = torch.from_numpy(batch.inputs)
        inputs = inputs.long() if self.sizes.task == "text" else inputs.to(self.p["output.bias"].dtype)
        outputs, state = self.recurrent(self.p, inputs, self.state)
        if self.sizes.task == "text":
            self.state = {name: value.detach() for name, value in state.items()}
        weights = [self.p[name] for name in ("output.weight", "output.weight_read") if name in self.p]
        logits = F.linear(outputs, torch.cat(weights, 1), self.p["output.bias"])
        return mean_over_answers(logits, batch)

    def step(self, batch: peer.Batch) -> Tensor:
        loss = self.loss(batch.padded(self.sizes.T) if self.compiled else batch)
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.p.values(), self.recipe.clip_norm)
        self.optimizer.step()
        return loss.detach()

    def parameters(self) -> peer.Tensors:
        return {name: value.detach().numpy() for name, value in self.p.items()}


if __name__ == "__main__":
    peer.run(f"PyTorch {torch.__version__.split('+')[0]}", variants, Trainer)
