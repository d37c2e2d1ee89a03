//! Decides layout and memory of every stored value and source.

use super::layout::{Layout, Place};
use super::parts::parts;
use super::{Lowering, Request};
use crate::fuse::order;
use crate::lower::emit::scalar;
use crate::prim::{ConvForm, ConvGeometry, Prim, Role, Source, StateRole, ValueId};
use crate::program::{Buffer, BufferId, Scalar, Segment};
use std::collections::BTreeMap;

/// Zeros needed before and after each spatial axis.
pub(super) type Border = Vec<(usize, usize)>;

impl Lowering<'_> {
    /// A new buffer; its offset is decided later.
    pub(super) fn buffer(&mut self, name: String, segment: Segment, elements: usize, scalar: Scalar) -> BufferId {
        self.buffers.push(Buffer { name, segment, offset: 0, elements, scalar });
        BufferId(self.buffers.len() as u32 - 1)
    }

    /// A person's name for a value.
    pub(super) fn name(&self, value: ValueId) -> String {
        let node = self.prims().node(value);
        let layer = self.prims().layers.get(node.origin.0 as usize).map_or("", String::as_str);
        format!("{layer}{value}")
    }

    /// Gives every source and stored value a place.
    pub(super) fn place_all(&mut self) {
        self.place_outside();
        let borders = borders(self);
        self.parts = parts(self);
        let mut is_result = vec![false; self.prims().nodes.len()];
        self.prims().results.iter().for_each(|result| is_result[result.1.0 as usize] = true);
        for id in self.prims().ids() {
            let node = self.prims().node(id);
            let (shape, kind) = (node.ty.shape.clone(), scalar(node.ty.dtype));
            let border = borders.get(&id);
            let is_stored = self.graph.rules[id.0 as usize].is_some();
            if let (Prim::Source(source), false) = (&node.prim, is_stored) {
                if let Some(buffer) = self.outside(&source.clone(), &shape) {
                    self.places.of[id.0 as usize] = Some(Place { buffer, layout: Layout::plain(&shape) });
                }
                if let Some(border) = border {
                    self.map_copy(id, &shape, border);
                }
                continue;
            }
            if !is_stored || self.parts.contains_key(&id) {
                continue;
            }
            let layout = self.layout(id, border);
            let shows = is_result[id.0 as usize] && layout.is_plain(&shape) && !self.is_fixed(id);
            let segment = if shows { Segment::Outputs } else { Segment::Arena };
            let name = self.name(id);
            let buffer = self.buffer(name, segment, layout.elements, kind);
            self.places.of[id.0 as usize] = Some(Place { buffer, layout });
        }
        for (value, part) in &self.parts {
            let whole = self.places.of[part.whole.0 as usize].as_ref();
            let place = |whole: &Place| Place { layout: whole.layout.part(part.axis, part.begin), ..*whole };
            self.places.of[value.0 as usize] = whole.map(place);
        }
    }

    /// How a stored value lies.
    fn layout(&self, id: ValueId, border: Option<&Border>) -> Layout {
        let node = self.prims().node(id);
        let shape = &node.ty.shape;
        let ordered = |order: &[usize]| Layout::new(shape, order, &vec![(0, 0); shape.len()]);
        match (&node.prim, border) {
            (Prim::Conv { form: ConvForm::WeightGradient, .. }, _) if self.weights_plan(id).is_some() => {
                Layout::plain(shape)
            }
            (Prim::Conv { form: ConvForm::WeightGradient, geometry }, _) => ordered(&weight_order(shape, geometry)),
            (_, Some(border)) => map_layout(shape, border),
            _ if self.places.last[id.0 as usize] => map_layout(shape, &vec![(0, 0); shape.len() - 2]),
            (Prim::Contract { left, right, out }, None) => {
                ordered(&super::contract::result_order(left, right, out, shape))
            }
            (Prim::Attend { .. }, None) => ordered(&super::attend::result_order(shape.len())),
            _ => Layout::plain(shape),
        }
    }

    /// Inputs, states, per-step numbers and results.
    fn place_outside(&mut self) {
        let graph = self.graph;
        for (name, ty) in &graph.prims.inputs {
            let buffer = self.buffer(name.clone(), Segment::Inputs, ty.elements(), scalar(ty.dtype));
            self.inputs.push((name.clone(), ty.clone(), buffer));
        }
        for state in &graph.prims.states {
            let segment = match state.role {
                StateRole::Param(_) => Segment::Params,
                StateRole::Slot(_) => Segment::State,
            };
            let elements = state.shape.iter().product();
            let buffer = self.buffer(state.path.clone(), segment, elements, Scalar::F32);
            self.states.push(buffer);
        }
    }

    fn outside(&mut self, source: &Source, shape: &[usize]) -> Option<BufferId> {
        let elements = shape.iter().product();
        Some(match source {
            Source::Fill(_) => return None,
            Source::Input(index) => self.inputs[*index as usize].2,
            Source::State(state) => self.states[state.0 as usize],
            Source::Scalar(number) => self.scalars.iter().find(|known| known.0 == *number)?.1,
            Source::Constant(values) => {
                let buffer = self.buffer("constant".into(), Segment::Constants, elements, Scalar::F32);
                self.buffers[buffer.0 as usize].offset = self.constants.len();
                self.constants.extend_from_slice(values);
                buffer
            }
            Source::Upstream(index) => {
                let name = format!("upstream.{index}");
                let ty = crate::prim::ValueType { dtype: crate::types::DType::F32, shape: shape.to_vec() };
                let buffer = self.buffer(name.clone(), Segment::Inputs, elements, Scalar::F32);
                self.inputs.push((name, ty, buffer));
                buffer
            }
        })
    }

    /// The copy of a source that convolutions read.
    fn map_copy(&mut self, id: ValueId, shape: &[usize], border: &Border) {
        let layout = map_layout(shape, border);
        let is_same = |place: &Place| place.layout.strides == layout.strides && !layout.has_halo();
        if self.places.of[id.0 as usize].as_ref().is_some_and(is_same) {
            return;
        }
        let name = format!("{}.map", self.name(id));
        let buffer = self.buffer(name, Segment::Arena, layout.elements, Scalar::F32);
        self.maps.insert(id, Place { buffer, layout });
    }

    /// Where a stored value or source lies.
    pub(super) fn place(&self, value: ValueId) -> Result<Place, Request> {
        self.places.of[value.0 as usize].clone().ok_or(Request::Stored(value))
    }

    /// Where a convolution reads a map.
    pub(super) fn map(&self, value: ValueId) -> Result<Place, Request> {
        self.maps.get(&value).cloned().map_or_else(|| self.place(value), Ok)
    }

    /// Whether a result is computed where the caller reads it.
    pub(super) fn is_shown(&self, value: ValueId) -> bool {
        let place = self.places.of[value.0 as usize].as_ref();
        place.is_some_and(|place| self.buffers[place.buffer.0 as usize].segment == Segment::Outputs)
    }
}

