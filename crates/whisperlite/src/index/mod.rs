//! **Which k items score highest, under this filter?**
//!
//! Exact search by inner product: every item is scored, so a filter never costs recall. [`ExactIndex`] gives all products of many
//! queries, for training and evaluation; [`QuantizedIndex`] finds the best of a few in a large catalogue that changes, for serving.
//!
//! Not for: what a vector means.

mod error;
mod exact;
mod quantized;
mod probe;

pub use error::IndexError;
pub use exact::ExactIndex;
pub use probe::gemm_flops_per_sec;
pub use quantized::{Instructions, QuantizedIndex, code_products_per_sec};

pub(crate) use exact::floats;
pub(crate) use quantized::CodedRows;

use crate::item_set::ItemSet;
