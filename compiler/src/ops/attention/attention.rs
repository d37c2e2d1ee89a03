//! `attention`: every query is answered with a mean of values, weighted by how well their keys fit it.

use super::{join_heads, require_heads, split_heads};
use crate::op::prelude::*;

declare_op! {
    /// softmax(Q·Kᵀ·scale)·V (Vaswani et al., 2017) on sequences: queries [T, d], keys [S, d] and values [S, e] give
    /// [T, e]. Several heads cut the features into equal parts that attend by themselves. Before the two axes there may
    /// be another one, the same for all three. PyTorch's `scaled_dot_product_attention`.
    pub struct Attention = "attention"(query, key, value) {
        /// Parts of the features that attend by themselves.
        heads | num_heads: usize = 1,
        /// Whether step t sees steps 0 to t alone.
        causal | is_causal: bool = false,
        /// Factor of the products; 1/√(d/heads) if left out.
        scale: Option<f64> = None,
    }
}

impl Op for Attention {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        require_numbers(inputs)?;
        if let Some(scale) = self.scale {
            require_range("scale", scale, scale.is_finite(), "finite")?;
        }
        for (index, ty) in inputs.iter().enumerate() {
            if !(2..=3).contains(&ty.shape.rank()) {
                return Err(Misuse::new(format!("`attention` takes sequences [steps, features], not {}", ty.shape))
                    .input(index)
                    .help("bring it to two axes with `reshape`, the steps first"));
            }
        }
        let [query, key, value] = [0, 1, 2].map(|input| &inputs[input].shape);
        let lead = query.rank() - 2;
        for (index, other) in [(1, key), (2, value)] {
            if other.rank() != query.rank() || other.dims()[..lead] != query.dims()[..lead] {
                return Err(Misuse::new(format!("queries {query} and {other} differ before their last two axes"))
                    .input(index)
                    .help(format!("bring it to {} axes as the queries are", query.rank())));
            }
        }
        let (q, k, v) = (&query.dims()[lead..], &key.dims()[lead..], &value.dims()[lead..]);
        if q[1] != k[1] {
            return Err(Misuse::new(format!("queries have {} features and keys {}", q[1], k[1]))
                .input(1)
                .why("every query is multiplied with every key, feature by feature")
                .help(format!("bring both to one width, by `dense({})` for the keys", q[1])));
        }
        if k[0] != v[0] {
            return Err(Misuse::new(format!("there are {} keys and {} values", k[0], v[0]))
                .input(2)
                .why("every key stands for one value")
                .help("take keys and values from the same sequence"));
        }
        if self.causal && q[0] > k[0] {
            return Err(Misuse::new(format!("{} queries cannot look back on {} keys", q[0], k[0]))
                .argument("causal")
                .why("with `causal`, step t of the queries sees steps 0 to t of the keys")
                .help("use it where queries and keys come from the same sequence"));
        }
        require_heads(self.heads, q[1], 0)?;
        require_heads(self.heads, v[1], 2)?;
        let mut dims = query.dims().to_vec();
        dims[lead + 1] = v[1];
        let is_batched = inputs.iter().any(|ty| ty.shape.is_batched());
        Ok(Signature::of(TensorType::f32(Shape::new(is_batched, dims)?)))
    }

    fn expand(&self, graph: &mut Builder, inputs: &[Operand], _: &Params) -> Vec<ValueId> {
        let is_batched = inputs.iter().any(|input| input.ty.shape.is_batched());
        let parts = [0, 1, 2].map(|input| {
            let Operand { mut value, ty } = inputs[input].clone();
            if is_batched && !ty.shape.is_batched() {
                let shape = ty.shape.with_batch(true).concrete(graph.graph.batch);
                value = graph.broadcast_along(value, &shape, (1..shape.len()).collect());
            }
            split_heads(graph, value, self.heads)
        });
        let depth = *graph.shape(parts[0]).last().expect("sequences have features");
        let scale = self.scale.unwrap_or(1.0 / (depth as f64).sqrt());
        let attended = graph.attend(parts, self.causal, scale);
        vec![join_heads(graph, attended, self.heads)]
    }
}
