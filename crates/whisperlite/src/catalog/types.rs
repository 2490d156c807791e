//! The nouns of the whole project: items, events, and the catalog that holds them.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::attributes::Attributes;
use super::columns::Columns;
use super::facets::{Facet, count_among};
use super::filter::{Filter, ITEM_FIELDS};
use crate::item_set::ItemSet;

/// The attribute that says where an item's row comes from, such as "synthetic boutique".
pub const PROVENANCE: &str = "source";

/// Begins the user id under which a visit is kept of somebody who did not say who they are.
pub const SESSION_PREFIX: &str = "session:";

/// The user id under which the visit `session_id` is kept.
pub fn user_of_session(session_id: &str) -> String {
    format!("{SESSION_PREFIX}{session_id}")
}

/// One thing that can be recommended.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// The shop's own id; unique in the catalog.
    pub item_id: String,
    /// Short name; empty where the source has none.
    pub title: String,
    /// Longer description; empty where the source has none.
    pub text: String,
    /// Category path, levels joined by ` > `; empty where the source has none.
    pub category: String,
    /// Price in the shop's currency.
    pub price: Option<f64>,
    /// Address or path of the picture, absolute or from the store's folder.
    pub image: Option<String>,
    /// Every other column of the source, in its words.
    pub attributes: Attributes,
}

impl Item {
    /// What a list shows: the title, or the beginning of the text where there is none.
    pub fn short_name(&self) -> String {
        const MAX_CHARS: usize = 80;
        let name = [&self.title, &self.text, &self.category].into_iter().find(|name| !name.is_empty());
        let name = name.unwrap_or(&self.item_id);
        if name.chars().count() <= MAX_CHARS {
            return name.clone();
        }
        name.chars().take(MAX_CHARS - 1).chain(['…']).collect()
    }

    /// The words that stand for this item in front of an encoder and in the lexical index:
    /// title, text, category levels and attribute values, each said once. Attributes without a letter (numbers, dates) are for
    /// filters, and [`PROVENANCE`] says nothing of the item.
    pub fn document(&self) -> String {
        let mut parts: Vec<&str> = Vec::new();
        let category = self.category.split(" > ");
        let fields = [self.title.as_str(), self.text.as_str()];
        let says_something =
            |(name, value): &(&str, &str)| *name != PROVENANCE && value.chars().any(char::is_alphabetic);
        let attributes = self.attributes.iter().filter(says_something).map(|(_, value)| value);
        for part in fields.into_iter().chain(category).chain(attributes) {
            let part = part.trim();
            let already_said = parts.iter().any(|p| p.to_lowercase().contains(&part.to_lowercase()));
            if !part.is_empty() && !already_said {
                parts.push(part);
            }
        }
        parts.join("; ")
    }
}

impl Item {
    /// When it came into the shop, to be compared with other items: what the first of the attributes `released_at`,
    /// `created_at` and `published_at` says that it has, a date, a date and time, or a number of seconds.
    pub fn released_at(&self) -> Option<i64> {
        self.release().and_then(Self::time_of)
    }

    /// What [`released_at`](Self::released_at) reads.
    pub(super) fn release(&self) -> Option<&str> {
        const NAMES: [&str; 3] = ["released_at", "created_at", "published_at"];
        NAMES.iter().find_map(|name| self.attributes.get(name))
    }

    /// How [`released_at`](Self::released_at) reads it.
    pub(super) fn time_of(release: &str) -> Option<i64> {
        super::formats::seconds_of(release)
    }
}

/// What a person did with an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
pub enum EventType {
    /// The item was shown.
    Impression,
    /// The item's page was looked at.
    View,
    /// The item was clicked in a list.
    Click,
    /// The item went into the cart.
    AddToCart,
    /// The item was taken out of the cart.
    RemoveFromCart,
    /// The item was bought, rented, visited, or (in tag data) chosen.
    Purchase,
    /// The person said that they like it.
    Like,
    /// The person said that they do not like it.
    Dislike,
}

impl EventType {
    /// Whether the event speaks for the item. Being shown, taken out of the cart or disliked does not.
    pub fn is_positive(self) -> bool {
        !matches!(self, Self::Impression | Self::RemoveFromCart | Self::Dislike)
    }
}

/// One event, with its user, item and request as indices into the [`Catalog`]'s tables.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Event {
    /// Index into [`Catalog::user_ids`].
    pub user_idx: u32,
    /// Index into [`Catalog::items`].
    pub item_idx: u32,
    /// Index into [`Catalog::requests`]; `None` where the event came without words.
    pub request_idx: Option<u32>,
    /// What happened.
    pub event_type: EventType,
    /// Unix seconds, or the order within the user when [`StoreInfo::time_kind`] is [`TimeKind::Order`].
    pub timestamp: i64,
    /// Rating or amount, where the source has one.
    pub value: Option<f32>,
}

/// What the numbers in `timestamp` mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeKind {
    /// Seconds since 1970-01-01 UTC: users can be compared in time.
    Unix,
    /// 0, 1, 2 … within each user: only the order of one user's events is known.
    Order,
}

