//! `whisperlite study create`: everything that is decided before anybody answers.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use serde::Serialize;
use whisperlite_server::study::{self, LIVE_SYSTEMS, NewVersion};
use whisperlite_study::design::{
    Arms, Comparisons, DESIGN_FORMAT, Exclusion, Fit, GradeArm, InterleavingArm, PairArm, Primary, Stopping,
    StoppingRule,
};
use whisperlite_study::export::StudyPlan;
use whisperlite_study::power::{Certainty, grades_needed, votes_needed};
use whisperlite_study::{Design, Material, Version};

use super::held_out::{self, Wanted};
use super::listed;
use crate::opened::Opened;
use crate::store::StoreArgs;
use crate::ui::Ui;

/// What a study is planned for where nobody says otherwise.
const WIN_RATE: f64 = 0.65;
const EFFECT: f64 = 0.3;
/// What a rater must pass to be counted.
const EXCLUSION: Exclusion = Exclusion { min_attention_passed: 0.75, max_too_fast: 0.5 };

/// Fix a study: systems, requests, lists, the measure that decides, and how many judgements
///
/// Lists are made now and shown as they are, whatever becomes of the store. A study of a name that there is already becomes the next version of it,
/// which an analysis names, and ends the one before; answers to another version do not count for it.
#[derive(Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct CreateArgs {
    /// Folder of the store
    dir: PathBuf,
    #[command(flatten)]
    store: StoreArgs,
    /// What the study is called: lower-case letters, digits, - and _
    #[arg(long, required_unless_present = "design")]
    name: Option<String>,
    /// A system, by its name in the table of `whisperlite evaluate`, or by that of a --model. May be given several times; the first is the one that
    /// the others are compared with [default: whisperlite, whisperlite (search alone)]
    #[arg(long = "system", value_name = "NAME")]
    systems: Vec<String>,
    /// Another model of this store as a system: an earlier one, a preset, an ablation. May be given several times
    #[arg(long = "model", value_name = "NAME=FOLDER", value_parser = held_out::parse_model)]
    models: Vec<(String, PathBuf)>,
    /// How many held-out requests, as many frequent as rare ones, of people with and without a past
    #[arg(long, value_name = "N", default_value_t = 100)]
    requests: usize,
    /// Requests from a CSV file with the columns request and user_id instead, answered as the server would now
    #[arg(long, value_name = "FILE", conflicts_with_all = ["requests", "models", "material"])]
    requests_file: Option<PathBuf>,
    /// Requests with the lists of any systems, as JSON, instead
    #[arg(long, value_name = "FILE", conflicts_with_all = ["requests", "models"])]
    material: Option<PathBuf>,
    /// How people are asked. May be given several times [default: pairs, grades]
    #[arg(long = "arm", value_name = "ARM", value_enum)]
    arms: Vec<Arm>,
    /// The measure that decides, of the first system against the second [default: that of the first arm]
    #[arg(long, value_name = "MEASURE", value_enum)]
    primary: Option<Measure>,
    /// How many judgements end the study [default: what `study plan` says to a win rate of .65, or an effect of .3]
    #[arg(long, value_name = "N")]
    planned: Option<usize>,
    /// Items of a list that are shown
    #[arg(short = 'k', value_name = "N", default_value_t = 6)]
    k: usize,
    /// Raters that judge the same question, at least 3
    #[arg(long, value_name = "N", default_value_t = 3)]
    raters_per_item: usize,
    /// Tasks of one rater, without checks and repeats
    #[arg(long, value_name = "N", default_value_t = 20)]
    tasks_per_rater: usize,
    /// The part of the shop's visits that get mixed lists, where lists are mixed
    #[arg(long, value_name = "0-1", default_value_t = 1.0)]
    share_of_visits: f64,
    /// Seed of every draw
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// The whole design as JSON instead; of a plan.json that `study export` wrote also what was shown, where nothing else says what to ask
    #[arg(long, value_name = "FILE", conflicts_with_all = ["name", "arms", "primary", "planned", "k", "raters_per_item", "tasks_per_rater"])]
    design: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  whisperlite study create boutique --name autumn --requests 120
  whisperlite study create boutique --name beside-bm25 --system whisperlite --system bm25 --arm pairs
  whisperlite study create boutique --name new-model --model \"last week=backup/model\" --system whisperlite --system \"last week\"
  whisperlite study create boutique --name mixed --arm interleaving --share-of-visits .2";

/// See [`Arms`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Arm {
    /// Two lists side by side
    Pairs,
    /// Items one by one, from 0 to 3
    Grades,
    /// Lists mixed in the live shop
    Interleaving,
}

/// See [`Primary`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Measure {
    /// The part of decisive votes
    WinRate,
    /// NDCG by how items fit the request
    NdcgRequest,
    /// NDCG by how items fit the person
    NdcgPerson,
    /// Credit from mixed lists
    InterleavingDelta,
}

#[derive(Serialize)]
struct Created {
    name: String,
    version: Version,
    systems: Vec<String>,
    questions: usize,
    planned: usize,
    raters_needed: usize,
}

