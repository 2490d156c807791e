//! The truth about preferences, which no real shop knows: what an item is worth to a shopper, for a request, at a moment.
//!
//! A choice falls on an item with a chance in proportion to the exponential of its utility. So the best ranking that anybody
//! could make is the order of utility, and a part of the utility makes the best ranking of somebody who knows only that part.

use crate::boutique::{Boutique, DAY_SECS, N_DAYS, OPENING};
use crate::intent::Intent;
use crate::item::Item;
use crate::look::{Colour, Detail, Material, Pattern, Trait};
use crate::random::{Purpose, mixed};
use crate::shopper::Shopper;
use crate::style::warmth;

/// What somebody who ranks may know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Knowledge {
    /// The request, the person, and what everybody wants: the best that is possible.
    Everything,
    /// The request, and what everybody wants.
    Request,
    /// The person, and what everybody wants.
    Person,
    /// What everybody wants at the moment.
    Crowd,
}

/// How much taste weighs, beside a request's wishes and a choice's chance.
const TASTE: f64 = 1.0;
/// How much everybody's opinion weighs.
const APPEAL: f64 = 0.7;
const SEASON: f64 = 0.9;
const TREND: f64 = 0.8;
const NOVELTY: f64 = 0.6;
/// How long a piece is new.
const NOVELTY_DAYS: f64 = 45.0;

impl Boutique {
    /// What an item is worth to a shopper with an intent at a moment.
    pub fn utility(&self, shopper: &Shopper, intent: &Intent, item: &Item, at: i64) -> f64 {
        self.known_utility(Knowledge::Everything, shopper, intent, item, at)
    }

    /// The part of the utility that can be told from this knowledge.
    pub fn known_utility(&self, known: Knowledge, shopper: &Shopper, intent: &Intent, item: &Item, at: i64) -> f64 {
        let fit = || intent.fit(item);
        let taste = || TASTE * shopper.taste(item, self.progress(at));
        self.demand(item, at)
            + match known {
                Knowledge::Everything => fit() + taste(),
                Knowledge::Request => fit(),
                Knowledge::Person => taste(),
                Knowledge::Crowd => 0.0,
            }
    }

    /// What everybody thinks of an item at a moment: its own appeal, the season, the trend, and that it is new.
    pub fn demand(&self, item: &Item, at: i64) -> f64 {
        let age_days = ((at - item.released_at).max(0) / DAY_SECS) as f64;
        let novelty = if item.released_at > OPENING { NOVELTY * f64::exp(-age_days / NOVELTY_DAYS) } else { 0.0 };
        // The coldest day is in the middle of January.
        let year = ((at - OPENING) as f64 / DAY_SECS as f64 - 15.0) / 365.25;
        let cold = (year * std::f64::consts::TAU).cos();
        let trend: f64 = item.look.traits().map(|part| self.trend(part, at)).sum();
        APPEAL * item.appeal + novelty + SEASON * cold * warmth(&item.look) + TREND * trend
    }

    /// Whether a trait is in fashion: every quarter of a year has its colours, its pattern, its material and its detail.
    fn trend(&self, part: Trait, at: i64) -> f64 {
        let quarter = ((at - OPENING) / (N_DAYS / 8 * DAY_SECS)) as u64;
        let chance = mixed(self.config().seed, Purpose::Trend, quarter);
        let among = |shift: u32, n_values: usize| (chance >> shift) as usize % n_values;
        let in_fashion = match part {
            Trait::Colour(colour) => {
                [among(0, Colour::ALL.len()), among(12, Colour::ALL.len())].contains(&(colour as usize))
            }
            Trait::Pattern(pattern) => among(24, Pattern::ALL.len()) == pattern as usize,
            Trait::Material(material) => among(36, Material::ALL.len()) == material as usize,
            Trait::Detail(detail) => among(48, Detail::ALL.len()) == detail as usize,
            _ => false,
        };
        if in_fashion { 1.0 } else { 0.0 }
    }
}
