//! `optimizer = adam(rate = 1e-3, groups = [group(decoder, rate = 1e-2)], decay = weights)`.

use super::Setting;
use super::describe::Described;
use crate::elaborate::Elaborator;
use crate::elaborate::call::CallSpans;
use crate::model::ParamId;
use crate::model::recipe::Group;
use crate::op::ParamKind;
use crate::op::declare::{Declare, Given, Spelling};
use crate::op::value::Value;
use crate::optimizer::{self, Decay, Entry, GroupArguments, Optimizer, Shared};
use netc_grammar::{Diagnostic, Span, did_you_mean};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What `optimizer = …` says.
pub struct Optimization {
    /// The rule of parameters in no group.
    pub optimizer: Arc<dyn Optimizer>,
    /// Parameters with rules of their own.
    pub groups: Vec<Group>,
    /// What weight decay is for.
    pub decay: Decay,
}

impl<'a> Elaborator<'a, '_> {
    /// The rule, its groups and what decays; `frozen` parameters are in no group.
    pub fn optimizer(
        &mut self,
        setting: Option<Setting<'a>>,
        frozen: &BTreeSet<ParamId>,
        train: Span,
        broken: bool,
    ) -> Option<Optimization> {
        let Some((expr, _)) = setting else {
            if !broken {
                self.report(
                    Diagnostic::error("E0502", "this recipe has no optimizer")
                        .at(train, "")
                        .help("say how parameters are updated: `optimizer = sgd(rate = 0.1);`"),
                );
            }
            return None;
        };
        let described = self.described(expr, true)?;
        let Some(entry) = optimizer::lookup(&described.name) else {
            let names: Vec<&str> = optimizer::all().iter().map(|entry| entry.name).collect();
            self.unknown_word("optimiser", &described.name, &names, described.spans.call);
            return None;
        };
        let (mut own, mut shared) = described.part(entry.spellings);
        own.name_arguments(entry.spellings);
        let read = (entry.read)(&own.given).map_err(|problems| self.misuses(&problems, &own)).ok();
        let settings = self.read::<Shared>(&mut shared);
        let (place, decay) = (shared.place("groups"), shared.place("decay"));
        let (optimizer, shared) = (read?, settings?);
        let mut groups: Vec<Group> = Vec::new();
        for arguments in &shared.groups {
            groups.push(self.group(arguments, &own, entry, frozen, place)?);
        }
        self.disjoint(&groups, place)?;
        let mut rules = std::iter::once(&optimizer).chain(groups.iter().map(|group| &group.optimizer));
        if shared.decay == Decay::Weights && rules.all(|rule| rule.weight_decay() == 0.0) {
            self.report(
                Diagnostic::warning("W0304", "`decay = weights` changes nothing, because `weight_decay` is 0")
                    .at(decay, "")
                    .help("add `weight_decay = 1e-4`, or leave `decay` out"),
            );
        }
        Some(Optimization { optimizer, groups, decay: shared.decay })
    }

    fn group(
        &mut self,
        arguments: &GroupArguments,
        own: &Described,
        entry: &Entry,
        frozen: &BTreeSet<ParamId>,
        place: Span,
    ) -> Option<Group> {
        let labels = Value::List(arguments.labels.clone());
        let mut params = self.under(&labels, place, "group")?;
        params.retain(|id| self.params[id.0 as usize].kind == ParamKind::Trainable && !frozen.contains(id));
        if params.is_empty() {
            self.report(
                Diagnostic::error("E0508", format!("nothing under {labels} is trained"))
                    .at(place, "")
                    .help("remove the group, or take its labels out of `freeze`"),
            );
            return None;
        }
        let mut merged = Described {
            name: own.name.clone(),
            given: Vec::new(),
            spans: CallSpans { call: place, ..CallSpans::default() },
        };
        let name_of = |given: &Given| {
            let name = given.name.clone().unwrap_or_default();
            entry.spellings.iter().find(|spelling| spelling.matches(&name)).map_or(name, |found| found.name.to_string())
        };
        let differing: Vec<String> = arguments.given.iter().map(name_of).collect();
        for (given, name) in own.given.iter().zip(&own.spans.names) {
            if !differing.iter().any(|other| other == name) {
                merged.given.push(Given { name: Some((*name).to_string()), value: given.value.clone() });
            }
        }
        merged.given.extend(arguments.given.iter().cloned());
        merged.spans.given = vec![place; merged.given.len()];
        merged.name_arguments(entry.spellings);
        let optimizer = (entry.read)(&merged.given).map_err(|problems| self.misuses(&problems, &merged)).ok()?;
        Some(Group { params, optimizer })
    }

    fn disjoint(&mut self, groups: &[Group], place: Span) -> Option<()> {
        let mut seen = BTreeSet::new();
        let twice = groups.iter().flat_map(|group| &group.params).find(|id| !seen.insert(**id));
        let Some(twice) = twice else { return Some(()) };
        let message = format!("`{}` is in two groups", self.params[twice.0 as usize].path);
        self.report(Diagnostic::error("E0508", message).at(place, "").help("let each parameter be in one group"));
        None
    }
}

impl Described {
    /// The optimiser's own arguments, and those that every optimiser takes; an unknown name goes to where it is
    /// likely meant.
    fn part(self, own: &[Spelling]) -> (Described, Described) {
        let part = || Described {
            name: self.name.clone(),
            given: Vec::new(),
            spans: CallSpans { call: self.spans.call, ..CallSpans::default() },
        };
        let (mut ours, mut shared) = (part(), part());
        let is_shared = |name: &str| {
            let known = |spellings: &[Spelling]| spellings.iter().any(|spelling| spelling.matches(name));
            let near =
                |spellings: &'static [Spelling]| did_you_mean(name, spellings.iter().map(|spelling| spelling.name));
            known(Shared::SPELLINGS) || (!known(own) && near(Shared::SPELLINGS).is_some())
        };
        for (given, span) in self.given.into_iter().zip(self.spans.given) {
            let to = if given.name.as_deref().is_some_and(is_shared) { &mut shared } else { &mut ours };
            to.given.push(given);
            to.spans.given.push(span);
        }
        (ours, shared)
    }

    /// Where an argument stands, by netc's spelling.
    fn place(&self, name: &str) -> Span {
        let position = self.spans.names.iter().position(|known| *known == name);
        position.and_then(|index| self.spans.given.get(index)).copied().unwrap_or(self.spans.call)
    }
}
