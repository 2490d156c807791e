//! Requests that somebody wrote down, answered by the systems that a server answers with.

use std::collections::BTreeMap;

use whisperlite::recommender::{Engine, Question as Asked, RecommendError};
use whisperlite_study::material::{Material, Question, Shopper, Stratum, Warmth};
use whisperlite_study::strata;

use super::mixing::{LIVE_SYSTEMS, asked_of};

/// Items of a person's past that are kept for raters to see.
pub const MAX_HISTORY: usize = 20;

/// A request, and who makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveRequest {
    /// What is asked for, in words; empty where somebody looks for nothing in particular.
    pub request: String,
    /// Who asks.
    pub user_id: Option<String>,
}

/// Asks each of the systems, which must be of [`LIVE_SYSTEMS`], for the best `k` items, as of now.
///
/// # Errors
/// If a request cannot be answered.
pub fn live_material(
    engine: &Engine,
    requests: &[LiveRequest],
    systems: &[String],
    k: usize,
) -> Result<Material, RecommendError> {
    let catalog = engine.catalog();
    let known: Vec<Option<u32>> = requests.iter().map(|asked| catalog.request_idx(&asked.request)).collect();
    let mut made = vec![0; catalog.requests.len()];
    for request in catalog.events.iter().filter_map(|event| event.request_idx) {
        made[request as usize] += 1;
    }
    let counts: Vec<usize> = known.iter().map(|request| request.map_or(0, |request| made[request as usize])).collect();
    let frequencies = strata::frequencies(&counts, &known);
    let mut questions = Vec::with_capacity(requests.len());
    for (number, (asked, frequency)) in requests.iter().zip(frequencies).enumerate() {
        let own =
            Asked { request: asked.request.clone(), user_id: asked.user_id.clone(), limit: k, ..Asked::default() };
        let mut lists = BTreeMap::new();
        for system in systems {
            let asked = asked_of(system, &own).unwrap_or_else(|| own.clone());
            let hits = engine.recommend(&asked)?.hits;
            lists.insert(system.clone(), hits.into_iter().map(|hit| hit.item_id).collect());
        }
        let shopper = asked.user_id.as_deref().map(|user_id| shopper(engine, user_id));
        let is_warm = shopper.as_ref().is_some_and(|shopper| !shopper.history.is_empty());
        questions.push(Question {
            question_id: format!("q{}", number + 1),
            request: asked.request.clone(),
            stratum: Stratum { frequency, shopper: if is_warm { Warmth::Warm } else { Warmth::Cold } },
            shopper,
            lists,
            chosen: Vec::new(),
        });
    }
    Ok(Material { questions })
}

fn shopper(engine: &Engine, user_id: &str) -> Shopper {
    let catalog = engine.catalog();
    let entries = catalog.user_idx(user_id).map_or(&[][..], |user| engine.histories().before(user, i64::MAX));
    let chosen = entries.iter().filter(|entry| entry.event_type.is_positive());
    let items = chosen.map(|entry| catalog.items[entry.item_idx as usize].item_id.as_str());
    Shopper { user_id: user_id.to_owned(), history: latest(items) }
}

/// The first of some items, each once: what raters see of a past.
pub fn latest<'i>(items: impl Iterator<Item = &'i str>) -> Vec<String> {
    let mut latest: Vec<String> = Vec::new();
    for item in items {
        if latest.len() < MAX_HISTORY && latest.iter().all(|known| known != item) {
            latest.push(item.to_owned());
        }
    }
    latest
}

/// The first of these systems that a server does not answer with.
pub fn not_live(systems: &[String]) -> Option<&String> {
    systems.iter().find(|system| !LIVE_SYSTEMS.contains(&system.as_str()))
}
