//! Memory of large matrices that goes from one step to the next.
//!
//! Every step makes matrices of megabytes and drops them. An allocator gives blocks of that size back to the system, which
//! clears them page by page before it lends them again. Here they wait for the next matrix of about the same size.

use std::collections::VecDeque;
use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Fewer values than this are left to the allocator, which keeps small blocks itself.
const MIN_VALUES: usize = 16 * 1024;
/// Values that wait at most: 256 MiB.
const MAX_WAITING: usize = 64 * 1024 * 1024;

static WAITING: Mutex<VecDeque<Vec<f32>>> = Mutex::new(VecDeque::new());

/// Values whose memory serves again when they are dropped.
#[derive(Debug, Clone)]
pub(crate) struct Buffer(Vec<f32>);

impl Buffer {
    /// `n` values of any content, to be overwritten.
    pub(crate) fn new(n: usize) -> Self {
        let Some(mut values) = waiting_for(n) else { return Self(vec![0.0; n]) };
        values.resize(n, 0.0);
        Self(values)
    }

    /// The values, for somebody who keeps them.
    pub(crate) fn into_vec(mut self) -> Vec<f32> {
        std::mem::take(&mut self.0)
    }
}

impl From<Vec<f32>> for Buffer {
    fn from(values: Vec<f32>) -> Self {
        Self(values)
    }
}

impl Deref for Buffer {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.0
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.0
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if self.0.capacity() < MIN_VALUES {
            return;
        }
        let mut waiting = waiting();
        waiting.push_back(std::mem::take(&mut self.0));
        let mut n_waiting: usize = waiting.iter().map(Vec::capacity).sum();
        while n_waiting > MAX_WAITING {
            n_waiting -= waiting.pop_front().map_or(n_waiting, |oldest| oldest.capacity());
        }
    }
}

/// The tightest waiting block for `n` values that wastes no more than an eighth.
fn waiting_for(n: usize) -> Option<Vec<f32>> {
    if n < MIN_VALUES {
        return None;
    }
    let mut waiting = waiting();
    let fitting = waiting.iter().enumerate().filter(|(_, block)| (n..=n + n / 8).contains(&block.capacity()));
    let (place, _) = fitting.min_by_key(|(_, block)| block.capacity())?;
    waiting.remove(place)
}

fn waiting() -> MutexGuard<'static, VecDeque<Vec<f32>>> {
    WAITING.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A size that no other test asks for, as the tests of a process share what waits.
    const N: usize = 5 * MIN_VALUES + 77;

    #[test]
    fn memory_serves_again_unless_it_was_handed_over() {
        let first = Buffer::new(N);
        let address = first.as_ptr();
        drop(first);
        let second = Buffer::new(N - 5);
        assert_eq!((second.as_ptr(), second.len()), (address, N - 5));
        let kept = second.into_vec();
        assert_ne!(Buffer::new(N).as_ptr(), kept.as_ptr());
        drop(Buffer::from(kept));
        let third = Buffer::new(N / 2);
        assert_ne!(third.as_ptr(), address, "a block of twice the size is not wasted on it");
    }

    #[test]
    fn what_waits_is_bounded() {
        for _ in 0..5 {
            drop(Buffer::from(Vec::with_capacity(MAX_WAITING / 3)));
        }
        assert!(waiting().iter().map(Vec::capacity).sum::<usize>() <= MAX_WAITING);
    }
}
