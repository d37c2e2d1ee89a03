//! Hand-written kernels against plain Rust: lanes, folds, bounds, strides, locals, exact math.

use crate::code::Code;
use crate::kernel::Role;
use netc_compiler::prim::Mode;
use netc_compiler::prim::scalar::{Binary, Unary};
use netc_compiler::program::affine::Affine;
use netc_compiler::program::{
    Bound, Expr, Extent, FoldOp, KernelId, Local, LoopKernel, Param, Program, Scalar, Sizes, Stmt, Var,
};
use netc_plan::StepFn;
use netc_plan::math::{self, Scalar as Exact};
use netc_runtime::Isa;

const UNIT: Var = Var(0);

fn axis(terms: &[(u16, i64)]) -> Affine {
    terms.iter().fold(Affine::default(), |sum, &(var, factor)| sum.plus(&Affine::var(Var(var)), factor))
}

fn load(param: u16, index: Affine) -> Expr {
    Expr::Load { param, index, bounds: vec![], otherwise: 0.0 }
}

fn run(units: u32, vars: u16, locals: Vec<Scalar>, memory: &mut [Vec<f32>], body: Vec<Stmt>) {
    let params =
        memory.iter().map(|block| Param { scalar: Scalar::F32, elements: block.len(), written: true }).collect();
    let kernel = LoopKernel { name: "test".into(), params, unit: UNIT, units, vars, locals, body };
    let program = Program {
        name: "test".into(),
        mode: Mode::Predict,
        batch: 1,
        layers: vec![],
        buffers: vec![],
        sizes: Sizes::default(),
        constants: vec![],
        kernels: vec![kernel],
        entries: vec![],
        inputs: vec![],
        results: vec![],
        states: vec![],
        scalars: vec![],
    };
    let code = Code::compile(&program, Isa::detect(), true).expect("compiles");
    let address = code.address(KernelId(0), Role::Step).expect("a step");
    // SAFETY: the function was generated with the signature of `StepFn`.
    let function: StepFn = unsafe { std::mem::transmute(address) };
    let pointers: Vec<*mut f32> = memory.iter_mut().map(|block| block.as_mut_ptr()).collect();
    // SAFETY: the bodies below stay within `memory`; plan and scratch are not used by generated kernels.
    unsafe { function(std::ptr::null(), pointers.as_ptr(), 0, units, std::ptr::null_mut()) };
}

