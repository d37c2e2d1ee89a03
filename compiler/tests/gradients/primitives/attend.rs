//! Attention over leading axes, lengths, widths and masks.

use crate::suite::Case;

/// Leading axes, queries, keys, features of queries and keys, features of values.
const SHAPES: &[(&[usize], [usize; 4])] = &[
    (&[], [1, 1, 1, 1]),
    (&[], [2, 3, 2, 2]),
    (&[2], [3, 3, 1, 2]),
    (&[1], [4, 2, 3, 1]),
    (&[2], [1, 5, 2, 3]),
    (&[2, 2], [2, 2, 2, 2]),
    (&[1, 3], [3, 4, 2, 1]),
];

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for &(lead, [t, s, d, e]) in SHAPES {
        let shape = |last: [usize; 2]| lead.iter().copied().chain(last).collect::<Vec<usize>>();
        let (q, k, v) = (shape([t, d]), shape([s, d]), shape([s, e]));
        for (causal, scale) in [(false, 0.7), (true, 1.3)] {
            let name = format!("attend {q:?} {k:?} {v:?} causal {causal}");
            cases.push(Case::new(name, &[&q, &k, &v], move |graph, x| graph.attend([x[0], x[1], x[2]], causal, scale)));
        }
    }
    // Powers of these scores alone are beyond the largest number.
    for causal in [false, true] {
        let shapes: [&[usize]; 3] = [&[2, 3, 2], &[2, 4, 2], &[2, 4, 3]];
        let name = format!("attend with large scores, causal {causal}");
        let mut case =
            Case::between(name, &shapes, 27.9, 28.0, move |graph, x| graph.attend([x[0], x[1], x[2]], causal, 1.0));
        (case.leaves[2].1, case.leaves[2].2) = (-1.0, 1.0);
        cases.push(case);
    }
    cases.push(Case::new("attend to itself", &[&[2, 3, 2]], |graph, x| graph.attend([x[0]; 3], true, 0.9)));
    cases
}
