//! What holds of every store that can be served, whatever it is made of: one list of checks for all implementations.
//!
//! The crate of another implementation takes this file in by its path.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use whisperlite::catalog::{Catalog, EventType, Item, TimeKind};
use whisperlite::store::{
    Change, Changed, NewKey, NewStudyRecord, Put, Recorded, Removal, Revocation, Scope, ServedEvent, ServingStore,
    Since, StoreError, StoredModel, Write, Written,
};

/// A store of a test's own with the items `a`, `b` and `c`, which may be opened several times at once.
pub(crate) trait Place: Sync {
    /// Opens it once more.
    fn open(&self) -> Box<dyn ServingStore>;
}

/// What holds, and how that is checked.
type Check = (&'static str, fn(&dyn Place));

/// Checks everything, each on a store of its own.
pub(crate) fn check_all(new_place: &dyn Fn(TimeKind) -> Box<dyn Place>) {
    let checks: [Check; 10] = [
        ("events are stored once", events_are_stored_once),
        ("items come and go", items_come_and_go),
        ("changes are numbered in the order of commits", changes_are_numbered),
        ("a follower misses nothing", a_follower_misses_nothing),
        ("a mark tells a moment from any other", marks_tell_moments),
        ("a batch is one commit", a_batch_is_one_commit),
        ("any text is taken", any_text_is_taken),
        ("keys are found by their hash", keys_are_found),
        ("studies keep what was said", studies_keep_what_was_said),
        ("the model in use is kept", the_model_is_kept),
    ];
    for (name, check) in checks {
        eprintln!("checking that {name}");
        check(&*new_place(TimeKind::Unix));
    }
    only_the_order_counts(&*new_place(TimeKind::Order));
}

pub(crate) fn view(event_id: &str, user_id: &str, item_id: &str) -> ServedEvent {
    ServedEvent {
        event_id: event_id.to_owned(),
        user_id: user_id.to_owned(),
        item_id: item_id.to_owned(),
        request: None,
        event_type: EventType::View,
        timestamp: 1_700_000_000,
        value: None,
        session_id: None,
        query_id: None,
        position: None,
    }
}

pub(crate) fn item(item_id: &str, title: &str) -> Item {
    Item { item_id: item_id.to_owned(), title: title.to_owned(), ..Item::default() }
}

/// `user item request` of every event, in the catalog's order.
fn event_lines(catalog: &Catalog) -> Vec<String> {
    let line = |event: &whisperlite::catalog::Event| {
        let request = event.request_idx.map_or("-", |idx| &catalog.requests[idx as usize]);
        let (user, item) = (&catalog.user_ids[event.user_idx as usize], &catalog.items[event.item_idx as usize]);
        format!("{user} {} {request}", item.item_id)
    };
    catalog.events.iter().map(line).collect()
}

fn item_ids(catalog: &Catalog) -> Vec<&str> {
    catalog.items.iter().map(|item| item.item_id.as_str()).collect()
}

fn events_are_stored_once(place: &dyn Place) {
    let mut store = place.open();
    let before = store.snapshot().unwrap();
    assert_eq!(item_ids(&before.catalog), ["a", "b", "c"]);
    let full = ServedEvent {
        request: Some("rain coat".to_owned()),
        event_type: EventType::Purchase,
        timestamp: 1_600_000_000,
        value: Some(2.5),
        session_id: Some("visit".to_owned()),
        query_id: Some("answer".to_owned()),
        position: Some(7),
        ..view("full", "ben", "b")
    };
    let batch = [view("1", "ann", "a"), full.clone(), view("1", "cleo", "c"), view("x", "nobody", "nothing"), full];
    let new = |timestamp| Recorded::New { timestamp };
    let expected =
        [new(1_700_000_000), new(1_600_000_000), Recorded::Repeated, Recorded::UnknownItem, Recorded::Repeated];
    assert_eq!(store.add_events(&batch).unwrap(), expected);
    assert_eq!(place.open().add_events(&batch[..1]).unwrap(), [Recorded::Repeated], "however late");
    let after = place.open().snapshot().unwrap();
    assert_eq!(event_lines(&after.catalog), ["ben b rain coat", "ann a -"], "in the order of time");
    let first = after.catalog.events[0];
    assert_eq!((first.event_type, first.value, first.timestamp), (EventType::Purchase, Some(2.5), 1_600_000_000));
    assert_eq!(after.catalog.user_ids, ["ann", "ben"], "what is refused brings nobody with it");
    assert_eq!(after.catalog.info.data_hash.len(), 64);
    assert_ne!(after.catalog.info.data_hash, before.catalog.info.data_hash);
}

fn items_come_and_go(place: &dyn Place) {
    let mut store = place.open();
    store.add_events(&[view("1", "ann", "a"), view("2", "ann", "b")]).unwrap();
    let described = Item {
        text: "of wool".to_owned(),
        category: "Coats > Long".to_owned(),
        price: Some(49.5),
        image: Some("https://shop.example/d.jpg".to_owned()),
        attributes: [("colour", "red")].into(),
        ..item("d", "Coat")
    };
    assert_eq!(store.put_items(&[described.clone(), item("a", "Anew")]).unwrap(), [Put::Created, Put::Replaced]);
    let catalog = store.snapshot().unwrap().catalog;
    assert_eq!((item_ids(&catalog), &catalog.items[0].title), (vec!["a", "b", "c", "d"], &"Anew".to_owned()));
    assert_eq!(catalog.items[3], described);
    let ids = ["a", "nothing", "a"].map(str::to_owned);
    let expected = [Removal::Removed, Removal::UnknownItem, Removal::UnknownItem];
    assert_eq!(store.remove_items(&ids).unwrap(), expected);
    assert_eq!(store.add_events(&[view("3", "ann", "a")]).unwrap(), [Recorded::UnknownItem]);
    let catalog = place.open().snapshot().unwrap().catalog;
    assert_eq!((item_ids(&catalog), event_lines(&catalog)), (vec!["b", "c", "d"], vec!["ann b -".to_owned()]));
    assert_eq!(store.put_items(&[item("a", "Back")]).unwrap(), [Put::Created]);
    let catalog = store.snapshot().unwrap().catalog;
    assert_eq!(event_lines(&catalog), ["ann a -", "ann b -"], "its events are back, too");
    assert_eq!(store.add_events(&[view("1", "ann", "a")]).unwrap(), [Recorded::Repeated]);
}

fn changes_are_numbered(place: &dyn Place) {
    let mut store = place.open();
    let sequence = store.snapshot().unwrap().sequence;
    assert_eq!(store.changes_since(sequence, 10).unwrap(), []);
    store.add_events(&[ServedEvent { request: Some("wool".to_owned()), ..view("1", "ann", "a") }]).unwrap();
    store.put_items(&[item("d", "D"), item("b", "B")]).unwrap();
    store.add_events(&[view("1", "ann", "a"), view("2", "ben", "d")]).unwrap();
    store.remove_items(&["c".to_owned(), "b".to_owned()]).unwrap();
    let changes = place.open().changes_since(sequence, 100).unwrap();
    let line = |change: &Change| match &change.what {
        Changed::Event(event) => {
            format!("{} {} {}", event.user_id, event.item_id, event.request.as_deref().unwrap_or("-"))
        }
        Changed::ItemPut(item) => format!("put {} {}", item.item_id, item.title),
        Changed::ItemRemoved(item_id) => format!("removed {item_id}"),
    };
    // What was put and then removed is removed wherever it stands.
    let expected = ["ann a wool", "put d D", "removed b", "ben d -", "removed c", "removed b"];
    assert_eq!(changes.iter().map(line).collect::<Vec<_>>(), expected);
    assert!(changes[0].sequence > sequence && changes.is_sorted_by(|a, b| a.sequence < b.sequence), "{changes:?}");
    let mut in_pages = Vec::new();
    let mut last = sequence;
    loop {
        let page = store.changes_since(last, 2).unwrap();
        assert!(page.len() <= 2);
        let Some(change) = page.last() else { break };
        last = change.sequence;
        in_pages.extend(page);
    }
    assert_eq!(in_pages, changes);
    assert_eq!(store.snapshot().unwrap().sequence, last, "a catalog says where to go on");
}

/// Several write at once, each through a connection of its own; who follows sees everything once, in order.
fn a_follower_misses_nothing(place: &dyn Place) {
    const WRITERS: usize = 4;
    const BATCHES: usize = 25;
    let begin = place.open().snapshot().unwrap().sequence;
    let done = AtomicBool::new(false);
    let seen = std::thread::scope(|threads| {
        let follower = threads.spawn(|| {
            let mut store = place.open();
            let (mut seen, mut sequence) = (Vec::new(), begin);
            loop {
                let finished = done.load(Ordering::Acquire);
                let changes = store.changes_since(sequence, 7).unwrap();
                let Some(last) = changes.last() else {
                    if finished {
                        return seen;
                    }
                    std::thread::sleep(Duration::from_millis(1));
                    continue;
                };
                assert!(changes[0].sequence > sequence && changes.is_sorted_by(|a, b| a.sequence < b.sequence));
                sequence = last.sequence;
                seen.extend(changes);
            }
        });
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                threads.spawn(move || {
                    let mut store = place.open();
                    for batch in 0..BATCHES {
                        let user = format!("{writer}-{batch}");
                        // The second half of each batch is also sent by the next writer.
                        let shared = format!("{}-{batch}-shared", writer / 2);
                        let events = [view(&user, &user, "a"), view(&shared, "everybody", "b")];
                        let writes = [Write::Events(events.to_vec()), Write::PutItems(vec![item(&user, "")])];
                        // SQLite knows no queue: on a slow disk others may come first for longer than one waits.
                        while let Err(error) = store.write(&writes) {
                            assert!(matches!(error, StoreError::Busy { .. }), "{error}");
                        }
                    }
                })
            })
            .collect();
        // All of them, before any failure is told: the follower goes on until they are done.
        let ended: Vec<_> = writers.into_iter().map(|writer| writer.join()).collect();
        done.store(true, Ordering::Release);
        ended.into_iter().for_each(|ended| ended.unwrap());
        follower.join().unwrap()
    });
    let (mut events, mut items) = (BTreeSet::new(), BTreeSet::new());
    let mut n_shared = 0;
    for change in seen {
        match change.what {
            Changed::Event(event) if event.user_id == "everybody" => n_shared += 1,
            Changed::Event(event) => assert!(events.insert(event.user_id), "an event came twice"),
            Changed::ItemPut(item) => assert!(items.insert(item.item_id), "an item came twice"),
            Changed::ItemRemoved(item_id) => panic!("nobody removed {item_id}"),
        }
    }
    assert_eq!((events.len(), n_shared, items.len()), (WRITERS * BATCHES, WRITERS / 2 * BATCHES, WRITERS * BATCHES));
    assert_eq!(events, items);
    let catalog = place.open().snapshot().unwrap().catalog;
    assert_eq!((catalog.events.len(), catalog.n_items()), (WRITERS * BATCHES * 3 / 2, 3 + WRITERS * BATCHES));
}

