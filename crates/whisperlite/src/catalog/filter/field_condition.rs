//! What a filter asks of one field: the rules by which values are compared.
//!
//! They stand here once, for a record that is looked at by itself and for the values of a whole
//! [column](crate::catalog::columns).

use std::cmp::Ordering;

use super::{Comparison, Value};
use crate::catalog::types::Item;

/// The fields that every item has; all others are attributes.
pub(crate) const ITEM_FIELDS: [&str; 6] = ["item_id", "title", "text", "category", "price", "image"];

/// A condition on one field. What it compares with is read once, to be compared with many values.
#[derive(Debug)]
pub(in crate::catalog) struct FieldCondition<'c> {
    /// Name of the field.
    pub(in crate::catalog) field: &'c str,
    /// Whether the condition holds for just those items for which the comparison does not: also for those without the field.
    pub(in crate::catalog) negated: bool,
    wanted: fn(Ordering) -> bool,
    /// In lower case, ascending. More than one only where they are to be equal.
    texts: Vec<String>,
    /// The numbers that the texts are, for fields that are numbers.
    numbers_of_texts: Vec<f64>,
    numbers: Vec<f64>,
}

impl<'c> FieldCondition<'c> {
    /// A field compared with a value.
    pub(in crate::catalog) fn compared(field: &'c str, comparison: Comparison, value: &Value) -> Self {
        let wanted = match comparison {
            Comparison::Equal | Comparison::NotEqual => Ordering::is_eq,
            Comparison::Less => Ordering::is_lt,
            Comparison::LessOrEqual => Ordering::is_le,
            Comparison::Greater => Ordering::is_gt,
            Comparison::GreaterOrEqual => Ordering::is_ge,
        };
        Self::new(field, comparison == Comparison::NotEqual, wanted, std::slice::from_ref(value))
    }

    /// A field equal to one of some values.
    pub(in crate::catalog) fn one_of(field: &'c str, values: &[Value]) -> Self {
        Self::new(field, false, Ordering::is_eq, values)
    }

    fn new(field: &'c str, negated: bool, wanted: fn(Ordering) -> bool, values: &[Value]) -> Self {
        let (mut texts, mut numbers) = (Vec::new(), Vec::new());
        for value in values {
            match value {
                Value::Text(text) => texts.push(text.to_lowercase()),
                Value::Number(number) => numbers.push(*number),
            }
        }
        texts.sort_unstable();
        let numbers_of_texts = texts.iter().filter_map(|text| number(text)).collect();
        Self { field, negated, wanted, texts, numbers_of_texts, numbers }
    }

    /// Whether the condition holds for an item.
    pub(in crate::catalog) fn holds_for(&self, item: &Item) -> bool {
        self.negated != self.compares_with(item)
    }

    /// Whether the field of an item compares as wanted; false for an item without the field.
    pub(in crate::catalog) fn compares_with(&self, item: &Item) -> bool {
        let present = |text: &str| !text.is_empty() && self.holds_for_text(text);
        match self.field {
            "price" => item.price.is_some_and(|price| self.holds_for_number(price)),
            "category" => self.holds_for_category(&item.category),
            "item_id" => self.holds_for_text(&item.item_id),
            "title" => present(&item.title),
            "text" => present(&item.text),
            "image" => item.image.as_deref().is_some_and(|image| self.holds_for_text(image)),
            field => item.attributes.get(field).is_some_and(|text| self.holds_for_text(text)),
        }
    }

    /// Whether a value of a field of texts compares as wanted. A number is compared with texts that are one.
    pub(in crate::catalog) fn holds_for_text(&self, text: &str) -> bool {
        let compares = match &self.texts[..] {
            [] => false,
            [wanted] => (self.wanted)(cmp_lowercase(text, wanted)),
            several => several.binary_search_by(|wanted| cmp_lowercase(text, wanted).reverse()).is_ok(),
        };
        let compares_as_number =
            || number(text).is_some_and(|number| self.numbers.iter().any(|wanted| self.compares(number, *wanted)));
        compares || (!self.numbers.is_empty() && compares_as_number())
    }

    /// Whether a value of a field of numbers compares as wanted. A text is compared where it is a number.
    pub(in crate::catalog) fn holds_for_number(&self, number: f64) -> bool {
        self.numbers.iter().chain(&self.numbers_of_texts).any(|wanted| self.compares(number, *wanted))
    }

    /// Whether any reading of a category compares as wanted.
    pub(in crate::catalog) fn holds_for_category(&self, category: &str) -> bool {
        category_readings(category).any(|reading| self.holds_for_text(reading))
    }

    /// The texts, in lower case and ascending, if the field is to be equal to one of them and to no number.
    pub(in crate::catalog) fn equal_texts(&self) -> Option<&[String]> {
        let is_equality =
            (self.wanted)(Ordering::Equal) && !(self.wanted)(Ordering::Less) && !(self.wanted)(Ordering::Greater);
        (is_equality && self.numbers.is_empty()).then_some(&self.texts)
    }

    fn compares(&self, number: f64, wanted: f64) -> bool {
        number.partial_cmp(&wanted).is_some_and(self.wanted)
    }
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok()
}

/// The whole path, each level, and each part of a level that lists several by commas.
fn category_readings(category: &str) -> impl Iterator<Item = &str> {
    let levels = category.split(" > ");
    let parts = levels.clone().flat_map(|level| level.split(", "));
    std::iter::once(category).chain(levels).chain(parts).filter(|reading| !reading.is_empty())
}

/// Compares a text in lower case with one that already is.
pub(in crate::catalog) fn cmp_lowercase(text: &str, lowercase: &str) -> Ordering {
    if text.is_ascii() {
        text.bytes().map(|byte| byte.to_ascii_lowercase()).cmp(lowercase.bytes())
    } else {
        text.to_lowercase().as_str().cmp(lowercase)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_compared_in_lower_case() {
        for (text, other) in
            [("ABC", "abd"), ("Straße", "STRASSE"), ("ΟΔΟΣ", "οδος"), ("", "a"), ("é", "E"), ("K", "k")]
        {
            let expected = text.to_lowercase().cmp(&other.to_lowercase());
            assert_eq!(cmp_lowercase(text, &other.to_lowercase()), expected, "{text} {other}");
        }
    }

    #[test]
    fn one_of_many_texts_or_numbers_is_found() {
        let values: Vec<Value> = ["Red", "blue", "Ärmel", "7"]
            .iter()
            .map(|text| Value::Text((*text).to_owned()))
            .chain([Value::Number(38.0)])
            .collect();
        let condition = FieldCondition::one_of("any", &values);
        for (text, holds) in
            [("RED", true), ("ärmel", true), (" 38.0 ", true), ("7", true), ("7.0", false), ("green", false)]
        {
            assert_eq!(condition.holds_for_text(text), holds, "{text}");
        }
        assert!(
            condition.holds_for_number(7.0) && condition.holds_for_number(38.0) && !condition.holds_for_number(8.0)
        );
    }
}
