//! One generated kernel of a program to one function in Cranelift's representation.
//!
//! The function has the signature of a schedule's step (`netc_plan::StepFn`) or, for an epilogue, of
//! `netc_plan::EpilogueFn`. Translation is statement by statement; nothing is decided here but how many lanes run at
//! once, which changes no bit. `straight` puts the kernels and products of a small entry one behind the other in a
//! single function.

mod address;
mod arithmetic;
mod block;
mod contract;
mod expression;
mod fold;
mod math;
mod row;
mod statement;
mod straight;
mod value;
pub(crate) mod wide;
mod width;

pub(crate) use contract::written;
pub(crate) use row::is_by_column;
pub(crate) use straight::{FLAG, SEGMENTS, straight};
pub use width::vectorised;

use cranelift_codegen::ir::{AbiParam, Function, InstBuilder, MemFlagsData, Signature, StackSlot, Value, types};
use cranelift_codegen::isa::TargetIsa;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext, Variable};
use netc_compiler::program::LoopKernel;
use netc_compiler::program::walk::assigned;
use row::Row;
use value::{Group, Kind};

/// What calls a generated function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The schedule's loop, with a range of units.
    Step,
    /// A contraction, for a segment of an output row.
    Epilogue,
}

/// The signature of a role's functions.
pub fn signature(role: Role, isa: &dyn TargetIsa) -> Signature {
    let mut signature = Signature::new(isa.default_call_conv());
    let pointer = AbiParam::new(isa.pointer_type());
    signature.params = match role {
        Role::Step => vec![pointer, pointer, AbiParam::new(types::I32), AbiParam::new(types::I32), pointer],
        Role::Epilogue => vec![pointer, AbiParam::new(types::I32)],
    };
    signature
}

/// Translates a kernel into the body of `function`, whose signature is that of the role.
pub fn translate(
    kernel: &LoopKernel,
    role: Role,
    wide: wide::Wide,
    isa: &dyn TargetIsa,
    function: &mut Function,
    context: &mut FunctionBuilderContext,
) {
    let mut builder = FunctionBuilder::new(function, context);
    let entry = builder.create_block();
    builder.append_block_params_for_function_params(entry);
    builder.switch_to_block(entry);
    builder.seal_block(entry);
    let arguments: Vec<Value> = builder.block_params(entry).to_vec();
    let table = match role {
        Role::Step => arguments[1],
        Role::Epilogue => arguments[0],
    };
    let flags = MemFlagsData::trusted().with_readonly();
    let bases =
        (0..kernel.params.len()).map(|param| builder.ins().load(types::I64, flags, table, 8 * param as i32)).collect();
    let mut emitter = Emitter::new(builder, kernel, bases, wide);
    match role {
        Role::Step => {
            let begin = emitter.builder.ins().uextend(types::I64, arguments[2]);
            let end = emitter.builder.ins().uextend(types::I64, arguments[3]);
            emitter.units(begin, end);
        }
        Role::Epilogue => {
            emitter.columns = Some(Columns::Register(emitter.builder.ins().uextend(types::I64, arguments[1])));
            emitter.bind(kernel.unit, 0);
            emitter.statements(&kernel.body);
        }
    }
    emitter.builder.ins().return_(&[]);
    emitter.builder.finalize(isa.frontend_config());
}

/// A loop variable's value in the code that is being emitted.
#[derive(Clone, Copy, Debug)]
enum Index {
    /// Known now: a loop of one turn.
    Known(i64),
    /// In a register, 64 bits.
    Register(Value),
}

/// The loop whose turns run as lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Lanes {
    /// Its variable, whose [`Index`] is that of the first lane.
    var: netc_compiler::program::Var,
    /// Groups of four lanes.
    groups: usize,
}

/// The locals of a kernel.
#[derive(Debug, Default)]
struct Locals {
    slots: Vec<Option<Slot>>,
    /// Whether it is assigned after its definition.
    assigned: Vec<bool>,
}

/// A local of the program in the code that is being emitted: one SSA variable per group, or one scalar.
#[derive(Clone, Debug)]
struct Slot {
    kind: Kind,
    is_wide: bool,
    variables: Group<Variable>,
}

impl Locals {
    fn of(kernel: &LoopKernel) -> Self {
        Self { slots: vec![None; kernel.locals.len()], assigned: assigned(kernel) }
    }
}

/// How many columns an epilogue is emitted for.
#[derive(Clone, Copy, Debug)]
enum Columns {
    /// As many as its caller says, 64 bits.
    Register(Value),
    /// So many.
    Known(i64),
}

/// The state of a translation.
struct Emitter<'a> {
    builder: FunctionBuilder<'a>,
    kernel: &'a LoopKernel,
    /// Base addresses of the kernel's parameters.
    bases: Vec<Value>,
    vars: Vec<Option<Index>>,
    locals: Locals,
    lanes: Option<Lanes>,
    /// Columns of an epilogue's segment.
    columns: Option<Columns>,
    /// Parameter 0 of an epilogue, where it is in registers.
    row: Option<Row>,
    /// Folds that are done: the fold's variable, that of the loop around it, and where the results per turn are.
    folded: Vec<(netc_compiler::program::Var, netc_compiler::program::Var, Value)>,
    /// Functions of the runtime on sixteen lanes.
    wide: wide::Wide,
    /// Memory in which they get their lanes.
    lanes_slot: Option<StackSlot>,
}

impl<'a> Emitter<'a> {
    fn new(builder: FunctionBuilder<'a>, kernel: &'a LoopKernel, bases: Vec<Value>, wide: wide::Wide) -> Self {
        let (vars, locals) = (vec![None; usize::from(kernel.vars)], Locals::of(kernel));
        let (lanes, columns, row, folded, lanes_slot) = (None, None, None, Vec::new(), None);
        Self { builder, kernel, bases, vars, locals, lanes, columns, row, folded, wide, lanes_slot }
    }
}
