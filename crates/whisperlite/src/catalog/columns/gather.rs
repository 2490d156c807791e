//! From items to columns: many items at a time are read by each thread, then every field is put together.
//!
//! A thread numbers the values that it meets, and writes two small numbers for each value of an item. So an item is read once,
//! and what is in between stays small.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use rayon::prelude::*;

use crate::catalog::attributes::Attributes;
use crate::catalog::types::Item;

/// Items that are read by one thread: so many that their places, and the numbers of their values, fit 16 bits.
const CHUNK: usize = 1 << 16;

/// A field of one chunk of items.
#[derive(Debug)]
struct Part<V> {
    /// The items that have a value, counted from the first of the chunk, ascending.
    items: Vec<u16>,
    /// The number of each one's value.
    numbers: Vec<u16>,
    values: Vec<V>,
    known: HashMap<V, u16>,
}

impl<V> Default for Part<V> {
    fn default() -> Self {
        Self { items: Vec::new(), numbers: Vec::new(), values: Vec::new(), known: HashMap::new() }
    }
}

impl<V: Copy + Eq + Hash> Part<V> {
    fn push(&mut self, item: u16, value: V) {
        let number = self.number(value);
        self.push_number(item, number);
    }

    fn number(&mut self, value: V) -> u16 {
        let number = *self.known.entry(value).or_insert(self.values.len() as u16);
        if usize::from(number) == self.values.len() {
            self.values.push(value);
        }
        number
    }

    fn push_number(&mut self, item: u16, number: u16) {
        self.items.push(item);
        self.numbers.push(number);
    }
}

/// A field of all items, in parts.
#[derive(Debug)]
pub(super) struct Gathered<V> {
    /// Each with its first item, ascending.
    parts: Vec<(u32, Part<V>)>,
}

impl<V> Default for Gathered<V> {
    fn default() -> Self {
        Self { parts: Vec::new() }
    }
}

impl<V: Copy + Eq + Hash> Gathered<V> {
    /// Items that have a value.
    pub(super) fn n_present(&self) -> usize {
        self.parts.iter().map(|(_, part)| part.items.len()).sum()
    }

    /// The distinct values, in the order in which items come that have them, and the items that have a value, ascending, each
    /// with the place of its value.
    pub(super) fn join(self) -> (Vec<V>, Vec<(u32, u32)>) {
        let (mut values, mut known) = (Vec::new(), HashMap::new());
        let mut pairs = Vec::with_capacity(self.n_present());
        for (first, part) in self.parts {
            let place = |value: V| {
                *known.entry(value).or_insert_with(|| {
                    values.push(value);
                    values.len() as u32 - 1
                })
            };
            let places: Vec<u32> = part.values.into_iter().map(place).collect();
            let items = part.items.into_iter().map(|item| first + u32::from(item));
            pairs.extend(items.zip(part.numbers.into_iter().map(|number| places[usize::from(number)])));
        }
        (values, pairs)
    }
}

/// What is read of one chunk of items.
#[derive(Debug, Default)]
struct ChunkRead<'i> {
    categories: Part<&'i str>,
    /// By their bits, which can be told apart and counted.
    prices: Part<u64>,
    releases: Part<i64>,
    attributes: AttributeParts<'i>,
}

/// The attributes of one chunk of items.
#[derive(Debug, Default)]
struct AttributeParts<'i> {
    parts: Vec<(&'i str, Part<&'i str>)>,
    by_name: HashMap<&'i str, usize>,
    /// Part and number of each name with a value that was met, by its place in memory: most items share what they say, and a
    /// place is compared faster than texts are.
    by_place: HashMap<usize, (usize, u16)>,
}

impl<'i> AttributeParts<'i> {
    fn push(&mut self, item: u16, attributes: &'i Attributes) {
        for (place, name, value) in attributes.with_places() {
            let Self { parts, by_name, by_place } = self;
            let (part, number) = *by_place.entry(place).or_insert_with(|| {
                let part = *by_name.entry(name).or_insert(parts.len());
                if part == parts.len() {
                    parts.push((name, Part::default()));
                }
                (part, parts[part].1.number(value))
            });
            parts[part].1.push_number(item, number);
        }
    }
}

/// What is read of all items.
#[derive(Debug, Default)]
pub(super) struct Fields<'i> {
    pub(super) categories: Gathered<&'i str>,
    pub(super) prices: Gathered<u64>,
    pub(super) releases: Gathered<i64>,
    pub(super) attributes: BTreeMap<&'i str, Gathered<&'i str>>,
}

/// Reads all items.
pub(super) fn gather(items: &[Item]) -> Fields<'_> {
    let chunks: Vec<ChunkRead<'_>> = items.par_chunks(CHUNK).map(read).collect();
    let mut fields = Fields::default();
    for (first, chunk) in (0u32..).step_by(CHUNK).zip(chunks) {
        fields.categories.parts.push((first, chunk.categories));
        fields.prices.parts.push((first, chunk.prices));
        fields.releases.parts.push((first, chunk.releases));
        for (name, part) in chunk.attributes.parts {
            fields.attributes.entry(name).or_default().parts.push((first, part));
        }
    }
    fields
}

fn read(items: &[Item]) -> ChunkRead<'_> {
    let mut read = ChunkRead::default();
    let mut times: HashMap<&str, Option<i64>> = HashMap::new();
    for (at, item) in (0..=u16::MAX).zip(items) {
        if !item.category.is_empty() {
            read.categories.push(at, &item.category);
        }
        if let Some(price) = item.price {
            read.prices.push(at, price.to_bits());
        }
        let time = item.release().and_then(|text| *times.entry(text).or_insert_with(|| Item::time_of(text)));
        if let Some(time) = time {
            read.releases.push(at, time);
        }
        read.attributes.push(at, &item.attributes);
    }
    read
}
