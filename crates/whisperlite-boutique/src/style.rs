//! Styles, occasions and seasons: what a look is good for. All of it follows from the look, so a picture shows it.

use serde::{Deserialize, Serialize};

use crate::look::{Colour, Cut, Detail, Heel, Kind, Length, Look, Material, Neckline, Pattern, Sleeve, Trait};
use Trait as T;

/// A direction of taste. The traits that make up one are nearly all its own, so styles are nearly orthogonal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// Calm colours, clean lines.
    Minimal,
    /// Flowers, lace, bows.
    Romantic,
    /// Made to move in.
    Sporty,
    /// Leather, studs, black.
    Edgy,
    /// Linen, fringe, wide sleeves.
    Boho,
    /// Ready for the office.
    Business,
    /// Ready for the dance floor.
    Glamorous,
}

impl Style {
    /// Every style.
    pub const ALL: &'static [Self] =
        &[Self::Minimal, Self::Romantic, Self::Sporty, Self::Edgy, Self::Boho, Self::Business, Self::Glamorous];

    /// The traits that speak for or against a style.
    pub(crate) fn traits(self) -> &'static [(Trait, f64)] {
        match self {
            Self::Minimal => &[
                (T::Pattern(Pattern::Plain), 0.8),
                (T::Colour(Colour::White), 0.8),
                (T::Colour(Colour::Grey), 0.9),
                (T::Colour(Colour::Beige), 0.7),
                (T::Cut(Cut::Straight), 0.6),
                (T::Neckline(Neckline::High), 0.8),
                (T::Heel(Heel::Flat), 0.4),
                (T::Colour(Colour::Orange), -0.8),
            ],
            Self::Romantic => &[
                (T::Pattern(Pattern::Floral), 1.2),
                (T::Colour(Colour::Pink), 1.1),
                (T::Material(Material::Lace), 1.2),
                (T::Detail(Detail::Bow), 1.1),
                (T::Detail(Detail::Ruffle), 1.1),
                (T::Sleeve(Sleeve::Puff), 1.0),
                (T::Neckline(Neckline::Square), 0.5),
                (T::Colour(Colour::LightBlue), 0.6),
            ],
            Self::Sporty => &[
                (T::Detail(Detail::Stripes), 1.2),
                (T::Detail(Detail::Logo), 1.2),
                (T::Detail(Detail::Drawstring), 1.1),
                (T::Colour(Colour::Blue), 0.8),
                (T::Colour(Colour::Orange), 0.9),
                (T::Cut(Cut::Loose), 0.7),
                (T::Pattern(Pattern::ColourBlock), 1.1),
                (T::Material(Material::Canvas), 0.9),
                (T::Material(Material::Quilted), 0.5),
            ],
            Self::Edgy => &[
                (T::Material(Material::Leather), 1.0),
                (T::Detail(Detail::Studs), 1.3),
                (T::Detail(Detail::Zip), 0.9),
                (T::Colour(Colour::Black), 1.2),
                (T::Colour(Colour::Burgundy), 0.6),
                (T::Heel(Heel::Platform), 0.9),
                (T::Cut(Cut::Fitted), 0.4),
                (T::Length(Length::Short), 0.4),
            ],
            Self::Boho => &[
                (T::Sleeve(Sleeve::Bell), 1.2),
                (T::Detail(Detail::Fringe), 1.2),
                (T::Detail(Detail::Pompoms), 1.0),
                (T::Material(Material::Linen), 0.8),
                (T::Material(Material::Suede), 0.9),
                (T::Colour(Colour::Brown), 1.0),
                (T::Colour(Colour::Olive), 0.9),
                (T::Colour(Colour::Yellow), 0.7),
                (T::Length(Length::Long), 0.6),
            ],
            Self::Business => &[
                (T::Neckline(Neckline::Collar), 0.8),
                (T::Pattern(Pattern::Pinstripe), 1.1),
                (T::Pattern(Pattern::Checked), 0.9),
                (T::Material(Material::Wool), 0.8),
                (T::Colour(Colour::Navy), 1.1),
                (T::Detail(Detail::Buttons), 0.8),
                (T::Detail(Detail::Belt), 0.6),
                (T::Heel(Heel::Block), 0.7),
                (T::Length(Length::Medium), 0.3),
            ],
            Self::Glamorous => &[
                (T::Material(Material::Satin), 1.2),
                (T::Pattern(Pattern::Leopard), 1.1),
                (T::Colour(Colour::Red), 1.1),
                (T::Colour(Colour::Purple), 0.8),
                (T::Heel(Heel::Stiletto), 1.1),
                (T::Sleeve(Sleeve::Straps), 0.9),
                (T::Detail(Detail::Slit), 1.1),
                (T::Neckline(Neckline::V), 0.5),
            ],
        }
    }
}

