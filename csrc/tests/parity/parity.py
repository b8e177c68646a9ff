#!/usr/bin/env python3
"""Does the C core compute what others publish? The same weights and inputs go to both; outputs and gradients must agree.

    make -C csrc
    csrc/tests/parity/parity.py                              the equations of the papers, written out in PyTorch
    csrc/tests/parity/parity.py --original csordas=FOLDER    and a program of others, of which FOLDER is a clone; repeatable
        csordas   github.com/RobertCsordas/dnc                    with PyTorch
        fla       github.com/fla-org/flash-linear-attention       with PyTorch and einops
        deepmind  github.com/google-deepmind/dnc                  with TensorFlow 2 and Sonnet 1.36
        adnc      github.com/JoergFranke/ADNC                     with TensorFlow 2

Prints a line for each model, with the largest differences as parts of the largest number, or of 1, in double precision and,
of the core alone, in single. Ends with status 1 where one is too large, and with 77 where what is needed is missing.
$DNC_LIBRARY is the library of the core, if not that in csrc/build.
"""

import argparse
import importlib
import sys

try:
    import numpy as np

    from core import MEMORY_DELTA, MEMORY_DNC, NO_LINKS, SOFTPLUS, Segment
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

SEED, STEPS, LANES = 1, 12, 3
SIZES = dict(input_vector=5, hidden=8, slots=6, width=4, read_heads=2, output_size=3)
DNC, DELTA = SIZES | dict(memory=MEMORY_DNC), SIZES | dict(memory=MEMORY_DELTA)
CSORDAS = DNC | dict(interface_clip=1, detached_usage=1, allocation_epsilon=1)
DEEPMIND = DNC | dict(strengths=SOFTPLUS, detached_usage=1, allocation_epsilon=1)
ADNC = DNC | dict(interface_norm=1, gate_norm=1)

# By the names of the fields of dnc_config.
MODELS = {
    "DNC": DNC,
    "DNC, one head": DNC | dict(read_heads=1),
    "DNC, two layers": DNC | dict(layers=2),
    "DNC, two write heads": DNC | dict(write_heads=2),
    "DNC of Csordas": CSORDAS,
    "DNC with masks": CSORDAS | dict(masks=1),
    "DNC with masks above 0.1": CSORDAS | dict(masks=1, mask_minimum=0.1),
    "DNC with de-allocation": CSORDAS | dict(deallocation=1),
    "DNC with sharpness": CSORDAS | dict(sharpness=1),
    "DNC-MDS": CSORDAS | dict(masks=1, deallocation=1, sharpness=1),
    "DNC-MDS, two layers": CSORDAS | dict(masks=1, deallocation=1, sharpness=1, layers=2),
    "DNC-MDS, two write heads": CSORDAS | dict(masks=1, deallocation=1, sharpness=1, write_heads=2),
    "DNC of DeepMind": DEEPMIND,
    "DNC of DeepMind, cut": DEEPMIND | dict(activation_clip=1),
    "DNC of DeepMind, three write heads": DEEPMIND | dict(write_heads=3),
    "DNC with norms": ADNC,
    "content-based memory unit": DNC | dict(linkage=NO_LINKS),
    "ADNC": ADNC | dict(linkage=NO_LINKS),
    "DeltaNet": DELTA,
    "DeltaNet, negative eigenvalues": DELTA | dict(negative_eigenvalues=1),
    "Gated DeltaNet": DELTA | dict(decay=1),
    "Gated DeltaNet, negative eigenvalues": DELTA | dict(decay=1, negative_eigenvalues=1),
}


def difference(found, expected):
    worst = float(np.max(np.abs(found - expected))) / max(1, float(np.max(np.abs(expected))))
    return worst if np.isfinite(worst) else np.inf


def compare(title, segment, outputs, gradient, tolerance):
    """With what others computed. `tolerance` is of double precision; single precision has 1e-5 at least."""
    def differences(bits):
        y, d = segment.run(bits)
        return difference(y, outputs), max(difference(d[name], gradient[name]) for name in d)
    double, single = differences(64), differences(32)
    good = max(double) <= tolerance and max(single) <= max(1e-5, tolerance)
    columns = "".join(f"  {y:7.1e} {d:7.1e}" for y, d in (double, single))
    print(f"{'ok ' if good else 'BAD'} {title:58}{columns}", flush=True)
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--original", action="append", default=[], metavar="NAME=FOLDER")
    originals = [text.partition("=")[::2] for text in parser.parse_args().original]
    good, missing = True, False
    print(f"{'':62}{'double':>11}{'':8}{'single':>8}\n{'':62}  {'outputs':7} {'grads':7}  {'outputs':7} {'grads':7}")
    for name, config in MODELS.items():
        segment = Segment(SEED, STEPS, LANES, **config)
        try:
            import equations
            from autograd import differentiate
        except ImportError as error:
            print(f"the equations are skipped: {error}")
            missing = not originals
            break
        found = differentiate(segment, lambda p, x: equations.outputs(segment.config, p, x))
        good &= compare(name, segment, *found, 1e-10)
    for name, folder in originals:
        try:
            original = importlib.import_module(f"original_{name}")
            for model, config in MODELS.items():
                def new_segment():
                    return Segment(SEED, STEPS, LANES, **config)
                for how, tolerance, segment, found in original.runs(folder, model, new_segment):
                    good &= compare(f"{name}: {model}{how}", segment, *found, tolerance)
        except ImportError as error:
            print(f"{name} is skipped: {error}")
            missing = True
    sys.exit(1 if not good else 77 if missing else 0)


if __name__ == "__main__":
    main()
