//! SigLIP: CLIP's kin with a sigmoid loss, whose pictures are pooled by attention.
//!
//! The arithmetic follows `SiglipModel` of the `transformers` library. Its texts are trained at a fixed length, padding
//! included and seen, so they are embedded at that length. Checkpoints under open_clip's names (a timm vision tower, as
//! Marqo-FashionSigLIP has) are read by renaming their tensors.
//!
//! Not for: tokenizing, decoding pictures, or scaling vectors to length 1.

mod config;
mod model;
pub(crate) mod open_clip;
mod pool;

pub use config::{SiglipConfig, SiglipTextConfig, SiglipVisionConfig};
pub(crate) use model::UNUSED_TENSORS;
pub use model::{Siglip, SiglipText, SiglipVision};
pub use pool::AttentionPool;
