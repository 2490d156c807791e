//! What is known about an item for a query, besides the towers: the inputs of the mixer.

use serde::{Deserialize, Serialize};

use super::Parts;

/// One number per query and item. The discriminant is the feature's row in every feature matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(usize)]
pub enum Feature {
    /// BM25 of the request over the item's own words.
    WordsText,
    /// BM25 of the request over the requests under which the item was chosen before.
    WordsPast,
    /// BM25 of the request over both together.
    WordsBoth,
    /// Cosine of request and item in the frozen encoder.
    EncoderText,
    /// Cosine of the request and the mean of the item's past requests.
    EncoderPast,
    /// `ln(1 + people)` who chose the item under exactly this request.
    SameRequest,
    /// `ln(1 + Σ)` over similar requests of the people who chose the item under them.
    SimilarRequests,
    /// What people with a similar history chose, newest past items first.
    Neighbours,
    /// The same, where past items count by how well they fit the request.
    NeighboursForRequest,
    /// What people with a similar history chose under similar requests.
    NeighboursAsking,
    /// Cosine of the item with the person's past items, newest first.
    TasteText,
    /// The same, where past items count by how well they fit the request.
    TasteForRequest,
    /// Shared rare words with the person's past items.
    TasteWords,
    /// Cosine of the item's past requests with the person's own past requests.
    TasteRequests,
    /// `ln(1 + events)` of all time.
    Popularity,
    /// `ln(1 + events)`, halved every [`super::SHORT_HALF_LIFE_DAYS`].
    PopularityShort,
    /// `ln(1 + events)`, halved every [`super::LONG_HALF_LIFE_DAYS`].
    PopularityLong,
    /// 1 for an item that nobody chose yet.
    NeverChosen,
    /// `ln(1 + days)` since the item was first chosen.
    Age,
}

/// What a feature is about: the answer to "why this?" adds up features by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aspect {
    /// The request's words and meaning.
    Words,
    /// The person's history.
    Taste,
    /// What everybody wants.
    Popularity,
}

/// Number of features.
pub const N_FEATURES: usize = Feature::ALL.len();

impl Feature {
    /// All features, in row order.
    pub const ALL: [Self; 19] = [
        Self::WordsText,
        Self::WordsPast,
        Self::WordsBoth,
        Self::EncoderText,
        Self::EncoderPast,
        Self::SameRequest,
        Self::SimilarRequests,
        Self::Neighbours,
        Self::NeighboursForRequest,
        Self::NeighboursAsking,
        Self::TasteText,
        Self::TasteForRequest,
        Self::TasteWords,
        Self::TasteRequests,
        Self::Popularity,
        Self::PopularityShort,
        Self::PopularityLong,
        Self::NeverChosen,
        Self::Age,
    ];

    /// The feature's row.
    pub fn row(self) -> usize {
        self as usize
    }

    /// Whether the feature needs words.
    pub fn needs_request(self) -> bool {
        use Feature::*;
        matches!(
            self,
            WordsText
                | WordsPast
                | WordsBoth
                | EncoderText
                | EncoderPast
                | SameRequest
                | SimilarRequests
                | NeighboursForRequest
                | NeighboursAsking
                | TasteForRequest
        )
    }

    /// Whether the feature needs a history.
    pub fn needs_history(self) -> bool {
        self.aspect() == Aspect::Taste
    }

    /// What the feature is about.
    pub fn aspect(self) -> Aspect {
        use Feature::*;
        match self {
            WordsText | WordsPast | WordsBoth | EncoderText | EncoderPast | SameRequest | SimilarRequests => Aspect::Words,
            Neighbours | NeighboursForRequest | NeighboursAsking | TasteText | TasteForRequest | TasteWords
            | TasteRequests => Aspect::Taste,
            Popularity | PopularityShort | PopularityLong | NeverChosen | Age => Aspect::Popularity,
        }
    }

    /// Whether the model has this feature: an ablation switches a part off, and with it its features.
    pub fn is_in(self, parts: &Parts) -> bool {
        use Feature::*;
        let lexical = parts.lexical || !matches!(self, WordsText | WordsPast | WordsBoth | TasteWords);
        let past = parts.past_requests
            || !matches!(self, WordsPast | WordsBoth | EncoderPast | SameRequest | SimilarRequests | NeighboursAsking | TasteRequests);
        let neighbours = parts.neighbours || !matches!(self, Neighbours | NeighboursForRequest | NeighboursAsking);
        let history = parts.history || !self.needs_history();
        let popularity = parts.popularity || self.aspect() != Aspect::Popularity;
        lexical && past && neighbours && history && popularity
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_the_order_of_all() {
        for (row, feature) in Feature::ALL.into_iter().enumerate() {
            assert_eq!(feature.row(), row);
        }
    }
}
