//! From whose items do visitors pick, when lists are mixed?

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::design::InterleavingArm;
use crate::interleave::Impression;
use crate::statistics::{
    Cell, Estimate, Interval, Resemblance, SignTest, pigeonhole_interval, resemblance, share_estimate, sign_test,
};

/// What mixed lists say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InterleavingResult {
    /// Whether a program picked any of these.
    pub simulated: bool,
    /// One system.
    pub system: String,
    /// The other.
    pub against: String,
    /// Mixed lists that were shown.
    pub n_shown: usize,
    /// Those from which something was picked; others say nothing.
    pub n_picked: usize,
    /// Those where `system` got more credit; none before the study is at its end, as all that follows.
    pub n_wins: Option<usize>,
    /// Those where `against` did.
    pub n_losses: Option<usize>,
    /// The part of wins, a tie as half of one, less one half: from -0.5 to 0.5 (Chapelle and others 2012), with an interval and a test for
    /// visitors and requests like these.
    pub delta: Option<Estimate>,
    /// The pigeonhole bootstrap's interval of it (Owen 2007): on the safe side.
    pub bootstrap: Option<Interval>,
    /// The exact sign test of wins and losses. Right only if lists are independent.
    pub sign_test: Option<SignTest>,
    /// How much alike lists are that share a visitor, or a request: what the next study is planned with.
    pub resemblance: Option<Resemblance>,
}

/// The mixed lists from which something was picked: 0.5 where `system` got more credit, -0.5 where `against` did, 0 where neither. Their mean is
/// the interleaving delta.
pub fn credits(impressions: &[&Impression]) -> Vec<Cell> {
    let visitors = numbers(impressions.iter().map(|impression| impression.visitor_id.as_str()));
    let requests = numbers(impressions.iter().map(|impression| impression.request.as_str()));
    let cell = |impression: &&Impression| {
        Some(Cell {
            rater: visitors[impression.visitor_id.as_str()],
            question: requests[impression.request.as_str()],
            value: impression.score()? - 0.5,
        })
    };
    impressions.iter().filter_map(cell).collect()
}

/// The interleaving delta, which is from -0.5 to 0.5.
pub fn delta(credits: &[Cell]) -> Option<Estimate> {
    let shares: Vec<Cell> = credits.iter().map(|cell| Cell { value: cell.value + 0.5, ..*cell }).collect();
    let less_half = |interval: Interval| Interval { low: interval.low - 0.5, high: interval.high - 0.5 };
    let share = share_estimate(&shares)?;
    Some(Estimate { value: share.value - 0.5, interval: share.interval.map(less_half), ..share })
}

impl InterleavingResult {
    pub(super) fn hide_who_is_ahead(&mut self) {
        (self.n_wins, self.n_losses) = (None, None);
        (self.delta, self.bootstrap, self.sign_test, self.resemblance) = (None, None, None, None);
    }
}

pub(super) fn result(arm: &InterleavingArm, impressions: &[&Impression], seed: u64) -> InterleavingResult {
    let cells = credits(impressions);
    let n_wins = cells.iter().filter(|cell| cell.value > 0.0).count();
    let n_losses = cells.iter().filter(|cell| cell.value < 0.0).count();
    InterleavingResult {
        simulated: impressions.iter().any(|impression| impression.simulated),
        system: arm.system.clone(),
        against: arm.against.clone(),
        n_shown: impressions.len(),
        n_picked: cells.len(),
        n_wins: Some(n_wins),
        n_losses: Some(n_losses),
        delta: delta(&cells),
        bootstrap: pigeonhole_interval(&cells, seed),
        sign_test: sign_test(n_wins as u64, n_losses as u64),
        resemblance: resemblance(&cells),
    }
}

fn numbers<'a>(names: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, usize> {
    let mut numbers = BTreeMap::new();
    for name in names {
        let next = numbers.len();
        numbers.entry(name).or_insert(next);
    }
    numbers
}
