//! The boutique itself: everything of it made on demand, each item, shopper and session from (seed, number) alone.

use rand::RngExt;
use serde::{Deserialize, Serialize};

use crate::brand::BRANDS;
use crate::draw::{Picture, svg};
use crate::error::{ConfigError, DrawError};
use crate::item::Item;
use crate::kinds;
use crate::look::Look;
use crate::random::{Purpose, generator, mixed, normal, unit};
use crate::shopper::Shopper;
use crate::words::listing;

/// When the doors open: 2024-01-01, in Unix seconds.
pub(crate) const OPENING: i64 = 1_704_067_200;
pub(crate) const DAY_SECS: i64 = 86_400;
/// Two years.
pub(crate) const N_DAYS: i64 = 730;
/// The share of items and shoppers that are there from the beginning.
const FIRST_SHARE: f64 = 0.6;

/// How big a boutique is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BoutiqueConfig {
    /// The same seed gives the same boutique, byte for byte, on machines with the same mathematical library.
    pub seed: u64,
    /// From 200 to 10 million.
    pub n_items: u64,
    /// From 10 to 10 million.
    pub n_shoppers: u64,
    /// Visits, each with a request and some views; every third or so ends with a purchase.
    pub n_sessions: u64,
}

impl BoutiqueConfig {
    /// A boutique of this many items, with shoppers and visits to match: at most 1.2 million visits, which take minutes to
    /// make; more can be asked for.
    pub fn new(seed: u64, n_items: u64) -> Self {
        let n_shoppers = (n_items / 3).clamp(100, 100_000);
        Self { seed, n_items, n_shoppers, n_sessions: n_shoppers * 12 }
    }
}

/// A fashion store that draws itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boutique {
    config: BoutiqueConfig,
}

impl Boutique {
    /// Items that a boutique may have.
    pub const ITEMS: std::ops::RangeInclusive<u64> = 200..=10_000_000;
    /// Shoppers that a boutique may have.
    pub const SHOPPERS: std::ops::RangeInclusive<u64> = 10..=10_000_000;
    /// The most visits.
    pub const MAX_SESSIONS: u64 = 1_000_000_000;

    /// A boutique of this size. Nothing is made until it is asked for.
    pub fn new(config: BoutiqueConfig) -> Result<Self, ConfigError> {
        let BoutiqueConfig { n_items, n_shoppers, n_sessions, .. } = config;
        if !Self::ITEMS.contains(&n_items) {
            return Err(ConfigError::Items { n_items });
        }
        if !Self::SHOPPERS.contains(&n_shoppers) {
            return Err(ConfigError::Shoppers { n_shoppers });
        }
        if n_sessions > Self::MAX_SESSIONS {
            return Err(ConfigError::Sessions { n_sessions });
        }
        Ok(Self { config })
    }

    /// What it was made from.
    pub fn config(&self) -> &BoutiqueConfig {
        &self.config
    }

    /// When its time begins and ends, in Unix seconds.
    pub fn period(&self) -> std::ops::Range<i64> {
        OPENING..OPENING + N_DAYS * DAY_SECS
    }

    /// How much of its time is over at a moment, from 0 to 1.
    pub fn progress(&self, at: i64) -> f64 {
        ((at - OPENING) as f64 / (N_DAYS * DAY_SECS) as f64).clamp(0.0, 1.0)
    }

    /// The item at a place from 0 to `n_items - 1`. It does not depend on how many there are.
    pub fn item(&self, index: u64) -> Item {
        let mut rng = generator(self.config.seed, Purpose::Item, index);
        let kind = kinds::kind_at(self.config.seed, index);
        let look = Look::sample(kind, &mut rng);
        let brand_idx = brand_for(&look, &mut rng);
        let brand = &BRANDS[brand_idx];
        let plain = kind.rules().base_price * f64::from(material_factor(&look));
        let price = rounded_price(plain * brand.level * f64::exp(0.22 * normal(&mut rng)), rng.random_range(0..3));
        let released_at = self.arrival(rng.random(), rng.random());
        Item { index, look, brand, brand_idx, price, released_at, appeal: normal(&mut rng) }
    }

    /// Every item, in the order of the catalogue, made one by one.
    pub fn items(&self) -> impl Iterator<Item = Item> + '_ {
        (0..self.config.n_items).map(|index| self.item(index))
    }

    /// What the shop calls an item.
    pub fn title(&self, item: &Item) -> String {
        listing::title(item, &mut generator(self.config.seed, Purpose::Words, 2 * item.index))
    }

    /// What the shop writes of an item: one to three sentences.
    pub fn description(&self, item: &Item) -> String {
        listing::description(item, &mut generator(self.config.seed, Purpose::Words, 2 * item.index + 1))
    }

    /// The drawing of an item.
    pub fn svg(&self, item: &Item) -> String {
        svg(&item.look, mixed(self.config.seed, Purpose::Drawing, item.index))
    }

    /// The picture of an item, as pixels.
    pub fn picture(&self, item: &Item, size: u32) -> Result<Picture, DrawError> {
        Picture::render(&self.svg(item), size)
    }

    /// The picture of an item, as a PNG file.
    pub fn png(&self, item: &Item, size: u32) -> Result<Vec<u8>, DrawError> {
        self.picture(item, size)?.to_png()
    }

    /// The shopper at a place from 0 to `n_shoppers - 1`.
    pub fn shopper(&self, index: u64) -> Shopper {
        let mut rng = generator(self.config.seed, Purpose::Shopper, index);
        Shopper::draw(index, self.joined_at(index), &mut rng)
    }

    /// When a shopper may come first. The first one is there from the beginning, so that there is always one.
    pub(crate) fn joined_at(&self, index: u64) -> i64 {
        let chance = mixed(self.config.seed, Purpose::Shopper, index);
        if index == 0 { OPENING } else { self.arrival(unit(chance), unit(chance.rotate_left(32))) }
    }

    /// From the opening for most, else at any time.
    fn arrival(&self, first: f64, when: f64) -> i64 {
        if first < FIRST_SHARE { OPENING } else { OPENING + (when * (N_DAYS * DAY_SECS) as f64) as i64 }
    }
}

/// A maker whose style suits the look, mostly.
fn brand_for(look: &Look, rng: &mut impl rand::Rng) -> usize {
    let weights = BRANDS.map(|brand| {
        let suits: f64 =
            brand.style.traits().iter().filter(|(liked, _)| look.has(*liked)).map(|(_, weight)| weight).sum();
        f64::exp(0.8 * suits)
    });
    let mut left = rng.random_range(0.0..weights.iter().sum::<f64>());
    for (place, weight) in weights.iter().enumerate() {
        left -= weight;
        if left < 0.0 {
            return place;
        }
    }
    0
}

/// What a material adds to the price.
fn material_factor(look: &Look) -> f32 {
    use crate::look::Material as M;
    match look.material {
        M::Leather => 1.5,
        M::Wool | M::Suede => 1.25,
        M::Satin | M::Lace => 1.15,
        M::Cotton | M::Canvas => 0.85,
        _ => 1.0,
    }
}

/// Prices end as prices do.
fn rounded_price(price: f64, ending: u32) -> f64 {
    let whole = price.max(5.0).round();
    match ending {
        0 => whole,
        1 => whole - 0.01,
        _ => whole - 0.05,
    }
}
