//! What the person asks of an import.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::catalog::types::{RequestSource, TimeKind};

/// An upstream layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// The H&M store: transactions and articles.
    Hm,
    /// Amazon reviews, collection of 2014.
    #[serde(rename = "amazon-2014")]
    Amazon2014,
    /// Amazon reviews, collection of 2018.
    #[serde(rename = "amazon-2018")]
    Amazon2018,
    /// Amazon reviews, collection of 2023.
    #[serde(rename = "amazon-2023")]
    Amazon2023,
    /// Google Local reviews, collection of 2021.
    GoogleLocal,
    /// MovieLens as CSV.
    Movielens,
    /// CSV, TSV, JSON lines or Parquet with columns named as ours, or renamed.
    Tables,
}

impl Format {
    /// All formats, in the order of the documentation.
    pub const ALL: [Self; 7] = [
        Self::Hm,
        Self::Amazon2014,
        Self::Amazon2018,
        Self::Amazon2023,
        Self::GoogleLocal,
        Self::Movielens,
        Self::Tables,
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hm => "hm",
            Self::Amazon2014 => "amazon-2014",
            Self::Amazon2018 => "amazon-2018",
            Self::Amazon2023 => "amazon-2023",
            Self::GoogleLocal => "google-local",
            Self::Movielens => "movielens",
            Self::Tables => "tables",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is no format.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} is no format; use one of hm, amazon-2014, amazon-2018, amazon-2023, google-local, movielens, tables")]
pub struct UnknownFormat(pub String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        Self::ALL.into_iter().find(|format| format.name() == name).ok_or_else(|| UnknownFormat(name.to_owned()))
    }
}

/// What happens to a row that cannot be used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnError {
    /// The import stops and leaves the store as it was.
    #[default]
    Fail,
    /// The row is counted by its reason and left out.
    Skip,
}

/// How bare numbers in a time column are read. Where they are no order, eight digits that are a date of 1900 to 2100, such
/// as 20200131, are that date.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TimeChoice {
    /// As an order if all are below 10,000,000 (which as seconds would be April 1970), else as Unix seconds.
    #[default]
    Detect,
    /// As this kind.
    As(TimeKind),
}

/// Everything that one import needs to know.
#[derive(Debug, Clone)]
pub struct ImportOptions {
    /// The layout of the files.
    pub format: Format,
    /// Files, or folders with files of the format's standard names.
    pub paths: Vec<PathBuf>,
    /// Where requests come from; `None` takes the store's source, else a request column where there is one.
    pub requests: Option<RequestSource>,
    /// What happens to unusable rows.
    pub on_error: OnError,
    /// How bare numbers in a time column are read.
    pub time: TimeChoice,
    /// Other names of columns, for [`Format::Tables`].
    pub map: ColumnMap,
    /// Events with a value below this are left out; events without a value are kept.
    pub min_value: Option<f64>,
    /// A folder of pictures, whose files are named by the items' pictures, or like the items.
    pub images: Option<PathBuf>,
    /// Longer lines (and rows with line breaks in quotes) are refused.
    pub max_line_bytes: usize,
}

impl ImportOptions {
    /// Lines may be this long by default.
    pub const DEFAULT_MAX_LINE_BYTES: usize = 16 * 1024 * 1024;

    /// The defaults for files of a format.
    pub fn new(format: Format, paths: Vec<PathBuf>) -> Self {
        Self {
            format,
            paths,
            requests: None,
            on_error: OnError::default(),
            time: TimeChoice::default(),
            map: ColumnMap::default(),
            min_value: None,
            images: None,
            max_line_bytes: Self::DEFAULT_MAX_LINE_BYTES,
        }
    }
}

/// The kind of file in which a column is renamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// In both.
    Both,
    /// In files of items.
    Items,
    /// In files of events.
    Events,
}

/// Other names of columns: our name on the left, the file's on the right.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ColumnMap {
    entries: Vec<Renamed>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Renamed {
    scope: Scope,
    target: String,
    column: String,
}

/// A `--map` that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ColumnMapError {
    /// No `=`.
    #[error("{0:?} is no mapping; write OURS=THEIRS, for instance item_id=asin or items.text=desc")]
    NoEquals(String),
    /// A scope that is neither of items nor of events.
    #[error("{0:?} is no kind of file; write items. or events. before the name")]
    UnknownScope(String),
}

impl ColumnMap {
    /// Adds one mapping, written `item_id=asin` or, for one kind of file, `items.text=desc`.
    pub fn add(&mut self, mapping: &str) -> Result<(), ColumnMapError> {
        let (target, column) = mapping.split_once('=').ok_or_else(|| ColumnMapError::NoEquals(mapping.to_owned()))?;
        let (scope, target) = match target.split_once('.') {
            None => (Scope::Both, target),
            Some(("items", target)) => (Scope::Items, target),
            Some(("events", target)) => (Scope::Events, target),
            Some((other, _)) => return Err(ColumnMapError::UnknownScope(other.to_owned())),
        };
        if target.is_empty() {
            return Err(ColumnMapError::NoEquals(mapping.to_owned()));
        }
        self.entries.push(Renamed { scope, target: target.to_owned(), column: column.to_owned() });
        Ok(())
    }

    /// Whether nothing is renamed.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The names of a file's columns, renamed. A column that has the name of a mapped one makes way.
    pub fn rename(&self, scope: Scope, columns: &[String]) -> Vec<String> {
        let entries: Vec<&Renamed> =
            self.entries.iter().filter(|e| e.scope == Scope::Both || e.scope == scope).collect();
        let taken = |name: &String| entries.iter().any(|e| e.target == *name && columns.contains(&e.column));
        let rename = |column: &String| match entries.iter().find(|e| e.column == *column) {
            Some(entry) => entry.target.clone(),
            None if taken(column) => format!("{column} (unmapped)"),
            None => column.clone(),
        };
        columns.iter().map(rename).collect()
    }

    /// The first mapping, as `(ours, theirs)`, whose column is none of these.
    pub(crate) fn first_unknown(&self, columns: &[String]) -> Option<(&str, &str)> {
        let unknown = self.entries.iter().find(|entry| !columns.contains(&entry.column));
        unknown.map(|entry| (entry.target.as_str(), entry.column.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn mappings_apply_to_their_kind_of_file() {
        let mut map = ColumnMap::default();
        map.add("item_id=asin").unwrap();
        map.add("items.text=desc").unwrap();
        assert_eq!(map.rename(Scope::Items, &columns(&["asin", "desc"])), ["item_id", "text"]);
        assert_eq!(map.rename(Scope::Events, &columns(&["asin", "desc"])), ["item_id", "desc"]);
        assert_eq!(map.rename(Scope::Items, &columns(&["asin", "item_id"])), ["item_id", "item_id (unmapped)"]);
        assert_eq!(map.first_unknown(&columns(&["asin"])), Some(("text", "desc")));
    }

    #[test]
    fn unreadable_mappings_are_refused() {
        let add = |text: &str| ColumnMap::default().add(text);
        assert_eq!(add("item_id"), Err(ColumnMapError::NoEquals("item_id".to_owned())));
        assert_eq!(add("=x"), Err(ColumnMapError::NoEquals("=x".to_owned())));
        assert_eq!(add("users.id=x"), Err(ColumnMapError::UnknownScope("users".to_owned())));
    }

    #[test]
    fn every_format_is_found_by_its_name() {
        for format in Format::ALL {
            assert_eq!(format.name().parse(), Ok(format));
            assert_eq!(serde_json::to_value(format).unwrap(), format.name());
        }
        assert!("hm2".parse::<Format>().is_err());
    }
}
