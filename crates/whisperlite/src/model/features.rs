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
    /// The same over the popularity of the item: chosen under this request rather than in general.
    SameRequestShare,
    /// `ln(1 + choices)` under exactly this request, halved every [`super::SHORT_HALF_LIFE_DAYS`].
    SameRequestShort,
    /// `ln(1 + choices)` under exactly this request, halved every [`super::LONG_HALF_LIFE_DAYS`].
    SameRequestLong,
    /// `ln(1 + Σ)` over similar requests of the people who chose the item under them.
    SimilarRequests,
    /// The same over the popularity of the item.
    SimilarRequestsShare,
    /// Shared rare words with what was chosen under the same and similar requests (Rocchio's feedback, 1971).
    FeedbackWords,
    /// Cosine with the mean of what was chosen under the same and similar requests.
    FeedbackText,
    /// What people with a similar history chose.
    Neighbours,
    /// What people chose soon after the person's newest items, and half as much of what they chose soon before.
    ChosenNext,
    /// Shared rare words with the person's newest items.
    TasteWords,
    /// Shared rare words with the person's last item.
    TasteLast,
    /// Shared rare words with what the person did in the last minutes.
    TasteNow,
    /// Cosine of the item with the person's newest items.
    TasteText,
    /// Cosine of the item with all of the person's items.
    TasteLong,
    /// Chosen under the same requests (by anybody) as the person's newest items.
    TasteRequests,
    /// Chosen under the requests that the person made of late.
    OwnRequests,
    /// Cosine of the item's past requests with the person's newest requests.
    OwnVocabulary,
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
    /// Cosine of the item with the mean of what everybody chose of late.
    Trend,
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
    pub const ALL: [Self; 29] = [
        Self::WordsText,
        Self::WordsPast,
        Self::WordsBoth,
        Self::EncoderText,
        Self::EncoderPast,
        Self::SameRequest,
        Self::SameRequestShare,
        Self::SameRequestShort,
        Self::SameRequestLong,
        Self::SimilarRequests,
        Self::SimilarRequestsShare,
        Self::FeedbackWords,
        Self::FeedbackText,
        Self::Neighbours,
        Self::ChosenNext,
        Self::TasteWords,
        Self::TasteLast,
        Self::TasteNow,
        Self::TasteText,
        Self::TasteLong,
        Self::TasteRequests,
        Self::OwnRequests,
        Self::OwnVocabulary,
        Self::Popularity,
        Self::PopularityShort,
        Self::PopularityLong,
        Self::NeverChosen,
        Self::Age,
        Self::Trend,
    ];

    /// The feature's row.
    pub fn row(self) -> usize {
        self as usize
    }

    /// Whether the feature needs words.
    pub fn needs_request(self) -> bool {
        self.aspect() == Aspect::Words
    }

    /// Whether the feature needs a history.
    pub fn needs_history(self) -> bool {
        self.aspect() == Aspect::Taste
    }

    /// What the feature is about: the first half of the rows is about words, then come taste and popularity.
    pub fn aspect(self) -> Aspect {
        match self {
            _ if self < Self::Neighbours => Aspect::Words,
            _ if self < Self::Popularity => Aspect::Taste,
            _ => Aspect::Popularity,
        }
    }

    /// Whether the model has this feature: an ablation switches a part off, and with it its features.
    pub fn is_in(self, parts: &Parts) -> bool {
        let off = [
            (parts.lexical, self.is_lexical()),
            (parts.past_requests, self.reads_past_requests()),
            (parts.neighbours, matches!(self, Self::Neighbours | Self::ChosenNext)),
            (parts.history, self.needs_history()),
            (parts.popularity, self.aspect() == Aspect::Popularity),
        ];
        off.into_iter().all(|(part_is_there, needs_it)| part_is_there || !needs_it)
    }

    fn is_lexical(self) -> bool {
        use Feature::*;
        matches!(self, WordsText | WordsPast | WordsBoth | FeedbackWords | TasteWords | TasteLast | TasteNow)
    }

    fn reads_past_requests(self) -> bool {
        use Feature::*;
        let about_items = matches!(self, TasteRequests | OwnRequests | OwnVocabulary);
        about_items || (self.needs_request() && !matches!(self, WordsText | EncoderText))
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
