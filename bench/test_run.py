"""What run.py makes of measurements.

    python3 -m unittest discover bench
"""

import json
import os
import subprocess
import sys
import tempfile
import types
import unittest
from unittest import mock

import run

ORDER = ["small", "large"]


def row(faults=None, **medians):
    names = {"aa": "netc again", "strict": "netc strict", "onnx": "ONNX Runtime"}
    medians = {names.get(name, name): times for name, times in medians.items()}
    versions = {name: "1.0" for name in medians}
    return {"medians": medians, "versions": versions, "faults": faults or {}, "isa": "avx2", "limit_gflops": 100.0}


def cells(text, workload):
    line = next(line for line in text.splitlines() if line.startswith(f"| {workload} |"))
    return [cell.strip() for cell in line.strip("|").split("|")]


class Ratios(unittest.TestCase):
    def test_each_round_has_its_own_best_peer(self):
        measured = row(netc=[1.0, 2.0], tract=[3.0, 8.0], onnx=[4.0, 5.0])
        self.assertEqual(run.by_round(measured, "netc"), [3.0, 2.5])

    def test_a_peer_that_died_counts_where_it_measured(self):
        measured = row(netc=[1.0, 1.0], tract=[3.0], onnx=[4.0, 5.0])
        self.assertEqual(run.by_round(measured, "netc"), [3.0, 5.0])

    def test_without_peers_there_is_no_ratio(self):
        self.assertEqual(run.by_round(row(netc=[1.0]), "netc"), [])
        self.assertEqual(run.by_round(row(tract=[1.0]), "netc"), [])


class Tables(unittest.TestCase):
    def test_medians_give_best_peer_ratio_and_spread(self):
        results = {"small": row(netc=[1.0, 2.0, 4.0], aa=[2.0, 2.0, 5.0], tract=[6.0, 6.0, 6.0], onnx=[5.0, 9.0, 9.0])}
        text = run.table(results, 2, ORDER)
        self.assertEqual(cells(text, "small"), ["small", "2", "9", "6", "tract", "**3.00**", "1.00", "5.00"])
        self.assertIn("## 2 threads\n", text)
        self.assertIn("Geometric mean of the ratios of netc: **3.00**, lowest 3.00.", text)

    def test_means_are_geometric(self):
        results = {"large": row(netc=[1.0], tract=[4.0]), "small": row(netc=[1.0], tract=[1.0])}
        text = run.table(results, 1, ORDER)
        self.assertIn("**2.00**, lowest 1.00", text)
        self.assertLess(text.index("| small |"), text.index("| large |"))

    def test_failures_are_named(self):
        results = {"small": row(netc=[1.0], onnx=[2.0], faults={"tract": "no such operator"}), "large": row(netc=[1.0], tract=[2.0])}
        text = run.table(results, 1, ORDER)
        self.assertIn("failed", cells(text, "small"))
        self.assertIn("tract failed on small: `no such operator`", text)

    def test_rounds_have_columns_for_what_was_measured(self):
        measured = {
            2: {"small": row(netc=[1.0, 2.0], strict=[2.0, 2.0], tract=[2.0, 2.0])},
            1: {"large": row(netc=[4.0], tract=[2.0])},
        }
        text = run.rounds(measured, ORDER)
        self.assertEqual(cells(text, "workload"), ["workload", "default, 1 thread", "default, 2 threads", "strict, 2 threads"])
        self.assertEqual(cells(text, "small"), ["small", "", "2.00 1.00", "1.00 1.00"])
        self.assertEqual(cells(text, "large"), ["large", "0.50", "", ""])


def measured_by(program):
    """What netc's contender makes of a command that runs a Python program."""
    with mock.patch.object(subprocess, "check_output", return_value="netc 1.0"):
        netc = run.Netc("netc", "default", types.SimpleNamespace(wrap=[], netc="netc"), ["tiny", [1, 4], None], 1)
    netc.command = [sys.executable, "-c", program]
    return netc.measure(0.1), netc


class Commands(unittest.TestCase):
    def test_a_report_gives_the_median(self):
        median, netc = measured_by("""print('{"median_ms": 2.5, "isa": "avx2"}')""")
        self.assertEqual((median, netc.fault, netc.report["isa"]), (2.5, None, "avx2"))

    def test_a_command_that_fails_says_why(self):
        report = """print('{"median_ms": 2.5}');"""
        for program, fault in [
            (report + "import sys; sys.exit('error: one\\n  = help: two\\n')", "= help: two"),
            (report + "import sys; sys.exit(3)", "ended with 3"),
            ("print('no report')", "Expecting value"),
            ("print('{}')", "no 'median_ms'"),
        ]:
            median, netc = measured_by(program)
            self.assertIsNone(median)
            self.assertIn(fault, netc.fault)
            self.assertEqual(netc.report.get("median_ms"), None)


class Saving(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.store = os.path.join(self.folder, "measured.json")
        self.options = types.SimpleNamespace(folder=self.folder, write=os.path.join(self.folder, "RESULTS.md"))

    def read(self, name):
        with open(os.path.join(self.folder, name), encoding="utf-8") as file:
            return file.read()

    def test_measurements_tables_and_scaling_are_written(self):
        with open(os.path.join(self.folder, "scaling.md"), "w", encoding="utf-8") as file:
            file.write("## Scaling\n")
        run.save(self.options, {1: {"small": row(netc=[1.0], tract=[2.0])}}, ORDER, self.store)
        self.assertEqual(json.loads(self.read("measured.json"))["1"]["small"]["medians"]["netc"], [1.0])
        self.assertTrue(self.read("RESULTS.md").endswith("\n## Scaling\n"))
        self.assertEqual(sorted(os.listdir(self.folder)), ["RESULTS.md", "measured.json", "scaling.md"])

    def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(self):
        run.save(self.options, {1: {"small": row(netc=[1.0], tract=[2.0])}}, ORDER, self.store)
        before = self.read("RESULTS.md"), self.read("measured.json")
        # A lone surrogate cannot be written as UTF-8; the error comes after the file was opened.
        for path in (self.options.write, self.store):
            with self.assertRaises(UnicodeEncodeError):
                run.replace(path, "half \ud800")
        self.assertEqual((self.read("RESULTS.md"), self.read("measured.json")), before)
        self.assertEqual(sorted(os.listdir(self.folder)), ["RESULTS.md", "measured.json"])


if __name__ == "__main__":
    unittest.main()
