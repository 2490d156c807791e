//! The items that may still be among the best of a query, while codes are being scanned.

use std::cmp::Ordering;

use super::kernel::PANEL;

/// Candidates that are kept before the first look at which of them can go.
const FIRST_CAPACITY: usize = 256;

/// An item, and between what its exact product lies, in units of the query's scale.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    item: u32,
    lower: f32,
    upper: f32,
}

/// Every item whose product may be among the `k` largest.
///
/// `k` items are known to reach the `k`-th largest lower bound; an item whose upper bound is below that is none of the best.
#[derive(Debug)]
pub(super) struct Shortlist {
    k: usize,
    threshold: f32,
    candidates: Vec<Candidate>,
    capacity: usize,
}

impl Shortlist {
    pub(super) fn new(k: usize) -> Self {
        // Of nothing, nothing is wanted: a threshold that no bound reaches.
        let threshold = if k == 0 { f32::INFINITY } else { f32::NEG_INFINITY };
        Self { k, threshold, candidates: Vec::new(), capacity: FIRST_CAPACITY.max(2 * k) }
    }

    /// Looks at a panel, whose first item is `first`.
    ///
    /// # Shapes
    /// `products`, `scales`: of the panel's items; `mask` has a bit for each that is allowed
    #[inline(always)]
    pub(super) fn look(
        &mut self,
        first: usize,
        products: &[i32; PANEL],
        scales: &[f32; PANEL],
        (offset, slack): (i32, f32),
        mask: u16,
    ) {
        let mut uppers = [0.0; PANEL];
        let mut reaches = false;
        for item in 0..PANEL {
            uppers[item] = scales[item] * ((products[item] + offset) as f32 + slack);
            reaches |= uppers[item] >= self.threshold;
        }
        if reaches {
            self.take(first, &uppers, scales, slack, mask);
        }
    }

    #[inline(never)]
    fn take(&mut self, first: usize, uppers: &[f32; PANEL], scales: &[f32; PANEL], slack: f32, mask: u16) {
        for (place, (&upper, &scale)) in uppers.iter().zip(scales).enumerate() {
            if upper >= self.threshold && mask >> place & 1 == 1 {
                let item = (first + place) as u32;
                self.candidates.push(Candidate { item, lower: upper - 2.0 * scale * slack, upper });
            }
        }
        if self.candidates.len() >= self.capacity {
            self.prune();
            self.capacity = self.capacity.max(2 * self.candidates.len());
        }
    }

    fn prune(&mut self) {
        if self.k == 0 || self.candidates.len() <= self.k {
            return;
        }
        let by_lower = |a: &Candidate, b: &Candidate| -> Ordering { b.lower.total_cmp(&a.lower) };
        let (_, kth, _) = self.candidates.select_nth_unstable_by(self.k - 1, by_lower);
        self.threshold = self.threshold.max(kth.lower);
        self.candidates.retain(|candidate| candidate.upper >= self.threshold);
    }

    /// Takes over what was found elsewhere for the same query.
    pub(super) fn merge(&mut self, other: Self) {
        self.threshold = self.threshold.max(other.threshold);
        self.candidates.extend(other.candidates);
    }

    /// The items that may be among the best.
    pub(super) fn into_items(mut self) -> impl Iterator<Item = u32> {
        self.prune();
        self.candidates.into_iter().map(|candidate| candidate.item)
    }
}
