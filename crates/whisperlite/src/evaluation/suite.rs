//! The whole measurement: our model in its three uses, every baseline, and their best blend, on the same queries.

use super::baselines::{Materials, System, tuned_baselines};
use super::blend::{Blend, BlendWeights};
use super::ours::OurModel;
use super::protocol::{Judgement, Protocol, Runs};
use super::tuning::{Sample, Tuned};
use super::{JudgedQuery, Ranker, Run, ScoreError};
use crate::catalog::split::{Part, Split};
use crate::model::{Memory, Model, Reading, Scorer, World};
use crate::progress::Progress;

/// Validation queries on which baselines and blend are tuned, at most.
const MAX_TUNING_QUERIES: usize = 2_000;

/// Everything that a report is made of.
#[derive(Debug, Clone)]
pub struct Measured {
    /// Queries where only items new to the person are relevant.
    pub discovery: Vec<JudgedQuery>,
    /// Queries where repeats count.
    pub repeats: Vec<JudgedQuery>,
    /// What each system answered to `discovery`; our joint model first.
    pub discovery_runs: Vec<Run>,
    /// What each system answered to `repeats`.
    pub repeats_runs: Vec<Run>,
    /// What was chosen on validation for each baseline and the blend.
    pub tuned: Vec<Tuned>,
    /// What the blend adds up, in words.
    pub blend: String,
}

/// A model, and its twin that never saw a validation event (the same one where the model saw none either).
#[derive(Debug, Clone, Copy)]
pub struct Models<'a> {
    /// The model to be measured on the test part.
    pub model: &'a Model,
    /// What is tuned on validation is tuned with it, and it answers the validation part.
    pub validated: &'a Model,
}

/// Asks the model and every baseline the queries of `part`. Baselines and their blend are tuned on validation.
///
/// # Errors
/// If a system gives a score that is no number.
pub fn measure(
    world: &World<'_>,
    split: &Split,
    part: Part,
    models: Models<'_>,
    seed: u64,
    progress: &dyn Progress,
) -> Result<Measured, ScoreError> {
    let (valid, asked) = (Protocol::new(world.catalog, split, Part::Valid), Protocol::new(world.catalog, split, part));
    let (valid_memory, asked_memory) = (Memory::new(world, valid.visible()), Memory::new(world, asked.visible()));
    let asked_model = match part {
        Part::Valid => models.validated,
        Part::Test => models.model,
    };
    let valid_scorer = Scorer::new(models.validated, &valid_memory);
    let asked_scorer = Scorer::new(asked_model, &asked_memory);
    let sample = Sample::new(&valid, Judgement::Discovery, MAX_TUNING_QUERIES, seed);
    let materials = Materials { valid: &valid, test: &asked, terms: &world.terms, encoder: Some(world) };
    let baselines = tuned_baselines(&materials, &sample, progress)?;

    let joint = OurModel::new("whisperlite", &asked_scorer, &asked, Reading::Joint);
    let alone = |scorer, protocol| {
        [
            OurModel::new("whisperlite (search alone)", scorer, protocol, Reading::SearchAlone),
            OurModel::new("whisperlite (recommendation alone)", scorer, protocol, Reading::RecommendationAlone),
        ]
    };
    let (alone_valid, alone_asked) = (alone(&valid_scorer, &valid), alone(&asked_scorer, &asked));
    let to_blend_valid = systems(&alone_valid, &baselines, |system| &*system.valid);
    let to_blend_asked = systems(&alone_asked, &baselines, |system| &*system.test);
    let weights = BlendWeights::tune(&to_blend_valid, &sample, seed, progress)?;
    let blend = Blend::new(&to_blend_asked, &weights);

    let mut all: Vec<&dyn Ranker> = vec![&joint, &blend];
    all.extend(&to_blend_asked);
    let runs: Vec<Runs> = all.iter().map(|system| asked.rank_all(*system, progress)).collect::<Result<_, _>>()?;
    let (discovery_runs, repeats_runs) = runs.into_iter().map(|runs| (runs.discovery, runs.repeats)).unzip();
    let mut tuned: Vec<Tuned> = baselines.iter().map(|system| system.tuned.clone()).collect();
    tuned.push(weights.tuned(&to_blend_valid));
    Ok(Measured {
        discovery: asked.judged(Judgement::Discovery).to_vec(),
        repeats: asked.judged(Judgement::Repeats).to_vec(),
        discovery_runs,
        repeats_runs,
        tuned,
        blend: blend.description(),
    })
}

/// Asks the model alone the queries of `part`, both together as one system: a row of an ablation table.
///
/// # Errors
/// If a score is no number.
pub fn measure_model(
    world: &World<'_>,
    split: &Split,
    part: Part,
    model: &Model,
    progress: &dyn Progress,
) -> Result<Measured, ScoreError> {
    let asked = Protocol::new(world.catalog, split, part);
    let memory = Memory::new(world, asked.visible());
    let scorer = Scorer::new(model, &memory);
    let runs = asked.rank_all(&OurModel::new("whisperlite", &scorer, &asked, Reading::Joint), progress)?;
    Ok(Measured {
        discovery: asked.judged(Judgement::Discovery).to_vec(),
        repeats: asked.judged(Judgement::Repeats).to_vec(),
        discovery_runs: vec![runs.discovery],
        repeats_runs: vec![runs.repeats],
        tuned: Vec::new(),
        blend: String::new(),
    })
}

fn systems<'r, 'a>(
    alone: &'r [OurModel<'a>; 2],
    baselines: &'r [System<'a>],
    side: impl Fn(&'r System<'a>) -> &'r (dyn Ranker + 'a),
) -> Vec<&'r dyn Ranker> {
    let ours = alone.iter().map(|model| model as &dyn Ranker);
    ours.chain(baselines.iter().map(|system| side(system) as &dyn Ranker)).collect()
}
