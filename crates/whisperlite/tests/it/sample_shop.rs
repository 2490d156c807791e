//! The sample shop of the quick start: the same seed gives the same bytes, and nothing of it is dropped on import.

use whisperlite::catalog::import::Format;

use crate::support::Folder;

#[path = "../../examples/sample_store/shop.rs"]
mod shop;
#[path = "../../examples/sample_store/vocabulary.rs"]
mod vocabulary;

use shop::{Shop, Size};

const NAMES: [&str; 2] = ["items.csv", "events.csv"];

fn bytes(seed: u64) -> [Vec<u8>; 2] {
    let folder = Folder::new();
    Shop::new(seed, &Size { n_items: 80, n_users: 20, n_events: 300 }).write(folder.path()).unwrap();
    NAMES.map(|name| std::fs::read(folder.path().join(name)).unwrap())
}

/// Writes the files of a shop that is large enough to train on.
pub(crate) fn small_shop(folder: &std::path::Path) {
    Shop::new(3, &Size { n_items: 120, n_users: 40, n_events: 900 }).write(folder).unwrap();
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    assert_eq!(bytes(7), bytes(7));
    assert_ne!(bytes(7)[0], bytes(8)[0]);
    assert_ne!(bytes(7)[1], bytes(8)[1]);
}

#[test]
fn it_is_imported_without_a_drop() {
    let folder = Folder::new();
    let shop = Shop::new(1, &Size::QUICK_START);
    shop.write(folder.path()).unwrap();
    let files = NAMES.map(|name| folder.path().join(name));
    let import = folder.import(Format::Tables, &[&files[0], &files[1]]).unwrap();
    for file in &import.summary.files {
        assert_eq!((file.rows_kept, file.dropped.len()), (file.rows_read, 0), "{}", file.path.display());
    }
    let catalog = folder.catalog();
    assert_eq!((catalog.n_items(), catalog.events.len()), (shop.n_items(), shop.n_events()));
    assert_eq!(catalog.n_users(), shop.n_users(), "everybody came at least once");
    assert!(catalog.requests.len() > 300, "{} distinct requests", catalog.requests.len());
    assert!(catalog.items.iter().all(|item| &item.attributes["source"] == "synthetic sample"));
    assert!(catalog.user_ids.iter().all(|user_id| user_id.starts_with("synthetic-")));
}

/// What people buy depends on who they are: a person's most frequent style has far more than a sixth of the purchases.
#[test]
fn people_have_tastes() {
    let folder = Folder::new();
    Shop::new(1, &Size::QUICK_START).write(folder.path()).unwrap();
    let files = NAMES.map(|name| folder.path().join(name));
    folder.import(Format::Tables, &[&files[0], &files[1]]).unwrap();
    let catalog = folder.catalog();
    let mut counts = vec![[0usize; vocabulary::STYLES.len()]; catalog.n_users()];
    for event in &catalog.events {
        let text = &catalog.items[event.item_idx as usize].text;
        let style =
            vocabulary::STYLES.iter().position(|style| text.starts_with(&format!("This {} ", style.name))).unwrap();
        counts[event.user_idx as usize][style] += 1;
    }
    let favourite: usize = counts.iter().map(|styles| styles.iter().max().unwrap()).sum();
    let share = favourite as f64 / catalog.events.len() as f64;
    assert!(share > 0.5, "favourite styles have {share:.2} of the purchases");
}
