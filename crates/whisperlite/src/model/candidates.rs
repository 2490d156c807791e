//! The candidates of a question: the best of all items by a sum that is close to the model.

use crate::item_set::ItemSet;
use crate::lexical::TermWeight;
use crate::metrics::{NonFiniteScore, TopK};

use super::column_features::SUMS;
use super::features::{Feature, N_FEATURES};
use super::in_units;
use super::retrieval::{Blend, STATIC, Scratch};
use super::sums::{Directions, accumulate, add};

/// Postings that are gone through for the words that items share with what somebody chose.
const MAX_POSTINGS: usize = 200_000;

/// What each thing that is known of an item adds to its sum.
struct Coefficients {
    /// `[d]`: times the item tower's vector.
    tower: Vec<f32>,
    /// `[d]`: times the encoder's vector.
    encoder: Vec<f32>,
    /// `[d]`: times the mean request under which it was chosen.
    past: Vec<f32>,
    /// `[N_FEATURES]`: times each feature, in units of its spread.
    by_feature: [f32; N_FEATURES],
}

impl Blend<'_> {
    /// Columns that the blend is likely to like best, ascending: `n` of the allowed ones of the catalog or somewhat more, and as many
    /// of those that came since; all that are allowed, where there are no more than twice as many.
    ///
    /// # Errors
    /// If the model's numbers are not finite.
    pub fn candidates(&self, allowed: &ItemSet, n: usize) -> Result<Vec<u32>, NonFiniteScore> {
        // Twice as many are sooner scored than all others are looked through.
        if allowed.len() <= 2 * n {
            return Ok(allowed.iter().collect());
        }
        let mut columns = self.best_of_catalog(allowed, n)?;
        columns.extend(self.retrieval.heads().iter().filter(|&&item| allowed.contains(item)));
        columns.extend(self.best_of_live(allowed, n)?);
        columns.sort_unstable();
        columns.dedup();
        Ok(columns)
    }

    fn best_of_catalog(&self, allowed: &ItemSet, n: usize) -> Result<Vec<u32>, NonFiniteScore> {
        let mut scratch = self.retrieval.scratch();
        let Scratch { sums, past, .. } = &mut *scratch;
        let coefficients = self.coefficients();
        sums.fill(0.0);
        self.add_sums(&coefficients, sums);
        self.add_profiles(&coefficients, sums);
        self.add_products(&coefficients, sums, past);
        allowed.leave_only(sums, f32::MIN);
        let mut best = TopK::new(n);
        best.offer(sums, 0, &[])?;
        let found = best.into_ranking().into_iter().filter(|ranked| ranked.score > f32::MIN);
        Ok(found.map(|ranked| ranked.item_idx).collect())
    }

    /// What came since is little, and is scored by the model itself.
    fn best_of_live(&self, allowed: &ItemSet, n: usize) -> Result<Vec<u32>, NonFiniteScore> {
        let columns = &self.retrieval.columns;
        let first = columns.n_catalog() as u32;
        let live: Vec<u32> = (first..).take(columns.live.len()).filter(|&column| allowed.contains(column)).collect();
        if live.len() <= n {
            return Ok(live);
        }
        let mut best = TopK::new(n);
        best.offer(&self.scores(&live), 0, &[])?;
        Ok(best.into_ranking().into_iter().map(|ranked| live[ranked.item_idx as usize]).collect())
    }

    fn coefficients(&self) -> Coefficients {
        let (columns, directions) = (&self.retrieval.columns, &self.retrieval.directions);
        let zeros = || vec![0.0; columns.memory.world.vectors.dim()];
        let mut sum = Coefficients { tower: zeros(), encoder: zeros(), past: zeros(), by_feature: [0.0; N_FEATURES] };
        for (part, slopes) in self.parts.iter().zip(self.slopes()) {
            add(&mut sum.tower, part.weight * slopes.product, &part.query);
            add(&mut sum.by_feature, part.weight, &slopes.by_feature);
        }
        let model = self.retrieval.model();
        for feature in Feature::ALL.into_iter().filter(|feature| !feature.is_in(&model.config.parts)) {
            sum.by_feature[feature.row()] = 0.0;
        }
        let plain = |feature: Feature| sum.by_feature[feature.row()] / model.spread[feature.row()];
        for (feature, direction) in Directions::WITH_ITEMS {
            add(&mut sum.encoder, plain(feature), direction(directions));
        }
        add(&mut sum.encoder, plain(Feature::Trend), &columns.memory.trend);
        for (feature, direction) in Directions::WITH_PAST {
            add(&mut sum.past, plain(feature), direction(directions));
        }
        sum
    }

    fn add_sums(&self, coefficients: &Coefficients, sums: &mut [f32]) {
        for feature in SUMS {
            let (weight, unit) = (coefficients.by_feature[feature.row()], self.retrieval.model().spread[feature.row()]);
            if weight != 0.0 {
                let met = self.retrieval.sheet().met(feature);
                met.for_each(|(item, value)| sums[item as usize] += weight * in_units(value, unit));
            }
        }
    }

    /// Adds the words that items share with what somebody chose, the rarest first, until there is no more time for them.
    fn add_profiles(&self, coefficients: &Coefficients, sums: &mut [f32]) {
        let index = &self.retrieval.columns.memory.world.tf_idf_index;
        let mut terms: Vec<TermWeight> = Vec::new();
        for (feature, profile) in self.retrieval.sheet().profiles() {
            let weight = coefficients.by_feature[feature.row()] / self.retrieval.model().spread[feature.row()];
            terms.extend(profile.iter().map(|&(term, share)| (term, weight * share)));
        }
        terms.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let together = |same: &[TermWeight]| (same[0].0, same.iter().map(|&(_, weight)| weight).sum::<f32>());
        let mut terms: Vec<TermWeight> = terms.chunk_by(|a, b| a.0 == b.0).map(together).collect();
        terms.sort_by_key(|&(term, _)| index.of(term).len());
        let mut left = MAX_POSTINGS;
        let affordable = terms.iter().take_while(|&&(term, _)| {
            let n_postings = index.of(term).len();
            let is_affordable = n_postings <= left;
            left = left.saturating_sub(n_postings);
            is_affordable
        });
        let affordable = affordable.count();
        accumulate(index, &terms[..affordable], |item, share| sums[item as usize] += share);
    }

    fn add_products(&self, coefficients: &Coefficients, sums: &mut [f32], past: &mut [f32]) {
        let retriever = self.retrieval.retriever;
        past.fill(0.0);
        retriever.coded.past.add_products(&coefficients.past, past);
        let past_items = &self.retrieval.columns.memory.past.items;
        past_items.iter().zip(&*past).for_each(|(&item, product)| sums[item as usize] += product);
        let statics = STATIC.into_iter().zip(retriever.coded.static_units).map(|(feature, unit)| {
            coefficients.by_feature[feature.row()] / self.retrieval.model().spread[feature.row()] / unit
        });
        let query: Vec<f32> = coefficients.tower.iter().chain(&coefficients.encoder).copied().chain(statics).collect();
        retriever.coded.items.add_products(&query, sums);
    }
}
