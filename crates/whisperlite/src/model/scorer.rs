//! A trained model, ready to rank the whole catalogue.

use std::io;

use burn::tensor::{Device, Tensor, TensorData};
use rayon::prelude::*;

use crate::flat_file::{FlatError, FlatReader, FlatWriter};
use crate::index::{ExactIndex, floats};

use super::features::{Feature, N_FEATURES};
use super::fusion::sample_of;
use super::live::Columns;
use super::{Ask, Fusion, HistoryInputs, ItemInputs, Known, LiveItems, Memory, Model, N_CONTEXT, QueryInputs, Reading};

/// Items that pass through the item tower together.
const ITEM_BLOCK: usize = 4096;
/// Feature values held at one time by one thread.
const MAX_FEATURE_VALUES: usize = 16 << 20;

/// A value in units of its feature's spread, held within what training sees but for a few outliers.
pub(crate) fn in_units(value: f32, unit: f32) -> f32 {
    (value / unit).clamp(-8.0, 8.0)
}

/// A model and what it knows at a moment; the items' vectors are computed once.
pub struct Scorer<'a> {
    model: &'a Model,
    memory: &'a Memory<'a>,
    items: ExactIndex,
    /// Where the mean and the spread of a reading are taken.
    sample: Vec<u32>,
}

/// What the item tower makes of all items.
pub(crate) struct Towers {
    items: ExactIndex,
}

impl Towers {
    /// Reads what [`Scorer::save`] wrote.
    ///
    /// # Shapes
    /// `n_items` vectors of length `d`.
    pub(crate) fn load(n_items: usize, d: usize, from: &mut FlatReader) -> Result<Self, FlatError> {
        let rows = from.array_of("towers", n_items * d)?;
        let items = ExactIndex::new(d, rows).map_err(|_| from.odd("towers", "no vectors"))?;
        Ok(Self { items })
    }
}

impl<'a> Scorer<'a> {
    /// Computes the vectors of all items.
    pub fn new(model: &'a Model, memory: &'a Memory<'a>) -> Self {
        let n_items = memory.world().catalog.n_items() as u32;
        let all: Vec<u32> = (0..n_items).collect();
        let d = memory.world().vectors.dim();
        let mut rows = vec![0.0; all.len() * d];
        let blocks = all.par_chunks(ITEM_BLOCK).zip(rows.par_chunks_mut(ITEM_BLOCK * d));
        blocks.for_each(|(items, rows)| {
            let inputs = ItemInputs::new(
                memory.world().vectors,
                items,
                |item| memory.past_vector(item),
                |item| memory.is_warm(item),
                &model.config.parts,
                &Device::flex(),
            );
            rows.copy_from_slice(&floats(model.network.item_tower.forward(&inputs)));
        });
        let items = ExactIndex::new(d, rows).expect("each item has a whole row");
        Self::with(model, memory, items)
    }

    /// Puts a scorer together from vectors that the same model made before of the same memory.
    pub(crate) fn of(model: &'a Model, memory: &'a Memory<'a>, towers: Towers) -> Self {
        Self::with(model, memory, towers.items)
    }

    fn with(model: &'a Model, memory: &'a Memory<'a>, items: ExactIndex) -> Self {
        Self { model, memory, items, sample: sample_of(memory.world().catalog.n_items()) }
    }

    /// Takes out the items' vectors.
    pub(crate) fn into_towers(self) -> Towers {
        Towers { items: self.items }
    }

    /// Writes the items' vectors into a file.
    pub(crate) fn save(&self, out: &mut FlatWriter<'_>) -> io::Result<()> {
        out.array("towers", self.items.rows())
    }

    /// What the scorer knows.
    pub fn memory(&self) -> &'a Memory<'a> {
        self.memory
    }

    /// The items of which the mean and the spread of a reading are taken, ascending.
    pub(super) fn sample(&self) -> &[u32] {
        &self.sample
    }

    /// `[d]`: the tower's vector of one of the catalog's items.
    pub(super) fn tower(&self, item_idx: u32) -> &[f32] {
        self.items.row(item_idx)
    }

    /// `[d]`: what the query tower makes of one question.
    pub(super) fn query(
        &self,
        ask: &Ask,
        columns: Columns<'_>,
        context: &[f32; N_CONTEXT],
        reading: Reading,
    ) -> Vec<f32> {
        let inputs = self.query_inputs(std::slice::from_ref(ask), columns, std::slice::from_ref(context), reading);
        floats(self.model.network.query_tower.forward(&inputs))
    }

