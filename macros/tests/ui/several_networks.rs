//! A name for one of several networks, none of which is called so.
netc::network!("../../../../macros/tests/ui/nets/several.net" as Chosen);

fn main() {
    println!("{}", Chosen::PARAMS);
}
