"""What run.py makes of measurements.

    python3 -m unittest discover bench
"""

import unittest

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


if __name__ == "__main__":
    unittest.main()
