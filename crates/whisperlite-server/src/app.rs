//! The paths put together, with what holds for all of them.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Method, Uri};
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post, put};
use whisperlite::store::Scope;

use crate::problem::{Code, Problem};
use crate::routes::page::rating;
use crate::routes::{events, health, items, model, page, search, stock, studies};
use crate::shop::Shop;
use crate::{auth, openapi, request_log, work};

/// The shop as a service.
///
/// From the outside in: every request is named and logged, and has a limited time; those that take work are refused when
/// there is too much of it, before their keys and bodies are looked at.
pub fn app(shop: Arc<Shop>) -> Router {
    let limits = shop.limits;
    let asking = Router::new()
        .route("/v1/search", post(search::search))
        .route("/v1/recommend", post(search::recommend))
        .route("/v1/items/{id}", get(items::get))
        .route("/v1/items/{id}/similar", get(items::similar))
        .route("/page/store", get(page::store))
        .route("/page/shoppers", get(page::shoppers));
    let telling = Router::new()
        .route("/v1/events", post(events::add))
        .route("/v1/events:import", post(events::add_many))
        .route("/v1/items/{id}", put(stock::put).delete(stock::remove))
        .route("/v1/items:import", post(stock::put_many));
    let running = Router::new()
        .route("/metrics", get(health::metrics))
        .route("/page/dashboard", get(page::dashboard))
        .route("/page/pulse", get(page::pulse))
        .route("/page/report", get(page::report))
        .route("/v1/studies", get(studies::all).post(studies::make))
        .route("/v1/studies:plan", post(studies::plan))
        .route("/v1/studies/{name}", get(studies::one))
        .route("/v1/studies/{name}/open", post(studies::open))
        .route("/v1/studies/{name}/close", post(studies::close))
        .route("/v1/studies/{name}/analysis", get(studies::analysis))
        .route("/v1/studies/{name}/export/{file}", get(studies::export))
        .route("/v1/studies/{name}/raters/{rater_id}", get(studies::data).delete(studies::forget));
    // Takes as long as it takes to read the store.
    let lasting = Router::new().route("/v1/model:reload", post(model::reload));
    // A browser sends no key for the pictures of a page. Who knows an item's id may see what it looks like.
    let showing = Router::new().route("/page/pictures/{id}", get(page::picture));
    // A rater's link is their key.
    let rating = Router::new()
        .route("/page/study/sitting", get(rating::sitting))
        .route("/page/study/joined", post(rating::join))
        .route("/page/study/answers", post(rating::answer))
        .route("/page/study/data", get(rating::data).delete(rating::forget));
    let working =
        guarded(asking, &shop, Scope::Search).merge(guarded(telling, &shop, Scope::Write)).merge(showing).merge(rating);
    working
        .route_layer(from_fn_with_state(Arc::clone(&shop), work::admit))
        .merge(guarded(running, &shop, Scope::Admin))
        .route("/", get(page::shop_page))
        .route("/dashboard", get(page::dashboard_page))
        .route("/docs", get(page::docs_page))
        .route("/study", get(page::study_page))
        .route("/page/{file}", get(page::asset))
        .route("/page/config", get(page::config))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/openapi.json", get(openapi::document))
        .fallback(no_such_path)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(limits.max_body_bytes))
        .layer(from_fn_with_state(Arc::clone(&shop), work::limit_time))
        .merge(guarded(lasting, &shop, Scope::Admin))
        .layer(from_fn_with_state(Arc::clone(&shop), request_log::log))
        .with_state(shop)
}

/// Paths that need a key of a scope, where keys are asked for at all.
fn guarded(paths: Router<Arc<Shop>>, shop: &Arc<Shop>, scope: Scope) -> Router<Arc<Shop>> {
    paths.route_layer(from_fn_with_state((Arc::clone(shop), scope), auth::require))
}

async fn no_such_path(uri: Uri) -> Problem {
    let detail = format!("there is nothing at {}; /openapi.json lists what there is", uri.path());
    Problem::new(Code::NotFound, detail)
}

async fn wrong_method(method: Method, uri: Uri) -> Problem {
    let detail = format!("{} does not answer to {method}; the header `allow` says what it answers to", uri.path());
    Problem::new(Code::MethodNotAllowed, detail)
}
