//! Single events: stored once, on the disk when they are acknowledged, in stores of every version.

use std::collections::BTreeSet;

use rusqlite::Connection;
use whisperlite::catalog::import::{Format, ImportOptions};
use whisperlite::catalog::{EventType, TimeKind};
use whisperlite::progress::Silent;
use whisperlite::store::{
    Changed, FORMAT_VERSION, NewKey, NewStudyRecord, Recorded, Scope, ServedEvent, ServingStore, SqliteStore, Store,
    StoreError, StoredModel, WriteMode,
};

use crate::serving_suite;
use crate::support::{Folder, event_lines, store_of_version};

fn view(event_id: &str, user_id: &str, item_id: &str) -> ServedEvent {
    ServedEvent {
        event_id: event_id.to_owned(),
        user_id: user_id.to_owned(),
        item_id: item_id.to_owned(),
        request: Some("rain coat".to_owned()),
        event_type: EventType::View,
        timestamp: 1_800_000_000,
        value: None,
        session_id: None,
        query_id: None,
        position: None,
    }
}

/// A folder with a store that a program of an earlier format wrote.
fn folder_of_version(version: u32) -> Folder {
    let folder = Folder::new();
    std::fs::copy(store_of_version(version), folder.path().join("store.sqlite")).unwrap();
    folder
}

fn version(folder: &Folder) -> i64 {
    let connection = Connection::open(folder.path().join("store.sqlite")).unwrap();
    connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
}

#[test]
fn a_store_of_an_earlier_version_is_brought_up_to_date_by_whoever_writes() {
    for (earlier, users) in [
        (1, &["ann", "ben", "cleo"][..]),
        (2, &["ann", "ben", "cleo", "session:42"]),
        (3, &["ann", "ben", "cleo", "session:42"]),
    ] {
        is_brought_up_to_date(earlier, users);
    }
}

fn is_brought_up_to_date(earlier: u32, users: &[&str]) {
    let folder = folder_of_version(earlier);
    let before = Store::open(folder.path()).unwrap().catalog().unwrap();
    assert_eq!(version(&folder), i64::from(earlier), "reading changes nothing");
    let mut log = SqliteStore::open(folder.path()).unwrap();
    assert_eq!((version(&folder), log.time_kind()), (FORMAT_VERSION, TimeKind::Unix));
    assert_eq!(log.add_events(&[view("a", "cleo", "s1")]).unwrap(), [Recorded::New { timestamp: 1_800_000_000 }]);
    assert_eq!(log.add_events(&[view("a", "somebody else", "d1")]).unwrap(), [Recorded::Repeated]);
    assert_eq!(log.add_events(&[view("b", "nobody", "nothing")]).unwrap(), [Recorded::UnknownItem]);
    let while_open = Store::open(folder.path()).unwrap().catalog().unwrap();
    drop(log);
    assert_eq!(folder.names(), ["store.sqlite"], "a store that nobody writes is one file");
    let store = Store::open(folder.path()).unwrap();
    let after = store.catalog().unwrap();
    assert_eq!(after.user_ids, users, "what is refused brings nobody with it");
    let expected = [event_lines(&before), vec!["cleo s1 rain coat".to_owned()]].concat();
    assert_eq!((event_lines(&after), event_lines(&while_open)), (expected.clone(), expected));
    assert_eq!(after.events.last().unwrap().event_type, EventType::View);
    assert!(after.info.data_hash != before.info.data_hash && after.info.data_hash == while_open.info.data_hash);
    assert_eq!(after.info.data_hash.len(), 64);
}

/// What people said, and who may ask, is in no file that could be imported again.
#[test]
fn a_store_that_is_replaced_keeps_keys_studies_and_the_model() {
    let folder = Folder::new();
    let items = folder.file("i", "item_id,title\na,A\n");
    folder.import(Format::Tables, &[&items]).unwrap();
    let key = NewKey { name: "website".to_owned(), hash: [7; 32], scopes: BTreeSet::from([Scope::Search]) };
    let said = NewStudyRecord {
        study: "autumn".to_owned(),
        record_id: "1".to_owned(),
        rater: Some("r1".to_owned()),
        kind: "answer".to_owned(),
        document: "{}".to_owned(),
    };
    let mut store = SqliteStore::open(&folder.store()).unwrap();
    let added = store.add_key(&key).unwrap();
    store.add_study_records(std::slice::from_ref(&said)).unwrap();
    let records = store.study_records("autumn", 0).unwrap();
    let model = StoredModel { name: "tiny".to_owned(), files: vec![("config.json".to_owned(), b"{}".to_vec())] };
    store.put_model(&model).unwrap();
    drop(store);
    let options = ImportOptions::new(Format::Tables, vec![items]);
    Store::import(&folder.store(), None, WriteMode::Replace, &options, &Silent).unwrap();
    let mut store = SqliteStore::open(&folder.store()).unwrap();
    assert_eq!(store.find_key(&[7; 32]).unwrap(), Some(added));
    assert_eq!(store.study_records("autumn", 0).unwrap(), records);
    assert_eq!(store.model().unwrap(), Some(model));
}

