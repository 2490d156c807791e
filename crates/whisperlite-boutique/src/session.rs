//! Visits: somebody comes, asks, looks at a few pieces, and maybe buys one.

use std::collections::HashSet;

use rand::{Rng, RngExt};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::boutique::Boutique;
use crate::intent::Intent;
use crate::item::Item;
use crate::kinds;
use crate::look::Kind;
use crate::random::{Purpose, generator, gumbel, mixed, unit};
use crate::request::Request;
use crate::shopper::Shopper;

/// One visit.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    /// Its place among the visits, which are in the order of time.
    pub index: u64,
    /// Who came.
    pub shopper: u64,
    /// When, in Unix seconds.
    pub at: i64,
    /// What they asked for; a few only look round.
    pub request: Option<Request>,
    /// What they did, in order.
    pub events: Vec<Event>,
}

/// What a shopper did with an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// The item's place in the catalogue.
    pub item: u64,
    /// When, in Unix seconds.
    pub at: i64,
    /// What.
    pub action: Action,
}

/// What can be done with an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Its page was looked at.
    View,
    /// It was bought.
    Purchase,
}

/// Items that a visit chooses among, at most.
const MAX_CANDIDATES: usize = 1_500;
/// The same in a catalogue that is too large to keep at hand, where each must be made.
const MAX_MADE_CANDIDATES: usize = 500;
/// Items kept at hand while sessions are made, so that a small catalogue is made once.
const CACHED_ITEMS: u64 = 1 << 16;
/// The share of visits without a request.
const BROWSING_SHARE: f64 = 0.06;
/// A wish that is not met costs at least this, so what is worth less is not bought.
const BUYABLE_FIT: f64 = -3.0;

impl Boutique {
    /// Every visit, in the order of time. Nobody buys the same piece twice: the iterator remembers purchases, 8 bytes each or
    /// so, and nothing else that grows.
    pub fn sessions(&self) -> Sessions<'_> {
        let n_cached = self.config().n_items.min(CACHED_ITEMS) as usize;
        Sessions { boutique: self, next: 0, bought: HashSet::new(), cache: vec![None; n_cached] }
    }

    /// Who comes for a visit: active shoppers more often, nobody before they joined.
    fn visitor(&self, at: i64, rng: &mut impl Rng) -> u64 {
        for _ in 0..400 {
            let index = rng.random_range(0..self.config().n_shoppers);
            let activity = 0.06 + 0.94 * unit(mixed(!self.config().seed, Purpose::Shopper, index)).powi(3);
            if rng.random_bool(activity) && self.joined_at(index) <= at {
                return index;
            }
        }
        0
    }
}

/// The visits of a boutique; see [`Boutique::sessions`].
#[derive(Debug)]
pub struct Sessions<'a> {
    boutique: &'a Boutique,
    next: u64,
    /// Hashes of (shopper, item).
    bought: HashSet<u64>,
    /// By place modulo its length.
    cache: Vec<Option<Item>>,
}

impl Iterator for Sessions<'_> {
    type Item = Session;

    fn next(&mut self) -> Option<Session> {
        let index = self.next;
        (index < self.boutique.config().n_sessions).then(|| {
            self.next += 1;
            self.session(index)
        })
    }
}

