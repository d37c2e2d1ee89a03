//! The text form of a kernel graph: each kernel with what it reads, what it computes on the way, and what it stores for
//! which rule of fusion.
//!
//! ```text
//! kernel 3 contract: %13 of %3, %7, %9  // conv1
//!   %12 = conv forward %3, %7 stride 1 pad 1 : f32[8, 32, 14, 14]
//!   %13 = map relu(x0 + x1) of %12, %9 : f32[8, 32, 14, 14], stored: %14 is not elementwise
//! ```

use super::{Kernel, KernelGraph, KernelKind};
use crate::prim::ValueId;
use std::collections::BTreeSet;
use std::fmt;

impl fmt::Display for KernelGraph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let graph = &self.prims;
        writeln!(f, "kernels {} {} batch {}", graph.name, format!("{:?}", graph.mode).to_lowercase(), graph.batch)?;
        for (index, kernel) in self.kernels.iter().enumerate() {
            self.write_kernel(f, index, kernel)?;
        }
        writeln!(f)?;
        for (role, value) in &graph.results {
            writeln!(f, "result {role:?} = {value}")?;
        }
        for (state, value) in &graph.updates {
            writeln!(f, "update {} = {value}", graph.states[state.0 as usize].path)?;
        }
        Ok(())
    }
}

impl KernelGraph {
    fn write_kernel(&self, f: &mut fmt::Formatter<'_>, index: usize, kernel: &Kernel) -> fmt::Result {
        let graph = &self.prims;
        let kind = match kernel.kind {
            KernelKind::Loop => "loop",
            KernelKind::Contract { .. } => "contract",
            KernelKind::Attend => "attend",
            KernelKind::Random => "random",
        };
        write!(f, "\nkernel {index} {kind}:")?;
        for (position, output) in kernel.outputs.iter().enumerate() {
            write!(f, "{} {}", if position > 0 { "," } else { "" }, output.into)?;
            if output.offset.iter().any(|&begin| begin > 0) {
                write!(f, " from {:?}", output.offset)?;
            }
        }
        for (position, input) in kernel.inputs.iter().enumerate() {
            write!(f, "{} {input}", if position > 0 { "," } else { " of" })?;
        }
        let origin = graph.node(kernel.outputs[0].value).origin;
        writeln!(f, "  // {}", graph.layers.get(origin.0 as usize).map_or("", String::as_str))?;
        for value in self.computed(kernel) {
            let node = graph.node(value);
            write!(f, "  {value} = ")?;
            graph.write_node(f, node)?;
            write!(f, " : {}", node.ty)?;
            let is_output = kernel.outputs.iter().any(|output| output.into == value);
            match self.rules[value.0 as usize].filter(|_| is_output) {
                Some(rule) => writeln!(f, ", stored: {rule}")?,
                None => writeln!(f)?,
            }
        }
        Ok(())
    }

    /// The values that a kernel computes, inlined ones included, ascending.
    pub fn computed(&self, kernel: &Kernel) -> BTreeSet<ValueId> {
        let mut values = BTreeSet::new();
        let mut open: Vec<ValueId> = kernel.outputs.iter().map(|output| output.value).collect();
        open.retain(|&value| kernel.outputs.iter().any(|output| output.into == value) || !self.is_loaded(value));
        while let Some(value) = open.pop() {
            if values.insert(value) {
                open.extend(self.prims.node(value).inputs.iter().filter(|&&input| !self.is_loaded(input)));
            }
        }
        values
    }
}
