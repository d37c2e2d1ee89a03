//! A segment of an output row that is in registers, not in memory, while its epilogue runs.

use super::value::{Kind, Val};
use super::{Emitter, Index};
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Value, types};
use netc_compiler::program::affine::Affine;
use netc_compiler::program::walk::{expressions, parts, stores};
use netc_compiler::program::{Expr, Extent, LoopKernel, Stmt, Var};

/// The parameter of an epilogue that is the row.
const ROW: u16 = 0;

/// The elements of the segment: vectors of four, then fewer than four single ones. None of what is in memory alone.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    pub(super) vectors: Vec<Option<Value>>,
    pub(super) tail: Vec<Option<Value>>,
}

impl Row {
    pub(super) fn new(vectors: Vec<Value>, tail: Vec<Value>) -> Row {
        let known = |values: Vec<Value>| values.into_iter().map(Some).collect();
        Row { vectors: known(vectors), tail: known(tail) }
    }

    pub(super) fn columns(&self) -> i64 {
        (4 * self.vectors.len() + self.tail.len()) as i64
    }

    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = &mut Value> {
        self.vectors.iter_mut().chain(&mut self.tail).flatten()
    }
}

/// Whether an epilogue treats each column of its row for itself, in loops over columns and nothing else, so that the
/// row can stay in registers.
pub(crate) fn is_by_column(kernel: &LoopKernel) -> bool {
    let (mut loads, mut known) = (0, 0);
    expressions(&kernel.body, &mut |expr| loads += u32::from(matches!(expr, Expr::Load { param: ROW, .. })));
    let is_flat = kernel.body.iter().all(|statement| match statement {
        Stmt::For { var, extent: Extent::Columns, body, .. } => {
            let at = Affine::var(*var);
            let mut is_own = body.iter().all(|inner| !matches!(inner, Stmt::For { .. }));
            stores(body, &mut |param, index| is_own &= param != ROW || *index == at);
            expressions(body, &mut |expr| {
                is_own &= !matches!(expr, Expr::Fold { .. });
                known += u32::from(
                    matches!(expr, Expr::Load { param: ROW, index, bounds, .. } if *index == at && bounds.is_empty()),
                );
            });
            is_own
        }
        Stmt::Let { value, .. } => {
            let mut is_flat = true;
            parts(value, &mut |part| is_flat &= !matches!(part, Expr::Fold { .. }));
            is_flat
        }
        Stmt::For { .. } | Stmt::Assign { .. } | Stmt::Store { .. } => false,
    });
    is_flat && loads == known
}

impl Emitter<'_> {
    /// The element of the row that a form names, if the row is in registers: then loops over columns are unrolled, and
    /// the form is a variable whose value is known.
    fn column(&self, param: u16, index: &Affine) -> Option<usize> {
        self.row.as_ref().filter(|_| param == ROW)?;
        let &[(Var(var), 1)] = index.terms.as_slice() else { return None };
        match self.vars[usize::from(var)] {
            Some(Index::Known(at)) => usize::try_from(at + index.constant).ok(),
            _ => None,
        }
    }

    /// Elements of the row, one per lane, from registers where they are there.
    pub(super) fn load_column(&mut self, param: u16, index: &Affine) -> Option<Val> {
        let at = self.column(param, index)?;
        let Row { vectors, tail } = self.row.clone()?;
        let (address, displacement) = self.address(param, index);
        let flags = MemFlagsData::new().with_notrap();
        if let Some(lanes) = self.lanes {
            let vector = |group: usize| match vectors.get(at / 4 + group) {
                Some(&Some(vector)) => vector,
                _ => self.builder.ins().load(types::F32X4, flags, address, displacement + 16 * group as i32),
            };
            return Some(Val::Wide(Kind::F32, (0..lanes.groups).map(vector).collect()));
        }
        let single = at.checked_sub(4 * vectors.len()).map(|at| tail.get(at).copied().flatten());
        let value = match (single, vectors.get(at / 4)) {
            (Some(Some(value)), _) => value,
            (None, Some(&Some(vector))) => self.builder.ins().extractlane(vector, (at % 4) as u8),
            _ => self.builder.ins().load(types::F32, flags, address, displacement),
        };
        Some(Val::Uniform(Kind::F32, value))
    }

    /// Notes that elements of the row, as many as there are lanes, were stored: from now on they are those in memory.
    pub(super) fn store_column(&mut self, param: u16, index: &Affine, value: Option<Value>) {
        let Some(at) = self.column(param, index) else { return };
        let Some(row) = &mut self.row else { return };
        let groups = self.lanes.map_or(0, |lanes| lanes.groups);
        row.vectors.iter_mut().skip(at / 4).take(groups).for_each(|vector| *vector = None);
        match (at.checked_sub(4 * row.vectors.len()), value) {
            (Some(single), _) => row.tail[single] = None,
            (None, Some(value)) => {
                if let Some(vector) = &mut row.vectors[at / 4] {
                    *vector = self.builder.ins().insertlane(*vector, value, (at % 4) as u8);
                }
            }
            (None, None) => {}
        }
    }
}
