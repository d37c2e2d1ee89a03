#!/usr/bin/env python3
"""Times netc and its peers in turn on the same workloads and writes RESULTS.md.

    cargo build --release && python3 bench/run.py                # makes a virtual environment in target/bench
    python3 bench/run.py --python ~/venv/bin/python              # uses one that has the packages
    python3 bench/run.py --only ResNet --threads 2 --rounds 5 --resume
    python3 bench/run.py --peers tract rten candle burn          # the peers in Rust; building them takes minutes

Every peer is a process of its own that stays alive; one measures at a time. In each round all take several short turns, one
after the other, so that a machine that slows down for a while slows all, and netc twice, which shows how far two equal
programs lie apart. A round's figure is the median of its turns' medians, a figure in the results the median of the
rounds'. A peer that fails is named in the results.
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
IN_RUST = ["tract", "rten", "candle", "burn"]
PEERS = ["PyTorch", "PyTorch channels-last", "torch.compile", "ONNX Runtime", "OpenVINO", "JAX", *IN_RUST]
MODES = {"default": "netc", "strict": "netc strict"}
AGAIN = "netc again"
# Preparing torch.compile for a large network takes minutes.
PATIENCE = 900


def arguments():
    parser = argparse.ArgumentParser(description="Time netc and its peers; write RESULTS.md.")
    parser.add_argument("--python", help="interpreter with the peers; by default a new virtual environment")
    parser.add_argument("--netc", default=os.path.join(ROOT, "target/release/netc"))
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--turns", type=int, default=5, help="of each contender in a round")
    parser.add_argument("--seconds", type=float, default=0.2, help="of each turn")
    parser.add_argument("--only", nargs="+", default=[""], help="workloads of these names, or whose names contain one")
    parser.add_argument("--peers", nargs="+", default=PEERS, choices=PEERS)
    parser.add_argument("--numerics", nargs="+", default=list(MODES), choices=list(MODES), help="netc's modes")
    parser.add_argument("--resume", action="store_true", help="keep what earlier runs measured of other workloads")
    parser.add_argument("--wrap", default="", help="a command in front of netc and of every peer")
    parser.add_argument("--folder", default=os.path.join(ROOT, "target/bench"), help="for models and measurements")
    parser.add_argument("--write", default=os.path.join(HERE, "RESULTS.md"))
    options = parser.parse_args()
    options.wrap, options.folder = options.wrap.split(), os.path.abspath(options.folder)
    return options


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


def build(options):
    """Where the program with the peers in Rust is, compiled for this processor, and the fault if it could not be."""
    folder = os.path.join(options.folder, "rust")
    flags = {"CARGO_TARGET_DIR": folder, "RUSTFLAGS": "-C target-cpu=native"}
    command = ["cargo", "build", "--release", "--locked", "--manifest-path", os.path.join(HERE, "rust/Cargo.toml")]
    print("building the peers in Rust", flush=True)
    try:
        done = subprocess.run(command, env={**os.environ, **flags}, stderr=subprocess.PIPE, text=True)
        lines = [line.strip() for line in done.stderr.splitlines() if line.startswith("error")]
        fault = (lines or ["cargo failed"])[0][:200] if done.returncode != 0 else None
    except OSError as error:
        fault = f"cargo: {error}"
    return os.path.join(folder, "release/peers"), fault


class Peer:
    """A process that measures when it is told to."""

    def __init__(self, name, command, threads, log):
        self.name, self.version, self.fault = name, None, None
        pipe = subprocess.PIPE
        self.log = open(log, "w+", encoding="utf-8", errors="replace")
        number = str(threads)
        env = {**os.environ, "RAYON_NUM_THREADS": number, "RTEN_NUM_THREADS": number}
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=self.log, text=True, cwd=HERE, env=env)

    def prepare(self):
        """Waits until it can measure; all start at once."""
        words = self.answer()
        if words[:1] == ["ready"]:
            self.version = " ".join(words[1:])
        else:
            # Who has nothing to say to a workload ends with 0.
            self.stop()
            self.fault = self.complaint() if self.code != 0 else None

    def answer(self):
        timer = threading.Timer(PATIENCE, self.process.kill)
        timer.start()
        words = self.process.stdout.readline().split()
        timer.cancel()
        return words

    def complaint(self):
        self.log.seek(0)
        lines = [line.strip() for line in self.log if line.strip()]
        return lines[-1][:200] if lines else f"ended with {self.code}"

    def measure(self, seconds):
        """Median milliseconds, or None if the peer died."""
        try:
            self.process.stdin.write(f"{seconds}\n")
            self.process.stdin.flush()
            return float(self.answer()[0])
        except (IndexError, OSError, ValueError):
            self.stop()
            self.fault = self.fault or self.complaint()
            return None

    def stop(self):
        try:
            self.process.stdin.close()
            self.code = self.process.wait(10)
        except (OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.code = self.process.wait()


class Absent:
    """A peer that could not be built."""

    def __init__(self, name, fault):
        self.name, self.version, self.fault = name, None, fault

    def prepare(self):
        pass

    def stop(self):
        pass


class Netc:
    """The command; it compiles anew in each measurement, outside of what is timed."""

    def __init__(self, name, numerics, options, workload, threads):
        file, shape, target = workload
        self.name, self.fault, self.report = name, None, {}
        self.version = subprocess.check_output([options.netc, "--version"], text=True).split()[1]
        path = os.path.join(HERE, "workloads", file + ".net")
        self.command = [*options.wrap, options.netc, "bench", path, "--batch", str(shape[0]), "--threads", str(threads)]
        self.command += ["--numerics", numerics, "--format", "json"] + (["--train"] if target else [])

    def prepare(self):
        pass

    def measure(self, seconds):
        """Median milliseconds, or None if the command failed."""
        try:
            command = [*self.command, "--seconds", str(seconds)]
            done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=PATIENCE)
            if done.returncode != 0:
                lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
                raise ValueError(lines[-1] if lines else f"ended with {done.returncode}")
            self.report = json.loads(done.stdout)
            return self.report["median_ms"]
        except (KeyError, OSError, ValueError, subprocess.TimeoutExpired) as error:
            self.fault = (f"no {error}" if isinstance(error, KeyError) else str(error))[:200]
            return None

    def stop(self):
        pass


def contenders(options, python, workload, threads):
    found = [Netc(MODES[mode], mode, options, workload, threads) for mode in options.numerics]
    for peer in options.peers:
        if peer in IN_RUST and options.fault:
            found.append(Absent(peer, options.fault))
            continue
        program = [options.rust] if peer in IN_RUST else [python, os.path.join(HERE, "peer.py")]
        command = [*options.wrap, *program, peer, json.dumps(workload), str(threads), options.folder]
        found.append(Peer(peer, command, threads, os.path.join(options.folder, f"{peer}.log")))
    # Once more at the end of each round.
    return found + [Netc(AGAIN, options.numerics[0], options, workload, threads)]


def one_round(options, entered):
    """Medians of all turns by contender, for those that did not fail."""
    turns = {}
    for _ in range(options.turns):
        for contender in (contender for contender in entered if contender.version and not contender.fault):
            # What ran before may still be spinning.
            time.sleep(0.2)
            median = contender.measure(options.seconds)
            if median is not None:
                turns.setdefault(contender.name, []).append(median)
    return turns


def compete(options, python, name, workload, threads):
    """All medians by contender, one per round, versions and faults."""
    entered = contenders(options, python, workload, threads)
    for contender in entered:
        contender.prepare()
    medians = {contender.name: [] for contender in entered}
    for _ in range(options.rounds):
        for contender, turns in one_round(options, entered).items():
            medians[contender].append(statistics.median(turns))
    for contender in entered:
        contender.stop()
    medians = {contender: times for contender, times in medians.items() if times}
    shown = "  ".join(f"{contender} {statistics.median(times):.4g}" for contender, times in medians.items())
    faults = {contender.name: contender.fault for contender in entered if contender.fault}
    print(f"{name}, {threads} threads: {shown}", *(f"\n  {who}: {fault}" for who, fault in faults.items()), flush=True)
    report = entered[0].report
    return {
        "medians": medians,
        "versions": {contender.name: contender.version for contender in entered if contender.version},
        "faults": faults,
        **{key: report.get(key) for key in ("limit_gflops", "limit_gbytes", "gflops", "isa", "memory_bytes")},
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
    ours = [name for name in MODES.values() if any(name in row["medians"] for row in results.values())]
    others = [peer for peer in PEERS if any(peer in row["medians"] for row in results.values())]
    head = ["workload", *ours, *others, "best peer", *(f"{name}: ratio" for name in ours), "A/A", "spread"]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    ratios = {name: [] for name in ours}
    for workload, row in sorted(results.items(), key=lambda item: order.index(item[0])):
        median = {name: statistics.median(times) for name, times in row["medians"].items()}
        peers = {name: median[name] for name in others if name in median}
        best = min(peers, key=peers.get) if peers else None
        shown = [figure(median.get(name)) or ("failed" if name in row["faults"] else "") for name in ours + others]
        cells = [workload, *shown, best or ""]
        for name in ours:
            ratio = peers[best] / median[name] if best and name in median else None
            ratios[name] += [ratio] if ratio else []
            cells.append(f"**{ratio:.2f}**" if ratio else "")
        first, again = row["medians"].get(ours[0]), row["medians"].get(AGAIN)
        both = first and again
        cells.append(f"{statistics.median(again) / statistics.median(first):.2f}" if both else "")
        cells.append(f"{max(first + again) / min(first + again):.2f}" if both else "")
        lines.append("| " + " | ".join(cells) + " |")
    text = f"## {threads} thread{'s' if threads > 1 else ''}\n\nMedian milliseconds.\n\n" + "\n".join(lines) + "\n\n"
    for name, values in ratios.items():
        if values:
            mean = math.exp(sum(map(math.log, values)) / len(values))
            text += f"Geometric mean of the ratios of {name}: **{mean:.2f}**, lowest {min(values):.2f}.\n"
    for workload, row in results.items():
        text += "".join(f"\n{who} failed on {workload}: `{fault}`\n" for who, fault in row["faults"].items())
    return text + "\n"


def by_round(row, name):
    """The best peer's time over that of `name` in each round."""
    peers = [row["medians"][peer] for peer in PEERS if peer in row["medians"]]
    found = []
    for number, time in enumerate(row["medians"].get(name, [])):
        best = min((times[number] for times in peers if number < len(times)), default=None)
        found += [best / time] if best else []
    return found


