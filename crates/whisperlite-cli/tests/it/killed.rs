//! A server that is killed 200 times in the middle of its work: what it acknowledged is there after the next start, events and items
//! alike, each once and each whole.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::serve::{Server, a_shop, agent, item_ids, post};

const ROUNDS: usize = 200;
const EVENT_CLIENTS: usize = 3;
const ITEM_CLIENTS: usize = 2;
const ITEMS_OF_A_CLIENT: usize = 4;

/// How much was acknowledged in a round.
#[derive(Default)]
struct Acknowledged {
    events: AtomicUsize,
    items: AtomicUsize,
}

#[test]
fn nothing_acknowledged_is_lost_when_the_server_is_killed() {
    let (_home, dir) = a_shop();
    let viewed = item_ids(&crate::support::json(&dir, &["recommend", ".", "-k", "1"]))[0].clone();
    let mut events: Vec<String> = Vec::new();
    let mut owners: Vec<ItemOwner> = (0..ITEM_CLIENTS).map(ItemOwner::new).collect();
    for round in 0..ROUNDS {
        let mut server = Server::start(&dir);
        let (url, acknowledged) = (server.url.clone(), Acknowledged::default());
        let (url, acknowledged, viewed) = (&url, &acknowledged, &viewed);
        events.extend(std::thread::scope(|threads| {
            let viewers: Vec<_> = (0..EVENT_CLIENTS)
                .map(|client| threads.spawn(move || send_events(url, round, client, viewed, acknowledged)))
                .collect();
            let changers: Vec<_> =
                owners.iter_mut().map(|owner| threads.spawn(move || owner.work(url, acknowledged))).collect();
            let (enough_events, enough_items) = (1 + 7 * (round % 12), 1 + round % 9);
            let is_enough = || {
                acknowledged.events.load(Ordering::Relaxed) >= enough_events
                    && acknowledged.items.load(Ordering::Relaxed) >= enough_items
            };
            // A client that ends before the server has panicked, which is told when the threads are joined.
            let has_ended = || viewers.iter().any(|it| it.is_finished()) || changers.iter().any(|it| it.is_finished());
            while !is_enough() && !has_ended() {
                std::thread::sleep(Duration::from_millis(1));
            }
            server.child.kill().unwrap();
            server.child.wait().unwrap();
            viewers.into_iter().flat_map(|viewer| viewer.join().unwrap()).collect::<Vec<_>>()
        }));
    }
    assert_eq!(Server::start(&dir).terminate(), Some(0), "what was left behind is taken in");
    let store = Connection::open(dir.join("store.sqlite")).unwrap();
    check_events(&store, &events);
    owners.iter().for_each(|owner| owner.check(&store));
    let n_items: usize = owners.iter().flat_map(|owner| &owner.items).map(|item| item.n_acknowledged).sum();
    assert!(events.len() > ROUNDS * 10 && n_items > ROUNDS * 2, "{} events, {n_items} items", events.len());
    assert!(!dir.join("store.sqlite-wal").exists(), "a store that nobody serves is one file");
}

/// Sends events, each twice, until the server is gone; says which were acknowledged.
fn send_events(url: &str, round: usize, client: usize, viewed: &str, acknowledged: &Acknowledged) -> Vec<String> {
    let (agent, mut mine) = (agent(), Vec::new());
    for n in 0.. {
        let event_id = format!("{round}-{client}-{n}");
        let event = json!({"event_id": event_id, "type": "view", "user_id": format!("u{client}"), "item_id": viewed, "position": 1,
                           "request": (n % 5 == 0).then_some(format!("words {round}"))});
        match post(&agent, url, "/v1/events", &event) {
            Ok((200, _)) => mine.push(event_id),
            Ok(other) => panic!("{other:?}"),
            Err(_) => return mine,
        }
        acknowledged.events.fetch_add(1, Ordering::Relaxed);
        // And again, as by a client that lost the answer; this time the server may be gone.
        if let Ok((status, said)) = post(&agent, url, "/v1/events", &event) {
            assert_eq!((status, &said["status"]), (200, &json!("duplicate")));
        }
    }
    mine
}

/// Every acknowledged event is there, and none is there twice.
fn check_events(store: &Connection, acknowledged: &[String]) {
    let mut ids = store.prepare("SELECT event_id FROM events WHERE typeof(event_id) = 'text'").unwrap();
    let stored: Vec<String> = ids.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let distinct: BTreeSet<&String> = stored.iter().collect();
    assert_eq!(distinct.len(), stored.len(), "none is there twice");
    let n_served: i64 = store.query_row("SELECT COUNT(*) FROM served_events", [], |row| row.get(0)).unwrap();
    assert_eq!(n_served, stored.len() as i64, "an event and what it says of its place are written together");
    let lost: Vec<&String> = acknowledged.iter().filter(|event_id| !distinct.contains(event_id)).collect();
    assert!(lost.is_empty(), "{lost:?}");
}

/// Version of an item as it was put last; `None` while it is not there.
type State = Option<u64>;

