//! rten: reads the ONNX file and packs the weights once.

use crate::task::{Error, Prepared, Task, version};
use ::rten::{ModelOptions, Value};
use rten_tensor::Tensor;
use rten_tensor::prelude::*;

/// It predicts only.
pub fn prepare(task: &Task) -> Result<Option<Prepared>, Error> {
    if task.target.is_some() {
        return Ok(None);
    }
    let model = ModelOptions::with_all_ops().prepack_weights(true).load_file(task.onnx())?;
    let input = Value::from(Tensor::from_data(&task.shape, task.input()));
    let output: Tensor<f32> = model.run_one((&input).into(), None)?.try_into()?;
    task.check(output.shape(), &output.to_vec())?;
    let run = move || {
        model.run_one((&input).into(), None)?;
        Ok(())
    };
    Ok(Some(Prepared { version: version("rten"), run: Box::new(run) }))
}
