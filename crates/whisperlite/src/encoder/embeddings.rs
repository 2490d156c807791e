//! The vectors of a store's texts, on disk: every text is embedded once per encoder, and a killed run loses at most
//! the segment that it was working on.
//!
//! `DIR/embeddings/<encoder>-<first 12 hex digits of its fingerprint>/` holds `encoder.json` and finished segments.
//! Texts are found by a hash of their content, so neither their order nor the store's ids matter. One process writes
//! at a time, held apart by a lock file; any number may read.
//!
//! Not for: deciding which texts there are, or search.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::excerpt;
use super::files::{io_error, parse_json, read_required, write_json};
use super::segment::{SUFFIX, Segment, TextKey};
use super::{EmbedSummary, Encoder, EncoderError};
use crate::progress::Progress;
use crate::whole_file::{LOCK_FILE, TEMP_PREFIX, lock};

/// Version of the folder's layout.
const FORMAT_VERSION: u32 = 1;

/// Texts of a full segment: some seconds of work, so that a kill costs little and files stay few.
const SEGMENT_TEXTS: usize = 1024;

/// Texts given to the encoder at once: enough for even work on every thread, few enough for a live bar.
const STEP_TEXTS: usize = 512;

/// What the folder says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Header {
    format_version: u32,
    name: String,
    fingerprint: String,
    dim: usize,
}

/// Cached embeddings of one encoder, in memory.
#[derive(Debug)]
pub struct Embeddings {
    folder: PathBuf,
    header: Header,
    rows: HashMap<TextKey, usize>,
    /// `[rows.len(), dim]`, row-major.
    vectors: Vec<f32>,
}

impl Embeddings {
    /// Opens what the store in `dir` has of this encoder; nothing, if it was never used there.
    pub fn open(dir: &Path, encoder: &dyn Encoder) -> Result<Self, EncoderError> {
        let folder = folder_of(dir, encoder.name(), encoder.fingerprint());
        let header = Header {
            format_version: FORMAT_VERSION,
            name: encoder.name().to_owned(),
            fingerprint: encoder.fingerprint().to_owned(),
            dim: encoder.dim(),
        };
        if folder.join("encoder.json").exists() {
            let found = read_header(&folder)?;
            check_fingerprint(&folder, &found.fingerprint, &header.fingerprint)?;
        }
        Self::load(folder, header)
    }

    /// Opens a folder of embeddings by what it says itself, without the encoder.
    pub fn open_folder(folder: &Path) -> Result<Self, EncoderError> {
        Self::load(folder.to_owned(), read_header(folder)?)
    }

    fn load(folder: PathBuf, header: Header) -> Result<Self, EncoderError> {
        let mut embeddings = Self { folder, header, rows: HashMap::new(), vectors: Vec::new() };
        for path in segment_paths(&embeddings.folder)? {
            let segment = Segment::read(&path, embeddings.header.dim, &embeddings.header.fingerprint)?;
            embeddings.add(&segment);
        }
        Ok(embeddings)
    }

    /// Embeds the texts that are not here yet, each distinct text once, and keeps them on disk.
    ///
    /// After an error or a kill, every finished segment stays; the next call goes on from there.
    pub fn embed_missing(
        &mut self,
        texts: &[&str],
        encoder: &dyn Encoder,
        progress: &dyn Progress,
    ) -> Result<EmbedSummary, EncoderError> {
        check_fingerprint(&self.folder, &self.header.fingerprint, encoder.fingerprint())?;
        let _lock = self.prepare_folder()?;
        let mut seen = HashSet::new();
        let distinct: Vec<&str> = texts.iter().copied().filter(|text| seen.insert(*text)).collect();
        let mut missing: Vec<&str> =
            distinct.iter().copied().filter(|text| !self.rows.contains_key(&TextKey::of(text))).collect();
        // Texts of one length share their batches. Longest first: the bar's time left errs on the safe side.
        missing.sort_by_key(|text| std::cmp::Reverse(text.len()));
        progress.start("Embedding", Some(missing.len() as u64), "texts");
        for texts in missing.chunks(SEGMENT_TEXTS) {
            let segment = embed_segment(texts, encoder, progress)?;
            segment.write(&self.folder, self.header.dim, &self.header.fingerprint)?;
            self.add(&segment);
        }
        let n_cached = distinct.len() - missing.len();
        progress.finish(&format!("Embedded {} texts, {n_cached} from the cache", missing.len()));
        Ok(EmbedSummary { n_texts: distinct.len(), n_embedded: missing.len(), n_cached, dim: self.header.dim })
    }

