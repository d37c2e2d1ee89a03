//! An argument that the operator does not have, and one that the network does not have.
netc::network! {
    network small {
        input image: [3, 8, 8];
        output scores = image -> conv2d(8, kernal = 3);
    }
}

netc::network!("../../../../macros/tests/ui/nets/two_layers.net" as Five { clases: 5 });

fn main() {
    println!("{} {}", Small::PARAMS, Five::PARAMS);
}
