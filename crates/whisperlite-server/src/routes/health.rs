//! `/health/live` and `/health/ready`: what an orchestrator asks.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::JsonAnswer;
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
}

/// Whether the process lives.
#[utoipa::path(get, path = "/health/live", tag = "health", responses((status = 200, description = "It does", body = Live)))]
pub(crate) async fn live() -> JsonAnswer<Live> {
    JsonAnswer(Live { status: "live" })
}

/// Whether questions are answered. The socket is opened when they are.
#[utoipa::path(get, path = "/health/ready", tag = "health", responses((status = 200, description = "They are", body = Ready)))]
pub(crate) async fn ready(State(shop): State<Arc<Shop>>) -> JsonAnswer<Ready> {
    let n_items = shop.engine.catalog().n_items();
    JsonAnswer(Ready { status: "ready", model_version: shop.model_version.clone(), n_items })
}
