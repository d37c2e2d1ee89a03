//! Figures of well-known networks as their papers, textbooks and torchvision state them.

use netc_compiler::elaborate::{Options, elaborate};
use netc_compiler::summarize::{Summary, backward, no_memory, summarize};
use netc_grammar::{NoFiles, Sources};
use std::path::Path;

fn summary(example: &str) -> Summary {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(example);
    let mut sources = Sources::new();
    sources.add(example, std::fs::read_to_string(path).unwrap());
    let options = Options { network: None, settings: &[], loader: &NoFiles, deny_warnings: false };
    let checked = elaborate(&mut sources, &options).unwrap_or_else(|errors| panic!("{example}: {errors:#?}"));
    summarize(&checked.model, 1, &no_memory, &backward)
}

/// Parameters of the layers that have some, in order.
fn rows(summary: &Summary) -> Vec<u64> {
    summary.layers.iter().map(|row| row.params).filter(|&params| params > 0).collect()
}

#[test]
fn totals_are_the_published_ones() {
    // Example, parameters, forward MACs, backward MACs.
    let cases = [
        ("vision/vgg16.net", 138_357_544, 15_470_264_320, Some(30_853_824_512)),
        ("vision/resnet18.net", 11_689_512, 1_814_073_344, Some(3_510_132_736)),
        ("vision/resnet18_textbook.net", 11_511_784, 1_794_805_760, None),
        ("segmentation/unet.net", 7_763_074, 12_073_304_064, None),
    ];
    for (example, params, forward, backward) in cases {
        let total = summary(example).total;
        assert_eq!((total.params, total.macs_forward), (params, forward), "{example}");
        if let Some(backward) = backward {
            assert_eq!(total.macs_backward, backward, "{example}");
        }
    }
}

#[test]
fn vgg16_has_a_row_per_layer() {
    let expected = [
        1_792,
        36_928,
        73_856,
        147_584,
        295_168,
        590_080,
        590_080,
        1_180_160,
        2_359_808,
        2_359_808,
        2_359_808,
        2_359_808,
        2_359_808,
        102_764_544,
        16_781_312,
        4_097_000,
    ];
    let summary = summary("vision/vgg16.net");
    assert_eq!(rows(&summary), expected);
    assert!(summary.layers.iter().filter(|row| row.name == "max_pool").all(|row| row.params == 0));
    let paths: Vec<&str> = summary.layers.iter().filter(|row| row.params > 0).map(|row| row.path.as_str()).collect();
    let torchvision = [
        "features.0",
        "features.2",
        "features.5",
        "features.7",
        "features.10",
        "features.12",
        "features.14",
        "features.17",
        "features.19",
        "features.21",
        "features.24",
        "features.26",
        "features.28",
        "classifier.0",
        "classifier.3",
        "classifier.6",
    ];
    assert_eq!(paths, torchvision);
}

#[test]
fn the_textbook_resnet18_has_its_table() {
    let repeat = |n: u64, times: usize| std::iter::repeat_n(n, times);
    let expected: Vec<u64> = std::iter::once(9_472)
        .chain(repeat(36_928, 4))
        .chain([73_856])
        .chain(repeat(147_584, 3))
        .chain([295_168])
        .chain(repeat(590_080, 3))
        .chain([1_180_160])
        .chain(repeat(2_359_808, 3))
        .chain([513_000])
        .collect();
    assert_eq!(rows(&summary("vision/resnet18_textbook.net")), expected);
}

#[test]
fn resnet18_has_torchvisions_parameter_paths() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/vision/resnet18.net");
    let mut sources = Sources::new();
    sources.add("resnet18.net", std::fs::read_to_string(path).unwrap());
    let options = Options { network: None, settings: &[], loader: &NoFiles, deny_warnings: true };
    let model = elaborate(&mut sources, &options).unwrap().model;
    let paths: Vec<&str> = model.params.iter().map(|param| param.path.as_str()).collect();
    assert_eq!(paths.len(), 102);
    for path in [
        "conv1.weight",
        "bn1.running_var",
        "layer1.0.conv1.weight",
        "layer1.1.bn2.bias",
        "layer2.0.downsample.0.weight",
        "layer2.0.downsample.1.running_mean",
        "layer4.1.conv2.weight",
        "fc.weight",
        "fc.bias",
    ] {
        assert!(paths.contains(&path), "{path}");
    }
}

#[test]
fn receptive_fields_are_the_published_ones() {
    for (example, layer, size) in
        [("vision/vgg16.net", "features.30", 212.0), ("vision/resnet18.net", "layer4.1.relu", 435.0)]
    {
        let summary = summary(example);
        let row = summary.layers.iter().find(|row| row.path == layer || row.path == layer.replace("relu", "5"));
        let field = row.unwrap().receptive_field.clone().unwrap();
        for axis in field.axes {
            assert_eq!((axis.size, axis.jump), (size, 32.0), "{example}");
        }
    }
}

#[test]
fn assertions_of_the_examples_hold() {
    for example in [
        "vision/vgg16.net",
        "vision/resnet18.net",
        "vision/resnet18_textbook.net",
        "segmentation/unet.net",
        "digits/cnn.net",
        "digits/mlp.net",
        "neurons/perceptron.net",
        "neurons/and.net",
        "neurons/xor.net",
        "regression/line.net",
        "regression/diabetes.net",
        "classification/logistic.net",
    ] {
        for held in summary(example).assertions {
            assert!(held.holds, "{example}: {} (is {:?})", held.text, held.actual);
        }
    }
}
