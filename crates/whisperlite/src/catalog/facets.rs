//! **How many items have each value of a field?** What a shop shows beside a list, to narrow it down.
//!
//! A value is counted as a [filter](super::filter) understands it: `field = "value"` passes as many of the items as are counted
//! here. So texts that differ in case only are one value, and a category counts under each of its levels.
//!
//! Not for: which items are counted.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;

use super::columns::Columns;
use super::filter::ITEM_FIELDS;
use super::nearest::nearest;
use super::types::Item;
use crate::item_set::ItemSet;

/// Values of one field that are listed, at most.
pub const MAX_FACET_VALUES: usize = 100;

/// The values of one field.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Facet {
    /// The most frequent first, of equals the first in the alphabet; [`MAX_FACET_VALUES`] at most. Of the price none are listed.
    pub values: Vec<FacetValue>,
    /// How many distinct values there are, listed or not.
    pub n_values: usize,
    /// The smallest and the largest, where all values are numbers.
    pub range: Option<FacetRange>,
}

/// A value with how many items have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FacetValue {
    /// As the first of these items writes it.
    pub value: String,
    /// Items that have it.
    pub count: usize,
    /// Of a category, on which level of the path it stands: 1 is the outermost. `None` for other fields.
    pub level: Option<usize>,
}

/// Where the numbers of a field lie.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct FacetRange {
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
}

/// Whether the values of a field say anything when they are counted: an id, a title or a picture is of one item alone.
pub fn is_countable(field: &str) -> bool {
    ["category", "price"].contains(&field) || !ITEM_FIELDS.contains(&field)
}

/// The names of fields that are nearest to one that cannot be counted, of all that items have.
pub fn nearest_facets(field: &str, known: &BTreeSet<String>) -> Vec<String> {
    nearest(field, known.iter().filter(|field| is_countable(field)))
}

/// Counts the values of a field.
pub fn count<'a>(field: &str, items: impl Iterator<Item = &'a Item>) -> Facet {
    if field == "price" {
        return prices(items.filter_map(|item| item.price).collect());
    }
    let mut counts = Counts::default();
    items.filter_map(|item| text_of(field, item)).for_each(|text| counts.add(field, text, 1));
    counts.facet()
}

/// The same over the items `among` of those that the columns were made of, and over `changed` ones, each with its place among
/// the items.
pub(crate) fn count_among(
    field: &str,
    (items, columns): (&[Item], &Columns),
    among: &ItemSet,
    changed: &[(u32, &Item)],
) -> Facet {
    if field == "price" {
        let mut distinct = columns.prices(among);
        distinct.extend(changed.iter().filter_map(|(_, item)| item.price));
        return prices(distinct);
    }
    let one = |item_idx: u32, item| Some(Counted { text: text_of(field, item)?, first_item: item_idx, n_items: 1 });
    let mut counted = columns
        .texts(field, among)
        .unwrap_or_else(|| among.iter().filter_map(|item_idx| one(item_idx, &items[item_idx as usize])).collect());
    counted.extend(changed.iter().filter_map(|&(item_idx, item)| one(item_idx, item)));
    // As the first item writes it, a value is shown.
    counted.sort_unstable_by_key(|counted| counted.first_item);
    let mut counts = Counts::default();
    counted.iter().for_each(|counted| counts.add(field, counted.text, counted.n_items));
    counts.facet()
}

/// A text that some items have in a field.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counted<'t> {
    pub(crate) text: &'t str,
    /// The first of them.
    pub(crate) first_item: u32,
    /// How many there are.
    pub(crate) n_items: usize,
}

/// What an item has in the category or an attribute.
fn text_of<'i>(field: &str, item: &'i Item) -> Option<&'i str> {
    match field {
        "category" => Some(&item.category),
        _ => item.attributes.get(field),
    }
}

/// Each level of a category, and each part of a level that lists several by commas.
fn levels(category: &str) -> impl Iterator<Item = (usize, &str)> {
    let levels = (1..).zip(category.split(" > "));
    let parts = levels.flat_map(|(level, text)| text.split(", ").map(move |part| (level, part)));
    parts.filter(|(_, part)| !part.is_empty())
}

fn prices(mut prices: Vec<f64>) -> Facet {
    prices.sort_by(f64::total_cmp);
    let range = prices.first().zip(prices.last()).map(|(&min, &max)| FacetRange { min, max });
    prices.dedup();
    Facet { values: Vec::new(), n_values: prices.len(), range }
}

/// Values with how many items have them.
#[derive(Default)]
struct Counts<'a> {
    values: Vec<FacetValue>,
    /// Place in `values` of each spelling that was met, so that case is looked at once for each.
    by_spelling: HashMap<&'a str, usize>,
    by_lowercase: HashMap<String, usize>,
}

