//! The tables of a store, its format version, and how its file is opened.

use std::path::Path;
use std::time::Duration;

use rusqlite::types::Value;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, params, params_from_iter};

use super::StoreError;
use super::error::Unplaced;
use crate::catalog::{RequestSource, StoreInfo, TimeKind};

/// Version of the tables below. Every version that was ever written has a fixture that a test opens.
///
/// Version 1 lacked `served_events`, version 2 what `CHANGES` adds, version 3 what `STUDIES` adds. All are read as they are, and
/// brought up to date by whoever writes.
pub const FORMAT_VERSION: i64 = 4;

/// The oldest version that is read.
const OLDEST_VERSION: i64 = 1;

/// Marks the file as ours: "WSPL" in ASCII.
const APPLICATION_ID: i64 = 0x5753_504c;

const TABLES: &str = "
    -- What the store says about itself: dataset, time_kind, request_source, data_hash; store_id from when it is first served. The
    -- hash is missing from the first
    -- event that is added singly until the next import, and is then made by whoever reads.
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE items (
        item_key INTEGER PRIMARY KEY,
        item_id TEXT NOT NULL UNIQUE,
        title TEXT NOT NULL,
        text TEXT NOT NULL,
        category TEXT NOT NULL,
        price REAL,
        image TEXT,
        attributes TEXT NOT NULL,    -- a JSON object of texts
        described INTEGER NOT NULL   -- 0: only the id is known, from an event
    ) STRICT;
    CREATE TABLE users (user_key INTEGER PRIMARY KEY, user_id TEXT NOT NULL UNIQUE) STRICT;
    CREATE TABLE requests (request_key INTEGER PRIMARY KEY, request TEXT NOT NULL UNIQUE) STRICT;
    -- event_key grows with every event, so it is the order of insertion. Since version 3 it is the event's sequence number.
    CREATE TABLE events (
        event_key INTEGER PRIMARY KEY,
        event_id ANY NOT NULL UNIQUE, -- the source's own id as text, or a hash of 16 bytes
        user_key INTEGER NOT NULL REFERENCES users,
        item_key INTEGER NOT NULL REFERENCES items,
        request_key INTEGER REFERENCES requests,
        event_type TEXT NOT NULL,
        timestamp INTEGER NOT NULL,
        value REAL
    ) STRICT;
";

/// What version 2 added: what an event that came through the server says about where it happened.
const SERVED_EVENTS: &str = "
    CREATE TABLE served_events (
        event_key INTEGER PRIMARY KEY REFERENCES events,
        session_id TEXT,
        query_id TEXT,    -- of the answer in which the item was found
        position INTEGER  -- in that answer, from 1
    ) STRICT;
";

/// What version 3 added: items that are removed but not forgotten, what happened to items, and the keys of clients.
///
/// Events and what happens to items are numbered by one row of numbers, the *sequence*: an event's is its `event_key`, and the
/// next number is always greater than all in both tables. Writers come one after the other, so this is the order of commits.
/// What was there before version 3 has no rows here: who follows begins with the whole catalog.
const CHANGES: &str = "
    ALTER TABLE items ADD COLUMN removed INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX removed_items ON items (item_key) WHERE removed;
    -- What an item is now stands in its row; here stands only that it was put or removed.
    CREATE TABLE item_changes (
        sequence INTEGER PRIMARY KEY,
        item_key INTEGER NOT NULL REFERENCES items
    ) STRICT;
    CREATE TABLE api_keys (
        key_id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL,
        hash BLOB NOT NULL UNIQUE,   -- SHA-256 of the key, which is not kept
        scopes TEXT NOT NULL,        -- names, joined by commas
        created_at INTEGER NOT NULL, -- Unix seconds, like the next
        revoked_at INTEGER
    ) STRICT;
";

