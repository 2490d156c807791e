//! One transaction on a store.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, ToSql, params};

use super::error::Unplaced;
use super::load::{self, event_type_name};
use super::schema;
use super::staging::Staging;
use super::{FILE_NAME, StoreError, WriteMode, hash};
use crate::catalog::import::{EventId, NewEvent, Origin, StoredSettings, Target, TargetCounts, TargetError};
use crate::catalog::{Item, StoreInfo};

/// An open transaction. Dropped without [`Writer::commit`], it leaves no trace.
pub(super) struct Writer {
    dir: PathBuf,
    // The connection is closed before the staging place is cleared: fields are dropped in this order.
    connection: Connection,
    place: Place,
    items: HashMap<String, i64>,
    users: HashMap<String, i64>,
    requests: HashMap<String, i64>,
    /// The number of the last change.
    sequence: i64,
    /// Items of which it is already written down that they changed: a reader sees the import whole, and so once is enough.
    changed: HashSet<i64>,
}

enum Place {
    /// The store's own file.
    Own,
    /// A new file; the store that it replaces is locked, if there is one that can be opened.
    New { staging: Staging, old: Option<Connection> },
}

impl Writer {
    /// Begins a transaction on the store of a folder, or on one that does not exist yet.
    pub(super) fn begin(dir: &Path, mode: WriteMode) -> Result<Self, StoreError> {
        let path = dir.join(FILE_NAME);
        Self::begin_at(dir, &path, mode).map_err(|error| error.at(&path))
    }

    fn begin_at(dir: &Path, path: &Path, mode: WriteMode) -> Result<Self, Unplaced> {
        let (connection, place) = if mode == WriteMode::Update && path.exists() {
            let connection = schema::open(path)?;
            lock(&connection, path)?;
            schema::migrate(&connection)?;
            (connection, Place::Own)
        } else {
            let old = lock_old(path)?;
            let (connection, staging) = begin_new(dir)?;
            (connection, Place::New { staging, old })
        };
        let items = keys(&connection, "SELECT item_id, item_key FROM items")?;
        let users = keys(&connection, "SELECT user_id, user_key FROM users")?;
        let requests = keys(&connection, "SELECT request, request_key FROM requests")?;
        let sequence = schema::sequence(&connection)?;
        let changed = HashSet::new();
        let writer = Self { dir: dir.to_owned(), connection, place, items, users, requests, sequence, changed };
        if schema::meta(&writer.connection, "dataset")?.is_none() {
            let absolute =
                std::path::absolute(dir).map_err(|source| StoreError::Io { path: dir.to_owned(), source })?;
            writer.put_dataset(&absolute.file_name().unwrap_or_default().to_string_lossy())?;
        }
        Ok(writer)
    }

    /// Says of what file an error is.
    fn placed<T>(&self, result: Result<T, Unplaced>) -> Result<T, StoreError> {
        result.map_err(|error| error.at(&self.dir.join(FILE_NAME)))
    }

    /// Names the data set.
    pub(super) fn put_dataset(&self, name: &str) -> Result<(), StoreError> {
        self.placed(schema::put_meta(&self.connection, "dataset", name))
    }

    /// Makes everything durable, and says what the store says about itself now.
    pub(super) fn commit(self) -> Result<StoreInfo, StoreError> {
        let path = self.dir.join(FILE_NAME);
        self.commit_all().map_err(|error| error.at(&path))
    }

    fn commit_all(self) -> Result<StoreInfo, Unplaced> {
        // The hash is made from what a reader will see, so writing and reading cannot disagree about it.
        let data_hash = hash::data_hash(&load::catalog_in_transaction(&self.connection, &self.dir)?);
        schema::put_meta(&self.connection, "data_hash", &data_hash)?;
        let info = schema::info(&self.connection, &self.dir)?;
        if let Place::New { old: Some(old), .. } = &self.place {
            schema::carry_over(old, &self.dir.join(FILE_NAME), &self.connection)?;
        }
        self.connection.execute_batch("COMMIT")?;
        self.connection.close().map_err(|(_, error)| error)?;
        if let Place::New { staging, old } = self.place {
            staging.publish()?;
            drop(old);
        }
        Ok(info)
    }

    fn has_event(&self, event_id: &EventId) -> Result<bool, Unplaced> {
        let mut statement = self.connection.prepare_cached("SELECT 1 FROM events WHERE event_id = ?1")?;
        Ok(statement.exists([sql_value(event_id)])?)
    }

    fn write_item(&mut self, item: &Item, origin: Origin) -> Result<(), Unplaced> {
        let key = put_item(&self.connection, &self.dir, item, origin)?;
        self.items.insert(item.item_id.clone(), key);
        self.write_change(key)
    }

    fn write_item_text(&mut self, item_id: &str, text: &str) -> Result<(), Unplaced> {
        let sql = "UPDATE items SET text = ?2 WHERE item_id = ?1";
        self.connection.prepare_cached(sql)?.execute([item_id, text])?;
        match self.items.get(item_id) {
            Some(&item_key) => self.write_change(item_key),
            None => Ok(()),
        }
    }

