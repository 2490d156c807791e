//! Small catalogs for unit tests.

use rand::seq::IndexedRandom;
use rand::{Rng, RngExt};

use super::{Attributes, Catalog, Event, EventType, Item, RequestSource, StoreInfo, TimeKind};

/// A catalog of `n_users` users `u0`, `u1` … (padded with zeros, so that they are sorted) and `n_items` items `i00`, `i01` … with the given requests and events.
pub(crate) fn catalog_of(
    time_kind: TimeKind,
    n_users: usize,
    n_items: usize,
    requests: &[&str],
    events: Vec<Event>,
) -> Catalog {
    let items = (0..n_items).map(|i| Item { item_id: format!("i{i:02}"), ..Item::default() }).collect();
    let width = n_users.saturating_sub(1).to_string().len();
    let users = (0..n_users).map(|u| format!("u{u:0width$}")).collect();
    Catalog::new(info(time_kind), items, users, requests.iter().map(|&r| r.to_owned()).collect(), events)
}

/// A catalog of these items, and of nothing else.
pub(crate) fn catalog_with(items: Vec<Item>) -> Catalog {
    Catalog::new(info(TimeKind::Unix), items, vec![], vec![], vec![])
}

fn info(time_kind: TimeKind) -> StoreInfo {
    StoreInfo {
        dataset: "sample".to_owned(),
        time_kind,
        request_source: RequestSource::Column,
        data_hash: String::new(),
    }
}

/// A click.
pub(crate) fn click(user_idx: u32, item_idx: u32, request_idx: Option<u32>, timestamp: i64) -> Event {
    Event { user_idx, item_idx, request_idx, event_type: EventType::Click, timestamp, value: None }
}

/// Items as odd as sources have them: fields that lack, texts that are numbers, all kinds of case, categories of several levels
/// and lists.
pub(crate) fn odd_items(rng: &mut impl Rng, n_items: usize) -> Vec<Item> {
    // Upper case before lower case: such ids do not ascend in lower case.
    let id = |place: usize| format!("{}{place:06}", if place < n_items / 3 { "I" } else { "h" });
    (0..n_items).map(|place| odd_item(rng, id(place))).collect()
}

/// One of them.
pub(crate) fn odd_item(rng: &mut impl Rng, item_id: String) -> Item {
    let mut attributes = Attributes::default();
    let shares =
        [("colour", 0.8), ("size", 0.6), ("rare", 0.01), ("released_at", 0.5), ("created_at", 0.2), ("title", 0.1)];
    for (name, share) in shares {
        if rng.random_bool(share) {
            attributes.insert(name, &odd_value(rng, name));
        }
    }
    attributes.insert("sku", &format!("Sku {item_id}"));
    let mut maybe =
        |share: f64, field: &str| if rng.random_bool(share) { odd_value(rng, field) } else { String::new() };
    Item {
        title: maybe(0.7, "title"),
        text: maybe(0.3, "text"),
        category: maybe(0.9, "category"),
        image: Some(maybe(0.2, "image")).filter(|image| !image.is_empty()),
        price: maybe(0.8, "price").parse().ok(),
        attributes,
        item_id,
    }
}

/// A value that items have in a field, or that somebody may look for.
fn odd_value(rng: &mut impl Rng, field: &str) -> String {
    let values: &[&str] = match field {
        "category" => &[
            "Women",
            "women > Dresses",
            "Women > Dresses, Skirts",
            "Men > Shirts > Men",
            "MEN > Shirts, Tops > 7",
            "Women >  > x",
            "Shirts",
        ],
        "price" => &["5", "0", "-0.0", "9.5", "9.50", "20", "1e3", "7.25"],
        "size" => &["38", "38.0", " 38 ", "9.5", "XL", "xl", "nan", "1e1", "inf", "-INF", ""],
        "released_at" | "created_at" => {
            &["2024-03-01", "2024-03-01T00:00:00Z", "2024-03-02", "1700000000", "soon", "7"]
        }
        _ => &["red", "Red", "RED", "blue", "Ärmel", "ÄRMEL", "ΟΔΟΣ", "οδος", "straße", "a \"b\" \\ c", "12"],
    };
    (*values.choose(rng).expect("there are values")).to_owned()
}

/// A filter that asks such items.
pub(crate) fn odd_filter(rng: &mut impl Rng, depth: usize) -> String {
    match rng.random_range(0..if depth == 0 { 2 } else { 5 }) {
        0 => {
            let (field, sign) =
                (odd_field(rng), ["=", "!=", "<", "<=", ">", ">="].choose(rng).expect("there are signs"));
            format!("{field} {sign} {}", odd_operand(rng, field))
        }
        1 => {
            let field = odd_field(rng);
            let values: Vec<String> = (0..rng.random_range(1..6)).map(|_| odd_operand(rng, field)).collect();
            format!("{field} IN [{}]", values.join(", "))
        }
        2 => format!("NOT ({})", odd_filter(rng, depth - 1)),
        operator => {
            let parts: Vec<String> = (0..rng.random_range(2..4)).map(|_| odd_filter(rng, depth - 1)).collect();
            format!("({})", parts.join(if operator == 3 { ") AND (" } else { ") OR (" }))
        }
    }
}

fn odd_field(rng: &mut impl Rng) -> &'static str {
    const FIELDS: [&str; 13] = [
        "category",
        "price",
        "colour",
        "size",
        "rare",
        "released_at",
        "sku",
        "item_id",
        "title",
        "text",
        "image",
        "missing",
        "category",
    ];
    FIELDS.choose(rng).expect("there are fields")
}

fn odd_operand(rng: &mut impl Rng, field: &str) -> String {
    if rng.random_bool(0.3) {
        return ["0", "5", "9.5", "38", "12", "7", "1000"]
            .choose(rng)
            .map(|number| (*number).to_owned())
            .expect("a number");
    }
    let text = match (field, rng.random_bool(0.5)) {
        ("sku", _) => format!("sku {}{:06}", ["I", "h", "i"][rng.random_range(0..3)], rng.random_range(0..300)),
        ("item_id", _) => format!("{}{:06}", ["I", "h", "H", "i"][rng.random_range(0..4)], rng.random_range(0..300)),
        ("category", true) => {
            ["women", "DRESSES", "Men", "skirts", "7"].choose(rng).map(|text| (*text).to_owned()).expect("a level")
        }
        (field, _) => odd_value(rng, field),
    };
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
