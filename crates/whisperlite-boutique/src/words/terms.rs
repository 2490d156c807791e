//! How people say a trait: the exact word first, then what others would say.

use crate::look::{Colour, Cut, Detail, Heel, Kind, Length, Material, Neckline, Pattern, Sleeve, Trait};

/// Where a word stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Position {
    /// Before the noun: "red".
    Before,
    /// After it: "with long sleeves".
    After,
}

/// The words for a trait of a piece of this kind.
pub(crate) fn terms(kind: Kind, said: Trait) -> (Position, &'static [&'static str]) {
    use Position::{After, Before};
    match said {
        Trait::Kind(kind) => (Before, nouns(kind)),
        Trait::Cut(cut) => (Before, cuts(kind, cut)),
        Trait::Length(length) => (Before, lengths(kind, length)),
        Trait::Sleeve(Sleeve::Sleeveless) => (Before, &["sleeveless"]),
        Trait::Sleeve(sleeve) => (After, sleeves(sleeve)),
        Trait::Neckline(neckline) => (After, necklines(neckline)),
        Trait::Heel(heel) => (After, heels(heel)),
        Trait::Colour(colour) | Trait::Second(colour) => (Before, colours(colour)),
        Trait::Pattern(pattern) => (Before, patterns(pattern)),
        Trait::Material(material) => (Before, materials(material)),
        Trait::Detail(detail) => (After, details(detail)),
    }
}

/// What a kind of piece is called.
pub(crate) fn nouns(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Dress => &["dress", "frock"],
        Kind::Skirt => &["skirt"],
        Kind::TShirt => &["t-shirt", "tee", "top", "tshirt"],
        Kind::Shirt => &["shirt", "blouse", "button-up"],
        Kind::Sweater => &["sweater", "jumper", "pullover"],
        Kind::Cardigan => &["cardigan", "cardi"],
        Kind::Hoodie => &["hoodie", "hooded sweatshirt"],
        Kind::Jacket => &["jacket"],
        Kind::Blazer => &["blazer", "suit jacket"],
        Kind::Coat => &["coat", "overcoat"],
        Kind::Trousers => &["trousers", "pants", "slacks"],
        Kind::Jeans => &["jeans"],
        Kind::Shorts => &["shorts"],
        Kind::Jumpsuit => &["jumpsuit", "playsuit", "one-piece"],
        Kind::Trainers => &["trainers", "sneakers", "kicks"],
        Kind::Boots => &["boots"],
        Kind::Heels => &["heels", "pumps", "high heels"],
        Kind::Sandals => &["sandals"],
        Kind::Loafers => &["loafers", "slip-ons"],
        Kind::Flats => &["ballet flats", "flats", "ballerinas"],
    }
}

fn cuts(kind: Kind, cut: Cut) -> &'static [&'static str] {
    match (kind, cut) {
        (Kind::Trousers | Kind::Jeans | Kind::Jumpsuit | Kind::Shorts, cut) => match cut {
            Cut::Fitted => &["slim", "skinny", "slim-fit"],
            Cut::Straight => &["straight-leg", "straight"],
            Cut::Loose => &["wide-leg", "baggy", "wide"],
            Cut::Flared => &["flared", "bootcut", "bell-bottom"],
        },
        (Kind::Skirt, Cut::Fitted) => &["pencil", "tight"],
        (Kind::Skirt | Kind::Dress | Kind::Coat, Cut::Flared) => &["a-line", "flared", "swingy"],
        (_, Cut::Fitted) => &["fitted", "slim-fit", "tight"],
        (_, Cut::Straight) => &["straight", "regular"],
        (_, Cut::Loose) => &["oversized", "loose", "baggy"],
        (_, Cut::Flared) => &["flared"],
    }
}

