//! **Which k items score highest, under this filter?**
//!
//! Exact search by inner product: every item is scored, so a filter never costs recall.
//!
//! Not for: what a vector means.

mod exact;
mod probe;

pub use exact::{ExactIndex, IndexError};
pub use probe::gemm_flops_per_sec;

pub(crate) use exact::floats;
