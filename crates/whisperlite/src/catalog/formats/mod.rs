//! **What do the names of this format mean?** Each layout says by its columns which of its files it sees, and turns rows
//! into items and events.
//!
//! Files are told apart by their columns, so they may have any name; only a folder is searched by the upstream names.
//!
//! Two rules hold for every layout. What people did or wrote *after* the fact never becomes part of an item: no average
//! rating, sales rank, bought-together list or review text. And repeats are kept: buying again is an event of its own.
//!
//! Not for: bytes, quoting, compression (see the sibling room `read`).

mod amazon;
mod google_local;
mod hm;
mod movielens;
mod tables;

use super::error::Fault;
use super::import::{ColumnMap, Format};
use super::read::{Record, Rename};
use super::types::{EventType, Item};

/// What a file is to its format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Describes items.
    Items,
    /// Adds longer texts to items that another file describes.
    Texts,
    /// Holds events.
    Events,
    /// Known, and of no use here; says why.
    Ignored(&'static str),
}

/// An event as its file has it, before ids become keys and a request is chosen.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RawEvent {
    pub(crate) event_id: Option<String>,
    pub(crate) user_id: String,
    pub(crate) item_id: String,
    pub(crate) event_type: EventType,
    pub(crate) moment: Moment,
    pub(crate) value: Option<f64>,
    /// The request of the source's own column.
    pub(crate) request: Option<String>,
    pub(crate) review_title: Option<String>,
    pub(crate) review_text: Option<String>,
}

/// A time as its file has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// Seconds since 1970, known to be such.
    Unix(i64),
    /// A bare number: seconds since 1970, or the order within the user.
    Number(i64),
}

/// The seconds of a date, a date and time, or a number; `None` for other texts.
pub(crate) fn seconds_of(text: &str) -> Option<i64> {
    tables::parse_moment("", text).ok().map(|(Moment::Unix(seconds) | Moment::Number(seconds))| seconds)
}

/// Which words come with the events of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Words {
    pub(crate) request: bool,
    pub(crate) review_title: bool,
    pub(crate) review_text: bool,
}

impl Words {
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            request: self.request || other.request,
            review_title: self.review_title || other.review_title,
            review_text: self.review_text || other.review_text,
        }
    }
}

/// One upstream layout.
pub(crate) trait Layout {
    /// What a file with these columns is; `None` if it is not of this layout.
    fn role(&self, columns: &[String]) -> Option<Role>;

    /// How a file's columns are renamed before its rows are read, where they are.
    fn rename(&self, _role: Role) -> Option<Rename> {
        None
    }

    /// Which words come with the events of a file with these columns.
    fn words(&self, columns: &[String]) -> Words;

    /// A row of a file of [`Role::Items`].
    fn item(&self, record: &Record) -> Result<Item, Fault>;

    /// A row of a file of [`Role::Texts`]: the item and its text. Most layouts have no such files.
    fn text(&self, record: &Record) -> Result<(String, String), Fault> {
        self.item(record).map(|item| (item.item_id, item.text))
    }

    /// A row of a file of [`Role::Events`].
    fn event(&self, record: &Record) -> Result<RawEvent, Fault>;

    /// The files of this layout and their columns, for whoever gave another file.
    fn expected(&self) -> &'static str;

    /// The upstream names of the files, without the ending of a compression; empty where there are none.
    fn standard_names(&self) -> &'static [&'static str] {
        &[]
    }
}

/// The layout of a format.
pub(crate) fn layout(format: Format, map: &ColumnMap) -> Box<dyn Layout> {
    match format {
        Format::Hm => Box::new(hm::Hm),
        Format::Amazon2014 => Box::new(amazon::Amazon2014),
        Format::Amazon2018 => Box::new(amazon::Amazon2018),
        Format::Amazon2023 => Box::new(amazon::Amazon2023),
        Format::GoogleLocal => Box::new(google_local::GoogleLocal),
        Format::Movielens => Box::new(movielens::Movielens),
        Format::Tables => Box::new(tables::Tables::new(map.clone())),
    }
}

/// The format, other than `asked`, that has these columns.
pub(crate) fn looks_like(columns: &[String], asked: Format) -> Option<Format> {
    let known = |format: &Format| layout(*format, &ColumnMap::default()).role(columns).is_some();
    Format::ALL.into_iter().filter(|format| *format != asked).find(known)
}

fn has(columns: &[String], wanted: &[&str]) -> bool {
    wanted.iter().all(|name| columns.iter().any(|column| column == name))
}

/// A name as an attribute is called: lower case, words joined by `_`.
fn attribute_name(name: &str) -> String {
    let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("_")
}
