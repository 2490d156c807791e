//! A question to the model: somebody, with a history, asks for something.

use crate::signals::HistoryEntry;

use super::{Feature, Memory, World};

/// Numbers that describe a query, for the gates.
pub const N_CONTEXT: usize = 14;

/// How many numbers of a context are about the person alone, about request and person, and about the request alone.
pub(super) const CONTEXT_PERSON: std::ops::Range<usize> = 0..5;
pub(super) const CONTEXT_BOTH: std::ops::Range<usize> = 5..7;
pub(super) const CONTEXT_REQUEST: std::ops::Range<usize> = 7..N_CONTEXT;

/// A person's history, as far as the model reads it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Person {
    /// The catalog's number of the person, so that they are not their own neighbour; `None` for somebody new.
    pub user_idx: Option<u32>,
    /// What they did, newest first.
    pub history: Vec<HistoryEntry>,
    /// When they ask, on the clock of the history's timestamps.
    pub moment: i64,
}

impl Person {
    /// The items that they wanted, each with its request, newest first; what they turned away is left out.
    pub(crate) fn wanted(&self) -> impl Iterator<Item = (u32, Option<u32>)> {
        let wanted = self.history.iter().filter(|entry| entry.event_type.is_positive());
        wanted.map(|entry| (entry.item_idx, entry.request_idx))
    }
}

/// A request and a person; either may be missing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ask {
    /// What is asked for in words.
    pub words: Option<super::Words>,
    /// Who asks.
    pub person: Person,
}

impl Ask {
    /// The same request from nobody in particular.
    pub fn without_person(self) -> Self {
        Self { person: Person::default(), ..self }
    }

    /// The same person without words.
    pub fn without_words(self) -> Self {
        Self { words: None, ..self }
    }

    /// What is known about the query itself, each number roughly between 0 and 1; `largest` gives the largest value of a feature.
    pub(super) fn context(&self, memory: &Memory<'_>, largest: impl Fn(Feature) -> f32) -> [f32; N_CONTEXT] {
        let flag = |yes: bool| if yes { 1.0 } else { 0.0 };
        let mut context = [0.0; N_CONTEXT];
        let history = &self.person.history;
        if let Some(newest) = history.first() {
            let pause = (self.person.moment - newest.timestamp).max(0) as f32;
            let person = [
                (history.len() as f32).ln_1p() / 5.0,
                1.0,
                pause.ln_1p() / 10.0,
                flag(pause <= MINUTE_SECS),
                flag(pause <= HOUR_SECS),
            ];
            context[CONTEXT_PERSON].copy_from_slice(&person);
        }
        let Some(words) = &self.words else { return context };
        let own = history.iter().filter_map(|entry| words.similarity_to(entry.request_idx?)).fold(0.0, f32::max);
        context[CONTEXT_BOTH].copy_from_slice(&[own, flag(own == 1.0)]);
        let (same, similar) = words.people(memory);
        let request = [
            1.0,
            same.ln_1p() / 5.0,
            flag(same > 0.0),
            similar.ln_1p() / 5.0,
            largest(Feature::SameRequest) / 3.0,
            largest(Feature::WordsBoth) / 15.0,
            words.terms.len() as f32 / 4.0,
        ];
        context[CONTEXT_REQUEST].copy_from_slice(&request);
        context
    }

    /// The person's past items, each once, newest first.
    pub(super) fn past_items(&self) -> Vec<PastItem> {
        let mut past: Vec<PastItem> = Vec::new();
        for entry in self.person.history.iter().filter(|entry| entry.event_type.is_positive()).take(MAX_ENTRIES) {
            match past.iter_mut().find(|item| item.item_idx == entry.item_idx) {
                Some(_) => {}
                None => past.push(PastItem { item_idx: entry.item_idx, timestamp: entry.timestamp }),
            }
        }
        past
    }
}

/// The newest events of a person that count.
const MAX_ENTRIES: usize = 200;
const MINUTE_SECS: f32 = 60.0;
const HOUR_SECS: f32 = 3600.0;

/// An item of somebody's history.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct PastItem {
    pub(super) item_idx: u32,
    /// The last time.
    pub(super) timestamp: i64,
}

impl super::Words {
    /// How many choices were made under this request, and under similar ones weighted by similarity.
    fn people(&self, memory: &Memory<'_>) -> (f32, f32) {
        let choices = |request: u32| memory.demand.of(request).iter().map(|demand| demand.people).sum::<f32>();
        self.similar.iter().fold((0.0, 0.0), |(same, similar), &(request, similarity)| {
            let n = choices(request);
            if similarity == 1.0 { (same + n, similar) } else { (same, similar + similarity * n) }
        })
    }
}

impl super::Words {
    /// How similar a request of the catalog is to this one, if it is at all.
    fn similarity_to(&self, request_idx: u32) -> Option<f32> {
        self.similar.iter().find(|similar| similar.0 == request_idx).map(|similar| similar.1)
    }
}

impl World<'_> {
    /// A question as evaluation and training ask it.
    pub fn ask(&self, request_idx: Option<u32>, person: Person) -> Ask {
        Ask { words: request_idx.map(|request| self.known(request)), person }
    }
}
