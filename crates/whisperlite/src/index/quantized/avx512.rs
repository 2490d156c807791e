//! Products of codes with AVX-512 and VNNI: one instruction multiplies a whole block with a group of a query and adds up.
//!
//! `unsafe` for the same two reasons as in the kernel for AVX2.
#![allow(unsafe_code, reason = "vector instructions; tested against the portable kernel")]

use std::arch::x86_64::{
    __m512i, _mm512_add_epi32, _mm512_dpbusd_epi32, _mm512_loadu_si512, _mm512_set1_epi32, _mm512_setzero_si512,
    _mm512_storeu_si512,
};

use super::kernel::{Block, Kernel, PANEL, STEP, TILE, Tile, Work};

pub(super) fn is_here() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vnni")
}

/// Does the work, all of it compiled for these instructions. The caller has asked whether they are here.
pub(super) fn run<W: Work>(work: W) {
    assert!(is_here(), "this processor has no AVX-512 with VNNI");
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    fn compiled<W: Work>(work: W) {
        work.run::<Avx512Vnni>();
    }
    // SAFETY: the processor has the instructions, as just asserted.
    unsafe { compiled(work) }
}

struct Avx512Vnni;

impl Kernel for Avx512Vnni {
    #[inline(always)]
    fn tile(panel: &[Block], queries: &[Tile]) -> [[i32; PANEL]; TILE] {
        // SAFETY: this type is private, and `run` asserts the instructions before anything is called with it.
        unsafe { tile(panel, queries) }
    }

    #[inline(always)]
    fn alone(panel: &[Block], query: &[i32]) -> [i32; PANEL] {
        // SAFETY: as above.
        unsafe { alone(panel, query) }
    }
}

/// Each group of a step has sums of its own: eight of them keep both units busy while each waits for its last addition.
#[inline]
#[target_feature(enable = "avx512f,avx512vnni")]
fn tile(panel: &[Block], queries: &[Tile]) -> [[i32; PANEL]; TILE] {
    let mut sums = [[_mm512_setzero_si512(); TILE]; STEP];
    for (blocks, queries) in panel.as_chunks::<STEP>().0.iter().zip(queries.as_chunks::<STEP>().0) {
        for group in 0..STEP {
            let codes = load(&blocks[group]);
            for query in 0..TILE {
                let four = _mm512_set1_epi32(queries[group][query]);
                sums[group][query] = _mm512_dpbusd_epi32(sums[group][query], codes, four);
            }
        }
    }
    std::array::from_fn(|query| store(_mm512_add_epi32(sums[0][query], sums[1][query])))
}

#[inline]
#[target_feature(enable = "avx512f,avx512vnni")]
fn alone(panel: &[Block], query: &[i32]) -> [i32; PANEL] {
    let mut sums = [_mm512_setzero_si512(); STEP];
    for (blocks, query) in panel.as_chunks::<STEP>().0.iter().zip(query.as_chunks::<STEP>().0) {
        for group in 0..STEP {
            sums[group] = _mm512_dpbusd_epi32(sums[group], load(&blocks[group]), _mm512_set1_epi32(query[group]));
        }
    }
    store(_mm512_add_epi32(sums[0], sums[1]))
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load(block: &Block) -> __m512i {
    // SAFETY: a block is 64 bytes.
    unsafe { _mm512_loadu_si512(block.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn store(sums: __m512i) -> [i32; PANEL] {
    let mut out = [0i32; PANEL];
    // SAFETY: there is room for 64 bytes.
    unsafe { _mm512_storeu_si512(out.as_mut_ptr().cast(), sums) }
    out
}
