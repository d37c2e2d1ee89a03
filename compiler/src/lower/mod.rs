//! From kernels to a loop program: layouts, loops, plans of calls, memory and schedule.
//!
//! Nothing is decided after this stage. Choices that change bits (the order of accumulations, chunks of long sums)
//! follow from shapes and the numerics mode alone.

mod algorithm;
mod attend;
mod border;
mod call;
mod closed;
mod contract;
mod conv;
mod copy;
mod emit;
mod layout;
mod loops;
mod memory;
mod order;
mod parts;
mod places;
mod pooled;
mod results;
mod schedule;
mod turned;
mod winograd;

use crate::fuse::{self, Kernel, KernelGraph, KernelKind};
use crate::prim::{Prim, PrimGraph, StepScalar, ValueId, ValueType};
use crate::program::{Buffer, BufferId, KernelId, LoopKernel, Param, Program, Scalar, Segment, Step};
use contract::Strided;
use copy::Moved;
use emit::Places;
use layout::Place;
use parts::Part;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// What a caller decides about a program beside its graph.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Choices {
    /// Which algorithms are allowed. Changes bits.
    pub numerics: Numerics,
}

/// Which algorithms may be used for large convolutions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Numerics {
    /// The fastest; a layer's largest error is below 5e-5 of the root mean square of its outputs.
    #[default]
    Default,
    /// Every product is computed; a layer's largest error is below 2e-5 of that.
    Strict,
}

/// What a kernel needs of a value to be emitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Request {
    /// That it is stored, or row-major if it is stored already.
    Stored(ValueId),
    /// That no other value shares its kernel.
    Apart(ValueId),
}

/// The loop program of a kernel graph.
pub fn lower(graph: &KernelGraph, choices: &Choices) -> Program {
    let (mut additional, mut apart) = (graph.additional.clone(), BTreeSet::new());
    let mut plain = results::gradients_to_transpose(graph);
    let mut regrouped: Option<KernelGraph> = None;
    loop {
        let current = regrouped.as_ref().unwrap_or(graph);
        match Lowering::new(current, &plain, choices).run() {
            Ok(program) => return program,
            Err(requests) => {
                for request in requests {
                    let is_new = match request {
                        Request::Stored(value) if current.is_loaded(value) => plain.insert(value),
                        Request::Stored(value) => additional.insert(value),
                        Request::Apart(value) => apart.insert(value),
                    };
                    assert!(is_new, "a value that was stored on request can be read");
                }
                regrouped = Some(fuse::regroup(current.prims.clone(), &additional, &apart));
            }
        }
    }
}

/// A step that is not yet in an entry.
#[derive(Clone, Debug)]
struct Planned {
    step: Step,
    /// Whether it depends on states and constants alone.
    fixed: bool,
    /// Whether only new states depend on it.
    late: bool,
}

/// What a packed copy was made of: in `prepare` or not, its source, how it was moved.
type PackedKey = (bool, (BufferId, i64), Vec<Moved>);

/// What a transformed filter was made of: in `prepare` or not, its source, the transform.
type FilterKey = (bool, (BufferId, i64), netc_plan::WinogradFilterPlan);

/// A program in the making.
struct Lowering<'a> {
    graph: &'a KernelGraph,
    /// Values of which a row-major copy is needed.
    wanted_plain: &'a BTreeSet<ValueId>,
    numerics: Numerics,
    fixed: Vec<bool>,
    late: Vec<bool>,
    places: Places,
    /// For each value the nodes that read it.
    readers: Vec<Vec<ValueId>>,
    /// The last kernel that writes (a part of) each stored value.
    writers: HashMap<ValueId, usize>,
    /// Poolings that were computed with the convolution before them.
    pooled: HashSet<ValueId>,
    /// Values that are computed as parts of a concatenation.
    parts: BTreeMap<ValueId, Part>,
    /// Copies of sources that convolutions read.
    maps: BTreeMap<ValueId, Place>,
    /// Results of dense layers with a sample per column.
    turned: BTreeMap<ValueId, Strided>,
    buffers: Vec<Buffer>,
    inputs: Vec<(String, ValueType, BufferId)>,
    states: Vec<BufferId>,
    scalars: Vec<(StepScalar, BufferId)>,
    /// Seed and step of random numbers.
    words: BufferId,
    constants: Vec<f32>,
    kernels: Vec<LoopKernel>,
    known: HashMap<String, KernelId>,
    packed: HashMap<PackedKey, BufferId>,
    filters: HashMap<FilterKey, BufferId>,
    zeroed: HashSet<BufferId>,
    steps: Vec<Planned>,
    /// Buffers that hold values of `prepare`.
    derived: HashSet<BufferId>,
    /// Whether steps are appended that wait for the loss.
    is_late: bool,
    /// Whether steps are appended that depend on states and constants alone.
    is_prepared: bool,
}

