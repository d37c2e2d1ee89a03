//! The report for people: the whole run, then the lines of the schedule.

use super::{Rate, Report};
use crate::check::rows;
use netc_grammar::escape_terminal;
use std::fmt::Write;

const HEADINGS: [&str; 9] = ["layer", "kernel", "isa", "method", "units", "time", "rate", "of limit", "of time"];
/// Columns whose text is aligned to the right.
const RIGHT: [bool; 9] = [false, false, false, false, true, true, true, true, true];

/// The whole text.
pub fn text(report: &Report) -> String {
    let what = if report.train { "training step" } else { "prediction" };
    let mut text = String::new();
    let threads = if report.threads == 1 { "1 thread".to_string() } else { format!("{} threads", report.threads) };
    let name = escape_terminal(&report.network);
    let _ = writeln!(text, "{name}: {what}, batch {}, {threads}, {}\n", report.batch, report.limits.isa);
    let times = &report.times;
    let samples = match times.runs_per_sample {
        1 => format!("{} runs", times.samples),
        runs => format!("{} means of {runs} runs", times.samples),
    };
    let _ = writeln!(text, "time      median {}, best {} ({samples})", time(times.median), time(times.best));
    let per_second = f64::from(report.batch) / times.median;
    let _ = writeln!(text, "samples   {} per second", quantity(per_second));
    let _ = writeln!(
        text,
        "products  {:.1} GFLOP/s, {:.0} % of the {:.0} GFLOP/s that multiply-adds reach here",
        report.flops() / 1e9,
        100.0 * report.flops() / report.limits.flops,
        report.limits.flops / 1e9
    );
    if let Some(reads) = report.limits.reads {
        let _ = writeln!(text, "reading   memory gives {:.1} GB/s", reads / 1e9);
    }
    let _ = writeln!(text, "memory    {}", rows::bytes(report.memory.total()));
    let _ = writeln!(text, "compiled  in {}", time(report.compile));
    if !report.lines.is_empty() {
        text.push('\n');
        lines(&mut text, report);
    }
    text
}

fn lines(text: &mut String, report: &Report) {
    let total: f64 = report.lines.iter().map(|line| line.1).sum();
    let mut cells: Vec<[String; 9]> = vec![HEADINGS.map(str::to_string)];
    for (work, seconds) in &report.lines {
        let (rate, of_limit) = match report.rate(work, *seconds) {
            Rate::Flops(flops, share) => (format!("{:.1} GFLOP/s", flops / 1e9), Some(share)),
            Rate::Bytes(bytes, share) => (format!("{:.1} GB/s", bytes / 1e9), share),
        };
        cells.push([
            escape_terminal(&work.layer).to_string(),
            work.kernel.clone(),
            work.isa.clone(),
            work.algorithm.to_string(),
            work.units.to_string(),
            time(*seconds),
            rate,
            of_limit.map_or("-".to_string(), |share| format!("{:.0} %", 100.0 * share)),
            format!("{:.1} %", 100.0 * seconds / total),
        ]);
    }
    let mut widths = [0; 9];
    for row in &cells {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    for row in &cells {
        let mut line = String::new();
        for ((cell, width), right) in row.iter().zip(widths).zip(RIGHT) {
            let _ = if right { write!(line, "{cell:>width$}  ") } else { write!(line, "{cell:<width$}  ") };
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    let _ = writeln!(text, "\nThe lines together take {}; each is timed on its own.", time(total));
}

/// Three significant digits with a unit.
fn time(seconds: f64) -> String {
    let units = [(1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")];
    let (unit, name) = units.into_iter().find(|(unit, _)| seconds >= *unit).unwrap_or(units[3]);
    let value = seconds / unit;
    let digits = if value >= 100.0 {
        0
    } else if value >= 10.0 {
        1
    } else {
        2
    };
    format!("{value:.digits$} {name}")
}

/// Three significant digits, thousands written out.
fn quantity(value: f64) -> String {
    if value >= 100.0 { rows::number(value.round() as u64) } else { format!("{value:.3}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_digits_and_a_unit() {
        let cases = [(2.5, "2.50 s"), (0.0123, "12.3 ms"), (0.123, "123 ms"), (4.5e-7, "450 ns"), (0.0, "0.00 ns")];
        for (seconds, text) in cases {
            assert_eq!(time(seconds), text);
        }
        assert_eq!(quantity(12345.6), "12,346");
    }
}
