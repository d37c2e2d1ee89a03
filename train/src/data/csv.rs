//! CSV tables: a header, numeric columns picked by name, errors at line and column.

use super::dataset::{Column, DType, Declared, Values};
use super::raw::label;
use crate::error::{Fault, TrainError};
use csv::ByteRecord;
use netc_grammar::did_you_mean;

/// Header names that one message lists.
const LISTED: usize = 30;

/// Characters of a name or a cell that a message shows.
const SHOWN: usize = 40;

/// Which columns of the table make up one input or target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// The input or target.
    pub declared: Declared,
    /// Header names in the order of the values; as many as the declared shape has elements.
    pub names: Vec<String>,
}

/// Reads the selected columns of a table with a header row. Fields may be quoted; blanks around numbers are ignored.
pub fn read_csv(file: &str, bytes: &[u8], selections: &[Selection]) -> Result<Vec<Column>, TrainError> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
    let damaged = |error: csv::Error| Fault::new(error.to_string()).file(file).input();
    let header = reader.byte_headers().map_err(damaged)?.clone();
    if header.is_empty() {
        return Err(Fault::new("this table is empty")
            .file(file)
            .why("the first line must name the columns")
            .fix("write a header such as `area,price`, then a row for each sample")
            .input());
    }
    let picks =
        selections.iter().map(|selection| pick(file, bytes, &header, selection)).collect::<Result<Vec<_>, _>>()?;
    let mut values: Vec<Values> = selections.iter().map(|s| empty(s.declared.dtype)).collect();

    let mut record = ByteRecord::new();
    let mut last = 0;
    while reader.read_byte_record(&mut record).map_err(damaged)? {
        let start = record.position().map_or(0, |position| usize::try_from(position.byte()).unwrap_or(0));
        last = start;
        if record.len() != header.len() {
            return Err(ragged(file, bytes, start, record.len(), header.len()));
        }
        for ((selection, fields), values) in selections.iter().zip(&picks).zip(&mut values) {
            for &field in fields {
                push(values, &record[field], selection.declared.dtype).map_err(|(what, why)| {
                    let (line, column) = locate(bytes, start, field);
                    let name = short(&shown(&header[field]));
                    let why = format!("column `{name}` feeds `{}`; {why}", selection.declared.name);
                    Fault::new(what)
                        .file(file)
                        .at(line, column)
                        .why(why)
                        .fix("correct the cell or remove the row")
                        .input()
                })?;
            }
        }
    }
    if let Some((line, column)) = unclosed_quote(bytes, last) {
        return Err(Fault::new("this quote is never closed")
            .file(file)
            .at(line, column)
            .fix("add the closing `\"`")
            .input());
    }
    let column = |(selection, values): (&Selection, Values)| Column {
        name: selection.declared.name.clone(),
        shape: selection.declared.shape.clone(),
        values,
    };
    Ok(selections.iter().zip(values).map(column).collect())
}

fn empty(dtype: DType) -> Values {
    match dtype {
        DType::F32 => Values::F32(Vec::new()),
        DType::Int { .. } => Values::I32(Vec::new()),
    }
}

/// Appends one cell, or says what is wrong with it and why.
fn push(values: &mut Values, cell: &[u8], dtype: DType) -> Result<(), (String, String)> {
    let text = shown(cell);
    let number: f64 = text.parse().map_err(|_| match text.as_str() {
        "" => ("this cell is empty".to_string(), "it must hold a number".to_string()),
        _ => (format!("`{}` is not a number", short(&text)), "it must hold numbers".to_string()),
    })?;
    match (values, dtype) {
        (Values::I32(values), DType::Int { n }) => {
            values.push(
                label(number, n).map_err(|why| (format!("`{}` is not an integer in 0..{n}", short(&text)), why))?,
            );
        }
        (Values::F32(values), _) => {
            // Parsed anew, because rounding to f64 first could round twice.
            let value: f32 = text.parse().unwrap_or(f32::NAN);
            if !value.is_finite() {
                return Err((
                    format!("`{}` is not a finite number", short(&text)),
                    "training needs finite 32-bit floats".into(),
                ));
            }
            values.push(value);
        }
        (Values::I32(_), DType::F32) => unreachable!("values are made for their declaration"),
    }
    Ok(())
}

