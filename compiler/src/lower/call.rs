//! One contraction call: packs its weights, attaches its epilogue, merges axes and writes the plan.

use super::algorithm;
use super::border::{Along, MapAxis, border};
use super::closed::closed;
use super::copy::{Moved, pack};
use super::emit::{Finish, emit_epilogue};
use super::{Lowering, Request};
use crate::prim::ValueId;
use crate::program::affine::Affine;
use crate::program::{BufferId, Scalar, Segment, Step, Var};
use netc_plan::{Border, ContractPlan, Epilogue, Kernel, Operand, OuterAxis, Panels, RowAxis, TapAxis};
use std::cmp::Reverse;

/// Rows that make a good tile: half of the highest ones.
const ENOUGH_ROWS: u32 = 7;
/// Units below which the chunks of a sum become units of their own.
const FEW_UNITS: u32 = 8;
/// Terms of a chunk where B is packed: long, because each chunk is a pass over C.
pub(super) const LONG_CHUNK: u64 = 4096;
/// Terms of a chunk of a weight gradient: rows of both maps that stay in a core's cache while all taps and channels
/// pass by.
pub(super) const SHORT_CHUNK: u64 = 512;

/// An axis of the result other than the columns: extent and strides in A, B and C.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    pub extent: u32,
    pub a: i64,
    pub b: i64,
    pub c: i64,
    pub along: Option<Along>,
    operands: Vec<i64>,
}

impl Axis {
    pub fn new(extent: usize, a: i64, b: i64, c: i64) -> Axis {
        Axis { extent: extent as u32, a, b, c, along: None, operands: Vec::new() }
    }

    /// The axis as one that moves by `by` positions along axis `map` of the map in A.
    pub fn along(self, map: usize, by: i64) -> Axis {
        Axis { along: Some(Along { map, by }), ..self }
    }
}

/// An axis that is summed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tap {
    pub extent: u32,
    pub a: i64,
    pub b: i64,
    pub along: Option<Along>,
    /// Consecutive terms at each position of the map.
    pub run: u32,
}

impl Tap {
    pub fn new(extent: usize, a: i64, b: i64) -> Tap {
        Tap { extent: extent as u32, a, b, along: None, run: 1 }
    }

    /// The axis as one that moves by `by` positions along axis `map` of the map in A.
    pub fn along(self, map: usize, by: i64) -> Tap {
        Tap { along: Some(Along { map, by }), ..self }
    }

    /// The axis with an axis around it, which it continues.
    fn within(self, outer: Tap) -> Tap {
        let (along, run) = match (outer.along, self.along) {
            (along, None) => (along, outer.run * self.extent),
            _ => (None, 1),
        };
        Tap { extent: outer.extent * self.extent, along, run, ..self }
    }
}

/// A contraction whose operands are strided memory.
pub(super) struct Call {
    /// The contraction.
    pub sum: ValueId,
    /// The sum or the elementwise value that is stored.
    pub output: ValueId,
    /// The output's coordinates: variable i counts `rows[i]`, the one after them columns.
    pub index: Vec<Affine>,
    /// Outermost first.
    pub rows: Vec<Axis>,
    /// How many of the last rows are joined by the maximum.
    pub maxima: usize,
    /// Outermost first; the order of the sum.
    pub taps: Vec<Tap>,
    /// Extent of the columns, which are contiguous in C.
    pub columns: usize,
    /// Stride of the columns in B.
    pub column_stride: i64,
    /// Whether each column has elements of A of its own, side by side.
    pub by_column: bool,
    /// Axes of the map that A is read from; empty if it is none.
    pub map: Vec<MapAxis>,
    pub a: (BufferId, i64),
    pub b: (BufferId, i64),
    pub c: (BufferId, i64),
    /// Whether packing pays where it is not necessary.
    pub packs: bool,
    /// Whether B can be packed before the run.
    pub b_fixed: bool,
    /// About how many terms a chunk of a long sum has.
    pub chunk_terms: u64,
}

