"""The models of csrc/include/dnc_model.h in JAX: one jitted function per training step, a scan over its time steps."""
import peer  # before jax: it sets the threads

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from cases import Sizes

Arrays = dict[str, jax.Array]


class Variant:
    """Ways to compute the same, as words. `scan`: as the equations stand, the gradient of everything through the scan; in
    the others that of the weights is taken outside it. `unroll2`, `unroll4`: so many time steps in the loop's body. Of the DNC:
    allocation by `sort` or by `pairs`; the link's products as `sums`, which fuse with what is around them; `remat`: backward
    computes anew what is not a product, which saves memory."""

    def __init__(self, words: str) -> None:
        self.stop_gradient = (lambda weights: weights) if "scan" in words else lax.stop_gradient
        self.unroll = next((int(word[-1]) for word in words.split() if word.startswith("unroll")), 1)
        self.allocation = allocation_by_pairs if "pairs" in words else allocation_by_sort
        self.link_product = sum_product if "sums" in words else jnp.einsum
        policy = jax.checkpoint_policies.dots_saveable
        self.remat = partial(jax.checkpoint, policy=policy, prevent_cse=False) if "remat" in words else lambda step: step


def variants(s: Sizes) -> list[str]:
    if s.model == "dnc":
        return ["scan", "sort", "sort remat", "pairs", "pairs unroll2", "pairs unroll4", "pairs remat", "pairs sums"]
    return ["scan", "plain", "unroll2", "unroll4", *(["remat"] if s.has_memory else [])]


def sum_product(names: str, link: jax.Array, weightings: jax.Array) -> jax.Array:
    """What einsum computes from (B, N, N) and (B, R, N)."""
    if names == "bij,brj->bri":
        return jnp.sum(link[:, None] * weightings[:, :, None], -1)
    return jnp.sum(link[:, None] * weightings[..., None], -2)  # bij,bri->brj


def lstm(gates: jax.Array, cell: jax.Array) -> tuple[jax.Array, jax.Array]:
    i, f, g, o = jnp.split(gates, 4, axis=-1)
    cell = jax.nn.sigmoid(f) * cell + jax.nn.sigmoid(i) * jnp.tanh(g)
    return jax.nn.sigmoid(o) * jnp.tanh(cell), cell


def oneplus(x: jax.Array) -> jax.Array:
    return 1 + jax.nn.softplus(x)


def content(memory: jax.Array, keys: jax.Array, strengths: jax.Array) -> jax.Array:
    """Memory (B, N, W), keys (B, K, W), strengths (B, K) -> weightings (B, K, N)."""
    def norm(x: jax.Array) -> jax.Array:
        return jnp.sqrt(jnp.sum(x * x, -1) + peer.COSINE_EPSILON)
    dots = jnp.einsum("bkw,bnw->bkn", keys, memory)
    return jax.nn.softmax(dots * (strengths / norm(keys))[..., None] / norm(memory)[:, None], axis=-1)


def allocation_by_sort(usage: jax.Array) -> jax.Array:
    order = jnp.argsort(usage, axis=-1)
    ascending = jnp.take_along_axis(usage, order, axis=-1)
    before = jnp.cumprod(jnp.pad(ascending[:, :-1], ((0, 0), (1, 0)), constant_values=1), axis=-1)
    return jnp.take_along_axis((1 - ascending) * before, jnp.argsort(order, axis=-1), axis=-1)


def allocation_by_pairs(usage: jax.Array) -> jax.Array:
    """The same product over all slots that come before, without sorting: usage is compared with usage, and logarithms are
    added. Usage is 0 only at the very beginning, where nothing depends on a parameter."""
    index = jnp.arange(usage.shape[-1])
    this, other = usage[:, :, None], usage[:, None, :]
    before = (other < this) | ((other == this) & (index < index[:, None]))
    logarithms = jnp.log(jnp.maximum(usage, 1e-37))
    return (1 - usage) * jnp.exp(jnp.sum(jnp.where(before, logarithms[:, None, :], 0), -1))


