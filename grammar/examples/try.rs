fn main() {
    for path in std::env::args().skip(1) {
        let text = std::fs::read_to_string(&path).unwrap();
        let source = netc_grammar::Source::main(path.clone(), text);
        let t = std::time::Instant::now();
        let parsed = netc_grammar::parse(&source);
        println!(
            "{path}: {} items, {} diagnostics, {:?}",
            parsed.ast.items.len(),
            parsed.diagnostics.len(),
            t.elapsed()
        );
        for d in parsed.diagnostics.iter().take(200) {
            let p = source.position(d.span().unwrap().start);
            println!(
                "  {}:{} {} {} [{}] help: {}",
                p.line,
                p.column,
                d.code,
                d.message,
                d.labels[0].text,
                d.help.as_deref().unwrap_or("")
            );
        }
    }
}
