//! WhisperLite: recommendations that fit the request **and** the person.

pub mod catalog;
pub mod encoder;
pub mod progress;
