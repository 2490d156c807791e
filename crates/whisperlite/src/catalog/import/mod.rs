//! **How do files become items and events?** Reads the files of one format into a [`Target`], in one go.
//!
//! Items come first, then longer texts, then events, whatever the order on the command line, because an event must find
//! its item and a derived request needs to know it. The target decides what "one go" means: the store of this project
//! takes an import as one transaction.
//!
//! Not for: how a target keeps what it is given (see [`crate::store`]).

mod attribute_rule;
mod event_id;
mod files;
mod options;
mod pictures;
mod requests;
mod session;
mod summary;
mod target;
mod time;

pub use self::options::{ColumnMap, ColumnMapError, Format, ImportOptions, OnError, Scope, TimeChoice, UnknownFormat};
pub use self::summary::{FileSummary, ImportSummary, TimeSpan};
pub use self::target::{EventId, NewEvent, Origin, StoredSettings, Target, TargetCounts, TargetError};

use self::session::Session;
use super::error::ImportError;
use crate::progress::Progress;

/// Imports files into a target. On an error the target has to forget what it was given.
pub fn import(
    options: &ImportOptions,
    target: &mut dyn Target,
    progress: &dyn Progress,
) -> Result<ImportSummary, ImportError> {
    let files = files::find(options)?;
    let n_bytes = files.iter().filter_map(|path| std::fs::metadata(path).ok()).map(|file| file.len()).sum();
    progress.start("reading", Some(n_bytes), "bytes");
    let summary = Session::new(options, target, progress).run(&files)?;
    progress.finish(&format!("read {} files", summary.files.len()));
    Ok(summary)
}
