//! **Request + person → ranked items with reasons**: what every shell calls.
//!
//! Not for: HTTP, printing, or training.

mod engine;

use serde::Serialize;

pub use self::engine::{Engine, EngineParts};
use crate::catalog::filter::Filter;
use crate::catalog::{Catalog, EventType, user_of_session};
use crate::encoder::{Encoder, EncoderError, Picture, added, normalize};
use crate::metrics::{NonFiniteScore, top_k};
use crate::model::{Ask, Person, Scorer};
use crate::signals::{Histories, HistoryEntry, RecentDeeds};

/// Past items that are tried as reasons, the newest first.
const MAX_REASONS_TRIED: usize = 20;
/// Past items named as reasons for one hit, at most.
const MAX_REASONS: usize = 3;

/// A question as a shell hands it over.
#[derive(Debug, Clone, Default)]
pub struct Question {
    /// What is asked for, in words; empty for a recommendation without words.
    pub request: String,
    /// Items that what is asked for is like; the words then say what is to be different. They are not in the answer.
    pub like: Vec<String>,
    /// A picture that what is asked for is like.
    pub picture: Option<Picture>,
    /// Who asks; `None` for nobody in particular.
    pub user_id: Option<String>,
    /// The visit in which somebody asks, who may not have said who they are. What was done in it counts like what the
    /// user did.
    pub session_id: Option<String>,
    /// Items that the person chose just now, newest first, on top of what the store knows.
    pub history: Vec<String>,
    /// Only items that match.
    pub filter: Option<Filter>,
    /// How many of the best items to leave out: those of the pages before.
    pub offset: usize,
    /// How many items to answer with, at most.
    pub limit: usize,
    /// Whether items that the person touched before may come again.
    pub seen: SeenItems,
    /// Whether each hit comes with its reasons.
    pub reasons: Reasons,
}

/// What happens to items that the person touched before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SeenItems {
    /// They are left out: the answer is something new.
    #[default]
    LeftOut,
    /// They may come again, as in a shop for food.
    Allowed,
}

/// Whether reasons are worked out, which costs some more scoring.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Reasons {
    /// Scores only.
    #[default]
    Without,
    /// With an [`Explanation`] for every hit.
    With,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// What the person should know about how the question was understood.
    pub notes: Vec<Note>,
    /// Best first.
    pub hits: Vec<Hit>,
}

/// How a question was understood where it was not taken as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// The user is not in the store: answered as to somebody without a history.
    UnknownUser {
        /// As given.
        user_id: String,
    },
    /// The user is known, but did nothing that the model reads.
    NoHistory {
        /// As given.
        user_id: String,
    },
    /// No words and no history: what is popular.
    Popular,
    /// The encoder never learned what words about a thing mean: the vectors of both were added.
    Added,
    /// An item that something is to be like has no vector: neither words nor a picture of it were embedded.
    NothingKnown {
        /// As given.
        item_id: String,
    },
    /// No item passes the filter.
    NothingMatches,
    /// Only the items match that something is to be like, and they are no answer.
    OnlyLiked,
    /// Items match, and the person touched them all before.
    AllSeen,
}

impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::UnknownUser { user_id } => {
                write!(f, "user `{user_id}` is not in the store: answered as to somebody without a history")
            }
            Self::NoHistory { user_id } => {
                write!(f, "user `{user_id}` has no history: answered from the request alone")
            }
            Self::Popular => write!(f, "no request and no history: this is what is popular"),
            Self::Added => write!(
                f,
                "this store's encoder has no learned composition: the vectors of the words and of what they are about were added"
            ),
            Self::NothingKnown { item_id } => {
                write!(f, "item `{item_id}` has neither words nor a picture: nothing can be like it")
            }
            Self::OnlyLiked => write!(f, "nothing passes the filter but what the answer is to be like"),
            Self::NothingMatches => write!(f, "no item passes the filter"),
            Self::AllSeen => {
                write!(f, "everything that matches was touched by this person before, and what was touched is left out")
            }
        }
    }
}

/// One item of an answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Hit {
    /// The shop's id.
    pub item_id: String,
    /// Its title, or the beginning of its text where it has none.
    pub title: String,
    /// How far the model puts it above the store's average item, for this question.
    pub score: f32,
    /// Why, if asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Explanation>,
}

/// Where a score comes from: `popularity + words + taste = score`. Each part is 0 for the store's average item.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// The item's score without request and person.
    pub popularity: f32,
    /// What the request adds to that.
    pub words: f32,
    /// What the person adds to both.
    pub taste: f32,
    /// The past items without which the score would be lower, strongest first.
    pub past_items: Vec<PastItemReason>,
}

/// A past item that spoke for a hit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PastItemReason {
    /// The shop's id.
    pub item_id: String,
    /// Its title, or the beginning of its text.
    pub title: String,
    /// How much lower the score would be without it.
    pub share: f32,
}

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

/// A trained model over a store, ready to answer.
pub struct Recommender<'a> {
    scorer: &'a Scorer<'a>,
    histories: &'a Histories,
    recent: Option<&'a RecentDeeds>,
    encoder: &'a dyn Encoder,
    moment: i64,
}

impl<'a> Recommender<'a> {
    /// Answers with `scorer` for people with `histories`, at `moment` on the clock of the store's events; `encoder` must be
    /// the store's own.
    pub fn new(scorer: &'a Scorer<'a>, histories: &'a Histories, encoder: &'a dyn Encoder, moment: i64) -> Self {
        Self { scorer, histories, recent: None, encoder, moment }
    }

    /// The same, with what people did since: the moment is that after the last of it.
    pub fn with_recent(self, recent: &'a RecentDeeds) -> Self {
        let newest = recent.newest().map_or(self.moment, |newest| newest.saturating_add(1));
        Self { recent: Some(recent), moment: self.moment.max(newest), ..self }
    }

