//! The vectors of a store's texts and pictures, on disk: each is embedded once per encoder, and a killed run loses at most
//! the segment that it was working on.
//!
//! `DIR/embeddings/<encoder>-<first 12 hex digits of its fingerprint>/` holds `encoder.json`, finished segments and, where
//! pictures were embedded, `pictures.json`. Texts and pictures are found by a hash of their content, so neither their order
//! nor the store's ids matter. One process writes at a time, held apart by a lock file; any number may read.
//!
//! Not for: deciding which texts and pictures there are, or search.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::error::{chain, excerpt};
use super::files::{io_error, parse_json, read_required, write_json};
use super::picture_files::{Looked, PictureFile, PictureKeys};
use super::segment::{ContentKey, SUFFIX, Segment};
use super::{Encoder, EncoderError};
use crate::progress::Progress;
use crate::whole_file::{LOCK_FILE, TEMP_PREFIX, lock};

/// Version of the folder's layout.
const FORMAT_VERSION: u32 = 1;

/// Pictures of a full segment: some seconds of work, too.
const SEGMENT_PICTURES: usize = 256;

/// Pictures that are decoded at once: enough for even work on every thread, few enough that the largest ones fit in memory.
const STEP_PICTURES: usize = 8;

/// Failures that are told in full.
const MAX_FAILURES: usize = 5;

/// Texts of a full segment: some seconds of work, so that a kill costs little and files stay few.
const SEGMENT_TEXTS: usize = 1024;

/// Texts given to the encoder at once: enough for even work on every thread, few enough for a live bar.
const STEP_TEXTS: usize = 512;

/// Segments that are read together.
const SEGMENTS_AT_ONCE: usize = 16;

/// What happened to the texts of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct EmbeddedTexts {
    /// Distinct texts of the store.
    pub n_texts: usize,
    /// Texts that went through the encoder now.
    pub n_embedded: usize,
    /// Texts whose vectors were already there.
    pub n_cached: usize,
}

/// What happened to the pictures of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct EmbeddedPictures {
    /// Distinct pictures of the store that are files.
    pub n_pictures: usize,
    /// Pictures that went through the encoder now.
    pub n_embedded: usize,
    /// Pictures whose vectors were already there.
    pub n_cached: usize,
    /// Pictures that could not be used.
    pub n_failed: usize,
    /// Why, for the first of them.
    pub failures: Vec<String>,
}

