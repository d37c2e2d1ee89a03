#!/usr/bin/env python3
"""How netc's time grows with the batch and with the size of images, and what a second thread gives.

    cargo build --release && python3 bench/scaling.py

Writes a section that `run.py` appends to RESULTS.md.
"""

import argparse
import json
import os
import statistics
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
BATCHES = [1, 2, 4, 8, 16, 32, 64]
SIDES = [64, 128, 192, 256, 384, 512]
# Runs on one and on several threads, in turn, per round.
PAIRS = 5


def arguments():
    parser = argparse.ArgumentParser(description="Time netc over batches, sizes and threads.")
    parser.add_argument("--netc", default=os.path.join(ROOT, "target/release/netc"))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=0.5, help="of each measurement")
    parser.add_argument("--wrap", default="", help="a command in front of netc")
    parser.add_argument("--write", default=os.path.join(ROOT, "target/bench/scaling.md"))
    return parser.parse_args()


def measure(options, file, threads, *more):
    path = os.path.join(HERE, "workloads", file)
    command = [*options.wrap.split(), options.netc, "bench", path, "--threads", str(threads), "--format", "json"]
    done = subprocess.run([*command, "--seconds", str(options.seconds), *more], stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def growth(options, title, runs):
    """A table over sizes: milliseconds, work, and time by work against the first size."""
    reports = {size: [] for size in runs}
    for _ in range(options.rounds):
        for size, (file, more) in runs.items():
            reports[size].append(measure(options, file, options.threads, *more))
    lines = [f"| {title} | ms | GMAC | GFLOP/s | time by work, against the first |", "|---|---|---|---|---|"]
    first = None
    for size, several in reports.items():
        time, macs = statistics.median(report["median_ms"] for report in several), several[0]["macs"]
        first = first or time / macs
        rate = 2e-6 * macs / time
        lines.append(f"| {size} | {time:.4g} | {macs / 1e9:.3g} | {rate:.0f} | {time / macs / first:.2f} |")
        print(lines[-1], flush=True)
    return "\n".join(lines) + "\n\n"


def threads(options):
    """VGG16 on several threads over one thread, beside the same ratio of multiply-adds in registers, pair by pair:
    what else the machine does changes from one second to the next."""
    times, gains, shares = [], [], []
    for _ in range(PAIRS * options.rounds):
        alone, together = (measure(options, "vgg16.net", count) for count in (1, options.threads))
        times.append([alone["median_ms"], together["median_ms"]])
        gains.append(alone["median_ms"] / together["median_ms"])
        shares.append(gains[-1] * alone["limit_gflops"] / together["limit_gflops"])
        print(f"VGG16: {times[-1][0]:.4g} and {times[-1][1]:.4g} ms, share {shares[-1]:.2f}", flush=True)
    one, several = (statistics.median(column) for column in zip(*times))
    quarters = statistics.quantiles(shares, n=4)
    return (
        f"VGG16, batch 1, on {options.threads} threads is {statistics.median(gains):.2f} times as fast as on one "
        f"({one:.4g} and {several:.4g} ms, medians of {len(shares)} pairs). Share of the same ratio of multiply-adds in "
        f"registers: **{statistics.median(shares):.2f}**, half of the pairs between {quarters[0]:.2f} and {quarters[2]:.2f}.\n\n"
    )


def main():
    options = arguments()
    os.makedirs(os.path.dirname(options.write), exist_ok=True)
    text = f"## Scaling\n\nnetc on {options.threads} threads, predictions.\n\n" + threads(options)
    batches = {batch: ("resnet18.net", ["--batch", str(batch)]) for batch in BATCHES}
    text += growth(options, "ResNet-18, batch", batches)
    for name, file in (("ResNet-18", "resnet18.net"), ("U-Net", "unet.net")):
        sides = {side: (file, ["--set", f"size={side}"]) for side in SIDES}
        text += growth(options, f"{name}, side", sides)
    with open(options.write, "w", encoding="utf-8") as out:
        out.write(text)


if __name__ == "__main__":
    main()
