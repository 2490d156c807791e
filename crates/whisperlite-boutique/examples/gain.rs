//! How much there is to gain: NDCG@10 of rankings that know the truth, or parts of it, over the last visits.
//!
//! `cargo run --release -p whisperlite-boutique --example gain -- [N_ITEMS] [SEED]`

#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use std::collections::{HashMap, HashSet};
use std::time::Instant;

use whisperlite_boutique::{Action, Boutique, BoutiqueConfig, Intent, Item, Knowledge, Session};

/// The last visits, of which this share is asked.
const HELD_OUT: f64 = 0.1;
const CUTOFF: usize = 10;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let n_items = args.next().map_or(Ok(2_000), |n| n.parse())?;
    let seed = args.next().map_or(Ok(1), |seed| seed.parse())?;
    let boutique = Boutique::new(BoutiqueConfig::new(seed, n_items))?;
    let begin = Instant::now();
    let items: Vec<Item> = boutique.items().collect();
    println!("{n_items} items in {:.2?}", begin.elapsed());
    let begin = Instant::now();
    let sessions: Vec<Session> = boutique.sessions().collect();
    println!("{} sessions in {:.2?}", sessions.len(), begin.elapsed());
    describe(&sessions);
    let split = (sessions.len() as f64 * (1.0 - HELD_OUT)) as usize;
    let mut touched: HashMap<u64, HashSet<u64>> = HashMap::new();
    let mut bought: HashMap<u64, f64> = HashMap::new();
    for session in &sessions[..split] {
        for event in &session.events {
            touched.entry(session.shopper).or_default().insert(event.item);
            *bought.entry(event.item).or_default() += 1.0;
        }
    }
    let systems = [
        ("everything", Some(Knowledge::Everything)),
        ("request", Some(Knowledge::Request)),
        ("person", Some(Knowledge::Person)),
        ("crowd", Some(Knowledge::Crowd)),
        ("popularity", None),
    ];
    for (name, known) in systems {
        let mut touched = touched.clone();
        let (mut sum, mut n_queries) = (0.0, 0);
        for session in &sessions[split..] {
            let known_items = touched.entry(session.shopper).or_default();
            let relevant: HashSet<u64> =
                session.events.iter().map(|event| event.item).filter(|item| !known_items.contains(item)).collect();
            if !relevant.is_empty() && session.request.is_some() {
                let shopper = boutique.shopper(session.shopper);
                let intent = session.request.as_ref().map_or_else(Intent::default, |request| request.intent.clone());
                let preference = boutique.preference(&shopper, &intent, session.at);
                let score = |item: &Item| match known {
                    Some(known) => preference.known(known, item),
                    None => bought.get(&item.index).copied().unwrap_or(0.0),
                };
                let mut ranked: Vec<(f64, u64)> = items
                    .iter()
                    .filter(|item| item.released_at <= session.at && !known_items.contains(&item.index))
                    .map(|item| (score(item), item.index))
                    .collect();
                ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
                sum += ndcg(&ranked, &relevant);
                n_queries += 1;
            }
            known_items.extend(session.events.iter().map(|event| event.item));
        }
        println!("{name:<12} NDCG@{CUTOFF} {:.4} over {n_queries} queries", sum / n_queries as f64);
    }
    Ok(())
}

fn ndcg(ranked: &[(f64, u64)], relevant: &HashSet<u64>) -> f64 {
    let gain = |place: usize| 1.0 / (place as f64 + 2.0).log2();
    let found: f64 = ranked
        .iter()
        .take(CUTOFF)
        .enumerate()
        .filter(|(_, (_, item))| relevant.contains(item))
        .map(|(at, _)| gain(at))
        .sum();
    found / (0..relevant.len().min(CUTOFF)).map(gain).sum::<f64>()
}

fn describe(sessions: &[Session]) {
    let events: Vec<_> = sessions.iter().flat_map(|session| &session.events).collect();
    let purchases = events.iter().filter(|event| event.action == Action::Purchase).count();
    let mut requests: HashMap<&str, usize> = HashMap::new();
    let typed: Vec<_> = sessions.iter().filter_map(|session| session.request.as_ref()).collect();
    typed.iter().for_each(|request| *requests.entry(&request.text).or_default() += 1);
    let typos = typed.iter().filter(|request| request.has_typo).count();
    let mut common: Vec<_> = requests.iter().collect();
    common.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
    println!(
        "{} events, {purchases} purchases; {} requests, {} different, {typos} with a typo",
        events.len(),
        typed.len(),
        requests.len()
    );
    println!("most asked: {:?}", &common[..15.min(common.len())]);
    println!("asked once: {:?}", common.iter().rev().take(25).map(|(text, _)| text).collect::<Vec<_>>());
}
