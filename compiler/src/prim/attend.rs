//! `Attend`: scaled dot-product attention, every query a weighted mean of values.

use super::builder::Builder;
use super::scalar::Scalar;
use super::tensor::{Real, Tensor};
use super::{Prim, Reverse, ValueId, ValueType};
use crate::types::DType;

impl Builder {
    /// Attention of queries [.., T, d] over keys [.., S, d] with values [.., S, e] to [.., T, e].
    pub fn attend(&mut self, [q, k, v]: [ValueId; 3], causal: bool, scale: f64) -> ValueId {
        let mut shape = self.shape(q).to_vec();
        let features = shape.len() - 1;
        shape[features] = self.shape(v)[features];
        self.push(Prim::Attend { causal, scale }, vec![q, k, v], ValueType { dtype: DType::F32, shape })
    }
}

/// Labels of leading axes, of which values have at most [`crate::types::MAX_RANK`] and one of heads.
const LEADING: [u8; 16] = *b"ABCDEFGHIJKLMNOP";

/// Labels of the axes: the leading ones, then two of these.
fn labels(leading: usize, last: &[u8; 2]) -> Vec<u8> {
    LEADING.into_iter().take(leading).chain(*last).collect()
}

/// With weights P = softmax(S), S = scale·Q·Kᵀ, computed again from queries and keys:
/// dV = Pᵀ·dO; dS = P∘(dO·Vᵀ − Σₑ dO∘O); dQ = scale·dS·K; dK = scale·dSᵀ·Q (Dao et al., 2022, appendix B).
pub(crate) fn gradient(graph: &mut Builder, causal: bool, scale: f64, at: &Reverse<'_>) -> Vec<Option<ValueId>> {
    let &[q, k, v] = at.inputs else { unreachable!("attention has three inputs") };
    let lead = graph.shape(q).len() - 2;
    let (queries, keys, weights) = (labels(lead, b"td"), labels(lead, b"sd"), labels(lead, b"ts"));
    let (results, values) = (labels(lead, b"te"), labels(lead, b"se"));
    let probabilities = probabilities(graph, [q, k], causal, scale);
    let to_values = at.wanted[2]
        .then(|| graph.contract_labels(weights.clone(), probabilities, results.clone(), at.upstream, values.clone()));
    if !at.wanted[0] && !at.wanted[1] {
        return vec![None, None, to_values];
    }
    let shape = graph.shape(probabilities).to_vec();
    let rows: Vec<usize> = (0..=lead).collect();
    let towards = graph.contract_labels(results, at.upstream, values, v, weights.clone());
    let agreement = graph.mul(at.upstream, at.result);
    let agreement = graph.sum(agreement, &[lead + 1]);
    let agreement = graph.broadcast_along(agreement, &shape, rows);
    let scores = graph.map(&[probabilities, towards, agreement], |args| &args[0] * &(&args[1] - &args[2]) * scale);
    let to_queries =
        at.wanted[0].then(|| graph.contract_labels(weights.clone(), scores, keys.clone(), k, queries.clone()));
    let to_keys = at.wanted[1].then(|| graph.contract_labels(weights, scores, queries, q, keys));
    vec![to_queries, to_keys, to_values]
}

/// Weights of every query over the keys.
fn probabilities(graph: &mut Builder, [q, k]: [ValueId; 2], causal: bool, scale: f64) -> ValueId {
    let lead = graph.shape(q).len() - 2;
    let scores = graph.contract_labels(labels(lead, b"td"), q, labels(lead, b"sd"), k, labels(lead, b"ts"));
    let scores = graph.map1(scores, |score| {
        let score = score * scale;
        if !causal {
            return score;
        }
        let (query, key) = (Scalar::position(lead), Scalar::position(lead + 1));
        query.less(&key).select(f64::NEG_INFINITY, score)
    });
    graph.softmax(scores, lead + 1)
}

pub(crate) fn evaluate<T: Real>(
    causal: bool,
    scale: f64,
    [q, k, v]: [&[T]; 3],
    [q_shape, k_shape, v_shape]: [&[usize]; 3],
) -> Tensor<T> {
    let rank = q_shape.len();
    let (queries, depth) = (q_shape[rank - 2], q_shape[rank - 1]);
    let (keys, width) = (k_shape[rank - 2], v_shape[rank - 1]);
    let heads = q.chunks_exact(queries * depth).zip(k.chunks_exact(keys * depth)).zip(v.chunks_exact(keys * width));
    let mut result = Vec::with_capacity(q.len() / depth * width);
    for ((q, k), v) in heads {
        for (at, query) in q.chunks_exact(depth).enumerate() {
            let seen = if causal { keys.min(at + 1) } else { keys };
            let product = |key: &[T]| query.iter().zip(key).fold(T::of(0.0), |sum, (&q, &k)| sum + q * k);
            let scores: Vec<T> = k.chunks_exact(depth).take(seen).map(|key| product(key) * T::of(scale)).collect();
            let largest = scores.iter().copied().fold(scores[0], |a, b| if a < b || b.undefined() { b } else { a });
            let weights: Vec<T> = scores.iter().map(|&score| (score - largest).exponential()).collect();
            let total = weights.iter().fold(T::of(0.0), |sum, &weight| sum + weight);
            let mut row = vec![T::of(0.0); width];
            for (&weight, value) in weights.iter().zip(v.chunks_exact(width)) {
                row.iter_mut().zip(value).for_each(|(sum, &value)| *sum += weight * value);
            }
            result.extend(row.into_iter().map(|sum| sum / total));
        }
    }
    Tensor::Real(result)
}
