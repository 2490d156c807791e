//! The Amazon review collections of 2014, 2018 and 2023: a file of reviews, and a file of product metadata.
//!
//! The metadata is as the crawlers found it. A price may be missing, a range, or a scrap of a web page: what does not
//! begin like a price is no price. Sales rank, average rating, and the lists of what else was bought or viewed were made
//! by the events that are to be predicted, and are left out.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

use super::{Layout, Moment, RawEvent, Role, Words, attribute_name, has};
use crate::catalog::error::{Fault, RowProblem};
use crate::catalog::read::{Record, as_text, texts};
use crate::catalog::types::{EventType, Item};

/// Details longer than this are descriptions, not attributes.
const MAX_DETAIL_CHARS: usize = 60;

/// Details about parcels, shelves and rankings say nothing that a person would ask for.
const NO_ATTRIBUTES: [&str; 11] = [
    "dimensions",
    "weight",
    "asin",
    "isbn",
    "upc",
    "model_number",
    "date",
    "rank",
    "part_number",
    "discontinued",
    "reviews",
];

/// Reviews by `reviewerID`, categories as a list of paths. The metadata lines are Python literals.
pub(super) struct Amazon2014;
/// Reviews by `reviewerID`, one category path.
pub(super) struct Amazon2018;
/// Reviews by `user_id`; all variants of a product share a `parent_asin`, by which reviews and metadata are joined.
pub(super) struct Amazon2023;

impl Layout for Amazon2014 {
    fn role(&self, columns: &[String]) -> Option<Role> {
        let is_item = has(columns, &["asin"]) && !has(columns, &["parent_asin"]) && !has(columns, &["main_cat"]);
        old_reviews(columns).or_else(|| is_item.then_some(Role::Items))
    }

    fn words(&self, _columns: &[String]) -> Words {
        REVIEW_WORDS
    }

    fn item(&self, record: &Record) -> Result<Item, Fault> {
        old_item(record, "categories", "imUrl")
    }

    fn event(&self, record: &Record) -> Result<RawEvent, Fault> {
        old_event(record)
    }

    fn expected(&self) -> &'static str {
        "reviews (reviewerID, asin, unixReviewTime, overall, summary, reviewText) or metadata (asin, title, categories, \
         price, imUrl, brand)"
    }
}

impl Layout for Amazon2018 {
    fn role(&self, columns: &[String]) -> Option<Role> {
        let is_item = has(columns, &["asin"]) && !has(columns, &["parent_asin"]) && !has(columns, &["imUrl"]);
        old_reviews(columns).or_else(|| is_item.then_some(Role::Items))
    }

    fn words(&self, _columns: &[String]) -> Words {
        REVIEW_WORDS
    }

    fn item(&self, record: &Record) -> Result<Item, Fault> {
        old_item(record, "category", "imageURLHighRes")
    }

    fn event(&self, record: &Record) -> Result<RawEvent, Fault> {
        old_event(record)
    }

    fn expected(&self) -> &'static str {
        "reviews (reviewerID, asin, unixReviewTime, overall, summary, reviewText) or metadata (asin, title, category, \
         feature, description, price, imageURLHighRes, brand, main_cat)"
    }
}

impl Layout for Amazon2023 {
    fn role(&self, columns: &[String]) -> Option<Role> {
        if has(columns, &["user_id", "parent_asin", "timestamp"]) {
            Some(Role::Events)
        } else {
            has(columns, &["parent_asin"]).then_some(Role::Items)
        }
    }

    fn words(&self, _columns: &[String]) -> Words {
        REVIEW_WORDS
    }

    fn item(&self, record: &Record) -> Result<Item, Fault> {
        let mut attributes = details(record);
        attributes.extend(named(record, "main_category", "main_category"));
        attributes.extend(named(record, "store", "store"));
        Ok(Item {
            item_id: record.required("parent_asin")?,
            title: record.text_or_empty("title"),
            text: joined_text(record, &["features", "description"]),
            category: record.list("categories").join(" > "),
            price: price(record)?,
            image: record.value("images").and_then(picture_2023),
            attributes: attributes.into(),
        })
    }

    fn event(&self, record: &Record) -> Result<RawEvent, Fault> {
        Ok(RawEvent {
            event_id: None,
            user_id: record.required("user_id")?,
            item_id: record.required("parent_asin")?,
            event_type: EventType::Purchase,
            moment: unix(record, "timestamp")?,
            value: record.number("rating")?,
            request: None,
            review_title: record.text("title").map(Cow::into_owned),
            review_text: record.text("text").map(Cow::into_owned),
        })
    }

