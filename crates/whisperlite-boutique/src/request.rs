//! Requests as people type them, each with its meaning.
//!
//! A request starts from a piece that the shopper has in mind (a look that they like), and names some of it. So what is asked
//! for exists, and says something of the taste, but not all of it.

use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

use crate::brand::BRANDS;
use crate::intent::{Intent, PriceWish};
use crate::item::Item;
use crate::look::{Kind, Pattern, Trait};
use crate::random::pick;
use crate::style::Occasion;
use crate::words::phrase::{Everyday, Exact, phrase};
use crate::words::terms::{goes_without_saying, terms};
use crate::words::typo::slip;

/// What somebody typed, and what they meant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// As typed.
    pub text: String,
    /// As meant.
    pub intent: Intent,
    /// Whether a finger slipped.
    pub has_typo: bool,
}

/// The share of requests with a slip of the finger.
const TYPO_SHARE: f64 = 0.06;

/// The share of requests that are abbreviated.
const HASTE_SHARE: f64 = 0.05;

impl Request {
    /// A request for something like `mind`; `avoid` is a piece of the same kind that is not meant.
    pub(crate) fn draw(mind: &Item, avoid: &Item, rng: &mut impl Rng) -> Self {
        let (text, intent) = match rng.random_range(0..100) {
            0..18 => plain_kind(mind, rng),
            18..56 => specific(mind, rng),
            56..66 => refusing(mind, avoid, rng),
            66..82 => occasion(mind, rng),
            82..88 => brand(mind, rng),
            88..96 => price(mind, rng),
            _ => vague(mind, rng),
        };
        let text = if rng.random_bool(HASTE_SHARE) { hasty(&text) } else { text };
        let has_typo = rng.random_bool(TYPO_SHARE);
        let typed = if has_typo { slip(&text, rng) } else { text.clone() };
        Self { has_typo: typed != text, text: typed, intent }
    }
}

/// As one types in haste.
fn hasty(text: &str) -> String {
    const SHORT: [(&str, &str); 7] = [
        (" with ", " w/ "),
        (" without ", " w/o "),
        (" please", " pls"),
        ("black", "blk"),
        ("white", "wht"),
        ("looking for ", "need "),
        ("something", "smth"),
    ];
    SHORT.iter().fold(text.to_owned(), |text, (long, short)| text.replace(long, short))
}

/// What of a look one may ask for, the most asked for first.
fn askable(look: &crate::look::Look, rng: &mut impl Rng) -> Vec<Trait> {
    let mut weighted: Vec<(f64, Trait)> = look
        .traits()
        .filter_map(|item| {
            let weight = match item {
                Trait::Kind(_) | Trait::Second(_) => return None,
                said if goes_without_saying(look.kind, said) => 0.06,
                Trait::Colour(_) => 3.0,
                Trait::Pattern(_) | Trait::Length(_) => 1.3,
                Trait::Material(_) => 1.2,
                Trait::Heel(_) | Trait::Sleeve(_) => 0.9,
                Trait::Cut(_) => 0.7,
                Trait::Detail(_) => 0.7,
                Trait::Neckline(_) => 0.4,
            };
            // The smallest of exponential times with these rates: a weighted order without replacement.
            Some((-rng.random_range(f64::EPSILON..1.0).ln() / weight, item))
        })
        .collect();
    weighted.sort_by(|a, b| a.0.total_cmp(&b.0));
    weighted.into_iter().map(|(_, item)| item).collect()
}

/// Words for a kind and some traits: most people say it in the commonest way.
fn say(kind: Kind, traits: &[Trait], rng: &mut impl Rng) -> String {
    let said =
        if rng.random_bool(0.62) { phrase(kind, traits, &mut Exact) } else { phrase(kind, traits, &mut Everyday(rng)) };
    // Some name the thing first: "dress black midi".
    let noun = terms(kind, Trait::Kind(kind)).1.iter().find(|noun| said.ends_with(**noun) && said.len() > noun.len());
    match noun {
        Some(noun) if rng.random_bool(0.08) => format!("{noun} {}", said.trim_end_matches(noun).trim_end()),
        _ => said,
    }
}

fn of_kind(mind: &Item, wanted: &[Trait]) -> Intent {
    Intent { kinds: vec![mind.look.kind], wanted: wanted.to_vec(), ..Intent::default() }
}

/// "jeans".
fn plain_kind(mind: &Item, rng: &mut impl Rng) -> (String, Intent) {
    let noun = say(mind.look.kind, &[], rng);
    let text = match rng.random_range(0..8) {
        0 => format!("new {noun}"),
        1 => format!("nice {noun}"),
        _ => noun,
    };
    (text, of_kind(mind, &[]))
}

/// "black midi dress with long sleeves".
fn specific(mind: &Item, rng: &mut impl Rng) -> (String, Intent) {
    let n_traits = match rng.random_range(0..10) {
        0..5 => 1,
        5..8 => 2,
        _ => 3,
    };
    let traits: Vec<Trait> = askable(&mind.look, rng).into_iter().take(n_traits).collect();
    let said = say(mind.look.kind, &traits, rng);
    let text = match rng.random_range(0..14) {
        0 => format!("looking for {said}"),
        1 => format!("i need {said}"),
        2 => format!("do you have {said}"),
        3 => format!("{said} please"),
        _ => said,
    };
    (text, of_kind(mind, &traits))
}

