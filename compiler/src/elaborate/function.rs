//! Functions that the compiler evaluates: `floor_div`, `min`, `len` and their like, on values known before the run.

use super::arithmetic::{Fault, finite, float};
use crate::op::value::Value;

/// Every compile-time function with how it is called.
pub const FUNCTIONS: &[(&str, &str)] = &[
    ("floor_div", "floor_div(a, b)"),
    ("ceil_div", "ceil_div(a, b)"),
    ("mod", "mod(a, b)"),
    ("min", "min(a, b, …)"),
    ("max", "max(a, b, …)"),
    ("abs", "abs(a)"),
    ("floor", "floor(a)"),
    ("ceil", "ceil(a)"),
    ("round", "round(a)"),
    ("sqrt", "sqrt(a)"),
    ("exp", "exp(a)"),
    ("log", "log(a)"),
    ("float", "float(a)"),
    ("len", "len(list)"),
    ("sum", "sum(list)"),
];

/// Whether a name is a compile-time function. Some are operators on tensors too (`max`, `sqrt`).
pub fn is_function(name: &str) -> bool {
    FUNCTIONS.iter().any(|(known, _)| *known == name)
}

/// Calls a compile-time function.
pub fn call(name: &str, arguments: &[Value]) -> Result<Value, Fault> {
    match (name, arguments) {
        ("floor_div" | "ceil_div" | "mod", [Value::Int(a), Value::Int(b)]) => division(name, *a, *b),
        ("min" | "max", [Value::List(items)]) => extreme(name, items),
        ("min" | "max", items) if items.len() > 1 => extreme(name, items),
        ("abs", [Value::Int(n)]) => n.checked_abs().map(Value::Int).ok_or_else(too_large),
        ("abs", [Value::Float(x)]) => Ok(Value::Float(x.abs())),
        ("floor" | "ceil" | "round", [Value::Int(n)]) => Ok(Value::Int(*n)),
        ("floor", [Value::Float(x)]) => whole(x.floor()),
        ("ceil", [Value::Float(x)]) => whole(x.ceil()),
        ("round", [Value::Float(x)]) => whole(x.round_ties_even()),
        ("len", [Value::List(items)]) => Ok(Value::Int(items.len() as i64)),
        ("len", [Value::Range(low, high)]) => {
            high.checked_sub(*low).map(|n| Value::Int(n.max(0))).ok_or_else(too_large)
        }
        ("sum", [Value::List(items)]) => items.iter().try_fold(Value::Int(0), |total, item| {
            super::arithmetic::infix(netc_grammar::ast::InfixOp::Add, &total, item)
        }),
        ("sqrt" | "exp" | "log" | "float", [value]) => match float(value) {
            Some(x) => finite(match name {
                "sqrt" => x.sqrt(),
                "exp" => x.exp(),
                "log" => x.ln(),
                _ => x,
            }),
            None => Err(Fault::new(format!("`{name}` needs a number, not {}", value.kind()))),
        },
        _ => {
            let usage = FUNCTIONS.iter().find(|(known, _)| *known == name).map_or(name, |(_, usage)| usage);
            let kinds: Vec<&str> = arguments.iter().map(Value::kind).collect();
            let given = if kinds.is_empty() { "nothing".to_string() } else { kinds.join(", ") };
            Err(Fault::new(format!("`{name}` cannot be called with {given}")).help(format!("call it as `{usage}`")))
        }
    }
}

fn division(name: &str, a: i64, b: i64) -> Result<Value, Fault> {
    if b == 0 {
        return Err(Fault::new(format!("{a} is divided by zero")));
    }
    let (quotient, rest) = (a.checked_div(b).ok_or_else(too_large)?, a.checked_rem(b).ok_or_else(too_large)?);
    let below = i64::from(rest != 0 && (rest < 0) != (b < 0));
    Ok(Value::Int(match name {
        "floor_div" => quotient - below,
        "ceil_div" => quotient + i64::from(rest != 0) - below,
        _ => rest + below * b,
    }))
}

fn extreme(name: &str, items: &[Value]) -> Result<Value, Fault> {
    let mut best: Option<&Value> = None;
    for item in items {
        let x = float(item).ok_or_else(|| Fault::new(format!("`{name}` needs numbers, not {}", item.kind())))?;
        let better = match best {
            None => true,
            Some(Value::Int(y)) if matches!(item, Value::Int(_)) => {
                let Value::Int(x) = item else { return Err(too_large()) };
                if name == "min" { x < y } else { x > y }
            }
            Some(other) => {
                let y = float(other).unwrap_or(x);
                if name == "min" { x < y } else { x > y }
            }
        };
        if better {
            best = Some(item);
        }
    }
    best.cloned().ok_or_else(|| Fault::new(format!("`{name}` of an empty list")))
}

fn whole(x: f64) -> Result<Value, Fault> {
    if x.abs() < 9e15 { Ok(Value::Int(x as i64)) } else { Err(too_large()) }
}

fn too_large() -> Fault {
    Fault::new("the result does not fit into 64 bits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn divisions_round_as_their_names_say() {
        for (name, a, b, expected) in [
            ("floor_div", 7, 2, 3),
            ("floor_div", -7, 2, -4),
            ("ceil_div", 7, 2, 4),
            ("ceil_div", -7, 2, -3),
            ("ceil_div", 6, 2, 3),
            ("mod", 7, 3, 1),
            ("mod", -7, 3, 2),
            ("mod", 7, -3, -2),
        ] {
            assert_eq!(call(name, &[Value::Int(a), Value::Int(b)]), Ok(Value::Int(expected)), "{name}({a}, {b})");
        }
        assert!(call("mod", &[Value::Int(1), Value::Int(0)]).is_err());
        assert_eq!(call("max", &[Value::Int(2), Value::Int(5)]), Ok(Value::Int(5)));
        assert_eq!(call("len", &[Value::Range(2, 5)]), Ok(Value::Int(3)));
        assert!(call("len", &[Value::Int(2)]).is_err());
    }
}
