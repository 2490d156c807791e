//! What can go wrong with a store.

use std::path::PathBuf;

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
    #[error("{}: another import is running; wait until it is done", path.display())]
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
    /// A file operation failed.
    #[error("{}: cannot be read or written", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// SQLite failed.
    #[error("SQLite failed")]
    Sqlite(#[from] rusqlite::Error),
}
