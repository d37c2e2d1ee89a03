//! Affine parts of scalar programs: which operations are x·s + t with s and t that depend on parameters alone.

use crate::prim::scalar::{Binary, Scalar, ScalarId, ScalarOp, Unary};

/// What an operation is in terms of the input that carries the contraction.
#[derive(Clone)]
pub enum Form {
    /// A function of parameters and constants alone.
    Fixed(Scalar),
    /// The contraction times `scale` plus `shift`, both fixed; without them 1 and 0.
    Affine {
        /// The factor.
        scale: Option<Scalar>,
        /// The summand.
        shift: Option<Scalar>,
    },
    /// Anything else.
    Other,
}

/// The form of an operation from the forms of its operands.
pub fn form_of(op: ScalarOp, forms: &[Form], input: impl Fn(usize) -> Form) -> Form {
    let at = |id: ScalarId| &forms[id as usize];
    let sum = |x: &Option<Scalar>, y: Scalar| Some(x.as_ref().map_or(y.clone(), |x| x + &y));
    let times = |x: &Option<Scalar>, y: &Scalar| Some(x.as_ref().map_or(y.clone(), |x| x * y));
    let part = |x: &Option<Scalar>, f: &dyn Fn(&Scalar) -> Scalar| x.as_ref().map(f);
    match op {
        ScalarOp::Input(index) => input(index as usize),
        ScalarOp::Const(value) => Form::Fixed(Scalar::from(value)),
        ScalarOp::Position(_) => Form::Other,
        ScalarOp::Unary(Unary::Neg, x) => match at(x) {
            Form::Affine { scale, shift } => {
                Form::Affine { scale: times(scale, &Scalar::from(-1.0)), shift: part(shift, &|shift| -shift) }
            }
            Form::Fixed(x) => Form::Fixed(-x),
            Form::Other => Form::Other,
        },
        ScalarOp::Binary(op, x, y) => match (op, at(x), at(y)) {
            (_, Form::Fixed(_), Form::Fixed(_)) => fixed_form(ScalarOp::Binary(op, x, y), forms),
            (Binary::Add, Form::Affine { scale, shift }, Form::Fixed(y))
            | (Binary::Add, Form::Fixed(y), Form::Affine { scale, shift }) => {
                Form::Affine { scale: scale.clone(), shift: sum(shift, y.clone()) }
            }
            (Binary::Sub, Form::Affine { scale, shift }, Form::Fixed(y)) => {
                Form::Affine { scale: scale.clone(), shift: sum(shift, -y) }
            }
            (Binary::Mul, Form::Affine { scale, shift }, Form::Fixed(y))
            | (Binary::Mul, Form::Fixed(y), Form::Affine { scale, shift }) => {
                Form::Affine { scale: times(scale, y), shift: part(shift, &|shift| shift * y) }
            }
            (Binary::Div, Form::Affine { scale, shift }, Form::Fixed(y)) => {
                let scale = scale.as_ref().map_or(1.0 / y.clone(), |scale| scale / y);
                Form::Affine { scale: Some(scale), shift: part(shift, &|shift| shift / y) }
            }
            _ => Form::Other,
        },
        other => fixed_form(other, forms),
    }
}

/// An operation on fixed operands is fixed.
fn fixed_form(op: ScalarOp, forms: &[Form]) -> Form {
    if op.operands().any(|id| !matches!(forms[id as usize], Form::Fixed(_))) {
        return Form::Other;
    }
    Form::Fixed(op.rebuilt(|id| match &forms[id as usize] {
        Form::Fixed(value) => value.clone(),
        Form::Affine { .. } | Form::Other => Scalar::from(f64::NAN),
    }))
}
