//! Figures of a run or an evaluation (`train_loss`, `test_accuracy`) as a table for people.

use std::collections::BTreeMap;

/// Parts of the data in the order of the columns.
const PARTS: [&str; 3] = ["train", "val", "test"];

/// One row per figure, one column per part of the data; the loss first, then by name. Empty for no figures.
pub fn table(figures: &BTreeMap<String, f64>) -> String {
    let split = |name: &'_ str| -> Option<(&'static str, String)> {
        let part = PARTS.into_iter().find(|part| name.strip_prefix(part).is_some_and(|rest| rest.starts_with('_')))?;
        Some((part, name[part.len() + 1..].to_string()))
    };
    let mut rows: BTreeMap<(bool, String), BTreeMap<&str, f64>> = BTreeMap::new();
    let mut others = Vec::new();
    for (name, &value) in figures {
        match split(name) {
            Some((part, figure)) => {
                rows.entry((figure != "loss", figure)).or_default().insert(part, value);
            }
            None => others.push(format!("  {name}  {}\n", figure(value))),
        }
    }
    let used: Vec<&str> = PARTS.into_iter().filter(|part| rows.values().any(|row| row.contains_key(part))).collect();
    let width = rows.keys().map(|(_, name)| name.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    if !rows.is_empty() {
        let heads: String = used.iter().map(|part| format!("  {part:>10}")).collect();
        text.push_str(&format!("  {:width$}{heads}\n", ""));
    }
    for ((_, name), row) in &rows {
        let cells: String = used
            .iter()
            .map(|part| format!("  {:>10}", row.get(part).map_or("-".into(), |&value| figure(value))))
            .collect();
        text.push_str(&format!("  {name:width$}{cells}\n"));
    }
    text + &others.concat()
}

/// A figure with about five significant digits: `0.97222`, `12.346`, `1.2346e-7`.
pub fn figure(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 || (1e-4..1e6).contains(&size) {
        let whole_digits = if size < 1.0 { 0 } else { size.log10() as usize };
        format!("{value:.*}", 5usize.saturating_sub(whole_digits).clamp(1, 5))
    } else {
        format!("{value:.4e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_stand_in_rows_by_name_and_columns_by_part() {
        let figures = [
            ("train_loss", 0.5),
            ("test_loss", 0.625),
            ("test_accuracy", 0.9722222),
            ("train_accuracy", 1.0),
            ("rate", 3e-7),
        ];
        let figures = figures.map(|(name, value)| (name.to_string(), value)).into();
        let expected = "                 train        test
  loss         0.50000     0.62500
  accuracy     1.00000     0.97222
  rate  3.0000e-7
";
        assert_eq!(table(&figures), expected);
        assert_eq!(table(&BTreeMap::new()), "");
    }

    #[test]
    fn a_figure_keeps_its_digits() {
        let cases = [
            (0.0, "0.00000"),
            (0.97222222, "0.97222"),
            (12.3456789, "12.3457"),
            (123456.789, "123456.8"),
            (1.23456e-7, "1.2346e-7"),
            (f64::NAN, "NaN"),
        ];
        for (value, text) in cases {
            assert_eq!(figure(value), text);
        }
    }
}
