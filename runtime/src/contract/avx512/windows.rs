//! The sums of several windows and their maxima, in registers from the first term to the last: 14 sums, 14 maxima, two
//! vectors of B, an element of A. Written in assembly for the reasons of [`terms`](super::terms).

/// The larger of a maximum and a sum becomes the maximum; NaN sticks. The instruction gives its second operand unless
/// the first is larger.
macro_rules! join {
    ($row:tt $($sum:literal $best:literal),*) => {
        concat!(
            ".if {rows} > ", $row, "\n",
            $("vmaxps zmm", $best, ", zmm", $sum, ", zmm", $best, "\n",
            "vcmpunordps {is_nan}, zmm", $sum, ", zmm", $sum, "\n",
            "vmovaps zmm", $best, "{{{is_nan}}}, zmm", $sum, "\n",)*
            ".endif\n",
        )
    };
}

/// Keeps in `best`, 7 × 2 vectors of which the first `rows` rows take part, the maxima of themselves and of the sums of
/// all windows. A window's sums are those of its [`Run`](super::super::tile::Run)s, relative to A and B. Strides count
/// bytes.
///
/// # Safety
/// The processor has AVX-512F; A and B are readable at all terms; there is a run, and the last one ends a window.
macro_rules! windows {
    ($rows:expr, $best:ident, $a:expr, $b:expr, $runs:expr, $row:expr, $a_k:expr, $b_k:expr) => {
        core::arch::asm!(
            "2:",
            "vxorps xmm0, xmm0, xmm0",
            "vxorps xmm1, xmm1, xmm1",
            "vxorps xmm2, xmm2, xmm2",
            "vxorps xmm3, xmm3, xmm3",
            "vxorps xmm4, xmm4, xmm4",
            "vxorps xmm5, xmm5, xmm5",
            "vxorps xmm6, xmm6, xmm6",
            "vxorps xmm7, xmm7, xmm7",
            "vxorps xmm8, xmm8, xmm8",
            "vxorps xmm9, xmm9, xmm9",
            "vxorps xmm10, xmm10, xmm10",
            "vxorps xmm11, xmm11, xmm11",
            "vxorps xmm12, xmm12, xmm12",
            "vxorps xmm13, xmm13, xmm13",
            "3:",
            "mov {a}, qword ptr [{runs}]",
            "add {a}, {a_first}",
            "mov {b}, qword ptr [{runs} + 8]",
            "add {b}, {b_first}",
            "mov {k}, qword ptr [{runs} + 16]",
            "4:",
            "vmovups zmm28, zmmword ptr [{b}]",
            "vmovups zmm29, zmmword ptr [{b} + 64]",
            concat!(
                row!(0 0 1), row!(1 2 3), row!(2 4 5), row!(3 6 7), row!(4 8 9), row!(5 10 11), row!(6 12 13),
            ),
            "add {a}, {a_k}",
            "add {b}, {b_k}",
            "dec {k}",
            "jnz 4b",
            "add {runs}, 32",
            "cmp qword ptr [{runs} - 8], 0",
            "je 3b",
            concat!(
                join!(0 0 14, 1 15), join!(1 2 16, 3 17), join!(2 4 18, 5 19), join!(3 6 20, 7 21),
                join!(4 8 22, 9 23), join!(5 10 24, 11 25), join!(6 12 26, 13 27),
            ),
            "cmp {runs}, {end}",
            "jne 2b",
            first = const 0,
            rows = const $rows,
            vectors = const 2,
            a_first = in(reg) $a,
            b_first = in(reg) $b,
            runs = inout(reg) $runs.start => _,
            end = in(reg) $runs.end,
            row = in(reg) $row,
            row_3 = in(reg) 3 * $row,
            row_5 = in(reg) 5 * $row,
            a_k = in(reg) $a_k,
            b_k = in(reg) $b_k,
            a = out(reg) _,
            b = out(reg) _,
            k = out(reg) _,
            is_nan = out(kreg) _,
            inout("zmm14") $best[0][0], inout("zmm15") $best[0][1],
            inout("zmm16") $best[1][0], inout("zmm17") $best[1][1],
            inout("zmm18") $best[2][0], inout("zmm19") $best[2][1],
            inout("zmm20") $best[3][0], inout("zmm21") $best[3][1],
            inout("zmm22") $best[4][0], inout("zmm23") $best[4][1],
            inout("zmm24") $best[5][0], inout("zmm25") $best[5][1],
            inout("zmm26") $best[6][0], inout("zmm27") $best[6][1],
            out("zmm0") _, out("zmm1") _, out("zmm2") _, out("zmm3") _, out("zmm4") _, out("zmm5") _, out("zmm6") _,
            out("zmm7") _, out("zmm8") _, out("zmm9") _, out("zmm10") _, out("zmm11") _, out("zmm12") _,
            out("zmm13") _, out("zmm28") _, out("zmm29") _, out("zmm30") _,
            options(nostack, readonly)
        )
    };
}

pub(super) use {join, windows};
