//! **What does everyone's behaviour say about the items, as of a moment?**
//!
//! Plain counts over an explicit list of *visible events*: training, validation, test and serving use the same
//! structures and differ only in the events that they hand over, so nothing of the test period can slip in.
//!
//! Only events that speak for an item count ([`EventType::is_positive`](crate::catalog::EventType::is_positive));
//! [`Histories`] keep everything that a person did.
//!
//! Not for: tensors, weights, or anything learned.

mod activity;
mod histories;
mod neighbours;
mod popularity;
mod recent;
mod request_counts;

pub use activity::{Activity, Times};
pub use histories::{Histories, HistoryEntry};
pub use neighbours::{NeighbourConfig, Neighbours};
pub use popularity::{ItemTimes, Popularity};
pub use recent::RecentDeeds;
pub use request_counts::RequestCounts;

use crate::catalog::{Catalog, Event};

/// The visible events that speak for their item, oldest first.
fn positive_events<'a>(catalog: &'a Catalog, visible: &'a [u32]) -> impl DoubleEndedIterator<Item = &'a Event> {
    let events = visible.iter().map(|&event_idx| &catalog.events[event_idx as usize]);
    events.filter(|event| event.event_type.is_positive())
}
