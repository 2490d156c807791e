//! **Which items share the request's words?**
//!
//! Rare words (a film's name, an article number) defeat every encoder, so words count on their own: a tokenizer, a
//! vocabulary, and BM25 over three kinds of documents: what an item says of itself, the requests under which it was
//! chosen before, and both.
//!
//! Not for: vectors, or reading the catalog from disk.

mod bm25;
mod documents;
mod tokenizer;

pub use bm25::{Bm25, Bm25Config};
pub use documents::{CatalogTerms, DocumentTerms, TermWeight};
pub use tokenizer::{Stemming, Tokenizer, Vocabulary};
