//! Products of codes with NEON: eight of them in one instruction, added by pairs into 32 bits.
//!
//! Every 64-bit ARM processor has these instructions. `unsafe` because values are read through pointers, each to a whole
//! array of the size that is read.
#![allow(unsafe_code, reason = "vector instructions; tested against the portable kernel")]

use std::arch::aarch64::{
    int32x4_t, vdup_n_s32, vdupq_n_s32, vget_low_s8, vld1q_s8, vmull_high_s8, vmull_s8, vpadalq_s16, vpaddq_s32,
    vreinterpret_s8_s32, vreinterpretq_s8_s32, vst1q_s32,
};

use super::kernel::{Block, Kernel, PANEL, TILE, Tile};

/// Codes in one register: of four items.
const QUARTER: usize = 16;

pub(super) struct Neon;

impl Kernel for Neon {
    #[inline(always)]
    fn tile(panel: &[Block], queries: &[Tile]) -> [[i32; PANEL]; TILE] {
        // SAFETY: every 64-bit ARM processor has NEON.
        unsafe { products(panel, queries) }
    }

    #[inline(always)]
    fn alone(panel: &[Block], query: &[i32]) -> [i32; PANEL] {
        let [products] =
            // SAFETY: as above.
            unsafe { products(panel, query.as_chunks::<1>().0) };
        products
    }
}

/// Each register of sums holds two items, with two sums of pairs each; they are folded at the end.
#[inline]
#[target_feature(enable = "neon")]
fn products<const N: usize>(panel: &[Block], queries: &[[i32; N]]) -> [[i32; PANEL]; N] {
    let mut sums = [[[vdupq_n_s32(0); 2]; PANEL * 4 / QUARTER]; N];
    for (block, queries) in panel.iter().zip(queries) {
        for (quarter, codes) in block.as_chunks::<QUARTER>().0.iter().enumerate() {
            // Codes are at most 127, so they are the same with a sign.
            // SAFETY: 16 bytes lie there.
            let codes = unsafe { vld1q_s8(codes.as_ptr().cast()) };
            for query in 0..N {
                let [low, high] = &mut sums[query][quarter];
                let four = vreinterpret_s8_s32(vdup_n_s32(queries[query]));
                let both = vreinterpretq_s8_s32(vdupq_n_s32(queries[query]));
                *low = vpadalq_s16(*low, vmull_s8(vget_low_s8(codes), four));
                *high = vpadalq_s16(*high, vmull_high_s8(codes, both));
            }
        }
    }
    std::array::from_fn(|query| store(sums[query]))
}

#[inline]
#[target_feature(enable = "neon")]
fn store(sums: [[int32x4_t; 2]; PANEL * 4 / QUARTER]) -> [i32; PANEL] {
    let mut out = [0i32; PANEL];
    for ([low, high], out) in sums.into_iter().zip(out.as_chunks_mut::<4>().0) {
        // SAFETY: there is room for 16 bytes.
        unsafe { vst1q_s32(out.as_mut_ptr(), vpaddq_s32(low, high)) }
    }
    out
}
