//! The store survives what it must survive.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use rusqlite::Connection;
use whisperlite::catalog::import::{Format, ImportOptions};
use whisperlite::catalog::{EventType, ImportError, RequestSource, TimeKind};
use whisperlite::progress::{Progress, Silent};
use whisperlite::store::{FORMAT_VERSION, Store, StoreError, WriteMode};

use crate::support::{Folder, event_lines, real_data};

fn replace(folder: &Folder, file: PathBuf) -> Result<whisperlite::store::StoreImport, ImportError> {
    let options = ImportOptions::new(Format::Tables, vec![file]);
    Store::import(&folder.store(), None, WriteMode::Replace, &options, &Silent)
}

fn fixture() -> PathBuf {
    crate::support::store_of_version(1)
}

/// A store of version 1, made by the first program that wrote stores; new versions must still open it.
#[test]
fn a_store_of_version_1_opens() {
    let folder = Folder::new();
    std::fs::copy(fixture(), folder.path().join("store.sqlite")).unwrap();
    let catalog = Store::open(folder.path()).unwrap().catalog().unwrap();
    assert_eq!(catalog.info.dataset, "fixture");
    assert_eq!((catalog.info.time_kind, &catalog.info.request_source), (TimeKind::Unix, &RequestSource::Column));
    assert_eq!(catalog.info.data_hash, "0a7ce7f3a02fe4fd3992e5584db2503302d01543367b113c11c480db16a0cd1d");
    assert_eq!(catalog.items[1].attributes.get("colour"), Some("black"));
    assert_eq!(event_lines(&catalog), ["ben s1 running shoes", "ann d1 black dress", "ann s1 -"]);
    assert_eq!(catalog.events[2].event_type, EventType::View);
}

/// A store of version 2, as its program left it after an import and an event that came through a server.
#[test]
fn a_store_of_version_2_opens() {
    let folder = Folder::new();
    std::fs::copy(crate::support::store_of_version(2), folder.path().join("store.sqlite")).unwrap();
    let catalog = Store::open(folder.path()).unwrap().catalog().unwrap();
    assert_eq!(catalog.items.iter().map(|item| item.item_id.as_str()).collect::<Vec<_>>(), ["a0", "c1", "d1", "s1"]);
    let events = ["ben s1 running shoes", "ann d1 black dress", "ann s1 -", "session:42 c1 -"];
    assert_eq!(event_lines(&catalog), events);
    assert_eq!(catalog.info.data_hash.len(), 64, "made by who reads, because the event was the last to be written");
}

/// A store of version 3, as its program left it when a key was made.
#[test]
fn a_store_of_version_3_opens() {
    let folder = Folder::new();
    std::fs::copy(crate::support::store_of_version(3), folder.path().join("store.sqlite")).unwrap();
    let store = Store::open(folder.path()).unwrap();
    assert_eq!(store.catalog().unwrap().items.len(), 4);
    assert_eq!(store.keys().unwrap().iter().map(|key| key.name.as_str()).collect::<Vec<_>>(), ["website"]);
}

#[test]
fn what_is_no_store_is_refused_with_advice() {
    let folder = Folder::new();
    let missing = Store::open(&folder.store()).unwrap_err();
    assert!(matches!(missing, StoreError::Missing { .. }) && missing.to_string().contains("whisperlite import"));

    let open = || Store::open(folder.path()).unwrap_err();
    let path = folder.file("store.sqlite", "not a database at all, but long enough to look at".repeat(10));
    assert!(matches!(open(), StoreError::NotAStore { .. }));

    std::fs::remove_file(&path).unwrap();
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE other (x)").unwrap();
    assert!(matches!(open(), StoreError::NotAStore { .. }));

    std::fs::remove_file(&path).unwrap();
    std::fs::copy(fixture(), &path).unwrap();
    Connection::open(&path).unwrap().pragma_update(None, "user_version", FORMAT_VERSION + 1).unwrap();
    let newer = open();
    assert!(matches!(newer, StoreError::UnknownVersion { found: 5, supported: 4, .. }), "{newer}");
    assert!(newer.to_string().contains("--replace"));
}

/// A page within the file that a bad disk wrote: found when it is read, by a message that says where and what to do.
#[test]
fn a_damaged_page_is_named_by_its_file() {
    let folder = Folder::new();
    let many: String = (0..5000).map(|n| format!("{n},title of the item {n}\n")).collect();
    let items = folder.file("items", format!("item_id,title\n{many}"));
    folder.import(Format::Tables, &[&items]).unwrap();
    let path = folder.store().join("store.sqlite");
    let mut bytes = std::fs::read(&path).unwrap();
    let (first, last) = (bytes.len() / 4096 / 4 * 4096, bytes.len() / 4096 / 2 * 4096);
    bytes[first..last].fill(0xa5);
    std::fs::write(&path, bytes).unwrap();
    let read = Store::open(&folder.store()).unwrap().catalog().unwrap_err();
    assert!(matches!(read, StoreError::Damaged { .. }), "{read}");
    let written = folder.import(Format::Tables, &[&items]).unwrap_err();
    for message in [read.to_string(), written.to_string()] {
        assert!(message.contains(path.to_str().unwrap()) && message.contains("restore a backup"), "{message}");
    }
}

#[test]
fn an_empty_store_can_be_made_and_read() {
    let folder = Folder::new();
    let dir = folder.path().join("not/yet/there");
    let nothing = folder.file("i", "item_id,title\n");
    let options = ImportOptions::new(Format::Tables, vec![nothing]);
    Store::import(&dir, None, WriteMode::Update, &options, &Silent).unwrap();
    let store = Store::open(&dir).unwrap();
    assert_eq!(store.info().unwrap().dataset, "there");
    let catalog = store.catalog().unwrap();
    assert_eq!((catalog.n_items(), catalog.n_users(), catalog.events.len()), (0, 0, 0));
    assert_eq!(folder.names(), ["i", "not"], "nothing stays beside the new store");
}

