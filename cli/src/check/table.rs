//! The table for people: as wide as the terminal, totals and assertions below it.

use super::rows::{Line, bytes, field, lines, number, shape};
use netc_compiler::summarize::{MemoryPlan, PLANNED_LAYERS, Summary};
use netc_grammar::escape_terminal;
use std::borrow::Cow;
use std::fmt::Write;

/// How the table is shown.
pub struct Style {
    /// Columns of the terminal, if it is one.
    pub width: Option<usize>,
    /// Whether words are coloured.
    pub color: bool,
    /// Threads that the memory is stated for.
    pub threads: usize,
}

const HEADINGS: [&str; 7] = ["layer", "operator", "output", "params", "MACs", "field", "memory"];
/// Columns whose text is aligned to the right.
const RIGHT: [bool; 7] = [false, false, false, true, true, true, true];
/// Narrowest that a shortened column becomes.
const LEAST: usize = 12;

/// The whole text.
pub fn text(summary: &Summary, expand: bool, style: &Style) -> String {
    let rows = lines(summary, expand);
    let folded = rows.len() < summary.layers.len();
    let mut cells = Cells::default();
    rows.iter().for_each(|row| cells.push(cells_of(row)));
    let columns = widths(&cells, style.width);
    let mut text = format!("network {}, batch {}\n\n", summary.network, summary.batch);
    let mut heading = String::new();
    line(&mut heading, HEADINGS, &columns);
    text.push_str(&paint(&heading, "1", style.color));
    text.push('\n');
    for cells in cells.rows() {
        line(&mut text, cells, &columns);
        text.push('\n');
    }
    text.push('\n');
    totals(&mut text, summary, style);
    if folded {
        text.push_str("\nblocks are folded; `--expand` shows their layers\n");
    }
    text
}

/// The cells of all rows in one text: a table may have a hundred thousand rows.
#[derive(Default)]
struct Cells {
    text: String,
    /// Where each cell ends.
    ends: Vec<[usize; 7]>,
}

impl Cells {
    fn push(&mut self, cells: [Cow<'_, str>; 7]) {
        let end = |cell: Cow<'_, str>| {
            self.text.push_str(&cell);
            self.text.len()
        };
        let ends = cells.map(end);
        self.ends.push(ends);
    }

    fn rows(&self) -> impl Iterator<Item = [&str; 7]> {
        let mut start = 0;
        self.ends.iter().map(move |ends| ends.map(|end| &self.text[std::mem::replace(&mut start, end)..end]))
    }
}

fn cells_of<'a>(line: &Line<'a>) -> [Cow<'a, str>; 7] {
    [
        escape_terminal(line.path).into(),
        escape_terminal(line.op).into(),
        shape(line.output).into(),
        number(line.params).into(),
        number(line.macs).into(),
        field(line.field).into(),
        bytes(line.bytes).into(),
    ]
}

