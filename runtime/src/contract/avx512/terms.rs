//! The innermost loop: terms of consecutive k added to a tile's sums. Written in assembly, because compilers turn the
//! rows' addresses into a chain of additions as long as the multiply-adds, or into more pointers than there are
//! registers.

/// The address of an element of A in row `$row`: two bases, seven rows apart or more, and strides 1, 3 and 5 with the
/// processor's factors 1, 2 and 4 reach fourteen rows with five registers.
macro_rules! address {
    (0) => {
        "[{a}]"
    };
    (1) => {
        "[{a} + {row}]"
    };
    (2) => {
        "[{a} + 2*{row}]"
    };
    (3) => {
        "[{a} + {row_3}]"
    };
    (4) => {
        "[{a} + 4*{row}]"
    };
    (5) => {
        "[{a} + {row_5}]"
    };
    (6) => {
        "[{a} + 2*{row_3}]"
    };
    (7) => {
        "[{a_second}]"
    };
    (8) => {
        "[{a_second} + {row}]"
    };
    (9) => {
        "[{a_second} + 2*{row}]"
    };
    (10) => {
        "[{a_second} + {row_3}]"
    };
    (11) => {
        "[{a_second} + 4*{row}]"
    };
    (12) => {
        "[{a_second} + {row_5}]"
    };
    (13) => {
        "[{a_second} + 2*{row_3}]"
    };
}

/// One row of a term: an element of A times a row of B.
macro_rules! row {
    ($row:tt $left:literal $right:literal) => {
        concat!(
            ".if {rows} > ",
            $row,
            " && {first} <= ",
            $row,
            "\n",
            "vbroadcastss zmm30, dword ptr ",
            address!($row),
            "\n",
            "vfmadd231ps zmm",
            $left,
            ", zmm30, zmm28\n",
            ".if {vectors} > 1\n",
            "vfmadd231ps zmm",
            $right,
            ", zmm30, zmm29\n",
            ".endif\n",
            ".endif\n",
        )
    };
}

/// One term of every sum. It fetches two lines, which is what a row of a panel of B takes: a tile that is alone with
/// its panel has as much of the next one to fetch, and not every processor fetches lines in pairs. Tiles of few rows
/// fetch into the second-level cache only: they ask for lines so often that those on their way from memory would take
/// all places that the first-level cache has for misses. Where a tile has many rows, their lines of A tend to miss the
/// first-level cache all at once, every sixteenth term, so each term fetches the line after next of one row.
macro_rules! term {
    () => {
        concat!(
            ".if {rows} > 8\n",
            "prefetcht0 byte ptr [{fetch}]\n",
            "prefetcht0 byte ptr [{fetch} + 64]\n",
            ".else\n",
            "prefetcht1 byte ptr [{fetch}]\n",
            "prefetcht1 byte ptr [{fetch} + 64]\n",
            ".endif\n",
            "add {fetch}, {fetch_k}\n",
            ".if {rows} > 7\n",
            "prefetcht0 byte ptr [{ahead}]\n",
            "add {ahead}, {row}\n",
            ".endif\n",
            ".if {vectors} > 1\n",
            "vmovups zmm28, zmmword ptr [{b}]\n",
            ".if {full}\n",
            "vmovups zmm29, zmmword ptr [{b} + 64]\n",
            ".else\n",
            "vmovups zmm29{{{mask}}}{{z}}, zmmword ptr [{b} + 64]\n",
            ".endif\n",
            ".else\n",
            "vmovups zmm28{{{mask}}}{{z}}, zmmword ptr [{b}]\n",
            ".endif\n",
            row!(0 0 1), row!(1 2 3), row!(2 4 5), row!(3 6 7), row!(4 8 9), row!(5 10 11), row!(6 12 13),
            row!(7 14 15), row!(8 16 17), row!(9 18 19), row!(10 20 21), row!(11 22 23), row!(12 24 25), row!(13 26 27),
            "add {a}, {a_k}\n",
            ".if {rows} > 7\n",
            "add {a_second}, {a_k}\n",
            ".endif\n",
            "add {b}, {b_k}\n",
        )
    };
}

/// Adds `k` > 0 terms to `sums`, 14 × 2 vectors, of which rows `first..rows` and the first `vectors` take part; the
/// last vector is masked unless `full`. Strides count bytes. With each term, the line at `fetch` and the next one are
/// fetched into the cache, and `fetch` moves on by `fetch_k`; `ahead` goes over the rows of A once in sixteen terms.
///
/// # Safety
/// The processor has AVX-512F; A and B are readable at `k` terms of these rows and columns.
macro_rules! terms {
    ($first:expr, $rows:expr, $vectors:expr, $full:expr, $sums:ident, $mask:ident, $k:expr, $a:expr, $b:expr, $row:expr,
     $a_k:expr, $b_k:expr, $fetch:expr, $fetch_k:expr) => {
        core::arch::asm!(
            "lea {ahead}, [{a} + 128]",
            "test {k}, 1",
            "jz 3f",
            term!(),
            "3:",
            "shr {k}",
            "jz 4f",
            "2:",
            term!(),
            term!(),
            "dec {k}",
            "jz 4f",
            "test {k}, 7",
            "jnz 2b",
            "lea {ahead}, [{a} + 128]",
            "jmp 2b",
            "4:",
            first = const $first,
            rows = const $rows,
            vectors = const $vectors,
            full = const $full as usize,
            k = inout(reg) $k => _,
            a = inout(reg) $a => _,
            a_second = inout(reg) $a.wrapping_offset(7 * $row) => _,
            b = inout(reg) $b => _,
            row = in(reg) $row,
            row_3 = in(reg) 3 * $row,
            row_5 = in(reg) 5 * $row,
            a_k = in(reg) $a_k,
            b_k = in(reg) $b_k,
            fetch = inout(reg) $fetch,
            fetch_k = in(reg) $fetch_k,
            ahead = out(reg) _,
            mask = in(kreg) $mask,
            inout("zmm0") $sums[0][0], inout("zmm1") $sums[0][1],
            inout("zmm2") $sums[1][0], inout("zmm3") $sums[1][1],
            inout("zmm4") $sums[2][0], inout("zmm5") $sums[2][1],
            inout("zmm6") $sums[3][0], inout("zmm7") $sums[3][1],
            inout("zmm8") $sums[4][0], inout("zmm9") $sums[4][1],
            inout("zmm10") $sums[5][0], inout("zmm11") $sums[5][1],
            inout("zmm12") $sums[6][0], inout("zmm13") $sums[6][1],
            inout("zmm14") $sums[7][0], inout("zmm15") $sums[7][1],
            inout("zmm16") $sums[8][0], inout("zmm17") $sums[8][1],
            inout("zmm18") $sums[9][0], inout("zmm19") $sums[9][1],
            inout("zmm20") $sums[10][0], inout("zmm21") $sums[10][1],
            inout("zmm22") $sums[11][0], inout("zmm23") $sums[11][1],
            inout("zmm24") $sums[12][0], inout("zmm25") $sums[12][1],
            inout("zmm26") $sums[13][0], inout("zmm27") $sums[13][1],
            out("zmm28") _, out("zmm29") _, out("zmm30") _,
            options(nostack, readonly)
        )
    };
}

pub(super) use {address, row, term, terms};
