//! `PUT` and `DELETE /v1/items/{id}`, and `POST /v1/items:import`: what the shop has. An item is on the disk when it is acknowledged, and in
//! the next answer.

use std::collections::BTreeMap;
use std::path::{Component, Path};
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use whisperlite::catalog::Item;
use whisperlite::store::{Put, Removal};

use super::import::{ImportAnswer, LineStatus, Outcome};
use crate::bounds;
use crate::extract::{JsonAnswer, JsonBytes, PathId, parse};
use crate::lines::JsonLines;
use crate::problem::{Code, Problem};
use crate::shop::Shop;

/// Longest title and category, in characters.
const MAX_TITLE_CHARS: usize = 2_000;
/// Longest text and attribute, in characters.
const MAX_TEXT_CHARS: usize = 100_000;
/// Most attributes of an item.
const MAX_ATTRIBUTES: usize = 200;

/// An item as the shop tells it. What is left out, it does not have.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ItemRequest {
    /// The shop's id. Needed on a line of an import; beside an id in the path it must be the same.
    #[schema(min_length = 1, max_length = 512)]
    item_id: Option<String>,
    /// Short name.
    #[serde(default)]
    #[schema(max_length = 2000)]
    title: String,
    /// Longer description.
    #[serde(default)]
    #[schema(max_length = 100_000)]
    text: String,
    /// Category path, levels joined by ` > `.
    #[serde(default)]
    #[schema(max_length = 2000, example = "Women > Dresses")]
    category: String,
    /// In the shop's currency.
    #[schema(minimum = 0)]
    price: Option<f64>,
    /// The picture: a path below the store's folder, or an address, which is kept and not fetched.
    #[schema(max_length = 2000)]
    image: Option<String>,
    /// Everything else that the shop says about it, to search and filter by; 200 fields at most.
    #[serde(default)]
    attributes: BTreeMap<String, String>,
}

/// The item is on the disk.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ItemAcknowledgement {
    /// The shop's id.
    item_id: String,
    /// Whether it was new.
    status: ItemStatus,
}

/// What became of an item.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ItemStatus {
    /// There was none of this id.
    Created,
    /// It took the place of the one that was there.
    Replaced,
    /// It is no more.
    Removed,
}

