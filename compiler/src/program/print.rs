//! The text form of a program: memory, kernels, schedules; the same bytes for the same program.
//!
//! ```text
//! kernel k0 relu(units u < 8; x: f32[512], y: f32[512] out)
//!   for i < 64 lanes
//!     y[64·u + i] = relu(x[64·u + i])
//! ```

use super::affine::Affine;
use super::{BufferId, Expr, Extent, FoldOp, KernelId, LoopKernel, Program, Scalar, Segment, Step, Stmt, Var};
use crate::prim::scalar::{Binary, Unary};
use std::fmt::{self, Display};

impl Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "program {} {} batch {}", self.name, format!("{:?}", self.mode).to_lowercase(), self.batch)?;
        let sizes = self.sizes;
        writeln!(
            f,
            "elements: params {}, state {}, derived {}, arena {}, constants {}, scratch {}, inputs {}, outputs {}",
            sizes.params,
            sizes.state,
            sizes.derived,
            sizes.arena,
            sizes.constants,
            sizes.scratch,
            sizes.inputs,
            sizes.outputs
        )?;
        writeln!(f)?;
        for (index, buffer) in self.buffers.iter().enumerate() {
            let end = buffer.offset + buffer.elements;
            let (segment, scalar) = (segment(buffer.segment), scalar(buffer.scalar));
            writeln!(f, "b{index} {segment}[{}..{end}] {scalar}  // {}", buffer.offset, buffer.name)?;
        }
        for (index, kernel) in self.kernels.iter().enumerate() {
            write!(f, "\nkernel k{index} {kernel}")?;
        }
        for entry in &self.entries {
            writeln!(f, "\nentry {}", entry.name)?;
            for step in &entry.steps {
                writeln!(f, "  {}", StepText { program: self, step })?;
            }
        }
        Ok(())
    }
}

fn segment(segment: Segment) -> String {
    format!("{segment:?}").to_lowercase()
}

fn scalar(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::F32 => "f32",
        Scalar::I32 => "i32",
    }
}

struct StepText<'a> {
    program: &'a Program,
    step: &'a Step,
}

impl Display for StepText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let layer = |origin: u32| self.program.layers.get(origin as usize).map_or("", String::as_str);
        match self.step {
            Step::Loop { kernel: KernelId(kernel), operands, origin } => {
                write!(f, "k{kernel}({})  // {}", Operands(operands), layer(*origin))
            }
            Step::Call { kernel, operands, epilogue, origin } => {
                write!(f, "{kernel} ")?;
                write!(f, "({})", Operands(operands))?;
                if let Some((KernelId(kernel), operands)) = epilogue {
                    write!(f, " then k{kernel}({})", Operands(operands))?;
                }
                write!(f, "  // {}", layer(*origin))
            }
            Step::StopUnlessFinite { buffer: BufferId(buffer) } => write!(f, "stop unless finite b{buffer}"),
        }
    }
}

struct Operands<'a>(&'a [(BufferId, usize)]);

impl Display for Operands<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (BufferId(buffer), first)) in self.0.iter().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            write!(f, "{comma}b{buffer}")?;
            if *first > 0 {
                write!(f, "+{first}")?;
            }
        }
        Ok(())
    }
}

impl Display for LoopKernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let params: Vec<String> = self
            .params
            .iter()
            .enumerate()
            .map(|(index, param)| {
                let written = if param.written { " out" } else { "" };
                format!("p{index}: {}[{}]{written}", scalar(param.scalar), param.elements)
            })
            .collect();
        writeln!(f, "{} ({}; {} < {})", self.name, params.join(", "), VarName(self.unit), self.units)?;
        statements(f, &self.body, 1)
    }
}

