//! What of a question is looked at.

use super::{CONTEXT_BOTH, CONTEXT_PERSON, CONTEXT_REQUEST, Feature, N_CONTEXT};

/// One of the uses of the one model: what the rest of the question says stays hidden from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// Request and person.
    Joint,
    /// The request alone: search.
    SearchAlone,
    /// The person alone: recommendation.
    RecommendationAlone,
    /// Neither: what is popular.
    Neither,
}

impl Reading {
    /// Whether the request is looked at.
    pub fn sees_request(self) -> bool {
        matches!(self, Self::Joint | Self::SearchAlone)
    }

    /// Whether the person is looked at.
    pub fn sees_person(self) -> bool {
        matches!(self, Self::Joint | Self::RecommendationAlone)
    }

    /// The same reading by a model that reads no history.
    pub(crate) fn without_person(self) -> Self {
        if self.sees_request() { Self::SearchAlone } else { Self::Neither }
    }

    /// Whether a feature may be looked at; one that may not is 0.
    pub(crate) fn sees(self, feature: Feature) -> bool {
        (self.sees_request() || !feature.needs_request()) && (self.sees_person() || !feature.needs_history())
    }

    /// What is left of a question's context.
    pub(crate) fn context(self, mut context: [f32; N_CONTEXT]) -> [f32; N_CONTEXT] {
        if !self.sees_person() {
            context[CONTEXT_PERSON].fill(0.0);
        }
        if !self.sees_request() {
            context[CONTEXT_REQUEST].fill(0.0);
        }
        if self != Self::Joint {
            context[CONTEXT_BOTH].fill(0.0);
        }
        context
    }
}
