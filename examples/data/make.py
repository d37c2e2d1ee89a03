#!/usr/bin/env python3
"""Writes the tables of the examples: from scikit-learn's copies (raw units) and, for the line, synthetic.

Usage: python3 examples/data/make.py      (needs numpy and scikit-learn)

A table lies beside the model that reads it, because a model reads only files below its own folder.
"""

import csv
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes

EXAMPLES = Path(__file__).resolve().parent.parent


def write(path, header, rows):
    with open(EXAMPLES / path, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([f"{value:.6g}" for value in row] for row in rows)


def gates():
    corners = [(a, b) for a in (0, 1) for b in (0, 1)]
    write("neurons/and.csv", ["a", "b", "y"], [(a, b, a & b) for a, b in corners])
    write("neurons/xor.csv", ["a", "b", "y"], [(a, b, a ^ b) for a, b in corners])


def line():
    """Synthetic: y = 2.5 x - 1 with normal noise of deviation 0.2, 60 points in [-2, 2]."""
    random = np.random.default_rng(20)
    x = random.uniform(-2, 2, 60)
    y = 2.5 * x - 1 + random.normal(0, 0.2, 60)
    write("regression/line.csv", ["x", "y"], zip(x, y))


def diabetes():
    table = load_diabetes(scaled=False)
    rows = np.column_stack([table.data, table.target])
    write("regression/diabetes.csv", [*table.feature_names, "progression"], rows)


def breast_cancer():
    table = load_breast_cancer()
    names = [name.replace(" ", "_") for name in table.feature_names]
    rows = np.column_stack([table.data, table.target])
    write("classification/breast_cancer.csv", [*names, "benign"], rows)


if __name__ == "__main__":
    gates()
    line()
    diabetes()
    breast_cancer()
