//! A synthetic clothes shop with people whose tastes are known: seeded, so that the same seed gives the same bytes.
//!
//! Every person has a style or two, a few colours and a purse. Every purchase starts with a need (a kind of clothing, a
//! colour or an occasion), which becomes the typed request, and ends with the item that fits the need *and* the person,
//! by weighted chance. So words alone, and taste alone, each explain a part of what people buy.
//!
//! Not for: measurements that are quoted anywhere. What a model finds here was put in.

use std::path::Path;

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::vocabulary::{COLOURS, KINDS, MAKERS, STYLES};

/// The shop opens on 2024-01-01, in Unix seconds.
const OPENING: i64 = 1_704_067_200;
const DAY_SECS: i64 = 86_400;
const N_DAYS: i64 = 365;

/// How big a shop is.
pub(crate) struct Size {
    pub(crate) n_items: usize,
    pub(crate) n_users: usize,
    pub(crate) n_events: usize,
}

impl Size {
    /// Trained and measured in well under a minute.
    pub(crate) const QUICK_START: Self = Self { n_items: 600, n_users: 250, n_events: 6_000 };
}

/// Items and purchases.
pub(crate) struct Shop {
    items: Vec<Item>,
    n_users: usize,
    events: Vec<Event>,
}

struct Item {
    kind: usize,
    style: usize,
    colour: usize,
    material: &'static str,
    detail: &'static str,
    maker: &'static str,
    price: f64,
    /// Day from which it is sold.
    launch_day: i64,
    /// How much it is wanted by everybody.
    appeal: f64,
}

struct Person {
    main_style: usize,
    second_style: usize,
    colours: [usize; 3],
    /// Share of the plain price that the person likes to pay.
    purse: f64,
    /// How often the person comes, beside others.
    zeal: f64,
}

struct Event {
    timestamp: i64,
    user: usize,
    item: usize,
    request: String,
}

/// What a person comes for.
struct Need {
    kind: usize,
    colour: Option<usize>,
    style: Option<usize>,
    request: String,
}

impl Shop {
    /// Draws a shop.
    pub(crate) fn new(seed: u64, size: &Size) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let items: Vec<Item> = (0..size.n_items).map(|_| Item::draw(&mut rng)).collect();
        let people: Vec<Person> = (0..size.n_users).map(|_| Person::draw(&mut rng)).collect();
        let zeal: Vec<f64> = people.iter().map(|person| person.zeal).collect();
        let mut events: Vec<Event> = (0..size.n_events)
            .map(|_| {
                let user = weighted(&zeal, &mut rng);
                Event::draw(user, &people[user], &items, &mut rng)
            })
            .collect();
        events.sort_by_key(|event| event.timestamp);
        Self { items, n_users: size.n_users, events }
    }

    pub(crate) fn n_items(&self) -> usize {
        self.items.len()
    }

    pub(crate) fn n_users(&self) -> usize {
        self.n_users
    }

    pub(crate) fn n_events(&self) -> usize {
        self.events.len()
    }

    /// Writes `items.csv` and `events.csv`.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), Box<dyn std::error::Error>> {
        std::fs::create_dir_all(folder)?;
        let mut items = csv::Writer::from_path(folder.join("items.csv"))?;
        items.write_record(["item_id", "title", "text", "category", "price", "colour", "material", "source"])?;
        for (number, item) in self.items.iter().enumerate() {
            items.write_record(item.record(number))?;
        }
        items.flush()?;
        let mut events = csv::Writer::from_path(folder.join("events.csv"))?;
        events.write_record(["user_id", "item_id", "timestamp", "type", "request"])?;
        for event in &self.events {
            let (user, item, time) = (user_id(event.user), item_id(event.item), event.timestamp.to_string());
            events.write_record([user.as_str(), &item, &time, "purchase", &event.request])?;
        }
        Ok(events.flush()?)
    }
}

impl Item {
    fn draw(rng: &mut impl Rng) -> Self {
        let kind = rng.random_range(0..KINDS.len());
        let style = rng.random_range(0..STYLES.len());
        let price = KINDS[kind].base_price * rng.random_range(0.6..1.9);
        let launch_day = match rng.random_bool(0.6) {
            true => 0,
            false => rng.random_range(1..N_DAYS - 20),
        };
        Self {
            kind,
            style,
            colour: rng.random_range(0..COLOURS.len()),
            material: pick(KINDS[kind].materials, rng),
            detail: pick(STYLES[style].details, rng),
            maker: pick(&MAKERS, rng),
            price: (price * 100.0).round() / 100.0,
            launch_day,
            appeal: 1.0 / rng.random_range(0.15..1.0),
        }
    }

