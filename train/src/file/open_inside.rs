//! Opening files: paths from a `.net` file only below one folder, paths from the user anywhere, plain files always.

use crate::error::{Fault, TrainError};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Component, Path};

/// How much of a file is read, and what is said of a longer one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    bytes: u64,
    what: &'static str,
    help: &'static str,
}

impl Bound {
    /// At most `bytes`. A longer file is "larger than" `what`, and `help` is what the user can do then.
    pub const fn new(bytes: u64, what: &'static str, help: &'static str) -> Bound {
        Bound { bytes, what, help }
    }

    /// The limit that `--max-memory` sets.
    pub const fn memory(bytes: u64) -> Bound {
        Bound::new(bytes, "the memory limit", "raise `--max-memory` or use a smaller file")
    }
}

/// Opens the plain file `relative` below `base`.
///
/// Refused are absolute paths, `..`, symbolic links anywhere in `relative`, folders, devices, pipes and sockets.
/// On Unix the walk goes through folder handles, so that a link planted between check and use is refused too.
pub fn open_inside(base: &Path, relative: &str) -> Result<File, TrainError> {
    let mut parts = Vec::new();
    for component in Path::new(relative).components() {
        match component {
            Component::Normal(part) => parts.push(part),
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => {
                return Err(Fault::new("this path leaves the folder of the `.net` file")
                    .file(relative)
                    .why("files that a `.net` file names lie in its own folder or below: no `..`, no absolute path")
                    .fix("move the data beside the `.net` file")
                    .input());
            }
        }
    }
    if parts.is_empty() || relative.contains('\0') {
        return Err(Fault::new("this is not the path of a file").file(relative).input());
    }
    let file = walk(base, &parts).map_err(|error| refused(base, relative, &error))?;
    require_plain(file, relative)
}

/// Opens the plain file that the user named on the command line; links are followed, devices and pipes refused.
pub fn open_plain(path: &Path) -> Result<File, TrainError> {
    let name = path.display().to_string();
    let file = open_without_waiting(path).map_err(|error| {
        let fault = Fault::new(sentence(&error)).file(&name);
        match error.kind() {
            ErrorKind::NotFound => fault.fix("check the path").io(),
            _ => fault.io(),
        }
    })?;
    require_plain(file, &name)
}

/// All bytes of [`open_inside`], as many as `bound` allows.
pub fn read_inside(base: &Path, relative: &str, bound: Bound) -> Result<Vec<u8>, TrainError> {
    read_bounded(open_inside(base, relative)?, relative, bound)
}

/// All bytes of [`open_plain`], as many as `bound` allows.
pub fn read_plain(path: &Path, bound: Bound) -> Result<Vec<u8>, TrainError> {
    read_bounded(open_plain(path)?, &path.display().to_string(), bound)
}

fn read_bounded(file: File, name: &str, bound: Bound) -> Result<Vec<u8>, TrainError> {
    let too_large = || {
        Fault::new(format!("this file is larger than {}", bound.what))
            .file(name)
            .why(format!("at most {} bytes are read", bound.bytes))
            .fix(bound.help)
            .limit()
    };
    let failed = |error: &std::io::Error| Fault::new(sentence(error)).file(name).io();
    if file.metadata().map_err(|error| failed(&error))?.len() > bound.bytes {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    file.take(bound.bytes.saturating_add(1)).read_to_end(&mut bytes).map_err(|error| failed(&error))?;
    if u64::try_from(bytes.len()).is_ok_and(|n| n > bound.bytes) {
        return Err(too_large());
    }
    Ok(bytes)
}

fn require_plain(file: File, name: &str) -> Result<File, TrainError> {
    let kind = file.metadata().map_err(|error| Fault::new(sentence(&error)).file(name).io())?.file_type();
    if kind.is_file() {
        return Ok(file);
    }
    let what = if kind.is_dir() {
        "this is a folder, not a file"
    } else {
        "this is a device, pipe or socket, not a plain file"
    };
    Err(Fault::new(what).file(name).fix("name a plain file").io())
}

fn refused(base: &Path, relative: &str, error: &std::io::Error) -> TrainError {
    let fault = Fault::new(sentence(error)).file(relative);
    match error.kind() {
        ErrorKind::NotFound => fault.fix(format!("put it below the folder {}", base.display())).io(),
        _ if is_link_refusal(error) => fault
            .why("symbolic links are not followed, because they could lead out of the folder")
            .fix("copy the file in place of the link")
            .input(),
        _ => fault.io(),
    }
}

/// The operating system's reason in plain words.
fn sentence(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "there is no such file".into(),
        ErrorKind::PermissionDenied => "reading this file is not permitted".into(),
        ErrorKind::NotADirectory => "a part of this path is not a folder".into(),
        _ if is_link_refusal(error) => "this path contains a symbolic link".into(),
        _ => error.to_string(),
    }
}

