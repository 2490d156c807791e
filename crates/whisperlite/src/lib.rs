//! WhisperLite: recommendations that fit the request **and** the person.

pub mod catalog;
pub mod evaluation;
pub mod metrics;
pub mod progress;