fn statements(f: &mut fmt::Formatter<'_>, body: &[Stmt], depth: usize) -> fmt::Result {
    for statement in body {
        write!(f, "{:1$}", "", 2 * depth)?;
        match statement {
            Stmt::For { var, extent, lanes, body } => {
                let lanes = if *lanes { " lanes" } else { "" };
                match extent {
                    Extent::Fixed(extent) => writeln!(f, "for {} < {extent}{lanes}", VarName(*var))?,
                    Extent::Columns => writeln!(f, "for {} < columns{lanes}", VarName(*var))?,
                }
                statements(f, body, depth + 1)?;
            }
            Stmt::Let { local, value } => writeln!(f, "let t{} = {value}", local.0)?,
            Stmt::Assign { local, value } => writeln!(f, "t{} = {value}", local.0)?,
            Stmt::Store { param, index, value } => writeln!(f, "p{param}[{index}] = {value}")?,
        }
    }
    Ok(())
}

struct VarName(Var);

impl Display for VarName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.0 {
            0 => f.write_str("u"),
            other => write!(f, "i{other}"),
        }
    }
}

impl Display for Affine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.terms.is_empty() {
            return write!(f, "{}", self.constant);
        }
        for (index, &(var, factor)) in self.terms.iter().enumerate() {
            match (index, factor < 0) {
                (0, true) => f.write_str("−")?,
                (0, false) => {}
                (_, true) => f.write_str(" − ")?,
                (_, false) => f.write_str(" + ")?,
            }
            if factor.abs() != 1 {
                write!(f, "{}·", factor.abs())?;
            }
            write!(f, "{}", VarName(var))?;
        }
        match self.constant {
            0 => Ok(()),
            n if n < 0 => write!(f, " − {}", -n),
            n => write!(f, " + {n}"),
        }
    }
}

impl Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expr::F32(value) => write!(f, "{value:?}"),
            Expr::I32(value) => write!(f, "{value}"),
            Expr::Read(local) => write!(f, "t{}", local.0),
            Expr::Position(affine) => write!(f, "({affine})"),
            Expr::Load { param, index, bounds, otherwise } => {
                write!(f, "p{param}[{index}]")?;
                if bounds.is_empty() {
                    return Ok(());
                }
                let bounds: Vec<String> =
                    bounds.iter().map(|bound| format!("0 ≤ {} < {}", bound.index, bound.extent)).collect();
                write!(f, "{{{} else {otherwise:?}}}", bounds.join(", "))
            }
            Expr::Unary(op, operand) => match op {
                Unary::Neg => write!(f, "−({operand})"),
                _ => write!(f, "{}({operand})", format!("{op:?}").to_lowercase()),
            },
            Expr::Binary(op, left, right) => match symbol(*op) {
                Some(symbol) => write!(f, "({left} {symbol} {right})"),
                None => write!(f, "{}({left}, {right})", format!("{op:?}").to_lowercase()),
            },
            Expr::Select(condition, yes, no) => write!(f, "select({condition}, {yes}, {no})"),
            Expr::ToF32(operand) => write!(f, "f32({operand})"),
            Expr::ToI32(operand) => write!(f, "i32({operand})"),
            Expr::Fold { op, var, extent, lanes, lets, body } => {
                let name = match op {
                    FoldOp::Sum => "sum",
                    FoldOp::Max => "max",
                };
                write!(f, "{name}{}({} < {extent}: ", if *lanes > 1 { "16" } else { "" }, VarName(*var))?;
                for (local, value) in lets {
                    write!(f, "let t{} = {value}; ", local.0)?;
                }
                write!(f, "{body})")
            }
        }
    }
}

fn symbol(op: Binary) -> Option<&'static str> {
    Some(match op {
        Binary::Add => "+",
        Binary::Sub => "-",
        Binary::Mul => "*",
        Binary::Div => "/",
        Binary::Less => "<",
        Binary::LessEqual => "<=",
        Binary::Equal => "==",
        Binary::And => "&",
        Binary::Or => "|",
        Binary::Max | Binary::Min => return None,
    })
}
