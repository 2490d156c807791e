//! Public-domain photos of clothes with labels.

use std::path::Path;

use anyhow::Context;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::{Pair, write_pairs};

/// Photos kept aside.
const N_HELD_OUT: usize = 500;

/// A label of the list, and what people call such a thing.
const NAMES: [(&str, &[&str]); 16] = [
    ("T-Shirt", &["t-shirt", "tee"]),
    ("Longsleeve", &["longsleeve", "long-sleeved top", "long-sleeved t-shirt"]),
    ("Pants", &["pants", "trousers"]),
    ("Shoes", &["shoes", "pair of shoes"]),
    ("Shirt", &["shirt", "button-up shirt"]),
    ("Dress", &["dress"]),
    ("Outwear", &["outwear", "jacket", "coat"]),
    ("Shorts", &["shorts"]),
    ("Hat", &["hat", "cap"]),
    ("Skirt", &["skirt"]),
    ("Polo", &["polo", "polo shirt"]),
    ("Undershirt", &["undershirt", "vest top"]),
    ("Blazer", &["blazer"]),
    ("Hoodie", &["hoodie"]),
    ("Body", &["body", "baby body"]),
    ("Blouse", &["blouse"]),
];

/// What an encoder is asked for the photos of a label; the first of their texts.
pub(crate) fn prompt(name: &str) -> String {
    format!("a photo of a {name}")
}

/// Lists the photos; returns their texts.
pub(crate) fn prepare(work: &Path, folder: &Path, seed: u64) -> anyhow::Result<Vec<String>> {
    let list = folder.join("items.csv");
    let mut reader = csv::Reader::from_path(&list).with_context(|| format!("cannot read {}", list.display()))?;
    let folder = folder.canonicalize()?;
    let mut pairs = Vec::new();
    for record in reader.records() {
        let record = record?;
        let Some((_, names)) = NAMES.iter().find(|(label, _)| *label == &record[1]) else { continue };
        let texts = names.iter().flat_map(|name| [prompt(name), (*name).to_owned()]).collect();
        pairs.push(Pair { image: folder.join(&record[3]), texts, group: "photo".to_owned() });
    }
    pairs.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let learned = pairs.split_off(N_HELD_OUT);
    write_pairs(&work.join("photos-held-out.jsonl"), &pairs)?;
    write_pairs(&work.join("photos.jsonl"), &learned)?;
    println!("photos: {} to learn from, {} kept aside", learned.len(), pairs.len());
    Ok(learned.into_iter().flat_map(|pair| pair.texts).collect())
}
