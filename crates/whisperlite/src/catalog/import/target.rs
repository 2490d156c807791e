//! What an import needs of whoever keeps the data. The store implements it; so the catalog does not know the store.

use std::error::Error;

use crate::catalog::types::{EventType, Item, RequestSource, TimeKind};

/// Whatever a target can fail with.
pub type TargetError = Box<dyn Error + Send + Sync>;

/// How an item became known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A file of items describes it.
    Described,
    /// Only its id is known, from an event.
    FromEvent,
}

/// What makes an event the same event when it is imported again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventId {
    /// The source's own id.
    Given(String),
    /// Hash of everything that the source says about the event, and of how often it has said so before in this import.
    Hash([u8; 16]),
}

/// An event on its way into a target.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvent {
    /// What makes it the same event when it is imported again.
    pub event_id: EventId,
    /// The user's id.
    pub user_id: String,
    /// Id of a known item.
    pub item_id: String,
    /// The words, if it came with any.
    pub request: Option<String>,
    /// What happened.
    pub event_type: EventType,
    /// Unix seconds, or the order within the user.
    pub timestamp: i64,
    /// Rating or amount, finite.
    pub value: Option<f64>,
}

/// What holds for all events of a target, and so for those of the next import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSettings {
    /// What the timestamps mean.
    pub time_kind: TimeKind,
    /// Where the requests come from.
    pub request_source: RequestSource,
}

/// How much a target holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TargetCounts {
    /// Items.
    pub items: u64,
    /// Items with the place of a picture.
    pub items_with_picture: u64,
    /// Users.
    pub users: u64,
    /// Events.
    pub events: u64,
    /// Events with a request.
    pub events_with_request: u64,
    /// Distinct requests.
    pub requests: u64,
    /// The smallest and the largest timestamp.
    pub time_range: Option<(i64, i64)>,
}

/// Keeps what an import reads.
pub trait Target {
    /// What holds for the events that are already there; `None` while there are none.
    fn settings(&self) -> Result<Option<StoredSettings>, TargetError>;

    /// Whether any item is described by more than its id.
    fn has_described_items(&self) -> Result<bool, TargetError>;

    /// Whether an item is known.
    fn has_item(&self, item_id: &str) -> bool;

    /// Adds an item, or replaces the one of the same id.
    fn put_item(&mut self, item: &Item, origin: Origin) -> Result<(), TargetError>;

    /// Replaces the text of a known item.
    fn put_item_text(&mut self, item_id: &str, text: &str) -> Result<(), TargetError>;

    /// Calls `visit` with every item, in no particular order.
    fn for_each_item(&self, visit: &mut dyn FnMut(Item)) -> Result<(), TargetError>;

    /// Adds an event of a known item; false if it is there already.
    fn add_event(&mut self, event: &NewEvent) -> Result<bool, TargetError>;

    /// Says what holds for all events from now on.
    fn put_settings(&mut self, settings: &StoredSettings) -> Result<(), TargetError>;

    /// How much there is now.
    fn counts(&self) -> Result<TargetCounts, TargetError>;
}
