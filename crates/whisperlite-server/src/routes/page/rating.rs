//! `/page/study/…`: what a rater's page asks. Their link is their key; what they see names no system, and says of no task what it is for.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{FromRequestParts, State};
use axum::http::header;
use axum::http::request::Parts;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use whisperlite::store::unix_now;
use whisperlite_study::log::{Entry, Member, Place, Status, Study};
use whisperlite_study::task::ViewBody;
use whisperlite_study::{Answer, Response, Task, TaskView};

use crate::extract::{JsonAnswer, JsonBody, QueryString};
use crate::generation::Generation;
use crate::problem::{Code, Problem};
use crate::shop::Shop;
use crate::study::{self, BookError};
use crate::token;

/// What a rater reads before anything else. Whoever changes it asks for another consent: its hash is kept with each.
const CONSENT: [&str; 5] = [
    "You will see what shoppers asked a shop for, and what the shop could answer. You say which answer is better, or how well items fit. \
     There is no right or wrong: we want to know what you think.",
    "You may stop at any time, and go on later with the same link, on any device. You may also change what you said by going back.",
    "We keep: what you answered, when, and how long each answer took, under a number made by chance. Not your name, not your address, and nothing of \
     your browser.",
    "Some questions are there to see whether answers can be relied on. They are not marked.",
    "With the buttons at the foot of this page you can, at any time, get everything that we keep of you, or erase it. Who has your link can do the same: \
     keep it to yourself.",
];
/// Milliseconds of one answer that are believed: a day.
const MAX_DWELL_MS: u64 = 86_400_000;
/// How often a rater is given a number, where another server was sooner with it.
const MAX_TRIES: usize = 100;
/// Answers of one rater for each of their tasks, changed ones included, in the mean.
const MAX_ANSWERS_PER_TASK: usize = 20;
/// Characters of an answer's id.
const MAX_ID_CHARS: usize = 100;
/// Characters of an item's text that are shown.
const MAX_TEXT_CHARS: usize = 400;

/// The key of a rater: what stands for the study, and their token, as their link has them.
pub(crate) struct RaterKey {
    link_id: String,
    token_hash: String,
}

impl<S: Send + Sync> FromRequestParts<S> for RaterKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let value = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let key = value.and_then(|value| value.strip_prefix("Bearer ")).and_then(|key| key.trim().split_once('.'));
        let (link_id, token) = key.ok_or_else(unknown_link)?;
        Ok(Self { link_id: link_id.to_owned(), token_hash: token::hash_as_text(token) })
    }
}

impl RaterKey {
    /// Who has it. All are compared, and each in a time that does not depend on where they differ.
    fn find<'s>(&self, study: &'s Study) -> Result<(&'s String, &'s Member), Problem> {
        let is_own = |member: &Member| bool::from(member.token_hash.as_bytes().ct_eq(self.token_hash.as_bytes()));
        let found = study
            .members
            .iter()
            .fold(None, |found, (id, member)| if is_own(member) { Some((id, member)) } else { found });
        found.ok_or_else(unknown_link)
    }
}

/// What is said of a link that opens nothing: not whether there is such a study.
fn unknown_link() -> Problem {
    let detail =
        "this link opens no study: it may be cut off, or what was said with it was erased; ask who sent it for another";
    Problem::new(Code::Unauthorized, detail).in_field("authorization")
}

/// Where a rater is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Stage {
    /// The study has not begun.
    NotOpen,
    /// The rater has not consented.
    Consent,
    /// There is something to answer.
    Task,
    /// Everything is answered.
    Done,
    /// The study has ended.
    Closed,
}

/// What a rater's page shows now.
#[derive(Debug, Serialize)]
pub(crate) struct Sitting {
    stage: Stage,
    /// What is consented to.
    consent: [&'static str; CONSENT.len()],
    n_tasks: usize,
    n_done: usize,
    task: Option<TaskView>,
    /// What was answered to the task before.
    given: Option<Response>,
    /// Every item of the task, by its id.
    items: BTreeMap<String, ShownItem>,
}

/// An item as raters see it.
#[derive(Debug, Serialize)]
struct ShownItem {
    title: String,
    category: String,
    price: Option<f64>,
    text: String,
}

/// Which task to show.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// Its place from 0; without it the first that is not answered.
    place: Option<usize>,
}

