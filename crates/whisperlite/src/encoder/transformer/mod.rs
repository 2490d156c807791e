//! What the architectures share: where tensors come from, the layers that are built of them, and the pre-norm block.
//!
//! Every part is a burn `Module`, so the same towers run frozen and are trained by autodiff. A part is built from a
//! `TensorSource`: a file of weights, asked strictly, or random numbers from a seed. That one path names every tensor
//! once, whether it is read or drawn.
//!
//! Not for: what a whole model looks like (see [`bert`](super::bert), [`clip`](super::clip), [`siglip`](super::siglip)).

mod block;
mod config;
mod export;
mod parts;
mod patches;
mod source;

pub(crate) use block::BlockBirth;
pub use block::{Block, Sight};
pub use config::TowerConfig;
pub(crate) use config::{RawTower, bad_value, check_tower, positive, unsupported};
pub(crate) use export::Export;
pub use export::Precision;
pub(crate) use parts::{LinearShape, Parts};
pub(crate) use patches::PatchBias;
pub use patches::Patches;
pub(crate) use source::{Birth, RandomTensors, TensorSource};