fn marks_tell_moments(place: &dyn Place) {
    let (mut store, mut other) = (place.open(), place.open());
    let begin = store.snapshot().unwrap().sequence;
    let at_first = store.mark(begin).unwrap().expect("the last change is there");
    assert_eq!(store.mark(begin + 1).unwrap(), None, "no such change yet");
    assert_ne!(store.mark(0).unwrap(), None, "the store itself");
    store.add_events(&[view("1", "ann", "a"), view("2", "ann", "b")]).unwrap();
    store.put_items(&[item("d", "D")]).unwrap();
    store.remove_items(&["a".to_owned()]).unwrap();
    let marks: Vec<String> = (begin..=begin + 4).map(|sequence| other.mark(sequence).unwrap().unwrap()).collect();
    assert_eq!(marks[0], at_first, "the same for everybody, and for ever");
    assert_eq!(marks.iter().collect::<BTreeSet<_>>().len(), marks.len());
    let since = |store: &mut dyn ServingStore, sequence| store.count_since(sequence).unwrap();
    assert_eq!(since(&mut *other, begin), Since { n_events: 2, n_items: 2 });
    assert_eq!(since(&mut *other, begin + 2), Since { n_events: 0, n_items: 2 });
    assert_eq!(since(&mut *other, begin + 4), Since::default());
}

