//! `whisperlite embed`: the vectors of a store's items and requests, kept beside the store.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use serde::Serialize;
use whisperlite::encoder::{self, EmbedSummary, EmbeddedPictures, EmbeddedTexts, EncoderChoice};

use crate::builtin;
use crate::store::{Place, StoreArgs};
use crate::ui::Ui;

/// Embed a store's items and requests; texts that are embedded already are not embedded again
#[derive(Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct EmbedArgs {
    /// Folder of the store
    dir: PathBuf,
    #[command(flatten)]
    store: StoreArgs,
    /// Name of a local encoder (see `whisperlite encoder list`), or the path of its folder
    #[arg(long, value_name = "NAME|PATH")]
    encoder: String,
}

const EXAMPLES: &str = "\
Examples:
  whisperlite embed films --encoder all-MiniLM-L6-v2
  whisperlite embed films --encoder ./my-sentence-encoder";

/// What embedding tells a machine.
#[derive(Serialize)]
pub(crate) struct Summary {
    encoder: String,
    fingerprint: String,
    #[serde(flatten)]
    counts: EmbedSummary,
    seconds: f64,
}

pub(crate) fn run(args: EmbedArgs, ui: &Ui) -> anyhow::Result<()> {
    let summary = embed(&args.store.of(&args.dir)?, &builtin::resolve(&args.encoder)?, ui)?;
    ui.result(&summary, &describe(&summary)?)
}

/// Embeds a store with the encoder in `folder`, and remembers which one it was.
pub(crate) fn embed(store: &Place, folder: &Path, ui: &Ui) -> anyhow::Result<Summary> {
    let (dir, catalog) = (store.dir(), store.catalog()?);
    let encoder = encoder::open(folder)?;
    let started = Instant::now();
    let counts = encoder::embed_catalog(&catalog, dir, &*encoder, ui)?;
    let seconds = started.elapsed().as_secs_f64();
    EncoderChoice::new(&*encoder, folder)?.save(dir)?;
    let (name, fingerprint) = (encoder.name().to_owned(), encoder.fingerprint().to_owned());
    Ok(Summary { encoder: name, fingerprint, counts, seconds })
}

fn describe(summary: &Summary) -> Result<String, std::fmt::Error> {
    let EmbedSummary { texts, pictures, n_unseen_pictures, n_addresses, dim } = &summary.counts;
    let mut text = format!("vectors of {dim} numbers by {}, in {:.1} s", summary.encoder, summary.seconds);
    let EmbeddedTexts { n_texts, n_embedded, n_cached } = texts;
    write!(text, "\n  {n_texts} texts: {n_embedded} embedded, {n_cached} from the cache")?;
    if let Some(EmbeddedPictures { n_pictures, n_embedded, n_cached, n_failed, failures }) = pictures {
        write!(text, "\n  {n_pictures} pictures: {n_embedded} embedded, {n_cached} from the cache")?;
        if *n_failed > 0 {
            write!(text, ", {n_failed} could not be used, and their items count by their words alone:")?;
            failures.iter().try_for_each(|failure| write!(text, "\n    {failure}"))?;
        }
    }
    if *n_unseen_pictures > 0 {
        let encoder = &summary.encoder;
        write!(
            text,
            "\n  {n_unseen_pictures} pictures left out: {encoder} reads words only; one of the CLIP kind sees them"
        )?;
    }
    if *n_addresses > 0 {
        write!(
            text,
            "\n  {n_addresses} pictures are addresses in the net, which are not fetched; import them with --images FOLDER"
        )?;
    }
    Ok(text)
}
