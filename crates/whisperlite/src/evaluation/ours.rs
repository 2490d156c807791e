//! Our model as a system under measurement, in its three uses.

use super::protocol::Protocol;
use super::{Query, Ranker};
use crate::model::{Ask, Person, Reading, Scorer};

/// A trained model that answers the queries of a protocol.
pub struct OurModel<'a> {
    name: String,
    scorer: &'a Scorer<'a>,
    protocol: &'a Protocol<'a>,
    reading: Reading,
}

impl<'a> OurModel<'a> {
    /// The model as system `name`.
    pub fn new(name: &str, scorer: &'a Scorer<'a>, protocol: &'a Protocol<'a>, reading: Reading) -> Self {
        Self { name: name.to_owned(), scorer, protocol, reading }
    }

    fn ask(&self, query: &Query) -> Ask {
        let world = self.scorer.memory().world();
        let person = if self.reading.sees_person() {
            Person { user_idx: query.user_idx, history: self.protocol.history(query).to_vec(), moment: query.moment }
        } else {
            Person::default()
        };
        let request_idx = query.request_idx.filter(|_| self.reading.sees_request());
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
