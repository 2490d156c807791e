//! What a request means, apart from its words: so that it is known which items answer it.

use serde::{Deserialize, Serialize};

use crate::brand::BRANDS;
use crate::item::Item;
use crate::look::{Kind, Trait};
use crate::style::Occasion;

/// What is asked for. Empty parts ask for nothing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Intent {
    /// Any of these kinds; empty for any kind at all.
    pub kinds: Vec<Kind>,
    /// All of these traits.
    pub wanted: Vec<Trait>,
    /// None of these.
    pub unwanted: Vec<Trait>,
    /// Something that suits this.
    pub occasion: Option<Occasion>,
    /// By this maker: a place in [`BRANDS`].
    pub brand: Option<usize>,
    /// What may be spent.
    pub price: PriceWish,
}

/// What a request says of the price.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriceWish {
    /// Nothing.
    #[default]
    Any,
    /// Not dear, beside others of its kind.
    Cheap,
    /// Not more than this.
    Under(u32),
    /// Something fine.
    Fine,
}

/// How much each unmet wish costs, in the unit of utility: the scale of a choice's chance.
mod cost {
    pub(super) const KIND: f64 = 14.0;
    pub(super) const WANTED: f64 = 7.0;
    pub(super) const UNWANTED: f64 = 8.0;
    pub(super) const BRAND: f64 = 8.0;
    pub(super) const PRICE: f64 = 7.0;
    pub(super) const OCCASION: f64 = 10.0;
}

impl Intent {
    /// Whether an item is everything that was asked for.
    pub fn is_met_by(&self, item: &Item) -> bool {
        self.cost(item) == 0.0
    }

    /// How well an item answers: 0 for one that meets every wish in no special way, less for each unmet wish, more for one
    /// that suits the occasion well.
    pub fn fit(&self, item: &Item) -> f64 {
        let suits = self.occasion.map_or(0.0, |occasion| 1.6 * (occasion.score(&item.look) - 1.0).max(0.0));
        let price = match self.price {
            PriceWish::Cheap => -1.5 * item.price_level().ln(),
            PriceWish::Fine => 1.5 * item.price_level().ln(),
            PriceWish::Any | PriceWish::Under(_) => 0.0,
        };
        suits + price - self.cost(item)
    }

    fn cost(&self, item: &Item) -> f64 {
        let look = &item.look;
        let kind = if self.kinds.is_empty() || self.kinds.contains(&look.kind) { 0.0 } else { cost::KIND };
        let missing = self.wanted.iter().filter(|wanted| !look.has(**wanted)).count() as f64;
        let unwelcome = self.unwanted.iter().filter(|unwanted| look.has(**unwanted)).count() as f64;
        let occasion =
            if self.occasion.is_none_or(|occasion| occasion.score(look) > 0.0) { 0.0 } else { cost::OCCASION };
        let brand = if self.brand.is_none_or(|brand| brand == item.brand_idx) { 0.0 } else { cost::BRAND };
        let price = match self.price {
            PriceWish::Under(limit) if item.price > f64::from(limit) => cost::PRICE,
            PriceWish::Cheap if item.price_level() > 1.25 => cost::PRICE,
            PriceWish::Fine if item.price_level() < 0.8 => cost::PRICE,
            _ => 0.0,
        };
        kind + missing * cost::WANTED + unwelcome * cost::UNWANTED + occasion + brand + price
    }

    /// The maker that is asked for.
    pub fn brand_name(&self) -> Option<&'static str> {
        self.brand.and_then(|brand| BRANDS.get(brand)).map(|brand| brand.name)
    }
}
