//! What is known to be true: choices follow the request and the taste, and both matter a lot.

use std::collections::{HashMap, HashSet};

use whisperlite_boutique::look::{Pattern, Trait};
use whisperlite_boutique::{Action, Boutique, BoutiqueConfig, Intent, Item, Knowledge, Session};

const CUTOFF: usize = 10;

fn boutique() -> Boutique {
    let config = BoutiqueConfig { seed: 11, n_items: 1_500, n_shoppers: 300, n_sessions: 3_000 };
    Boutique::new(config).expect("a valid size")
}

fn ndcg(ranked: &[u64], relevant: &HashSet<u64>) -> f64 {
    let gain = |place: usize| 1.0 / (place as f64 + 2.0).log2();
    let hits = ranked.iter().take(CUTOFF).enumerate().filter(|(_, item)| relevant.contains(item));
    hits.map(|(place, _)| gain(place)).sum::<f64>() / (0..relevant.len().min(CUTOFF)).map(gain).sum::<f64>()
}

/// NDCG@10 of a ranking by what is known, over visits with a request.
fn measured(boutique: &Boutique, items: &[Item], sessions: &[Session], known: Knowledge) -> f64 {
    let asked: Vec<&Session> =
        sessions.iter().filter(|session| session.request.is_some() && !session.events.is_empty()).collect();
    let sum: f64 = asked
        .iter()
        .map(|session| {
            let shopper = boutique.shopper(session.shopper);
            let intent = session.request.as_ref().map_or_else(Intent::default, |request| request.intent.clone());
            let preference = boutique.preference(&shopper, &intent, session.at);
            let mut scored: Vec<(f64, u64)> = items
                .iter()
                .filter(|item| item.released_at <= session.at)
                .map(|item| (preference.known(known, item), item.index))
                .collect();
            scored.sort_by(|a, b| b.0.total_cmp(&a.0));
            let ranked: Vec<u64> = scored.into_iter().map(|(_, item)| item).collect();
            ndcg(&ranked, &session.events.iter().map(|event| event.item).collect())
        })
        .sum();
    sum / asked.len() as f64
}

#[test]
fn knowing_request_and_person_is_clearly_better_than_knowing_one() {
    let boutique = boutique();
    let items: Vec<Item> = boutique.items().collect();
    let sessions: Vec<Session> = boutique.sessions().skip(2_500).collect();
    let of = |known| measured(&boutique, &items, &sessions, known);
    let (all, request) = (of(Knowledge::Everything), of(Knowledge::Request));
    let (person, crowd) = (of(Knowledge::Person), of(Knowledge::Crowd));
    assert!(all > 0.4 && all < 0.85, "a plausible ceiling, not {all:.3}");
    assert!(request < 0.75 * all, "the request alone reaches {request:.3} of {all:.3}");
    assert!(person < 0.5 * all, "the person alone reaches {person:.3} of {all:.3}");
    assert!(request > 2.0 * crowd && person > 1.5 * crowd, "{request:.3} {person:.3} {crowd:.3}");
}

#[test]
fn purchases_meet_the_wishes_of_the_request() {
    let boutique = boutique();
    let (mut met, mut total) = (0, 0);
    for session in boutique.sessions() {
        let Some(request) = &session.request else { continue };
        for event in session.events.iter().filter(|event| event.action == Action::Purchase) {
            total += 1;
            met += usize::from(request.intent.is_met_by(&boutique.item(event.item)));
        }
    }
    assert!(total > 500, "only {total} purchases");
    assert!(met as f64 > 0.98 * f64::from(total), "{met} of {total} purchases are what was asked for");
}

#[test]
fn requests_repeat_and_surprise_and_some_have_a_typo() {
    let boutique = boutique();
    let mut counts: HashMap<String, usize> = HashMap::new();
    let (mut n_typos, mut n_refusals, mut total) = (0, 0, 0);
    for request in boutique.sessions().filter_map(|session| session.request) {
        total += 1;
        n_typos += usize::from(request.has_typo);
        n_refusals += usize::from(!request.intent.unwanted.is_empty());
        assert!(!request.text.trim().is_empty() && request.text.len() < 120, "{:?}", request.text);
        assert!(!request.text.contains("  "), "{:?}", request.text);
        *counts.entry(request.text).or_default() += 1;
    }
    let share = |n: usize| n as f64 / f64::from(total);
    assert!((0.03..0.09).contains(&share(n_typos)), "{n_typos} typos in {total}");
    assert!((0.04..0.15).contains(&share(n_refusals)), "{n_refusals} refusals in {total}");
    let once = counts.values().filter(|count| **count == 1).count();
    assert!((0.2..0.7).contains(&share(once)), "{once} of {total} were asked only once");
    assert!(counts.values().max().is_some_and(|most| share(*most) > 0.008));
}

#[test]
fn tastes_drift_and_people_differ() {
    let boutique = boutique();
    let likes = |index, progress| -> Vec<f64> {
        let shopper = boutique.shopper(index);
        Trait::all().map(|liked| shopper.liking(liked, progress)).collect()
    };
    let cosine = |a: &[f64], b: &[f64]| {
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
    };
    let mean = |of: &dyn Fn(u64) -> f64| (0..200).map(of).sum::<f64>() / 200.0;
    let own = mean(&|index| cosine(&likes(index, 0.0), &likes(index, 1.0)));
    let others = mean(&|index| cosine(&likes(index, 0.0), &likes(index + 1, 0.0)));
    assert!((0.5..0.95).contains(&own), "a taste keeps {own:.2} of itself");
    assert!(others < 0.4, "two tastes share {others:.2}");
}

#[test]
fn a_change_changes_what_its_words_say() {
    let boutique = boutique();
    let mut words = HashSet::new();
    for change in boutique.changes().take(3_000) {
        let look = boutique.item(change.item).look;
        assert!(change.target.is_valid() && change.target != look);
        let differs = |part: &Trait| !look.has(*part);
        let n_new = change.target.traits().filter(differs).count();
        assert!(n_new <= 4 && change.target.kind == look.kind, "{change:?}");
        if change.words.contains("longer") {
            assert!(change.target.length > look.length, "{change:?}");
        }
        if change.words.contains("without the pattern") {
            assert_eq!(change.target.pattern, Pattern::Plain);
        }
        if change.target.colour != look.colour {
            let named = change.target.colour.name();
            assert!(change.words.contains(named) || change.words.len() > 3, "{change:?}");
        }
        words.insert(change.words);
    }
    assert!(words.len() > 1_500, "only {} wordings", words.len());
}
