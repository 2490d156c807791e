//! The pictures of a store: files that are read, recognised by their contents, and remembered by their place.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::files::{parse_json, read_optional, write_json};
use super::segment::ContentKey;
use super::{EncoderError, Picture, PictureError};

/// Version of the file's layout.
const FORMAT_VERSION: u32 = 1;
const FILE_NAME: &str = "pictures.json";

/// A picture on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PictureFile {
    /// As the catalog names it.
    pub image: String,
    /// Where it is.
    pub path: PathBuf,
}

/// What became of a picture that was to be embedded.
pub(super) enum Looked {
    /// Its vector is here already.
    Known(ContentKey),
    /// It has to be embedded.
    New(ContentKey, Picture),
    /// It cannot be used.
    Failed(PictureError),
}

impl PictureFile {
    /// Reads the file, and decodes it unless its contents are known.
    pub(super) fn look(&self, is_known: impl Fn(&ContentKey) -> bool) -> Looked {
        let looked = Picture::read_file(&self.path).and_then(|bytes| {
            let key = ContentKey::of_picture(&bytes);
            if is_known(&key) {
                return Ok(Looked::Known(key));
            }
            Ok(Looked::New(key, Picture::decode(&bytes, &self.path.display().to_string())?))
        });
        looked.unwrap_or_else(Looked::Failed)
    }
}

/// Which picture of the catalog has which contents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct PictureKeys {
    /// `None` for a picture that could not be used.
    keys: BTreeMap<String, Option<ContentKey>>,
}

/// The same as it stands in the file.
#[derive(Serialize, Deserialize)]
struct Document {
    format_version: u32,
    /// Image → hexadecimal digits of its key; null for a picture that could not be used.
    pictures: BTreeMap<String, Option<String>>,
}

impl PictureKeys {
    /// Reads what a folder of embeddings knows; `None` where no picture was ever embedded.
    pub(super) fn read(folder: &Path) -> Result<Option<Self>, EncoderError> {
        let path = folder.join(FILE_NAME);
        let Some(bytes) = read_optional(&path)? else { return Ok(None) };
        let document: Document = parse_json(&path, &bytes)?;
        if document.format_version != FORMAT_VERSION {
            let found = document.format_version;
            return Err(EncoderError::FormatVersion { path, found, supported: FORMAT_VERSION });
        }
        let key = |digits: String| {
            let expected = "the hexadecimal digits of a key; remove the file and embed again";
            let bad = |found| EncoderError::BadValue { path: path.clone(), field: "pictures", found, expected };
            ContentKey::from_hex(&digits).ok_or_else(|| bad(digits))
        };
        let mut keys = BTreeMap::new();
        for (image, digits) in document.pictures {
            keys.insert(image, digits.map(key).transpose()?);
        }
        Ok(Some(Self { keys }))
    }

    pub(super) fn write(&self, folder: &Path) -> Result<(), EncoderError> {
        let digits = |(image, key): (&String, &Option<ContentKey>)| (image.clone(), key.map(ContentKey::to_hex));
        let pictures = self.keys.iter().map(digits).collect();
        write_json(&folder.join(FILE_NAME), &Document { format_version: FORMAT_VERSION, pictures })
    }

    pub(super) fn insert(&mut self, image: &str, key: Option<ContentKey>) {
        self.keys.insert(image.to_owned(), key);
    }

    /// The contents of a picture: `None` if it was never looked at, `Some(None)` if it could not be used.
    pub(super) fn get(&self, image: &str) -> Option<Option<ContentKey>> {
        self.keys.get(image).copied()
    }
}
