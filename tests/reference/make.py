#!/usr/bin/env python3
"""Computes the reference data of this folder with PyTorch.

Usage: python3 tests/reference/make.py [name …]      (needs torch and torchvision on the CPU)

Without names, every file is written. README.md of this folder describes the files.
"""

import sys
from pathlib import Path

import torch

from large import large
from operators import OPERATORS
from training import TRAINING

FOLDER = Path(__file__).resolve().parent


def main():
    from case import write

    torch.set_num_threads(1)
    makers = OPERATORS | TRAINING | {"large": large}
    names = sys.argv[1:] or list(makers)
    unknown = [name for name in names if name not in makers]
    if unknown:
        sys.exit(f"no such reference data: {', '.join(unknown)}; there are {', '.join(makers)}")
    for name in names:
        cases = makers[name]()
        size = write(FOLDER, name, cases)
        print(f"{name}: {len(cases)} cases, {size} bytes")


if __name__ == "__main__":
    main()
