//! Receptive fields: the input positions that can move one position of a value, followed through the primitives.
//!
//! Each value holds, for every spatial axis of every input that it depends on, an interval of positions: how many
//! (`size`), how far the interval moves from one position to the next (`jump`), and where it begins for position 0
//! (`start`, negative inside padding). Where branches meet, the hull is kept and the size of the smallest branch.
//! Reducing over a position, as global pooling and dense layers do, sees the whole input.

use crate::prim::{ConvForm, Node, Prim, PrimGraph, Source, ValueId, View};

/// The field along one axis of the input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AxisField {
    /// Positions between the first and the last that matter.
    pub size: f64,
    /// Input positions from one output position to the next; 0 where the whole input is seen.
    pub jump: f64,
    /// The first input position of output position 0.
    pub start: f64,
    /// The size of the smallest branch.
    pub min_size: f64,
}

/// The field on one input, per axis in its order.
#[derive(Clone, Debug, PartialEq)]
pub struct ReceptiveField {
    /// Height and width of a map, or the steps of a sequence.
    pub axes: Vec<AxisField>,
}

/// Where the positions of an input's axis are in a value.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    /// Along this axis.
    Axis(usize),
    /// In these axes together, as bits: after a reshape.
    Merged(u32),
    /// Nowhere: every position sees the same.
    Whole,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Record {
    input: u32,
    axis: usize,
    extent: usize,
    field: AxisField,
    place: Place,
}

/// The fields of one value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fields {
    records: Vec<Record>,
}

impl Fields {
    /// The field on the first input that has positions.
    pub fn first(&self) -> Option<ReceptiveField> {
        let input = self.records.iter().map(|record| record.input).min()?;
        let mut records: Vec<&Record> = self.records.iter().filter(|record| record.input == input).collect();
        records.sort_by_key(|record| record.axis);
        Some(ReceptiveField { axes: records.into_iter().map(|record| record.field).collect() })
    }
}

/// The fields of every value of a graph.
pub fn fields(graph: &PrimGraph) -> Vec<Fields> {
    let mut all: Vec<Fields> = Vec::with_capacity(graph.nodes.len());
    for node in &graph.nodes {
        let records = match &node.prim {
            Prim::Source(Source::Input(index)) => source(*index, &node.ty.shape),
            Prim::Source(_) | Prim::Random { .. } => Vec::new(),
            _ => {
                let mut records: Vec<Record> = Vec::new();
                for (position, input) in node.inputs.iter().enumerate() {
                    for &record in &all[input.0 as usize].records {
                        let moved = step(graph, node, position, *input, record);
                        match records.iter_mut().find(|known| known.input == moved.input && known.axis == moved.axis) {
                            Some(known) => *known = hull(*known, moved),
                            None => records.push(moved),
                        }
                    }
                }
                records
            }
        };
        all.push(Fields { records });
    }
    all
}

/// Maps [N, C, H, W] have two axes of positions, sequences [N, steps, features] one, vectors none.
fn source(input: u32, shape: &[usize]) -> Vec<Record> {
    let axes = match shape.len() {
        4 => vec![2, 3],
        3 => vec![1],
        _ => Vec::new(),
    };
    let field = AxisField { size: 1.0, jump: 1.0, start: 0.0, min_size: 1.0 };
    let record = |(position, axis): (usize, usize)| Record {
        input,
        axis: position,
        extent: shape[axis],
        field,
        place: Place::Axis(axis),
    };
    axes.into_iter().enumerate().map(record).collect()
}

fn whole(record: Record) -> Record {
    let size = record.extent as f64;
    Record { field: AxisField { size, jump: 0.0, start: 0.0, min_size: size }, place: Place::Whole, ..record }
}

fn hull(a: Record, b: Record) -> Record {
    if a.place == Place::Whole || b.place == Place::Whole {
        let smaller = a.field.min_size.min(b.field.min_size);
        let mut all = whole(a);
        all.field.min_size = smaller;
        return all;
    }
    let start = a.field.start.min(b.field.start);
    let end = (a.field.start + a.field.size).max(b.field.start + b.field.size);
    let field = AxisField {
        size: end - start,
        jump: a.field.jump.max(b.field.jump),
        start,
        min_size: a.field.min_size.min(b.field.min_size),
    };
    Record { field, ..a }
}

