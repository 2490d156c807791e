//! The model between a folder and its store's database: kept there when it is made, and brought back where the folder has lost it or
//! another server of the same store has a newer one.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use whisperlite::model::Model;
use whisperlite::store::{ServingStore, StoredModel};

use crate::opened::MODEL;

/// Keeps the folder's model in the store.
pub(crate) fn keep(dir: &Path, store: &mut dyn ServingStore) -> anyhow::Result<()> {
    let folder = dir.join(MODEL);
    let mut files = Vec::new();
    read(&folder, "", &mut files).with_context(|| folder.display().to_string())?;
    files.sort();
    store.put_model(&StoredModel { name: Model::version(&folder)?, files })?;
    Ok(())
}

fn read(folder: &Path, before: &str, files: &mut Vec<(String, Vec<u8>)>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = format!("{before}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            read(&entry.path(), &format!("{path}/"), files)?;
        } else {
            files.push((path, fs::read(entry.path())?));
        }
    }
    Ok(())
}

/// Which model counts where folder and store have different ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counts {
    /// The folder's, as long as it has one: nobody else writes the store.
    Folders,
    /// The store's: it is that of whoever trained last.
    Stores,
}

/// Brings the store's model into the folder, if the folder has none, or another one that counts less.
pub(crate) fn bring(dir: &Path, store: &mut dyn ServingStore, counts: Counts) -> anyhow::Result<()> {
    let folder = dir.join(MODEL);
    if folder.exists() && counts == Counts::Folders {
        return Ok(());
    }
    let Some(name) = store.model_name()? else { return Ok(()) };
    if Model::version(&folder).is_ok_and(|own| own == name) {
        return Ok(());
    }
    let Some(model) = store.model()? else { return Ok(()) };
    let aside = beside(dir, "new");
    write(&aside, &model).with_context(|| aside.display().to_string())?;
    let before = beside(dir, "before");
    if folder.exists() {
        fs::rename(&folder, &before).with_context(|| before.display().to_string())?;
    }
    fs::rename(&aside, &folder).with_context(|| folder.display().to_string())?;
    // What is left of the model before takes room, and does no harm.
    let _ = fs::remove_dir_all(&before);
    Ok(())
}

/// A hidden folder of this process beside the model's.
fn beside(dir: &Path, what: &str) -> PathBuf {
    dir.join(format!(".{MODEL}-{what}-{}", std::process::id()))
}

fn write(folder: &Path, model: &StoredModel) -> anyhow::Result<()> {
    let _ = fs::remove_dir_all(folder);
    for (path, content) in &model.files {
        if path.split('/').any(|part| part.is_empty() || part == "..") || path.contains('\\') {
            bail!("the store's model has a file that cannot be: {path:?}");
        }
        let file = folder.join(path);
        fs::create_dir_all(file.parent().unwrap_or(folder))?;
        fs::write(&file, content)?;
    }
    Ok(())
}
