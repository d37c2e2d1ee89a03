//! `assert_ir_snapshot!`: users' own snapshot tests of what netc makes of their networks.

/// Asserts that a stage's text of a network equals the stored `insta` snapshot.
///
/// ```no_run
/// # #[cfg(feature = "snapshot")]
/// netc::assert_ir_snapshot!("lenet.net", netc::Stage::Program);
/// ```
#[macro_export]
macro_rules! assert_ir_snapshot {
    ($path:expr, $stage:expr) => {{
        let network = $crate::Network::open($path).unwrap_or_else(|error| panic!("{error}"));
        let text = network.text($stage, $crate::Mode::Predict, 1).unwrap_or_else(|error| panic!("{error}"));
        $crate::insta::assert_snapshot!(text);
    }};
}
