//! What was written since a moment, in the order of commits.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{Change, Changed, FollowedEvent, Since};
use crate::catalog::SharedAttributes;
use crate::store::StoreError;
use crate::store::error::Unplaced;
use crate::store::load::{ITEM_COLUMNS, event_type_named, item};

/// At most `limit` changes after the one numbered `sequence`. The store is of the newest version.
pub(super) fn since(connection: &Connection, dir: &Path, sequence: i64, limit: usize) -> Result<Vec<Change>, Unplaced> {
    // One transaction, so that both tables are of one moment.
    let transaction = connection.unchecked_transaction()?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut changes = events(&transaction, dir, sequence, limit)?;
    let of_items = items(&transaction, dir, sequence, limit)?;
    if !of_items.is_empty() {
        changes.extend(of_items);
        changes.sort_unstable_by_key(|change| change.sequence);
        changes.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    }
    Ok(changes)
}

/// What tells the change of this number from any other of the same store; `None` if there is none.
pub(super) fn mark(connection: &Connection, sequence: i64) -> Result<Option<String>, Unplaced> {
    let one = |sql: &str| connection.prepare_cached(sql)?.query_row([sequence], |row| row.get(0)).optional();
    let event: Option<String> = one("SELECT 'event ' || hex(event_id) FROM events WHERE event_key = ?1")?;
    if event.is_some() {
        return Ok(event);
    }
    Ok(one("SELECT 'item ' || item_id FROM item_changes JOIN items USING (item_key) WHERE sequence = ?1")?)
}

/// How many changes came after the one numbered `sequence`.
pub(super) fn count_since(connection: &Connection, sequence: i64) -> Result<Since, Unplaced> {
    let count = |sql: &str| connection.prepare_cached(sql)?.query_row([sequence], |row| row.get::<_, i64>(0));
    Ok(Since {
        n_events: count("SELECT COUNT(*) FROM events WHERE event_key > ?1")?.unsigned_abs(),
        n_items: count("SELECT COUNT(*) FROM item_changes WHERE sequence > ?1")?.unsigned_abs(),
    })
}

fn events(connection: &Connection, dir: &Path, sequence: i64, limit: i64) -> Result<Vec<Change>, Unplaced> {
    let sql = "SELECT event_key, user_id, item_id, request, event_type, timestamp, value
               FROM events CROSS JOIN users USING (user_key) CROSS JOIN items USING (item_key)
               LEFT JOIN requests USING (request_key)
               WHERE event_key > ?1 ORDER BY event_key LIMIT ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![sequence, limit])?;
    let mut changes = Vec::new();
    while let Some(row) = rows.next()? {
        changes.push(Change { sequence: row.get(0)?, what: Changed::Event(event(row, dir)?) });
    }
    Ok(changes)
}

fn event(row: &Row<'_>, dir: &Path) -> Result<FollowedEvent, Unplaced> {
    let type_name = row.get_ref(4)?.as_str().map_err(rusqlite::Error::from)?;
    let unknown = || StoreError::Damaged { path: dir.to_owned(), what: format!("an event has the type {type_name:?}") };
    Ok(FollowedEvent {
        user_id: row.get(1)?,
        item_id: row.get(2)?,
        request: row.get(3)?,
        event_type: event_type_named(type_name).ok_or_else(unknown)?,
        timestamp: row.get(5)?,
        value: row.get(6)?,
    })
}

fn items(connection: &Connection, dir: &Path, sequence: i64, limit: i64) -> Result<Vec<Change>, Unplaced> {
    let sql = format!(
        "SELECT {ITEM_COLUMNS}, removed, sequence FROM item_changes CROSS JOIN items USING (item_key)
         WHERE sequence > ?1 ORDER BY sequence LIMIT ?2"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params![sequence, limit])?;
    let (mut changes, mut shared) = (Vec::new(), SharedAttributes::default());
    while let Some(row) = rows.next()? {
        let what = if row.get(8)? {
            Changed::ItemRemoved(row.get(1)?)
        } else {
            Changed::ItemPut(item(row, dir, &mut shared)?)
        };
        changes.push(Change { sequence: row.get(9)?, what });
    }
    Ok(changes)
}
