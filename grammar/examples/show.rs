fn main() {
    for path in std::env::args().skip(1) {
        let text = std::fs::read(&path).unwrap();
        let (source, more) = match netc_grammar::Source::decode(Default::default(), path.clone(), text) {
            Ok(s) => (s, vec![]),
            Err(b) => (b.0, vec![b.1]),
        };
        let mut ds = netc_grammar::parse(&source).diagnostics;
        ds.extend(more);
        print!("{}", netc_grammar::render(&ds, &source.into(), std::env::var("COLOR").is_ok()));
    }
}
