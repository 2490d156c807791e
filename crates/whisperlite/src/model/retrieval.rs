//! Which items are worth the whole model's attention, when there are too many to score them all.
//!
//! The mixer is nearly a sum: around items that fit, a score changes evenly with each feature. So for one question the model is
//! replaced by the sum that is closest to it there, and that sum is quick to have for all items: features that are products with
//! an item's vectors become one product with all of them side by side, in codes of one byte
//! ([`CodedRows`]), and features that are sums over few items are added where they are not 0. The best by that sum are
//! scored by the model itself.

use std::cell::{RefCell, RefMut};
use std::io;
use std::sync::{Mutex, PoisonError};

use crate::flat_file::{FlatError, FlatReader, FlatWriter};
use crate::fused::{dot, vectorised};
use crate::index::CodedRows;

use super::column_features::Found;
use super::features::Feature;
use super::fusion::mean_and_spread;
use super::live::Columns;
use super::mixer::MixerWeights;
use super::plain_mixer::{Mixing, Slopes};
use super::sheet::SparseSheet;
use super::sums::{Directions, PeopleLike};
use super::{Ask, Fusion, LiveItems, Model, N_CONTEXT, Reading, Scorer};

/// The best items by each of some sums, which are always looked at.
const N_HEADS: usize = 64;
/// The best items around which the sum is taken.
const N_AROUND: usize = 64;
/// Sums whose best items are always looked at.
const HEADS: [Feature; 7] = [
    Feature::WordsText,
    Feature::WordsBoth,
    Feature::SameRequest,
    Feature::SimilarRequests,
    Feature::Neighbours,
    Feature::ChosenNext,
    Feature::OwnRequests,
];
/// Features that are the same for every query, and no product.
pub(super) const STATIC: [Feature; 5] =
    [Feature::Popularity, Feature::PopularityShort, Feature::PopularityLong, Feature::NeverChosen, Feature::Age];
/// The largest number of a coded row that a static feature may become, so that it leaves the vectors beside it their precision.
const STATIC_TOP: f32 = 0.2;

/// A scorer's items, arranged to find candidates among them.
pub struct Retriever<'a> {
    scorer: &'a Scorer<'a>,
    mixer: MixerWeights,
    pub(super) coded: CodedItems,
    workspaces: Mutex<Vec<Workspace>>,
}

/// A scorer's items as codes.
pub(crate) struct CodedItems {
    /// `[n_items, 2 d + STATIC]`: the item tower's vector, the encoder's, and the static features in `static_units`.
    pub(super) items: CodedRows,
    pub(super) static_units: [f32; STATIC.len()],
    /// `[n_past, d]`: the mean request under which an item was chosen, for those that have one.
    pub(super) past: CodedRows,
}

/// Large tables that are used again for every question.
#[derive(Default)]
struct Workspace {
    sheet: SparseSheet,
    people: PeopleLike,
    scratch: RefCell<Scratch>,
}

#[derive(Default)]
pub(super) struct Scratch {
    /// `[n_terms]`, zero
    terms: Vec<f32>,
    /// `[n_items]`
    pub(super) sums: Vec<f32>,
    /// `[n_past]`
    pub(super) past: Vec<f32>,
}

impl CodedItems {
    /// Reads the items of `scorer`.
    pub(crate) fn new(scorer: &Scorer<'_>) -> Self {
        let memory = scorer.memory();
        let (vectors, n_items) = (memory.world().vectors, memory.world().catalog.n_items());
        let d = vectors.dim();
        let statics = STATIC.map(|feature| memory.prior(feature));
        let static_units = statics.map(|values| {
            let largest = values.iter().fold(0.0f32, |largest, value| largest.max(value.abs()));
            if largest > 0.0 { STATIC_TOP / largest } else { 1.0 }
        });
        let items = CodedRows::new(2 * d + STATIC.len(), n_items, |item, row| {
            let (tower, rest) = row.split_at_mut(d);
            let (encoder, own) = rest.split_at_mut(d);
            tower.copy_from_slice(scorer.tower(item));
            encoder.copy_from_slice(vectors.item(item));
            for ((out, values), unit) in own.iter_mut().zip(statics).zip(static_units) {
                *out = values[item as usize] * unit;
            }
        });
        let past_items = &memory.past.items;
        let past = CodedRows::new(d, past_items.len(), |row, out| {
            if let Some(vector) = memory.past.of(past_items[row as usize]) {
                out.copy_from_slice(vector);
            }
        });
        Self { items, static_units, past }
    }

    /// Writes them into a file.
    pub(crate) fn save(&self, out: &mut FlatWriter<'_>) -> io::Result<()> {
        out.array("coded.static_units", &self.static_units)?;
        self.items.save("coded.items", out)?;
        self.past.save("coded.past", out)
    }

