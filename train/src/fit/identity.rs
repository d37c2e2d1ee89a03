//! What tells one run from another: the fingerprint that a checkpoint must match.

use super::Plan;
use crate::checkpoint::{Fingerprint, fingerprint};
use crate::data::{Column, Dataset, Parts, Values};
use sha2::{Digest, Sha256};

/// Model, recipe, seed, batch, training and validation data; epochs may grow and test data may change.
pub(super) fn run_fingerprint(plan: &Plan, parts: &Parts) -> Fingerprint {
    let data = |dataset: &Dataset| {
        let columns: Vec<Fingerprint> = dataset.columns().iter().map(column_fingerprint).collect();
        fingerprint(&columns.iter().map(|print| print.as_slice()).collect::<Vec<&[u8]>>())
    };
    fingerprint(&[
        &plan.fingerprint,
        &plan.seed.to_le_bytes(),
        &(plan.batch as u64).to_le_bytes(),
        &data(&parts.training),
        &parts.validation.as_ref().map(data).unwrap_or_default(),
    ])
}

fn column_fingerprint(column: &Column) -> Fingerprint {
    let mut hash = Sha256::new();
    hash.update((column.name.len() as u64).to_le_bytes());
    hash.update(&column.name);
    let mut words = Vec::new();
    match &column.values {
        Values::F32(values) => {
            for part in values.chunks(1 << 14) {
                words.clear();
                words.extend(part.iter().flat_map(|value| value.to_le_bytes()));
                hash.update(&words);
            }
        }
        Values::I32(values) => {
            for part in values.chunks(1 << 14) {
                words.clear();
                words.extend(part.iter().flat_map(|value| value.to_le_bytes()));
                hash.update(&words);
            }
        }
    }
    hash.finalize().into()
}
