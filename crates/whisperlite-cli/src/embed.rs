//! `whisperlite embed`: the vectors of a store's items and requests, kept beside the store.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use serde::Serialize;
use whisperlite::encoder::{self, EmbedSummary, EncoderChoice};
use whisperlite::store::Store;

use crate::ui::Ui;

/// Embed a store's items and requests; texts that are embedded already are not embedded again
#[derive(Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct EmbedArgs {
    /// Folder of the store
    dir: PathBuf,
    /// Name of a local encoder (see `whisperlite encoder list`), or the path of its folder
    #[arg(long, value_name = "NAME|PATH")]
    encoder: String,
}

const EXAMPLES: &str = "\
Examples:
  whisperlite embed films --encoder all-MiniLM-L6-v2
  whisperlite embed films --encoder ./my-sentence-encoder";

#[derive(Serialize)]
struct Summary {
    encoder: String,
    fingerprint: String,
    #[serde(flatten)]
    counts: EmbedSummary,
    seconds: f64,
    texts_per_second: f64,
}

pub(crate) fn run(args: EmbedArgs, ui: &Ui) -> anyhow::Result<()> {
    let catalog = Store::open(&args.dir)?.catalog()?;
    let folder = encoder::resolve(&args.encoder)?;
    let encoder = encoder::open(&folder)?;
    let started = Instant::now();
    let counts = encoder::embed_catalog(&catalog, &args.dir, &*encoder, ui)?;
    let seconds = started.elapsed().as_secs_f64();
    EncoderChoice::new(&*encoder, &folder)?.save(&args.dir)?;
    let summary = Summary {
        encoder: encoder.name().to_owned(),
        fingerprint: encoder.fingerprint().to_owned(),
        counts,
        seconds,
        texts_per_second: counts.n_embedded as f64 / seconds,
    };
    ui.result(&summary, &describe(&summary))
}

fn describe(summary: &Summary) -> String {
    let EmbedSummary { n_texts, n_embedded, n_cached, dim } = summary.counts;
    format!(
        "{n_texts} texts of {dim} dimensions by {}: {n_embedded} embedded in {:.1} s ({:.0} texts/s), {n_cached} from the cache",
        summary.encoder, summary.seconds, summary.texts_per_second
    )
}
