#!/usr/bin/env python3
"""How many of the lines on standard input are molecules, by RDKit (pip install rdkit).

    dnc sample runs/chembl-lstm --count 1000 --data chembl.smi | python3 Benchmarks/valid_molecules.py
"""
import sys

from rdkit import Chem, RDLogger


def main() -> None:
    RDLogger.DisableLog("rdApp.*")
    lines = sys.stdin.read().splitlines()
    valid = [line for line in lines if line and Chem.MolFromSmiles(line) is not None]
    canonical = {Chem.MolToSmiles(Chem.MolFromSmiles(line)) for line in valid}
    print(f"{len(lines)} lines, {len(valid) / len(lines):.1%} valid, {len(canonical) / max(1, len(valid)):.1%} of these different molecules")


if __name__ == "__main__":
    main()
