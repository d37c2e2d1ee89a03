netc_macros::network! {
    network digits {
        input image: [1, 8, 8];
        output scores = image -> flatten -> dens(10);
    }
}

fn main() {
    let _ = Digits::PARAMS;
}
