//! From examples to tensors.

use std::collections::{HashMap, HashSet};

use burn::tensor::{Device, Int, Tensor, TensorData};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::examples::{Example, SnapshotExamples};
use super::{ExampleConfig, TrainConfig};
use crate::loss::EXCLUDED;
use crate::model::{
    Feature, HistoryInputs, ItemInputs, N_CONTEXT, N_FEATURES, Network, QueryInputs, Reading, Vectors, in_units,
};

/// Questions of one snapshot, with everything that the network and the loss need.
pub(super) struct Batch {
    queries: QueryInputs,
    pool: ItemInputs,
    candidates: Tensor<2, Int>,
    features: Tensor<3>,
    /// `[batch, n]`: sampling correction; [`EXCLUDED`] where a row has no candidate.
    log_weights: Tensor<2>,
    /// `[batch, n]`: 1 for positives.
    pub(super) labels: Tensor<2>,
    /// `[batch, n]`: 1 for candidates, 0 where a row has none.
    pub(super) present: Tensor<2>,
}

/// How much of a question is asked.
fn draw_reading(config: &ExampleConfig, rng: &mut ChaCha8Rng) -> Reading {
    match rng.random::<f64>() {
        x if x < config.without_words => Reading::RecommendationAlone,
        x if x < config.without_words + config.without_person => Reading::SearchAlone,
        x if x < config.without_words + config.without_person + config.with_neither => Reading::Neither,
        _ => Reading::Joint,
    }
}

impl Batch {
    /// Puts examples of one snapshot together; `spread` is the unit of each feature.
    pub(super) fn new(
        vectors: &Vectors,
        snapshot: &SnapshotExamples,
        examples: &[&Example],
        spread: &[f32; N_FEATURES],
        config: &TrainConfig,
        rng: &mut ChaCha8Rng,
        device: &Device,
    ) -> Self {
        let readings: Vec<Reading> = examples.iter().map(|_| draw_reading(&config.examples, rng)).collect();
        let asked: Vec<(&Example, Reading)> = examples.iter().copied().zip(readings).collect();
        let pool: Vec<u32> = pool_of(examples);
        let place_of: HashMap<u32, i32> = pool.iter().copied().zip(0i32..).collect();
        let width = examples.iter().map(|example| example.items.len()).max().unwrap_or(0);
        let shape = [examples.len(), width];
        let padded = |example: &Example, values: &mut dyn Iterator<Item = f32>, fill: f32| -> Vec<f32> {
            values.chain(std::iter::repeat(fill)).take(width.max(example.items.len())).collect()
        };
        let per_candidate = |value: &dyn Fn(&Example, usize) -> f32, fill: f32| -> Tensor<2> {
            let rows = examples.iter().flat_map(|example| {
                padded(example, &mut (0..example.items.len()).map(|place| value(example, place)), fill)
            });
            Tensor::from_data(TensorData::new(rows.collect(), shape), device)
        };
        let candidates: Vec<i32> = examples
            .iter()
            .flat_map(|e| e.items.iter().map(|item| place_of[item]).chain(std::iter::repeat(0)).take(width))
            .collect();
        Self {
            queries: query_inputs(vectors, &asked, config, device),
            pool: pool_inputs(vectors, snapshot, &pool, config, rng, device),
            candidates: Tensor::from_data(TensorData::new(candidates, shape), device),
            features: feature_tensor(&asked, spread, width, config, device),
            present: per_candidate(&|_, _| 1.0, 0.0),
            labels: per_candidate(&|example, place| if place < example.n_positives { 1.0 } else { 0.0 }, 0.0),
            log_weights: per_candidate(&|example, place| example.log_weights[place], EXCLUDED),
        }
    }

    /// Scores of the candidates, `[batch, n]`.
    pub(super) fn scores(&self, network: &Network) -> Tensor<2> {
        network.forward(&self.queries, &self.pool, self.candidates.clone(), self.features.clone())
    }

    /// Scores as a softmax over the whole catalogue needs them: a sampled candidate stands for many.
    pub(super) fn corrected(&self, scores: Tensor<2>) -> Tensor<2> {
        scores + self.log_weights.clone()
    }
}

/// All candidates of all examples, each once, ascending.
fn pool_of(examples: &[&Example]) -> Vec<u32> {
    let mut pool: Vec<u32> = examples.iter().flat_map(|example| example.items.iter().copied()).collect();
    pool.sort_unstable();
    pool.dedup();
    pool
}

fn query_inputs(
    vectors: &Vectors,
    asked: &[(&Example, Reading)],
    config: &TrainConfig,
    device: &Device,
) -> QueryInputs {
    let (mut request, mut context) = (Vec::new(), Vec::new());
    let mut histories: Vec<&[(u32, Option<u32>)]> = Vec::new();
    for &(example, reading) in asked {
        let words = example.request_idx.filter(|_| reading.sees_request());
        match words {
            Some(request_idx) => request.extend_from_slice(vectors.request(request_idx)),
            None => request.extend(std::iter::repeat_n(0.0, vectors.dim())),
        }
        let reading = if config.model.parts.history { reading } else { reading.without_person() };
        histories.push(if reading.sees_person() { &example.history } else { &[] });
        context.extend(reading.context(example.context));
    }
    QueryInputs {
        request: Tensor::from_data(TensorData::new(request, [asked.len(), vectors.dim()]), device),
        context: Tensor::from_data(TensorData::new(context, [asked.len(), N_CONTEXT]), device),
        history: HistoryInputs::new(vectors, |item| vectors.item(item), &histories, config.model.max_history, device),
    }
}

fn pool_inputs(
    vectors: &Vectors,
    snapshot: &SnapshotExamples,
    pool: &[u32],
    config: &TrainConfig,
    rng: &mut ChaCha8Rng,
    device: &Device,
) -> ItemInputs {
    let kept: HashSet<u32> = pool
        .iter()
        .copied()
        .filter(|item| {
            snapshot.warm.binary_search(item).is_ok() && rng.random::<f64>() >= config.model.item_part_dropout
        })
        .collect();
    let past = |item: u32| snapshot.past_vectors.get(&item).map(Vec::as_slice);
    ItemInputs::new(vectors, pool, past, |item| kept.contains(&item), &config.model.parts, device)
}

fn feature_tensor(
    asked: &[(&Example, Reading)],
    spread: &[f32; N_FEATURES],
    width: usize,
    config: &TrainConfig,
    device: &Device,
) -> Tensor<3> {
    let mut values = Vec::with_capacity(asked.len() * N_FEATURES * width);
    for &(example, reading) in asked {
        for (feature, row) in Feature::ALL.into_iter().zip(example.features.chunks_exact(example.items.len())) {
            let shown = reading.sees(feature) && feature.is_in(&config.model.parts);
            let unit = spread[feature.row()];
            values.extend(row.iter().map(|&value| if shown { in_units(value, unit) } else { 0.0 }));
            values.extend(std::iter::repeat_n(0.0, width - row.len()));
        }
    }
    Tensor::from_data(TensorData::new(values, [asked.len(), N_FEATURES, width]), device)
}
