//! Requests made from an item's attributes, for sources in which nobody asked for anything in words.
//!
//! A person asks for "black dress" or "ladies striped jersey top": the kind of thing nearly always, its colour half of
//! the time, the rest seldom, and never the whole record. So each event keeps some attributes of its item and drops the
//! others, by a generator that is seeded with the rule's seed and the event's identity: the same event always gets the
//! same words, whatever is imported beside it.

use std::collections::{BTreeMap, HashMap, HashSet};

use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

use super::target::{EventId, Target};
use crate::catalog::error::ImportError;
use crate::catalog::types::Item;

/// What an attribute says about a thing, in the order in which English puts it before the noun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Brand,
    Audience,
    Other,
    Colour,
    Pattern,
    Material,
    Kind,
}

impl Part {
    /// How often a person says it.
    fn probability(self) -> f64 {
        match self {
            Self::Kind => 0.95,
            Self::Colour => 0.5,
            Self::Pattern => 0.35,
            Self::Audience => 0.3,
            Self::Material => 0.25,
            Self::Brand => 0.2,
            Self::Other => 0.15,
        }
    }

    /// By the names under which shops keep it; `None` for names that repeat a colour or locate a thing.
    fn of_attribute(name: &str) -> Option<Self> {
        let name = name.to_lowercase().replace([' ', '-'], "_");
        Some(match name.as_str() {
            "article_type" | "product_type" | "item_type" | "type" | "kind" | "class" | "class_name" | "label" => {
                Self::Kind
            }
            "colour" | "color" | "base_colour" | "base_color" | "colour_name" | "color_name" => Self::Colour,
            "pattern" | "print" | "graphical_appearance" => Self::Pattern,
            "material" | "fabric" | "fabric_type" => Self::Material,
            "brand" | "store" | "manufacturer" => Self::Brand,
            "gender" | "audience" | "department" | "index" | "section" | "age_group" => Self::Audience,
            "address" | "image" | "url" => return None,
            _ if name.contains("colour") || name.contains("color") => return None,
            _ => Self::Other,
        })
    }
}

/// What can be said about one item: for each part, the ways to say it.
type Sayable = BTreeMap<Part, Vec<String>>;

/// At most so many words, or parts other than the kind are dropped.
const MAX_WORDS: usize = 5;
/// Values longer than this are descriptions.
const MAX_WORDS_OF_VALUE: usize = 3;
/// An attribute without a known name is used if it has no more distinct values than this …
const MAX_DISTINCT: usize = 100;
/// … and each stands for at least so many items on average.
const MIN_ITEMS_PER_VALUE: usize = 5;

/// Values that say that nothing is to be said.
const SAYS_NOTHING: [&str; 12] =
    ["unknown", "other", "none", "n/a", "na", "undefined", "solid", "true", "false", "yes", "no", "unisex"];

/// The rule, and what it may say about each item.
pub(super) struct AttributeRule {
    seed: u64,
    by_item: HashMap<String, Sayable>,
}

impl AttributeRule {
    /// Looks at all items twice: first at which attributes have few values, then at what each item has.
    pub(super) fn new(seed: u64, target: &dyn Target) -> Result<Self, ImportError> {
        let mut distinct = Distinct::default();
        target.for_each_item(&mut |item| distinct.count(&item)).map_err(ImportError::Target)?;
        let mut by_item = HashMap::new();
        let mut visit = |item: Item| {
            let sayable = sayable(&item, &distinct);
            by_item.insert(item.item_id, sayable);
        };
        target.for_each_item(&mut visit).map_err(ImportError::Target)?;
        Ok(Self { seed, by_item })
    }

    /// The request of an event; `None` if the item has nothing that a person would say.
    pub(super) fn request(&self, item_id: &str, event_id: &EventId) -> Option<String> {
        let sayable = self.by_item.get(item_id).filter(|sayable| !sayable.is_empty())?;
        let mut hasher = Sha256::new();
        hasher.update(self.seed.to_le_bytes());
        match event_id {
            EventId::Given(id) => hasher.update(id),
            EventId::Hash(hash) => hasher.update(hash),
        }
        let mut rng = ChaCha8Rng::from_seed(hasher.finalize().into());
        Some(say(sayable, &mut rng))
    }
}

