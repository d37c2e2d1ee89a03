//! Checks that a primitive graph is what its types promise: order, arity, element types and extents of every node.
//!
//! A failure is an error in the compiler, never in a model.

use super::builder::operation_types;
use super::scalar::{ScalarOp, ScalarProgram};
use super::{ConvForm, ConvGeometry, Node, Prim, PrimGraph, ReduceOp, Source, ValueId, View, WindowGeometry, WindowOp};
use crate::types::DType;

/// The first node that breaks a rule, and which rule.
pub fn verify(graph: &PrimGraph) -> Result<(), String> {
    for id in graph.ids() {
        let node = graph.node(id);
        let fail = |rule: String| Err(format!("{id} in `{}`: {rule}", layer(graph, node)));
        if let Some(later) = node.inputs.iter().find(|input| **input >= id) {
            return fail(format!("reads {later}, which comes later"));
        }
        if node.ty.shape.contains(&0) {
            return fail(format!("has no elements: {}", node.ty));
        }
        let inputs: Vec<&[usize]> = node.inputs.iter().map(|&input| graph.ty(input).shape.as_slice()).collect();
        if let Err(rule) = check(graph, node, &inputs) {
            return fail(rule);
        }
    }
    let results = graph.results.iter().map(|&(_, value)| value);
    let updates = graph.updates.iter().map(|&(_, value)| value);
    match results.chain(updates).find(|value| value.0 as usize >= graph.nodes.len()) {
        Some(value) => Err(format!("a result is {value}, which does not exist")),
        None => check_updates(graph),
    }
}

fn layer<'a>(graph: &'a PrimGraph, node: &Node) -> &'a str {
    graph.layers.get(node.origin.0 as usize).map_or("?", String::as_str)
}

fn check_updates(graph: &PrimGraph) -> Result<(), String> {
    for (index, (state, value)) in graph.updates.iter().enumerate() {
        let known = &graph.states[state.0 as usize];
        if graph.ty(*value).shape != known.shape {
            return Err(format!("the update of `{}` has another shape", known.path));
        }
        if graph.updates[..index].iter().any(|(other, _)| other == state) {
            return Err(format!("`{}` is updated twice", known.path));
        }
    }
    Ok(())
}

fn require(holds: bool, rule: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(rule()) }
}

fn arity(node: &Node, count: usize) -> Result<(), String> {
    require(node.inputs.len() == count, || format!("has {} inputs instead of {count}", node.inputs.len()))
}

fn same(what: &str, shape: &[usize], wanted: &[usize]) -> Result<(), String> {
    require(shape == wanted, || format!("{what} has the shape {shape:?} instead of {wanted:?}"))
}

fn check(graph: &PrimGraph, node: &Node, inputs: &[&[usize]]) -> Result<(), String> {
    let result = node.ty.shape.as_slice();
    let dtype = |input: usize| graph.ty(node.inputs[input]).dtype;
    let keeps_type = || require(node.ty.dtype == dtype(0), || "changes the element type".to_string());
    match &node.prim {
        Prim::Source(source) => {
            arity(node, 0)?;
            check_source(graph, node, source)
        }
        Prim::Map(program) => check_map(graph, node, program, inputs),
        Prim::Reduce { op, axes } => {
            arity(node, 1)?;
            let ordered =
                axes.windows(2).all(|pair| pair[0] < pair[1]) && axes.iter().all(|&axis| axis < inputs[0].len());
            require(ordered, || format!("axes {axes:?} of {:?}", inputs[0]))?;
            let kept: Vec<usize> =
                (0..inputs[0].len()).filter(|axis| !axes.contains(axis)).map(|a| inputs[0][a]).collect();
            same("the result", result, &kept)?;
            match op {
                ReduceOp::Argmax => require(!node.ty.dtype.is_float(), || "positions are integers".to_string()),
                _ => keeps_type(),
            }
        }
        Prim::Contract { left, right, out } => {
            arity(node, 2)?;
            check_contract([left, right, out], [inputs[0], inputs[1], result])
        }
        Prim::Conv { form, geometry } => {
            arity(node, 2)?;
            let (x, w, y) = match form {
                ConvForm::Forward => (inputs[0], inputs[1], result),
                ConvForm::InputGradient => (result, inputs[1], inputs[0]),
                ConvForm::WeightGradient => (inputs[0], result, inputs[1]),
            };
            check_conv(geometry, x, w, y)
        }
        Prim::Window { op, geometry } => {
            let spreads = matches!(op, WindowOp::SpreadSum | WindowOp::SpreadPick);
            arity(node, if *op == WindowOp::SpreadPick { 2 } else { 1 })?;
            let (x, y) = if spreads { (result, inputs[0]) } else { (inputs[0], result) };
            if *op == WindowOp::SpreadPick {
                same("the picks", inputs[1], inputs[0])?;
            }
            check_window(geometry, x, y)
        }
        Prim::View(view) => {
            arity(node, 1)?;
            keeps_type()?;
            check_view(view, inputs[0], result)
        }
        Prim::Pad { low, high, interior, .. } => {
            arity(node, 1)?;
            keeps_type()?;
            let rank = inputs[0].len();
            require([low, high, interior].iter().all(|list| list.len() == rank), || "one amount per axis".to_string())?;
            let extent =
                |axis: usize| low[axis] + high[axis] + inputs[0][axis] + (inputs[0][axis] - 1) * interior[axis];
            same("the result", result, &(0..rank).map(extent).collect::<Vec<_>>())
        }
        Prim::Concat { axis } => {
            require(!inputs.is_empty() && *axis < result.len(), || format!("axis {axis} of {result:?}"))?;
            keeps_type()?;
            let mut joined = inputs[0].to_vec();
            joined[*axis] = inputs.iter().map(|shape| shape.get(*axis).copied().unwrap_or(0)).sum();
            same("the result", result, &joined)?;
            inputs.iter().try_for_each(|shape| {
                let others = |shape: &[usize]| [&shape[..*axis], &shape[*axis + 1..]].concat();
                same("a part", &others(shape), &others(inputs[0]))
            })
        }
        Prim::Attend { .. } => {
            arity(node, 3)?;
            keeps_type()?;
            check_attend([inputs[0], inputs[1], inputs[2]], result)
        }
        Prim::Random { .. } => {
            arity(node, 0)?;
            require(node.ty.dtype == DType::F32, || "draws are f32".to_string())
        }
        Prim::Detach => {
            arity(node, 1)?;
            keeps_type()?;
            same("the result", result, inputs[0])
        }
    }
}