impl EmbeddedPictures {
    /// Counts a picture, and gives the key of what it shows.
    fn count(&mut self, looked: &Looked) -> Option<ContentKey> {
        match looked {
            Looked::Known(key) => {
                self.n_cached += 1;
                Some(*key)
            }
            Looked::New(key, _) => {
                self.n_embedded += 1;
                Some(*key)
            }
            Looked::Failed(error) => {
                self.n_failed += 1;
                if self.failures.len() < MAX_FAILURES {
                    self.failures.push(chain(error));
                }
                None
            }
        }
    }
}

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
    rows: HashMap<ContentKey, usize>,
    /// `[rows.len(), dim]`, row-major.
    vectors: Vec<f32>,
    /// Which picture has which contents; `None` where none was ever embedded.
    pictures: Option<PictureKeys>,
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
        let pictures = PictureKeys::read(&folder)?;
        let mut embeddings = Self { folder, header, rows: HashMap::new(), vectors: Vec::new(), pictures };
        for paths in segment_paths(&embeddings.folder)?.chunks(SEGMENTS_AT_ONCE) {
            let Header { dim, fingerprint, .. } = &embeddings.header;
            let read: Vec<Segment> =
                paths.par_iter().map(|path| Segment::read(path, *dim, fingerprint)).collect::<Result<_, _>>()?;
            read.iter().for_each(|segment| embeddings.add(segment));
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
    ) -> Result<EmbeddedTexts, EncoderError> {
        check_fingerprint(&self.folder, &self.header.fingerprint, encoder.fingerprint())?;
        let _lock = self.prepare_folder()?;
        let mut seen = HashSet::new();
        let distinct: Vec<&str> = texts.iter().copied().filter(|text| seen.insert(*text)).collect();
        let mut missing: Vec<&str> =
            distinct.iter().copied().filter(|text| !self.rows.contains_key(&ContentKey::of_text(text))).collect();
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
        Ok(EmbeddedTexts { n_texts: distinct.len(), n_embedded: missing.len(), n_cached })
    }

    /// Embeds the pictures whose contents are not here yet, and remembers which picture has which contents.
    ///
    /// A picture that cannot be used is no reason to stop: a shop's last upload may be broken. It is named in the summary.
    /// After an error or a kill, every finished segment stays; the next call goes on from there.
    ///
    /// # Errors
    /// If the encoder does not see pictures.
    pub fn embed_missing_pictures(
        &mut self,
        pictures: &[PictureFile],
        encoder: &dyn Encoder,
        progress: &dyn Progress,
    ) -> Result<EmbeddedPictures, EncoderError> {
        check_fingerprint(&self.folder, &self.header.fingerprint, encoder.fingerprint())?;
        let _lock = self.prepare_folder()?;
        let mut done = EmbeddedPictures { n_pictures: pictures.len(), ..EmbeddedPictures::default() };
        let mut keys = PictureKeys::default();
        progress.start("Embedding", Some(pictures.len() as u64), "pictures");
        for files in pictures.chunks(SEGMENT_PICTURES) {
            let mut segment = Segment::default();
            for files in files.chunks(STEP_PICTURES) {
                let looked: Vec<Looked> =
                    files.par_iter().map(|file| file.look(|key| self.rows.contains_key(key))).collect();
                let mut new = Vec::new();
                for (file, looked) in files.iter().zip(looked) {
                    keys.insert(&file.image, done.count(&looked));
                    if let Looked::New(key, picture) = looked {
                        segment.keys.push(key);
                        new.push(picture);
                    }
                }
                segment.vectors.extend(encoder.embed_pictures(&new)?);
                progress.advance(files.len() as u64);
            }
            if !segment.keys.is_empty() {
                segment.write(&self.folder, self.header.dim, &self.header.fingerprint)?;
                self.add(&segment);
            }
        }
        keys.write(&self.folder)?;
        self.pictures = Some(keys);
        progress.finish(&format!("Embedded {} pictures, {} from the cache", done.n_embedded, done.n_cached));
        Ok(done)
    }

    /// The vector of a picture, `[d]`, as the catalog names it; `None` if the picture could not be used, or the encoder sees none.
    ///
    /// # Errors
    /// If pictures were embedded, and this one was not among them.
    pub fn picture(&self, image: &str) -> Result<Option<&[f32]>, EncoderError> {
        let Some(pictures) = &self.pictures else { return Ok(None) };
        let not_cached = || EncoderError::NotCached { path: self.folder.clone(), what: excerpt(image) };
        let Some(key) = pictures.get(image).ok_or_else(not_cached)? else { return Ok(None) };
        self.row(&key).map(Some).ok_or_else(not_cached)
    }

    /// The vector of a text, `[d]`, if it was embedded.
    pub fn get(&self, text: &str) -> Option<&[f32]> {
        self.row(&ContentKey::of_text(text))
    }

    fn row(&self, key: &ContentKey) -> Option<&[f32]> {
        let row = *self.rows.get(key)?;
        Some(&self.vectors[row * self.header.dim..][..self.header.dim])
    }

    /// The vectors of `n` texts.
    ///
    /// # Shapes
    /// Returns `[n, d]`, row-major; row `i` belongs to `texts[i]`, and is zero for a text without a character.
    pub fn matrix(&self, texts: &[&str]) -> Result<Vec<f32>, EncoderError> {
        let mut matrix = vec![0.0; texts.len() * self.header.dim];
        let rows = texts.par_iter().zip(matrix.par_chunks_exact_mut(self.header.dim));
        rows.filter(|(text, _)| !text.is_empty()).try_for_each(|(text, row)| {
            let not_cached = || EncoderError::NotCached { path: self.folder.clone(), what: excerpt(text) };
            self.get(text).map(|vector| row.copy_from_slice(vector)).ok_or_else(not_cached)
        })?;
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
    Ok(Segment { keys: texts.iter().map(|text| ContentKey::of_text(text)).collect(), vectors })
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
