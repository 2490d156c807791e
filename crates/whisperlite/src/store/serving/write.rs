//! Many writes in one transaction.

use std::collections::HashMap;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::{Put, Recorded, Removal, ServedEvent, Write, Written};
use crate::catalog::import::Origin;
use crate::catalog::{Item, TimeKind};
use crate::store::error::Unplaced;
use crate::store::load::event_type_name;
use crate::store::schema;
use crate::store::writer::{put_item, put_item_change};

/// Does all of it, or nothing.
pub(super) fn write(
    connection: &mut Connection,
    dir: &Path,
    time_kind: TimeKind,
    writes: &[Write],
) -> Result<Vec<Written>, Unplaced> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let before = schema::sequence(&transaction)?;
    let mut batch = Batch {
        transaction: &transaction,
        dir,
        time_kind,
        sequence: before,
        items: HashMap::new(),
        users: HashMap::new(),
        requests: HashMap::new(),
    };
    let written = writes.iter().map(|write| batch.write(write)).collect::<Result<_, _>>()?;
    let after = batch.sequence;
    if after > before {
        schema::remove_meta(&transaction, "data_hash")?;
        transaction.commit()?;
    }
    Ok(written)
}

/// What is known inside of one transaction: no other writer can change it meanwhile, and nothing of it outlives a failure.
struct Batch<'a> {
    transaction: &'a Transaction<'a>,
    dir: &'a Path,
    time_kind: TimeKind,
    /// The number of the last change.
    sequence: i64,
    /// Keys of items by id; `None` for one that is not there or is removed.
    items: HashMap<&'a str, Option<i64>>,
    users: HashMap<&'a str, i64>,
    requests: HashMap<&'a str, i64>,
}

impl<'a> Batch<'a> {
    fn write(&mut self, write: &'a Write) -> Result<Written, Unplaced> {
        Ok(match write {
            Write::Events(events) => {
                Written::Events(events.iter().map(|event| self.add_event(event)).collect::<Result<_, _>>()?)
            }
            Write::PutItems(items) => {
                Written::Items(items.iter().map(|item| self.put_item(item)).collect::<Result<_, _>>()?)
            }
            Write::RemoveItems(ids) => {
                Written::Removed(ids.iter().map(|id| self.remove_item(id)).collect::<Result<_, _>>()?)
            }
        })
    }

    fn add_event(&mut self, event: &'a ServedEvent) -> Result<Recorded, Unplaced> {
        let Some(item) = self.item(&event.item_id)? else {
            return Ok(if self.has_event(event)? { Recorded::Repeated } else { Recorded::UnknownItem });
        };
        let user = known_key(self.transaction, &mut self.users, USER, &event.user_id)?;
        let request = match &event.request {
            Some(request) => known_key(self.transaction, &mut self.requests, REQUEST, request)?,
            None => None,
        };
        // An event that is there already brings no user and no request with it. Where both are known the index finds that out by
        // itself.
        let brings_something = user.is_none() || (event.request.is_some() && request.is_none());
        if brings_something && self.has_event(event)? {
            return Ok(Recorded::Repeated);
        }
        let user = match user {
            Some(user) => user,
            None => new_key(self.transaction, &mut self.users, USER, &event.user_id)?,
        };
        let request = match (&event.request, request) {
            (Some(words), None) => Some(new_key(self.transaction, &mut self.requests, REQUEST, words)?),
            (_, request) => request,
        };
        let timestamp = match self.time_kind {
            TimeKind::Unix => event.timestamp,
            TimeKind::Order => {
                let sql = "SELECT COALESCE(MAX(timestamp) + 1, 0) FROM events WHERE user_key = ?1";
                self.transaction.prepare_cached(sql)?.query_row([user], |row| row.get(0))?
            }
        };
        let sequence = self.sequence + 1;
        let sql =
            "INSERT INTO events (event_key, event_id, user_key, item_key, request_key, event_type, timestamp, value)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (event_id) DO NOTHING";
        let type_name = event_type_name(event.event_type);
        let values = params![sequence, event.event_id, user, item, request, type_name, timestamp, event.value];
        if self.transaction.prepare_cached(sql)?.execute(values)? == 0 {
            return Ok(Recorded::Repeated);
        }
        self.sequence = sequence;
        self.add_place(event)?;
        Ok(Recorded::New { timestamp })
    }

