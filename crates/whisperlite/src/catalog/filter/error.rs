//! Mistakes in a filter, shown where they are.

use std::collections::BTreeSet;

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

/// The three known names that are nearest to one that is not known.
pub(super) fn nearest(field: &str, known: &BTreeSet<String>) -> Vec<String> {
    let mut names: Vec<(usize, &String)> = known.iter().map(|name| (edit_distance(field, name), name)).collect();
    names.sort();
    names.into_iter().take(3).map(|(_, name)| name.clone()).collect()
}

/// How many characters have to be inserted, removed or replaced, regardless of case.
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, a_char) in a.to_lowercase().chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, &b_char) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(a_char != b_char);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edit_distances_by_hand() {
        for (a, b, distance) in
            [("", "abc", 3), ("color", "colour", 1), ("Price", "price", 0), ("kitten", "sitting", 3)]
        {
            assert_eq!(edit_distance(a, b), distance, "{a} {b}");
            assert_eq!(edit_distance(b, a), distance, "{b} {a}");
        }
    }
}