/// A window of `taps` positions, `dilation` apart, every `stride`, with `low` positions of padding.
fn slide(record: Record, taps: usize, dilation: usize, stride: usize, low: usize) -> Record {
    let AxisField { size, jump, start, min_size } = record.field;
    let reach = (dilation * (taps - 1)) as f64 * jump;
    let field = AxisField {
        size: size + reach,
        jump: jump * stride as f64,
        start: start - low as f64 * jump,
        min_size: min_size + reach,
    };
    Record { field, ..record }
}

/// The adjoint of a window: position o of the result hears the positions i with o = i·stride + tap·dilation − low.
fn spread(record: Record, taps: usize, dilation: usize, stride: usize, low: usize) -> Record {
    let AxisField { size, jump, start, min_size } = record.field;
    let reach = dilation * (taps - 1) + 1;
    let heard = reach.div_ceil(stride);
    let more = (heard - 1) as f64 * jump;
    let first = (low as f64 - (reach - 1) as f64) / stride as f64;
    let field = AxisField {
        size: size + more,
        jump: jump / stride as f64,
        start: start + first.ceil() * jump,
        min_size: min_size + more,
    };
    Record { field, ..record }
}

/// How a primitive moves the record of its input at `position`.
fn step(graph: &PrimGraph, node: &Node, position: usize, input: ValueId, record: Record) -> Record {
    let from = &graph.ty(input).shape;
    let axis = match record.place {
        Place::Axis(axis) => axis,
        Place::Merged(_) | Place::Whole => return merged(node, from, position, record),
    };
    let at = |axis: usize| Record { place: Place::Axis(axis), ..record };
    match &node.prim {
        Prim::Map(_) | Prim::Detach | Prim::Concat { .. } | Prim::Source(_) | Prim::Random { .. } => record,
        Prim::Reduce { axes, .. } if axes.contains(&axis) => whole(record),
        Prim::Reduce { axes, .. } => at(axis - axes.iter().filter(|&&removed| removed < axis).count()),
        Prim::Contract { left, right, out } => {
            let label = if position == 0 { left[axis] } else { right[axis] };
            out.iter().position(|&known| known == label).map_or_else(|| whole(record), at)
        }
        Prim::Conv { form, geometry } if axis >= 2 && position == 0 => {
            let spatial = axis - 2;
            let kernel = graph.ty(node.inputs[1]).shape.get(axis).copied().unwrap_or(1);
            let (dilation, stride, low) = (geometry.dilation[spatial], geometry.stride[spatial], geometry.low[spatial]);
            match form {
                ConvForm::Forward => slide(record, kernel, dilation, stride, low),
                ConvForm::InputGradient => spread(record, kernel, dilation, stride, low),
                ConvForm::WeightGradient => whole(record),
            }
        }
        Prim::Conv { .. } => whole(record),
        // Queries keep their positions, and every one sees all keys.
        Prim::Attend { .. } if axis + 2 < from.len() || position == 0 && axis + 2 == from.len() => record,
        Prim::Attend { .. } => whole(record),
        Prim::Window { op, geometry } => {
            let lead = from.len() - geometry.kernel.len();
            match axis.checked_sub(lead) {
                None => record,
                Some(spatial) => {
                    let (taps, dilation, stride) =
                        (geometry.kernel[spatial], geometry.dilation[spatial], geometry.stride[spatial]);
                    match op {
                        crate::prim::WindowOp::SpreadSum | crate::prim::WindowOp::SpreadPick => {
                            spread(record, taps, dilation, stride, 0)
                        }
                        _ => slide(record, taps, dilation, stride, 0),
                    }
                }
            }
        }
        Prim::Pad { low, interior, .. } => {
            let AxisField { size, jump, start, min_size } = record.field;
            let jump = jump / (interior[axis] + 1) as f64;
            Record { field: AxisField { size, jump, start: start - low[axis] as f64 * jump, min_size }, ..record }
        }
        Prim::View(view) => match view {
            View::Permute(axes) => axes.iter().position(|&from| from == axis).map_or_else(|| whole(record), at),
            View::Broadcast(axes) if from[axis] == node.ty.shape[axes[axis]] => at(axes[axis]),
            View::Broadcast(_) => whole(record),
            View::Slice { start, step } => {
                let AxisField { size, jump, start: first, min_size } = record.field;
                let start = first + start[axis] as f64 * jump;
                Record { field: AxisField { size, jump: jump * step[axis] as f64, start, min_size }, ..record }
            }
            View::Flip(_) => record,
            View::Reshape => reshape(from, &node.ty.shape, axis, record),
        },
    }
}

