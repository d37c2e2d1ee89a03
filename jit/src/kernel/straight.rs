//! All steps of a small entry to one function in Cranelift's representation.
//!
//! The function has the signature of a schedule's step. Its table of pointers holds the segments of a program; where
//! buffers lie in them is part of the code.

use super::contract::VARS;
use super::{Emitter, Locals, Role, signature, wide};
use crate::straight::{Part, Place, Straight};
use cranelift_codegen::ir::condcodes::FloatCC;
use cranelift_codegen::ir::{Function, InstBuilder, MemFlagsData, Value, types};
use cranelift_codegen::isa::TargetIsa;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use netc_compiler::program::{LoopKernel, Segment, Var};

/// The function's table of pointers, but for the flag behind them.
pub(crate) const SEGMENTS: [Segment; 9] = [
    Segment::Params,
    Segment::State,
    Segment::Derived,
    Segment::Arena,
    Segment::Constants,
    Segment::Scratch,
    Segment::Inputs,
    Segment::Outputs,
    Segment::Scalars,
];

/// Where the table holds the address of a number that becomes 1 when the function stops early, else 0.
pub(crate) const FLAG: usize = SEGMENTS.len();

/// Translates an entry into the body of `function`, whose name is set.
pub(crate) fn straight(
    parts: &Straight<'_>,
    calls: bool,
    isa: &dyn TargetIsa,
    function: &mut Function,
    context: &mut FunctionBuilderContext,
) {
    function.signature = signature(Role::Step, isa);
    let wide = if calls { wide::import(parts.kernels(), function, isa) } else { wide::Wide::default() };
    let mut builder = FunctionBuilder::new(function, context);
    let entry = builder.create_block();
    builder.append_block_params_for_function_params(entry);
    builder.switch_to_block(entry);
    builder.seal_block(entry);
    let table = builder.block_params(entry)[1];
    let flags = MemFlagsData::trusted().with_readonly();
    let segments = SEGMENTS.map(|segment| match parts.uses(segment) {
        true => builder.ins().load(types::I64, flags, table, 8 * index(segment) as i32),
        false => table,
    });
    let product = product();
    let mut emitter = Emitter::new(builder, &product, Vec::new(), wide);
    for part in &parts.parts {
        emitter.part(part, &segments, &product, table);
    }
    emitter.builder.ins().return_(&[]);
    emitter.builder.finalize(isa.frontend_config());
}

fn index(segment: Segment) -> usize {
    SEGMENTS.iter().position(|&known| known == segment).unwrap_or_default()
}

/// A kernel with the variables of a product, whose parameters are floats.
fn product() -> LoopKernel {
    LoopKernel {
        name: String::new(),
        params: Vec::new(),
        unit: Var(0),
        units: 1,
        vars: VARS as u16,
        locals: Vec::new(),
        body: Vec::new(),
    }
}

impl<'a> Emitter<'a> {
    fn part(&mut self, part: &'a Part<'_>, segments: &[Value; 9], product: &'a LoopKernel, table: Value) {
        match part {
            Part::Loops(kernel, operands) => {
                self.enter(kernel, segments, operands);
                self.static_loop(kernel.unit, 0, i64::from(kernel.units), 1, |emitter| {
                    emitter.statements(&kernel.body)
                });
            }
            Part::Contract { plan, operands, epilogue } => {
                self.enter(product, segments, operands);
                let ending = epilogue.as_ref().map(|(kernel, extra)| (*kernel, self.places(segments, extra)));
                self.contraction(plan, ending.as_ref());
            }
            Part::Judge(place) => self.judge(*place, segments, table),
        }
    }

    fn enter(&mut self, kernel: &'a LoopKernel, segments: &[Value; 9], operands: &[Place]) {
        self.bases = self.places(segments, operands);
        self.vars = vec![None; usize::from(kernel.vars)];
        self.locals = Locals::of(kernel);
        self.kernel = kernel;
    }

    fn places(&mut self, segments: &[Value; 9], operands: &[Place]) -> Vec<Value> {
        let place = |&(segment, element): &Place| {
            let base = segments[index(segment)];
            if element == 0 { base } else { self.builder.ins().iadd_imm_s(base, 4 * element as i64) }
        };
        operands.iter().map(place).collect()
    }

    /// Goes on if a number is finite, else returns with the flag at 1.
    fn judge(&mut self, (segment, element): Place, segments: &[Value; 9], table: Value) {
        let flags = MemFlagsData::new().with_notrap();
        let flag = self.builder.ins().load(types::I64, flags, table, 8 * FLAG as i32);
        let address = self.places(segments, &[(segment, element)])[0];
        let number = self.builder.ins().load(types::F32, flags, address, 0);
        let magnitude = self.builder.ins().fabs(number);
        let infinity = self.float(false, f32::INFINITY);
        let is_finite = self.builder.ins().fcmp(FloatCC::LessThan, magnitude, infinity);
        let (go, stop) = (self.builder.create_block(), self.builder.create_block());
        self.builder.ins().brif(is_finite, go, &[], stop, &[]);
        self.builder.seal_block(go);
        self.builder.seal_block(stop);
        for (block, value) in [(stop, 1.0), (go, 0.0)] {
            self.builder.switch_to_block(block);
            let value = self.float(false, value);
            self.builder.ins().store(flags, value, flag, 0);
            if block == stop {
                self.builder.ins().return_(&[]);
            }
        }
    }
}
