//! **What must survive a crash?** Items, users, requests and events, in one SQLite file.
//!
//! A store is a folder; this room owns `store.sqlite` in it. Every import is one transaction: killed at any moment, it
//! leaves the store as it was, and a store that is new appears whole or not at all. A server writes through a
//! [`ServingStore`], and what it wrote is on the disk when it says so. While a [`SqliteStore`] is open there is a write-ahead log
//! beside the file; at all other times there is none, so a copy of the folder is a backup whenever nobody writes.
//!
//! Not for: ranking, or reading files of other formats (see [`crate::catalog::import`]).

mod error;
mod export;
mod hash;
mod keys;
mod load;
mod models;
mod rows;
mod schema;
mod serving;
mod staging;
mod studies;
mod writer;

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde::Serialize;

pub use self::error::StoreError;
pub use self::export::StoredItem;
pub use self::keys::{ApiKey, KeyHash, NewKey, Revocation, Scope, unix_now};
pub use self::load::{event_type_name, event_type_named};
pub use self::models::{StoredModel, join as join_model_part, parts as model_parts};
pub use self::rows::{CatalogRows, EventRow, OddRow};
pub use self::schema::FORMAT_VERSION;
pub use self::serving::{
    Change, Changed, FollowedEvent, Put, Recorded, Removal, ServedEvent, ServingStore, Since, Snapshot, SqliteStore,
    Write, Written,
};
pub use self::studies::{ForgottenRater, NewStudyRecord, StudyRecord};
use self::writer::Writer;
use crate::catalog::import::{self, ImportOptions, ImportSummary};
use crate::catalog::{Catalog, ImportError, StoreInfo};
use crate::progress::Progress;

/// Name of the file inside the store's folder.
const FILE_NAME: &str = "store.sqlite";

/// An opened store.
#[derive(Debug)]
pub struct Store {
    dir: PathBuf,
    connection: Connection,
}

/// What an import does with the data that are there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum WriteMode {
    /// Items are replaced by id, new events are added, nothing is removed.
    #[default]
    Update,
    /// Items and events start anew; the old store stays until the new one is whole. Keys of clients, logs of studies and the model are kept.
    Replace,
}

/// What an import into a store says when it is done.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StoreImport {
    /// What was read, and what there is now.
    #[serde(flatten)]
    pub summary: ImportSummary,
    /// What the store says about itself now.
    pub info: StoreInfo,
}

impl Store {
    /// Opens a store that exists.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        let connection = schema::open(&dir.join(FILE_NAME))?;
        Ok(Self { dir: dir.to_owned(), connection })
    }

    /// Imports files into the store of a folder; makes both if there are none. `dataset` names the data set, `None` keeps
    /// its name, at first that of the folder.
    pub fn import(
        dir: &Path,
        dataset: Option<&str>,
        mode: WriteMode,
        options: &ImportOptions,
        progress: &dyn Progress,
    ) -> Result<StoreImport, ImportError> {
        let to_target = |error: StoreError| ImportError::Target(error.into());
        let mut writer = Writer::begin(dir, mode).map_err(to_target)?;
        if let Some(dataset) = dataset {
            writer.put_dataset(dataset).map_err(to_target)?;
        }
        let summary = import::import(options, &mut writer, progress)?;
        let info = writer.commit().map_err(to_target)?;
        Ok(StoreImport { summary, info })
    }

    /// The store's folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// What the store says about itself. Its hash is empty if single events were added since the last import;
    /// [`Store::catalog`] makes it.
    pub fn info(&self) -> Result<StoreInfo, StoreError> {
        schema::info(&self.connection, &self.dir).map_err(|error| error.at(&self.dir.join(FILE_NAME)))
    }

    /// Reads everything into memory.
    pub fn catalog(&self) -> Result<Catalog, StoreError> {
        load::catalog(&self.connection, &self.dir).map_err(|error| error.at(&self.dir.join(FILE_NAME)))
    }
}
