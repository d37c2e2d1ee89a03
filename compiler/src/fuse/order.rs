//! In which order the axes of a value lie in memory: channels innermost for the maps of convolutional networks.

use crate::prim::{ConvForm, Prim, PrimGraph, ValueId, View};

/// For each value: whether its axis 1 is innermost in memory.
///
/// Maps that convolutions read or write are stored so, and whatever is connected to them element by element, by
/// windows, borders or concatenation.
pub fn channels_last(graph: &PrimGraph) -> Vec<bool> {
    let mut classes = Classes { parent: (0..graph.nodes.len() as u32).collect() };
    for id in graph.ids() {
        let node = graph.node(id);
        let joins = match &node.prim {
            Prim::Map(_) | Prim::Window { .. } | Prim::Pad { .. } | Prim::Concat { .. } | Prim::Detach => true,
            Prim::View(View::Slice { .. } | View::Flip(_)) => true,
            Prim::View(View::Broadcast(axes)) => axes.len() == node.ty.shape.len(),
            _ => false,
        };
        if joins && node.ty.shape.len() >= 3 {
            for &input in &node.inputs {
                classes.join(id, input);
            }
        }
    }
    let mut is_map = vec![false; graph.nodes.len()];
    for id in graph.ids() {
        let node = graph.node(id);
        if let Prim::Conv { form, .. } = &node.prim {
            let ends = match form {
                ConvForm::Forward | ConvForm::InputGradient => [id, node.inputs[0]],
                ConvForm::WeightGradient => [node.inputs[0], node.inputs[1]],
            };
            for end in ends {
                is_map[classes.find(end) as usize] = true;
            }
        }
    }
    let mut last: Vec<bool> = graph.ids().map(|id| is_map[classes.find(id) as usize]).collect();
    for id in graph.ids() {
        let node = graph.node(id);
        if node.prim.is_weight_gradient() || matches!(node.prim, Prim::Source(_)) || node.ty.shape.len() < 3 {
            last[id.0 as usize] = false;
        }
    }
    last
}

/// The axes of a value from the outermost in memory to the innermost.
pub fn axes(rank: usize, channels_last: bool) -> Vec<usize> {
    if channels_last && rank >= 3 {
        std::iter::once(0).chain(2..rank).chain(std::iter::once(1)).collect()
    } else {
        (0..rank).collect()
    }
}

/// The order of a value of the graph, without axes of one element.
pub(super) fn long_axes(graph: &PrimGraph, last: &[bool], value: ValueId) -> Vec<usize> {
    let shape = &graph.ty(value).shape;
    axes(shape.len(), last[value.0 as usize]).into_iter().filter(|&axis| shape[axis] > 1).collect()
}

/// Disjoint sets of values.
struct Classes {
    parent: Vec<u32>,
}

impl Classes {
    fn find(&mut self, value: ValueId) -> u32 {
        let mut at = value.0;
        while self.parent[at as usize] != at {
            let above = self.parent[at as usize];
            self.parent[at as usize] = self.parent[above as usize];
            at = above;
        }
        at
    }

    fn join(&mut self, x: ValueId, y: ValueId) {
        let (x, y) = (self.find(x), self.find(y));
        self.parent[x.max(y) as usize] = x.min(y);
    }
}
