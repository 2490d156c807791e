//! What can go wrong in an import: where it was, what it was, and what to do next.
//!
//! Two kinds are kept apart. An [`ImportError::Row`] spoils one row, so `--on-error skip` may count it and go on; every
//! other variant spoils the import.
//!
//! As everywhere in this library, an error that has a source does not repeat it in its own message: whoever prints the chain
//! of both says each thing once.

use std::path::{Path, PathBuf};

use thiserror::Error;

use super::import::Format;
use super::types::{RequestSource, TimeKind};

/// Why an import stopped.
#[derive(Debug, Error)]
pub enum ImportError {
    /// One row is not usable.
    #[error("{0}")]
    Row(RowError),
    /// A file or folder cannot be opened.
    #[error("{}: cannot be opened; check the path and its permissions", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file cannot be read to its end.
    #[error("{}, after line {line}: reading failed; check the disk, then import again", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The last line that was read.
        line: u64,
        /// What the system said.
        source: std::io::Error,
    },
    /// Compressed data end too early or do not fit their checksum.
    #[error(
        "{}, after line {line}: the compressed data are cut off or damaged; fetch the file again, or keep \
         what comes before with --on-error skip", path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The last line that was read whole.
        line: u64,
        /// What the decompressor said.
        source: std::io::Error,
    },
    /// A Parquet file cannot be read.
    #[error("{}, after row {row}: not readable as Parquet; write the file again", path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// The last row that was read.
        row: u64,
        /// What the Parquet reader said.
        source: parquet::errors::ParquetError,
    },
    /// One file was given twice.
    #[error("{}: given twice (before as {}); give it once", path.display(), first.display())]
    RepeatedFile {
        /// The file, as it was given again.
        path: PathBuf,
        /// The file, as it was given first.
        first: PathBuf,
    },
    /// A file without content.
    #[error("{}: the file is empty; leave it out, or fetch it again", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// A pipe, a socket or a device.
    #[error(
        "{}: not a regular file, and an import reads its files twice; write the contents into a file first", path.display()
    )]
    NotAFile {
        /// What was given.
        path: PathBuf,
    },
    /// A container that is not read directly.
    #[error("{}: this is {container}", path.display())]
    Container {
        /// The file.
        path: PathBuf,
        /// What was recognised by its first bytes.
        container: &'static str,
    },
    /// The columns are not those of the format.
    #[error(
        "{}: not a file of --from {format}: found {}, expected {expected}{}", path.display(), list(found),
        suggestion(*looks_like)
    )]
    WrongFormat {
        /// The file.
        path: PathBuf,
        /// The format that was asked for.
        format: Format,
        /// The columns or keys of the file.
        found: Vec<String>,
        /// The columns of the format.
        expected: &'static str,
        /// The format that has these columns, if one does.
        looks_like: Option<Format>,
    },
    /// A folder holds none of the format's files, or the format has no standard names.
    #[error(
        "{}: no file of --from {format} in this folder ({}); give the files one by one", path.display(),
        if standard_names.is_empty() { "the format has no standard names".to_owned() } else { format!("looked for {}", standard_names.join(", ")) }
    )]
    EmptyFolder {
        /// The folder.
        path: PathBuf,
        /// The format that was asked for.
        format: Format,
        /// The names that were looked for, without the ending of a compression.
        standard_names: Vec<&'static str>,
    },
    /// `--map` names a column that no file has.
    #[error(
        "--map {target}={column}: no file has a column {column:?}; the nearest is {nearest:?}, and all are {}",
        list(found)
    )]
    UnknownMappedColumn {
        /// The name of ours.
        target: String,
        /// The column that was looked for.
        column: String,
        /// The column whose name is nearest to it.
        nearest: String,
        /// The columns of all files, each once.
        found: Vec<String>,
    },
    /// `--map` with a format whose names are fixed.
    #[error("--map renames the columns of --from tables only; {format} has fixed names: leave --map out")]
    MapNotSupported {
        /// The format that was asked for.
        format: Format,
    },
    /// The requests were asked from where the files have none.
    #[error("requests cannot come from {}: {why}; choose another --requests", source_name(wanted))]
    RequestsUnavailable {
        /// What was asked for.
        wanted: RequestSource,
        /// What is missing.
        why: &'static str,
    },
    /// The store's requests come from elsewhere.
    #[error(
        "the store's requests come from {}, those of this import would come from {}; a store has one source: import \
         with the first, or start anew with --replace",
        source_name(store),
        source_name(import)
    )]
    RequestsMismatch {
        /// The store's source.
        store: RequestSource,
        /// The source of this import.
        import: RequestSource,
    },
    /// Timestamps of two kinds.
    #[error(
        "the events' times are {found}, but {expected_by} {expected}; say which with --time unix or --time order, \
         or start anew with --replace", found = time_name(*found), expected = time_name(*expected)
    )]
    TimeMismatch {
        /// What this import's timestamps are.
        found: TimeKind,
        /// What they should be.
        expected: TimeKind,
        /// Who says so.
        expected_by: &'static str,
    },
    /// The store could not take what was read.
    #[error(transparent)]
    Target(Box<dyn std::error::Error + Send + Sync>),
}