/// Put an item into the store, or another in its place.
#[utoipa::path(
    put,
    path = "/v1/items/{id}",
    tag = "items",
    params(("id" = String, Path, description = "The shop's id of the item", min_length = 1, max_length = 512)),
    request_body = ItemRequest,
    responses(
        (status = 200, description = "It took the place of the one before", body = ItemAcknowledgement),
        (status = 201, description = "It is new", body = ItemAcknowledgement),
        (status = "4XX", description = "The request has a mistake", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", description = "The item may not be stored; send it again", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn put(
    State(shop): State<Arc<Shop>>,
    PathId(id): PathId,
    JsonBytes(bytes): JsonBytes,
) -> Result<Response, Problem> {
    let request: ItemRequest = parse(&bytes)?;
    if request.item_id.as_ref().is_some_and(|item_id| *item_id != id) {
        let detail = "`item_id` is another than that of the path: leave it out";
        return Err(Problem::new(Code::InvalidValue, detail).in_field("item_id"));
    }
    let item = meant(ItemRequest { item_id: Some(id.clone()), ..request })?;
    let replaced = shop.put_items(vec![item]).await?.first() == Some(&Put::Replaced);
    let (code, status) =
        if replaced { (StatusCode::OK, ItemStatus::Replaced) } else { (StatusCode::CREATED, ItemStatus::Created) };
    Ok((code, JsonAnswer(ItemAcknowledgement { item_id: id, status })).into_response())
}

/// Take an item out of the store. To put it again brings back what people did with it.
#[utoipa::path(
    delete,
    path = "/v1/items/{id}",
    tag = "items",
    params(("id" = String, Path, description = "The shop's id of the item", min_length = 1, max_length = 512)),
    responses(
        (status = 200, description = "It is no more", body = ItemAcknowledgement),
        (status = "4XX", description = "The request has a mistake", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", description = "The item may still be there; send it again", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn remove(
    State(shop): State<Arc<Shop>>,
    PathId(id): PathId,
) -> Result<JsonAnswer<ItemAcknowledgement>, Problem> {
    match shop.remove_items(vec![id.clone()]).await?.first() {
        Some(Removal::Removed) => Ok(JsonAnswer(ItemAcknowledgement { item_id: id, status: ItemStatus::Removed })),
        Some(Removal::UnknownItem) | None => Err(Problem::unknown_item(&id)),
    }
}

/// Put many items into the store: one a line, each as it goes to `/v1/items/{id}`, with its `item_id`.
///
/// The items of some lines are stored although others are refused; `results` says which. It does no harm to send all again.
#[utoipa::path(
    post,
    path = "/v1/items:import",
    tag = "items",
    request_body(content = String, content_type = "application/x-ndjson", description = "One item a line"),
    responses(
        (status = 200, description = "All items are on the disk", body = ImportAnswer),
        (status = 207, description = "Some lines were refused", body = ImportAnswer),
        (status = "4XX", description = "The request has a mistake", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", description = "Some items may not be stored; send them again", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn put_many(State(shop): State<Arc<Shop>>, mut lines: JsonLines) -> Result<ImportAnswer, Problem> {
    let mut answer = ImportAnswer::default();
    loop {
        let batch = lines.next_batch().await?;
        if batch.is_empty() {
            return Ok(answer);
        }
        let (numbers, items) = answer.read(batch, |bytes| parse(bytes).and_then(meant));
        answer.settle(numbers, store(&shop, items).await);
    }
}

async fn store(shop: &Shop, items: Vec<Item>) -> Result<Vec<Outcome>, Problem> {
    let ids: Vec<String> = items.iter().map(|item| item.item_id.clone()).collect();
    let outcomes = shop.put_items(items).await?;
    let outcome = |(id, put)| match put {
        Put::Created => Ok((LineStatus::Created, id)),
        Put::Replaced => Ok((LineStatus::Replaced, id)),
    };
    Ok(ids.into_iter().zip(outcomes).map(outcome).collect())
}

/// From what was typed to what is meant.
fn meant(request: ItemRequest) -> Result<Item, Problem> {
    let ItemRequest { item_id, title, text, category, price, image, attributes } = request;
    let item_id =
        item_id.ok_or_else(|| Problem::new(Code::MissingField, "an item needs `item_id`").in_field("item_id"))?;
    bounds::check_id("item_id", &item_id)?;
    for (field, value, longest) in
        [("title", &title, MAX_TITLE_CHARS), ("category", &category, MAX_TITLE_CHARS), ("text", &text, MAX_TEXT_CHARS)]
    {
        bounds::check_chars(field, value, longest)?;
    }
    let wrong = |field: &str, detail: &str| Problem::new(Code::InvalidValue, detail).in_field(field);
    if price.is_some_and(|price| price < 0.0) {
        return Err(wrong("price", "`price` is below 0"));
    }
    if attributes.len() > MAX_ATTRIBUTES {
        return Err(wrong("attributes", "`attributes` has more than 200 fields"));
    }
    for (name, value) in &attributes {
        bounds::check_id("attributes", name)?;
        bounds::check_chars("attributes", value, MAX_TEXT_CHARS)?;
    }
    let image = image.filter(|image| !image.is_empty());
    if image.as_deref().is_some_and(|image| !is_address(image) && !lies_below(image)) {
        return Err(wrong(
            "image",
            "`image` must be a path below the store's folder, or an address with http:// or https://",
        ));
    }
    let [title, text, category] = [title, text, category].map(|text| text.trim().to_owned());
    Ok(Item { item_id, title, text, category, price, image, attributes: attributes.into() })
}

fn is_address(image: &str) -> bool {
    ["http://", "https://"].iter().any(|scheme| image.starts_with(scheme))
}

/// Whether a path stays below the folder from which it holds: a client must not have other files shown.
fn lies_below(path: &str) -> bool {
    let plain = |component| matches!(component, Component::Normal(_));
    let is_path = !path.contains("://") && !path.contains(['\0', '\\']);
    is_path && path.chars().count() <= MAX_TITLE_CHARS && Path::new(path).components().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_lie_below_the_stores_folder() {
        for path in ["a.png", "images/a.png", "images//a.jpg"] {
            assert!(lies_below(path), "{path}");
        }
        for path in
            ["/etc/a.png", "../a.png", "images/../../a.png", "./../a.png", "a\\b.png", "a\0.png", "file:///a.png"]
        {
            assert!(!lies_below(path), "{path}");
        }
    }
}
