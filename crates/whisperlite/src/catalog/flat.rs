//! A catalog in a flat file: what it says about itself, its items, its users and its requests. Its events stay in the store.

use std::collections::{BTreeMap, HashMap};
use std::io;

use rayon::prelude::*;

use super::{Catalog, Item};
use crate::flat_file::{FlatError, FlatReader, FlatWriter, Texts};

impl Catalog {
    /// Writes all but the events into a file.
    pub(crate) fn save(&self, out: &mut FlatWriter<'_>) -> io::Result<()> {
        out.value("catalog", &self.info)?;
        save_items(&self.items, out)?;
        out.texts("users", self.user_ids.iter().map(String::as_str))?;
        out.texts("requests", self.requests.iter().map(String::as_str))
    }

    /// Reads what [`Self::save`] wrote: a catalog without events.
    pub(crate) fn load(from: &mut FlatReader) -> Result<Self, FlatError> {
        let info = from.value("catalog")?;
        let items = load_items(from)?;
        let users = from.texts("users")?.into_strings();
        let requests = from.texts("requests")?.into_strings();
        Ok(Self::new(info, items, users, requests, Vec::new()))
    }
}

/// Whether an item has a price, and whether it has a picture.
const HAS_PRICE: u8 = 1;
const HAS_IMAGE: u8 = 2;

fn save_items(items: &[Item], out: &mut FlatWriter<'_>) -> io::Result<()> {
    out.texts("items.id", items.iter().map(|item| item.item_id.as_str()))?;
    out.texts("items.title", items.iter().map(|item| item.title.as_str()))?;
    out.texts("items.text", items.iter().map(|item| item.text.as_str()))?;
    let has = |item: &Item| {
        let price = if item.price.is_some() { HAS_PRICE } else { 0 };
        price | if item.image.is_some() { HAS_IMAGE } else { 0 }
    };
    out.array("items.has", &items.iter().map(has).collect::<Vec<u8>>())?;
    out.array("items.price", &items.iter().map(|item| item.price.unwrap_or(0.0)).collect::<Vec<f64>>())?;
    out.texts("items.image", items.iter().map(|item| item.image.as_deref().unwrap_or("")))?;
    // Categories, names and values repeat: each stands there once.
    let mut words = Words::default();
    let categories: Vec<u32> = items.iter().map(|item| words.number(&item.category)).collect();
    let (mut offsets, mut attributes) = (vec![0], Vec::new());
    for item in items {
        attributes.extend(item.attributes.iter().map(|(name, value)| (words.number(name), words.number(value))));
        offsets.push(attributes.len());
    }
    out.texts("items.words", words.all.iter().copied())?;
    out.array("items.category", &categories)?;
    out.rows("items.attributes", &offsets, &attributes)
}

/// Texts by numbers, in the order in which they were first seen.
#[derive(Default)]
struct Words<'i> {
    all: Vec<&'i str>,
    numbers: HashMap<&'i str, u32>,
}

impl<'i> Words<'i> {
    fn number(&mut self, text: &'i str) -> u32 {
        let all = &mut self.all;
        *self.numbers.entry(text).or_insert_with(|| {
            all.push(text);
            all.len() as u32 - 1
        })
    }
}

fn load_items(from: &mut FlatReader) -> Result<Vec<Item>, FlatError> {
    let ids = from.texts("items.id")?;
    let n_items = ids.len();
    let titles = from.texts_of("items.title", n_items)?;
    let texts = from.texts_of("items.text", n_items)?;
    let has: Vec<u8> = from.array_of("items.has", n_items)?;
    let prices: Vec<f64> = from.array_of("items.price", n_items)?;
    let images = from.texts_of("items.image", n_items)?;
    let words = from.texts("items.words")?;
    let categories: Vec<u32> = from.array_of("items.category", n_items)?;
    let (offsets, attributes): (_, Vec<(u32, u32)>) = from.rows("items.attributes", n_items)?;
    let known = |&number: &u32| (number as usize) < words.len();
    if !categories.iter().all(known) || !attributes.iter().all(|(name, value)| known(name) && known(value)) {
        return Err(from.odd("items.attributes", "words that are not there"));
    }
    let item = |place: usize| Item {
        item_id: ids.get(place).to_owned(),
        title: titles.get(place).to_owned(),
        text: texts.get(place).to_owned(),
        category: words.get(categories[place] as usize).to_owned(),
        price: (has[place] & HAS_PRICE != 0).then_some(prices[place]),
        image: (has[place] & HAS_IMAGE != 0).then(|| images.get(place).to_owned()),
        attributes: named(&attributes[offsets[place]..offsets[place + 1]], &words),
    };
    Ok((0..n_items).into_par_iter().map(item).collect())
}

fn named(attributes: &[(u32, u32)], words: &Texts) -> BTreeMap<String, String> {
    let word = |&number: &u32| words.get(number as usize).to_owned();
    attributes.iter().map(|(name, value)| (word(name), word(value))).collect()
}
