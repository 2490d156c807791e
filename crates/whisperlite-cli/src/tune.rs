//! `whisperlite encoder tune`: both towers of a CLIP learn from pictures and what is said about them.

use std::fmt::Write;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, bail};
use clap::Args;
use serde::Serialize;
use whisperlite::encoder::clip::ClipModel;
use whisperlite::encoder::transformer::Precision;
use whisperlite::store::Store;
use whisperlite::trainer::tune::{Captioned, TuneConfig, TuneEpoch, captioned_items, read_pairs, tune};

use crate::builtin;
use crate::settings;
use crate::ui::Ui;

/// Train an encoder of the CLIP kind on pictures and their texts
///
/// The encoder is written after every epoch, so a run that was cut off leaves the last one.
#[derive(Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct TuneArgs {
    /// Encoder to start from: the name of a local one, or the path of its folder
    #[arg(value_name = "NAME|PATH")]
    base: String,
    /// Folder of the new encoder
    #[arg(long, value_name = "FOLDER")]
    to: PathBuf,
    /// JSON lines of pictures with their texts, {"image": "a.jpg", "texts": ["a red dress"]}; this or --store is needed
    #[arg(long, value_name = "FILE", required_unless_present = "store")]
    pairs: Vec<PathBuf>,
    /// Store whose items' pictures and words are learned from
    #[arg(long, value_name = "DIR")]
    store: Vec<PathBuf>,
    /// Settings that differ from the default, as TOML: epochs, batch_size, learning_rate, held_out …
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Forget the weights of the base and start from random ones; the base then needs none
    #[arg(long)]
    from_scratch: bool,
    /// Store the weights in 16 bits: half the size
    #[arg(long)]
    half: bool,
}

const EXAMPLES: &str = "\
Examples:
  whisperlite encoder tune fashion-clip --store shop --to ./our-clip
  whisperlite encoder tune ./shape --from-scratch --pairs drawings.jsonl --config recipe.toml --half --to ./small-clip";

#[derive(Serialize)]
struct Summary {
    folder: PathBuf,
    n_pictures: usize,
    epochs: Vec<TuneEpoch>,
    seconds: f64,
}

/// Runs the command.
pub(crate) fn run(args: &TuneArgs, ui: &Ui) -> anyhow::Result<()> {
    let config: TuneConfig = settings::read(args.config.as_deref(), "tuning")?;
    if args.to.exists() && args.to.read_dir().map_or(true, |mut entries| entries.next().is_some()) {
        bail!("{} is there already: name a folder that is new or empty", args.to.display());
    }
    let pairs = pairs(args)?;
    let base = builtin::resolve(&args.base)?;
    let start = match args.from_scratch {
        true => ClipModel::random(&base, config.seed)?,
        false => ClipModel::open(&base)?,
    };
    let precision = if args.half { Precision::F16 } else { Precision::F32 };
    // Found out now, and not after the first epoch.
    std::fs::create_dir_all(&args.to).with_context(|| format!("cannot make {}", args.to.display()))?;
    let begin = Instant::now();
    let tuned = tune(start, &pairs, &config, &mut |model, _| model.save(&args.to, precision), ui)?;
    let (folder, seconds) = (args.to.clone(), begin.elapsed().as_secs_f64());
    let summary = Summary { folder, n_pictures: tuned.n_learned, epochs: tuned.epochs, seconds };
    ui.result(&summary, &describe(&summary)?)
}

fn pairs(args: &TuneArgs) -> anyhow::Result<Vec<Captioned>> {
    let mut pairs = Vec::new();
    for path in &args.pairs {
        pairs.extend(read_pairs(path)?);
    }
    for dir in &args.store {
        pairs.extend(captioned_items(&Store::open(dir)?.catalog()?, dir));
    }
    Ok(pairs)
}

fn describe(summary: &Summary) -> Result<String, std::fmt::Error> {
    let mut text = format!("learned from {} pictures in {:.0} s", summary.n_pictures, summary.seconds);
    for TuneEpoch { epoch, loss, recall_at_1 } in &summary.epochs {
        write!(text, "\n  epoch {epoch:>3}")?;
        loss.map_or(Ok(()), |loss| write!(text, "  loss {loss:.4}"))?;
        recall_at_1.map_or(Ok(()), |recall| write!(text, "  held-out recall@1 {recall:.4}"))?;
    }
    write!(text, "\nencoder: {}", summary.folder.display())?;
    Ok(text)
}
