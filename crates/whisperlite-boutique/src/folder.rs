//! The boutique as a folder of plain tables, which `whisperlite import --from tables` reads.
//!
//! Whole or not there: everything is written beside its place and then renamed into it. Everything says that it is
//! synthetic: ids, a column of every item and event, every picture, and a file that says so in words.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::boutique::{Boutique, BoutiqueConfig, DAY_SECS, OPENING};
use crate::error::FolderError;
use crate::item::{Item, item_id};
use crate::shopper::shopper_id;
use crate::words::caption;

/// The version of the folder's format.
const FORMAT_VERSION: u32 = 1;
/// What is needed to make everything anew.
const DESCRIPTION: &str = "boutique.json";
/// The mark in the column `source` of items and events.
pub const SOURCE: &str = "synthetic boutique";
/// Pictures that are drawn side by side before they are written.
const BATCH: u64 = 256;

/// What is written besides items and events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriteOptions {
    /// Which pictures.
    pub pictures: Pictures,
    /// How many composed requests.
    pub n_changes: u64,
}

/// Which pictures are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pictures {
    /// None: they can be drawn on demand.
    None,
    /// One of every item, this many pixels wide.
    Every {
        /// From 16 to 2048.
        size: u32,
    },
}

impl Default for WriteOptions {
    fn default() -> Self {
        Self { pictures: Pictures::Every { size: 256 }, n_changes: 1_000 }
    }
}

/// What is being written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The table of items.
    Items,
    /// Their pictures.
    Pictures,
    /// Visits, as the table of events.
    Sessions,
    /// Composed requests.
    Changes,
}

/// Is told how far the writing is: the stage, how many are done, and of how many.
pub type Watcher<'a> = &'a (dyn Fn(Stage, u64, u64) + Sync);

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Rows of `items.jsonl`.
    pub n_items: u64,
    /// Rows of `events.jsonl`.
    pub n_events: u64,
    /// Files in `images`.
    pub n_pictures: u64,
    /// Rows of `changes.jsonl`.
    pub n_changes: u64,
}

/// The contents of `boutique.json`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    format_version: u32,
    source: String,
    config: BoutiqueConfig,
}

impl Boutique {
    /// Writes everything into a new folder, or into an empty one.
    pub fn write(&self, dir: &Path, options: &WriteOptions, watcher: Watcher<'_>) -> Result<Written, FolderError> {
        refuse_full(dir)?;
        let parent = dir.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(parent).map_err(at(parent))?;
        let beside = tempfile::Builder::new().prefix(".tmp-boutique-").tempdir_in(parent).map_err(at(parent))?;
        let writer = Writer { boutique: self, dir: beside.path(), watcher };
        let written = writer.write(options)?;
        // An empty folder may stand in the place; a rename needs it gone on some systems.
        if dir.exists() {
            fs::remove_dir(dir).map_err(at(dir))?;
        }
        let made = beside.keep();
        fs::rename(&made, dir).map_err(at(dir))?;
        open_to_others(dir).map_err(at(dir))?;
        Ok(written)
    }

    /// The boutique that was written into a folder, made anew from its description: with it, everything that no table
    /// tells, above all the true preferences.
    pub fn open(dir: &Path) -> Result<Self, FolderError> {
        let path = dir.join(DESCRIPTION);
        let bytes = fs::read(&path).map_err(at(&path))?;
        let version = |value: &Value| value.get("format_version").and_then(Value::as_u64);
        let value: Value =
            serde_json::from_slice(&bytes).map_err(|source| FolderError::Description { path: path.clone(), source })?;
        if let Some(found) = version(&value).filter(|found| *found != u64::from(FORMAT_VERSION)) {
            return Err(FolderError::Version { path, found, known: FORMAT_VERSION });
        }
        let description: Description =
            serde_json::from_value(value).map_err(|source| FolderError::Description { path: path.clone(), source })?;
        Self::new(description.config).map_err(|source| FolderError::Config { path, source })
    }

    /// Where an item's picture lies in the folder, with at most a thousand in one subfolder.
    pub fn picture_path(&self, item: &Item) -> String {
        format!("images/{:05}/{}.png", item.index / 1000, item.id())
    }

