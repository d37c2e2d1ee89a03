//! `multi_head_attention`: attention between linear projections of sequences, as in a transformer.

use super::{join_heads, require_heads, split_heads};
use crate::op::initialiser::default_uniform;
use crate::op::prelude::*;

declare_op! {
    /// Queries, keys and values are projected, attend in several heads and are projected once more (Vaswani et al.,
    /// 2017). One input attends to itself; of two, the second gives keys and values; three are queries, keys and
    /// values. All are sequences [steps, d] of one width. Parameters as in PyTorch's `nn.MultiheadAttention`:
    /// `in_proj_weight` [3·d, d] (queries, keys, values), `in_proj_bias` [3·d], `out_proj.weight` [d, d],
    /// `out_proj.bias` [d].
    pub struct MultiHeadAttention = "multi_head_attention"(x, ..) {
        /// Parts of the features that attend by themselves.
        heads | num_heads: usize,
        /// Whether step t sees steps 0 to t alone.
        causal | is_causal: bool = false,
        /// Whether vectors are added after the projections.
        bias: bool = true,
    }
}

impl Op for MultiHeadAttention {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        require_numbers(inputs)?;
        if inputs.len() > 3 {
            return Err(Misuse::new(format!(
                "`multi_head_attention` takes one, two or three inputs, not {}",
                inputs.len()
            ))
            .input(3)
            .help("give queries, keys and values"));
        }
        let mut steps = Vec::new();
        for (index, ty) in inputs.iter().enumerate() {
            let &[length, features] = ty.shape.dims() else {
                return Err(Misuse::new(format!(
                    "`multi_head_attention` takes sequences [steps, features], not {}",
                    ty.shape
                ))
                .input(index)
                .help("bring it to two axes with `reshape`, the steps first"));
            };
            steps.push((length, features));
        }
        let (queries, d) = steps[0];
        if let Some(index) = steps.iter().position(|&(_, features)| features != d) {
            return Err(Misuse::new(format!("the first input has {d} features and this one {}", steps[index].1))
                .input(index)
                .help(format!("bring it to the same width with `dense({d})`")));
        }
        let (keys, values) = (steps.get(1).unwrap_or(&steps[0]).0, steps[steps.len() - 1].0);
        if keys != values {
            return Err(Misuse::new(format!("there are {keys} keys and {values} values"))
                .input(2)
                .why("every key stands for one value")
                .help("take keys and values from the same sequence"));
        }
        if self.causal && queries > keys {
            return Err(Misuse::new(format!("{queries} queries cannot look back on {keys} keys"))
                .argument("causal")
                .why("with `causal`, step t of the queries sees steps 0 to t of the keys")
                .help("use it where queries and keys come from the same sequence"));
        }
        require_heads(self.heads, d, 0)?;
        let is_batched = inputs.iter().any(|ty| ty.shape.is_batched());
        let own = |name, shape, start| ParamSpec::new(name, shape, start, ParamKind::Trainable);
        // PyTorch starts the joint projection by Glorot's rule and the last one as a linear layer.
        let reach = (6.0 / (4.0 * d as f64)).sqrt() as f32;
        let mut signature = Signature::of(TensorType::f32(Shape::new(is_batched, vec![queries, d])?));
        signature = signature.with(own("in_proj_weight", vec![3 * d, d], Init::Uniform { low: -reach, high: reach })?);
        if self.bias {
            signature = signature.with(own("in_proj_bias", vec![3 * d], Init::Constant(0.0))?);
        }
        signature = signature.with(own("out_proj.weight", vec![d, d], default_uniform(d as f64))?);
        if self.bias {
            signature = signature.with(own("out_proj.bias", vec![d], Init::Constant(0.0))?);
        }
        Ok(signature)
    }

    fn expand(&self, graph: &mut Builder, inputs: &[Operand], params: &Params) -> Vec<ValueId> {
        let is_batched = inputs.iter().any(|input| input.ty.shape.is_batched());
        let d = *graph.shape(inputs[0].value).last().expect("sequences have features");
        let sources = match inputs {
            [x] => vec![(x, 0..3)],
            [x, memory] => vec![(x, 0..1), (memory, 1..3)],
            _ => inputs.iter().enumerate().map(|(part, input)| (input, part..part + 1)).collect(),
        };
        let mut parts = Vec::new();
        for (input, range) in sources {
            let Operand { mut value, ty } = input.clone();
            if is_batched && !ty.shape.is_batched() {
                let shape = ty.shape.with_batch(true).concrete(graph.graph.batch);
                value = graph.broadcast_along(value, &shape, (1..shape.len()).collect());
            }
            let rows = (range.start * d, range.len() * d);
            let cut = |graph: &mut Builder, param| graph.slice(param, 0, rows.0, rows.1, 1);
            let weight = cut(graph, params.get("in_proj_weight"));
            let bias = params.find("in_proj_bias").map(|bias| cut(graph, bias));
            let projected = project(graph, value, weight, bias);
            for part in 0..range.len() {
                let features = graph.shape(projected).len() - 1;
                let own = graph.slice(projected, features, part * d, d, 1);
                parts.push(split_heads(graph, own, self.heads));
            }
        }
        let [q, k, v] = parts[..] else { unreachable!("three projections") };
        let scale = 1.0 / ((d / self.heads) as f64).sqrt();
        let attended = graph.attend([q, k, v], self.causal, scale);
        let joined = join_heads(graph, attended, self.heads);
        vec![project(graph, joined, params.get("out_proj.weight"), params.find("out_proj.bias"))]
    }
}

/// x·Wᵀ + b over the last axis.
fn project(graph: &mut Builder, x: ValueId, weight: ValueId, bias: Option<ValueId>) -> ValueId {
    let leading = &b"nt"[2 - (graph.shape(x).len() - 1)..];
    let labels = |last: u8| leading.iter().copied().chain([last]).collect::<Vec<u8>>();
    let product = graph.contract_labels(labels(b'i'), x, b"oi".to_vec(), weight, labels(b'o'));
    match bias {
        Some(bias) => graph.add(product, bias),
        None => product,
    }
}
