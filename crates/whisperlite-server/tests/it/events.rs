//! What somebody does is stored once, and counts at once.

use serde_json::{Value, json};

use crate::made::Asked;

fn click(user_id: &str, item_id: &str) -> Value {
    json!({"type": "click", "user_id": user_id, "item_id": item_id})
}

#[test]
fn an_event_is_stored_once_with_all_that_it_says() {
    let asked = Asked::new();
    let before = asked.count("SELECT COUNT(*) FROM events");
    let answer = asked.post("/v1/search", &json!({"q": "red scarf"}));
    let mut event = click("newcomer", &answer.item_ids()[0]);
    event["event_id"] = "e1".into();
    event["session_id"] = "s1".into();
    event["query_id"] = answer.body["query_id"].clone();
    event["position"] = 1.into();
    event["request"] = " words that nobody used before ".into();
    event["timestamp"] = 1_704_200_000.into();
    event["value"] = 4.5.into();
    let first = asked.post("/v1/events", &event);
    assert_eq!((first.status.as_u16(), &first.body), (200, &json!({"event_id": "e1", "status": "recorded"})));
    let second = asked.post("/v1/events", &event);
    assert_eq!((second.status.as_u16(), &second.body), (200, &json!({"event_id": "e1", "status": "duplicate"})));
    assert_eq!(asked.count("SELECT COUNT(*) FROM events"), before + 1);
    let whole = "SELECT COUNT(*) FROM events JOIN served_events USING (event_key) JOIN users USING (user_key)
                 JOIN requests USING (request_key)
                 WHERE event_id = 'e1' AND user_id = 'newcomer' AND request = 'words that nobody used before'
                   AND timestamp = 1704200000 AND value = 4.5 AND event_type = 'click'
                   AND session_id = 's1' AND position = 1 AND query_id IS NOT NULL";
    assert_eq!(asked.count(whole), 1);
    assert_eq!(asked.count("SELECT COUNT(*) FROM meta WHERE key = 'data_hash'"), 0, "other data have another hash");
}

#[test]
fn an_event_counts_in_the_next_answer_of_this_person_alone() {
    let asked = Asked::new();
    let question = json!({"q": "something nice", "limit": 1000});
    let of = |who: &str| {
        let mut question = question.clone();
        question["user_id"] = who.into();
        asked.post("/v1/search", &question)
    };
    let before = of("newcomer");
    let item = before.item_ids()[0].clone();
    assert_eq!(before.body["notes"][0]["code"], "unknown_user");
    asked.post("/v1/events", &click("newcomer", &item));
    let after = of("newcomer");
    assert_eq!((after.item_ids().len(), &after.body["notes"]), (79, &json!([])));
    assert!(!after.item_ids().contains(&item));
    assert_eq!(of("somebody else").body["hits"], before.body["hits"]);
    let mut explained = question.clone();
    explained["user_id"] = "newcomer".into();
    explained["explain"] = true.into();
    let taste = |hit: &Value| hit["explanation"]["taste"].as_f64().unwrap();
    let hits = asked.post("/v1/search", &explained).body["hits"].clone();
    assert!(hits.as_array().unwrap().iter().any(|hit| taste(hit) != 0.0));
}

/// Being shown an item is nothing that the person did.
#[test]
fn an_impression_is_stored_and_changes_nothing() {
    let asked = Asked::new();
    let question = json!({"user_id": "newcomer", "q": "coat", "limit": 1000});
    let before = asked.found(&question);
    let mut event = click("newcomer", &before[0]);
    event["type"] = "impression".into();
    assert_eq!(asked.post("/v1/events", &event).body["status"], "recorded");
    assert_eq!(asked.found(&question), before);
}

