//! Events in bulk, and in the words and shapes of others.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use whisperlite_server::Limits;

use crate::made::Asked;

/// How an event was stored: by its id, its type, item, request and place.
fn stored(asked: &Asked, event_id: &str) -> Value {
    let sql = "SELECT json_array(event_type, item_id, user_id, request, position, timestamp, served_events.session_id)
               FROM events LEFT JOIN served_events USING (event_key) JOIN items USING (item_key) JOIN users USING (user_key)
               LEFT JOIN requests USING (request_key) WHERE event_id = ?1";
    let found: String = asked.connection().query_row(sql, [event_id], |row| row.get(0)).unwrap();
    serde_json::from_str(&found).unwrap()
}

#[test]
fn names_of_google_analytics_are_understood() {
    let asked = Asked::new();
    let item = asked.found(&json!({}))[0].clone();
    for (name, meant) in [
        ("view_item_list", "impression"),
        ("view_item", "view"),
        ("select_item", "click"),
        ("add_to_cart", "add_to_cart"),
        ("add_to_wishlist", "like"),
        ("purchase", "purchase"),
    ] {
        let event = json!({"event_id": name, "type": name, "user_id": "u", "item_id": item});
        assert_eq!(asked.post("/v1/events", &event).body, json!({"event_id": name, "status": "recorded"}));
        assert_eq!(stored(&asked, name)[0], meant);
    }
    let refund = json!({"type": "refund", "user_id": "u", "item_id": item});
    asked.post("/v1/events", &refund).assert_problem(400, "invalid_value", Some("type"));
}

#[test]
fn an_event_of_user_behavior_insights_is_an_event() {
    let asked = Asked::new();
    let answer = asked.post("/v1/search", &json!({"q": "red scarf"}));
    let item = answer.item_ids()[2].clone();
    let event = json!({
        "action_name": "item_click",
        "event_id": "ubi-1",
        "client_id": "browser-7",
        "query_id": answer.body["query_id"],
        "user_query": "red scarf",
        "timestamp": "2024-01-02T12:53:20Z",
        "application": "our shop",
        "message_type": "INFO",
        "event_attributes": {
            "object": {"object_id": item, "object_id_field": "item_id", "description": "a scarf"},
            "position": {"ordinal": 3, "x": 10, "y": 20},
            "session": "anything else"
        }
    });
    assert_eq!(asked.post("/v1/events", &event).body, json!({"event_id": "ubi-1", "status": "recorded"}));
    let expected = json!(["click", item, "session:browser-7", "red scarf", 3, 1_704_200_000, "browser-7"]);
    assert_eq!(stored(&asked, "ubi-1"), expected);
    assert!(!asked.found(&json!({"session_id": "browser-7", "limit": 1000})).contains(&item), "it counts at once");
    let refused = |pointer: &str, value: Value, field: &str, code: &str| {
        let mut event = event.clone();
        *event.pointer_mut(pointer).unwrap() = value;
        asked.post("/v1/events", &event).assert_problem(400, code, Some(field));
    };
    refused("/action_name", json!("refund"), "action_name", "invalid_value");
    refused("/timestamp", json!("yesterday"), "timestamp", "invalid_value");
    refused("/event_attributes/position/ordinal", json!(0), "position", "invalid_value");
    refused("/event_attributes/object", json!({}), "object_id", "missing_field");
    refused("/client_id", Value::Null, "user_id", "missing_field");
}

#[test]
fn each_line_of_an_import_has_its_result() {
    let asked = Asked::new();
    let item = asked.found(&json!({}))[0].clone();
    let before = asked.count("SELECT COUNT(*) FROM events");
    let event = |n: usize| json!({"event_id": format!("e{n}"), "type": "view", "user_id": "u", "item_id": item});
    let unknown = json!({"type": "view", "user_id": "u", "item_id": "nothing"});
    let lines = [event(1).to_string(), String::new(), event(1).to_string(), unknown.to_string(), "{\"type\"".into()];
    let reply = asked.post_lines("/v1/events:import", &lines.join("\r\n"));
    assert_eq!(
        (reply.status.as_u16(), &reply.body["n_accepted"], &reply.body["n_refused"]),
        (207, &2.into(), &2.into())
    );
    let results = reply.body["results"].as_array().unwrap();
    assert_eq!(results[0], json!({"line": 1, "status": "recorded", "id": "e1"}));
    assert_eq!(results[1], json!({"line": 3, "status": "duplicate", "id": "e1"}));
    assert_eq!((&results[2]["line"], &results[2]["problem"]["code"]), (&4.into(), &"unknown_item".into()));
    let broken = &results[3]["problem"];
    assert_eq!((&broken["code"], &broken["line"], results.len()), (&"malformed_json".into(), &5.into(), 4));
    assert_eq!(asked.count("SELECT COUNT(*) FROM events"), before + 1);
    let many: String = (0..2500).map(|n| format!("{}\n", event(n))).collect();
    let reply = asked.post_lines("/v1/events:import", &many);
    assert_eq!((reply.status.as_u16(), &reply.body["n_accepted"]), (200, &2500.into()), "several batches");
    assert_eq!(asked.count("SELECT COUNT(*) FROM events"), before + 2500);
    let lines: Vec<u64> =
        reply.body["results"].as_array().unwrap().iter().map(|result| result["line"].as_u64().unwrap()).collect();
    assert_eq!(lines, (1..=2500).collect::<Vec<u64>>());
    let nothing = asked.post_lines("/v1/events:import", "\n \n");
    assert_eq!((nothing.status.as_u16(), &nothing.body["results"]), (200, &json!([])));
}

#[test]
fn an_import_is_bounded() {
    let limits = Limits { max_body_bytes: 200, max_import_bytes: 2000, max_import_lines: 20, ..Limits::default() };
    let asked = Asked::with_limits(limits);
    let item = asked.found(&json!({}))[0].clone();
    let event = json!({"type": "view", "user_id": "u", "item_id": item}).to_string();
    let import = |lines: &str| asked.post_lines("/v1/events:import", lines);
    assert_eq!(import(&format!("{event}\n").repeat(20)).status, 200);
    import(&format!("{event}\n").repeat(21)).assert_problem(413, "body_too_large", None);
    import(&"x".repeat(300)).assert_problem(413, "body_too_large", None);
    import(&format!("{}\n", "x".repeat(190)).repeat(11)).assert_problem(413, "body_too_large", None);
    let plain = Request::post("/v1/events:import").header("content-type", "application/json").body(Body::empty());
    asked.send(plain.unwrap()).assert_problem(415, "unsupported_media_type", Some("content-type"));
}
