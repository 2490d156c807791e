//! **Which weights of an encoder?** Contrastive training of both towers of a CLIP on pictures and what is said about them
//! (Radford et al., arXiv:2103.00020): to fit one to a catalogue, or to make one from nothing.
//!
//! Not for: what a tower is (see [`crate::encoder::clip`]), or anything about people.

mod augment;
mod batches;
mod config;
mod error;
mod fit;
mod pairs;
mod recall;
mod step;

pub use config::TuneConfig;
pub use error::TuneError;
pub use fit::{TuneEpoch, Tuned, tune};
pub use pairs::{Captioned, captioned_items, read_pairs};
