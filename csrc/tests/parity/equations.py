"""The published equations in PyTorch, as they stand: no faster than they are short. Parameters have the names of dnc.h, and
the interface vector its order; the state is a dictionary. B lanes, N slots, W width, R read heads."""

import torch
from torch import sigmoid, softmax, tanh
from torch.nn.functional import softplus

from core import (ALLOCATION_EPSILON, COSINE_EPSILON, MEMORY_DELTA, NO_LINKS, NORM_EPSILON, SHARPNESS_EPSILON, SOFTPLUS,
                  interface, write_heads)


def outer(a, b):
    return a[..., :, None] * b[..., None, :]


def layer_norm(a, scale, shift):
    """Ba, Kiros & Hinton 2016."""
    centred = a - a.mean(-1, keepdim=True)
    return scale * centred / (centred.square().mean(-1, keepdim=True) + NORM_EPSILON).sqrt() + shift


def cut(x, bound):
    return x.clamp(-bound, bound) if bound > 0 else x


def interface_of(c, xi):
    """Its parts by name."""
    return {name: xi[..., rows] for name, rows in interface(c).items()}


# ---- Controllers ----------------------------------------------------------------------------------------------------------


def lstm(c, p, x, s):
    """Graves et al. 2016, Methods: every layer sees x, the reads, its own last hidden state, and the layer below."""
    seen, below, hidden, cells = torch.cat([x, s["reads"].flatten(1)], -1), None, [], []
    for layer in range(c.layers):
        def weight(name):
            return p[f"controller.{layer}.{name}"]
        a = seen @ weight("weight_ih").T + s["hidden"][layer] @ weight("weight_hh").T
        if below is not None:
            a = a + below @ weight("weight_below").T
        # With norms as Franke, Niehues & Waibel 2018: one over all gates, and one over the cell where it is read.
        a = layer_norm(a, weight("norm_scale"), weight("bias")) if c.gate_norm else a + weight("bias")
        i, f, g, o = a.chunk(4, -1)
        cell = sigmoid(f) * s["cells"][layer] + sigmoid(i) * tanh(g)
        read = layer_norm(cell, weight("cell_scale"), weight("cell_shift")) if c.gate_norm else cell
        below = sigmoid(o) * tanh(read)
        hidden.append(below)
        cells.append(cut(cell, c.activation_clip))
    return torch.cat(hidden, -1), {"hidden": hidden, "cells": cells}


# ---- The memory of the DNC ------------------------------------------------------------------------------------------------


def content(M, k, beta, mask=None):
    """C(M, k, beta), Graves et al. 2016; with masks Csordas & Schmidhuber 2019. Keys (B, R, W) -> weightings (B, R, N)."""
    M, k = M[:, None], k[:, :, None]
    if mask is not None:
        M, k = M * mask[:, :, None], k * mask[:, :, None]

    def length(x):
        return (x.square().sum(-1) + COSINE_EPSILON).sqrt()
    return softmax(beta[..., None] * (M * k).sum(-1) / (length(M) * length(k)), -1)


def allocation(u):
    """(1 - u_i), times the usage of all that come before i in the free list: by usage, then by number."""
    this, other, number = u[:, :, None], u[:, None, :], torch.arange(u.shape[1])
    before = (other < this) | ((other == this) & (number < number[:, None]))
    return (1 - u) * torch.where(before, other, torch.ones_like(other)).prod(-1)


def sharpen(d, strength):
    """S(d, s), Csordas & Schmidhuber 2019."""
    d = (d + SHARPNESS_EPSILON) ** strength[..., None]
    return d / d.sum(-1, keepdim=True)


