//! Three readings of one question: what the request says alone, what the person says alone, and both together.
//!
//! The joint reading knows how request and person go together, but for a request that it has hardly seen, or a person
//! whose history misleads, the plainer readings are the steadier ones. The share of each is chosen on validation.

use serde::{Deserialize, Serialize};

/// How much each reading counts, in units of its spread over the catalogue.
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
    /// `joint`, `search`, `recommendation`: `[n_items]`.
    pub(super) fn fuse(&self, joint: &mut [f32], search: &[f32], recommendation: &[f32]) {
        let total = self.joint + self.search + self.recommendation;
        let (mean, spread) = mean_and_spread(joint);
        let readings = [(self.search, search), (self.recommendation, recommendation)];
        let shares = readings.map(|(weight, scores)| {
            let (own_mean, own_spread) = mean_and_spread(scores);
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

pub(super) fn mean_and_spread(scores: &[f32]) -> (f32, f32) {
    let n = scores.len().max(1) as f64;
    let mean = scores.iter().copied().map(f64::from).sum::<f64>() / n;
    let variance = scores.iter().map(|&score| (f64::from(score) - mean).powi(2)).sum::<f64>() / n;
    (mean as f32, variance.sqrt() as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_count_in_units_of_their_spread() {
        let mut joint = [1.0, 3.0, 5.0];
        let fusion = Fusion { joint: 1.0, search: 1.0, recommendation: 0.0 };
        // The same reading on another scale changes nothing.
        fusion.fuse(&mut joint, &[10.0, 30.0, 50.0], &[0.0; 3]);
        for (got, expected) in joint.iter().zip([1.0, 3.0, 5.0]) {
            assert!((got - expected).abs() < 1e-5, "{got}");
        }
        // The opposite reading takes everything back to the mean.
        fusion.fuse(&mut joint, &[5.0, 3.0, 1.0], &[7.0; 3]);
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
        Fusion::JOINT.fuse(&mut joint, &[1.0, 2.0, 3.0], &[3.0, 2.0, 1.0]);
        assert!(joint.iter().zip([0.5f32, -2.0, 4.0]).all(|(got, expected)| (got - expected).abs() < 1e-6));
    }
}
