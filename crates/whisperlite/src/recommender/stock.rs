//! The items that can be answered with: those of the catalog, and what changed since it was read.
//!
//! A catalog and all that is counted over it are made once. What a shop puts in meanwhile stands in further columns beside it;
//! where an item only got another price, its column stays and its record is new. A removed item keeps its column, and is no
//! answer.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use crate::catalog::facets::{Facet, is_countable};
use crate::catalog::filter::{Filter, ITEM_FIELDS};
use crate::catalog::{Catalog, Item};
use crate::item_set::ItemSet;
use crate::model::{LiveItem, LiveItems, Vectors};

/// What changed since the catalog was read.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    live: LiveItems,
    /// Of the live columns.
    items: Vec<Arc<Item>>,
    /// New records of the catalog's columns.
    records: HashMap<u32, Arc<Item>>,
    /// Columns that are no answer: the item was removed, or another column stands for it.
    gone: HashSet<u32>,
    /// Columns of the items that the catalog does not have, or not in the column in which they are now.
    columns: HashMap<String, u32>,
    /// The next column of the same item.
    next: HashMap<u32, u32>,
}

impl Changes {
    /// Columns beside those of the catalog.
    pub(super) fn live(&self) -> &LiveItems {
        &self.live
    }

    /// Takes in an item that says what it said before: its column stays. `column` is that of the item.
    pub(super) fn put_record(&mut self, catalog: &Catalog, column: u32, item: Item) {
        self.gone.remove(&column);
        match (column as usize).checked_sub(catalog.n_items()) {
            Some(place) => self.items[place] = Arc::new(item),
            None => {
                self.records.insert(column, Arc::new(item));
            }
        }
    }

    /// Takes in an item that says something else, or that is new.
    pub(super) fn put_column(&mut self, catalog: &Catalog, item: Item, read: LiveItem) {
        self.put_item(catalog, item);
        self.live.push(read);
    }

    fn put_item(&mut self, catalog: &Catalog, item: Item) {
        let column = (catalog.n_items() + self.items.len()) as u32;
        let before = Stock { catalog, changes: self }.column(&item.item_id);
        if let Some(before) = before {
            self.gone.insert(before);
            self.next.insert(before, column);
        }
        self.columns.insert(item.item_id.clone(), column);
        self.items.push(Arc::new(item));
    }

    /// Takes an item out, if it is there.
    pub(super) fn remove(&mut self, catalog: &Catalog, item_id: &str) {
        let column = Stock { catalog, changes: self }.column(item_id);
        if let Some(column) = column {
            self.gone.insert(column);
        }
    }
}

/// The catalog, and what changed since.
#[derive(Clone, Copy)]
pub(super) struct Stock<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) changes: &'a Changes,
}

impl<'a> Stock<'a> {
    /// Columns of scores: also those of items that are no more.
    pub(super) fn n_columns(&self) -> usize {
        self.catalog.n_items() + self.changes.items.len()
    }

    /// The record of a column, also of one that is no more.
    pub(super) fn item(&self, column: u32) -> &'a Item {
        self.renewed(column).unwrap_or_else(|| &self.catalog.items[column as usize])
    }

    /// The record of a column, unless it is as the catalog has it.
    fn renewed(&self, column: u32) -> Option<&'a Item> {
        match (column as usize).checked_sub(self.catalog.n_items()) {
            Some(place) => Some(&self.changes.items[place]),
            None => self.changes.records.get(&column).map(|record| &**record),
        }
    }

    /// `[d]`: the encoder's vector of a column.
    pub(super) fn vector(&self, vectors: &'a Vectors, column: u32) -> &'a [f32] {
        match (column as usize).checked_sub(self.catalog.n_items()) {
            Some(place) => self.changes.live.vector(place),
            None => vectors.item(column),
        }
    }

    /// The column in which an item stands, or stood last before it was removed.
    pub(super) fn column(&self, item_id: &str) -> Option<u32> {
        self.changes.columns.get(item_id).copied().or_else(|| self.catalog.item_idx(item_id))
    }

    /// The same, of an item that is there.
    pub(super) fn there(&self, item_id: &str) -> Option<u32> {
        self.column(item_id).filter(|column| !self.changes.gone.contains(column))
    }

    /// The column in which the item of a column stands now.
    pub(super) fn now(&self, column: u32) -> u32 {
        let next = |column: &u32| self.changes.next.get(column).copied();
        std::iter::successors(Some(column), next).last().unwrap_or(column)
    }

    /// How many items are there.
    pub(super) fn n_items(&self) -> usize {
        self.n_columns() - self.changes.gone.len()
    }

    /// All items that are there.
    pub(super) fn all(&self) -> ItemSet {
        let mut all = ItemSet::first(self.n_columns());
        self.changes.gone.iter().for_each(|column| all.remove(*column));
        all
    }

    /// The items that are there and pass a filter.
    pub(super) fn matching(&self, filter: &Filter) -> ItemSet {
        let mut matching = self.catalog.matching(filter, &self.as_read());
        let changed = self.changed().filter(|(_, item)| filter.matches(item));
        changed.for_each(|(column, _)| matching.insert(column));
        matching
    }

    /// Counts the values of a field over items that are there.
    pub(super) fn facet(&self, field: &str, among: &ItemSet) -> Facet {
        let changed: Vec<(u32, &Item)> = self.changed().filter(|(column, _)| among.contains(*column)).collect();
        let mut as_read = among.clone();
        changed.iter().for_each(|(column, _)| as_read.remove(*column));
        self.catalog.facet(field, &as_read, &changed)
    }

    /// The fields that items have that are there.
    pub(super) fn known_fields(&self) -> BTreeSet<String> {
        let mut known = self.catalog.known_fields();
        known.retain(|field| ITEM_FIELDS.contains(&field.as_str()) || self.has_attribute(field));
        known.extend(self.changed().flat_map(|(_, item)| item.attributes.keys().map(str::to_owned)));
        known
    }

    /// Whether an item that is there has a field whose values can be counted.
    pub(super) fn has_facet(&self, field: &str) -> bool {
        is_countable(field) && (ITEM_FIELDS.contains(&field) || self.has_attribute(field))
    }

    fn has_attribute(&self, name: &str) -> bool {
        let n_read = self.catalog.columns().n_with(name);
        let had =
            self.not_as_read().filter(|column| self.catalog.items[*column as usize].attributes.contains_key(name));
        n_read > had.count() || self.changed().any(|(_, item)| item.attributes.contains_key(name))
    }

    /// The price of a column, also of one that is no more.
    pub(super) fn price(&self, column: u32) -> Option<f64> {
        match self.renewed(column) {
            Some(item) => item.price,
            None => self.catalog.columns().price(column),
        }
    }

    /// When the item of a column came into the shop.
    pub(super) fn released_at(&self, column: u32) -> Option<i64> {
        match self.renewed(column) {
            Some(item) => item.released_at(),
            None => self.catalog.columns().released_at(column),
        }
    }

    /// Items that are there as the catalog has them.
    fn as_read(&self) -> ItemSet {
        let mut items = ItemSet::first(self.catalog.n_items());
        self.not_as_read().for_each(|column| items.remove(column));
        items
    }

    /// Columns of the catalog whose items are not as it has them: they are no more, or have a new record.
    fn not_as_read(&self) -> impl Iterator<Item = u32> {
        let Changes { gone, records, .. } = self.changes;
        let n_read = self.catalog.n_items() as u32;
        let renewed = records.keys().filter(|column| !gone.contains(column));
        gone.iter().chain(renewed).copied().filter(move |column| *column < n_read)
    }

    /// Items that are there, and not as the catalog has them.
    fn changed(self) -> impl Iterator<Item = (u32, &'a Item)> {
        let Changes { gone, records, items, .. } = self.changes;
        let records = records.iter().map(|(column, item)| (*column, &**item));
        let live = (self.catalog.n_items() as u32..).zip(items.iter().map(|item| &**item));
        records.chain(live).filter(|(column, _)| !gone.contains(column))
    }
}

