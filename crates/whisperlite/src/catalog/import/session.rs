//! One import while it runs: files in their order, rows counted, unusable ones skipped if that was asked for.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::event_id::EventIds;
use super::options::{ImportOptions, OnError};
use super::pictures::Pictures;
use super::requests::{Requests, choose_source};
use super::summary::{FileSummary, ImportSummary};
use super::target::{NewEvent, Origin, StoredSettings, Target};
use super::time::TimeWatch;
use crate::catalog::error::{Fault, ImportError, RowProblem};
use crate::catalog::formats::{self, Layout, Role, Words};
use crate::catalog::nearest::nearest;
use crate::catalog::read::{self, Record};
use crate::catalog::types::{Item, RequestSource, TimeKind};
use crate::progress::Progress;

/// What became of a row that is usable.
enum Kept {
    Yes,
    /// Left out, for this reason.
    No(&'static str),
}

/// One import while it runs.
pub(super) struct Session<'a> {
    options: &'a ImportOptions,
    target: &'a mut dyn Target,
    progress: &'a dyn Progress,
    layout: Box<dyn Layout>,
    /// Where each item id of this import stood first: the number of its file, and the line.
    seen_items: HashMap<String, (usize, u64)>,
    event_ids: EventIds,
    pictures: Pictures,
    summary: ImportSummary,
}

/// A file that was looked at, with its rows still to be read.
struct Planned {
    path: PathBuf,
    role: Role,
}

impl<'a> Session<'a> {
    pub(super) fn new(options: &'a ImportOptions, target: &'a mut dyn Target, progress: &'a dyn Progress) -> Self {
        let layout = formats::layout(options.format, &options.map);
        let (seen_items, event_ids, pictures) = (HashMap::new(), EventIds::default(), Pictures::default());
        Self { options, target, progress, layout, seen_items, event_ids, pictures, summary: ImportSummary::default() }
    }

    pub(super) fn run(mut self, paths: &[PathBuf]) -> Result<ImportSummary, ImportError> {
        let (planned, words) = self.plan(paths)?;
        for file in planned.iter().filter(|file| file.role == Role::Items) {
            self.pictures = self.pictures_for(&file.path)?;
            self.read_file(file, &mut |session, record| session.take_item(record))?;
        }
        for file in planned.iter().filter(|file| file.role == Role::Texts) {
            self.read_file(file, &mut |session, record| session.take_text(record))?;
        }
        for file in &planned {
            if let Role::Ignored(note) = file.role {
                let mut summary = FileSummary::new(file.path.clone(), "ignored");
                summary.notes.push(note.to_owned());
                self.summary.files.push(summary);
            }
        }
        let settings = self.read_events(&planned, words)?;
        let kind = settings.as_ref().map_or(TimeKind::Unix, |settings| settings.time_kind);
        self.summary.request_source = settings.map(|settings| settings.request_source);
        self.summary.count(self.target.counts().map_err(ImportError::Target)?, kind);
        Ok(self.summary)
    }

    /// The pictures of a file's items: in the folder that was named, else in the folder `images` beside the file.
    fn pictures_for(&self, file: &Path) -> Result<Pictures, ImportError> {
        let usual = Some(file.with_file_name("images")).filter(|folder| folder.is_dir());
        match self.options.images.as_ref().or(usual.as_ref()) {
            Some(folder) => Pictures::in_folder(folder),
            None => Ok(Pictures::default()),
        }
    }

    /// Looks at the columns of every file before a row of any is read, so that a wrong file is known at once.
    fn plan(&self, paths: &[PathBuf]) -> Result<(Vec<Planned>, Words), ImportError> {
        let format = self.options.format;
        if !self.options.map.is_empty() && format != super::Format::Tables {
            return Err(ImportError::MapNotSupported { format });
        }
        let mut files = Vec::new();
        for path in paths {
            let silent = crate::progress::Silent;
            files.push((path, read::open(path, self.options.max_line_bytes, &silent)?.columns().to_vec()));
        }
        // Before the roles: a file whose columns are renamed wrongly has none, and that would not name the mistake.
        self.check_map(files.iter().flat_map(|(_, columns)| columns))?;
        let (mut planned, mut words) = (Vec::new(), Words::default());
        for (path, columns) in files {
            let role = self.layout.role(&columns).ok_or_else(|| ImportError::WrongFormat {
                path: path.clone(),
                format,
                found: columns.clone(),
                expected: self.layout.expected(),
                looks_like: formats::looks_like(&columns, format),
            })?;
            if role == Role::Events {
                words = words.or(self.layout.words(&columns));
            }
            planned.push(Planned { path: path.clone(), role });
        }
        Ok((planned, words))
    }

