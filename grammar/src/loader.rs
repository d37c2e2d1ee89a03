//! How the pure compiler gets the files that `import` names: through a [`Loader`] that the
//! command, the library or the macro provides.
use crate::Source;

/// A file that an import names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// The name that tells files apart and that messages show; the same file gets the same name
    /// from wherever it is imported.
    pub name: String,
    /// The text.
    pub text: String,
}

/// Why an import could not be read, as a sentence fragment for the user ("no such file").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadError {
    /// What went wrong.
    pub message: String,
    /// What to do, if there is something better than looking at the path again.
    pub help: Option<String>,
}

/// Gives the text of imported files.
///
/// An implementation that reads a file system opens plain files below the folder of the main file
/// only: no `..` that leaves it, no absolute path, no symbolic link, no device.
pub trait Loader {
    /// Reads the file that `from` imports as `path`.
    ///
    /// # Errors
    /// When the path is not allowed, or the file is missing, unreadable or not UTF-8.
    fn load(&self, path: &str, from: &Source) -> Result<Loaded, LoadError>;
}

/// The loader where there are no other files: every import fails.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFiles;

impl Loader for NoFiles {
    fn load(&self, _: &str, _: &Source) -> Result<Loaded, LoadError> {
        Err(LoadError { message: "there are no other files here".into(), help: None })
    }
}

/// Files held in memory, by name: for tests, documentation and the macro.
impl Loader for std::collections::BTreeMap<String, String> {
    fn load(&self, path: &str, _: &Source) -> Result<Loaded, LoadError> {
        match self.get(path) {
            Some(text) => Ok(Loaded { name: path.to_owned(), text: text.clone() }),
            None => Err(LoadError { message: "no such file".into(), help: None }),
        }
    }
}