/// Where the requests of a store come from: part of the store and of every report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "source", rename_all = "snake_case")]
pub enum RequestSource {
    /// The people's own words, from a column of the source.
    Column,
    /// The title (summary) of the review written with the event.
    ReviewTitle,
    /// The text of the review written with the event.
    ReviewText,
    /// The words of the item's category path, the field's usual stand-in.
    Categories,
    /// Derived from the item's attributes by a seeded rule that keeps some and drops others.
    Attributes {
        /// Seed of the rule.
        seed: u64,
    },
    /// The source has none.
    None,
}

/// What a store says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreInfo {
    /// Name of the data set, by default the name of the store's folder.
    pub dataset: String,
    /// What the timestamps mean.
    pub time_kind: TimeKind,
    /// Where the requests come from.
    pub request_source: RequestSource,
    /// SHA-256 over all items and events, in order: two stores with the same data have the same hash.
    pub data_hash: String,
}

/// Everything of one store, in memory.
///
/// `items` are sorted by `item_id` bytes, `user_ids` and `requests` by their bytes, so index order is id order.
/// `events` are sorted by `(timestamp, insertion order)` for [`TimeKind::Unix`], and by
/// `(user, timestamp, insertion order)` for [`TimeKind::Order`].
#[derive(Debug, Clone)]
pub struct Catalog {
    /// What the store says about itself.
    pub info: StoreInfo,
    /// All items, sorted by id.
    pub items: Vec<Item>,
    /// All user ids, sorted.
    pub user_ids: Vec<String>,
    /// The distinct requests, sorted.
    pub requests: Vec<String>,
    /// All events, in time order.
    pub events: Vec<Event>,
    columns: OnceLock<Columns>,
}

impl Catalog {
    /// Puts the tables together; the caller hands them over sorted as the type's documentation says.
    pub fn new(
        info: StoreInfo,
        items: Vec<Item>,
        user_ids: Vec<String>,
        requests: Vec<String>,
        events: Vec<Event>,
    ) -> Self {
        debug_assert!(items.is_sorted_by(|a, b| a.item_id < b.item_id));
        debug_assert!(user_ids.is_sorted() && requests.is_sorted());
        Self { info, items, user_ids, requests, events, columns: OnceLock::new() }
    }

    /// Number of items.
    pub fn n_items(&self) -> usize {
        self.items.len()
    }

    /// Number of users.
    pub fn n_users(&self) -> usize {
        self.user_ids.len()
    }

    /// The index of an item, or `None` if the catalog does not have it.
    pub fn item_idx(&self, item_id: &str) -> Option<u32> {
        let place = self.items.binary_search_by(|item| item.item_id.as_str().cmp(item_id)).ok()?;
        u32::try_from(place).ok()
    }

    /// The index of a request in these very words, or `None` if nobody ever made it.
    pub fn request_idx(&self, request: &str) -> Option<u32> {
        place_of(&self.requests, request)
    }

    /// The index of a user, or `None` if nobody of that id was ever seen.
    pub fn user_idx(&self, user_id: &str) -> Option<u32> {
        place_of(&self.user_ids, user_id)
    }

    /// The items field by field. They are made when they are first asked for, of the items as they are then.
    pub(crate) fn columns(&self) -> &Columns {
        self.columns.get_or_init(|| Columns::new(&self.items))
    }

    /// The items of `within` that pass a filter: the same as each item for itself by [`Filter::matches`], and far faster.
    ///
    /// The first call reads all items; what is changed in them afterwards, it does not see.
    pub fn matching(&self, filter: &Filter, within: &ItemSet) -> ItemSet {
        self.columns().select(&self.items, filter.condition(), within)
    }

    /// Counts the values of a field over the items `among`, as the columns have them, and over `changed` ones.
    pub(crate) fn facet(&self, field: &str, among: &ItemSet, changed: &[(u32, &Item)]) -> Facet {
        count_among(field, (&self.items, self.columns()), among, changed)
    }

    /// The fields that a filter on the items may ask for. They are those of the first call of this or of
    /// [`matching`](Self::matching).
    pub fn known_fields(&self) -> BTreeSet<String> {
        let attributes = self.columns().attributes();
        attributes.chain(ITEM_FIELDS).map(str::to_owned).collect()
    }
}

/// Where a text stands in a sorted table.
fn place_of(sorted: &[String], text: &str) -> Option<u32> {
    let place = sorted.binary_search_by(|known| known.as_str().cmp(text)).ok()?;
    u32::try_from(place).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_says_each_word_once_and_leaves_out_numbers_dates_and_where_the_row_comes_from() {
        let attributes = [
            ("colour", "red"),
            ("material", "Linen"),
            ("released_at", "2024-03-01"),
            ("size", "42"),
            (PROVENANCE, "synthetic boutique"),
        ];
        let item = Item {
            item_id: "1".to_owned(),
            title: "Linen dress".to_owned(),
            category: "Women > Dresses".to_owned(),
            attributes: attributes.into(),
            ..Item::default()
        };
        assert_eq!(item.document(), "Linen dress; Women; Dresses; red");
    }
}
