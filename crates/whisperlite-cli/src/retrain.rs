//! `whisperlite retrain`: what a scheduler calls every night. A new model is trained aside, and takes the place of the one in use
//! only if it answers no worse.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use serde::Serialize;
use thiserror::Error;
use whisperlite::catalog::split::{Part, Split};
use whisperlite::encoder::{self, EncoderChoice};
use whisperlite::evaluation::ours::OurModel;
use whisperlite::evaluation::protocol::{Judgement, Protocol};
use whisperlite::evaluation::tuning::Sample;
use whisperlite::model::{Memory, Model, Reading, Scorer, Vectors, World};
use whisperlite::trainer::TrainConfig;

use crate::opened::{MODEL, Opened};
use crate::store::{Place, StoreArgs};
use crate::train::{Start, configuration, train_aside};
use crate::ui::Ui;

/// Where the checkpoints of a retraining lie in a store.
const CHECKPOINTS: &str = "retraining";

/// Train anew on everything that the store holds by now, and use the model only if it is no worse
///
/// New words and pictures are embedded first. The new model and the one in use answer the same validation queries, whose events neither
/// learned from; the new one was chosen on them, which flatters it a little. A model that is worse is thrown away: the exit code is 1,
/// and the one in use stays.
#[derive(Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct RetrainArgs {
    /// Folder of the store
    dir: PathBuf,
    #[command(flatten)]
    store: StoreArgs,
    /// A TOML file, or the name of a preset, instead of the configuration of the model in use
    #[arg(long, value_name = "FILE|PRESET")]
    config: Option<String>,
    /// How much worse the new model may be, in NDCG@10
    #[arg(long, value_name = "N", default_value_t = 0.0)]
    tolerance: f64,
    /// A server of this store that is to use the new model at once, such as http://127.0.0.1:7700
    #[arg(long, value_name = "URL")]
    notify: Option<String>,
    /// A key of the scope `admin`, for the server that is told
    #[arg(long, value_name = "KEY", env = "WHISPERLITE_KEY", hide_env_values = true)]
    key: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  whisperlite retrain films
  WHISPERLITE_KEY=wl_... whisperlite retrain films --notify http://127.0.0.1:7700";

/// What a retraining tells a machine.
#[derive(Serialize)]
struct Summary {
    /// Whether the new model is in use.
    promoted: bool,
    /// NDCG@10 on the validation queries.
    new: f64,
    /// The same, of the model that was in use; none if there was none.
    in_use: Option<f64>,
    tolerance: f64,
    n_queries: usize,
    /// Whether a server was told, and uses the new model.
    notified: bool,
    seconds: f64,
}

/// The new model is worse.
#[derive(Debug, Error)]
#[error(
    "the new model is not used: its validation ndcg@10 is {new:.4}, and {in_use:.4} that of the model in use, which stays"
)]
struct NotPromoted {
    new: f64,
    in_use: f64,
}

/// Runs the command.
pub(crate) fn run(args: &RetrainArgs, ui: &Ui) -> anyhow::Result<()> {
    if !args.tolerance.is_finite() || args.tolerance < 0.0 {
        bail!("--tolerance {}: must be 0 or more", args.tolerance);
    }
    let begin = std::time::Instant::now();
    let store = args.store.of(&args.dir)?;
    embed_what_is_new(&store, ui)?;
    let opened = Opened::open(&store)?;
    let vectors = opened.vectors()?;
    let in_use = model_in_use(&opened, &vectors, &args.dir)?;
    let config = match (&args.config, &in_use) {
        (Some(name), _) => configuration(name)?,
        (None, Some((_, config))) => config.clone(),
        (None, None) => configuration("best")?,
    };
    let fresh = train_aside(&opened, &vectors, &args.dir.join(CHECKPOINTS), &config, Start::FromCheckpoint, ui)?;
    let validation = Validation::new(&opened, &vectors, &config)?;
    let (n_queries, new) = validation.ndcg(&fresh.trained().validated)?;
    let in_use = in_use.map(|(model, _)| validation.ndcg(&model)).transpose()?.map(|(_, ndcg)| ndcg);
    let worse = in_use.filter(|in_use| is_worse(new, *in_use, args.tolerance));
    let mut summary = Summary {
        promoted: worse.is_none(),
        new,
        in_use,
        tolerance: args.tolerance,
        n_queries,
        notified: false,
        seconds: 0.0,
    };
    if summary.promoted {
        fresh.save(&opened, &config, &store)?;
        if let Some(url) = &args.notify {
            notify(url, args.key.as_deref())?;
            summary.notified = true;
        }
    } else {
        fresh.discard()?;
    }
    summary.seconds = begin.elapsed().as_secs_f64();
    ui.result(&summary, &text(&summary))?;
    match worse {
        Some(in_use) => Err(NotPromoted { new, in_use }.into()),
        None => Ok(()),
    }
}

