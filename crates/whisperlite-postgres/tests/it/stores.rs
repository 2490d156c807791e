//! What holds of the store in PostgreSQL.

use std::collections::BTreeSet;
use std::error::Error;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use whisperlite::catalog::import::{Format, ImportOptions};
use whisperlite::catalog::{RequestSource, TimeKind};
use whisperlite::progress::Silent;
use whisperlite::store::{
    NewKey, NewStudyRecord, Recorded, Scope, ServedEvent, ServingStore, SqliteStore, Store, StoreError, WriteMode,
};
use whisperlite_postgres::{Address, PostgresStore, fill};

use crate::cluster::{Cluster, PASSWORD};
use crate::serving_suite::{Place, check_all, item, view};

struct InDatabase(Address);

impl Place for InDatabase {
    fn open(&self) -> Box<dyn ServingStore> {
        Box::new(PostgresStore::open(&self.0).unwrap())
    }
}

#[test]
fn postgres_holds_what_every_store_holds() {
    let Some(cluster) = Cluster::start() else { return };
    check_all(&|time_kind| {
        let url = cluster.database();
        let place = InDatabase(url.parse().unwrap());
        drop(place.open());
        if time_kind == TimeKind::Order {
            let database = url.rsplit('/').next().unwrap();
            cluster.sql(database, "UPDATE whisperlite_meta SET value = '\"order\"' WHERE key = 'time_kind'");
        }
        place.open().put_items(&["a", "b", "c"].map(|id| item(id, &id.to_uppercase()))).unwrap();
        Box::new(place)
    });
}

/// A database that the first version filled gets what came since.
#[test]
fn a_database_of_version_1_is_brought_up_to_date() {
    let Some(cluster) = Cluster::start() else { return };
    let url = cluster.database();
    let address: Address = url.parse().unwrap();
    PostgresStore::open(&address).unwrap().put_items(&[item("a", "A")]).unwrap();
    let database = url.rsplit('/').next().unwrap();
    cluster.sql(
        database,
        "DROP TABLE whisperlite_study_records, whisperlite_forgotten_raters, whisperlite_model_files; UPDATE whisperlite_meta SET value = '1' WHERE key = 'format_version'",
    );
    let mut store = PostgresStore::open(&address).unwrap();
    assert!(store.studies().unwrap().is_empty() && store.model().unwrap().is_none());
    assert_eq!(store.snapshot().unwrap().catalog.items.len(), 1);
}

/// Everything that an error says, and what caused it.
fn all_of(error: &StoreError) -> String {
    let mut text = format!("{error} {error:?}");
    let mut cause = error.source();
    while let Some(error) = cause {
        text += &format!(" {error} {error:?}");
        cause = error.source();
    }
    text
}

#[test]
fn a_lost_connection_is_made_anew() {
    let Some(mut cluster) = Cluster::start() else { return };
    let address: Address = cluster.database().parse().unwrap();
    let mut store = PostgresStore::open(&address).unwrap();
    let mut follower = PostgresStore::open(&address).unwrap();
    store.put_items(&[item("a", "A")]).unwrap();
    store.add_events(&[view("1", "ann", "a")]).unwrap();
    let sequence = follower.snapshot().unwrap().sequence;
    cluster.stop();
    for error in
        [store.add_events(&[view("2", "ann", "a")]).unwrap_err(), follower.changes_since(sequence, 10).unwrap_err()]
    {
        assert!(matches!(error, StoreError::Unreachable { .. }), "{error:?}");
        assert!(error.to_string().contains(&address.to_string()), "{error}");
        assert!(!all_of(&error).contains(PASSWORD), "{error:?}");
    }
    cluster.run();
    let batch = [view("1", "ann", "a"), view("2", "ann", "a")];
    let new = Recorded::New { timestamp: 1_700_000_000 };
    assert_eq!(store.add_events(&batch).unwrap(), [Recorded::Repeated, new]);
    // Ended by the database while nobody looked.
    cluster.stop();
    cluster.run();
    assert_eq!(follower.changes_since(sequence, 10).unwrap().len(), 1);
    assert_eq!(store.add_events(&[view("3", "ann", "a")]).unwrap(), [new]);
    assert_eq!(follower.changes_since(sequence, 10).unwrap().len(), 2);
}

