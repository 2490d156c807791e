//! `POST /v1/model:reload`: another model, without a request that is dropped.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::JsonAnswer;
use crate::problem::Problem;
use crate::shop::Shop;

/// The model that answers from now on.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ModelInService {
    /// What answers call it.
    model_version: String,
    /// What the one before was called.
    before: String,
}

/// Use the model that lies in the store now, and everything else that the store holds.
///
/// Requests are answered meanwhile, by the model in service. It stays if the new one cannot be used.
#[utoipa::path(
    post,
    path = "/v1/model:reload",
    tag = "model",
    responses(
        (status = 200, description = "The model is in service", body = ModelInService),
        (status = "4XX", description = "The model cannot be used, and the one before stays", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", description = "The server failed", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn reload(State(shop): State<Arc<Shop>>) -> Result<JsonAnswer<ModelInService>, Problem> {
    let before = shop.generation().model_version.clone();
    // A client that goes away does not end it.
    let reloading = tokio::spawn(async move { shop.reload().await });
    let model_version = reloading.await.map_err(|error| Problem::internal(&error))??;
    Ok(JsonAnswer(ModelInService { model_version, before }))
}
