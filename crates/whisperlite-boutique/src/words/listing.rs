//! What the shop writes about a piece: title and description.

use rand::{Rng, RngExt};

use super::phrase::{Everyday, Exact, one, phrase};
use super::terms::goes_without_saying;
use crate::item::Item;
use crate::look::{Material, Pattern, Trait};
use crate::random::pick;
use crate::style::Occasion;

/// "Satin midi dress in red", with what the shop thinks worth naming.
pub(crate) fn title(item: &Item, rng: &mut impl Rng) -> String {
    let look = &item.look;
    let traits: Vec<Trait> = look
        .traits()
        .filter(|said| match said {
            Trait::Kind(_)
            | Trait::Colour(_)
            | Trait::Second(_)
            | Trait::Pattern(Pattern::Plain)
            | Trait::Neckline(_) => false,
            said if goes_without_saying(look.kind, *said) => rng.random_bool(0.06),
            Trait::Length(_) => rng.random_bool(0.75),
            Trait::Material(_) | Trait::Pattern(_) => rng.random_bool(0.9),
            Trait::Detail(_) => rng.random_bool(0.35),
            _ => rng.random_bool(0.3),
        })
        .collect();
    let named = phrase(look.kind, &traits, &mut Exact);
    let colour = match look.second {
        Some(second) if rng.random_bool(0.7) => format!("{} and {}", look.colour.name(), second.name()),
        _ => look.colour.name().to_owned(),
    };
    let text = match rng.random_range(0..4) {
        0 => format!("{colour} {named}"),
        _ if named.contains(" with ") => format!("{named}, {colour}"),
        _ => format!("{named} in {colour}"),
    };
    capitalised(&text)
}

/// One to three sentences.
pub(crate) fn description(item: &Item, rng: &mut impl Rng) -> String {
    let look = &item.look;
    let traits: Vec<Trait> = look
        .traits()
        .filter(|said| !matches!(said, Trait::Kind(_) | Trait::Pattern(Pattern::Plain)) && rng.random_bool(0.7))
        .collect();
    let has_pattern = traits.iter().any(|said| matches!(said, Trait::Pattern(_)));
    let traits: Vec<Trait> =
        traits.into_iter().filter(|said| has_pattern || !matches!(said, Trait::Second(_))).collect();
    let named = phrase(look.kind, &traits, &mut Everyday(rng));
    let plural = look.kind.is_plural();
    let one = one(look.kind, &named);
    let opening = match rng.random_range(0..5) {
        0 => format!("{one} by {}.", item.brand.name),
        1 => format!("{} brings you {one}.", item.brand.name),
        2 => format!("Meet your new favourite: {one}."),
        3 => format!("{one}, drawn with care."),
        _ => format!("{one}."),
    };
    let mut sentences = vec![capitalised(&opening)];
    if rng.random_bool(0.6) {
        sentences.push(pick(feel(look.material), rng).to_owned());
    }
    let fitting: Vec<Occasion> = Occasion::ALL.iter().copied().filter(|occasion| occasion.score(look) > 1.4).collect();
    if !fitting.is_empty() && rng.random_bool(0.55) {
        let occasion = pick(&fitting, rng);
        let verb = if plural { "They are" } else { "It is" };
        sentences.push(format!("{verb} made for {}.", occasion.in_prose()));
    }
    sentences.join(" ")
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// What a material feels like.
fn feel(material: Material) -> &'static [&'static str] {
    match material {
        Material::Cotton => &["Soft on the skin and easy to wash.", "Everyday cotton that keeps its shape."],
        Material::Linen => &["Airy linen that gets softer with every wash.", "Cool on warm days."],
        Material::Denim => &["Sturdy denim with contrast stitching.", "Wears in beautifully."],
        Material::Knit => &["Ribs that stretch with you.", "A soft knit with a bit of give."],
        Material::Wool => &["Warm wool for cold mornings.", "Keeps the chill out."],
        Material::Leather => &["Smooth leather with a gentle shine.", "Gets better with the years."],
        Material::Suede => &["Velvety suede with a soft nap.", "Soft to the touch."],
        Material::Satin => &["Falls softly and catches the light.", "A smooth, flowing shine."],
        Material::Lace => &["Delicate openwork all over.", "Fine lace, light as air."],
        Material::Quilted => &["Padded and light, for wind and cold.", "Warm without the weight."],
        Material::Canvas => &["Robust canvas, light in the step.", "A classic weave that lasts."],
    }
}
