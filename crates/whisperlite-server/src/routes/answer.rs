//! What an answer of items looks like, and how one is made.

use std::collections::BTreeMap;
use std::time::Instant;

use serde::Serialize;
use utoipa::ToSchema;
use whisperlite::catalog::Item;
use whisperlite::catalog::facets::{Facet, FacetRange, FacetValue};
use whisperlite::catalog::filter::Filter;
use whisperlite::recommender::{Explanation, Hit, Note, Question};

use crate::bounds;
use crate::generation::Generation;
use crate::problem::Problem;
use crate::shop::Shop;

/// Items for a question, best first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Answer {
    /// Names this answer: events that follow from it should carry it.
    query_id: String,
    /// Best first, or as sorted.
    hits: Vec<FoundItem>,
    /// For each field that was to be counted, its values over all items that match.
    facets: BTreeMap<String, FacetCounts>,
    /// How the question was understood, where it was not taken as it stands.
    notes: Vec<Remark>,
    /// Which model answered.
    model_version: String,
    /// Time of the work, without that of waiting for it.
    processing_time_ms: f64,
}

/// How many items have each value of a field.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FacetCounts {
    /// The most frequent first, 100 at most; none of the price.
    #[schema(max_items = 100)]
    values: Vec<ValueCount>,
    /// How many distinct values there are, listed or not.
    n_values: usize,
    /// The smallest and the largest value, where all are numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<ValueRange>,
}

/// A value with how many items have it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ValueCount {
    /// A text that a filter takes: `field = "value"`.
    value: String,
    /// Items that match and have it.
    count: usize,
    /// Of a category, its level in the path, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<usize>,
}

/// Where numbers lie.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ValueRange {
    /// The smallest.
    min: f64,
    /// The largest.
    max: f64,
}

impl From<Facet> for FacetCounts {
    fn from(facet: Facet) -> Self {
        let Facet { values, n_values, range } = facet;
        let value = |FacetValue { value, count, level }| ValueCount { value, count, level };
        let range = range.map(|FacetRange { min, max }| ValueRange { min, max });
        Self { values: values.into_iter().map(value).collect(), n_values, range }
    }
}

/// An item of an answer.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct FoundItem {
    /// The shop's id.
    item_id: String,
    /// How far the model puts it above the store's average item, for this question.
    score: f32,
    /// Its title, or the beginning of its text where it has none.
    title: String,
    /// Category path, levels joined by ` > `; empty where it has none.
    category: String,
    /// In the shop's currency.
    price: Option<f64>,
    /// Everything else that the shop says about it.
    attributes: BTreeMap<String, String>,
    /// Why, if asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<Reasons>,
}

/// Where a score comes from: `popularity + words + taste = score`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Reasons {
    /// The item's score without request and person.
    popularity: f32,
    /// What the request adds to that.
    words: f32,
    /// What the person adds to both.
    taste: f32,
    /// The past items without which the score would be lower, strongest first.
    past_items: Vec<PastItem>,
}

/// A past item that spoke for a hit.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct PastItem {
    /// The shop's id.
    item_id: String,
    /// Its title, or the beginning of its text.
    title: String,
    /// How much lower the score would be without it.
    share: f32,
}

/// Something to know about an answer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Remark {
    /// For programs: `unknown_user`, `no_history`, `popular`, `added`, `nothing_known`, `nothing_matches`, `only_liked`, `all_seen`.
    code: &'static str,
    /// For people.
    message: String,
}

impl From<&Note> for Remark {
    fn from(note: &Note) -> Self {
        let code = match note {
            Note::UnknownUser { .. } => "unknown_user",
            Note::NoHistory { .. } => "no_history",
            Note::Popular => "popular",
            Note::Added => "added",
            Note::NothingKnown { .. } => "nothing_known",
            Note::NothingMatches => "nothing_matches",
            Note::OnlyLiked => "only_liked",
            Note::AllSeen => "all_seen",
        };
        Self { code, message: note.to_string() }
    }
}

impl FoundItem {
    fn new(hit: Hit, item: &Item) -> Self {
        Self {
            item_id: hit.item_id,
            score: hit.score,
            title: hit.title,
            category: item.category.clone(),
            price: item.price,
            attributes: (&item.attributes).into(),
            explanation: hit.explanation.map(Reasons::from),
        }
    }
}

impl From<Explanation> for Reasons {
    fn from(explanation: Explanation) -> Self {
        let Explanation { popularity, words, taste, past_items } = explanation;
        let past_item = |past: whisperlite::recommender::PastItemReason| PastItem {
            item_id: past.item_id,
            title: past.title,
            share: past.share,
        };
        Self { popularity, words, taste, past_items: past_items.into_iter().map(past_item).collect() }
    }
}

/// Reads a filter, and checks that the store's items have the fields that it asks for.
pub(crate) fn read_filter(generation: &Generation, filter: Option<&str>) -> Result<Option<Filter>, Problem> {
    let Some(text) = filter else { return Ok(None) };
    bounds::check_filter(text)?;
    let filter = Filter::parse(text)?;
    filter.check_fields(&generation.fields())?;
    Ok(Some(filter))
}

impl Answer {
    /// What the answer is called.
    pub(crate) fn query_id(&self) -> &str {
        &self.query_id
    }

    /// The ids of its items, best first.
    pub(crate) fn item_ids(&self) -> Vec<String> {
        self.hits.iter().map(|hit| hit.item_id.clone()).collect()
    }

    /// Shows these items instead, which are this answer's or the others'. Scores are given in their order, and nothing is explained: both would
    /// tell whose an item is.
    pub(crate) fn show(&mut self, items: &[String], others: Vec<Self>) {
        let hits = std::mem::take(&mut self.hits).into_iter().chain(others.into_iter().flat_map(|other| other.hits));
        let found: BTreeMap<String, FoundItem> = hits.map(|hit| (hit.item_id.clone(), hit)).collect();
        let mut hits: Vec<FoundItem> = items.iter().filter_map(|item| found.get(item).cloned()).collect();
        let mut scores: Vec<f32> = hits.iter().map(|hit| hit.score).collect();
        scores.sort_unstable_by(|a, b| b.total_cmp(a));
        for (hit, score) in hits.iter_mut().zip(scores) {
            (hit.score, hit.explanation) = (score, None);
        }
        self.hits = hits;
    }
}

/// Asks the engine. `begin` is when the work on the question began.
pub(crate) fn answer(
    shop: &Shop,
    generation: &Generation,
    question: &Question,
    begin: Instant,
) -> Result<Answer, Problem> {
    let answer = tracing::debug_span!("model").in_scope(|| generation.engine.recommend(question))?;
    let notes = answer.notes.iter().map(Remark::from).collect();
    let found = |hit: Hit| {
        let item = generation.item(&hit.item_id)?;
        Some(FoundItem::new(hit, &item))
    };
    Ok(Answer {
        query_id: shop.ids.next(),
        hits: answer.hits.into_iter().filter_map(found).collect(),
        facets: answer.facets.into_iter().map(|(field, facet)| (field, facet.into())).collect(),
        notes,
        model_version: generation.model_version.clone(),
        processing_time_ms: begin.elapsed().as_secs_f64() * 1e3,
    })
}
