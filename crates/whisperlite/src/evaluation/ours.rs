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
        if self.reading.sees_person() {
            let asks: Vec<Ask> = queries.iter().map(|query| self.ask(query)).collect();
            return self.scorer.score(&asks, scores);
        }
        // Without the person, equal requests have equal answers, and they come one after the other.
        let groups: Vec<&[Query]> = queries.chunk_by(|a, b| a.request_idx == b.request_idx).collect();
        let asks: Vec<Ask> = groups.iter().map(|group| self.ask(&group[0])).collect();
        let n_items = scores.len() / queries.len().max(1);
        let mut answers = vec![0.0; groups.len() * n_items];
        self.scorer.score(&asks, &mut answers);
        let mut rows = scores.chunks_exact_mut(n_items.max(1));
        for (group, answer) in groups.iter().zip(answers.chunks_exact(n_items.max(1))) {
            rows.by_ref().take(group.len()).for_each(|row| row.copy_from_slice(answer));
        }
    }
}