fn check_source(graph: &PrimGraph, node: &Node, source: &Source) -> Result<(), String> {
    match source {
        Source::Input(index) => match graph.inputs.get(*index as usize) {
            Some((_, ty)) => require(*ty == node.ty, || format!("input {index} has the type {ty}")),
            None => Err(format!("there is no input {index}")),
        },
        Source::State(state) => match graph.states.get(state.0 as usize) {
            Some(known) => same("the state", &node.ty.shape, &known.shape),
            None => Err(format!("there is no state {}", state.0)),
        },
        Source::Constant(values) => {
            require(values.len() == node.ty.elements(), || format!("{} numbers for {}", values.len(), node.ty))
        }
        Source::Scalar(_) => same("a number of the step", &node.ty.shape, &[]),
        Source::Fill(_) | Source::Upstream(_) => Ok(()),
    }
}

fn check_map(graph: &PrimGraph, node: &Node, program: &ScalarProgram, inputs: &[&[usize]]) -> Result<(), String> {
    inputs.iter().try_for_each(|shape| same("an operand", shape, &node.ty.shape))?;
    for (id, op) in program.ops.iter().enumerate() {
        require(op.operands().all(|operand| (operand as usize) < id), || format!("operation {id} reads a later one"))?;
        match op {
            ScalarOp::Input(index) => {
                require((*index as usize) < inputs.len(), || format!("the program reads input {index}"))?;
            }
            ScalarOp::Position(axis) => {
                require((*axis as usize) < node.ty.shape.len(), || format!("the program reads axis {axis}"))?;
            }
            _ => {}
        }
    }
    require(!program.ops.is_empty(), || "the program is empty".to_string())?;
    let types: Vec<DType> = node.inputs.iter().map(|&input: &ValueId| graph.ty(input).dtype).collect();
    let types = operation_types(program, &types, &node.ty.shape);
    let kind = |id: u16| matches!(types[id as usize], DType::F32 | DType::F64);
    for op in &program.ops {
        match *op {
            ScalarOp::Binary(op, x, y) => require(kind(x) == kind(y), || format!("{op:?} of two element types"))?,
            ScalarOp::Select(c, x, y) => {
                require(kind(x) == kind(y) && !kind(c), || "a select of two element types".to_string())?;
            }
            _ => {}
        }
    }
    let result = types[program.result() as usize];
    require(result.is_float() == node.ty.dtype.is_float(), || {
        format!("the program gives {result}, not {}", node.ty.dtype)
    })
}

fn check_contract(labels: [&Vec<u8>; 3], shapes: [&[usize]; 3]) -> Result<(), String> {
    let [left, right, out] = labels;
    let mut extents: Vec<(u8, usize)> = Vec::new();
    for (labels, shape) in labels.iter().zip(shapes) {
        require(labels.len() == shape.len(), || format!("{} labels for {shape:?}", labels.len()))?;
        for (index, (&label, &extent)) in labels.iter().zip(shape).enumerate() {
            let name = char::from(label);
            require(!labels[..index].contains(&label), || format!("label {name} twice in one operand"))?;
            match extents.iter().find(|(known, _)| *known == label) {
                Some(&(_, known)) => require(known == extent, || format!("{name} is {known} and {extent}"))?,
                None => extents.push((label, extent)),
            }
        }
    }
    let in_one = |label: &u8| left.contains(label) != right.contains(label);
    require(out.iter().all(|label| left.contains(label) || right.contains(label)), || {
        "a label of the result is new".into()
    })?;
    let lost = left.iter().chain(right).find(|label| in_one(label) && !out.contains(label));
    require(lost.is_none(), || "a label of one operand alone is summed".to_string())
}