/// One unusable row: place, field, problem.
#[derive(Debug, Clone, PartialEq, Error)]
#[error(
    "{}, line {line}{}: {problem}; {}, or leave such rows out with --on-error skip", path.display(),
    field.as_ref().map(|f| format!(", field {f:?}")).unwrap_or_default(), problem.advice()
)]
pub struct RowError {
    /// The file.
    pub path: PathBuf,
    /// The line, from 1; in a Parquet file the row, from 1.
    pub line: u64,
    /// The column or key, where the problem is in one.
    pub field: Option<String>,
    /// What is wrong.
    pub problem: RowProblem,
}

/// What can be wrong with one row.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum RowProblem {
    /// Bytes that are not UTF-8.
    #[error("not UTF-8 from byte {byte} of the line on")]
    NotUtf8 {
        /// Offset in the line, from 1.
        byte: usize,
    },
    /// A line longer than the limit.
    #[error("longer than {max_line_bytes} bytes")]
    TooLong {
        /// The limit.
        max_line_bytes: usize,
    },
    /// More or fewer fields than the header has columns.
    #[error("{found} fields where the header has {expected} columns")]
    FieldCount {
        /// Columns of the header.
        expected: usize,
        /// Fields of the row.
        found: usize,
    },
    /// A quotation mark that is never closed.
    #[error("a quoted field begins here and never ends")]
    OpenQuote,
    /// A line that is not a JSON object.
    #[error("not a JSON object: {detail}")]
    NotJson {
        /// What the parser said.
        detail: String,
    },
    /// A column name that stands twice in the header.
    #[error("the column stands twice in the header")]
    RepeatedColumn,
    /// A field that must not be empty.
    #[error("missing or empty")]
    Missing,
    /// An item id that an earlier row has.
    #[error("the item id {item_id:?} stands already in {}, line {first_line}", first_path.display())]
    DuplicateItem {
        /// The id.
        item_id: String,
        /// Where it stood first.
        first_path: PathBuf,
        /// Where it stood first.
        first_line: u64,
    },
    /// An event of an item that nobody described.
    #[error("no item has the id {item_id:?}")]
    UnknownItem {
        /// The id.
        item_id: String,
    },
    /// Text where a number must be.
    #[error("{value:?} is not a number")]
    NotANumber {
        /// What stands there.
        value: String,
    },
    /// NaN or infinity.
    #[error("{value} is not a finite number")]
    NotFinite {
        /// What stands there.
        value: String,
    },
    /// A time that cannot be read.
    #[error("{value:?} is no time: neither a number nor a date such as 2016-05-31 or 2016-05-31 16:41")]
    NotATime {
        /// What stands there.
        value: String,
    },
    /// A point in time beyond the calendar.
    #[error("{seconds} seconds since 1970 lie beyond the years -9999 to 9999")]
    BeyondCalendar {
        /// What was read.
        seconds: i64,
    },
    /// A date where the order was asked for.
    #[error("a date where --time order needs 0, 1, 2 …")]
    DateInOrder,
    /// An event type that is not one of ours.
    #[error("{value:?} is no event type")]
    UnknownType {
        /// What stands there.
        value: String,
    },
}