    /// An item as a row of the table: its attributes are what can be seen, by name.
    pub fn item_row(&self, item: &Item) -> Value {
        let mut row = json!({
            "item_id": item.id(),
            "title": self.title(item),
            "text": self.description(item),
            "category": item.look.kind.rules().category,
            "price": item.price,
            "brand": item.brand.name,
            "released_at": iso_date(item.released_at),
            "image": self.picture_path(item),
            "source": SOURCE,
        });
        for part in item.look.traits() {
            row[part.attribute()] = part.name().into();
        }
        row
    }
}

/// One folder being filled.
struct Writer<'a> {
    boutique: &'a Boutique,
    dir: &'a Path,
    watcher: Watcher<'a>,
}

impl Writer<'_> {
    fn write(&self, options: &WriteOptions) -> Result<Written, FolderError> {
        let n_items = self.items(options.pictures)?;
        let n_pictures = match options.pictures {
            Pictures::None => 0,
            Pictures::Every { size } => self.pictures(size)?,
        };
        let n_events = self.events()?;
        let n_changes = self.changes(options.n_changes)?;
        self.describe()?;
        Ok(Written { n_items, n_events, n_pictures, n_changes })
    }

    fn items(&self, pictures: Pictures) -> Result<u64, FolderError> {
        let total = self.boutique.config().n_items;
        let mut table = Table::create(self.dir.join("items.jsonl"))?;
        for item in self.boutique.items() {
            let mut row = self.boutique.item_row(&item);
            if pictures == Pictures::None
                && let Some(columns) = row.as_object_mut()
            {
                columns.remove("image");
            }
            table.row(&row)?;
            self.tell(Stage::Items, table.n_rows, total);
        }
        table.finish()
    }

    fn pictures(&self, size: u32) -> Result<u64, FolderError> {
        let total = self.boutique.config().n_items;
        for first in (0..total).step_by(BATCH as usize) {
            let last = (first + BATCH).min(total);
            (first..last).into_par_iter().try_for_each(|index| self.picture(index, size))?;
            (self.watcher)(Stage::Pictures, last, total);
        }
        Ok(total)
    }

    fn picture(&self, index: u64, size: u32) -> Result<(), FolderError> {
        let item = self.boutique.item(index);
        let drawn = self.boutique.png(&item, size).map_err(|source| FolderError::Draw { item: item.id(), source })?;
        let path = self.dir.join(self.boutique.picture_path(&item));
        let folder = path.parent().unwrap_or(self.dir);
        fs::create_dir_all(folder).map_err(at(folder))?;
        fs::write(&path, drawn).map_err(at(&path))
    }

    fn events(&self) -> Result<u64, FolderError> {
        let total = self.boutique.config().n_sessions;
        let mut table = Table::create(self.dir.join("events.jsonl"))?;
        for session in self.boutique.sessions() {
            for event in &session.events {
                let mut row = json!({
                    "user_id": shopper_id(session.shopper),
                    "item_id": item_id(event.item),
                    "timestamp": event.at,
                    "type": event.action,
                    "source": SOURCE,
                });
                if let Some(request) = &session.request {
                    row["request"] = request.text.as_str().into();
                }
                table.row(&row)?;
            }
            self.tell(Stage::Sessions, session.index + 1, total);
        }
        table.finish()
    }

    fn changes(&self, total: u64) -> Result<u64, FolderError> {
        let mut table = Table::create(self.dir.join("changes.jsonl"))?;
        for index in 0..total {
            let change = self.boutique.change(index);
            table.row(&json!({
                "item_id": item_id(change.item),
                "words": change.words,
                "target": change.target,
                "below_price": change.below_price,
                "target_caption": caption(&change.target),
                "source": SOURCE,
            }))?;
            self.tell(Stage::Changes, index + 1, total);
        }
        table.finish()
    }

    /// The description for programs, and the one for people.
    fn describe(&self) -> Result<(), FolderError> {
        let config = *self.boutique.config();
        let description = Description { format_version: FORMAT_VERSION, source: SOURCE.to_owned(), config };
        let path = self.dir.join(DESCRIPTION);
        let mut bytes = serde_json::to_vec_pretty(&description).map_err(|error| at(&path)(error.into()))?;
        bytes.push(b'\n');
        fs::write(&path, bytes).map_err(at(&path))?;
        let path = self.dir.join("SYNTHETIC.md");
        fs::write(&path, notice(&config)).map_err(at(&path))
    }

    /// Tells the watcher now and then, and at the end.
    fn tell(&self, stage: Stage, done: u64, total: u64) {
        if done.is_multiple_of(512) || done == total {
            (self.watcher)(stage, done, total);
        }
    }
}