fn numbers(count: usize) -> Vec<f32> {
    (0..count).map(|i| ((i * 37 + 11) % 101) as f32 / 17.0 - 3.0).collect()
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

#[test]
fn lanes_equal_single_turns() {
    for extent in [1, 3, 4, 7, 16, 21, 37] {
        let x = numbers(2 * extent);
        let mut memory = vec![x.clone(), vec![0.0; 2 * extent]];
        let at = axis(&[(0, extent as i64), (1, 1)]);
        let value = Expr::Binary(
            Binary::Max,
            Box::new(Expr::Unary(Unary::Tanh, Box::new(load(0, at.clone())))),
            Box::new(Expr::Binary(Binary::Mul, Box::new(load(0, at.clone())), Box::new(Expr::F32(0.25)))),
        );
        let store = Stmt::Store { param: 1, index: at, value };
        let body =
            vec![Stmt::For { var: Var(1), extent: Extent::Fixed(extent as u32), lanes: true, body: vec![store] }];
        run(2, 2, vec![], &mut memory, body);
        let expected: Vec<f32> = x
            .iter()
            .map(|&x| {
                let t = math::tanh(&mut Exact, x);
                if t < x * 0.25 { x * 0.25 } else { t }
            })
            .collect();
        assert_eq!(bits(&memory[1]), bits(&expected), "extent {extent}");
    }
}

#[test]
fn folds_have_their_order() {
    for extent in [1usize, 5, 16, 40, 100] {
        let x = numbers(extent);
        let mut memory = vec![x.clone(), vec![0.0; 2]];
        let fold = |op| Expr::Fold {
            op,
            var: Var(1),
            extent: extent as u32,
            lanes: 16,
            lets: vec![],
            body: Box::new(load(0, axis(&[(1, 1)]))),
        };
        let store = |to, op| Stmt::Store { param: 1, index: Affine::constant(to), value: fold(op) };
        run(1, 2, vec![], &mut memory, vec![store(0, FoldOp::Sum), store(1, FoldOp::Max)]);
        let mut partials = [0.0f32; 16];
        for (i, x) in x.iter().enumerate() {
            partials[i % 16] += x;
        }
        for half in [8, 4, 2, 1] {
            for lane in 0..half {
                partials[lane] += partials[lane + half];
            }
        }
        let max = x.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        assert_eq!(bits(&memory[1]), bits(&[partials[0], max]), "extent {extent}");
    }
}

/// Long columns are folded a block of rows at a time, all folds of a loop together: each in ascending order.
#[test]
fn columns_have_the_order_of_their_rows() {
    for (columns, rows) in [(64, 201), (70, 130), (75, 200), (129, 97), (1024, 9)] {
        let x = numbers(2 * rows * columns);
        let shift = numbers(columns);
        let mut memory = vec![x.clone(), shift.clone(), vec![0.0; 2 * columns], vec![0.0; 2 * columns]];
        let at = |row: u16| axis(&[(0, (rows * columns) as i64), (1, 1), (row, columns as i64)]);
        let fold = |op, row: u16, lets, body| Expr::Fold {
            op,
            var: Var(row),
            extent: rows as u32,
            lanes: 1,
            lets,
            body: Box::new(body),
        };
        let binary = |op, x, y| Expr::Binary(op, Box::new(x), Box::new(y));
        let deviation = binary(Binary::Sub, load(0, at(3)), Expr::Read(Local(0)));
        let squares = binary(Binary::Mul, Expr::Read(Local(2)), Expr::Read(Local(2)));
        let to = axis(&[(0, columns as i64), (1, 1)]);
        let body = vec![
            Stmt::Let { local: Local(0), value: load(1, axis(&[(1, 1)])) },
            Stmt::Let { local: Local(1), value: fold(FoldOp::Sum, 2, vec![], load(0, at(2))) },
            // Needs what a fold came to, so it cannot be known before.
            Stmt::Let { local: Local(3), value: binary(Binary::Add, Expr::Read(Local(1)), Expr::Read(Local(0))) },
            Stmt::Store {
                param: 2,
                index: to.clone(),
                value: binary(
                    Binary::Sub,
                    fold(FoldOp::Sum, 3, vec![(Local(2), deviation)], squares),
                    Expr::Read(Local(1)),
                ),
            },
            Stmt::Store {
                param: 3,
                index: to,
                value: binary(Binary::Mul, fold(FoldOp::Max, 4, vec![], load(0, at(4))), Expr::Read(Local(3))),
            },
        ];
        let body = vec![Stmt::For { var: Var(1), extent: Extent::Fixed(columns as u32), lanes: true, body }];
        run(2, 5, vec![Scalar::F32; 4], &mut memory, body);
        for (at, got) in memory[2].iter().zip(&memory[3]).enumerate() {
            let (unit, column) = (at / columns, at % columns);
            let element = |row: usize| x[(unit * rows + row) * columns + column];
            let total = (0..rows).fold(0.0, |sum, row| sum + element(row));
            let squares = (0..rows).fold(0.0, |sum, row| {
                let deviation = element(row) - shift[column];
                sum + deviation * deviation
            });
            let most = (0..rows).map(element).fold(f32::NEG_INFINITY, f32::max);
            let expected = [squares - total, most * (total + shift[column])];
            let got = [*got.0, *got.1];
            assert_eq!(bits(&got), bits(&expected), "{rows} rows of {columns} columns, element {at}");
        }
    }
}

#[test]
fn bounds_strides_and_positions() {
    // y[c, i] = (x[i − 1 within 5, c] or −7) + i, for three channels of five positions.
    let x = numbers(15);
    let mut memory = vec![x.clone(), vec![0.0; 15]];
    let shifted = axis(&[(1, 1)]).offset(-1);
    let value = Expr::Load {
        param: 0,
        index: axis(&[(0, 1), (1, 3)]).offset(-3),
        bounds: vec![Bound { index: shifted, extent: 5 }],
        otherwise: -7.0,
    };
    let value =
        Expr::Binary(Binary::Add, Box::new(value), Box::new(Expr::ToF32(Box::new(Expr::Position(axis(&[(1, 1)]))))));
    let store = Stmt::Store { param: 1, index: axis(&[(0, 5), (1, 1)]), value };
    let body = vec![Stmt::For { var: Var(1), extent: Extent::Fixed(5), lanes: true, body: vec![store] }];
    run(3, 2, vec![], &mut memory, body);
    for c in 0..3 {
        for i in 0..5 {
            let expected = if i == 0 { -7.0 } else { x[(i - 1) * 3 + c] } + i as f32;
            assert_eq!(memory[1][c * 5 + i], expected);
        }
    }
}

#[test]
fn locals_accumulate_per_lane() {
    // y[c] = Σ over i of x[i, c] where positive: a loop inside lanes, with a select.
    let x = numbers(7 * 19);
    let mut memory = vec![x.clone(), vec![0.0; 19]];
    let element = load(0, axis(&[(1, 1), (2, 19)]));
    let positive = Expr::Binary(Binary::Less, Box::new(Expr::F32(0.0)), Box::new(element.clone()));
    let kept = Expr::Select(Box::new(positive), Box::new(element), Box::new(Expr::F32(0.0)));
    let total = Expr::Binary(Binary::Add, Box::new(Expr::Read(Local(0))), Box::new(kept));
    let inner = Stmt::For {
        var: Var(2),
        extent: Extent::Fixed(7),
        lanes: false,
        body: vec![Stmt::Assign { local: Local(0), value: total }],
    };
    let body = vec![Stmt::For {
        var: Var(1),
        extent: Extent::Fixed(19),
        lanes: true,
        body: vec![
            Stmt::Let { local: Local(0), value: Expr::F32(0.0) },
            inner,
            Stmt::Store { param: 1, index: axis(&[(1, 1)]), value: Expr::Read(Local(0)) },
        ],
    }];
    run(1, 3, vec![Scalar::F32], &mut memory, body);
    for c in 0..19 {
        let expected = (0..7).map(|i| x[i * 19 + c]).filter(|x| *x > 0.0).fold(0.0, |sum, x| sum + x);
        assert_eq!(memory[1][c].to_bits(), f32::to_bits(expected));
    }
}

#[test]
fn the_formula_of_gelu_has_the_bits_of_its_operations() {
    let scaled = |x: Expr, by: f32| Expr::Binary(Binary::Mul, x.into(), Expr::F32(by).into());
    // The others are none and must not be taken for it.
    for (half, one) in [(0.5f32, 1.0f32), (0.5, 1.5), (0.25, 1.0)] {
        let x = || Expr::Binary(Binary::Add, load(1, axis(&[(1, 1)])).into(), load(2, axis(&[(1, 1)])).into());
        let curve = Expr::Unary(Unary::Erf, scaled(x(), std::f32::consts::FRAC_1_SQRT_2).into());
        let curve = Expr::Binary(Binary::Add, curve.into(), Expr::F32(one).into());
        let value = Expr::Binary(Binary::Mul, scaled(x(), half).into(), curve.into());
        assert_eq!(crate::kernel::wide::gelu(&value).is_some(), (half, one) == (0.5, 1.0));
        let store = Stmt::Store { param: 0, index: axis(&[(1, 1)]), value };
        let body = vec![Stmt::For { var: Var(1), extent: Extent::Fixed(37), lanes: true, body: vec![store] }];
        let (a, b) = (numbers(37), numbers(40)[3..].to_vec());
        let mut memory = [vec![0.0; 37], a.clone(), b.clone()];
        run(1, 2, vec![], &mut memory, body);
        let want = a.iter().zip(&b).map(|(a, b)| {
            let x = a + b;
            (x * half) * (math::erf(&mut Exact, x * std::f32::consts::FRAC_1_SQRT_2) + one)
        });
        assert_eq!(bits(&memory[0]), bits(&want.collect::<Vec<f32>>()));
    }
}
