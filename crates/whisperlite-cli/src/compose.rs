//! `whisperlite encoder compose`: what a thing and words about it mean together, learned for an encoder.

use std::fmt::Write;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, bail};
use clap::Args;
use serde::Serialize;
use whisperlite::encoder;
use whisperlite::encoder::transformer::Precision;
use whisperlite::evaluation::statistics::{Bootstrap, Clusters, Estimate, Resampling, sign_flip_p};
use whisperlite::trainer::compose::{ComposeConfig, ComposeEpoch, Triple, Triples, compose, ndcg_of, read_triples};

use crate::builtin;
use crate::settings;
use crate::ui::Ui;

/// Learn what a thing and words about it mean together: "like this, but in red"
///
/// The composition becomes part of the encoder's folder, and `whisperlite recommend` uses it for words about `--like` and `--image`. The encoder's
/// vectors stay as they are.
#[derive(Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct ComposeArgs {
    /// Encoder: the name of a local one, or the path of its folder
    #[arg(value_name = "NAME|PATH")]
    encoder: String,
    /// JSON lines: {"reference": {"image": "a.jpg", "text": "a blue dress"}, "words": "but in red", "target": {"image": "b.jpg"}}
    #[arg(long, value_name = "FILE", required = true)]
    triples: Vec<PathBuf>,
    /// Triples that are not learned from, to measure on
    #[arg(long, value_name = "FILE")]
    measure: Option<PathBuf>,
    /// Settings that differ from the default, as TOML: epochs, batch_size, learning_rate, temperature …
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Store the weights in 16 bits: half the size
    #[arg(long)]
    half: bool,
}

const EXAMPLES: &str = "\
Examples:
  whisperlite encoder compose ./our-clip --triples triples.jsonl --measure held-out.jsonl";

#[derive(Serialize)]
struct Summary {
    folder: PathBuf,
    n_triples: usize,
    epochs: Vec<ComposeEpoch>,
    measured: Option<Measured>,
    seconds: f64,
}

/// NDCG@10 on triples that were not learned from.
#[derive(Serialize)]
struct Measured {
    n_triples: usize,
    composed: Estimate,
    added: Estimate,
    difference: Estimate,
    p: f64,
}

/// Runs the command.
pub(crate) fn run(args: &ComposeArgs, ui: &Ui) -> anyhow::Result<()> {
    let config: ComposeConfig = settings::read(args.config.as_deref(), "composing")?;
    let mut triples: Vec<Triple> = Vec::new();
    for path in &args.triples {
        triples.extend(read_triples(path)?);
    }
    config.check(triples.len())?;
    let held_out = args.measure.as_deref().map(read_triples).transpose()?.unwrap_or_default();
    if let (Some(path), true) = (&args.measure, held_out.is_empty()) {
        bail!("{} holds no triple to measure on", path.display());
    }
    let folder = builtin::resolve(&args.encoder)?;
    // Found out now, and not after the training.
    tempfile::tempfile_in(&folder).with_context(|| format!("{} cannot be written to", folder.display()))?;
    let opened = encoder::open(&folder)?;
    let begin = Instant::now();
    let held_out = match held_out.is_empty() {
        true => None,
        false => Some(Triples::embed(&held_out, &[], &*opened, ui)?),
    };
    let embedded = Triples::embed(&triples, &[], &*opened, ui)?;
    let (composer, epochs) = compose(&embedded, &config, ui)?;
    composer.save(&folder, if args.half { Precision::F16 } else { Precision::F32 }, opened.fingerprint())?;
    let measured = match &held_out {
        None => None,
        Some(held_out) => Some(measure(ndcg_of(held_out, Some(&composer))?, ndcg_of(held_out, None)?, config.seed)?),
    };
    let seconds = begin.elapsed().as_secs_f64();
    let summary = Summary { folder, n_triples: triples.len(), epochs, measured, seconds };
    ui.result(&summary, &describe(&summary)?)
}

fn measure(composed: Vec<f64>, added: Vec<f64>, seed: u64) -> anyhow::Result<Measured> {
    let n_triples = composed.len();
    let (clusters, resampling) = (Clusters::new(0..n_triples), Resampling::new(seed));
    let p = sign_flip_p(&composed, &added, &clusters, &resampling)?;
    let bootstrap = Bootstrap::new(&[composed, added], &clusters, &resampling)?;
    Ok(Measured {
        n_triples,
        composed: bootstrap.estimate(0),
        added: bootstrap.estimate(1),
        difference: bootstrap.difference(0, 1),
        p,
    })
}

fn describe(summary: &Summary) -> Result<String, std::fmt::Error> {
    let mut text = format!("learned from {} triples in {:.0} s", summary.n_triples, summary.seconds);
    if let Some(last) = summary.epochs.last() {
        write!(text, ", loss {:.4} after {} epochs", last.loss, last.epoch)?;
    }
    if let Some(measured) = &summary.measured {
        let Measured { n_triples, composed, added, difference, p } = measured;
        write!(text, "\nNDCG@10 on {n_triples} other triples (95 % interval):")?;
        for (name, estimate) in [("composed", composed), ("added", added), ("difference", difference)] {
            write!(text, "\n  {name:<10}  {:.4} [{:.4}, {:.4}]", estimate.mean, estimate.low, estimate.high)?;
        }
        write!(text, ", p = {p:.0e}")?;
    }
    write!(text, "\ncomposition: in {}", summary.folder.display())?;
    Ok(text)
}