#[test]
fn a_visit_counts_before_and_after_somebody_says_who_they_are() {
    let asked = Asked::new();
    let all = asked.found(&json!({"q": "boots", "limit": 1000}));
    let event = json!({"type": "view", "session_id": "s", "item_id": all[0]});
    assert_eq!(asked.post("/v1/events", &event).status, 200);
    asked.post("/v1/events", &click("newcomer", &all[1]));
    let found = |who: Value| {
        let mut question = who;
        question["q"] = "boots".into();
        question["limit"] = 1000.into();
        asked.found(&question)
    };
    let has = |found: Vec<String>| [&all[0], &all[1]].map(|item| found.contains(item));
    assert_eq!(has(found(json!({"session_id": "s"}))), [false, true]);
    assert_eq!(has(found(json!({"user_id": "newcomer"}))), [true, false]);
    assert_eq!(has(found(json!({"user_id": "newcomer", "session_id": "s"}))), [false, false]);
    assert_eq!(has(found(json!({"session_id": "another"}))), [true, true]);
    assert_eq!(asked.count("SELECT COUNT(*) FROM users WHERE user_id = 'session:s'"), 1);
}

#[test]
fn an_event_that_cannot_be_is_refused_and_not_stored() {
    let asked = Asked::new();
    let item = asked.found(&json!({}))[0].clone();
    let before = asked.count("SELECT COUNT(*) FROM events");
    let refused = |change: Value, status: u16, code: &str, field: &str| {
        let mut event = click("u", &item);
        for (key, value) in change.as_object().unwrap() {
            event[key] = value.clone();
        }
        asked.post("/v1/events", &event).assert_problem(status, code, Some(field));
    };
    refused(json!({"item_id": "nothing"}), 404, "unknown_item", "item_id");
    refused(json!({"type": "stare"}), 400, "invalid_value", "type");
    refused(json!({"user_id": null}), 400, "missing_field", "user_id");
    refused(json!({"user_id": ""}), 400, "invalid_value", "user_id");
    refused(json!({"user_id": "session:s"}), 400, "invalid_value", "user_id");
    refused(json!({"event_id": "a\nb"}), 400, "invalid_value", "event_id");
    refused(json!({"position": 0}), 400, "invalid_value", "position");
    refused(json!({"position": -1}), 400, "invalid_value", "position");
    refused(json!({"timestamp": -1}), 400, "invalid_value", "timestamp");
    refused(json!({"timestamp": 99_999_999_999i64}), 400, "invalid_value", "timestamp");
    refused(json!({"value": 1e300}), 400, "invalid_value", "value");
    refused(json!({"request": "x".repeat(3000)}), 400, "invalid_value", "request");
    refused(json!({"colour": "red"}), 400, "unknown_field", "colour");
    assert_eq!(asked.count("SELECT COUNT(*) FROM events"), before);
}

/// Somebody else writes the store: the client is told to come back, and the event is stored when it does.
#[test]
fn a_busy_store_is_no_loss() {
    let asked = Asked::new();
    let mut event = click("u", &asked.found(&json!({}))[0]);
    event["event_id"] = "patient".into();
    let other = asked.connection();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = asked.post("/v1/events", &event);
    refused.assert_problem(503, "store_busy", None);
    assert_eq!(refused.headers["retry-after"], "1");
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(asked.post("/v1/events", &event).body["status"], "recorded");
    assert_eq!(asked.count("SELECT COUNT(*) FROM events WHERE event_id = 'patient'"), 1);
}

/// A store that keeps only the order of each user's events puts the event last.
#[test]
fn where_only_the_order_is_known_an_event_comes_last() {
    let asked = Asked::ordered();
    let mut event = click("synthetic-newcomer", &asked.found(&json!({}))[0]);
    for _ in 0..3 {
        assert_eq!(asked.post("/v1/events", &event).status, 200);
    }
    let sum = "SELECT SUM(timestamp) FROM events JOIN users USING (user_key) WHERE user_id = 'synthetic-newcomer'";
    assert_eq!(asked.count(sum), 1 + 2);
    event["timestamp"] = 1_704_200_000.into();
    asked.post("/v1/events", &event).assert_problem(400, "invalid_value", Some("timestamp"));
}