def memory_step(s: Sizes, interface: jax.Array, state: Arrays, variant: Variant) -> Arrays:
    """The DNC's memory, written and read once."""
    parts = jnp.split(interface, np.cumsum(peer.interface_parts(s))[:-1], axis=-1)
    read_keys, read_strengths, write_key, write_strength, erase, vector, free, allocation_gate, write_gate, modes = parts
    B, R, W = interface.shape[0], s.R, s.W
    erase, free, allocation_gate, write_gate = map(jax.nn.sigmoid, (erase, free, allocation_gate, write_gate))
    modes = jax.nn.softmax(modes.reshape(B, R, 3), axis=-1)
    memory, usage, written, read = (state[name] for name in ("memory", "usage", "write_weighting", "read_weightings"))

    usage = (usage + written - usage * written) * jnp.prod(1 - free[..., None] * read, axis=1)
    looked_up = content(memory, write_key[:, None], oneplus(write_strength))[:, 0]
    written = write_gate * (allocation_gate * variant.allocation(usage) + (1 - allocation_gate) * looked_up)
    memory = memory * (1 - written[..., None] * erase[:, None]) + written[..., None] * vector[:, None]

    link, precedence = state["link"], state["precedence"]
    link = (1 - written[:, :, None] - written[:, None]) * link + written[:, :, None] * precedence[:, None]
    link = link * (1 - jnp.eye(s.N, dtype=link.dtype))
    precedence = (1 - jnp.sum(written, -1, keepdims=True)) * precedence + written

    forward = variant.link_product("bij,brj->bri", link, read)
    backward = variant.link_product("bij,bri->brj", link, read)
    looked_up = content(memory, read_keys.reshape(B, R, W), oneplus(read_strengths))
    read = modes[..., :1] * backward + modes[..., 1:2] * looked_up + modes[..., 2:] * forward
    return {"memory": memory, "usage": usage, "write_weighting": written, "read_weightings": read, "link": link,
            "precedence": precedence, "read_vectors": jnp.einsum("brn,bnw->brw", read, memory)}


def delta_step(s: Sizes, interface: jax.Array, state: Arrays, variant: Variant) -> Arrays:
    """DeltaNet's memory, one matrix for each head."""
    parts = jnp.split(interface, np.cumsum(peer.interface_parts(s))[:-1], axis=-1)
    keys, queries, values, strengths = (x.reshape(x.shape[0], s.R, -1) for x in parts)

    def unit(x: jax.Array) -> jax.Array:
        return x / jnp.sqrt(jnp.sum(x * x, -1, keepdims=True) + peer.COSINE_EPSILON)
    keys, queries = unit(keys), unit(queries)
    memory = state["memory"].reshape(-1, s.R, s.N, s.W)
    error = values - jnp.einsum("brn,brnw->brw", keys, memory)
    memory = memory + jnp.einsum("brn,brw->brnw", keys, jax.nn.sigmoid(strengths) * error)
    return {"memory": memory.reshape(state["memory"].shape), "read_vectors": jnp.einsum("brn,brnw->brw", queries, memory)}


MEMORIES = {"dnc": memory_step, "delta": delta_step}


def mean_over_answers(logits: jax.Array, batch: peer.Batch) -> jax.Array:
    """Of the loss: over all symbols, or over the symbols or bits that are asked."""
    if batch.targets.ndim == 2:
        chosen = jnp.take_along_axis(logits, batch.targets[..., None], axis=-1)[..., 0]
        return jnp.average(jax.nn.logsumexp(logits, axis=-1) - chosen, weights=batch.weights)
    losses = jax.nn.softplus(logits) - logits * batch.targets
    return jnp.sum(losses * batch.weights[..., None]) / (jnp.sum(batch.weights) * logits.shape[-1])


def mean_loss(s: Sizes, variant: Variant, p: Arrays, probes: Arrays, state: Arrays,
              batch: peer.Batch) -> tuple[jax.Array, Any]:
    """What can be done for all time steps at once is done outside the scan: the input's columns, the output layer, and, by
    way of `probes`, the gradient of the weights inside. Probes are zeros that are added to the products of these weights."""
    columns, of_reads = jnp.split(p["controller.0.weight_ih"].T, [s.inputs])
    seen = p["controller.0.bias"] + (batch.inputs @ columns if s.task == "copy" else columns[batch.inputs])
    recurrent = variant.stop_gradient(jnp.concatenate([p["controller.0.weight_hh"].T, of_reads]))
    interface = variant.stop_gradient(p["interface.weight"].T) if s.has_memory else None

    def step(state: Arrays, xs: tuple[jax.Array, Arrays]) -> tuple[Arrays, Arrays]:
        seen, probe = xs
        read = [state["read_vectors"].reshape(-1, s.R * s.W)] if s.has_memory else []
        before = jnp.concatenate([state["hidden"], *read], -1)
        gates = seen + before @ recurrent + probe.get("gates", 0)
        if s.model == "rnn":
            hidden = jnp.tanh(gates)
            return {"hidden": hidden}, {"hidden": hidden, "before": before}
        hidden, cell = lstm(gates, state["cell"])
        new = {"hidden": hidden, "cell": cell}
        if not s.has_memory:
            return new, {"hidden": hidden, "before": before}
        xi = p["interface.bias"] + hidden @ interface + probe.get("interface", 0)
        new |= MEMORIES[s.model](s, xi, state, variant)
        return new, {"hidden": hidden, "before": before, "read": new["read_vectors"].reshape(-1, s.R * s.W)}

    state, record = lax.scan(variant.remat(step), state, (seen, probes), unroll=variant.unroll)
    logits = record["hidden"] @ p["output.weight"].T + p["output.bias"]
    if s.has_memory:
        logits += record["read"] @ p["output.weight_read"].T
    return mean_over_answers(logits, batch), (state, record)