#[cfg(test)]
mod tests {
    use rand::seq::IndexedRandom;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::catalog::facets;
    use crate::catalog::filter::known_fields;
    use crate::catalog::sample::{catalog_with, odd_filter, odd_item, odd_items};

    /// Everything that the columns answer, against a walk over the items that are there, while items come, change and go.
    #[test]
    fn changed_items_are_answered_as_they_are() {
        let mut rng = ChaCha8Rng::seed_from_u64(51);
        let catalog = catalog_with(odd_items(&mut rng, 300));
        let mut changes = Changes::default();
        let (mut n_some, mut n_changed) = (0, 0);
        for round in 0..400 {
            change(&mut rng, &catalog, &mut changes, round);
            let stock = Stock { catalog: &catalog, changes: &changes };
            let there: Vec<(u32, &Item)> = (0..stock.n_columns() as u32)
                .filter(|column| !changes.gone.contains(column))
                .map(|column| (column, stock.item(column)))
                .collect();
            assert!(stock.all() == there.iter().map(|(column, _)| *column).collect());
            assert_eq!(stock.n_items(), there.len());
            assert_eq!(stock.known_fields(), known_fields(there.iter().map(|(_, item)| *item)));
            let filter = Filter::parse(&odd_filter(&mut rng, 2)).unwrap();
            let matching: Vec<(u32, &Item)> = there.iter().copied().filter(|(_, item)| filter.matches(item)).collect();
            let set: ItemSet = matching.iter().map(|(column, _)| *column).collect();
            assert_eq!(stock.matching(&filter), set, "{filter}");
            for field in ["category", "price", "colour", "size", "rare", "sku", "new"] {
                let expected = facets::count(field, matching.iter().map(|(_, item)| *item));
                assert_eq!(stock.facet(field, &set), expected, "{field} of {filter}");
                let is_there =
                    ITEM_FIELDS.contains(&field) || there.iter().any(|(_, item)| item.attributes.contains_key(field));
                assert_eq!(stock.has_facet(field), is_there, "{field}");
            }
            for &(column, item) in &there {
                assert_eq!((stock.price(column), stock.released_at(column)), (item.price, item.released_at()));
            }
            n_some += usize::from(!matching.is_empty() && matching.len() < there.len());
            n_changed += matching.iter().filter(|(column, _)| stock.renewed(*column).is_some()).count();
        }
        assert!(
            n_some > 200 && n_changed > 1_000,
            "{n_some} filters tell items apart, {n_changed} changed items pass one"
        );
    }

    /// One change: a removal, a new record of the same column, another column, or a new item.
    fn change(rng: &mut ChaCha8Rng, catalog: &Catalog, changes: &mut Changes, round: usize) {
        let columns: Vec<u32> = (0..(catalog.n_items() + changes.items.len()) as u32).collect();
        let column = *columns.choose(rng).unwrap();
        let item_id = Stock { catalog, changes }.item(column).item_id.clone();
        let mut item = odd_item(rng, item_id.clone());
        if round > 350 {
            item.attributes.insert("new", "1");
        }
        match rng.random_range(0..4) {
            0 => changes.remove(catalog, &item_id),
            1 => {
                let column = Stock { catalog, changes }.column(&item_id).unwrap();
                changes.put_record(catalog, column, item);
            }
            2 => changes.put_item(catalog, item),
            _ => changes.put_item(catalog, Item { item_id: format!("new{round}"), ..item }),
        }
    }
}
