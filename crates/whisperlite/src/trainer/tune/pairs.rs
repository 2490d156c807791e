//! Pictures with what is said about them.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::TuneError;
use crate::catalog::Catalog;
use crate::trainer::json_lines;

/// A picture and texts that describe it; one of them is drawn each time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Captioned {
    /// The picture's file.
    pub image: PathBuf,
    /// At least one.
    pub texts: Vec<String>,
    /// What kind of thing it is, such as a category; see [`TuneConfig::grouped`](super::TuneConfig::grouped).
    pub group: String,
}

/// What a line looks like.
const EXAMPLE: &str = r#"{"image": "a.jpg", "texts": ["a red dress"]}"#;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    image: PathBuf,
    texts: Vec<String>,
    #[serde(default)]
    group: String,
}

/// Reads pairs from a file of JSON lines, `{"image": "a.jpg", "texts": ["a red dress"], "group": "dresses"}`; paths hold
/// from the file's folder, and the group may be left out.
pub fn read_pairs(path: &Path) -> Result<Vec<Captioned>, TuneError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let pair = |(line, Line { image, mut texts, group }): (usize, Line)| {
        texts.retain(|text| !text.trim().is_empty());
        if texts.is_empty() {
            return Err(TuneError::NoText { path: path.to_owned(), line });
        }
        Ok(Captioned { image: folder.join(image), texts, group })
    };
    json_lines::read(path, EXAMPLE)?.into_iter().map(pair).collect()
}

/// The pictures of a store's items with their titles and their documents, grouped by category; items without a picture on this machine, or without a
/// word, are left out.
pub fn captioned_items(catalog: &Catalog, dir: &Path) -> Vec<Captioned> {
    let captioned = catalog.items.iter().filter_map(|item| {
        let image = dir.join(item.image.as_deref()?);
        let mut texts = vec![item.title.clone(), item.document()];
        texts.retain(|text| !text.trim().is_empty());
        texts.dedup();
        (!texts.is_empty() && image.is_file()).then(|| Captioned { image, texts, group: item.category.clone() })
    });
    captioned.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content: &str) -> Result<Vec<Captioned>, TuneError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pairs.jsonl");
        std::fs::write(&path, content).unwrap();
        read_pairs(&path)
    }

    #[test]
    fn pairs_stand_one_to_a_line() {
        let pairs = read("{\"image\": \"a.png\", \"texts\": [\"a red dress\", \" \"]}\n\n{\"image\": \"/b.png\", \"texts\": [\"b\"]}\n").unwrap();
        assert!(pairs[0].image.ends_with("a.png") && pairs[0].image.is_absolute());
        assert_eq!((pairs[0].texts.len(), pairs[1].image.as_path()), (1, Path::new("/b.png")));
    }

    #[test]
    fn what_is_no_pair_is_named_by_its_line() {
        let error = read("{\"image\": \"a.png\", \"texts\": [\"a\"]}\n{\"image\": 3}\n").unwrap_err();
        assert!(error.to_string().contains("line 2, column 11: invalid type: integer `3`"), "{error}");
        assert!(error.to_string().ends_with(EXAMPLE), "{error}");
        let error = read("{\"image\": \"a.png\", \"texts\": [\"\"]}\n").unwrap_err();
        assert!(matches!(error, TuneError::NoText { line: 1, .. }), "{error}");
    }
}
