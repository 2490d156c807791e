//! The recipe of the small encoder that comes with the program: what it learns from, and how it is measured.
//!
//! ```text
//! cargo run --release --workspace --example small_encoder -- prepare WORK --photos clothing-photos-cc0
//! whisperlite encoder tune WORK/shape --from-scratch --half --config configs/small-encoder.toml \
//!     --pairs WORK/drawings.jsonl --pairs WORK/photos.jsonl --to WORK/whisperlite-small
//! cargo run --release --workspace --example small_encoder -- measure WORK WORK/whisperlite-small
//! ```
//!
//! `prepare` draws looks of the boutique with captions, lists the photos with theirs, trains a tokenizer on all of these
//! texts, and keeps 1,000 drawings and 500 photos aside, which `measure` asks for.

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
}

fn main() -> anyhow::Result<()> {
    match Recipe::parse().step {
        Step::Prepare { work, photos, drawings, seed } => {
            std::fs::create_dir_all(&work)?;
            let mut texts = drawings::prepare(&work, drawings, seed)?;
            texts.extend(photos::prepare(&work, &photos, seed)?);
            shape::prepare(&work, texts)
        }
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
