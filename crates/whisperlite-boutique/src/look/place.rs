//! A number for every trait, so that weights over traits are plain arrays.

use super::{Colour, Cut, Detail, Heel, Kind, Length, Look, Material, Neckline, Pattern, Sleeve, Trait};

/// How many values each attribute has, in the order of [`Trait`]'s variants.
const SIZES: [usize; 11] = [
    Kind::ALL.len(),
    Cut::ALL.len(),
    Length::ALL.len(),
    Sleeve::ALL.len(),
    Neckline::ALL.len(),
    Heel::ALL.len(),
    Colour::ALL.len(),
    Pattern::ALL.len(),
    Colour::ALL.len(),
    Material::ALL.len(),
    Detail::ALL.len(),
];

/// Where the values of each attribute begin, and where the last ones end.
const FIRST: [usize; 12] = [
    first(0),
    first(1),
    first(2),
    first(3),
    first(4),
    first(5),
    first(6),
    first(7),
    first(8),
    first(9),
    first(10),
    first(11),
];

/// How many values stand before those of an attribute.
const fn first(attribute: usize) -> usize {
    let (mut sum, mut before) = (0, 0);
    while before < attribute {
        sum += SIZES[before];
        before += 1;
    }
    sum
}

/// Names of the attributes, as columns, in the order of [`Trait`]'s variants.
const NAMES: [&str; 11] =
    ["kind", "cut", "length", "sleeve", "neckline", "heel", "colour", "pattern", "second_colour", "material", "detail"];

impl Trait {
    /// How many traits there are.
    pub const COUNT: usize = FIRST[SIZES.len()];

    /// The number of the attribute, and that of the value within it.
    fn parts(self) -> (usize, usize) {
        match self {
            Self::Kind(value) => (0, value as usize),
            Self::Cut(value) => (1, value as usize),
            Self::Length(value) => (2, value as usize),
            Self::Sleeve(value) => (3, value as usize),
            Self::Neckline(value) => (4, value as usize),
            Self::Heel(value) => (5, value as usize),
            Self::Colour(value) => (6, value as usize),
            Self::Pattern(value) => (7, value as usize),
            Self::Second(value) => (8, value as usize),
            Self::Material(value) => (9, value as usize),
            Self::Detail(value) => (10, value as usize),
        }
    }

    /// This trait's place among all traits, below [`Trait::COUNT`].
    pub fn place(self) -> usize {
        let (attribute, value) = self.parts();
        FIRST[attribute] + value
    }

    /// The attribute, as the name of a column.
    pub fn attribute(self) -> &'static str {
        NAMES[self.parts().0]
    }

    /// Whether both are values of one attribute.
    pub fn same_attribute(self, other: Self) -> bool {
        self.parts().0 == other.parts().0
    }

    /// The plain name of the value.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kind(value) => value.name(),
            Self::Cut(value) => value.name(),
            Self::Length(value) => value.name(),
            Self::Sleeve(value) => value.name(),
            Self::Neckline(value) => value.name(),
            Self::Heel(value) => value.name(),
            Self::Colour(value) | Self::Second(value) => value.name(),
            Self::Pattern(value) => value.name(),
            Self::Material(value) => value.name(),
            Self::Detail(value) => value.name(),
        }
    }

    /// Every trait, in the order of their places.
    pub fn all() -> impl Iterator<Item = Self> {
        let colours = || Colour::ALL.iter().copied();
        (Kind::ALL.iter().copied().map(Self::Kind))
            .chain(Cut::ALL.iter().copied().map(Self::Cut))
            .chain(Length::ALL.iter().copied().map(Self::Length))
            .chain(Sleeve::ALL.iter().copied().map(Self::Sleeve))
            .chain(Neckline::ALL.iter().copied().map(Self::Neckline))
            .chain(Heel::ALL.iter().copied().map(Self::Heel))
            .chain(colours().map(Self::Colour))
            .chain(Pattern::ALL.iter().copied().map(Self::Pattern))
            .chain(colours().map(Self::Second))
            .chain(Material::ALL.iter().copied().map(Self::Material))
            .chain(Detail::ALL.iter().copied().map(Self::Detail))
    }
}

impl Look {
    /// One of `n_folds` folds, the same for equal looks in every boutique: a split by folds keeps looks that are held out
    /// apart from looks that are learned from.
    pub fn fold(&self, n_folds: u64) -> u64 {
        crate::random::hash(self.traits().map(|item| item.place() as u8)) % n_folds.max(1)
    }
}
