//! A file that does not exist.
netc::network!("../../../../macros/tests/ui/nets/twolayers.net" as Digits);

fn main() {
    println!("{}", Digits::PARAMS);
}
