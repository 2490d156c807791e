//! One line of the log and one count for each request, and the id that it, its answer and its errors share.
//!
//! The log holds paths and times, never what was asked for or by whom.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;

use crate::metrics::Labels;
use crate::shop::Shop;
#[cfg(feature = "otel")]
use crate::telemetry;

/// Carries the id of a request, from the client if it gives one, and back.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Longest id that is taken over from a client.
const MAX_ID_CHARS: usize = 128;

/// Names the request, passes it on, and logs how it went.
pub(crate) async fn log(State(shop): State<Arc<Shop>>, request: Request, next: Next) -> Response {
    let begin = Instant::now();
    let given = request.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok()).filter(|id| is_plain(id));
    let request_id = given.map_or_else(|| shop.ids.next(), str::to_owned);
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let template = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let known = match method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        _ => "other",
    };
    let span = tracing::info_span!("request", request_id, %method, path);
    #[cfg(feature = "otel")]
    let traced = span.in_scope(|| telemetry::request_span(request.headers(), known, &template, &request_id));
    let answering = next.run(request);
    #[cfg(feature = "otel")]
    let answering = answering.instrument(traced.clone());
    let mut response = answering.instrument(span.clone()).await;
    let (status, seconds) = (response.status().as_u16(), begin.elapsed().as_secs_f64());
    #[cfg(feature = "otel")]
    telemetry::ended(&traced, status);
    span.in_scope(|| tracing::info!(status, ms = seconds * 1e3, "answered"));
    shop.metrics.observe(Labels { method: known, path: template, status }, seconds);
    if let Ok(id) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// Whether an id may stand in a log as it is.
fn is_plain(id: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !id.is_empty() && id.len() <= MAX_ID_CHARS && id.chars().all(plain)
}
