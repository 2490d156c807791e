//! What the dashboard shows: catalogue, events, model, report, and what happens now.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use whisperlite::catalog::{Catalog, EventType};
use whisperlite::signals::{Activity, Times};

use super::Shared;
use super::overview::Named;
use super::pictures::is_here;
use crate::extract::JsonAnswer;
use crate::problem::{Code, Problem};
use crate::pulse::Beats;
use crate::shop::Shop;
use crate::work::on_a_worker;

/// Categories that are listed.
const N_CATEGORIES: usize = 12;
/// Items that show what a category is.
const N_SAMPLES: usize = 4;
/// What is compared.
const METRIC: &str = "ndcg@10";
/// What the browser lets the report do, which brings its own style and needs nothing else.
const REPORT_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Everything that does not change from one second to the next.
#[derive(Serialize)]
pub(crate) struct Dashboard {
    catalogue: Shared<Catalogue>,
    model: ModelCard,
    report: Option<Report>,
}

/// What the store holds.
#[derive(Debug, Serialize)]
pub(crate) struct Catalogue {
    dataset: String,
    n_items: usize,
    n_pictures: usize,
    n_prices: usize,
    n_users: usize,
    n_requests: usize,
    n_events: usize,
    /// The largest first.
    categories: Vec<Category>,
    n_categories: usize,
    events: BTreeMap<EventType, usize>,
    /// When the events were, if the store knows times.
    time: Option<Times>,
}

#[derive(Debug, Default, Serialize)]
struct Category {
    name: String,
    n_items: usize,
    samples: Vec<Named>,
}

/// What the model says of itself.
#[derive(Debug, Serialize)]
struct ModelCard {
    version: String,
    /// Rows of the model card: what, and its value.
    facts: Vec<(String, String)>,
}

/// The part of `report.json` that is shown.
#[derive(Debug, Serialize)]
struct Report {
    dataset: String,
    split: String,
    protocol: String,
    created: Option<String>,
    queries: u64,
    systems: Vec<System>,
    /// Whether the whole report can be read.
    page: bool,
}

#[derive(Debug, Serialize)]
struct System {
    name: String,
    ndcg: Interval,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Interval {
    mean: f64,
    low: f64,
    high: f64,
}

#[derive(Deserialize)]
struct WrittenReport {
    dataset: String,
    split: String,
    protocol: String,
    created: Option<String>,
    queries: u64,
    systems: Vec<WrittenSystem>,
}

#[derive(Deserialize)]
struct WrittenSystem {
    name: String,
    metrics: BTreeMap<String, Interval>,
}

/// `GET /page/dashboard`
pub(crate) async fn dashboard(State(shop): State<Arc<Shop>>) -> Result<JsonAnswer<Dashboard>, Problem> {
    let work = |shop: &Shop| {
        let generation = shop.generation();
        let catalogue =
            shop.kept.dashboard.get(|| catalogue(generation.engine.catalog(), generation.engine.activity()));
        let card = read(&shop.dir.join("model").join("README.md"))?;
        let model = ModelCard { version: generation.model_version.clone(), facts: facts(&card.unwrap_or_default()) };
        Ok(JsonAnswer(Dashboard { catalogue, model, report: read_report(&shop.dir)? }))
    };
    on_a_worker(&shop, work).await
}

/// `GET /page/pulse`: what happened since the server began.
pub(crate) async fn pulse(State(shop): State<Arc<Shop>>) -> JsonAnswer<Beats> {
    JsonAnswer(shop.pulse.beats())
}

/// `GET /page/report`: the report that `whisperlite evaluate` wrote.
pub(crate) async fn report(State(shop): State<Arc<Shop>>) -> Result<Response, Problem> {
    let work = |shop: &Shop| {
        let none = || Problem::new(Code::NotFound, "this store has no report; `whisperlite evaluate` writes one");
        read(&shop.dir.join("report.html"))?.ok_or_else(none)
    };
    let page = on_a_worker(&shop, work).await?;
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, REPORT_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    Ok((headers, page).into_response())
}

/// A file's text, or nothing where there is no such file.
fn read(path: &Path) -> Result<Option<String>, Problem> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Problem::internal(&error)),
    }
}