fn a_batch_is_one_commit(place: &dyn Place) {
    let mut store = place.open();
    let writes = [
        Write::PutItems(vec![item("d", "D")]),
        Write::Events(vec![view("1", "ann", "d"), view("2", "ann", "c")]),
        Write::RemoveItems(vec!["c".to_owned()]),
        Write::Events(vec![view("3", "ann", "c"), view("2", "ann", "d")]),
        Write::PutItems(Vec::new()),
    ];
    let new = Recorded::New { timestamp: 1_700_000_000 };
    let expected = [
        Written::Items(vec![Put::Created]),
        Written::Events(vec![new, new]),
        Written::Removed(vec![Removal::Removed]),
        Written::Events(vec![Recorded::UnknownItem, Recorded::Repeated]),
        Written::Items(Vec::new()),
    ];
    assert_eq!(store.write(&writes).unwrap(), expected, "each write sees those before it");
    assert_eq!(event_lines(&store.snapshot().unwrap().catalog), ["ann d -"]);
    assert_eq!(store.write(&[]).unwrap(), []);
}

fn any_text_is_taken(place: &dyn Place) {
    let mut store = place.open();
    let long = "lange Wörter ".repeat(20_000);
    let texts = ["", "it's \"quoted\", 100 % {of} $1\\", "雨のコート 🧥", "a\u{0}b", &long];
    let items: Vec<Item> = texts.iter().enumerate().map(|(n, text)| item(&format!("t{n}"), text)).collect();
    assert_eq!(store.put_items(&items).unwrap(), [Put::Created; 5]);
    let asked = |(n, text): (usize, &&str)| ServedEvent {
        request: Some((*text).to_owned()),
        ..view(&format!("e{n}"), &format!("user {text:.20}").replace('\u{0}', ""), "a")
    };
    let events: Vec<ServedEvent> = texts.iter().take(4).enumerate().map(asked).collect();
    let new = Recorded::New { timestamp: 1_700_000_000 };
    assert_eq!(store.add_events(&events).unwrap(), [new; 4]);
    let catalog = store.snapshot().unwrap().catalog;
    for n in [0, 1, 2, 4] {
        let item_idx = catalog.item_idx(&format!("t{n}")).unwrap();
        assert_eq!(catalog.items[item_idx as usize].title, texts[n]);
    }
    assert!(catalog.request_idx(texts[1]).is_some() && catalog.request_idx(texts[2]).is_some());
    assert!(catalog.requests.is_sorted() && catalog.user_ids.is_sorted());
    assert_eq!(catalog.events.len(), 4);
}

