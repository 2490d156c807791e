//! WhisperLite: recommendations that fit the request **and** the person.

pub mod catalog;
pub mod loss;
pub mod model;
pub mod progress;
pub mod evaluation;
pub mod metrics { pub const MAX_CUTOFF: usize = 100; }