impl RowProblem {
    /// A few words by which such rows are counted.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NotUtf8 { .. } => "not UTF-8",
            Self::TooLong { .. } => "line too long",
            Self::FieldCount { .. } => "wrong number of fields",
            Self::OpenQuote => "quote never closed",
            Self::NotJson { .. } => "not a JSON object",
            Self::RepeatedColumn => "repeated column",
            Self::Missing => "missing field",
            Self::DuplicateItem { .. } => "duplicate item id",
            Self::UnknownItem { .. } => "unknown item",
            Self::NotANumber { .. } => "not a number",
            Self::NotFinite { .. } => "not a finite number",
            Self::NotATime { .. } => "not a time",
            Self::BeyondCalendar { .. } => "time beyond the year 9999",
            Self::DateInOrder => "date instead of order",
            Self::UnknownType { .. } => "unknown event type",
        }
    }

    fn advice(&self) -> &'static str {
        match self {
            Self::NotUtf8 { .. } => "save the file as UTF-8 (for instance: iconv -t UTF-8)",
            Self::TooLong { .. } => "raise --max-line-bytes if the line is right",
            Self::FieldCount { .. } | Self::OpenQuote | Self::NotJson { .. } => "correct the line",
            Self::RepeatedColumn => "rename one of the two",
            Self::Missing => "fill it in",
            Self::DuplicateItem { .. } => "keep one of the two (a file of reviews is not a file of items)",
            Self::UnknownItem { .. } => "import the file that describes it, before or together with the events",
            Self::NotANumber { .. } | Self::NotFinite { .. } => "correct the value or leave it empty",
            Self::NotATime { .. } => "correct the value",
            Self::BeyondCalendar { .. } => "write seconds or milliseconds since 1970, or a date such as 2016-05-31",
            Self::DateInOrder => "use --time unix",
            Self::UnknownType { .. } => {
                "use impression, view, click, add_to_cart, remove_from_cart, purchase, like or dislike"
            }
        }
    }
}

/// A problem of a row before anybody has said in which file it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fault {
    pub(crate) field: Option<String>,
    pub(crate) problem: RowProblem,
}

impl Fault {
    pub(crate) fn in_field(field: &str, problem: RowProblem) -> Self {
        Self { field: Some(field.to_owned()), problem }
    }

    pub(crate) fn at(self, path: &Path, line: u64) -> ImportError {
        ImportError::Row(RowError { path: path.to_owned(), line, field: self.field, problem: self.problem })
    }
}

impl From<RowProblem> for Fault {
    fn from(problem: RowProblem) -> Self {
        Self { field: None, problem }
    }
}

fn list(names: &[String]) -> String {
    const SHOWN: usize = 12;
    let mut text = names.iter().take(SHOWN).map(|n| format!("{n:?}")).collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        text.push_str(&format!(" and {} more", names.len() - SHOWN));
    }
    if text.is_empty() { "no columns".to_owned() } else { text }
}

fn suggestion(looks_like: Option<Format>) -> String {
    looks_like.map(|format| format!("; it looks like --from {format}")).unwrap_or_default()
}

fn source_name(source: &RequestSource) -> &'static str {
    match source {
        RequestSource::Column => "a column",
        RequestSource::ReviewTitle => "the review's title",
        RequestSource::ReviewText => "the review's text",
        RequestSource::Categories => "the item's categories",
        RequestSource::Attributes { .. } => "the item's attributes (with their seed)",
        RequestSource::None => "nowhere (no requests)",
    }
}

fn time_name(kind: TimeKind) -> &'static str {
    match kind {
        TimeKind::Unix => "points in time",
        TimeKind::Order => "the order of each user's events (0, 1, 2 …)",
    }
}
