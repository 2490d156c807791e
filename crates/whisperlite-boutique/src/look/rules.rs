//! Which kind of piece has which attributes: the one table that every look obeys.
//!
//! In each list the commonest value comes first. An empty list means that the kind has no such attribute.

use super::attributes::{Colour, Cut, Detail, Heel, Kind, Length, Material, Neckline, Pattern, Sleeve};
use super::{Look, contrast};

/// What a kind of piece may look like.
#[derive(Debug)]
pub struct Rules {
    /// The kind that this is about.
    pub kind: Kind,
    /// Where the shop lists it.
    pub category: &'static str,
    /// Pieces of this kind among 128.
    pub share: usize,
    /// What a plain one costs.
    pub base_price: f64,
    /// Cuts that it comes in.
    pub cuts: &'static [Cut],
    /// Lengths that it comes in.
    pub lengths: &'static [Length],
    /// Sleeves that it may have.
    pub sleeves: &'static [Sleeve],
    /// Necklines that it may have.
    pub necklines: &'static [Neckline],
    /// What it may stand on.
    pub heels: &'static [Heel],
    /// Patterns that it may carry.
    pub patterns: &'static [Pattern],
    /// What it may be made of.
    pub materials: &'static [Material],
    /// What may be added.
    pub details: &'static [Detail],
}

use Detail as D;
use Length::{Long, Medium, Short};
use Material as M;
use Neckline as N;
use Pattern as P;
use Sleeve as S;

const ALL_PATTERNS: &[Pattern] =
    &[P::Plain, P::Floral, P::Breton, P::Checked, P::PolkaDot, P::Pinstripe, P::ColourBlock, P::Leopard];