def dnc_memory(c, xi, s):
    """Graves et al. 2016, Methods. Csordas & Schmidhuber 2019 mask lookups, wipe what is freed, and sharpen; Franke, Niehues
    & Waibel 2018 have no links; DeepMind's program has softplus, usage above an epsilon to which no gradient passes,
    and several write heads."""
    B, N, R, P, W = len(xi), c.slots, c.read_heads, write_heads(c), c.width
    x = interface_of(c, xi)
    oneplus = softplus if c.strengths == SOFTPLUS else lambda a: 1 + softplus(a)
    M, u, p, L = s["memory"], s["usage"], s["precedence"], s["link"]
    w, reading = s["write_weighting"], s["read_weightings"]

    def mask(name, heads):
        if not c.masks:
            return None
        return sigmoid(x[name].view(B, heads, W)) * (1 - c.mask_minimum) + c.mask_minimum

    psi = (1 - sigmoid(x["free_gates"])[..., None] * reading).prod(1)
    written = 1 - (1 - (w.detach() if c.detached_usage else w)).prod(1)
    u = (u + written - u * written) * psi
    looked_up = content(M, x["write_key"].view(B, P, W), oneplus(x["write_strength"]), mask("write_mask", P))
    ga, gw, w, raised = sigmoid(x["allocation_gate"])[..., None], sigmoid(x["write_gate"])[..., None], [], u
    for q in range(P):
        a = allocation(ALLOCATION_EPSILON + (1 - ALLOCATION_EPSILON) * raised if c.allocation_epsilon else raised)
        w.append(gw[:, q] * (ga[:, q] * a + (1 - ga[:, q]) * looked_up[:, q]))
        raised = raised + (1 - raised) * gw[:, q] * ga[:, q] * a
    w = torch.stack(w, 1)
    M = M * (psi[..., None] if c.deallocation else 1)
    M = M * (1 - outer(w, sigmoid(x["erase_vector"]).view(B, P, W))).prod(1) + w.mT @ x["write_vector"].view(B, P, W)

    k, beta = x["read_keys"].view(B, R, W), oneplus(x["read_strengths"])
    after = content(M, k, beta, mask("read_masks", R))
    if c.linkage != NO_LINKS:
        L = (1 - w[..., :, None] - w[..., None, :]) * L + outer(w, p)
        L = L * (1 - torch.eye(N))
        p = (1 - w.sum(-1, keepdim=True)) * p + w
        forward, backward = torch.einsum("bpij,brj->bpri", L, reading), torch.einsum("bpji,brj->bpri", L, reading)
        if c.sharpness:
            forward = sharpen(forward, 1 + softplus(x["forward_sharpness"].view(B, P, R)))
            backward = sharpen(backward, 1 + softplus(x["backward_sharpness"].view(B, P, R)))
        pi = softmax(x["read_modes"].view(B, R, 2 * P + 1), -1)
        links = torch.cat([pi[..., :P], pi[..., P + 1:]], -1), torch.cat([backward, forward], 1)
        reading = torch.einsum("brp,bpri->bri", *links) + pi[..., P:P + 1] * after
    else:
        reading = after
    return {"memory": M, "usage": u, "precedence": p, "link": L, "write_weighting": w, "read_weightings": reading,
            "reads": reading @ M}


# ---- That of DeltaNet -----------------------------------------------------------------------------------------------------


def delta_memory(c, xi, s):
    """Yang et al. 2024, with the gate of Yang, Kautz & Hatamizadeh 2025, and strengths up to 2 as Grazzi et al. 2024:
    S = S' alpha (I - beta k k^T) + beta v k^T,  o = S q, where S is (W, N) and keys and queries have length 1."""
    B, N, W, R = len(xi), c.slots, c.width, c.read_heads
    x = interface_of(c, xi)

    def unit(name):
        a = x[name].view(B, R, N)
        return a / (a.square().sum(-1, keepdim=True) + COSINE_EPSILON).sqrt()
    k, q, v = unit("keys"), unit("queries"), x["values"].view(B, R, W)
    beta = (1 + c.negative_eigenvalues) * sigmoid(x["strengths"])[..., None, None]
    alpha = sigmoid(x["decays"])[..., None, None] if c.decay else 1
    S = s["memory"] @ (alpha * (torch.eye(N) - beta * outer(k, k))) + beta * outer(v, k)
    return {"memory": S, "reads": (S @ q[..., None])[..., 0]}


# ---- A whole model --------------------------------------------------------------------------------------------------------


def initial(c, B):
    N, W, R, P, zeros = c.slots, c.width, c.read_heads, write_heads(c), torch.zeros
    state = {"hidden": [zeros(B, c.hidden)] * c.layers, "cells": [zeros(B, c.hidden)] * c.layers, "reads": zeros(B, R, W)}
    if c.memory == MEMORY_DELTA:
        return state | {"memory": zeros(B, R, W, N)}
    return state | {"memory": zeros(B, N, W), "usage": zeros(B, N), "precedence": zeros(B, P, N),
                    "link": zeros(B, P, N, N), "write_weighting": zeros(B, P, N), "read_weightings": zeros(B, R, N)}


def outputs(c, p, inputs, memory=None):
    """Of steps of inputs (T, B, D); `memory` is another step of the memory than that of the papers."""
    memory = memory or (delta_memory if c.memory == MEMORY_DELTA else dnc_memory)
    s, answers = initial(c, inputs.shape[1]), []
    for x in inputs:
        h, controller = lstm(c, p, x, s)
        xi = h @ p["interface.weight"].T
        if c.interface_norm:  # Franke, Niehues & Waibel 2018
            xi = layer_norm(xi + p["interface.bias"], p["interface.norm_scale"], p["interface.norm_shift"])
        else:
            xi = xi + p["interface.bias"]
        s = controller | memory(c, cut(xi, c.interface_clip), s)
        y = h @ p["output.weight"].T + s["reads"].flatten(1) @ p["output.weight_read"].T + p["output.bias"]
        answers.append(cut(y, c.activation_clip))
    return torch.stack(answers)