impl<'a> Counts<'a> {
    /// Counts `n_items` items that have a text in a field: each value of it once.
    fn add(&mut self, field: &str, text: &'a str, n_items: usize) {
        let mut counted: Vec<usize> = Vec::new();
        let mut add = |level, value| {
            let place = self.place(level, value);
            if !counted.contains(&place) {
                counted.push(place);
                self.values[place].count += n_items;
            }
        };
        match field {
            "category" => levels(text).for_each(|(level, value)| add(Some(level), value)),
            _ => add(None, text),
        }
    }

    fn place(&mut self, level: Option<usize>, value: &'a str) -> usize {
        if let Some(place) = self.by_spelling.get(value) {
            return *place;
        }
        let place = *self.by_lowercase.entry(value.to_lowercase()).or_insert(self.values.len());
        if place == self.values.len() {
            self.values.push(FacetValue { value: value.to_owned(), count: 0, level });
        }
        self.by_spelling.insert(value, place);
        place
    }

    fn facet(self) -> Facet {
        let mut values = self.values;
        let numbers =
            values.iter().map(|value| value.value.trim().parse::<f64>().ok().filter(|number| number.is_finite()));
        let numbers: Option<Vec<f64>> = numbers.collect();
        let range = numbers.filter(|numbers| !numbers.is_empty()).map(|numbers| FacetRange {
            min: numbers.iter().copied().fold(f64::INFINITY, f64::min),
            max: numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        });
        values.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
        let n_values = values.len();
        values.truncate(MAX_FACET_VALUES);
        Facet { values, n_values, range }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::filter::{Filter, known_fields};

    fn item(category: &str, price: Option<f64>, attributes: &[(&str, &str)]) -> Item {
        Item {
            category: category.to_owned(),
            price,
            attributes: attributes.iter().copied().collect(),
            ..Item::default()
        }
    }

    fn shop() -> Vec<Item> {
        vec![
            item("Women > Dresses, Skirts", Some(20.0), &[("colour", "red"), ("size", "38")]),
            item("women > Dresses", Some(10.0), &[("colour", "Red"), ("size", "40")]),
            item("Men > Shirts > Men", None, &[("colour", "blue"), ("size", "9.5")]),
            item("", Some(20.0), &[("note", "none")]),
        ]
    }

    #[test]
    fn a_value_is_counted_as_the_filter_understands_it() {
        let items = shop();
        for field in ["category", "colour", "size", "note"] {
            let facet = count(field, items.iter());
            assert_eq!(facet.n_values, facet.values.len());
            for value in &facet.values {
                let filter = Filter::parse(&format!("{field} = {:?}", value.value)).unwrap();
                assert_eq!(items.iter().filter(|item| filter.matches(item)).count(), value.count, "{filter}");
            }
        }
        let listed = |field: &str| {
            let values = count(field, items.iter()).values;
            values.into_iter().map(|value| (value.value, value.count, value.level)).collect::<Vec<_>>()
        };
        let expected = [("Dresses", 2, 2), ("Women", 2, 1), ("Men", 1, 1), ("Shirts", 1, 2), ("Skirts", 1, 2)];
        assert_eq!(listed("category"), expected.map(|(value, count, level)| (value.to_owned(), count, Some(level))));
        assert_eq!(listed("colour"), [("red".to_owned(), 2, None), ("blue".to_owned(), 1, None)]);
    }

    #[test]
    fn numbers_have_a_range() {
        let items = shop();
        let price = count("price", items.iter());
        assert_eq!((price.values, price.n_values), (vec![], 2));
        assert_eq!(price.range, Some(FacetRange { min: 10.0, max: 20.0 }));
        assert_eq!(count("size", items.iter()).range, Some(FacetRange { min: 9.5, max: 40.0 }));
        assert_eq!(count("colour", items.iter()).range, None);
        assert_eq!(count("price", items[2..3].iter()), Facet::default());
    }

    #[test]
    fn what_is_of_one_item_alone_is_not_counted() {
        let known = known_fields(&shop());
        let countable: Vec<&String> = known.iter().filter(|field| is_countable(field)).collect();
        assert_eq!(countable, ["category", "colour", "note", "price", "size"]);
        assert_eq!(nearest_facets("color", &known)[0], "colour");
        assert!(!nearest_facets("item", &known).contains(&"item_id".to_owned()));
        let many: Vec<Item> = (0..150).map(|n| item("", None, &[("n", &format!("v{n:03}"))])).collect();
        let facet = count("n", many.iter());
        assert_eq!((facet.values.len(), facet.n_values, facet.values[0].value.as_str()), (100, 150, "v000"));
    }
}
