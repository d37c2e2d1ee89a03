//! Concatenations along each axis, of parts of different extents.

use crate::suite::Case;

const JOINS: &[(&[&[usize]], usize)] = &[
    (&[&[2], &[3]], 0),
    (&[&[1], &[1], &[1]], 0),
    (&[&[2, 3], &[1, 3]], 0),
    (&[&[2, 3], &[2, 1]], 1),
    (&[&[2, 1], &[2, 2], &[2, 3]], 1),
    (&[&[1, 2, 2], &[1, 3, 2]], 1),
    (&[&[2, 2, 1], &[2, 2, 2]], 2),
    (&[&[3, 1, 2], &[1, 1, 2]], 0),
    (&[&[1, 1, 2, 2], &[1, 2, 2, 2]], 1),
    (&[&[1, 1, 2, 2], &[1, 1, 1, 2]], 2),
    (&[&[1, 1, 2, 2], &[1, 1, 2, 1]], 3),
    (&[&[4]], 0),
];

pub fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = JOINS
        .iter()
        .map(|&(shapes, axis)| {
            Case::new(format!("concat {shapes:?} along {axis}"), shapes, move |graph, x| {
                let joined = graph.concat(x, axis);
                graph.map1(joined, |x| x + x * x)
            })
        })
        .collect();
    cases.push(Case::new("one value twice", &[&[2, 2]], |graph, x| graph.concat(&[x[0], x[0]], 1)));
    cases
}