/// Kinds by kind: the entry of a kind stands at its place in [`Kind::ALL`].
pub(crate) const RULES: [Rules; 20] = [
    Rules {
        kind: Kind::Dress,
        category: "Women > Dresses",
        share: 18,
        base_price: 59.0,
        cuts: &[Cut::Flared, Cut::Fitted, Cut::Straight],
        lengths: &[Medium, Short, Long],
        sleeves: &[S::Short, S::Sleeveless, S::Long, S::Straps, S::Puff, S::Bell, S::Elbow],
        necklines: &[N::Round, N::V, N::Square, N::High, N::Collar],
        heels: &[],
        patterns: ALL_PATTERNS,
        materials: &[M::Cotton, M::Satin, M::Linen, M::Knit, M::Lace, M::Denim],
        details: &[D::Belt, D::Buttons, D::Ruffle, D::Bow, D::Slit, D::Pockets, D::Pleats],
    },
    Rules {
        kind: Kind::Skirt,
        category: "Women > Skirts",
        share: 9,
        base_price: 39.0,
        cuts: &[Cut::Flared, Cut::Fitted, Cut::Straight],
        lengths: &[Medium, Short, Long],
        sleeves: &[],
        necklines: &[],
        heels: &[],
        patterns: ALL_PATTERNS,
        materials: &[M::Cotton, M::Satin, M::Denim, M::Leather, M::Wool, M::Linen, M::Lace],
        details: &[D::Pleats, D::Buttons, D::Belt, D::Slit, D::Ruffle, D::Pockets, D::Fringe],
    },
    Rules {
        kind: Kind::TShirt,
        category: "Women > Tops > T-shirts",
        share: 11,
        base_price: 19.0,
        cuts: &[Cut::Straight, Cut::Fitted, Cut::Loose],
        lengths: &[Medium, Short, Long],
        sleeves: &[S::Short, S::Long, S::Sleeveless, S::Straps, S::Elbow],
        necklines: &[N::Round, N::V, N::Square, N::High],
        heels: &[],
        patterns: ALL_PATTERNS,
        materials: &[M::Cotton, M::Linen, M::Knit, M::Satin, M::Lace],
        details: &[D::Logo, D::Pockets, D::Ruffle, D::Bow],
    },
    Rules {
        kind: Kind::Shirt,
        category: "Women > Tops > Shirts",
        share: 9,
        base_price: 39.0,
        cuts: &[Cut::Straight, Cut::Loose, Cut::Fitted],
        lengths: &[Medium, Long, Short],
        sleeves: &[S::Long, S::Short, S::Puff, S::Bell, S::Sleeveless, S::Elbow],
        necklines: &[N::Collar, N::V, N::High],
        heels: &[],
        patterns: ALL_PATTERNS,
        materials: &[M::Cotton, M::Linen, M::Satin, M::Denim, M::Lace],
        details: &[D::Buttons, D::Pockets, D::Bow, D::Ruffle],
    },
    Rules {
        kind: Kind::Sweater,
        category: "Women > Knitwear > Sweaters",
        share: 9,
        base_price: 49.0,
        cuts: &[Cut::Straight, Cut::Loose, Cut::Fitted],
        lengths: &[Medium, Short, Long],
        sleeves: &[S::Long, S::Elbow, S::Puff, S::Bell, S::Sleeveless],
        necklines: &[N::Round, N::V, N::High],
        heels: &[],
        patterns: ALL_PATTERNS,
        materials: &[M::Knit, M::Wool, M::Cotton],
        details: &[D::Logo, D::Patches, D::Fringe, D::Pompoms, D::Bow],
    },
    Rules {
        kind: Kind::Cardigan,
        category: "Women > Knitwear > Cardigans",
        share: 5,
        base_price: 45.0,
        cuts: &[Cut::Straight, Cut::Loose, Cut::Fitted],
        lengths: &[Medium, Long, Short],
        sleeves: &[S::Long, S::Elbow, S::Bell, S::Puff],
        necklines: &[N::V, N::Round],
        heels: &[],
        patterns: ALL_PATTERNS,
        materials: &[M::Knit, M::Wool, M::Cotton],
        details: &[D::Buttons, D::Pockets, D::Belt, D::Patches, D::Fringe],
    },
    Rules {
        kind: Kind::Hoodie,
        category: "Women > Tops > Hoodies",
        share: 5,
        base_price: 45.0,
        cuts: &[Cut::Straight, Cut::Loose],
        lengths: &[Medium, Short, Long],
        sleeves: &[S::Long, S::Short, S::Sleeveless],
        necklines: &[],
        heels: &[],
        patterns: &[P::Plain, P::ColourBlock, P::Breton, P::Leopard, P::Checked],
        materials: &[M::Cotton, M::Knit, M::Wool],
        details: &[D::Logo, D::Zip, D::Drawstring, D::Pockets, D::Stripes],
    },
    Rules {
        kind: Kind::Jacket,
        category: "Women > Outerwear > Jackets",
        share: 6,
        base_price: 79.0,
        cuts: &[Cut::Straight, Cut::Fitted, Cut::Loose],
        lengths: &[Medium, Short, Long],
        sleeves: &[S::Long, S::Elbow, S::Sleeveless],
        necklines: &[N::Collar, N::High, N::Round],
        heels: &[],
        patterns: &[P::Plain, P::Checked, P::ColourBlock, P::Leopard, P::Pinstripe],
        materials: &[M::Denim, M::Leather, M::Quilted, M::Suede, M::Wool, M::Cotton],
        details: &[D::Zip, D::Buttons, D::Pockets, D::Belt, D::Fringe, D::Studs],
    },
    Rules {
        kind: Kind::Blazer,
        category: "Women > Outerwear > Blazers",
        share: 5,
        base_price: 89.0,
        cuts: &[Cut::Straight, Cut::Fitted, Cut::Loose],
        lengths: &[Medium, Short, Long],
        sleeves: &[S::Long, S::Elbow, S::Sleeveless],
        necklines: &[],
        heels: &[],
        patterns: &[P::Plain, P::Checked, P::Pinstripe, P::Floral, P::Leopard],
        materials: &[M::Wool, M::Linen, M::Cotton, M::Satin, M::Leather],
        details: &[D::Buttons, D::Pockets, D::Belt, D::Patches],
    },
    Rules {
        kind: Kind::Coat,
        category: "Women > Outerwear > Coats",
        share: 6,
        base_price: 139.0,
        cuts: &[Cut::Straight, Cut::Fitted, Cut::Loose, Cut::Flared],
        lengths: &[Medium, Long, Short],
        sleeves: &[S::Long, S::Bell],
        necklines: &[N::Collar, N::High, N::Round],
        heels: &[],
        patterns: &[P::Plain, P::Checked, P::Leopard, P::Pinstripe, P::ColourBlock],
        materials: &[M::Wool, M::Quilted, M::Cotton, M::Leather, M::Suede],
        details: &[D::Buttons, D::Belt, D::Zip, D::Pockets],
    },
    Rules {
        kind: Kind::Trousers,
        category: "Women > Trousers",
        share: 8,
        base_price: 45.0,
        cuts: &[Cut::Straight, Cut::Loose, Cut::Fitted, Cut::Flared],
        lengths: &[Long, Medium],
        sleeves: &[],
        necklines: &[],
        heels: &[],
        patterns: ALL_PATTERNS,
        materials: &[M::Cotton, M::Linen, M::Wool, M::Satin, M::Leather, M::Knit],
        details: &[D::Pleats, D::Belt, D::Pockets, D::Drawstring, D::Stripes, D::Buttons],
    },
    Rules {
        kind: Kind::Jeans,
        category: "Women > Jeans",
        share: 7,
        base_price: 55.0,
        cuts: &[Cut::Straight, Cut::Fitted, Cut::Loose, Cut::Flared],
        lengths: &[Long, Medium],
        sleeves: &[],
        necklines: &[],
        heels: &[],
        patterns: &[P::Plain],
        materials: &[M::Denim],
        details: &[D::Belt, D::Buttons, D::Studs, D::Fringe, D::Pockets],
    },
    Rules {
        kind: Kind::Shorts,
        category: "Women > Shorts",
        share: 4,
        base_price: 29.0,
        cuts: &[Cut::Straight, Cut::Loose, Cut::Fitted],
        lengths: &[Short, Medium],
        sleeves: &[],
        necklines: &[],
        heels: &[],
        patterns: ALL_PATTERNS,
        materials: &[M::Cotton, M::Denim, M::Linen, M::Leather, M::Satin],
        details: &[D::Belt, D::Drawstring, D::Pockets, D::Stripes, D::Buttons],
    },
    Rules {
        kind: Kind::Jumpsuit,
        category: "Women > Jumpsuits",
        share: 4,
        base_price: 65.0,
        cuts: &[Cut::Straight, Cut::Loose, Cut::Fitted, Cut::Flared],
        lengths: &[Long, Medium, Short],
        sleeves: &[S::Sleeveless, S::Short, S::Long, S::Straps, S::Puff],
        necklines: &[N::V, N::Round, N::Square, N::Collar],
        heels: &[],
        patterns: ALL_PATTERNS,
        materials: &[M::Cotton, M::Linen, M::Denim, M::Satin],
        details: &[D::Belt, D::Buttons, D::Zip, D::Bow, D::Pockets],
    },
    Rules {
        kind: Kind::Trainers,
        category: "Women > Shoes > Trainers",
        share: 6,
        base_price: 69.0,
        cuts: &[],
        lengths: &[Short, Medium],
        sleeves: &[],
        necklines: &[],
        heels: &[Heel::Flat, Heel::Platform],
        patterns: &[P::Plain, P::ColourBlock, P::Checked, P::Leopard, P::Floral],
        materials: &[M::Canvas, M::Leather, M::Suede, M::Knit],
        details: &[D::Stripes, D::Logo, D::Zip, D::Studs],
    },
    Rules {
        kind: Kind::Boots,
        category: "Women > Shoes > Boots",
        share: 5,
        base_price: 99.0,
        cuts: &[],
        lengths: &[Short, Medium, Long],
        sleeves: &[],
        necklines: &[],
        heels: &[Heel::Block, Heel::Flat, Heel::Stiletto, Heel::Platform],
        patterns: &[P::Plain, P::ColourBlock, P::Leopard],
        materials: &[M::Leather, M::Suede, M::Satin, M::Quilted],
        details: &[D::Zip, D::Buckle, D::Studs, D::Fringe, D::Bow],
    },
    Rules {
        kind: Kind::Heels,
        category: "Women > Shoes > Heels",
        share: 4,
        base_price: 79.0,
        cuts: &[],
        lengths: &[],
        sleeves: &[],
        necklines: &[],
        heels: &[Heel::Stiletto, Heel::Block, Heel::Platform],
        patterns: &[P::Plain, P::Leopard, P::PolkaDot, P::ColourBlock, P::Floral],
        materials: &[M::Leather, M::Satin, M::Suede, M::Lace],
        details: &[D::Bow, D::Buckle, D::Studs, D::Ruffle],
    },
    Rules {
        kind: Kind::Sandals,
        category: "Women > Shoes > Sandals",
        share: 3,
        base_price: 45.0,
        cuts: &[],
        lengths: &[],
        sleeves: &[],
        necklines: &[],
        heels: &[Heel::Flat, Heel::Block, Heel::Platform, Heel::Stiletto],
        patterns: &[P::Plain, P::Leopard, P::Floral, P::PolkaDot],
        materials: &[M::Leather, M::Suede, M::Satin, M::Canvas],
        details: &[D::Buckle, D::Bow, D::Studs, D::Pompoms, D::Fringe],
    },
    Rules {
        kind: Kind::Loafers,
        category: "Women > Shoes > Loafers",
        share: 2,
        base_price: 75.0,
        cuts: &[],
        lengths: &[],
        sleeves: &[],
        necklines: &[],
        heels: &[Heel::Flat, Heel::Block, Heel::Platform],
        patterns: &[P::Plain, P::ColourBlock, P::Leopard, P::Checked],
        materials: &[M::Leather, M::Suede, M::Satin],
        details: &[D::Buckle, D::Fringe, D::Bow, D::Studs],
    },
    Rules {
        kind: Kind::Flats,
        category: "Women > Shoes > Ballet flats",
        share: 2,
        base_price: 49.0,
        cuts: &[],
        lengths: &[],
        sleeves: &[],
        necklines: &[],
        heels: &[],
        patterns: &[P::Plain, P::PolkaDot, P::Leopard, P::Checked, P::ColourBlock, P::Floral],
        materials: &[M::Leather, M::Suede, M::Satin, M::Canvas, M::Lace],
        details: &[D::Bow, D::Buckle, D::Studs, D::Pompoms],
    },
];

