//! Looks obey the table, and there are enough of them.

use std::collections::HashSet;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use whisperlite_boutique::look::{self, Detail, Kind, Look, Pattern, Sleeve, Trait};

fn looks(kind: Kind, n_looks: usize) -> Vec<Look> {
    let mut rng = ChaCha8Rng::seed_from_u64(kind as u64);
    (0..n_looks).map(|_| Look::sample(kind, &mut rng)).collect()
}

#[test]
fn every_sampled_look_is_valid_and_most_are_distinct() {
    for kind in Kind::ALL {
        let looks = looks(*kind, 500);
        assert!(looks.iter().all(|look| look.kind == *kind && look.is_valid()));
        let distinct = looks.iter().collect::<HashSet<_>>().len();
        assert!(distinct > 200, "{kind:?}: only {distinct} of 500 are distinct");
    }
}

#[test]
fn a_thousand_distinct_looks_of_a_held_out_fold_are_soon_found() {
    let held_out = look::looks(3).filter(|look| look.fold(10) == 0);
    let distinct: HashSet<Look> = held_out.take(1_200).collect();
    assert!(distinct.len() >= 1_000, "only {}", distinct.len());
    assert!(Kind::ALL.iter().all(|kind| distinct.iter().any(|look| look.kind == *kind)));
}

#[test]
fn every_value_of_the_table_is_sampled() {
    for kind in Kind::ALL {
        let seen: HashSet<Trait> = looks(*kind, 3_000).iter().flat_map(Look::traits).collect();
        let rules = kind.rules();
        let listed = (rules.cuts.iter().map(|value| Trait::Cut(*value)))
            .chain(rules.lengths.iter().map(|value| Trait::Length(*value)))
            .chain(rules.sleeves.iter().map(|value| Trait::Sleeve(*value)))
            .chain(rules.necklines.iter().map(|value| Trait::Neckline(*value)))
            .chain(rules.heels.iter().map(|value| Trait::Heel(*value)))
            .chain(rules.patterns.iter().map(|value| Trait::Pattern(*value)))
            .chain(rules.materials.iter().map(|value| Trait::Material(*value)))
            .chain(rules.details.iter().map(|value| Trait::Detail(*value)));
        for value in listed {
            assert!(seen.contains(&value), "{kind:?} never has {value:?}");
        }
    }
}

#[test]
fn what_the_table_forbids_is_refused() {
    let shirt = looks(Kind::Shirt, 1)[0];
    assert!(!shirt.with(Trait::Detail(Detail::Studs)).is_valid(), "shirts have no studs");
    assert!(!shirt.with(Trait::Sleeve(Sleeve::Straps)).is_valid());
    let plain = Look { pattern: Pattern::Plain, second: None, ..shirt };
    assert!(!plain.with(Trait::Pattern(Pattern::Breton)).is_valid(), "stripes need a second colour");
    assert!(!Look { second: Some(plain.colour), pattern: Pattern::Breton, ..plain }.is_valid(), "and one that shows");
    assert!(!Look { sleeve: None, ..shirt }.is_valid(), "what has sleeves has some value for them");
}

#[test]
fn folds_are_even_and_follow_the_look() {
    let looks = looks(Kind::Dress, 2_000);
    let in_first = looks.iter().filter(|look| look.fold(5) == 0).count();
    assert!((300..500).contains(&in_first), "{in_first} of 2,000 in one fold of five");
    assert!(looks.iter().all(|look| look.fold(7) == { *look }.fold(7) && look.fold(0) == 0));
}

#[test]
fn traits_are_numbered_without_gap() {
    let places: Vec<usize> = Trait::all().map(Trait::place).collect();
    assert_eq!(places, (0..Trait::COUNT).collect::<Vec<_>>());
}
