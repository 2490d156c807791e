//! The folder that is written: whole, marked, readable, and enough to make everything anew.

use std::fs;
use std::path::Path;
use std::sync::Mutex;

use serde_json::Value;
use whisperlite_boutique::{Boutique, BoutiqueConfig, FolderError, Pictures, SOURCE, Stage, WriteOptions};

fn boutique() -> Boutique {
    Boutique::new(BoutiqueConfig { seed: 6, n_items: 200, n_shoppers: 20, n_sessions: 60 }).expect("a valid size")
}

fn options(pictures: Pictures) -> WriteOptions {
    WriteOptions { pictures, n_changes: 25 }
}

fn rows(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).expect("a table");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn silent(_: Stage, _: u64, _: u64) {}

#[test]
fn tables_and_pictures_are_there_and_say_what_they_are() {
    let outer = tempfile::tempdir().expect("a folder");
    let dir = outer.path().join("a/boutique");
    let told = Mutex::new(Vec::new());
    let watcher = |stage, done, total| told.lock().expect("no panic").push((stage, done, total));
    let written = boutique().write(&dir, &options(Pictures::Every { size: 32 }), &watcher).expect("written");
    let (items, events) = (rows(&dir.join("items.jsonl")), rows(&dir.join("events.jsonl")));
    let changes = rows(&dir.join("changes.jsonl"));
    assert_eq!((items.len(), changes.len(), written.n_pictures), (200, 25, 200));
    assert_eq!((events.len() as u64, items.len() as u64), (written.n_events, written.n_items));
    for row in items.iter().chain(&events).chain(&changes) {
        assert_eq!(row["source"], SOURCE);
        assert!(row["item_id"].as_str().is_some_and(|id| id.starts_with("boutique-")), "{row}");
    }
    for item in &items {
        let image = item["image"].as_str().expect("a path");
        assert!(fs::read(dir.join(image)).expect("a picture").starts_with(b"\x89PNG"));
        for column in ["title", "text", "category", "brand", "kind", "colour", "material", "pattern"] {
            assert!(item[column].as_str().is_some_and(|value| !value.is_empty()), "{column} of {item}");
        }
    }
    assert!(events.iter().any(|event| event["request"].is_string() && event["type"] == "purchase"));
    let notice = fs::read_to_string(dir.join("SYNTHETIC.md")).expect("a notice");
    assert!(notice.contains("synthetic") && notice.contains("seed 6") && notice.contains("200 items"));
    assert_eq!(told.lock().expect("no panic").last(), Some(&(Stage::Changes, 25, 25)));
    assert_eq!(Boutique::open(&dir).expect("its description"), boutique());
    assert_eq!(fs::read_dir(outer.path().join("a")).expect("a folder").count(), 1, "nothing is left beside it");
}

#[test]
fn two_writings_are_equal_byte_by_byte_and_pictures_may_be_left_out() {
    let outer = tempfile::tempdir().expect("a folder");
    let write = |name: &str| {
        let dir = outer.path().join(name);
        boutique().write(&dir, &options(Pictures::None), &silent).expect("written");
        ["items.jsonl", "events.jsonl", "changes.jsonl", "boutique.json"]
            .map(|name| fs::read(dir.join(name)).expect("a file"))
    };
    assert_eq!(write("one"), write("two"));
    assert!(!outer.path().join("one/images").exists());
    assert!(rows(&outer.path().join("one/items.jsonl")).iter().all(|item| item.get("image").is_none()));
}

#[test]
fn a_folder_with_something_in_it_is_left_alone() {
    let outer = tempfile::tempdir().expect("a folder");
    fs::write(outer.path().join("mine"), "precious").expect("written");
    let refused = boutique().write(outer.path(), &options(Pictures::None), &silent);
    assert!(matches!(refused, Err(FolderError::NotEmpty { .. })));
    assert_eq!(fs::read_dir(outer.path()).expect("a folder").count(), 1);
    let empty = outer.path().join("empty");
    fs::create_dir(&empty).expect("made");
    boutique().write(&empty, &options(Pictures::None), &silent).expect("an empty folder may be filled");
}

#[test]
fn a_failure_leaves_nothing_behind() {
    let outer = tempfile::tempdir().expect("a folder");
    let dir = outer.path().join("boutique");
    let failed = boutique().write(&dir, &options(Pictures::Every { size: 1 }), &silent);
    assert!(matches!(failed, Err(FolderError::Draw { .. })));
    assert_eq!(fs::read_dir(outer.path()).expect("a folder").count(), 0);
}

#[test]
fn a_description_that_is_not_ours_is_refused() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("boutique.json");
    assert!(matches!(Boutique::open(dir.path()), Err(FolderError::Io { .. })));
    fs::write(&path, "{\"format_version\": 99}").expect("written");
    assert!(matches!(Boutique::open(dir.path()), Err(FolderError::Version { found: 99, .. })));
    fs::write(&path, "{\"format_version\": 1").expect("written");
    assert!(matches!(Boutique::open(dir.path()), Err(FolderError::Description { .. })));
    let config = r#"{"seed":1,"n_items":5,"n_shoppers":10,"n_sessions":1}"#;
    fs::write(&path, format!(r#"{{"format_version":1,"source":"x","config":{config}}}"#)).expect("written");
    assert!(matches!(Boutique::open(dir.path()), Err(FolderError::Config { .. })));
}
