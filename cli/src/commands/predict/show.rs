//! Results for people and as JSON.

use super::results::{Outcome, Results};
use netc_train::data::Values;
use serde_json::{Value, json};

/// Version of the JSON output.
const SCHEMA: u32 = 1;
/// Samples that are printed; of more the first are.
const SHOWN_SAMPLES: usize = 20;
/// Values of one sample that are printed; of more a summary is.
const SHOWN_VALUES: usize = 16;
/// Classes of a probability vector that are printed.
const SHOWN_CLASSES: usize = 3;

/// One line per sample and output; `first` is the position of the first sample in its file.
pub fn text(results: &Results, first: usize) -> String {
    let mut text = String::new();
    let mut summarised = false;
    for result in results.list.iter().take(results.outputs) {
        let shape: Vec<String> = result.shape.iter().map(usize::to_string).collect();
        let probable = is_distribution(result);
        let what = if probable { ", most probable classes" } else { "" };
        text.push_str(&format!("{}: [{}]{what}\n", result.name, shape.join(", ")));
        let count = if result.batched { results.samples } else { 1 };
        let width = (first + count.min(SHOWN_SAMPLES)).saturating_sub(1).to_string().len();
        for sample in 0..count.min(SHOWN_SAMPLES) {
            let values = sample_of(result, sample);
            let shown = if probable { classes(&values) } else { list(&values) };
            summarised |= !probable && values.len() > SHOWN_VALUES;
            let heading = if result.batched { format!("sample {:>width$}  ", first + sample) } else { String::new() };
            text.push_str(&format!("  {heading}{shown}\n"));
        }
        if count > SHOWN_SAMPLES {
            summarised = true;
            text.push_str(&format!("  … {} more samples\n", count - SHOWN_SAMPLES));
        }
    }
    if summarised {
        text.push_str("all values: `--output FILE.npy`, or `--format json`\n");
    }
    text
}

/// All values of all outputs: `schema`, `network`, `samples`, `outputs` with `name`, `shape` without the batch, and
/// one list of values per sample, row-major.
pub fn json(network: &str, results: &Results) -> String {
    let outputs: Vec<Value> = results
        .list
        .iter()
        .take(results.outputs)
        .map(|result| {
            let count = if result.batched { results.samples } else { 1 };
            let values: Vec<Value> = (0..count)
                .map(|sample| match &result.values {
                    Values::F32(all) => all[range(result, sample)].iter().map(|&value| float(value)).collect(),
                    Values::I32(all) => all[range(result, sample)].iter().map(|&value| Value::from(value)).collect(),
                })
                .collect();
            json!({ "name": result.name, "shape": result.shape, "values": values })
        })
        .collect();
    let object = json!({ "schema": SCHEMA, "network": network, "samples": results.samples, "outputs": outputs });
    format!("{object}\n")
}

/// The shortest decimal that reads back as the same 32-bit float; null for NaN and infinities.
fn float(value: f32) -> Value {
    value.to_string().parse::<f64>().ok().filter(|value| value.is_finite()).map_or(Value::Null, Value::from)
}

fn range(result: &Outcome, sample: usize) -> std::ops::Range<usize> {
    let n = result.per_sample();
    sample * n..(sample + 1) * n
}

fn sample_of(result: &Outcome, sample: usize) -> Vec<f64> {
    match &result.values {
        Values::F32(values) => values[range(result, sample)].iter().map(|&value| f64::from(value)).collect(),
        Values::I32(values) => values[range(result, sample)].iter().map(|&value| f64::from(value)).collect(),
    }
}

/// Whether every sample is a vector of numbers from 0 to 1 whose sum is 1.
fn is_distribution(result: &Outcome) -> bool {
    let Values::F32(values) = &result.values else { return false };
    let is_one = |sample: &[f32]| {
        sample.iter().all(|value| (0.0..=1.0).contains(value)) && (sample.iter().sum::<f32>() - 1.0).abs() < 1e-3
    };
    result.shape.len() == 1 && result.shape[0] >= 2 && values.chunks(result.shape[0]).all(is_one)
}

/// `7 (0.99871)  3 (0.00063)`: the largest first, equal ones by their number.
fn classes(values: &[f64]) -> String {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[b].total_cmp(&values[a]).then(a.cmp(&b)));
    let shown = order.iter().take(SHOWN_CLASSES).map(|&class| format!("{class} ({})", number(values[class])));
    shown.collect::<Vec<_>>().join("  ")
}

fn list(values: &[f64]) -> String {
    if values.len() <= SHOWN_VALUES {
        return values.iter().map(|&value| number(value)).collect::<Vec<_>>().join("  ");
    }
    let (low, high) =
        values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &v| (low.min(v), high.max(v)));
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    format!("{} values from {} to {}, mean {}", values.len(), number(low), number(high), number(mean))
}

/// Six significant digits without trailing zeros.
fn number(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 || !value.is_finite() {
        return value.to_string();
    }
    if !(1e-4..1e7).contains(&size) {
        return format!("{value:.5e}");
    }
    let places = (5 - size.log10().floor() as i64).clamp(0, 9) as usize;
    let text = format!("{value:.places$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_string() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn results(shape: &[usize], values: Vec<f32>) -> Results {
        let samples = values.len() / shape.iter().product::<usize>();
        let outcome = Outcome { name: "y".into(), shape: shape.to_vec(), batched: true, values: Values::F32(values) };
        Results { list: vec![outcome], outputs: 1, samples }
    }

    #[test]
    fn probabilities_are_shown_as_classes_and_other_values_as_they_are() {
        for (shape, values, expected) in [
            (
                &[3][..],
                vec![0.25, 0.5, 0.25],
                "y: [3], most probable classes\n  sample 0  1 (0.5)  0 (0.25)  2 (0.25)\n",
            ),
            (&[3], vec![0.25, 0.5, 0.5], "y: [3]\n  sample 0  0.25  0.5  0.5\n"),
            (&[1], vec![0.002_472_623, 1.0], "y: [1]\n  sample 0  0.00247262\n  sample 1  1\n"),
            (&[], vec![-14.0], "y: []\n  sample 0  -14\n"),
            (
                &[2, 10],
                (0..20).map(|i| i as f32).collect(),
                "y: [2, 10]\n  sample 0  20 values from 0 to 19, mean 9.5\nall values: `--output FILE.npy`, or `--format json`\n",
            ),
        ] {
            assert_eq!(text(&results(shape, values), 0), expected);
        }
        let many = text(&results(&[1], vec![2.0; 23]), 0);
        assert!(many.contains("  sample 19  2\n  … 3 more samples\n"), "{many}");
        assert!(many.contains("  sample  0  2\n"), "{many}");
    }

    #[test]
    fn json_keeps_every_bit_of_a_float() {
        let text = json("net", &results(&[2], vec![0.1, f32::NAN]));
        assert_eq!(
            text,
            "{\"network\":\"net\",\"outputs\":[{\"name\":\"y\",\"shape\":[2],\"values\":[[0.1,null]]}],\"samples\":1,\"schema\":1}\n"
        );
    }

    #[test]
    fn numbers_have_six_digits() {
        let cases = [
            (0.0, "0"),
            (-6.0, "-6"),
            (0.00247262315, "0.00247262"),
            (1234567.0, "1234567"),
            (1e-9, "1.00000e-9"),
            (1e9, "1.00000e9"),
            (99.99999999, "100"),
            (f64::INFINITY, "inf"),
        ];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
    }
}
