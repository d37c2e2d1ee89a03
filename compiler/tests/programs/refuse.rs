//! Programs that were broken in one place are refused, each for its reason.

use super::check::compile;
use super::networks::model;
use netc_compiler::pipeline::primitives;
use netc_compiler::prim::Mode;
use netc_compiler::program::affine::Affine;
use netc_compiler::program::{
    BufferId, Expr, Extent, Kernel, LoopKernel, Program, Scalar, Segment, Step, Stmt, verify,
};
use netc_compiler::simplify::simplify;

/// A training step of a small network with convolutions, windows, dropout and an optimiser.
fn program() -> Program {
    let model = model("examples/digits/cnn.net", &[]);
    compile(&simplify(primitives(&model, Mode::Step, 8, &[]))).into_inner()
}

fn steps(program: &mut Program) -> &mut Vec<Step> {
    &mut program.entries.last_mut().expect("an entry").steps
}

fn find(program: &mut Program, wanted: impl Fn(&Step) -> bool) -> usize {
    steps(program).iter().position(wanted).expect("such a step")
}

fn is_fill(step: &Step) -> bool {
    matches!(step, Step::Call { kernel: Kernel::Fill(_), .. })
}

fn is_stop(step: &Step) -> bool {
    matches!(step, Step::StopUnlessFinite { .. })
}

/// The first kernel with more than one unit, and its first store.
fn dealt(program: &mut Program) -> &mut LoopKernel {
    program.kernels.iter_mut().find(|kernel| kernel.units > 1).expect("a kernel with units")
}

fn store(body: &mut [Stmt]) -> &mut Affine {
    for stmt in body {
        match stmt {
            Stmt::For { body, .. } => return store(body),
            Stmt::Store { index, .. } => return index,
            Stmt::Let { .. } | Stmt::Assign { .. } => {}
        }
    }
    panic!("a kernel stores something")
}

fn first_loop(body: &mut [Stmt]) -> &mut Stmt {
    body.iter_mut().find(|stmt| matches!(stmt, Stmt::For { .. })).expect("a loop")
}

/// The position of a step that writes to this segment, by what it writes.
fn updates(program: &mut Program) -> usize {
    let program = &*program;
    let is_param = |id: BufferId| program.buffers[id.0 as usize].segment == Segment::Params;
    let steps = &program.entries.last().expect("an entry").steps;
    let wanted = |step: &Step| step.touched(&program.kernels).any(|touch| touch.writes && is_param(touch.buffer));
    steps.iter().position(wanted).expect("an update")
}

type Break = (&'static str, fn(&mut Program), &'static str);

