//! **Request + person → ranked items with reasons**: what every shell calls.
//!
//! Not for: HTTP, printing, or training.

mod answer;
mod engine;
mod image;
mod order;
mod question;
mod scored;
mod share;
mod stock;

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use rayon::prelude::*;

pub use self::answer::{Answer, Explanation, Hit, Note, PastItemReason};
pub use self::engine::{Depth, Engine, EngineParts, PutError};
pub use self::image::{EngineImage, IMAGE_FILE, ImageAbout, ImageError};
pub use self::question::{N_RELEVANT, Order, Question, Reasons, SeenItems};
use self::scored::Scored;
pub use self::share::{NotAShare, Share};
pub use self::stock::Changes;
use self::stock::Stock;
use crate::catalog::facets::{Facet, nearest_facets};
use crate::catalog::{EventType, user_of_session};
use crate::encoder::{Encoder, EncoderError, added, normalize};
use crate::item_set::ItemSet;
use crate::metrics::{NonFiniteScore, Ranked};
use crate::model::{Ask, Person, Retriever, Scorer};
use crate::signals::{Histories, HistoryEntry, RecentDeeds};

/// Past items that are tried as reasons, the newest first.
const MAX_REASONS_TRIED: usize = 20;
/// Past items named as reasons for one hit, at most.
const MAX_REASONS: usize = 3;

/// Why a question cannot be answered.
#[derive(Debug, thiserror::Error)]
pub enum RecommendError {
    /// The request cannot be embedded.
    #[error(transparent)]
    Encoder(#[from] EncoderError),
    /// An item that something is to be like, or of the history, is not in the store.
    #[error("item `{item_id}` is not in the store")]
    UnknownItem {
        /// As given.
        item_id: String,
    },
    /// A field's values are to be counted, and cannot be.
    #[error("`{field}` cannot be counted by its values; the nearest that can are {}", nearest.join(", "))]
    UnknownFacet {
        /// As given.
        field: String,
        /// Names that are nearest to it.
        nearest: Vec<String>,
    },
    /// The model's score is no number.
    #[error(transparent)]
    Score(#[from] NonFiniteScore),
    /// The encoder is not the one that the store was embedded with.
    #[error(
        "the encoder gives vectors of length {found}, the store's have {expected}: run `whisperlite embed` and train again"
    )]
    Dimension {
        /// Of the encoder.
        found: usize,
        /// Of the store.
        expected: usize,
    },
}

/// A question as the model reads it.
struct Asked {
    ask: Ask,
    /// Items that what is asked for is like, each once, ascending.
    liked: Vec<u32>,
}

/// A trained model over a store, ready to answer.
pub struct Recommender<'a> {
    scorer: &'a Scorer<'a>,
    retriever: Option<(&'a Retriever<'a>, usize)>,
    histories: &'a Histories,
    recent: Option<&'a RecentDeeds>,
    stock: Stock<'a>,
    encoder: &'a dyn Encoder,
    moment: i64,
}

impl<'a> Recommender<'a> {
    /// Answers with `scorer` for people with `histories`, at `moment` on the clock of the store's events; `encoder` must be
    /// the store's own.
    pub fn new(scorer: &'a Scorer<'a>, histories: &'a Histories, encoder: &'a dyn Encoder, moment: i64) -> Self {
        static NOTHING_CHANGED: LazyLock<Changes> = LazyLock::new(Changes::default);
        let stock = Stock { catalog: scorer.memory().world().catalog, changes: &NOTHING_CHANGED };
        Self { scorer, retriever: None, histories, stock, recent: None, encoder, moment }
    }

    /// The same, with what people did since: the moment is that after the last of it.
    pub fn with_recent(self, recent: &'a RecentDeeds) -> Self {
        let newest = recent.newest().map_or(self.moment, |newest| newest.saturating_add(1));
        Self { recent: Some(recent), moment: self.moment.max(newest), ..self }
    }

    /// The same, with items that came, changed or went since the catalog was read.
    pub fn with_changes(self, changes: &'a Changes) -> Self {
        Self { stock: Stock { changes, ..self.stock }, ..self }
    }

    /// The same, by scoring some `n_candidates` in the place of all items; `retriever` has those of the scorer.
    pub fn with_retriever(self, retriever: &'a Retriever<'a>, n_candidates: usize) -> Self {
        Self { retriever: Some((retriever, n_candidates)), ..self }
    }