def gradient(s: Sizes, variant: Variant, p: Arrays, state: Arrays, batch: peer.Batch) -> Any:
    """Loss, new state, gradient."""
    function = jax.value_and_grad(partial(mean_loss, s, variant), argnums=(0, 1), has_aux=True)
    if variant.stop_gradient is not lax.stop_gradient:
        (loss, (state, _)), (g, _) = function(p, {}, state, batch)
        return loss, state, g
    biases = {"gates": p["controller.0.bias"]}
    if s.has_memory:
        biases["interface"] = p["interface.bias"]
    probes = {name: jnp.zeros((*batch.inputs.shape[:2], bias.size), bias.dtype) for name, bias in biases.items()}
    (loss, (state, record)), (g, d) = function(p, probes, state, batch)
    weights = jnp.einsum("tbg,tbk->gk", d["gates"], record["before"])
    g["controller.0.weight_hh"] += weights[:, : s.H]
    if s.has_memory:
        g["controller.0.weight_ih"] = g["controller.0.weight_ih"].at[:, s.inputs :].add(weights[:, s.H :])
        g["interface.weight"] += jnp.einsum("tbg,tbk->gk", d["interface"], record["hidden"])
    return loss, state, g


def adagrad(g: Arrays, moments: dict[str, Arrays], step: jax.Array) -> tuple[Arrays, dict[str, Arrays]]:
    """The gradient as it is to be subtracted, but for the learning rate, and the new moments."""
    sums = {name: moments["sum_of_squares"][name] + g[name] ** 2 for name in g}
    return {name: g[name] / (jnp.sqrt(sums[name]) + peer.EPSILON) for name in g}, {"sum_of_squares": sums}


def adam(g: Arrays, moments: dict[str, Arrays], step: jax.Array) -> tuple[Arrays, dict[str, Arrays]]:
    first, second = peer.ADAM_DECAYS
    mean = {name: first * moments["mean"][name] + (1 - first) * g[name] for name in g}
    squares = {name: second * moments["mean_of_squares"][name] + (1 - second) * g[name] ** 2 for name in g}
    rise, squares_rise = (-jnp.expm1(step * np.log(decay).item()) for decay in peer.ADAM_DECAYS)  # 1 - decay^step
    direction = {name: mean[name] / rise / (jnp.sqrt(squares[name] / squares_rise) + peer.EPSILON) for name in g}
    return direction, {"mean": mean, "mean_of_squares": squares}


def training_step(s: Sizes, variant: Variant, p: Arrays, moments: dict[str, Arrays], state: Arrays, step: jax.Array,
                  batch: peer.Batch) -> Any:
    recipe, step = peer.RECIPES[s.task], step + 1
    loss, after, g = gradient(s, variant, p, state, batch)
    norm = jnp.sqrt(sum(jnp.vdot(x, x) for x in g.values()))
    clip = jnp.minimum(1, recipe.clip_norm / norm)
    g = {name: clip * x for name, x in g.items()}
    direction, moments = (adagrad if s.task == "text" else adam)(g, moments, step)
    p = {name: p[name] - recipe.learning_rate * direction[name] for name in g}
    return p, moments, after if s.task == "text" else state, step, loss


class Trainer:
    def __init__(self, sizes: Sizes, variant: str, start: peer.Start) -> None:
        self.least_steps = sizes.T - 2
        self.update = jax.jit(partial(training_step, sizes, Variant(variant)), donate_argnums=(0, 1, 2))
        self.carry = jax.tree.map(jnp.array, (*start, np.zeros_like(start.parameters["output.bias"][0])))

    def step(self, batch: peer.Batch) -> jax.Array:
        # Of 100 batches of episodes 81 have all T steps, 16 two less: for the other 3 it is not worth to compile.
        *carry, loss = self.update(*self.carry, batch.padded(max(self.least_steps, len(batch.inputs))))
        self.carry = tuple(carry)
        return loss

    def parameters(self) -> peer.Tensors:
        return {name: np.asarray(value) for name, value in self.carry[0].items()}


if __name__ == "__main__":
    peer.run(f"JAX {jax.__version__}", variants, Trainer)
