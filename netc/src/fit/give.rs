//! From samples of a batch to inputs and targets of a run: lent where they lie in one piece, else written there.

use crate::Error;
use crate::input::{self, Data};
use netc_compiler::prim::ValueType;
use netc_jit::Given;
use netc_train::data::{Batch, Chosen, Samples};

/// Gives a run its input or target of that name.
pub(super) fn give<'d>(batch: Batch<'d>, name: &str, ty: &ValueType, to: &mut [f32]) -> Result<Given<'d>, Error> {
    let give = |data: Data<'d>, to: &mut [f32]| input::give(name, ty, data, to);
    match batch.column(name) {
        Some(Chosen::F32(samples)) => all(samples, Data::F32, to, give),
        Some(Chosen::I32(samples)) => all(samples, Data::Int, to, give),
        None => Err(Error::Internal(format!("the data has no column `{name}`"))),
    }
}

fn all<'d, T: Copy>(
    samples: Samples<'d, T>,
    data: fn(&'d [T]) -> Data<'d>,
    to: &mut [f32],
    give: impl Fn(Data<'d>, &mut [f32]) -> Result<Given<'d>, Error>,
) -> Result<Given<'d>, Error> {
    if let Some(values) = samples.whole() {
        return give(data(values), to);
    }
    // As the run takes them, so that samples of another size are refused.
    let per_sample = to.len() / samples.count().max(1);
    for (to, sample) in to.chunks_exact_mut(per_sample.max(1)).zip(samples.each()) {
        if let Given::Lent(values) = give(data(sample), to)? {
            to.copy_from_slice(values);
        }
    }
    Ok(Given::Written)
}
