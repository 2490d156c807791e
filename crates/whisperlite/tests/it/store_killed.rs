//! A process that writes is killed again and again in the middle of its work: what it said is written is there, once.
//!
//! The process is this very test binary, started for one test that is otherwise ignored. How the whole server fares is tested
//! with the command.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use whisperlite::catalog::import::Format;
use whisperlite::store::{ServingStore, SqliteStore, StoreError, Write};

use crate::serving_suite::{item, view};
use crate::support::Folder;

/// Tells the child which store is its.
const CHILDS_STORE: &str = "WHISPERLITE_TEST_CHILDS_STORE";
/// Tells the child which names are its.
const CHILDS_ROUND: &str = "WHISPERLITE_TEST_CHILDS_ROUND";

/// Killed 200 times while several of its threads write events, put items and remove them.
#[test]
fn nothing_acknowledged_is_lost_when_the_writer_is_killed() {
    const ROUNDS: usize = 200;
    let folder = Folder::new();
    folder.import(Format::Tables, &[&folder.file("i", "item_id,title\na,A\n")]).unwrap();
    let (mut events, mut items) = (BTreeSet::new(), BTreeMap::new());
    for round in 0..ROUNDS {
        for line in killed_writer(&folder.store(), round) {
            let mut words = line.split('\t');
            match (words.next(), words.next(), words.next()) {
                (Some("event"), Some(id), None) => assert!(events.insert(id.to_owned())),
                (Some("item"), Some(id), Some(title)) => drop(items.insert(id.to_owned(), title.to_owned())),
                _ => panic!("the writer said {line:?}"),
            }
        }
    }
    assert!(events.len() > ROUNDS && items.len() > ROUNDS, "{} events, {} items", events.len(), items.len());
    let mut store = SqliteStore::open(&folder.store()).unwrap();
    let catalog = store.snapshot().unwrap().catalog;
    drop(store);
    let connection = rusqlite::Connection::open(folder.store().join("store.sqlite")).unwrap();
    let mut ids = connection.prepare("SELECT event_id FROM events").unwrap();
    let stored: Vec<String> = ids.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let distinct: BTreeSet<String> = stored.iter().cloned().collect();
    assert_eq!(distinct.len(), stored.len(), "none is there twice");
    assert_eq!(events.difference(&distinct).collect::<Vec<_>>(), [""; 0], "every acknowledged event is there");
    for (item_id, title) in items {
        let found = catalog.item_idx(&item_id).map(|item_idx| catalog.items[item_idx as usize].title.as_str());
        match title.as_str() {
            // Whether the next thing that was to happen to the item happened is not known.
            "removed" => assert!(found.is_none_or(|found| found == "again"), "{item_id}: {found:?}"),
            "again" => assert_eq!(found, Some("again"), "{item_id}"),
            _ => assert!(found.is_none_or(|found| found == "new" || found == "again"), "{item_id}: {found:?}"),
        }
    }
    let sound: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
}

/// Starts a writer, kills it after some lines, and gives back all whole lines that it said.
fn killed_writer(store: &Path, round: usize) -> Vec<String> {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "store_killed::a_writer_that_will_be_killed", "--ignored", "--nocapture", "--quiet"]);
    command.env(CHILDS_STORE, store).env(CHILDS_ROUND, round.to_string());
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap());
    let enough = 1 + round % 17;
    let (mut lines, mut line) = (Vec::new(), String::new());
    while said.read_line(&mut line).unwrap() > 0 {
        if let Some(whole) = line.strip_suffix('\n') {
            lines.push(whole.to_owned());
        }
        line.clear();
        if lines.len() == enough {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(lines.len() >= enough, "the writer ended by itself: {lines:?}");
    lines
}

/// Writes until it is killed, and says so line by line when something is on the disk.
#[test]
#[ignore = "it is started, and killed, by the test above"]
fn a_writer_that_will_be_killed() {
    let Some(store) = std::env::var_os(CHILDS_STORE).map(PathBuf::from) else { return };
    let round = std::env::var(CHILDS_ROUND).unwrap();
    std::thread::scope(|threads| {
        for writer in 0..3 {
            let (store, round) = (&store, &round);
            threads.spawn(move || {
                let mut store = once_free(|| SqliteStore::open(store));
                for n in 0.. {
                    let name = format!("{round}-{writer}-{n}");
                    let say = |line: String| std::io::stderr().write_all(line.as_bytes()).unwrap();
                    let put = |title: &str| Write::PutItems(vec![item(&name, title)]);
                    once_free(|| store.write(&[put("new"), Write::Events(vec![view(&name, "ann", &name)])]));
                    say(format!("item\t{name}\tnew\nevent\t{name}\n"));
                    once_free(|| store.remove_items(std::slice::from_ref(&name)));
                    say(format!("item\t{name}\tremoved\n"));
                    once_free(|| store.write(&[put("again")]));
                    say(format!("item\t{name}\tagain\n"));
                }
            });
        }
    });
}

/// SQLite knows no queue: on a slow disk others may come first for longer than one waits.
fn once_free<T>(mut work: impl FnMut() -> Result<T, StoreError>) -> T {
    loop {
        match work() {
            Ok(done) => return done,
            Err(error) => assert!(matches!(error, StoreError::Busy { .. }), "{error}"),
        }
    }
}