/// What a client knows of an item that nobody else writes.
struct OwnItem {
    item_id: String,
    /// What it may be now: what was acknowledged last, and then what nobody answered to.
    may_be: Vec<State>,
    n_acknowledged: usize,
    n_unanswered: usize,
}

impl OwnItem {
    fn new(item_id: String) -> Self {
        Self { item_id, may_be: vec![None], n_acknowledged: 0, n_unanswered: 0 }
    }

    /// Takes over what the server says it is.
    fn found(&mut self, state: State) {
        assert!(self.may_be.contains(&state), "{} is {state:?}, and may be {:?}", self.item_id, self.may_be);
        self.may_be = vec![state];
    }
}

/// A client that puts and removes items of its own, through all rounds.
struct ItemOwner {
    items: Vec<OwnItem>,
    version: u64,
}

impl ItemOwner {
    fn new(client: usize) -> Self {
        let items = (0..ITEMS_OF_A_CLIENT).map(|n| OwnItem::new(format!("own-{client}-{n}"))).collect();
        Self { items, version: 0 }
    }

    /// Looks whether all is as it was acknowledged, then changes items until the server is gone.
    fn work(&mut self, url: &str, acknowledged: &Acknowledged) {
        let agent = agent();
        for item in &mut self.items {
            match ask(agent.get(path(url, item)).call()) {
                Ok((200, body)) => item.found(Some(version_of(&body))),
                Ok((404, _)) => item.found(None),
                Ok(other) => panic!("{other:?}"),
                Err(_) => return,
            }
        }
        for turn in 0.. {
            self.version += 1;
            let item = &mut self.items[turn % ITEMS_OF_A_CLIENT];
            let wanted = (!self.version.is_multiple_of(3)).then_some(self.version);
            let answer = match wanted {
                Some(version) => {
                    let request = agent.put(path(url, item)).header("content-type", "application/json");
                    ask(request.send(body_of(version).to_string()))
                }
                None => ask(agent.delete(path(url, item)).call()),
            };
            match answer {
                Ok((200 | 201, _)) => {
                    item.may_be = vec![wanted];
                    item.n_acknowledged += 1;
                    acknowledged.items.fetch_add(1, Ordering::Relaxed);
                }
                Ok((404, _)) if wanted.is_none() => item.found(None),
                Ok(other) => panic!("{other:?}"),
                Err(_) => {
                    item.may_be.push(wanted);
                    item.n_unanswered += 1;
                    return;
                }
            }
        }
    }

    /// Every item is what was acknowledged, or what came after it; and each acknowledged change happened once.
    fn check(&self, store: &Connection) {
        let row_of = "SELECT item_key, title, text, price, attributes, removed FROM items WHERE item_id = ?1";
        for item in &self.items {
            let (item_key, body, removed) = store
                .query_row(row_of, [&item.item_id], |row| {
                    let attributes: Value = serde_json::from_str(&row.get::<_, String>(4)?).unwrap();
                    let (title, text) = (row.get::<_, String>(1)?, row.get::<_, String>(2)?);
                    let body = json!({"title": title, "text": text, "price": row.get::<_, Option<f64>>(3)?, "attributes": attributes});
                    Ok((row.get::<_, i64>(0)?, body, row.get::<_, bool>(5)?))
                })
                .unwrap();
            let state = (!removed).then(|| version_of(&body));
            assert!(item.may_be.contains(&state), "{} is {state:?}, and may be {:?}", item.item_id, item.may_be);
            let n_changes = "SELECT COUNT(*) FROM item_changes WHERE item_key = ?1";
            let n_changes = store.query_row(n_changes, [item_key], |row| row.get::<_, u32>(0)).unwrap() as usize;
            let (least, most) = (item.n_acknowledged, item.n_acknowledged + item.n_unanswered);
            assert!(
                (least..=most).contains(&n_changes),
                "{} changed {n_changes} times: {least} to {most}",
                item.item_id
            );
        }
    }
}

fn path(url: &str, item: &OwnItem) -> String {
    format!("{url}/v1/items/{}", item.item_id)
}

/// A version of an item, which stands in every one of its fields.
fn body_of(version: u64) -> Value {
    json!({"title": format!("Version {version}"), "text": format!("text {version}"), "price": version as f64,
           "attributes": {"version": version.to_string()}})
}

/// The version that an item is; all of its fields must be of the same.
fn version_of(body: &Value) -> u64 {
    let version = body["attributes"]["version"].as_str().and_then(|version| version.parse().ok());
    let version: u64 = version.unwrap_or_else(|| panic!("no version: {body}"));
    for (field, value) in body_of(version).as_object().unwrap() {
        assert_eq!(body[field], *value, "half an item: {body}");
    }
    version
}

fn ask(response: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<(u16, Value), ureq::Error> {
    let mut response = response?;
    let body = response.body_mut().read_to_string()?;
    Ok((response.status().as_u16(), serde_json::from_str(&body).unwrap_or_default()))
}
