//! From traits to words: "red satin midi dress with long sleeves and a belt".

use rand::{Rng, RngExt};

use super::terms::{Position, pattern_noun, terms};
use crate::look::{Kind, Look, Pattern, Trait};

/// Chooses one of the words for a trait.
pub(crate) trait Speaker {
    fn choose(&mut self, words: &'static [&'static str]) -> &'static str;
}

/// Always the exact word.
pub(crate) struct Exact;

impl Speaker for Exact {
    fn choose(&mut self, words: &'static [&'static str]) -> &'static str {
        words[0]
    }
}

/// Mostly the first word, sometimes another.
pub(crate) struct Everyday<'a, R>(pub(crate) &'a mut R);

impl<R: Rng> Speaker for Everyday<'_, R> {
    fn choose(&mut self, words: &'static [&'static str]) -> &'static str {
        if self.0.random_bool(0.6) { words[0] } else { words[self.0.random_range(0..words.len())] }
    }
}

/// Where adjectives stand before each other.
fn rank(said: Trait) -> usize {
    match said {
        Trait::Length(_) => 3,
        Trait::Cut(_) => 4,
        Trait::Colour(_) => 0,
        Trait::Second(_) => 1,
        Trait::Pattern(_) => 2,
        Trait::Sleeve(_) => 5,
        Trait::Material(_) => 6,
        _ => 7,
    }
}

/// Traits as a noun with what belongs to it, in the order of English. The kind need not be among the traits.
pub(crate) fn phrase(kind: Kind, traits: &[Trait], speaker: &mut dyn Speaker) -> String {
    let mut said: Vec<Trait> = traits.iter().copied().filter(|item| !matches!(item, Trait::Kind(_))).collect();
    said.sort_by_key(|item| rank(*item));
    let (mut before, mut after) = (Vec::new(), Vec::new());
    let names_ground = said.iter().any(|item| matches!(item, Trait::Colour(_)));
    for item in said {
        let (position, words) = terms(kind, item);
        let word = speaker.choose(words);
        match (item, position) {
            (Trait::Second(_), _) if names_ground => before.push(format!("and {word}")),
            (_, Position::Before) => before.push(word.to_owned()),
            (_, Position::After) => after.push(word),
        }
    }
    before.push(speaker.choose(terms(kind, Trait::Kind(kind)).1).to_owned());
    let mut text = before.join(" ");
    if !after.is_empty() {
        text.push_str(" with ");
        text.push_str(&list(&after));
    }
    text
}

/// "a, b and c".
pub(crate) fn list(parts: &[&str]) -> String {
    match parts {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// The caption that names everything that can be seen.
pub fn caption(look: &Look) -> String {
    let shape: Vec<Trait> = look
        .traits()
        .filter(|item| !matches!(item, Trait::Colour(_) | Trait::Second(_) | Trait::Pattern(_) | Trait::Detail(_)))
        .collect();
    let mut text = phrase(look.kind, &shape, &mut Exact);
    text.push_str(&format!(", {}", look.colour.name()));
    match look.second {
        Some(second) => text.push_str(&format!(" with {} {}", second.name(), pattern_noun(look.pattern))),
        None => text.push_str(" and plain"),
    }
    if let Some(detail) = look.detail {
        text.push_str(&format!(", with {}", Exact.choose(terms(look.kind, Trait::Detail(detail)).1)));
    }
    text
}

/// A caption as somebody else would write it: in other words, and most times without some of what can be seen.
pub fn loose_caption(look: &Look, rng: &mut impl Rng) -> String {
    let keep = rng.random_range(0.35..1.0);
    let traits: Vec<Trait> = look
        .traits()
        .filter(|item| match item {
            Trait::Kind(_) => true,
            Trait::Pattern(Pattern::Plain) => rng.random_bool(0.15),
            Trait::Colour(_) => rng.random_bool(0.9),
            _ => rng.random_bool(keep),
        })
        .collect();
    // "black and white dress" says nothing of the pattern; a second colour needs it.
    let has_pattern = traits.iter().any(|item| matches!(item, Trait::Pattern(_)));
    let traits: Vec<Trait> =
        traits.into_iter().filter(|item| has_pattern || !matches!(item, Trait::Second(_))).collect();
    let text = phrase(look.kind, &traits, &mut Everyday(rng));
    let one = one(look.kind, &text);
    match rng.random_range(0..6) {
        0 => format!("a picture of {one}"),
        1 => one,
        2 => format!("a drawing of {one}"),
        _ => text,
    }
}

/// "a red dress", "an olive skirt", "red jeans", "a pair of boots".
pub(crate) fn one(kind: Kind, text: &str) -> String {
    match (kind.is_shoe(), kind.is_plural()) {
        (true, _) => format!("a pair of {text}"),
        (false, true) => text.to_owned(),
        (false, false) => format!("{} {text}", article(text)),
    }
}

/// "a" or "an"; nothing else is needed for the words of this shop.
fn article(text: &str) -> &'static str {
    if text.starts_with(['a', 'e', 'i', 'o', 'u']) && !text.starts_with("one") { "an" } else { "a" }
}
