//! **Which k items score highest, under this filter?**
//!
//! Exact search by inner product: every item is scored, so a filter never costs recall.
//!
//! Not for: what a vector means.

mod exact;

pub use exact::{ExactIndex, IndexError};

pub(crate) use exact::floats;