fn check_conv(geometry: &ConvGeometry, x: &[usize], w: &[usize], y: &[usize]) -> Result<(), String> {
    let axes = geometry.stride.len();
    let ranks = [x.len(), w.len(), y.len()] == [axes + 2; 3];
    let lists = [&geometry.low, &geometry.high, &geometry.dilation].iter().all(|list| list.len() == axes);
    require(ranks && lists, || format!("x {x:?}, w {w:?}, y {y:?} with {axes} strides"))?;
    let groups = geometry.groups;
    let channels = x[0] == y[0] && x[1] == groups * w[1] && y[1] == w[0] && w[0].is_multiple_of(groups);
    require(channels, || format!("channels of x {x:?}, w {w:?}, y {y:?} in {groups} groups"))?;
    for axis in 0..axes {
        let reach = geometry.dilation[axis] * (w[axis + 2] - 1) + 1;
        let padded = x[axis + 2] + geometry.low[axis] + geometry.high[axis];
        let windows = padded.checked_sub(reach).map(|rest| rest / geometry.stride[axis] + 1);
        require(windows == Some(y[axis + 2]), || {
            format!("{} windows along axis {axis}, not {windows:?}", y[axis + 2])
        })?;
    }
    Ok(())
}

fn check_window(geometry: &WindowGeometry, x: &[usize], y: &[usize]) -> Result<(), String> {
    let axes = geometry.kernel.len();
    require(x.len() == y.len() && x.len() >= axes && axes > 0, || format!("x {x:?} and y {y:?}"))?;
    let lead = x.len() - axes;
    same("the outer axes", &y[..lead], &x[..lead])?;
    for axis in 0..axes {
        let reach = geometry.dilation[axis] * (geometry.kernel[axis] - 1) + 1;
        let windows = x[lead + axis].checked_sub(reach).map(|rest| rest / geometry.stride[axis] + 1);
        require(windows == Some(y[lead + axis]), || format!("{} windows, not {windows:?}", y[lead + axis]))?;
    }
    Ok(())
}

fn check_attend([q, k, v]: [&[usize]; 3], result: &[usize]) -> Result<(), String> {
    let rank = q.len();
    let ranks = rank >= 2 && [k.len(), v.len(), result.len()] == [rank; 3];
    require(ranks, || format!("queries {q:?}, keys {k:?}, values {v:?}"))?;
    let lead = rank - 2;
    let leads = [k, v, result].iter().all(|shape| shape[..lead] == q[..lead]);
    let agree = k[lead + 1] == q[lead + 1] && v[lead] == k[lead];
    require(leads && agree, || format!("queries {q:?}, keys {k:?}, values {v:?}"))?;
    same("the result", &result[lead..], &[q[lead], v[lead + 1]])
}

fn check_view(view: &View, from: &[usize], to: &[usize]) -> Result<(), String> {
    let rank = from.len();
    match view {
        View::Reshape => {
            require(from.iter().product::<usize>() == to.iter().product(), || format!("{from:?} becomes {to:?}"))
        }
        View::Permute(axes) => {
            let mut sorted = axes.clone();
            sorted.sort_unstable();
            require(sorted.iter().copied().eq(0..rank), || format!("axes {axes:?} of {from:?}"))?;
            same("the result", to, &axes.iter().map(|&axis| from[axis]).collect::<Vec<_>>())
        }
        View::Broadcast(axes) => {
            let ascending = axes.len() == rank && axes.windows(2).all(|pair| pair[0] < pair[1]);
            let fits = |(&axis, &extent): (&usize, &usize)| to.get(axis).is_some_and(|&n| n == extent || extent == 1);
            let holds = ascending && axes.iter().zip(from).all(fits);
            require(holds, || format!("{from:?} broadcast to {to:?} along {axes:?}"))
        }
        View::Slice { start, step } => {
            require([start.len(), step.len(), to.len()] == [rank; 3], || format!("{rank} axes"))?;
            let inside = |axis: usize| step[axis] > 0 && start[axis] + (to[axis] - 1) * step[axis] < from[axis];
            require((0..rank).all(inside), || format!("{to:?} from {start:?} by {step:?} of {from:?}"))
        }
        View::Flip(axes) => {
            require(axes.iter().all(|&axis| axis < rank), || format!("axes {axes:?} of {from:?}"))?;
            same("the result", to, from)
        }
    }
}
