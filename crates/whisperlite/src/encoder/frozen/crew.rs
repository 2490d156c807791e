//! Who computes a tower, and how a block is shared out.

use std::ops::Range;

use rayon::prelude::*;

use crate::fused::{Buffer, PANEL, add_to_rows};

/// Who computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::encoder) enum Crew {
    /// The calling thread: where several batches are computed at a time.
    Alone,
    /// All threads: where somebody waits for one batch. Each has some heads and some of the hidden numbers of every block
    /// (tensor parallelism, arXiv:1909.08053), so that threads wait for each other twice a block.
    Together,
}

impl Crew {
    /// Calls `add` for each thread's share of `0..n`, and adds up what they add to `out`.
    ///
    /// Shares begin at multiples of `unit`, and of a panel's width.
    pub(super) fn add_parts(
        self,
        n: usize,
        unit: usize,
        out: &mut [f32],
        add: impl Fn(Range<usize>, &mut [f32]) + Sync,
    ) {
        let n_shares = if self == Self::Alone { 1 } else { rayon::current_num_threads() };
        let unit = (1..=PANEL).map(|times| times * unit).find(|unit| unit.is_multiple_of(PANEL)).unwrap_or(n);
        let share = n.div_ceil(n_shares).next_multiple_of(unit);
        if share >= n {
            return add(0..n, out);
        }
        let begins: Vec<usize> = (0..n).step_by(share).collect();
        let parts: Vec<Buffer> = begins
            .into_par_iter()
            .map(|begin| {
                let mut part = Buffer::new(out.len());
                part.fill(0.0);
                add(begin..n.min(begin + share), &mut part);
                part
            })
            .collect();
        parts.iter().for_each(|part| add_to_rows(out, part));
    }
}
