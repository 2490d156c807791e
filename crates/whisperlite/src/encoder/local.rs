//! Encoders on this machine: where they are kept, and how a name finds its folder.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::EncoderError;
use super::files::io_error;
use super::folder::OPEN_CLIP_CONFIG;

/// An encoder's folder on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LocalEncoder {
    /// Name by which [`resolve`] finds it: `all-MiniLM-L6-v2` or `org/name`.
    pub name: String,
    /// Its folder.
    pub path: PathBuf,
}

/// The folder of local encoders: `$XDG_CACHE_HOME/whisperlite/models`, or below `~/.cache`.
pub fn models_folder() -> Result<PathBuf, EncoderError> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")));
    Ok(cache.ok_or(EncoderError::NoCacheFolder)?.join("whisperlite/models"))
}

/// The folder of an encoder, given its path, its full name, or (of `org/name`) the last part of it.
pub fn resolve(name_or_path: &str) -> Result<PathBuf, EncoderError> {
    let path = Path::new(name_or_path);
    if is_encoder(path) {
        return Ok(path.to_owned());
    }
    let models = models_folder()?;
    let matches = |local: &LocalEncoder| local.name == name_or_path;
    let locals = list_local(&models)?;
    if let Some(local) = locals.iter().find(|local| matches(local)) {
        return Ok(local.path.clone());
    }
    let last_part = |local: &&LocalEncoder| local.name.rsplit('/').next() == Some(name_or_path);
    let candidates: Vec<&LocalEncoder> = locals.iter().filter(last_part).collect();
    match candidates[..] {
        [] => Err(EncoderError::UnknownEncoder { name: name_or_path.to_owned(), models }),
        [only] => Ok(only.path.clone()),
        _ => Err(EncoderError::AmbiguousEncoder {
            name: name_or_path.to_owned(),
            candidates: candidates.iter().map(|local| local.name.clone()).collect(),
        }),
    }
}

/// The encoders in a folder of encoders, as `name` or `org/name`, sorted; none if there is no such folder.
pub fn list_local(models: &Path) -> Result<Vec<LocalEncoder>, EncoderError> {
    let mut found = Vec::new();
    for (name, path) in sub_folders(models)? {
        if is_encoder(&path) {
            found.push(LocalEncoder { name, path });
            continue;
        }
        let members = sub_folders(&path)?.into_iter().filter(|(_, path)| is_encoder(path));
        found.extend(members.map(|(member, path)| LocalEncoder { name: format!("{name}/{member}"), path }));
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// Whether a folder holds an encoder, judged by the files that name its parts.
pub(super) fn is_encoder(path: &Path) -> bool {
    ["config.json", "modules.json", OPEN_CLIP_CONFIG].iter().any(|file| path.join(file).is_file())
}

fn sub_folders(folder: &Path) -> Result<Vec<(String, PathBuf)>, EncoderError> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries: Vec<_> =
        std::fs::read_dir(folder).map_err(io_error(folder))?.collect::<Result<_, _>>().map_err(io_error(folder))?;
    let folders = entries.into_iter().filter(|entry| entry.path().is_dir());
    Ok(folders.map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path())).collect())
}