/// What version 4 added: the logs of studies, and the files of the model in use.
const STUDIES: &str = "
    CREATE TABLE study_records (
        record_key INTEGER PRIMARY KEY AUTOINCREMENT,
        study TEXT NOT NULL,
        record_id TEXT NOT NULL,     -- makes it the same record when it is added again
        rater TEXT,                  -- whose it is
        kind TEXT NOT NULL,
        document TEXT NOT NULL,      -- JSON
        written_at INTEGER NOT NULL, -- Unix seconds
        UNIQUE (study, record_id)
    ) STRICT;
    -- Of whom nothing is to be added any more.
    CREATE TABLE forgotten_raters (study TEXT NOT NULL, rater TEXT NOT NULL, PRIMARY KEY (study, rater)) STRICT;
    CREATE TABLE model_files (
        path TEXT NOT NULL,
        part INTEGER NOT NULL,       -- from 0; all but the last are of the same length
        bytes BLOB NOT NULL,
        PRIMARY KEY (path, part)
    ) STRICT;
    CREATE INDEX study_records_of_raters ON study_records (study, rater) WHERE rater IS NOT NULL;
";

/// How long to wait for another process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Opens the file of a store that exists, and checks that it is one of ours.
///
/// It is opened for writing even when it will only be read: the journal of a killed import is rolled back on the way.
pub(super) fn open(path: &Path) -> Result<Connection, StoreError> {
    if !path.is_file() {
        return Err(StoreError::Missing { path: path.to_owned() });
    }
    let connection = connect(path, OpenFlags::empty())?;
    let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let application_id = pragma("application_id").map_err(|error| Unplaced::from(error).at(path))?;
    if application_id != APPLICATION_ID {
        return Err(StoreError::NotAStore { path: path.to_owned() });
    }
    let found = pragma("user_version").map_err(|error| Unplaced::from(error).at(path))?;
    if !(OLDEST_VERSION..=FORMAT_VERSION).contains(&found) {
        return Err(StoreError::UnknownVersion { path: path.to_owned(), found, supported: FORMAT_VERSION });
    }
    Ok(connection)
}

/// Gives up the write-ahead log, so that the store is one file again; false if somebody else has it open.
pub(super) fn into_one_file(connection: &Connection) -> Result<bool, Unplaced> {
    let mode = connection.pragma_update_and_check(None, "journal_mode", "DELETE", |row| row.get::<_, String>(0));
    match mode {
        Ok(mode) => Ok(mode != "wal"),
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Brings the tables up to date, inside the caller's transaction.
pub(super) fn migrate(connection: &Connection) -> Result<(), Unplaced> {
    let found = version(connection)?;
    if found < 2 {
        connection.execute_batch(SERVED_EVENTS)?;
    }
    if found < 3 {
        connection.execute_batch(CHANGES)?;
    }
    if found < 4 {
        connection.execute_batch(STUDIES)?;
    }
    if found < FORMAT_VERSION {
        connection.pragma_update(None, "user_version", FORMAT_VERSION)?;
    }
    Ok(())
}

fn version(connection: &Connection) -> Result<i64, Unplaced> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

/// The condition by which a statement over `items` leaves out those that are removed; in a store of an earlier version none is.
pub(super) fn is_there(connection: &Connection) -> Result<&'static str, Unplaced> {
    Ok(if version(connection)? < 3 { "1" } else { "NOT removed" })
}

/// Whether the store keeps where events happened.
pub(super) fn has_places(connection: &Connection) -> Result<bool, Unplaced> {
    Ok(version(connection)? >= 2)
}

/// Whether the store keeps keys of clients.
pub(super) fn has_keys(connection: &Connection) -> Result<bool, Unplaced> {
    Ok(version(connection)? >= 3)
}

/// Whether the store keeps the logs of studies.
pub(super) fn has_studies(connection: &Connection) -> Result<bool, Unplaced> {
    Ok(version(connection)? >= 4)
}

/// The number of the last event or change of an item; 0 if there was none.
pub(super) fn sequence(connection: &Connection) -> Result<i64, Unplaced> {
    let events = "SELECT COALESCE(MAX(event_key), 0) FROM events";
    let last = |sql: &str| connection.prepare_cached(sql)?.query_row([], |row| row.get::<_, i64>(0));
    let of_events = last(events)?;
    if version(connection)? < 3 {
        return Ok(of_events);
    }
    Ok(of_events.max(last("SELECT COALESCE(MAX(sequence), 0) FROM item_changes")?))
}

/// Copies what no file of an import can give back: the keys of clients, the logs of studies, and the model of the old store at `path`. If any of it cannot be
/// read, nothing is replaced: what people said is not lost without a word.
pub(super) fn carry_over(old: &Connection, path: &Path, new: &Connection) -> Result<(), Unplaced> {
    let unread = |error: rusqlite::Error| StoreError::NotCarriedOver { path: path.to_owned(), what: error.to_string() };
    let found = version(old)?;
    for (table, since, columns) in
        [("api_keys", 3, 6), ("study_records", 4, 7), ("forgotten_raters", 4, 2), ("model_files", 4, 3)]
    {
        if found < since {
            continue;
        }
        let values = vec!["?"; columns].join(", ");
        let mut insert = new.prepare(&format!("INSERT INTO {table} VALUES ({values})"))?;
        let mut select = old.prepare(&format!("SELECT * FROM {table}")).map_err(unread)?;
        let mut rows = select.query([]).map_err(unread)?;
        while let Some(row) = rows.next().map_err(unread)? {
            let row: Vec<Value> =
                (0..columns).map(|column| row.get(column)).collect::<Result<_, _>>().map_err(unread)?;
            insert.execute(params_from_iter(row))?;
        }
    }
    if let Some(model) = super::models::name(old)? {
        super::models::put_name(new, &model)?;
    }
    Ok(())
}

/// Opens the file of a store to be.
pub(super) fn create(path: &Path) -> Result<Connection, StoreError> {
    connect(path, OpenFlags::SQLITE_OPEN_CREATE)
}

fn connect(path: &Path, extra: OpenFlags) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | extra;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| Unplaced::from(error).at(path))?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(|error| Unplaced::from(error).at(path))?;
    Ok(connection)
}