    /// The best items for a question.
    pub fn recommend(&self, question: &Question) -> Result<Answer, RecommendError> {
        let mut notes = Vec::new();
        let liked = self.liked(question)?;
        let words = self.words(question, &liked, &mut notes)?;
        let asked = Asked { ask: Ask { words, person: self.person(question, &mut notes)? }, liked };
        if asked.ask.words.is_none()
            && (asked.ask.person.history.is_empty() || question.personalization == Share::NOTHING)
        {
            notes.push(Note::Popular);
        }
        let matching = self.matching(question);
        let facets = self.facets(question, &matching)?;
        let allowed = self.allowed(question, &asked, &matching);
        let scored = self.scored(question, &asked.ask, &allowed)?;
        let ranked = self.ranked(question, &asked, &scored, &allowed)?;
        if ranked.is_empty() && question.limit > 0 {
            notes.push(why_empty(&matching, &asked.liked));
        }
        let page = ranked.into_iter().skip(question.offset).take(question.limit);
        let (items, mut hits): (Vec<u32>, Vec<Hit>) =
            page.map(|ranked| (ranked.item_idx, self.hit(ranked.item_idx, ranked.score))).unzip();
        if question.reasons == Reasons::With {
            let explanations = self.explain(&asked.ask, question.personalization, &scored, &items);
            hits.iter_mut().zip(explanations).for_each(|(hit, explanation)| hit.explanation = Some(explanation));
        }
        Ok(Answer { notes, hits, facets })
    }

    /// Items in the order of the question, at least up to the end of its page if there are so many.
    fn ranked(
        &self,
        question: &Question,
        asked: &Asked,
        scored: &Scored,
        allowed: &ItemSet,
    ) -> Result<Vec<Ranked>, NonFiniteScore> {
        let wanted = question.offset.saturating_add(question.limit);
        match question.order {
            Order::Relevance => scored.best(wanted, allowed),
            Order::Diverse(share) => {
                let mut ranked = scored.best(wanted.max(N_RELEVANT), allowed)?;
                let n_relevant = ranked.len().min(N_RELEVANT);
                let vectors = self.scorer.memory().world().vectors;
                let vector = |item| self.stock.vector(vectors, item);
                order::diversify(share, vector, &mut ranked[..n_relevant], wanted);
                Ok(ranked)
            }
            by_field => {
                let n_relevant = if asked.ask.words.is_some() { N_RELEVANT } else { scored.len() };
                let mut ranked = scored.best(n_relevant, allowed)?;
                ranked.sort_by(|a, b| self.by_field(by_field, a.item_idx, b.item_idx));
                Ok(ranked)
            }
        }
    }

    /// The items that pass the question's filter.
    fn matching(&self, question: &Question) -> ItemSet {
        question.filter.as_ref().map_or_else(|| self.stock.all(), |filter| self.stock.matching(filter))
    }

    /// The items that may be in the answer, of those that pass the filter.
    fn allowed(&self, question: &Question, asked: &Asked, matching: &ItemSet) -> ItemSet {
        let mut allowed = matching.clone();
        asked.liked.iter().for_each(|item| allowed.remove(*item));
        if question.seen == SeenItems::LeftOut {
            asked.ask.person.history.iter().for_each(|entry| allowed.remove(self.stock.now(entry.item_idx)));
        }
        allowed
    }

    /// The values of the fields that are asked for, over all items that match, also those that the person has seen.
    fn facets(&self, question: &Question, matching: &ItemSet) -> Result<BTreeMap<String, Facet>, RecommendError> {
        if let Some(field) = question.facets.iter().find(|field| !self.stock.has_facet(field)) {
            let nearest = nearest_facets(field, &self.stock.known_fields());
            return Err(RecommendError::UnknownFacet { field: field.clone(), nearest });
        }
        Ok(question.facets.par_iter().map(|field| (field.clone(), self.stock.facet(field, matching))).collect())
    }

    fn item_idx(&self, item_id: &str) -> Result<u32, RecommendError> {
        self.stock.there(item_id).ok_or_else(|| RecommendError::UnknownItem { item_id: item_id.to_owned() })
    }

    /// The items that something is to be like, each once.
    fn liked(&self, question: &Question) -> Result<Vec<u32>, RecommendError> {
        let mut liked: Vec<u32> =
            question.like.iter().map(|item_id| self.item_idx(item_id)).collect::<Result<_, _>>()?;
        liked.sort_unstable();
        liked.dedup();
        Ok(liked)
    }