/// What people said is not lost without a word where the old store cannot be read any more.
#[test]
fn a_store_whose_studies_cannot_be_read_is_not_replaced() {
    let folder = Folder::new();
    let items = folder.file("i", "item_id,title\na,A\n");
    folder.import(Format::Tables, &[&items]).unwrap();
    let mut store = SqliteStore::open(&folder.store()).unwrap();
    let said = |number: usize| NewStudyRecord {
        study: "autumn".to_owned(),
        record_id: number.to_string(),
        rater: None,
        kind: "answer".to_owned(),
        document: format!("\"words of the log {}\"", "and more ".repeat(50)),
    };
    store.add_study_records(&(0..200).map(said).collect::<Vec<_>>()).unwrap();
    drop(store);
    let path = folder.store().join("store.sqlite");
    let mut bytes = std::fs::read(&path).unwrap();
    let words = b"words of the log";
    let place = bytes.windows(words.len()).rposition(|window| window == words).unwrap();
    let page = place / 4096 * 4096;
    bytes[page..page + 64].fill(0x77);
    std::fs::write(&path, &bytes).unwrap();
    let options = ImportOptions::new(Format::Tables, vec![items]);
    let error = Store::import(&folder.store(), None, WriteMode::Replace, &options, &Silent).unwrap_err();
    let said = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
    assert!(said.contains("would be lost") && said.contains("move the file away"), "{error}: {said}");
    assert_eq!(std::fs::read(&path).unwrap(), bytes, "it stays as it was");
}

/// The hash that readers make is the one that the next import writes.
#[test]
fn an_import_after_single_events_takes_them_in() {
    let folder = Folder::new();
    folder.import(Format::Tables, &[&folder.file("i", "item_id,title\na,A\n")]).unwrap();
    let mut log = SqliteStore::open(&folder.store()).unwrap();
    assert_eq!(log.time_kind(), TimeKind::Unix, "the first events have times");
    log.add_events(&[view("a", "cleo", "a")]).unwrap();
    let made = folder.catalog().info.data_hash;
    // Beside the log, as while a server runs.
    let imported = folder.import(Format::Tables, &[&folder.file("same", "item_id,title\na,A\n")]).unwrap();
    assert_eq!(imported.info.data_hash, made);
    assert_eq!(Store::open(&folder.store()).unwrap().info().unwrap().data_hash, made);
}

/// What a killed server left beside the store must not be played back onto the one that takes its place.
#[test]
fn a_replaced_store_keeps_nothing_of_a_killed_server() {
    let folder = Folder::new();
    folder.import(Format::Tables, &[&folder.file("i", "item_id,title\na,A\n")]).unwrap();
    let replace = || {
        let options = ImportOptions::new(Format::Tables, vec![folder.file("other", "item_id,title\nb,B\n")]);
        Store::import(&folder.store(), None, WriteMode::Replace, &options, &Silent)
    };
    let mut log = SqliteStore::open(&folder.store()).unwrap();
    log.add_events(&[view("a", "cleo", "a")]).unwrap();
    let refused = replace().unwrap_err().to_string();
    assert!(refused.contains("a server"), "while it runs: {refused}");
    // Killed: the files are those of a store in use, and nobody uses it.
    let files =
        ["store.sqlite", "store.sqlite-wal"].map(|name| (name, std::fs::read(folder.store().join(name)).unwrap()));
    drop(log);
    for (name, bytes) in files {
        std::fs::write(folder.store().join(name), bytes).unwrap();
    }
    assert_eq!(folder.catalog().events.len(), 1, "the log is read by whoever comes next");
    replace().unwrap();
    let catalog = folder.catalog();
    assert_eq!((catalog.items[0].item_id.as_str(), catalog.n_items(), catalog.events.len()), ("b", 1, 0));
}

