//! What is saved is loaded, and nothing that is damaged.

use super::*;

fn sample() -> Checkpoint {
    let tensor = |path: &str, shape: &[usize], values| Tensor { path: path.into(), shape: shape.to_vec(), values };
    Checkpoint {
        progress: Progress {
            fingerprint: fingerprint(&[b"model", b"recipe"]),
            seed: 7,
            step: 123,
            epoch: 4,
            batch: 3,
            loss: Mean { sum: 1.5, count: 48 },
            log_lines: 5,
            watch: Watch {
                larger_is_better: true,
                patience: Some(3),
                min_delta: 0.01,
                best: Some((3, 0.9)),
                waited: 1,
            },
        },
        weights: vec![
            tensor("fc.weight", &[1, 2], Values::F32(vec![1.0, -0.0])),
            tensor("n", &[], Values::I32(vec![9])),
        ],
        slots: vec![tensor("fc.weight/momentum_buffer", &[1, 2], Values::F32(vec![f32::MIN_POSITIVE, 2.0]))],
        best: Some(vec![tensor("fc.weight", &[1, 2], Values::F32(vec![0.5, 0.25]))]),
    }
}

fn saved(checkpoint: &Checkpoint) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c");
    checkpoint.save(&path).unwrap();
    std::fs::read(path).unwrap()
}

#[test]
fn what_is_saved_is_loaded() {
    let whole = sample();
    assert_eq!(Checkpoint::parse("c", &saved(&whole)).unwrap(), whole);
    let bare = Checkpoint { best: None, slots: vec![], ..sample() };
    assert_eq!(Checkpoint::parse("c", &saved(&bare)).unwrap(), bare);
}

#[test]
fn every_truncation_and_every_flipped_bit_is_noticed() {
    let bytes = saved(&sample());
    for length in 0..bytes.len() {
        assert_eq!(Checkpoint::parse("c", &bytes[..length]).unwrap_err().exit_code(), 1, "{length}");
    }
    for bit in 0..bytes.len() * 8 {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(Checkpoint::parse("c", &damaged).unwrap_err().exit_code(), 1, "bit {bit}");
    }
}

#[test]
fn a_body_that_lies_with_a_true_checksum_is_still_refused() {
    let bytes = saved(&sample());
    for at in 52..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] = 0xff;
        let sum = Sha256::digest(&damaged[52..]);
        damaged[20..52].copy_from_slice(&sum);
        // Numbers may change freely; lengths, shapes and paths must not lead out of the file.
        let _ = Checkpoint::parse("c", &damaged);
    }
    let mut lies = bytes.clone();
    let list = bytes.windows(17).position(|window| &window[8..] == b"fc.weight").unwrap() - 8;
    lies[list..list + 8].copy_from_slice(&(1u64 << 60).to_le_bytes());
    let sum = Sha256::digest(&lies[52..]);
    lies[20..52].copy_from_slice(&sum);
    let error = Checkpoint::parse("c", &lies).unwrap_err().to_string();
    assert!(error.contains("the length of the list of tensors passes the end of the file"), "{error}");
}

#[test]
fn the_previous_checkpoint_replaces_a_damaged_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("last.ckpt");
    let first = sample();
    first.save(&path).unwrap();
    let mut second = sample();
    second.progress.step = 200;
    second.save(&path).unwrap();
    assert_eq!(Checkpoint::load(&path, 1 << 20).unwrap(), (second, None));
    std::fs::write(&path, b"netcCKPT damaged").unwrap();
    let (loaded, note) = Checkpoint::load(&path, 1 << 20).unwrap();
    assert_eq!(loaded, first);
    assert!(note.unwrap().contains("last.ckpt.previous"));
    std::fs::remove_file(previous_of(&path)).unwrap();
    // What the help names can be done: there is no previous file to resume from.
    let mut damaged = saved(&first);
    *damaged.last_mut().unwrap() ^= 1;
    for bytes in [&damaged[..], &damaged[..damaged.len() - 1]] {
        std::fs::write(&path, bytes).unwrap();
        let error = Checkpoint::load(&path, 1 << 20).unwrap_err().to_string();
        assert!(error.contains("start again without `--resume`") && !error.contains("resume from"), "{error}");
    }
}
