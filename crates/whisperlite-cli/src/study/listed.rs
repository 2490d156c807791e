//! What a study asks of requests that somebody wrote down: answered as the server would answer them now.

use std::path::Path;

use anyhow::{Context, bail};
use serde::Deserialize;
use whisperlite::catalog::Catalog;
use whisperlite::recommender::{Engine, Question as Asked, Share};
use whisperlite::signals::Histories;
use whisperlite_server::study::LIVE_SYSTEMS;
use whisperlite_study::Question;
use whisperlite_study::material::{Material, Shopper, Stratum, Warmth};

use super::strata;
use crate::opened::Opened;

/// Items of a person's past that are kept for raters to see.
const MAX_HISTORY: usize = 20;

/// A line of the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    /// What is asked for.
    request: String,
    /// Who asks; may be empty.
    #[serde(default)]
    user_id: String,
}

/// Reads requests from a CSV file with the columns `request` and, if wanted, `user_id`, and lets the live systems answer.
pub(super) fn material(opened: Opened, file: &Path, systems: &[String], k: usize) -> anyhow::Result<Material> {
    if let Some(other) = systems.iter().find(|system| !LIVE_SYSTEMS.contains(&system.as_str())) {
        bail!(
            "requests of a file are answered as a server answers, by {}; lists of {other:?} come with --material",
            LIVE_SYSTEMS.join(", ")
        );
    }
    let lines = read(file)?;
    let pasts: Vec<Option<Shopper>> = lines.iter().map(|line| shopper(&opened.catalog, line)).collect();
    let requests: Vec<Option<u32>> = lines.iter().map(|line| opened.catalog.request_idx(&line.request)).collect();
    let made = |request: Option<u32>| {
        let events = opened.catalog.events.iter();
        request.map_or(0, |request| events.filter(|event| event.request_idx == Some(request)).count())
    };
    let counts: Vec<usize> = requests.iter().map(|&request| made(request)).collect();
    let frequencies = strata::frequencies(&counts, &requests);
    let engine = opened.engine()?;
    let mut questions = Vec::with_capacity(lines.len());
    for (number, ((line, shopper), frequency)) in lines.iter().zip(pasts).zip(frequencies).enumerate() {
        let mut lists = std::collections::BTreeMap::new();
        for system in systems {
            let list = answer(&engine, line, system, k)
                .with_context(|| format!("{}: request {}", file.display(), number + 1))?;
            lists.insert(system.clone(), list);
        }
        let is_warm = shopper.as_ref().is_some_and(|shopper| !shopper.history.is_empty());
        let stratum = Stratum { frequency, shopper: if is_warm { Warmth::Warm } else { Warmth::Cold } };
        let question_id = format!("q{}", number + 1);
        questions.push(Question {
            question_id,
            request: line.request.clone(),
            shopper,
            stratum,
            lists,
            chosen: Vec::new(),
        });
    }
    Ok(Material { questions })
}

fn read(file: &Path) -> anyhow::Result<Vec<Line>> {
    let place = || file.display().to_string();
    let mut reader = csv::Reader::from_path(file).with_context(place)?;
    let lines: Vec<Line> = reader
        .deserialize()
        .collect::<Result<_, _>>()
        .with_context(|| format!("{}: the columns are request and, if wanted, user_id", file.display()))?;
    match lines.iter().position(|line| line.request.trim().is_empty() && line.user_id.is_empty()) {
        Some(empty) => bail!("{}: request {} is empty, and nobody's", file.display(), empty + 1),
        None => Ok(lines),
    }
}

fn shopper(catalog: &Catalog, line: &Line) -> Option<Shopper> {
    let user_id = Some(&line.user_id).filter(|user_id| !user_id.is_empty())?;
    let mut history: Vec<String> = Vec::new();
    if let Some(user) = catalog.user_idx(user_id) {
        let own: Vec<u32> =
            (0..catalog.events.len() as u32).filter(|&event| catalog.events[event as usize].user_idx == user).collect();
        let histories = Histories::build(catalog, &own);
        for entry in histories.before(user, i64::MAX).iter().filter(|entry| entry.event_type.is_positive()) {
            let item = &catalog.items[entry.item_idx as usize].item_id;
            if history.len() < MAX_HISTORY && !history.contains(item) {
                history.push(item.clone());
            }
        }
    }
    Some(Shopper { user_id: user_id.clone(), history })
}

fn answer(engine: &Engine, line: &Line, system: &str, k: usize) -> anyhow::Result<Vec<String>> {
    let own = Asked {
        request: line.request.clone(),
        user_id: Some(line.user_id.clone()).filter(|user_id| !user_id.is_empty()),
        limit: k,
        ..Asked::default()
    };
    let asked = match LIVE_SYSTEMS.iter().position(|live| *live == system) {
        Some(1) => Asked { personalization: Share::NOTHING, ..own },
        Some(2) => Asked { request: String::new(), ..own },
        _ => own,
    };
    Ok(engine.recommend(&asked)?.hits.into_iter().map(|hit| hit.item_id).collect())
}
