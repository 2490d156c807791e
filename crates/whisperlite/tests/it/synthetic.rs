//! A seeded evaluation without any model: items with awkward ids, people with queries, systems of known quality.

use std::collections::BTreeSet;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use whisperlite::catalog::Item;
use whisperlite::evaluation::{Answers, JudgedQuery, Query, Run};
use whisperlite::metrics::{MAX_CUTOFF, top_k};

/// Systems by name, with how strongly a relevant item stands out; named and ordered as a real table is.
const SYSTEMS: [(&str, f32); 9] = [
    ("whisperlite", 2.6),
    ("whisperlite without people", 2.0),
    ("best blend", 2.3),
    ("BM25 + past requests", 1.7),
    ("encoder alone", 1.0),
    ("item neighbours", 0.8),
    ("popularity", 0.4),
    ("popularity, 90 days", 0.45),
    ("most recent <items> & \"more\"", 0.0),
];

/// Everything that a report needs.
pub(crate) struct Synthetic {
    pub(crate) items: Vec<Item>,
    pub(crate) popularity: Vec<u32>,
    pub(crate) queries: Vec<JudgedQuery>,
    pub(crate) runs: Vec<Run>,
}

impl Synthetic {
    pub(crate) fn new(seed: u64, n_queries: usize) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let items = items(300);
        let n_users = n_queries as u32 / 3 + 1;
        let queries: Vec<JudgedQuery> =
            (0..n_queries).map(|number| query(number, n_users, items.len() as u32, &mut rng)).collect();
        let popularity = (0..items.len() as u32).map(|rank| 1_000 / (rank * 7 % 300 + 1)).collect();
        let runs = SYSTEMS.map(|(system, strength)| run(system, strength, &queries, items.len(), &mut rng)).to_vec();
        Self { items, popularity, queries, runs }
    }

    pub(crate) fn answers(&self) -> Answers<'_> {
        Answers { queries: &self.queries, runs: &self.runs }
    }
}

/// Items whose ids hold white space and marks that a careless escape would reorder, sorted by their bytes.
fn items(n: usize) -> Vec<Item> {
    let marks = [" ", "!", "\"", "a", "~", "é", "\u{a0}", "\t", "Z", "%"];
    let ids: BTreeSet<String> =
        (0..n).map(|i| format!("i{}{}", marks[i % marks.len()], i / marks.len() % 30)).collect();
    ids.into_iter().map(|item_id| Item { item_id, ..Item::default() }).collect()
}

fn query(number: usize, n_users: u32, n_items: u32, rng: &mut ChaCha8Rng) -> JudgedQuery {
    let user_idx = rng.random_range(0..n_users);
    let n_relevant = rng.random_range(1..=6);
    let relevant: BTreeSet<u32> = (0..n_relevant).map(|_| rng.random_range(0..n_items)).collect();
    let warmth = if user_idx % 3 == 0 { "cold user" } else { "warm user" };
    let novelty = if number % 5 < 2 { "new request" } else { "seen request" };
    JudgedQuery {
        query_id: format!("u{user_idx} \"q\" {number}"),
        query: Query { user_idx: Some(user_idx), request_idx: None, moment: 0 },
        relevant: relevant.into_iter().collect(),
        slices: vec![warmth, novelty],
    }
}

/// Noise plus `strength` on relevant items, in steps so coarse that most scores are tied.
fn run(system: &str, strength: f32, queries: &[JudgedQuery], n_items: usize, rng: &mut ChaCha8Rng) -> Run {
    let ranking = |judged: &JudgedQuery| {
        let mut scores: Vec<f32> = (0..n_items).map(|_| rng.random::<f32>() * 3.0).collect();
        for &item_idx in &judged.relevant {
            scores[item_idx as usize] += strength * rng.random::<f32>();
        }
        scores.iter_mut().for_each(|score| *score = (*score * 10.0).round() / 7.0 - 1.0);
        // Some systems know few items: short rankings, and now and then an empty one.
        let k = if rng.random_range(0..8) == 0 { rng.random_range(0..15) } else { MAX_CUTOFF };
        top_k(&scores, k, &[]).expect("the scores are finite")
    };
    Run { system: system.to_owned(), rankings: queries.iter().map(ranking).collect() }
}
