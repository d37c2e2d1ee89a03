//! `FolderLoader`: reads the main `.net` file and what it imports, from its own folder or below.

use super::open_inside::{Bound, read_inside, read_plain};
use crate::error::TrainError;
use netc_grammar::{LoadError, Loaded, Loader, Source, limits};
use std::path::{Component, Path, PathBuf};

/// Of every `.net` file, whatever the memory limit.
const SOURCE: Bound = Bound::new(
    limits::SOURCE_BYTES as u64,
    "a `.net` file may be",
    "split it with `import`, and keep numbers in data files",
);

/// The bytes of a `.net` file that the user named, at most 16 MiB; `Source::decode` makes text of them.
pub fn read_source(path: &Path) -> Result<Vec<u8>, TrainError> {
    read_plain(path, SOURCE)
}

/// Gives `import` plain files below one folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderLoader {
    base: PathBuf,
}

impl FolderLoader {
    /// Imports start at the folder of the main file and may not leave it.
    pub fn beside(main: &Path) -> FolderLoader {
        FolderLoader { base: main.parent().unwrap_or(Path::new("")).to_path_buf() }
    }

    /// `path` as the file `from` names it, below `base`; `None` if it leads out.
    fn below(&self, path: &str, from: &Source) -> Option<PathBuf> {
        let folder = Path::new(from.name()).parent()?.strip_prefix(&self.base).ok()?;
        let mut parts: Vec<&std::ffi::OsStr> = folder.iter().collect();
        for component in Path::new(path).components() {
            match component {
                Component::Normal(part) => parts.push(part),
                Component::CurDir => {}
                Component::ParentDir => {
                    parts.pop()?;
                }
                Component::RootDir | Component::Prefix(_) => return None,
            }
        }
        Some(parts.iter().collect())
    }
}

impl Loader for FolderLoader {
    fn load(&self, path: &str, from: &Source) -> Result<Loaded, LoadError> {
        let Some(below) = self.below(path, from) else {
            return Err(LoadError {
                message: "it leads out of the folder of the main file".into(),
                help: Some("move the file beside the main one, or below; absolute paths are not read".into()),
            });
        };
        let name = self.base.join(&below).display().to_string();
        let failed = |error: TrainError| match error.fault() {
            Some(fault) => LoadError { message: fault.what.clone(), help: fault.fix.clone() },
            None => LoadError { message: error.to_string(), help: None },
        };
        let relative = below.to_str().ok_or(LoadError { message: "its path is not UTF-8".into(), help: None })?;
        let bytes = read_inside(&self.base, relative, SOURCE).map_err(failed)?;
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Loaded { name, text }),
            Err(_) => Err(LoadError { message: "it is not UTF-8 text".into(), help: Some("save it as UTF-8".into()) }),
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn imports_are_read_below_the_folder_and_keep_one_name() {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path();
        std::fs::create_dir(base.join("parts")).unwrap();
        std::fs::write(base.join("blocks.net"), "blocks").unwrap();
        std::fs::write(base.join("parts/a.net"), "a").unwrap();
        std::fs::write(base.join("parts/latin.net"), [0xe4]).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", base.join("link.net")).unwrap();
        let main = base.join("main.net");
        let loader = FolderLoader::beside(&main);
        let from = |name: &str| Source::main(base.join(name).display().to_string(), "");
        for (path, file, outcome) in [
            ("blocks.net", "main.net", Ok(("blocks.net", "blocks"))),
            ("./parts/a.net", "main.net", Ok(("parts/a.net", "a"))),
            ("a.net", "parts/b.net", Ok(("parts/a.net", "a"))),
            ("../blocks.net", "parts/b.net", Ok(("blocks.net", "blocks"))),
            ("../blocks.net", "main.net", Err("leads out of the folder")),
            ("../../etc/passwd", "parts/b.net", Err("leads out of the folder")),
            ("/etc/passwd", "main.net", Err("leads out of the folder")),
            ("link.net", "main.net", Err("symbolic link")),
            ("parts", "main.net", Err("is a folder")),
            ("", "main.net", Err("not the path of a file")),
            ("none.net", "main.net", Err("no such file")),
            ("parts/latin.net", "main.net", Err("not UTF-8")),
        ] {
            match (loader.load(path, &from(file)), outcome) {
                (Ok(loaded), Ok((name, text))) => {
                    assert_eq!(loaded, Loaded { name: base.join(name).display().to_string(), text: text.into() });
                }
                (Err(error), Err(words)) => assert!(error.message.contains(words), "{path}: {}", error.message),
                (result, _) => panic!("{path} from {file}: {result:?}"),
            }
        }
    }

    #[test]
    fn what_is_larger_than_a_source_may_be_is_to_be_split_whatever_the_memory_limit() {
        let folder = tempfile::tempdir().unwrap();
        let (main, large) = (folder.path().join("main.net"), folder.path().join("large.net"));
        std::fs::File::create(&large).unwrap().set_len(limits::SOURCE_BYTES as u64 + 1).unwrap();
        let from = Source::main(main.display().to_string(), "");
        let error = FolderLoader::beside(&main).load("large.net", &from).unwrap_err();
        assert_eq!(error.message, "this file is larger than a `.net` file may be");
        assert_eq!(error.help.as_deref(), Some("split it with `import`, and keep numbers in data files"));
        let error = read_source(&large).unwrap_err();
        assert_eq!(error.exit_code(), 3);
        assert!(error.to_string().contains("at most 16777216 bytes are read\n  = help: split it"), "{error}");
    }

    #[test]
    fn a_main_file_without_a_folder_imports_from_the_current_one() {
        let loader = FolderLoader::beside(Path::new("main.net"));
        assert_eq!(loader.below("a.net", &Source::main("main.net", "")), Some(PathBuf::from("a.net")));
        assert_eq!(loader.below("../a.net", &Source::main("main.net", "")), None);
    }
}
