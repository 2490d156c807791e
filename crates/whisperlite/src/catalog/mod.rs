//! **Which items, users, events and requests are there?**
//!
//! The catalog is the in-memory view of one store: everything is an index into a sorted table, so that the rooms
//! behind it work on dense integers and ties can be broken by item id without comparing strings.
//!
//! Not for: tensors, ranking, or anything learned.

mod attributes;
mod columns;
mod error;
pub mod facets;
pub mod filter;
mod formats;
pub mod import;
mod nearest;
mod read;
#[cfg(test)]
pub(crate) mod sample;
pub mod split;
mod types;
mod flat;

pub use attributes::{Attributes, SharedAttributes};
pub use error::{ImportError, RowError, RowProblem};
pub use types::{
    Catalog, Event, EventType, Item, PROVENANCE, RequestSource, SESSION_PREFIX, StoreInfo, TimeKind, user_of_session,
};
