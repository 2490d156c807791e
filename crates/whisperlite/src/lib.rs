//! WhisperLite: recommendations that fit the request **and** the person.

pub mod catalog;
pub mod evaluation;
pub mod lexical;
pub mod metrics;
pub mod progress;
pub mod signals;
