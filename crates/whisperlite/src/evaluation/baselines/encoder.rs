//! The frozen encoder's plain search: nearest items by cosine.

use burn::tensor::{Device, Tensor, TensorData};

use super::{Protocol, Query, Ranker};
use crate::index::{ExactIndex, floats};
use crate::model::{View, World, scale_to_unit};

/// Cosine of the request's vector with each item's; without words, of the mean of what the person chose before.
pub struct Encoder<'a> {
    protocol: &'a Protocol<'a>,
    world: &'a World<'a>,
    view: View,
    items: ExactIndex,
}

impl<'a> Encoder<'a> {
    /// Searches one view of the items of `world`, and reads the histories of `protocol` where there are no words.
    pub fn new(protocol: &'a Protocol<'a>, world: &'a World<'a>, view: View) -> Self {
        Self { protocol, world, view, items: world.index_as(view) }
    }

    /// The views that can tell something about the items of `world`.
    pub fn views(world: &World<'_>) -> &'static [View] {
        if world.vectors.sees_pictures() { &[View::Whole, View::Text, View::Picture] } else { &[View::Whole] }
    }

    fn query_vector(&self, query: &Query) -> Vec<f32> {
        if let Some(request_idx) = query.request_idx {
            return self.world.vectors.request(request_idx).to_vec();
        }
        let mut sum = vec![0.0; self.world.vectors.dim()];
        for entry in self.protocol.history(query).iter().filter(|entry| entry.event_type.is_positive()) {
            for (sum, &value) in sum.iter_mut().zip(self.world.vectors.item(entry.item_idx)) {
                *sum += value;
            }
        }
        scale_to_unit(&mut sum);
        sum
    }
}

impl Ranker for Encoder<'_> {
    fn name(&self) -> &str {
        match self.view {
            View::Whole => "encoder",
            View::Text => "encoder (text alone)",
            View::Picture => "encoder (picture alone)",
        }
    }

    fn score(&self, queries: &[Query], scores: &mut [f32]) {
        let asks_the_same = |a: &Query, b: &Query| a.request_idx.is_some() && a.request_idx == b.request_idx;
        let groups: Vec<&[Query]> = queries.chunk_by(asks_the_same).collect();
        let vectors: Vec<f32> = groups.iter().flat_map(|group| self.query_vector(&group[0])).collect();
        let shape = [groups.len(), self.world.vectors.dim()];
        let vectors = Tensor::from_data(TensorData::new(vectors, shape), &Device::flex());
        let cosines = floats(self.items.products(vectors));
        let n_items = scores.len() / queries.len().max(1);
        let mut rows = scores.chunks_exact_mut(n_items.max(1));
        for (group, cosines) in groups.iter().zip(cosines.chunks_exact(n_items.max(1))) {
            for row in rows.by_ref().take(group.len()) {
                row.copy_from_slice(cosines);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::TimeKind;
    use crate::catalog::sample::{catalog_of, click};
    use crate::catalog::split::{Part, Split, SplitConfig};
    use crate::model::{ModelError, Vectors};

    #[test]
    fn words_come_first_then_the_mean_of_the_history() {
        let events = vec![
            click(0, 0, None, 0),
            click(0, 1, None, 1),
            click(0, 2, Some(0), 2),
            click(1, 0, None, 0),
            click(1, 0, None, 1),
            click(1, 2, None, 2),
        ];
        let catalog = catalog_of(TimeKind::Order, 2, 3, &["up"], events);
        let split = Split::new(&catalog, &SplitConfig::default()).unwrap();
        let protocol = Protocol::new(&catalog, &split, Part::Test);
        let vectors = Vectors::new(2, vec![2.0, 0.0, 0.0, 1.0, -1.0, 0.0], vec![0.0, 5.0]).unwrap();
        let world = World::new(&catalog, &vectors).unwrap();
        let encoder = Encoder::new(&protocol, &world, View::Whole);
        let ask = |user_idx, request_idx| Query { user_idx, request_idx, moment: 2 };
        let queries =
            [ask(Some(0), Some(0)), ask(Some(1), Some(0)), ask(Some(0), None), ask(Some(1), None), ask(None, None)];
        let mut scores = vec![0.0; 15];
        encoder.score(&queries, &mut scores);
        let half = 0.5f32.sqrt();
        let expected = [0.0, 1.0, 0.0, 0.0, 1.0, 0.0, half, half, -half, 1.0, 0.0, -1.0, 0.0, 0.0, 0.0];
        for (got, expected) in scores.iter().zip(expected) {
            assert!((got - expected).abs() < 1e-6, "{scores:?}");
        }
    }

    #[test]
    fn vectors_that_do_not_fit_are_refused() {
        let shape = Vectors::new(2, vec![0.0; 2], vec![0.0; 3]).unwrap_err();
        assert!(matches!(shape, ModelError::VectorShape { of: "request", n_values: 3, dim: 2 }), "{shape}");
        let broken = Vectors::new(2, vec![0.0, 1.0, f32::INFINITY, 0.0], vec![0.0; 2]).unwrap_err();
        assert!(matches!(broken, ModelError::VectorNotFinite { of: "item", row: 1 }), "{broken}");
        let catalog = catalog_of(TimeKind::Order, 1, 3, &["up"], vec![click(0, 0, None, 0)]);
        let others = Vectors::new(2, vec![0.0; 4], vec![0.0; 2]).unwrap();
        let count = World::new(&catalog, &others).err().expect("two vectors are not those of three items");
        assert!(matches!(count, ModelError::VectorCount { of: "item", n_vectors: 2, n_rows: 3 }), "{count}");
    }
}
