//! Composed requests: "like this, but in red and longer", with the look that is meant.

use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

use crate::boutique::Boutique;
use crate::item::Item;
use crate::look::{Colour, Cut, Detail, Length, Look, Material, Pattern, Sleeve, Trait};
use crate::random::{Purpose, generator, pick};
use crate::words::phrase::list;
use crate::words::terms::{colours, material_nouns, pattern_noun, terms};

/// A wish to change a piece, and what is meant by it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The place of the piece that one starts from.
    pub item: u64,
    /// What was typed.
    pub words: String,
    /// The look that is meant: the piece's, but for what the words say.
    pub target: Look,
    /// What it must cost less than, where a cheaper one is meant.
    pub below_price: Option<f64>,
}

/// One thing changed: the new look, and how one says it.
struct Step {
    look: Look,
    words: String,
}

/// The share of composed requests that want it cheaper, too.
const CHEAPER_SHARE: f64 = 0.08;
/// Chance has this many goes at a change that makes a valid look.
const MAX_TRIES: usize = 200;

impl Boutique {
    /// The `index`-th composed request; any number of them can be asked for, each alone and in any order.
    pub fn change(&self, index: u64) -> Change {
        let mut rng = generator(self.config().seed, Purpose::Change, index);
        loop {
            let item = self.item(rng.random_range(0..self.config().n_items));
            if let Some((target, words)) = change_of(&item.look, &mut rng) {
                let is_cheaper = rng.random_bool(CHEAPER_SHARE);
                let words = if is_cheaper {
                    format!("{words}, and {}", pick(&["cheaper", "not so expensive"], &mut rng))
                } else {
                    words
                };
                return Change { item: item.index, words, target, below_price: is_cheaper.then_some(item.price) };
            }
        }
    }

    /// Composed requests without end.
    pub fn changes(&self) -> impl Iterator<Item = Change> + '_ {
        (0..).map(|index| self.change(index))
    }
}

impl Change {
    /// Whether an item is what was meant.
    pub fn is_met_by(&self, item: &Item) -> bool {
        item.look == self.target && self.below_price.is_none_or(|limit| item.price < limit)
    }
}

/// A look with one or two things changed, and the words for that.
pub fn change_of(look: &Look, rng: &mut impl Rng) -> Option<(Look, String)> {
    let first = step(look, look, rng)?;
    let second = if rng.random_bool(0.35) { step(&first.look, look, rng) } else { None };
    let (target, parts) = match &second {
        Some(second) => (second.look, vec![first.words.as_str(), second.words.as_str()]),
        None => (first.look, vec![first.words.as_str()]),
    };
    let said = list(&parts);
    let words = match rng.random_range(0..7) {
        0 => format!("like this but {said}"),
        1 => format!("the same {said}"),
        2 => format!("same but {said}"),
        3 => format!("this one, only {said}"),
        4 => format!("i want it {said}"),
        5 => format!("{said} please"),
        _ => said,
    };
    Some((target, words))
}

/// Changes one attribute that `original` and `look` still share.
fn step(look: &Look, original: &Look, rng: &mut impl Rng) -> Option<Step> {
    for _ in 0..MAX_TRIES {
        let drawn = match rng.random_range(0..100) {
            0..32 => colour(look, rng),
            32..46 => length(look, rng),
            46..58 => pattern(look, rng),
            58..70 => material(look, rng),
            70..80 => detail(look, rng),
            _ => shape(look, rng),
        };
        let fresh =
            |step: &Step| step.look.is_valid() && step.look != *look && changes_anew(&step.look, look, original);
        if let Some(step) = drawn.filter(fresh) {
            return Some(step);
        }
    }
    None
}

/// Whether what differs between the steps was untouched before, so that no step undoes another.
fn changes_anew(next: &Look, last: &Look, original: &Look) -> bool {
    let fixed = |read: fn(&Look) -> Option<Trait>| read(next) == read(last) || read(last) == read(original);
    fixed(|look| Some(Trait::Colour(look.colour)))
        && fixed(|look| look.length.map(Trait::Length))
        && fixed(|look| Some(Trait::Pattern(look.pattern)))
        && fixed(|look| look.second.map(Trait::Second))
        && fixed(|look| Some(Trait::Material(look.material)))
        && fixed(|look| look.detail.map(Trait::Detail))
        && fixed(|look| look.cut.map(Trait::Cut))
        && fixed(|look| look.sleeve.map(Trait::Sleeve))
        && fixed(|look| look.neckline.map(Trait::Neckline))
        && fixed(|look| look.heel.map(Trait::Heel))
}