    /// Writes down that an item changed.
    fn write_change(&mut self, item_key: i64) -> Result<(), Unplaced> {
        if self.changed.insert(item_key) {
            self.sequence += 1;
            put_item_change(&self.connection, self.sequence, item_key)?;
        }
        Ok(())
    }

    fn write_event(&mut self, event: &NewEvent) -> Result<bool, Unplaced> {
        // Asked before, so that an event that is there already brings no user and no request with it.
        if self.has_event(&event.event_id)? {
            return Ok(false);
        }
        let Some(&item) = self.items.get(&event.item_id) else {
            let what = format!("an event of the unknown item {:?} was to be written", event.item_id);
            return Err(StoreError::Damaged { path: self.dir.clone(), what }.into());
        };
        let connection = &self.connection;
        let user_sql = "INSERT INTO users (user_id) VALUES (?1) RETURNING user_key";
        let user = key_of(connection, user_sql, &mut self.users, &event.user_id)?;
        let request_sql = "INSERT INTO requests (request) VALUES (?1) RETURNING request_key";
        let request = match &event.request {
            Some(request) => Some(key_of(connection, request_sql, &mut self.requests, request)?),
            None => None,
        };
        self.sequence += 1;
        let sql =
            "INSERT INTO events (event_key, event_id, user_key, item_key, request_key, event_type, timestamp, value)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        let (id, event_type) = (sql_value(&event.event_id), event_type_name(event.event_type));
        let values = params![self.sequence, id, user, item, request, event_type, event.timestamp, event.value];
        self.connection.prepare_cached(sql)?.execute(values)?;
        Ok(true)
    }

    fn count_all(&self) -> Result<TargetCounts, Unplaced> {
        let sql = "SELECT (SELECT COUNT(*) FROM items WHERE NOT removed), (SELECT COUNT(*) FROM users), COUNT(*),
                          COUNT(request_key), (SELECT COUNT(*) FROM requests), MIN(timestamp), MAX(timestamp),
                          (SELECT COUNT(image) FROM items WHERE NOT removed)
                   FROM events WHERE item_key NOT IN (SELECT item_key FROM items WHERE removed)";
        Ok(self.connection.query_row(sql, [], |row| {
            let count = |column: usize| row.get::<_, i64>(column).map(i64::unsigned_abs);
            Ok(TargetCounts {
                items: count(0)?,
                items_with_picture: count(7)?,
                users: count(1)?,
                events: count(2)?,
                events_with_request: count(3)?,
                requests: count(4)?,
                time_range: row.get::<_, Option<i64>>(5)?.zip(row.get(6)?),
            })
        })?)
    }

    fn stored_settings(&self) -> Result<Option<StoredSettings>, Unplaced> {
        let time_kind = schema::json_meta(&self.connection, &self.dir, "time_kind")?;
        let request_source = schema::json_meta(&self.connection, &self.dir, "request_source")?;
        let both = time_kind.zip(request_source);
        Ok(both.map(|(time_kind, request_source)| StoredSettings { time_kind, request_source }))
    }

    fn write_settings(&self, settings: &StoredSettings) -> Result<(), Unplaced> {
        let json = |value: serde_json::Result<String>| {
            value.map_err(|error| StoreError::Damaged { path: self.dir.clone(), what: error.to_string() })
        };
        let time_kind = json(serde_json::to_string(&settings.time_kind))?;
        let request_source = json(serde_json::to_string(&settings.request_source))?;
        schema::put_meta(&self.connection, "time_kind", &time_kind)?;
        schema::put_meta(&self.connection, "request_source", &request_source)
    }
}

impl Target for Writer {
    fn settings(&self) -> Result<Option<StoredSettings>, TargetError> {
        Ok(self.placed(self.stored_settings())?)
    }

    fn has_described_items(&self) -> Result<bool, TargetError> {
        let sql = "SELECT 1 FROM items WHERE described AND NOT removed LIMIT 1";
        let exists = self.connection.prepare_cached(sql).and_then(|mut statement| statement.exists([]));
        Ok(self.placed(exists.map_err(Unplaced::from))?)
    }

    fn has_item(&self, item_id: &str) -> bool {
        self.items.contains_key(item_id)
    }

    fn put_item(&mut self, item: &Item, origin: Origin) -> Result<(), TargetError> {
        let written = self.write_item(item, origin);
        Ok(self.placed(written)?)
    }

    fn put_item_text(&mut self, item_id: &str, text: &str) -> Result<(), TargetError> {
        let written = self.write_item_text(item_id, text);
        Ok(self.placed(written)?)
    }

    fn for_each_item(&self, visit: &mut dyn FnMut(Item)) -> Result<(), TargetError> {
        let mut visit = |_key, item| {
            visit(item);
            Ok(())
        };
        Ok(self.placed(load::for_each_item(&self.connection, &self.dir, "", &mut visit))?)
    }

    fn add_event(&mut self, event: &NewEvent) -> Result<bool, TargetError> {
        let written = self.write_event(event);
        Ok(self.placed(written)?)
    }