    /// What is asked for: words, things that it is like, or both.
    fn words(
        &self,
        question: &Question,
        liked: &[u32],
        notes: &mut Vec<Note>,
    ) -> Result<Option<crate::model::Words>, RecommendError> {
        let request = question.request.trim();
        let thing = self.thing(question, liked, notes)?;
        if request.is_empty() && thing.is_none() {
            return Ok(None);
        }
        let world = self.scorer.memory().world();
        let (found, expected) = (self.encoder.dim(), world.vectors.dim());
        if found != expected {
            return Err(RecommendError::Dimension { found, expected });
        }
        let said = match request {
            "" => None,
            _ => Some(unit(self.encoder.embed_texts(&[request])?)),
        };
        let vector = match (thing, said) {
            (None, said) => said.unwrap_or_default(),
            (Some(thing), None) => thing,
            (Some(thing), Some(said)) => match self.encoder.composer()? {
                Some(composer) => composer.compose(&thing, &said),
                None => {
                    notes.push(Note::Added);
                    added(&thing, &said)
                }
            },
        };
        Ok(Some(world.typed(request, vector)))
    }

    /// `[d]`: the middle of all that something is to be like, of length 1.
    fn thing(
        &self,
        question: &Question,
        liked: &[u32],
        notes: &mut Vec<Note>,
    ) -> Result<Option<Vec<f32>>, RecommendError> {
        let vectors = self.scorer.memory().world().vectors;
        let mut things: Vec<Vec<f32>> = Vec::new();
        for &item in liked {
            let vector = self.stock.vector(vectors, item);
            if vector.iter().all(|value| *value == 0.0) {
                notes.push(Note::NothingKnown { item_id: self.stock.item(item).item_id.clone() });
            } else {
                things.push(vector.to_vec());
            }
        }
        if let Some(picture) = &question.picture {
            things.push(self.encoder.embed_pictures(std::slice::from_ref(picture))?);
        }
        let middle = things.into_iter().reduce(|sum, thing| sum.iter().zip(&thing).map(|(a, b)| a + b).collect());
        Ok(middle.map(unit))
    }

    fn person(&self, question: &Question, notes: &mut Vec<Note>) -> Result<Person, RecommendError> {
        let visitor = question.session_id.as_deref().map(user_of_session);
        let mut history: Vec<HistoryEntry> = Vec::new();
        for item_id in &question.history {
            let (item_idx, event_type) = (self.item_idx(item_id)?, EventType::Click);
            history.push(HistoryEntry { item_idx, request_idx: None, event_type, timestamp: self.moment });
        }
        let names = [question.user_id.as_deref(), visitor.as_deref()];
        names.into_iter().flatten().for_each(|user_id| history.extend(self.deeds_of(user_id)));
        // The sort is stable: of one moment, what was told with the question is the newest.
        history.sort_by_key(|entry| std::cmp::Reverse(entry.timestamp));
        if let Some(user_id) = question.user_id.clone().filter(|_| history.is_empty()) {
            notes.push(match self.stock.catalog.user_idx(&user_id) {
                Some(_) => Note::NoHistory { user_id },
                None => Note::UnknownUser { user_id },
            });
        }
        if history.is_empty() {
            return Ok(Person::default());
        }
        let user_idx = names.into_iter().flatten().find_map(|user_id| self.stock.catalog.user_idx(user_id));
        Ok(Person { user_idx, history, moment: self.moment })
    }

    /// Everything that somebody did, what was done since the catalog was read first.
    fn deeds_of(&self, user_id: &str) -> Vec<HistoryEntry> {
        let mut deeds = self.recent.map_or_else(Vec::new, |recent| recent.of(user_id));
        if let Some(user_idx) = self.stock.catalog.user_idx(user_id) {
            deeds.extend_from_slice(self.histories.of(user_idx));
        }
        deeds
    }

    /// Which of two columns comes first in an order by a field.
    fn by_field(&self, order: Order, a: u32, b: u32) -> Ordering {
        order::by_field(order, |column| self.stock.price(column), |column| self.stock.released_at(column), a, b)
    }

    /// The scores that an answer is chosen by.
    fn scored(&self, question: &Question, ask: &Ask, allowed: &ItemSet) -> Result<Scored, NonFiniteScore> {
        let Some((retriever, n_candidates)) = self.retriever else {
            return Ok(Scored::All(self.scores(ask, question.personalization)));
        };
        let wanted = question.offset.saturating_add(question.limit);
        let n = n_candidates.max(wanted.saturating_mul(2));
        let retrieval = retriever.read(ask.clone(), self.stock.changes.live());
        let blend = retrieval.fused(question.personalization.value());
        let columns = match question.order {
            // Nothing is asked for in words, so all that is there is put into the order, not only what is relevant.
            Order::PriceAscending | Order::PriceDescending | Order::Newest if ask.words.is_none() => {
                self.first_by_field(question.order, allowed, n)
            }
            _ => blend.candidates(allowed, n)?,
        };
        let scores = blend.scores(&columns);
        Ok(Scored::Candidates { columns, scores })
    }

