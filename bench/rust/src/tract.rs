//! tract: reads the ONNX file and optimises it for the shape of its input. Its products run on several threads.

use crate::task::{Error, Prepared, Task, version};
use tract_onnx::prelude::multithread::{Executor, set_default_executor};
use tract_onnx::prelude::*;

/// It predicts only.
pub fn prepare(task: &Task) -> Result<Option<Prepared>, Error> {
    if task.target.is_some() {
        return Ok(None);
    }
    if task.threads > 1 {
        set_default_executor(Executor::RayonGlobal);
    }
    let fact = f32::fact(&task.shape);
    let model = tract_onnx::onnx().model_for_path(task.onnx())?.with_input_fact(0, fact.into())?.into_optimized()?;
    let mut state = model.into_runnable()?.spawn()?;
    let input = Tensor::from_shape(&task.shape, &task.input())?.into_tvalue();
    let output = state.run(tvec!(input.clone()))?;
    task.check(output[0].shape(), output[0].view().as_slice()?)?;
    let run = move || {
        state.run(tvec!(input.clone()))?;
        Ok(())
    };
    Ok(Some(Prepared { version: version("tract-onnx"), run: Box::new(run) }))
}
