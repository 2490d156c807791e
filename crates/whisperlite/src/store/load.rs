//! From the tables to the [`Catalog`]: keys become indices into sorted tables.

use std::collections::HashSet;
use std::path::Path;

use rusqlite::{Connection, Row};

use super::error::Unplaced;
use super::{StoreError, hash, schema};
use crate::catalog::{Catalog, Event, EventType, Item, StoreInfo, TimeKind};

/// Reads everything.
pub(super) fn catalog(connection: &Connection, dir: &Path) -> Result<Catalog, Unplaced> {
    // One transaction, so that an import that ends meanwhile is seen whole or not at all.
    let transaction = connection.unchecked_transaction()?;
    catalog_in_transaction(&transaction, dir)
}

/// Reads everything, inside the caller's transaction.
pub(super) fn catalog_in_transaction(connection: &Connection, dir: &Path) -> Result<Catalog, Unplaced> {
    let info = schema::info(connection, dir)?;
    let (item_indices, items) = items(connection, dir)?;
    let (user_indices, user_ids) = sorted_texts(connection, "SELECT user_key, user_id FROM users ORDER BY user_id")?;
    let (request_indices, requests) =
        sorted_texts(connection, "SELECT request_key, request FROM requests ORDER BY request")?;
    let indices = Indices { items: item_indices, users: user_indices, requests: request_indices };
    let events = events(connection, dir, &info, &indices)?;
    let mut catalog = Catalog::new(info, items, user_ids, requests, events);
    if catalog.info.data_hash.is_empty() {
        catalog.info.data_hash = hash::data_hash(&catalog);
    }
    Ok(catalog)
}

/// The index of every key.
struct Indices {
    items: KeyMap,
    users: KeyMap,
    requests: KeyMap,
}

/// Keys are small and dense (SQLite numbers rows from 1), so a table by key is the fastest map.
#[derive(Default)]
struct KeyMap {
    by_key: Vec<Option<u32>>,
}

impl KeyMap {
    fn insert(&mut self, key: i64, idx: usize) -> Option<()> {
        let (key, idx) = (usize::try_from(key).ok()?, u32::try_from(idx).ok()?);
        if self.by_key.len() <= key {
            self.by_key.resize(key + 1, None);
        }
        self.by_key[key] = Some(idx);
        Some(())
    }

    fn get(&self, key: i64) -> Option<u32> {
        self.by_key.get(usize::try_from(key).ok()?).copied().flatten()
    }
}

fn items(connection: &Connection, dir: &Path) -> Result<(KeyMap, Vec<Item>), Unplaced> {
    let (mut indices, mut items) = (KeyMap::default(), Vec::new());
    for_each_item(connection, dir, "ORDER BY item_id", &mut |key, item| {
        indices.insert(key, items.len()).ok_or_else(|| damaged(dir, "an item's key is out of range"))?;
        items.push(item);
        Ok(())
    })?;
    Ok((indices, items))
}

/// What [`item`] reads, after the key.
pub(super) const ITEM_COLUMNS: &str = "item_key, item_id, title, text, category, price, image, attributes";

/// Calls `visit` with the key and the content of every item that is not removed.
pub(super) fn for_each_item(
    connection: &Connection,
    dir: &Path,
    order: &str,
    visit: &mut dyn FnMut(i64, Item) -> Result<(), Unplaced>,
) -> Result<(), Unplaced> {
    let is_there = schema::is_there(connection)?;
    let sql = format!("SELECT {ITEM_COLUMNS} FROM items WHERE {is_there} {order}");
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        visit(row.get(0)?, item(row, dir)?)?;
    }
    Ok(())
}

/// The item of a row of [`ITEM_COLUMNS`].
pub(super) fn item(row: &Row<'_>, dir: &Path) -> Result<Item, Unplaced> {
    let attributes = serde_json::from_str(row.get_ref(7)?.as_str().map_err(rusqlite::Error::from)?);
    Ok(Item {
        item_id: row.get(1)?,
        title: row.get(2)?,
        text: row.get(3)?,
        category: row.get(4)?,
        price: row.get(5)?,
        image: row.get(6)?,
        attributes: attributes.map_err(|_| damaged(dir, "an item's attributes are no JSON object"))?,
    })
}

fn sorted_texts(connection: &Connection, sql: &str) -> Result<(KeyMap, Vec<String>), Unplaced> {
    let (mut indices, mut texts) = (KeyMap::default(), Vec::new());
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if indices.insert(row.get(0)?, texts.len()).is_some() {
            texts.push(row.get(1)?);
        }
    }
    Ok((indices, texts))
}

fn events(connection: &Connection, dir: &Path, info: &StoreInfo, indices: &Indices) -> Result<Vec<Event>, Unplaced> {
    let sql = "SELECT user_key, item_key, request_key, event_type, timestamp, value FROM events ORDER BY event_key";
    let removed = removed_items(connection)?;
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        if !removed.is_empty() && removed.contains(&row.get(1)?) {
            continue;
        }
        events.push(event(row, dir, indices)?);
    }
    // The sorts are stable, so the order of insertion decides among equals.
    match info.time_kind {
        TimeKind::Unix => events.sort_by_key(|event| event.timestamp),
        TimeKind::Order => events.sort_by_key(|event| (event.user_idx, event.timestamp)),
    }
    Ok(events)
}

/// The keys of the items that are removed; few, as a rule.
fn removed_items(connection: &Connection) -> Result<HashSet<i64>, Unplaced> {
    let is_there = schema::is_there(connection)?;
    let mut statement = connection.prepare(&format!("SELECT item_key FROM items WHERE NOT ({is_there})"))?;
    Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

fn event(row: &Row<'_>, dir: &Path, indices: &Indices) -> Result<Event, Unplaced> {
    let unknown = || damaged(dir, "an event names a row that does not exist");
    let request_idx = match row.get::<_, Option<i64>>(2)? {
        Some(key) => Some(indices.requests.get(key).ok_or_else(unknown)?),
        None => None,
    };
    let type_name = row.get_ref(3)?.as_str().map_err(rusqlite::Error::from)?;
    Ok(Event {
        user_idx: indices.users.get(row.get(0)?).ok_or_else(unknown)?,
        item_idx: indices.items.get(row.get(1)?).ok_or_else(unknown)?,
        request_idx,
        event_type: event_type(type_name).ok_or_else(|| damaged(dir, "an event has an unknown type"))?,
        timestamp: row.get(4)?,
        value: row.get::<_, Option<f64>>(5)?.map(|value| value as f32),
    })
}

const EVENT_TYPES: [(&str, EventType); 8] = [
    ("impression", EventType::Impression),
    ("view", EventType::View),
    ("click", EventType::Click),
    ("add_to_cart", EventType::AddToCart),
    ("remove_from_cart", EventType::RemoveFromCart),
    ("purchase", EventType::Purchase),
    ("like", EventType::Like),
    ("dislike", EventType::Dislike),
];

/// The event type of a name in the table.
pub(super) fn event_type(name: &str) -> Option<EventType> {
    EVENT_TYPES.iter().find(|(n, _)| *n == name).map(|(_, event_type)| *event_type)
}

/// The name of an event type in the table.
pub(super) fn event_type_name(event_type: EventType) -> &'static str {
    EVENT_TYPES.iter().find(|(_, t)| *t == event_type).map_or("", |(name, _)| name)
}

fn damaged(dir: &Path, what: &str) -> StoreError {
    StoreError::Damaged { path: dir.to_owned(), what: what.to_owned() }
}