fn keys_are_found(place: &dyn Place) {
    let mut store = place.open();
    let key = |name: &str, byte, scopes: &[Scope]| NewKey {
        name: name.to_owned(),
        hash: [byte; 32],
        scopes: BTreeSet::from_iter(scopes.iter().copied()),
    };
    let shop = store.add_key(&key("the shop", 1, &[Scope::Write, Scope::Search])).unwrap();
    let nightly = store.add_key(&key("nightly", 2, &[Scope::Admin])).unwrap();
    store.add_key(&key("the same again", 1, &[])).unwrap_err();
    assert_eq!(store.keys().unwrap(), [shop.clone(), nightly.clone()]);
    assert_eq!((shop.scopes.len(), shop.revoked_at), (2, None));
    assert!(shop.created_at > 1_700_000_000);
    assert_eq!(store.find_key(&[2; 32]).unwrap(), Some(nightly.clone()));
    assert_eq!(store.find_key(&[3; 32]).unwrap(), None);
    assert_eq!(store.revoke_key(nightly.key_id).unwrap(), Revocation::Revoked);
    assert_eq!(store.revoke_key(nightly.key_id).unwrap(), Revocation::RevokedBefore);
    assert_eq!(store.revoke_key(99).unwrap(), Revocation::UnknownKey);
    let other = place.open().find_key(&[2; 32]).unwrap().unwrap();
    assert!(other.revoked_at.is_some() && other.name == "nightly", "{other:?}");
}

