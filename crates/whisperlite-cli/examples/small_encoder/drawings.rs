//! Drawings of the boutique with captions.

use std::collections::HashSet;
use std::path::Path;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use whisperlite_boutique::words::{caption, loose_caption};
use whisperlite_boutique::{Boutique, BoutiqueConfig};

use crate::{Pair, write_pairs};

/// Pixels a side: a little more than the encoder sees, so that a crop is not blown up.
pub(crate) const SIZE: u32 = 112;
/// Looks of the first of so many folds are kept aside.
pub(crate) const N_FOLDS: u64 = 10;
/// Looks kept aside, each once.
const N_HELD_OUT: usize = 1_000;

/// Draws items; every look of each tenth fold is kept aside, so that no look is both learned and asked for. `n_loose` captions in somebody's
/// words stand beside the exact one and the title. Returns all texts.
pub(crate) fn prepare(work: &Path, n_items: u64, n_loose: usize, seed: u64) -> anyhow::Result<Vec<String>> {
    std::fs::create_dir_all(work.join("drawings"))?;
    let boutique = Boutique::new(BoutiqueConfig::new(seed, n_items))?;
    let mut seen = HashSet::new();
    let (mut learned, mut held_out) = (Vec::new(), Vec::new());
    for item in boutique.items() {
        let is_aside = item.look.fold(N_FOLDS) == 0;
        let is_new = seen.insert(item.look);
        if !is_aside {
            learned.push(item);
        } else if is_new && held_out.len() < N_HELD_OUT {
            held_out.push(item);
        }
    }
    let draw = |item: &whisperlite_boutique::Item| -> anyhow::Result<Pair> {
        let image = Path::new("drawings").join(format!("{}.png", item.index));
        std::fs::write(work.join(&image), boutique.png(item, SIZE)?)?;
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(item.index);
        let mut texts = vec![caption(&item.look), boutique.title(item).to_lowercase()];
        texts.extend((0..n_loose).map(|_| loose_caption(&item.look, &mut rng)));
        Ok(Pair { image, texts, group: format!("{:?}", item.look.kind) })
    };
    let mut all_texts = Vec::new();
    for (name, items) in [("drawings.jsonl", &learned), ("drawings-held-out.jsonl", &held_out)] {
        let pairs: Vec<Pair> = items.par_iter().map(draw).collect::<anyhow::Result<_>>()?;
        write_pairs(&work.join(name), &pairs)?;
        println!("{name}: {} drawings", pairs.len());
        all_texts.extend(pairs.into_iter().flat_map(|pair| pair.texts));
    }
    all_texts.extend(boutique.sessions().take(20_000).filter_map(|session| Some(session.request?.text)));
    Ok(all_texts)
}
