//! Our model as a system under measurement, in its three uses.

use super::protocol::Protocol;
use super::{Query, Ranker};
use crate::model::{Ask, Person, Scorer};

/// What the model is told about a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// Request and person.
    Joint,
    /// The request alone: search.
    SearchAlone,
    /// The person alone: recommendation.
    RecommendationAlone,
}

/// A trained model that answers the queries of a protocol.
pub struct OurModel<'a> {
    name: String,
    scorer: &'a Scorer<'a>,
    protocol: &'a Protocol<'a>,
    usage: Use,
}

impl<'a> OurModel<'a> {
    /// The model as system `name`.
    pub fn new(name: &str, scorer: &'a Scorer<'a>, protocol: &'a Protocol<'a>, usage: Use) -> Self {
        Self { name: name.to_owned(), scorer, protocol, usage }
    }

    fn ask(&self, query: &Query) -> Ask {
        let world = self.scorer.memory().world();
        let person = match self.usage {
            Use::SearchAlone => Person::default(),
            _ => Person {
                user_idx: query.user_idx,
                history: self.protocol.history(query).to_vec(),
                moment: query.moment,
            },
        };
        let request_idx = query.request_idx.filter(|_| self.usage != Use::RecommendationAlone);
        world.ask(request_idx, person)
    }
}

impl Ranker for OurModel<'_> {
    fn name(&self) -> &str {
        &self.name
    }

    fn score(&self, queries: &[Query], scores: &mut [f32]) {
        let asks: Vec<Ask> = queries.iter().map(|query| self.ask(query)).collect();
        self.scorer.score(&asks, scores);
    }
}
