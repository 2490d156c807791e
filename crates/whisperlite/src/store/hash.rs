//! One hash for all data of a store, by which reports and models say what they were made from.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use crate::catalog::Catalog;

/// SHA-256 over all items and events, in the catalog's order, as hexadecimal digits.
pub(super) fn data_hash(catalog: &Catalog) -> String {
    let mut hasher = Hasher { inner: Sha256::new() };
    hasher.number(catalog.items.len() as u64);
    for item in &catalog.items {
        for text in [&item.item_id, &item.title, &item.text, &item.category] {
            hasher.text(Some(text));
        }
        hasher.number(item.price.map_or(u64::MAX, f64::to_bits));
        // Its name, not its place: the same data elsewhere are the same data.
        hasher.text(item.image.as_deref().map(|image| image.rsplit(['/', '\\']).next().unwrap_or(image)));
        hasher.number(item.attributes.len() as u64);
        for (name, value) in item.attributes.iter() {
            hasher.text(Some(name));
            hasher.text(Some(value));
        }
    }
    for event in &catalog.events {
        hasher.text(Some(&catalog.user_ids[event.user_idx as usize]));
        hasher.text(Some(&catalog.items[event.item_idx as usize].item_id));
        hasher.text(event.request_idx.map(|idx| catalog.requests[idx as usize].as_str()));
        hasher.text(Some(super::load::event_type_name(event.event_type)));
        hasher.number(event.timestamp as u64);
        hasher.number(event.value.map_or(u64::MAX, |value| u64::from(value.to_bits())));
    }
    hasher.hex()
}

struct Hasher {
    inner: Sha256,
}

impl Hasher {
    fn number(&mut self, number: u64) {
        self.inner.update(number.to_le_bytes());
    }

    /// Lengths keep ("ab", "c") apart from ("a", "bc"); the largest stands for an absent text.
    fn text(&mut self, text: Option<&str>) {
        self.number(text.map_or(u64::MAX, |text| text.len() as u64));
        self.inner.update(text.unwrap_or_default());
    }

    fn hex(self) -> String {
        self.inner.finalize().iter().fold(String::new(), |mut hex, byte| {
            // Writing to a String cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}