/// Positions that are spread over merged axes stay known to elementwise primitives alone.
fn merged(node: &Node, from: &[usize], position: usize, record: Record) -> Record {
    let Place::Merged(bits) = record.place else { return record };
    let holds = |axis: usize| bits >> axis & 1 == 1;
    match &node.prim {
        Prim::Map(_) | Prim::Detach | Prim::Pad { .. } | Prim::Concat { .. } => record,
        Prim::View(View::Slice { .. } | View::Flip(_)) => record,
        Prim::View(View::Broadcast(axes)) => {
            let moved = (0..axes.len()).filter(|&axis| holds(axis)).fold(0, |bits, axis| bits | 1 << axes[axis]);
            Record { place: Place::Merged(moved), ..record }
        }
        Prim::View(View::Permute(axes)) => {
            let moved = (0..axes.len()).filter(|&to| holds(axes[to])).fold(0, |bits, to| bits | 1 << to);
            Record { place: Place::Merged(moved), ..record }
        }
        Prim::Reduce { axes, .. } if !axes.iter().any(|&axis| holds(axis)) => {
            let after = |axis: usize| axis - axes.iter().filter(|&&removed| removed < axis).count();
            let moved = (0..from.len()).filter(|&axis| holds(axis)).fold(0, |bits, axis| bits | 1 << after(axis));
            Record { place: Place::Merged(moved), ..record }
        }
        Prim::Contract { left, right, out } => {
            let labels = if position == 0 { left } else { right };
            let mut moved = 0;
            for (axis, label) in labels.iter().enumerate().filter(|&(axis, _)| holds(axis)) {
                let _ = axis;
                match out.iter().position(|known| known == label) {
                    Some(to) => moved |= 1 << to,
                    None => return whole(record),
                }
            }
            Record { place: Place::Merged(moved), ..record }
        }
        Prim::View(View::Reshape) => {
            let every = (0..node.ty.shape.len().min(31)).fold(0, |bits, axis| bits | 1 << axis);
            Record { place: Place::Merged(every), ..record }
        }
        _ => whole(record),
    }
}

/// Axes of a reshape belong together in groups of equal products. Alone in its group an axis keeps its positions; as
/// the slowest of several it keeps them at a finer jump; else they are spread over the group.
fn reshape(from: &[usize], to: &[usize], axis: usize, record: Record) -> Record {
    let (mut i, mut j) = (0, 0);
    while i < from.len() && j < to.len() {
        let (first_i, first_j) = (i, j);
        let (mut left, mut right) = (from[i], to[j]);
        i += 1;
        j += 1;
        while left != right {
            if left < right {
                left *= from.get(i).copied().unwrap_or(1).max(1);
                i += 1;
            } else {
                right *= to.get(j).copied().unwrap_or(1).max(1);
                j += 1;
            }
            if i > from.len() || j > to.len() {
                return whole(record);
            }
        }
        if !(first_i..i).contains(&axis) {
            continue;
        }
        let large_from: Vec<usize> = (first_i..i).filter(|&axis| from[axis] > 1).collect();
        let large_to: Vec<usize> = (first_j..j).filter(|&axis| to[axis] > 1).collect();
        if from[axis] == 1 {
            return Record { place: Place::Axis(first_j), ..record };
        }
        if let [only] = large_to.as_slice()
            && large_from.first() == Some(&axis)
        {
            let faster = (to[*only] / from[axis]) as f64;
            let field = AxisField { jump: record.field.jump / faster, ..record.field };
            return Record { field, place: Place::Axis(*only), ..record };
        }
        let bits = (first_j..j.min(32)).fold(0, |bits, axis| bits | 1 << axis);
        return Record { place: Place::Merged(bits), ..record };
    }
    // Trailing axes of extent 1.
    Record { place: Place::Axis(to.len().saturating_sub(1)), ..record }
}
