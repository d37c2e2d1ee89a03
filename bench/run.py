#!/usr/bin/env python3
"""Times netc and its peers in turn on the same workloads and writes RESULTS.md.

    cargo build --release && python3 bench/run.py                # makes a virtual environment in target/bench
    python3 bench/run.py --python ~/venv/bin/python              # uses one that has the packages
    python3 bench/run.py --only ResNet --threads 2 --rounds 5

Every peer is a process of its own that stays alive; one measures at a time. In each round all take their turn, so
that a machine that slows down slows all. A figure is the median over the rounds of the medians of each round.
"""

import argparse
import datetime
import json
import math
import os
import platform
import statistics
import subprocess
import threading
import time
import venv

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
PACKAGES = ["torch", "torchvision", "onnx", "onnxruntime", "openvino", "jax"]
PEERS = ["PyTorch", "PyTorch channels-last", "torch.compile", "ONNX Runtime", "OpenVINO", "JAX"]
# Preparing torch.compile for a large network takes minutes.
PATIENCE = 900


def arguments():
    parser = argparse.ArgumentParser(description="Time netc and its peers; write RESULTS.md.")
    parser.add_argument("--python", help="interpreter with the peers; by default a new virtual environment")
    parser.add_argument("--netc", default=os.path.join(ROOT, "target/release/netc"))
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each measurement")
    parser.add_argument("--only", nargs="+", default=[""], help="workloads whose names contain one of these")
    parser.add_argument("--peers", nargs="+", default=PEERS, choices=PEERS)
    parser.add_argument("--resume", action="store_true", help="keep what earlier runs measured of other workloads")
    parser.add_argument("--wrap", nargs="+", default=[], help="a command in front of netc and of every peer")
    parser.add_argument("--folder", default=os.path.join(ROOT, "target/bench"), help="for models and measurements")
    parser.add_argument("--write", default=os.path.join(HERE, "RESULTS.md"))
    return parser.parse_args()


def environment(options):
    """An interpreter that has the peers."""
    if options.python:
        return options.python
    folder = os.path.join(options.folder, "venv")
    python = os.path.join(folder, "bin/python")
    if not os.path.exists(python):
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    return python


class Peer:
    """A process that measures when it is told to."""

    def __init__(self, name, command):
        self.name, self.version = name, None
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True, cwd=HERE)
        words = self.answer(PATIENCE)
        if words[:1] == ["ready"]:
            self.version = " ".join(words[1:])
        else:
            self.stop()

    def answer(self, seconds):
        timer = threading.Timer(seconds, self.process.kill)
        timer.start()
        words = self.process.stdout.readline().split()
        timer.cancel()
        return words

    def measure(self, seconds):
        """Median milliseconds, or None if the peer died."""
        try:
            self.process.stdin.write(f"{seconds}\n")
            self.process.stdin.flush()
            return float(self.answer(PATIENCE)[0])
        except (IndexError, OSError, ValueError):
            return None

    def stop(self):
        self.process.kill()
        self.process.wait()


class Netc:
    """The command; it compiles anew in each measurement, outside of what is timed."""

    def __init__(self, name, options, workload, threads, numerics):
        file, _, shape, target = workload
        self.name, self.version = name, subprocess.check_output([options.netc, "--version"], text=True).split()[1]
        path = os.path.join(HERE, "workloads", file + ".net")
        self.command = [*options.wrap, options.netc, "bench", path, "--batch", str(shape[0]), "--threads", str(threads)]
        self.command += ["--format", "json"] + (["--train"] if target else []) + numerics
        self.report = None

    def measure(self, seconds):
        done = subprocess.run([*self.command, "--seconds", str(seconds)], stdout=subprocess.PIPE, text=True)
        if done.returncode != 0:
            return None
        self.report = json.loads(done.stdout)
        return self.report["median_ms"]

    def stop(self):
        pass


def contenders(options, python, name, workload, threads):
    modes = [("netc", [])]
    if "--numerics" in subprocess.check_output([options.netc, "bench", "--help"], text=True):
        modes = [("netc", ["--numerics", "default"]), ("netc strict", ["--numerics", "strict"])]
    found = [Netc(label, options, workload, threads, numerics) for label, numerics in modes]
    for peer in options.peers:
        command = [python, os.path.join(HERE, "peer.py"), peer, name, str(threads), options.folder]
        contender = Peer(peer, [*options.wrap, *command])
        if contender.version is not None:
            found.append(contender)
    return found