    /// Refuses a mapping of a column that no file has.
    fn check_map<'c>(&self, columns: impl Iterator<Item = &'c String>) -> Result<(), ImportError> {
        let mut seen = HashSet::new();
        let found: Vec<String> = columns.filter(|column| seen.insert(*column)).cloned().collect();
        let Some((target, column)) = self.options.map.first_unknown(&found) else { return Ok(()) };
        let nearest = nearest(column, &found).into_iter().next().unwrap_or_default();
        let (target, column) = (target.to_owned(), column.to_owned());
        Err(ImportError::UnknownMappedColumn { target, column, nearest, found })
    }

    fn read_events(&mut self, planned: &[Planned], words: Words) -> Result<Option<StoredSettings>, ImportError> {
        let stored = self.target.settings().map_err(ImportError::Target)?;
        let files: Vec<&Planned> = planned.iter().filter(|file| file.role == Role::Events).collect();
        if files.is_empty() {
            return Ok(stored);
        }
        let request_source = choose_source(self.options.requests.as_ref(), stored.as_ref(), words)?;
        let has_items_file = planned.iter().any(|file| file.role == Role::Items);
        let described = has_items_file || self.target.has_described_items().map_err(ImportError::Target)?;
        if !described {
            self.note("no file describes the items: they are known by their ids alone");
        }
        let mut events = Events {
            requests: Requests::new(&request_source, self.target)?,
            time: TimeWatch::new(self.options.time, stored.as_ref().map(|stored| stored.time_kind)),
            items_from_events: !described,
        };
        for file in files {
            self.read_file(file, &mut |session, record| session.take_event(record, &mut events))?;
        }
        let Some(time_kind) = events.time.kind()? else { return Ok(stored) };
        let request_source = self.settle_requests(request_source)?;
        let settings = StoredSettings { time_kind, request_source };
        self.target.put_settings(&settings).map_err(ImportError::Target)?;
        Ok(Some(settings))
    }

    /// A request column in which nothing stands is no source, unless it was asked for.
    fn settle_requests(&mut self, source: RequestSource) -> Result<RequestSource, ImportError> {
        let counts = self.target.counts().map_err(ImportError::Target)?;
        if self.options.requests.is_some() || counts.events_with_request > 0 {
            return Ok(source);
        }
        self.note("the events have no requests; --requests derives them, for instance from categories or attributes");
        Ok(RequestSource::None)
    }

    fn note(&mut self, text: &str) {
        self.summary.notes.push(text.to_owned());
    }

    fn read_file(
        &mut self,
        file: &Planned,
        take: &mut dyn FnMut(&mut Self, &Record) -> Result<Kept, Stop>,
    ) -> Result<(), ImportError> {
        let kind = match file.role {
            Role::Items => "items",
            Role::Texts => "texts",
            Role::Events => "events",
            Role::Ignored(_) => "ignored",
        };
        self.summary.files.push(FileSummary::new(file.path.clone(), kind));
        let mut records = read::open(&file.path, self.options.max_line_bytes, self.progress)?;
        if let Some(rename) = self.layout.rename(file.role) {
            records.rename(rename);
        }
        while let Some(record) = records.next_record() {
            let kept = record.and_then(|record| {
                let line = record.line;
                take(self, &record).map_err(|stop| stop.at(&file.path, line))
            });
            if self.count(kept)? == GoesOn::No {
                break;
            }
        }
        Ok(())
    }

    /// Counts a row, and decides whether the file is read on.
    fn count(&mut self, kept: Result<Kept, ImportError>) -> Result<GoesOn, ImportError> {
        let skip = self.options.on_error == OnError::Skip;
        let Some(file) = self.summary.files.last_mut() else { return Ok(GoesOn::No) };
        match kept {
            Ok(Kept::Yes) => file.rows_kept += 1,
            Ok(Kept::No(reason)) => file.drop_row(reason),
            Err(ImportError::Row(row)) if skip => file.drop_row(row.problem.reason()),
            Err(ImportError::Damaged { line, source, .. }) if skip => {
                file.notes.push(format!("cut off or damaged after line {line} ({source}): what comes before was kept"));
                return Ok(GoesOn::No);
            }
            Err(error) => return Err(error),
        }
        file.rows_read += 1;
        Ok(GoesOn::Yes)
    }

    fn take_item(&mut self, record: &Record) -> Result<Kept, Stop> {
        let mut item = self.layout.item(record)?;
        // The file that is being read is the last of the summary.
        let n_file = self.summary.files.len() - 1;
        item.image = self.pictures.of(&item, &self.summary.files[n_file].path);
        if let Some(&(first_file, first_line)) = self.seen_items.get(&item.item_id) {
            let first_path = self.summary.files[first_file].path.clone();
            return Err(Fault::from(RowProblem::DuplicateItem { item_id: item.item_id, first_path, first_line }).into());
        }
        self.target.put_item(&item, Origin::Described).map_err(ImportError::Target)?;
        self.seen_items.insert(item.item_id, (n_file, record.line));
        Ok(Kept::Yes)
    }

    fn take_text(&mut self, record: &Record) -> Result<Kept, Stop> {
        let (item_id, text) = self.layout.text(record)?;
        if !self.target.has_item(&item_id) {
            return Err(Fault::from(RowProblem::UnknownItem { item_id }).into());
        }
        self.target.put_item_text(&item_id, &text).map_err(ImportError::Target)?;
        Ok(Kept::Yes)
    }

    fn take_event(&mut self, record: &Record, events: &mut Events) -> Result<Kept, Stop> {
        let raw = self.layout.event(record)?;
        if raw.value.zip(self.options.min_value).is_some_and(|(value, least)| value < least) {
            return Ok(Kept::No("below --min-value"));
        }
        if !self.target.has_item(&raw.item_id) {
            self.take_unknown_item(&raw.item_id, events)?;
        }
        let event_id = self.event_ids.id_of(&raw);
        let timestamp = events.time.timestamp(raw.moment)?;
        let request = events.requests.of(&raw, &event_id);
        let (event_type, value) = (raw.event_type, raw.value);
        let event =
            NewEvent { event_id, user_id: raw.user_id, item_id: raw.item_id, request, event_type, timestamp, value };
        let is_new = self.target.add_event(&event).map_err(ImportError::Target)?;
        Ok(if is_new { Kept::Yes } else { Kept::No("already in the store") })
    }

    fn take_unknown_item(&mut self, item_id: &str, events: &Events) -> Result<(), Stop> {
        if !events.items_from_events {
            return Err(Fault::from(RowProblem::UnknownItem { item_id: item_id.to_owned() }).into());
        }
        let item = Item { item_id: item_id.to_owned(), ..Item::default() };
        self.target.put_item(&item, Origin::FromEvent).map_err(ImportError::Target)?;
        Ok(())
    }
}

/// What the events of an import share.
struct Events {
    requests: Requests,
    time: TimeWatch,
    /// Whether an unknown item comes into being by its event.
    items_from_events: bool,
}

#[derive(PartialEq, Eq)]
enum GoesOn {
    Yes,
    No,
}

/// Why a row was not taken: a fault of its own, or one of the whole import.
enum Stop {
    Row(Fault),
    Import(ImportError),
}

impl Stop {
    fn at(self, path: &Path, line: u64) -> ImportError {
        match self {
            Self::Row(fault) => fault.at(path, line),
            Self::Import(error) => error,
        }
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Row(fault)
    }
}

impl From<ImportError> for Stop {
    fn from(error: ImportError) -> Self {
        Self::Import(error)
    }
}
