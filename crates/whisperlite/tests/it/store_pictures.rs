//! From pictures beside a file of items to vectors of a store.

use std::path::Path;

use whisperlite::catalog::Catalog;
use whisperlite::catalog::import::{Format, ImportOptions};
use whisperlite::encoder::{
    self, CatalogMatrices, EmbedSummary, EmbeddedPictures, Embeddings, EncoderError, catalog_matrices, embed_catalog,
};
use whisperlite::progress::Silent;

use crate::clip::fixture;
use crate::support::Folder;

/// Words only, a picture only, both, a broken picture, and one that lies in the net.
const ITEMS: &str = "item_id,title,image\n\
    words,red dress,\n\
    seen,,pictures/a.png\n\
    both,blue shoes,pictures/b.png\n\
    broken,green hat,pictures/broken.png\n\
    far,grey scarf,https://shop.example/far.jpg\n";

fn shop() -> Folder {
    let folder = Folder::new();
    let pictures = folder.path().join("pictures");
    std::fs::create_dir(&pictures).unwrap();
    for (name, picture) in [("a.png", "gray.png"), ("b.png", "animated.png")] {
        std::fs::copy(fixture("pictures").join(picture), pictures.join(name)).unwrap();
    }
    std::fs::write(pictures.join("broken.png"), b"\x89PNG\r\n\x1a\nno more").unwrap();
    folder
}

fn imported(folder: &Folder) -> Catalog {
    let items = folder.file("items.csv", ITEMS);
    let import = folder.import(Format::Tables, &[&items]).unwrap();
    assert_eq!((import.summary.items, import.summary.items_with_picture), (5, 4));
    folder.catalog()
}

fn embed(catalog: &Catalog, store: &Path, encoder: &Path) -> EmbedSummary {
    embed_catalog(catalog, store, &*encoder::open(encoder).unwrap(), &Silent).unwrap()
}

fn matrices(catalog: &Catalog, store: &Path) -> Result<CatalogMatrices, EncoderError> {
    let encoder = encoder::open(&fixture("clip")).unwrap();
    catalog_matrices(catalog, &Embeddings::open(store, &*encoder).unwrap())
}

#[test]
fn items_may_have_words_a_picture_or_both() {
    let folder = shop();
    let catalog = imported(&folder);
    let summary = embed(&catalog, &folder.store(), &fixture("clip"));
    assert_eq!((summary.texts.n_texts, summary.n_addresses, summary.n_unseen_pictures), (4, 1, 0));
    let pictures = summary.pictures.expect("the encoder has eyes");
    assert_eq!((pictures.n_pictures, pictures.n_embedded, pictures.n_failed), (3, 2, 1));
    assert!(pictures.failures[0].contains("broken.png"), "{:?}", pictures.failures);

    let CatalogMatrices { texts, pictures, .. } = matrices(&catalog, &folder.store()).unwrap();
    let pictures = pictures.expect("two items have a picture");
    let has = |matrix: &[f32], item_id: &str| {
        let d = matrix.len() / catalog.n_items();
        let row = &matrix[catalog.item_idx(item_id).unwrap() as usize * d..][..d];
        row.iter().any(|value| *value != 0.0)
    };
    let found = ["words", "seen", "both", "broken", "far"].map(|id| (has(&texts, id), has(&pictures, id)));
    assert_eq!(found, [(true, false), (false, true), (true, true), (true, false), (true, false)]);

    let again = embed(&catalog, &folder.store(), &fixture("clip"));
    let expected = EmbeddedPictures { n_embedded: 0, n_cached: 2, ..summary_of(&again) };
    assert_eq!(again.pictures, Some(expected));
}

fn summary_of(summary: &EmbedSummary) -> EmbeddedPictures {
    summary.pictures.clone().unwrap_or_default()
}

#[test]
fn an_encoder_without_eyes_says_how_much_it_leaves_out() {
    let folder = shop();
    let catalog = imported(&folder);
    let summary = embed(&catalog, &folder.store(), &crate::encoder::fixture("mean-normalized"));
    assert_eq!((summary.pictures, summary.n_unseen_pictures), (None, 3));
}

#[test]
fn a_picture_that_came_later_has_to_be_embedded_first() {
    let folder = shop();
    let catalog = imported(&folder);
    embed(&catalog, &folder.store(), &fixture("clip"));
    std::fs::copy(fixture("pictures").join("gray.jpg"), folder.path().join("pictures/c.jpg")).unwrap();
    let more = folder.file("more.csv", "item_id,title,image\nnew,blue shoes,pictures/c.jpg\n");
    folder.import(Format::Tables, &[&more]).unwrap();
    let error = matrices(&folder.catalog(), &folder.store()).unwrap_err();
    assert!(matches!(&error, EncoderError::NotCached { what, .. } if what.ends_with("c.jpg")), "{error}");
    let summary = embed(&folder.catalog(), &folder.store(), &fixture("clip"));
    assert_eq!(summary_of(&summary).n_embedded, 1);
    assert!(matrices(&folder.catalog(), &folder.store()).is_ok());
}

#[test]
fn pictures_inside_of_the_store_move_with_it() {
    let folder = shop();
    let inside = folder.store().join("drawn");
    std::fs::create_dir_all(&inside).unwrap();
    std::fs::rename(folder.path().join("pictures"), inside.join("images")).unwrap();
    std::fs::write(inside.join("items.csv"), "item_id,title\na,hat\nb,scarf\nc,no picture\n").unwrap();
    let import = folder.import(Format::Tables, &[&inside.join("items.csv")]).unwrap();
    assert_eq!(import.summary.items_with_picture, 2, "the folder `images` beside the file is found");
    let image = folder.catalog().items[0].image.clone().unwrap();
    assert_eq!(Path::new(&image), Path::new("drawn/images/a.png"));

    let moved = folder.path().join("moved");
    std::fs::rename(folder.store(), &moved).unwrap();
    let summary = embed(&folder_catalog(&moved), &moved, &fixture("clip"));
    assert_eq!((summary_of(&summary).n_embedded, summary_of(&summary).n_failed), (2, 0));
}

fn folder_catalog(dir: &Path) -> Catalog {
    whisperlite::store::Store::open(dir).unwrap().catalog().unwrap()
}

#[test]
fn a_folder_of_pictures_can_be_named() {
    let folder = shop();
    let items = folder.file("items.csv", "item_id,title\na,hat\nb,scarf\n");
    let mut options = ImportOptions::new(Format::Tables, vec![items]);
    options.images = Some(folder.path().join("pictures"));
    assert_eq!(folder.import_with(&options).unwrap().summary.items_with_picture, 2);
    options.images = Some(folder.path().join("nowhere"));
    let error = folder.import_with(&options).unwrap_err();
    assert!(error.to_string().contains("nowhere"), "{error}");
    assert_eq!(folder.catalog().n_items(), 2, "a failed import leaves the store as it was");
}
