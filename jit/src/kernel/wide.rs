//! Transcendental functions on sixteen lanes at once, by calls of the runtime's, whose vectors are wider than
//! Cranelift's.
//!
//! The lanes go in registers and come back through memory. Bits are those of the inlined sequence.

use std::f32::consts::FRAC_1_SQRT_2;

use super::Emitter;
use super::value::{Kind, Val};
use cranelift_codegen::ir::immediates::Offset32;
use cranelift_codegen::ir::{
    AbiParam, ExtFuncData, ExternalName, FuncRef, Function, InstBuilder, Signature, StackSlotData, StackSlotKind,
    UserExternalName, Value, types,
};
use cranelift_codegen::isa::{CallConv, TargetIsa};
use netc_compiler::prim::scalar::{Binary, Unary};
use netc_compiler::program::affine::Affine;
use netc_compiler::program::walk::expressions;
use netc_compiler::program::{Expr, LoopKernel};
use netc_runtime::{LaneFunctions, LanesFn, WIDE_LANES};

/// What a call computes of each lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Called {
    /// An operation of the program.
    Unary(Unary),
    /// The formula of [`gelu`].
    Gelu,
}

/// Functions that may be called, with their names for the linker.
pub(crate) const FUNCTIONS: [(&str, Called); 6] = [
    ("netc_exp", Called::Unary(Unary::Exp)),
    ("netc_log", Called::Unary(Unary::Log)),
    ("netc_tanh", Called::Unary(Unary::Tanh)),
    ("netc_sigmoid", Called::Unary(Unary::Sigmoid)),
    ("netc_erf", Called::Unary(Unary::Erf)),
    ("netc_gelu", Called::Gelu),
];

/// References to [`FUNCTIONS`] within a function; none for those that are not called.
pub(crate) type Wide = [Option<FuncRef>; FUNCTIONS.len()];

/// Vectors of four that a call takes.
pub(super) const GROUPS: usize = WIDE_LANES / 4;

/// The function of the runtime behind one of [`FUNCTIONS`].
pub(crate) fn function(functions: &LaneFunctions, called: Called) -> Option<LanesFn> {
    Some(match called {
        Called::Unary(Unary::Exp) => functions.exp,
        Called::Unary(Unary::Log) => functions.log,
        Called::Unary(Unary::Tanh) => functions.tanh,
        Called::Unary(Unary::Sigmoid) => functions.sigmoid,
        Called::Unary(Unary::Erf) => functions.erf,
        Called::Gelu => functions.gelu,
        Called::Unary(_) => return None,
    })
}

impl Called {
    /// What an expression may be as one call, and the call's operand.
    pub(super) fn of(expr: &Expr) -> Option<(Self, &Expr)> {
        match expr {
            Expr::Unary(op, operand) => Some((Self::Unary(*op), operand)),
            _ => gelu(expr).map(|operand| (Self::Gelu, operand)),
        }
    }
}

/// The operand of `x·0.5·(erf(x·√½) + 1)`, which is [`netc_plan::math::gelu`] operation by operation.
pub(crate) fn gelu(expr: &Expr) -> Option<&Expr> {
    let Expr::Binary(Binary::Mul, half, curve) = expr else { return None };
    let Expr::Binary(Binary::Add, erf, one) = &**curve else { return None };
    let Expr::Unary(Unary::Erf, inner) = &**erf else { return None };
    let (x, same) = (scaled(half, 0.5)?, scaled(inner, FRAC_1_SQRT_2)?);
    (**one == Expr::F32(1.0) && x == same).then_some(x)
}

/// The other factor of a product with `by`.
fn scaled(expr: &Expr, by: f32) -> Option<&Expr> {
    match expr {
        Expr::Binary(Binary::Mul, x, factor) if **factor == Expr::F32(by) => Some(x),
        _ => None,
    }
}

/// The signature of a [`LanesFn`].
pub(crate) fn signature(isa: &dyn TargetIsa) -> Signature {
    let mut signature = Signature::new(CallConv::SystemV);
    signature.params.extend([AbiParam::new(types::F32X4); GROUPS]);
    signature.params.push(AbiParam::new(isa.pointer_type()));
    signature
}

/// References to those of [`FUNCTIONS`] that kernels apply. A module declares them all before anything else, so
/// that their positions are their names.
pub(crate) fn import<'k>(
    kernels: impl IntoIterator<Item = &'k LoopKernel>,
    function: &mut Function,
    isa: &dyn TargetIsa,
) -> Wide {
    let used = used(kernels);
    std::array::from_fn(|index| {
        used[index].then(|| {
            let name = UserExternalName { namespace: 0, index: index as u32 };
            let name = ExternalName::user(function.declare_imported_user_function(name));
            let signature = function.import_signature(signature(isa));
            function.import_function(ExtFuncData { name, signature, colocated: false, patchable: false })
        })
    })
}

/// Which of [`FUNCTIONS`] kernels apply.
fn used<'k>(kernels: impl IntoIterator<Item = &'k LoopKernel>) -> [bool; FUNCTIONS.len()] {
    let mut used = [false; FUNCTIONS.len()];
    for kernel in kernels {
        expressions(&kernel.body, &mut |expr| {
            if let Some((called, _)) = Called::of(expr) {
                used.iter_mut().zip(FUNCTIONS).for_each(|(used, (_, known))| *used |= known == called);
            }
        });
    }
    used
}

impl Emitter<'_> {
    /// Whether sixteen lanes of this operation are worth a call.
    pub(super) fn calls(&self, called: Called) -> Option<FuncRef> {
        let index = FUNCTIONS.iter().position(|(_, known)| *known == called)?;
        self.wide[index]
    }

    /// The function of sixteen lanes, if it is one that is called; else the operand.
    pub(super) fn call_wide(&mut self, called: Called, operand: Val) -> Result<Val, Val> {
        let (function, values) = self.callable(called, operand)?;
        let slot = *self.lanes_slot.get_or_insert_with(|| {
            let data = StackSlotData::new(StackSlotKind::ExplicitSlot, 4 * WIDE_LANES as u32, 6);
            self.builder.create_sized_stack_slot(data)
        });
        let to = self.builder.ins().stack_addr(types::I64, slot, Offset32::new(0));
        self.call_lanes(function, values, to);
        let load = |group| self.builder.ins().stack_load(types::I64, types::F32X4, slot, 16 * group as i32);
        Ok(Val::Wide(Kind::F32, (0..GROUPS).map(load).collect()))
    }

    /// The same with the results where they belong, sixteen numbers from an address; else the operand.
    pub(super) fn store_wide(&mut self, called: Called, operand: Val, param: u16, index: &Affine) -> Result<(), Val> {
        if self.lane_stride(index) != 1 {
            return Err(operand);
        }
        let (function, values) = self.callable(called, operand)?;
        let to = self.place(param, index);
        self.call_lanes(function, values, to);
        self.store_column(param, index, None);
        Ok(())
    }

    fn callable(&self, called: Called, operand: Val) -> Result<(FuncRef, [Value; GROUPS]), Val> {
        match (self.calls(called), operand) {
            (Some(function), Val::Wide(Kind::F32, values)) => match values.try_into() {
                Ok(values) => Ok((function, values)),
                Err(values) => Err(Val::Wide(Kind::F32, values)),
            },
            (_, operand) => Err(operand),
        }
    }

    fn call_lanes(&mut self, function: FuncRef, [a, b, c, d]: [Value; GROUPS], to: Value) {
        self.builder.ins().call(function, &[a, b, c, d, to]);
    }
}