fn lengths(kind: Kind, length: Length) -> &'static [&'static str] {
    match (kind, length) {
        (Kind::Dress | Kind::Skirt, Length::Short) => &["mini", "short"],
        (Kind::Dress | Kind::Skirt, Length::Medium) => &["midi", "knee-length"],
        (Kind::Dress | Kind::Skirt, Length::Long) => &["maxi", "long", "full-length"],
        (Kind::Trousers | Kind::Jeans | Kind::Jumpsuit, Length::Long) => &["full-length", "long"],
        (Kind::Trousers | Kind::Jeans | Kind::Jumpsuit, Length::Medium) => &["cropped", "ankle-length"],
        (Kind::Shorts, Length::Medium) => &["bermuda", "knee-length"],
        (Kind::Trainers, Length::Short) => &["low-top"],
        (Kind::Trainers, _) => &["high-top"],
        (Kind::Boots, Length::Short) => &["ankle", "short"],
        (Kind::Boots, Length::Medium) => &["mid-calf"],
        (Kind::Boots, Length::Long) => &["knee-high", "tall", "long"],
        (Kind::Coat, Length::Medium) => &["knee-length", "mid-length"],
        (Kind::Coat | Kind::Shorts | Kind::Jumpsuit, Length::Short) => &["short"],
        (Kind::Coat, Length::Long) => &["long", "maxi", "full-length"],
        (_, Length::Short) => &["cropped", "crop", "short"],
        (_, Length::Medium) => &["hip-length", "regular-length"],
        (_, Length::Long) => &["longline", "long"],
    }
}

fn sleeves(sleeve: Sleeve) -> &'static [&'static str] {
    match sleeve {
        Sleeve::Straps => &["thin straps", "spaghetti straps"],
        Sleeve::Sleeveless => &["no sleeves"],
        Sleeve::Short => &["short sleeves"],
        Sleeve::Elbow => &["elbow-length sleeves", "half sleeves"],
        Sleeve::Long => &["long sleeves", "full sleeves"],
        Sleeve::Puff => &["puff sleeves", "puffed sleeves", "puffy sleeves"],
        Sleeve::Bell => &["bell sleeves", "flared sleeves"],
    }
}

fn necklines(neckline: Neckline) -> &'static [&'static str] {
    match neckline {
        Neckline::Round => &["a round neck", "a crew neck"],
        Neckline::V => &["a v-neck", "a v neckline"],
        Neckline::Square => &["a square neck", "a square neckline"],
        Neckline::High => &["a high neck", "a turtleneck", "a roll neck"],
        Neckline::Collar => &["a collar"],
    }
}

fn heels(heel: Heel) -> &'static [&'static str] {
    match heel {
        Heel::Flat => &["a flat sole", "flat soles", "no heel"],
        Heel::Block => &["a block heel", "a chunky heel"],
        Heel::Stiletto => &["a stiletto heel", "a high thin heel"],
        Heel::Platform => &["a platform sole", "platforms"],
    }
}

pub(crate) fn colours(colour: Colour) -> &'static [&'static str] {
    match colour {
        Colour::Black => &["black", "jet black"],
        Colour::White => &["white", "off-white"],
        Colour::Grey => &["grey", "gray"],
        Colour::Navy => &["navy", "navy blue", "dark blue"],
        Colour::Blue => &["blue", "royal blue"],
        Colour::LightBlue => &["light blue", "sky blue", "pale blue", "baby blue"],
        Colour::Teal => &["teal", "petrol"],
        Colour::Green => &["green", "emerald"],
        Colour::Olive => &["olive", "khaki", "olive green"],
        Colour::Yellow => &["yellow", "mustard"],
        Colour::Orange => &["orange"],
        Colour::Red => &["red", "bright red"],
        Colour::Burgundy => &["burgundy", "wine red", "maroon"],
        Colour::Pink => &["pink", "rose"],
        Colour::Purple => &["purple", "violet"],
        Colour::Brown => &["brown", "chocolate"],
        Colour::Beige => &["beige", "sand", "camel"],
    }
}

