//! How many lanes of a loop run at once. The choice changes no bit, because turns of such loops are independent.

use super::fold::Turn;
use super::wide::Called;
use netc_compiler::prim::scalar::Unary;
use netc_compiler::program::walk::parts;
use netc_compiler::program::{Bound, Expr, Extent, Local, LoopKernel, Stmt, Var};

/// Operations in a statement up to which four groups fit the sixteen vector registers.
const LIGHT: usize = 12;
/// Locals of a group that are alive together, up to which four groups or two fit.
const ALIVE: [(usize, &[usize]); 2] = [(3, &[4, 1]), (6, &[2, 1])];

/// Group counts to emit, widest first; none where turns must run one by one.
/// Bodies with what is a call have as many groups as a call takes.
pub(super) fn groups(var: Var, body: &[Stmt], calls: impl Fn(Called) -> bool) -> &'static [usize] {
    let mut survey = Survey { var, operations: 0, most: 0, allows_lanes: true, called: Vec::new() };
    survey.statements(body);
    let calls = survey.called.iter().any(|&called| calls(called));
    match (survey.allows_lanes, calls, survey.most <= LIGHT) {
        (false, ..) => &[],
        (true, true, _) => &[4, 1],
        (true, false, true) => {
            let alive = alive(body);
            ALIVE.iter().find(|(most, _)| alive <= *most).map_or(&[1], |(_, groups)| groups)
        }
        (true, false, false) => &[1],
    }
}

/// The same for the body of a fold.
pub(super) fn allows_lanes(var: Var, (lets, body): Turn<'_>) -> bool {
    let mut survey = Survey { var, operations: 0, most: 0, allows_lanes: true, called: Vec::new() };
    survey.turn(lets, body);
    survey.allows_lanes
}

/// How many locals of a body are alive together, at most: from their definition to their last use.
fn alive(body: &[Stmt]) -> usize {
    let mut lives: Vec<(Local, usize, usize)> = Vec::new();
    let mut position = 0;
    each(body, &mut |defined, value| {
        parts(value, &mut |part| {
            if let Expr::Read(local) = part {
                lives.iter_mut().filter(|life| life.0 == *local).for_each(|life| life.2 = position);
            }
        });
        lives.extend(defined.map(|local| (local, position, position)));
        position += 1;
    });
    let at = |position| lives.iter().filter(|life| life.1 < position && position <= life.2).count();
    (0..position).map(at).max().unwrap_or(0)
}

/// Values of statements in their order, with the local that each defines.
fn each(body: &[Stmt], visit: &mut impl FnMut(Option<Local>, &Expr)) {
    for stmt in body {
        match stmt {
            Stmt::For { body, .. } => each(body, visit),
            Stmt::Let { local, value } => visit(Some(*local), value),
            Stmt::Assign { value, .. } | Stmt::Store { value, .. } => visit(None, value),
        }
    }
}

/// Whether innermost loops run as lanes: all of them, some, or none. Loops of fewer than four turns do not count.
pub fn vectorised(kernel: &LoopKernel) -> Vectorised {
    let mut found = Vectorised { lanes: false, scalar: false };
    let has_loops = found.statements(&kernel.body);
    found.scalar |= !has_loops && kernel.units > 1;
    found
}

/// How the innermost loops of a kernel run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vectorised {
    /// At least one in lanes.
    pub lanes: bool,
    /// At least one turn by turn.
    pub scalar: bool,
}

impl Vectorised {
    /// Turns that are worth lanes.
    const LEAST: u32 = 4;

    /// Whether there were loops.
    fn statements(&mut self, body: &[Stmt]) -> bool {
        let mut any = false;
        for statement in body {
            any |= match statement {
                Stmt::For { var, extent, lanes, body } => {
                    if *lanes && !groups(*var, body, |_| false).is_empty() {
                        self.lanes = true;
                    } else if !self.statements(body) && *extent != Extent::Fixed(1) {
                        self.scalar |= !matches!(extent, Extent::Fixed(turns) if *turns < Self::LEAST);
                    }
                    true
                }
                Stmt::Let { value, .. } | Stmt::Assign { value, .. } | Stmt::Store { value, .. } => {
                    let mut folds = false;
                    parts(value, &mut |part| folds |= self.fold(part));
                    folds
                }
            };
        }
        any
    }

    fn fold(&mut self, expr: &Expr) -> bool {
        let Expr::Fold { var, extent, lanes, lets, body, .. } = expr else { return false };
        if *lanes > 1 && allows_lanes(*var, (lets, body)) {
            self.lanes = true;
        } else {
            self.scalar |= *extent >= Self::LEAST;
        }
        true
    }
}

struct Survey {
    var: Var,
    /// Of the statement at hand.
    operations: usize,
    /// Of the statement with the most.
    most: usize,
    allows_lanes: bool,
    /// What may be a call.
    called: Vec<Called>,
}

impl Survey {
    fn statements(&mut self, body: &[Stmt]) {
        for statement in body {
            self.operations = 0;
            match statement {
                Stmt::For { body, .. } => self.statements(body),
                Stmt::Let { value, .. } | Stmt::Assign { value, .. } => self.expression(value),
                Stmt::Store { index, value, .. } => {
                    self.allows_lanes &= index.factor(self.var) != 0;
                    self.expression(value);
                }
            }
            self.most = self.most.max(self.operations);
        }
    }

    fn turn(&mut self, lets: &[(Local, Expr)], body: &Expr) {
        for (_, value) in lets {
            self.expression(value);
        }
        self.expression(body);
    }

    fn expression(&mut self, expr: &Expr) {
        self.called.extend(Called::of(expr).map(|(called, _)| called));
        match expr {
            Expr::F32(_) | Expr::I32(_) | Expr::Read(_) | Expr::Position(_) => {}
            Expr::Load { bounds, .. } => {
                self.operations += 1;
                self.allows_lanes &= bounds.iter().all(|Bound { index, .. }| index.factor(self.var) == 0);
            }
            Expr::Unary(op, operand) => {
                self.operations += match op {
                    Unary::Exp | Unary::Log | Unary::Tanh | Unary::Sigmoid | Unary::Erf => LIGHT,
                    _ => 1,
                };
                self.expression(operand);
            }
            Expr::Binary(_, left, right) => {
                self.operations += 1;
                self.expression(left);
                self.expression(right);
            }
            Expr::Select(condition, yes, no) => {
                self.operations += 1;
                self.expression(condition);
                self.expression(yes);
                self.expression(no);
            }
            Expr::ToF32(operand) | Expr::ToI32(operand) => self.expression(operand),
            Expr::Fold { lanes, lets, body, .. } => {
                self.operations += 1;
                self.allows_lanes &= *lanes == 1;
                self.turn(lets, body);
            }
        }
    }
}
