//! The folder of one training run: lock, log, best weights, last checkpoint.

use crate::error::{Fault, TrainError};
use crate::file::{Keep, RESUME, atomic_write, previous_of};
use serde::Serialize;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

const LOG: &str = "log.jsonl";
/// The file of the best weights in a run folder.
pub const BEST: &str = "best.safetensors";
const CHECKPOINT: &str = "last.ckpt";
const EARLIER: &str = "previous";

/// An open run folder. It is locked until it is dropped, also when the process is killed.
#[derive(Debug)]
pub struct RunFolder {
    folder: PathBuf,
    log: File,
    lines: u64,
    _lock: File,
}

impl RunFolder {
    /// Creates or opens `folder` and locks it; a second training in it is an error.
    ///
    /// A fresh run moves the weights, checkpoints and log of an earlier one into the folder `previous`, in place of
    /// what is there; of one that ended before it saved any, only the log is replaced. A resumed run keeps the log.
    pub fn open(folder: &Path, resume: bool) -> Result<RunFolder, TrainError> {
        let failed = |what: &str, error: std::io::Error| {
            Fault::new(format!("{what}: {error}"))
                .file(folder.display().to_string())
                .fix("give another folder with `--run`")
                .io()
        };
        fs::create_dir_all(folder).map_err(|error| failed("this run folder could not be made", error))?;
        let options = || {
            let mut options = OpenOptions::new();
            options.create(true).append(true);
            options
        };
        let lock = options()
            .open(folder.join("lock"))
            .map_err(|error| failed("this run folder cannot be written to", error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Fault::new("another training runs in this folder")
                    .file(folder.display().to_string())
                    .fix("wait for it, or give another folder with `--run`")
                    .io());
            }
            Err(TryLockError::Error(error)) => return Err(failed("this run folder could not be locked", error)),
        }
        if !resume {
            set_aside(folder).map_err(|error| failed("the earlier run could not be set aside", error))?;
        }
        let log = options().open(folder.join(LOG)).map_err(|error| failed("the log cannot be written to", error))?;
        Ok(RunFolder { folder: folder.to_path_buf(), log, lines: 0, _lock: lock })
    }

    /// Where the best weights go.
    pub fn best(&self) -> PathBuf {
        self.folder.join(BEST)
    }

    /// Where the last checkpoint goes.
    pub fn checkpoint(&self) -> PathBuf {
        self.folder.join(CHECKPOINT)
    }

    /// Lines of the log so far.
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// Appends one record as one line.
    pub fn log(&mut self, record: &impl Serialize) -> Result<(), TrainError> {
        let written = serde_json::to_vec(record).map_err(std::io::Error::from).and_then(|mut line| {
            line.push(b'\n');
            self.log.write_all(&line)
        });
        written.map_err(|error| self.log_failed(&error))?;
        self.lines += 1;
        Ok(())
    }

    /// Cuts the log to the lines that belong to the checkpoint that a run goes on from.
    pub fn rewind(&mut self, lines: u64) -> Result<(), TrainError> {
        let path = self.folder.join(LOG);
        let text = fs::read(&path).map_err(|error| self.log_failed(&error))?;
        let keep = usize::try_from(lines).unwrap_or(usize::MAX);
        let kept: Vec<&[u8]> =
            text.split_inclusive(|&byte| byte == b'\n').filter(|line| line.ends_with(b"\n")).take(keep).collect();
        atomic_write(&path, Keep::Nothing, RESUME, |to| kept.iter().try_for_each(|line| to.write_all(line)))?;
        self.log = OpenOptions::new().append(true).open(&path).map_err(|error| self.log_failed(&error))?;
        self.lines = kept.len() as u64;
        Ok(())
    }

    /// Makes the log survive a power cut; called before a checkpoint that counts its lines.
    pub fn sync(&self) -> Result<(), TrainError> {
        self.log.sync_data().map_err(|error| self.log_failed(&error))
    }

    fn log_failed(&self, error: &std::io::Error) -> TrainError {
        Fault::new(format!("the log could not be written: {error}"))
            .file(self.folder.join(LOG).display().to_string())
            .io()
    }
}

