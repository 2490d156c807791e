//! Three readings of one question: what the request says alone, what the person says alone, and both together.
//!
//! The joint reading knows how request and person go together, but for a request that it has hardly seen, or a person
//! whose history misleads, the plainer readings are the steadier ones. The share of each is chosen on validation.

use rand::SeedableRng;
use rand::seq::index::sample;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// The largest catalogue of which every item has a say in what a reading's mean and spread are.
pub(crate) const MAX_WHOLE: usize = 20_000;
/// Items of the sample that stands for a larger one.
const N_SAMPLE: usize = 2048;

/// How much each reading counts, in units of its spread over the catalogue: of all items where they are few, else of a sample that is always the same.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fusion {
    /// Request and person together.
    pub joint: f32,
    /// The request alone.
    pub search: f32,
    /// The person alone.
    pub recommendation: f32,
}

impl Fusion {
    /// Only the joint reading.
    pub const JOINT: Self = Self { joint: 1.0, search: 0.0, recommendation: 0.0 };

    /// Whether the shares are those of something: finite, none negative, and not all 0.
    pub fn is_valid(&self) -> bool {
        let shares = [self.joint, self.search, self.recommendation];
        shares.iter().all(|share| share.is_finite() && *share >= 0.0) && shares.iter().sum::<f32>() > 0.0
    }

    /// Fuses the readings of one question into `joint`, which keeps its mean and spread where the readings agree.
    ///
    /// # Shapes
    /// `joint`, `search`, `recommendation`: `[n_items]`; `sample`: those of which mean and spread are taken.
    pub(super) fn fuse(&self, joint: &mut [f32], search: &[f32], recommendation: &[f32], sample: &[u32]) {
        let total = self.joint + self.search + self.recommendation;
        let of_sample = |scores: &[f32]| mean_and_spread(sample.iter().map(|&item| scores[item as usize]));
        let (mean, spread) = of_sample(joint);
        let readings = [(self.search, search), (self.recommendation, recommendation)];
        let shares = readings.map(|(weight, scores)| {
            let (own_mean, own_spread) = of_sample(scores);
            let share = if own_spread > 0.0 { weight / total * spread / own_spread } else { 0.0 };
            (share, own_mean, scores)
        });
        for (item, score) in joint.iter_mut().enumerate() {
            *score = mean + self.joint / total * (*score - mean);
            for (share, own_mean, scores) in &shares {
                *score += share * (scores[item] - own_mean);
            }
        }
    }
}

impl Default for Fusion {
    fn default() -> Self {
        Self::JOINT
    }
}

/// The items that stand for a catalogue of so many where a reading's mean and spread are taken, ascending: all of a small one, and of a
/// large one the same sample each time.
pub(super) fn sample_of(n_items: usize) -> Vec<u32> {
    if n_items <= MAX_WHOLE {
        return (0..n_items as u32).collect();
    }
    let drawn = sample(&mut ChaCha8Rng::seed_from_u64(0), n_items, N_SAMPLE);
    let mut items: Vec<u32> = drawn.into_iter().map(|item| item as u32).collect();
    items.sort_unstable();
    items
}

pub(super) fn mean_and_spread(scores: impl ExactSizeIterator<Item = f32> + Clone) -> (f32, f32) {
    let n = scores.len().max(1) as f64;
    let mean = scores.clone().map(f64::from).sum::<f64>() / n;
    let variance = scores.map(|score| (f64::from(score) - mean).powi(2)).sum::<f64>() / n;
    (mean as f32, variance.sqrt() as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [u32; 3] = [0, 1, 2];

    #[test]
    fn a_large_catalogue_is_stood_for_by_a_sample() {
        assert_eq!(sample_of(MAX_WHOLE).len(), MAX_WHOLE);
        let sample = sample_of(MAX_WHOLE + 1);
        assert_eq!(sample.len(), N_SAMPLE);
        assert!(sample.is_sorted_by(|a, b| a < b) && sample.iter().all(|&item| item <= MAX_WHOLE as u32));
        assert_eq!(sample, sample_of(MAX_WHOLE + 1));
    }

    #[test]
    fn readings_count_in_units_of_their_spread() {
        let mut joint = [1.0, 3.0, 5.0];
        let fusion = Fusion { joint: 1.0, search: 1.0, recommendation: 0.0 };
        // The same reading on another scale changes nothing.
        fusion.fuse(&mut joint, &[10.0, 30.0, 50.0], &[0.0; 3], &ALL);
        for (got, expected) in joint.iter().zip([1.0, 3.0, 5.0]) {
            assert!((got - expected).abs() < 1e-5, "{got}");
        }
        // The opposite reading takes everything back to the mean.
        fusion.fuse(&mut joint, &[5.0, 3.0, 1.0], &[7.0; 3], &ALL);
        assert!(joint.iter().all(|score| (score - 3.0).abs() < 1e-5));
    }

    #[test]
    fn shares_of_nothing_are_no_fusion() {
        assert!(Fusion::JOINT.is_valid());
        for joint in [0.0, -1.0, f32::NAN, f32::INFINITY] {
            assert!(!Fusion { joint, ..Fusion::JOINT }.is_valid(), "{joint}");
        }
    }

    #[test]
    fn the_joint_reading_alone_stays_as_it_is() {
        let mut joint = [0.5, -2.0, 4.0];
        Fusion::JOINT.fuse(&mut joint, &[1.0, 2.0, 3.0], &[3.0, 2.0, 1.0], &ALL);
        assert!(joint.iter().zip([0.5f32, -2.0, 4.0]).all(|(got, expected)| (got - expected).abs() < 1e-6));
    }
}
