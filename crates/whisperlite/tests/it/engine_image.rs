//! An engine that is read from its image answers as the one that was written, and what is not whole is not read.

use std::path::{Path, PathBuf};

use tempfile::TempDir;
use whisperlite::catalog::EventType;
use whisperlite::catalog::filter::Filter;
use whisperlite::recommender::{
    Depth, Engine, EngineImage, IMAGE_FILE, ImageAbout, ImageError, Order, Question, Reasons, SeenItems, Share,
};
use whisperlite::signals::HistoryEntry;

use crate::live_items::{SHOP, WordSums, engine, item};

fn about() -> ImageAbout {
    ImageAbout {
        model_version: "model".to_owned(),
        encoder: "word-sums".to_owned(),
        sequence: 17,
        mark: "store event 17".to_owned(),
        n_events: 400,
        made_in_secs: 0.25,
    }
}

/// A folder with the image of an engine.
fn written() -> (TempDir, PathBuf, Engine) {
    let home = tempfile::tempdir().unwrap();
    let engine = engine();
    engine.save_image(home.path(), &about()).unwrap();
    let path = home.path().join(IMAGE_FILE);
    (home, path, engine)
}

fn open(dir: &Path) -> Result<EngineImage, ImageError> {
    Ok(EngineImage::open(dir)?.expect("there is an image"))
}

fn load(dir: &Path) -> Result<Engine, ImageError> {
    open(dir)?.load(Box::new(WordSums))
}

/// Questions of every kind.
fn questions() -> Vec<Question> {
    let (catalog, _) = &*SHOP;
    let ask = |request: &str| Question { request: request.to_owned(), limit: 20, ..Question::default() };
    let somebody = || Some(catalog.user_ids[3].clone());
    let facets = || vec!["category".to_owned(), "price".to_owned()];
    let mut questions = vec![
        Question { reasons: Reasons::With, facets: facets(), ..ask("red dress") },
        Question { filter: Some(Filter::parse("price < 60").unwrap()), facets: facets(), ..ask("warm coat") },
        Question { user_id: somebody(), reasons: Reasons::With, ..ask("") },
        Question { like: vec![catalog.items[7].item_id.clone()], ..ask("") },
        Question { like: vec![catalog.items[7].item_id.clone()], ..ask("in black") },
        Question { user_id: somebody(), personalization: "0.5".parse().unwrap(), ..ask("shoes") },
        Question { order: Order::Diverse("0.4".parse().unwrap()), ..ask("shoes") },
        Question { order: Order::PriceAscending, seen: SeenItems::Allowed, ..ask("") },
        Question { history: vec![catalog.items[1].item_id.clone()], personalization: Share::ALL, ..ask("bag") },
    ];
    for user_id in &catalog.user_ids {
        questions.push(Question { user_id: Some(user_id.clone()), reasons: Reasons::With, ..ask("something for me") });
    }
    for request in &catalog.requests {
        questions.push(Question { user_id: somebody(), ..ask(request) });
    }
    questions
}

/// All answers as they are told.
fn answers(engine: &Engine) -> Vec<String> {
    let answer = |question: &Question| serde_json::to_string(&engine.recommend(question).unwrap()).unwrap();
    questions().iter().map(answer).collect()
}

#[test]
fn what_is_read_answers_byte_for_byte_as_what_was_written() {
    let (home, _, made) = written();
    assert_eq!(open(home.path()).unwrap().about(), &about());
    let read = load(home.path()).unwrap();
    let expected = answers(&made);
    assert!(expected.iter().any(|answer| answer.contains("past_items\":[{")), "some answers have reasons");
    assert_eq!(answers(&read), expected);
    assert_eq!((read.activity(), read.histories()), (made.activity(), made.histories()));
    assert_eq!((read.known_fields(), &read.catalog().items), (made.known_fields(), &SHOP.0.items));
    // And they go on alike.
    for engine in [&made, &read] {
        engine.put_items(vec![item("new-1", "red velvet dress", 12.5)], Path::new(".")).unwrap();
        let changed = item(&SHOP.0.items[5].item_id, "a dress in red", 1.0);
        engine.put_items(vec![changed], Path::new(".")).unwrap();
        engine.remove_items([SHOP.0.items[9].item_id.as_str()]);
        let item_idx = engine.item_idx("new-1").unwrap();
        let entry =
            HistoryEntry { item_idx, request_idx: Some(0), event_type: EventType::Click, timestamp: i64::MAX / 4 };
        engine.record(&SHOP.0.user_ids[3], entry);
    }
    let after = answers(&made);
    assert_ne!(after, expected);
    assert_eq!(answers(&read), after);
    // What an engine was told is not part of its image.
    made.save_image(home.path(), &about()).unwrap();
    assert_eq!(answers(&load(home.path()).unwrap()), expected);
}

/// Of a large catalogue the codes by which candidates are found are part of the image.
#[test]
fn an_engine_that_answers_from_candidates_is_read_as_one() {
    let home = tempfile::tempdir().unwrap();
    let made = engine().with_depth(Depth::Candidates(12));
    made.save_image(home.path(), &about()).unwrap();
    let expected = answers(&made);
    assert_ne!(expected, answers(&engine()), "so few candidates make a difference");
    assert_eq!(answers(&load(home.path()).unwrap()), expected);
}

#[test]
fn a_damaged_or_short_image_is_refused_wherever_it_is_damaged() {
    let (home, path, _) = written();
    let whole = std::fs::read(&path).unwrap();
    for place in (0..whole.len()).step_by(whole.len() / 211) {
        let mut damaged = whole.clone();
        damaged[place] ^= 0x44;
        std::fs::write(&path, damaged).unwrap();
        assert!(load(home.path()).is_err(), "byte {place} was another one");
    }
    for n_bytes in (0..whole.len()).step_by(whole.len() / 53) {
        std::fs::write(&path, &whole[..n_bytes]).unwrap();
        assert!(load(home.path()).is_err(), "{n_bytes} bytes were left");
    }
    std::fs::write(&path, whole).unwrap();
    load(home.path()).unwrap();
}

#[test]
fn what_cannot_be_written_leaves_what_is_there() {
    let (home, path, engine) = written();
    let before = std::fs::read(&path).unwrap();
    let lock = std::fs::File::create(path.with_file_name("lock")).unwrap();
    lock.lock().unwrap();
    assert!(matches!(engine.save_image(home.path(), &about()), Err(ImageError::Busy)));
    drop(lock);
    assert_eq!(std::fs::read(&path).unwrap(), before);
    // What a killed writer left goes with the next one.
    let left = path.with_file_name(".tmp-left");
    std::fs::write(&left, "half").unwrap();
    engine.save_image(home.path(), &about()).unwrap();
    assert!(!left.exists());
    assert_eq!(std::fs::read(&path).unwrap(), before, "the same engine, the same bytes");
    std::fs::remove_file(&path).unwrap();
    assert!(EngineImage::open(home.path()).unwrap().is_none());
}