impl Lowering<'_> {
    /// Appends the steps of a call.
    pub(super) fn call(&mut self, mut call: Call) -> Result<(), Request> {
        let finish = self.finish(&call)?;
        let column = Var(call.rows.len() as u16);
        if let Some(finish) = &finish {
            for (at, row) in call.rows.iter_mut().enumerate() {
                row.operands = finish.operands.iter().map(|(_, index)| index.factor(Var(at as u16))).collect();
            }
        }
        let must_pack = call.columns > 1 && call.column_stride != 1;
        let b_panels = if must_pack || call.packs && call.b_fixed && call.columns > 1 {
            self.pack_b(&mut call)
        } else {
            Panels::ROWS
        };
        let mut plan = assemble(&call, b_panels);
        plan.chunk = plan.chunk_of(call.chunk_terms);
        let few = if plan.merged().stages_a() { 2 } else { FEW_UNITS };
        plan.slots = plan.chunks() >= 2 && plan.units() < few;
        plan.by_rows = algorithm::goes_by_rows(&plan, call.b_fixed);
        let mut operands = vec![at(call.c), at(call.a), at(call.b)];
        let mut generated = None;
        if let Some(Finish { kernel, operands: extra }) = finish {
            let known = closed(&kernel);
            let order: Vec<usize> = known.as_ref().map_or((0..extra.len()).collect(), |(_, order)| order.clone());
            plan.operand_count = order.len() as u32;
            let bases: Vec<(BufferId, usize)> =
                order.iter().map(|&operand| at((extra[operand].0, extra[operand].1.constant))).collect();
            let permuted: Vec<Operand> = order
                .iter()
                .map(|&operand| Operand { n: extra[operand].1.factor(column), ..plan.operands[operand] })
                .collect();
            plan.operands[..order.len()].copy_from_slice(&permuted);
            plan.epilogue = known.map_or(Epilogue::Generated, |(epilogue, _)| epilogue);
            if plan.slot_floats() > 0 {
                operands.push((self.slots(&plan, call.output), 0));
            }
            if plan.epilogue == Epilogue::Generated {
                generated = Some((self.kernel(kernel), bases));
            } else {
                operands.extend(bases);
            }
        } else if plan.slot_floats() > 0 {
            operands.push((self.slots(&plan, call.output), 0));
        }
        let origin = self.origin(call.sum);
        self.push(Step::Call { kernel: Kernel::Contract(plan), operands, epilogue: generated, origin });
        Ok(())
    }

    fn slots(&mut self, plan: &ContractPlan, output: ValueId) -> BufferId {
        let name = format!("{}.slots", self.name(output));
        self.buffer(name, Segment::Arena, plan.slot_floats() as usize, Scalar::F32)
    }

    pub(super) fn finish(&self, call: &Call) -> Result<Option<Finish>, Request> {
        if call.sum == call.output {
            return Ok(None);
        }
        let mut extents: Vec<u32> = call.rows.iter().map(|row| row.extent).collect();
        extents.push(call.columns as u32);
        let scalar_of = |buffer: BufferId| self.buffers[buffer.0 as usize].scalar;
        let pair = (call.sum, call.output);
        emit_epilogue(self.prims(), &self.places, pair, &call.index, &extents, scalar_of)
            .map(Some)
            .map_err(Request::Stored)
    }

    /// Copies B into panels of 32 columns, once for the same memory.
    fn pack_b(&mut self, call: &mut Call) -> Panels {
        let taps: Vec<(u32, i64)> = call.taps.iter().map(|tap| (tap.extent, tap.b)).collect();
        let outer: Vec<(u32, i64)> =
            call.rows.iter().filter(|row| row.b != 0 && row.extent > 1).map(|row| (row.extent, row.b)).collect();
        let rows: u64 = taps.iter().map(|&(extent, _)| u64::from(extent)).product();
        let columns = call.columns as u32;
        let one = Panels::packed_len(rows, u64::from(columns));
        let copies: u64 = outer.iter().map(|&(extent, _)| u64::from(extent)).product();
        let moves: Vec<Moved> = pack(&outer, &taps, columns, call.column_stride);
        let key = (self.is_late, call.b, moves);
        let buffer = match self.packed.get(&key) {
            Some(&buffer) => buffer,
            None => {
                let name = format!("{}.packed", self.buffers[call.b.0.0 as usize].name);
                let buffer = self.buffer(name, Segment::Arena, (one * copies) as usize, Scalar::F32);
                let origin = self.origin(call.sum);
                let is_prepared = std::mem::replace(&mut self.is_prepared, call.b_fixed);
                for moved in &key.2 {
                    let source = (call.b.0, (call.b.1 + moved.source) as usize);
                    let operands = vec![(buffer, moved.destination as usize), source];
                    self.push(Step::Call { kernel: Kernel::Copy(moved.plan), operands, epilogue: None, origin });
                }
                self.is_prepared = is_prepared;
                self.packed.insert(key, buffer);
                buffer
            }
        };
        call.b = (buffer, 0);
        let mut stride = 32;
        for tap in call.taps.iter_mut().rev() {
            tap.b = stride;
            stride *= i64::from(tap.extent);
        }
        let mut stride = one as i64;
        for row in call.rows.iter_mut().rev().filter(|row| row.b != 0 && row.extent > 1) {
            row.b = stride;
            stride *= i64::from(row.extent);
        }
        Panels::packed(rows)
    }
}

