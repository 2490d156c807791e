//! Where the picture of an item lies, from what its row says and from what a folder of pictures holds.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::catalog::error::ImportError;
use crate::catalog::types::Item;

/// File names of pictures end like this.
const ENDINGS: [&str; 5] = ["jpg", "jpeg", "png", "webp", "gif"];
/// Folders within the folder of pictures that are looked into: shops put them apart by the first digits of their ids.
const MAX_DEPTH: usize = 2;

/// The pictures of an import.
#[derive(Debug, Default)]
pub(super) struct Pictures {
    /// The folder that was named, if one was.
    folder: Option<PathBuf>,
    /// File name without its ending → file.
    by_name: HashMap<String, PathBuf>,
}

impl Pictures {
    /// Lists the pictures in a folder and the folders in it.
    pub(super) fn in_folder(folder: &Path) -> Result<Self, ImportError> {
        let mut by_name = HashMap::new();
        list(folder, MAX_DEPTH, &mut by_name)?;
        Ok(Self { folder: Some(folder.to_owned()), by_name })
    }

    /// The picture of an item whose row stands in `file`: a path holds from the folder of pictures, else from the file's own;
    /// without a path, it is the picture that is called like the item, and without one, the address that the row gives.
    pub(super) fn of(&self, item: &Item, file: &Path) -> Option<String> {
        let stated = item.image.as_deref().map(str::trim).filter(|image| !image.is_empty());
        let (address, name) = match stated {
            Some(image) if is_address(image) => (Some(image), None),
            name => (None, name),
        };
        let in_folder = |name: &str| self.folder.as_ref().map(|folder| folder.join(name)).filter(|path| path.exists());
        let path = match name {
            Some(name) => Some(in_folder(name).unwrap_or_else(|| file.with_file_name(name))),
            None => self.by_name.get(&item.item_id).cloned(),
        };
        let absolute = path.map(|path| std::path::absolute(&path).unwrap_or(path));
        absolute.map(|path| path.to_string_lossy().into_owned()).or(address.map(str::to_owned))
    }
}

/// Whether a picture lies somewhere in the net, or in the very text.
fn is_address(image: &str) -> bool {
    image.contains("://") || image.starts_with("data:")
}

fn list(folder: &Path, depth: usize, found: &mut HashMap<String, PathBuf>) -> Result<(), ImportError> {
    let failed = |source| ImportError::Open { path: folder.to_owned(), source };
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() && depth > 0 {
            list(&path, depth - 1, found)?;
        } else if let Some(name) = picture_name(&path) {
            found.insert(name, path);
        }
    }
    Ok(())
}

fn picture_name(path: &Path) -> Option<String> {
    let ending = path.extension()?.to_str()?.to_lowercase();
    let name = path.file_stem()?.to_str()?;
    ENDINGS.contains(&ending.as_str()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(item_id: &str, image: Option<&str>) -> Item {
        Item { item_id: item_id.to_owned(), image: image.map(str::to_owned), ..Item::default() }
    }

    #[test]
    fn a_picture_is_found_by_its_path_and_else_by_the_items_id() {
        let folder = tempfile::tempdir().unwrap();
        let images = folder.path().join("images");
        for name in ["010/0101.jpg", "b.PNG", "notes.txt"] {
            let path = images.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, b"x").unwrap();
        }
        let pictures = Pictures::in_folder(&images).unwrap();
        let file = folder.path().join("items.csv");
        let at = |path: PathBuf| Some(path.to_string_lossy().into_owned());
        assert_eq!(pictures.of(&item("0101", None), &file), at(images.join("010/0101.jpg")));
        assert_eq!(pictures.of(&item("b", Some(" ")), &file), at(images.join("b.PNG")));
        assert_eq!(pictures.of(&item("notes", None), &file), None);
        assert_eq!(pictures.of(&item("x", Some("b.PNG")), &file), at(images.join("b.PNG")));
        assert_eq!(pictures.of(&item("x", Some("else.png")), &file), at(folder.path().join("else.png")));
        let address = "https://shop.example/x.jpg";
        assert_eq!(pictures.of(&item("x", Some(address)), &file).as_deref(), Some(address));
        assert_eq!(pictures.of(&item("b", Some(address)), &file), at(images.join("b.PNG")), "what is here comes first");
        assert_eq!(Pictures::default().of(&item("b", None), &file), None);
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        let error = Pictures::in_folder(Path::new("no/such/folder")).unwrap_err();
        assert!(matches!(&error, ImportError::Open { path, .. } if path == Path::new("no/such/folder")), "{error}");
    }
}
