//! Two systems' answers mixed into one, in the live shop, for a study that asks so; and what is picked from them.

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use whisperlite::recommender::{Question, Share};
use whisperlite::store::unix_now;
use whisperlite_study::design::InterleavingArm;
use whisperlite_study::interleave::Mixed;
use whisperlite_study::log::Entry;
use whisperlite_study::{Design, Impression, Version, hex, team_draft};

use super::book;
use super::turns::Turns;
use crate::problem::Problem;
use crate::shop::Shop;
use crate::token;

/// How long the study that mixes is taken for the one that does.
const FRESH: Duration = Duration::from_secs(1);

/// What a server can answer with at once: our model's three readings, by their names in every table.
pub const LIVE_SYSTEMS: [&str; 3] = ["whisperlite", "whisperlite (search alone)", "whisperlite (recommendation alone)"];

/// The open study that mixes lists, as it was a moment ago.
#[derive(Default)]
pub(crate) struct Mixing {
    known: RwLock<Option<(Instant, Option<Arc<Mixer>>)>>,
    turns: Arc<Mutex<Turns>>,
}

/// A study that mixes lists.
#[derive(Debug, Clone)]
pub(crate) struct Mixer {
    study: String,
    version: u32,
    fingerprint: String,
    seed: u64,
    k: usize,
    arm: InterleavingArm,
}

impl Mixer {
    /// A version of a study, if it mixes lists.
    pub(super) fn of(study: &str, version: &Version, design: &Design) -> Option<Self> {
        Some(Self {
            study: study.to_owned(),
            version: version.number,
            fingerprint: version.fingerprint.clone(),
            seed: design.seed,
            k: design.k,
            arm: design.arms.interleaving.clone()?,
        })
    }

    pub(super) fn study(&self) -> &str {
        &self.study
    }

    pub(super) fn version(&self) -> u32 {
        self.version
    }

    /// The visitor as the study knows them, if theirs is one of the visits with mixed lists. Who they are cannot be read from it.
    fn visitor_id(&self, visitor: &str) -> Option<String> {
        let hash = token::hash(&format!("{} {visitor}", self.fingerprint));
        let draw = u32::from_le_bytes([hash[0], hash[1], hash[2], hash[3]]);
        let is_drawn = f64::from(draw) < self.arm.share_of_visits * f64::from(u32::MAX);
        is_drawn.then(|| format!("v-{}", hex(&hash[4..16])))
    }
}

/// The question as one of the live systems would be asked it; nothing if it cannot be.
pub(super) fn asked_of(system: &str, question: &Question) -> Option<Question> {
    let question = question.clone();
    match LIVE_SYSTEMS.iter().position(|live| *live == system)? {
        0 => Some(question),
        1 => Some(Question { personalization: Share::NOTHING, ..question }),
        _ => Some(Question { request: String::new(), ..question }),
    }
}

/// What a mixer makes of a question.
pub(crate) struct Mix {
    /// The items, best first, and what is to be written of it.
    pub(crate) items: Vec<String>,
    entry: Entry,
    study: String,
}

/// Mixes the answers of the two systems. `answer` asks a question; `query_id` names the answer.
pub(crate) fn mix<E>(
    mixer: &Mixer,
    visitor: &str,
    question: &Question,
    query_id: &str,
    mut answer: impl FnMut(&Question) -> Result<Vec<String>, E>,
) -> Result<Option<Mix>, E> {
    let arm = &mixer.arm;
    let Some(visitor_id) = mixer.visitor_id(visitor) else { return Ok(None) };
    let asked = (asked_of(&arm.system, question), asked_of(&arm.against, question));
    let (Some(system), Some(against)) = asked else { return Ok(None) };
    let (system, against) = (answer(&system)?, answer(&against)?);
    let k = mixer.k.min(question.limit);
    // Where both would show the same, a click says nothing of either.
    if system.iter().take(k).eq(against.iter().take(k)) {
        return Ok(None);
    }
    let shown: Mixed = team_draft(&system, &against, k, mixer.seed, query_id);
    let mut items = shown.items.clone();
    items.extend(system.into_iter().filter(|item| !shown.items.contains(item)));
    items.truncate(question.limit);
    let impression = Impression {
        impression_id: query_id.to_owned(),
        version: mixer.version,
        visitor_id,
        request: question.request.clone(),
        at: unix_now(),
        simulated: false,
        shown,
        picked: Vec::new(),
    };
    Ok(Some(Mix { items, entry: Entry::Shown { impression }, study: mixer.study.clone() }))
}

impl Shop {
    /// The study that mixes lists now, if one does.
    pub(crate) async fn mixer(&self) -> Option<Arc<Mixer>> {
        let before = self.mixing.known.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((since, mixer)) = &before
            && since.elapsed() < FRESH
        {
            return mixer.clone();
        }
        let mixer = match self.find_mixer().await {
            Ok(mixer) => mixer.map(Arc::new),
            // Who asks for items is answered, whatever becomes of the study.
            Err(_) => before.and_then(|(_, mixer)| mixer),
        };
        *self.mixing.known.write().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), mixer.clone()));
        mixer
    }

    async fn find_mixer(&self) -> Result<Option<Mixer>, Problem> {
        let turns = Arc::clone(&self.mixing.turns);
        let found = self.ask_store(move |store| {
            let mut turns = turns.lock().unwrap_or_else(PoisonError::into_inner);
            turns.read_on(store)?;
            Ok(turns.mixer().cloned())
        });
        Ok(found.await?)
    }

    /// Writes down that a mixed list is shown.
    pub(crate) async fn keep_mix(&self, mix: Mix) -> Result<(), Problem> {
        self.ask_store(move |store| book::append(store, &mix.study, &[mix.entry])).await?;
        Ok(())
    }

    /// Gives credit for what was picked: of each answer's id and item, those that came from a mixed list.
    pub(crate) async fn credit(&self, picks: &[(String, String)]) -> Result<(), Problem> {
        let Some(mixer) = (if picks.is_empty() { None } else { self.mixer().await }) else { return Ok(()) };
        let known = self.study(&mixer.study).await?;
        let entry = |(query_id, item_id): &(String, String)| {
            let impression = known.study().impressions.get(query_id)?;
            let place = impression.shown.items.iter().position(|shown| shown == item_id)?;
            let (impression_id, visitor_id) = (query_id.clone(), impression.visitor_id.clone());
            impression.picked.iter().all(|pick| pick.place != place).then_some(Entry::Picked {
                impression_id,
                visitor_id,
                place,
            })
        };
        let entries: Vec<Entry> = picks.iter().filter_map(entry).collect();
        drop(known);
        if !entries.is_empty() {
            let study = mixer.study.clone();
            self.ask_store(move |store| book::append(store, &study, &entries)).await?;
        }
        Ok(())
    }
}
