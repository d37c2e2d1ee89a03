//! The lines that tables show: one per layer, or one per innermost block; and how numbers are written.

use netc_compiler::summarize::{ReceptiveField, Summary};
use netc_compiler::types::Shape;

/// Bytes of an element of a result.
const ELEMENT: u64 = 4;

/// One line of a table.
pub struct Line<'a> {
    /// Path of the layer or block.
    pub path: &'a str,
    /// What it is, with resolved arguments.
    pub op: &'a str,
    /// Shape without the batch.
    pub output: &'a Shape,
    /// Parameters.
    pub params: u64,
    /// Forward multiply-adds of one sample.
    pub macs: u64,
    /// The field of the last layer.
    pub field: Option<&'a ReceptiveField>,
    /// Bytes of the results at the stated batch.
    pub bytes: u64,
}

/// Lines of a summary; blocks that call no other block are one line each unless `expand`.
pub fn lines(summary: &Summary, expand: bool) -> Vec<Line<'_>> {
    let mut folded: Vec<Option<usize>> = vec![None; summary.layers.len()];
    for (index, block) in summary.blocks.iter().enumerate() {
        if !expand && block.innermost && block.rows.len() > 1 {
            folded[block.rows.clone()].fill(Some(index));
        }
    }
    let mut lines: Vec<Line<'_>> = Vec::with_capacity(summary.layers.len());
    let mut last: Option<usize> = None;
    for (row, block) in summary.layers.iter().zip(folded) {
        let bytes = row.output.elements().saturating_mul(ELEMENT).saturating_mul(summary.batch as u64);
        match (block, lines.last_mut()) {
            (Some(_), Some(line)) if block == last => {
                line.params += row.params;
                line.macs = line.macs.saturating_add(row.macs);
                line.bytes = line.bytes.saturating_add(bytes);
                line.output = &row.output;
                line.field = row.receptive_field.as_ref();
            }
            _ => {
                let block = block.map(|index| &summary.blocks[index]);
                lines.push(Line {
                    path: block.map_or(&row.path, |block| &block.path),
                    op: block.map_or(&row.op, |block| &block.op),
                    output: &row.output,
                    params: row.params,
                    macs: row.macs,
                    field: row.receptive_field.as_ref(),
                    bytes,
                });
            }
        }
        last = block;
    }
    lines
}

/// `15,470,264,320`
pub fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1.5 MiB`
pub fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let unit = (bytes.max(1).ilog2() / 10) as usize;
    match unit {
        0 => format!("{bytes} B"),
        _ => format!("{:.1} {}", bytes as f64 / (1u64 << (10 * unit)) as f64, UNITS[unit]),
    }
}

/// `[64, 224, 224]`, with the batch in front.
pub fn shape(shape: &Shape) -> String {
    let axes = shape.dims().iter().map(u64::to_string);
    let axes: Vec<String> = shape.is_batched().then(|| "N".to_string()).into_iter().chain(axes).collect();
    format!("[{}]", axes.join(", "))
}

/// `212`, or `31×15` where the axes differ; `all` where everything is seen.
pub fn field(field: Option<&ReceptiveField>) -> String {
    let Some(field) = field else { return "-".to_string() };
    if field.axes.iter().all(|axis| axis.jump == 0.0) {
        return "all".to_string();
    }
    let sizes: Vec<String> = field.axes.iter().map(|axis| axis.size.to_string()).collect();
    if sizes.windows(2).all(|pair| pair[0] == pair[1]) { sizes[0].clone() } else { sizes.join("×") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_bytes_have_units() {
        for (n, text) in [(0, "0"), (999, "999"), (1_792, "1,792"), (138_357_544, "138,357,544")] {
            assert_eq!(number(n), text);
        }
        for (n, text) in [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (1 << 30, "1.0 GiB")] {
            assert_eq!(bytes(n), text);
        }
    }
}
