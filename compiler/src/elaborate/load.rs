//! The files of a compilation: the main text and, through the loader, what it imports.

use super::report::Reports;
use netc_grammar::ast::{Ast, ItemKind};
use netc_grammar::{Diagnostic, FileId, Loader, Sources, Span};
use std::collections::BTreeMap;

/// How deep imports may lead.
const IMPORT_DEPTH: usize = 32;
/// How many files one compilation may read.
const IMPORT_FILES: usize = 1024;

/// Parses every source and the files that they import; syntax errors are reported and what could be read is kept.
pub fn load(sources: &mut Sources, loader: &dyn Loader, reports: &mut Reports) -> Vec<Ast> {
    let mut files: Vec<Ast> = Vec::new();
    let mut depths: Vec<usize> = vec![0; sources.iter().count()];
    let mut by_name: BTreeMap<String, FileId> =
        sources.iter().map(|source| (source.name().to_string(), source.file())).collect();
    let mut edges: Vec<Vec<(FileId, Span)>> = Vec::new();
    while let Some(source) = sources.get(FileId(files.len() as u32)) {
        let file = source.file();
        let (ast, problems) = parse(source);
        problems.into_iter().for_each(|problem| reports.add(problem));
        let depth = depths[file.0 as usize];
        let mut targets = Vec::new();
        for item in &ast.items {
            let ItemKind::Import(import) = &item.kind else { continue };
            let Some(source) = sources.get(file) else { continue };
            match loader.load(&import.path, source) {
                Ok(loaded) => {
                    if let Some(&known) = by_name.get(&loaded.name) {
                        targets.push((known, import.span));
                    } else if depth >= IMPORT_DEPTH || depths.len() >= IMPORT_FILES {
                        let message =
                            format!("imports are nested more than {IMPORT_DEPTH} deep or name too many files");
                        reports.add(
                            Diagnostic::error("E0210", message)
                                .at(import.span, "this import is not read")
                                .help("put blocks that belong together into one file"),
                        );
                    } else {
                        let id = sources.add(loaded.name.clone(), loaded.text);
                        by_name.insert(loaded.name, id);
                        depths.push(depth + 1);
                        targets.push((id, import.span));
                    }
                }
                Err(error) => reports.add(
                    Diagnostic::error("E0209", format!("`{}` cannot be imported: {}", import.path, error.message))
                        .at(import.span, "")
                        .help(error.help.unwrap_or_else(|| {
                            "an import names a plain file in the folder of the main file or below it".to_string()
                        })),
                ),
            }
        }
        edges.push(targets);
        files.push(ast);
    }
    report_cycles(&edges, sources, reports);
    files
}

fn parse(source: &netc_grammar::Source) -> (Ast, Vec<Diagnostic>) {
    let parsed = netc_grammar::parse(source);
    (parsed.ast, parsed.diagnostics)
}

/// Every import that leads back to a file that is still being read.
fn report_cycles(edges: &[Vec<(FileId, Span)>], sources: &Sources, reports: &mut Reports) {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        Open,
        Done,
    }
    let mut marks = vec![Mark::New; edges.len()];
    for root in 0..edges.len() {
        if marks[root] != Mark::New {
            continue;
        }
        let mut stack = vec![(root, 0)];
        marks[root] = Mark::Open;
        while let Some((file, next)) = stack.last_mut() {
            let Some(&(target, span)) = edges[*file].get(*next) else {
                marks[*file] = Mark::Done;
                stack.pop();
                continue;
            };
            *next += 1;
            let target = target.0 as usize;
            match marks[target] {
                Mark::New => {
                    marks[target] = Mark::Open;
                    stack.push((target, 0));
                }
                Mark::Open => {
                    let name = sources.get(FileId(target as u32)).map_or("", |source| source.name());
                    reports.add(
                        Diagnostic::error("E0210", format!("`{name}` imports itself, directly or through other files"))
                            .at(span, "this import closes the circle")
                            .help("move the blocks that both files need into a third one"),
                    );
                }
                Mark::Done => {}
            }
        }
    }
}
