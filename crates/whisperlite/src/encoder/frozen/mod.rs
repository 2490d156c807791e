//! The towers of CLIP and its kin on the CPU, for inference alone.
//!
//! Same numbers as the burn modules that they are made of, from the same weights arranged anew (see
//! [`fused`](crate::fused)). Texts of different lengths stand behind one another without padding, what all of them begin
//! with is computed once where nothing behind it changes it, and the last block computes only the rows that are pooled. Without it, one short text alone took four times as long as reading the weights once.
//!
//! Not for: training, or devices other than the CPU.

mod block;
mod crew;
mod layers;
mod text;
mod vision;

use block::{Sequences, Stack};
pub(super) use crew::Crew;
pub(super) use text::FrozenText;
pub(super) use vision::FrozenVision;
