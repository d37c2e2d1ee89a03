//! Parameters of a network before and after memory is laid out for them.

use crate::Error;
use netc_compiler::model::init::Init;
use netc_compiler::model::initial::initial_values;
use netc_compiler::model::{Model, Param};
use netc_compiler::prim::StateRole;
use netc_compiler::program::{BufferId, Program};
use netc_jit::{Executable, Store};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Values of all parameters and buffers. The first compiled program lays out the store that all sessions share.
#[derive(Debug)]
pub(crate) struct Values {
    /// What the starting values are drawn from: path, distribution, elements.
    starts: Vec<(String, Init, usize)>,
    seed: u64,
    /// In the model's order; none before the first use and once the store has them.
    pending: Mutex<Option<Vec<Vec<f32>>>>,
    held: OnceLock<Held>,
}

/// The store, and where each parameter lies in it.
#[derive(Debug)]
struct Held {
    store: Arc<Store>,
    /// In the model's order, buffers of `layout`.
    places: Vec<BufferId>,
    layout: Arc<Executable>,
}

impl Values {
    /// Starting values by seed, drawn at the first use.
    pub(crate) fn initial(model: &Model, seed: u64) -> Values {
        let start =
            |param: &Param| (param.path.clone(), param.init.clone(), param.shape.iter().product::<u64>() as usize);
        let starts = model.params.iter().map(start).collect();
        Values { starts, seed, pending: Mutex::new(None), held: OnceLock::new() }
    }

    fn draw(&self) -> Vec<Vec<f32>> {
        let draw = |(path, init, elements): &(String, Init, usize)| initial_values(path, init, *elements, self.seed);
        self.starts.iter().map(draw).collect()
    }

    /// The store, made by the first program that needs it.
    pub(crate) fn store(&self, executable: &Arc<Executable>) -> Result<Arc<Store>, Error> {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = self.held.get() {
            return Ok(Arc::clone(&held.store));
        }
        let store = Arc::new(Store::new(executable.sizes.params)?);
        let mut places = Vec::new();
        // Starting values are drawn where they stay: a copy of them would be the largest memory beside a step's.
        let pending = pending.take();
        for (index, (path, init, _)) in self.starts.iter().enumerate() {
            let (state, buffer) = &executable.states[index];
            debug_assert!(matches!(state.role, StateRole::Param(_)));
            match &pending {
                Some(values) => store.write(executable, *buffer, &values[index]),
                None => store.fill(executable, *buffer, |values| init.start().draw(path, self.seed, values)),
            }
            places.push(*buffer);
        }
        let held = Held { store: Arc::clone(&store), places, layout: Arc::clone(executable) };
        // The lock on `pending` is held, so nobody else sets it.
        let _ = self.held.set(held);
        Ok(store)
    }

    /// A copy of parameter `index` in logical order.
    pub(crate) fn read(&self, index: usize) -> Vec<f32> {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        match self.held.get() {
            Some(Held { store, places, layout }) => store.read(layout, places[index]),
            None => pending.get_or_insert_with(|| self.draw())[index].clone(),
        }
    }

    /// Overwrites parameter `index`, of the same number of elements.
    pub(crate) fn write(&self, index: usize, values: &[f32]) {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        match self.held.get() {
            Some(Held { store, places, layout }) => store.write(layout, places[index], values),
            None => pending.get_or_insert_with(|| self.draw())[index].copy_from_slice(values),
        }
    }

    /// Room for the optimiser's state with its start values, if the program has any and it is not there yet.
    pub(crate) fn make_state(&self, store: &Store, program: &Program) -> Result<(), Error> {
        // Whoever finds the state made finds its start values too.
        let _guard = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        if program.sizes.state == 0 || !store.make_state(program.sizes.state)? {
            return Ok(());
        }
        for (state, buffer) in &program.states {
            if matches!(state.role, StateRole::Slot(_)) {
                store.fill(program, *buffer, |values| state.init.start().draw(&state.path, 0, values));
            }
        }
        Ok(())
    }
}
