//! Which figure a run watches, and how.

use super::Plan;
use crate::early_stop::Watch;
use crate::error::{Fault, TrainError};

/// The figure that decides on the best epoch: what `stop` watches, else the validation loss, else none.
pub(super) fn watched(plan: &Plan, validates: bool) -> Option<String> {
    match &plan.stop {
        Some(stop) => Some(stop.watch.clone()),
        None => validates.then(|| "val_loss".to_string()),
    }
}

/// The watch at the start of a run; fails if the plan names a figure that the run does not have.
pub(super) fn watch(plan: &Plan, validates: bool) -> Result<Watch, TrainError> {
    let mut names = vec!["train_loss".to_string()];
    if validates {
        names.push("val_loss".into());
        names.extend(plan.metrics.iter().map(|metric| format!("val_{}", metric.name)));
    }
    let watched = watched(plan, validates);
    if let Some(name) = watched.as_ref().filter(|name| !names.contains(name)) {
        let fault = Fault::new(format!("`stop` watches `{name}`, which this run does not have"));
        return Err(match validates {
            true => fault.fix(format!("watch one of {}", names.join(", "))).input(),
            false => fault.fix("add `validate = 10%;`, or watch `train_loss`").input(),
        });
    }
    let metric = plan.metrics.iter().find(|metric| watched.as_deref() == Some(&format!("val_{}", metric.name)));
    let (patience, min_delta) =
        plan.stop.as_ref().map_or((None, 0.0), |stop| (Some(stop.patience as u64), stop.min_delta));
    Ok(Watch::new(metric.is_some_and(|metric| metric.larger_is_better), patience, min_delta))
}
