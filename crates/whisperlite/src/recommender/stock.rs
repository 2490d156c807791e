//! The items that can be answered with: those of the catalog, and what changed since it was read.
//!
//! A catalog and all that is counted over it are made once. What a shop puts in meanwhile stands in further columns beside it;
//! where an item only got another price, its column stays and its record is new. A removed item keeps its column, and is no
//! answer.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::catalog::{Catalog, Item};
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
        let column = (catalog.n_items() + self.live.len()) as u32;
        let before = Stock { catalog, changes: self }.column(&item.item_id);
        if let Some(before) = before {
            self.gone.insert(before);
            self.next.insert(before, column);
        }
        self.columns.insert(item.item_id.clone(), column);
        self.items.push(Arc::new(item));
        self.live.push(read);
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
        match (column as usize).checked_sub(self.catalog.n_items()) {
            Some(place) => &self.changes.items[place],
            None => match self.changes.records.get(&column) {
                Some(record) => record,
                None => &self.catalog.items[column as usize],
            },
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

    /// Columns that are no answer.
    pub(super) fn gone(&self) -> impl Iterator<Item = u32> {
        self.changes.gone.iter().copied()
    }

    /// The column in which the item of a column stands now.
    pub(super) fn now(&self, column: u32) -> u32 {
        let next = |column: &u32| self.changes.next.get(column).copied();
        std::iter::successors(Some(column), next).last().unwrap_or(column)
    }

    /// All items that are there, by column.
    pub(super) fn items(self) -> impl Iterator<Item = (u32, &'a Item)> {
        let columns = (0u32..).take(self.n_columns());
        columns.filter(move |column| !self.changes.gone.contains(column)).map(move |column| (column, self.item(column)))
    }
}
