//! Every mistake has a status, a stable code, and the name of what is wrong.

use axum::body::Body;
use axum::http::Request;
use serde_json::json;

use crate::made::Asked;

#[test]
fn mistakes_in_a_body_are_named() {
    let asked = Asked::new();
    let broken = asked.post_text("/v1/search", "{\"q\": \"dress\",}");
    broken.assert_problem(400, "malformed_json", None);
    assert_eq!((&broken.body["line"], &broken.body["column"]), (&json!(1), &json!(15)), "{}", broken.body);
    for (body, code, field) in [
        (json!({"q": 7}), "invalid_value", "q"),
        (json!({"like": ["a", 7]}), "invalid_value", "like[1]"),
        (json!({"limit": "ten"}), "invalid_value", "limit"),
        (json!({"limit": -1}), "invalid_value", "limit"),
        (json!({"limit": 1001}), "invalid_value", "limit"),
        (json!({"offset": 100_001}), "invalid_value", "offset"),
        (json!({"user_id": ""}), "invalid_value", "user_id"),
        (json!({"q": "x".repeat(2001)}), "invalid_value", "q"),
        (json!({"query": "dress"}), "unknown_field", "query"),
    ] {
        asked.post("/v1/search", &body).assert_problem(400, code, Some(field));
    }
    asked.post("/v1/recommend", &json!({"q": "dress"})).assert_problem(400, "unknown_field", Some("q"));
    for field in ["like", "history"] {
        asked.post("/v1/search", &json!({field: ["nothing"]})).assert_problem(404, "unknown_item", Some(field));
    }
}

#[test]
fn mistakes_in_a_filter_are_shown_where_they_are() {
    let asked = Asked::new();
    for (filter, column) in [("colour =", 9), ("price < 5 AND color = \"red\"", 15), ("title = \"open", 9)] {
        let reply = asked.post("/v1/search", &json!({"filter": filter}));
        reply.assert_problem(400, "invalid_filter", Some("filter"));
        assert_eq!(reply.body["column"], column, "{}", reply.body);
    }
    let unknown = asked.post("/v1/search", &json!({"filter": "color = \"red\""}));
    assert!(unknown.body["detail"].as_str().unwrap().contains("\"colour\""), "{}", unknown.body);
}

#[test]
fn wrong_paths_methods_and_types_are_problems_too() {
    let asked = Asked::new();
    asked.get("/v1/nothing").assert_problem(404, "not_found", None);
    let wrong = asked.get("/v1/search");
    wrong.assert_problem(405, "method_not_allowed", None);
    assert_eq!(wrong.headers["allow"], "POST");
    let form = Request::post("/v1/search").header("content-type", "text/plain").body(Body::from("{}")).unwrap();
    asked.send(form).assert_problem(415, "unsupported_media_type", Some("content-type"));
    let bare = Request::post("/v1/events").body(Body::from("{}")).unwrap();
    asked.send(bare).assert_problem(415, "unsupported_media_type", Some("content-type"));
    asked.get("/v1/items/%FF").assert_problem(400, "invalid_value", Some("id"));
}

#[test]
fn a_request_has_an_id_its_own_if_it_can_stand_in_a_log() {
    let asked = Asked::new();
    let with_id = |id: &str| Request::get("/health/live").header("x-request-id", id).body(Body::empty()).unwrap();
    assert_eq!(asked.send(with_id("from-the.client_7")).headers["x-request-id"], "from-the.client_7");
    let ids = ["a b", "x\"y", &"x".repeat(129)].map(|id| {
        let given = asked.send(with_id(id)).headers["x-request-id"].clone();
        assert_ne!(given, id);
        given
    });
    assert!(ids[0] != ids[1] && ids[1] != ids[2]);
}