    /// The best items for a question.
    pub fn recommend(&self, question: &Question) -> Result<Answer, RecommendError> {
        let mut notes = Vec::new();
        let liked = self.liked(question)?;
        let words = self.words(question, &liked, &mut notes)?;
        let ask = Ask { words, person: self.person(question, &mut notes)? };
        if ask.words.is_none() && ask.person.history.is_empty() {
            notes.push(Note::Popular);
        }
        let scores = self.scores(&ask);
        let excluded = self.excluded(question, &ask, &liked);
        let mut ranked = top_k(&scores, question.offset.saturating_add(question.limit), &excluded)?;
        if ranked.is_empty() && question.limit > 0 {
            let matches = |item| question.filter.as_ref().is_none_or(|filter| filter.matches(item));
            let matching: Vec<u32> =
                (0u32..).zip(&self.catalog().items).filter(|(_, item)| matches(item)).map(|(item, _)| item).collect();
            notes.push(match &matching[..] {
                [] => Note::NothingMatches,
                all if all.iter().all(|item| liked.contains(item)) => Note::OnlyLiked,
                _ => Note::AllSeen,
            });
        }
        ranked.drain(..question.offset.min(ranked.len()));
        let mut hits: Vec<Hit> = ranked.iter().map(|ranked| self.hit(ranked.item_idx, ranked.score)).collect();
        if question.reasons == Reasons::With {
            let items: Vec<u32> = ranked.iter().map(|ranked| ranked.item_idx).collect();
            let explanations = self.explain(&ask, &scores, &items);
            hits.iter_mut().zip(explanations).for_each(|(hit, explanation)| hit.explanation = Some(explanation));
        }
        Ok(Answer { notes, hits })
    }

    fn catalog(&self) -> &'a Catalog {
        self.scorer.memory().world().catalog
    }

    fn item_idx(&self, item_id: &str) -> Result<u32, RecommendError> {
        self.catalog().item_idx(item_id).ok_or_else(|| RecommendError::UnknownItem { item_id: item_id.to_owned() })
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
            let vector = vectors.item(item);
            if vector.iter().all(|value| *value == 0.0) {
                notes.push(Note::NothingKnown { item_id: self.catalog().items[item as usize].item_id.clone() });
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
            notes.push(match self.catalog().user_idx(&user_id) {
                Some(_) => Note::NoHistory { user_id },
                None => Note::UnknownUser { user_id },
            });
        }
        if history.is_empty() {
            return Ok(Person::default());
        }
        let user_idx = names.into_iter().flatten().find_map(|user_id| self.catalog().user_idx(user_id));
        Ok(Person { user_idx, history, moment: self.moment })
    }

    /// Everything that somebody did, what was done since the catalog was read first.
    fn deeds_of(&self, user_id: &str) -> Vec<HistoryEntry> {
        let mut deeds = self.recent.map_or_else(Vec::new, |recent| recent.of(user_id));
        if let Some(user_idx) = self.catalog().user_idx(user_id) {
            deeds.extend_from_slice(self.histories.of(user_idx));
        }
        deeds
    }

    /// The model's scores of all items, less their mean: training compares the scores of one question with each other
    /// only, so where they begin means nothing, and it would hide what words and taste do.
    fn scores(&self, ask: &Ask) -> Vec<f32> {
        let mut scores = vec![0.0; self.catalog().n_items()];
        self.scorer.score(std::slice::from_ref(ask), &mut scores);
        let sum: f64 = scores.iter().map(|&score| f64::from(score)).sum();
        let mean = (sum / scores.len().max(1) as f64) as f32;
        scores.iter_mut().for_each(|score| *score -= mean);
        scores
    }

    /// Items that may not be in the answer, ascending.
    fn excluded(&self, question: &Question, ask: &Ask, liked: &[u32]) -> Vec<u32> {
        let items = (0u32..).zip(&self.catalog().items);
        let mut excluded: Vec<u32> = match &question.filter {
            Some(filter) => items.filter(|(_, item)| !filter.matches(item)).map(|(item_idx, _)| item_idx).collect(),
            None => Vec::new(),
        };
        excluded.extend(liked);
        if question.seen == SeenItems::LeftOut {
            excluded.extend(ask.person.history.iter().map(|entry| entry.item_idx));
        }
        excluded.sort_unstable();
        excluded.dedup();
        excluded
    }

    fn hit(&self, item_idx: u32, score: f32) -> Hit {
        let item = &self.catalog().items[item_idx as usize];
        Hit { item_id: item.item_id.clone(), title: item.short_name(), score, explanation: None }
    }

    /// Takes person and words away in turn, and each past item, and looks at what the scores lose.
    fn explain(&self, ask: &Ask, scores: &[f32], items: &[u32]) -> Vec<Explanation> {
        let nobody = self.scores(&ask.clone().without_person());
        let nothing = self.scores(&Ask::default());
        let mut explanations: Vec<Explanation> = items
            .iter()
            .map(|&item| {
                let item = item as usize;
                Explanation {
                    popularity: nothing[item],
                    words: nobody[item] - nothing[item],
                    taste: scores[item] - nobody[item],
                    past_items: Vec::new(),
                }
            })
            .collect();
        for past in self.past_items(ask) {
            let mut without = ask.clone();
            without.person.history.retain(|entry| entry.item_idx != past);
            let without = self.scores(&without);
            let named = self.hit(past, 0.0);
            for (explanation, &item) in explanations.iter_mut().zip(items) {
                let share = scores[item as usize] - without[item as usize];
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

/// A vector, scaled to length 1.
fn unit(mut vector: Vec<f32>) -> Vec<f32> {
    normalize(&mut vector);
    vector
}
