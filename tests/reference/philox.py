"""netc's random numbers (`plan::philox`) in numpy: Philox4x32-10 under a key of seed and path."""

import numpy as np

MASK = (1 << 64) - 1
LOW = np.uint64(0xFFFFFFFF)
SHIFT = np.uint64(32)


def fnv(hash_value, data):
    for byte in data:
        hash_value = ((hash_value ^ byte) * 0x100000001B3) & MASK
    return hash_value


def stream(path, draw=0):
    return fnv(fnv(0xCBF29CE484222325, path.encode()), draw.to_bytes(8, "little"))


def key(seed, stream_id):
    return stream_id ^ (seed * 0x9E3779B97F4A7C15 & MASK)


def philox4x32(counter, key_words):
    """`counter`: four arrays of u32 values held in u64; `key_words`: two integers."""
    c0, c1, c2, c3 = counter
    k0, k1 = key_words
    for _ in range(10):
        left, right = np.uint64(0xD2511F53) * c0, np.uint64(0xCD9E8D57) * c2
        c0, c1, c2, c3 = (right >> SHIFT) ^ c1 ^ np.uint64(k0), right & LOW, (left >> SHIFT) ^ c3 ^ np.uint64(k1), left & LOW
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return c0, c1, c2, c3


def uniform(seed, path, count, draw=0, step=0):
    """The first `count` uniform numbers in [0, 1) of a path's stream, as f32."""
    chosen = key(seed, stream(path, draw))
    result = np.empty(-(-count // 4) * 4, dtype=np.float32)
    for start in range(0, len(result) // 4, 1 << 20):
        block = np.arange(start, min(start + (1 << 20), len(result) // 4), dtype=np.uint64)
        zero = np.zeros_like(block)
        words = philox4x32((block & LOW, block >> SHIFT, zero + np.uint64(step & 0xFFFFFFFF), zero + np.uint64(step >> 32)),
                           (chosen & 0xFFFFFFFF, chosen >> 32))
        part = np.stack(words, axis=1).reshape(-1)
        result[4 * start:4 * start + len(part)] = (part >> np.uint64(8)).astype(np.float32) * np.float32(2.0 ** -24)
    return result[:count]


def check():
    """The known answers of the Random123 distribution."""
    words = lambda values: tuple(np.array([value], dtype=np.uint64) for value in values)
    table = [
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        ((0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344), (0xA4093822, 0x299F31D0), (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1)),
    ]
    for counter, key_words, want in table:
        assert tuple(int(word[0]) for word in philox4x32(words(counter), key_words)) == want
    assert fnv(0xCBF29CE484222325, b"foobar") == 0x85944171F73967E8
