//! The recipe: a `train` section becomes targets, a loss, metrics, an optimiser, data and their numbers.

mod data;
mod describe;
mod loss;
mod numbers;
mod optimizer;
mod reach;
mod schedule;
mod select;
mod start;

use super::Elaborator;
use super::path::{LayerPath, PathScope};
use super::scope::{Binding, Val};
use crate::model::recipe::{HeldOut, Recipe};
use crate::model::{LayerKind, Named, Section};
use netc_grammar::ast::{Declaration, Definition, Expr, ItemKind, Train, TrainStatementKind};
use netc_grammar::{Diagnostic, Span, did_you_mean};
use optimizer::Optimization;
use std::collections::{BTreeMap, BTreeSet};

/// What a recipe may say in `schedule`, `stop` and `data`, for the reference page.
pub mod reference {
    pub use super::data::{HELD_OUT, SOURCES, SourceKind};
    pub use super::numbers::declarations as stops;
    pub use super::schedule::declarations as schedules;
}

/// Everything that a recipe may set.
const KEYS: &[&str] = &[
    "loss",
    "metrics",
    "optimizer",
    "schedule",
    "data",
    "test",
    "validate",
    "batch",
    "epochs",
    "stop",
    "seed",
    "freeze",
    "start",
];

/// Words of other tools for those keys.
const FOREIGN_KEYS: &[(&str, &str)] = &[
    ("optimiser", "netc says `optimizer`"),
    ("batch_size", "netc says `batch`"),
    ("lr", "the rate belongs to the optimiser: `optimizer = sgd(rate = 0.1)`"),
    ("rate", "the rate belongs to the optimiser: `optimizer = sgd(rate = 0.1)`"),
    ("learning_rate", "the rate belongs to the optimiser: `optimizer = sgd(rate = 0.1)`"),
    ("criterion", "netc says `loss`"),
    ("objective", "netc says `loss`"),
    ("metric", "netc says `metrics = [ … ]`"),
    ("scheduler", "netc says `schedule`"),
    ("validation", "netc says `validate`"),
    ("val", "netc says `validate`"),
    ("early_stopping", "netc says `stop = early(…)`"),
    ("dataset", "netc says `data`"),
    ("weights", "netc says `start = safetensors(…)`"),
    ("pretrained", "netc says `start = safetensors(…)`"),
];

/// A setting's value and its key's place.
type Setting<'a> = (&'a Expr, Span);

