//! A catalog in a flat file: what it says about itself, its items, its users and its requests. Its events stay in the store.

use std::collections::HashMap;
use std::hash::Hash;
use std::io;
use std::sync::Arc;

use rayon::prelude::*;

use super::attributes::{Attributes, Said};
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
    // Categories, names, values, and names with values repeat: each stands there once.
    let (mut words, mut said) = (Numbered::default(), Numbered::default());
    let categories: Vec<u32> = items.iter().map(|item| words.number(item.category.as_str())).collect();
    let (mut offsets, mut attributes) = (vec![0], Vec::new());
    // Most items share what they say; its place in memory is found faster than its words.
    let mut by_place: HashMap<usize, u32> = HashMap::new();
    for item in items {
        attributes.extend(item.attributes.with_places().map(|(place, name, value)| {
            let mut number = || said.number((words.number(name), words.number(value)));
            *by_place.entry(place).or_insert_with(&mut number)
        }));
        offsets.push(attributes.len());
    }
    out.texts("items.words", words.all.iter().copied())?;
    out.array("items.category", &categories)?;
    out.array("items.said", &said.all)?;
    out.rows("items.attributes", &offsets, &attributes)
}

/// What repeats, by numbers in the order in which it was first seen.
#[derive(Default)]
struct Numbered<T> {
    all: Vec<T>,
    numbers: HashMap<T, u32>,
}

impl<T: Copy + Eq + Hash> Numbered<T> {
    fn number(&mut self, one: T) -> u32 {
        let all = &mut self.all;
        *self.numbers.entry(one).or_insert_with(|| {
            all.push(one);
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
    let said: Vec<(u32, u32)> = from.array("items.said")?;
    let (offsets, attributes): (_, Vec<u32>) = from.rows("items.attributes", n_items)?;
    let known = |number: u32| (number as usize) < words.len();
    if !categories.iter().all(|&category| known(category))
        || !said.iter().all(|&(name, value)| known(name) && known(value))
    {
        return Err(from.odd("items.said", "words that are not there"));
    }
    if !attributes.iter().all(|&number| (number as usize) < said.len()) {
        return Err(from.odd("items.attributes", "names with values that are not there"));
    }
    let said = shared(&said, &words);
    let item = |place: usize| Item {
        item_id: ids.get(place).to_owned(),
        title: titles.get(place).to_owned(),
        text: texts.get(place).to_owned(),
        category: words.get(categories[place] as usize).to_owned(),
        price: (has[place] & HAS_PRICE != 0).then_some(prices[place]),
        image: (has[place] & HAS_IMAGE != 0).then(|| images.get(place).to_owned()),
        attributes: Attributes::sharing(
            attributes[offsets[place]..offsets[place + 1]].iter().map(|&number| &said[number as usize]),
        ),
    };
    Ok((0..n_items).into_par_iter().map(item).collect())
}

/// Each name with its value; names are kept once.
fn shared(said: &[(u32, u32)], words: &Texts) -> Vec<Arc<Said>> {
    let word = |number: u32| words.get(number as usize);
    let mut names: HashMap<u32, Arc<str>> = HashMap::new();
    let one = |&(name, value): &(u32, u32)| {
        let name = names.entry(name).or_insert_with(|| word(name).into());
        Arc::new(Said::new(Arc::clone(name), word(value).into()))
    };
    said.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::catalog::sample::{catalog_with, odd_items};

    #[test]
    fn items_come_back_as_they_went_and_share_what_they_say() {
        let catalog = catalog_with(odd_items(&mut ChaCha8Rng::seed_from_u64(53), 500));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("catalog");
        let mut bytes = Vec::new();
        let mut out = FlatWriter::new(&mut bytes).unwrap();
        catalog.save(&mut out).unwrap();
        out.finish().unwrap();
        std::fs::write(&path, bytes).unwrap();
        let mut from = FlatReader::open(&path).unwrap().unwrap();
        let read = Catalog::load(&mut from).unwrap();
        from.finish().unwrap();
        assert_eq!((&read.items, &read.info), (&catalog.items, &catalog.info));
        let said: HashSet<(&str, &str)> = catalog.items.iter().flat_map(|item| item.attributes.iter()).collect();
        let places = read.items.iter().flat_map(|item| item.attributes.with_places()).map(|(place, _, _)| place);
        assert_eq!(places.collect::<HashSet<usize>>().len(), said.len(), "each is kept once");
    }
}
