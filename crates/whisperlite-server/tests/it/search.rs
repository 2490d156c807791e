//! Searching, recommending, and looking at items.

use serde_json::{Value, json};

use crate::made::{Asked, MODEL_VERSION};

#[test]
fn an_answer_has_what_the_contract_says() {
    let asked = Asked::new();
    let reply = asked.post("/v1/search", &json!({"q": "black dress", "limit": 3}));
    assert_eq!(reply.status, 200, "{}", reply.body);
    let body = &reply.body;
    assert!(!body["query_id"].as_str().unwrap().is_empty());
    assert_eq!((&body["model_version"], &body["notes"]), (&MODEL_VERSION.into(), &json!([])));
    assert!(body["processing_time_ms"].is_number());
    assert_eq!(body["hits"].as_array().unwrap().len(), 3);
    for hit in body["hits"].as_array().unwrap() {
        assert!(hit["score"].is_number() && hit["category"].is_string() && hit["attributes"].is_object(), "{hit}");
        assert!(hit.get("explanation").is_none(), "nobody asked why");
        let item = asked.get(&format!("/v1/items/{}", hit["item_id"].as_str().unwrap())).body;
        for key in ["item_id", "title", "category", "price", "attributes"] {
            assert_eq!(item[key], hit[key], "{key}");
        }
    }
    let again = asked.post("/v1/search", &json!({"q": "black dress", "limit": 3}));
    assert_eq!(again.body["hits"], body["hits"]);
    assert_ne!(again.body["query_id"], body["query_id"]);
}

#[test]
fn pages_follow_each_other() {
    let asked = Asked::new();
    let all = asked.found(&json!({"q": "dress", "limit": 1000}));
    assert_eq!(all.len(), 80);
    let page = asked.found(&json!({"q": "dress", "limit": 7, "offset": 70}));
    assert_eq!(page, all[70..77]);
    let last = asked.post("/v1/search", &json!({"q": "dress", "limit": 7, "offset": 78}));
    assert_eq!((last.item_ids().as_slice(), &last.body["notes"]), (&all[78..], &json!([])));
    assert!(asked.found(&json!({"q": "dress", "offset": 80})).is_empty());
}

#[test]
fn filters_and_history_decide_what_may_come() {
    let asked = Asked::new();
    let black = asked.post("/v1/search", &json!({"filter": "colour = \"black\"", "limit": 100}));
    assert!(!black.item_ids().is_empty());
    assert!(black.body["hits"].as_array().unwrap().iter().all(|hit| hit["attributes"]["colour"] == "black"));
    let first = asked.found(&json!({"q": "dress"}))[0].clone();
    let seen = json!({"q": "dress", "history": [first], "limit": 1000});
    assert!(!asked.found(&seen).contains(&first));
    let mut again = seen;
    again["exclude_seen"] = false.into();
    assert!(asked.found(&again).contains(&first));
}

#[test]
fn a_recommendation_knows_the_person_and_says_why() {
    let asked = Asked::new();
    let popular = asked.post("/v1/recommend", &json!({}));
    assert_eq!(popular.body["notes"][0]["code"], "popular");
    let item = popular.item_ids()[0].clone();
    let reply = asked.post("/v1/recommend", &json!({"history": [item], "explain": true}));
    for hit in reply.body["hits"].as_array().unwrap() {
        let part = |name: &str| hit["explanation"][name].as_f64().unwrap();
        // Differences of single-precision scores: a few units in the last place.
        let sum = part("popularity") + part("words") + part("taste");
        assert!((sum - hit["score"].as_f64().unwrap()).abs() < 1e-4, "{hit}");
        assert_eq!(part("words"), 0.0);
    }
    let unknown = asked.post("/v1/recommend", &json!({"user_id": "nobody"}));
    assert_eq!(unknown.body["notes"][0]["code"], "unknown_user");
    assert_eq!(unknown.body["hits"], popular.body["hits"]);
}

#[test]
fn similar_items_leave_out_the_item_itself() {
    let asked = Asked::new();
    let item = asked.found(&json!({"q": "black dress"}))[0].clone();
    let similar = asked.get(&format!("/v1/items/{item}/similar?limit=79"));
    assert_eq!((similar.status.as_u16(), similar.item_ids().len()), (200, 79));
    assert!(!similar.item_ids().contains(&item));
    let filtered = asked.get(&format!("/v1/items/{item}/similar?filter=colour%20%3D%20%22black%22&limit=79"));
    assert!(filtered.body["hits"].as_array().unwrap().iter().all(|hit| hit["attributes"]["colour"] == "black"));
    asked.get("/v1/items/nothing/similar").assert_problem(404, "unknown_item", Some("item_id"));
    asked.get("/v1/items/nothing").assert_problem(404, "unknown_item", Some("item_id"));
    asked.get(&format!("/v1/items/{item}/similar?size=3")).assert_problem(400, "unknown_field", Some("size"));
    asked.get(&format!("/v1/items/{item}/similar?limit=many")).assert_problem(400, "invalid_value", Some("limit"));
}

#[test]
fn an_encoder_without_eyes_says_so_and_what_is_no_picture_is_refused() {
    let asked = Asked::new();
    let refused = |image: &str, code: &str| {
        asked.post("/v1/search", &json!({"image": image})).assert_problem(400, code, Some("image"));
    };
    refused("not base64!", "invalid_image");
    refused("bm8gcGljdHVyZQ==", "invalid_image");
    refused("https://example.org/dress.jpg", "invalid_image");
    let picture = concat!(env!("CARGO_MANIFEST_DIR"), "/../whisperlite/tests/fixtures/clip/pictures/animated.png");
    let data = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, std::fs::read(picture).unwrap());
    refused(&data, "images_not_supported");
    refused(&format!("data:image/png;base64,{data}"), "images_not_supported");
}

#[test]
fn the_server_says_that_it_lives() {
    let asked = Asked::new();
    assert_eq!(asked.get("/health/live").body, json!({"status": "live"}));
    let ready: Value = asked.get("/health/ready").body;
    assert_eq!(ready, json!({"status": "ready", "model_version": MODEL_VERSION, "n_items": 80, "key_needed": false}));
}