pub(super) fn run(args: CreateArgs, ui: &Ui) -> anyhow::Result<()> {
    let place = args.store.of(&args.dir)?;
    let (design, planned) = match &args.design {
        Some(file) => read_design(file)?,
        None => (design(&args)?, None),
    };
    design.check()?;
    check_models(&args.models, &design.systems, planned.as_ref())?;
    let material = match (&args.material, &args.requests_file, planned) {
        (Some(file), ..) => {
            let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
            Material::from_json(&text).with_context(|| file.display().to_string())?
        }
        (None, Some(file), _) => listed::material(Opened::open(&place)?, file, &design.systems, design.k)?,
        (None, None, Some(planned)) => planned,
        (None, None, None) => {
            let wanted = Wanted {
                systems: &design.systems,
                models: &args.models,
                n: args.requests,
                k: design.k,
                seed: design.seed,
            };
            held_out::material(&Opened::open(&place)?, &wanted, ui)?
        }
    };
    let (name, systems, planned) = (design.name.clone(), design.systems.clone(), design.stopping.planned);
    let questions = material.questions.len();
    let NewVersion { version, raters_needed } = study::make(&mut *place.open()?, design, material)?;
    let created = Created { name, version, systems, questions, planned, raters_needed };
    let Created { name, version, systems, questions, planned, .. } = &created;
    let text = format!(
        "{name}, version {}: {} on {questions} questions, until {planned} judgements; {raters_needed} raters cover everything.\n\
         Begin with `whisperlite study open {} --name {name}{}`.",
        version.number,
        systems.join(" | "),
        args.dir.display(),
        if raters_needed > 0 { format!(" --raters {raters_needed}") } else { String::new() },
    );
    ui.result(&created, &text)
}

/// A model that nobody asks for is a slip of the pen: the study would be without it.
fn check_models(models: &[(String, PathBuf)], systems: &[String], planned: Option<&Material>) -> anyhow::Result<()> {
    if let Some((name, _)) = models.iter().find(|(name, _)| !systems.contains(name)) {
        bail!(
            "--model names {name:?}, and no system is called so (there are {}): add --system {name:?}, or leave the model out",
            systems.join(", ")
        );
    }
    if planned.is_some() && !models.is_empty() {
        bail!(
            "the plan of --design has every system's lists already: leave --model out, or give a design without them"
        );
    }
    Ok(())
}

/// A design alone, or a plan that was exported, with what was shown.
fn read_design(file: &Path) -> anyhow::Result<(Design, Option<Material>)> {
    let place = || file.display().to_string();
    let text = std::fs::read_to_string(file).with_context(place)?;
    if let Ok(plan) = serde_json::from_str::<StudyPlan>(&text) {
        return Ok((plan.design, Some(plan.material)));
    }
    Ok((Design::from_json(&text).with_context(place)?, None))
}

fn design(args: &CreateArgs) -> anyhow::Result<Design> {
    let name = args.name.clone().unwrap_or_default();
    let systems = match args.systems.as_slice() {
        [] => LIVE_SYSTEMS[..2].iter().map(|name| (*name).to_owned()).collect(),
        systems => systems.to_vec(),
    };
    let wants = |arm| if args.arms.is_empty() { arm != Arm::Interleaving } else { args.arms.contains(&arm) };
    let (system, against) = (systems.first().cloned().unwrap_or_default(), systems.get(1).cloned().unwrap_or_default());
    let arms = Arms {
        pairs: wants(Arm::Pairs).then_some(PairArm {
            comparisons: Comparisons::WithFirst,
            aa_per_rater: 1,
            attention_per_rater: 1,
            min_dwell_ms: 1500,
        }),
        grades: wants(Arm::Grades).then_some(GradeArm {
            depth: args.k,
            attention_per_rater: 1,
            min_dwell_ms_per_item: 500,
        }),
        interleaving: wants(Arm::Interleaving).then(|| InterleavingArm {
            system: system.clone(),
            against: against.clone(),
            share_of_visits: args.share_of_visits,
        }),
    };
    let measure = args.primary.unwrap_or(match &arms {
        Arms { pairs: Some(_), .. } => Measure::WinRate,
        Arms { grades: Some(_), .. } => Measure::NdcgRequest,
        Arms { .. } => Measure::InterleavingDelta,
    });
    let (primary, rule) = match measure {
        Measure::WinRate => (Primary::WinRate { system, against }, StoppingRule::DecisiveVotes),
        Measure::NdcgRequest => (Primary::GradedNdcg { system, against, fit: Fit::Request }, StoppingRule::Judgements),
        Measure::NdcgPerson => (Primary::GradedNdcg { system, against, fit: Fit::Person }, StoppingRule::Judgements),
        Measure::InterleavingDelta => (Primary::InterleavingDelta { system, against }, StoppingRule::DecisiveVotes),
    };
    let planned = match (args.planned, rule) {
        (Some(planned), _) => planned,
        (None, StoppingRule::DecisiveVotes) => votes_needed(WIN_RATE, Certainty::default())?,
        (None, StoppingRule::Judgements) => grades_needed(EFFECT, Certainty::default())?,
    };
    Ok(Design {
        format: DESIGN_FORMAT,
        name,
        seed: args.seed,
        systems,
        k: args.k,
        arms,
        primary,
        stopping: Stopping { rule, planned },
        raters_per_item: args.raters_per_item,
        tasks_per_rater: args.tasks_per_rater,
        repeated_share: 0.1,
        exclusion: EXCLUSION,
    })
}
