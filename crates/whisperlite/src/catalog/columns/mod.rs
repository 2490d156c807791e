//! **Which items have which value of a field?** The items, field by field: what makes a filter over a million of them fast.
//!
//! Each field has its distinct values once, and for every item the number of its value. A filter is then asked of values
//! instead of items, and values are counted by their numbers. A field whose values are nearly all different (an id, a title, a
//! web address) has no column: there it would only be a second copy of the items, so the items themselves are asked.
//!
//! Not for: items that changed since the columns were made.

mod codes;
mod column;
mod gather;
mod select;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::hash::Hash;

use rayon::prelude::*;

use self::codes::Codes;
use self::column::Column;
use self::gather::{Gathered, gather};
use super::facets::Counted;
use super::filter::{Condition, ITEM_FIELDS, cmp_lowercase};
use super::types::Item;
use crate::item_set::ItemSet;

/// So many distinct values may always have a column; more, where an item on average shares its value with another.
const MAX_VALUES: usize = 1 << 16;

/// The fields of a catalog's items, as they were when this was made.
#[derive(Debug, Clone)]
pub(crate) struct Columns {
    categories: Column<Box<str>>,
    /// Distinct prices, ascending.
    prices: Column<f64>,
    /// Distinct times, ascending, and of every item which it is.
    releases: (Vec<i64>, Codes),
    attributes: BTreeMap<String, Attribute>,
    /// Whether the items ascend by their ids in lower case, as they do by their ids.
    ids_ascend: bool,
    n_items: usize,
}

/// An attribute of some items.
#[derive(Debug, Clone)]
enum Attribute {
    Column(Column<Box<str>>),
    /// Nearly all values are different; so many items have one.
    Loose {
        n_present: usize,
    },
}

/// What is known of a field.
enum Field<'c> {
    Prices(&'c Column<f64>),
    Categories(&'c Column<Box<str>>),
    Texts(&'c Column<Box<str>>),
    /// Only the items know.
    Loose,
    /// No item has it.
    Nobodys,
}

impl Columns {
    /// Reads the items once.
    pub(crate) fn new(items: &[Item]) -> Self {
        Self::of_few_values(items, MAX_VALUES)
    }

    /// The same, for any number of values that a field may always have.
    fn of_few_values(items: &[Item], max_values: usize) -> Self {
        let n_items = items.len();
        let fields = gather(items);
        let (categories, (prices, releases)) = rayon::join(
            || texts(n_items, fields.categories),
            || {
                let (prices, pairs) = sorted(fields.prices, f64::from_bits, f64::total_cmp);
                let prices = Column::new(n_items, prices, &pairs);
                let (times, pairs) = sorted(fields.releases, |time| time, i64::cmp);
                let codes = Codes::new(n_items, times.len(), pairs.len(), pairs.into_iter());
                (prices, (times, codes))
            },
        );
        let attributes: Vec<(&str, Gathered<&str>)> = fields.attributes.into_iter().collect();
        let attributes =
            attributes.into_par_iter().map(|(name, values)| (name.to_owned(), attribute(n_items, values, max_values)));
        let ascend = |a: &str, b: &str| cmp_lowercase(a, &b.to_lowercase()).is_le();
        let ids_ascend = items.par_windows(2).all(|two| ascend(&two[0].item_id, &two[1].item_id));
        Self { categories, prices, releases, attributes: attributes.collect(), ids_ascend, n_items }
    }

    /// The items of `within` for which the condition holds. `items` are those that the columns were made of.
    pub(crate) fn select(&self, items: &[Item], condition: &Condition, within: &ItemSet) -> ItemSet {
        debug_assert_eq!(items.len(), self.n_items);
        select::select(self, items, condition, within)
    }

    /// The price of an item.
    pub(crate) fn price(&self, item_idx: u32) -> Option<f64> {
        self.prices.get(item_idx).copied()
    }

    /// When an item came into the shop: its [`Item::released_at`].
    pub(crate) fn released_at(&self, item_idx: u32) -> Option<i64> {
        let (times, codes) = &self.releases;
        codes.get(item_idx).map(|code| times[code])
    }

    /// The attributes that items have.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = &str> {
        self.attributes.keys().map(String::as_str)
    }

    /// How many items have an attribute.
    pub(crate) fn n_with(&self, attribute: &str) -> usize {
        match self.attributes.get(attribute) {
            None => 0,
            Some(Attribute::Column(column)) => column.n_present(),
            Some(Attribute::Loose { n_present }) => *n_present,
        }
    }

    /// The distinct prices of items of a set.
    pub(crate) fn prices(&self, among: &ItemSet) -> Vec<f64> {
        self.prices.tally(among).into_iter().map(|tally| self.prices.values[tally.code as usize]).collect()
    }

    /// The distinct texts of items of a set in the category or an attribute; `None` for a field without a column.
    pub(crate) fn texts(&self, field: &str, among: &ItemSet) -> Option<Vec<Counted<'_>>> {
        let column = match self.field(field) {
            Field::Categories(column) | Field::Texts(column) => column,
            Field::Nobodys => return Some(Vec::new()),
            Field::Prices(_) | Field::Loose => return None,
        };
        let counted = column.tally(among).into_iter().map(|tally| Counted {
            text: &column.values[tally.code as usize],
            first_item: tally.first_item,
            n_items: tally.n_items as usize,
        });
        Some(counted.collect())
    }

    fn field(&self, name: &str) -> Field<'_> {
        match name {
            "price" => Field::Prices(&self.prices),
            "category" => Field::Categories(&self.categories),
            name if ITEM_FIELDS.contains(&name) => Field::Loose,
            name => match self.attributes.get(name) {
                None => Field::Nobodys,
                Some(Attribute::Column(column)) => Field::Texts(column),
                Some(Attribute::Loose { .. }) => Field::Loose,
            },
        }
    }
}

fn attribute(n_items: usize, gathered: Gathered<&str>, max_values: usize) -> Attribute {
    let n_present = gathered.n_present();
    let (values, pairs) = gathered.join();
    if values.len() > max_values && values.len() * 2 > n_present {
        return Attribute::Loose { n_present };
    }
    Attribute::Column(Column::new(n_items, values.into_iter().map(Box::from).collect(), &pairs))
}

fn texts(n_items: usize, gathered: Gathered<&str>) -> Column<Box<str>> {
    let (values, pairs) = gathered.join();
    Column::new(n_items, values.into_iter().map(Box::from).collect(), &pairs)
}

/// The distinct values, ascending, and the items that have one, ascending, each with the place of its value.
fn sorted<K, V>(
    gathered: Gathered<K>,
    value: impl Fn(K) -> V,
    cmp: impl Fn(&V, &V) -> Ordering,
) -> (Vec<V>, Vec<(u32, u32)>)
where
    K: Copy + Eq + Hash,
{
    let (keys, mut pairs) = gathered.join();
    let mut values: Vec<(V, usize)> = keys.into_iter().map(value).zip(0..).collect();
    values.sort_by(|(a, _), (b, _)| cmp(a, b));
    let mut places = vec![0; values.len()];
    (0u32..).zip(&values).for_each(|(place, (_, before))| places[*before] = place);
    pairs.iter_mut().for_each(|(_, place)| *place = places[*place as usize]);
    (values.into_iter().map(|(value, _)| value).collect(), pairs)
}
