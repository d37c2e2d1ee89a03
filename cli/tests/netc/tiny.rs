//! A network that trains in a moment, with its data, in a folder of its own; and NPY files.

use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// Two features, three hidden neurons, one output; the table has eight rows.
pub const TINY: &str = "\
network tiny(hidden: int = 3) {
    input x: [2];
    output y = x -> first: dense(hidden) -> tanh -> last: dense(1);
}

train tiny {
    target t: [1];
    data      = csv(\"d.csv\", x = [a, b], t = y);
    loss      = mse(y, t);
    metrics   = [mae(y, t)];
    optimizer = sgd(rate = 0.05, momentum = 0.9);
    batch     = 3;
    epochs    = 4;
    seed      = 5;
}
";

/// One neuron with given weights: σ(3·x₀ − 2·x₁ + 1).
pub const NEURON: &str = "\
network neuron {
    input x: [2];
    let z = x -> dense(1, weight = [[3, -2]], bias = [1]);
    output y = sigmoid(z);
}
";

/// Three classes from four values, and the values again.
pub const TWO: &str = "\
network two {
    input left: [4];
    input right: [2, 3];
    output class = left -> dense(3) -> softmax(axis = channel);
    output same = right * 2;
}
";

const TABLE: &str = "a,b,y\n0,0,0.1\n0,1,0.9\n1,0,1.1\n1,1,2.2\n2,0,2\n2,1,3.1\n0,2,1.8\n2,2,4.2\n";

/// A folder with `tiny.net`, its table, `neuron.net` and `two.net`.
pub fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("tiny.net", TINY), ("d.csv", TABLE), ("neuron.net", NEURON), ("two.net", TWO)] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// Writes floats as NPY version 1.
pub fn write_npy(path: &Path, shape: &[usize], values: &[f32]) {
    let shape: String = shape.iter().map(|extent| format!("{extent}, ")).collect();
    let mut header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({shape}), }}");
    while !(header.len() + 11).is_multiple_of(64) {
        header.push(' ');
    }
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend(u16::try_from(header.len()).unwrap().to_le_bytes());
    bytes.extend(header.bytes());
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    fs::write(path, bytes).unwrap();
}

/// The header's text and the floats of an NPY file.
pub fn read_npy(path: &Path) -> (String, Vec<f32>) {
    let bytes = fs::read(path).unwrap();
    assert_eq!(&bytes[..6], b"\x93NUMPY");
    let end = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let values = bytes[end..].chunks_exact(4).map(|chunk| f32::from_le_bytes(chunk.try_into().unwrap()));
    (String::from_utf8(bytes[10..end].to_vec()).unwrap(), values.collect())
}
