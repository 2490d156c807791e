//! Which files are meant: those that were named, and the files of standard names in a folder that was named.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::options::ImportOptions;
use crate::catalog::error::ImportError;
use crate::catalog::formats;

/// Endings that a compression adds to a name.
const ENDINGS: [&str; 4] = ["", ".gz", ".zst", ".zstd"];

/// The files to read, folders replaced by what they hold. None comes twice: its events would count twice, because within
/// one import a repeated row is a repeated event.
pub(super) fn find(options: &ImportOptions) -> Result<Vec<PathBuf>, ImportError> {
    let mut files = Vec::new();
    for path in &options.paths {
        if path.is_dir() { files.extend(find_in_folder(options, path)?) } else { files.push(path.clone()) }
    }
    refuse_repeated(&files)?;
    Ok(files)
}

fn refuse_repeated(files: &[PathBuf]) -> Result<(), ImportError> {
    let mut first_names: HashMap<PathBuf, &PathBuf> = HashMap::new();
    for path in files {
        // What cannot be found is reported when it is opened.
        let Ok(canonical) = path.canonicalize() else { continue };
        if let Some(first) = first_names.insert(canonical, path) {
            return Err(ImportError::RepeatedFile { path: path.clone(), first: first.clone() });
        }
    }
    Ok(())
}

fn find_in_folder(options: &ImportOptions, folder: &Path) -> Result<Vec<PathBuf>, ImportError> {
    let standard_names = formats::layout(options.format, &options.map).standard_names();
    let candidates =
        standard_names.iter().flat_map(|name| ENDINGS.map(|ending| folder.join(format!("{name}{ending}"))));
    let files: Vec<PathBuf> = candidates.filter(|path| path.is_file()).collect();
    if files.is_empty() {
        let (path, format) = (folder.to_owned(), options.format);
        return Err(ImportError::EmptyFolder { path, format, standard_names: standard_names.to_vec() });
    }
    Ok(files)
}