/// What people dress for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Occasion {
    /// A wedding, as a guest.
    Wedding,
    /// The office, or an interview.
    Office,
    /// A day outdoors.
    Outdoors,
    /// The beach.
    Beach,
    /// A party.
    Party,
    /// Nothing in particular.
    Everyday,
    /// Cold weather.
    Cold,
    /// Sport.
    Sport,
    /// An evening for two.
    Date,
    /// A music festival.
    Festival,
}

impl Occasion {
    /// Every occasion.
    pub const ALL: &'static [Self] = &[
        Self::Everyday,
        Self::Office,
        Self::Party,
        Self::Wedding,
        Self::Cold,
        Self::Beach,
        Self::Date,
        Self::Outdoors,
        Self::Sport,
        Self::Festival,
    ];

    /// How people ask for it.
    pub(crate) fn asked(self) -> &'static [&'static str] {
        match self {
            Self::Wedding => {
                &["wedding guest outfit", "something for a wedding", "to wear to a wedding", "wedding guest"]
            }
            Self::Office => {
                &["job interview", "work clothes", "office outfit", "something smart for work", "interview outfit"]
            }
            Self::Outdoors => &["hiking weekend", "autumn walk in the woods", "camping trip", "outdoor stuff"],
            Self::Beach => &["beach holiday", "summer vacation", "something nice for summer", "pool party"],
            Self::Party => &["night out", "party outfit", "clubbing", "birthday party", "new years eve outfit"],
            Self::Everyday => &["everyday basics", "casual", "something comfy for every day", "weekend outfit"],
            Self::Cold => &["warm stuff for winter", "something cosy", "cold weather", "winter holiday in the snow"],
            Self::Sport => &["gym", "sporty", "running errands after the gym", "athleisure"],
            Self::Date => &["date night", "romantic dinner", "anniversary dinner"],
            Self::Festival => &["festival outfit", "music festival", "summer festival"],
        }
    }

    /// How the shop writes of it.
    pub(crate) fn in_prose(self) -> &'static str {
        match self {
            Self::Wedding => "weddings and garden parties",
            Self::Office => "the office",
            Self::Outdoors => "days outdoors",
            Self::Beach => "the beach and hot afternoons",
            Self::Party => "a night out",
            Self::Everyday => "every day",
            Self::Cold => "the cold months",
            Self::Sport => "sport and everything after it",
            Self::Date => "dinner for two",
            Self::Festival => "festival season",
        }
    }

    /// The kinds that one would wear.
    pub fn kinds(self) -> &'static [Kind] {
        use Kind as K;
        match self {
            Self::Wedding => &[K::Dress, K::Heels, K::Jumpsuit, K::Blazer, K::Flats, K::Skirt],
            Self::Office => &[K::Blazer, K::Shirt, K::Trousers, K::Loafers, K::Skirt, K::Dress, K::Heels],
            Self::Outdoors => &[K::Jacket, K::Boots, K::Sweater, K::Trousers, K::Hoodie, K::Trainers],
            Self::Beach => &[K::Shorts, K::Sandals, K::Dress, K::TShirt, K::Skirt],
            Self::Party => &[K::Dress, K::Heels, K::Skirt, K::Jumpsuit, K::TShirt, K::Boots],
            Self::Everyday => &[K::Jeans, K::TShirt, K::Sweater, K::Trainers, K::Hoodie, K::Cardigan],
            Self::Cold => &[K::Coat, K::Sweater, K::Boots, K::Cardigan, K::Jacket],
            Self::Sport => &[K::Hoodie, K::Trainers, K::Shorts, K::TShirt, K::Trousers],
            Self::Date => &[K::Dress, K::Skirt, K::Heels, K::Shirt, K::Jumpsuit],
            Self::Festival => &[K::Shorts, K::Boots, K::Dress, K::Jacket, K::TShirt, K::Sandals],
        }
    }

    /// The traits that suit it.
    pub(crate) fn liked(self) -> &'static [Trait] {
        match self {
            Self::Wedding => &[
                T::Material(Material::Satin),
                T::Material(Material::Lace),
                T::Pattern(Pattern::Floral),
                T::Length(Length::Medium),
                T::Length(Length::Long),
            ],
            Self::Office => &[
                T::Neckline(Neckline::Collar),
                T::Pattern(Pattern::Pinstripe),
                T::Pattern(Pattern::Plain),
                T::Material(Material::Wool),
                T::Cut(Cut::Straight),
            ],
            Self::Outdoors => &[
                T::Material(Material::Quilted),
                T::Material(Material::Wool),
                T::Heel(Heel::Flat),
                T::Sleeve(Sleeve::Long),
                T::Colour(Colour::Olive),
            ],
            Self::Beach => &[
                T::Material(Material::Linen),
                T::Sleeve(Sleeve::Straps),
                T::Sleeve(Sleeve::Sleeveless),
                T::Material(Material::Cotton),
                T::Colour(Colour::White),
            ],
            Self::Party => &[
                T::Material(Material::Satin),
                T::Material(Material::Leather),
                T::Length(Length::Short),
                T::Heel(Heel::Stiletto),
                T::Pattern(Pattern::Leopard),
            ],
            Self::Everyday => &[
                T::Material(Material::Cotton),
                T::Material(Material::Denim),
                T::Pattern(Pattern::Plain),
                T::Pattern(Pattern::Breton),
                T::Cut(Cut::Straight),
            ],
            Self::Cold => &[
                T::Material(Material::Wool),
                T::Material(Material::Knit),
                T::Neckline(Neckline::High),
                T::Material(Material::Quilted),
                T::Sleeve(Sleeve::Long),
            ],
            Self::Sport => &[
                T::Detail(Detail::Stripes),
                T::Detail(Detail::Logo),
                T::Detail(Detail::Drawstring),
                T::Material(Material::Cotton),
                T::Cut(Cut::Loose),
            ],
            Self::Date => &[
                T::Colour(Colour::Red),
                T::Colour(Colour::Black),
                T::Material(Material::Satin),
                T::Neckline(Neckline::V),
                T::Cut(Cut::Fitted),
            ],
            Self::Festival => &[
                T::Detail(Detail::Fringe),
                T::Material(Material::Denim),
                T::Sleeve(Sleeve::Bell),
                T::Material(Material::Suede),
                T::Pattern(Pattern::Floral),
            ],
        }
    }

    /// How well a look suits: 0 for a kind that one would not wear, else 1 and 0.5 for each liked trait, at most 2.5.
    pub fn score(self, look: &Look) -> f64 {
        if !self.kinds().contains(&look.kind) {
            return 0.0;
        }
        let n_liked = self.liked().iter().filter(|liked| look.has(**liked)).count();
        (1.0 + 0.5 * n_liked as f64).min(2.5)
    }
}

/// How warm a look keeps, from -1 (for heat) to 1 (for snow).
pub(crate) fn warmth(look: &Look) -> f64 {
    let kind = match look.kind {
        Kind::Coat => 0.9,
        Kind::Boots | Kind::Sweater => 0.6,
        Kind::Cardigan | Kind::Jacket | Kind::Hoodie => 0.3,
        Kind::Shorts | Kind::Sandals => -0.9,
        Kind::TShirt | Kind::Dress | Kind::Skirt => -0.25,
        _ => 0.0,
    };
    let material = match look.material {
        Material::Wool | Material::Quilted => 0.4,
        Material::Knit => 0.2,
        Material::Linen => -0.4,
        Material::Lace => -0.2,
        _ => 0.0,
    };
    let sleeve = match look.sleeve {
        Some(Sleeve::Long) => 0.2,
        Some(Sleeve::Straps | Sleeve::Sleeveless) => -0.3,
        _ => 0.0,
    };
    f64::clamp(kind + material + sleeve, -1.0, 1.0)
}
