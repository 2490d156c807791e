//! Filters: by hand, with their mistakes, and against a naive twin on random expressions.

use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use whisperlite::catalog::Item;
use whisperlite::catalog::filter::{Filter, FilterProblem, known_fields};

fn dress() -> Item {
    Item {
        item_id: "d1".to_owned(),
        title: "Evening dress".to_owned(),
        category: "Women > Clothing > Dresses, Gowns".to_owned(),
        price: Some(49.5),
        attributes: [("colour", "Red"), ("size", "38"), ("Class Name", "A \"b\" \\ c")].into(),
        ..Item::default()
    }
}

#[test]
fn filters_by_hand() {
    let cases = [
        (r#"category = "Dresses" AND price < 50 AND NOT colour IN ["black", "grey"]"#, true),
        (r#"category = "women""#, true),
        (r#"category = "Dresses, Gowns""#, true),
        (r#"category = "Women > Clothing > Dresses, Gowns""#, true),
        (r#"category = "Dress""#, false),
        (r#"category != "Women""#, false),
        ("price >= 49.5 and price <= 49.5", true),
        ("price = 49.5 OR price > 100", true),
        ("price < -1e3", false),
        ("size > 37 AND size < 39", true),
        (r#"size = "38""#, true),
        ("colour > 3", false),
        (r#"colour IN ["red"]"#, true),
        (r#"missing = "x""#, false),
        (r#"missing != "x""#, true),
        ("NOT missing < 3", true),
        (r#"image = """#, false),
        (r#""Class Name" = "a \"B\" \\ c""#, true),
        (r#"item_id = "d1" OR item_id = "x" AND item_id = "y""#, true),
        (r#"(item_id = "d1" OR item_id = "x") AND item_id = "y""#, false),
        (r#"NOT item_id = "x" AND item_id = "y""#, false),
    ];
    for (text, expected) in cases {
        assert_eq!(Filter::parse(text).unwrap().matches(&dress()), expected, "{text}");
    }
}

#[test]
fn mistakes_are_shown_where_they_are() {
    let cases = [
        ("", 1, "expected a field"),
        ("price <", 8, "expected a number or a text in double quotation marks, found the end"),
        ("price < AND x", 9, "found AND"),
        ("price 50", 7, "expected =, !=, <, <=, >, >= or IN, found the number 50"),
        ("colour = black", 10, "found \"black\""),
        ("colour = 'black'", 10, "no meaning"),
        ("colour = \"black", 10, "no closing quotation mark"),
        ("colour = \"bl\\ack\"", 13, "unknown escape"),
        ("(price < 5", 11, "expected \")\""),
        ("price < 5)", 10, "expected AND, OR or the end"),
        ("price < 1.2.3", 9, "\"1.2.3\" is not a number"),
        ("price < 1e999", 9, "is not a number"),
        ("colour IN []", 12, "expected a number or a text"),
        ("colour IN [\"a\" \"b\"]", 16, "expected \",\" or \"]\""),
        ("größe = \"ü\" AND", 16, "found the end"),
    ];
    for (text, column, message) in cases {
        let error = Filter::parse(text).unwrap_err();
        let shown = error.to_string();
        assert!(error.column == column && shown.contains(message), "{text}: {shown}");
        let caret = shown.lines().last().unwrap();
        assert_eq!(caret.chars().count(), column + 2, "{shown}");
    }
}

#[test]
fn hostile_filters_are_refused_or_answered() {
    for deep in ["(".repeat(100_000), "NOT ".repeat(100_000)] {
        assert_eq!(Filter::parse(&deep).unwrap_err().problem, FilterProblem::TooDeep);
    }
    let long = vec!["price < 50"; 50_000].join(" AND ");
    assert!(Filter::parse(&long).unwrap().matches(&dress()));
}

#[test]
fn an_unknown_field_is_refused_with_the_nearest() {
    let known = known_fields(&[dress()]);
    assert_eq!(Filter::parse("price < 5 AND colour = \"x\"").unwrap().check_fields(&known), Ok(()));
    let error = Filter::parse("price < 5 AND color = \"x\"").unwrap().check_fields(&known).unwrap_err();
    assert_eq!(error.column, 15);
    assert!(error.to_string().contains("no item has a field \"color\"; the nearest are \"colour\""), "{error}");
}

/// The naive twin: a condition as text beside its truth, which is worked out here and nowhere else.
struct Twin {
    text: String,
    truth: bool,
}

fn random_twin(rng: &mut ChaCha8Rng, depth: usize) -> Twin {
    match rng.random_range(0..if depth == 0 { 2 } else { 5 }) {
        0 => random_price(rng),
        1 => random_colour(rng),
        2 => {
            let inner = random_twin(rng, depth - 1);
            Twin { text: format!("NOT ({})", inner.text), truth: !inner.truth }
        }
        operator => {
            let parts: Vec<Twin> = (0..rng.random_range(2..4)).map(|_| random_twin(rng, depth - 1)).collect();
            let separator = if operator == 3 { ") AND (" } else { ") or (" };
            let text = parts.iter().map(|part| part.text.as_str()).collect::<Vec<_>>().join(separator);
            let truths = || parts.iter().map(|part| part.truth);
            let truth = if operator == 3 { truths().all(|t| t) } else { truths().any(|t| t) };
            Twin { text: format!("({text})"), truth }
        }
    }
}

fn random_price(rng: &mut ChaCha8Rng) -> Twin {
    let number = f64::from(rng.random_range(-2..200)) / 2.0 + 0.5 * f64::from(rng.random_range(0..2));
    let (sign, truth) = match rng.random_range(0..6) {
        0 => ("=", 49.5 == number),
        1 => ("!=", 49.5 != number),
        2 => ("<", 49.5 < number),
        3 => ("<=", 49.5 <= number),
        4 => (">", 49.5 > number),
        _ => (">=", 49.5 >= number),
    };
    Twin { text: format!("price{sign}{number}"), truth }
}

fn random_colour(rng: &mut ChaCha8Rng) -> Twin {
    let colours = ["red", "RED", "blue", "a \\\"quoted\\\" one", "tab\\t"];
    let chosen: Vec<&str> = (0..rng.random_range(1..4)).map(|_| *colours.choose(rng).unwrap()).collect();
    let truth = chosen.iter().any(|colour| colour.eq_ignore_ascii_case("red"));
    let list = chosen.iter().map(|colour| format!("\"{colour}\"")).collect::<Vec<_>>().join(" , ");
    Twin { text: format!("colour in [{list}]"), truth }
}

#[test]
fn random_filters_agree_with_their_naive_twin_and_survive_printing() {
    let mut rng = ChaCha8Rng::seed_from_u64(20);
    let mut n_true = 0;
    for _ in 0..2000 {
        let twin = random_twin(&mut rng, 4);
        let filter = Filter::parse(&twin.text).unwrap();
        assert_eq!(filter.matches(&dress()), twin.truth, "{}", twin.text);
        let printed = Filter::parse(&filter.to_string()).unwrap();
        assert_eq!(printed.condition(), filter.condition(), "{}", twin.text);
        n_true += usize::from(twin.truth);
    }
    assert!((400..1600).contains(&n_true), "{n_true} of 2000 are true: the test sees one side only");
}

#[test]
fn random_text_never_panics() {
    let mut rng = ChaCha8Rng::seed_from_u64(21);
    let pieces =
        ["price", " ", "<", "=", "!", "\"", "\\", "(", ")", "[", "]", ",", "AND ", "NOT ", "in", "5", "-", "é"];
    for _ in 0..5000 {
        let text: String = (0..rng.random_range(0..12)).map(|_| *pieces.choose(&mut rng).unwrap()).collect();
        if let Ok(filter) = Filter::parse(&text) {
            assert_eq!(Filter::parse(&filter.to_string()).unwrap().condition(), filter.condition(), "{text}");
        }
    }
}
