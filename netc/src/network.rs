//! `Network`: a checked `.net` file with its weights and its compiled programs; shared by all sessions.

use crate::values::Values;
use crate::{Error, Session};
use netc_compiler::elaborate::{self, elaborate};
use netc_compiler::lower::{Choices, Numerics};
use netc_compiler::model::{Model, Named, ValueRef};
use netc_compiler::pipeline;
use netc_compiler::prim::Mode;
use netc_grammar::{Diagnostic, FileId, Loader, NoFiles, Source, Sources};
use netc_jit::{Executable, Isa, Pool, Store};
use netc_train::file::{FolderLoader, read_source};
use netc_train::weights::{self, Expected, Tensor};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// How a network is opened.
#[derive(Clone, Debug, Default)]
pub struct Options {
    network: Option<String>,
    settings: Vec<(String, String)>,
    threads: Option<usize>,
    seed: Option<u64>,
    max_memory: Option<u64>,
    numerics: Numerics,
    before_memory: Option<fn()>,
}

impl Options {
    /// Which network, where the file has several.
    pub fn network(mut self, name: impl Into<String>) -> Options {
        self.network = Some(name.into());
        self
    }

    /// Sets an argument of the network (`classes`) or a setting of its recipe (`train.batch`).
    pub fn set(mut self, name: impl Into<String>, value: impl ToString) -> Options {
        self.settings.push((name.into(), value.to_string()));
        self
    }

    /// Threads of every run; all cores by default. Results do not depend on it.
    pub fn threads(mut self, threads: usize) -> Options {
        self.threads = Some(threads);
        self
    }

    /// Seed of starting weights; the recipe's by default, else 0.
    pub fn seed(mut self, seed: u64) -> Options {
        self.seed = Some(seed);
        self
    }

    /// Bytes that parameters, buffers and data of one run may take together; the machine's memory by default. What
    /// needs more is refused before it is allocated.
    pub fn max_memory(mut self, bytes: u64) -> Options {
        self.max_memory = Some(bytes);
        self
    }

    /// Which algorithms large convolutions may use; the fastest by default. Results differ in their last digits.
    pub fn numerics(mut self, numerics: Numerics) -> Options {
        self.numerics = numerics;
        self
    }

    /// Is called whenever memory for a compiled program is about to be made: there an allocator can give back what the
    /// compiler and the reading of data left free.
    pub fn before_memory(mut self, call: fn()) -> Options {
        self.before_memory = Some(call);
        self
    }

    /// Opens a file with these options; imports are read from its folder.
    ///
    /// # Errors
    /// When the file cannot be read or has errors: all of them, as `netc check` prints them.
    pub fn open(self, path: impl AsRef<Path>) -> Result<Network, Error> {
        let path = path.as_ref();
        let bytes = read_source(path)?;
        let name = path.display().to_string();
        let mut sources = Sources::new();
        match Source::decode(FileId::default(), &name, bytes) {
            Ok(source) => sources.add(&name, source.text()),
            Err(refused) => {
                let (source, diagnostic) = *refused;
                sources.add(&name, source.text());
                return Err(Error::Rejected { diagnostics: vec![diagnostic], sources: Box::new(sources) });
            }
        };
        self.build(sources, &FolderLoader::beside(path))
    }

    /// The same for text that is not in a file.
    ///
    /// # Errors
    /// When the text has errors.
    pub fn parse(self, text: impl Into<String>) -> Result<Network, Error> {
        let mut sources = Sources::new();
        sources.add("text.net", text);
        self.build(sources, &NoFiles)
    }

    fn build(self, mut sources: Sources, loader: &dyn Loader) -> Result<Network, Error> {
        let options = elaborate::Options {
            network: self.network.as_deref(),
            settings: &self.settings,
            loader,
            deny_warnings: false,
        };
        let checked = match elaborate(&mut sources, &options) {
            Ok(checked) => checked,
            Err(diagnostics) => return Err(Error::Rejected { diagnostics, sources: Box::new(sources) }),
        };
        let model = checked.model;
        let seed = self.seed.or(model.recipe.as_ref().map(|recipe| recipe.seed)).unwrap_or(0);
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Network {
            inner: Arc::new(Inner {
                values: Values::initial(&model, seed),
                model,
                warnings: checked.warnings,
                sources,
                max_memory: self.max_memory.unwrap_or_else(crate::memory::machine),
                pool: Arc::new(Pool::new(self.threads.unwrap_or(cores))),
                isa: Isa::detect(),
                numerics: self.numerics,
                before_memory: self.before_memory,
                executables: Mutex::default(),
                seed,
            }),
        })
    }
}

/// A checked network with its weights. Clones share them; sessions on any thread read them.
#[derive(Clone, Debug)]
pub struct Network {
    pub(crate) inner: Arc<Inner>,
}

/// What a program is compiled for: mode, batch, tapped values.
type Key = (Mode, usize, Vec<(String, ValueRef)>);

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) model: Model,
    pub(crate) values: Values,
    pub(crate) pool: Arc<Pool>,
    pub(crate) seed: u64,
    warnings: Vec<Diagnostic>,
    sources: Sources,
    pub(crate) max_memory: u64,
    isa: Isa,
    numerics: Numerics,
    pub(crate) before_memory: Option<fn()>,
    executables: Mutex<BTreeMap<Key, Arc<Executable>>>,
}

impl Network {
    /// Opens a `.net` file with weights drawn by its seed.
    ///
    /// # Errors
    /// When the file cannot be read or has errors: all of them, as `netc check` prints them.
    pub fn open(path: impl AsRef<Path>) -> Result<Network, Error> {
        Options::default().open(path)
    }

