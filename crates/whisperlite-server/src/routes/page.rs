//! The page for people, and what only it needs: a shop front that asks this server.
//!
//! Everything is part of the program. The page asks no other address, and the browser is told to hold it to that.

use std::cmp::Reverse;
use std::io::Read;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::auth;
use crate::extract::{JsonAnswer, PathId};
use crate::problem::{Code, Problem};
use crate::shop::Shop;
use crate::work::on_a_worker;

/// What the browser lets the page do.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// Bytes of a picture that is shown.
const MAX_PICTURE_BYTES: u64 = 32 << 20;
/// Shoppers to choose from.
const N_SHOPPERS: usize = 12;
/// Items that say who a shopper is.
const N_LATEST: usize = 3;

/// `GET /`
pub(crate) async fn index() -> Response {
    part("text/html; charset=utf-8", include_str!("../../page/index.html"))
}

/// `GET /page/style.css`
pub(crate) async fn style() -> Response {
    part("text/css; charset=utf-8", include_str!("../../page/style.css"))
}

/// `GET /page/app.js`
pub(crate) async fn app_script() -> Response {
    part("text/javascript; charset=utf-8", include_str!("../../page/app.js"))
}

/// `GET /page/server.js`
pub(crate) async fn server_script() -> Response {
    part("text/javascript; charset=utf-8", include_str!("../../page/server.js"))
}

/// What the page must know before it asks.
#[derive(Serialize)]
pub(crate) struct Config {
    /// Whether requests need a key.
    key_needed: bool,
}

/// `GET /page/config`
pub(crate) async fn config(State(shop): State<Arc<Shop>>) -> Result<JsonAnswer<Config>, Problem> {
    Ok(JsonAnswer(Config { key_needed: auth::key_needed(&shop).await? }))
}

fn part(kind: &'static str, content: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, content).into_response()
}

/// Shoppers to look at the store with.
#[derive(Serialize)]
pub(crate) struct Shoppers {
    shoppers: Vec<Shopper>,
}

#[derive(Serialize)]
struct Shopper {
    user_id: String,
    /// Things that they did; that items were shown to them is none.
    n_events: usize,
    /// Titles of what they touched last, newest first.
    latest: Vec<String>,
}

/// `GET /page/shoppers`: those who did most.
pub(crate) async fn shoppers(State(shop): State<Arc<Shop>>) -> Result<JsonAnswer<Shoppers>, Problem> {
    on_a_worker(&shop, |shop| Ok(JsonAnswer(Shoppers { shoppers: busiest(shop) }))).await
}

fn busiest(shop: &Shop) -> Vec<Shopper> {
    let generation = shop.generation();
    let (catalog, histories) = (generation.engine.catalog(), generation.engine.histories());
    let n_users = u32::try_from(catalog.n_users()).unwrap_or(u32::MAX);
    let mut users: Vec<(u32, usize)> = (0..n_users).map(|user_idx| (user_idx, histories.of(user_idx).len())).collect();
    users.retain(|&(_, n_events)| n_events > 0);
    let most_first = |&(user_idx, n_events): &(u32, usize)| (Reverse(n_events), user_idx);
    if users.len() > N_SHOPPERS {
        users.select_nth_unstable_by_key(N_SHOPPERS, most_first);
        users.truncate(N_SHOPPERS);
    }
    users.sort_unstable_by_key(most_first);
    let shopper = |(user_idx, n_events)| {
        let mut latest: Vec<String> = Vec::new();
        for entry in histories.of(user_idx) {
            let title = &catalog.items[entry.item_idx as usize].title;
            if !title.is_empty() && !latest.contains(title) {
                latest.push(title.clone());
            }
            if latest.len() == N_LATEST {
                break;
            }
        }
        Shopper { user_id: catalog.user_ids[user_idx as usize].clone(), n_events, latest }
    };
    users.into_iter().map(shopper).collect()
}

/// `GET /page/pictures/{id}`: the picture of an item, if it lies on this machine.
pub(crate) async fn picture(State(shop): State<Arc<Shop>>, PathId(id): PathId) -> Result<Response, Problem> {
    on_a_worker(&shop, move |shop| read_picture(shop, &id)).await
}

fn read_picture(shop: &Shop, item_id: &str) -> Result<Response, Problem> {
    let generation = shop.generation();
    let item = generation.item(item_id).ok_or_else(|| Problem::unknown_item(item_id))?;
    let none = || Problem::new(Code::NotFound, format!("item `{item_id}` has no picture here"));
    let path = shop.dir.join(item.image.as_deref().filter(|image| !image.contains("://")).ok_or_else(none)?);
    let kind = path.extension().and_then(|extension| media_type(extension.to_str()?)).ok_or_else(none)?;
    let mut bytes = Vec::new();
    let file = std::fs::File::open(&path).map_err(|_| none())?;
    file.take(MAX_PICTURE_BYTES).read_to_end(&mut bytes).map_err(|error| Problem::internal(&error))?;
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "max-age=3600"),
    ];
    Ok((headers, bytes).into_response())
}

fn media_type(extension: &str) -> Option<&'static str> {
    match extension.to_ascii_lowercase().as_str() {
        "jpg" | "jpeg" => Some("image/jpeg"),
        "png" => Some("image/png"),
        "webp" => Some("image/webp"),
        "gif" => Some("image/gif"),
        _ => None,
    }
}
