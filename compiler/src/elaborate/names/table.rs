//! The names of one definition: where each was declared, and whether anything uses it.

use netc_grammar::Span;
use netc_grammar::ast::Ident;
use std::collections::{BTreeSet, HashMap};

/// What a name was declared as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Argument of a network or block.
    Parameter,
    /// `let`
    Let,
    /// `input`
    Input,
    /// `layer`
    Layer,
    /// `param`
    Param,
    /// `output`, a turn's item, a target, or a broken statement: never called unused.
    Silent,
    /// Not a declaration: the use of a name as an operator or block.
    Callable,
}

#[derive(Debug)]
struct Declared<'a> {
    name: &'a Ident,
    kind: Kind,
    used: bool,
}

/// The names of one definition.
#[derive(Debug, Default)]
pub struct Table<'a> {
    all: Vec<Declared<'a>>,
    first: HashMap<&'a str, usize>,
    /// Per open brace: name to index in `all`.
    open: Vec<HashMap<&'a str, usize>>,
    labels: BTreeSet<&'a str>,
    /// Uses of names that were not there.
    pub unknown: Vec<Unknown<'a>>,
}

/// A use of a name that is not there.
#[derive(Clone, Copy, Debug)]
pub struct Unknown<'a> {
    pub name: &'a Ident,
    /// What was looked for.
    pub kind: Kind,
    /// Bare words that the argument declares in whose value the name is.
    pub words: &'static [&'static str],
}

impl<'a> Table<'a> {
    /// Opens braces.
    pub fn open(&mut self) {
        self.open.push(HashMap::new());
    }

    /// Closes braces.
    pub fn close(&mut self) {
        self.open.pop();
    }

    /// Declares a name; the place of an earlier declaration that is still open, if there is one.
    pub fn declare(&mut self, name: &'a Ident, kind: Kind) -> Option<Span> {
        if name.text == "_" {
            return None;
        }
        if let Some(index) = self.find(&name.text) {
            return Some(self.all[index].name.span);
        }
        self.all.push(Declared { name, kind, used: false });
        let index = self.all.len() - 1;
        self.first.entry(&name.text).or_insert(index);
        if let Some(body) = self.open.last_mut() {
            body.insert(&name.text, index);
        }
        None
    }

    /// Remembers a label.
    pub fn label(&mut self, label: &'a Ident) {
        self.labels.insert(&label.text);
    }

    /// Whether a label of this name is somewhere in the definition.
    pub fn is_label(&self, name: &str) -> bool {
        self.labels.contains(name)
    }

    /// Marks a name as used; its kind, if it is there.
    pub fn use_name(&mut self, name: &str) -> Option<Kind> {
        let index = self.find(name)?;
        self.all[index].used = true;
        Some(self.all[index].kind)
    }

    fn find(&self, name: &str) -> Option<usize> {
        self.open.iter().rev().find_map(|body| body.get(name).copied())
    }

    /// Where a name is declared anywhere in the definition.
    pub fn declared(&self, name: &str) -> Option<Span> {
        self.first.get(name).map(|&index| self.all[index].name.span)
    }

    /// Names of values.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        self.all.iter().filter(|declared| declared.kind != Kind::Layer).map(|declared| declared.name.text.as_str())
    }

    /// Names of shared layers.
    pub fn callables(&self) -> impl Iterator<Item = &str> {
        self.all.iter().filter(|declared| declared.kind == Kind::Layer).map(|declared| declared.name.text.as_str())
    }

    /// A code, message and help for every name that nothing uses.
    pub fn unused(&self) -> Vec<(&'a Ident, &'static str, String, &'static str)> {
        let mut unused = Vec::new();
        for Declared { name, kind, used } in &self.all {
            if *used || name.text.starts_with('_') {
                continue;
            }
            let (code, what, help) = match kind {
                Kind::Let => ("W0201", "value", "use it, remove it, or call it `_`"),
                Kind::Input => ("W0202", "input", "use it or remove it"),
                Kind::Parameter => ("W0204", "argument", "use it or remove it"),
                Kind::Layer => ("W0206", "layer", "lead a value into it or remove it"),
                Kind::Param => ("W0206", "parameter", "use it or remove it"),
                Kind::Silent | Kind::Callable => continue,
            };
            unused.push((*name, code, format!("the {what} `{}` is never used", name.text), help));
        }
        unused
    }
}
