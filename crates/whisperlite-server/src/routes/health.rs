//! `/health/live`, `/health/ready` and `/metrics`: what an orchestrator and a monitor ask.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth;
use crate::extract::JsonAnswer;
use crate::problem::Problem;
use crate::shop::Shop;

/// The process answers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Live {
    /// Always `live`.
    status: &'static str,
}

/// The model answers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Ready {
    /// Always `ready`.
    status: &'static str,
    /// Which model it is.
    model_version: String,
    /// Items that may be answered with.
    n_items: usize,
    /// Whether requests need a key. Only a server that nobody reaches from outside may go without.
    key_needed: bool,
}

/// Whether the process lives.
#[utoipa::path(get, path = "/health/live", tag = "health", responses((status = 200, description = "It does", body = Live)))]
pub(crate) async fn live() -> JsonAnswer<Live> {
    JsonAnswer(Live { status: "live" })
}

/// Whether questions are answered. The socket is opened when they are.
#[utoipa::path(get, path = "/health/ready", tag = "health", responses((status = 200, description = "They are", body = Ready), (status = "5XX", description = "The store does not answer", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn ready(State(shop): State<Arc<Shop>>) -> Result<JsonAnswer<Ready>, Problem> {
    let generation = shop.generation();
    let n_items = generation.engine.n_items();
    let key_needed = auth::key_needed(&shop).await?;
    Ok(JsonAnswer(Ready { status: "ready", model_version: generation.model_version.clone(), n_items, key_needed }))
}

/// The type of the text that Prometheus reads.
const PROMETHEUS_TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// How often, how long, and with what end.
#[utoipa::path(get, path = "/metrics", tag = "health", responses((status = 200, description = "Numbers for Prometheus, as text", body = String, content_type = "text/plain")))]
pub(crate) async fn metrics(State(shop): State<Arc<Shop>>) -> Response {
    match shop.metrics.text(shop.generation().items_behind(), shop.request_cache.counts()) {
        Ok(text) => ([(header::CONTENT_TYPE, PROMETHEUS_TEXT)], text).into_response(),
        Err(error) => Problem::internal(&error).into_response(),
    }
}
