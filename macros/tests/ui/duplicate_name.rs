//! A name that is defined twice.
netc::network! {
    network small {
        input features: [4];
        let hidden = features -> dense(8) -> relu;
        let hidden = hidden -> dense(8) -> relu;
        output scores = hidden -> dense(3);
    }
}

fn main() {
    println!("{}", Small::PARAMS);
}