    fn expected(&self) -> &'static str {
        "reviews (user_id, parent_asin, timestamp, rating, title, text) or metadata (parent_asin, title, categories, \
         features, description, price, images, store, details)"
    }
}

const REVIEW_WORDS: Words = Words { request: false, review_title: true, review_text: true };

fn old_reviews(columns: &[String]) -> Option<Role> {
    has(columns, &["reviewerID", "asin"]).then_some(Role::Events)
}

fn old_event(record: &Record) -> Result<RawEvent, Fault> {
    Ok(RawEvent {
        event_id: None,
        user_id: record.required("reviewerID")?,
        item_id: record.required("asin")?,
        event_type: EventType::Purchase,
        moment: unix(record, "unixReviewTime")?,
        value: record.number("overall")?,
        request: None,
        review_title: record.text("summary").map(Cow::into_owned),
        review_text: record.text("reviewText").map(Cow::into_owned),
    })
}

fn old_item(record: &Record, category_field: &str, image_field: &str) -> Result<Item, Fault> {
    let mut attributes = details(record);
    attributes.extend(named(record, "brand", "brand"));
    attributes.extend(named(record, "main_cat", "main_category"));
    Ok(Item {
        item_id: record.required("asin")?,
        title: record.text_or_empty("title"),
        text: joined_text(record, &["feature", "description"]),
        category: record.value(category_field).map(first_path).unwrap_or_default(),
        price: price(record)?,
        image: record.list(image_field).into_iter().next(),
        attributes: attributes.into(),
    })
}

/// A list of paths is read as its first one; a list of names is one path.
fn first_path(value: &Value) -> String {
    let path = value.as_array().and_then(|paths| paths.first()).filter(|first| first.is_array()).unwrap_or(value);
    texts(path).join(" > ")
}

fn joined_text(record: &Record, fields: &[&str]) -> String {
    fields.iter().flat_map(|field| record.list(field)).collect::<Vec<_>>().join(" ")
}

fn named(record: &Record, field: &str, name: &str) -> Option<(String, String)> {
    record.text(field).map(|text| (name.to_owned(), text.into_owned()))
}

/// `details` is an object, or (in the Parquet edition of 2023) the text of one.
fn details(record: &Record) -> BTreeMap<String, String> {
    let parsed = match record.value("details") {
        Some(Value::String(text)) => serde_json::from_str(text).unwrap_or(Value::Null),
        Some(value) => value.clone(),
        None => Value::Null,
    };
    let Value::Object(object) = parsed else { return BTreeMap::new() };
    let attribute = |(name, value): (&String, &Value)| {
        let (name, value) = (attribute_name(name), as_text(value)?.into_owned());
        let useful = !NO_ATTRIBUTES.iter().any(|part| name.contains(part)) && !name.is_empty();
        (useful && value.chars().count() <= MAX_DETAIL_CHARS).then_some((name, value))
    };
    object.iter().filter_map(attribute).collect()
}

/// A number, or a text like `$7.99` or `$10.00 - $20.00`, of which the lower end counts.
fn price(record: &Record) -> Result<Option<f64>, Fault> {
    let Some(text) = record.text("price") else { return Ok(None) };
    let first = text.split(" - ").next().unwrap_or_default().trim();
    match first.trim_start_matches('$').replace(',', "").parse::<f64>() {
        Ok(price) if price.is_finite() => Ok(Some(price)),
        Ok(_) => Err(Fault::in_field("price", RowProblem::NotFinite { value: text.into_owned() })),
        Err(_) => Ok(None),
    }
}

/// Seconds, or milliseconds, since 1970.
pub(super) fn unix(record: &Record, field: &str) -> Result<Moment, Fault> {
    let number = record.number(field)?.ok_or_else(|| Fault::in_field(field, RowProblem::Missing))?;
    Ok(Moment::Unix(seconds(number)))
}

/// Numbers of this size are milliseconds: as seconds they would lie beyond the year 5000.
pub(super) fn seconds(number: f64) -> i64 {
    const FIRST_MILLISECONDS: f64 = 1e11;
    let seconds = if number.abs() >= FIRST_MILLISECONDS { number / 1000.0 } else { number };
    seconds.floor() as i64
}

/// The first picture, at its best size: a list of objects, or (in the Parquet edition) an object of lists.
fn picture_2023(images: &Value) -> Option<String> {
    let sizes = ["hi_res", "large", "thumb"];
    let first = match images {
        Value::Array(list) => list.first()?,
        other => other,
    };
    sizes.iter().find_map(|size| texts(first.get(size)?).into_iter().next())
}
