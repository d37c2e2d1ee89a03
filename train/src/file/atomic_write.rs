//! `atomic_write`: replaces a file so that a crash at any moment leaves the old or the new one, whole.
//!
//! Temporary file beside the target → write → fsync → rename → fsync of the folder.

use super::partial::{Partial, folder_of};
use crate::error::{Fault, TrainError};
use std::fs;
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

/// Help where the disk is full, for what a command writes at its end.
pub const RUN_AGAIN: &str = "free some space and run the command again";

/// Help where the disk is full, for what a training run saves on its way.
pub const RESUME: &str = "free some space and run again with `--resume`";

/// Where [`Keep::Previous`] keeps the older version: `last.ckpt` → `last.ckpt.previous`.
pub fn previous_of(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".previous");
    path.with_file_name(name)
}

/// Replaces `path` by what `fill` writes. Several writers may replace the same file at once: one of them is last.
///
/// When `fill` or the file system fails, the old file is untouched and the temporary one is removed. What a killed
/// process left behind is removed by the next that writes the same file. `when_full` is what the user can do where the
/// disk is full.
pub fn atomic_write(
    path: &Path,
    keep: Keep,
    when_full: &str,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), TrainError> {
    write_and_rename(path, keep, fill).map_err(|error| {
        let fault = Fault::new(format!("this file could not be written: {error}")).file(path.display().to_string());
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => fault.fix(when_full).io(),
            _ => fault.fix("check that the folder exists and may be written to").io(),
        }
    })
}

fn write_and_rename(path: &Path, keep: Keep, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let partial = Partial::beside(path)?;
    let mut writer = BufWriter::with_capacity(1 << 16, partial.file());
    fill(&mut writer)?;
    writer.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    if keep == Keep::Previous && path.exists() {
        retain(path)?;
    }
    partial.place(path)?;
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
    fs::File::open(folder_of(path))?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
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
            atomic_write(&path, Keep::Previous, RUN_AGAIN, |w| w.write_all(text.as_bytes())).unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "three");
        assert_eq!(fs::read_to_string(previous_of(&path)).unwrap(), "two");
        atomic_write(&path, Keep::Nothing, RUN_AGAIN, |w| w.write_all(b"four")).unwrap();
        assert_eq!(fs::read_to_string(previous_of(&path)).unwrap(), "two");
        assert_eq!(names(folder.path()), ["last.ckpt", "last.ckpt.previous"]);
    }

    #[test]
    fn a_failure_at_any_write_leaves_the_old_file_and_no_litter() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("best");
        atomic_write(&path, Keep::Nothing, RUN_AGAIN, |w| w.write_all(b"old")).unwrap();
        for good_writes in 0..4 {
            let error = atomic_write(&path, Keep::Previous, RUN_AGAIN, |w| {
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
    fn the_remains_of_a_killed_process_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(".best.4000000-7.partial"), "half").unwrap();
        let path = folder.path().join("best");
        atomic_write(&path, Keep::Nothing, RUN_AGAIN, |w| w.write_all(b"whole")).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"whole");
        assert_eq!(names(folder.path()), ["best"]);
    }

    #[test]
    fn writers_of_one_file_at_once_all_succeed_and_one_of_them_stays_whole() {
        const LENGTH: usize = 200_000;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("y.npy");
        let write = |letter: u8| {
            for _ in 0..20 {
                atomic_write(&path, Keep::Nothing, RUN_AGAIN, |to| {
                    [letter; LENGTH].chunks(999).try_for_each(|part| to.write_all(part))
                })
                .unwrap();
                let found = fs::read(&path).unwrap();
                assert!(found.len() == LENGTH && found.iter().all(|&byte| byte == found[0]), "torn");
            }
        };
        std::thread::scope(|scope| {
            for letter in b'a'..=b'f' {
                scope.spawn(move || write(letter));
            }
        });
        assert_eq!(names(folder.path()), ["y.npy"]);
    }

    #[test]
    fn a_full_disk_is_told_with_the_help_of_the_caller() {
        let folder = tempfile::tempdir().unwrap();
        for help in [RUN_AGAIN, RESUME] {
            for kind in [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded] {
                let error = atomic_write(&folder.path().join("y"), Keep::Nothing, help, |_| Err(kind.into()));
                let error = error.unwrap_err().to_string();
                assert!(error.ends_with(&format!("\n  = help: {help}")), "{error}");
            }
        }
    }

    #[test]
    fn a_missing_folder_is_a_clean_error() {
        let folder = tempfile::tempdir().unwrap();
        let error =
            atomic_write(&folder.path().join("no/such/file"), Keep::Nothing, RUN_AGAIN, |_| Ok(())).unwrap_err();
        assert_eq!(error.exit_code(), 3);
        assert!(error.to_string().contains("check that the folder exists"), "{error}");
    }
}
