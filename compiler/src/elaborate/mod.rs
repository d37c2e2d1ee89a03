//! The syntax tree becomes a checked model: names, arguments, blocks, loops, shapes, the recipe and the assertions.
//!
//! Two passes. [`names`] looks at every definition once, also at what is never called, and resolves names. Then the
//! chosen network is evaluated: blocks are called, loops unrolled, and each layer's shape is inferred as it is made,
//! because `x.channels` is a compile-time value. All errors are collected; what failed is `Unknown` and silences
//! what depends on it. Work is bounded by budgets, recursion by depths; everything else is linear.

mod argument;
pub(crate) mod arithmetic;
mod attribute;
mod block;
mod call;
mod chain;
mod check;
mod declare;
mod expression;
pub(crate) mod function;
mod instance;
mod load;
mod names;
mod operation;
mod param;
mod path;
mod program;
mod report;
mod scope;
mod settings;
mod statement;
mod trace;
mod train;
mod warn;

pub use train::reference;

use crate::model::{Edge, Layer, LayerId, Model, Named, Param, ParamId, Section, ValueRef};
use netc_grammar::ast::{Definition, Stage};
use netc_grammar::{Diagnostic, Loader, Sources, Span};
use path::{LayerPath, PathScope};
use petgraph::graph::DiGraph;
use program::Program;
use report::Reports;
use scope::Frame;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

/// Calls of blocks inside calls of blocks.
pub const CALL_DEPTH: usize = 128;
/// Expanded layers, loop turns and calls of blocks, together.
pub const EXPANSION: usize = 1_000_000;
/// Expressions inside expressions, over all open calls.
const EXPRESSION_DEPTH: usize = 600;
/// Expressions that are evaluated, list items that are copied.
const EVALUATION: usize = 50_000_000;
/// Elements of all compile-time lists that are ever built.
const LIST_ELEMENTS: usize = 20_000_000;
/// Lists inside lists.
const LIST_DEPTH: usize = 16;

/// What the caller chooses.
pub struct Options<'a> {
    /// Which network, where the file has several.
    pub network: Option<&'a str>,
    /// `--set` pairs: `("classes", "5")`, `("train.batch", "32")`.
    pub settings: &'a [(String, String)],
    /// Where imports come from.
    pub loader: &'a dyn Loader,
    /// Whether warnings reject the input.
    pub deny_warnings: bool,
}

/// A model, and what is unused, dead or suspicious in it.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The model.
    pub model: Model,
    /// Warnings in the order of the text.
    pub warnings: Vec<Diagnostic>,
}

/// Checks the main file of `sources` and makes its network; files that it imports are added to `sources`.
///
/// # Errors
/// Every error and warning of the files, in the order of the text.
pub fn elaborate(sources: &mut Sources, options: &Options<'_>) -> Result<Checked, Vec<Diagnostic>> {
    let mut reports = Reports::default();
    let mut files = load::load(sources, options.loader, &mut reports);
    let settings = settings::parse(options.settings, sources, &mut files, &mut reports);
    let program = Program::collect(&files, settings, &mut reports);
    names::resolve(&program, sources, &mut reports);
    let model = match program.choose(options.network, &mut reports) {
        Some(network) => Elaborator::new(&program, sources, &mut reports).network(network),
        None => None,
    };
    if let Some(model) = &model {
        warn::inspect(model, &mut reports);
    }
    let failed = reports.has_errors();
    let diagnostics = reports.finish(&files, options.deny_warnings);
    match model {
        Some(model) if !failed && !diagnostics.iter().any(Diagnostic::is_error) => {
            Ok(Checked { model, warnings: diagnostics })
        }
        _ => Err(diagnostics),
    }
}

/// `layer enc = dense(64);`: evaluated at each use, with the parameters of the first.
struct Shared<'a> {
    stage: &'a Stage,
    path: LayerPath,
    uses: usize,
    first: Option<Span>,
}

