//! Paths of layers and parameters: labels, else positions as in `nn.Sequential`, else operators' names.
//!
//! A labelled stage, a block and a turn of a loop with labels are scopes. In a scope an unlabelled stage is named by
//! its position, counting every stage with loops unrolled; at network level it is named by its operator.

use std::collections::HashMap;

/// Where a layer stands, and where its parameters are if another use of a shared layer made them.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerPath {
    /// The layer's own path, unique in the model.
    pub text: String,
    /// The path that its parameters start with, where it differs.
    shared: Option<String>,
}

impl LayerPath {
    /// A path whose parameters are its own.
    pub fn new(text: impl Into<String>) -> LayerPath {
        LayerPath { text: text.into(), shared: None }
    }

    /// A further use of a shared layer: `encoder@2` with the parameters of `encoder`.
    pub fn again(first: &LayerPath, turn: usize) -> LayerPath {
        LayerPath { text: format!("{}@{turn}", first.text), shared: Some(first.params().to_string()) }
    }

    /// What the paths of its parameters start with.
    pub fn params(&self) -> &str {
        self.shared.as_deref().unwrap_or(&self.text)
    }

    /// Whether its parameters were made by an earlier use.
    pub fn is_again(&self) -> bool {
        self.shared.is_some()
    }

    /// The path of something inside.
    pub fn join(&self, name: &str) -> LayerPath {
        LayerPath { text: join(&self.text, name), shared: self.shared.as_deref().map(|path| join(path, name)) }
    }
}

/// `a` and `b` with a dot between them, unless `a` is empty.
pub fn join(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_string() } else { format!("{prefix}.{name}") }
}

/// What names the stages inside a network, a block, a labelled fragment or a turn of a loop.
#[derive(Debug)]
pub struct PathScope {
    /// The scope's own path; empty for the network.
    pub path: LayerPath,
    /// Whether unlabelled stages are named by position and not by operator.
    pub positional: bool,
    /// Whether the one stage inside takes the scope's own path.
    direct: bool,
    next: usize,
    counts: HashMap<String, usize>,
}

impl PathScope {
    /// The network, or the loss, whose unlabelled layers are named by their operators.
    pub fn root(prefix: &str) -> PathScope {
        PathScope::new(LayerPath::new(prefix), false)
    }

    /// A labelled fragment, a block or a turn.
    pub fn inside(path: LayerPath) -> PathScope {
        PathScope::new(path, true)
    }

    /// A body of one stage, which adds nothing to the path.
    pub fn direct(path: LayerPath) -> PathScope {
        PathScope { direct: true, ..PathScope::new(path, true) }
    }

    fn new(path: LayerPath, positional: bool) -> PathScope {
        PathScope { path, positional, direct: false, next: 0, counts: HashMap::new() }
    }

    /// The path of a labelled stage.
    pub fn label(&mut self, label: &str) -> LayerPath {
        self.next += 1;
        self.path.join(label)
    }

    /// The path of an unlabelled stage, and whether it is the scope's own.
    pub fn open(&mut self, callee: &str) -> (LayerPath, bool) {
        if std::mem::take(&mut self.direct) {
            return (self.path.clone(), true);
        }
        if !self.positional {
            return (self.by_operator(callee), false);
        }
        let position = self.next;
        self.next += 1;
        (self.path.join(&position.to_string()), false)
    }

    /// The path of a layer that is no stage (`a + b`): its operator's name, numbered from the second.
    pub fn by_operator(&mut self, name: &str) -> LayerPath {
        let count = self.counts.entry(name.to_string()).or_insert(0);
        *count += 1;
        if *count == 1 { self.path.join(name) } else { self.path.join(&format!("{name}_{count}")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_are_named_by_label_position_or_operator() {
        let mut root = PathScope::root("");
        assert_eq!(root.open("dense").0.text, "dense");
        assert_eq!(root.open("relu").0.text, "relu");
        assert_eq!(root.open("dense").0.text, "dense_2");
        let mut features = PathScope::inside(root.label("features"));
        assert_eq!(features.open("conv2d").0.text, "features.0");
        assert_eq!(features.label("norm").text, "features.norm");
        assert_eq!(features.open("relu").0.text, "features.2");
        assert_eq!(features.by_operator("add").text, "features.add");
        let mut head = PathScope::direct(LayerPath::new("head"));
        assert_eq!(head.open("dense"), (LayerPath::new("head"), true));
        let again = LayerPath::again(&LayerPath::new("encoder"), 2).join("0");
        assert_eq!((again.text.as_str(), again.params()), ("encoder@2.0", "encoder.0"));
    }
}