/// Makes `previous` hold the run that was in the folder, whole, if it saved anything; else removes its log.
fn set_aside(folder: &Path) -> std::io::Result<()> {
    let checkpoint = folder.join(CHECKPOINT);
    let log = folder.join(LOG);
    let saved = [previous_of(&checkpoint), checkpoint, folder.join(BEST)];
    if !saved.iter().any(|file| file.exists()) {
        return remove(&log);
    }
    let earlier = folder.join(EARLIER);
    fs::create_dir_all(&earlier)?;
    // The best weights go last: after a kill in between, the next run still finds them here and moves them.
    for file in [log].iter().chain(&saved) {
        let Some(name) = file.file_name() else { continue };
        let to = earlier.join(name);
        match fs::rename(file, &to) {
            Err(error) if error.kind() == ErrorKind::NotFound => remove(&to)?,
            other => other?,
        }
    }
    Ok(())
}

/// Removes a file that may be missing.
fn remove(file: &Path) -> std::io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_trainings_in_one_folder_are_refused_until_the_first_ends() {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("runs/a");
        let first = RunFolder::open(&run, false).unwrap();
        let error = RunFolder::open(&run, true).unwrap_err();
        assert_eq!(error.exit_code(), 3);
        assert!(error.to_string().contains("another training runs"), "{error}");
        drop(first);
        assert!(RunFolder::open(&run, false).is_ok());
    }

    #[test]
    fn a_fresh_run_sets_the_earlier_one_aside_and_a_resumed_one_keeps_it() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(CHECKPOINT), "state").unwrap();
        let mut run = RunFolder::open(folder.path(), true).unwrap();
        run.log(&serde_json::json!({"epoch": 1})).unwrap();
        drop(run);
        let run = RunFolder::open(folder.path(), false).unwrap();
        assert!(!run.checkpoint().exists());
        assert_eq!(fs::read_to_string(folder.path().join("previous/log.jsonl")).unwrap(), "{\"epoch\":1}\n");
        assert_eq!(fs::read_to_string(folder.path().join("previous/last.ckpt")).unwrap(), "state");
        assert_eq!(fs::read_to_string(folder.path().join(LOG)).unwrap(), "");
    }

    #[test]
    fn runs_that_saved_nothing_never_displace_the_weights_of_an_earlier_one() {
        let folder = tempfile::tempdir().unwrap();
        let previous = |name: &str| fs::read_to_string(folder.path().join(EARLIER).join(name)).unwrap();
        let mut good = RunFolder::open(folder.path(), false).unwrap();
        good.log(&"good").unwrap();
        for name in [BEST, CHECKPOINT] {
            fs::write(folder.path().join(name), "good").unwrap();
        }
        drop(good);
        for failed in ["first", "second", "third"] {
            let mut run = RunFolder::open(folder.path(), false).unwrap();
            run.log(&failed).unwrap();
            assert_eq!(fs::read_to_string(folder.path().join(LOG)).unwrap(), format!("\"{failed}\"\n"));
            assert_eq!([previous(BEST), previous(CHECKPOINT), previous(LOG)], ["good", "good", "\"good\"\n"]);
        }
        // A run that saved weights takes the place of the one before, with all its files.
        fs::write(folder.path().join(BEST), "better").unwrap();
        drop(RunFolder::open(folder.path(), false).unwrap());
        assert_eq!([previous(BEST), previous(LOG)], ["better", "\"third\"\n"]);
        assert!(!folder.path().join(EARLIER).join(CHECKPOINT).exists());
    }

    #[test]
    fn the_log_is_cut_to_the_checkpoint_and_a_half_line_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(LOG), "1\n2\n3\n{\"half").unwrap();
        for (lines, text) in [(9, "1\n2\n3\n"), (2, "1\n2\n")] {
            let mut run = RunFolder::open(folder.path(), true).unwrap();
            run.rewind(lines).unwrap();
            assert_eq!(fs::read_to_string(folder.path().join(LOG)).unwrap(), text);
            assert_eq!(run.lines(), lines.min(3));
        }
        let mut run = RunFolder::open(folder.path(), true).unwrap();
        run.rewind(2).unwrap();
        run.log(&4).unwrap();
        assert_eq!(fs::read_to_string(folder.path().join(LOG)).unwrap(), "1\n2\n4\n");
    }

    #[test]
    fn a_file_in_place_of_the_folder_is_a_clean_error() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("run"), "").unwrap();
        assert_eq!(RunFolder::open(&folder.path().join("run"), false).unwrap_err().exit_code(), 3);
    }
}
