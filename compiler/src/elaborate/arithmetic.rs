//! Compile-time arithmetic: an operator on values known before the run, checked, or the reason why it has no result.

use crate::op::value::{Clock, Value};
use netc_grammar::ast::{InfixOp, Number, NumberValue, PrefixOp, Unit};

/// Why an operation has no result, and what to write instead.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// What is wrong, with the numbers.
    pub message: String,
    /// A concrete fix.
    pub help: Option<String>,
}

impl Fault {
    /// A fault without a suggestion.
    pub fn new(message: impl Into<String>) -> Fault {
        Fault { message: message.into(), help: None }
    }

    /// Adds a suggestion.
    pub fn help(mut self, help: impl Into<String>) -> Fault {
        self.help = Some(help.into());
        self
    }
}

/// A literal with its unit. `1.5M` is the integer 1,500,000; `10%` is 0.1.
pub fn number(number: Number) -> Result<Value, Fault> {
    let scaled = |factor: u64| match number.value {
        NumberValue::Int(n) => i64::try_from(factor)
            .ok()
            .and_then(|factor| n.checked_mul(factor))
            .map(Value::Int)
            .ok_or_else(|| Fault::new("the number does not fit into 64 bits")),
        NumberValue::Float(x) => {
            let product = x * factor as f64;
            let whole = product.fract() == 0.0 && product.abs() < 9e15;
            Ok(if whole { Value::Int(product as i64) } else { Value::Float(product) })
        }
    };
    let plain = match number.value {
        NumberValue::Int(n) => n as f64,
        NumberValue::Float(x) => x,
    };
    match number.unit {
        None => Ok(match number.value {
            NumberValue::Int(n) => Value::Int(n),
            NumberValue::Float(x) => Value::Float(x),
        }),
        Some(Unit::Percent) => Ok(Value::Float(plain / 100.0)),
        Some(Unit::Thousand) => scaled(1_000),
        Some(Unit::Million) => scaled(1_000_000),
        Some(Unit::Billion) => scaled(1_000_000_000),
        Some(Unit::Trillion) => scaled(1_000_000_000_000),
        Some(Unit::Bytes(bytes)) => scaled(bytes),
        Some(Unit::Epochs) => Ok(Value::Duration(plain, Clock::Epochs)),
        Some(Unit::Steps) => Ok(Value::Duration(plain, Clock::Steps)),
    }
}

/// `-x` or `!x`.
pub fn prefix(op: PrefixOp, value: &Value) -> Result<Value, Fault> {
    match (op, value) {
        (PrefixOp::Negate, Value::Int(n)) => n.checked_neg().map(Value::Int).ok_or_else(overflow),
        (PrefixOp::Negate, Value::Float(x)) => Ok(Value::Float(-x)),
        (PrefixOp::Not, Value::Bool(b)) => Ok(Value::Bool(!b)),
        (PrefixOp::Negate, other) => Err(Fault::new(format!("{} has no negative", other.kind()))),
        (PrefixOp::Not, other) => Err(Fault::new(format!("`!` needs a truth value, not {}", other.kind()))),
    }
}

/// `left op right`. Integers stay integers; an integer with a float gives a float.
pub fn infix(op: InfixOp, left: &Value, right: &Value) -> Result<Value, Fault> {
    match op {
        InfixOp::Equal => return equal(left, right).map(Value::Bool),
        InfixOp::NotEqual => return equal(left, right).map(|same| Value::Bool(!same)),
        InfixOp::And | InfixOp::Or => {
            return match (left, right) {
                (Value::Bool(x), Value::Bool(y)) => {
                    Ok(Value::Bool(if op == InfixOp::And { *x && *y } else { *x || *y }))
                }
                _ => Err(kinds(op, left, right, "truth values")),
            };
        }
        InfixOp::Range => {
            return match (left, right) {
                (Value::Int(low), Value::Int(high)) => Ok(Value::Range(*low, *high)),
                _ => Err(kinds(op, left, right, "integers")),
            };
        }
        _ => {}
    }
    match (left, right) {
        (Value::Int(x), Value::Int(y)) => integers(op, *x, *y),
        _ => match (float(left), float(right)) {
            (Some(x), Some(y)) => floats(op, x, y),
            _ => Err(kinds(op, left, right, "numbers")),
        },
    }
}

/// A number as a float.
pub fn float(value: &Value) -> Option<f64> {
    match value {
        Value::Int(n) => Some(*n as f64),
        Value::Float(x) => Some(*x),
        _ => None,
    }
}

fn integers(op: InfixOp, x: i64, y: i64) -> Result<Value, Fault> {
    let result = match op {
        InfixOp::Add => x.checked_add(y),
        InfixOp::Subtract => x.checked_sub(y),
        InfixOp::Multiply => x.checked_mul(y),
        InfixOp::Divide if y == 0 => return Err(Fault::new(format!("{x} is divided by zero"))),
        InfixOp::Divide => match x.checked_rem(y) {
            Some(0) => x.checked_div(y),
            Some(rest) => {
                return Err(Fault::new(format!("{x} / {y} is not an integer: it leaves {rest}")).help(format!(
                    "write `floor_div({x}, {y})` or `ceil_div({x}, {y})`, or `{x}.0 / {y}` for a float"
                )));
            }
            None => None,
        },
        InfixOp::Power => {
            let Ok(exponent) = u32::try_from(y) else {
                return Err(
                    Fault::new(format!("{x}^{y} is not an integer")).help(format!("write `{x}.0 ^ {y}` for a float"))
                );
            };
            x.checked_pow(exponent)
        }
        other => return Ok(Value::Bool(compare(other, x.cmp(&y)))),
    };
    result.map(Value::Int).ok_or_else(overflow)
}

