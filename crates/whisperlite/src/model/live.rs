//! Items that came, or say something else, since everything was counted.
//!
//! World and memory are made once, of a whole catalog. An item that a shop puts in meanwhile is a further column beside those of
//! the catalog: its vectors and words are its own, and what people did with the item whose place it takes holds for it. Words that
//! no item had before are unknown until everything is counted anew, and so is what people do with it.

use std::sync::Arc;

use burn::tensor::{Device, Tensor, TensorData};

use crate::index::floats;
use crate::lexical::{DocumentTerms, TermWeight};

use super::features_of::dot;
use super::{ItemInputs, Memory, ModelError, Scorer, Vectors};

/// What a shop says of an item that it puts in.
#[derive(Debug, Clone, Copy)]
pub struct NewItem<'a> {
    /// Its words: [`Item::document`](crate::catalog::Item::document).
    pub document: &'a str,
    /// `[d]`: the encoder's vector of its words; `None` where it has none.
    pub text: Option<&'a [f32]>,
    /// `[d]`: the encoder's vector of its picture; `None` where it has none.
    pub picture: Option<&'a [f32]>,
    /// The catalog's item that it takes the place of.
    pub earlier: Option<u32>,
}

/// An item as the model reads it.
#[derive(Debug)]
pub struct LiveItem {
    /// The catalog's item that it takes the place of.
    earlier: Option<u32>,
    /// `[d]`: the encoder's vector of it as a whole.
    vector: Vec<f32>,
    /// `[d]`: the item tower's.
    tower: Vec<f32>,
    /// The words that it says of itself.
    own_words: Vec<TermWeight>,
    /// The same, with those under which the earlier item was chosen.
    both_words: Vec<TermWeight>,
    /// The same words as a unit tf-idf vector.
    tf_idf: Vec<TermWeight>,
    /// Cosine with what everybody chose of late.
    trend: f32,
}

/// Items beside those of the catalog, in the order of their columns.
#[derive(Debug, Clone, Default)]
pub struct LiveItems {
    items: Vec<Arc<LiveItem>>,
}

impl LiveItems {
    /// Adds an item in the next column.
    pub fn push(&mut self, item: LiveItem) {
        self.items.push(Arc::new(item));
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// `[d]`: the encoder's vector of the item in a place.
    pub(crate) fn vector(&self, place: usize) -> &[f32] {
        &self.items[place].vector
    }

    /// `[len, d]`: the item tower's vectors.
    pub(super) fn towers(&self, d: usize) -> Tensor<2> {
        let values = self.items.iter().flat_map(|item| item.tower.iter().copied()).collect();
        Tensor::from_data(TensorData::new(values, [self.len(), d]), &Device::flex())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &LiveItem> {
        self.items.iter().map(|item| &**item)
    }
}

impl LiveItem {
    pub(super) fn earlier(&self) -> Option<u32> {
        self.earlier
    }

    pub(super) fn vector(&self) -> &[f32] {
        &self.vector
    }

    pub(super) fn own_words(&self) -> &[TermWeight] {
        &self.own_words
    }

    pub(super) fn both_words(&self) -> &[TermWeight] {
        &self.both_words
    }

    pub(super) fn tf_idf(&self) -> &[TermWeight] {
        &self.tf_idf
    }

    pub(super) fn trend(&self) -> f32 {
        self.trend
    }
}

impl Scorer<'_> {
    /// Reads an item, as it is to stand beside those of the catalog.
    ///
    /// # Errors
    /// If a vector is of another length than the catalog's, or has a value that is not finite.
    pub fn live_item(&self, new: &NewItem<'_>) -> Result<LiveItem, ModelError> {
        let memory = self.memory();
        let world = memory.world();
        let d = world.vectors.dim();
        let zeros = || vec![0.0; d];
        let row = |vector: Option<&[f32]>| vector.map_or_else(zeros, <[f32]>::to_vec);
        let mut vectors = Vectors::new(d, row(new.text), Vec::new())?;
        if world.vectors.sees_pictures() {
            vectors = vectors.with_pictures(row(new.picture))?;
        }
        if vectors.items().len() != d {
            return Err(ModelError::VectorShape { of: "item", n_values: vectors.items().len(), dim: d });
        }
        let past = |_| new.earlier.and_then(|earlier| memory.past_vector(earlier));
        let is_warm = |_| new.earlier.is_some_and(|earlier| memory.is_warm(earlier));
        let mut inputs = ItemInputs::new(&vectors, &[0], past, is_warm, &self.model().config.parts, &Device::flex());
        inputs.items = Tensor::from_data([new.earlier.unwrap_or(0) as i32], &Device::flex());
        let vector = vectors.item(0).to_vec();
        let own_words = world.terms.query(new.document);
        let past_words = new.earlier.map_or(&[][..], |earlier| memory.past_words.of(earlier));
        Ok(LiveItem {
            earlier: new.earlier,
            tower: floats(self.model().network.item_tower.forward(&inputs)),
            both_words: both(&own_words, past_words),
            tf_idf: world.tf_idf_of(&own_words),
            trend: dot(&vector, &memory.trend),
            own_words,
            vector,
        })
    }
}

fn both(own: &[TermWeight], past: &[TermWeight]) -> Vec<TermWeight> {
    let [own, past] = [own, past].map(|terms| DocumentTerms::new([terms.to_vec()]));
    own.merged(&past, super::memory::PAST_WORDS_WEIGHT).of(0).to_vec()
}

/// The columns of all items, by what is known of each.
#[derive(Clone, Copy)]
pub(super) struct Columns<'a> {
    pub(super) memory: &'a Memory<'a>,
    pub(super) live: &'a LiveItems,
}

impl<'a> Columns<'a> {
    /// Items of the catalog, whose columns come first.
    pub(super) fn n_catalog(&self) -> usize {
        self.memory.world.catalog.n_items()
    }

    pub(super) fn n_all(&self) -> usize {
        self.n_catalog() + self.live.len()
    }

    /// The catalog's item whose past holds for the column.
    pub(super) fn with_past(&self, column: u32) -> Option<u32> {
        match self.live_item(column) {
            Some(item) => item.earlier,
            None => Some(column),
        }
    }

    /// `[d]`
    pub(super) fn vector(&self, column: u32) -> &'a [f32] {
        match self.live_item(column) {
            Some(item) => &item.vector,
            None => self.memory.world.vectors.item(column),
        }
    }

    /// `[d]`: the item tower's.
    pub(super) fn tower(&self, column: u32, scorer: &'a Scorer<'_>) -> &'a [f32] {
        match self.live_item(column) {
            Some(item) => &item.tower,
            None => scorer.tower(column),
        }
    }

    pub(super) fn tf_idf(&self, column: u32) -> &'a [TermWeight] {
        match self.live_item(column) {
            Some(item) => &item.tf_idf,
            None => self.memory.world.tf_idf.of(column),
        }
    }

    /// The requests under which it was chosen.
    pub(super) fn asked(&self, column: u32) -> &'a [TermWeight] {
        self.with_past(column).map_or(&[], |item| self.memory.asked.of(item))
    }

    /// The column's item, if it came since everything was counted.
    pub(super) fn live_item(&self, column: u32) -> Option<&'a LiveItem> {
        let place = (column as usize).checked_sub(self.n_catalog())?;
        Some(&self.live.items[place])
    }
}
