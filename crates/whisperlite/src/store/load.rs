//! From the tables of the SQLite file to the [`Catalog`].

use std::collections::HashSet;
use std::path::Path;

use rusqlite::{Connection, Row};

use super::error::Unplaced;
use super::rows::{CatalogRows, EventRow, OddRow};
use super::{StoreError, schema};
use crate::catalog::{Catalog, EventType, Item, SharedAttributes};

/// Reads everything.
pub(super) fn catalog(connection: &Connection, dir: &Path) -> Result<Catalog, Unplaced> {
    // One transaction, so that an import that ends meanwhile is seen whole or not at all.
    let transaction = connection.unchecked_transaction()?;
    catalog_in_transaction(&transaction, dir)
}

/// Reads everything, inside the caller's transaction.
pub(super) fn catalog_in_transaction(connection: &Connection, dir: &Path) -> Result<Catalog, Unplaced> {
    let info = schema::info(connection, dir)?;
    let odd = |error: OddRow| StoreError::Damaged { path: dir.to_owned(), what: error.to_string() };
    let mut rows = CatalogRows::default();
    for_each_item(connection, dir, "ORDER BY item_id", &mut |key, item| Ok(rows.add_item(key, item).map_err(odd)?))?;
    removed_items(connection)?.into_iter().for_each(|key| rows.add_removed_item(key));
    for_each_text(connection, "SELECT user_key, user_id FROM users ORDER BY user_id", &mut |key, user_id| {
        rows.add_user(key, user_id).map_err(odd)
    })?;
    for_each_text(connection, "SELECT request_key, request FROM requests ORDER BY request", &mut |key, request| {
        rows.add_request(key, request).map_err(odd)
    })?;
    let sql = "SELECT user_key, item_key, request_key, event_type, timestamp, value FROM events ORDER BY event_key";
    let mut statement = connection.prepare(sql)?;
    let mut events = statement.query([])?;
    while let Some(row) = events.next()? {
        rows.add_event(event_row(row, dir)?).map_err(odd)?;
    }
    Ok(rows.finish(info))
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
    let mut shared = SharedAttributes::default();
    while let Some(row) = rows.next()? {
        visit(row.get(0)?, item(row, dir, &mut shared)?)?;
    }
    Ok(())
}

/// The item of a row of [`ITEM_COLUMNS`]; it shares what it says with the items before.
pub(super) fn item(row: &Row<'_>, dir: &Path, shared: &mut SharedAttributes) -> Result<Item, Unplaced> {
    let attributes = shared.of_json(row.get_ref(7)?.as_str().map_err(rusqlite::Error::from)?);
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

fn for_each_text(
    connection: &Connection,
    sql: &str,
    visit: &mut dyn FnMut(i64, String) -> Result<(), StoreError>,
) -> Result<(), Unplaced> {
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        visit(row.get(0)?, row.get(1)?)?;
    }
    Ok(())
}

/// The keys of the items that are removed; few, as a rule.
fn removed_items(connection: &Connection) -> Result<HashSet<i64>, Unplaced> {
    let is_there = schema::is_there(connection)?;
    let mut statement = connection.prepare(&format!("SELECT item_key FROM items WHERE NOT ({is_there})"))?;
    Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

fn event_row(row: &Row<'_>, dir: &Path) -> Result<EventRow, Unplaced> {
    let type_name = row.get_ref(3)?.as_str().map_err(rusqlite::Error::from)?;
    Ok(EventRow {
        user_key: row.get(0)?,
        item_key: row.get(1)?,
        request_key: row.get(2)?,
        event_type: event_type_named(type_name).ok_or_else(|| damaged(dir, "an event has an unknown type"))?,
        timestamp: row.get(4)?,
        value: row.get(5)?,
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

/// The event type of a name in a store's table.
pub fn event_type_named(name: &str) -> Option<EventType> {
    EVENT_TYPES.iter().find(|(n, _)| *n == name).map(|(_, event_type)| *event_type)
}

/// The name of an event type in a store's table.
pub fn event_type_name(event_type: EventType) -> &'static str {
    EVENT_TYPES.iter().find(|(_, t)| *t == event_type).map_or("", |(name, _)| name)
}

pub(super) fn damaged(dir: &Path, what: &str) -> StoreError {
    StoreError::Damaged { path: dir.to_owned(), what: what.to_owned() }
}
