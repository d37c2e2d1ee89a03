//! `atomic_write`: replaces a file so that a crash at any moment leaves the old or the new one, whole.
//!
//! Temporary file beside the target → write → fsync → rename → fsync of the folder.

use crate::error::{Fault, TrainError};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// What happens to the file that was there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// It is replaced.
    Nothing,
    /// It stays under the name that [`previous_of`] gives.
    Previous,
}

/// Where [`Keep::Previous`] keeps the older version: `last.ckpt` → `last.ckpt.previous`.
pub fn previous_of(path: &Path) -> PathBuf {
    with_name(path, "", ".previous")
}

/// Replaces `path` by what `fill` writes.
///
/// When `fill` or the file system fails, the old file is untouched and the temporary one is removed.
/// The temporary name is fixed, so that what a killed process left behind is overwritten by the next.
pub fn atomic_write(
    path: &Path,
    keep: Keep,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), TrainError> {
    let partial = with_name(path, ".", ".partial");
    let failed = |error: io::Error| {
        let fault = Fault::new(format!("this file could not be written: {error}")).file(path.display().to_string());
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                fault.fix("free some space and run again with `--resume`").io()
            }
            _ => fault.fix("check that the folder exists and may be written to").io(),
        }
    };
    match write_and_rename(path, &partial, keep, fill) {
        Ok(()) => Ok(()),
        Err(error) => {
            // The first error is the one to report; a temporary file that cannot be removed is harmless.
            let _ = fs::remove_file(&partial);
            Err(failed(error))
        }
    }
}

fn write_and_rename(
    path: &Path,
    partial: &Path,
    keep: Keep,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    match fs::remove_file(partial) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    // `create_new` refuses to follow a link planted under the temporary name.
    let file = OpenOptions::new().write(true).create_new(true).open(partial)?;
    let mut writer = BufWriter::with_capacity(1 << 16, file);
    fill(&mut writer)?;
    let file = writer.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.sync_all()?;
    drop(file);
    if keep == Keep::Previous && path.exists() {
        retain(path)?;
    }
    fs::rename(partial, path)?;
    sync_folder(path)
}

/// Gives the present file its second name; the first one stays until the rename replaces it.
fn retain(path: &Path) -> io::Result<()> {
    let previous = previous_of(path);
    match fs::remove_file(&previous) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    // File systems without hard links: for a moment only the older name exists, which loading falls back to.
    fs::hard_link(path, &previous).or_else(|_| fs::rename(path, &previous))
}

#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

fn with_name(path: &Path, before: &str, after: &str) -> PathBuf {
    let mut name = std::ffi::OsString::from(before);
    name.push(path.file_name().unwrap_or_default());
    name.push(after);
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn the_previous_version_is_kept_on_request() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("last.ckpt");
        for text in ["one", "two", "three"] {
            atomic_write(&path, Keep::Previous, |w| w.write_all(text.as_bytes())).unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "three");
        assert_eq!(fs::read_to_string(previous_of(&path)).unwrap(), "two");
        atomic_write(&path, Keep::Nothing, |w| w.write_all(b"four")).unwrap();
        assert_eq!(fs::read_to_string(previous_of(&path)).unwrap(), "two");
        assert_eq!(names(folder.path()), ["last.ckpt", "last.ckpt.previous"]);
    }

    #[test]
    fn a_failure_at_any_write_leaves_the_old_file_and_no_litter() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("best");
        atomic_write(&path, Keep::Nothing, |w| w.write_all(b"old")).unwrap();
        for good_writes in 0..4 {
            let error = atomic_write(&path, Keep::Previous, |w| {
                for _ in 0..good_writes {
                    w.write_all(&[0; 1 << 15])?;
                }
                Err(io::ErrorKind::StorageFull.into())
            })
            .unwrap_err();
            assert_eq!(error.exit_code(), 3);
            assert_eq!(fs::read(&path).unwrap(), b"old");
            assert_eq!(names(folder.path()), ["best"]);
        }
    }

    #[test]
    fn the_remains_of_a_killed_process_are_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(".best.partial"), "half").unwrap();
        let path = folder.path().join("best");
        atomic_write(&path, Keep::Nothing, |w| w.write_all(b"whole")).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"whole");
        assert_eq!(names(folder.path()), ["best"]);
    }

    #[test]
    fn a_missing_folder_is_a_clean_error() {
        let folder = tempfile::tempdir().unwrap();
        let error = atomic_write(&folder.path().join("no/such/file"), Keep::Nothing, |_| Ok(())).unwrap_err();
        assert_eq!(error.exit_code(), 3);
        assert!(error.to_string().contains("check that the folder exists"), "{error}");
    }
}
