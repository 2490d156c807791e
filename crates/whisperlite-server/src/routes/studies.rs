//! `/v1/studies…`: asking people, for whoever has the key of an admin. What raters see themselves is below `/page/study`.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use whisperlite_study::export::{ExportFile, write_file};
use whisperlite_study::log::Study;
use whisperlite_study::power::{Certainty, Clustering, Plan, plan_grades, plan_win_rate};
use whisperlite_study::{Design, Material, PowerError, analyse};

use crate::bounds;
use crate::extract::{JsonAnswer, JsonBody, PathId, QueryString};
use crate::problem::{Code, Problem};
use crate::shop::Shop;
use crate::study::{self, BookError, LiveRequest, NewVersion, OpenVersion, Said, Standing};
use crate::work::on_a_worker;

/// Links that are made at once.
const MAX_LINKS: usize = 1_000;
/// Requests that are answered for a study at once.
const MAX_REQUESTS: usize = 500;

/// Everything that is fixed before a study starts.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewStudy {
    /// Name, systems, arms, the measure that decides, and when the study ends; see docs/study.md.
    #[schema(value_type = Object)]
    design: Value,
    /// The questions with every system's list, where they come from elsewhere.
    #[schema(value_type = Option<Object>)]
    material: Option<Value>,
    /// Else, what is asked of the systems that a server answers with: `whisperlite`, `whisperlite (search alone)` and
    /// `whisperlite (recommendation alone)`.
    #[serde(default)]
    #[schema(max_items = 500)]
    requests: Vec<AskedRequest>,
}

/// A request, and who makes it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AskedRequest {
    /// What is asked for, in words.
    #[serde(default)]
    request: String,
    /// Who asks.
    user_id: Option<String>,
}

/// A version of a study.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MadeVersion {
    /// The study.
    name: String,
    /// From 1.
    version: u32,
    /// SHA-256 of design and material.
    fingerprint: String,
    /// What is other than in the version before.
    changed: Vec<String>,
}

/// Make a study, or the next version of one. Held-out requests, baselines and earlier models are for the command `whisperlite study create`, or come as `material`.
#[utoipa::path(
    post,
    path = "/v1/studies",
    tag = "studies",
    request_body = NewStudy,
    responses(
        (status = 201, description = "The study is made", body = MadeVersion),
        (status = "4XX", description = "The request has a mistake, or nothing is new", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", description = "The server cannot answer now", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn make(
    State(shop): State<Arc<Shop>>,
    JsonBody(new): JsonBody<NewStudy>,
) -> Result<Response, Problem> {
    let wrong = |field: &str, error: &dyn std::error::Error| {
        Problem::new(Code::InvalidValue, format!("`{field}`: {error}")).in_field(field)
    };
    let design = Design::from_json(&new.design.to_string()).map_err(|error| wrong("design", &error))?;
    let material = match new.material {
        Some(material) => Material::from_json(&material.to_string()).map_err(|error| wrong("material", &error))?,
        None => {
            let (requests, systems, k) = (read_requests(new.requests)?, design.systems.clone(), design.k);
            if let Some(system) = study::not_live(&systems) {
                return Err(BookError::NotLive { system: system.clone() }.into());
            }
            on_a_worker(&shop, move |shop| Ok(study::live_material(&shop.generation().engine, &requests, &systems, k)?))
                .await?
        }
    };
    let name = design.name.clone();
    let NewVersion { version, .. } = shop.with_book(move |store| study::make(store, design, material)).await?;
    let made =
        MadeVersion { name, version: version.number, fingerprint: version.fingerprint, changed: version.changed };
    Ok((StatusCode::CREATED, JsonAnswer(made)).into_response())
}

fn read_requests(requests: Vec<AskedRequest>) -> Result<Vec<LiveRequest>, Problem> {
    if requests.is_empty() || requests.len() > MAX_REQUESTS {
        let detail = format!("without `material`, `requests` must have from 1 to {MAX_REQUESTS} requests");
        return Err(Problem::new(Code::InvalidValue, detail).in_field("requests"));
    }
    let read = |AskedRequest { request, user_id }| {
        bounds::check_chars("requests", &request, bounds::MAX_REQUEST_CHARS)?;
        bounds::check_person(user_id.as_deref(), None)?;
        Ok(LiveRequest { request, user_id })
    };
    requests.into_iter().map(read).collect()
}

/// All studies, oldest first.
#[utoipa::path(
    get,
    path = "/v1/studies",
    tag = "studies",
    responses(
        (status = 200, description = "Where each stands", body = Vec<Standing>),
        (status = "4XX", description = "The request has a mistake", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", description = "The server cannot answer now", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn all(State(shop): State<Arc<Shop>>) -> Result<JsonAnswer<Vec<Standing>>, Problem> {
    let mut standings = Vec::new();
    for name in shop.ask_store(|store| store.studies()).await? {
        standings.push(Standing::of(shop.study(&name).await?.study(), &name)?);
    }
    Ok(JsonAnswer(standings))
}

/// Where a study stands, without a word of who is ahead.
#[utoipa::path(
    get,
    path = "/v1/studies/{name}",
    tag = "studies",
    params(("name" = String, Path, description = "The study")),
    responses(
        (status = 200, description = "Where it stands", body = Standing),
        (status = "4XX", description = "There is no such study", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", description = "The server cannot answer now", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn one(State(shop): State<Arc<Shop>>, PathId(name): PathId) -> Result<JsonAnswer<Standing>, Problem> {
    Ok(JsonAnswer(Standing::of(shop.study(&name).await?.study(), &name)?))
}

/// How many links to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Opening {
    /// One for each rater.
    #[serde(default)]
    #[schema(maximum = 1000, default = 0)]
    raters: usize,
}

/// A study that raters answer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OpenedStudy {
    /// Which version.
    version: u32,
    /// One for each rater. They are shown this once.
    links: Vec<RaterLink>,
}

/// A rater's link.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RaterLink {
    /// Who, from now on.
    rater_id: String,
    /// Where their page is, from the server's address on. Who has it can answer, read and erase in their name.
    path: String,
}

