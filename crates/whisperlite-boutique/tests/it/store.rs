//! The store: repeatable, of any size, each thing from its number alone.

use std::collections::HashSet;

use whisperlite_boutique::{Action, Boutique, BoutiqueConfig, ConfigError, Session};

fn boutique(seed: u64, n_items: u64) -> Boutique {
    Boutique::new(BoutiqueConfig::new(seed, n_items)).expect("a valid size")
}

fn small(seed: u64) -> Boutique {
    let config = BoutiqueConfig { seed, n_items: 800, n_shoppers: 120, n_sessions: 1_500 };
    Boutique::new(config).expect("a valid size")
}

#[test]
fn the_same_seed_gives_the_same_and_another_one_differs() {
    let rows = |seed| {
        let boutique = small(seed);
        let items: Vec<String> = boutique.items().map(|item| boutique.item_row(&item).to_string()).collect();
        let sessions: Vec<Session> = boutique.sessions().take(200).collect();
        (items, sessions, boutique.svg(&boutique.item(5)), boutique.change(3))
    };
    let (one, again, other) = (rows(1), rows(1), rows(2));
    assert_eq!(one, again);
    assert_ne!(one.0, other.0);
    assert_ne!(one.1, other.1);
    assert_ne!(one.2, other.2);
    assert_ne!(one.3, other.3);
}

#[test]
fn an_item_does_not_depend_on_how_many_there_are_or_on_the_order() {
    let (few, many) = (boutique(1, 200), boutique(1, 10_000_000));
    for index in (0..200).rev() {
        assert_eq!(few.item(index), many.item(index));
        assert_eq!(few.title(&few.item(index)), many.title(&many.item(index)));
    }
}

#[test]
fn ten_million_items_are_made_on_demand() {
    let boutique = boutique(4, 10_000_000);
    let sample: Vec<_> = (0..10_000_000).step_by(4_999).map(|index| boutique.item(index)).collect();
    assert!(sample.iter().all(|item| item.look.is_valid() && item.price >= 4.0 && item.price.is_finite()));
    assert_eq!(sample.iter().map(|item| item.id()).collect::<HashSet<_>>().len(), sample.len());
    let sessions: Vec<Session> = boutique.sessions().take(30).collect();
    assert!(sessions.iter().map(|session| session.events.len()).sum::<usize>() > 20);
}

#[test]
fn sizes_that_cannot_be_are_refused() {
    let config = BoutiqueConfig::new(1, 1_000);
    for n_items in [0, 199, 10_000_001] {
        assert!(matches!(Boutique::new(BoutiqueConfig { n_items, ..config }), Err(ConfigError::Items { .. })));
    }
    assert!(matches!(Boutique::new(BoutiqueConfig { n_shoppers: 0, ..config }), Err(ConfigError::Shoppers { .. })));
    let n_sessions = u64::MAX;
    assert!(matches!(Boutique::new(BoutiqueConfig { n_sessions, ..config }), Err(ConfigError::Sessions { .. })));
}

#[test]
fn nothing_happens_before_its_time() {
    let boutique = small(5);
    let mut last = boutique.period().start;
    let mut purchases = HashSet::new();
    let (mut n_new_items, mut n_new_shoppers) = (0, 0);
    for session in boutique.sessions() {
        assert!(session.at >= last && session.at < boutique.period().end);
        last = session.at;
        let joined_at = boutique.shopper(session.shopper).joined_at;
        assert!(joined_at <= session.at || session.shopper == 0, "nobody comes before they joined");
        n_new_shoppers += usize::from(joined_at > boutique.period().start);
        for event in &session.events {
            let released_at = boutique.item(event.item).released_at;
            assert!(released_at <= session.at && session.at < event.at, "no event before the item is there");
            n_new_items += usize::from(released_at > boutique.period().start);
            if event.action == Action::Purchase {
                assert!(purchases.insert((session.shopper, event.item)), "nobody buys a piece twice");
            }
        }
    }
    assert!(n_new_items > 200 && n_new_shoppers > 100, "{n_new_items} {n_new_shoppers}");
    assert!(purchases.len() > 200);
}
