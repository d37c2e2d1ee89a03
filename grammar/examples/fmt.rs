fn main() {
    let path = std::env::args().nth(1).unwrap();
    let source = netc_grammar::Source::main(path.clone(), std::fs::read_to_string(&path).unwrap());
    match netc_grammar::format(&source) {
        Ok(t) => print!("{t}"),
        Err(d) => print!("{}", netc_grammar::render(&d, &source.into(), false)),
    }
}