    fn record(&self, number: usize) -> [String; 8] {
        let (kind, colour) = (&KINDS[self.kind], COLOURS[self.colour]);
        [
            item_id(number),
            format!("{} {colour} {} {}", self.maker, self.material, kind.name),
            format!(
                "This {} {} comes in {colour} {} with {}.",
                STYLES[self.style].name, kind.name, self.material, self.detail
            ),
            kind.category.to_owned(),
            format!("{:.2}", self.price),
            colour.to_owned(),
            self.material.to_owned(),
            "synthetic sample".to_owned(),
        ]
    }
}

impl Person {
    fn draw(rng: &mut impl Rng) -> Self {
        Self {
            main_style: rng.random_range(0..STYLES.len()),
            second_style: rng.random_range(0..STYLES.len()),
            colours: std::array::from_fn(|_| rng.random_range(0..COLOURS.len())),
            purse: rng.random_range(0.7..1.7),
            zeal: rng.random_range(0.2..1.0),
        }
    }

    /// How much the person likes an item, whatever it is needed for.
    fn liking(&self, item: &Item) -> f64 {
        let style = match item.style {
            style if style == self.main_style => 12.0,
            style if style == self.second_style => 5.0,
            _ => 1.0,
        };
        let colour = if self.colours.contains(&item.colour) { 4.0 } else { 1.0 };
        let plain_price = KINDS[item.kind].base_price * self.purse;
        let price = if item.price > 1.25 * plain_price { 0.3 } else { 1.0 };
        style * colour * price * item.appeal
    }
}

impl Need {
    fn draw(person: &Person, month: i8, rng: &mut impl Rng) -> Self {
        let in_season: Vec<f64> =
            KINDS.iter().map(|kind| if in_season(kind.season, month) { 4.0 } else { 1.0 }).collect();
        let kind = weighted(&in_season, rng);
        let name = KINDS[kind].name;
        let (colour, style) = (pick(&person.colours, rng), person.main_style);
        let (named_colour, asks) = (COLOURS[colour], pick(STYLES[style].asks, rng));
        match rng.random_range(0..100) {
            0..25 => Self { kind, colour: Some(colour), style: None, request: format!("{named_colour} {name}") },
            25..50 => Self { kind, colour: None, style: Some(style), request: format!("{name} {asks}") },
            50..65 => {
                let request = format!("{named_colour} {name} {asks}");
                Self { kind, colour: Some(colour), style: Some(style), request }
            }
            65..85 => Self { kind, colour: None, style: None, request: name.to_owned() },
            _ => Self { kind, colour: None, style: None, request: String::new() },
        }
    }

    /// How well an item serves the need, whoever has it.
    fn fit(&self, item: &Item) -> f64 {
        let kind = if item.kind == self.kind { 1.0 } else { 0.004 };
        let colour = match self.colour {
            Some(colour) if colour != item.colour => 0.05,
            _ => 1.0,
        };
        let style = match self.style {
            Some(style) if style != item.style => 0.1,
            _ => 1.0,
        };
        kind * colour * style
    }
}

impl Event {
    fn draw(user: usize, person: &Person, items: &[Item], rng: &mut impl Rng) -> Self {
        let day = rng.random_range(0..N_DAYS);
        // Twelve months of equal length are near enough for seasons.
        let month = (day * 12 / N_DAYS + 1) as i8;
        let need = Need::draw(person, month, rng);
        let wanted: Vec<f64> = items
            .iter()
            .map(|item| if item.launch_day <= day { need.fit(item) * person.liking(item) } else { 0.0 })
            .collect();
        let timestamp = OPENING + day * DAY_SECS + rng.random_range(0..DAY_SECS);
        Self { timestamp, user, item: weighted(&wanted, rng), request: need.request }
    }
}

fn item_id(number: usize) -> String {
    format!("synthetic-{number:04}")
}

fn user_id(number: usize) -> String {
    format!("synthetic-user-{number:03}")
}

fn in_season((first, last): (i8, i8), month: i8) -> bool {
    if first <= last { (first..=last).contains(&month) } else { month >= first || month <= last }
}

fn pick<T: Copy>(from: &[T], rng: &mut impl Rng) -> T {
    from[rng.random_range(0..from.len())]
}

/// An index, drawn by weights of which one at least is above 0.
fn weighted(weights: &[f64], rng: &mut impl Rng) -> usize {
    let mut left = rng.random_range(0.0..weights.iter().sum::<f64>());
    for (index, weight) in weights.iter().enumerate() {
        left -= weight;
        if left < 0.0 {
            return index;
        }
    }
    // Rounding may leave a crumb; then the last one that can be drawn is meant.
    weights.iter().rposition(|&weight| weight > 0.0).unwrap_or(0)
}
