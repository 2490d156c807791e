//! **What do a thing and words about it mean together?** Training of an encoder's [`Composer`](crate::encoder::Composer) on triples:
//! a thing, what is said about it, and the thing that was meant.
//!
//! Not for: the encoder itself, which stays as it is (see [`tune`](super::tune)).

mod config;
mod error;
mod fit;
mod measure;
mod triples;

pub use config::ComposeConfig;
pub use error::ComposeError;
pub use fit::{ComposeEpoch, compose};
pub use measure::ndcg_of;
pub use triples::{Thing, Triple, Triples, read_triples};
