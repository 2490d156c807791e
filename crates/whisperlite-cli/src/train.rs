//! `whisperlite train`: from a store with embeddings to a model.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context;
use clap::Args;
use serde::Serialize;
use serde_json::json;
use whisperlite::catalog::split::Split;
use whisperlite::model::{About, Vectors, World};
use whisperlite::trainer::{Checkpoints, Epoch, TrainConfig, Trained, train};

use crate::opened::{MODEL, Opened, VALIDATED};
use crate::store::{Place, StoreArgs};
use crate::ui::Ui;

/// Train a model on a store that is embedded
///
/// A run that was killed goes on from its last epoch when the same command is given again.
#[derive(Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct TrainArgs {
    /// Folder of the store
    dir: PathBuf,
    #[command(flatten)]
    store: StoreArgs,
    /// A TOML file, or the name of a preset: best or paper
    #[arg(long, value_name = "FILE|PRESET", default_value = "best")]
    config: String,
    /// Seed of every random choice, instead of the configuration's
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Begin anew instead of going on from a checkpoint
    #[arg(long)]
    fresh: bool,
}

const EXAMPLES: &str = "\
Examples:
  whisperlite train films
  whisperlite train films --config paper --seed 7
  whisperlite train films --config my.toml --fresh";

const VALIDATED_CARD: &str = "\
# The model as validation chose it

It learned from training events only, so that whatever is tuned on validation events can be tuned with it. The model to use
lies in the folder above.
";

/// What a training run tells a machine.
#[derive(Serialize)]
pub(crate) struct Summary {
    model: PathBuf,
    config: String,
    seed: u64,
    pub(crate) best_epoch: usize,
    epochs: Vec<Epoch>,
    n_parameters: usize,
    pub(crate) seconds: f64,
}

impl Summary {
    /// NDCG@10 on validation after the best epoch.
    pub(crate) fn validation_ndcg(&self) -> f64 {
        validation_of(self, self.best_epoch)
    }
}

/// Runs the command.
pub(crate) fn run(args: TrainArgs, ui: &Ui) -> anyhow::Result<()> {
    let mut config = configuration(&args.config)?;
    config.seed = args.seed.unwrap_or(config.seed);
    let start = if args.fresh { Start::Anew } else { Start::FromCheckpoint };
    let summary = train_store(&args.store.of(&args.dir)?, &config, start, ui)?;
    ui.result(&summary, &text(&summary))
}

/// Where a training run begins.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// At the last epoch of a run that was cut off, if there is one.
    FromCheckpoint,
    /// At the beginning.
    Anew,
}

/// Trains on a store and saves the model in its folder.
pub(crate) fn train_store(store: &Place, config: &TrainConfig, start: Start, ui: &Ui) -> anyhow::Result<Summary> {
    let (dir, opened) = (store.dir(), Opened::open(store)?);
    let vectors = opened.vectors()?;
    train_aside(&opened, &vectors, &dir.join("checkpoints"), config, start, ui)?.save(&opened, config, store)
}

/// A model that was trained, and is not the store's yet.
pub(crate) struct Fresh {
    trained: Trained,
    summary: Summary,
    checkpoints: Checkpoints,
}

/// Trains on an opened store, whose `vectors` these are. A run that was cut off goes on from the `checkpoints` that it left.
pub(crate) fn train_aside(
    opened: &Opened,
    vectors: &Vectors,
    checkpoints: &Path,
    config: &TrainConfig,
    start: Start,
    ui: &Ui,
) -> anyhow::Result<Fresh> {
    let begin = Instant::now();
    let world = World::new(&opened.catalog, vectors)?;
    let split = Split::new(&opened.catalog, &config.split)?;
    let checkpoints = Checkpoints::open(checkpoints, &world, config)?;
    if start == Start::Anew {
        checkpoints.clear()?;
    }
    let trained = train(&world, &split, config, Some(&checkpoints), ui)?;
    let summary = Summary {
        model: opened.dir().join(MODEL),
        config: config.name.clone(),
        seed: config.seed,
        best_epoch: trained.best_epoch,
        epochs: trained.epochs.clone(),
        n_parameters: trained.model.n_parameters(),
        seconds: begin.elapsed().as_secs_f64(),
    };
    Ok(Fresh { trained, summary, checkpoints })
}

impl Fresh {
    /// The model, and its twin that never saw a validation event.
    pub(crate) fn trained(&self) -> &Trained {
        &self.trained
    }

    /// How the training went.
    pub(crate) fn summary(&self) -> &Summary {
        &self.summary
    }

    /// What is told of the model to those who use it.
    pub(crate) fn card(&self, opened: &Opened, config: &TrainConfig) -> anyhow::Result<String> {
        card(&self.summary, opened, config)
    }

