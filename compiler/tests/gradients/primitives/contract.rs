//! Contractions: vectors, matrices, batches, outer products, transposed results.

use crate::suite::Case;

type Labelled = (&'static str, &'static [usize]);

const PRODUCTS: &[(Labelled, Labelled, &str)] = &[
    (("nk", &[2, 3]), ("mk", &[4, 3]), "nm"),
    (("nk", &[2, 3]), ("km", &[3, 4]), "nm"),
    (("kn", &[3, 2]), ("km", &[3, 4]), "nm"),
    (("nk", &[2, 3]), ("mk", &[4, 3]), "mn"),
    (("k", &[5]), ("k", &[5]), ""),
    (("n", &[3]), ("m", &[2]), "nm"),
    (("n", &[3]), ("m", &[2]), "mn"),
    (("bnk", &[2, 2, 3]), ("bkm", &[2, 3, 2]), "bnm"),
    (("nbk", &[2, 2, 3]), ("bmk", &[2, 2, 3]), "bnm"),
    (("bhqd", &[1, 2, 2, 3]), ("bhkd", &[1, 2, 2, 3]), "bhqk"),
    (("nkj", &[2, 3, 2]), ("mkj", &[2, 3, 2]), "nm"),
    (("nk", &[1, 1]), ("mk", &[1, 1]), "nm"),
    (("n", &[4]), ("n", &[4]), "n"),
    (("nk", &[3, 2]), ("k", &[2]), "n"),
    (("abk", &[2, 2, 3]), ("ck", &[2, 3]), "acb"),
];

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for &((left, left_shape), (right, right_shape), out) in PRODUCTS {
        let name = format!("{left},{right}->{out}");
        cases.push(Case::new(name, &[left_shape, right_shape], move |graph, x| {
            let product = graph.contract(left, x[0], right, x[1], out);
            graph.map1(product, |x| x + x * x)
        }));
    }
    cases.push(Case::new("a matrix by its own transpose", &[&[2, 3]], |graph, x| {
        graph.contract("nk", x[0], "mk", x[0], "nm")
    }));
    cases
}
