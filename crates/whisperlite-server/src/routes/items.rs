//! `GET /v1/items/{id}` and `GET /v1/items/{id}/similar`: what the store has.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use whisperlite::recommender::Question;

use super::answer::{Answer, answer, read_filter};
use super::search::default_limit;
use crate::bounds;
use crate::extract::{JsonAnswer, PathId, QueryString};
use crate::problem::Problem;
use crate::shop::Shop;
use crate::work::on_a_worker;

/// An item as the store knows it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StoredItem {
    /// The shop's id.
    item_id: String,
    /// Short name; empty where it has none.
    title: String,
    /// Longer description; empty where it has none.
    text: String,
    /// Category path, levels joined by ` > `; empty where it has none.
    category: String,
    /// In the shop's currency.
    price: Option<f64>,
    /// Everything else that the shop says about it.
    attributes: BTreeMap<String, String>,
}

/// Which similar items.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SimilarQuery {
    /// How many items, at most.
    #[serde(default = "default_limit")]
    #[param(maximum = 1000, default = 10)]
    limit: usize,
    /// How many of the most similar items to leave out: those of the pages before.
    #[serde(default)]
    #[param(maximum = 100_000, default = 0)]
    offset: usize,
    /// Only items that match.
    filter: Option<String>,
}

/// What the store knows of an item.
#[utoipa::path(
    get,
    path = "/v1/items/{id}",
    tag = "items",
    params(("id" = String, Path, description = "The shop's id of the item")),
    responses(
        (status = 200, description = "The item", body = StoredItem),
        (status = "4XX", description = "The request has a mistake", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", description = "The server cannot answer now", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get(State(shop): State<Arc<Shop>>, PathId(id): PathId) -> Result<JsonAnswer<StoredItem>, Problem> {
    let item = shop.generation().item(&id).ok_or_else(|| Problem::unknown_item(&id))?;
    Ok(JsonAnswer(StoredItem {
        item_id: item.item_id,
        title: item.title,
        text: item.text,
        category: item.category,
        price: item.price,
        attributes: (&item.attributes).into(),
    }))
}

/// Items that are like one.
#[utoipa::path(
    get,
    path = "/v1/items/{id}/similar",
    tag = "items",
    params(("id" = String, Path, description = "The shop's id of the item"), SimilarQuery),
    responses(
        (status = 200, description = "Items, most similar first", body = Answer),
        (status = "4XX", description = "The request has a mistake", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", description = "The server cannot answer now", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn similar(
    State(shop): State<Arc<Shop>>,
    PathId(id): PathId,
    QueryString(query): QueryString<SimilarQuery>,
) -> Result<JsonAnswer<Answer>, Problem> {
    let generation = shop.generation();
    if generation.item(&id).is_none() {
        return Err(Problem::unknown_item(&id));
    }
    let work = move |shop: &Shop| {
        let begin = Instant::now();
        let SimilarQuery { limit, offset, filter } = query;
        bounds::check_page(limit, offset)?;
        let filter = read_filter(&generation, filter.as_deref())?;
        let question = Question { like: vec![id], filter, limit, offset, ..Question::default() };
        answer(shop, &generation, &question, begin)
    };
    on_a_worker(&shop, work).await.map(JsonAnswer)
}
