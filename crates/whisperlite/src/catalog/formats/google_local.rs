//! Google Local (2021): reviews of places, and the places' metadata, joined on `gmap_id`.
//!
//! Average rating, number of reviews, "open now" and related places are left out: they were made by the events that are
//! to be predicted, or belong to the day of the crawl.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

use super::amazon::unix;
use super::{Layout, RawEvent, Role, Words, attribute_name, has};
use crate::catalog::error::Fault;
use crate::catalog::read::{Record, as_text};
use crate::catalog::types::{EventType, Item};

/// The layout.
pub(super) struct GoogleLocal;

impl Layout for GoogleLocal {
    fn role(&self, columns: &[String]) -> Option<Role> {
        if has(columns, &["user_id", "gmap_id", "time"]) {
            Some(Role::Events)
        } else {
            has(columns, &["gmap_id"]).then_some(Role::Items)
        }
    }

    fn words(&self, _columns: &[String]) -> Words {
        Words { request: false, review_title: false, review_text: true }
    }

    fn item(&self, record: &Record) -> Result<Item, Fault> {
        Ok(Item {
            item_id: record.required("gmap_id")?,
            title: record.text_or_empty("name"),
            text: record.text_or_empty("description"),
            // A place has several categories beside each other, not a path.
            category: record.list("category").join(", "),
            // "$$" is a level of prices, not a price: see the attributes.
            price: None,
            image: None,
            attributes: attributes(record).into(),
        })
    }

    fn event(&self, record: &Record) -> Result<RawEvent, Fault> {
        Ok(RawEvent {
            event_id: None,
            user_id: record.required("user_id")?,
            item_id: record.required("gmap_id")?,
            event_type: EventType::Purchase,
            moment: unix(record, "time")?,
            value: record.number("rating")?,
            request: None,
            review_title: None,
            review_text: record.text("text").map(Cow::into_owned),
        })
    }

    fn expected(&self) -> &'static str {
        "reviews (user_id, gmap_id, time, rating, text) or metadata (gmap_id, name, category, address, description, \
         price, MISC)"
    }
}

fn attributes(record: &Record) -> BTreeMap<String, String> {
    let mut attributes = BTreeMap::new();
    for (field, name) in [("address", "address"), ("price", "price_level")] {
        attributes.extend(record.text(field).map(|text| (name.to_owned(), text.into_owned())));
    }
    if let Some(Value::Object(misc)) = record.value("MISC") {
        let named = misc.iter().filter_map(|(name, value)| Some((attribute_name(name), as_text(value)?.into_owned())));
        attributes.extend(named.filter(|(name, _)| !name.is_empty()));
    }
    attributes
}
