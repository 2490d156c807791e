//! The writer behind the shop: what is written here and elsewhere is part of the answers, once and in order.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use whisperlite::catalog::{EventType, Item};
use whisperlite::store::{Put, Recorded, Removal, ServedEvent, ServingStore, SqliteStore, Write};
use whisperlite_server::{Prepared, WriteError};

use crate::made::{Asked, engine_of};

fn click(event_id: &str, user_id: &str, item_id: &str) -> ServedEvent {
    ServedEvent {
        event_id: event_id.to_owned(),
        user_id: user_id.to_owned(),
        item_id: item_id.to_owned(),
        request: None,
        event_type: EventType::Click,
        timestamp: 1_704_200_000,
        value: None,
        session_id: None,
        query_id: None,
        position: None,
    }
}

fn everything(asked: &Asked, user_id: &str) -> Vec<String> {
    asked.found(&json!({"q": "something nice", "limit": 1000, "user_id": user_id}))
}

/// Asks until the answer is as it should be.
fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn what_another_server_writes_is_in_the_answers_soon() {
    let asked = Asked::new();
    let all = everything(&asked, "newcomer");
    let mut other = SqliteStore::open(asked.dir()).unwrap();
    other.add_events(&[click("1", "newcomer", &all[0])]).unwrap();
    wait_until("the event is followed", || !everything(&asked, "newcomer").contains(&all[0]));
    // And what is written here afterwards comes on top of it.
    asked.post("/v1/events", &json!({"type": "click", "user_id": "newcomer", "item_id": all[1]}));
    let left = everything(&asked, "newcomer");
    assert_eq!(left.len(), all.len() - 2);
    assert_eq!(other.add_events(&[click("2", "newcomer", &all[2])]).unwrap().len(), 1);
    asked.post("/v1/events", &json!({"type": "click", "user_id": "somebody else", "item_id": all[1]}));
    assert_eq!(everything(&asked, "newcomer").len(), all.len() - 3, "a write of ours brings the others' with it");
}

#[test]
fn many_writers_at_once_lose_and_repeat_nothing() {
    const CLIENTS: usize = 8;
    const EVENTS: usize = 40;
    let asked = Asked::new();
    let item = everything(&asked, "newcomer")[0].clone();
    let before = asked.count("SELECT COUNT(*) FROM events");
    std::thread::scope(|threads| {
        for client in 0..CLIENTS {
            let (asked, item) = (&asked, &item);
            threads.spawn(move || {
                for n in 0..EVENTS {
                    let user_id = format!("{client}-{n}");
                    // Every event is sent by two clients.
                    let event = json!({"event_id": format!("{}-{n}", client / 2), "type": "view", "user_id": user_id,
                                       "item_id": item, "query_id": "q", "request": format!("words {}", n % 3)});
                    let said = asked.post("/v1/events", &event);
                    assert_eq!(said.status, 200, "{}", said.body);
                    let seen = !everything(asked, &user_id).contains(item);
                    assert_eq!(seen, said.body["status"] == "recorded", "acknowledged is answered");
                }
            });
        }
    });
    let stored = asked.count("SELECT COUNT(*) FROM events") - before;
    assert_eq!(stored, (CLIENTS / 2 * EVENTS) as i64);
    assert_eq!(asked.count("SELECT COUNT(*) FROM served_events WHERE query_id = 'q'"), stored);
}

/// While another engine is made, the shop goes on; the new one knows what happened meanwhile.
#[test]
fn an_engine_takes_over_without_losing_an_event() {
    let asked = Asked::new();
    let all = everything(&asked, "newcomer");
    let event = |n: usize| json!({"type": "click", "user_id": "newcomer", "item_id": all[n]});
    asked.post("/v1/events", &event(0));
    let snapshot = SqliteStore::open(asked.dir()).unwrap().snapshot().unwrap();
    asked.post("/v1/events", &event(1));
    let prepared = Prepared {
        engine: engine_of(snapshot.catalog),
        sequence: snapshot.sequence,
        model_version: "the next".to_owned(),
        image: None,
    };
    asked.block_on(asked.shop().replace(prepared)).unwrap();
    let question = json!({"q": "something nice", "limit": 1000, "user_id": "newcomer"});
    let answer = asked.post("/v1/search", &question);
    assert_eq!((answer.item_ids().len(), &answer.body["model_version"]), (all.len() - 2, &json!("the next")));
    asked.post("/v1/events", &event(2));
    assert_eq!(everything(&asked, "newcomer").len(), all.len() - 3, "and goes on following");
    assert_eq!(asked.get("/health/ready").body["model_version"], "the next");
}

#[test]
fn items_are_written_and_what_is_not_yet_answered_is_counted() {
    let asked = Asked::new();
    let known = everything(&asked, "newcomer")[0].clone();
    let shop = asked.shop();
    let item = |item_id: &str| Item { item_id: item_id.to_owned(), title: "New".to_owned(), ..Item::default() };
    let put = asked.block_on(shop.put_items(vec![item("brand new"), item(&known)])).unwrap();
    assert_eq!(put, [Put::Created, Put::Replaced]);
    let removed = asked.block_on(shop.remove_items(vec!["brand new".to_owned(), "nothing".to_owned()])).unwrap();
    assert_eq!(removed, [Removal::Removed, Removal::UnknownItem]);
    assert_eq!(asked.count("SELECT COUNT(*) FROM items WHERE removed"), 1);
    let recorded = asked.block_on(shop.add_events(vec![click("1", "u", "brand new"), click("2", "u", &known)]));
    assert_eq!(recorded.unwrap(), [Recorded::UnknownItem, Recorded::New { timestamp: 1_704_200_000 }]);
    let keys = asked.block_on(shop.ask_store(|store| store.keys())).unwrap();
    assert_eq!(keys, []);
}

/// Writes that wait are bounded; what is refused is not written.
#[test]
fn too_much_at_once_is_refused() {
    let asked = Asked::new();
    let other = asked.connection();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let shop = asked.shop();
    let large =
        |item_id: String| Write::PutItems(vec![Item { item_id, text: "x".repeat(20 << 20), ..Item::default() }]);
    // The store is busy, so that the first waits, and the others behind it.
    let outcomes: Vec<Result<_, WriteError>> = std::thread::scope(|threads| {
        let writes: Vec<_> =
            (0..6).map(|n| threads.spawn(move || shop.write_and_wait(large(format!("large {n}"))))).collect();
        wait_until("some are refused", || writes.iter().any(|write| write.is_finished()));
        assert_eq!(asked.get("/health/live").status, 200);
        other.execute_batch("ROLLBACK").unwrap();
        writes.into_iter().map(|write| write.join().unwrap()).collect()
    });
    let (written, refused): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert!(!written.is_empty() && !refused.is_empty());
    for error in refused {
        assert!(matches!(error, Err(WriteError::Overloaded)), "{error:?}");
    }
    assert_eq!(asked.count("SELECT COUNT(*) FROM items WHERE item_id LIKE 'large %'"), written.len() as i64);
    let event: Value = json!({"type": "click", "user_id": "u", "item_id": everything(&asked, "u")[0]});
    assert_eq!(asked.post("/v1/events", &event).status, 200);
}
