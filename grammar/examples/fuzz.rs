#[path = "../tests/generator/mod.rs"]
mod generator;
use netc_grammar::*;
fn main() {
    let comments = std::env::args().nth(1).as_deref() == Some("c");
    let mut bad = 0;
    let mut best: Option<(String, String)> = None;
    let n = 3000;
    for seed in 0..n {
        let t = generator::program(seed, comments);
        let src = Source::main("t", t.as_str());
        let p = parse(&src);
        if p.has_errors() {
            println!("SYNTAX {seed} {:?}", p.diagnostics[0]);
            continue;
        }
        let once = format(&src).unwrap();
        let s1 = Source::main("o", once.as_str());
        let why = match format(&s1) {
            Err(e) => format!("errors {:?}", e[0]),
            Ok(twice) if twice != once => {
                let (a, b) = once.lines().zip(twice.lines()).find(|(a, b)| a != b).unwrap_or(("", ""));
                format!("not idempotent\n1: {a}\n2: {b}")
            }
            Ok(_) => {
                let q = parse(&s1);
                if q.ast.outline() != p.ast.outline() {
                    "tree".into()
                } else if q.comments.iter().map(|c| s1.slice(c.span)).collect::<Vec<_>>()
                    != p.comments.iter().map(|c| src.slice(c.span)).collect::<Vec<_>>()
                {
                    "comments".into()
                } else {
                    continue;
                }
            }
        };
        bad += 1;
        if best.as_ref().is_none_or(|(b, _)| b.len() > t.len()) {
            best = Some((t.clone(), why));
        }
    }
    println!("{bad} of {n} bad");
    if let Some((t, why)) = best {
        println!("{why}\n--- source\n{t}\n--- once");
        let s = Source::main("x", t);
        let o = format(&s).unwrap();
        println!("{o}--- twice");
        if let Ok(t) = format(&Source::main("o", o)) {
            println!("{t}");
        }
    }
}
