//! Requests to measure answers with: those of the store (warm: their vectors are kept after the first time), or words of the store
//! thrown together anew (never seen: the encoder reads each).

use std::collections::BTreeSet;

use anyhow::ensure;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::json;
use whisperlite::catalog::Catalog;
use whisperlite::recommender::Question;

/// Requests that are asked again and again.
pub(super) const N_WARM: usize = 200;
/// Words of a request that nobody made before.
const N_WORDS: usize = 4;

/// Whether a request was made before.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Warm,
    NeverSeen,
}

/// What is asked, and by whom.
pub(super) struct Requests {
    known: Vec<String>,
    words: Vec<String>,
    user_ids: Vec<String>,
}

impl Requests {
    pub(super) fn of(catalog: &Catalog) -> anyhow::Result<Self> {
        let known: Vec<String> =
            catalog.requests.iter().filter(|request| !request.is_empty()).take(N_WARM).cloned().collect();
        ensure!(!known.is_empty(), "the store has no requests to ask again");
        let texts = catalog.requests.iter().chain(catalog.items.iter().take(10_000).map(|item| &item.title));
        let words: BTreeSet<&str> = texts.flat_map(|text| text.split_whitespace()).collect();
        let words = words.into_iter().map(str::to_owned).collect();
        Ok(Self { known, words, user_ids: catalog.user_ids.iter().take(1_000).cloned().collect() })
    }

    /// The words of each request of a stretch.
    pub(super) fn words(&self, kind: Kind, stretch: u64) -> impl Fn(u64) -> String + Sync {
        move |number| match kind {
            Kind::Warm => self.known[number as usize % self.known.len()].clone(),
            Kind::NeverSeen => {
                let mut rng = ChaCha8Rng::seed_from_u64((stretch << 40) + number);
                let mut word = || self.words[rng.random_range(0..self.words.len())].as_str();
                (0..N_WORDS).map(|_| word()).collect::<Vec<_>>().join(" ")
            }
        }
    }

    /// Every other request is somebody's whom the store knows.
    fn user_id(&self, number: u64) -> Option<&String> {
        let user = number.is_multiple_of(2).then_some(number as usize / 2);
        user.filter(|_| !self.user_ids.is_empty()).map(|user| &self.user_ids[user % self.user_ids.len()])
    }

    /// The body of a request of a number, as the server takes it.
    pub(super) fn body(&self, words: &str, number: u64, limit: usize, filter: Option<&str>) -> String {
        let mut body = json!({"q": words, "limit": limit});
        if let Some(user_id) = self.user_id(number) {
            body["user_id"] = json!(user_id);
        }
        if let Some(filter) = filter {
            body["filter"] = json!(filter);
        }
        body.to_string()
    }

    /// The same for the recommender.
    pub(super) fn question(&self, words: &str, number: u64, limit: usize) -> Question {
        let user_id = self.user_id(number).cloned();
        Question { request: words.to_owned(), user_id, limit, ..Question::default() }
    }
}