    /// Opens a network that is given as text.
    ///
    /// # Errors
    /// When the text has errors.
    pub fn parse(text: impl Into<String>) -> Result<Network, Error> {
        Options::default().parse(text)
    }

    /// Options to open a network with.
    pub fn options() -> Options {
        Options::default()
    }

    /// Replaces all parameters and buffers by those of a safetensors file.
    ///
    /// # Errors
    /// When the file cannot be read or does not fit: missing, extra and misshaped tensors are listed all at once.
    pub fn weights(self, path: impl AsRef<Path>) -> Result<Network, Error> {
        let weights = weights::read_weights(path.as_ref(), self.inner.max_memory)?;
        let expected: Vec<Expected> = self.expected();
        self.require_parameters()?;
        for (index, tensor) in weights.fit(&expected)?.iter().enumerate() {
            if let Some(values) = tensor.values.f32() {
                self.inner.values.write(index, values);
            }
        }
        Ok(self)
    }

    /// Writes all parameters and buffers as a safetensors file, atomically.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let metadata = [("format", "netc"), ("network", &self.inner.model.name)];
        let metadata = metadata.map(|(key, text)| (key.to_string(), text.to_string())).into_iter().collect();
        self.require_parameters()?;
        Ok(weights::write_weights(path.as_ref(), &self.tensors(), &metadata)?)
    }

    /// A session for batches of `batch` samples. Compiling happens in the first call.
    pub fn session(&self, batch: usize) -> Session {
        Session::new(self.clone(), batch)
    }

    /// The checked model: layers, types, parameters, recipe.
    pub fn model(&self) -> &Model {
        &self.inner.model
    }

    /// Warnings of the check, with places in [`Network::sources`].
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.inner.warnings
    }

    /// The text that the network was made from: the file and what it imports.
    pub fn sources(&self) -> &Sources {
        &self.inner.sources
    }

    /// Bytes that one run may take.
    pub fn max_memory(&self) -> u64 {
        self.inner.max_memory
    }

    /// Paths of all parameters and buffers, in the model's order.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.inner.model.params.iter().map(|param| param.path.as_str())
    }

    /// A copy of a parameter or buffer in PyTorch's order; none also where all together pass the memory limit.
    pub fn parameter(&self, path: &str) -> Option<Vec<f32>> {
        self.require_parameters().ok()?;
        self.position(path).map(|index| self.inner.values.read(index))
    }

    /// Overwrites a parameter or buffer.
    ///
    /// # Errors
    /// When there is no such path or the number of values is another.
    pub fn set_parameter(&self, path: &str, values: &[f32]) -> Result<(), Error> {
        let index = self.position(path).ok_or_else(|| Error::Usage(format!("no parameter is called `{path}`")))?;
        let elements = self.inner.model.params[index].shape.iter().product::<u64>() as usize;
        if values.len() != elements {
            return Err(Error::Usage(format!("`{path}` has {elements} elements, not {}", values.len())));
        }
        self.require_parameters()?;
        self.inner.values.write(index, values);
        Ok(())
    }

    /// Refuses parameters that pass the memory limit; asked before they are drawn.
    pub(crate) fn require_parameters(&self) -> Result<(), Error> {
        crate::memory::require_parameters(&self.inner.model, self.inner.max_memory)
    }

    pub(crate) fn position(&self, path: &str) -> Option<usize> {
        self.inner.model.params.iter().position(|param| param.path == path)
    }

    pub(crate) fn expected(&self) -> Vec<Expected> {
        self.inner.model.params.iter().map(Expected::of).collect()
    }

    pub(crate) fn tensors(&self) -> Vec<Tensor> {
        let tensor = |(index, expected): (usize, Expected)| Tensor {
            path: expected.path,
            shape: expected.shape,
            values: netc_train::data::Values::F32(self.inner.values.read(index)),
        };
        self.expected().into_iter().enumerate().map(tensor).collect()
    }

    /// The compiled program for a mode and batch, made once.
    pub(crate) fn executable(
        &self,
        mode: Mode,
        batch: usize,
        taps: &[(String, ValueRef)],
    ) -> Result<Arc<Executable>, Error> {
        let key = (mode, batch, taps.to_vec());
        let known = |map: &BTreeMap<_, Arc<Executable>>| map.get(&key).cloned();
        if let Some(executable) = known(&self.inner.executables.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(executable);
        }
        self.require_parameters()?;
        let named = |(name, value): &(String, ValueRef)| Named {
            name: name.clone(),
            value: *value,
            span: netc_grammar::Span::default(),
        };
        let named: Vec<Named> = taps.iter().map(named).collect();
        let program = pipeline::program(&self.inner.model, mode, batch, &named, &self.choices())
            .map_err(|violation| Error::Internal(violation.to_string()))?;
        crate::memory::require(&program, self.inner.pool.threads(), self.inner.max_memory)?;
        let executable = Arc::new(Executable::new(program, self.inner.isa)?);
        let mut map = self.inner.executables.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Arc::clone(map.entry(key).or_insert(executable)))
    }

    /// What programs are compiled with.
    pub(crate) fn choices(&self) -> Choices {
        Choices { numerics: self.inner.numerics }
    }

    pub(crate) fn store(&self, executable: &Arc<Executable>) -> Result<Arc<Store>, Error> {
        let store = self.inner.values.store(executable)?;
        self.inner.values.make_state(&store, executable)?;
        Ok(store)
    }
}
