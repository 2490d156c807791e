//! Every real file is read whole, with the counts that its documentation promises.

use whisperlite::catalog::import::{Format, ImportOptions, OnError};
use whisperlite::catalog::{ImportError, RequestSource, RowProblem, TimeKind};

use crate::support::{Folder, real_data};

/// Items, users, events, distinct requests, kind of time.
type Expected = (u64, u64, u64, u64, TimeKind);

fn check_tables(name: &str, expected: Expected) {
    let Some(data) = real_data(name) else { return };
    let folder = Folder::new();
    let import = folder.import(Format::Tables, &[&data.join("items.tsv"), &data.join("events.tsv")]).unwrap();
    let summary = &import.summary;
    let found = (summary.items, summary.users, summary.events, summary.requests, import.info.time_kind);
    assert_eq!(found, expected);
    assert!(summary.files.iter().all(|file| file.dropped.is_empty() && file.rows_read == file.rows_kept));
    let source = if expected.3 > 0 { RequestSource::Column } else { RequestSource::None };
    assert_eq!(import.info.request_source, source);
    assert_eq!(folder.catalog().events.len() as u64, expected.2);
}

#[test]
fn rent_the_runway() {
    check_tables("rent-the-runway", (5_850, 105_571, 192_278, 8, TimeKind::Unix));
}

#[test]
fn amazon_clothing() {
    check_tables("amazon-clothing", (23_033, 39_387, 278_677, 0, TimeKind::Order));
}

#[test]
fn amazon_beauty() {
    check_tables("amazon-beauty", (12_101, 22_363, 198_502, 0, TimeKind::Order));
}

#[test]
fn hetrec_movies() {
    check_tables("hetrec-movies", (10_197, 2_113, 47_957, 9_079, TimeKind::Unix));
}

/// What README and help show of these films must be there for whoever follows them.
#[test]
fn the_films_of_the_documents_exist() {
    let Some(data) = real_data("hetrec-movies") else { return };
    let read = |path: std::path::PathBuf| std::fs::read_to_string(path).unwrap();
    let (items, events) = (read(data.join("items.tsv")), read(data.join("events.tsv")));
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let readme = read(root.join("README.md"));
    for document in [&readme, &read(root.join("crates/whisperlite-cli/tests/it/help.txt"))] {
        let commands = document.lines().filter(|line| line.contains("recommend films"));
        let users: Vec<&str> = commands.filter_map(|line| line.split("--user ").nth(1)?.split(' ').next()).collect();
        assert!(!users.is_empty());
        for user in users {
            let n_events = events.lines().filter(|line| line.split('\t').next() == Some(user)).count();
            assert!(n_events >= 100, "{user} has {n_events} events");
        }
    }
    let shown: Vec<&str> = readme.lines().filter(|line| line.contains('\t')).collect();
    for header in [items.lines().next(), events.lines().next()] {
        assert!(shown.contains(&header.unwrap()), "the README shows other columns than {header:?}");
    }
    let is_copied = |line: &&str| !line.contains("_id") && (items.contains(*line) || events.contains(*line));
    assert_eq!(shown.into_iter().find(is_copied), None, "rows of the data have no place in the project");
}

#[test]
fn yelp() {
    check_tables("yelp", (14_535, 19_845, 202_898, 0, TimeKind::Order));
}

/// 105 restaurants are described, 100 of them were visited.
#[test]
fn zomato() {
    check_tables("zomato", (105, 7_446, 9_962, 9_364, TimeKind::Unix));
}

#[test]
fn fashion_products_and_photos_are_items() {
    for (name, n_items) in [("fashion-products", 9_583), ("clothing-photos-cc0", 5_163)] {
        let Some(data) = real_data(name) else { return };
        let folder = Folder::new();
        let import = folder.import(Format::Tables, &[&data.join("items.csv")]).unwrap();
        assert_eq!((import.summary.items, import.summary.events), (n_items, 0));
    }
}

