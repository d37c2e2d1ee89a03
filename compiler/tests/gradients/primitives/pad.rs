//! Borders and gaps, with filling of zero and others.

use crate::suite::Case;

/// Shape, before, after, between, filling.
type Pad = (&'static [usize], &'static [usize], &'static [usize], &'static [usize], f64);

const PADS: &[Pad] = &[
    (&[3], &[1], &[0], &[0], 0.0),
    (&[3], &[0], &[2], &[0], 0.0),
    (&[3], &[1], &[2], &[0], 1.5),
    (&[3], &[0], &[0], &[1], 0.0),
    (&[3], &[2], &[1], &[2], 0.0),
    (&[1], &[1], &[1], &[3], 0.0),
    (&[2, 3], &[1, 0], &[0, 1], &[0, 0], 0.0),
    (&[2, 3], &[1, 1], &[1, 1], &[0, 0], -2.0),
    (&[2, 3], &[0, 0], &[0, 0], &[1, 2], 0.0),
    (&[2, 2], &[0, 1], &[2, 0], &[1, 0], 0.0),
    (&[2, 2, 2], &[0, 1, 1], &[0, 1, 0], &[0, 0, 1], 0.0),
    (&[1, 2, 2, 2], &[0, 0, 1, 1], &[0, 0, 1, 1], &[0, 0, 0, 0], 0.0),
];

pub fn cases() -> Vec<Case> {
    let case = |&(shape, low, high, interior, value): &Pad| {
        let name = format!("pad {shape:?} by {low:?}, {high:?}, {interior:?} with {value}");
        Case::new(name, &[shape], move |graph, x| {
            let padded = graph.pad_gaps(x[0], low.to_vec(), high.to_vec(), interior.to_vec(), value);
            graph.map1(padded, |x| x + x * x)
        })
    };
    PADS.iter().map(case).collect()
}