fn catalogue(catalog: &Catalog, activity: &Activity) -> Catalogue {
    let categories = categories(catalog);
    Catalogue {
        dataset: catalog.info.dataset.clone(),
        n_items: catalog.n_items(),
        n_pictures: catalog.items.iter().filter(|item| item.image.as_deref().is_some_and(is_here)).count(),
        n_prices: catalog.items.iter().filter(|item| item.price.is_some()).count(),
        n_users: catalog.n_users(),
        n_requests: catalog.requests.len(),
        n_events: activity.n_events,
        n_categories: categories.len(),
        categories: categories.into_iter().take(N_CATEGORIES).collect(),
        events: activity.by_type.clone(),
        time: activity.time.clone(),
    }
}

/// Items by their whole category, with a few of each that have a picture.
fn categories(catalog: &Catalog) -> Vec<Category> {
    let mut found: BTreeMap<&str, Category> = BTreeMap::new();
    for item in catalog.items.iter().filter(|item| !item.category.is_empty()) {
        let category = found.entry(&item.category).or_default();
        category.n_items += 1;
        if category.samples.len() < N_SAMPLES && item.image.as_deref().is_some_and(is_here) {
            category.samples.push(Named::from(item));
        }
    }
    let named = found.into_iter().map(|(name, category)| Category { name: name.to_owned(), ..category });
    let mut categories: Vec<Category> = named.collect();
    categories.sort_by_key(|category| std::cmp::Reverse(category.n_items));
    categories
}

/// The rows of the table of a model card, without its head.
fn facts(card: &str) -> Vec<(String, String)> {
    let rows = card.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | "));
    let plain = |cell: &str| cell.replace('`', "").trim().to_owned();
    rows.skip(1).map(|(what, value)| (plain(what), plain(value))).collect()
}

fn read_report(dir: &Path) -> Result<Option<Report>, Problem> {
    let Some(text) = read(&dir.join("report.json"))? else { return Ok(None) };
    // One that a later program wrote is no reason to show nothing else.
    let Ok(written) = serde_json::from_str::<WrittenReport>(&text) else {
        tracing::warn!("report.json is not one that this version reads");
        return Ok(None);
    };
    let WrittenReport { dataset, split, protocol, created, queries, systems } = written;
    let mut systems: Vec<System> = systems
        .into_iter()
        .filter_map(|system| Some(System { ndcg: *system.metrics.get(METRIC)?, name: system.name }))
        .collect();
    systems.sort_by(|a, b| b.ndcg.mean.total_cmp(&a.ndcg.mean));
    let page = dir.join("report.html").is_file();
    Ok(Some(Report { dataset, split, protocol, created, queries, systems, page }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_card_is_read_by_its_rows() {
        let card =
            "# title\n\nwords\n\n| what | value |\n|---|---|\n| data hash | `abc` |\n| split | {\"a | b\"} |\n\nmore";
        assert_eq!(
            facts(card),
            [("data hash", "abc"), ("split", "{\"a | b\"}")].map(|(a, b)| (a.to_owned(), b.to_owned()))
        );
        assert!(facts("nothing").is_empty());
    }

    #[test]
    fn a_report_is_shown_best_first_and_a_strange_one_not_at_all() {
        let home = tempfile::tempdir().unwrap();
        assert!(read_report(home.path()).unwrap().is_none());
        let system = |name: &str, mean: f64| serde_json::json!({"name": name, "metrics": {METRIC: {"mean": mean, "low": 0.0, "high": 1.0}}});
        let report = serde_json::json!({"dataset": "d", "split": "test", "protocol": "p", "queries": 3,
                                        "systems": [system("a", 0.1), system("b", 0.2), {"name": "c", "metrics": {}}]});
        std::fs::write(home.path().join("report.json"), report.to_string()).unwrap();
        let report = read_report(home.path()).unwrap().unwrap();
        let names: Vec<&str> = report.systems.iter().map(|system| system.name.as_str()).collect();
        assert_eq!((names, report.page), (vec!["b", "a"], false));
        std::fs::write(home.path().join("report.json"), "{}").unwrap();
        assert!(read_report(home.path()).unwrap().is_none());
    }
}
