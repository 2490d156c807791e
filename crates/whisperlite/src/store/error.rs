//! What can go wrong with a store.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;
use thiserror::Error;

/// Why a store cannot be opened, read or written.
#[derive(Debug, Error)]
pub enum StoreError {
    /// There is no store.
    #[error("{}: no store here; make one with: whisperlite import", path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The file is something else.
    #[error("{}: not a WhisperLite store; move it away, or give another folder", path.display())]
    NotAStore {
        /// The file.
        path: PathBuf,
    },
    /// The store was written by another version.
    #[error(
        "{}: the store has format version {found}, this program reads version {supported}; use the program that wrote it, \
         or import again with --replace", path.display()
    )]
    UnknownVersion {
        /// The file.
        path: PathBuf,
        /// The version that it has.
        found: i64,
        /// The version that is read.
        supported: i64,
    },
    /// Another process writes.
    #[error("{}: another import is running, or a server; wait until it is done, or stop it", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// Content that this program never writes.
    #[error("{}: damaged: {what}; restore a backup, or import again with --replace", path.display())]
    Damaged {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// What no import brings back cannot be read in a store that is to be replaced.
    #[error(
        "{}: its keys, studies or model cannot be read, and would be lost: {what}; restore a backup, or move the file away to begin without them",
        path.display()
    )]
    NotCarriedOver {
        /// The file.
        path: PathBuf,
        /// Why not.
        what: String,
    },
    /// A file operation failed.
    #[error("{}: cannot be read or written", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// There is no room for what was to be written.
    #[error("{place}: no room to write, and so nothing of it was stored; make room, then try again")]
    Full {
        /// The file or the database.
        place: String,
        /// What the store said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The database is on another machine, or in another process, and cannot be reached.
    #[error(
        "{place}: the database cannot be reached; check that it runs, and that address, user and password are right"
    )]
    Unreachable {
        /// The database, without its password.
        place: String,
        /// What was said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The database is to be filled and is in use already.
    #[error("{place}: there are items or events already; give an empty database")]
    NotEmpty {
        /// The database, without its password.
        place: String,
    },
    /// The database failed, of itself or on what it found.
    #[error("{place}: the database failed")]
    Database {
        /// The database, without its password.
        place: String,
        /// What it said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// SQLite failed, of itself or on what it found.
    #[error("{}: SQLite failed; check that the disk has space and is sound", path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What it said.
        source: rusqlite::Error,
    },
}

/// An error inside this room, where SQLite's own may still lack the file that it is about.
#[derive(Debug)]
pub(super) enum Unplaced {
    Store(StoreError),
    Sqlite(rusqlite::Error),
}

impl Unplaced {
    /// The error as everybody sees it: with the file, and with what to do.
    pub(super) fn at(self, path: &Path) -> StoreError {
        let (error, path) = match self {
            Self::Store(error) => return error,
            Self::Sqlite(error) => (error, path.to_owned()),
        };
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => StoreError::NotAStore { path },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy { path },
            Some(ErrorCode::DatabaseCorrupt) => {
                StoreError::Damaged { path, what: "SQLite cannot make sense of a part of the file".to_owned() }
            }
            _ if is_out_of_room(&error) => {
                StoreError::Full { place: path.display().to_string(), source: Box::new(error) }
            }
            _ if is_odd_value(&error) => StoreError::Damaged { path, what: error.to_string() },
            _ => StoreError::Sqlite { path, source: error },
        }
    }
}

/// Whether the disk took no more: SQLite calls it full, or a write failed, as under a quota or a limit of a file's size.
fn is_out_of_room(error: &rusqlite::Error) -> bool {
    use rusqlite::ffi::{SQLITE_FULL, SQLITE_IOERR_FSYNC, SQLITE_IOERR_SHMSIZE, SQLITE_IOERR_WRITE};
    let refusals = [SQLITE_FULL, SQLITE_IOERR_WRITE, SQLITE_IOERR_FSYNC, SQLITE_IOERR_SHMSIZE];
    error.sqlite_error().is_some_and(|error| refusals.contains(&error.extended_code))
}

/// Whether a value is of a type that its column never has.
fn is_odd_value(error: &rusqlite::Error) -> bool {
    use rusqlite::Error::{FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType};
    matches!(error, FromSqlConversionFailure(..) | IntegralValueOutOfRange(..) | InvalidColumnType(..))
}

impl From<StoreError> for Unplaced {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<rusqlite::Error> for Unplaced {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}
