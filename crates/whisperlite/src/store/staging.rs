//! Where a new store is built, and how it takes its place.
//!
//! A store that did not exist must appear whole or not at all, its folders included; a store that is replaced must stay
//! until the new one is whole. So the new one is built beside its place, under a hidden name, and moved by one `rename`.
//! Of a killed import the hidden files stay behind, and the next import into the same place takes them over.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::{FILE_NAME, StoreError};

/// A place for a store to be.
#[derive(Debug)]
pub(super) struct Staging {
    /// The file to write.
    file: PathBuf,
    /// What is moved, and where to.
    from: PathBuf,
    to: PathBuf,
    published: bool,
}

impl Staging {
    /// Chooses a place for the store of `dir`: in the folder if there is one, else beside the first folder on the way to
    /// it that does not exist yet.
    pub(super) fn new(dir: &Path) -> Result<Self, StoreError> {
        let (from, to, file) = if dir.is_dir() {
            let file = dir.join(format!(".{FILE_NAME}.importing"));
            (file.clone(), dir.join(FILE_NAME), file)
        } else {
            let dir = std::path::absolute(dir).map_err(|source| io_error(dir, source))?;
            let first_missing = dir.ancestors().take_while(|path| !path.exists()).last().unwrap_or(&dir).to_owned();
            let from = hidden_beside(&first_missing);
            let inner = dir.strip_prefix(&first_missing).map_or_else(|_| from.clone(), |rest| from.join(rest));
            fs::create_dir_all(&inner).map_err(|source| io_error(&inner, source))?;
            (from, first_missing, inner.join(FILE_NAME))
        };
        Ok(Self { file, from, to, published: false })
    }

    /// The file to write.
    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    /// Moves the finished store to its place, and makes sure that it stays there.
    pub(super) fn publish(mut self) -> Result<(), StoreError> {
        fs::rename(&self.from, &self.to).map_err(|source| io_error(&self.to, source))?;
        self.published = true;
        let parent = self.to.parent().unwrap_or(&self.to);
        File::open(parent).and_then(|folder| folder.sync_all()).map_err(|source| io_error(parent, source))
    }

    /// Forgets the place without clearing it: somebody else is at work there.
    pub(super) fn leave(mut self) {
        self.published = true;
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if self.published {
            return;
        }
        // What cannot be removed stays hidden, and the next import takes it over.
        let _ = if self.from.is_dir() { fs::remove_dir_all(&self.from) } else { fs::remove_file(&self.from) };
    }
}

fn hidden_beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.importing"))
}

fn io_error(path: &Path, source: std::io::Error) -> StoreError {
    StoreError::Io { path: path.to_owned(), source }
}
