//! Whether a condition holds for an item.

use std::cmp::Ordering;

use super::{Comparison, Condition, Value};
use crate::catalog::types::Item;

/// The fields that every item has; all others are attributes.
pub(in crate::catalog) const ITEM_FIELDS: [&str; 6] = ["item_id", "title", "text", "category", "price", "image"];

/// Whether the condition holds.
pub(super) fn holds(condition: &Condition, item: &Item) -> bool {
    match condition {
        Condition::And(parts) => parts.iter().all(|part| holds(part, item)),
        Condition::Or(parts) => parts.iter().any(|part| holds(part, item)),
        Condition::Not(inner) => !holds(inner, item),
        Condition::In { field, values } => values.iter().any(|value| any(item, field, value, Ordering::is_eq)),
        Condition::Compare { field, comparison, value } => match comparison {
            Comparison::Equal => any(item, field, value, Ordering::is_eq),
            Comparison::NotEqual => !any(item, field, value, Ordering::is_eq),
            Comparison::Less => any(item, field, value, Ordering::is_lt),
            Comparison::LessOrEqual => any(item, field, value, Ordering::is_le),
            Comparison::Greater => any(item, field, value, Ordering::is_gt),
            Comparison::GreaterOrEqual => any(item, field, value, Ordering::is_ge),
        },
    }
}

/// Whether any of the field's readings compares as wanted; false for an item without the field.
fn any(item: &Item, field: &str, value: &Value, wanted: fn(Ordering) -> bool) -> bool {
    let holds = |text: &str| compare_text(text, value).is_some_and(wanted);
    match field {
        "price" => item.price.and_then(|price| compare_number(price, value)).is_some_and(wanted),
        "category" => category_readings(&item.category).any(holds),
        "item_id" => holds(&item.item_id),
        "title" => holds_if_present(&item.title, holds),
        "text" => holds_if_present(&item.text, holds),
        "image" => item.image.as_deref().is_some_and(holds),
        _ => item.attributes.get(field).is_some_and(|text| holds(text)),
    }
}

fn holds_if_present(text: &str, holds: impl Fn(&str) -> bool) -> bool {
    !text.is_empty() && holds(text)
}

/// The whole path, each level, and each part of a level that lists several by commas.
fn category_readings(category: &str) -> impl Iterator<Item = &str> {
    let levels = category.split(" > ");
    let parts = levels.clone().flat_map(|level| level.split(", "));
    std::iter::once(category).chain(levels).chain(parts).filter(|reading| !reading.is_empty())
}

/// `None` where a number meets a text that is no number.
fn compare_text(text: &str, value: &Value) -> Option<Ordering> {
    match value {
        Value::Text(wanted) => Some(text.to_lowercase().cmp(&wanted.to_lowercase())),
        Value::Number(wanted) => text.trim().parse::<f64>().ok()?.partial_cmp(wanted),
    }
}

fn compare_number(number: f64, value: &Value) -> Option<Ordering> {
    match value {
        Value::Number(wanted) => number.partial_cmp(wanted),
        Value::Text(wanted) => number.partial_cmp(&wanted.trim().parse::<f64>().ok()?),
    }
}