impl Kind {
    /// What this kind may look like.
    pub fn rules(self) -> &'static Rules {
        &RULES[self as usize]
    }
}

/// The colours that denim is dyed in.
pub(crate) const DENIM_COLOURS: &[Colour] =
    &[Colour::Blue, Colour::LightBlue, Colour::Navy, Colour::Black, Colour::White, Colour::Grey];

/// Whether an attribute has a value where the kind has that attribute, and none where it has not.
fn fits<T: PartialEq>(value: Option<T>, allowed: &[T]) -> bool {
    value.map_or(allowed.is_empty(), |value| allowed.contains(&value))
}

impl Look {
    /// Whether this look obeys the table and the few rules between attributes.
    pub fn is_valid(&self) -> bool {
        let rules = self.kind.rules();
        fits(self.cut, rules.cuts)
            && fits(self.length, rules.lengths)
            && fits(self.sleeve, rules.sleeves)
            && fits(self.neckline, rules.necklines)
            && fits(self.heel, rules.heels)
            && rules.patterns.contains(&self.pattern)
            && rules.materials.contains(&self.material)
            && self.detail.is_none_or(|detail| rules.details.contains(&detail))
            && self.colours_agree()
            && self.fabric_agrees()
            && self.shape_agrees()
    }

    /// A plain piece has one colour, any other two that can be told apart.
    fn colours_agree(&self) -> bool {
        match (self.pattern, self.second) {
            (Pattern::Plain, None) => true,
            (Pattern::Plain, Some(_)) | (_, None) => false,
            (_, Some(second)) => contrast(self.colour, second),
        }
    }

