//! What primitives cost: multiply-adds and floating-point operations.
//!
//! A MAC is one multiply-add of `Contract`, `Conv` or `Attend`; bias is not counted, padded taps and masked keys are.
//! FLOPs are 2·MAC, one per other scalar operation and one per reduced element; moves are free.

use super::{ConvForm, Node, Prim, PrimGraph, ReduceOp, WindowOp};

/// Multiply-adds and floating-point operations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Multiply-adds of contractions and convolutions.
    pub macs: u64,
    /// Floating-point operations, the multiply-adds' included.
    pub flops: u64,
}

impl std::ops::AddAssign for Cost {
    fn add_assign(&mut self, other: Cost) {
        self.macs = self.macs.saturating_add(other.macs);
        self.flops = self.flops.saturating_add(other.flops);
    }
}

/// The cost of one node.
pub fn cost(graph: &PrimGraph, node: &Node) -> Cost {
    let shape = |input: usize| graph.ty(node.inputs[input]).shape.as_slice();
    let result = node.ty.shape.as_slice();
    let macs = match &node.prim {
        Prim::Contract { left, right, .. } => {
            let summed: Vec<usize> =
                (0..left.len()).filter(|&axis| right.contains(&left[axis])).map(|axis| shape(0)[axis]).collect();
            let own = (0..right.len()).filter(|&axis| !left.contains(&right[axis])).map(|axis| shape(1)[axis]);
            let lone = (0..left.len()).filter(|&axis| !right.contains(&left[axis])).map(|axis| shape(0)[axis]);
            product(summed.iter().copied().chain(own).chain(lone))
        }
        Prim::Conv { form, .. } => {
            let (map, kernel) = match form {
                ConvForm::Forward => (result, shape(1)),
                ConvForm::InputGradient => (shape(0), shape(1)),
                ConvForm::WeightGradient => (shape(1), result),
            };
            product(map.iter().copied()).saturating_mul(product(kernel.iter().skip(1).copied()))
        }
        Prim::Attend { .. } => scores(shape(0), shape(1)).saturating_mul((last(shape(0)) + last(shape(2))) as u64),
        _ => 0,
    };
    let elements = || product(result.iter().copied());
    let flops = match &node.prim {
        Prim::Map(program) => elements().saturating_mul(program.cost()),
        Prim::Reduce { op, .. } => {
            // A variance subtracts, squares and adds after it has added up the mean.
            let each = if *op == ReduceOp::Variance { 4 } else { 1 };
            product(shape(0).iter().copied()).saturating_mul(each)
        }
        Prim::Window { op, geometry } => {
            let taps = product(geometry.kernel.iter().copied());
            match op {
                WindowOp::Max | WindowOp::Sum | WindowOp::Pick => elements().saturating_mul(taps),
                WindowOp::SpreadSum => product(shape(0).iter().copied()).saturating_mul(taps),
                WindowOp::SpreadPick => product(shape(0).iter().copied()),
            }
        }
        // A score is scaled, compared with the largest, lowered by it, raised to a power and added up; then one
        // division.
        Prim::Attend { .. } => scores(shape(0), shape(1)).saturating_mul(5).saturating_add(elements()),
        _ => 0,
    };
    Cost { macs, flops: flops.saturating_add(macs.saturating_mul(2)) }
}

/// Pairs of a query and a key.
fn scores(queries: &[usize], keys: &[usize]) -> u64 {
    let axis = queries.len() - 2;
    product(queries[..=axis].iter().copied()).saturating_mul(keys[axis] as u64)
}

fn last(shape: &[usize]) -> usize {
    shape[shape.len() - 1]
}

fn product(extents: impl Iterator<Item = usize>) -> u64 {
    extents.fold(1, |product: u64, extent| product.saturating_mul(extent as u64))
}
