//! Embeddings on disk: content-addressed, resumable after a kill, and damaged files reported.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use tempfile::TempDir;
use whisperlite::catalog::{Catalog, Item, RequestSource, StoreInfo, TimeKind};
use whisperlite::encoder::{Embeddings, Encoder, EncoderChoice, EncoderError, SegmentProblem, embed_catalog, open};
use whisperlite::progress::Silent;

use crate::encoder::fixture;

const DIM: usize = 4;

/// An encoder whose vectors can be told, which counts its work and can be made to fail.
struct Counting {
    fingerprint: String,
    n_embedded: AtomicUsize,
    fails_after: usize,
}

impl Counting {
    fn new() -> Self {
        Self::failing_after(usize::MAX)
    }

    fn failing_after(n_texts: usize) -> Self {
        Self { fingerprint: "ab".repeat(32), n_embedded: AtomicUsize::new(0), fails_after: n_texts }
    }

    fn count(&self) -> usize {
        self.n_embedded.load(Ordering::Relaxed)
    }

    fn vector(text: &str) -> [f32; DIM] {
        let sum: u32 = text.bytes().map(u32::from).sum();
        [text.len() as f32, sum as f32, 0.5, -1.0]
    }
}

impl Encoder for Counting {
    fn name(&self) -> &str {
        "counting"
    }

    fn dim(&self) -> usize {
        DIM
    }

    fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    fn embed_texts(&self, texts: &[&str]) -> Result<Vec<f32>, EncoderError> {
        let before = self.n_embedded.fetch_add(texts.len(), Ordering::Relaxed);
        if before + texts.len() > self.fails_after {
            return Err(EncoderError::Device { encoder: "counting".into(), reason: "told to fail".into() });
        }
        Ok(texts.iter().flat_map(|text| Self::vector(text)).collect())
    }
}

fn texts(n: usize) -> Vec<String> {
    (0..n).map(|i| format!("text number {i}")).collect()
}

fn as_strs(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

fn segments(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("folder of embeddings");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "safetensors"));
    paths.sort();
    paths
}

/// A store's folder with the embeddings of `n` texts, and the folder of those.
fn embedded(n: usize) -> (TempDir, PathBuf) {
    let dir = TempDir::new().expect("temporary folder");
    let encoder = Counting::new();
    let mut embeddings = Embeddings::open(dir.path(), &encoder).expect("opens");
    embeddings.embed_missing(&as_strs(&texts(n)), &encoder, &Silent).expect("embeds");
    let folder = embeddings.folder().to_owned();
    (dir, folder)
}

#[test]
fn every_distinct_text_is_embedded_once_and_found_again() {
    let dir = TempDir::new().expect("temporary folder");
    let encoder = Counting::new();
    let mut embeddings = Embeddings::open(dir.path(), &encoder).expect("opens");
    assert!(embeddings.is_empty());
    let summary = embeddings.embed_missing(&["a", "b", "a", "", "b"], &encoder, &Silent).expect("embeds");
    assert_eq!((summary.n_texts, summary.n_embedded, summary.n_cached), (3, 3, 0));
    assert_eq!(encoder.count(), 3);

    let mut again = Embeddings::open(dir.path(), &encoder).expect("opens");
    let summary = again.embed_missing(&["b", "c"], &encoder, &Silent).expect("embeds");
    assert_eq!((summary.n_embedded, summary.n_cached), (1, 1));
    assert_eq!(again.get("a"), Some(&Counting::vector("a")[..]));
    assert_eq!(again.get("never seen"), None);
    let matrix = again.matrix(&["c", "", "c"]).expect("all are there");
    assert_eq!(matrix, [Counting::vector("c"), [0.0; DIM], Counting::vector("c")].concat(), "no text, no vector");
    let error = again.matrix(&["a", "never seen"]).expect_err("one is not");
    assert!(matches!(error, EncoderError::NotCached { what, .. } if what == "never seen"));
}

#[test]
fn a_killed_run_loses_no_finished_segment() {
    let dir = TempDir::new().expect("temporary folder");
    let all = texts(5000);
    let failing = Counting::failing_after(3000);
    let mut embeddings = Embeddings::open(dir.path(), &failing).expect("opens");
    embeddings.embed_missing(&as_strs(&all), &failing, &Silent).expect_err("told to fail");
    drop(embeddings);

    let encoder = Counting::new();
    let mut resumed = Embeddings::open(dir.path(), &encoder).expect("opens");
    assert_eq!(resumed.len(), 2048, "two segments of 1,024 were finished");
    std::fs::write(resumed.folder().join(".tmp-torn"), "half a segm").expect("torn file is left behind");
    let summary = resumed.embed_missing(&as_strs(&all), &encoder, &Silent).expect("embeds the rest");
    assert_eq!((summary.n_embedded, summary.n_cached, encoder.count()), (5000 - 2048, 2048, 5000 - 2048));
    assert!(!resumed.folder().join(".tmp-torn").exists());

    let complete = Embeddings::open_folder(resumed.folder()).expect("opens without the encoder");
    assert_eq!((complete.len(), complete.dim()), (5000, DIM));
    for text in &all {
        assert_eq!(complete.get(text), Some(&Counting::vector(text)[..]));
    }
}

