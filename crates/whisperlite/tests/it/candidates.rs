//! Answers from candidates beside answers from all items.

use whisperlite::catalog::split::Visible;
use whisperlite::item_set::ItemSet;
use whisperlite::model::{Ask, Fusion, LiveItems, Memory, NewItem, Person, Retriever, Scorer, World};
use whisperlite::recommender::{Answer, Depth, Order, Question, Reasons, Share};

use crate::live_items::{SHOP, busiest, engine, item, put, question};
use crate::trained_shop::{embed, vectors};

/// Scores less their first, which is what rankings are made of.
fn less_first(scores: &[f32]) -> Vec<f32> {
    scores.iter().map(|score| score - scores[0]).collect()
}

fn assert_near(found: &[f32], expected: &[f32], what: &str) {
    let spread = expected.iter().fold(0.0f32, |spread, score| spread.max(score.abs()));
    assert!(spread > 1e-4, "{what}: the scores say something");
    assert_eq!(found.len(), expected.len());
    for (column, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!((found - expected).abs() < 1e-4 * spread + 1e-5, "{what}, column {column}: {found}, not {expected}");
    }
}

/// The features, the towers, the mixer and the fusion, computed for some columns alone, beside the tensors of all.
#[test]
fn columns_score_alone_as_they_do_among_all() {
    let (catalog, model) = &*SHOP;
    let mut model = model.clone();
    let vectors = vectors(catalog);
    let world = World::new(catalog, &vectors).unwrap();
    let everything = Visible::everything(catalog);
    let memory = Memory::new(&world, &everything);
    let (user_idx, history) = busiest(catalog);
    let person = Person { user_idx: Some(user_idx), history, moment: everything.now };
    let n_items = catalog.n_items();
    let columns: Vec<u32> = (0..n_items as u32).collect();
    for fusion in [Fusion::JOINT, Fusion { joint: 0.5, search: 0.3, recommendation: 0.2 }] {
        model.fusion = fusion;
        let scorer = Scorer::new(&model, &memory);
        let retriever = Retriever::new(&scorer);
        for (words, person) in [
            (Some(world.known(5)), person.clone()),
            (Some(world.known(0)), Person::default()),
            (None, person.clone()),
            (None, Person::default()),
        ] {
            let (ask, live) = (Ask { words, person }, LiveItems::default());
            let mut all = vec![0.0; n_items];
            scorer.score(std::slice::from_ref(&ask), &mut all);
            let found = retriever.read(ask, &live).fused(1.0).scores(&columns);
            assert_near(&less_first(&found), &less_first(&all), "all of a question");
            let mean = found.iter().sum::<f32>() / n_items as f32;
            assert!(mean.abs() < 1e-3, "a score is above the store's average: {mean}");
        }
    }
}

#[test]
fn items_that_came_since_score_alone_as_they_do_among_all() {
    let (catalog, model) = &*SHOP;
    let vectors = vectors(catalog);
    let world = World::new(catalog, &vectors).unwrap();
    let everything = Visible::everything(catalog);
    let memory = Memory::new(&world, &everything);
    let model = whisperlite::model::Model { fusion: Fusion::JOINT, ..model.clone() };
    let scorer = Scorer::new(&model, &memory);
    let retriever = Retriever::new(&scorer);
    let mut live = LiveItems::default();
    for (number, document) in ["velvet jacket", "linen scarf", "red dress"].into_iter().enumerate() {
        let text = embed(document);
        let earlier = (number == 1).then_some(3);
        live.push(scorer.live_item(&NewItem { document, text: Some(&text), picture: None, earlier }).unwrap());
    }
    let (user_idx, history) = busiest(catalog);
    let ask = Ask {
        words: Some(world.known(5)),
        person: Person { user_idx: Some(user_idx), history, moment: everything.now },
    };
    let n_columns = catalog.n_items() + live.len();
    let mut all = vec![0.0; n_columns];
    scorer.score_with(std::slice::from_ref(&ask), &live, &mut all);
    let columns: Vec<u32> = (0..n_columns as u32).collect();
    let retrieval = retriever.read(ask, &live);
    let blend = retrieval.fused(1.0);
    assert_near(&less_first(&blend.scores(&columns)), &less_first(&all), "live items");
    let allowed: ItemSet = columns.iter().copied().skip(2).collect();
    let candidates = blend.candidates(&allowed, 10).unwrap();
    assert!(candidates.is_sorted() && candidates.iter().all(|&column| allowed.contains(column)));
    assert!(candidates.ends_with(&columns[n_columns - 3..]), "so few that came since are all looked at");
}