impl<'a> Lowering<'a> {
    fn new(graph: &'a KernelGraph, wanted_plain: &'a BTreeSet<ValueId>, choices: &Choices) -> Lowering<'a> {
        let prims = &graph.prims;
        let places = Places {
            of: vec![None; prims.nodes.len()],
            plain: BTreeMap::new(),
            repeated: graph.repeated.clone(),
            last: fuse::order::channels_last(prims),
        };
        let outputs = graph
            .kernels
            .iter()
            .enumerate()
            .flat_map(|(position, kernel)| kernel.outputs.iter().map(move |output| (output.into, position)));
        let mut lowering = Lowering {
            graph,
            wanted_plain,
            numerics: choices.numerics,
            fixed: fuse::fixed(prims),
            late: fuse::late(prims),
            places,
            readers: fuse::readers(prims),
            writers: outputs.collect(),
            pooled: HashSet::new(),
            parts: BTreeMap::new(),
            maps: BTreeMap::new(),
            turned: BTreeMap::new(),
            buffers: Vec::new(),
            inputs: Vec::new(),
            states: Vec::new(),
            scalars: Vec::new(),
            words: BufferId(0),
            constants: Vec::new(),
            kernels: Vec::new(),
            known: HashMap::new(),
            packed: HashMap::new(),
            filters: HashMap::new(),
            zeroed: HashSet::new(),
            steps: Vec::new(),
            derived: HashSet::new(),
            is_late: false,
            is_prepared: false,
        };
        let rate = lowering.buffer("rate".into(), Segment::Scalars, 1, Scalar::F32);
        lowering.scalars.push((StepScalar::Rate, rate));
        lowering.words = lowering.buffer("random".into(), Segment::Scalars, 5, Scalar::I32);
        lowering
    }

    fn prims(&self) -> &'a PrimGraph {
        &self.graph.prims
    }

    /// The program, or all values that it lacks.
    fn run(mut self) -> Result<Program, BTreeSet<Request>> {
        self.place_all();
        self.copy_sources();
        let mut requests = BTreeSet::new();
        for (position, kernel) in self.graph.kernels.iter().enumerate() {
            requests.extend(self.lower_kernel(kernel, position).err());
        }
        match self.show_results() {
            Ok(results) if requests.is_empty() => Ok(self.assemble(results)),
            shown => {
                requests.extend(shown.err());
                Err(requests)
            }
        }
    }

    /// The steps of the kernel at a position, and copies of the values of which no later kernel writes a part.
    fn lower_kernel(&mut self, kernel: &Kernel, position: usize) -> Result<(), Request> {
        let first = kernel.outputs[0].into;
        self.is_late = self.late[first.0 as usize];
        self.is_prepared = self.is_fixed(first);
        if let KernelKind::Contract { sum } = kernel.kind
            && self.convolve_pooled(sum, kernel)?
        {
            return Ok(());
        }
        let lies_there = self.parts.get(&kernel.outputs[0].value).is_some_and(|part| part.whole == first);
        if !self.pooled.contains(&first) && !lies_there {
            self.compute(kernel, first)?;
        }
        for output in &kernel.outputs {
            if self.writers[&output.into] == position {
                self.copy_plain(output.into)?;
            }
        }
        Ok(())
    }

    fn compute(&mut self, kernel: &Kernel, first: ValueId) -> Result<(), Request> {
        for output in &kernel.outputs {
            let whole = self.whole(output.into);
            let place = self.place(whole)?;
            let shape = self.prims().ty(whole).shape.clone();
            self.zero_halo(place.buffer, &place.layout, &shape, whole);
        }
        match kernel.kind {
            KernelKind::Loop => self.loops(kernel),
            KernelKind::Contract { sum } => match self.prims().node(sum).prim {
                Prim::Conv { .. } => self.convolve(sum, first),
                _ => self.contract(sum, first),
            },
            KernelKind::Attend => self.attend(first),
            KernelKind::Random => self.random(first),
        }
    }

    fn loops(&mut self, kernel: &Kernel) -> Result<(), Request> {
        let refused = |value: ValueId| match kernel.outputs.iter().find(|output| output.into == value) {
            Some(_) => Request::Apart(value),
            None => Request::Stored(value),
        };
        let emitted = emit::emit_loops(self.prims(), &self.places, &kernel.outputs).map_err(refused)?;
        let param = |&(buffer, written): &(BufferId, bool)| {
            let Buffer { scalar, elements, .. } = self.buffers[buffer.0 as usize];
            Param { scalar, elements, written }
        };
        let params = emitted.touched.iter().map(param).collect();
        let operands = emitted.touched.iter().map(|&(buffer, _)| (buffer, 0)).collect();
        let name = kernel_name(self.prims(), self.graph, kernel);
        let finished = loops::finish(name, params, emitted);
        let origin = self.origin(kernel.outputs[0].value);
        let kernel = self.kernel(finished);
        self.push(Step::Loop { kernel, operands, origin });
        Ok(())
    }

    /// The kernel's number; equal ones have the same.
    fn kernel(&mut self, kernel: LoopKernel) -> KernelId {
        let key = format!("{:?}{}{:?}{:?}", kernel.params, kernel.units, kernel.locals, kernel.body);
        let next = KernelId(self.kernels.len() as u32);
        let id = *self.known.entry(key).or_insert(next);
        if id == next {
            self.kernels.push(kernel);
        }
        id
    }

    fn push(&mut self, step: Step) {
        if self.is_prepared {
            self.derived.extend(step.touched(&self.kernels).filter(|touch| touch.writes).map(|touch| touch.buffer));
        }
        self.steps.push(Planned { step, fixed: self.is_prepared, late: self.is_late });
    }

    fn origin(&self, value: ValueId) -> u32 {
        self.prims().node(value).origin.0
    }

    /// Whether a value depends on states and constants alone.
    fn is_fixed(&self, value: ValueId) -> bool {
        self.fixed[value.0 as usize]
    }
}

/// What a kernel computes, in a word.
fn kernel_name(prims: &PrimGraph, graph: &KernelGraph, kernel: &Kernel) -> String {
    let word = match &prims.node(kernel.outputs[0].value).prim {
        Prim::Map(_) => "map",
        Prim::Reduce { .. } => "reduce",
        Prim::Window { .. } => "window",
        Prim::Pad { .. } => "pad",
        Prim::Source(_) => "fill",
        _ => "move",
    };
    let reduces =
        graph.computed(kernel).into_iter().filter(|&value| matches!(prims.node(value).prim, Prim::Reduce { .. }));
    if word == "map" && reduces.count() > 0 { "row".into() } else { word.into() }
}
