//! Reads the small `items.tsv` / `events.tsv` of the real data sets.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use whisperlite::catalog::{Catalog, Event, EventType, Item, RequestSource, StoreInfo, TimeKind};

/// The folder of a real data set, or `None`, said loudly, where it is absent.
pub(crate) fn folder(dataset: &str) -> Option<PathBuf> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");
    let root = std::env::var_os("WHISPERLITE_DATA").map_or_else(|| PathBuf::from(default), PathBuf::from);
    let folder = root.join(dataset);
    if folder.join("events.tsv").is_file() {
        return Some(folder);
    }
    eprintln!("SKIPPED: {} has no events.tsv; set WHISPERLITE_DATA to the folder of the real data", folder.display());
    None
}

/// Reads a data set whose events carry numbers or dates; an event without words asks for nothing.
pub(crate) fn read(folder: &Path, time_kind: TimeKind, request_source: RequestSource) -> Catalog {
    let mut items: Vec<Item> =
        rows(&folder.join("items.tsv")).map(|[item_id, text, category, _]| item(item_id, text, category)).collect();
    items.sort_by(|a, b| a.item_id.cmp(&b.item_id));
    let category_of = |item_id: &str| {
        let at = items.binary_search_by(|item| item.item_id.as_str().cmp(item_id)).unwrap();
        items[at].category.replace(" > ", " ")
    };
    let mut events: Vec<[String; 4]> = rows(&folder.join("events.tsv")).collect();
    if request_source == RequestSource::Categories {
        events.iter_mut().for_each(|[_, item_id, _, request]| *request = category_of(item_id));
    }
    let users = sorted(events.iter().map(|row| &row[0]));
    let requests = sorted(events.iter().map(|row| &row[3]).filter(|request| !request.is_empty()));
    let index = |table: &[String], key: &String| table.binary_search(key).unwrap() as u32;
    let mut events: Vec<Event> = events
        .iter()
        .map(|[user, item_id, timestamp, request]| Event {
            user_idx: index(&users, user),
            item_idx: items.binary_search_by(|item| item.item_id.cmp(item_id)).unwrap() as u32,
            request_idx: (!request.is_empty()).then(|| index(&requests, request)),
            event_type: EventType::Purchase,
            timestamp: moment(timestamp),
            value: None,
        })
        .collect();
    match time_kind {
        TimeKind::Unix => events.sort_by_key(|event| event.timestamp),
        TimeKind::Order => events.sort_by_key(|event| (event.user_idx, event.timestamp)),
    }
    let dataset = folder.file_name().unwrap().to_string_lossy().into_owned();
    let info = StoreInfo { dataset, time_kind, request_source, data_hash: String::new() };
    Catalog::new(info, items, users, requests, events)
}

fn item(item_id: String, text: String, category: String) -> Item {
    Item { item_id, text, category, ..Item::default() }
}

fn sorted<'a>(values: impl Iterator<Item = &'a String>) -> Vec<String> {
    values.collect::<BTreeSet<_>>().into_iter().cloned().collect()
}

/// Seconds, or the first moment of an ISO date.
fn moment(text: &str) -> i64 {
    let date = || -> jiff::civil::Date { text.get(..10).unwrap().parse().unwrap() };
    text.parse().unwrap_or_else(|_| date().to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp().as_second())
}

/// The first four columns of every row below the header; columns that a file lacks are empty.
fn rows(path: &Path) -> impl Iterator<Item = [String; 4]> {
    let text = std::fs::read_to_string(path).unwrap();
    let lines: Vec<String> = text.lines().skip(1).map(str::to_owned).collect();
    lines.into_iter().map(|line| {
        let mut columns = line.split('\t').map(str::to_owned);
        std::array::from_fn(|_| columns.next().unwrap_or_default())
    })
}
