//! Assertions: each is judged or is an error at its place; none is dropped in silence.

use super::{assert_answers, assert_passes, case, network};

/// A network of 4 parameters and 3 multiply-adds, and its assertions on line 5.
fn asserting(assertions: &str) -> String {
    format!("{}check {{ {assertions} }}\n", network("input x: [3];\noutput y = x -> dense(1);"))
}

#[test]
fn every_operator_is_judged_on_figures() {
    for (assertion, holds, actual) in [
        ("params^2 <= 1", false, "16"),
        ("params^2 == 16", true, "16"),
        ("2^params^0.5 == 4", true, "4"),
        ("2^3^params < 2.5e24", true, "2417851639229258300000000"),
        ("-params >= 1", false, "-4"),
        ("--params == 4", true, "4"),
        ("-params^2 == -16", true, "-16"),
        ("max(params, 3) <= 1", false, "4"),
        ("max(params, 3) - min(params, macs) == 1", true, "1"),
        ("sqrt(params) == 2", true, "2"),
        ("abs(macs - params) == 1", true, "1"),
        ("floor_div(params, 3) + mod(params, 3) == 2", true, "2"),
        ("round(params / 3) == 1", true, "1"),
        ("params / 3 < 1.34", true, "1.3333333333333333"),
        ("len(y.shape) + sum(x.shape) == 4", true, "4"),
        ("10 - 2 - params == 4", true, "4"),
        ("y.shape == [1]", true, "[1]"),
        ("let twice = 2 * params; let more = twice + twice; more == 16", true, "16"),
        ("let shape = y.shape; shape == [2]", false, "[1]"),
    ] {
        let summary = assert_passes(assertion, &asserting(&format!("{assertion};")));
        let found: Vec<_> = summary.assertions.iter().map(|held| (held.holds, held.actual.as_deref())).collect();
        assert_eq!(found, [(holds, Some(actual))], "{assertion}");
    }
}

#[test]
fn what_cannot_be_judged_is_an_error() {
    assert_answers(vec![
        case("a figure as a condition", asserting("(if params > 3 { 1 } else { 2 }) == 1;"), &[("E0507", 5)]),
        case("a figure in a list", asserting("y.shape == [params];"), &[("E0507", 5)]),
        case("a figure as an index", asserting("y.shape[params] == 1;"), &[("E0507", 5)]),
        case("a comparison compared", asserting("(params > 3) == 1;"), &[("E0507", 5)]),
        case("the contrary", asserting("!params == 3;"), &[("E0507", 5)]),
        case("two at once", asserting("params < 3 && macs < 3;"), &[("E0507", 5)]),
        case("a shape in a sum", asserting("y.shape * 2 == 2;"), &[("E0507", 5)]),
        case("the negative of a shape", asserting("-y.shape == 2;"), &[("E0507", 5)]),
        case("a pair of figures", asserting("let (a, b) = params; a + b == 2;"), &[("E0507", 5), ("E0507", 5)]),
        case("an argument by name", asserting("max(a = params) == 2;"), &[("E0401", 5)]),
        case("divided by nothing", asserting("params / 0 >= 3;"), &[("E0406", 5)]),
        case("divided by 0.0 in a let", asserting("let a = 2 * params / 0.0; macs >= 3;"), &[("E0406", 5)]),
        case("a constant without a result", asserting("params >= 7 / 2;"), &[("E0406", 5)]),
        case("a function of nothing", asserting("max() >= params;"), &[("E0406", 5)]),
    ]);
}

#[test]
fn figures_without_a_result_do_not_hold_and_say_why() {
    for (assertion, why) in [
        ("params / (macs - 3) >= 3", "4 is divided by zero"),
        ("1 < params / (macs - 3)", "4 is divided by zero"),
        ("sqrt(-params) >= 0", "the result is not a finite number"),
        ("10^(1000 * params) >= 0", "the result is not a finite number"),
        ("let a = 1 / (macs - 3); a + 1 >= 0", "1 is divided by zero"),
        ("floor_div(params, macs / 2) >= 0", "`floor_div` cannot be called with an integer, a number"),
    ] {
        let summary = assert_passes(assertion, &asserting(&format!("{assertion};")));
        assert_eq!(summary.assertions.iter().map(|held| held.holds).collect::<Vec<_>>(), [false], "{assertion}");
        let faults: Vec<_> = summary.faults().into_iter().map(|fault| (fault.code, fault.message)).collect();
        assert_eq!(faults, [("E0406", why.to_string())], "{assertion}");
    }
}

#[test]
fn long_sums_and_doubling_names_cost_no_more_than_their_text() {
    let sum = format!("params{} >= 1;", " + params".repeat(200_000));
    let doubling: String = (0..100).map(|i| format!("let a{} = a{i} + a{i}; ", i + 1)).collect();
    for (name, text) in [("sum", sum), ("doubling", format!("let a0 = params + 0; {doubling}a100 >= 1;"))] {
        assert!(assert_passes(name, &asserting(&text)).assertions[0].holds, "{name}");
    }
}
