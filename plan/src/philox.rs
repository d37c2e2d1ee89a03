//! The one generator of random numbers: Philox4x32-10 (Salmon, Moraes, Dror and Shaw, 2011), counter-based, so that
//! every number is a pure function of who asks for it.
//!
//! The 64-bit key is [`key`]`(seed, stream)`, the stream names the layer and the draw, the 128-bit counter is
//! (index / 4, step), and `index % 4` picks one of the four words of a block.

use crate::math::{self, Scalar};

const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];

/// The four words of the block `counter` under `key`, by ten rounds.
pub const fn philox4x32(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    let mut round = 0;
    while round < 10 {
        let left = MULTIPLIERS[0] as u64 * counter[0] as u64;
        let right = MULTIPLIERS[1] as u64 * counter[2] as u64;
        counter = [
            (right >> 32) as u32 ^ counter[1] ^ key[0],
            right as u32,
            (left >> 32) as u32 ^ counter[3] ^ key[1],
            left as u32,
        ];
        key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
        round += 1;
    }
    counter
}

/// FNV-1a over the bytes of a layer's or parameter's path, 64 bits.
pub const fn path_hash(path: &str) -> u64 {
    fnv(0xcbf2_9ce4_8422_2325, path.as_bytes())
}

const fn fnv(mut hash: u64, bytes: &[u8]) -> u64 {
    let mut at = 0;
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0000_0100_0000_01b3);
        at += 1;
    }
    hash
}

/// The stream of draw number `draw` in the layer at `path`: [`path_hash`] continued over the eight bytes of `draw`,
/// lowest first.
pub const fn stream(path: &str, draw: u64) -> u64 {
    fnv(path_hash(path), &draw.to_le_bytes())
}

/// The key of a stream under a seed: `stream ⊕ seed · 0x9E3779B97F4A7C15`, a bijection of either.
pub const fn key(seed: u64, stream: u64) -> u64 {
    stream ^ seed.wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// The block that holds elements `4·block` to `4·block + 3`.
pub const fn block(key: u64, step: u64, block: u64) -> [u32; 4] {
    philox4x32([block as u32, (block >> 32) as u32, step as u32, (step >> 32) as u32], [key as u32, (key >> 32) as u32])
}

/// A uniform number in [0, 1): the upper 24 bits of word `index % 4` of block `index / 4`, times 2⁻²⁴.
pub const fn uniform(key: u64, step: u64, index: u64) -> f32 {
    unit(block(key, step, index / 4)[(index % 4) as usize])
}

/// The upper 24 bits as a number in [0, 1).
pub const fn unit(word: u32) -> f32 {
    (word >> 8) as f32 * (1.0 / 16_777_216.0)
}

/// A normal number of mean 0 and deviation 1 by Box and Muller: words (0, 1) of block `index / 4` give elements 0 and
/// 1 of the block, words (2, 3) elements 2 and 3. With u = 1 − unit(first) and v = unit(second) the even element is
/// √(−2 ln u)·cos 2πv, the odd one √(−2 ln u)·sin 2πv.
pub fn normal(key: u64, step: u64, index: u64) -> f32 {
    normals(block(key, step, index / 4))[(index % 4) as usize]
}

/// The four normal numbers of a block; see [`normal`].
pub fn normals(words: [u32; 4]) -> [f32; 4] {
    let o = &mut Scalar;
    let mut pair = |first: u32, second: u32| {
        let radius = math::portable::sqrt(-2.0 * math::log(o, 1.0 - unit(first)));
        let turn = unit(second);
        (radius * math::cos_turns(o, turn), radius * math::sin_turns(o, turn))
    };
    let (a, b) = pair(words[0], words[1]);
    let (c, d) = pair(words[2], words[3]);
    [a, b, c, d]
}

/// Shuffles `items` in place for (seed, epoch), by Fisher and Yates from the back: item `i` is exchanged with item
/// `⌊r·(i + 1) / 2⁶⁴⌋`, where r is words (0, 1) of block `i / 2` for even i, words (2, 3) for odd i (low word first).
pub fn shuffle<T>(seed: u64, epoch: u64, items: &mut [T]) {
    shuffle_by(key(seed, path_hash("shuffle")), epoch, items);
}

/// The same with the key of another stream.
pub fn shuffle_by<T>(key: u64, epoch: u64, items: &mut [T]) {
    for i in (1..items.len()).rev() {
        let words = block(key, epoch, i as u64 / 2);
        let at = 2 * (i & 1);
        let random = u64::from(words[at]) | u64::from(words[at + 1]) << 32;
        let other = ((u128::from(random) * (i as u128 + 1)) >> 64) as usize;
        items.swap(i, other);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answers_of_random123() {
        // kat_vectors of the Random123 distribution: counter, key, result.
        let table = [
            ([0; 4], [0; 2], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
            ([u32::MAX; 4], [u32::MAX; 2], [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]),
            (
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
                [0xa409_3822, 0x299f_31d0],
                [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1],
            ),
        ];
        for (counter, key, want) in table {
            assert_eq!(philox4x32(counter, key), want);
        }
    }

    #[test]
    fn known_answers_of_fnv() {
        for (text, want) in
            [("", 0xcbf2_9ce4_8422_2325), ("a", 0xaf63_dc4c_8601_ec8c), ("foobar", 0x8594_4171_f739_67e8)]
        {
            assert_eq!(path_hash(text), want);
        }
    }

    #[test]
    fn uniforms_and_normals_have_their_moments() {
        let key = key(7, stream("dropout", 0));
        let n = 100_000u64;
        let (mut sum, mut normal_sum, mut normal_squares, mut fourth) = (0.0, 0.0, 0.0, 0.0);
        for index in 0..n {
            let u = f64::from(uniform(key, 3, index));
            assert!((0.0..1.0).contains(&u));
            sum += u;
            let z = f64::from(normal(key, 3, index));
            assert!(z.is_finite());
            normal_sum += z;
            normal_squares += z * z;
            fourth += z * z * z * z;
        }
        let n = n as f64;
        assert!((sum / n - 0.5).abs() < 4e-3);
        assert!((normal_sum / n).abs() < 0.013);
        assert!((normal_squares / n - 1.0).abs() < 0.018);
        assert!((fourth / n - 3.0).abs() < 0.13);
    }

    #[test]
    fn streams_seeds_and_steps_differ() {
        let reference = uniform(key(1, stream("a", 0)), 0, 5);
        for other in [
            uniform(key(2, stream("a", 0)), 0, 5),
            uniform(key(1, stream("b", 0)), 0, 5),
            uniform(key(1, stream("a", 1)), 0, 5),
            uniform(key(1, stream("a", 0)), 1, 5),
            uniform(key(1, stream("a", 0)), 0, 6),
        ] {
            assert_ne!(reference, other);
        }
    }

    #[test]
    fn shuffles_are_even_permutations_of_chance() {
        let mut counts = [[0u32; 5]; 5];
        for epoch in 0..5000 {
            let mut items = [0, 1, 2, 3, 4];
            shuffle(11, epoch, &mut items);
            for (place, &item) in items.iter().enumerate() {
                counts[item][place] += 1;
            }
        }
        for row in counts {
            assert_eq!(row.iter().sum::<u32>(), 5000);
            assert!(row.iter().all(|&count| (880..1120).contains(&count)), "{counts:?}");
        }
    }
}