/// `GET /page/study/sitting`
pub(crate) async fn sitting(
    State(shop): State<Arc<Shop>>,
    key: RaterKey,
    QueryString(wanted): QueryString<Wanted>,
) -> Result<JsonAnswer<Sitting>, Problem> {
    show(&shop, &key, wanted.place).await.map(JsonAnswer)
}

/// `POST /page/study/joined`: the rater consents.
pub(crate) async fn join(State(shop): State<Arc<Shop>>, key: RaterKey) -> Result<JsonAnswer<Sitting>, Problem> {
    let consent = token::hash_as_text(&CONSENT.join("\n"));
    for _ in 0..MAX_TRIES {
        let (name, known) = shop.study_of_rater(&key).await?;
        let rater_id = key.find(known.study())?.0;
        let Some(joined) = study::joining(known.study(), &name, rater_id, &consent).map_err(told)? else { break };
        drop(known);
        if shop.ask_store(move |store| study::append(store, &name, &[joined])).await? == [true] {
            break;
        }
    }
    show(&shop, &key, None).await.map(JsonAnswer)
}

/// An answer as the page sends it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Given {
    /// Makes it the same answer when it is sent again.
    answer_id: String,
    task_id: String,
    dwell_ms: u64,
    response: Response,
}

/// `POST /page/study/answers`: saved when this is answered, with what comes next.
pub(crate) async fn answer(
    State(shop): State<Arc<Shop>>,
    key: RaterKey,
    JsonBody(given): JsonBody<Given>,
) -> Result<JsonAnswer<Sitting>, Problem> {
    if given.answer_id.is_empty() || given.answer_id.len() > MAX_ID_CHARS {
        let detail = format!("`answer_id` must have from 1 to {MAX_ID_CHARS} bytes");
        return Err(Problem::new(Code::InvalidValue, detail).in_field("answer_id"));
    }
    let (name, mut known) = shop.study_of_rater(&key).await?;
    let (rater_id, place) = member(&key, known.study())?;
    let version = place.version;
    if known.study().status(version) != Status::Open {
        return Err(told(BookError::Closed { name, version }));
    }
    let tasks = known.tasks(place)?;
    let n_answers = known.study().answers.iter().filter(|answer| answer.rater_id == rater_id).count();
    if n_answers >= tasks.len() * MAX_ANSWERS_PER_TASK {
        return Err(Problem::new(Code::StudyState, "you changed your answers more often than the study keeps"));
    }
    let mut answer = Answer {
        rater_id,
        version,
        task_id: given.task_id,
        place: 0,
        at: unix_now(),
        dwell_ms: given.dwell_ms.min(MAX_DWELL_MS),
        response: given.response,
    };
    let Some(made) = known.study().version(version) else { return Err(unknown_link()) };
    answer.place = answer.check(&tasks, &made.design).map_err(BookError::from)?.task.place;
    drop(known);
    shop.with_book(move |store| study::add_answer(store, &name, given.answer_id, answer)).await?;
    show(&shop, &key, None).await.map(JsonAnswer)
}

/// `GET /page/study/data`: everything that is kept of the rater.
pub(crate) async fn data(State(shop): State<Arc<Shop>>, key: RaterKey) -> Result<JsonAnswer<Vec<Entry>>, Problem> {
    let (name, known) = shop.study_of_rater(&key).await?;
    let rater_id = key.find(known.study())?.0.clone();
    drop(known);
    shop.with_book(move |store| study::data_of(store, &name, &rater_id)).await.map(JsonAnswer)
}

/// What was erased.
#[derive(Serialize)]
pub(crate) struct Erased {
    n_entries: usize,
}

/// `DELETE /page/study/data`: nothing of the rater is kept any more, not even that their link was theirs.
pub(crate) async fn forget(State(shop): State<Arc<Shop>>, key: RaterKey) -> Result<JsonAnswer<Erased>, Problem> {
    let (name, known) = shop.study_of_rater(&key).await?;
    let rater_id = key.find(known.study())?.0.clone();
    drop(known);
    let n_entries = shop.with_book(move |store| study::forget(store, &name, &rater_id)).await?;
    Ok(JsonAnswer(Erased { n_entries }))
}