/// How many items have an attribute, and how many values it has.
#[derive(Default)]
struct Distinct {
    by_attribute: HashMap<String, (usize, HashSet<String>)>,
}

impl Distinct {
    fn count(&mut self, item: &Item) {
        for (name, value) in item.attributes.iter() {
            let (n_items, values) = self.by_attribute.entry(name.to_owned()).or_default();
            *n_items += 1;
            // One more than the limit is enough to know that the limit was passed.
            if values.len() <= MAX_DISTINCT && !values.contains(value) {
                values.insert(value.to_owned());
            }
        }
    }

    fn is_repeated(&self, name: &str) -> bool {
        self.by_attribute.get(name).is_some_and(|(n_items, values)| {
            values.len() <= MAX_DISTINCT && values.len() * MIN_ITEMS_PER_VALUE <= *n_items
        })
    }
}

fn sayable(item: &Item, distinct: &Distinct) -> Sayable {
    let mut sayable = Sayable::new();
    let mut add = |part: Part, value: Option<String>| {
        let ways = sayable.entry(part).or_default();
        ways.extend(value.filter(|value| !ways.contains(value)));
    };
    for level in item.category.split(" > ") {
        add(Part::Audience, audience(level));
    }
    for (name, value) in item.attributes.iter() {
        match Part::of_attribute(name) {
            Some(Part::Audience) => add(Part::Audience, audience(value)),
            Some(Part::Other) if !distinct.is_repeated(name) => {}
            Some(part) => add(part, spoken(value)),
            None => {}
        }
    }
    if sayable.get(&Part::Kind).is_none_or(Vec::is_empty) {
        let last_level = item.category.rsplit(" > ").next().unwrap_or_default();
        sayable.insert(Part::Kind, last_level.split(", ").filter_map(spoken).collect());
    }
    let kinds = sayable.get(&Part::Kind).cloned().unwrap_or_default();
    sayable.entry(Part::Other).or_default().retain(|other| !repeats(other, &kinds));
    // Of several audiences ("ladies", "women's") the first is as good as any.
    sayable.entry(Part::Audience).or_default().truncate(1);
    sayable.retain(|_, ways| !ways.is_empty());
    sayable
}

/// Whether a value such as "dresses ladies" says again what the kind ("dress") or the audience says.
fn repeats(value: &str, kinds: &[String]) -> bool {
    let kind_words = || kinds.iter().flat_map(|kind| kind.split(' '));
    let same_stem = |a: &str, b: &str| a.starts_with(b) || b.starts_with(a);
    audience(value).is_some() || value.split(' ').any(|word| kind_words().any(|kind| same_stem(word, kind)))
}

/// A value as a person would say it: lower case, the first of alternatives, without brackets.
fn spoken(value: &str) -> Option<String> {
    let value = value.to_lowercase();
    let plain = value.split(['(', '/', ';']).next().unwrap_or_default();
    let words: Vec<&str> = plain.split_whitespace().collect();
    let says_something =
        words.first().is_some_and(|first| ![*first, value.trim()].iter().any(|v| SAYS_NOTHING.contains(v)));
    let has_letters = plain.chars().any(char::is_alphabetic);
    (says_something && has_letters && words.len() <= MAX_WORDS_OF_VALUE).then(|| words.join(" "))
}

/// For whom a thing is made, if one of the words says so.
fn audience(value: &str) -> Option<String> {
    let words = value.to_lowercase();
    let words = words.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let known = words.filter_map(|word| match word {
        "ladies" | "lady" | "ladieswear" => Some("ladies"),
        "women" | "womens" | "woman" | "womenswear" => Some("women's"),
        "men" | "mens" | "man" | "menswear" => Some("men's"),
        "boys" | "boy" => Some("boys"),
        "girls" | "girl" => Some("girls"),
        "kids" | "kid" | "children" | "child" => Some("kids"),
        "baby" | "babies" | "infant" | "infants" => Some("baby"),
        _ => None,
    });
    known.map(str::to_owned).next()
}

