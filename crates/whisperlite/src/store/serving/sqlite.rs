//! The store of one machine: a [`ServingStore`] over a folder's SQLite file.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, TransactionBehavior};

use super::{Change, ServingStore, Since, Snapshot, Write, Written, changes, write};
use crate::catalog::{RequestSource, TimeKind};
use crate::store::error::Unplaced;
use crate::store::keys::{self, ApiKey, KeyHash, NewKey, Revocation};
use crate::store::models::{self, StoredModel};
use crate::store::studies::{self, NewStudyRecord, StudyRecord};
use crate::store::{FILE_NAME, StoreError, load, schema};

/// What tells this store from any other, one that takes its place too: made by chance when it is first served.
const STORE_ID: &str = "store_id";

/// Statements that are kept ready; there are some twenty.
const STATEMENTS_KEPT: usize = 32;

/// Kilobytes of the file that are kept in memory. Events have ids without an order, so their index is written all over.
const CACHE_KIB: i64 = 64 << 10;
/// Pages of the write-ahead log, of 4 KiB each, after which they are taken into the file: some 32 MiB. The more at once, the fewer of
/// them are written twice.
const PAGES_OF_LOG: i64 = 8 << 10;

/// The store of a folder, open for a server.
///
/// Readers, imports and other servers of the same machine may work beside it.
#[derive(Debug)]
pub struct SqliteStore {
    dir: PathBuf,
    path: PathBuf,
    connection: Connection,
    time_kind: TimeKind,
}

impl SqliteStore {
    /// Opens the store in `dir`, which must exist. A store of an older version is brought up to date.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        let path = dir.join(FILE_NAME);
        let mut connection = schema::open(&path)?;
        let time_kind = prepare(&mut connection, dir).map_err(|error| error.at(&path))?;
        Ok(Self { dir: dir.to_owned(), path, connection, time_kind })
    }

    fn placed<T>(&self, result: Result<T, Unplaced>) -> Result<T, StoreError> {
        result.map_err(|error| error.at(&self.path))
    }

    fn read_snapshot(&self) -> Result<Snapshot, Unplaced> {
        let transaction = self.connection.unchecked_transaction()?;
        let sequence = schema::sequence(&transaction)?;
        Ok(Snapshot { catalog: load::catalog_in_transaction(&transaction, &self.dir)?, sequence })
    }
}

impl ServingStore for SqliteStore {
    fn time_kind(&self) -> TimeKind {
        self.time_kind
    }

    fn snapshot(&mut self) -> Result<Snapshot, StoreError> {
        self.placed(self.read_snapshot())
    }

    fn write(&mut self, writes: &[Write]) -> Result<Vec<Written>, StoreError> {
        let written = write::write(&mut self.connection, &self.dir, self.time_kind, writes);
        self.placed(written)
    }

    fn changes_since(&mut self, sequence: i64, limit: usize) -> Result<Vec<Change>, StoreError> {
        self.placed(changes::since(&self.connection, &self.dir, sequence, limit))
    }

    fn mark(&mut self, sequence: i64) -> Result<Option<String>, StoreError> {
        let store_id = schema::meta(&self.connection, STORE_ID);
        let change = if sequence == 0 { Ok(Some(String::new())) } else { changes::mark(&self.connection, sequence) };
        let mark = store_id.and_then(|store_id| Ok(store_id.zip(change?)));
        Ok(self.placed(mark)?.map(|(store_id, change)| format!("{store_id} {change}")))
    }

    fn count_since(&mut self, sequence: i64) -> Result<Since, StoreError> {
        self.placed(changes::count_since(&self.connection, sequence))
    }

    fn add_key(&mut self, key: &NewKey) -> Result<ApiKey, StoreError> {
        self.placed(keys::add(&self.connection, &self.path, key))
    }

    fn keys(&mut self) -> Result<Vec<ApiKey>, StoreError> {
        self.placed(keys::all(&self.connection, &self.path))
    }

    fn find_key(&mut self, hash: &KeyHash) -> Result<Option<ApiKey>, StoreError> {
        self.placed(keys::find(&self.connection, &self.path, hash))
    }

    fn revoke_key(&mut self, key_id: i64) -> Result<Revocation, StoreError> {
        self.placed(keys::revoke(&self.connection, key_id))
    }

    fn add_study_records(&mut self, records: &[NewStudyRecord]) -> Result<Vec<bool>, StoreError> {
        let added = studies::add(&mut self.connection, records);
        self.placed(added)
    }

    fn study_records(&mut self, study: &str, after: i64) -> Result<Vec<StudyRecord>, StoreError> {
        self.placed(studies::since(&self.connection, study, after))
    }

    fn records_of_nobody(&mut self, after: i64) -> Result<Vec<StudyRecord>, StoreError> {
        self.placed(studies::of_nobody(&self.connection, after))
    }

    fn studies(&mut self) -> Result<Vec<String>, StoreError> {
        self.placed(studies::names(&self.connection))
    }

    fn put_model(&mut self, model: &StoredModel) -> Result<(), StoreError> {
        let put = models::put(&mut self.connection, model);
        self.placed(put)
    }

    fn model_name(&mut self) -> Result<Option<String>, StoreError> {
        self.placed(models::name(&self.connection))
    }

    fn model(&mut self) -> Result<Option<StoredModel>, StoreError> {
        self.placed(models::get(&self.connection))
    }

    fn records_of_rater(&mut self, study: &str, rater: &str) -> Result<Vec<StudyRecord>, StoreError> {
        self.placed(studies::of_rater(&self.connection, study, rater))
    }

    fn forget_rater(&mut self, rater: &str, told: &NewStudyRecord) -> Result<usize, StoreError> {
        let forgotten = studies::forget(&mut self.connection, rater, told);
        self.placed(forgotten)
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        // If somebody else reads right now, the log stays beside the file, and whoever opens the store next takes it in.
        let _ = schema::into_one_file(&self.connection);
    }
}

fn prepare(connection: &mut Connection, dir: &Path) -> Result<TimeKind, Unplaced> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    connection.pragma_update(None, "wal_autocheckpoint", PAGES_OF_LOG)?;
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
    if schema::meta(&transaction, STORE_ID)?.is_none() {
        let id: String = transaction.query_row("SELECT lower(hex(randomblob(16)))", [], |row| row.get(0))?;
        schema::put_meta(&transaction, STORE_ID, &id)?;
    }
    transaction.commit()?;
    Ok(time_kind)
}
