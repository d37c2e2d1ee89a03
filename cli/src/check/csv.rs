//! A line per layer in comma-separated values.

use super::rows;
use netc_compiler::summarize::Summary;

/// The heading and the layers, blocks never folded. Shapes are `64x224x224`, without the batch.
pub fn lines(summary: &Summary) -> String {
    let heading = ["path", "op", "output", "params", "macs", "receptive_field"].map(str::to_string);
    let rows = rows::lines(summary, true).into_iter().map(|line| {
        let output: Vec<String> = line.output.dims().iter().map(u64::to_string).collect();
        let sizes = line.field.into_iter().flat_map(|field| &field.axes).map(|axis| axis.size.to_string());
        [
            line.path.to_string(),
            line.op.to_string(),
            output.join("x"),
            line.params.to_string(),
            line.macs.to_string(),
            sizes.collect::<Vec<_>>().join("x"),
        ]
    });
    let line = |row: [String; 6]| row.iter().map(|cell| quoted(cell)).collect::<Vec<_>>().join(",") + "\n";
    std::iter::once(heading).chain(rows).map(line).collect()
}

/// As RFC 4180 says.
fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_string() }
}
