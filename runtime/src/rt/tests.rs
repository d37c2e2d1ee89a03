//! Nested arrays and weights files.

use super::{Nested, Network, ParameterInfo, Slot, Start, WeightsProblem, read, safetensors_bytes, to_safetensors};

struct Tiny;

impl Network for Tiny {
    const NAME: &'static str = "tiny";
    const PARAMETERS: &'static [ParameterInfo] = &[
        ParameterInfo { path: "fc.weight", shape: &[2, 3], at: 0, start: Start::Constant(1.0) },
        ParameterInfo { path: "fc.bias", shape: &[2], at: 16, start: Start::Constant(0.0) },
    ];
    const PARAMETER_FLOATS: usize = 18;
    const WORKSPACE_FLOATS: usize = 0;
    const SLOTS: &'static [&'static [Slot]] = &[];
    const STATE_FLOATS: usize = 0;
    const TRAINING_FLOATS: usize = 0;
    const RATE: f32 = 0.0;
    const SEED: u64 = 0;
}

#[test]
fn nested_arrays_are_their_elements() {
    let tensor = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    assert_eq!(tensor.flat(), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    assert_eq!(<[[f32; 3]; 2]>::ELEMENTS, 6);
    assert_eq!(<[[f32; 3]; 2]>::from_flat(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), Some(&tensor));
    assert_eq!(<[[f32; 3]; 2]>::from_flat(&[1.0; 5]), None);
    assert_eq!(<[f32; 3]>::from_flat(&[1.0; 6]), None);
    assert_eq!(f32::from_flat(&[7.0]), Some(&7.0));
}

fn file() -> (Vec<f32>, Vec<u8>) {
    let params: Vec<f32> = (0..18).map(|index| index as f32 - 3.5).collect();
    let file = to_safetensors::<Tiny>(&params);
    (params, file)
}

#[test]
fn weights_come_back_as_they_were_written() {
    let (params, file) = file();
    assert_eq!(file.len(), safetensors_bytes::<Tiny>());
    assert_eq!(file.len() % 8, 0);
    let mut found = vec![0.0; 18];
    assert_eq!(read::<Tiny>(&file, &mut found), Ok(()));
    assert_eq!((&found[..6], &found[16..]), (&params[..6], &params[16..]));
}

/// Where the name of the second tensor begins in a file.
const UNKNOWN: usize = 124;

/// The header with a part replaced, its length set right.
fn changed(from: &str, to: &str) -> Vec<u8> {
    let (_, file) = file();
    let length = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
    let header = std::str::from_utf8(&file[8..8 + length]).unwrap();
    assert!(header.contains(from), "{header}");
    let header = header.replacen(from, to, 1);
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &file[8 + length..]].concat()
}

#[test]
fn weights_that_do_not_fit_are_refused_and_nothing_is_written() {
    use WeightsProblem::{Bytes, Header, Missing, Shape, Twice, Type, Unknown};
    let cases: [(&str, &str, &[WeightsProblem]); 15] = [
        ("[2,3]", "[3,2]", &[Shape("fc.weight", &[2, 3])]),
        ("[2,3]", "[2,3,1]", &[Shape("fc.weight", &[2, 3])]),
        ("F32", "F16", &[Type("fc.weight")]),
        ("fc.bias", "fc.bios", &[Unknown(UNKNOWN), Missing("fc.bias")]),
        ("fc.bias", "fc.bias.num_batches_tracked", &[Missing("fc.bias")]),
        ("fc.bias", "fc.weight", &[Shape("fc.weight", &[2, 3]), Twice("fc.weight"), Missing("fc.bias")]),
        (
            "fc.bias\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[24,32]",
            "fc.weight\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]",
            &[Twice("fc.weight"), Missing("fc.bias")],
        ),
        (
            "\"fc.bias\"",
            "\"fc.weight\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]},\"fc.bias\"",
            &[Twice("fc.weight")],
        ),
        (
            "[2,3],\"data_offsets\":[0,24]},\"fc.bias",
            "[3,2],\"data_offsets\":[0,24]},\"fc.bios",
            &[Shape("fc.weight", &[2, 3]), Unknown(UNKNOWN), Missing("fc.bias")],
        ),
        ("[24,32]", "[24,31]", &[Bytes("fc.bias")]),
        ("[24,32]", "[28,36]", &[Bytes("fc.bias")]),
        ("[24,32]", "[32,24]", &[Bytes("fc.bias")]),
        ("[24,32]", "[24,99999999999999999999999]", &[Header]),
        ("{\"__meta", "[\"__meta", &[Header]),
        ("\"shape\"", "shape", &[Header]),
    ];
    for (from, to, wanted) in cases {
        let mut params = vec![0.0; 18];
        let error = read::<Tiny>(&changed(from, to), &mut params).expect_err(from);
        assert_eq!((error.problems(), error.count()), (wanted, wanted.len()), "{from} -> {to}");
        assert_eq!(error.to_string().lines().count(), wanted.len());
        assert!(params.iter().all(|&value| value == 0.0));
    }
}

#[test]
fn files_cut_short_are_refused_at_every_byte() {
    let (_, file) = file();
    for length in 0..file.len() {
        let mut params = vec![0.0; 18];
        assert!(read::<Tiny>(&file[..length], &mut params).is_err(), "{length} bytes");
        assert!(params.iter().all(|&value| value == 0.0));
    }
    let mut long = file.clone();
    long[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    let error = read::<Tiny>(&long, &mut [0.0; 18]).expect_err("too long");
    assert_eq!(error.problems(), [WeightsProblem::Header]);
}
