//! Every example on the interpreter, as machine code and as generated Rust, compared bit for bit: what `netc verify`
//! does. The large ones are smaller, and as cargo builds each of them, all of it is for `NETC_SLOW=1` alone.

use netc::Network;
use netc_tests::{models, slow};

/// Arguments of the large ones.
const REDUCED: &[(&str, &[(&str, u32)])] = &[
    ("examples/segmentation/unet.net", &[("size", 32)]),
    ("examples/vision/resnet18.net", &[("size", 32)]),
    ("examples/vision/resnet18_textbook.net", &[("size", 35)]),
    ("examples/vision/vgg16.net", &[("size", 32)]),
];

#[test]
fn every_example_gives_the_same_bits_as_rust() {
    if !slow() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    for file in models::files("examples", "net") {
        let mut options = Network::options();
        for (name, value) in REDUCED.iter().filter(|(name, _)| *name == file).flat_map(|(_, settings)| *settings) {
            options = options.set(*name, value);
        }
        let network = options.open(models::root().join(&file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        let verification = network.verify(2, folder.path()).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!(verification.not_run, None, "{file}");
        assert!(verification.agrees(), "{file}: {:?}", verification.rows);
    }
}