    /// The vector of a text, `[d]`, if it was embedded.
    pub fn get(&self, text: &str) -> Option<&[f32]> {
        let row = *self.rows.get(&TextKey::of(text))?;
        Some(&self.vectors[row * self.header.dim..][..self.header.dim])
    }

    /// The vectors of `n` texts.
    ///
    /// # Shapes
    /// Returns `[n, d]`, row-major; row `i` belongs to `texts[i]`.
    pub fn matrix(&self, texts: &[&str]) -> Result<Vec<f32>, EncoderError> {
        let mut matrix = Vec::with_capacity(texts.len() * self.header.dim);
        for text in texts {
            let vector = self
                .get(text)
                .ok_or_else(|| EncoderError::NotCached { path: self.folder.clone(), text: excerpt(text) })?;
            matrix.extend_from_slice(vector);
        }
        Ok(matrix)
    }

    /// Length `d` of every vector.
    pub fn dim(&self) -> usize {
        self.header.dim
    }

    /// Number of texts.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether nothing was embedded yet.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Where the files are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Takes in a segment's vectors; of a text that is already here, the first stays.
    fn add(&mut self, segment: &Segment) {
        for (key, vector) in segment.keys.iter().zip(segment.vectors.chunks_exact(self.header.dim)) {
            let next_row = self.rows.len();
            self.rows.entry(*key).or_insert_with(|| {
                self.vectors.extend_from_slice(vector);
                next_row
            });
        }
    }

    /// Makes the folder, takes its lock, and removes what a killed run left unfinished.
    fn prepare_folder(&self) -> Result<File, EncoderError> {
        let path = self.folder.join(LOCK_FILE);
        let lock = lock(&self.folder).map_err(io_error(&path))?.ok_or(EncoderError::Busy { path })?;
        for path in files_in(&self.folder)?.iter().filter(|path| file_name(path).starts_with(TEMP_PREFIX)) {
            std::fs::remove_file(path).map_err(io_error(path))?;
        }
        let header_path = self.folder.join("encoder.json");
        if !header_path.exists() {
            write_json(&header_path, &self.header)?;
        }
        Ok(lock)
    }
}

/// `DIR/embeddings/<encoder>-<first 12 hex digits of its fingerprint>`.
pub(crate) fn folder_of(dir: &Path, name: &str, fingerprint: &str) -> PathBuf {
    let short = fingerprint.get(..12).unwrap_or(fingerprint);
    dir.join("embeddings").join(format!("{name}-{short}"))
}

/// Refuses to mix the vectors of two encoders; `path` says whose they are.
pub(crate) fn check_fingerprint(path: &Path, expected: &str, found: &str) -> Result<(), EncoderError> {
    if expected == found {
        return Ok(());
    }
    let (expected, found) = (expected.to_owned(), found.to_owned());
    Err(EncoderError::OtherEncoder { path: path.to_owned(), expected, found })
}

fn embed_segment(texts: &[&str], encoder: &dyn Encoder, progress: &dyn Progress) -> Result<Segment, EncoderError> {
    let mut vectors = Vec::with_capacity(texts.len() * encoder.dim());
    for step in texts.chunks(STEP_TEXTS) {
        vectors.extend(encoder.embed_texts(step)?);
        progress.advance(step.len() as u64);
    }
    Ok(Segment { keys: texts.iter().map(|text| TextKey::of(text)).collect(), vectors })
}

fn read_header(folder: &Path) -> Result<Header, EncoderError> {
    let path = folder.join("encoder.json");
    let bytes = read_required(&path, "`whisperlite embed` writes it")?;
    let header: Header = parse_json(&path, &bytes)?;
    if header.format_version != FORMAT_VERSION {
        return Err(EncoderError::FormatVersion { path, found: header.format_version, supported: FORMAT_VERSION });
    }
    if header.dim == 0 {
        return Err(EncoderError::BadValue { path, field: "dim", found: "0".to_owned(), expected: "positive" });
    }
    Ok(header)
}

/// The finished segments of a folder, by name; none if there is no such folder.
fn segment_paths(folder: &Path) -> Result<Vec<PathBuf>, EncoderError> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut paths = files_in(folder)?;
    paths.retain(|path| file_name(path).ends_with(SUFFIX) && !file_name(path).starts_with(TEMP_PREFIX));
    paths.sort();
    Ok(paths)
}

fn files_in(folder: &Path) -> Result<Vec<PathBuf>, EncoderError> {
    let entries = std::fs::read_dir(folder).map_err(io_error(folder))?;
    entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>().map_err(io_error(folder))
}

fn file_name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}