impl<'a> Elaborator<'a, '_> {
    /// The recipe of the chosen network, if the file has one.
    pub fn recipe(&mut self, network: &'a Definition) -> Option<Recipe> {
        let Some(train) = self.find_section(network) else {
            self.settings_without_recipe(network);
            return None;
        };
        if self.halted {
            return None;
        }
        self.section = Section::Loss;
        self.scopes.push(PathScope::root("loss"));
        let recipe = self.make_recipe(train);
        self.scopes.pop();
        self.section = Section::Network;
        recipe
    }

    /// Settings of a recipe where there is none.
    fn settings_without_recipe(&mut self, network: &Definition) {
        let name = &network.name.text;
        for (key, span, _) in self.program.recipe_settings() {
            let message = format!("`train.{key}` is for a recipe, and `{name}` has none");
            let help = format!("add `train {name} {{ … }}` to the file, or leave the setting out");
            self.report(Diagnostic::error("E0214", message).at(span, "").help(help));
        }
    }

    fn find_section(&mut self, network: &Definition) -> Option<&'a Train> {
        let program = self.program;
        let only = program.networks.len() == 1;
        let mut found: Option<&'a Train> = None;
        for item in program.files.first().into_iter().flat_map(|ast| &ast.items) {
            let ItemKind::Train(train) = &item.kind else { continue };
            let ours = match &train.network {
                Some(name) => name.text == network.name.text,
                None => only,
            };
            match (ours, found) {
                (false, _) => {}
                (true, None) => found = Some(train),
                (true, Some(first)) => {
                    let head = |span: Span| Span { end: span.start + 1, ..span };
                    self.report(
                        Diagnostic::error("E0503", "this network already has a recipe")
                            .at(head(train.span), "the second `train`")
                            .note(head(first.span), "the first one")
                            .help("join both into one `train { … }`"),
                    );
                }
            }
        }
        found
    }

    fn make_recipe(&mut self, train: &'a Train) -> Option<Recipe> {
        let mut targets = Vec::new();
        let mut settings: BTreeMap<&str, Setting<'a>> = BTreeMap::new();
        for statement in &train.statements {
            match &statement.kind {
                TrainStatementKind::Target(declaration) => targets.extend(self.target(declaration)),
                TrainStatementKind::Let(binding) => {
                    let value = self.expression(&binding.value);
                    self.bind_pattern(&binding.pattern, value, binding.value.span);
                }
                TrainStatementKind::Setting { key, value } => {
                    if !KEYS.contains(&key.text.as_str()) {
                        self.unknown_key(&key.text, key.span);
                    } else if let Some((_, first)) = settings.insert(&key.text, (value, key.span)) {
                        self.report(
                            Diagnostic::error("E0503", format!("`{}` is set twice", key.text))
                                .at(key.span, "")
                                .note(first, "first set here")
                                .help("keep one of the two"),
                        );
                    }
                }
                TrainStatementKind::Bad(_) => {}
            }
        }
        let program = self.program;
        let mut overrides: Vec<(&str, Setting<'a>)> = Vec::new();
        for (key, span, value) in program.recipe_settings() {
            match KEYS.iter().find(|known| **known == key) {
                Some(known) => overrides.push((known, (value, span))),
                None => self.unknown_key(key, span),
            }
        }
        settings.extend(overrides);
        let place = Span { end: train.span.start + 1, ..train.span };
        let broken = train.statements.iter().any(|statement| matches!(statement.kind, TrainStatementKind::Bad(_)));
        let loss = self.loss(settings.get("loss").copied(), place, broken);
        self.section = Section::Metric;
        self.scopes.push(PathScope::root("metrics"));
        let metrics = self.metrics(settings.get("metrics").copied());
        self.scopes.pop();
        self.section = Section::Loss;
        let frozen = settings.get("freeze").map_or(Some(BTreeSet::new()), |&(value, _)| self.freeze(value));
        let known = frozen.clone().unwrap_or_default();
        let optimizer = self.optimizer(settings.get("optimizer").copied(), &known, place, broken);
        let schedule = self.schedule(settings.get("schedule").copied());
        let batch = self.whole(settings.get("batch").copied(), "batch", 1, 32);
        let epochs = self.epochs(settings.get("epochs").copied());
        let seed = self.whole(settings.get("seed").copied(), "seed", 0, 0);
        let data = settings.get("data").and_then(|&(value, _)| self.data(value, &targets));
        let test = settings.get("test").map_or(Some(HeldOut::Nothing), |&value| self.held_out(value, "test", &targets));
        let validate = settings
            .get("validate")
            .map_or(Some(HeldOut::Nothing), |&value| self.held_out(value, "validate", &targets));
        let validates = validate.as_ref().is_none_or(|held| !matches!(held, HeldOut::Nothing));
        let stop = self.stop(settings.get("stop").copied(), &metrics, validates);
        let start = settings.get("start").map_or(Some(None), |&setting| self.start_from(setting).map(Some));
        let (loss, Optimization { optimizer, groups, decay }, frozen) = (loss?, optimizer?, frozen?);
        self.unused_targets(&targets);
        self.differentiable_paths(loss, &frozen);
        Some(Recipe {
            targets,
            loss,
            metrics,
            rate: optimizer.rate(),
            optimizer,
            groups,
            decay,
            schedule: schedule?,
            data,
            test: test?,
            validate: validate?,
            batch: batch? as usize,
            epochs: epochs?,
            stop: stop?,
            seed: seed? as u64,
            frozen,
            start: start?,
            span: train.span,
        })
    }

    fn unknown_key(&mut self, key: &str, span: Span) {
        let foreign = FOREIGN_KEYS.iter().find(|(word, _)| *word == key).map(|(_, help)| (*help).to_string());
        let help = foreign
            .or_else(|| did_you_mean(key, KEYS.iter().copied()).map(|near| format!("did you mean `{near}`?")))
            .unwrap_or_else(|| format!("a recipe sets {}", KEYS.join(", ")));
        self.report(Diagnostic::error("E0501", format!("a recipe has no `{key}`")).at(span, "").help(help));
    }

    fn target(&mut self, declaration: &'a Declaration) -> Option<Named> {
        let name = &declaration.name;
        let Some(ty) = self.declared_type(&declaration.ty, true) else {
            self.frame().bind(&name.text, Binding::Value(Val::Unknown));
            return None;
        };
        let path = self.claim(LayerPath::new(name.text.clone()), name.span);
        let value = self.add_source(path.text, LayerKind::Target, ty, declaration.ty.span);
        self.frame().bind(&name.text, Binding::Value(Val::Tensor(value)));
        Some(Named { name: name.text.clone(), value, span: name.span })
    }

    fn unused_targets(&mut self, targets: &[Named]) {
        for target in targets {
            if self.graph.neighbors(target.value.layer).next().is_none() {
                self.report(
                    Diagnostic::warning("W0202", format!("the target `{}` is never used", target.name))
                        .at(target.span, "")
                        .help("compare it with an output in the loss or in a metric, or remove it"),
                );
            }
        }
    }
}
