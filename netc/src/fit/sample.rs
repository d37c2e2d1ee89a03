//! `param prototypes: [16, 3] = sample(features)`: parameters that start as values of the network on training samples.

use super::give::give;
use crate::session::result;
use crate::{Error, Network};
use netc_compiler::model::{Param, ValueRef};
use netc_compiler::prim::{Mode, Role};
use netc_plan::philox::{key, shuffle_by, stream};
use netc_train::Fault;
use netc_train::data::{Batch, Dataset};

/// Sets the parameter to `value` on as many different samples as its first axis has entries: the first ones of the
/// training part after a shuffle by the seed and the parameter's path.
pub(super) fn sample(network: &Network, training: &Dataset, param: &Param, value: ValueRef) -> Result<(), Error> {
    let wanted = usize::try_from(param.shape[0]).unwrap_or(usize::MAX);
    if wanted > training.count() {
        let fault = Fault::new(format!("`{}` starts as {wanted} samples of the data", param.path))
            .why(format!("the training part has {}", training.count()))
            .fix("give the parameter fewer rows, or more data");
        return Err(Error::Train(fault.input()));
    }
    let mut rows: Vec<u32> = (0..training.count()).filter_map(|row| u32::try_from(row).ok()).collect();
    shuffle_by(key(network.inner.seed, stream(&param.path, 0)), 0, &mut rows);
    let batch = Batch::new(training, &rows[..wanted]);
    let mut session = network.session(wanted).tap_value("sample", value);
    let scalars = netc_jit::Scalars::default();
    let (instance, _) = session.run_with(Mode::Predict, scalars, |name, ty, to| give(batch, name, ty, to))?;
    let rows = result(instance, |role| *role == Role::Tap("sample".into())).unwrap_or_default();
    network.set_parameter(&param.path, rows)
}