    fn put_settings(&mut self, settings: &StoredSettings) -> Result<(), TargetError> {
        Ok(self.placed(self.write_settings(settings))?)
    }

    fn counts(&self) -> Result<TargetCounts, TargetError> {
        Ok(self.placed(self.count_all())?)
    }
}

/// Writes an item, in the place of the one of its id if there is one; gives back its key.
pub(super) fn put_item(connection: &Connection, dir: &Path, item: &Item, origin: Origin) -> Result<i64, Unplaced> {
    let sql = "INSERT INTO items (item_id, title, text, category, price, image, attributes, described)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
               ON CONFLICT (item_id) DO UPDATE SET title = excluded.title, text = excluded.text,
                   category = excluded.category, price = excluded.price, image = excluded.image,
                   attributes = excluded.attributes, described = excluded.described, removed = 0
               RETURNING item_key";
    let attributes = serde_json::Value::from_iter(item.attributes.iter()).to_string();
    let described = origin == Origin::Described;
    let Item { item_id, title, text, category, price, .. } = item;
    let image = item.image.as_deref().map(|image| place_of(dir, image));
    let values = params![item_id, title, text, category, price, image, attributes, described];
    Ok(connection.prepare_cached(sql)?.query_row(values, |row| row.get(0))?)
}

/// Writes down, under a number of its own, that an item changed.
pub(super) fn put_item_change(connection: &Connection, sequence: i64, item_key: i64) -> Result<(), Unplaced> {
    let sql = "INSERT INTO item_changes (sequence, item_key) VALUES (?1, ?2)";
    connection.prepare_cached(sql)?.execute([sequence, item_key])?;
    Ok(())
}

/// A path inside of the store's folder holds from there, so that a copy of the folder has its own pictures.
fn place_of<'i>(dir: &Path, image: &'i str) -> Cow<'i, str> {
    let dir = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
    match Path::new(image).strip_prefix(&dir) {
        Ok(inside) => inside.to_string_lossy(),
        Err(_) => Cow::Borrowed(image),
    }
}

fn sql_value(event_id: &EventId) -> &dyn ToSql {
    match event_id {
        EventId::Given(id) => id,
        EventId::Hash(hash) => hash,
    }
}

fn lock(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    connection.execute_batch("BEGIN IMMEDIATE").map_err(|error| Unplaced::from(error).at(path))
}

/// Locks the store that is to be replaced, and takes in what a server left in its write-ahead log. One that cannot be opened
/// (another version, damaged) is replaced as it is, but its journals must go: SQLite would play them back onto the new file.
fn lock_old(path: &Path) -> Result<Option<Connection>, StoreError> {
    match schema::open(path) {
        Ok(old) => {
            let in_one_file = schema::into_one_file(&old).map_err(|error| error.at(path))?;
            lock(&old, path)?;
            if in_one_file { Ok(Some(old)) } else { Err(StoreError::Busy { path: path.to_owned() }) }
        }
        Err(busy @ StoreError::Busy { .. }) => Err(busy),
        Err(_) => {
            for ending in ["-journal", "-wal", "-shm"] {
                let journal = path.with_file_name(format!("{FILE_NAME}{ending}"));
                match fs::remove_file(&journal) {
                    Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                        return Err(StoreError::Io { path: journal, source });
                    }
                    _ => {}
                }
            }
            Ok(None)
        }
    }
}

/// Begins a new store with empty tables. What a killed import left in its place is overwritten.
fn begin_new(dir: &Path) -> Result<(Connection, Staging), Unplaced> {
    let staging = Staging::new(dir)?;
    let locked = lock_new(staging.file());
    if let Err(Unplaced::Store(StoreError::Busy { .. })) = locked {
        staging.leave();
        return Err(StoreError::Busy { path: dir.to_owned() }.into());
    }
    let connection = locked?;
    schema::create_tables(&connection)?;
    Ok((connection, staging))
}

/// An empty, locked database. A leftover is empty too, unless its import died between its commit and its move.
fn lock_new(path: &Path) -> Result<Connection, Unplaced> {
    let connection = schema::create(path)?;
    lock(&connection, path)?;
    let n_tables: i64 = connection.query_row("SELECT COUNT(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if n_tables == 0 {
        return Ok(connection);
    }
    drop(connection);
    fs::remove_file(path).map_err(|source| StoreError::Io { path: path.to_owned(), source })?;
    let connection = schema::create(path)?;
    lock(&connection, path)?;
    Ok(connection)
}

fn keys(connection: &Connection, sql: &str) -> Result<HashMap<String, i64>, Unplaced> {
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn key_of(
    connection: &Connection,
    insert: &str,
    known: &mut HashMap<String, i64>,
    text: &str,
) -> Result<i64, Unplaced> {
    if let Some(&key) = known.get(text) {
        return Ok(key);
    }
    let key = connection.prepare_cached(insert)?.query_row([text], |row| row.get(0))?;
    known.insert(text.to_owned(), key);
    Ok(key)
}
