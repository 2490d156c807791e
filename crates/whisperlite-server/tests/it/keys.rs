//! Who may ask what, and how often.

use std::num::NonZeroU32;

use axum::http::Method;
use serde_json::json;
use whisperlite_server::Limits;

use crate::made::{Asked, Reply};

/// One path of each scope.
const SEARCH: (Method, &str) = (Method::POST, "/v1/search");
const WRITE: (Method, &str) = (Method::POST, "/v1/events");
const ADMIN: (Method, &str) = (Method::GET, "/metrics");

fn with_key(asked: &Asked, (method, path): (Method, &str), key: &str) -> Reply {
    asked.with_headers(method, path, &[("authorization", &format!("Bearer {key}"))])
}

#[test]
fn a_key_opens_its_scopes_and_nothing_else() {
    let asked = Asked::new();
    let [search, write, admin, all] =
        ["search", "write", "admin", "search,write,admin"].map(|scopes| asked.make_key(scopes));
    for (path, own) in [(SEARCH, &search), (WRITE, &write), (ADMIN, &admin)] {
        for key in [&search, &write, &admin, &all] {
            let reply = with_key(&asked, path.clone(), key);
            if key == own || *key == all {
                // An event without anything is refused for what it lacks.
                let expected = if path == WRITE { 400 } else { 200 };
                assert_eq!(reply.status, expected, "{path:?} {}", reply.text);
            } else {
                reply.assert_problem(403, "forbidden", Some("authorization"));
            }
        }
        let none = asked.with_headers(path.0.clone(), path.1, &[]);
        none.assert_problem(401, "unauthorized", Some("authorization"));
        assert_eq!(none.headers["www-authenticate"], "Bearer");
        for wrong in
            ["", "Bearer", "Basic abc", "Bearer wl_wrong", &format!("Bearer {search}x"), &format!("Basic {all}")]
        {
            let reply = asked.with_headers(path.0.clone(), path.1, &[("authorization", wrong)]);
            reply.assert_problem(401, "unauthorized", Some("authorization"));
        }
    }
    let lower = asked.with_headers(Method::POST, "/v1/search", &[("authorization", &format!("bearer {search}"))]);
    assert_eq!(lower.status, 200);
}

#[test]
fn what_says_nothing_of_the_store_needs_no_key() {
    let asked = Asked::new();
    asked.make_key("admin");
    for path in ["/", "/health/live", "/health/ready", "/openapi.json", "/page/config", "/page/app.js"] {
        assert_eq!(asked.get(path).status, 200, "{path}");
    }
    assert_eq!(asked.get("/page/config").body, json!({"key_needed": true}));
    assert_eq!(asked.get("/health/ready").body["key_needed"], true);
    asked.get("/page/shoppers").assert_problem(401, "unauthorized", Some("authorization"));
    assert_eq!(Asked::new().get("/page/config").body, json!({"key_needed": false}));
}

/// Servers read the keys again and again.
#[test]
fn a_key_that_is_revoked_soon_opens_nothing_and_the_store_stays_closed() {
    let asked = Asked::new();
    let key = asked.make_key("search");
    assert_eq!(with_key(&asked, SEARCH, &key).status, 200);
    assert_eq!(asked.connection().execute("UPDATE api_keys SET revoked_at = 1", []).unwrap(), 1);
    while with_key(&asked, SEARCH, &key).status == 200 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    with_key(&asked, SEARCH, &key).assert_problem(401, "unauthorized", Some("authorization"));
    asked.post("/v1/search", &json!({})).assert_problem(401, "unauthorized", Some("authorization"));
}

#[test]
fn a_key_asks_as_often_as_it_may() {
    let one = NonZeroU32::new(1).unwrap();
    let limits = Limits { key_requests_per_second: one, key_burst: NonZeroU32::new(3).unwrap(), ..Limits::default() };
    let asked = Asked::with_limits(limits);
    let [key, other] = [asked.make_key("search"), asked.make_key("search")];
    // More than come back in the time that they take.
    let replies: Vec<Reply> = (0..40).map(|_| with_key(&asked, SEARCH, &key)).collect();
    let refused: Vec<&Reply> = replies.iter().filter(|reply| reply.status != 200).collect();
    assert!(refused.len() > 10 && replies.len() - refused.len() >= 3, "{}", refused.len());
    for reply in refused {
        reply.assert_problem(429, "rate_limited", None);
        assert_eq!(reply.headers["retry-after"], "1");
    }
    assert_eq!(with_key(&asked, SEARCH, &other).status, 200, "each key has its own");
}

/// A page of somebody else whose name stands for this machine's address.
#[test]
fn without_keys_only_names_of_this_machine_are_answered() {
    let asked = Asked::new();
    let from = |host: &str| asked.with_headers(Method::POST, "/v1/search", &[("host", host)]);
    assert_eq!(from("127.0.0.1:7700").status, 200);
    from("evil.example:7700").assert_problem(403, "wrong_host", Some("host"));
    let key = asked.make_key("search");
    while asked.get("/page/config").body["key_needed"] == false {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let headers = [("host", "shop.example"), ("authorization", &format!("Bearer {key}"))];
    assert_eq!(asked.with_headers(Method::POST, "/v1/search", &headers).status, 200);
}

#[test]
fn long_words_and_large_pictures_are_refused() {
    let asked = Asked::with_limits(Limits { max_query_chars: 10, max_image_bytes: 9, ..Limits::default() });
    assert_eq!(asked.post("/v1/search", &json!({"q": "ten chars!"})).status, 200);
    asked.post("/v1/search", &json!({"q": "eleven char"})).assert_problem(400, "invalid_value", Some("q"));
    let large = asked.post("/v1/search", &json!({"image": "bm8gcGljdHVyZQ=="}));
    large.assert_problem(400, "invalid_image", Some("image"));
    assert!(large.body["detail"].as_str().unwrap().contains("at most 9"), "{}", large.body);
}
