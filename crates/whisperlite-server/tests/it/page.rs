//! The pages for people.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use crate::made::{Asked, MODEL_VERSION};

/// Addresses of parts that a part of the pages names: in a document by `/page/…`, in a module by `./…`.
fn addresses(part: &str) -> Vec<String> {
    let quoted = part.split('"').filter(|quoted| quoted.ends_with(".js") || quoted.ends_with(".css"));
    quoted.filter_map(|quoted| quoted.strip_prefix("./").or(quoted.strip_prefix("/page/"))).map(str::to_owned).collect()
}

#[test]
fn every_part_that_the_pages_name_is_there_and_none_is_elsewhere() {
    let asked = Asked::new();
    let mut parts = Vec::new();
    for page in ["/", "/dashboard"] {
        let page = asked.get(page);
        let kind = &page.headers["content-type"];
        assert_eq!((page.status.as_u16(), kind), (200, &"text/html; charset=utf-8".parse().unwrap()));
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("default-src 'none'") && !policy.contains("http"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        parts.push(page.text);
    }
    let mut left: Vec<String> = parts.iter().flat_map(|part| addresses(part)).collect();
    let mut named = BTreeSet::new();
    while let Some(address) = left.pop() {
        if !named.insert(address.clone()) {
            continue;
        }
        let reply = asked.get(&format!("/page/{address}"));
        assert_eq!(reply.status, 200, "{address}");
        assert_eq!(reply.headers["x-content-type-options"], "nosniff");
        left.extend(addresses(&reply.text));
        parts.push(reply.text);
    }
    assert!(named.len() > 20, "the reader of parts is broken: {named:?}");
    // The name of the language of drawings is no address that is asked.
    let elsewhere = |part: &String| part.replace("http://www.w3.org/2000/svg", "").contains("://");
    assert!(!parts.iter().any(elsewhere), "the pages ask nobody but their own server");
}

#[test]
fn a_part_that_the_browser_has_is_not_sent_again() {
    let asked = Asked::new();
    let tag = asked.get("/page/app.js").headers["etag"].clone();
    let again = Request::get("/page/app.js").header("if-none-match", tag).body(Body::empty()).unwrap();
    let again = asked.send(again);
    assert_eq!((again.status.as_u16(), again.text.as_str()), (304, ""));
    asked.get("/page/nothing.js").assert_problem(404, "not_found", None);
}

#[test]
fn the_shop_front_knows_the_store_before_anybody_asks() {
    let store = Asked::new().get("/page/store").body;
    assert_eq!(
        (&store["n_items"], &store["pictures"], &store["reads_pictures"]),
        (&80.into(), &false.into(), &false.into())
    );
    let (low, high) = (store["prices"]["low"].as_f64().unwrap(), store["prices"]["high"].as_f64().unwrap());
    assert!(0.0 < low && low < high, "{store}");
    assert_eq!(store["facets"][0], "category");
    assert!(
        store["requests"].as_array().unwrap().iter().all(Value::is_string) && store["requests"][0].is_string(),
        "{store}"
    );
}

#[test]
fn the_dashboard_shows_what_there_is_and_what_happens() {
    let asked = Asked::new();
    let board = asked.get("/page/dashboard").body;
    assert_eq!((&board["catalogue"]["n_items"], &board["model"]["version"]), (&80.into(), &MODEL_VERSION.into()));
    let counts: i64 = board["catalogue"]["events"].as_object().unwrap().values().map(|n| n.as_i64().unwrap()).sum();
    assert_eq!(counts, asked.count("SELECT COUNT(*) FROM events"));
    let spans = board["catalogue"]["time"]["counts"].as_array().unwrap();
    assert_eq!(spans.iter().map(|n| n.as_i64().unwrap()).sum::<i64>(), counts);
    assert_eq!(board["report"], Value::Null);
    asked.get("/page/report").assert_problem(404, "not_found", None);
    let event = json!({"type": "like", "event_id": "once", "user_id": "u", "item_id": asked.found(&json!({}))[0]});
    asked.post("/v1/events", &event);
    asked.post("/v1/events", &event);
    let pulse = asked.get("/page/pulse").body;
    assert_eq!(pulse["by_type"], json!({"like": 1}), "what is repeated happened once");
    assert_eq!(pulse["minutes"].as_array().unwrap().iter().map(|n| n.as_i64().unwrap()).sum::<i64>(), 1);
}

#[test]
fn shoppers_come_with_those_who_did_most_first() {
    let reply = Asked::new().get("/page/shoppers");
    let counts: Vec<u64> = reply.body["shoppers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|shopper| {
            assert!(!shopper["latest"].as_array().unwrap().is_empty() && shopper["user_id"].is_string(), "{shopper}");
            shopper["n_events"].as_u64().unwrap()
        })
        .collect();
    assert_eq!(counts.len(), 12);
    assert!(counts.is_sorted_by(|a, b| a >= b) && counts[11] > 0, "{counts:?}");
}

#[test]
fn pictures_in_the_store_are_shown_and_those_of_the_net_are_not_fetched() {
    let (asked, [here, in_the_net]) = Asked::pictured("drawn.png", b"what a picture holds");
    let reply = asked.get(&format!("/page/pictures/{here}"));
    assert_eq!((reply.status.as_u16(), &reply.headers["content-type"]), (200, &"image/png".parse().unwrap()));
    assert_eq!(reply.text, "what a picture holds");
    asked.get(&format!("/page/pictures/{in_the_net}")).assert_problem(404, "not_found", None);
    asked.get("/page/pictures/nobody").assert_problem(404, "unknown_item", Some("item_id"));
    let (asked, [no_picture, _]) = Asked::pictured("notes.txt", b"not for the eyes of others");
    asked.get(&format!("/page/pictures/{no_picture}")).assert_problem(404, "not_found", None);
}
