//! From the rows of a store to the [`Catalog`]: keys become indices into sorted tables.

use std::collections::HashSet;

use thiserror::Error;

use super::hash;
use crate::catalog::{Catalog, Event, EventType, Item, StoreInfo, TimeKind};

/// A row that this program never writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum OddRow {
    /// A key is negative, or there are more rows than are counted.
    #[error("a key is out of range")]
    KeyOutOfRange,
    /// An event names an item, a user or a request that is not there.
    #[error("an event names a row that does not exist")]
    UnknownKey,
}

/// An event as a row of a store has it.
#[derive(Debug, Clone, PartialEq)]
pub struct EventRow {
    /// Key of the user's row.
    pub user_key: i64,
    /// Key of the item's row.
    pub item_key: i64,
    /// Key of the request's row.
    pub request_key: Option<i64>,
    /// What happened.
    pub event_type: EventType,
    /// When, on the clock of the store's events.
    pub timestamp: i64,
    /// Rating or amount.
    pub value: Option<f64>,
}

/// A catalog in the making. Items, users and requests come first, each sorted by the bytes of its text; then the events, in the
/// order in which they were added. Every store makes its catalog with this.
#[derive(Debug, Default)]
pub struct CatalogRows {
    items_by_key: KeyMap,
    users_by_key: KeyMap,
    requests_by_key: KeyMap,
    removed: HashSet<i64>,
    items: Vec<Item>,
    user_ids: Vec<String>,
    requests: Vec<String>,
    events: Vec<Event>,
}

impl CatalogRows {
    /// Adds an item.
    pub fn add_item(&mut self, key: i64, item: Item) -> Result<(), OddRow> {
        self.items_by_key.insert(key, self.items.len())?;
        self.items.push(item);
        Ok(())
    }

    /// Leaves out an item, and its events.
    pub fn add_removed_item(&mut self, key: i64) {
        self.removed.insert(key);
    }

    /// Adds a user.
    pub fn add_user(&mut self, key: i64, user_id: String) -> Result<(), OddRow> {
        self.users_by_key.insert(key, self.user_ids.len())?;
        self.user_ids.push(user_id);
        Ok(())
    }

    /// Adds a request.
    pub fn add_request(&mut self, key: i64, request: String) -> Result<(), OddRow> {
        self.requests_by_key.insert(key, self.requests.len())?;
        self.requests.push(request);
        Ok(())
    }

    /// Adds an event, unless its item is removed.
    pub fn add_event(&mut self, row: EventRow) -> Result<(), OddRow> {
        if !self.removed.is_empty() && self.removed.contains(&row.item_key) {
            return Ok(());
        }
        let request_idx = match row.request_key {
            Some(key) => Some(self.requests_by_key.get(key)?),
            None => None,
        };
        self.events.push(Event {
            user_idx: self.users_by_key.get(row.user_key)?,
            item_idx: self.items_by_key.get(row.item_key)?,
            request_idx,
            event_type: row.event_type,
            timestamp: row.timestamp,
            value: row.value.map(|value| value as f32),
        });
        Ok(())
    }

    /// The catalog of all that was added. The hash of the data is made where `info` has none.
    pub fn finish(mut self, info: StoreInfo) -> Catalog {
        // The sorts are stable, so the order of insertion decides among equals.
        match info.time_kind {
            TimeKind::Unix => self.events.sort_by_key(|event| event.timestamp),
            TimeKind::Order => self.events.sort_by_key(|event| (event.user_idx, event.timestamp)),
        }
        let mut catalog = Catalog::new(info, self.items, self.user_ids, self.requests, self.events);
        if catalog.info.data_hash.is_empty() {
            catalog.info.data_hash = hash::data_hash(&catalog);
        }
        catalog
    }
}

/// Keys are small and dense (stores number rows from 1), so a table by key is the fastest map.
#[derive(Debug, Default)]
struct KeyMap {
    by_key: Vec<Option<u32>>,
}

impl KeyMap {
    fn insert(&mut self, key: i64, idx: usize) -> Result<(), OddRow> {
        let key = usize::try_from(key).map_err(|_| OddRow::KeyOutOfRange)?;
        let idx = u32::try_from(idx).map_err(|_| OddRow::KeyOutOfRange)?;
        if self.by_key.len() <= key {
            self.by_key.resize(key + 1, None);
        }
        self.by_key[key] = Some(idx);
        Ok(())
    }

    fn get(&self, key: i64) -> Result<u32, OddRow> {
        let known = usize::try_from(key).ok().and_then(|key| self.by_key.get(key).copied().flatten());
        known.ok_or(OddRow::UnknownKey)
    }
}