    /// Reads what [`Self::save`] wrote of so many items, of which so many were chosen under a request.
    pub(crate) fn load(n_items: usize, n_past: usize, from: &mut FlatReader) -> Result<Self, FlatError> {
        let static_units: Vec<f32> = from.array_of("coded.static_units", STATIC.len())?;
        let static_units = std::array::from_fn(|place| static_units[place]);
        let items = CodedRows::load("coded.items", n_items, from)?;
        Ok(Self { items, static_units, past: CodedRows::load("coded.past", n_past, from)? })
    }
}

impl<'a> Retriever<'a> {
    /// Arranges the items of `scorer`.
    pub fn new(scorer: &'a Scorer<'a>) -> Self {
        Self::of(scorer, CodedItems::new(scorer))
    }

    /// The same from codes that were made before of the same scorer.
    pub(crate) fn of(scorer: &'a Scorer<'a>, coded: CodedItems) -> Self {
        Self { scorer, mixer: scorer.model().network.mixer.to_weights(), coded, workspaces: Mutex::new(Vec::new()) }
    }

    /// Reads a question: all that does not look at every item one by one. `live` are the items that came since.
    pub fn read<'r>(&'r self, ask: Ask, live: &'r LiveItems) -> Retrieval<'r> {
        let parts = &self.scorer.model().config.parts;
        let ask = if parts.history { ask } else { ask.without_person() };
        let columns = Columns { memory: self.scorer.memory(), live };
        let mut workspace = self.workspace();
        let directions = columns.sum_up(&ask, &mut workspace.people, &mut workspace.sheet);
        let mut read = Retrieval {
            retriever: self,
            columns,
            ask,
            directions,
            workspace,
            context: [0.0; N_CONTEXT],
            reference: self.scorer.sample().to_vec(),
            features: Vec::new(),
        };
        read.context = read.ask.context(columns.memory, |feature| read.found().largest(feature));
        read.reference.extend(heads(read.sheet()));
        read.features = read.features_of(&read.reference);
        read
    }

    /// The items as codes.
    pub(crate) fn coded(&self) -> &CodedItems {
        &self.coded
    }

    fn workspace(&self) -> Workspace {
        let used = self.workspaces.lock().unwrap_or_else(PoisonError::into_inner).pop();
        used.unwrap_or_else(|| {
            let memory = self.scorer.memory();
            let (n_items, n_terms) = (memory.world().catalog.n_items(), memory.world().terms.n_terms());
            Workspace {
                sheet: SparseSheet::new(n_items),
                people: PeopleLike::new(memory),
                scratch: RefCell::new(Scratch {
                    terms: vec![0.0; n_terms],
                    sums: vec![0.0; n_items],
                    past: vec![0.0; memory.past.items.len()],
                }),
            }
        })
    }
}

/// A question that was read.
pub struct Retrieval<'r> {
    pub(super) retriever: &'r Retriever<'r>,
    pub(super) columns: Columns<'r>,
    ask: Ask,
    pub(super) directions: Directions,
    workspace: Workspace,
    context: [f32; N_CONTEXT],
    /// The sample, then the heads.
    reference: Vec<u32>,
    /// `[N_FEATURES, n_reference]`, in units of their spread.
    features: Vec<f32>,
}

impl Drop for Retrieval<'_> {
    fn drop(&mut self) {
        self.workspace.sheet.clear();
        let workspace = std::mem::take(&mut self.workspace);
        self.retriever.workspaces.lock().unwrap_or_else(PoisonError::into_inner).push(workspace);
    }
}

impl Retrieval<'_> {
    pub(super) fn model(&self) -> &Model {
        self.retriever.scorer.model()
    }

    pub(super) fn sheet(&self) -> &SparseSheet {
        &self.workspace.sheet
    }

    pub(super) fn scratch(&self) -> RefMut<'_, Scratch> {
        self.workspace.scratch.borrow_mut()
    }

    fn found(&self) -> Found<'_> {
        Found { ask: &self.ask, columns: self.columns, sheet: &self.workspace.sheet, directions: &self.directions }
    }

    /// The features of some columns, in units of their spread, `[N_FEATURES, columns]`.
    fn features_of(&self, columns: &[u32]) -> Vec<f32> {
        let mut features = self.found().features(columns, &mut self.scratch().terms);
        self.retriever.scorer.to_units(&mut features, columns.len());
        features
    }

    /// The best items by each sum that is worth it alone, ascending.
    pub(super) fn heads(&self) -> &[u32] {
        &self.reference[self.n_sample()..]
    }

    fn n_sample(&self) -> usize {
        self.retriever.scorer.sample().len()
    }

    /// One reading, in units of nothing but itself.
    pub fn alone(&self, reading: Reading) -> Blend<'_> {
        Blend::new(self, vec![Part::new(self, reading, 1.0)])
    }

    /// What answers are ranked by: the readings of a question with words and a person fused, else what there is; of what the person
    /// adds to the words, a `share` is taken.
    pub fn fused(&self, share: f32) -> Blend<'_> {
        let has_person = !self.ask.person.history.is_empty();
        // Nobody adds nothing, of which any share is the same.
        let share = if has_person { share } else { 1.0 };
        if share == 0.0 {
            return self.alone(Reading::SearchAlone);
        }
        let mut joint = Part::new(self, Reading::Joint, share);
        let mut search = (share < 1.0).then(|| Part::new(self, Reading::SearchAlone, 1.0 - share));
        let mut recommendation = None;
        let fusion = self.model().fusion;
        if has_person && self.ask.words.is_some() && fusion != Fusion::JOINT {
            let total = fusion.joint + fusion.search + fusion.recommendation;
            joint.weight = share * fusion.joint / total;
            for (own, reading, weight) in [
                (&mut search, Reading::SearchAlone, fusion.search),
                (&mut recommendation, Reading::RecommendationAlone, fusion.recommendation),
            ] {
                if weight > 0.0 {
                    let own = own.get_or_insert_with(|| Part::new(self, reading, 0.0));
                    own.weight +=
                        if own.spread > 0.0 { share * weight / total * joint.spread / own.spread } else { 0.0 };
                }
            }
        }
        Blend::new(self, [Some(joint), search, recommendation].into_iter().flatten().collect())
    }
}

