use netc_compiler::elaborate::*;
use netc_compiler::summarize::*;
use netc_grammar::*;
fn main() {
    let f = std::env::args().nth(1).unwrap();
    let mut s = Sources::new();
    s.add(f.clone(), std::fs::read_to_string(&f).unwrap());
    let t = std::time::Instant::now();
    match elaborate(&mut s, &Options { network: None, settings: &[], loader: &NoFiles, deny_warnings: false }) {
        Ok(c) => {
            eprintln!("elab {:?}", t.elapsed());
            let t = std::time::Instant::now();
            let m = summarize(&c.model, 1, &no_memory);
            eprintln!("sum {:?}", t.elapsed());
            if m.layers.len() < 200 {
                for p in &c.model.params {
                    println!("{} {:?} {:?}", p.path, p.shape, p.kind);
                }
                for r in &m.layers {
                    println!(
                        "{:30} {:40} {} {} {} {:?}",
                        r.path,
                        r.op,
                        r.output,
                        r.params,
                        r.macs,
                        r.receptive_field.as_ref().map(|f| (
                            f.axes[0].size,
                            f.axes[0].jump,
                            f.axes[0].start,
                            f.axes[0].min_size
                        ))
                    );
                }
            }
            println!("{:?}", m.total);
            let t = std::time::Instant::now();
            drop(m);
            drop(c);
            eprintln!("drop {:?}", t.elapsed());
        }
        Err(e) => {
            eprintln!("elab {:?}", t.elapsed());
            for d in e.iter().take(20) {
                println!(
                    "{} {} {:?} why={:?} help={:?}",
                    d.code,
                    d.message,
                    d.labels
                        .iter()
                        .map(|l| (s.get(l.span.file).map(|f| f.position(l.span.start)), &l.text))
                        .collect::<Vec<_>>(),
                    d.why,
                    d.help
                );
            }
            println!("{} diagnostics", e.len());
        }
    }
}