/// The network that is being evaluated.
struct Elaborator<'a, 'r> {
    program: &'r Program<'a>,
    sources: &'r Sources,
    reports: &'r mut Reports,
    graph: DiGraph<Layer, Edge, u32>,
    /// Per layer: which call made it, index into `contexts`.
    layer_contexts: Vec<u32>,
    contexts: Vec<Rc<str>>,
    params: Vec<Param>,
    param_paths: HashMap<String, ParamId>,
    claimed: HashMap<String, Span>,
    /// Constants and parameters that stand as values, once per section.
    constants: HashMap<(bool, u64), LayerId>,
    param_values: HashMap<(bool, ParamId), LayerId>,
    inputs: Vec<Named>,
    outputs: Vec<Named>,
    labels: BTreeMap<String, ValueRef>,
    shared: Vec<Shared<'a>>,
    blocks: Vec<crate::model::BlockCall>,
    frames: Vec<Frame<'a>>,
    scopes: Vec<PathScope>,
    section: Section,
    words: &'static [&'static str],
    spent: usize,
    listed: usize,
    steps: usize,
    depth: usize,
    /// A budget is used up: nothing more is evaluated.
    halted: bool,
}

impl<'a, 'r> Elaborator<'a, 'r> {
    fn new(program: &'r Program<'a>, sources: &'r Sources, reports: &'r mut Reports) -> Self {
        Elaborator {
            program,
            sources,
            reports,
            graph: DiGraph::default(),
            layer_contexts: Vec::new(),
            contexts: vec![Rc::from("")],
            params: Vec::new(),
            param_paths: HashMap::new(),
            claimed: HashMap::new(),
            constants: HashMap::new(),
            param_values: HashMap::new(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            labels: BTreeMap::new(),
            shared: Vec::new(),
            blocks: Vec::new(),
            frames: vec![Frame::new(0)],
            scopes: vec![PathScope::root("")],
            section: Section::Network,
            words: &[],
            spent: 0,
            listed: 0,
            steps: 0,
            depth: 0,
            halted: false,
        }
    }

    /// Evaluates the network with its arguments, then its recipe and assertions.
    fn network(mut self, definition: &'a Definition) -> Option<Model> {
        self.network_arguments(definition);
        self.statements(&definition.body);
        if self.outputs.is_empty() && !self.reports.has_errors() {
            self.report(
                Diagnostic::error("E0208", format!("the network `{}` has no output", definition.name.text))
                    .at(definition.name.span, "")
                    .help("name its result: `output y = …;`"),
            );
        }
        let recipe = self.recipe(definition);
        let (assertions, figures) = self.assertions(definition);
        if self.reports.has_errors() {
            return None;
        }
        Some(Model {
            name: definition.name.text.clone(),
            graph: self.graph,
            inputs: self.inputs,
            outputs: self.outputs,
            labels: self.labels,
            blocks: self.blocks,
            params: self.params,
            recipe,
            assertions,
            figures,
        })
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.reports.add(diagnostic);
    }

    /// Takes from the budget of layers, turns and calls; `false` when it is used up.
    fn spend(&mut self, span: Span) -> bool {
        self.spent += 1;
        if self.spent > EXPANSION && !self.halted {
            self.halted = true;
            self.report(
                Diagnostic::error("E0212", format!("the network has more than {EXPANSION} layers and loop turns"))
                    .at(span, "the budget is used up here")
                    .help("make loops shorter, or recursion shallower"),
            );
        }
        !self.halted
    }

    /// The names of the call that is being evaluated.
    fn frame(&mut self) -> &mut Frame<'a> {
        if self.frames.is_empty() {
            self.frames.push(Frame::new(0));
        }
        let last = self.frames.len() - 1;
        &mut self.frames[last]
    }

    /// What names the stages that are being evaluated.
    fn scope(&mut self) -> &mut PathScope {
        if self.scopes.is_empty() {
            self.scopes.push(PathScope::root(""));
        }
        let last = self.scopes.len() - 1;
        &mut self.scopes[last]
    }
}
