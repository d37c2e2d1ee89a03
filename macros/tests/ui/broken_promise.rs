//! An assertion that does not hold.
netc::network! {
    network small {
        input features: [4];
        output scores = features -> dense(3);
    }
    check small { params <= 10; }
}

fn main() {
    println!("{}", Small::PARAMS);
}
