//! **Which items may be answered with?** Filters such as
//! `category = "Dresses" AND price < 50 AND NOT colour IN ["black", "grey"]`.
//!
//! A field is a field of the item or one of its attributes; a name that is no plain word stands in quotation marks. `AND`
//! binds before `OR`, `NOT` before both, and parentheses before all. Texts are compared without regard to case.
//! `category` also matches any level of the path, and any part of a level that lists several by commas. A comparison with
//! a field that the item does not have is false, and so `!=` (which is `NOT … =`) is true.
//!
//! Not for: ranking, or which items a person has already seen.

mod error;
mod evaluate;
mod field_condition;
mod parse;
mod token;

use std::collections::BTreeSet;
use std::fmt;

pub use self::error::{FilterError, FilterProblem};
pub(crate) use self::field_condition::ITEM_FIELDS;
pub(super) use self::field_condition::{FieldCondition, cmp_lowercase};
use super::nearest::nearest;
use super::types::Item;

/// A filter that was read without mistakes.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    text: String,
    condition: Condition,
    /// Every field that is asked for, with its column in the text.
    fields: Vec<(String, usize)>,
}

/// What a filter asks of an item.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// All of these; two or more.
    And(Vec<Condition>),
    /// At least one of these; two or more.
    Or(Vec<Condition>),
    /// Not this.
    Not(Box<Condition>),
    /// A field compared with a value.
    Compare {
        /// Name of the field.
        field: String,
        /// How it is compared.
        comparison: Comparison,
        /// With what.
        value: Value,
    },
    /// A field equal to one of some values.
    In {
        /// Name of the field.
        field: String,
        /// The values.
        values: Vec<Value>,
    },
}

/// How a field is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// A value in a filter.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A finite number.
    Number(f64),
    /// A text.
    Text(String),
}

impl Filter {
    /// Reads a filter, or says where the mistake is.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        let (condition, fields) = parse::parse(text)?;
        Ok(Self { text: text.to_owned(), condition, fields })
    }

    /// Whether an item passes.
    pub fn matches(&self, item: &Item) -> bool {
        evaluate::holds(&self.condition, item)
    }

    /// What the filter asks.
    pub fn condition(&self) -> &Condition {
        &self.condition
    }

    /// Refuses a field that none of the items has, with the nearest names that some have.
    pub fn check_fields(&self, known: &BTreeSet<String>) -> Result<(), FilterError> {
        match self.fields.iter().find(|(field, _)| !known.contains(field)) {
            None => Ok(()),
            Some((field, column)) => {
                let problem = FilterProblem::UnknownField { field: field.clone(), nearest: nearest(field, known) };
                Err(FilterError::new(&self.text, *column, problem))
            }
        }
    }
}

/// The fields that a filter on these items may ask for.
pub fn known_fields<'i>(items: impl IntoIterator<Item = &'i Item>) -> BTreeSet<String> {
    let own = ITEM_FIELDS.map(str::to_owned);
    items.into_iter().flat_map(|item| item.attributes.keys().map(str::to_owned)).chain(own).collect()
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.condition.fmt(f)
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(parts) => write_joined(f, parts, " AND "),
            Self::Or(parts) => write_joined(f, parts, " OR "),
            Self::Not(inner) => match **inner {
                Self::And(_) | Self::Or(_) => write!(f, "NOT ({inner})"),
                _ => write!(f, "NOT {inner}"),
            },
            Self::Compare { field, comparison, value } => write!(f, "{} {comparison} {value}", FieldName(field)),
            Self::In { field, values } => {
                write!(f, "{} IN [", FieldName(field))?;
                for (i, value) in values.iter().enumerate() {
                    write!(f, "{}{value}", if i == 0 { "" } else { ", " })?;
                }
                f.write_str("]")
            }
        }
    }
}

fn write_joined(f: &mut fmt::Formatter<'_>, parts: &[Condition], separator: &str) -> fmt::Result {
    for (i, part) in parts.iter().enumerate() {
        f.write_str(if i == 0 { "" } else { separator })?;
        match part {
            // Always in parentheses: then reading what was printed gives the same condition.
            Condition::And(_) | Condition::Or(_) => write!(f, "({part})")?,
            _ => write!(f, "{part}")?,
        }
    }
    Ok(())
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        })
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => write!(f, "{}", Quoted(text)),
        }
    }
}

/// A field's name, quoted where it has to be.
struct FieldName<'a>(&'a str);

impl fmt::Display for FieldName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if token::is_plain_name(self.0) { f.write_str(self.0) } else { Quoted(self.0).fmt(f) }
    }
}

struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let escaped = self.0.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\t', "\\t");
        write!(f, "\"{escaped}\"")
    }
}
