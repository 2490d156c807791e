//! Mistakes in a filter, shown where they are.

use thiserror::Error;

/// A mistake in a filter, with a caret under it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("filter, column {column}: {problem}\n  {text}\n  {:>column$}", '^')]
pub struct FilterError {
    /// The filter, with line breaks shown as spaces.
    pub text: String,
    /// Where the mistake is: a character, counted from 1.
    pub column: usize,
    /// What the mistake is.
    pub problem: FilterProblem,
}

/// What can be wrong with a filter.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FilterProblem {
    /// Something else was expected here.
    #[error("expected {expected}, found {found}")]
    Unexpected {
        /// What may stand here.
        expected: &'static str,
        /// What stands here.
        found: String,
    },
    /// A character that has no meaning.
    #[error("{0:?} has no meaning here; texts stand in double quotation marks")]
    UnknownCharacter(char),
    /// A text that never ends.
    #[error("this text has no closing quotation mark")]
    OpenText,
    /// A backslash before something else than `"`, `\`, `n` or `t`.
    #[error("unknown escape; use \\\", \\\\, \\n or \\t")]
    UnknownEscape,
    /// A number that cannot be read.
    #[error("{0:?} is not a number")]
    NotANumber(String),
    /// Too many parentheses or NOTs inside each other.
    #[error("nested too deeply")]
    TooDeep,
    /// A field that no item has.
    #[error("no item has a field {field:?}; {}", did_you_mean(nearest))]
    UnknownField {
        /// The name that was asked for.
        field: String,
        /// The names that are nearest to it.
        nearest: Vec<String>,
    },
}

impl FilterError {
    pub(super) fn new(text: &str, column: usize, problem: FilterProblem) -> Self {
        Self { text: text.replace(['\n', '\r', '\t'], " "), column, problem }
    }
}

fn did_you_mean(nearest: &[String]) -> String {
    format!("the nearest are {}", nearest.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", "))
}
