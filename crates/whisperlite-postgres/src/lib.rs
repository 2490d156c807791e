//! **A store in PostgreSQL**, shared by several servers: the same [`ServingStore`] that a folder's SQLite file is.
//!
//! Writers take turns by a lock of the database that they hold until their commit is visible to all. So the numbers of changes
//! are in the order of commits, and whoever follows them skips none. Each server keeps its own engine and follows.
//!
//! A lost connection is made anew, and what was under way is done again: an event is stored once however often it is sent.
//! There is no TLS: the database is on the same machine, in a private network, or behind a tunnel.
//!
//! Not for: embeddings and models, which lie in each server's folder.

mod address;
mod error;
mod fill;
mod keys;
mod read;
mod schema;
mod session;
mod store;
mod studies;
mod write;

pub use address::{Address, AddressError};
pub use fill::{Filled, fill};
pub use store::PostgresStore;
#[doc(no_inline)]
pub use whisperlite::store::ServingStore;