def rounds(measured, order):
    """A row per workload: the ratios of each round, by threads and mode."""
    columns = [
        (threads, mode)
        for threads, results in sorted(measured.items())
        for mode, name in MODES.items()
        if any(name in row["medians"] for row in results.values())
    ]
    head = ["workload"] + [f"{mode}, {threads} thread{'s' * (threads > 1)}" for threads, mode in columns]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for workload in order:
        rows = [(measured[threads].get(workload, {"medians": {}}), MODES[mode]) for threads, mode in columns]
        cells = [" ".join(f"{ratio:.2f}" for ratio in by_round(row, name)) for row, name in rows]
        if any(cells):
            lines.append("| " + " | ".join([workload, *cells]) + " |")
    return "## Rounds\n\nBest peer's time over netc's in each round.\n\n" + "\n".join(lines) + "\n\n"


def document(measured, order):
    versions, limits, isas = {}, {}, set()
    for threads, results in measured.items():
        for row in results.values():
            versions.update(row["versions"])
            isas |= {row["isa"]} - {None}
            if row["limit_gflops"]:
                limits.setdefault(threads, []).append(row["limit_gflops"])
    limit = ", ".join(f"{statistics.median(values):.0f} GFLOP/s on {n}" for n, values in sorted(limits.items()))
    known = [name for name in ["netc", *PEERS] if name in versions]
    text = f"""# Results

Written by `bench/run.py` on {datetime.date.today()}. {processor()}, {os.cpu_count()} cores, {platform.system()};
netc with {", ".join(sorted(isas))}. Multiply-adds reach {limit} threads.

A ratio is the best peer's time over netc's: above 1, netc is faster. Each figure is the median over rounds of
a round's median; in a round all take several turns, one after the other. A/A is netc's figure with its last turns over that
with its first, spread the slowest round of both over the fastest: what the machine's other work does to equal programs.

All compute in f32 with the same threads: OpenVINO is told to, because it would take bf16 where the processor has it.
ONNX Runtime is bound to its input and output once and its threads may spin; torch.compile may take weights for
constants in predictions; JAX runs on as many cores as it has threads. netc, {", ".join(IN_RUST)} are called from
Rust, the other peers from Python, which counts for the tiny network. netc reads its input where it lies.
tract and rten only predict; candle and burn do not have the transformer, and candle trains the MLP and the CNN alone.

Versions: {", ".join(f"{name} {versions[name]}" for name in known)}.

"""
    tables = "".join(table(results, threads, order) for threads, results in sorted(measured.items()))
    return text + tables + rounds(measured, order)


