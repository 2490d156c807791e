//! The recipe of the small encoder that comes with the program: what it learns from, and how it is measured.
//!
//! ```text
//! RECIPE="cargo run --release --workspace --example small_encoder --"
//! HERE=crates/whisperlite-cli/examples/small_encoder
//! $RECIPE prepare ONE --photos clothing-photos-cc0
//! whisperlite encoder tune ONE/shape --from-scratch --half --config $HERE/stage-1.toml \
//!     --pairs ONE/drawings.jsonl --pairs ONE/photos.jsonl --to ONE/whisperlite-small
//! $RECIPE prepare TWO --photos clothing-photos-cc0 --drawings 60000 --loose 2
//! P="--pairs TWO/photos.jsonl"   # seven times: photos are few
//! whisperlite encoder tune ONE/whisperlite-small --half --config $HERE/stage-2.toml \
//!     --pairs TWO/drawings.jsonl $P $P $P $P $P $P $P --to TWO/whisperlite-small
//! $RECIPE changes TWO
//! whisperlite encoder compose TWO/whisperlite-small --half --triples TWO/changes.jsonl --measure TWO/changes-held-out.jsonl
//! $RECIPE measure TWO TWO/whisperlite-small
//! ```
//!
//! `prepare` draws looks of the boutique with captions, lists the photos with theirs, trains a tokenizer on all of these
//! texts, and keeps 1,000 drawings and 500 photos aside, which `measure` asks for. `changes` draws what one starts from and
//! what is meant by "like this, but …".

mod changes;
mod drawings;
mod measure;
mod photos;
mod shape;

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use serde::{Deserialize, Serialize};

#[derive(Parser)]
struct Recipe {
    #[command(subcommand)]
    step: Step,
}

#[derive(Subcommand)]
enum Step {
    /// Make what the encoder learns from
    Prepare {
        /// Folder to make it in
        work: PathBuf,
        /// Folder of photos with a list `items.csv` of their labels
        #[arg(long)]
        photos: PathBuf,
        /// Looks to draw
        #[arg(long, default_value_t = 40_000)]
        drawings: u64,
        /// Captions of a drawing in somebody's words, beside the exact one and its title
        #[arg(long, default_value_t = 4)]
        loose: usize,
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Make what the composition learns from: a drawing, what is said about it, and the drawing that is meant
    Changes {
        /// Folder to make it in
        work: PathBuf,
        /// Triples to learn from
        #[arg(long, default_value_t = 30_000)]
        triples: usize,
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Measure an encoder on what was kept aside
    Measure {
        /// Folder of `prepare`
        work: PathBuf,
        /// Folder of the encoder
        encoder: PathBuf,
    },
}

/// A picture with what is said about it, as a line of a list.
#[derive(Serialize, Deserialize)]
struct Pair {
    image: PathBuf,
    texts: Vec<String>,
    group: String,
}

fn main() -> anyhow::Result<()> {
    match Recipe::parse().step {
        Step::Prepare { work, photos, drawings, loose, seed } => {
            std::fs::create_dir_all(&work)?;
            let mut texts = drawings::prepare(&work, drawings, loose, seed)?;
            texts.extend(photos::prepare(&work, &photos, seed)?);
            shape::prepare(&work, texts)
        }
        Step::Changes { work, triples, seed } => changes::prepare(&work, triples, seed),
        Step::Measure { work, encoder } => measure::run(&work, &encoder),
    }
}

fn write_pairs(path: &std::path::Path, pairs: &[Pair]) -> anyhow::Result<()> {
    let lines: Vec<String> = pairs.iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
    std::fs::write(path, lines.join("\n") + "\n")?;
    Ok(())
}

fn read_pairs(path: &std::path::Path) -> anyhow::Result<Vec<Pair>> {
    let content = std::fs::read_to_string(path)?;
    Ok(content.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
}