#[cfg(unix)]
fn is_link_refusal(error: &std::io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error())
}

#[cfg(unix)]
fn walk(base: &Path, parts: &[&std::ffi::OsStr]) -> std::io::Result<File> {
    use rustix::fs::{CWD, FileType, Mode, OFlags, fstat, openat};
    let base = if base.as_os_str().is_empty() { Path::new(".") } else { base };
    let mut here = openat(CWD, base, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    for (turn, part) in parts.iter().enumerate() {
        if turn > 0 && FileType::from_raw_mode(fstat(&here)?.st_mode) != FileType::Directory {
            return Err(ErrorKind::NotADirectory.into());
        }
        here = openat(&here, *part, flags, Mode::empty())?;
    }
    Ok(File::from(here))
}

#[cfg(unix)]
fn open_without_waiting(path: &Path) -> std::io::Result<File> {
    use rustix::fs::{CWD, Mode, OFlags, openat};
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    Ok(File::from(openat(CWD, path, flags, Mode::empty())?))
}

#[cfg(not(unix))]
fn is_link_refusal(error: &std::io::Error) -> bool {
    error.kind() == ErrorKind::InvalidInput
}

#[cfg(not(unix))]
fn walk(base: &Path, parts: &[&std::ffi::OsStr]) -> std::io::Result<File> {
    let mut path = base.to_path_buf();
    for part in parts {
        path.push(part);
        if std::fs::symlink_metadata(&path)?.file_type().is_symlink() {
            return Err(ErrorKind::InvalidInput.into());
        }
    }
    File::open(path)
}

#[cfg(not(unix))]
fn open_without_waiting(path: &Path) -> std::io::Result<File> {
    File::open(path)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn only_plain_files_below_the_folder_open() {
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("secret"), "s").unwrap();
        let base = tempfile::tempdir().unwrap();
        std::fs::create_dir(base.path().join("sub")).unwrap();
        std::fs::write(base.path().join("sub/data.csv"), "1").unwrap();
        symlink(outside.path().join("secret"), base.path().join("link")).unwrap();
        symlink(outside.path(), base.path().join("way")).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, base.path().join("pipe"), rustix::fs::Mode::RWXU).unwrap();
        let absolute = base.path().join("sub/data.csv").display().to_string();
        for (relative, outcome) in [
            ("sub/data.csv", Ok(())),
            ("./sub/./data.csv", Ok(())),
            ("sub", Err((3, "folder"))),
            ("missing.csv", Err((3, "no such file"))),
            ("sub/data.csv/more", Err((3, "not a folder"))),
            ("pipe", Err((3, "pipe"))),
            ("pipe/more", Err((3, "not a folder"))),
            ("link", Err((1, "symbolic link"))),
            ("way/secret", Err((1, "symbolic link"))),
            ("sub/../sub/data.csv", Err((1, "leaves the folder"))),
            ("../../etc/passwd", Err((1, "leaves the folder"))),
            (absolute.as_str(), Err((1, "leaves the folder"))),
            ("", Err((1, "not the path"))),
        ] {
            match (open_inside(base.path(), relative), outcome) {
                (Ok(_), Ok(())) => {}
                (Err(error), Err((code, words))) => {
                    assert_eq!(error.exit_code(), code, "{relative}: {error}");
                    assert!(error.to_string().contains(words), "{relative}: {error}");
                }
                (result, _) => panic!("{relative}: {result:?}"),
            }
        }
    }

    #[test]
    fn devices_and_files_over_the_limit_are_refused() {
        let error = read_plain(Path::new("/dev/zero"), Bound::memory(1 << 20)).unwrap_err();
        assert!(error.to_string().contains("device"), "{error}");
        let base = tempfile::tempdir().unwrap();
        std::fs::write(base.path().join("five"), "12345").unwrap();
        assert_eq!(read_inside(base.path(), "five", Bound::memory(5)).unwrap(), b"12345");
        for (bound, words) in [
            (
                Bound::memory(4),
                "larger than the memory limit\n  = why: at most 4 bytes are read\n  = help: raise `--max",
            ),
            (
                Bound::new(4, "a word", "split it"),
                "larger than a word\n  = why: at most 4 bytes are read\n  = help: split it",
            ),
        ] {
            let error = read_inside(base.path(), "five", bound).unwrap_err();
            assert!(matches!(error, TrainError::Limit(_)) && error.to_string().contains(words), "{error}");
        }
        let sparse = File::create(base.path().join("sparse")).unwrap();
        sparse.set_len(1 << 40).unwrap();
        assert_eq!(read_inside(base.path(), "sparse", Bound::memory(1 << 30)).unwrap_err().exit_code(), 3);
    }
}
