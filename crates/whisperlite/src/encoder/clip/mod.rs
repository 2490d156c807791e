//! CLIP: one tower for texts and one for pictures, whose vectors lie in one space.
//!
//! The arithmetic follows `CLIPModel` of the `transformers` library, and the tests hold it to that library's output. The
//! towers are burn modules: [`Clip::random`] makes them from a seed, autodiff trains them, [`Clip::save`] writes a folder
//! that [`open`](super::open) and `transformers` read.
//!
//! Not for: tokenizing, decoding pictures, or scaling vectors to length 1.

mod config;
mod model;
mod save;
mod text;
mod vision;
mod whole;

pub use config::{ClipConfig, ClipTextConfig, ClipVisionConfig, TextEnd};
pub use model::Clip;
pub(crate) use model::UNUSED_TENSORS;
pub use save::ClipFiles;
pub use text::ClipText;
pub use vision::ClipVision;
pub use whole::ClipModel;