/// The database dies again and again under those who write; everything acknowledged is there once.
#[test]
fn no_acknowledged_event_is_lost_when_the_database_dies() {
    const ROUNDS: usize = 4;
    let Some(mut cluster) = Cluster::start() else { return };
    let address: Address = cluster.database().parse().unwrap();
    PostgresStore::open(&address).unwrap().put_items(&[item("a", "A")]).unwrap();
    let mut acknowledged = Vec::new();
    for round in 0..ROUNDS {
        let (stopped, n_acknowledged) = (AtomicBool::new(false), AtomicUsize::new(0));
        acknowledged.extend(std::thread::scope(|threads| {
            let writers: Vec<_> = (0..3)
                .map(|writer| {
                    let (address, stopped, n_acknowledged) = (&address, &stopped, &n_acknowledged);
                    threads.spawn(move || {
                        let mut mine = Vec::new();
                        let Ok(mut store) = PostgresStore::open(address) else { return mine };
                        for n in 0.. {
                            let event_id = format!("{round}-{writer}-{n}");
                            match store.add_events(&[view(&event_id, "ann", "a")]) {
                                Ok(_) => {
                                    mine.push(event_id);
                                    n_acknowledged.fetch_add(1, Ordering::Relaxed);
                                }
                                Err(error) if stopped.load(Ordering::Relaxed) => {
                                    assert!(matches!(error, StoreError::Unreachable { .. }), "{error:?}");
                                    return mine;
                                }
                                Err(error) => panic!("{error:?}"),
                            }
                        }
                        mine
                    })
                })
                .collect();
            while n_acknowledged.load(Ordering::Relaxed) < 20 {
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
            stopped.store(true, Ordering::Relaxed);
            cluster.stop();
            writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect::<Vec<_>>()
        }));
        cluster.run();
    }
    assert!(acknowledged.len() >= ROUNDS * 20);
    let mut store = PostgresStore::open(&address).unwrap();
    let repeated = |id: &String| store.add_events(&[view(id, "ann", "a")]).unwrap() == [Recorded::Repeated];
    assert!(acknowledged.iter().all(repeated), "every acknowledged event is there");
}

#[test]
fn a_database_is_filled_from_a_folder() {
    let Some(cluster) = Cluster::start() else { return };
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("shop");
    let file = |name: &str, content: String| {
        let path = home.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    };
    let items: String = (0..300).map(|n| format!("i{n},Item {n},{n}.5,red\n")).collect();
    let events: String =
        (0..12_000).map(|n| format!("u{},i{},{},ask {}\n", n % 70, n % 300, 1_600_000_000 + n / 2, n % 9)).collect();
    let files = vec![
        file("items.csv", format!("item_id,title,price,colour\n{items}")),
        file("events.csv", format!("user_id,item_id,timestamp,request\n{events}")),
    ];
    Store::import(&dir, None, WriteMode::Update, &ImportOptions::new(Format::Tables, files), &Silent).unwrap();
    let mut folder = SqliteStore::open(&dir).unwrap();
    let served = ServedEvent {
        session_id: Some("visit".to_owned()),
        query_id: Some("q".to_owned()),
        position: Some(3),
        ..view("served", "newcomer", "i7")
    };
    folder.add_events(&[served]).unwrap();
    folder.remove_items(&["i3".to_owned()]).unwrap();
    let key = NewKey { name: "the shop".to_owned(), hash: [7; 32], scopes: BTreeSet::from([Scope::Search]) };
    let key = folder.add_key(&key).unwrap();
    let said = |record_id: &str, rater: Option<&str>| NewStudyRecord {
        study: "autumn".to_owned(),
        record_id: record_id.to_owned(),
        rater: rater.map(str::to_owned),
        kind: "answered".to_owned(),
        document: "{}".to_owned(),
    };
    folder.add_study_records(&[said("made", None), said("1", Some("ann")), said("2", Some("ben"))]).unwrap();
    assert_eq!(folder.forget_rater("ben", &said("forgotten", None)).unwrap(), 1);
    let url = cluster.database();
    let address: Address = url.parse().unwrap();
    let filled = fill(&address, &Store::open(&dir).unwrap()).unwrap();
    assert_eq!((filled.n_items, filled.n_events, filled.n_keys, filled.n_study_records), (300, 12_001, 1, 3));
    let mut store = PostgresStore::open(&address).unwrap();
    let (here, there) = (folder.snapshot().unwrap().catalog, store.snapshot().unwrap().catalog);
    assert_eq!((here.items, here.user_ids, here.requests), (there.items, there.user_ids, there.requests));
    assert_eq!(here.events, there.events);
    assert_eq!(here.info, there.info);
    assert_eq!((there.info.time_kind, there.info.request_source), (TimeKind::Unix, RequestSource::Column));
    assert_eq!(store.find_key(&[7; 32]).unwrap().map(|key| key.name), Some(key.name));
    assert_eq!(store.add_events(&[view("served", "newcomer", "i7")]).unwrap(), [Recorded::Repeated]);
    store.put_items(&[item("i3", "Back")]).unwrap();
    assert_eq!(store.snapshot().unwrap().catalog.events.len(), 12_001, "its events came along");
    let records = store.study_records("autumn", 0).unwrap();
    let ids: Vec<&str> = records.iter().map(|found| found.record.record_id.as_str()).collect();
    assert_eq!(ids, ["made", "1", "forgotten"]);
    let late = [said("late", Some("ben")), said("3", Some("ann"))];
    assert_eq!(store.add_study_records(&late).unwrap(), [false, true], "who is forgotten stays so in another store");
    let database = url.rsplit('/').next().unwrap();
    let places = "SELECT session_id, query_id, position FROM whisperlite_served_events";
    assert_eq!(cluster.sql(database, places), "visit|q|3");
    let refused = fill(&address, &Store::open(&dir).unwrap()).unwrap_err();
    assert!(matches!(refused, StoreError::NotEmpty { .. }), "{refused}");
}

#[test]
fn what_cannot_be_opened_is_said_without_the_password() {
    let Some(cluster) = Cluster::start() else { return };
    cluster.database();
    for url in [
        cluster.address("shop", "wr0ng", "shop0"),
        cluster.address("nobody", "wr0ng", "shop0"),
        cluster.address("shop", PASSWORD, "nowhere"),
        "postgres://shop:wr0ng@127.0.0.1:1/shop0".to_owned(),
    ] {
        let error = PostgresStore::open(&url.parse().unwrap()).map(|_| ()).unwrap_err();
        assert!(matches!(error, StoreError::Unreachable { .. }), "{error:?}");
        let said = all_of(&error);
        assert!(!said.contains("wr0ng") && !said.contains(PASSWORD), "{said}");
    }
    let address: Address = cluster.address("shop", PASSWORD, "shop0").parse().unwrap();
    drop(PostgresStore::open(&address).unwrap());
    cluster.sql("shop0", "UPDATE whisperlite_meta SET value = '99' WHERE key = 'format_version'");
    let newer = PostgresStore::open(&address).map(|_| ()).unwrap_err();
    assert!(newer.to_string().contains("format version 99"), "{newer}");
}

/// Somebody holds the lock of the writers: who waits is told, and goes on when it is free.
#[test]
fn who_waits_too_long_for_its_turn_is_told() {
    let Some(cluster) = Cluster::start() else { return };
    let address: Address = cluster.database().parse().unwrap();
    let mut store = PostgresStore::open(&address).unwrap();
    let hold = "BEGIN; SELECT pg_advisory_xact_lock(1465077836); SELECT pg_sleep(7); COMMIT";
    std::thread::scope(|threads| {
        let holder = threads.spawn(|| cluster.sql("shop0", hold));
        while cluster.sql("shop0", "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory'") == "0" {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        let busy = store.put_items(&[item("a", "A")]).unwrap_err();
        assert!(matches!(busy, StoreError::Busy { .. }), "{busy:?}");
        holder.join().unwrap();
    });
    store.put_items(&[item("a", "A")]).unwrap();
}
