//! Lists of what an encoder is trained on: files of JSON, one object to a line.
//!
//! Not for: what the objects say.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

/// Why a list could not be read.
#[derive(Debug, thiserror::Error)]
pub enum JsonLinesError {
    /// The file cannot be read.
    #[error("{}: cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A line is not what is listed here.
    #[error("{}, line {line}, column {column}: {reason}; each line is a JSON object such as {example}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// From 1, in bytes.
        column: usize,
        /// What was found there.
        reason: String,
        /// What a line looks like.
        example: &'static str,
    },
}

/// The objects of a file with the numbers of their lines; empty lines do not count.
pub(super) fn read<T: DeserializeOwned>(path: &Path, example: &'static str) -> Result<Vec<(usize, T)>, JsonLinesError> {
    let content =
        std::fs::read_to_string(path).map_err(|source| JsonLinesError::Read { path: path.to_owned(), source })?;
    let lines = (1..).zip(content.lines()).filter(|(_, line)| !line.trim().is_empty());
    let object = |(number, line): (usize, &str)| match serde_json::from_str(line) {
        Ok(object) => Ok((number, object)),
        Err(error) => {
            let (column, said) = (error.column(), error.to_string());
            let place = format!(" at line {} column {column}", error.line());
            let reason = said.strip_suffix(&place).unwrap_or(&said).to_owned();
            Err(JsonLinesError::Line { path: path.to_owned(), line: number, column, reason, example })
        }
    };
    lines.map(object).collect()
}
