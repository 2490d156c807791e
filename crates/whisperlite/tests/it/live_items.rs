//! Items that come, change and go while an engine answers.

use std::path::Path;
use std::sync::LazyLock;

use whisperlite::catalog::filter::Filter;
use whisperlite::catalog::split::Visible;
use whisperlite::catalog::{Catalog, EventType, Item};
use whisperlite::encoder::{Encoder, EncoderError};
use whisperlite::model::{Ask, LiveItems, Memory, Model, NewItem, Person, Scorer, World};
use whisperlite::recommender::{Answer, Engine, EngineParts, Note, Question, RecommendError};
use whisperlite::signals::{Histories, HistoryEntry};

use crate::trained_shop::{DIM, catalog, embed, quick_config, trained, vectors};

/// The words' sums that the shop's vectors are.
pub(crate) struct WordSums;

impl Encoder for WordSums {
    fn name(&self) -> &str {
        "word-sums"
    }

    fn dim(&self) -> usize {
        DIM
    }

    fn fingerprint(&self) -> &str {
        "word-sums"
    }

    fn embed_texts(&self, texts: &[&str]) -> Result<Vec<f32>, EncoderError> {
        Ok(texts.iter().flat_map(|text| embed(text)).collect())
    }
}

pub(crate) static SHOP: LazyLock<(Catalog, Model)> = LazyLock::new(|| {
    let catalog = catalog();
    let vectors = vectors(&catalog);
    let world = World::new(&catalog, &vectors).unwrap();
    let model = trained(&world, &quick_config(), None).unwrap().model;
    (catalog.clone(), model)
});

pub(crate) fn engine() -> Engine {
    let (catalog, model) = &*SHOP;
    let (vectors, encoder) = (vectors(catalog), Box::new(WordSums));
    Engine::new(EngineParts { catalog: catalog.clone(), vectors, model: model.clone(), encoder }).unwrap()
}

pub(crate) fn put(engine: &Engine, items: impl IntoIterator<Item = Item>) {
    let unseen = engine.put_items(items.into_iter().collect(), Path::new(".")).unwrap();
    assert!(unseen.is_empty());
}

fn ask(engine: &Engine, request: &str) -> Answer {
    engine.recommend(&question(request)).unwrap()
}

pub(crate) fn question(request: &str) -> Question {
    Question { request: request.to_owned(), limit: 10, ..Question::default() }
}

fn ids(answer: &Answer) -> Vec<&str> {
    answer.hits.iter().map(|hit| hit.item_id.as_str()).collect()
}

pub(crate) fn item(item_id: &str, title: &str, price: f64) -> Item {
    Item { item_id: item_id.to_owned(), title: title.to_owned(), price: Some(price), ..Item::default() }
}

/// What a user bought, and of whom anybody knows most.
pub(crate) fn busiest(catalog: &Catalog) -> (u32, Vec<HistoryEntry>) {
    let everything = Visible::everything(catalog);
    let histories = Histories::build(catalog, &everything.events);
    let user = (0..catalog.n_users() as u32).max_by_key(|&user| histories.of(user).len()).unwrap();
    (user, histories.of(user).to_vec())
}

/// Every feature of an item beside itself: what is copied, what is computed anew, and what a history of it says.
#[test]
fn an_item_that_takes_its_own_place_scores_as_before() {
    let (catalog, model) = &*SHOP;
    let vectors = vectors(catalog);
    let world = World::new(catalog, &vectors).unwrap();
    let everything = Visible::everything(catalog);
    let memory = Memory::new(&world, &everything);
    let scorer = Scorer::new(model, &memory);
    let (user_idx, history) = busiest(catalog);
    let n_items = catalog.n_items();
    let mut live = LiveItems::default();
    for (item_idx, item) in (0u32..).zip(&catalog.items) {
        let (document, text) = (item.document(), embed(&item.document()));
        let new = NewItem { document: &document, text: Some(&text), picture: None, earlier: Some(item_idx) };
        live.push(scorer.live_item(&new).unwrap());
    }
    let moment = everything.now;
    let person = Person { user_idx: Some(user_idx), history: history.clone(), moment };
    let words = |request: u32| Some(world.known(request));
    let in_live = |entry: &HistoryEntry| HistoryEntry { item_idx: entry.item_idx + n_items as u32, ..*entry };
    let person_of_live = Person { history: history.iter().map(in_live).collect(), ..person.clone() };
    for (asked, same) in [
        (Ask { words: words(0), person: Person::default() }, Ask { words: words(0), person: Person::default() }),
        (Ask { words: words(5), person: person.clone() }, Ask { words: words(5), person: person_of_live.clone() }),
        (Ask { words: None, person }, Ask { words: None, person: person_of_live }),
        (Ask::default(), Ask::default()),
    ] {
        let mut plain = vec![0.0; n_items];
        scorer.score(std::slice::from_ref(&asked), &mut plain);
        let spread = plain.iter().fold(0.0f32, |spread, score| spread.max((score - plain[0]).abs()));
        assert!(spread > 1e-4, "the scores say something");
        let mut both = vec![0.0; 2 * n_items];
        scorer.score_with(&[same], &live, &mut both);
        // Readings are fused by their spread over all columns, which is the same over twice the same items.
        for (column, (score, expected)) in both.iter().zip(plain.iter().cycle()).enumerate() {
            assert!((score - expected).abs() < 1e-3 * spread + 1e-5, "column {column}: {score}, not {expected}");
        }
    }
}

