//! What the shop front knows before anybody asks: what the store has, and who shops in it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;
use whisperlite::catalog::{Catalog, Item, PROVENANCE};
use whisperlite::recommender::Engine;
use whisperlite::signals::Activity;

use super::Shared;
use super::pictures::is_here;
use crate::extract::JsonAnswer;
use crate::problem::Problem;
use crate::shop::Shop;
use crate::work::on_a_worker;

/// Facets that are offered.
const MAX_FACETS: usize = 8;
/// Values of a field that people still choose from.
const MAX_FACET_VALUES: usize = 60;
/// A field is offered where at least one in so many items has it.
const MIN_COVERAGE: usize = 4;
/// Requests that are shown as examples.
const N_REQUESTS: usize = 12;
/// Shoppers to choose from.
const N_SHOPPERS: usize = 12;
/// Items that say who a shopper is.
const N_LATEST: usize = 3;
/// Categories that say what a shopper likes.
const N_LIKES: usize = 2;
/// How the boutique marks what it made.
const SYNTHETIC: &str = "synthetic boutique";

/// The store at a glance.
#[derive(Debug, Serialize)]
pub(crate) struct Overview {
    dataset: String,
    n_items: usize,
    /// Whether any item has a picture on this machine.
    pictures: bool,
    /// Whether a picture may be asked with.
    reads_pictures: bool,
    /// Whether any item is marked as made by the boutique.
    synthetic: bool,
    prices: Option<Prices>,
    /// Whether items say when they came into the shop.
    dated: bool,
    /// Fields to narrow by, those that most items have first.
    facets: Vec<String>,
    /// What people ask for most, those in several words first.
    requests: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Prices {
    low: f64,
    high: f64,
}

/// `GET /page/store`
pub(crate) async fn store(State(shop): State<Arc<Shop>>) -> Result<JsonAnswer<Shared<Overview>>, Problem> {
    on_a_worker(&shop, |shop| Ok(JsonAnswer(shop.kept.store.get(|| overview(shop))))).await
}

fn overview(shop: &Shop) -> Overview {
    let generation = shop.generation();
    let catalog = generation.engine.catalog();
    let prices = catalog.items.iter().filter_map(|item| item.price);
    let prices = prices.fold(None, |range: Option<Prices>, price| match range {
        None => Some(Prices { low: price, high: price }),
        Some(Prices { low, high }) => Some(Prices { low: low.min(price), high: high.max(price) }),
    });
    Overview {
        dataset: catalog.info.dataset.clone(),
        n_items: catalog.n_items(),
        pictures: catalog.items.iter().any(|item| item.image.as_deref().is_some_and(is_here)),
        reads_pictures: generation.engine.sees_pictures(),
        synthetic: catalog.items.iter().any(|item| item.attributes.get(PROVENANCE) == Some(SYNTHETIC)),
        prices,
        dated: catalog.items.iter().any(|item| item.released_at().is_some()),
        facets: facets(&catalog.items),
        requests: requests(catalog, generation.engine.activity()),
    }
}

/// Fields whose values people choose from: neither the same for all, nor one of each.
fn facets(items: &[Item]) -> Vec<String> {
    let mut values: BTreeMap<&str, (usize, BTreeSet<&str>)> = BTreeMap::new();
    for item in items {
        let category = [("category", item.category.as_str())].into_iter().filter(|(_, category)| !category.is_empty());
        for (field, value) in category.chain(item.attributes.iter()).filter(|(field, _)| *field != PROVENANCE) {
            let (n, distinct) = values.entry(field).or_default();
            *n += 1;
            if distinct.len() <= MAX_FACET_VALUES {
                distinct.insert(value);
            }
        }
    }
    values.retain(|field, (n, distinct)| {
        let choosable = distinct.len() > 1 && (distinct.len() <= MAX_FACET_VALUES || *field == "category");
        choosable && *n * MIN_COVERAGE >= items.len()
    });
    let mut fields: Vec<(&str, usize)> = values.into_iter().map(|(field, (n, _))| (field, n)).collect();
    fields.sort_by_key(|&(field, n)| (field != "category", Reverse(n)));
    fields.into_iter().take(MAX_FACETS).map(|(field, _)| field.to_owned()).collect()
}

/// What people asked for most.
fn requests(catalog: &Catalog, activity: &Activity) -> Vec<String> {
    let mut asked: Vec<(&String, u32)> = catalog.requests.iter().zip(activity.by_request.iter().copied()).collect();
    asked.sort_by_key(|&(request, n)| (!request.contains(' '), Reverse(n)));
    asked.into_iter().take(N_REQUESTS).map(|(request, _)| request.clone()).collect()
}

/// Shoppers to look at the store with.
#[derive(Debug, Serialize)]
pub(crate) struct Shoppers {
    shoppers: Vec<Shopper>,
}

#[derive(Debug, Serialize)]
struct Shopper {
    user_id: String,
    n_events: u32,
    /// The categories that they chose from most.
    likes: Vec<String>,
    /// What they touched last, newest first.
    latest: Vec<Named>,
}

/// An item by its name.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Named {
    pub(super) item_id: String,
    pub(super) title: String,
}