def listing(options, python):
    """What is timed; the ONNX files are there then."""
    models, path = os.path.join(HERE, "models.py"), os.path.join(options.folder, "workloads.json")
    if not os.path.exists(path) or os.path.getmtime(path) < os.path.getmtime(models):
        subprocess.run([python, models, options.folder], check=True)
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def replace(path, text):
    """The file holds the old or the new text, whole, wherever this is stopped."""
    beside = f"{path}.{os.getpid()}.partial"
    try:
        with open(beside, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(beside, path)
    except BaseException:
        if os.path.exists(beside):
            os.remove(beside)
        raise


def save(options, measured, order, store):
    replace(store, json.dumps(measured))
    text, scaling = document(measured, order), os.path.join(options.folder, "scaling.md")
    if os.path.exists(scaling):
        with open(scaling, encoding="utf-8") as file:
            text += file.read()
    replace(options.write, text)


def main():
    options = arguments()
    os.makedirs(options.folder, exist_ok=True)
    python = environment(options)
    workloads = listing(options, python)
    options.rust, options.fault = build(options) if set(options.peers) & set(IN_RUST) else (None, None)
    store = os.path.join(options.folder, "measured.json")
    measured = {}
    if options.resume and os.path.exists(store):
        with open(store, encoding="utf-8") as file:
            measured = {int(threads): results for threads, results in json.load(file).items()}
    for threads in options.threads:
        for name, workload in workloads.items():
            if any(part == name if part in workloads else part in name for part in options.only):
                measured.setdefault(threads, {})[name] = compete(options, python, name, workload, threads)
                save(options, measured, list(workloads), store)


if __name__ == "__main__":
    main()