#[test]
fn two_writers_are_held_apart() {
    let (dir, folder) = embedded(3);
    let lock = std::fs::File::create(folder.join("lock")).expect("lock");
    lock.lock().expect("lock is free");
    let encoder = Counting::new();
    let mut embeddings = Embeddings::open(dir.path(), &encoder).expect("reading needs no lock");
    let error = embeddings.embed_missing(&["new"], &encoder, &Silent).expect_err("another writer is there");
    assert!(matches!(error, EncoderError::Busy { path } if path == folder.join("lock")));
}

/// What happens to a file's bytes, and its name.
type Damage = (&'static str, fn(&mut Vec<u8>));

#[test]
fn damaged_segments_are_reported_by_path() {
    let damage: [Damage; 4] = [
        ("truncated", |bytes| bytes.truncate(bytes.len() - 7)),
        ("empty", Vec::clear),
        ("a flipped bit", |bytes| *bytes.last_mut().expect("not empty") ^= 1),
        ("a later version", |bytes| {
            let key = b"\"format_version\":\"1\"";
            let at = bytes.windows(key.len()).position(|window| window == key).expect("version is written");
            bytes[at + key.len() - 2] = b'9';
        }),
    ];
    for (name, damage) in damage {
        let (_dir, folder) = embedded(5);
        let path = segments(&folder).remove(0);
        let mut bytes = std::fs::read(&path).expect("segment");
        damage(&mut bytes);
        std::fs::write(&path, bytes).expect("segment is damaged");
        let error = Embeddings::open_folder(&folder).expect_err(name);
        assert!(
            matches!(&error, EncoderError::CorruptSegment { path: found, .. } if *found == path),
            "{name}: {error}"
        );
    }
}

#[test]
fn a_flipped_bit_fails_the_checksum() {
    let (_dir, folder) = embedded(5);
    let path = segments(&folder).remove(0);
    let mut bytes = std::fs::read(&path).expect("segment");
    *bytes.last_mut().expect("not empty") ^= 1;
    std::fs::write(&path, bytes).expect("segment is damaged");
    let error = Embeddings::open_folder(&folder).expect_err("the contents changed");
    assert!(matches!(error, EncoderError::CorruptSegment { problem: SegmentProblem::Checksum, .. }));
}

#[test]
fn vectors_of_two_encoders_are_never_mixed() {
    let (dir, folder) = embedded(3);
    let other = Counting { fingerprint: "cd".repeat(32), ..Counting::new() };
    let mut embeddings = Embeddings::open(dir.path(), &other).expect("its own folder");
    assert!(embeddings.is_empty());
    let error = embeddings.embed_missing(&["a"], &Counting::new(), &Silent).expect_err("another encoder");
    assert!(matches!(error, EncoderError::OtherEncoder { .. }));

    embeddings.embed_missing(&["a"], &other, &Silent).expect("embeds");
    let moved = folder.join(segments(embeddings.folder())[0].file_name().expect("file name"));
    std::fs::copy(&segments(embeddings.folder())[0], moved).expect("a segment is moved between encoders");
    let error = Embeddings::open_folder(&folder).expect_err("a foreign segment");
    assert!(matches!(
        error,
        EncoderError::CorruptSegment { problem: SegmentProblem::Metadata { key: "fingerprint", .. }, .. }
    ));
}

#[test]
fn a_later_format_is_refused() {
    let (_dir, folder) = embedded(3);
    let path = folder.join("encoder.json");
    let text = std::fs::read_to_string(&path).expect("header");
    std::fs::write(&path, text.replace("\"format_version\": 1", "\"format_version\": 2")).expect("header is edited");
    let error = Embeddings::open_folder(&folder).expect_err("a later format");
    assert!(matches!(error, EncoderError::FormatVersion { found: 2, supported: 1, .. }));
}

fn catalog() -> Catalog {
    let item = |item_id: &str, title: &str| Item { item_id: item_id.into(), title: title.into(), ..Item::default() };
    let info = StoreInfo {
        dataset: "test".into(),
        time_kind: TimeKind::Unix,
        request_source: RequestSource::None,
        data_hash: String::new(),
    };
    let items = vec![item("1", "black dress"), item("2", "red shoes"), item("3", "black dress")];
    Catalog::new(info, items, Vec::new(), vec!["red shoes".into(), "wedding".into()], Vec::new())
}

#[test]
fn a_store_is_embedded_and_its_encoder_remembered() {
    let dir = TempDir::new().expect("temporary folder");
    assert!(matches!(EncoderChoice::load(dir.path()), Err(EncoderError::NotEmbedded { .. })));
    let encoder = open(&fixture("mean-normalized")).expect("fixture opens");
    let summary = embed_catalog(&catalog(), dir.path(), &*encoder, &Silent).expect("embeds");
    assert_eq!((summary.texts.n_texts, summary.texts.n_embedded), (3, 3), "black dress, red shoes, wedding");
    EncoderChoice::new(&*encoder, &fixture("mean-normalized"))
        .and_then(|choice| choice.save(dir.path()))
        .expect("saves");

    let choice = EncoderChoice::load(dir.path()).expect("loads");
    assert_eq!((choice.name.as_str(), choice.dim), ("mean-normalized", 24));
    let embeddings = choice.open_embeddings(dir.path()).expect("opens without the encoder");
    let again = choice.open_encoder().expect("opens by its path");
    assert_eq!(embeddings.matrix(&["wedding"]).expect("is there"), again.embed_texts(&["wedding"]).expect("embeds"));
    let summary = embed_catalog(&catalog(), dir.path(), &*encoder, &Silent).expect("nothing to do");
    assert_eq!((summary.texts.n_embedded, summary.texts.n_cached), (0, 3));
}