#[test]
fn a_new_item_is_found_by_its_words_from_the_next_answer_on() {
    let engine = engine();
    let n_items = engine.n_items();
    assert!(!ids(&ask(&engine, "velvet jacket")).contains(&"new-1"));
    put(&engine, [item("new-1", "velvet jacket", 12.5), item("new-2", "linen scarf", 3.0)]);
    assert_eq!(ids(&ask(&engine, "velvet jacket"))[0], "new-1");
    assert_eq!((engine.n_items(), engine.item("new-2").unwrap().price), (n_items + 2, Some(3.0)));
    let like = Question { like: vec!["new-1".to_owned()], ..question("") };
    assert!(!ids(&engine.recommend(&like).unwrap()).contains(&"new-1"), "what an answer is like is not in it");
    let explained = Question { reasons: whisperlite::recommender::Reasons::With, ..question("velvet jacket") };
    let hit = &engine.recommend(&explained).unwrap().hits[0];
    let why = hit.explanation.as_ref().unwrap();
    assert!((why.popularity + why.words + why.taste - hit.score).abs() < 1e-4);
}

#[test]
fn what_somebody_does_with_a_new_item_counts_at_once() {
    let engine = engine();
    put(&engine, [item("new-1", "velvet jacket", 12.5), item("new-2", "velvet jacket with buttons", 13.0)]);
    let somebody = Question { user_id: Some("somebody".to_owned()), ..question("") };
    let before = engine.recommend(&somebody).unwrap();
    assert!(before.notes.contains(&Note::Popular));
    let item_idx = engine.item_idx("new-1").unwrap();
    let entry = HistoryEntry { item_idx, request_idx: None, event_type: EventType::Purchase, timestamp: i64::MAX / 2 };
    engine.record("somebody", entry);
    let after = engine.recommend(&somebody).unwrap();
    assert!(after.notes.is_empty(), "{:?}", after.notes);
    assert!(!ids(&after).contains(&"new-1"), "what was touched is not recommended again");
    assert_ne!(ids(&before), ids(&after));
}

#[test]
fn another_price_keeps_the_score_and_other_words_change_it() {
    let engine = engine();
    let before = ask(&engine, "red dress");
    let (first, second) = (before.hits[0].clone(), before.hits[1].clone());
    let cheaper = Item { price: Some(0.01), ..engine.item(&first.item_id).unwrap() };
    put(&engine, [cheaper]);
    let after = ask(&engine, "red dress");
    assert_eq!(after, before);
    let cheap = Question { filter: Some(Filter::parse("price < 0.02").unwrap()), ..question("red dress") };
    assert_eq!(ids(&engine.recommend(&cheap).unwrap()), [first.item_id.as_str()]);
    let id = second.item_id.as_str();
    put(&engine, [item(id, "velvet tent", 5.0), item(id, "velvet jacket of another world", 5.0)]);
    let hits = ask(&engine, "velvet jacket of another world").hits;
    let found: Vec<_> = hits.iter().filter(|hit| hit.item_id == id).collect();
    assert_eq!(found.len(), 1, "one item, not its past as well");
    assert_eq!(found[0].title, "velvet jacket of another world");
    assert_eq!(engine.n_items(), SHOP.0.n_items());
}

#[test]
fn what_was_bought_stays_bought_when_its_words_change() {
    let engine = engine();
    let (user_idx, history) = busiest(&SHOP.0);
    let bought = SHOP.0.items[history[0].item_idx as usize].item_id.clone();
    put(&engine, [item(&bought, "velvet jacket", 5.0)]);
    let user_id = Some(SHOP.0.user_ids[user_idx as usize].clone());
    let answer = engine.recommend(&Question { user_id, ..question("velvet jacket") }).unwrap();
    assert!(!ids(&answer).contains(&bought.as_str()));
    assert!(ids(&ask(&engine, "velvet jacket")).contains(&bought.as_str()), "others find it");
}

#[test]
fn a_removed_item_is_gone_until_it_is_put_in_again() {
    let engine = engine();
    let first = ask(&engine, "red dress").hits[0].item_id.clone();
    let was = engine.item(&first).unwrap();
    engine.remove_items([first.as_str(), "never-there"]);
    assert!(!ids(&ask(&engine, "red dress")).contains(&first.as_str()));
    assert_eq!((engine.item(&first), engine.item_idx(&first)), (None, None));
    let like = Question { like: vec![first.clone()], ..question("") };
    assert!(matches!(engine.recommend(&like), Err(RecommendError::UnknownItem { .. })));
    put(&engine, [was.clone()]);
    assert_eq!((&ask(&engine, "red dress").hits[0].item_id, engine.item(&first)), (&first, Some(was)));
    let everything: Vec<String> = SHOP.0.items.iter().map(|item| item.item_id.clone()).collect();
    engine.remove_items(everything.iter().map(String::as_str));
    assert_eq!(ask(&engine, "red dress").notes, [Note::NothingMatches]);
}