fn colour(look: &Look, rng: &mut impl Rng) -> Option<Step> {
    let colour = pick(Colour::ALL, rng);
    let word = spoken(colours(colour), rng);
    let words = match rng.random_range(0..4) {
        0 => word.to_owned(),
        _ => format!("in {word}"),
    };
    Some(Step { look: look.with(Trait::Colour(colour)), words })
}

/// One step longer or shorter, so that the word has one meaning.
fn length(look: &Look, rng: &mut impl Rng) -> Option<Step> {
    let (lengths, now) = (look.kind.rules().lengths, look.length?);
    let is_longer = rng.random_bool(0.5);
    let beside = |other: &&Length| if is_longer { **other > now } else { **other < now };
    let candidates = lengths.iter().filter(beside);
    let length = *if is_longer { candidates.min() } else { candidates.max() }?;
    let words = if is_longer { &["longer", "a bit longer"] } else { &["shorter", "a bit shorter"] };
    Some(Step { look: look.with(Trait::Length(length)), words: pick(words, rng).to_owned() })
}

fn pattern(look: &Look, rng: &mut impl Rng) -> Option<Step> {
    let pattern = pick(Pattern::ALL, rng);
    if pattern == Pattern::Plain {
        let plain = Look { pattern, second: None, ..*look };
        return Some(Step {
            look: plain,
            words: pick(&["plain", "without the pattern", "in one colour"], rng).to_owned(),
        });
    }
    match look.second {
        // Another pattern keeps the second colour; a plain piece needs one named.
        Some(_) => {
            Some(Step { look: look.with(Trait::Pattern(pattern)), words: format!("with {}", pattern_noun(pattern)) })
        }
        None => {
            let second = pick(Colour::ALL, rng);
            let look = Look { pattern, second: Some(second), ..*look };
            Some(Step { look, words: format!("with {} {}", second.name(), pattern_noun(pattern)) })
        }
    }
}

fn material(look: &Look, rng: &mut impl Rng) -> Option<Step> {
    let material: Material = pick(look.kind.rules().materials, rng);
    let word = spoken(material_nouns(material), rng);
    Some(Step { look: look.with(Trait::Material(material)), words: format!("in {word}") })
}

fn detail(look: &Look, rng: &mut impl Rng) -> Option<Step> {
    let said = |detail: Detail| terms(look.kind, Trait::Detail(detail)).1[0];
    if let Some(detail) = look.detail
        && rng.random_bool(0.5)
    {
        let words = format!("without {}", said(detail).replacen("a ", "the ", 1));
        return Some(Step { look: Look { detail: None, ..*look }, words });
    }
    let detail = pick(look.kind.rules().details, rng);
    let words = match look.detail {
        Some(now) => format!("with {} instead of {}", said(detail), said(now).replacen("a ", "the ", 1)),
        None => format!("with {}", said(detail)),
    };
    Some(Step { look: look.with(Trait::Detail(detail)), words })
}

/// Cut, sleeves, neckline or heel.
fn shape(look: &Look, rng: &mut impl Rng) -> Option<Step> {
    let rules = look.kind.rules();
    let wanted = match rng.random_range(0..4) {
        0 => Trait::Cut(any(rules.cuts, rng)?),
        1 => Trait::Sleeve(any(rules.sleeves, rng)?),
        2 => Trait::Neckline(any(rules.necklines, rng)?),
        _ => Trait::Heel(any(rules.heels, rng)?),
    };
    let word = spoken(terms(look.kind, wanted).1, rng);
    let words = match wanted {
        Trait::Cut(Cut::Loose) => pick(&["looser", "in a loose cut", word], rng).to_owned(),
        Trait::Cut(_) => format!("in a {word} cut"),
        Trait::Sleeve(Sleeve::Sleeveless) => pick(&["sleeveless", "without sleeves"], rng).to_owned(),
        _ => format!("with {word}"),
    };
    Some(Step { look: look.with(wanted), words })
}

/// One of the values, if there are any.
fn any<T: Copy>(values: &[T], rng: &mut impl Rng) -> Option<T> {
    (!values.is_empty()).then(|| pick(values, rng))
}

fn spoken(words: &'static [&'static str], rng: &mut impl Rng) -> &'static str {
    if rng.random_bool(0.7) { words[0] } else { pick(words, rng) }
}
