//! What narrows and orders an answer: facets, sorting, diversity, and how much the person counts.

use serde_json::{Value, json};

use crate::made::{Asked, Reply};

fn prices(reply: &Reply) -> Vec<f64> {
    reply.body["hits"].as_array().unwrap().iter().map(|hit| hit["price"].as_f64().unwrap()).collect()
}

#[test]
fn a_facet_counts_what_its_filter_finds() {
    let asked = Asked::new();
    let under = "price < 60";
    let question = json!({"q": "dress", "filter": under, "facets": ["colour", "category", "price"], "limit": 1});
    let facets = asked.post("/v1/search", &question).body["facets"].clone();
    assert_eq!(facets.as_object().unwrap().len(), 3);
    for field in ["colour", "category"] {
        let values = facets[field]["values"].as_array().unwrap();
        assert!(values.len() > 1 && values.len() == facets[field]["n_values"].as_u64().unwrap() as usize);
        assert!(values.is_sorted_by(|a, b| a["count"].as_u64() >= b["count"].as_u64()));
        for value in values {
            let filter = format!("{under} AND {field} = {}", value["value"]);
            let found = asked.found(&json!({"filter": filter, "limit": 1000}));
            assert_eq!(found.len() as u64, value["count"].as_u64().unwrap(), "{filter}");
            assert_eq!(value["level"].is_number(), field == "category");
        }
    }
    let all = asked.post("/v1/search", &json!({"filter": under, "limit": 1000, "sort": "price_asc"}));
    let prices = prices(&all);
    assert_eq!(facets["price"]["range"], json!({"min": prices[0], "max": prices[prices.len() - 1]}));
    assert_eq!(asked.post("/v1/search", &json!({})).body["facets"], json!({}));
}

#[test]
fn answers_are_sorted_and_pages_of_them_follow_each_other() {
    let asked = Asked::new();
    let sorted = |sort: &str| asked.post("/v1/search", &json!({"q": "dress", "sort": sort, "limit": 1000}));
    let (up, down) = (sorted("price_asc"), sorted("price_desc"));
    assert!(prices(&up).is_sorted() && prices(&down).iter().rev().is_sorted());
    assert_eq!(up.item_ids().len(), 80);
    let page = asked.found(&json!({"q": "dress", "sort": "price_asc", "limit": 5, "offset": 40}));
    assert_eq!(page, up.item_ids()[40..45]);
    assert_eq!(sorted("relevance").item_ids(), asked.found(&json!({"q": "dress", "limit": 1000})));
    let newest = asked.post("/v1/search", &json!({"sort": "newest", "limit": 1000}));
    let relevant = asked.found(&json!({"limit": 1000}));
    assert_eq!(newest.item_ids(), relevant, "this shop does not say when its items came");
}

#[test]
fn the_newest_come_first_where_items_say_when_they_came() {
    let asked = Asked::with_attribute("released_at", &["2024-02-01", "2024-03-01", "2024-01-01"]);
    let reply = asked.post("/v1/search", &json!({"sort": "newest", "limit": 1000}));
    let hits = reply.body["hits"].as_array().unwrap();
    let dates: Vec<&str> = hits.iter().filter_map(|hit| hit["attributes"]["released_at"].as_str()).collect();
    assert_eq!(dates, ["2024-03-01", "2024-02-01", "2024-01-01"]);
    assert_eq!(hits[2]["attributes"]["released_at"], "2024-01-01", "those that do not say when come last");
}

#[test]
fn diversity_changes_the_order_and_not_the_items() {
    let asked = Asked::new();
    let plain = asked.post("/v1/search", &json!({"q": "black dress", "limit": 80}));
    let diverse = asked.post("/v1/search", &json!({"q": "black dress", "limit": 80, "diversity": 0.9}));
    let sorted = |reply: &Reply| {
        let mut hits = reply.body["hits"].as_array().unwrap().clone();
        hits.sort_by_key(|hit| hit["item_id"].to_string());
        hits
    };
    assert_ne!(plain.item_ids(), diverse.item_ids());
    assert_eq!(plain.item_ids()[0], diverse.item_ids()[0], "the most relevant stays the first");
    assert_eq!(sorted(&plain), sorted(&diverse));
    let page = asked.found(&json!({"q": "black dress", "limit": 5, "offset": 5, "diversity": 0.9}));
    assert_eq!(page, diverse.item_ids()[5..10]);
}

#[test]
fn the_dial_goes_from_the_words_alone_to_all_that_is_known_of_the_person() {
    let asked = Asked::new();
    let item = asked.found(&json!({"q": "coat"}))[0].clone();
    let ask = |dial: Value, who: Value| {
        let mut question =
            json!({"q": "dress", "limit": 1000, "exclude_seen": false, "explain": true, "personalization": dial});
        question["history"] = who;
        let mut hits = asked.post("/v1/search", &question).body["hits"].as_array().unwrap().clone();
        hits.sort_by_key(|hit| hit["item_id"].to_string());
        hits
    };
    let score = |hit: &Value| hit["score"].as_f64().unwrap();
    let me = json!([item]);
    let (none, half, all) = (ask(json!(0), me.clone()), ask(json!(0.5), me.clone()), ask(json!(1), me));
    assert_eq!(none, ask(json!(1), json!([])), "nothing of the person is an answer to nobody");
    assert!(none.iter().zip(&all).any(|(none, all)| (score(none) - score(all)).abs() > 1e-3), "the person counts");
    for ((none, half), all) in none.iter().zip(&half).zip(&all) {
        // Single precision: a few units in the last place.
        assert!((score(half) - (score(none) + score(all)) / 2.0).abs() < 1e-5);
        let part = |name: &str| half["explanation"][name].as_f64().unwrap();
        assert!((part("popularity") + part("words") + part("taste") - score(half)).abs() < 1e-4, "{half}");
    }
    let nobody = asked.post("/v1/recommend", &json!({"personalization": 0, "user_id": "nobody"}));
    assert!(nobody.body["notes"].as_array().unwrap().iter().any(|note| note["code"] == "popular"));
}

#[test]
fn what_cannot_be_is_refused_by_name() {
    let asked = Asked::new();
    for (body, field) in [
        (json!({"facets": ["color"]}), "facets"),
        (json!({"facets": ["title"]}), "facets"),
        (json!({"facets": [""]}), "facets"),
        (json!({"facets": vec!["price"; 21]}), "facets"),
        (json!({"sort": "cheapest"}), "sort"),
        (json!({"diversity": 1.01}), "diversity"),
        (json!({"diversity": "much"}), "diversity"),
        (json!({"diversity": 0.5, "sort": "newest"}), "diversity"),
        (json!({"personalization": -0.1}), "personalization"),
    ] {
        for path in ["/v1/search", "/v1/recommend"] {
            asked.post(path, &body).assert_problem(400, "invalid_value", Some(field));
        }
    }
    let wrong = asked.post("/v1/search", &json!({"facets": ["color"]}));
    assert!(wrong.body["detail"].as_str().unwrap().contains("colour"), "{}", wrong.body);
    for body in [json!({"q": "dress"}), json!({"like": ["a"]}), json!({"image": "abc"})] {
        let field = body.as_object().unwrap().keys().next().unwrap().clone();
        asked.post("/v1/recommend", &body).assert_problem(400, "unknown_field", Some(&field));
    }
}