def compete(options, python, name, workload, threads):
    """All medians by contender, one per round, and versions."""
    entered = contenders(options, python, name, workload, threads)
    medians = {contender.name: [] for contender in entered}
    for turn in range(options.rounds):
        for contender in entered:
            # What ran before may still be spinning.
            time.sleep(0.2)
            median = contender.measure(options.seconds)
            if median is not None:
                medians[contender.name].append(median)
    report = entered[0].report or {}
    for contender in entered:
        contender.stop()
    medians = {contender: times for contender, times in medians.items() if times}
    shown = "  ".join(f"{contender} {statistics.median(times):.4g}" for contender, times in medians.items())
    print(f"{name}, {threads} threads: {shown}", flush=True)
    return {
        "medians": medians,
        "versions": {contender.name: contender.version for contender in entered},
        "limit_gflops": report.get("limit_gflops"),
        "gflops": report.get("gflops"),
        "isa": report.get("isa"),
    }


def processor():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def figure(value):
    return "" if value is None else f"{value:.3g}" if value < 1000 else f"{value:.0f}"


def table(results, threads, order):
    """Rows of one number of threads, and the geometric means below."""
    ours = [name for name in ("netc", "netc strict") if any(name in row["medians"] for row in results.values())]
    others = [peer for peer in PEERS if any(peer in row["medians"] for row in results.values())]
    head = ["workload", *ours, *others, "best peer", *(f"{name}: ratio" for name in ours), "spread"]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    ratios = {name: [] for name in ours}
    for workload, row in sorted(results.items(), key=lambda item: order.index(item[0])):
        median = {name: statistics.median(times) for name, times in row["medians"].items()}
        peers = {name: median[name] for name in others if name in median}
        best = min(peers, key=peers.get) if peers else None
        cells = [workload, *(figure(median.get(name)) for name in ours + others), best or ""]
        for name in ours:
            ratio = peers[best] / median[name] if best and name in median else None
            ratios[name] += [ratio] if ratio else []
            cells.append(f"**{ratio:.2f}**" if ratio else "")
        times = row["medians"].get("netc", [])
        cells.append(f"{max(times) / min(times):.2f}" if times else "")
        lines.append("| " + " | ".join(cells) + " |")
    text = f"## {threads} thread{'s' if threads > 1 else ''}\n\nMedian milliseconds.\n\n" + "\n".join(lines) + "\n\n"
    for name, values in ratios.items():
        if values:
            mean = math.exp(sum(map(math.log, values)) / len(values))
            text += f"Geometric mean of the ratios of {name}: **{mean:.2f}**, lowest {min(values):.2f}.\n"
    return text + "\n"


def document(measured, order):
    versions, limits = {}, {}
    for threads, results in measured.items():
        for row in results.values():
            versions.update(row["versions"])
            if row["limit_gflops"]:
                limits.setdefault(threads, []).append(row["limit_gflops"])
    limit = ", ".join(f"{statistics.median(values):.0f} GFLOP/s on {n}" for n, values in sorted(limits.items()))
    isas = {row["isa"] for results in measured.values() for row in results.values() if row["isa"]}
    versions.pop("netc strict", None)
    text = f"""# Results

Written by `bench/run.py` on {datetime.date.today()}. {processor()}, {os.cpu_count()} cores, {platform.system()};
netc with {", ".join(sorted(isas))}. Multiply-adds reach {limit} threads.

A ratio is the best peer's time over netc's: above 1, netc is faster. Each figure is the median over rounds of
the medians within a round; in a round all take turns. The spread is netc's slowest round over its fastest, the noise
of the machine. Peers in Python are called from Python, netc from Rust, which counts for the tiny networks.

Versions: {", ".join(f"{name} {version}" for name, version in versions.items())}.

"""
    return text + "".join(table(results, threads, order) for threads, results in sorted(measured.items()))


def main():
    options = arguments()
    os.makedirs(options.folder, exist_ok=True)
    python = environment(options)
    listing = "import json, models; print(json.dumps({k: [v[0], '', v[2], v[3]] for k, v in models.WORKLOADS.items()}))"
    workloads = json.loads(subprocess.check_output([python, "-c", listing], cwd=HERE, text=True))
    store = os.path.join(options.folder, "measured.json")
    measured = {}
    if options.resume and os.path.exists(store):
        with open(store, encoding="utf-8") as file:
            measured = {int(threads): results for threads, results in json.load(file).items()}
    for threads in options.threads:
        for name, workload in workloads.items():
            exists = os.path.exists(os.path.join(HERE, "workloads", workload[0] + ".net"))
            if exists and any(part in name for part in options.only):
                measured.setdefault(threads, {})[name] = compete(options, python, name, workload, threads)
                with open(store, "w", encoding="utf-8") as file:
                    json.dump(measured, file)
    with open(options.write, "w", encoding="utf-8") as file:
        file.write(document(measured, list(workloads)))


main()