fn say(sayable: &Sayable, rng: &mut ChaCha8Rng) -> String {
    let mut chosen: Vec<(Part, &str)> = Vec::new();
    for (&part, ways) in sayable {
        // Both draws are made for every part, so that one part's choice does not shift the others'.
        let (said, way) = (rng.random_bool(part.probability()), ways.choose(rng));
        chosen.extend(way.filter(|_| said).map(|way| (part, way.as_str())));
    }
    if chosen.is_empty() {
        chosen.extend(sayable.iter().next_back().and_then(|(&part, ways)| Some((part, ways.first()?.as_str()))));
    }
    let recites = chosen.len() >= 3 && chosen.len() == sayable.len();
    if recites {
        chosen.remove(0);
    }
    while chosen.len() > 1 && words_of(&chosen).len() > MAX_WORDS {
        chosen.remove(0);
    }
    words_of(&chosen).join(" ")
}

fn words_of<'a>(chosen: &[(Part, &'a str)]) -> Vec<&'a str> {
    let mut words: Vec<&str> = Vec::new();
    for word in chosen.iter().flat_map(|(_, value)| value.split_whitespace()) {
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item() -> Item {
        let attributes =
            [("colour", "Black"), ("pattern", "Stripe"), ("material", "Jersey"), ("department", "Basics 1")];
        Item {
            item_id: "1".to_owned(),
            category: "Ladieswear > Garment Upper body > Top".to_owned(),
            attributes: attributes.into(),
            ..Item::default()
        }
    }

    fn rule(seed: u64, item: &Item) -> AttributeRule {
        let by_item = HashMap::from([(item.item_id.clone(), sayable(item, &Distinct::default()))]);
        AttributeRule { seed, by_item }
    }

    fn requests(seed: u64) -> Vec<String> {
        let rule = rule(seed, &item());
        (0..2000).map(|n| rule.request("1", &EventId::Given(n.to_string())).unwrap()).collect()
    }

    #[test]
    fn requests_keep_some_attributes_and_drop_others() {
        let requests = requests(7);
        let share = |word: &str| requests.iter().filter(|r| r.split(' ').any(|w| w == word)).count() as f64 / 2000.0;
        // Five standard errors of a share of 2,000 draws are at most 0.056.
        for (word, probability) in [("top", 0.95), ("black", 0.5), ("stripe", 0.35), ("jersey", 0.25), ("ladies", 0.3)]
        {
            assert!((share(word) - probability).abs() < 0.06, "{word}: {}", share(word));
        }
        assert!(requests.iter().all(|request| (1..=4).contains(&request.split(' ').count())));
        assert!(!requests.iter().any(|request| request == "ladies black stripe jersey top"), "recited the record");
        assert!(requests.iter().any(|request| request == "ladies stripe top"));
    }

    #[test]
    fn the_same_seed_and_event_give_the_same_words() {
        assert_eq!(requests(7), requests(7));
        assert_ne!(requests(7), requests(8));
    }

    #[test]
    fn values_that_say_nothing_are_not_said() {
        for value in ["Unknown", "Solid", "Other pattern", "", "12", "a long description of it", "N/A"] {
            assert_eq!(spoken(value), None, "{value}");
        }
        assert_eq!(spoken("Black (37467610) / Red").as_deref(), Some("black"));
        assert_eq!(audience("Womens Everyday Basics").as_deref(), Some("women's"));
        assert_eq!(audience("Divided"), None);
        assert!(repeats("dresses ladies", &["dress".to_owned()]) && repeats("tops", &["top".to_owned()]));
        assert!(!repeats("jersey basic", &["top".to_owned()]));
    }

    #[test]
    fn an_item_without_words_gives_no_request() {
        let bare = Item { item_id: "1".to_owned(), ..Item::default() };
        assert_eq!(rule(7, &bare).request("1", &EventId::Given(String::new())), None);
        assert_eq!(rule(7, &bare).request("2", &EventId::Given(String::new())), None);
    }

    #[test]
    fn attributes_of_unknown_name_need_few_values() {
        let with = |value: usize| Item {
            item_id: value.to_string(),
            attributes: [("usage", format!("Use{}", ["A", "B"][value % 2])), ("code", format!("C{value}"))].into(),
            ..Item::default()
        };
        let mut distinct = Distinct::default();
        (0..20).for_each(|value| distinct.count(&with(value)));
        assert_eq!(sayable(&with(0), &distinct), Sayable::from([(Part::Other, vec!["usea".to_owned()])]));
    }
}