fn the_model_is_kept(place: &dyn Place) {
    let mut store = place.open();
    assert_eq!((store.model_name().unwrap(), store.model().unwrap()), (None, None));
    let large: Vec<u8> = (0..20_000_003_u32).map(|n| (n % 251) as u8).collect();
    let file = |path: &str, content: &[u8]| (path.to_owned(), content.to_vec());
    let first = StoredModel {
        name: "first".to_owned(),
        files: vec![file("config.json", b"{}"), file("empty", b""), file("validated/weights", &large)],
    };
    store.put_model(&first).unwrap();
    assert_eq!(place.open().model().unwrap(), Some(first));
    let second = StoredModel { name: "second".to_owned(), files: vec![file("config.json", b"[]")] };
    store.put_model(&second).unwrap();
    let mut other = place.open();
    assert_eq!((other.model_name().unwrap(), other.model().unwrap()), (Some("second".to_owned()), Some(second)));
}

fn studies_keep_what_was_said(place: &dyn Place) {
    let record = |study: &str, record_id: &str, rater: Option<&str>| NewStudyRecord {
        study: study.to_owned(),
        record_id: record_id.to_owned(),
        rater: rater.map(str::to_owned),
        kind: "answer".to_owned(),
        document: format!(r#"{{"says":"{record_id} \u0000 ü"}}"#),
    };
    let mut store = place.open();
    let first = [record("autumn", "plan", None), record("autumn", "1", Some("r1")), record("winter", "1", Some("r1"))];
    assert_eq!(store.add_study_records(&first).unwrap(), [true, true, true]);
    let again = NewStudyRecord { document: "{}".to_owned(), ..first[1].clone() };
    let second = record("autumn", "2", Some("r2"));
    assert_eq!(store.add_study_records(&[again, second.clone()]).unwrap(), [false, true], "the first stays");

    let mut other = place.open();
    let found = other.study_records("autumn", 0).unwrap();
    let records: Vec<&NewStudyRecord> = found.iter().map(|found| &found.record).collect();
    assert_eq!(records, [&first[0], &first[1], &second]);
    assert!(found.is_sorted_by_key(|found| found.number) && found[0].written_at > 1_700_000_000);
    assert_eq!(other.study_records("autumn", found[1].number).unwrap(), found[2..]);
    assert_eq!(other.studies().unwrap(), ["autumn", "winter"]);
    let of_nobody = other.records_of_nobody(0).unwrap();
    assert_eq!(of_nobody, found[..1]);
    assert_eq!(other.records_of_nobody(of_nobody[0].number).unwrap(), []);

    assert_eq!(store.records_of_rater("autumn", "r2").unwrap(), found[2..]);
    let told = record("autumn", "forgotten r2", None);
    assert_eq!(other.forget_rater("r2", &told).unwrap(), 1);
    assert_eq!(other.forget_rater("r2", &told).unwrap(), 0);
    assert_eq!(
        store.add_study_records(&[record("autumn", "late", Some("r2"))]).unwrap(),
        [false],
        "what was on its way"
    );
    assert_eq!(other.forget_rater("r1", &record("autumn", "forgotten r1", None)).unwrap(), 1);
    assert_eq!(store.study_records("autumn", 0).unwrap().len(), 3);
    assert_eq!(store.study_records("winter", 0).unwrap().len(), 1, "another study is another promise");
    store.add_study_records(&[record("autumn", "3", None)]).unwrap();
    assert_eq!(store.study_records("autumn", found[2].number).unwrap().len(), 3, "numbers are never given twice");
}

/// A store without times puts what happens last.
fn only_the_order_counts(place: &dyn Place) {
    let mut store = place.open();
    assert_eq!(store.time_kind(), TimeKind::Order);
    let batch = [view("1", "ann", "a"), view("2", "ben", "a"), view("3", "ann", "b"), view("1", "ann", "c")];
    let new = |timestamp| Recorded::New { timestamp };
    assert_eq!(store.add_events(&batch).unwrap(), [new(0), new(0), new(1), Recorded::Repeated]);
    assert_eq!(store.add_events(&[view("4", "ann", "c")]).unwrap(), [new(2)]);
    assert_eq!(event_lines(&store.snapshot().unwrap().catalog), ["ann a -", "ann b -", "ann c -", "ben a -"]);
}