/// Begin a study, and make links for raters; may be asked again for more links.
#[utoipa::path(
    post,
    path = "/v1/studies/{name}/open",
    tag = "studies",
    params(("name" = String, Path, description = "The study")),
    request_body = Opening,
    responses(
        (status = 200, description = "The study is open", body = OpenedStudy),
        (status = "4XX", description = "There is no such study, or it has ended", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", description = "The server cannot answer now", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn open(
    State(shop): State<Arc<Shop>>,
    PathId(name): PathId,
    JsonBody(opening): JsonBody<Opening>,
) -> Result<JsonAnswer<OpenedStudy>, Problem> {
    if opening.raters > MAX_LINKS {
        let detail = format!("`raters` is {}, at most {MAX_LINKS} links are made at once", opening.raters);
        return Err(Problem::new(Code::InvalidValue, detail).in_field("raters"));
    }
    let asked = name.clone();
    let opened = shop.with_book(move |store| study::open(store, &asked, opening.raters)).await?;
    let OpenVersion { version, invitations } = opened;
    let link =
        |invitation: study::Invitation| RaterLink { path: invitation.path(&name), rater_id: invitation.rater_id };
    Ok(JsonAnswer(OpenedStudy { version, links: invitations.into_iter().map(link).collect() }))
}

/// End a study, for good.
#[utoipa::path(
    post,
    path = "/v1/studies/{name}/close",
    tag = "studies",
    params(("name" = String, Path, description = "The study")),
    responses(
        (status = 200, description = "The study has ended", body = Standing),
        (status = "4XX", description = "There is no such study, or it has not begun", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", description = "The server cannot answer now", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn close(
    State(shop): State<Arc<Shop>>,
    PathId(name): PathId,
) -> Result<JsonAnswer<Standing>, Problem> {
    let asked = name.clone();
    shop.with_book(move |store| study::close(store, &asked)).await?;
    Ok(JsonAnswer(Standing::of(shop.study(&name).await?.study(), &name)?))
}

/// Which version.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct VersionQuery {
    /// Its number; without it the latest.
    version: Option<u32>,
}

/// What came out of a study. Before its planned number is reached, an open study tells nobody who is ahead; answers that come after it are not in the verdict.
#[utoipa::path(
    get,
    path = "/v1/studies/{name}/analysis",
    tag = "studies",
    params(("name" = String, Path, description = "The study"), VersionQuery),
    responses(
        (status = 200, description = "Everything that was measured; see docs/study.md", body = Object),
        (status = "4XX", description = "There is no such study", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", description = "The server cannot answer now", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn analysis(
    State(shop): State<Arc<Shop>>,
    PathId(name): PathId,
    QueryString(query): QueryString<VersionQuery>,
) -> Result<JsonAnswer<whisperlite_study::Analysis>, Problem> {
    let said = said(&shop, &name, query.version).await?;
    let analysed = on_a_worker(&shop, move |_| {
        let assignment = said.assignment()?;
        Ok(analyse(&assignment, &said.made.version, said.journal()))
    });
    analysed.await.map(JsonAnswer)
}

async fn said(shop: &Arc<Shop>, name: &str, version: Option<u32>) -> Result<Said, Problem> {
    let known = shop.study(name).await?;
    let study: &Study = known.study();
    Ok(Said::of(study, name, version)?)
}

/// What was planned and said, for others to compute with: `plan.json`, `votes.csv`, `qrels-request.txt` or `qrels-person.txt`.
#[utoipa::path(
    get,
    path = "/v1/studies/{name}/export/{file}",
    tag = "studies",
    params(
        ("name" = String, Path, description = "The study"),
        ("file" = String, Path, description = "`plan.json`, `votes.csv`, `qrels-request.txt` or `qrels-person.txt`"),
        VersionQuery
    ),
    responses(
        (status = 200, description = "The file", content((Object = "application/json"), (String = "text/csv"), (String = "text/plain"))),
        (status = "4XX", description = "There is no such study or file", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", description = "The server cannot answer now", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn export(
    State(shop): State<Arc<Shop>>,
    TwoIds(name, file): TwoIds,
    QueryString(query): QueryString<VersionQuery>,
) -> Result<Response, Problem> {
    let said = said(&shop, &name, query.version).await?;
    on_a_worker(&shop, move |_| written(&said, &file)).await
}

fn written(said: &Said, file: &str) -> Result<Response, Problem> {
    let Some(file) = ExportFile::named(file) else {
        let names = ExportFile::ALL.map(ExportFile::name).join(", ");
        return Err(Problem::new(Code::NotFound, format!("there are {names}")).in_field("file"));
    };
    let mut out = Vec::new();
    write_file(file, &said.assignment()?, &said.made.version, said.journal(), &mut out)
        .map_err(|error| Problem::internal(&error))?;
    Ok(([(header::CONTENT_TYPE, file.media_type())], out).into_response())
}

/// Everything that a study keeps of one rater.
#[utoipa::path(
    get,
    path = "/v1/studies/{name}/raters/{rater_id}",
    tag = "studies",
    params(("name" = String, Path, description = "The study"), ("rater_id" = String, Path, description = "The rater")),
    responses(
        (status = 200, description = "Entries of the study's log", body = Vec<Object>),
        (status = "4XX", description = "There is no such rater", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", description = "The server cannot answer now", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn data(
    State(shop): State<Arc<Shop>>,
    TwoIds(name, rater_id): TwoIds,
) -> Result<JsonAnswer<Vec<whisperlite_study::log::Entry>>, Problem> {
    shop.with_book(move |store| study::data_of(store, &name, &rater_id)).await.map(JsonAnswer)
}

/// What was erased.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ErasedEntries {
    /// How many entries of the log.
    n_entries: usize,
}

/// Erase everything that a study keeps of one rater.
#[utoipa::path(
    delete,
    path = "/v1/studies/{name}/raters/{rater_id}",
    tag = "studies",
    params(("name" = String, Path, description = "The study"), ("rater_id" = String, Path, description = "The rater")),
    responses(
        (status = 200, description = "Nothing of theirs is kept", body = ErasedEntries),
        (status = "4XX", description = "There is no such rater", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", description = "The server cannot answer now", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn forget(
    State(shop): State<Arc<Shop>>,
    TwoIds(name, rater_id): TwoIds,
) -> Result<JsonAnswer<ErasedEntries>, Problem> {
    let n_entries = shop.with_book(move |store| study::forget(store, &name, &rater_id)).await?;
    Ok(JsonAnswer(ErasedEntries { n_entries }))
}

/// What a study shall find.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Planning {
    /// The true part of decisive votes for the better system.
    #[schema(minimum = 0, maximum = 1, example = 0.65)]
    win_rate: Option<f64>,
    /// Or the true mean difference, in standard deviations of the paired differences.
    effect: Option<f64>,
    /// How often it shall be found.
    #[serde(default = "default_power")]
    #[schema(minimum = 0, maximum = 1, default = 0.8)]
    power: f64,
    /// How often two equal systems may be told apart.
    #[serde(default = "default_alpha")]
    #[schema(minimum = 0, maximum = 1, default = 0.05)]
    alpha: f64,
    /// Judgements of each rater, and how much they resemble each other, from 0 to 1; and the same of each request.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    clustering: Clustering,
}

fn default_power() -> f64 {
    Certainty::default().power
}

fn default_alpha() -> f64 {
    Certainty::default().alpha
}

/// How many judgements a study needs.
#[utoipa::path(
    post,
    path = "/v1/studies:plan",
    tag = "studies",
    request_body = Planning,
    responses(
        (status = 200, description = "The numbers of judgements, raters and questions", body = Object),
        (status = "4XX", description = "The request has a mistake", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", description = "The server cannot answer now", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn plan(
    State(shop): State<Arc<Shop>>,
    JsonBody(wanted): JsonBody<Planning>,
) -> Result<JsonAnswer<Plan>, Problem> {
    let certainty = Certainty { alpha: wanted.alpha, power: wanted.power };
    let wrong = |error: PowerError| Problem::new(Code::InvalidValue, error.to_string());
    on_a_worker(&shop, move |_| match (wanted.win_rate, wanted.effect) {
        (Some(win_rate), None) => plan_win_rate(win_rate, &wanted.clustering, certainty).map_err(wrong),
        (None, Some(effect)) => plan_grades(effect, &wanted.clustering, certainty).map_err(wrong),
        _ => Err(Problem::new(Code::MissingField, "give either `win_rate` or `effect`").in_field("win_rate")),
    })
    .await
    .map(JsonAnswer)
}

/// The two ids in a path such as `/v1/studies/{name}/raters/{rater_id}`.
pub(crate) struct TwoIds(String, String);

impl<S: Send + Sync> FromRequestParts<S> for TwoIds {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read = Path::<(String, String)>::from_request_parts(parts, state).await;
        let bad = |rejection: axum::extract::rejection::PathRejection| {
            Problem::new(Code::InvalidValue, rejection.body_text()).in_field("path")
        };
        read.map(|Path((first, second))| Self(first, second)).map_err(bad)
    }
}
