//! A look: what can be seen of a piece, and nothing else. The drawing, its caption and its attribute columns are all made
//! from it, so they never disagree.
//!
//! Not for: brand, price, or anything that no picture shows (see `item`).

mod attributes;
mod rules;
mod place;
mod sample;

use serde::{Deserialize, Serialize};

use crate::draw::palette;
pub use attributes::{Colour, Cut, Detail, Heel, Kind, Length, Material, Neckline, Pattern, Sleeve};
pub use rules::Rules;
pub use sample::looks;

/// What can be seen of a piece. An attribute that the kind does not have is `None`; so is `detail` where nothing is added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Look {
    /// What it is.
    pub kind: Kind,
    /// How it falls.
    pub cut: Option<Cut>,
    /// How far down it reaches; of boots, how far up.
    pub length: Option<Length>,
    /// How the arms are covered.
    pub sleeve: Option<Sleeve>,
    /// The opening at the neck.
    pub neckline: Option<Neckline>,
    /// What a shoe stands on.
    pub heel: Option<Heel>,
    /// The colour of the ground.
    pub colour: Colour,
    /// What is on the ground.
    pub pattern: Pattern,
    /// The colour of the pattern; none on a plain piece.
    pub second: Option<Colour>,
    /// What it is made of.
    pub material: Material,
    /// What is added.
    pub detail: Option<Detail>,
}

/// One attribute with its value: what captions name, tastes weigh, requests ask for and changes change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trait {
    /// The piece is of this kind.
    Kind(Kind),
    /// It is cut like this.
    Cut(Cut),
    /// It is this long.
    Length(Length),
    /// It has these sleeves.
    Sleeve(Sleeve),
    /// It has this neckline.
    Neckline(Neckline),
    /// It stands on this.
    Heel(Heel),
    /// Its ground has this colour.
    Colour(Colour),
    /// It carries this pattern.
    Pattern(Pattern),
    /// Its pattern has this colour.
    Second(Colour),
    /// It is made of this.
    Material(Material),
    /// This is added.
    Detail(Detail),
}

impl Look {
    /// Every attribute that the piece has, in a fixed order, the kind first.
    pub fn traits(&self) -> impl Iterator<Item = Trait> + use<> {
        [
            Some(Trait::Kind(self.kind)),
            self.cut.map(Trait::Cut),
            self.length.map(Trait::Length),
            self.sleeve.map(Trait::Sleeve),
            self.neckline.map(Trait::Neckline),
            self.heel.map(Trait::Heel),
            Some(Trait::Colour(self.colour)),
            Some(Trait::Pattern(self.pattern)),
            self.second.map(Trait::Second),
            Some(Trait::Material(self.material)),
            self.detail.map(Trait::Detail),
        ]
        .into_iter()
        .flatten()
    }

    /// Whether the piece has this attribute with this value.
    pub fn has(&self, wanted: Trait) -> bool {
        match wanted {
            Trait::Kind(kind) => self.kind == kind,
            Trait::Cut(cut) => self.cut == Some(cut),
            Trait::Length(length) => self.length == Some(length),
            Trait::Sleeve(sleeve) => self.sleeve == Some(sleeve),
            Trait::Neckline(neckline) => self.neckline == Some(neckline),
            Trait::Heel(heel) => self.heel == Some(heel),
            Trait::Colour(colour) => self.colour == colour,
            Trait::Pattern(pattern) => self.pattern == pattern,
            Trait::Second(second) => self.second == Some(second),
            Trait::Material(material) => self.material == material,
            Trait::Detail(detail) => self.detail == Some(detail),
        }
    }

    /// The same look with one attribute set, whether or not the outcome is valid; see [`Look::is_valid`].
    pub fn with(mut self, change: Trait) -> Self {
        match change {
            Trait::Kind(kind) => self.kind = kind,
            Trait::Cut(cut) => self.cut = Some(cut),
            Trait::Length(length) => self.length = Some(length),
            Trait::Sleeve(sleeve) => self.sleeve = Some(sleeve),
            Trait::Neckline(neckline) => self.neckline = Some(neckline),
            Trait::Heel(heel) => self.heel = Some(heel),
            Trait::Colour(colour) => self.colour = colour,
            Trait::Pattern(pattern) => self.pattern = pattern,
            Trait::Second(second) => self.second = Some(second),
            Trait::Material(material) => self.material = material,
            Trait::Detail(detail) => self.detail = Some(detail),
        }
        self
    }
}

/// Whether two colours can be told apart as ground and pattern in a small picture.
pub(crate) fn contrast(ground: Colour, pattern: Colour) -> bool {
    palette(ground).distance(palette(pattern)) > 0.42
}
