//! Transcendental functions on sixteen lanes at once, by calls of the runtime's, whose vectors are wider than Cranelift's.
//!
//! The lanes pass through memory. Bits are those of the inlined sequence.

use super::Emitter;
use super::value::{Kind, Val};
use cranelift_codegen::ir::immediates::Offset32;
use cranelift_codegen::ir::{
    AbiParam, ExtFuncData, ExternalName, FuncRef, Function, InstBuilder, Signature, StackSlotData, StackSlotKind,
    UserExternalName, types,
};
use cranelift_codegen::isa::TargetIsa;
use netc_compiler::prim::scalar::Unary;
use netc_compiler::program::walk::expressions;
use netc_compiler::program::{Expr, LoopKernel};
use netc_runtime::{LaneFunctions, LanesFn, WIDE_LANES};

/// Functions that may be called, with their names for the linker.
pub(crate) const FUNCTIONS: [(&str, Unary); 5] = [
    ("netc_exp", Unary::Exp),
    ("netc_log", Unary::Log),
    ("netc_tanh", Unary::Tanh),
    ("netc_sigmoid", Unary::Sigmoid),
    ("netc_erf", Unary::Erf),
];

/// References to [`FUNCTIONS`] within a function; none for those that are not called.
pub(crate) type Wide = [Option<FuncRef>; FUNCTIONS.len()];

/// Vectors of four that a call takes.
pub(super) const GROUPS: usize = WIDE_LANES / 4;

/// The function of the runtime behind an operation.
pub(crate) fn function(functions: &LaneFunctions, op: Unary) -> Option<LanesFn> {
    Some(match op {
        Unary::Exp => functions.exp,
        Unary::Log => functions.log,
        Unary::Tanh => functions.tanh,
        Unary::Sigmoid => functions.sigmoid,
        Unary::Erf => functions.erf,
        Unary::Neg | Unary::Abs | Unary::Sqrt | Unary::Floor | Unary::Relu | Unary::Not => return None,
    })
}

/// The signature of a [`LanesFn`].
pub(crate) fn signature(isa: &dyn TargetIsa) -> Signature {
    let mut signature = Signature::new(isa.default_call_conv());
    signature.params.push(AbiParam::new(isa.pointer_type()));
    signature
}

/// References to those of [`FUNCTIONS`] that a kernel applies. A module declares them all before anything else, so
/// that their positions are their names.
pub(crate) fn import(kernel: &LoopKernel, function: &mut Function, isa: &dyn TargetIsa) -> Wide {
    let used = used(kernel);
    std::array::from_fn(|index| {
        used[index].then(|| {
            let name = UserExternalName { namespace: 0, index: index as u32 };
            let name = ExternalName::user(function.declare_imported_user_function(name));
            let signature = function.import_signature(signature(isa));
            function.import_function(ExtFuncData { name, signature, colocated: false, patchable: false })
        })
    })
}

/// Which of [`FUNCTIONS`] a kernel applies.
fn used(kernel: &LoopKernel) -> [bool; FUNCTIONS.len()] {
    let mut used = [false; FUNCTIONS.len()];
    expressions(&kernel.body, &mut |expr| {
        if let Expr::Unary(op, _) = expr {
            used.iter_mut().zip(FUNCTIONS).for_each(|(used, (_, known))| *used |= known == *op);
        }
    });
    used
}

impl Emitter<'_> {
    /// Whether sixteen lanes of this operation are worth a call.
    pub(super) fn calls(&self, op: Unary) -> Option<FuncRef> {
        let index = FUNCTIONS.iter().position(|(_, known)| *known == op)?;
        self.wide[index]
    }

    /// The operation on sixteen lanes, if it is one that is called; else the operand.
    pub(super) fn call_wide(&mut self, op: Unary, operand: Val) -> Result<Val, Val> {
        let (Some(function), Val::Wide(Kind::F32, values)) = (self.calls(op), &operand) else { return Err(operand) };
        if values.len() != GROUPS {
            return Err(operand);
        }
        let values = values.clone();
        let slot = *self.lanes_slot.get_or_insert_with(|| {
            let data = StackSlotData::new(StackSlotKind::ExplicitSlot, 4 * WIDE_LANES as u32, 6);
            self.builder.create_sized_stack_slot(data)
        });
        for (group, value) in values.into_iter().enumerate() {
            self.builder.ins().stack_store(types::I64, value, slot, 16 * group as i32);
        }
        let address = self.builder.ins().stack_addr(types::I64, slot, Offset32::new(0));
        self.builder.ins().call(function, &[address]);
        let load = |group| self.builder.ins().stack_load(types::I64, types::F32X4, slot, 16 * group as i32);
        Ok(Val::Wide(Kind::F32, (0..GROUPS).map(load).collect()))
    }
}
