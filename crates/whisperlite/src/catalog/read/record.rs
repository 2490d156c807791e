//! One row of a file, whatever its layout: names and values.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

use crate::catalog::error::{Fault, RowProblem};

/// One row.
pub(crate) struct Record {
    /// The line (or row) where it began, from 1.
    pub(crate) line: u64,
    names: Arc<[String]>,
    values: Vec<Value>,
}

impl Record {
    /// `names` and `values` have the same length.
    pub(super) fn new(line: u64, names: Arc<[String]>, values: Vec<Value>) -> Self {
        debug_assert_eq!(names.len(), values.len());
        Self { line, names, values }
    }

    /// All names with their values, in the order of the file.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.names.iter().map(String::as_str).zip(&self.values)
    }

    /// A value as it came; `None` where the row has no such field.
    pub(crate) fn value(&self, name: &str) -> Option<&Value> {
        self.iter().find(|(n, _)| *n == name).map(|(_, value)| value)
    }

    /// A field as text; `None` where it is absent or empty.
    pub(crate) fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        self.value(name).and_then(as_text)
    }

    /// A field as text; empty where it is absent.
    pub(crate) fn text_or_empty(&self, name: &str) -> String {
        self.text(name).unwrap_or_default().into_owned()
    }

    /// A field that must not be empty.
    pub(crate) fn required(&self, name: &str) -> Result<String, Fault> {
        self.text(name).map(Cow::into_owned).ok_or_else(|| Fault::in_field(name, RowProblem::Missing))
    }

    /// A field as a finite number; `None` where it is absent or empty.
    pub(crate) fn number(&self, name: &str) -> Result<Option<f64>, Fault> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let number: f64 = text
            .parse()
            .map_err(|_| Fault::in_field(name, RowProblem::NotANumber { value: text.clone().into_owned() }))?;
        if !number.is_finite() {
            return Err(Fault::in_field(name, RowProblem::NotFinite { value: text.into_owned() }));
        }
        Ok(Some(number))
    }

    /// The texts of a list, or the one text of a scalar.
    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        self.value(name).map(texts).unwrap_or_default()
    }
}

/// A value as one text: scalars as they are, lists joined by commas; `None` if nothing is left.
pub(crate) fn as_text(value: &Value) -> Option<Cow<'_, str>> {
    let text: Cow<'_, str> = match value {
        Value::Null => return None,
        Value::String(text) => Cow::Borrowed(text.trim()),
        Value::Bool(_) | Value::Number(_) => Cow::Owned(value.to_string()),
        Value::Array(_) => Cow::Owned(texts(value).join(", ")),
        Value::Object(object) => {
            let parts = object.iter().filter_map(|(key, value)| Some(format!("{key}: {}", as_text(value)?)));
            Cow::Owned(parts.collect::<Vec<_>>().join(", "))
        }
    };
    (!text.is_empty()).then_some(text)
}

/// The texts of a list, flattened; of a scalar, its one text.
pub(crate) fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        _ => as_text(value).map(Cow::into_owned).into_iter().collect(),
    }
}
