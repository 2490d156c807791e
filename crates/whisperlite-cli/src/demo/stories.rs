//! Three answers that show what the model does: one request from two shoppers, a new item, a new shopper.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;

use serde::Serialize;
use whisperlite::catalog::Catalog;
use whisperlite::recommender::{Engine, Hit, Question};

use crate::opened::Opened;
use crate::store::Place;

/// Items shown of an answer.
const SHOWN: usize = 5;
/// The busiest shoppers, among whom the two are found whose answers differ most.
const N_BUSY: usize = 12;
/// Requests looked through for a new item.
const N_REQUESTS: usize = 200;

/// A headline, and the answers below it.
#[derive(Debug, Serialize)]
pub(super) struct Story {
    headline: String,
    answers: Vec<(String, Vec<Hit>)>,
}

impl fmt::Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.headline)?;
        for (who, hits) in &self.answers {
            writeln!(f, "  {who}")?;
            for (place, hit) in hits.iter().enumerate() {
                writeln!(f, "  {:>3}. {}  [{}]", place + 1, hit.title, hit.item_id)?;
            }
        }
        Ok(())
    }
}

/// Asks the trained store.
pub(super) fn tell(dir: &Path) -> anyhow::Result<Vec<Story>> {
    let opened = Opened::open(&Place::folder(dir))?;
    let requests = most_asked(&opened.catalog);
    let engine = opened.engine()?;
    let teller = Teller { engine: &engine, catalog: engine.catalog(), requests };
    Ok(vec![teller.two_shoppers()?, teller.a_new_item()?, teller.a_new_shopper()?])
}

/// The requests of more than one word and without a "not", which no encoder of this size understands, those that most different people made first.
fn most_asked(catalog: &Catalog) -> Vec<String> {
    let mut people: HashMap<u32, Vec<u32>> = HashMap::new();
    for event in &catalog.events {
        if let Some(request_idx) = event.request_idx {
            people.entry(request_idx).or_default().push(event.user_idx);
        }
    }
    let n_people = |mut users: Vec<u32>| {
        users.sort_unstable();
        users.dedup();
        users.len()
    };
    let mut counted: Vec<(usize, &str)> = people
        .into_iter()
        .map(|(request_idx, users)| (n_people(users), catalog.requests[request_idx as usize].as_str()))
        .filter(|(_, request)| request.contains(' ') && !request.split(' ').any(|word| matches!(word, "not" | "no")))
        .collect();
    counted.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
    counted.into_iter().map(|(_, request)| request.to_owned()).collect()
}

struct Teller<'a> {
    engine: &'a Engine,
    catalog: &'a Catalog,
    requests: Vec<String>,
}

impl Teller<'_> {
    /// The request that most people made.
    fn request(&self) -> &str {
        self.requests.first().map_or("", String::as_str)
    }

    fn ask(&self, request: &str, user_id: Option<&str>, limit: usize) -> anyhow::Result<Vec<Hit>> {
        let (request, user_id) = (request.to_owned(), user_id.map(str::to_owned));
        Ok(self.engine.recommend(&Question { request, user_id, limit, ..Question::default() })?.hits)
    }

    /// Of the busiest shoppers, the two whose answers have least in common.
    fn two_shoppers(&self) -> anyhow::Result<Story> {
        let mut users: Vec<u32> = (0u32..).take(self.catalog.n_users()).collect();
        users.sort_by_key(|&user| (std::cmp::Reverse(self.engine.histories().of(user).len()), user));
        let busy = users.into_iter().take(N_BUSY);
        let answers: Vec<(u32, Vec<Hit>)> = busy
            .map(|user| Ok((user, self.ask(self.request(), Some(&self.catalog.user_ids[user as usize]), SHOWN)?)))
            .collect::<anyhow::Result<_>>()?;
        let shared =
            |a: &[Hit], b: &[Hit]| a.iter().filter(|hit| b.iter().any(|other| other.item_id == hit.item_id)).count();
        let pairs = (0..answers.len()).flat_map(|a| (0..a).map(move |b| (b, a)));
        let chosen = pairs.min_by_key(|&(a, b)| (shared(&answers[a].1, &answers[b].1), a, b));
        let told = chosen.map_or(Vec::new(), |(a, b)| vec![a, b]);
        let answers = told.into_iter().map(|place| {
            let (user, hits) = &answers[place];
            (self.introduce(*user), hits.clone())
        });
        let headline = format!(
            "The same request, \"{}\", from two shoppers, of the {N_BUSY} busiest those whose answers differ most:",
            self.request()
        );
        Ok(Story { headline, answers: answers.collect() })
    }

    /// Who somebody is: what they chose of late.
    fn introduce(&self, user: u32) -> String {
        let mut titles: Vec<String> = Vec::new();
        for entry in self.engine.histories().of(user).iter().filter(|entry| entry.event_type.is_positive()) {
            let title = self.catalog.items[entry.item_idx as usize].short_name();
            if titles.len() < 3 && !titles.contains(&title) {
                titles.push(title);
            }
        }
        format!("{}, who looked at {} of late", self.catalog.user_ids[user as usize], titles.join("; "))
    }

    /// Among the answers to what people ask for, the best-placed item that nobody ever chose.
    fn a_new_item(&self) -> anyhow::Result<Story> {
        let is_new =
            |hit: &Hit| self.catalog.item_idx(&hit.item_id).is_some_and(|item| !self.engine.memory().is_warm(item));
        let mut best: Option<(usize, &str, Vec<Hit>)> = None;
        for request in self.requests.iter().take(N_REQUESTS) {
            let hits = self.ask(request, None, SHOWN)?;
            let place = hits.iter().position(is_new);
            if let Some(place) = place.filter(|&place| best.as_ref().is_none_or(|(first, ..)| place < *first)) {
                best = Some((place, request, hits));
            }
        }
        Ok(match best {
            Some((place, request, hits)) => Story {
                headline: format!("A new item, that nobody looked at yet, finds its place: number {}.", place + 1),
                answers: vec![(format!("somebody asks for \"{request}\""), hits)],
            },
            None => Story {
                headline: format!("No new item is among the first {SHOWN} of any answer."),
                answers: Vec::new(),
            },
        })
    }

    /// Somebody without a past: words alone, then not even words.
    fn a_new_shopper(&self) -> anyhow::Result<Story> {
        let words = (format!("asks for \"{}\"", self.request()), self.ask(self.request(), None, SHOWN)?);
        let nothing = ("says nothing: what is popular".to_owned(), self.ask("", None, SHOWN)?);
        Ok(Story { headline: "A new shopper:".to_owned(), answers: vec![words, nothing] })
    }
}