/// Writes the empty tables, inside the caller's transaction.
pub(super) fn create_tables(connection: &Connection) -> Result<(), Unplaced> {
    connection.execute_batch(TABLES)?;
    connection.execute_batch(SERVED_EVENTS)?;
    connection.execute_batch(CHANGES)?;
    connection.execute_batch(STUDIES)?;
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    connection.pragma_update(None, "user_version", FORMAT_VERSION)?;
    Ok(())
}

/// One value of what the store says about itself.
pub(super) fn meta(connection: &Connection, key: &str) -> Result<Option<String>, Unplaced> {
    let mut statement = connection.prepare_cached("SELECT value FROM meta WHERE key = ?1")?;
    Ok(statement.query_row([key], |row| row.get(0)).optional()?)
}

/// Sets one value of what the store says about itself.
pub(super) fn put_meta(connection: &Connection, key: &str, value: &str) -> Result<(), Unplaced> {
    let sql = "INSERT INTO meta VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value";
    connection.prepare_cached(sql)?.execute(params![key, value])?;
    Ok(())
}

/// Takes back one value of what the store says about itself.
pub(super) fn remove_meta(connection: &Connection, key: &str) -> Result<(), Unplaced> {
    connection.prepare_cached("DELETE FROM meta WHERE key = ?1")?.execute([key])?;
    Ok(())
}

/// What the store in `dir` says about itself. The hash of its data is empty if nobody has made it since they changed.
pub(super) fn info(connection: &Connection, dir: &Path) -> Result<StoreInfo, Unplaced> {
    let time_kind = json_meta(connection, dir, "time_kind")?.unwrap_or(TimeKind::Unix);
    let request_source = json_meta(connection, dir, "request_source")?.unwrap_or(RequestSource::None);
    let dataset = meta(connection, "dataset")?.unwrap_or_default();
    let data_hash = meta(connection, "data_hash")?.unwrap_or_default();
    Ok(StoreInfo { dataset, time_kind, request_source, data_hash })
}

/// A value that is kept as JSON.
pub(super) fn json_meta<T: serde::de::DeserializeOwned>(
    connection: &Connection,
    dir: &Path,
    key: &str,
) -> Result<Option<T>, Unplaced> {
    let Some(text) = meta(connection, key)? else { return Ok(None) };
    let damaged = |_| StoreError::Damaged { path: dir.to_owned(), what: format!("meta {key} is {text:?}") };
    Ok(serde_json::from_str(&text).map(Some).map_err(damaged)?)
}
