//! A mistake in a file: its lines are shown.
netc::network!("../../../../macros/tests/ui/nets/broken.net");

fn main() {
    println!("{}", Broken::PARAMS);
}