/// The width of each column; 0 leaves a column out. Where the terminal is too narrow, memory and field go first, then
/// operators and paths are shortened.
fn widths(cells: &Cells, terminal: Option<usize>) -> [usize; 7] {
    let mut widths = HEADINGS.map(str::len);
    for row in cells.rows() {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let Some(terminal) = terminal else { return widths };
    let total =
        |widths: &[usize; 7]| widths.iter().filter(|&&width| width > 0).map(|width| width + 2).sum::<usize>() - 2;
    let shorten = |widths: &mut [usize; 7], column: usize, least: usize| {
        let surplus = total(widths).saturating_sub(terminal);
        let spare = widths[column].saturating_sub(least);
        widths[column] -= spare.min(surplus);
    };
    shorten(&mut widths, 1, 30);
    shorten(&mut widths, 0, 24);
    for column in [6, 5] {
        if total(&widths) > terminal {
            widths[column] = 0;
        }
    }
    shorten(&mut widths, 1, LEAST);
    shorten(&mut widths, 0, LEAST);
    widths
}

/// Adds a row to the text, without blanks at its end.
fn line(text: &mut String, cells: [&str; 7], widths: &[usize; 7]) {
    let start = text.len();
    for (column, (cell, &width)) in cells.into_iter().zip(widths).enumerate() {
        if width == 0 {
            continue;
        }
        let cell = shortened(cell, width, column == 0);
        if text.len() > start {
            text.push_str("  ");
        }
        let _ = if RIGHT[column] { write!(text, "{cell:>width$}") } else { write!(text, "{cell:<width$}") };
    }
    text.truncate(text.trim_end_matches(' ').len().max(start));
}

/// A cell of at most `width` characters; of paths the end is kept.
fn shortened(cell: &str, width: usize, keep_end: bool) -> Cow<'_, str> {
    let count = cell.chars().count();
    if count <= width {
        return cell.into();
    }
    if keep_end {
        return std::iter::once('…').chain(cell.chars().skip(count + 1 - width)).collect();
    }
    cell.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

fn totals(text: &mut String, summary: &Summary, style: &Style) {
    let total = &summary.total;
    let _ = writeln!(
        text,
        "parameters   {} (trainable {}, frozen {}, buffers besides {})",
        number(total.params),
        number(total.trainable),
        number(total.frozen),
        number(total.buffers)
    );
    let pair = |name: &str, forward: u64, backward: u64| {
        format!("{name:<12} {} forward, {} backward\n", number(forward), number(backward))
    };
    text.push_str(&pair("MACs", total.macs_forward, total.macs_backward));
    text.push_str(&pair("FLOPs", total.flops_forward, total.flops_backward));
    let plans = [("predict", &total.memory_predict), ("train", &total.memory_train)];
    if total.memory_predict.is_none() {
        let _ = writeln!(text, "memory         not planned beyond {} layers", number(PLANNED_LAYERS as u64));
    }
    for (name, plan) in plans.into_iter().filter_map(|(name, plan)| Some((name, plan.as_ref()?))) {
        let title = format!("memory {name}");
        let _ = writeln!(text, "{title:<14} {} ({})", bytes(plan.total()), parts(plan, style.threads));
    }
    for assertion in &summary.assertions {
        let (mark, color) = if assertion.holds { ("holds", "32") } else { ("FAILS", "1;31") };
        let actual = match &assertion.actual {
            Some(actual) if !assertion.holds => format!("   (it is {actual})"),
            None if assertion.fault.is_some() => "   (it has no result)".to_string(),
            None if !assertion.holds => "   (it is not known)".to_string(),
            _ => String::new(),
        };
        let _ = writeln!(text, "{}  {}{actual}", paint(mark, color, style.color), escape_terminal(&assertion.text));
    }
    text.push_str(
        "\nCosts are of one sample: a MAC is a multiply-add of a dense layer, convolution or attention, bias not counted, \
         padded\ntaps counted; FLOPs are 2 per MAC and 1 per other operation and reduced element. Memory is of the whole batch.\n",
    );
}

fn parts(plan: &MemoryPlan, threads: usize) -> String {
    let scratch = format!("scratch of {threads} threads");
    let parts = [
        ("parameters", plan.params),
        ("optimiser", plan.state),
        ("derived", plan.derived),
        ("intermediates", plan.arena),
        ("inputs and outputs", plan.inputs),
        (scratch.as_str(), plan.scratch),
    ];
    let shown = parts.iter().filter(|(_, size)| *size > 0).map(|(name, size)| format!("{name} {}", bytes(*size)));
    shown.collect::<Vec<_>>().join(", ")
}

fn paint(text: &str, style: &str, color: bool) -> String {
    if color { format!("\u{1b}[{style}m{text}\u{1b}[0m") } else { text.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_fits_the_terminal() {
        let row = [
            "layer4.1.conv2.some.very.long.path.of.a.layer",
            "conv2d(512, kernel = 3, stride = 2, pad = 1, bias = false)",
            "[N, 512, 7, 7]",
            "2,359,296",
            "115,605,504",
            "435",
            "98.0 KiB",
        ];
        let mut cells = Cells::default();
        cells.push(row.map(Cow::from));
        for terminal in [60, 80, 100, 120, 200] {
            let widths = widths(&cells, Some(terminal));
            let mut text = String::new();
            line(&mut text, row, &widths);
            assert!(text.chars().count() <= terminal.max(70), "{terminal}: {text}");
        }
        assert_eq!(shortened("layer1.0.conv1", 8, true), "….conv1".chars().collect::<String>().replace("….", "…0."));
        assert_eq!(shortened("conv2d(64)", 6, false), "conv2…");
    }
}