impl Shop {
    /// The study of a rater's link, and its name.
    async fn study_of_rater(&self, key: &RaterKey) -> Result<(String, study::KnownStudy), Problem> {
        let name = self.name_of_link(&key.link_id).await?.ok_or_else(unknown_link)?;
        let known = self.study(&name).await?;
        Ok((name, known))
    }
}

/// What a rater is told of what cannot be done: neither the study's name nor what its owner may do.
fn told(error: BookError) -> Problem {
    match error {
        BookError::Closed { .. } => {
            Problem::new(Code::StudyState, "the study has ended, and no answer is taken any more")
        }
        BookError::NotOpen { .. } => Problem::new(Code::StudyState, "the study has not begun"),
        error => error.into(),
    }
}

/// Who asks, and their place in the study, which they have since they consented.
fn member(key: &RaterKey, study: &Study) -> Result<(String, Place), Problem> {
    let (rater_id, member) = key.find(study)?;
    let place = member
        .joined
        .ok_or_else(|| Problem::new(Code::StudyState, "nothing is answered before the consent: reload the page"))?;
    Ok((rater_id.clone(), place))
}

async fn show(shop: &Arc<Shop>, key: &RaterKey, wanted: Option<usize>) -> Result<Sitting, Problem> {
    let (_, mut known) = shop.study_of_rater(key).await?;
    let (rater_id, member) = key.find(known.study())?;
    let (rater_id, joined) = (rater_id.clone(), member.joined);
    let version = joined.map(|place| place.version).or(known.study().current().map(|made| made.version.number));
    let status = version.map_or(Status::Draft, |version| known.study().status(version));
    let mut sitting = Sitting {
        stage: Stage::Consent,
        consent: CONSENT,
        n_tasks: 0,
        n_done: 0,
        task: None,
        given: None,
        items: BTreeMap::new(),
    };
    sitting.stage = match (status, joined) {
        (Status::Draft, _) => Stage::NotOpen,
        (Status::Closed, _) => Stage::Closed,
        (Status::Open, None) => Stage::Consent,
        (Status::Open, Some(_)) => Stage::Task,
    };
    let Some(place) = joined else { return Ok(sitting) };
    let tasks = known.tasks(place)?;
    let study = known.study();
    let given: BTreeMap<&str, &Response> = study
        .answers
        .iter()
        .filter(|answer| answer.rater_id == rater_id && answer.version == place.version)
        .map(|answer| (answer.task_id.as_str(), &answer.response))
        .collect();
    let is_done = |task: &&Task| given.contains_key(task.task_id.as_str());
    sitting.n_tasks = tasks.len();
    sitting.n_done = tasks.iter().filter(is_done).count();
    if sitting.stage != Stage::Task {
        return Ok(sitting);
    }
    let task = match wanted {
        Some(place) => tasks.get(place),
        None => tasks.iter().find(|task| !is_done(task)),
    };
    let question = |task: &Task| study.version(place.version)?.material.question(&task.question_id);
    match task.and_then(|task| Some((task, question(task)?))) {
        Some((task, question)) => {
            let view = task.view(question);
            sitting.items = items_of(&shop.generation(), &view);
            sitting.given = given.get(task.task_id.as_str()).map(|&response| response.clone());
            sitting.task = Some(view);
        }
        None => sitting.stage = Stage::Done,
    }
    Ok(sitting)
}

/// What the shop says of a task's items; of one that it no longer has, just that.
fn items_of(generation: &Generation, view: &TaskView) -> BTreeMap<String, ShownItem> {
    let shown: Vec<&String> = match &view.body {
        ViewBody::Pair { left, right } => left.iter().chain(right).collect(),
        ViewBody::Grade { items, .. } => items.iter().collect(),
    };
    let item = |item_id: &&String| {
        let shown = match generation.item(item_id) {
            Some(item) => ShownItem {
                title: item.short_name(),
                text: item.text.chars().take(MAX_TEXT_CHARS).collect(),
                category: item.category,
                price: item.price,
            },
            None => ShownItem {
                title: "No longer in the shop".to_owned(),
                text: String::new(),
                category: String::new(),
                price: None,
            },
        };
        ((*item_id).clone(), shown)
    };
    shown.into_iter().chain(&view.history).collect::<Vec<_>>().iter().map(item).collect()
}
