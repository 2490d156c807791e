//! The drawn store from nothing to answers, with the encoder that comes with the program; requests about a thing.

use serde_json::Value;

use crate::support::{failure, json};

fn ids(answer: &Value) -> Vec<&str> {
    answer["hits"].as_array().unwrap().iter().map(|hit| hit["item_id"].as_str().unwrap()).collect()
}

fn notes(answer: &Value) -> &[Value] {
    answer["notes"].as_array().unwrap()
}

#[test]
fn a_store_is_drawn_measured_and_asked() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let told = json(dir, &["demo", "shop", "--items", "200", "--no-serve"]);
    assert_eq!(told["synthetic"], true);
    let systems = told["report"]["systems"].as_array().unwrap();
    assert!(systems.iter().any(|system| system["name"] == "encoder (picture alone)"), "{systems:?}");
    let stories = told["stories"].as_array().unwrap();
    assert_eq!(stories.len(), 3);
    assert!(stories.iter().all(|story| story["headline"].as_str().is_some_and(|said| !said.is_empty())));
    assert_eq!(stories[0]["answers"].as_array().unwrap().len(), 2);

    let item = "boutique-0000003";
    let like = json(dir, &["recommend", "shop", "--like", item, "-k", "20"]);
    assert!(ids(&like).len() == 20 && !ids(&like).contains(&item), "what one starts from is no answer");
    let changed = json(dir, &["recommend", "shop", "--like", item, "--request", "but in red", "-k", "20"]);
    assert_ne!(ids(&like), ids(&changed));
    assert!(notes(&changed).is_empty(), "the encoder that comes along has learned what changes mean: {changed}");
    let picture = format!("shop/drawn/images/00000/{item}.png");
    let shown = json(dir, &["recommend", "shop", "--image", &picture, "-k", "5"]);
    assert!(ids(&shown).contains(&item), "its own picture does not find {item}: {shown}");

    let (code, message) = failure(dir, &["recommend", "shop", "--like", "nothing"]);
    assert!(code == Some(1) && message.contains("item `nothing` is not in the store"), "{message}");
    let (_, message) = failure(dir, &["recommend", "shop", "--image", "shop/drawn/items.jsonl"]);
    assert!(message.contains("items.jsonl"), "{message}");
    let only = format!("title = \"{}\"", shown["hits"][0]["title"].as_str().unwrap());
    let nothing = json(dir, &["recommend", "shop", "--like", ids(&shown)[0], "--filter", &only]);
    assert_eq!(nothing["notes"], serde_json::json!(["only_liked"]));
    std::fs::rename(dir.join("shop"), dir.join("moved")).unwrap();
    let moved = json(dir, &["recommend", "moved", "--like", item, "--request", "but in red", "-k", "20"]);
    assert_eq!(moved, changed, "the store takes its encoder along");
    let (code, message) = failure(dir, &["demo", "moved"]);
    assert!(code == Some(1) && message.contains("not empty"), "{message}");
}
