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

/// How much everybody's opinion weighs, beside a request's wishes and a person's taste, which weigh 1.
const APPEAL: f64 = 0.7;
const SEASON: f64 = 0.9;
const TREND: f64 = 0.8;
const NOVELTY: f64 = 0.6;
/// How long a piece is new.
const NOVELTY_DAYS: f64 = 45.0;

/// The true preference of one shopper with one intent at one moment; see [`Boutique::preference`].
#[derive(Debug, Clone)]
pub struct Preference<'a> {
    shopper: &'a Shopper,
    intent: &'a Intent,
    at: i64,
    /// How much the shopper likes each trait by now, by [`Trait::place`].
    liking: [f64; Trait::COUNT],
    /// How much each trait is in fashion.
    fashion: [f64; Trait::COUNT],
    /// From -1 in the middle of July to 1 in the middle of January.
    cold: f64,
}

impl Boutique {
    /// What a shopper with an intent truly prefers at a moment.
    pub fn preference<'a>(&self, shopper: &'a Shopper, intent: &'a Intent, at: i64) -> Preference<'a> {
        let (mut liking, mut fashion) = ([0.0; Trait::COUNT], [0.0; Trait::COUNT]);
        let (progress, in_fashion) = (self.progress(at), self.fashion(at));
        for part in Trait::all() {
            liking[part.place()] = shopper.liking(part, progress);
            fashion[part.place()] = if in_fashion.contains(&part) { TREND } else { 0.0 };
        }
        let years = ((at - OPENING) as f64 / DAY_SECS as f64 - 15.0) / 365.25;
        Preference { shopper, intent, at, liking, fashion, cold: (years * std::f64::consts::TAU).cos() }
    }

    /// What is in fashion: every quarter of a year has two colours, a pattern, a material and a detail of its own.
    fn fashion(&self, at: i64) -> [Trait; 5] {
        let quarter = (at - OPENING) / (N_DAYS / 8 * DAY_SECS);
        let chance = mixed(self.config().seed, Purpose::Trend, quarter as u64);
        let among = |shift: u32, n_values: usize| (chance >> shift) as usize % n_values;
        [
            Trait::Colour(Colour::ALL[among(0, Colour::ALL.len())]),
            Trait::Colour(Colour::ALL[among(12, Colour::ALL.len())]),
            Trait::Pattern(Pattern::ALL[among(24, Pattern::ALL.len())]),
            Trait::Material(Material::ALL[among(36, Material::ALL.len())]),
            Trait::Detail(Detail::ALL[among(48, Detail::ALL.len())]),
        ]
    }
}

impl Preference<'_> {
    /// What an item is worth.
    pub fn utility(&self, item: &Item) -> f64 {
        self.known(Knowledge::Everything, item)
    }

    /// The part of the utility that can be told from this knowledge.
    pub fn known(&self, known: Knowledge, item: &Item) -> f64 {
        self.demand(item)
            + match known {
                Knowledge::Everything => self.intent.fit(item) + self.taste(item),
                Knowledge::Request => self.intent.fit(item),
                Knowledge::Person => self.taste(item),
                Knowledge::Crowd => 0.0,
            }
    }

    /// How much the shopper likes an item, whatever it is needed for: its traits, its brand, its price.
    pub fn taste(&self, item: &Item) -> f64 {
        let traits: f64 = item.look.traits().map(|part| self.liking[part.place()]).sum();
        traits + self.shopper.brand_and_price(item)
    }

    /// What everybody thinks of an item: its own appeal, the season, the fashion, and that it is new.
    pub fn demand(&self, item: &Item) -> f64 {
        let age_days = ((self.at - item.released_at).max(0) / DAY_SECS) as f64;
        let novelty = if item.released_at > OPENING { NOVELTY * f64::exp(-age_days / NOVELTY_DAYS) } else { 0.0 };
        let fashion: f64 = item.look.traits().map(|part| self.fashion[part.place()]).sum();
        APPEAL * item.appeal + novelty + SEASON * self.cold * warmth(&item.look) + fashion
    }
}
