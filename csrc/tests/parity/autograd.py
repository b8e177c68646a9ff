"""Outputs and gradients by PyTorch, in double precision."""

import torch

torch.set_default_dtype(torch.float64)


def differentiate(segment, forward):
    """What `forward` gives of parameters by name and inputs (T, B, D); the gradient of half the sum of squared errors."""
    p = {name: torch.tensor(value, requires_grad=True) for name, value in segment.parameters.items()}
    y = forward(p, torch.tensor(segment.inputs, dtype=torch.float64))
    ((y - torch.tensor(segment.targets)).square().sum() / 2).backward()
    return y.detach().numpy(), {name: value.grad.numpy() for name, value in p.items()}
