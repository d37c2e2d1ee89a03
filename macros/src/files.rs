//! The files of a call: found from the crate's folder, remembered so that an edit compiles the crate anew.

use netc_grammar::{LoadError, Loaded, Loader, Source, did_you_mean};
use std::cell::RefCell;
use std::path::{Component, Path, PathBuf};

/// The folder of `Cargo.toml`; empty where there is none, as in some editors.
pub fn crate_folder() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default()
}

/// Why a file cannot be read, with the nearest file of that folder.
pub fn unreadable(written: &str, path: &Path, error: &std::io::Error) -> String {
    let folder = path.parent().unwrap_or(path);
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .map(|entries| entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect())
        .unwrap_or_default();
    names.sort_unstable();
    let wanted = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let help = match did_you_mean(&wanted, names.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{}`?", Path::new(written).with_file_name(near).display()),
        None => "paths start at the folder of Cargo.toml".to_string(),
    };
    let reason = match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_string(),
        std::io::ErrorKind::IsADirectory => "this is a folder".to_string(),
        _ => error.to_string(),
    };
    format!("cannot read `{written}`: {reason}\nhelp: {help}")
}

/// Imports from the folder of the main file and below; names of files start at the crate's folder.
pub struct Beside {
    base: PathBuf,
    read: RefCell<Vec<String>>,
}

impl Beside {
    /// Imports of the file that the call names, or, for text in place, from the crate's folder.
    pub fn new(main: &str) -> Beside {
        Beside { base: Path::new(main).parent().unwrap_or(Path::new("")).to_path_buf(), read: RefCell::default() }
    }

    /// The files that were imported, each once, in the order of their names.
    pub fn read(self) -> Vec<String> {
        let mut read = self.read.into_inner();
        read.sort_unstable();
        read.dedup();
        read
    }

    /// `path` as the file `from` names it, below `base`; `None` if it leads out.
    fn below(&self, path: &str, from: &Source) -> Option<PathBuf> {
        let folder = Path::new(from.name()).parent()?.strip_prefix(&self.base).ok()?;
        let mut parts: Vec<&std::ffi::OsStr> = folder.iter().collect();
        for component in Path::new(path).components() {
            match component {
                Component::Normal(part) => parts.push(part),
                Component::CurDir => {}
                Component::ParentDir => drop(parts.pop()?),
                Component::RootDir | Component::Prefix(_) => return None,
            }
        }
        Some(parts.iter().collect())
    }
}

impl Loader for Beside {
    fn load(&self, path: &str, from: &Source) -> Result<Loaded, LoadError> {
        let refuse = |message: &str| LoadError { message: message.to_string(), help: None };
        let below = self.below(path, from).ok_or_else(|| refuse("it leads out of the folder of the main file"))?;
        let name = self.base.join(below).display().to_string();
        let full = crate_folder().join(&name);
        match std::fs::symlink_metadata(&full) {
            Ok(found) if found.is_file() => {}
            Ok(_) => return Err(refuse("this is not a plain file")),
            Err(_) => return Err(refuse("there is no such file")),
        }
        let text = std::fs::read_to_string(&full).map_err(|error| refuse(&error.to_string()))?;
        self.read.borrow_mut().push(name.clone());
        Ok(Loaded { name, text })
    }
}
