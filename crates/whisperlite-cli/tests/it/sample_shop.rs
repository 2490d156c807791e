//! The synthetic shop of the quick start, for the tests of whole commands.

#[path = "../../../whisperlite/examples/sample_store/shop.rs"]
#[allow(dead_code, reason = "these tests draw a smaller shop and count nothing")]
mod shop;
#[path = "../../../whisperlite/examples/sample_store/vocabulary.rs"]
mod vocabulary;

pub(crate) use shop::{Shop, Size};
