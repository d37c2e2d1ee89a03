//! An input of another shape than the network's, at the call.

netc::network! {
    network classify {
        input image: [3, 8];
        output scores = image -> flatten -> dense(4);
    }
}

fn main() {
    let network = Classify::new(1);
    let mut workspace = Classify::workspace();
    network.predict(&mut workspace, &[[0.0; 8]; 4]);
}
