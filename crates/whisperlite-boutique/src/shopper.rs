//! Shoppers: what they like, how that changes, and what they can spend.
//!
//! A taste is a weight for every trait. It is a blend of two styles, shared with others, and a part of one's own; it drifts
//! slowly from one blend towards another.

use rand::{Rng, RngExt};

use crate::brand::BRANDS;
use crate::item::Item;
use crate::look::{Colour, Trait};
use crate::random::{normal, pick};
use crate::style::Style;

/// Somebody who shops.
#[derive(Debug, Clone, PartialEq)]
pub struct Shopper {
    /// Place among the shoppers.
    pub index: u64,
    /// First visit at the earliest, in Unix seconds.
    pub joined_at: i64,
    /// What they like to pay, as a factor on the price of a plain piece.
    pub budget: f64,
    /// The styles that they come with, the main one first.
    pub styles: [Style; 2],
    begin: Taste,
    end: Taste,
}

/// How much each trait and each brand is liked.
#[derive(Debug, Clone, PartialEq)]
struct Taste {
    /// By [`Trait::place`].
    traits: Vec<f64>,
    /// By place in [`BRANDS`].
    brands: [f64; BRANDS.len()],
}

impl Shopper {
    pub(crate) fn draw(index: u64, joined_at: i64, rng: &mut impl Rng) -> Self {
        let styles = [pick(Style::ALL, rng), pick(Style::ALL, rng)];
        // Some keep their main style, some leave it for another.
        let later = if rng.random_bool(0.35) { [pick(Style::ALL, rng), styles[0]] } else { styles };
        let own = own_part(rng);
        let mut own_later = own.clone();
        let other = own_part(rng);
        own_later.iter_mut().zip(other).for_each(|(now, new)| *now = 0.75 * *now + 0.45 * new);
        let brands = brand_part(rng);
        Self {
            index,
            joined_at,
            budget: f64::exp(0.05 + 0.38 * normal(rng)),
            styles,
            begin: Taste::new(styles, &own, &brands),
            end: Taste::new(later, &own_later, &brands),
        }
    }

    /// `boutique-shopper-000042`.
    pub fn id(&self) -> String {
        shopper_id(self.index)
    }

    /// How much a trait is liked; `progress` runs from 0 to 1 over the time of the boutique.
    pub fn liking(&self, liked: Trait, progress: f64) -> f64 {
        let place = liked.place();
        self.begin.traits[place] + (self.end.traits[place] - self.begin.traits[place]) * progress
    }

    /// How much an item's maker and price are liked.
    pub(crate) fn brand_and_price(&self, item: &Item) -> f64 {
        let brand = self.begin.brands[item.brand_idx];
        // Dearer than one likes to pay hurts; so, a little, does what looks too cheap.
        let dearer = (item.price_level() / self.budget).ln();
        let price = -2.2 * (dearer - 0.15).max(0.0) - 0.7 * (-dearer - 0.5).max(0.0);
        brand + price
    }
}

impl Taste {
    fn new([main, second]: [Style; 2], own: &[f64], brands: &[f64; BRANDS.len()]) -> Self {
        let mut traits = own.to_vec();
        let mut brands = *brands;
        for (style, share) in [(main, 1.0), (second, 0.5)] {
            for (liked, weight) in style.traits() {
                traits[liked.place()] += 1.35 * share * weight;
            }
            for (liking, brand) in brands.iter_mut().zip(&BRANDS) {
                *liking += if brand.style == style { 0.7 * share } else { 0.0 };
            }
        }
        Self { traits, brands }
    }
}

/// How far personal likings reach, attribute by attribute.
fn spread(liked: Trait) -> f64 {
    match liked {
        Trait::Kind(_) => 0.3,
        Trait::Colour(_) => 0.55,
        Trait::Pattern(_) | Trait::Material(_) => 0.5,
        Trait::Cut(_) | Trait::Length(_) | Trait::Heel(_) => 0.6,
        Trait::Sleeve(_) | Trait::Neckline(_) => 0.4,
        Trait::Second(_) => 0.2,
        Trait::Detail(_) => 0.4,
    }
}

/// The part of a taste that is nobody else's: a spread over everything, three favourite colours and one that is not borne.
fn own_part(rng: &mut impl Rng) -> Vec<f64> {
    let mut weights: Vec<f64> = Trait::all().map(|liked| spread(liked) * normal(rng)).collect();
    for (times, weight) in [(3, 1.3), (1, -1.6)] {
        for _ in 0..times {
            weights[Trait::Colour(pick(Colour::ALL, rng)).place()] += weight;
        }
    }
    weights
}

/// A spread over brands, and two favourites.
fn brand_part(rng: &mut impl Rng) -> [f64; BRANDS.len()] {
    let mut weights = std::array::from_fn(|_| 0.25 * normal(rng));
    for _ in 0..2 {
        weights[rng.random_range(0..BRANDS.len())] += 1.0;
    }
    weights
}

pub(crate) fn shopper_id(index: u64) -> String {
    format!("boutique-shopper-{index:07}")
}
