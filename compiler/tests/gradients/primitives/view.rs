//! Views: each kind over several ranks.

use crate::suite::Case;

/// Shape, first elements, steps, counts.
type Slice = (&'static [usize], &'static [usize], &'static [usize], &'static [usize]);

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let shapes: [(&[usize], &[usize]); 12] = [
        (&[6], &[2, 3]),
        (&[2, 3, 2], &[3, 4]),
        (&[1, 4], &[4]),
        (&[2, 2], &[4, 1]),
        (&[2, 3], &[6]),
        (&[1], &[]),
        (&[], &[1, 1]),
        (&[3, 4], &[2, 6]),
        (&[2, 2, 3], &[4, 3]),
        (&[2, 2, 3], &[2, 6]),
        (&[4, 3], &[2, 2, 3]),
        (&[2, 1, 3, 2], &[3, 2, 2, 1]),
    ];
    for (from, to) in shapes {
        cases.push(Case::new(format!("reshape {from:?} to {to:?}"), &[from], move |graph, x| graph.reshape(x[0], to)));
    }
    let orders: [(&[usize], &[usize]); 12] = [
        (&[2, 3], &[1, 0]),
        (&[2, 3, 4], &[1, 2, 0]),
        (&[2, 3, 4], &[2, 0, 1]),
        (&[2, 3, 4], &[0, 2, 1]),
        (&[2, 1, 3, 2], &[3, 1, 0, 2]),
        (&[2, 2, 2], &[2, 1, 0]),
        (&[3, 1], &[1, 0]),
        (&[1, 4], &[1, 0]),
        (&[2, 3, 4], &[1, 0, 2]),
        (&[1, 2, 3, 2], &[0, 2, 3, 1]),
        (&[2, 3, 1, 2], &[0, 3, 1, 2]),
        (&[2, 2, 3, 2], &[2, 3, 0, 1]),
    ];
    for (shape, axes) in orders {
        let name = format!("permute {shape:?} by {axes:?}");
        cases.push(Case::new(name, &[shape], move |graph, x| graph.permute(x[0], axes)));
    }
    let broadcasts: [(&[usize], &[usize], &[usize]); 12] = [
        (&[3], &[2, 3], &[1]),
        (&[3], &[3, 2], &[0]),
        (&[1, 3], &[2, 3], &[0, 1]),
        (&[2, 1], &[2, 3], &[0, 1]),
        (&[], &[2, 2], &[]),
        (&[2, 3], &[2, 4, 3], &[0, 2]),
        (&[1], &[3, 1, 2], &[1]),
        (&[2, 1, 1], &[2, 2, 3], &[0, 1, 2]),
        (&[], &[5], &[]),
        (&[4], &[4], &[0]),
        (&[2, 3], &[3, 2, 2, 3], &[1, 3]),
        (&[1, 3, 1], &[2, 3, 4], &[0, 1, 2]),
    ];
    for (from, to, axes) in broadcasts {
        let name = format!("broadcast {from:?} to {to:?} along {axes:?}");
        cases.push(Case::new(name, &[from], move |graph, x| graph.broadcast_along(x[0], to, axes.to_vec())));
    }
    let slices: [Slice; 12] = [
        (&[5], &[1], &[1], &[3]),
        (&[5], &[0], &[2], &[3]),
        (&[6], &[0], &[2], &[3]),
        (&[7], &[1], &[3], &[2]),
        (&[3, 4], &[1, 0], &[1, 2], &[2, 2]),
        (&[3, 4], &[2, 1], &[1, 1], &[1, 3]),
        (&[4, 4], &[1, 3], &[2, 5], &[2, 1]),
        (&[2, 3, 5], &[0, 1, 1], &[1, 1, 3], &[2, 2, 2]),
        (&[4], &[0], &[1], &[2]),
        (&[4], &[3], &[1], &[1]),
        (&[2, 3], &[0, 0], &[1, 2], &[2, 2]),
        (&[1, 2, 4, 4], &[0, 1, 1, 0], &[1, 1, 2, 3], &[1, 1, 2, 2]),
    ];
    for (shape, start, step, count) in slices {
        let name = format!("slice {count:?} of {shape:?} from {start:?} by {step:?}");
        cases.push(Case::new(name, &[shape], move |graph, x| {
            graph.slice_all(x[0], start.to_vec(), step.to_vec(), count.to_vec())
        }));
    }
    let flips: [(&[usize], &[usize]); 12] = [
        (&[4], &[0]),
        (&[1], &[0]),
        (&[2, 3], &[0]),
        (&[2, 3], &[1]),
        (&[2, 3], &[0, 1]),
        (&[3, 1], &[0, 1]),
        (&[2, 3, 2], &[0]),
        (&[2, 3, 2], &[1]),
        (&[2, 3, 2], &[0, 2]),
        (&[2, 3, 2], &[0, 1, 2]),
        (&[1, 2, 3, 2], &[2, 3]),
        (&[2, 2, 2, 3], &[1, 3]),
    ];
    for (shape, axes) in flips {
        let name = format!("flip {shape:?} along {axes:?}");
        cases.push(Case::new(name, &[shape], move |graph, x| graph.flip(x[0], axes)));
    }
    cases
}
