//! Products of codes with AVX2: 32 of them in one instruction, added by pairs into 16 bits.
//!
//! `unsafe` because the processor must have the instructions, which [`run`] asks for, and because values are read through
//! pointers, each to a whole array of the size that is read.
#![allow(unsafe_code, reason = "vector instructions; tested against the portable kernel")]

use std::arch::x86_64::{
    __m256i, _mm256_add_epi16, _mm256_add_epi32, _mm256_loadu_si256, _mm256_madd_epi16, _mm256_maddubs_epi16,
    _mm256_set1_epi16, _mm256_set1_epi32, _mm256_setzero_si256, _mm256_storeu_si256,
};

use super::kernel::{Block, Kernel, PANEL, STEP, TILE, Tile, Work};

/// Items in one register.
const HALF: usize = PANEL / 2;

pub(super) fn is_here() -> bool {
    is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")
}

/// Does the work, all of it compiled for these instructions. The caller has asked whether they are here.
pub(super) fn run<W: Work>(work: W) {
    assert!(is_here(), "this processor has no AVX2");
    #[target_feature(enable = "avx2,fma")]
    fn compiled<W: Work>(work: W) {
        work.run::<Avx2>();
    }
    // SAFETY: the processor has the instructions, as just asserted.
    unsafe { compiled(work) }
}

struct Avx2;

impl Kernel for Avx2 {
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

#[inline]
#[target_feature(enable = "avx2")]
fn tile(panel: &[Block], queries: &[Tile]) -> [[i32; PANEL]; TILE] {
    let ones = _mm256_set1_epi16(1);
    let mut sums = [[_mm256_setzero_si256(); 2]; TILE];
    for ([a, b], [query_a, query_b]) in panel.as_chunks::<STEP>().0.iter().zip(queries.as_chunks::<STEP>().0) {
        // One half after the other: sums, codes and products then fit into the sixteen registers.
        for half in 0..2 {
            let (a, b) = (load(a, half), load(b, half));
            for (sums, (&query_a, &query_b)) in sums.iter_mut().zip(query_a.iter().zip(query_b)) {
                let pairs_a = _mm256_maddubs_epi16(a, _mm256_set1_epi32(query_a));
                let pairs_b = _mm256_maddubs_epi16(b, _mm256_set1_epi32(query_b));
                let fours = _mm256_madd_epi16(_mm256_add_epi16(pairs_a, pairs_b), ones);
                sums[half] = _mm256_add_epi32(sums[half], fours);
            }
        }
    }
    std::array::from_fn(|query| store(sums[query]))
}

#[inline]
#[target_feature(enable = "avx2")]
fn alone(panel: &[Block], query: &[i32]) -> [i32; PANEL] {
    let ones = _mm256_set1_epi16(1);
    // Each group of a step has sums of its own, so that no addition waits for the one before.
    let mut sums = [[_mm256_setzero_si256(); 2]; STEP];
    for (blocks, query) in panel.as_chunks::<STEP>().0.iter().zip(query.as_chunks::<STEP>().0) {
        for group in 0..STEP {
            let query = _mm256_set1_epi32(query[group]);
            for (half, sum) in sums[group].iter_mut().enumerate() {
                let pairs = _mm256_maddubs_epi16(load(&blocks[group], half), query);
                *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(pairs, ones));
            }
        }
    }
    store([_mm256_add_epi32(sums[0][0], sums[1][0]), _mm256_add_epi32(sums[0][1], sums[1][1])])
}

/// The codes of the first or the last eight items.
#[inline]
#[target_feature(enable = "avx2")]
fn load(block: &Block, half: usize) -> __m256i {
    let halves: &[[u8; 32]] = block.as_chunks().0;
    // SAFETY: 32 bytes lie there.
    unsafe { _mm256_loadu_si256(halves[half].as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn store(sums: [__m256i; 2]) -> [i32; PANEL] {
    let mut out = [0i32; PANEL];
    for (sums, out) in sums.into_iter().zip(out.as_chunks_mut::<HALF>().0) {
        // SAFETY: there is room for 32 bytes.
        unsafe { _mm256_storeu_si256(out.as_mut_ptr().cast(), sums) }
    }
    out
}
