//! The mixer's weights as plain numbers: for scores of some thousand items without a tensor, and for how scores change with each
//! feature.

use super::features::{Feature, N_FEATURES};
use super::mixer::MixerWeights;
use super::{N_CONTEXT, Reading};
use crate::fused::vectorised;

/// Items whose features stay in the cache together.
const BLOCK: usize = 256;

/// A mixer for one context and one reading.
#[derive(Debug)]
pub(super) struct Mixing<'m> {
    mixer: &'m MixerWeights,
    /// Features that the reading sees.
    seen: Vec<Feature>,
    /// Of each feature, `[N_FEATURES]`; 0 for those that are not seen.
    weights: [f32; N_FEATURES],
    /// `[d_mixer]`: what the context brings to each hidden number.
    from_context: Vec<f32>,
}

impl MixerWeights {
    /// What the mixer makes of a context, which is the reading's own.
    pub(super) fn at(&self, context: &[f32; N_CONTEXT], reading: Reading) -> Mixing<'_> {
        let seen: Vec<Feature> = Feature::ALL.into_iter().filter(|&feature| reading.sees(feature)).collect();
        let mut weights = [0.0; N_FEATURES];
        for feature in seen.iter().map(|feature| feature.row()) {
            let gates = context.iter().zip(self.gates.chunks_exact(N_FEATURES));
            weights[feature] = self.weights[feature] + gates.map(|(value, gates)| value * gates[feature]).sum::<f32>();
        }
        let from_context = (0..self.output.len()).map(|hidden| {
            let rows = context.iter().zip(self.hidden_context.chunks_exact(self.output.len()));
            self.hidden_bias[hidden] + rows.map(|(value, row)| value * row[hidden]).sum::<f32>()
        });
        Mixing { from_context: from_context.collect(), mixer: self, seen, weights }
    }
}

impl Mixing<'_> {
    /// The scores of some items.
    ///
    /// # Shapes
    /// - `products`: `[n]`, the inner products `⟨q, v⟩`
    /// - `features`: `[N_FEATURES, n]`, in units of their spread
    /// - returns `[n]`
    pub(super) fn scores(&self, products: &[f32], features: &[f32]) -> Vec<f32> {
        let n = products.len();
        let mut scores: Vec<f32> = products.iter().map(|product| product * self.mixer.scale).collect();
        vectorised(|| {
            for first in (0..n).step_by(BLOCK) {
                let block = first..(first + BLOCK).min(n);
                let row = |feature: Feature| &features[feature.row() * n..][..n][block.clone()];
                let scores = &mut scores[block.clone()];
                for &feature in &self.seen {
                    add_scaled(scores, self.weights[feature.row()], row(feature));
                }
                let mut hidden = [0.0; BLOCK];
                for (number, output) in self.mixer.output.iter().enumerate() {
                    let hidden = &mut hidden[..scores.len()];
                    self.hidden_number(number, row, hidden);
                    scores.iter_mut().zip(hidden).for_each(|(score, hidden)| *score += output * hidden.max(0.0));
                }
            }
        });
        scores
    }

    /// How much a score changes with each feature, and with the product of the towers, around the items in `places` of `features`
    /// (`[N_FEATURES, n]`): hidden numbers count as often as they are above 0 there.
    pub(super) fn slopes(&self, features: &[f32], n: usize, places: &[usize]) -> Slopes {
        let mut by_feature = self.weights;
        for (number, output) in self.mixer.output.iter().enumerate() {
            let is_active = |&place: &usize| {
                let mut hidden = [0.0];
                self.hidden_number(number, |feature| &features[feature.row() * n + place..][..1], &mut hidden);
                hidden[0] > 0.0
            };
            let share = places.iter().filter(|place| is_active(place)).count() as f32 / places.len().max(1) as f32;
            for feature in self.seen.iter().map(|feature| feature.row()) {
                by_feature[feature] += share * output * self.mixer.hidden[feature * self.mixer.output.len() + number];
            }
        }
        Slopes { product: self.mixer.scale, by_feature }
    }

    /// A hidden number before it is cut off at 0, of each item of a block.
    #[inline(always)]
    fn hidden_number<'f>(&self, number: usize, row: impl Fn(Feature) -> &'f [f32], hidden: &mut [f32]) {
        hidden.fill(self.from_context[number]);
        for &feature in &self.seen {
            add_scaled(hidden, self.mixer.hidden[feature.row() * self.mixer.output.len() + number], row(feature));
        }
    }
}

/// How a score changes.
#[derive(Debug)]
pub(super) struct Slopes {
    /// With the product of the towers.
    pub(super) product: f32,
    /// With each feature, in units of its spread.
    pub(super) by_feature: [f32; N_FEATURES],
}

#[inline(always)]
fn add_scaled(sums: &mut [f32], factor: f32, values: &[f32]) {
    sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += factor * value);
}
