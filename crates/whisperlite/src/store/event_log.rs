//! Events that come one by one: each is on the disk when it is acknowledged, and is stored once however often it is sent.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::error::Unplaced;
use super::keys::{self, ApiKey, KeyHash, NewKey, Revocation};
use super::load::event_type_name;
use super::{FILE_NAME, StoreError, schema};
use crate::catalog::{EventType, RequestSource, TimeKind};

/// An event as a server hands it over.
#[derive(Debug, Clone, PartialEq)]
pub struct ServedEvent {
    /// Makes it the same event when it is sent again.
    pub event_id: String,
    /// Who did it; of an unknown visitor [`user_of_session`](crate::catalog::user_of_session).
    pub user_id: String,
    /// With what item.
    pub item_id: String,
    /// The words under which it happened.
    pub request: Option<String>,
    /// What happened.
    pub event_type: EventType,
    /// When, in Unix seconds. A store that keeps only the order of each user's events puts it last instead.
    pub timestamp: i64,
    /// Rating or amount.
    pub value: Option<f64>,
    /// The visit.
    pub session_id: Option<String>,
    /// The answer in which the item was found.
    pub query_id: Option<String>,
    /// The item's place in that answer, from 1.
    pub position: Option<u32>,
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// It is on the disk.
    New {
        /// When it happened, on the clock of the store's events.
        timestamp: i64,
    },
    /// An event of this id was there already, and stays as it is.
    Repeated,
    /// The store has no such item; nothing was written.
    UnknownItem,
}

/// A store that takes single events.
///
/// Every commit is synced, so that an acknowledged event survives the death of the process and of the machine. Readers and
/// imports may work beside it.
#[derive(Debug)]
pub struct EventLog {
    path: PathBuf,
    connection: Connection,
    time_kind: TimeKind,
}

impl EventLog {
    /// Opens the log of the store in `dir`, which must exist. A store of an older version is brought up to date.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        let path = dir.join(FILE_NAME);
        let mut connection = schema::open(&path)?;
        let time_kind = prepare(&mut connection, dir).map_err(|error| error.at(&path))?;
        Ok(Self { path, connection, time_kind })
    }

    /// What the timestamps of the store mean.
    pub fn time_kind(&self) -> TimeKind {
        self.time_kind
    }

    /// Adds an event. When this returns without an error, the event is on the disk.
    pub fn add(&mut self, event: &ServedEvent) -> Result<Recorded, StoreError> {
        add(&mut self.connection, self.time_kind, event).map_err(|error| error.at(&self.path))
    }

    /// Adds a key.
    pub fn add_key(&mut self, key: &NewKey) -> Result<ApiKey, StoreError> {
        keys::add(&self.connection, &self.path, key).map_err(|error| error.at(&self.path))
    }

    /// All keys, the revoked ones too, oldest first.
    pub fn keys(&mut self) -> Result<Vec<ApiKey>, StoreError> {
        keys::all(&self.connection, &self.path).map_err(|error| error.at(&self.path))
    }

    /// The key of a hash, be it revoked or not.
    pub fn find_key(&mut self, hash: &KeyHash) -> Result<Option<ApiKey>, StoreError> {
        keys::find(&self.connection, &self.path, hash).map_err(|error| error.at(&self.path))
    }

    /// Makes a key open nothing any more.
    pub fn revoke_key(&mut self, key_id: i64) -> Result<Revocation, StoreError> {
        keys::revoke(&self.connection, key_id).map_err(|error| error.at(&self.path))
    }
}

impl Drop for EventLog {
    fn drop(&mut self) {
        // If somebody else reads right now, the log stays beside the file, and whoever opens the store next takes it in.
        let _ = schema::into_one_file(&self.connection);
    }
}

fn prepare(connection: &mut Connection, dir: &Path) -> Result<TimeKind, Unplaced> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    schema::migrate(&transaction)?;
    let time_kind = match schema::json_meta(&transaction, dir, "time_kind")? {
        Some(time_kind) => time_kind,
        // No event came before: these are the first, with times and in the people's own words.
        None => {
            let damaged =
                |error: serde_json::Error| StoreError::Damaged { path: dir.to_owned(), what: error.to_string() };
            let time_kind = serde_json::to_string(&TimeKind::Unix).map_err(damaged)?;
            let request_source = serde_json::to_string(&RequestSource::Column).map_err(damaged)?;
            schema::put_meta(&transaction, "time_kind", &time_kind)?;
            schema::put_meta(&transaction, "request_source", &request_source)?;
            TimeKind::Unix
        }
    };
    transaction.commit()?;
    Ok(time_kind)
}

fn add(connection: &mut Connection, time_kind: TimeKind, event: &ServedEvent) -> Result<Recorded, Unplaced> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if transaction.prepare_cached("SELECT 1 FROM events WHERE event_id = ?1")?.exists([&event.event_id])? {
        return Ok(Recorded::Repeated);
    }
    let item_sql = "SELECT item_key FROM items WHERE item_id = ?1 AND NOT removed";
    let item: Option<i64> =
        transaction.prepare_cached(item_sql)?.query_row([&event.item_id], |row| row.get(0)).optional()?;
    let Some(item) = item else { return Ok(Recorded::UnknownItem) };
    let user_sql = ["SELECT user_key FROM users WHERE user_id = ?1", "INSERT INTO users (user_id) VALUES (?1)"];
    let user = key_of(&transaction, user_sql, &event.user_id)?;
    let request_sql =
        ["SELECT request_key FROM requests WHERE request = ?1", "INSERT INTO requests (request) VALUES (?1)"];
    let request = match &event.request {
        Some(request) => Some(key_of(&transaction, request_sql, request)?),
        None => None,
    };
    let timestamp = match time_kind {
        TimeKind::Unix => event.timestamp,
        TimeKind::Order => {
            let sql = "SELECT COALESCE(MAX(timestamp) + 1, 0) FROM events WHERE user_key = ?1";
            transaction.prepare_cached(sql)?.query_row([user], |row| row.get(0))?
        }
    };
    let sequence = schema::sequence(&transaction)? + 1;
    let sql = "INSERT INTO events (event_key, event_id, user_key, item_key, request_key, event_type, timestamp, value)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let type_name = event_type_name(event.event_type);
    let values = params![sequence, event.event_id, user, item, request, type_name, timestamp, event.value];
    transaction.prepare_cached(sql)?.execute(values)?;
    let ServedEvent { session_id, query_id, position, .. } = event;
    let sql = "INSERT INTO served_events (event_key, session_id, query_id, position) VALUES (?1, ?2, ?3, ?4)";
    let values = params![sequence, session_id, query_id, position];
    transaction.prepare_cached(sql)?.execute(values)?;
    schema::remove_meta(&transaction, "data_hash")?;
    transaction.commit()?;
    Ok(Recorded::New { timestamp })
}

/// The key of a text; `sql` finds it and adds it.
fn key_of(transaction: &Transaction<'_>, sql: [&str; 2], text: &str) -> Result<i64, Unplaced> {
    let [find, insert] = sql;
    let found = transaction.prepare_cached(find)?.query_row([text], |row| row.get(0)).optional()?;
    match found {
        Some(key) => Ok(key),
        None => {
            transaction.prepare_cached(insert)?.execute([text])?;
            Ok(transaction.last_insert_rowid())
        }
    }
}