    /// The first `n` of the allowed columns in an order by a field, ascending by column.
    fn first_by_field(&self, order: Order, allowed: &ItemSet, n: usize) -> Vec<u32> {
        let mut columns: Vec<u32> = allowed.iter().collect();
        if n < columns.len() {
            columns.select_nth_unstable_by(n, |&a, &b| self.by_field(order, a, b).then(b.cmp(&a)));
            columns.truncate(n);
            columns.sort_unstable();
        }
        columns
    }

    /// The scores of some columns.
    fn scores_of(&self, ask: &Ask, personalization: Share, columns: &[u32]) -> Vec<f32> {
        let Some((retriever, _)) = self.retriever else {
            let scores = self.scores(ask, personalization);
            return columns.iter().map(|&column| scores[column as usize]).collect();
        };
        let retrieval = retriever.read(ask.clone(), self.stock.changes.live());
        retrieval.fused(personalization.value()).scores(columns)
    }

    /// The scores of all items: what the words alone say, and the share that is taken of what the person adds.
    fn scores(&self, ask: &Ask, personalization: Share) -> Vec<f32> {
        let alone = || self.reading(&ask.clone().without_person());
        if personalization == Share::NOTHING {
            return alone();
        }
        let mut scores = self.reading(ask);
        if personalization < Share::ALL && !ask.person.history.is_empty() {
            let share = personalization.value();
            scores.iter_mut().zip(alone()).for_each(|(score, alone)| *score = alone + share * (*score - alone));
        }
        scores
    }

    /// The model's scores of all items, less their mean: training compares the scores of one question with each other
    /// only, so where they begin means nothing, and it would hide what words and taste do.
    fn reading(&self, ask: &Ask) -> Vec<f32> {
        let mut scores = vec![0.0; self.stock.n_columns()];
        self.scorer.score_with(std::slice::from_ref(ask), self.stock.changes.live(), &mut scores);
        let sum: f64 = scores.iter().map(|&score| f64::from(score)).sum();
        let mean = (sum / scores.len().max(1) as f64) as f32;
        scores.iter_mut().for_each(|score| *score -= mean);
        scores
    }

    fn hit(&self, item_idx: u32, score: f32) -> Hit {
        let item = self.stock.item(item_idx);
        Hit { item_id: item.item_id.clone(), title: item.short_name(), score, explanation: None }
    }

    /// Takes person and words away in turn, and each past item, and looks at what the scores lose.
    fn explain(&self, ask: &Ask, personalization: Share, scored: &Scored, items: &[u32]) -> Vec<Explanation> {
        let nobody = self.scores_of(&ask.clone().without_person(), Share::ALL, items);
        let nothing = self.scores_of(&Ask::default(), Share::ALL, items);
        let scores: Vec<f32> = items.iter().map(|&item| scored.of(item)).collect();
        let parts = scores.iter().zip(nobody).zip(nothing);
        let mut explanations: Vec<Explanation> = parts
            .map(|((score, nobody), nothing)| Explanation {
                popularity: nothing,
                words: nobody - nothing,
                taste: score - nobody,
                past_items: Vec::new(),
            })
            .collect();
        let tried = if personalization == Share::NOTHING { Vec::new() } else { self.past_items(ask) };
        for past in tried {
            let mut without = ask.clone();
            without.person.history.retain(|entry| entry.item_idx != past);
            let without = self.scores_of(&without, personalization, items);
            let named = self.hit(self.stock.now(past), 0.0);
            for ((explanation, score), without) in explanations.iter_mut().zip(&scores).zip(without) {
                let share = score - without;
                if share > 0.0 {
                    let reason = PastItemReason { item_id: named.item_id.clone(), title: named.title.clone(), share };
                    explanation.past_items.push(reason);
                }
            }
        }
        for explanation in &mut explanations {
            explanation.past_items.sort_by(|a, b| b.share.total_cmp(&a.share));
            explanation.past_items.truncate(MAX_REASONS);
        }
        explanations
    }

    /// The newest items that the person wanted, each once.
    fn past_items(&self, ask: &Ask) -> Vec<u32> {
        let mut past: Vec<u32> = Vec::new();
        for (item_idx, _) in ask.person.wanted() {
            if past.len() < MAX_REASONS_TRIED && !past.contains(&item_idx) {
                past.push(item_idx);
            }
        }
        past
    }
}

/// Why nothing is left to answer with.
fn why_empty(matching: &ItemSet, liked: &[u32]) -> Note {
    match matching.iter().all(|item| liked.contains(&item)) {
        true if matching.is_empty() => Note::NothingMatches,
        true => Note::OnlyLiked,
        false => Note::AllSeen,
    }
}

/// A vector, scaled to length 1.
fn unit(mut vector: Vec<f32>) -> Vec<f32> {
    normalize(&mut vector);
    vector
}