const BREAKS: &[Break] = &[
    ("a buffer beyond its segment", |p| p.sizes.arena /= 2, "beyond its segment"),
    (
        "no zeros around a map",
        |p| {
            let at = find(p, is_fill);
            steps(p).remove(at);
        },
        "does not hold its value",
    ),
    (
        "nothing judges the loss",
        |p| {
            let at = find(p, is_stop);
            steps(p).remove(at);
        },
        "too early",
    ),
    (
        "the judge comes last",
        |p| {
            let at = find(p, is_stop);
            let stop = steps(p).remove(at);
            steps(p).push(stop);
        },
        "too early",
    ),
    (
        "an update twice",
        |p| {
            let at = updates(p);
            let step = steps(p)[at].clone();
            steps(p).insert(at, step);
        },
        "twice",
    ),
    (
        "an update before a reader of the old version",
        |p| {
            let (at, stop) = (updates(p), find(p, is_stop));
            let count = steps(p).len();
            let step = steps(p).remove(at);
            assert!(stop < at && at < count);
            steps(p).insert(stop + 1, step);
        },
        "does not hold its value",
    ),
    ("steps in the wrong order", |p| steps(p).swap(6, 8), "does not hold its value"),
    (
        "a missing step",
        |p| {
            steps(p).remove(8);
        },
        "does not hold its value",
    ),
    ("a store beyond the operand", |p| store(&mut p.kernels[0].body).constant += 1 << 20, "outside of its operand"),
    ("a store before the operand", |p| store(&mut p.kernels[0].body).constant -= 1 << 20, "outside of its operand"),
    (
        "units that write the same",
        |p| {
            let kernel = dealt(p);
            let unit = kernel.unit;
            let index = store(&mut kernel.body);
            *index = index.substitute(unit, &Affine::default());
        },
        "same element",
    ),
    ("more units than memory", |p| dealt(p).units *= 3, "outside of its operand"),
    (
        "lanes that write the same",
        |p| {
            let Stmt::For { var, lanes, body, .. } = first_loop(&mut p.kernels[0].body) else { unreachable!() };
            *lanes = true;
            let var = *var;
            if let Stmt::For { lanes, .. } = first_loop(body) {
                *lanes = false;
            }
            let index = store(body);
            *index = index.substitute(var, &Affine::default());
        },
        "",
    ),
    (
        "a loop without turns",
        |p| {
            let Stmt::For { extent, .. } = first_loop(&mut p.kernels[0].body) else { unreachable!() };
            *extent = Extent::Fixed(0);
        },
        "loop without turns",
    ),
    (
        "columns outside of an epilogue",
        |p| {
            let Stmt::For { extent, .. } = first_loop(&mut p.kernels[0].body) else { unreachable!() };
            *extent = Extent::Columns;
        },
        "columns outside",
    ),
    (
        "an unknown local",
        |p| {
            p.kernels[0].body.push(Stmt::Assign { local: netc_compiler::program::Local(999), value: Expr::I32(0) });
        },
        "does not exist",
    ),
    (
        "a local that is not defined",
        |p| {
            let kernel = &mut p.kernels[0];
            kernel.locals.push(Scalar::I32);
            let local = netc_compiler::program::Local(kernel.locals.len() as u16 - 1);
            kernel.body.push(Stmt::Assign { local, value: Expr::I32(0) });
        },
        "not defined",
    ),
    (
        "a local of another type",
        |p| {
            let kernel = p.kernels.iter_mut().find(|kernel| !kernel.locals.is_empty()).expect("a kernel with locals");
            for scalar in &mut kernel.locals {
                *scalar = if *scalar == Scalar::F32 { Scalar::I32 } else { Scalar::F32 };
            }
        },
        "types differ",
    ),
    (
        "a result that is only read",
        |p| {
            p.kernels[0].params.iter_mut().for_each(|param| param.written = false);
        },
        "that is read",
    ),
    (
        "an operand too few",
        |p| {
            let at = find(p, |step| matches!(step, Step::Loop { .. }));
            if let Step::Loop { operands, .. } = &mut steps(p)[at] {
                operands.pop();
            }
        },
        "do not match",
    ),
    (
        "an operand too short",
        |p| {
            let at = find(p, |step| matches!(step, Step::Loop { .. }));
            if let Step::Loop { operands, .. } = &mut steps(p)[at] {
                operands[0].1 += 1;
            }
        },
        "outside of its operand",
    ),
    (
        "a call's operand too short",
        |p| {
            let at = find(p, |step| matches!(step, Step::Call { kernel: Kernel::Contract(_), .. }));
            if let Step::Call { operands, .. } = &mut steps(p)[at] {
                operands[0].1 += 4096;
            }
        },
        "outside of its operand",
    ),
    (
        "a plan that kernels refuse",
        |p| {
            let at = find(p, |step| matches!(step, Step::Call { kernel: Kernel::Contract(_), .. }));
            if let Step::Call { kernel: Kernel::Contract(plan), .. } = &mut steps(p)[at] {
                plan.n = 0;
            }
        },
        "extent 0",
    ),
    (
        "a written input",
        |p| {
            let input = p.inputs[0].2;
            let at = find(p, |step| matches!(step, Step::Loop { .. }));
            let Step::Loop { kernel, operands, .. } = steps(p)[at].clone() else { unreachable!() };
            let written = p.kernels[kernel.0 as usize].params.iter().position(|param| param.written).expect("a result");
            let target = operands[written].0;
            let offset = p.buffers[input.0 as usize].clone();
            p.buffers[target.0 as usize] =
                netc_compiler::program::Buffer { segment: Segment::Inputs, ..p.buffers[target.0 as usize].clone() };
            p.buffers[target.0 as usize].offset = offset.offset;
            p.sizes.inputs = p.sizes.inputs.max(offset.offset + p.buffers[target.0 as usize].elements);
        },
        "may not write",
    ),
    (
        "memory of a living value",
        |p| {
            // Everything in the arena begins at its start.
            let ends = p.sizes.arena;
            for buffer in p.buffers.iter_mut().filter(|buffer| buffer.segment == Segment::Arena) {
                buffer.offset = buffer.offset.min(ends) / 2;
            }
        },
        "",
    ),
    (
        "a result that nothing writes",
        |p| {
            let at = find(p, is_stop);
            steps(p).truncate(at - 2);
        },
        "",
    ),
];

#[test]
fn broken_programs_are_refused() {
    let whole = program();
    assert!(verify(whole.clone()).is_ok());
    for (name, change, reason) in BREAKS {
        let mut broken = whole.clone();
        change(&mut broken);
        assert!(broken != whole, "{name}: nothing was changed");
        match verify(broken) {
            Ok(_) => panic!("{name} was accepted"),
            Err(violation) => {
                let message = violation.to_string();
                assert!(message.contains(reason), "{name}: {message}");
            }
        }
    }
}

/// Any single step that is left out is missed, whatever it computes.
#[test]
fn every_step_is_needed() {
    let whole = program();
    let count = whole.entries.last().expect("an entry").steps.len();
    for at in 0..count {
        let mut broken = whole.clone();
        let step = steps(&mut broken).remove(at);
        let writes_state = step.touched(&whole.kernels).any(|touch| {
            let segment = whole.buffers[touch.buffer.0 as usize].segment;
            touch.writes && matches!(segment, Segment::Params | Segment::State)
        });
        // An update that is left out is a different program, not a wrong one.
        assert!(writes_state || verify(broken).is_err(), "step {at} is not missed: {step:?}");
    }
}