#[test]
fn the_hm_store_keeps_zeros_and_repeats() {
    let Some(data) = real_data("hm-store") else { return };
    let folder = Folder::new();
    let mut options = ImportOptions::new(Format::Hm, vec![data]);
    options.requests = Some(RequestSource::Attributes { seed: 1 });
    let import = folder.import_with(&options).unwrap();
    assert_eq!((import.summary.items, import.summary.users, import.summary.events), (105_542, 669, 15_593));
    assert_eq!(import.summary.events_with_request, 15_593);
    let catalog = folder.catalog();
    let here = |image: &&str| !image.contains("://");
    assert_eq!(catalog.items.iter().filter_map(|item| item.image.as_deref()).filter(here).count(), 2_628);
    // Of the 11,800 descriptions, seven are empty.
    assert_eq!(catalog.items.iter().filter(|item| !item.text.is_empty()).count(), 11_793);
    let bought: std::collections::HashSet<u32> = catalog.events.iter().map(|event| event.item_idx).collect();
    assert_eq!(bought.len(), 10_132);
    let item = &catalog.items[catalog.item_idx("0493995001").unwrap() as usize];
    assert!(item.category.starts_with("Ladieswear > ") && item.attributes.contains_key("colour"), "{item:?}");
    let again = folder.import_with(&options).unwrap();
    assert_eq!(again.info, import.info);
    assert_eq!(again.summary.files.last().unwrap().dropped["already in the store"], 15_593);
}

#[test]
fn reviews_of_2018_without_metadata_make_items_of_their_ids() {
    let Some(data) = real_data("formats/AMAZON_FASHION_5.json.gz") else { return };
    let folder = Folder::new();
    let mut options = ImportOptions::new(Format::Amazon2018, vec![data]);
    options.requests = Some(RequestSource::ReviewTitle);
    let import = folder.import_with(&options).unwrap();
    assert_eq!((import.summary.items, import.summary.users, import.summary.events), (31, 406, 3_176));
    assert!(import.summary.notes.iter().any(|note| note.contains("ids alone")), "{:?}", import.summary.notes);
    assert_eq!(import.info.request_source, RequestSource::ReviewTitle);
    assert_eq!(folder.import_with(&options).unwrap().summary.events, 3_176);
}

#[test]
fn movielens_has_ratings_and_tags() {
    let Some(data) = real_data("formats/ml-latest-small") else { return };
    let folder = Folder::new();
    let mut options = ImportOptions::new(Format::Movielens, vec![data]);
    let import = folder.import_with(&options).unwrap();
    assert_eq!((import.summary.items, import.summary.users, import.summary.events), (9_742, 610, 100_836 + 3_683));
    assert_eq!((import.summary.requests, import.summary.events_with_request), (1_589, 3_683));
    assert!(import.summary.files.iter().any(|file| file.kind == "ignored" && file.path.ends_with("links.csv")));

    let liked = Folder::new();
    options.min_value = Some(4.0);
    let import = liked.import_with(&options).unwrap();
    assert_eq!(import.summary.events, 48_580 + 3_683);
}

#[test]
fn a_file_of_reviews_is_no_file_of_items_but_may_be_read_as_one() {
    let Some(data) = real_data("formats/womens-clothing-reviews.csv") else { return };
    let folder = Folder::new();
    let mut options = ImportOptions::new(Format::Tables, vec![data]);
    assert!(matches!(folder.import_with(&options), Err(ImportError::WrongFormat { .. })));
    options.map.add("item_id=Clothing ID").unwrap();
    options.map.add("category=Class Name").unwrap();
    let error = folder.import_with(&options).unwrap_err();
    let ImportError::Row(row) = &error else { panic!("{error}") };
    assert!(matches!(row.problem, RowProblem::DuplicateItem { .. }), "{error}");
    options.on_error = OnError::Skip;
    let import = folder.import_with(&options).unwrap();
    assert_eq!(import.summary.items, 1_206);
    assert_eq!(import.summary.files[0].dropped["duplicate item id"], 23_486 - 1_206);
}
