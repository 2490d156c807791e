//! What a study asks of the held-out part of a store: real requests of real people, with the lists of any system that evaluation knows.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, bail};
use whisperlite::catalog::Catalog;
use whisperlite::catalog::split::{Part, Split};
use whisperlite::evaluation::ours::OurModel;
use whisperlite::evaluation::protocol::{Judgement, Protocol};
use whisperlite::evaluation::suite::{Models, measure};
use whisperlite::evaluation::{JudgedQuery, Run};
use whisperlite::model::{Memory, Model, Reading, Scorer, World};
use whisperlite_server::study::{LIVE_SYSTEMS, latest};
use whisperlite_study::material::{Material, Shopper, Stratum, Warmth};
use whisperlite_study::{Question, strata};

use crate::opened::Opened;
use crate::ui::Ui;

/// What is wanted of a store.
pub(super) struct Wanted<'a> {
    /// Names, as in the table of `whisperlite evaluate`, or those of `models`.
    pub(super) systems: &'a [String],
    /// Other models of the same store: earlier ones, presets, ablations.
    pub(super) models: &'a [(String, PathBuf)],
    /// How many questions.
    pub(super) n: usize,
    /// How many items of each list.
    pub(super) k: usize,
    pub(super) seed: u64,
}

/// Asks every system the questions of the test part, and takes some of each stratum.
pub(super) fn material(opened: &Opened, wanted: &Wanted<'_>, ui: &Ui) -> anyhow::Result<Material> {
    let vectors = opened.vectors()?;
    let (model, info, config) = opened.model(&vectors)?;
    opened.check_unchanged(&info)?;
    let world = World::new(&opened.catalog, &vectors)?;
    let split = Split::new(&opened.catalog, &config.split)?;
    let protocol = Protocol::new(&opened.catalog, &split, Part::Test);
    let memory = Memory::new(&world, protocol.visible());
    let mut runs = Vec::new();
    for (name, folder) in wanted.models {
        let (other, _) = Model::load(folder, &opened.catalog).with_context(|| format!("--model {name}"))?;
        other.check(&vectors).with_context(|| format!("--model {name}"))?;
        let scorer = Scorer::new(&other, &memory);
        runs.push(protocol.rank_all(&OurModel::new(name, &scorer, &protocol, Reading::Joint), ui)?.discovery);
    }
    let is_ours = |name: &String| LIVE_SYSTEMS.contains(&name.as_str());
    let is_listed = |name: &&String| !runs.iter().any(|run: &Run| run.system == **name);
    let others: Vec<&String> = wanted.systems.iter().filter(is_listed).collect();
    if others.iter().all(|name| is_ours(name)) {
        let scorer = Scorer::new(&model, &memory);
        let readings = [Reading::Joint, Reading::SearchAlone, Reading::RecommendationAlone];
        for (name, reading) in LIVE_SYSTEMS.into_iter().zip(readings) {
            if wanted.systems.iter().any(|system| system == name) {
                runs.push(protocol.rank_all(&OurModel::new(name, &scorer, &protocol, reading), ui)?.discovery);
            }
        }
    } else {
        let models = Models { model: &model, validated: &opened.validated_model()? };
        runs.extend(measure(&world, &split, Part::Test, models, wanted.seed, ui)?.discovery_runs);
    }
    let runs = in_order(wanted.systems, &runs)?;
    let asked = protocol.judged(Judgement::Discovery);
    let strata = strata_of(&opened.catalog, &protocol, asked);
    let answered: Vec<usize> =
        (0..asked.len()).filter(|&place| is_askable(&protocol, &asked[place], place, &runs)).collect();
    let answered_strata: Vec<Stratum> = answered.iter().map(|&place| strata[place]).collect();
    let chosen = strata::choose(&answered_strata, wanted.n, wanted.seed);
    let question = |place: usize| {
        question(&protocol, &asked[place], strata[place], &lists(&opened.catalog, &runs, place, wanted.k))
    };
    Ok(Material { questions: chosen.into_iter().map(|chosen| question(answered[chosen])).collect() })
}

/// The runs of the systems, in their order.
fn in_order<'r>(systems: &[String], runs: &'r [Run]) -> anyhow::Result<Vec<&'r Run>> {
    let find = |name: &String| {
        let found = runs.iter().find(|run| run.system == *name);
        found.with_context(|| {
            let known: Vec<&str> = runs.iter().map(|run| run.system.as_str()).collect();
            format!("there is no system {name:?}; there are {}", known.join(", "))
        })
    };
    systems.iter().map(find).collect()
}

/// Whether a rater has something to judge by, and every system something to show.
fn is_askable(protocol: &Protocol<'_>, judged: &JudgedQuery, place: usize, runs: &[&Run]) -> bool {
    let has_words = judged.query.request_idx.is_some();
    (has_words || !protocol.history(&judged.query).is_empty()) && runs.iter().all(|run| !run.rankings[place].is_empty())
}

fn strata_of(catalog: &Catalog, protocol: &Protocol<'_>, asked: &[JudgedQuery]) -> Vec<Stratum> {
    let mut made = vec![0usize; catalog.requests.len()];
    for &event in &protocol.visible().events {
        if let Some(request) = catalog.events[event as usize].request_idx {
            made[request as usize] += 1;
        }
    }
    let requests: Vec<Option<u32>> = asked.iter().map(|judged| judged.query.request_idx).collect();
    let counts: Vec<usize> =
        requests.iter().map(|request| request.map_or(0, |request| made[request as usize])).collect();
    let frequencies = strata::frequencies(&counts, &requests);
    let warmth =
        |judged: &JudgedQuery| if protocol.history(&judged.query).is_empty() { Warmth::Cold } else { Warmth::Warm };
    asked.iter().zip(frequencies).map(|(judged, frequency)| Stratum { frequency, shopper: warmth(judged) }).collect()
}

fn lists(catalog: &Catalog, runs: &[&Run], place: usize, k: usize) -> BTreeMap<String, Vec<String>> {
    let list = |run: &&Run| {
        let items =
            run.rankings[place].iter().take(k).map(|ranked| catalog.items[ranked.item_idx as usize].item_id.clone());
        (run.system.clone(), items.collect())
    };
    runs.iter().map(list).collect()
}

fn question(
    protocol: &Protocol<'_>,
    judged: &JudgedQuery,
    stratum: Stratum,
    lists: &BTreeMap<String, Vec<String>>,
) -> Question {
    let catalog = protocol.catalog();
    let item_id = |item: u32| catalog.items[item as usize].item_id.clone();
    let shopper = judged.query.user_idx.map(|user| {
        let chosen = protocol.history(&judged.query).iter().filter(|entry| entry.event_type.is_positive());
        let items = chosen.map(|entry| catalog.items[entry.item_idx as usize].item_id.as_str());
        Shopper { user_id: catalog.user_ids[user as usize].clone(), history: latest(items) }
    });
    Question {
        question_id: judged.query_id.clone(),
        request: judged
            .query
            .request_idx
            .map_or_else(String::new, |request| catalog.requests[request as usize].clone()),
        shopper,
        stratum,
        lists: lists.clone(),
        chosen: judged.relevant.iter().map(|&item| item_id(item)).collect(),
    }
}

/// Reads `NAME=FOLDER`.
pub(super) fn parse_model(text: &str) -> anyhow::Result<(String, PathBuf)> {
    match text.split_once('=') {
        Some((name, folder)) if !name.trim().is_empty() && !folder.is_empty() => {
            Ok((name.trim().to_owned(), folder.into()))
        }
        _ => bail!("write NAME=FOLDER, such as \"last week=backup/model\""),
    }
}
