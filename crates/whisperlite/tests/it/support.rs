//! What the tests share: folders, small files, imports, and where the real data lie.

use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::write::GzEncoder;
use tempfile::TempDir;
use whisperlite::catalog::import::{Format, ImportOptions};
use whisperlite::catalog::{Catalog, ImportError};
use whisperlite::progress::Silent;
use whisperlite::store::{Store, StoreImport, WriteMode};

/// A folder that is removed with the value, with small files in it.
pub(crate) struct Folder {
    dir: TempDir,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.path().join("store")
    }

    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// Imports files into this folder's store.
    pub(crate) fn import(&self, format: Format, files: &[&PathBuf]) -> Result<StoreImport, ImportError> {
        self.import_with(&ImportOptions::new(format, files.iter().map(|path| path.to_path_buf()).collect()))
    }

    pub(crate) fn import_with(&self, options: &ImportOptions) -> Result<StoreImport, ImportError> {
        Store::import(&self.store(), None, WriteMode::Update, options, &Silent)
    }

    pub(crate) fn catalog(&self) -> Catalog {
        Store::open(&self.store()).unwrap().catalog().unwrap()
    }

    /// Names of everything in the folder, hidden ones too.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

pub(crate) fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// Every event as `user item request`.
pub(crate) fn event_lines(catalog: &Catalog) -> Vec<String> {
    let line = |event: &whisperlite::catalog::Event| {
        let request = event.request_idx.map_or("-", |idx| &catalog.requests[idx as usize]);
        let (user, item) = (&catalog.user_ids[event.user_idx as usize], &catalog.items[event.item_idx as usize]);
        format!("{user} {} {request}", item.item_id)
    };
    catalog.events.iter().map(line).collect()
}

/// The folder of real data, or `None`, loudly, where it is absent.
pub(crate) fn real_data(name: &str) -> Option<PathBuf> {
    let default = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data"));
    let path = std::env::var_os("WHISPERLITE_DATA").map_or_else(default, PathBuf::from).join(name);
    if path.exists() {
        return Some(path);
    }
    eprintln!("SKIPPED: {} is absent; set WHISPERLITE_DATA to the folder of real data", path.display());
    None
}

/// The file of a store that a program of an earlier format wrote.
pub(crate) fn store_of_version(version: u32) -> PathBuf {
    PathBuf::from(format!("{}/tests/fixtures/store-v{version}/store.sqlite", env!("CARGO_MANIFEST_DIR")))
}
