//! Plain tables of items and events, in the names of ours or in any other by `--map`.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::amazon::seconds;
use super::{Layout, Moment, RawEvent, Role, Words, has};
use crate::catalog::error::{Fault, RowProblem};
use crate::catalog::import::{ColumnMap, Scope};
use crate::catalog::read::{Record, Rename, as_text, texts};
use crate::catalog::types::{EventType, Item};

/// The columns of an item that are not attributes.
const ITEM_FIELDS: [&str; 6] = ["item_id", "title", "text", "category", "price", "image"];

/// The layout, with other column names.
pub(super) struct Tables {
    map: ColumnMap,
}

impl Tables {
    pub(super) fn new(map: ColumnMap) -> Self {
        Self { map }
    }
}

impl Layout for Tables {
    fn role(&self, columns: &[String]) -> Option<Role> {
        if has(&self.map.rename(Scope::Events, columns), &["user_id", "item_id", "timestamp"]) {
            Some(Role::Events)
        } else {
            let columns = self.map.rename(Scope::Items, columns);
            // With a user and without a time it is neither: an event that lost its time must not pass for an item.
            (has(&columns, &["item_id"]) && !has(&columns, &["user_id"])).then_some(Role::Items)
        }
    }

    fn rename(&self, role: Role) -> Option<Rename> {
        let scope = if role == Role::Events { Scope::Events } else { Scope::Items };
        let map = self.map.clone();
        Some(Arc::new(move |columns: &[String]| map.rename(scope, columns).into()))
    }

    fn words(&self, columns: &[String]) -> Words {
        let columns = self.map.rename(Scope::Events, columns);
        let has = |name| has(&columns, &[name]);
        Words { request: has("request"), review_title: has("review_title"), review_text: has("review_text") }
    }

    fn item(&self, record: &Record) -> Result<Item, Fault> {
        let is_attribute = |name: &str| !name.is_empty() && !ITEM_FIELDS.contains(&name);
        let attributes = record.iter().filter(|(name, _)| is_attribute(name));
        let attributes = attributes.filter_map(|(name, value)| Some((name.to_owned(), as_text(value)?.into_owned())));
        Ok(Item {
            item_id: record.required("item_id")?,
            title: record.text_or_empty("title"),
            text: record.text_or_empty("text"),
            category: record.value("category").map(|value| texts(value).join(" > ")).unwrap_or_default(),
            price: record.number("price")?,
            image: record.text("image").map(Cow::into_owned),
            attributes: attributes.collect(),
        })
    }

    fn event(&self, record: &Record) -> Result<RawEvent, Fault> {
        let event_type = match record.text("type") {
            Some(name) => parse_event_type(&name)?,
            None => EventType::Purchase,
        };
        let text = |name| record.text(name).map(Cow::into_owned);
        Ok(RawEvent {
            event_id: text("event_id"),
            user_id: record.required("user_id")?,
            item_id: record.required("item_id")?,
            event_type,
            moment: parse_moment("timestamp", &record.required("timestamp")?)?,
            value: record.number("value")?,
            request: text("request"),
            review_title: text("review_title"),
            review_text: text("review_text"),
        })
    }

    fn expected(&self) -> &'static str {
        "items (item_id, and any of title, text, category, price, image) or events (user_id, item_id, timestamp, and any \
         of type, request, value, event_id); name other columns with --map, for instance --map item_id=asin"
    }

    fn standard_names(&self) -> &'static [&'static str] {
        &[
            "items.tsv",
            "items.csv",
            "items.jsonl",
            "items.parquet",
            "events.tsv",
            "events.csv",
            "events.jsonl",
            "events.parquet",
        ]
    }
}

fn parse_event_type(name: &str) -> Result<EventType, Fault> {
    serde_json::from_value(serde_json::Value::from(name))
        .map_err(|_| Fault::in_field("type", RowProblem::UnknownType { value: name.to_owned() }))
}

/// A number, an ISO date, or an ISO date and time; without an offset, times are UTC.
pub(super) fn parse_moment(field: &str, text: &str) -> Result<Moment, Fault> {
    if let Ok(number) = text.parse::<f64>() {
        if !number.is_finite() {
            return Err(Fault::in_field(field, RowProblem::NotFinite { value: text.to_owned() }));
        }
        return Ok(Moment::Number(seconds(number)));
    }
    let instant = text.parse::<jiff::Timestamp>().or_else(|_| {
        let civil = text.parse::<DateTime>()?;
        civil.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp())
    });
    match instant {
        Ok(instant) => Ok(Moment::Unix(instant.as_second())),
        Err(_) => Err(Fault::in_field(field, RowProblem::NotATime { value: text.to_owned() })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_every_usual_form() {
        let unix = |text| match parse_moment("t", text) {
            Ok(Moment::Unix(seconds)) => Some(seconds),
            _ => None,
        };
        assert_eq!(unix("1970-01-02"), Some(86_400));
        assert_eq!(unix("2016-05-31 16:41"), Some(1_464_712_860));
        assert_eq!(unix("2016-05-31T16:41:00Z"), Some(1_464_712_860));
        assert_eq!(unix("2016-05-31T18:41:00+02:00"), Some(1_464_712_860));
        assert_eq!(parse_moment("t", "1464712860"), Ok(Moment::Number(1_464_712_860)));
        assert_eq!(parse_moment("t", "1464712860123"), Ok(Moment::Number(1_464_712_860)));
        assert_eq!(parse_moment("t", "1464712860.0"), Ok(Moment::Number(1_464_712_860)));
        for bad in ["yesterday", "31.05.2016", "nan", "inf", "2016-13-01"] {
            assert!(parse_moment("t", bad).is_err(), "{bad}");
        }
    }
}
