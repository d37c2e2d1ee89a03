netc_macros::network!("models/none.net" as Lenet);

fn main() {
    let _ = Lenet::PARAMS;
}
