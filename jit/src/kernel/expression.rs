//! Expressions of the program as instructions.

use super::value::{Kind, Val};
use super::wide::{Called, gelu};
use super::{Emitter, Slot};
use cranelift_codegen::ir::{InstBuilder, types};
use netc_compiler::program::affine::Affine;
use netc_compiler::program::{Expr, Local};

impl Emitter<'_> {
    pub(super) fn expression(&mut self, expr: &Expr) -> Val {
        match expr {
            Expr::F32(value) => Val::Uniform(Kind::F32, self.float(false, *value)),
            Expr::I32(value) => Val::Uniform(Kind::I32, self.int(false, *value)),
            Expr::Read(local) => self.read(*local),
            Expr::Position(affine) => self.coordinate(affine),
            Expr::Load { param, index, bounds, otherwise } => self.load(*param, index, bounds, *otherwise),
            Expr::Unary(op, operand) => {
                let operand = self.expression(operand);
                self.called(Called::Unary(*op), operand)
            }
            Expr::Binary(op, left, right) => {
                if let Some(operand) = gelu(expr) {
                    let operand = self.expression(operand);
                    return self.called(Called::Gelu, operand);
                }
                let left = self.expression(left);
                let right = self.expression(right);
                self.binary(*op, left, right)
            }
            Expr::Select(condition, yes, no) => {
                let condition = self.expression(condition);
                for (zero, value, when) in [(yes, no, false), (no, yes, true)] {
                    if matches!(**zero, Expr::F32(number) if number.to_bits() == 0) {
                        let value = self.expression(value);
                        return self.masked(condition, value, when);
                    }
                }
                let yes = self.expression(yes);
                let no = self.expression(no);
                self.select(condition, yes, no)
            }
            Expr::ToF32(operand) => {
                let operand = self.expression(operand);
                self.floated(operand)
            }
            Expr::ToI32(operand) => {
                let operand = self.expression(operand);
                self.truncated(operand)
            }
            Expr::Fold { op, var, extent, lanes, lets, body } => self.fold(*op, *var, *extent, *lanes, (lets, body)),
        }
    }

    /// An affine form as an integer, per lane where it depends on the lanes' variable.
    fn coordinate(&mut self, affine: &Affine) -> Val {
        let first = self.position(affine);
        let first = self.builder.ins().ireduce(types::I32, first);
        let stride = self.lane_stride(affine);
        let Some(lanes) = self.lanes.filter(|_| stride != 0) else {
            return Val::Uniform(Kind::I32, first);
        };
        let splat = self.builder.ins().splat(types::I32X4, first);
        let groups = (0..lanes.groups).map(|group| {
            let mut offsets = self.int(true, 0);
            for lane in 0..4 {
                let offset = self.builder.ins().iconst(types::I32, stride * (4 * group + lane) as i64);
                offsets = self.builder.ins().insertlane(offsets, offset, lane as u8);
            }
            self.builder.ins().iadd(splat, offsets)
        });
        Val::Wide(Kind::I32, groups.collect())
    }

    fn read(&mut self, local: Local) -> Val {
        let Slot { kind, is_wide, variables } =
            self.locals.slots[usize::from(local.0)].clone().expect("verified programs define locals before use");
        let mut values: Vec<_> = variables.iter().map(|&variable| self.builder.use_var(variable)).collect();
        if is_wide { Val::Wide(kind, values) } else { Val::Uniform(kind, values.remove(0)) }
    }
}