/// "dress not black".
fn refusing(mind: &Item, avoid: &Item, rng: &mut impl Rng) -> (String, Intent) {
    let refusable = |item: &Trait| {
        !mind.look.has(*item) && !matches!(item, Trait::Kind(_) | Trait::Pattern(Pattern::Plain) | Trait::Second(_))
    };
    let against: Vec<Trait> = askable(&avoid.look, rng).into_iter().filter(refusable).take(1).collect();
    let n_traits = usize::from(rng.random_bool(0.6));
    let clashes = |item: &Trait| against.iter().any(|unwanted| item.same_attribute(*unwanted));
    let traits: Vec<Trait> =
        askable(&mind.look, rng).into_iter().filter(|item| !clashes(item)).take(n_traits).collect();
    let said = say(mind.look.kind, &traits, rng);
    let Some(unwanted) = against.first().copied() else {
        return (said, of_kind(mind, &traits));
    };
    let word = terms(mind.look.kind, unwanted).1[0].trim_start_matches("a ");
    let text = match (unwanted, rng.random_range(0..4)) {
        (Trait::Sleeve(_) | Trait::Neckline(_) | Trait::Heel(_) | Trait::Detail(_), 0) => format!("{said} no {word}"),
        (Trait::Sleeve(_) | Trait::Neckline(_) | Trait::Heel(_) | Trait::Detail(_), _) => {
            format!("{said} without {word}")
        }
        (_, 0) => format!("{said} but not {word}"),
        (_, 1) => format!("{said}, anything but {word}"),
        (_, 2) => format!("{said} no {word}"),
        _ => format!("{said} not {word}"),
    };
    (text, Intent { unwanted: against, ..of_kind(mind, &traits) })
}

/// "wedding guest outfit", "dress for a wedding".
fn occasion(mind: &Item, rng: &mut impl Rng) -> (String, Intent) {
    let fitting: Vec<Occasion> =
        Occasion::ALL.iter().copied().filter(|occasion| occasion.score(&mind.look) > 0.0).collect();
    if fitting.is_empty() {
        return plain_kind(mind, rng);
    }
    let occasion = pick(&fitting, rng);
    let asked = if rng.random_bool(0.5) { occasion.asked()[0] } else { pick(occasion.asked(), rng) };
    if rng.random_bool(0.55) {
        return (asked.to_owned(), Intent { occasion: Some(occasion), ..Intent::default() });
    }
    let noun = say(mind.look.kind, &[], rng);
    let text = match rng.random_range(0..2) {
        0 => format!("{noun} for {}", occasion.in_prose()),
        _ => format!("{noun}, {asked}"),
    };
    (text, Intent { occasion: Some(occasion), ..of_kind(mind, &[]) })
}

/// "norrvik coat".
fn brand(mind: &Item, rng: &mut impl Rng) -> (String, Intent) {
    let name = BRANDS[mind.brand_idx].name.to_lowercase();
    let intent = Intent { brand: Some(mind.brand_idx), ..Intent::default() };
    if rng.random_bool(0.25) {
        return (name, intent);
    }
    let noun = say(mind.look.kind, &[], rng);
    let text = if rng.random_bool(0.6) { format!("{name} {noun}") } else { format!("{noun} from {name}") };
    (text, Intent { kinds: vec![mind.look.kind], ..intent })
}

/// "cheap black boots", "dress under 50".
fn price(mind: &Item, rng: &mut impl Rng) -> (String, Intent) {
    let n_traits = usize::from(rng.random_bool(0.5));
    let traits: Vec<Trait> = askable(&mind.look, rng).into_iter().take(n_traits).collect();
    let said = say(mind.look.kind, &traits, rng);
    let limit = (mind.price / 10.0).ceil() as u32 * 10;
    let (text, price) = match (mind.price_level(), rng.random_range(0..3)) {
        (level, 0) if level <= 1.1 => {
            (format!("{} {said}", pick(&["cheap", "affordable", "budget"], rng)), PriceWish::Cheap)
        }
        (level, 0) if level >= 1.1 => {
            (format!("{} {said}", pick(&["designer", "high end", "luxury"], rng)), PriceWish::Fine)
        }
        _ => (format!("{said} {} {limit}", pick(&["under", "below", "max", "up to"], rng)), PriceWish::Under(limit)),
    };
    (text, Intent { price, ..of_kind(mind, &traits) })
}

/// "new shoes", "something red".
fn vague(mind: &Item, rng: &mut impl Rng) -> (String, Intent) {
    let look = &mind.look;
    match rng.random_range(0..4) {
        0 if look.kind.is_shoe() => {
            let kinds: Vec<Kind> = Kind::ALL.iter().copied().filter(|kind| kind.is_shoe()).collect();
            (
                pick(&["new shoes", "shoes", "something for my feet"], rng).to_owned(),
                Intent { kinds, ..Intent::default() },
            )
        }
        0 | 1 => {
            let wanted = vec![Trait::Colour(look.colour)];
            (format!("something {}", look.colour.name()), Intent { wanted, ..Intent::default() })
        }
        2 if look.pattern != Pattern::Plain => {
            let said = Trait::Pattern(look.pattern);
            (format!("something {}", terms(look.kind, said).1[0]), Intent { wanted: vec![said], ..Intent::default() })
        }
        _ => (
            pick(&["something new", "surprise me", "new arrivals", "what's nice right now", "just looking"], rng)
                .to_owned(),
            Intent::default(),
        ),
    }
}