#[test]
fn the_catalog_is_sorted_as_documented() {
    let folder = Folder::new();
    let items = folder.file("i", "item_id,title\nb,\nZ,\na,\n");
    let events = folder.file("e", "user_id,item_id,timestamp,request\nv,a,2,zoo\nu,b,1,ape\nu,Z,2,ape\nv,b,0,\n");
    folder.import(Format::Tables, &[&items, &events]).unwrap();
    let catalog = folder.catalog();
    assert_eq!(catalog.items.iter().map(|item| item.item_id.as_str()).collect::<Vec<_>>(), ["Z", "a", "b"]);
    assert_eq!(
        (catalog.user_ids.as_slice(), catalog.requests.as_slice()),
        (&["u", "v"].map(String::from)[..], &["ape", "zoo"].map(String::from)[..])
    );
    assert_eq!(event_lines(&catalog), ["u b ape", "u Z ape", "v b -", "v a zoo"], "by user, then order");

    let dated = Folder::new();
    let events = dated.file("e", "user_id,item_id,timestamp\nv,a,2020-01-02\nu,b,2020-01-01\nu,a,2020-01-02\n");
    dated.import(Format::Tables, &[&events]).unwrap();
    assert_eq!(event_lines(&dated.catalog()), ["u b -", "v a -", "u a -"], "by time, then order of insertion");
}

#[test]
fn replacing_starts_anew_or_changes_nothing() {
    let folder = Folder::new();
    folder.import(Format::Tables, &[&folder.file("i", "item_id,title\na,A\n")]).unwrap();
    std::fs::write(folder.store().join("model"), "of another room").unwrap();
    let before = std::fs::read(folder.store().join("store.sqlite")).unwrap();
    replace(&folder, folder.file("bad", "item_id,price\nb,NaN\n")).unwrap_err();
    assert_eq!(std::fs::read(folder.store().join("store.sqlite")).unwrap(), before);
    replace(&folder, folder.file("good", "item_id,title\nb,B\n")).unwrap();
    assert_eq!(folder.catalog().items.iter().map(|item| item.item_id.as_str()).collect::<Vec<_>>(), ["b"]);
    let mut names: Vec<_> = std::fs::read_dir(folder.store()).unwrap().map(|e| e.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["model", "store.sqlite"]);
    std::fs::write(folder.store().join("store.sqlite"), "damaged").unwrap();
    replace(&folder, folder.path().join("good")).unwrap();
    assert_eq!(folder.catalog().n_items(), 1, "a damaged store can be replaced");
}

#[test]
fn a_failed_update_leaves_every_byte() {
    let folder = Folder::new();
    folder.import(Format::Tables, &[&folder.file("i", "item_id,title\na,A\n")]).unwrap();
    let before = std::fs::read(folder.store().join("store.sqlite")).unwrap();
    let many: String = (0..5000).map(|n| format!("{n},x\n")).collect();
    let bad = folder.file("bad", format!("item_id,title\n{many}0,again\n"));
    folder.import(Format::Tables, &[&bad]).unwrap_err();
    assert_eq!(std::fs::read(folder.store().join("store.sqlite")).unwrap(), before);
    assert_eq!(folder.catalog().info, Store::open(&folder.store()).unwrap().info().unwrap());
}

/// Tries a second import from inside the first.
struct SecondImport<'a> {
    folder: &'a Folder,
    file: PathBuf,
    refused: AtomicBool,
}

impl Progress for SecondImport<'_> {
    fn start(&self, _task: &str, _total: Option<u64>, _unit: &str) {
        let error = self.folder.import(Format::Tables, &[&self.file]).unwrap_err();
        self.refused.store(error.to_string().contains("another import is running"), Ordering::Relaxed);
    }

    fn advance(&self, _n: u64) {}

    fn note(&self, _text: &str) {}

    fn finish(&self, _summary: &str) {}
}

#[test]
fn two_imports_into_one_new_store_do_not_mix() {
    let folder = Folder::new();
    let file = folder.file("i", "item_id,title\na,A\n");
    let second = SecondImport { folder: &folder, file: file.clone(), refused: AtomicBool::new(false) };
    let options = ImportOptions::new(Format::Tables, vec![file]);
    Store::import(&folder.store(), Some("named"), WriteMode::Update, &options, &second).unwrap();
    assert!(second.refused.into_inner());
    assert_eq!(folder.catalog().info.dataset, "named");
    assert_eq!(folder.names(), ["i", "store"]);
}

#[test]
fn the_same_data_have_the_same_hash() {
    let hash = |content: &str| {
        let folder = Folder::new();
        folder.import(Format::Tables, &[&folder.file("i", content)]).unwrap().info.data_hash
    };
    assert_eq!(hash("item_id,title\na,A\nb,B\n"), hash("item_id,title\nb,B\na,A\n"));
    assert_ne!(hash("item_id,title\na,A\nb,B\n"), hash("item_id,title\na,B\nb,A\n"));
}

#[test]
fn the_largest_stores_load_quickly() {
    let Some(data) = real_data("rent-the-runway") else { return };
    let folder = Folder::new();
    folder.import(Format::Tables, &[&data.join("items.tsv"), &data.join("events.tsv")]).unwrap();
    let store = Store::open(&folder.store()).unwrap();
    let start = Instant::now();
    assert_eq!(store.catalog().unwrap().events.len(), 192_278);
    // A tenth of this on an idle machine; the rest is for debug builds on busy ones.
    assert!(start.elapsed().as_secs_f64() < 10.0, "{:?}", start.elapsed());
}