impl From<&Item> for Named {
    fn from(item: &Item) -> Self {
        Self { item_id: item.item_id.clone(), title: item.short_name() }
    }
}

/// `GET /page/shoppers`: those who did most.
pub(crate) async fn shoppers(State(shop): State<Arc<Shop>>) -> Result<JsonAnswer<Shared<Shoppers>>, Problem> {
    let work = |shop: &Shop| Ok(JsonAnswer(shop.kept.shoppers.get(|| busiest(&shop.generation().engine))));
    on_a_worker(&shop, work).await
}

fn busiest(engine: &Engine) -> Shoppers {
    let catalog = engine.catalog();
    let n_events = engine.activity().by_user.iter().copied();
    let mut users: Vec<(u32, u32)> = (0..).zip(n_events).filter(|&(_, n)| n > 0).collect();
    users.sort_unstable_by_key(|&(user_idx, n_events)| (Reverse(n_events), user_idx));
    users.truncate(N_SHOPPERS);
    let mut sizes: HashMap<&str, usize> = HashMap::new();
    catalog.items.iter().for_each(|item| *sizes.entry(innermost(item)).or_default() += 1);
    let shopper = |(user_idx, n_events): (u32, u32)| {
        let touched = engine.histories().of(user_idx).iter();
        let items: Vec<&Item> = touched.map(|entry| &catalog.items[entry.item_idx as usize]).collect();
        let likes = likes(&items, &sizes);
        Shopper { user_id: catalog.user_ids[user_idx as usize].clone(), n_events, likes, latest: latest(&items) }
    };
    Shoppers { shoppers: users.into_iter().map(shopper).collect() }
}

/// The last level of an item's category.
fn innermost(item: &Item) -> &str {
    item.category.rsplit(" > ").next().unwrap_or_default()
}

/// The innermost categories that these items are of, and more so than the store's items are.
fn likes(items: &[&Item], sizes: &HashMap<&str, usize>) -> Vec<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let categories = items.iter().map(|item| innermost(item)).filter(|category| !category.is_empty());
    categories.for_each(|category| *counts.entry(category).or_default() += 1);
    // Many, and many for a category of its size: everybody looks at some of the largest.
    let liking = |&(category, n): &(&str, usize)| n * n / sizes.get(category).copied().unwrap_or(1).max(1);
    let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|count| (Reverse(liking(count)), Reverse(count.1)));
    counts.into_iter().take(N_LIKES).map(|(category, _)| category.to_owned()).collect()
}

/// The first of these items that are not the same.
fn latest(items: &[&Item]) -> Vec<Named> {
    let mut named: Vec<Named> = Vec::new();
    for item in items.iter().map(|item| Named::from(*item)) {
        if named.len() == N_LATEST {
            break;
        }
        if !named.contains(&item) {
            named.push(item);
        }
    }
    named
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(n: usize, colour: &str) -> Item {
        let attributes = [("colour", colour), ("number", &n.to_string()), (PROVENANCE, "by hand"), ("same", "for all")];
        Item {
            item_id: n.to_string(),
            category: if n.is_multiple_of(2) { "Shoes > Boots" } else { "Shoes > Heels" }.to_owned(),
            attributes: attributes.into(),
            ..Item::default()
        }
    }

    #[test]
    fn facets_are_fields_that_tell_items_apart_and_can_be_chosen_from() {
        let mut items: Vec<Item> = (0..100).map(|n| item(n, ["red", "blue"][n % 2])).collect();
        items[0].attributes.insert("rare", "one");
        items[1].attributes.insert("rare", "two");
        assert_eq!(facets(&items), ["category", "colour"]);
        assert_eq!(facets(&[]), [""; 0]);
    }

    #[test]
    fn a_shopper_is_known_by_what_they_choose() {
        let items: Vec<Item> = [0, 2, 2, 1, 4, 6].map(|n| item(n, "red")).into();
        let items: Vec<&Item> = items.iter().collect();
        assert_eq!(likes(&items, &[("Boots", 5), ("Heels", 5)].into()), ["Boots", "Heels"]);
        assert_eq!(likes(&items, &[("Boots", 5_000), ("Heels", 1)].into()), ["Heels", "Boots"]);
        let ids: Vec<String> = latest(&items).into_iter().map(|named| named.item_id).collect();
        assert_eq!(ids, ["0", "2", "1"]);
    }
}