    /// Makes it the store's model.
    pub(crate) fn save(self, opened: &Opened, config: &TrainConfig, store: &Place) -> anyhow::Result<Summary> {
        save(&self.summary, &self.trained, opened, config)?;
        store.keep_model()?;
        self.checkpoints.finish()?;
        Ok(self.summary)
    }

    /// Forgets it.
    pub(crate) fn discard(self) -> anyhow::Result<()> {
        Ok(self.checkpoints.finish()?)
    }
}

/// The configuration of a preset or a file.
pub(crate) fn configuration(name: &str) -> anyhow::Result<TrainConfig> {
    match TrainConfig::preset(name) {
        Some(config) => Ok(config),
        None if Path::new(name).exists() => Ok(TrainConfig::read(Path::new(name))?),
        None => TrainConfig::read(Path::new(name)).with_context(|| {
            format!("`{name}` is no preset (there are: {}), so it was read as a file", TrainConfig::PRESETS.join(", "))
        }),
    }
}

fn save(summary: &Summary, trained: &Trained, opened: &Opened, config: &TrainConfig) -> anyhow::Result<()> {
    let info = &opened.catalog.info;
    let training = json!({
        "config": config,
        "dataset": info.dataset,
        "data_hash": info.data_hash,
        "request_source": info.request_source,
        "encoder": opened.encoder.name,
        "encoder_fingerprint": opened.encoder.fingerprint,
        "best_epoch": trained.best_epoch,
        "epochs": trained.epochs,
        "seconds": summary.seconds,
    });
    let card = card(summary, opened, config)?;
    let twin = [(VALIDATED, &trained.validated, VALIDATED_CARD)];
    let about = About { catalog: &opened.catalog, training: &training, card: &card };
    trained.model.save(&summary.model, &about, &twin)?;
    // The words of a request are cut as the encoder cuts them, so its tokenizer belongs to the model.
    let tokenizer = opened.encoder.path.join("tokenizer.json");
    if tokenizer.exists() {
        std::fs::copy(&tokenizer, summary.model.join("tokenizer.json"))
            .with_context(|| format!("cannot copy {}", tokenizer.display()))?;
    }
    Ok(())
}

fn validation_of(summary: &Summary, epoch: usize) -> f64 {
    summary.epochs.iter().find(|e| e.epoch == epoch).and_then(|e| e.validation_ndcg).unwrap_or_default()
}

/// The model card.
fn card(summary: &Summary, opened: &Opened, config: &TrainConfig) -> anyhow::Result<String> {
    let info = &opened.catalog.info;
    let split = Split::new(&opened.catalog, &config.split)?.rule;
    Ok(format!(
        "# {dataset}: a WhisperLite model\n\n\
         Ranks the items of the store `{dataset}` for a request and a person. It reads vectors of the frozen encoder \
         `{encoder}` and answers only for this store's items; items without history are ranked by their words.\n\n\
         | what | value |\n|---|---|\n\
         | data | {n_items} items, {n_users} users, {n_events} events |\n\
         | data hash | `{data_hash}` |\n\
         | requests | {requests} |\n\
         | split | {split} |\n\
         | configuration | `{config}`, seed {seed} (all of it in `config.json`) |\n\
         | parameters | {n_parameters} |\n\
         | best epoch | {best_epoch} of {n_epochs} |\n\
         | learned from | {learned_from} |\n\
         | validation NDCG@10, discovery, whole catalogue | {ndcg:.4} (untrained: {untrained:.4}) |\n\
         | training time | {seconds:.0} s |\n\n\
         Validation chose the epoch, so its figure flatters; `whisperlite evaluate` measures on events that nothing was chosen by.\n",
        dataset = info.dataset,
        encoder = opened.encoder.name,
        n_items = opened.catalog.n_items(),
        n_users = opened.catalog.n_users(),
        n_events = opened.catalog.events.len(),
        data_hash = info.data_hash,
        requests = serde_json::to_string(&info.request_source).unwrap_or_default().replace('|', "\\|"),
        split = serde_json::to_string(&split)?.replace('|', "\\|"),
        config = summary.config,
        seed = summary.seed,
        n_parameters = summary.n_parameters,
        best_epoch = summary.best_epoch,
        n_epochs = summary.epochs.len() - 1,
        learned_from =
            if config.refit { "training and validation events, once the epoch was chosen" } else { "training events" },
        ndcg = validation_of(summary, summary.best_epoch),
        untrained = validation_of(summary, 0),
        seconds = summary.seconds,
    ))
}

fn text(summary: &Summary) -> String {
    let ndcg = validation_of(summary, summary.best_epoch);
    format!(
        "trained `{}` (seed {}) in {:.0} s: epoch {} of {} is best, validation ndcg@10 {ndcg:.4} (untrained {:.4})\nmodel: {}",
        summary.config,
        summary.seed,
        summary.seconds,
        summary.best_epoch,
        summary.epochs.len() - 1,
        validation_of(summary, 0),
        summary.model.display()
    )
}
