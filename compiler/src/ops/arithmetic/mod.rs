//! Arithmetic on elements. The language writes `+`, `-`, `*`, `/`, `^` for the first ones.

mod abs;
mod add;
mod div;
mod exp;
mod log;
mod maximum;
mod minimum;
mod mul;
mod neg;
mod pow;
mod sqrt;
mod sub;

use super::Family;
use crate::op::entry;
use crate::op::prelude::*;

/// The table.
pub static FAMILY: Family = Family {
    title: "Arithmetic",
    entries: &[
        entry::<add::Add>(),
        entry::<sub::Sub>(),
        entry::<mul::Mul>(),
        entry::<div::Div>(),
        entry::<pow::Pow>(),
        entry::<neg::Neg>(),
        entry::<maximum::Maximum>(),
        entry::<minimum::Minimum>(),
        entry::<exp::Exp>(),
        entry::<log::Log>(),
        entry::<sqrt::Sqrt>(),
        entry::<abs::Abs>(),
    ],
};

/// Numbers in, numbers of the common shape out.
fn infer_elementwise(inputs: &[TensorType]) -> Result<Signature, Misuse> {
    require_numbers(inputs)?;
    Ok(Signature::of(TensorType::f32(broadcast::shape_of(inputs)?)))
}
