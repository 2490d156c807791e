//! Items are put, changed and removed while the server answers.

use axum::http::Method;
use serde_json::{Value, json};

use crate::made::Asked;

fn put(asked: &Asked, id: &str, item: &Value) -> (u16, Value) {
    let reply = asked.call(Method::PUT, &format!("/v1/items/{id}"), item);
    (reply.status.as_u16(), reply.body)
}

#[test]
fn an_item_is_found_as_soon_as_it_is_acknowledged_and_gone_as_soon_as_it_is_removed() {
    let asked = Asked::new();
    let all = |question: Value| {
        let mut question = question;
        question["limit"] = 1000.into();
        asked.found(&question)
    };
    let item = json!({"title": "Umbrella with dots", "category": "Things > Umbrellas", "price": 12.5,
                      "attributes": {"colour": "teal", "handle": "wood"}});
    assert_eq!(put(&asked, "u-1", &item), (201, json!({"item_id": "u-1", "status": "created"})));
    assert!(all(json!({"q": "umbrella"})).contains(&"u-1".to_owned()));
    assert_eq!(all(json!({"filter": "handle = \"wood\""})), ["u-1"], "also a field that no item had before");
    let counted = asked.post("/v1/search", &json!({"facets": ["handle"]}));
    assert_eq!(counted.body["facets"]["handle"]["values"], json!([{"value": "wood", "count": 1}]));
    let stored = asked.get("/v1/items/u-1").body;
    assert_eq!((&stored["title"], &stored["price"]), (&item["title"], &item["price"]));
    assert_eq!(asked.get("/health/ready").body["n_items"], 81);

    let cheaper = json!({"title": "Umbrella with dots", "price": 9});
    assert_eq!(put(&asked, "u-1", &cheaper), (200, json!({"item_id": "u-1", "status": "replaced"})));
    assert_eq!(all(json!({"filter": "price <= 9 AND price >= 9"})), ["u-1"]);
    let click = json!({"type": "click", "user_id": "newcomer", "item_id": "u-1"});
    assert_eq!(asked.post("/v1/events", &click).body["status"], "recorded");
    assert!(!all(json!({"user_id": "newcomer"})).contains(&"u-1".to_owned()), "it was seen");

    let removed = asked.call(Method::DELETE, "/v1/items/u-1", &json!({}));
    assert_eq!((removed.status.as_u16(), &removed.body["status"]), (200, &"removed".into()));
    assert!(!all(json!({"q": "umbrella"})).contains(&"u-1".to_owned()));
    asked.get("/v1/items/u-1").assert_problem(404, "unknown_item", Some("item_id"));
    asked.post("/v1/events", &click).assert_problem(404, "unknown_item", Some("item_id"));
    asked.call(Method::DELETE, "/v1/items/u-1", &json!({})).assert_problem(404, "unknown_item", Some("item_id"));
}

#[test]
fn an_item_that_cannot_be_is_refused() {
    let asked = Asked::new();
    for (item, code, field) in [
        (json!({"item_id": "another"}), "invalid_value", "item_id"),
        (json!({"name": "Umbrella"}), "unknown_field", "name"),
        (json!({"title": "x".repeat(2001)}), "invalid_value", "title"),
        (json!({"price": -1}), "invalid_value", "price"),
        (json!({"price": "cheap"}), "invalid_value", "price"),
        (json!({"image": "../../secret.png"}), "invalid_value", "image"),
        (json!({"image": "/etc/secret.png"}), "invalid_value", "image"),
        (json!({"image": "file:///etc/secret.png"}), "invalid_value", "image"),
        (json!({"attributes": {"": "x"}}), "invalid_value", "attributes"),
        (json!({"attributes": {"colour": 3}}), "invalid_value", "attributes.colour"),
    ] {
        asked.call(Method::PUT, "/v1/items/u-1", &item).assert_problem(400, code, Some(field));
    }
    assert_eq!(asked.get("/health/ready").body["n_items"], 80);
    let address = json!({"title": "Umbrella", "image": "https://shop.example/u.png"});
    assert_eq!(put(&asked, "u-1", &address).0, 201);
    asked.get("/page/pictures/u-1").assert_problem(404, "not_found", None);
}

#[test]
fn items_come_in_bulk() {
    let asked = Asked::new();
    let line = |n: usize| format!("{}\n", json!({"item_id": format!("n-{n}"), "title": format!("Novelty {n}")}));
    let many: String = (0..300).map(line).collect();
    let reply = asked.post_lines("/v1/items:import", &(many + "{\"title\": \"of nothing\"}\n" + &line(7)));
    assert_eq!((reply.status.as_u16(), &reply.body["n_accepted"]), (207, &301.into()), "{}", reply.body);
    let results = reply.body["results"].as_array().unwrap();
    assert_eq!(results[299], json!({"line": 300, "status": "created", "id": "n-299"}));
    assert_eq!((&results[300]["problem"]["code"], &results[300]["line"]), (&"missing_field".into(), &301.into()));
    assert_eq!(results[301], json!({"line": 302, "status": "replaced", "id": "n-7"}));
    assert_eq!(asked.found(&json!({"q": "novelty", "limit": 1000})).len(), 380);
}

/// Nobody said how a model is made anew.
#[test]
fn a_server_without_a_way_to_reload_says_so() {
    let asked = Asked::new();
    asked.call(Method::POST, "/v1/model:reload", &json!({})).assert_problem(409, "model_not_loaded", None);
}