/// The best items by each sum that is worth it alone, ascending.
fn heads(sheet: &SparseSheet) -> Vec<u32> {
    let mut heads = Vec::new();
    for feature in HEADS {
        let mut met: Vec<(u32, f32)> = sheet.met(feature).collect();
        if met.len() > N_HEADS {
            met.select_nth_unstable_by(N_HEADS, |a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            met.truncate(N_HEADS);
        }
        heads.extend(met.into_iter().map(|(item, _)| item));
    }
    heads.sort_unstable();
    heads.dedup();
    heads
}

/// A weighted sum of readings of one question, each less its mean over the catalogue.
pub struct Blend<'b> {
    pub(super) retrieval: &'b Retrieval<'b>,
    pub(super) parts: Vec<Part<'b>>,
}

pub(super) struct Part<'b> {
    pub(super) weight: f32,
    mixing: Mixing<'b>,
    /// `[d]`: the query tower's vector.
    pub(super) query: Vec<f32>,
    /// `[n_reference]`: what the items of the reference score.
    reference_scores: Vec<f32>,
    mean: f32,
    spread: f32,
}

impl<'b> Blend<'b> {
    fn new(retrieval: &'b Retrieval<'b>, mut parts: Vec<Part<'b>>) -> Self {
        parts.retain(|part| part.weight != 0.0);
        Self { retrieval, parts }
    }

    /// The scores of some columns.
    pub fn scores(&self, columns: &[u32]) -> Vec<f32> {
        let features = self.retrieval.features_of(columns);
        let mut scores = vec![0.0; columns.len()];
        for part in &self.parts {
            part.add(&part.scores(self.retrieval, columns, &features), &mut scores);
        }
        scores
    }

    /// The sum that is closest to the blend around the items that it likes best.
    pub(super) fn slopes(&self) -> Vec<Slopes> {
        let mut scores = vec![0.0; self.retrieval.reference.len()];
        self.parts.iter().for_each(|part| part.add(&part.reference_scores, &mut scores));
        let mut places: Vec<usize> = (0..scores.len()).collect();
        if places.len() > N_AROUND {
            places.select_nth_unstable_by(N_AROUND, |&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
            places.truncate(N_AROUND);
        }
        let slopes = |part: &Part<'_>| part.mixing.slopes(&self.retrieval.features, scores.len(), &places);
        self.parts.iter().map(slopes).collect()
    }
}

impl<'b> Part<'b> {
    fn new(retrieval: &'b Retrieval<'b>, reading: Reading, weight: f32) -> Self {
        let Retrieval { retriever, columns, ask, context, .. } = retrieval;
        let mut part = Self {
            weight,
            mixing: retriever.mixer.at(&reading.context(*context), reading),
            query: retriever.scorer.query(ask, *columns, context, reading),
            reference_scores: Vec::new(),
            mean: 0.0,
            spread: 0.0,
        };
        part.reference_scores = part.scores(retrieval, &retrieval.reference, &retrieval.features);
        (part.mean, part.spread) = mean_and_spread(part.reference_scores[..retrieval.n_sample()].iter().copied());
        part
    }

    /// The reading's scores, `[columns]`.
    fn scores(&self, retrieval: &Retrieval<'_>, columns: &[u32], features: &[f32]) -> Vec<f32> {
        let tower = |column: u32| retrieval.columns.tower(column, retrieval.retriever.scorer);
        let products: Vec<f32> = vectorised(|| columns.iter().map(|&column| dot(tower(column), &self.query)).collect());
        self.mixing.scores(&products, features)
    }

    fn add(&self, own: &[f32], scores: &mut [f32]) {
        scores.iter_mut().zip(own).for_each(|(score, own)| *score += self.weight * (own - self.mean));
    }
}