fn floats(op: InfixOp, x: f64, y: f64) -> Result<Value, Fault> {
    let result = match op {
        InfixOp::Add => x + y,
        InfixOp::Subtract => x - y,
        InfixOp::Multiply => x * y,
        InfixOp::Divide if y == 0.0 => return Err(Fault::new(format!("{x} is divided by zero"))),
        InfixOp::Divide => x / y,
        InfixOp::Power => x.powf(y),
        other => {
            let order = x.partial_cmp(&y).ok_or_else(|| Fault::new("the numbers cannot be compared"))?;
            return Ok(Value::Bool(compare(other, order)));
        }
    };
    finite(result)
}

/// A float, or a fault where it is infinite or no number.
pub fn finite(x: f64) -> Result<Value, Fault> {
    if x.is_finite() { Ok(Value::Float(x)) } else { Err(Fault::new("the result is not a finite number")) }
}

fn compare(op: InfixOp, order: std::cmp::Ordering) -> bool {
    match op {
        InfixOp::Less => order.is_lt(),
        InfixOp::LessEqual => order.is_le(),
        InfixOp::Greater => order.is_gt(),
        InfixOp::GreaterEqual => order.is_ge(),
        _ => false,
    }
}

/// Whether two values are the same; an error where they are of kinds that never are.
pub fn equal(left: &Value, right: &Value) -> Result<bool, Fault> {
    match (left, right) {
        (Value::Int(x), Value::Int(y)) => Ok(x == y),
        (Value::Bool(x), Value::Bool(y)) => Ok(x == y),
        (Value::Text(x) | Value::Word(x), Value::Text(y) | Value::Word(y)) => Ok(x == y),
        (Value::List(_), Value::List(_)) | (Value::Range(..), Value::Range(..)) => Ok(left == right),
        _ => match (float(left), float(right)) {
            (Some(x), Some(y)) => Ok(x == y),
            _ => Err(Fault::new(format!("{} and {} are never equal", left.kind(), right.kind()))),
        },
    }
}

fn kinds(op: InfixOp, left: &Value, right: &Value, wanted: &str) -> Fault {
    Fault::new(format!("`{}` needs {wanted}, not {} and {}", op.spelling(), left.kind(), right.kind()))
}

fn overflow() -> Fault {
    Fault::new("the result does not fit into 64 bits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_stay_exact_and_checked() {
        let int = Value::Int;
        let cases = [
            (InfixOp::Divide, int(12), int(4), Ok(int(3))),
            (InfixOp::Divide, int(7), int(2), Err("7 / 2 is not an integer: it leaves 1")),
            (InfixOp::Divide, int(7), int(0), Err("7 is divided by zero")),
            (InfixOp::Divide, int(i64::MIN), int(-1), Err("the result does not fit into 64 bits")),
            (InfixOp::Multiply, int(1 << 62), int(4), Err("the result does not fit into 64 bits")),
            (InfixOp::Power, int(2), int(10), Ok(int(1024))),
            (InfixOp::Power, int(2), int(-1), Err("2^-1 is not an integer")),
            (InfixOp::Divide, Value::Float(1.0), int(4), Ok(Value::Float(0.25))),
            (InfixOp::LessEqual, int(3), Value::Float(3.0), Ok(Value::Bool(true))),
            (InfixOp::Add, int(1), Value::Bool(true), Err("`+` needs numbers, not an integer and a truth value")),
            (InfixOp::Range, int(0), int(3), Ok(Value::Range(0, 3))),
        ];
        for (op, left, right, expected) in cases {
            let result = infix(op, &left, &right).map_err(|fault| fault.message);
            assert_eq!(result, expected.map_err(str::to_string), "{left} {} {right}", op.spelling());
        }
    }

    #[test]
    fn units_are_part_of_the_number() {
        let with = |value, unit| number(Number { value, unit: Some(unit) });
        assert_eq!(with(NumberValue::Int(5), Unit::Million), Ok(Value::Int(5_000_000)));
        assert_eq!(with(NumberValue::Float(1.5), Unit::Thousand), Ok(Value::Int(1500)));
        assert_eq!(with(NumberValue::Int(10), Unit::Percent), Ok(Value::Float(0.1)));
        assert_eq!(with(NumberValue::Int(64), Unit::Bytes(1 << 20)), Ok(Value::Int(64 << 20)));
        assert_eq!(with(NumberValue::Int(3), Unit::Epochs), Ok(Value::Duration(3.0, Clock::Epochs)));
        assert!(with(NumberValue::Int(i64::MAX), Unit::Trillion).is_err());
    }
}