    pub(super) fn model(&self) -> &'a Model {
        self.model
    }

    /// Writes the score of every item for every ask.
    ///
    /// # Shapes
    /// `scores`: `[asks.len(), n_items]`, row-major.
    pub fn score(&self, asks: &[Ask], scores: &mut [f32]) {
        self.score_with(asks, &LiveItems::default(), scores);
    }

    /// The same, also of items that came since; histories may name them by their columns.
    ///
    /// # Shapes
    /// `scores`: `[asks.len(), n_items + live.len()]`, row-major: the catalog's items, then the live ones.
    pub fn score_with(&self, asks: &[Ask], live: &LiveItems, scores: &mut [f32]) {
        if !self.model.config.parts.history {
            // Such a model never saw a person in training, and must not see one now.
            let requests: Vec<Ask> = asks.iter().cloned().map(Ask::without_person).collect();
            return self.score_blocks(&requests, live, scores);
        }
        self.score_blocks(asks, live, scores);
    }

    fn score_blocks(&self, asks: &[Ask], live: &LiveItems, scores: &mut [f32]) {
        let columns = Columns { memory: self.memory, live };
        let n_columns = columns.n_all().max(1);
        let block = (MAX_FEATURE_VALUES / (N_FEATURES * n_columns)).max(1);
        for (asks, scores) in asks.chunks(block).zip(scores.chunks_mut(block * n_columns)) {
            self.score_block(asks, columns, scores);
        }
    }

    /// Computes what is known once, and reads it in every way that counts.
    fn score_block(&self, asks: &[Ask], columns: Columns<'_>, scores: &mut [f32]) {
        let n_items = columns.n_all();
        let Known { mut features, contexts } = self.memory.know_with(asks, columns.live);
        for rows in features.chunks_exact_mut((N_FEATURES * n_items).max(1)) {
            self.to_units(rows, n_items);
        }
        let features = Tensor::from_data(TensorData::new(features, [asks.len(), N_FEATURES, n_items]), &Device::flex());
        let read = |reading: Reading| floats(self.read(asks, columns, &contexts, &features, reading));
        scores.copy_from_slice(&read(Reading::Joint));
        let fusion = self.model.fusion;
        let has_all = |ask: &Ask| ask.words.is_some() && !ask.person.history.is_empty();
        if fusion == Fusion::JOINT || !asks.iter().any(has_all) {
            return;
        }
        let (search, recommendation) = (read(Reading::SearchAlone), read(Reading::RecommendationAlone));
        let rows = search.chunks_exact(n_items).zip(recommendation.chunks_exact(n_items));
        for ((ask, joint), (search, recommendation)) in asks.iter().zip(scores.chunks_exact_mut(n_items)).zip(rows) {
            if has_all(ask) {
                fusion.fuse(joint, search, recommendation, &self.sample);
            }
        }
    }

    /// One reading of each question, `[asks.len(), n_columns]`.
    fn read(
        &self,
        asks: &[Ask],
        columns: Columns<'_>,
        contexts: &[[f32; N_CONTEXT]],
        features: &Tensor<3>,
        reading: Reading,
    ) -> Tensor<2> {
        let network = &self.model.network;
        let inputs = self.query_inputs(asks, columns, contexts, reading);
        let queries = network.query_tower.forward(&inputs);
        let mut products = self.items.products(queries.clone());
        if !columns.live.is_empty() {
            let live = columns.live.towers(self.items.dim());
            products = Tensor::cat(vec![products, queries.matmul(live.transpose())], 1);
        }
        let features = match reading {
            Reading::Joint => features.clone(),
            _ => {
                let seen = Feature::ALL.map(|feature| if reading.sees(feature) { 1.0f32 } else { 0.0 });
                features.clone() * Tensor::<1>::from_data(seen, &Device::flex()).reshape([1, N_FEATURES, 1])
            }
        };
        network.mixer.forward(products, features, inputs.context)
    }

    /// Divides each feature by its spread; features that the model does not have become zero.
    pub(super) fn to_units(&self, rows: &mut [f32], n_items: usize) {
        for (feature, row) in Feature::ALL.into_iter().zip(rows.chunks_exact_mut(n_items.max(1))) {
            if feature.is_in(&self.model.config.parts) {
                let unit = self.model.spread[feature.row()];
                row.iter_mut().for_each(|value| *value = in_units(*value, unit));
            } else {
                row.fill(0.0);
            }
        }
    }

    fn query_inputs(
        &self,
        asks: &[Ask],
        columns: Columns<'_>,
        contexts: &[[f32; N_CONTEXT]],
        reading: Reading,
    ) -> QueryInputs {
        let vectors = self.memory.world().vectors;
        let mut request = Vec::with_capacity(asks.len() * vectors.dim());
        let mut histories: Vec<Vec<(u32, Option<u32>)>> = Vec::with_capacity(asks.len());
        for ask in asks {
            match ask.words.as_ref().filter(|_| reading.sees_request()) {
                Some(words) => request.extend_from_slice(&words.vector),
                None => request.extend(std::iter::repeat_n(0.0, vectors.dim())),
            }
            histories.push(if reading.sees_person() { ask.person.wanted().collect() } else { Vec::new() });
        }
        let contexts: Vec<f32> = contexts.iter().flat_map(|&context| reading.context(context)).collect();
        let histories: Vec<&[(u32, Option<u32>)]> = histories.iter().map(Vec::as_slice).collect();
        QueryInputs {
            request: Tensor::from_data(TensorData::new(request, [asks.len(), vectors.dim()]), &Device::flex()),
            context: Tensor::from_data(TensorData::new(contexts, [asks.len(), N_CONTEXT]), &Device::flex()),
            history: HistoryInputs::new(
                vectors,
                |column| columns.vector(column),
                &histories,
                self.model.config.max_history,
                &Device::flex(),
            ),
        }
    }
}
