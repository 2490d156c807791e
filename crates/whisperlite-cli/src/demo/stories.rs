//! Three answers that show what the model does: one request from two shoppers, a new item, a new shopper.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;

use serde::Serialize;
use whisperlite::catalog::Catalog;
use whisperlite::catalog::split::Visible;
use whisperlite::model::{Memory, Scorer, World};
use whisperlite::recommender::{Hit, Question, Recommender};
use whisperlite::signals::Histories;

use crate::opened::Opened;

/// Items shown of an answer.
const SHOWN: usize = 5;
/// The busiest shoppers, among whom the two are found whose answers differ most.
const N_BUSY: usize = 12;
/// Items looked through for a new one.
const N_RANKED: usize = 100;

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
    let opened = Opened::open(dir)?;
    let vectors = opened.vectors()?;
    let (model, _, _) = opened.model(&vectors)?;
    let catalog = &opened.catalog;
    let world = World::new(catalog, &vectors)?;
    let everything = Visible::everything(catalog);
    let memory = Memory::new(&world, &everything);
    let scorer = Scorer::new(&model, &memory);
    let histories = Histories::build(catalog, &everything.events);
    let encoder = opened.encoder.clone().when_needed();
    let teller = Teller {
        recommender: Recommender::new(&scorer, &histories, &encoder, everything.now),
        catalog,
        histories: &histories,
        request: most_asked(catalog),
    };
    Ok(vec![teller.two_shoppers()?, teller.a_new_item(&memory)?, teller.a_new_shopper()?])
}

/// The request that most different people made.
fn most_asked(catalog: &Catalog) -> String {
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
    let counted = people.into_iter().map(|(request_idx, users)| (n_people(users), request_idx));
    counted.max().map_or(String::new(), |(_, request_idx)| catalog.requests[request_idx as usize].clone())
}

struct Teller<'a> {
    recommender: Recommender<'a>,
    catalog: &'a Catalog,
    histories: &'a Histories,
    request: String,
}

impl Teller<'_> {
    fn ask(&self, request: &str, user_id: Option<&str>, limit: usize) -> anyhow::Result<Vec<Hit>> {
        let (request, user_id) = (request.to_owned(), user_id.map(str::to_owned));
        Ok(self.recommender.recommend(&Question { request, user_id, limit, ..Question::default() })?.hits)
    }

    /// Of the busiest shoppers, the two whose answers have least in common.
    fn two_shoppers(&self) -> anyhow::Result<Story> {
        let mut users: Vec<u32> = (0u32..).take(self.catalog.n_users()).collect();
        users.sort_by_key(|&user| (std::cmp::Reverse(self.histories.of(user).len()), user));
        let busy = users.into_iter().take(N_BUSY);
        let answers: Vec<(u32, Vec<Hit>)> = busy
            .map(|user| Ok((user, self.ask(&self.request, Some(&self.catalog.user_ids[user as usize]), SHOWN)?)))
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
        let headline = format!("The same request, \"{}\", from two shoppers:", self.request);
        Ok(Story { headline, answers: answers.collect() })
    }

    /// Who somebody is: what they chose of late.
    fn introduce(&self, user: u32) -> String {
        let mut titles: Vec<String> = Vec::new();
        for entry in self.histories.of(user).iter().filter(|entry| entry.event_type.is_positive()) {
            let title = self.catalog.items[entry.item_idx as usize].short_name();
            if titles.len() < 3 && !titles.contains(&title) {
                titles.push(title);
            }
        }
        format!("{}, who looked at {} of late", self.catalog.user_ids[user as usize], titles.join("; "))
    }

    /// The best-placed item that nobody ever chose.
    fn a_new_item(&self, memory: &Memory<'_>) -> anyhow::Result<Story> {
        let hits = self.ask(&self.request, None, N_RANKED)?;
        let is_new = |hit: &&Hit| self.catalog.item_idx(&hit.item_id).is_some_and(|item| !memory.is_warm(item));
        let place = hits.iter().position(|hit| is_new(&hit));
        let headline = match place {
            Some(place) => {
                format!("A new item, that nobody looked at yet, is number {} for \"{}\":", place + 1, self.request)
            }
            None => format!("No item of the first {N_RANKED} for \"{}\" is new.", self.request),
        };
        let answers = place.map(|place| ("for nobody in particular".to_owned(), vec![hits[place].clone()]));
        Ok(Story { headline, answers: answers.into_iter().collect() })
    }

    /// Somebody without a past: words alone, then not even words.
    fn a_new_shopper(&self) -> anyhow::Result<Story> {
        let words = (format!("asks for \"{}\"", self.request), self.ask(&self.request, None, SHOWN)?);
        let nothing = ("says nothing: what is popular".to_owned(), self.ask("", None, SHOWN)?);
        Ok(Story { headline: "A new shopper:".to_owned(), answers: vec![words, nothing] })
    }
}