    /// What the material itself rules out.
    fn fabric_agrees(&self) -> bool {
        match self.material {
            Material::Denim => self.pattern == Pattern::Plain && DENIM_COLOURS.contains(&self.colour),
            Material::Lace | Material::Quilted => self.pattern == Pattern::Plain,
            Material::Leather if !self.kind.is_shoe() => self.pattern == Pattern::Plain,
            Material::Knit | Material::Suede => self.pattern != Pattern::Pinstripe,
            _ => true,
        }
    }

    /// What one part of the shape rules out in another.
    fn shape_agrees(&self) -> bool {
        let sleeve_and_neck = match (self.sleeve, self.neckline) {
            (Some(Sleeve::Straps), Some(neckline)) => matches!(neckline, N::V | N::Square | N::Round),
            _ => true,
        };
        let detail = match self.detail {
            Some(Detail::Pleats) if !self.kind.rules().sleeves.is_empty() || self.kind == Kind::Skirt => {
                self.cut == Some(Cut::Flared)
            }
            Some(Detail::Slit) => self.length != Some(Length::Short),
            Some(Detail::Patches) => matches!(self.sleeve, Some(Sleeve::Long | Sleeve::Bell)),
            Some(Detail::Bow) if self.kind.rules().necklines.contains(&N::High) => self.neckline != Some(N::High),
            _ => true,
        };
        let shaft = self.kind != Kind::Boots || self.detail != Some(Detail::Bow) || self.length != Some(Length::Long);
        sleeve_and_neck && detail && shaft
    }
}
