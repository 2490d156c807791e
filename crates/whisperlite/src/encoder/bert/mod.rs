//! The BERT architecture, for inference: token ids in, one vector per token out.
//!
//! Frozen by design: the weights come from a file, are never trained, and no gradient is kept. The arithmetic follows
//! `BertModel` of the `transformers` library without its pooler, and the tests hold it to that library's output.
//!
//! Not for: tokenizing, or deciding what becomes of the token vectors.

mod config;
mod layer;
mod model;

pub use super::activation::Activation;
pub use config::BertConfig;
pub use model::{Bert, TokenBatch};
pub(crate) use model::{NAME_PREFIX, UNUSED_TENSORS};