impl Sessions<'_> {
    fn session(&mut self, index: u64) -> Session {
        let config = self.boutique.config();
        let mut rng = generator(config.seed, Purpose::Session, index);
        let period = self.boutique.period();
        let share = (index as f64 + rng.random::<f64>()) / config.n_sessions as f64;
        let at = period.start + (share * (period.end - period.start) as f64) as i64;
        let shopper = self.boutique.shopper(self.boutique.visitor(at, &mut rng));
        let request = if rng.random_bool(BROWSING_SHARE) { None } else { self.request(&shopper, at, &mut rng) };
        let intent = request.as_ref().map_or_else(Intent::default, |request| request.intent.clone());
        let events = self.events(&shopper, &intent, at, &mut rng);
        Session { index, shopper: shopper.index, at, request, events }
    }

    /// An item, made once while it stays in the cache.
    fn item(&mut self, index: u64) -> Item {
        let slot = (index % self.cache.len() as u64) as usize;
        match self.cache[slot] {
            Some(item) if item.index == index => item,
            _ => *self.cache[slot].insert(self.boutique.item(index)),
        }
    }

    /// A piece comes to mind, the best liked of a few of a kind that is in season, and some of it is asked for.
    fn request(&mut self, shopper: &Shopper, at: i64, rng: &mut ChaCha8Rng) -> Option<Request> {
        let config = self.boutique.config();
        let no_intent = Intent::default();
        let preference = self.boutique.preference(shopper, &no_intent, at);
        let mut pieces: Vec<(f64, Item)> = Vec::with_capacity(6);
        for _ in 0..6 {
            let item = self.item(rng.random_range(0..config.n_items));
            let worth = 0.5 * preference.utility(&item) + gumbel(rng);
            if item.released_at <= at {
                pieces.push((worth, item));
            }
        }
        pieces.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mind = pieces.first()?.1;
        let kind = [mind.look.kind];
        let same_kind = kinds::places(config.seed, config.n_items, &kind, 8, rng);
        let avoid = same_kind.first().map_or(mind, |place| self.item(*place));
        Some(Request::draw(&mind, &avoid, rng))
    }

    /// Views of the items that win a softmax choice by utility, and maybe a purchase of one of them.
    fn events(&mut self, shopper: &Shopper, intent: &Intent, at: i64, rng: &mut ChaCha8Rng) -> Vec<Event> {
        let n_views = rng.random_range(1..=4);
        let chosen = self.choose(shopper, intent, at, n_views, rng);
        let mut moment = at;
        let mut events: Vec<Event> = Vec::with_capacity(chosen.len() + 1);
        for (_, item) in &chosen {
            moment += rng.random_range(8..90);
            events.push(Event { item: item.index, at: moment, action: Action::View });
        }
        let best = chosen.iter().filter(|(_, item)| intent.fit(item) > BUYABLE_FIT).max_by(|a, b| a.0.total_cmp(&b.0));
        if let Some((_, item)) = best
            && rng.random_bool(0.42)
        {
            moment += rng.random_range(20..200);
            self.bought.insert(pair(shopper.index, item.index));
            events.push(Event { item: item.index, at: moment, action: Action::Purchase });
        }
        events
    }

    /// The best `n` of the candidates by utility and chance, each with its utility.
    fn choose(
        &mut self,
        shopper: &Shopper,
        intent: &Intent,
        at: i64,
        n: usize,
        rng: &mut ChaCha8Rng,
    ) -> Vec<(f64, Item)> {
        let config = self.boutique.config();
        let kinds: &[Kind] = match (&intent.kinds[..], intent.occasion) {
            ([], Some(occasion)) => occasion.kinds(),
            ([], None) => Kind::ALL,
            (kinds, _) => kinds,
        };
        let max = if config.n_items <= CACHED_ITEMS { MAX_CANDIDATES } else { MAX_MADE_CANDIDATES };
        let places = kinds::places(config.seed, config.n_items, kinds, max, rng);
        let preference = self.boutique.preference(shopper, intent, at);
        let mut best: Vec<(f64, f64, Item)> = Vec::with_capacity(n + 1);
        for place in places {
            let item = self.item(place);
            if item.released_at > at {
                continue;
            }
            let utility = preference.utility(&item);
            let score = utility + gumbel(rng);
            let rank = best.iter().position(|(other, _, _)| score > *other).unwrap_or(best.len());
            let is_taken = |best: &[(f64, f64, Item)]| best.iter().any(|(_, _, other)| other.index == item.index);
            if rank < n && !is_taken(&best) && !self.bought.contains(&pair(shopper.index, item.index)) {
                best.insert(rank, (score, utility, item));
                best.truncate(n);
            }
        }
        best.into_iter().map(|(_, utility, item)| (utility, item)).collect()
    }
}

/// One number for a shopper and an item; two pairs share one with a chance that does not matter.
fn pair(shopper: u64, item: u64) -> u64 {
    mixed(shopper, Purpose::Session, item)
}
