//! `Contract`: any batched matrix product in Einstein notation.

use super::builder::Builder;
use super::tensor::{Places, Real, Tensor, strides};
use super::{Prim, Reverse, ValueId, ValueType};
use crate::types::DType;

impl Builder {
    /// Batched matrix product in Einstein notation, one byte per axis: `contract("nk", x, "mk", w, "nm")`.
    pub fn contract(&mut self, left: &str, x: ValueId, right: &str, y: ValueId, out: &str) -> ValueId {
        self.contract_labels(left.into(), x, right.into(), y, out.into())
    }

    /// The same with labels as bytes.
    pub fn contract_labels(&mut self, left: Vec<u8>, x: ValueId, right: Vec<u8>, y: ValueId, out: Vec<u8>) -> ValueId {
        let extent = |label: &u8| {
            let in_left = left.iter().position(|known| known == label).map(|axis| self.shape(x)[axis]);
            in_left.or_else(|| right.iter().position(|known| known == label).map(|axis| self.shape(y)[axis]))
        };
        let shape: Vec<usize> = out.iter().filter_map(extent).collect();
        let ty = ValueType { dtype: DType::F32, shape };
        self.push(Prim::Contract { left, right, out }, vec![x, y], ty)
    }
}

/// Each input's gradient is the contraction of the upstream gradient with the other input.
pub(crate) fn gradient(graph: &mut Builder, labels: [&[u8]; 3], at: &Reverse<'_>) -> Vec<Option<ValueId>> {
    let [left, right, out] = labels.map(<[u8]>::to_vec);
    let (x, y) = (at.inputs[0], at.inputs[1]);
    let to_left = at.wanted[0].then(|| graph.contract_labels(out.clone(), at.upstream, right.clone(), y, left.clone()));
    let to_right = at.wanted[1].then(|| graph.contract_labels(left, x, out, at.upstream, right));
    vec![to_left, to_right]
}

pub(crate) fn evaluate<T: Real>(
    [left, right, out]: [&[u8]; 3],
    x: &[T],
    x_shape: &[usize],
    y: &[T],
    y_shape: &[usize],
) -> Tensor<T> {
    let batch: Vec<u8> = out.iter().copied().filter(|label| left.contains(label) && right.contains(label)).collect();
    let rows: Vec<u8> = out.iter().copied().filter(|label| left.contains(label) && !right.contains(label)).collect();
    let columns: Vec<u8> = out.iter().copied().filter(|label| !left.contains(label)).collect();
    let summed: Vec<u8> = left.iter().copied().filter(|label| !out.contains(label)).collect();
    let extent = |label: &u8| match left.iter().position(|known| known == label) {
        Some(axis) => x_shape[axis],
        None => right.iter().position(|known| known == label).map_or(1, |axis| y_shape[axis]),
    };
    let extents = |labels: &[u8]| -> usize { labels.iter().map(extent).product() };
    let a = arranged(x, left, x_shape, &[&batch, &rows, &summed]);
    let b = arranged(y, right, y_shape, &[&batch, &summed, &columns]);
    let (m, k, n) = (extents(&rows), extents(&summed), extents(&columns));
    let mut product = vec![T::of(0.0); extents(&batch) * m * n];
    for (index, c) in product.chunks_exact_mut(n).enumerate() {
        let panel = &b[index / m * k * n..][..k * n];
        for (&a, b) in a[index * k..][..k].iter().zip(panel.chunks_exact(n)) {
            for (c, &b) in c.iter_mut().zip(b) {
                *c += a * b;
            }
        }
    }
    let order: Vec<u8> = [batch, rows, columns].concat();
    let shape: Vec<usize> = order.iter().map(extent).collect();
    Tensor::Real(arranged(&product, &order, &shape, &[out]))
}

/// Elements with their axes in the order of `wanted`.
fn arranged<T: Real>(values: &[T], labels: &[u8], shape: &[usize], wanted: &[&[u8]]) -> Vec<T> {
    let axes: Vec<usize> =
        wanted.concat().iter().filter_map(|label| labels.iter().position(|known| known == label)).collect();
    let all = strides(shape);
    let places = Places {
        offset: 0,
        strides: axes.iter().map(|&axis| all[axis]).collect(),
        shape: axes.iter().map(|&axis| shape[axis]).collect(),
    };
    places.read(values)
}