fn notice(config: &BoutiqueConfig) -> String {
    let BoutiqueConfig { seed, n_items, n_shoppers, n_sessions } = config;
    format!(
        "# Everything here is synthetic\n\n\
         The WhisperLite boutique drew these {n_items} items and made up {n_shoppers} shoppers and {n_sessions} visits, with \
         seed {seed}. No such product, brand, shop or person exists; any likeness is chance.\n\n\
         The shoppers' preferences follow rules that are known (`whisperlite-boutique`, `truth.rs`). What is measured here \
         shows that a program works, and how much of the possible gain it reaches; it says nothing about how people shop.\n\n\
         - `items.jsonl`: the items, with the column `source` that says what they are\n\
         - `images/`: their drawings, each with a note in the file\n\
         - `events.jsonl`: views and purchases, with the request as typed\n\
         - `changes.jsonl`: composed requests (an item, words, the look that is meant)\n\
         - `boutique.json`: all that is needed to make everything anew\n"
    )
}

/// A file of JSON lines.
struct Table {
    path: PathBuf,
    file: BufWriter<File>,
    n_rows: u64,
}

impl Table {
    fn create(path: PathBuf) -> Result<Self, FolderError> {
        let file = BufWriter::new(File::create(&path).map_err(at(&path))?);
        Ok(Self { path, file, n_rows: 0 })
    }

    fn row(&mut self, row: &Value) -> Result<(), FolderError> {
        serde_json::to_writer(&mut self.file, row).map_err(|error| at(&self.path)(error.into()))?;
        self.file.write_all(b"\n").map_err(at(&self.path))?;
        self.n_rows += 1;
        Ok(())
    }

    fn finish(mut self) -> Result<u64, FolderError> {
        self.file.flush().map_err(at(&self.path))?;
        self.file.get_ref().sync_all().map_err(at(&self.path))?;
        Ok(self.n_rows)
    }
}

/// The day of a moment, as `2024-01-31`. Within the years of a boutique every fourth year is a leap year.
fn iso_date(unix_secs: i64) -> String {
    const MONTHS: [i64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let (mut year, mut day) = (2024, (unix_secs - OPENING) / DAY_SECS);
    let is_leap = |year: i64| year % 4 == 0;
    while day >= 365 + i64::from(is_leap(year)) {
        day -= 365 + i64::from(is_leap(year));
        year += 1;
    }
    let mut month = 0;
    let length = |month: usize, year| MONTHS[month] + i64::from(month == 1 && is_leap(year));
    while day >= length(month, year) {
        day -= length(month, year);
        month += 1;
    }
    format!("{year}-{:02}-{:02}", month + 1, day + 1)
}

/// Only a new or an empty folder is written to.
fn refuse_full(dir: &Path) -> Result<(), FolderError> {
    match fs::read_dir(dir).map(|mut entries| entries.next().is_none()) {
        Ok(true) => Ok(()),
        Ok(false) => Err(FolderError::NotEmpty { path: dir.to_owned() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(FolderError::Io { path: dir.to_owned(), source }),
    }
}

/// Temporary folders are private; this one becomes a folder like any other.
#[cfg(unix)]
fn open_to_others(dir: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(dir, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn open_to_others(_dir: &Path) -> io::Result<()> {
    Ok(())
}

fn at(path: &Path) -> impl Fn(io::Error) -> FolderError + '_ {
    move |source| FolderError::Io { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        let day = |number: i64| iso_date(OPENING + number * DAY_SECS + 3_600);
        assert_eq!((day(0), day(59), day(60)), ("2024-01-01".into(), "2024-02-29".into(), "2024-03-01".into()));
        assert_eq!((day(365), day(366), day(729)), ("2024-12-31".into(), "2025-01-01".into(), "2025-12-30".into()));
    }
}