fn shown(cell: &[u8]) -> String {
    String::from_utf8_lossy(cell).trim().to_string()
}

/// The start of a text that may be as long as the file.
fn short(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_string(),
    }
}

fn listing(names: &[String]) -> String {
    let listed: Vec<String> = names.iter().take(LISTED).map(|name| short(name)).collect();
    let more = names.len().saturating_sub(LISTED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("the columns are {}{more}", listed.join(", "))
}

/// Positions of the selected names in the header.
fn pick(file: &str, bytes: &[u8], header: &ByteRecord, selection: &Selection) -> Result<Vec<usize>, TrainError> {
    let declared = &selection.declared;
    if selection.names.len() != declared.per_sample() {
        return Err(Fault::new(format!(
            "`{}` takes {} values, the recipe names {} columns",
            declared.name,
            declared.per_sample(),
            selection.names.len()
        ))
        .file(file)
        .why(format!("`{}` is declared with shape {:?}", declared.name, declared.shape))
        .fix(format!(
            "name {} columns or declare `{}: [{}]`",
            declared.per_sample(),
            declared.name,
            selection.names.len()
        ))
        .input());
    }
    let names: Vec<String> = header.iter().map(shown).collect();
    let mut picks = Vec::new();
    for wanted in &selection.names {
        let mut found = (0..names.len()).filter(|&field| names[field] == *wanted);
        match (found.next(), found.next()) {
            (Some(field), None) => picks.push(field),
            (Some(_), Some(second)) => {
                let (line, column) = locate(bytes, 0, second);
                return Err(Fault::new(format!("two columns are called `{wanted}`"))
                    .file(file)
                    .at(line, column)
                    .fix("rename one of them")
                    .input());
            }
            (None, _) => {
                let help = match did_you_mean(wanted, names.iter().map(String::as_str)) {
                    Some(name) => format!("did you mean `{name}`?"),
                    None => listing(&names),
                };
                return Err(Fault::new(format!("there is no column `{wanted}`")).file(file).at(1, 1).fix(help).input());
            }
        }
    }
    Ok(picks)
}

fn ragged(file: &str, bytes: &[u8], start: usize, found: usize, wanted: usize) -> TrainError {
    // A row that is too long is shown at its first field too many, a short one at its last field.
    let (line, column) = locate(bytes, start, if found > wanted { wanted } else { found.saturating_sub(1) });
    Fault::new(format!("this row has {found} fields, the header has {wanted}"))
        .file(file)
        .at(line, column)
        .fix(if found > wanted {
            "remove the extra fields, or quote the text that contains a comma"
        } else {
            "fill in the missing fields"
        })
        .input()
}

/// Line and column (both from 1, in characters) of a field in the record that starts at or after byte `start`.
fn locate(bytes: &[u8], start: usize, field: usize) -> (u64, u64) {
    let mut at = first_of_record(bytes, start);
    let mut quoted = false;
    let mut passed = 0;
    while passed < field && at < bytes.len() {
        match bytes[at] {
            b'"' => quoted = !quoted,
            b',' if !quoted => passed += 1,
            _ => {}
        }
        at += 1;
    }
    line_and_column(bytes, at)
}

fn first_of_record(bytes: &[u8], start: usize) -> usize {
    let start = if start == 0 && bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { start };
    start + bytes.get(start..).unwrap_or_default().iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count()
}

fn line_and_column(bytes: &[u8], at: usize) -> (u64, u64) {
    let before = &bytes[..at.min(bytes.len())];
    let line_start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
    let lines = before.iter().filter(|&&byte| byte == b'\n').count();
    let characters = String::from_utf8_lossy(&before[line_start..]).trim_start_matches('\u{feff}').chars().count();
    (lines as u64 + 1, characters as u64 + 1)
}

/// Where the quote opens that the record starting at `start` leaves open at the end of the file.
fn unclosed_quote(bytes: &[u8], start: usize) -> Option<(u64, u64)> {
    let mut open = None;
    for (at, &byte) in bytes.iter().enumerate().skip(first_of_record(bytes, start)) {
        if byte == b'"' {
            open = if open.is_none() { Some(at) } else { None };
        }
    }
    open.map(|at| line_and_column(bytes, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selection(name: &str, shape: &[usize], dtype: DType, names: &[&str]) -> Selection {
        let declared = Declared { name: name.into(), shape: shape.to_vec(), dtype };
        Selection { declared, names: names.iter().map(ToString::to_string).collect() }
    }

    fn houses() -> Vec<Selection> {
        vec![
            selection("features", &[2], DType::F32, &["area", "windows"]),
            selection("class", &[], DType::Int { n: 3 }, &["class"]),
        ]
    }

    #[test]
    fn columns_are_picked_by_name_whatever_their_order_and_quoting() {
        let text = "\u{feff}class,\"note\",windows, area\r\n0,\"a, \"\"b\"\"\",4,50.5\r\n\r\n2.0,\"two\nlines\",\"5\", 1e2 \r\n";
        let columns = read_csv("houses.csv", text.as_bytes(), &houses()).unwrap();
        assert_eq!(columns[0].values, Values::F32(vec![50.5, 4.0, 100.0, 5.0]));
        assert_eq!(columns[1].values, Values::I32(vec![0, 2]));
        assert_eq!(columns[0].shape, [2]);
    }

    #[test]
    fn faults_are_reported_at_line_and_column() {
        for (text, place, words) in [
            ("area,windows,class\n50,4,0\n60,big,1\n", "3:4", "`big` is not a number"),
            ("area,windows,class\n50,4,0\n\n\n60,5,1,9\n", "5:8", "this row has 4 fields, the header has 3"),
            ("area,windows,class\n50,4\n", "2:4", "this row has 2 fields"),
            ("area,windows,class\n50,4,3\n", "2:6", "3 is outside 0..3"),
            ("area,windows,class\n50,4,-1\n", "2:6", "-1 is outside 0..3"),
            ("area,windows,class\n50,4,2.5\n", "2:6", "2.5 is not an integer"),
            ("area,windows,class\nnan,4,2\n", "2:1", "`nan` is not a finite number"),
            ("area,windows,class\n1e39,4,2\n", "2:1", "`1e39` is not a finite number"),
            ("area,windows,class\n1,,2\n", "2:3", "this cell is empty"),
            ("class,note,area,windows\n1,\"x\ny, z\",ä,2\n", "3:7", "`ä` is not a number"),
            ("area,windows,class\n1,2,\"2\n", "2:5", "never closed"),
            ("area,window,class\n1,2,2\n", "1:1", "did you mean `window`?"),
            ("area,windows,class,area\n1,2,2,1\n", "1:20", "two columns are called `area`"),
        ] {
            let error = read_csv("houses.csv", text.as_bytes(), &houses()).unwrap_err();
            let shown = error.to_string();
            assert_eq!(error.exit_code(), 1);
            assert!(shown.starts_with(&format!("houses.csv:{place}: ")), "{text:?}: {shown}");
            assert!(shown.contains(words), "{shown}");
        }
        assert!(read_csv("empty.csv", b"", &houses()).unwrap_err().to_string().contains("table is empty"));
    }

    #[test]
    fn columns_that_are_missing_are_suggested_as_everywhere_and_listed_short() {
        let many: Vec<String> = (0..40).map(|index| format!("c{index:02}")).collect();
        let (long, many) = ("x".repeat(5000), many.join(","));
        for (header, help) in [
            ("Win-Dows,area,class", "did you mean `Win-Dows`?".to_string()),
            (&format!("{long},area,class"), format!("the columns are {}…, area, class", "x".repeat(40))),
            (&format!("area,class,{many}"), "c26, c27 and 12 more".to_string()),
        ] {
            let error = read_csv("houses.csv", format!("{header}\n").as_bytes(), &houses()).unwrap_err().to_string();
            assert!(error.contains("there is no column `windows`") && error.ends_with(&help), "{error}");
        }
        let cell = format!("area,windows,class\n{long},1,1\n");
        let error = read_csv("houses.csv", cell.as_bytes(), &houses()).unwrap_err().to_string();
        assert!(error.contains("…` is not a number") && error.len() < 300, "{error}");
    }

    #[test]
    fn as_many_columns_are_named_as_the_shape_has_elements() {
        let wrong = [selection("x", &[3], DType::F32, &["area", "windows"])];
        let error = read_csv("houses.csv", b"area,windows\n1,2\n", &wrong).unwrap_err().to_string();
        assert!(error.contains("`x` takes 3 values, the recipe names 2 columns"), "{error}");
    }
}
