//! Names for requests, answers and events that came without one.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Gives out ids that no other process gave out before, and that this one gives out once: when it began, which process it
/// is, and a number that grows.
#[derive(Debug)]
pub(crate) struct Ids {
    begin: String,
    given: AtomicU64,
}

impl Ids {
    pub(crate) fn new() -> Self {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let begin = format!("{:x}-{:x}", since_1970.as_micros(), std::process::id());
        Self { begin, given: AtomicU64::new(0) }
    }

    /// A new id.
    pub(crate) fn next(&self) -> String {
        format!("{}-{:x}", self.begin, self.given.fetch_add(1, Ordering::Relaxed))
    }
}
