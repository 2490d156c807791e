//! Which files are meant: those that were named, and the files of standard names in a folder that was named.

use std::path::{Path, PathBuf};

use super::options::ImportOptions;
use crate::catalog::error::ImportError;
use crate::catalog::formats;

/// Endings that a compression adds to a name.
const ENDINGS: [&str; 4] = ["", ".gz", ".zst", ".zstd"];

/// The files to read, folders replaced by what they hold.
pub(super) fn find(options: &ImportOptions) -> Result<Vec<PathBuf>, ImportError> {
    let mut files = Vec::new();
    for path in &options.paths {
        if path.is_dir() { files.extend(find_in_folder(options, path)?) } else { files.push(path.clone()) }
    }
    Ok(files)
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