fn patterns(pattern: Pattern) -> &'static [&'static str] {
    match pattern {
        Pattern::Plain => &["plain", "solid"],
        Pattern::Breton => &["horizontally striped", "breton", "breton striped"],
        Pattern::Pinstripe => &["vertically striped", "pinstripe", "pinstriped"],
        Pattern::Checked => &["checked", "plaid", "gingham", "checkered"],
        Pattern::PolkaDot => &["polka dot", "spotted", "dotted"],
        Pattern::Floral => &["floral", "flowery", "flower print"],
        Pattern::ColourBlock => &["colour block", "two-tone"],
        Pattern::Leopard => &["leopard print", "animal print", "leopard"],
    }
}

/// A pattern as a thing: "with white polka dots".
pub(crate) fn pattern_noun(pattern: Pattern) -> &'static str {
    match pattern {
        Pattern::ColourBlock => "colour blocking",
        other => other.name(),
    }
}

pub(crate) fn materials(material: Material) -> &'static [&'static str] {
    match material {
        Material::Cotton => &["cotton", "jersey"],
        Material::Linen => &["linen"],
        Material::Denim => &["denim", "jean"],
        Material::Knit => &["ribbed knit", "knitted", "knit"],
        Material::Wool => &["wool", "woollen", "woolen"],
        Material::Leather => &["leather"],
        Material::Suede => &["suede"],
        Material::Satin => &["satin", "silky", "silk"],
        Material::Lace => &["lace", "lacy"],
        Material::Quilted => &["quilted", "padded", "puffer"],
        Material::Canvas => &["canvas"],
    }
}

/// A material as a thing: "in leather".
pub(crate) fn material_nouns(material: Material) -> &'static [&'static str] {
    match material {
        Material::Cotton => &["cotton", "jersey"],
        Material::Knit => &["ribbed knit", "knit"],
        Material::Wool => &["wool"],
        Material::Satin => &["satin", "silk"],
        Material::Lace => &["lace"],
        Material::Quilted => &["quilted nylon"],
        Material::Denim => &["denim"],
        other => materials(other),
    }
}

/// Whether a trait is what one expects of the kind, so that few would name it: sweaters reach the hip.
pub(crate) fn goes_without_saying(kind: Kind, said: Trait) -> bool {
    let is_legs = matches!(kind, Kind::Trousers | Kind::Jeans | Kind::Jumpsuit);
    match said {
        Trait::Pattern(Pattern::Plain) => true,
        Trait::Length(Length::Long) => is_legs,
        Trait::Length(Length::Short) => matches!(kind, Kind::Shorts | Kind::Trainers),
        Trait::Length(Length::Medium) => {
            !is_legs && !matches!(kind, Kind::Dress | Kind::Skirt | Kind::Shorts | Kind::Boots | Kind::Trainers)
        }
        Trait::Cut(Cut::Straight) => !is_legs,
        Trait::Heel(Heel::Flat) => kind == Kind::Trainers,
        Trait::Material(Material::Denim) => kind == Kind::Jeans,
        _ => false,
    }
}

fn details(detail: Detail) -> &'static [&'static str] {
    match detail {
        Detail::Buttons => &["buttons"],
        Detail::Zip => &["a zip", "a zipper"],
        Detail::Belt => &["a belt"],
        Detail::Pockets => &["patch pockets", "pockets"],
        Detail::Bow => &["a bow"],
        Detail::Ruffle => &["a ruffle", "ruffles", "frills"],
        Detail::Pleats => &["pleats"],
        Detail::Slit => &["a slit"],
        Detail::Logo => &["a star logo", "a star"],
        Detail::Fringe => &["fringe", "fringes", "tassels"],
        Detail::Drawstring => &["a drawstring"],
        Detail::Buckle => &["a buckle"],
        Detail::Studs => &["studs"],
        Detail::Stripes => &["side stripes"],
        Detail::Pompoms => &["pompoms"],
        Detail::Patches => &["elbow patches"],
    }
}
