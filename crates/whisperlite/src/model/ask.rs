//! A question to the model: somebody, with a history, asks for something.

use crate::signals::HistoryEntry;

use super::{Memory, World};

/// Numbers that describe a query.
pub const N_CONTEXT: usize = 6;

/// A person's history, as far as the model reads it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Person {
    /// The catalog's number of the person, so that they are not their own neighbour; `None` for somebody new.
    pub user_idx: Option<u32>,
    /// What they did, newest first.
    pub history: Vec<HistoryEntry>,
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

    /// What is known about the query itself, for the gates, each roughly between 0 and 1: length of the history, whether
    /// there is one, whether there are words, how many people made this request, whether anybody did, how many made a
    /// similar one.
    pub fn context(&self, memory: &Memory<'_>) -> [f32; N_CONTEXT] {
        let n_history = self.person.history.len() as f32;
        let flag = |yes: bool| if yes { 1.0 } else { 0.0 };
        let (same, similar) = self.words.as_ref().map_or((0.0, 0.0), |words| words.people(memory));
        [
            n_history.ln_1p() / 5.0,
            flag(n_history > 0.0),
            flag(self.words.is_some()),
            same.ln_1p() / 5.0,
            flag(same > 0.0),
            similar.ln_1p() / 5.0,
        ]
    }

    /// The person's past items, each once, newest first, with the requests they came under.
    pub(super) fn past_items(&self) -> Vec<PastItem> {
        let mut past: Vec<PastItem> = Vec::new();
        for entry in self.person.history.iter().filter(|entry| entry.event_type.is_positive()).take(MAX_ENTRIES) {
            match past.iter_mut().find(|item| item.item_idx == entry.item_idx) {
                Some(known) => known.requests.extend(entry.request_idx),
                None => past.push(PastItem { item_idx: entry.item_idx, requests: entry.request_idx.into_iter().collect() }),
            }
        }
        past
    }
}

/// The newest events of a person that count.
const MAX_ENTRIES: usize = 100;

/// An item of somebody's history.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PastItem {
    pub(super) item_idx: u32,
    pub(super) requests: Vec<u32>,
}

impl super::Words {
    /// How many choices were made under this request, and under similar ones weighted by similarity.
    fn people(&self, memory: &Memory<'_>) -> (f32, f32) {
        let choices = |request: u32| memory.people.of(request).iter().map(|&(_, people)| people).sum::<f32>();
        self.similar.iter().fold((0.0, 0.0), |(same, similar), &(request, similarity)| {
            let n = choices(request);
            if similarity == 1.0 { (same + n, similar) } else { (same, similar + similarity * n) }
        })
    }
}

impl World<'_> {
    /// A question as evaluation and training ask it.
    pub fn ask(&self, request_idx: Option<u32>, person: Person) -> Ask {
        Ask { words: request_idx.map(|request| self.known(request)), person }
    }
}