#[test]
fn there_is_no_log_without_a_store() {
    let folder = Folder::new();
    assert!(matches!(SqliteStore::open(folder.path()).unwrap_err(), StoreError::Missing { .. }));
    assert!(folder.names().is_empty());
}

/// A folder's store, opened as often as somebody asks.
struct InFolder(Folder);

impl serving_suite::Place for InFolder {
    fn open(&self) -> Box<dyn ServingStore> {
        Box::new(SqliteStore::open(&self.0.store()).unwrap())
    }
}

#[test]
fn sqlite_holds_what_every_store_holds() {
    serving_suite::check_all(&|time_kind| {
        let folder = Folder::new();
        folder.import(Format::Tables, &[&folder.file("i", "item_id,title\na,A\nb,B\nc,C\n")]).unwrap();
        if time_kind == TimeKind::Order {
            let sql =
                "INSERT INTO meta VALUES ('time_kind', '\"order\"') ON CONFLICT DO UPDATE SET value = excluded.value";
            Connection::open(folder.store().join("store.sqlite")).unwrap().execute_batch(sql).unwrap();
        }
        Box::new(InFolder(folder))
    });
}

/// An import beside a server is one change after the other for who follows, and brings back what was removed.
#[test]
fn an_import_is_followed_too() {
    let folder = Folder::new();
    folder.import(Format::Tables, &[&folder.file("i", "item_id,title\na,A\nb,B\n")]).unwrap();
    let mut store = SqliteStore::open(&folder.store()).unwrap();
    store.remove_items(&["a".to_owned(), "b".to_owned()]).unwrap();
    let sequence = store.snapshot().unwrap().sequence;
    let items = folder.file("items", "item_id,title\na,Anew\nc,C\n");
    let events = folder.file("events", "user_id,item_id,timestamp\nann,c,2020-01-01\nann,b,2020-01-02\n");
    let summary = folder.import(Format::Tables, &[&items, &events]).unwrap().summary;
    assert_eq!((summary.items, summary.events), (2, 1), "`b` stays removed, and its event with it");
    let changes = store.changes_since(sequence, 100).unwrap();
    let puts: Vec<&str> = changes
        .iter()
        .filter_map(|change| match &change.what {
            Changed::ItemPut(item) => Some(item.title.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!((puts, changes.len()), (vec!["Anew", "C"], 4));
    let catalog = store.snapshot().unwrap().catalog;
    assert_eq!((catalog.n_items(), catalog.events.len()), (2, 1));
}

/// What is erased lies in no byte of the store's file or its log, where a deleted record would stay until something takes its place.
#[test]
fn nothing_of_a_forgotten_rater_stays_in_the_files() {
    let folder = Folder::new();
    folder.import(Format::Tables, &[&folder.file("i", "item_id,title\na,A\n")]).unwrap();
    let record = |rater: &str, number: usize| NewStudyRecord {
        study: "autumn".to_owned(),
        record_id: format!("answered:{number}:id-of-{rater}-"),
        rater: Some(rater.to_owned()),
        kind: "answered".to_owned(),
        document: format!("{{\"says\":\"words-of-{rater}-{}\"}}", "and more ".repeat(number % 90)),
    };
    let holds = |words: &str| {
        let files = std::fs::read_dir(folder.store()).unwrap().map(|entry| entry.unwrap().path());
        files.filter(|path| path.is_file()).any(|path| {
            let bytes = std::fs::read(path).unwrap();
            bytes.windows(words.len()).any(|window| window == words.as_bytes())
        })
    };
    let mut store = SqliteStore::open(&folder.store()).unwrap();
    // Many, mixed with others' and in no order, so that pages are split and moved on the way.
    for number in 0..1500 {
        let rater = ["ann", "ben", "cid"][number % 3];
        store.add_study_records(&[record(rater, number * 7919 % 1500)]).unwrap();
    }
    assert!(holds("words-of-ben-") && holds("id-of-ben-"));
    let told = NewStudyRecord { rater: None, document: "{}".to_owned(), ..record("nobody", 0) };
    assert_eq!(store.forget_rater("ben", &told).unwrap(), 500);
    for (rater, is_there) in [("ann", true), ("ben", false), ("cid", true)] {
        for what in ["words-of-", "id-of-"] {
            assert_eq!(holds(&format!("{what}{rater}-")), is_there, "{what}{rater}");
        }
    }
    assert_eq!(store.records_of_rater("autumn", "ann").unwrap().len(), 500);
}
