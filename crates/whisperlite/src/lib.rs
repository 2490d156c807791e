//! WhisperLite: recommendations that fit the request **and** the person.

pub mod catalog;
pub mod store;
pub mod encoder;
pub mod lexical;
pub mod signals;
mod fused;
pub mod model;
pub mod loss;
pub mod trainer;
pub mod metrics;
pub mod evaluation;
pub mod index;
pub mod recommender;
pub mod progress;
