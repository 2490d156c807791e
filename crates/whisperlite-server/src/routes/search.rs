//! `POST /v1/search` and `POST /v1/recommend`: what somebody asks for, and what suits them.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use utoipa::ToSchema;
use whisperlite::encoder::Picture;
use whisperlite::recommender::{Question, Reasons, SeenItems};

use super::answer::{Answer, answer, read_filter};
use crate::bounds;
use crate::extract::{JsonAnswer, JsonBody};
use crate::problem::{Code, Problem};
use crate::shop::Shop;
use crate::work::on_a_worker;

/// What is asked for, and by whom. Everything may be left out: then the answer is what is popular.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SearchRequest {
    /// What is asked for, in words.
    #[schema(max_length = 2000, example = "something blue for a wedding")]
    q: Option<String>,
    /// Ids of items that what is asked for is like; the words then say what is to be different.
    #[serde(default)]
    like: Vec<String>,
    /// A picture that what is asked for is like: JPEG, PNG, WebP or GIF in base64, with or without `data:image/…;base64,`
    /// before it.
    image: Option<String>,
    /// Who asks.
    user_id: Option<String>,
    /// The visit in which somebody asks, who may not have said who they are.
    session_id: Option<String>,
    /// Ids of items that the person chose just now, newest first, on top of what the store knows.
    #[serde(default)]
    history: Vec<String>,
    /// Only items that match.
    #[schema(example = "category = \"Dresses\" AND price < 50")]
    filter: Option<String>,
    /// How many items, at most.
    #[serde(default = "default_limit")]
    #[schema(maximum = 1000, default = 10)]
    limit: usize,
    /// How many of the best items to leave out: those of the pages before.
    #[serde(default)]
    #[schema(maximum = 100_000)]
    offset: usize,
    /// Whether to leave out what the person touched before.
    #[serde(default = "default_exclude_seen")]
    #[schema(default = true)]
    exclude_seen: bool,
    /// Whether to say why.
    #[serde(default)]
    explain: bool,
}

/// Who is to be recommended something.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecommendRequest {
    /// For whom.
    user_id: Option<String>,
    /// The visit of somebody who may not have said who they are.
    session_id: Option<String>,
    /// Ids of items that the person chose just now, newest first, on top of what the store knows.
    #[serde(default)]
    history: Vec<String>,
    /// Only items that match.
    #[schema(example = "category = \"Dresses\" AND price < 50")]
    filter: Option<String>,
    /// How many items, at most.
    #[serde(default = "default_limit")]
    #[schema(maximum = 1000, default = 10)]
    limit: usize,
    /// How many of the best items to leave out: those of the pages before.
    #[serde(default)]
    #[schema(maximum = 100_000)]
    offset: usize,
    /// Whether to leave out what the person touched before.
    #[serde(default = "default_exclude_seen")]
    #[schema(default = true)]
    exclude_seen: bool,
    /// Whether to say why.
    #[serde(default)]
    explain: bool,
}

/// Items of an answer, where nobody says how many.
pub(crate) fn default_limit() -> usize {
    10
}

fn default_exclude_seen() -> bool {
    true
}

impl From<RecommendRequest> for SearchRequest {
    fn from(request: RecommendRequest) -> Self {
        let RecommendRequest { user_id, session_id, history, filter, limit, offset, exclude_seen, explain } = request;
        let (q, like, image) = (None, Vec::new(), None);
        Self { q, like, image, user_id, session_id, history, filter, limit, offset, exclude_seen, explain }
    }
}

/// Answer what somebody asks for, fitted to who asks.
#[utoipa::path(
    post,
    path = "/v1/search",
    tag = "answers",
    request_body = SearchRequest,
    responses(
        (status = 200, description = "Items, best first", body = Answer),
        (status = "4XX", description = "The request has a mistake", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", description = "The server cannot answer now", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn search(
    State(shop): State<Arc<Shop>>,
    JsonBody(request): JsonBody<SearchRequest>,
) -> Result<JsonAnswer<Answer>, Problem> {
    on_a_worker(&shop, move |shop| ask(shop, request)).await.map(JsonAnswer)
}

/// Recommend items to somebody who asks for nothing in particular.
#[utoipa::path(
    post,
    path = "/v1/recommend",
    tag = "answers",
    request_body = RecommendRequest,
    responses(
        (status = 200, description = "Items, best first", body = Answer),
        (status = "4XX", description = "The request has a mistake", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", description = "The server cannot answer now", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn recommend(
    State(shop): State<Arc<Shop>>,
    JsonBody(request): JsonBody<RecommendRequest>,
) -> Result<JsonAnswer<Answer>, Problem> {
    on_a_worker(&shop, move |shop| ask(shop, request.into())).await.map(JsonAnswer)
}

fn ask(shop: &Shop, request: SearchRequest) -> Result<Answer, Problem> {
    let begin = Instant::now();
    let generation = shop.generation();
    bounds::check_request("q", request.q.as_deref().unwrap_or_default())?;
    bounds::check_person(request.user_id.as_deref(), request.session_id.as_deref())?;
    bounds::check_page(request.limit, request.offset)?;
    for (field, ids) in [("like", &request.like), ("history", &request.history)] {
        bounds::check_ids(field, ids)?;
        if let Some(unknown) = ids.iter().find(|item_id| generation.item(item_id).is_none()) {
            return Err(Problem::unknown_item(unknown).in_field(field));
        }
    }
    let question = Question {
        filter: read_filter(&generation, request.filter.as_deref())?,
        picture: request.image.as_deref().map(read_picture).transpose()?,
        request: request.q.unwrap_or_default(),
        like: request.like,
        user_id: request.user_id,
        session_id: request.session_id,
        history: request.history,
        offset: request.offset,
        limit: request.limit,
        seen: if request.exclude_seen { SeenItems::LeftOut } else { SeenItems::Allowed },
        reasons: if request.explain { Reasons::With } else { Reasons::Without },
    };
    answer(shop, &generation, &question, begin)
}

/// A picture from base64, or from a `data:` address.
fn read_picture(image: &str) -> Result<Picture, Problem> {
    let wrong = |detail: String| Problem::new(Code::InvalidImage, detail).in_field("image");
    let data = match image.strip_prefix("data:") {
        Some(address) => match address.split_once(";base64,") {
            Some((_, data)) => data,
            None => return Err(wrong("a `data:` address must have `;base64,` before the data".to_owned())),
        },
        None if image.contains("://") => {
            return Err(wrong("pictures are not fetched from addresses: send the file itself in base64".to_owned()));
        }
        None => image,
    };
    let bytes = STANDARD.decode(data).map_err(|error| wrong(format!("not base64: {error}")))?;
    Picture::decode(&bytes, "image").map_err(|error| wrong(error.to_string()))
}