    fn has_event(&self, event: &ServedEvent) -> Result<bool, Unplaced> {
        let mut statement = self.transaction.prepare_cached("SELECT 1 FROM events WHERE event_id = ?1")?;
        Ok(statement.exists([&event.event_id])?)
    }

    /// Where the event happened, if it says so.
    fn add_place(&self, event: &ServedEvent) -> Result<(), Unplaced> {
        let ServedEvent { session_id, query_id, position, .. } = event;
        if session_id.is_some() || query_id.is_some() || position.is_some() {
            let sql = "INSERT INTO served_events (event_key, session_id, query_id, position) VALUES (?1, ?2, ?3, ?4)";
            let values = params![self.sequence, session_id, query_id, position];
            self.transaction.prepare_cached(sql)?.execute(values)?;
        }
        Ok(())
    }

    fn put_item(&mut self, item: &'a Item) -> Result<Put, Unplaced> {
        let was_there = self.item(&item.item_id)?.is_some();
        let item_key = put_item(self.transaction, self.dir, item, Origin::Described)?;
        self.items.insert(&item.item_id, Some(item_key));
        self.note_change(item_key)?;
        Ok(if was_there { Put::Replaced } else { Put::Created })
    }

    fn remove_item(&mut self, item_id: &'a str) -> Result<Removal, Unplaced> {
        let Some(item_key) = self.item(item_id)? else { return Ok(Removal::UnknownItem) };
        self.transaction.prepare_cached("UPDATE items SET removed = 1 WHERE item_key = ?1")?.execute([item_key])?;
        self.items.insert(item_id, None);
        self.note_change(item_key)?;
        Ok(Removal::Removed)
    }

    fn note_change(&mut self, item_key: i64) -> Result<(), Unplaced> {
        self.sequence += 1;
        put_item_change(self.transaction, self.sequence, item_key)
    }

    /// The key of an item that is there.
    fn item(&mut self, item_id: &'a str) -> Result<Option<i64>, Unplaced> {
        if let Some(known) = self.items.get(item_id) {
            return Ok(*known);
        }
        let sql = "SELECT item_key FROM items WHERE item_id = ?1 AND NOT removed";
        let found = self.transaction.prepare_cached(sql)?.query_row([item_id], |row| row.get(0)).optional()?;
        self.items.insert(item_id, found);
        Ok(found)
    }
}

/// How a user is found and added.
const USER: [&str; 2] = ["SELECT user_key FROM users WHERE user_id = ?1", "INSERT INTO users (user_id) VALUES (?1)"];
/// How a request is found and added.
const REQUEST: [&str; 2] =
    ["SELECT request_key FROM requests WHERE request = ?1", "INSERT INTO requests (request) VALUES (?1)"];

/// The key of a text that is there; `sql` finds it and adds it.
fn known_key<'a>(
    transaction: &Transaction<'_>,
    known: &mut HashMap<&'a str, i64>,
    sql: [&str; 2],
    text: &'a str,
) -> Result<Option<i64>, Unplaced> {
    if let Some(&key) = known.get(text) {
        return Ok(Some(key));
    }
    let found = transaction.prepare_cached(sql[0])?.query_row([text], |row| row.get(0)).optional()?;
    if let Some(key) = found {
        known.insert(text, key);
    }
    Ok(found)
}

/// The key of a text that is not there yet; `sql` finds it and adds it.
fn new_key<'a>(
    transaction: &Transaction<'_>,
    known: &mut HashMap<&'a str, i64>,
    sql: [&str; 2],
    text: &'a str,
) -> Result<i64, Unplaced> {
    transaction.prepare_cached(sql[1])?.execute([text])?;
    let key = transaction.last_insert_rowid();
    known.insert(text, key);
    Ok(key)
}
