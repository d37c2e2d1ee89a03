//! `Partial`: the temporary file beside a target, under a name of its own, until it takes the target's place.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

/// Numbers the temporary files of this process.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// `.NAME.PROCESS-NUMBER.partial`, locked while it is written and removed when it is dropped before [`Partial::place`].
#[derive(Debug)]
pub(super) struct Partial {
    file: File,
    path: PathBuf,
    is_placed: bool,
}

impl Partial {
    /// Makes an empty file in the folder of `target`, and removes those that killed processes left there.
    pub(super) fn beside(target: &Path) -> io::Result<Partial> {
        sweep(target);
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let mut name = prefix(target);
            name.push(format!("{}-{number}.partial", process::id()));
            let path = target.with_file_name(name);
            // `create_new` refuses to follow a link planted under this name. A process of another machine or container
            // may have the same number.
            let file = match OpenOptions::new().write(true).create_new(true).open(&path) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
                other => other?,
            };
            // Until it is locked, another writer may take it for a leftover. Where there are no locks, nobody sweeps.
            match file.try_lock() {
                Ok(()) if path.exists() => {}
                Err(TryLockError::Error(_)) => {}
                Ok(()) | Err(TryLockError::WouldBlock) => continue,
            }
            return Ok(Partial { file, path, is_placed: false });
        }
    }

    /// What is written to.
    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Renames the file to `target`.
    pub(super) fn place(mut self, target: &Path) -> io::Result<()> {
        fs::rename(&self.path, target)?;
        self.is_placed = true;
        Ok(())
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.is_placed {
            // A temporary file that cannot be removed is harmless; the next writer tries again.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Removes temporary files of `target` that no living process has locked. What cannot be read or removed stays.
fn sweep(target: &Path) {
    let prefix = prefix(target);
    for entry in fs::read_dir(folder_of(target)).into_iter().flatten().flatten() {
        // Links are not followed, and opening a pipe would wait.
        let is_leftover = is_partial(&entry.file_name(), &prefix) && entry.file_type().is_ok_and(|kind| kind.is_file());
        if !is_leftover {
            continue;
        }
        if let Ok(file) = OpenOptions::new().write(true).open(entry.path())
            && file.try_lock().is_ok()
        {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Whether `name` is one that [`Partial::beside`] makes: after the prefix two numbers.
fn is_partial(name: &OsStr, prefix: &OsStr) -> bool {
    let numbers = name.as_encoded_bytes().strip_prefix(prefix.as_encoded_bytes());
    let numbers = numbers.and_then(|rest| rest.strip_suffix(b".partial"));
    numbers.is_some_and(|numbers| {
        let mut parts = numbers.split(|&byte| byte == b'-');
        let mut is_number = || parts.next().is_some_and(|part| !part.is_empty() && part.iter().all(u8::is_ascii_digit));
        is_number() && is_number() && parts.next().is_none()
    })
}

/// `.NAME.`
fn prefix(target: &Path) -> OsString {
    let mut name = OsString::from(".");
    name.push(target.file_name().unwrap_or_default());
    name.push(".");
    name
}

/// The folder that holds `path`.
pub(super) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_that_nobody_writes_are_swept() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("best");
        let living = Partial::beside(&target).unwrap();
        for name in [".best.12-0.partial", ".best.1-22.partial"] {
            fs::write(folder.path().join(name), "half").unwrap();
        }
        let others =
            [".best.mine.partial", ".best.1-2-3.partial", ".best.-1.partial", ".last.1-2.partial", "best.1-2.partial"];
        for name in others {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let second = Partial::beside(&target).unwrap();
        assert!(living.path.exists() && second.path.exists() && living.path != second.path);
        assert!(others.iter().all(|name| folder.path().join(name).exists()));
        drop((living, second));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), others.len());
    }
}
