//! Columns against a walk over all items.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::catalog::facets::{count, count_among};
use crate::catalog::filter::{Filter, known_fields};
use crate::catalog::sample::{catalog_with, odd_filter, odd_items};

/// With columns for all fields, for those of few values, and for none.
#[test]
fn random_filters_select_and_count_the_same_items_as_a_walk() {
    let mut rng = ChaCha8Rng::seed_from_u64(50);
    let (mut n_some, mut n_one) = (0, 0);
    for max_values in [0, 20, 1 << 16] {
        let items = odd_items(&mut rng, 700);
        let columns = Columns::of_few_values(&items, max_values);
        let is_loose = |name: &str| matches!(columns.attributes[name], Attribute::Loose { .. });
        assert_eq!((is_loose("sku"), is_loose("colour")), (max_values < 1_000, false));
        assert!(!columns.ids_ascend, "the sample has ids of both cases");
        for _ in 0..400 {
            let filter = Filter::parse(&odd_filter(&mut rng, 3)).unwrap();
            let within: ItemSet = (0..700).filter(|_| rng.random_bool(0.9)).collect();
            let found = columns.select(&items, filter.condition(), &within);
            let expected = within.iter().filter(|item| filter.matches(&items[*item as usize]));
            assert_eq!(found, expected.collect(), "{filter}");
            for field in ["category", "price", "colour", "size", "rare", "sku", "released_at", "missing"] {
                let walked = count(field, found.iter().map(|item| &items[item as usize]));
                assert_eq!(count_among(field, (&items, &columns), &found, &[]), walked, "{field} of {filter}");
            }
            n_some += usize::from(!found.is_empty() && found != within);
            n_one += usize::from(found.len() == 1);
        }
    }
    assert!(n_some > 600 && n_one > 5, "{n_some} of 1,200 filters tell items apart, {n_one} find one");
}

#[test]
fn ids_are_found_in_any_case_where_they_ascend() {
    let mut items: Vec<Item> =
        ["A1", "A2", "B1", "b2", "Ä1"].map(|id| Item { item_id: id.to_owned(), ..Item::default() }).into();
    let found = |items: &[Item], text: &str| {
        let (filter, columns) = (Filter::parse(text).unwrap(), Columns::new(items));
        assert_eq!(columns.ids_ascend, items.len() == 5);
        columns.select(items, filter.condition(), &ItemSet::first(items.len())).iter().collect::<Vec<u32>>()
    };
    for last in ["Ä1", "a1"] {
        items.truncate(if last == "a1" { 4 } else { 5 });
        if last == "a1" {
            items.extend(["C1", "a1"].map(|id| Item { item_id: id.to_owned(), ..Item::default() }));
        }
        assert_eq!(found(&items, r#"item_id IN ["a2", "B2", "a2", "none"]"#), [1, 3]);
        assert_eq!(found(&items, r#"item_id = "ä1""#), if last == "a1" { vec![] } else { vec![4] });
        assert_eq!(found(&items, r#"item_id = "a1""#), if last == "a1" { vec![0, 5] } else { vec![0] });
        assert_eq!(found(&items, r#"item_id != "A1" AND item_id < "b2""#), [1, 2]);
    }
}

#[test]
fn prices_times_and_names_are_those_of_the_items() {
    let mut rng = ChaCha8Rng::seed_from_u64(52);
    // More than one thread reads at a time.
    let catalog = catalog_with(odd_items(&mut rng, 140_000));
    let columns = catalog.columns();
    for (item_idx, item) in (0u32..).zip(&catalog.items) {
        assert_eq!((columns.price(item_idx), columns.released_at(item_idx)), (item.price, item.released_at()));
    }
    assert_eq!(catalog.known_fields(), known_fields(&catalog.items));
    for name in ["colour", "sku", "rare", "none"] {
        let walked = catalog.items.iter().filter(|item| item.attributes.contains_key(name)).count();
        assert_eq!(columns.n_with(name), walked, "{name}");
    }
    let all = ItemSet::first(catalog.n_items());
    for field in ["category", "price", "colour", "rare"] {
        assert_eq!(catalog.facet(field, &all, &[]), count(field, catalog.items.iter()), "{field}");
    }
    let filter = Filter::parse(r#"rare IN ["red", "blue"] AND category = "women" AND price < 9"#).unwrap();
    let walked = (0u32..).zip(&catalog.items).filter(|(_, item)| filter.matches(item)).map(|(item_idx, _)| item_idx);
    assert_eq!(catalog.matching(&filter, &all), walked.collect());
}

#[test]
fn no_items_have_no_fields() {
    let catalog = catalog_with(vec![]);
    let filter = Filter::parse("NOT price < 5").unwrap();
    assert!(catalog.matching(&filter, &ItemSet::new()).is_empty());
    assert_eq!(catalog.known_fields(), known_fields(&[]));
}
