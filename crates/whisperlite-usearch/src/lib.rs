//! **Approximate search, for those who ask for it**: the HNSW graph of [`usearch`](https://github.com/unum-cloud/USearch)
//! over the vectors of a large catalogue.
//!
//! The index of the library is exact, and a filter never costs it anything. A graph visits a few thousand items instead of all,
//! and misses some of the best: how many depends on the vectors, on the filter and on [`HnswConfig`]. So nothing here promises a
//! recall: [`recall_at_k`] says what it is, against the exact answer of the same vectors, and stands beside every speed that we quote.
//!
//! A crate of its own, and a workspace of its own, because it alone needs a C++ library; it knows vectors and numbers of items, and nothing
//! of the recommender. With the feature `kernels` that library brings its own vector
//! instructions for every processor, which takes minutes to compile; without it the compiler's least common ones are used.
//!
//! ```
//! use whisperlite_usearch::{HnswConfig, HnswIndex};
//!
//! let mut index = HnswIndex::build(2, &[1.0, 0.0, 0.0, 1.0, 0.6, 0.8], HnswConfig::default())?;
//! index.put(3, &[0.8, 0.6])?;
//! let found = index.search_where(&[1.0, 0.0], 2, |item_idx| item_idx != 0)?;
//! assert_eq!(found[0].iter().map(|hit| hit.item_idx).collect::<Vec<_>>(), [3, 2]);
//! # Ok::<(), whisperlite_usearch::HnswError>(())
//! ```
//!
//! `examples/measure.rs` times it for `whisperlite bench exact-search --hnsw`, beside exact search of the same vectors.
//!
//! Not for: answers that must not miss anything, or catalogues that exact search is fast enough for.

mod config;
mod error;
mod hit;
mod index;
mod file;
mod recall;

pub use config::HnswConfig;
pub use error::HnswError;
pub use hit::{Hit, by_rank};
pub use index::HnswIndex;
pub use recall::recall_at_k;
