//! `evaluate`: loss and metrics of a dataset under the present weights, batch by batch in its order.

use crate::data::{Batch, Dataset};
use crate::error::TrainError;
use crate::metric::{Metric, Tally};
use crate::stepper::{Scalars, Stepper};
use std::sync::atomic::{AtomicBool, Ordering};

/// Figures of a whole dataset; `None` if `interrupt` was raised before the end.
///
/// Fails where the loss of a batch is not finite; `what` names the loss in the message.
pub fn evaluate(
    stepper: &mut dyn Stepper,
    dataset: &Dataset,
    batch_size: usize,
    metrics: &[Metric],
    what: &str,
    step: u64,
    interrupt: &AtomicBool,
) -> Result<Option<Tally>, TrainError> {
    let rows: Vec<u32> = (0..dataset.count()).filter_map(|row| u32::try_from(row).ok()).collect();
    let mut tally = Tally::new(metrics);
    let mut sums = Vec::new();
    for rows in rows.chunks(batch_size.max(1)) {
        if interrupt.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let batch = Batch::new(dataset, rows);
        sums.clear();
        let loss = stepper.evaluate(batch, &mut sums)?;
        if !loss.is_finite() {
            let scalars = Scalars { rate: 0.0, seed: 0, step, first: u64::from(rows[0]) };
            let layer = stepper.first_non_finite_layer(batch, &scalars);
            return Err(TrainError::NonFinite { what: what.to_string(), step, layer });
        }
        tally.add(batch.size(), loss, &sums);
    }
    Ok(Some(tally))
}