/// An operand by its first element.
pub(super) fn at((buffer, base): (BufferId, i64)) -> (BufferId, usize) {
    (buffer, usize::try_from(base).expect("bases lie in their buffers"))
}

/// Merges axes that walk all operands as one; of the row axes that do not move B, the innermost in C that fills tiles
/// becomes the plan's m, else the longest.
fn assemble(call: &Call, b_panels: Panels) -> ContractPlan {
    let mut taps: Vec<Tap> = Vec::new();
    for &tap in call.taps.iter().filter(|tap| tap.extent > 1) {
        match taps.last_mut() {
            Some(outer) if outer.a == tap.a * i64::from(tap.extent) && outer.b == tap.b * i64::from(tap.extent) => {
                *outer = tap.within(*outer);
            }
            _ => taps.push(tap),
        }
    }
    let mut rows: Vec<Axis> = Vec::new();
    let (written, joined) = call.rows.split_at(call.rows.len() - call.maxima);
    for row in written.iter().filter(|row| row.extent > 1) {
        let steps = i64::from(row.extent);
        match rows.last_mut() {
            Some(outer)
                if outer.a == row.a * steps
                    && outer.b == row.b * steps
                    && outer.c == row.c * steps
                    && outer.operands.iter().zip(&row.operands).all(|(outer, row)| *outer == row * steps) =>
            {
                *outer = Axis { extent: outer.extent * row.extent, along: None, ..row.clone() };
            }
            _ => rows.push(row.clone()),
        }
    }
    // A tile's rows of C should be neighbours in memory.
    let rank = |&row: &usize| (rows[row].extent.min(ENOUGH_ROWS), Reverse(rows[row].c.abs()));
    let best = (0..rows.len()).filter(|&row| rows[row].b == 0).max_by_key(rank);
    let m = best.map(|row| rows.remove(row)).unwrap_or_else(|| {
        let operands = vec![0; call.rows.first().map_or(0, |row| row.operands.len())];
        Axis { operands, ..Axis::new(1, 0, 0, 0) }
    });
    let mut plan = ContractPlan::dense(m.extent, call.columns as u32, 1);
    plan.m = RowAxis { extent: m.extent, a: m.a, c: m.c };
    plan.a_column = i64::from(call.by_column);
    plan.b_panels = b_panels;
    let k = taps.pop().unwrap_or(Tap::new(1, 0, 0));
    plan.k = TapAxis { extent: k.extent, a: k.a, b: k.b };
    let joined: Vec<&Axis> = joined.iter().filter(|row| row.extent > 1).collect();
    plan.maxima = joined.len() as u32;
    assert!(taps.len() <= 4 && rows.len() <= plan.written(), "a contraction has at most eight axes");
    for (slot, tap) in plan.taps.iter_mut().zip(&taps) {
        *slot = TapAxis { extent: tap.extent, a: tap.a, b: tap.b };
    }
    for (slot, row) in plan.outer.iter_mut().zip(&rows) {
        *slot = OuterAxis { extent: row.extent, a: row.a, b: row.b, c: row.c };
    }
    let first = plan.written();
    for (slot, row) in plan.outer[first..].iter_mut().zip(&joined) {
        *slot = OuterAxis { extent: row.extent, a: row.a, b: row.b, c: row.c };
    }
    let mut outer = [None; 6];
    outer.iter_mut().zip(&rows).for_each(|(slot, row)| *slot = Some(row));
    outer[first..].iter_mut().zip(&joined).for_each(|(slot, row)| *slot = Some(*row));
    plan.k_border = border(call, &k, &outer, &m);
    plan.tap_border = taps.first().map_or(Border::NONE, |tap| border(call, tap, &outer, &m));
    if plan.tap_border.m != 0 {
        plan.tap_border = Border::NONE;
    }
    for operand in 0..m.operands.len() {
        let mut strides = Operand { m: m.operands[operand], ..Operand::SCALAR };
        for (slot, row) in strides.outer.iter_mut().zip(&rows) {
            *slot = row.operands[operand];
        }
        for (slot, row) in strides.outer[first..].iter_mut().zip(&joined) {
            *slot = row.operands[operand];
        }
        plan.operands[operand] = strides;
    }
    plan
}
