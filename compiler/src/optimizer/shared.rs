//! What every optimiser takes besides its own arguments: groups of parameters, and what weight decay is for.

use crate::op::argument::Argument;
use crate::op::declare::Given;
use crate::op::value::Value;
use crate::{declare_op, words};

words! {
    /// Which parameters weight decay pulls to zero.
    pub enum Decay {
        /// All that are trained, as in PyTorch.
        All = "all",
        /// Those with more than one axis: no biases, and no scales of norms.
        Weights = "weights",
    }
}

/// `group(decoder, rate = 1e-2)`: labels, and the arguments of the optimiser that differ under them.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupArguments {
    /// Labels or paths.
    pub labels: Vec<Value>,
    /// What differs.
    pub given: Vec<Given>,
}

impl Argument for GroupArguments {
    const EXPECTED: &'static str = "`group(label, rate = 1e-2)`";
    const LIST: &'static str = "`group(label, rate = 1e-2)`, or a list of them";
    fn from_value(value: &Value) -> Result<GroupArguments, String> {
        let Value::Call(call) = value else {
            return Err(format!("holds {} `{value}` where a group must stand", value.kind()));
        };
        if call.name != "group" {
            return Err(format!("holds `{}(…)` where a group must stand", call.name));
        }
        let mut group = GroupArguments { labels: Vec::new(), given: Vec::new() };
        for (name, value) in &call.arguments {
            match (name, value) {
                (Some(name), value) => group.given.push(Given { name: Some(name.clone()), value: value.clone() }),
                (None, Value::List(items)) => group.labels.extend(items.iter().cloned()),
                (None, value) => group.labels.push(value.clone()),
            }
        }
        match (group.labels.is_empty(), group.given.is_empty()) {
            (true, _) => Err("holds a group without a label".to_string()),
            (_, true) => Err(format!("holds `{value}`, which changes nothing: say what differs in it")),
            _ => Ok(group),
        }
    }
    fn show(&self) -> String {
        let labels = self.labels.iter().map(Value::to_string);
        let given = self.given.iter().map(|given| format!("{} = {}", given.name.as_deref().unwrap_or(""), given.value));
        format!("group({})", labels.chain(given).collect::<Vec<_>>().join(", "))
    }
}

declare_op! {
    /// Every optimiser takes these arguments as well, by name.
    pub struct Shared = "optimizer"() {
        /// Parameters with settings of their own: each `group(encoder, rate = 1e-4)` names labels or paths, and the
        /// optimiser's arguments that differ there. The schedule holds for all of them.
        groups: Vec<GroupArguments> = Vec::new(),
        /// What `weight_decay` is for: all parameters, or `weights`, those with more than one axis.
        decay: Decay = Decay::All,
    }
}
