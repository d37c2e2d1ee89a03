//! A path that is not a literal.
const PATH: &str = "models/lenet.net";

netc::network!(PATH as Lenet);

fn main() {
    println!("{PATH} {}", Lenet::PARAMS);
}