/// Whether a model is worse than the one in use by more than is tolerated. A figure that is no number is worse than any.
fn is_worse(new: f64, in_use: f64, tolerance: f64) -> bool {
    new.is_nan() || new < in_use - tolerance
}

fn embed_what_is_new(store: &Place, ui: &Ui) -> anyhow::Result<()> {
    let (dir, catalog) = (store.dir(), store.catalog()?);
    let encoder = EncoderChoice::load(dir)?.open_encoder()?;
    encoder::embed_catalog(&catalog, dir, &*encoder, ui)?;
    Ok(())
}

/// The twin of the model in use that never saw a validation event, and how it was trained.
fn model_in_use(opened: &Opened, vectors: &Vectors, dir: &Path) -> anyhow::Result<Option<(Model, TrainConfig)>> {
    if !dir.join(MODEL).exists() {
        return Ok(None);
    }
    let (_, _, config) = opened.model(vectors)?;
    Ok(Some((opened.validated_model()?, config)))
}

/// The queries by which both are measured.
struct Validation<'a> {
    world: World<'a>,
    split: Split,
    config: &'a TrainConfig,
}

impl<'a> Validation<'a> {
    fn new(opened: &'a Opened, vectors: &'a Vectors, config: &'a TrainConfig) -> anyhow::Result<Self> {
        let (world, split) = (World::new(&opened.catalog, vectors)?, Split::new(&opened.catalog, &config.split)?);
        Ok(Self { world, split, config })
    }

    /// How many queries there are, and the model's mean NDCG@10 over them.
    fn ndcg(&self, model: &Model) -> anyhow::Result<(usize, f64)> {
        let protocol = Protocol::new(self.world.catalog, &self.split, Part::Valid);
        let memory = Memory::new(&self.world, protocol.visible());
        let max_queries = self.config.optimizer.max_validation_queries;
        let sample = Sample::new(&protocol, Judgement::Discovery, max_queries, self.config.seed);
        let scorer = Scorer::new(model, &memory);
        let ndcg = sample.mean_ndcg(&OurModel::new("model", &scorer, &protocol, Reading::Joint))?;
        Ok((sample.queries().len(), ndcg))
    }
}

/// Tells a server to use the new model, and waits until it does.
fn notify(url: &str, key: Option<&str>) -> anyhow::Result<()> {
    let address = format!("{}/v1/model:reload", url.trim_end_matches('/'));
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut request = agent.post(&address);
    if let Some(key) = key {
        request = request.header("authorization", format!("Bearer {key}"));
    }
    let advice = || format!("the new model is in place, and the server at {url} was not told");
    let mut response = request.send_empty().with_context(advice)?;
    if !response.status().is_success() {
        let said = response.body_mut().read_to_string().unwrap_or_default();
        bail!("the new model is in place, and the server at {url} answers {}: {said}", response.status());
    }
    Ok(())
}

fn text(summary: &Summary) -> String {
    let Summary { new, in_use, n_queries, seconds, .. } = summary;
    let before = in_use.map_or("no model was in use".to_owned(), |in_use| format!("the one in use {in_use:.4}"));
    let outcome = match (summary.promoted, summary.notified) {
        (false, _) => "the one in use stays",
        (true, false) => "the new model is in use from the next start of a server, or its reload",
        (true, true) => "the new model is in use, also by the server",
    };
    format!("new model: validation ndcg@10 {new:.4}, {before}, over {n_queries} queries, in {seconds:.0} s\n{outcome}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_must_be_no_worse_than_is_tolerated() {
        for (new, in_use, tolerance, worse) in [
            (0.2, 0.2, 0.0, false),
            (0.21, 0.2, 0.0, false),
            (0.199, 0.2, 0.0, true),
            (0.19, 0.2, 0.02, false),
            (f64::NAN, 0.2, 1.0, true),
        ] {
            assert_eq!(is_worse(new, in_use, tolerance), worse, "{new} {in_use} {tolerance}");
        }
    }
}