/// A name of a result, for people.
pub(super) fn role_name(role: &Role) -> String {
    match role {
        Role::Output(name) | Role::Tap(name) | Role::Metric(name) => name.clone(),
        Role::Loss => "loss".into(),
        Role::Gradient(state) => format!("gradient.{}", state.0),
        Role::InputGradient(input) => format!("input_gradient.{input}"),
    }
}

/// Channels innermost, zeros around the spatial axes.
fn map_layout(shape: &[usize], border: &Border) -> Layout {
    let halo: Border = [(0, 0); 2].into_iter().chain(border.iter().copied()).collect();
    Layout::new(shape, &order::axes(shape.len(), true), &halo)
}

/// The axes of a weight gradient from the outermost on: taps, then the shorter and the longer channel axis.
fn weight_order(shape: &[usize], geometry: &ConvGeometry) -> Vec<usize> {
    let channels = if shape[0] / geometry.groups >= shape[1] { [1, 0] } else { [0, 1] };
    (2..shape.len()).chain(channels).collect()
}

/// For every map that convolutions read, the zeros that they reach.
fn borders(lowering: &Lowering<'_>) -> BTreeMap<ValueId, Border> {
    let graph = lowering.prims();
    let mut borders: BTreeMap<ValueId, Border> = BTreeMap::new();
    for id in graph.ids() {
        let node = graph.node(id);
        let Prim::Conv { form, geometry } = &node.prim else { continue };
        let shape = |value: ValueId| graph.ty(value).shape[2..].to_vec();
        let read: Vec<(ValueId, Border)> = match form {
            ConvForm::Forward => {
                let (x, kernel) = (shape(node.inputs[0]), shape(node.inputs[1]));
                vec![(node.inputs[0], forward_border(geometry, &x, &kernel, &node.ty.shape[2..]))]
            }
            ConvForm::WeightGradient => {
                let (x, y) = (shape(node.inputs[0]), shape(node.inputs[1]));
                let border = forward_border(geometry, &x, &node.ty.shape[2..], &y);
                vec![(node.inputs[0], border), (node.inputs[1], vec![(0, 0); x.len()])]
            }
            ConvForm::InputGradient => {
                let (y, kernel) = (shape(node.inputs[0]), shape(node.inputs[1]));
                vec![(node.inputs[0], gradient_border(geometry, &node.ty.shape[2..], &kernel, &y))]
            }
        };
        for (value, border) in read {
            let known = borders.entry(value).or_insert_with(|| vec![(0, 0); border.len()]);
            for (known, new) in known.iter_mut().zip(border) {
                *known = (known.0.max(new.0), known.1.max(new.1));
            }
        }
    }
    borders
}

fn forward_border(geometry: &ConvGeometry, x: &[usize], kernel: &[usize], y: &[usize]) -> Border {
    let one = |axis: usize| {
        let last = (y[axis] - 1) * geometry.stride[axis] + geometry.dilation[axis] * (kernel[axis] - 1);
        (geometry.low[axis], (last + 1).saturating_sub(geometry.low[axis] + x[axis]))
    };
    (0..x.len()).map(one).collect()
}

/// Positions of y outside of it that some x asks for: q = (x + low − dilation·tap) / stride where that is exact.
fn gradient_border(geometry: &ConvGeometry, x: &[usize], kernel: &[usize], y: &[usize]) -> Border {
    let one = |axis: usize| {
        let (mut low, mut high) = (0i64, y[axis] as i64 - 1);
        for phase in super::conv::phases(geometry, axis, x[axis], kernel[axis]).into_iter().flatten() {
            let back = phase.back * (i64::from(phase.taps) - 1);
            low = low.min(phase.start - back.max(0));
            high = high.max(phase.start + i64::from(phase.count) - 1 - back.min(0));
        }
        ((-low) as usize, (high - (y[axis] as i64 - 1)) as usize)
    };
    (0..x.len()).map(one).collect()
}
