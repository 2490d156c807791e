//! What is too much is refused, and harms nobody.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::mpsc::{Sender, channel};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::Request;
use http_body::Frame;
use serde_json::json;
use whisperlite_server::Limits;

use crate::made::Asked;

#[test]
fn a_body_that_is_too_long_is_refused() {
    let asked = Asked::with_limits(Limits { max_body_bytes: 100, ..Limits::default() });
    assert_eq!(asked.post("/v1/search", &json!({"q": "dress"})).status, 200);
    asked.post("/v1/search", &json!({"q": "x".repeat(100)})).assert_problem(413, "body_too_large", None);
}

#[test]
fn more_requests_than_allowed_are_told_to_come_back() {
    let asked = Asked::with_limits(Limits { max_requests: 1, ..Limits::default() });
    let search = || asked.post("/v1/search", &json!({"q": "dress"}));
    assert_eq!(search().status, 200);
    let (begun, has_begun) = channel();
    let held = asked.send_without_waiting(endless(begun));
    has_begun.recv().unwrap();
    let refused = search();
    refused.assert_problem(503, "overloaded", None);
    assert_eq!(refused.headers["retry-after"], "1");
    assert_eq!(asked.get("/health/live").status, 200, "health takes no place");
    drop(held);
    assert_eq!(search().status, 200, "afterwards all is well");
}

#[test]
fn requests_are_counted_by_path_and_end_and_by_nothing_else() {
    let asked = Asked::new();
    asked.post("/v1/search", &json!({"q": "dress"}));
    asked.post("/v1/search", &json!({"q": "coat"}));
    for id in ["a-secret-id", "another"] {
        assert_eq!(asked.get(&format!("/v1/items/{id}")).status, 404);
    }
    asked.get("/nowhere");
    let reply = asked.get("/metrics");
    assert_eq!((reply.status.as_u16(), reply.text.contains("a-secret-id")), (200, false), "{}", reply.text);
    for (labels, n) in [
        (r#"method="POST",path="/v1/search",status="200""#, 2),
        (r#"method="GET",path="/v1/items/{id}",status="404""#, 2),
        (r#"method="GET",path="none",status="404""#, 1),
    ] {
        let line = format!("whisperlite_http_request_duration_seconds_count{{{labels}}} {n}\n");
        assert!(reply.text.contains(&line), "{line}{}", reply.text);
    }
}

/// A client that never sends the end of its body does not keep its place for ever.
#[test]
fn a_request_that_takes_too_long_is_given_up() {
    let limits = Limits { max_requests: 1, request_timeout: Duration::from_millis(50), ..Limits::default() };
    let asked = Asked::with_limits(limits);
    asked.send(endless(channel().0)).assert_problem(503, "timeout", None);
    let next = Request::get("/v1/items/nothing").body(Body::empty()).unwrap();
    asked.send(next).assert_problem(404, "unknown_item", Some("item_id"));
}

/// A body that never comes. It says when somebody waits for it, who then has a place.
struct NeverEnds {
    begun: Sender<()>,
}

impl HttpBody for NeverEnds {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        // Nobody listens where only the end matters.
        let _ = self.begun.send(());
        Poll::Pending
    }
}

fn endless(begun: Sender<()>) -> Request<Body> {
    let request = Request::post("/v1/search").header("content-type", "application/json");
    request.body(Body::new(NeverEnds { begun })).unwrap()
}
