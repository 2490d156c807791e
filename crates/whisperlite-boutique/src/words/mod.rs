//! Words for looks and pieces: captions, titles, descriptions, and how people say things.
//!
//! Not for: requests, which also have a meaning (see `request`).

pub(crate) mod terms;
pub(crate) mod phrase;
pub(crate) mod listing;
pub(crate) mod typo;

pub use phrase::{caption, loose_caption};
