//! Which of many held-out questions a study asks: as many of each stratum as there are.

use std::collections::BTreeMap;

use crate::material::{Frequency, Stratum};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// Of the requests in the order of their frequency: the first tenth is the head, the last half the tail.
const HEAD: f64 = 0.1;
const TAIL: f64 = 0.5;

/// How frequent each question's request is among them. `counts`: how often it was made before; equal requests have equal counts.
pub fn frequencies(counts: &[usize], requests: &[Option<u32>]) -> Vec<Frequency> {
    let mut distinct: BTreeMap<Option<u32>, usize> = BTreeMap::new();
    for (&request, &count) in requests.iter().zip(counts) {
        distinct.insert(request, count);
    }
    let mut by_count: Vec<(Option<u32>, usize)> = distinct.into_iter().collect();
    by_count.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    let n = by_count.len() as f64;
    let frequency = |(place, (request, count)): (usize, (Option<u32>, usize))| {
        let part = place as f64 / n;
        let frequency = match count {
            0 => Frequency::Tail,
            _ if part < HEAD => Frequency::Head,
            _ if part < 1.0 - TAIL => Frequency::Torso,
            _ => Frequency::Tail,
        };
        (request, frequency)
    };
    let of: BTreeMap<Option<u32>, Frequency> = by_count.into_iter().enumerate().map(frequency).collect();
    requests.iter().map(|request| of[request]).collect()
}

/// The places of `n` questions, or of all where there are fewer: in turn one of each stratum, drawn by the seed; ascending.
pub fn choose(strata: &[Stratum], n: usize, seed: u64) -> Vec<usize> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut groups: BTreeMap<Stratum, Vec<usize>> = BTreeMap::new();
    for (place, stratum) in strata.iter().enumerate() {
        groups.entry(*stratum).or_default().push(place);
    }
    let mut groups: Vec<Vec<usize>> = groups.into_values().collect();
    groups.iter_mut().for_each(|group| group.shuffle(&mut rng));
    let mut chosen = Vec::with_capacity(n.min(strata.len()));
    while chosen.len() < n && groups.iter().any(|group| !group.is_empty()) {
        let left = n - chosen.len();
        chosen.extend(groups.iter_mut().filter_map(Vec::pop).take(left));
    }
    chosen.sort_unstable();
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::material::Warmth;

    #[test]
    fn requests_are_told_apart_by_how_often_they_were_made() {
        let requests: Vec<Option<u32>> = (0..20).map(|n| Some(n % 10)).collect();
        let counts: Vec<usize> = (0..20).map(|n| 9 - n % 10).collect();
        let found = frequencies(&counts, &requests);
        assert_eq!((found[0], found[10], found[1]), (Frequency::Head, Frequency::Head, Frequency::Torso));
        assert_eq!((found[5], found[9]), (Frequency::Tail, Frequency::Tail));
        assert_eq!(found.iter().filter(|frequency| **frequency == Frequency::Torso).count(), 8);
    }

    #[test]
    fn every_stratum_is_asked_as_often() {
        let stratum = |frequency, shopper| Stratum { frequency, shopper };
        let mut strata = vec![stratum(Frequency::Head, Warmth::Warm); 50];
        strata.extend([stratum(Frequency::Tail, Warmth::Warm); 30]);
        strata.extend([stratum(Frequency::Tail, Warmth::Cold); 2]);
        let chosen = choose(&strata, 12, 1);
        let count = |wanted| chosen.iter().filter(|&&place| strata[place] == wanted).count();
        assert_eq!(chosen.len(), 12);
        assert_eq!(count(stratum(Frequency::Tail, Warmth::Cold)), 2, "all that there are");
        assert_eq!(count(stratum(Frequency::Head, Warmth::Warm)), 5);
        assert_eq!(choose(&strata, 12, 1), chosen);
        assert_ne!(choose(&strata, 12, 2), chosen);
        assert_eq!(choose(&strata, 1000, 1).len(), 82);
    }
}
