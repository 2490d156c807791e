//! What an import says when it is done.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;

use super::target::TargetCounts;
use crate::catalog::types::{RequestSource, TimeKind};

/// What was read, what was left out and why, and what there is now.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ImportSummary {
    /// File by file, in the order in which they were read.
    pub files: Vec<FileSummary>,
    /// Remarks on the whole import.
    pub notes: Vec<String>,
    /// Items in the store after the import.
    pub items: u64,
    /// Items of the store that name a picture.
    pub items_with_picture: u64,
    /// Users in the store after the import.
    pub users: u64,
    /// Events in the store after the import.
    pub events: u64,
    /// Events of the store that came with words.
    pub events_with_request: u64,
    /// Distinct requests in the store.
    pub requests: u64,
    /// Where the requests come from.
    pub request_source: Option<RequestSource>,
    /// First and last event; `None` without events.
    pub time: Option<TimeSpan>,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FileSummary {
    /// The file.
    pub path: PathBuf,
    /// What it holds: `items`, `texts`, `events` or `ignored`.
    pub kind: &'static str,
    /// Rows that were read, unusable ones among them.
    pub rows_read: u64,
    /// Rows that went into the store.
    pub rows_kept: u64,
    /// Rows that did not, by reason.
    pub dropped: BTreeMap<&'static str, u64>,
    /// Remarks on this file.
    pub notes: Vec<String>,
}

impl FileSummary {
    pub(super) fn new(path: PathBuf, kind: &'static str) -> Self {
        Self { path, kind, rows_read: 0, rows_kept: 0, dropped: BTreeMap::new(), notes: Vec::new() }
    }

    pub(super) fn drop_row(&mut self, reason: &'static str) {
        *self.dropped.entry(reason).or_default() += 1;
    }
}

/// First and last event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct TimeSpan {
    /// What the two numbers mean.
    pub kind: TimeKind,
    /// The smallest timestamp.
    pub first: i64,
    /// The largest timestamp.
    pub last: i64,
}

impl ImportSummary {
    pub(super) fn count(&mut self, counts: TargetCounts, kind: TimeKind) {
        self.items = counts.items;
        self.items_with_picture = counts.items_with_picture;
        self.users = counts.users;
        self.events = counts.events;
        self.events_with_request = counts.events_with_request;
        self.requests = counts.requests;
        self.time = counts.time_range.map(|(first, last)| TimeSpan { kind, first, last });
    }
}
