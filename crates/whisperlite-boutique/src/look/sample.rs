//! Random looks that obey the table, common values more often than rare ones.

use rand::{Rng, RngExt};

use super::attributes::{Colour, Kind, Material, Pattern};
use super::rules::DENIM_COLOURS;
use super::{Look, contrast};
use crate::kinds::kind_at;
use crate::random::{Purpose, generator, pick, pick_early};

/// Colours by how often they hang in a shop.
const COMMON_COLOURS: [Colour; 17] = [
    Colour::Black,
    Colour::White,
    Colour::Navy,
    Colour::Beige,
    Colour::Grey,
    Colour::Blue,
    Colour::Red,
    Colour::Pink,
    Colour::Green,
    Colour::Brown,
    Colour::LightBlue,
    Colour::Burgundy,
    Colour::Olive,
    Colour::Yellow,
    Colour::Teal,
    Colour::Purple,
    Colour::Orange,
];

impl Look {
    /// A look of this kind as a shop would have it.
    pub fn sample(kind: Kind, rng: &mut impl Rng) -> Self {
        loop {
            let look = Self::draw(kind, rng);
            if look.is_valid() {
                return look;
            }
        }
    }

    /// Mostly valid: fabric and colours agree by construction, the few clashes of shape are drawn again.
    fn draw(kind: Kind, rng: &mut impl Rng) -> Self {
        let rules = kind.rules();
        let material = pick_early(rules.materials, rng);
        let pattern = if rng.random_bool(0.5) { Pattern::Plain } else { pick_early(rules.patterns, rng) };
        let plain = matches!(material, Material::Denim | Material::Lace | Material::Quilted);
        let pattern = if plain { Pattern::Plain } else { pattern };
        let colour = match material {
            Material::Denim => pick_early(DENIM_COLOURS, rng),
            _ => pick_early(&COMMON_COLOURS, rng),
        };
        Self {
            kind,
            cut: early(rules.cuts, rng),
            length: early(rules.lengths, rng),
            sleeve: early(rules.sleeves, rng),
            neckline: early(rules.necklines, rng),
            heel: early(rules.heels, rng),
            colour,
            pattern,
            second: (pattern != Pattern::Plain).then(|| second_colour(colour, rng)),
            material,
            detail: if rng.random_bool(0.3) { None } else { early(rules.details, rng) },
        }
    }
}

/// Looks without end, each as a shop would have it: for training an encoder, and for whoever needs more of them than one
/// catalogue holds. They repeat now and then; a look is [`Hash`] and [`Eq`], and [`Look::fold`] splits them.
pub fn looks(seed: u64) -> impl Iterator<Item = Look> {
    (0..).map(move |index| Look::sample(kind_at(seed, index), &mut generator(seed, Purpose::Look, index)))
}

fn early<T: Copy>(values: &[T], rng: &mut impl Rng) -> Option<T> {
    (!values.is_empty()).then(|| pick_early(values, rng))
}

/// Mostly white or black, as prints are, else any that can be told from the ground.
pub(super) fn second_colour(ground: Colour, rng: &mut impl Rng) -> Colour {
    loop {
        let colour = match rng.random_range(0..10) {
            0..3 => Colour::White,
            3..5 => Colour::Black,
            _ => pick(Colour::ALL, rng),
        };
        if contrast(ground, colour) {
            return colour;
        }
    }
}