fn ids(answer: &Answer) -> Vec<&str> {
    answer.hits.iter().map(|hit| hit.item_id.as_str()).collect()
}

/// Everything that changes how an answer is found.
fn questions() -> Vec<Question> {
    let (catalog, _) = &*SHOP;
    let user_id = Some(catalog.user_ids[busiest(catalog).0 as usize].clone());
    let filter = |text: &str| Some(whisperlite::catalog::filter::Filter::parse(text).unwrap());
    let request = &catalog.requests[5];
    let plain = question(request);
    vec![
        plain.clone(),
        Question { user_id: user_id.clone(), ..plain.clone() },
        Question { user_id: user_id.clone(), personalization: Share::new(0.4).unwrap(), ..plain.clone() },
        Question { user_id: user_id.clone(), personalization: Share::NOTHING, ..plain.clone() },
        Question { personalization: Share::NOTHING, ..plain.clone() },
        Question { user_id: user_id.clone(), ..question("") },
        Question { filter: filter("price < 40"), ..plain.clone() },
        Question { order: Order::Diverse(Share::new(0.5).unwrap()), ..plain.clone() },
        Question { order: Order::PriceAscending, ..question("") },
        Question { order: Order::PriceDescending, offset: 5, ..plain.clone() },
        Question { like: vec![catalog.items[3].item_id.clone()], user_id, ..plain },
        question(""),
    ]
}

#[test]
fn with_as_many_candidates_as_items_answers_are_those_from_all() {
    let engine = engine().with_depth(Depth::Candidates(10_000));
    put(&engine, [item("new-1", "velvet jacket", 12.5), item("new-2", "linen scarf", 3.0)]);
    engine.remove_items([SHOP.0.items[0].item_id.as_str()]);
    for question in questions() {
        let (found, all) = (engine.recommend(&question).unwrap(), engine.recommend_from_all(&question).unwrap());
        assert_eq!(ids(&found), ids(&all), "{question:?}");
        assert_eq!(found.notes, all.notes);
    }
}

/// Few candidates must be the right ones; what is among them is scored as ever.
#[test]
fn few_candidates_hold_nearly_all_of_the_best() {
    let engine = engine().with_depth(Depth::Candidates(40));
    let (mut n_found, mut n_all) = (0, 0);
    for question in questions().into_iter().filter(|question| question.order == Order::Relevance) {
        let question = Question { reasons: Reasons::With, ..question };
        let (found, all) = (engine.recommend(&question).unwrap(), engine.recommend_from_all(&question).unwrap());
        for hit in &found.hits {
            let why = hit.explanation.as_ref().unwrap();
            assert!((why.popularity + why.words + why.taste - hit.score).abs() < 1e-3, "{hit:?}");
            if let Some(same) = all.hits.iter().find(|same| same.item_id == hit.item_id) {
                assert!((same.score - hit.score).abs() < 1e-3, "{same:?} {hit:?}");
                n_found += 1;
            }
        }
        n_all += all.hits.len();
    }
    assert!(n_found * 100 >= n_all * 95, "{n_found} of {n_all}");
}

#[test]
fn large_catalogues_are_answered_from_candidates() {
    assert_eq!((Depth::of(0), Depth::of(20_000)), (Depth::All, Depth::All));
    assert!(matches!(Depth::of(20_001), Depth::Candidates(n) if n >= 500));
}
