//! `whisperlite bench boutique`: a drawn store of any size, trained just enough to answer, for measuring how fast it answers.
//!
//! It has words and no pictures: drawing a million of them takes hours and changes nothing in how an answer is found. The model
//! learns from few questions for the same reason, so its answers are no measure of quality; `whisperlite demo` is.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::bail;
use clap::Args;
use serde::Serialize;
use whisperlite::catalog::import::{Format, ImportOptions};
use whisperlite::store::{Store, WriteMode};
use whisperlite::trainer::{ExampleConfig, OptimizerConfig, TrainConfig};
use whisperlite_boutique::{Boutique, BoutiqueConfig, Pictures, WriteOptions};

use crate::store::Place;
use crate::train::Start;
use crate::ui::Ui;
use crate::{builtin, embed, train};

/// What was drawn lies here in the store's folder.
const DRAWN: &str = "drawn";
/// Visits of each shopper.
const VISITS: u64 = 12;

/// Make a drawn store without pictures, to measure the server with
#[derive(Args)]
pub(crate) struct BoutiqueArgs {
    /// Folder of the store; must be new or empty
    dir: PathBuf,
    /// Items of the store
    #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(200..=10_000_000))]
    items: u64,
    /// Shoppers, each of whom comes twelve times
    #[arg(long, value_name = "N", default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(10..=10_000_000))]
    shoppers: u64,
    /// Seed of every random choice
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

#[derive(Serialize)]
struct Made {
    store: PathBuf,
    synthetic: bool,
    n_items: u64,
    n_events: u64,
    seconds: f64,
}

/// Runs the command.
pub(crate) fn run(args: &BoutiqueArgs, ui: &Ui) -> anyhow::Result<()> {
    let (begin, dir) = (Instant::now(), &args.dir);
    if dir.exists() && dir.read_dir().map_or(true, |mut entries| entries.next().is_some()) {
        bail!("{} is there already and not empty: remove it, or name another folder", dir.display());
    }
    let size = BoutiqueConfig {
        seed: args.seed,
        n_items: args.items,
        n_shoppers: args.shoppers,
        n_sessions: VISITS * args.shoppers,
    };
    let drawn = dir.join(DRAWN);
    let options = WriteOptions { pictures: Pictures::None, n_changes: 0 };
    ui.say("drawing the boutique");
    let written = Boutique::new(size)?.write(&drawn, &options, &|_, _, _| {})?;
    let files = ["items.jsonl", "events.jsonl"].map(|name| drawn.join(name));
    let import = ImportOptions::new(Format::Tables, files.to_vec());
    Store::import(dir, Some("synthetic boutique"), WriteMode::Update, &import, ui)?;
    let store = Place::folder(dir);
    embed::embed(&store, &builtin::unpack(dir)?, ui)?;
    train::train_store(&store, &short_training(args.seed), Start::Anew, ui)?;
    let seconds = begin.elapsed().as_secs_f64();
    let made =
        Made { store: dir.clone(), synthetic: true, n_items: written.n_items, n_events: written.n_events, seconds };
    let text = format!("{} items and {} events in {seconds:.0} s", made.n_items, made.n_events);
    ui.result(&made, &text)
}

/// So few questions that even those against a million items take minutes.
fn short_training(seed: u64) -> TrainConfig {
    TrainConfig {
        name: "short".to_owned(),
        seed,
        refit: false,
        examples: ExampleConfig { n_snapshots: 2, max_queries: 2000, ..ExampleConfig::default() },
        optimizer: OptimizerConfig { max_epochs: 1, max_validation_queries: 200, ..OptimizerConfig::default() },
        ..TrainConfig::default()
    }
}
