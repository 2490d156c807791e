//! What a shell is answered.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::catalog::facets::Facet;

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// What the person should know about how the question was understood.
    pub notes: Vec<Note>,
    /// In the order of the question.
    pub hits: Vec<Hit>,
    /// For each field whose values were to be counted.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub facets: BTreeMap<String, Facet>,
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
