//! Which pictures meet in a step.

use std::collections::BTreeMap;

use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::{Captioned, TuneConfig};

/// Every picture once, in a new order, in batches of `batch_size`: some of one group, some of all; what is left over is left out.
pub(super) fn batches<'p>(
    pairs: &[&'p Captioned],
    config: &TuneConfig,
    rng: &mut ChaCha8Rng,
) -> Vec<Vec<&'p Captioned>> {
    let mut mixed = pairs.to_vec();
    mixed.shuffle(rng);
    let n_grouped = (config.grouped * pairs.len() as f64).round() as usize;
    let mut groups: BTreeMap<&str, Vec<&Captioned>> = BTreeMap::new();
    for pair in mixed.drain(..n_grouped) {
        groups.entry(&pair.group).or_default().push(pair);
    }
    let mut batches = Vec::new();
    for group in groups.values() {
        let whole = group.chunks_exact(config.batch_size);
        mixed.extend(whole.remainder());
        batches.extend(whole.map(<[_]>::to_vec));
    }
    mixed.shuffle(rng);
    batches.extend(mixed.chunks_exact(config.batch_size).map(<[_]>::to_vec));
    batches.shuffle(rng);
    batches
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::path::PathBuf;

    use rand::SeedableRng;

    use super::*;

    #[test]
    fn some_batches_are_of_one_group_and_no_picture_comes_twice() {
        let pair = |n: usize| Captioned {
            image: PathBuf::from(n.to_string()),
            texts: vec!["a".to_owned()],
            group: if n.is_multiple_of(3) { "hats" } else { "shoes" }.to_owned(),
        };
        let pairs: Vec<Captioned> = (0..301).map(pair).collect();
        let config = TuneConfig { batch_size: 10, grouped: 0.6, ..TuneConfig::default() };
        let refs: Vec<&Captioned> = pairs.iter().collect();
        let batches = batches(&refs, &config, &mut ChaCha8Rng::seed_from_u64(1));
        assert!(batches.len() == 30 && batches.iter().all(|batch| batch.len() == 10));
        let images: HashSet<&PathBuf> = batches.iter().flatten().map(|pair| &pair.image).collect();
        assert_eq!(images.len(), 300);
        let n_pure = |group: &str| batches.iter().filter(|batch| batch.iter().all(|pair| pair.group == group)).count();
        assert!((4..=7).contains(&n_pure("hats")) && (10..=16).contains(&n_pure("shoes")));
    }
}
