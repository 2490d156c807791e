//! `POST /v1/search` and `POST /v1/recommend`: what somebody asks for, and what suits them.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use whisperlite::encoder::Picture;
use whisperlite::recommender::{Order, Question, Reasons, SeenItems, Share};

use super::answer::{Answer, answer, read_filter};
use crate::bounds;
use crate::extract::{JsonAnswer, JsonBody};
use crate::problem::{Code, Problem};
use crate::shop::Shop;
use crate::study::{Mix, Mixer, mix};
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
    /// In which order. Anything but relevance is an order of the 200 most relevant items that match, or of all that match
    /// where nothing is asked for; `price_asc` and `price_desc` read the price, `newest` the first of the attributes
    /// `released_at`, `created_at` and `published_at` (a date, a date and time, or a number). Items without it come last.
    #[serde(default)]
    #[schema(default = "relevance")]
    sort: Sort,
    /// How much it counts that items are unlike each other, from 0 (not at all) to 1 (nothing else), among the 200 most
    /// relevant. Goes with `sort` by relevance only.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1, default = 0)]
    diversity: f32,
    /// How much of what the person adds to the words is taken, from 0 (the words alone) to 1 (all that the model reads).
    #[serde(default = "default_personalization")]
    #[schema(minimum = 0, maximum = 1, default = 1)]
    personalization: f32,
    /// Fields whose values are to be counted over all items that match: `category`, `price`, or an attribute.
    #[serde(default)]
    #[schema(max_items = 20, example = json!(["category", "price"]))]
    facets: Vec<String>,
    /// Whether to say why.
    #[serde(default)]
    explain: bool,
}

/// In which order items come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Sort {
    /// The most relevant first.
    #[default]
    Relevance,
    /// The cheapest first.
    PriceAsc,
    /// The dearest first.
    PriceDesc,
    /// The last to come into the shop first.
    Newest,
}

/// Who is to be recommended something: a [`SearchRequest`] without what is asked for.
#[derive(Debug)]
pub(crate) struct RecommendRequest(SearchRequest);

/// The fields of a search that say what is asked for.
const ASKED_FOR: [&str; 3] = ["q", "like", "image"];

impl<'de> Deserialize<'de> for RecommendRequest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let request = SearchRequest::deserialize(deserializer)?;
        let given = [request.q.is_some(), !request.like.is_empty(), request.image.is_some()];
        match ASKED_FOR.iter().zip(given).find(|(_, given)| *given) {
            Some((field, _)) => {
                let advice = "what is asked for goes to /v1/search";
                Err(D::Error::custom(format!("unknown field `{field}`: {advice}")))
            }
            None => Ok(Self(request)),
        }
    }
}

impl PartialSchema for RecommendRequest {
    fn schema() -> RefOr<Schema> {
        let mut schema = SearchRequest::schema();
        if let RefOr::T(Schema::Object(object)) = &mut schema {
            object.description = Some("Who is to be recommended something.".to_owned());
            ASKED_FOR.iter().for_each(|field| {
                object.properties.remove(*field);
            });
        }
        schema
    }
}

impl ToSchema for RecommendRequest {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        SearchRequest::schemas(schemas);
    }
}

/// Items of an answer, where nobody says how many.
pub(crate) fn default_limit() -> usize {
    10
}

fn default_exclude_seen() -> bool {
    true
}

fn default_personalization() -> f32 {
    Share::ALL.value()
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
    asked(&shop, request).await.map(JsonAnswer)
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
    asked(&shop, request.0).await.map(JsonAnswer)
}

async fn asked(shop: &Arc<Shop>, request: SearchRequest) -> Result<Answer, Problem> {
    let mixer = shop.mixer().await;
    let (answer, mix) = on_a_worker(shop, move |shop| ask(shop, request, mixer.as_deref())).await?;
    if let Some(mix) = mix {
        // A list that the study does not know of must not be mixed.
        shop.keep_mix(mix).await?;
    }
    Ok(answer)
}

fn ask(shop: &Shop, request: SearchRequest, mixer: Option<&Mixer>) -> Result<(Answer, Option<Mix>), Problem> {
    let begin = Instant::now();
    let generation = shop.generation();
    bounds::check_chars("q", request.q.as_deref().unwrap_or_default(), shop.limits.max_query_chars)?;
    bounds::check_person(request.user_id.as_deref(), request.session_id.as_deref())?;
    bounds::check_page(request.limit, request.offset)?;
    for (field, ids) in [("like", &request.like), ("history", &request.history)] {
        bounds::check_ids(field, ids)?;
        if let Some(unknown) = ids.iter().find(|item_id| generation.item(item_id).is_none()) {
            return Err(Problem::unknown_item(unknown).in_field(field));
        }
    }
    bounds::check_facets(&request.facets)?;
    let question = Question {
        order: order(&request)?,
        personalization: share("personalization", request.personalization)?,
        facets: request.facets,
        filter: read_filter(&generation, request.filter.as_deref())?,
        picture: request.image.as_deref().map(|image| read_picture(image, shop.limits.max_image_bytes)).transpose()?,
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
    let mut own = answer(shop, &generation, &question, begin)?;
    let visitor = question.session_id.as_deref().or(question.user_id.as_deref());
    let Some((mixer, visitor)) = mixer.zip(visitor).filter(|_| is_plain(&question)) else { return Ok((own, None)) };
    let mut others = Vec::new();
    let own_items = own.item_ids();
    let mix = mix(mixer, visitor, &question, own.query_id(), |asked| {
        if asked.personalization == question.personalization && asked.request == question.request {
            return Ok(own_items.clone());
        }
        let other = answer(shop, &generation, asked, begin)?;
        let items = other.item_ids();
        others.push(other);
        Ok::<_, Problem>(items)
    })?;
    if let Some(mix) = &mix {
        own.show(&mix.items, others);
    }
    Ok((own, mix))
}

/// Whether somebody looks at the first page of what fits them best, which a study may mix.
fn is_plain(question: &Question) -> bool {
    question.offset == 0 && question.order == Order::Relevance && question.personalization == Share::ALL
}

fn share(field: &str, value: f32) -> Result<Share, Problem> {
    Share::new(value).map_err(|error| Problem::new(Code::InvalidValue, format!("`{field}`: {error}")).in_field(field))
}

fn order(request: &SearchRequest) -> Result<Order, Problem> {
    let diversity = share("diversity", request.diversity)?;
    if diversity != Share::NOTHING && request.sort != Sort::Relevance {
        let detail = "`diversity` is about items in the order of relevance: leave `sort` out, or `diversity`";
        return Err(Problem::new(Code::InvalidValue, detail).in_field("diversity"));
    }
    Ok(match request.sort {
        Sort::Relevance if diversity == Share::NOTHING => Order::Relevance,
        Sort::Relevance => Order::Diverse(diversity),
        Sort::PriceAsc => Order::PriceAscending,
        Sort::PriceDesc => Order::PriceDescending,
        Sort::Newest => Order::Newest,
    })
}

/// A picture from base64, or from a `data:` address.
fn read_picture(image: &str, max_bytes: usize) -> Result<Picture, Problem> {
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
    if bytes.len() > max_bytes {
        return Err(wrong(format!("the picture has {} bytes, at most {max_bytes} are read", bytes.len())));
    }
    Picture::decode(&bytes, "image").map_err(|error| wrong(error.to_string()))
}
