//! "Like this, but …": drawings, what is said about them, and the drawings that are meant.

use std::path::Path;

use rayon::prelude::*;
use serde_json::json;
use whisperlite_boutique::{Boutique, BoutiqueConfig, Item};

use crate::drawings::{N_FOLDS, SIZE};

/// Items that the changes start from.
const N_ITEMS: u64 = 100_000;
/// Triples kept aside, whose meant looks no encoder learned from.
const N_HELD_OUT: usize = 3_000;

/// Draws both ends of `n_learned` changes, and of those that are kept aside. What is to be cheaper is left out: a price cannot be seen.
pub(crate) fn prepare(work: &Path, n_learned: usize, seed: u64) -> anyhow::Result<()> {
    std::fs::create_dir_all(work.join("changes"))?;
    let boutique = Boutique::new(BoutiqueConfig::new(seed, N_ITEMS))?;
    let (mut learned, mut held_out) = (Vec::new(), Vec::new());
    for (place, change) in (0u64..).zip(boutique.changes()).filter(|(_, change)| change.below_price.is_none()) {
        let reference = boutique.item(change.item);
        let mut target = reference;
        // Another drawing of another piece, so that nothing but the look tells what is meant.
        (target.look, target.index) = (change.target, N_ITEMS + place);
        let is_aside = |item: &Item| item.look.fold(N_FOLDS) == 0;
        if is_aside(&target) {
            if held_out.len() < N_HELD_OUT {
                held_out.push((reference, change.words, target));
            }
        } else if learned.len() < n_learned && !is_aside(&reference) {
            learned.push((reference, change.words, target));
        }
        if learned.len() == n_learned && held_out.len() == N_HELD_OUT {
            break;
        }
    }
    let draw = |item: &Item| -> anyhow::Result<serde_json::Value> {
        let image = Path::new("changes").join(format!("{}.png", item.index));
        std::fs::write(work.join(&image), boutique.png(item, SIZE)?)?;
        Ok(json!({ "image": image, "text": boutique.title(item).to_lowercase() }))
    };
    for (name, triples) in [("changes.jsonl", &learned), ("changes-held-out.jsonl", &held_out)] {
        let line = |(reference, words, target): &(Item, String, Item)| -> anyhow::Result<String> {
            Ok(json!({ "reference": draw(reference)?, "words": words, "target": draw(target)? }).to_string())
        };
        let lines: Vec<String> = triples.par_iter().map(line).collect::<anyhow::Result<_>>()?;
        std::fs::write(work.join(name), lines.join("\n") + "\n")?;
        println!("{name}: {} triples", lines.len());
    }
    Ok(())
}
