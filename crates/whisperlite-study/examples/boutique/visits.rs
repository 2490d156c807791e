//! Questions out of a drawn boutique: real visits to it, whose shoppers' true preferences are known.

use std::collections::HashMap;

use whisperlite_boutique::{Boutique, BoutiqueConfig, Item, Preference, Request, Session, Shopper};
use whisperlite_study::design::Fit;
use whisperlite_study::material::{Frequency, Stratum, Warmth};
use whisperlite_study::strata::frequencies;

/// Items that answer a request best for anybody who makes it: among these a system orders by what it knows.
const N_CANDIDATES: usize = 40;
/// Earlier choices that a rater is shown.
const N_SHOWN: usize = 5;

/// A boutique with its visits.
#[derive(Debug)]
pub(crate) struct Visits {
    boutique: Boutique,
    items: Vec<Item>,
    ids: Vec<String>,
    places: HashMap<String, usize>,
    visits: Vec<Visit>,
    strata: Vec<Stratum>,
}

/// One visit with a request.
#[derive(Debug)]
pub(crate) struct Visit {
    /// Who came.
    pub(crate) shopper: Shopper,
    /// What they asked for.
    pub(crate) request: Request,
    /// Ids of what they looked at or bought before, latest first; empty for who comes for the first time.
    pub(crate) history: Vec<String>,
    /// Id of what they liked best this time.
    pub(crate) chosen: Vec<String>,
    /// Which part of the visits it stands for.
    pub(crate) stratum: Stratum,
    /// Places of the candidates among the items, and how well each fits request and person.
    pub(crate) candidates: Vec<(usize, [f64; 2])>,
    at: i64,
    for_request: Scale,
    for_person: Scale,
}

/// Makes worths of a question's candidates standard: mean 0, standard deviation 1.
#[derive(Debug, Clone, Copy)]
struct Scale {
    mean: f64,
    deviation: f64,
}

impl Visits {
    /// All visits with a request, of a boutique with 2,000 items and 3,000 shoppers who come `n_sessions` times altogether.
    pub(crate) fn draw(seed: u64, n_sessions: u64) -> Self {
        let config = BoutiqueConfig { n_shoppers: 3000, n_sessions, ..BoutiqueConfig::new(seed, 2000) };
        let boutique = Boutique::new(config).expect("sizes that a boutique may have");
        let items: Vec<Item> = boutique.items().collect();
        let ids: Vec<String> = items.iter().map(Item::id).collect();
        let places = ids.iter().cloned().zip(0..).collect();
        let mut drawn = Self { boutique, items, ids, places, visits: Vec::new(), strata: Vec::new() };
        let mut pasts: HashMap<u64, Vec<String>> = HashMap::new();
        let sessions: Vec<Session> = drawn.boutique.sessions().collect();
        for session in sessions {
            let past = pasts.entry(session.shopper).or_default();
            let seen: Vec<String> = session.events.iter().map(|event| drawn.ids[event.item as usize].clone()).collect();
            if let Some(request) = session.request {
                let history = past.iter().rev().take(N_SHOWN).cloned().collect();
                let shopper = drawn.boutique.shopper(session.shopper);
                let chosen = seen.last().cloned().into_iter().collect();
                let visit = drawn.visit(shopper, request, session.at, history, chosen);
                drawn.visits.push(visit);
            }
            past.extend(seen);
        }
        drawn.number_strata();
        drawn
    }

    fn visit(&self, shopper: Shopper, request: Request, at: i64, history: Vec<String>, chosen: Vec<String>) -> Visit {
        let preference = self.boutique.preference(&shopper, &request.intent, at);
        let in_shop = (0..self.items.len()).filter(|&place| self.items[place].released_at <= at);
        let mut best: Vec<(f64, usize)> =
            in_shop.map(|place| (worth(&preference, &self.items[place], Fit::Request), place)).collect();
        best.sort_by(|a, b| b.0.total_cmp(&a.0));
        let candidates: Vec<usize> = best.into_iter().take(N_CANDIDATES).map(|(_, place)| place).collect();
        let scale = |fit| Scale::of(candidates.iter().map(|&place| worth(&preference, &self.items[place], fit)));
        let (for_request, for_person) = (scale(Fit::Request), scale(Fit::Person));
        let fits = |place: usize| {
            let item = &self.items[place];
            let (request, person) = (worth(&preference, item, Fit::Request), worth(&preference, item, Fit::Person));
            (place, [for_request.standard(request), for_person.standard(person)])
        };
        let candidates = candidates.into_iter().map(fits).collect();
        let warmth = if history.is_empty() { Warmth::Cold } else { Warmth::Warm };
        // How frequent a request is will be known when all have been made.
        let stratum = Stratum { frequency: Frequency::Tail, shopper: warmth };
        Visit { shopper, request, history, chosen, stratum, candidates, at, for_request, for_person }
    }

    /// Says of every visit how frequent its request is, as the server does for a study.
    fn number_strata(&mut self) {
        let mut numbers: HashMap<&str, u32> = HashMap::new();
        let mut counts: HashMap<u32, usize> = HashMap::new();
        let mut requests = Vec::new();
        for visit in &self.visits {
            let next = numbers.len() as u32;
            let number = *numbers.entry(&visit.request.text).or_insert(next);
            *counts.entry(number).or_insert(0) += 1;
            requests.push(Some(number));
        }
        let made_before: Vec<usize> = requests.iter().flatten().map(|number| counts[number] - 1).collect();
        for (visit, frequency) in self.visits.iter_mut().zip(frequencies(&made_before, &requests)) {
            visit.stratum.frequency = frequency;
            self.strata.push(visit.stratum);
        }
    }

    /// Every visit with a request, in the order of time.
    pub(crate) fn all(&self) -> &[Visit] {
        &self.visits
    }

    /// Each one's stratum.
    pub(crate) fn strata(&self) -> &[Stratum] {
        &self.strata
    }

    /// The id of the item at a place.
    pub(crate) fn id(&self, place: usize) -> &str {
        &self.ids[place]
    }

    /// How well an item fits a visit's request, or its shopper, by the true preference, on the scale of the visit's candidates.
    ///
    /// # Panics
    /// If there is no such item.
    pub(crate) fn fit(&self, visit: &Visit, item_id: &str, fit: Fit) -> f64 {
        let place = self.places[item_id];
        if let Some((_, [request, person])) = visit.candidates.iter().find(|(candidate, _)| *candidate == place) {
            return if fit == Fit::Request { *request } else { *person };
        }
        let preference = self.boutique.preference(&visit.shopper, &visit.request.intent, visit.at);
        let scale = if fit == Fit::Request { visit.for_request } else { visit.for_person };
        scale.standard(worth(&preference, &self.items[place], fit))
    }
}

/// The part of the utility: what everybody who asks this wants, or what only this shopper does. Both parts together are the whole.
fn worth(preference: &Preference<'_>, item: &Item, fit: Fit) -> f64 {
    match fit {
        Fit::Request => preference.known(whisperlite_boutique::Knowledge::Request, item),
        Fit::Person => preference.taste(item),
    }
}

impl Scale {
    fn of(worths: impl Iterator<Item = f64> + Clone) -> Self {
        let n = worths.clone().count() as f64;
        let mean = worths.clone().sum::<f64>() / n;
        let variance = worths.map(|worth| (worth - mean).powi(2)).sum::<f64>() / n;
        Self { mean, deviation: variance.sqrt() }
    }

    fn standard(self, worth: f64) -> f64 {
        (worth - self.mean) / self.deviation
    }
}
