//! `POST /v1/events`: what somebody did. It is on the disk before it is acknowledged, and part of the next answer.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use whisperlite::catalog::{EventType, TimeKind, user_of_session};
use whisperlite::store::{Recorded, ServedEvent};

use crate::bounds;
use crate::extract::{JsonAnswer, JsonBody};
use crate::problem::{Code, Problem};
use crate::shop::Shop;

/// How far a client's clock may be ahead of ours.
const MAX_AHEAD_SECS: i64 = 86_400;

/// Something that somebody did with an item.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventRequest {
    /// Makes it the same event when it is sent again, which is then acknowledged and not stored twice. Made by the server if
    /// left out.
    event_id: Option<String>,
    /// What was done.
    #[serde(rename = "type")]
    kind: Kind,
    /// Who did it. One of `user_id` and `session_id` must be there.
    user_id: Option<String>,
    /// The visit in which it was done.
    session_id: Option<String>,
    /// With what item.
    item_id: String,
    /// The `query_id` of the answer in which the item was found.
    query_id: Option<String>,
    /// The item's place in that answer, from 1.
    #[schema(minimum = 1)]
    position: Option<u32>,
    /// The words under which the item was found.
    #[schema(max_length = 2000)]
    request: Option<String>,
    /// When, in seconds since 1970; now if left out.
    timestamp: Option<i64>,
    /// Rating or amount.
    value: Option<f64>,
}

/// What was done with an item.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Kind {
    /// The item was shown.
    Impression,
    /// The item's page was looked at.
    View,
    /// The item was clicked in a list.
    Click,
    /// The item went into the cart.
    AddToCart,
    /// The item was taken out of the cart.
    RemoveFromCart,
    /// The item was bought.
    Purchase,
    /// The person said that they like it.
    Like,
    /// The person said that they do not like it.
    Dislike,
}

impl From<Kind> for EventType {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Impression => Self::Impression,
            Kind::View => Self::View,
            Kind::Click => Self::Click,
            Kind::AddToCart => Self::AddToCart,
            Kind::RemoveFromCart => Self::RemoveFromCart,
            Kind::Purchase => Self::Purchase,
            Kind::Like => Self::Like,
            Kind::Dislike => Self::Dislike,
        }
    }
}

/// The event is on the disk.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Acknowledgement {
    /// As given, or as made by the server.
    event_id: String,
    /// Whether it was new.
    status: Status,
}

/// Whether an event was new.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Status {
    /// It was stored.
    Recorded,
    /// An event of this id was there already, and stays as it was.
    Duplicate,
}

/// Tell the store what somebody did.
#[utoipa::path(
    post,
    path = "/v1/events",
    tag = "events",
    request_body = EventRequest,
    responses(
        (status = 200, description = "The event is on the disk", body = Acknowledgement),
        (status = "4XX", description = "The request has a mistake", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", description = "The event may not be stored; send it again", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn add(
    State(shop): State<Arc<Shop>>,
    JsonBody(request): JsonBody<EventRequest>,
) -> Result<JsonAnswer<Acknowledgement>, Problem> {
    let event = read(&shop, request)?;
    let (event_id, item_id) = (event.event_id.clone(), event.item_id.clone());
    let status = match shop.add_events(vec![event]).await?.first() {
        Some(Recorded::New { .. }) => Status::Recorded,
        Some(Recorded::Repeated) => Status::Duplicate,
        Some(Recorded::UnknownItem) | None => return Err(Problem::unknown_item(&item_id)),
    };
    Ok(JsonAnswer(Acknowledgement { event_id, status }))
}

/// From what was typed to what is meant.
fn read(shop: &Shop, request: EventRequest) -> Result<ServedEvent, Problem> {
    let EventRequest { event_id, kind, user_id, session_id, item_id, query_id, position, request, timestamp, value } =
        request;
    bounds::check_person(user_id.as_deref(), session_id.as_deref())?;
    bounds::check_id("item_id", &item_id)?;
    for (field, id) in [("event_id", &event_id), ("query_id", &query_id)] {
        id.as_deref().map_or(Ok(()), |id| bounds::check_id(field, id))?;
    }
    let wrong = |field: &str, detail: &str| Err(Problem::new(Code::InvalidValue, detail).in_field(field));
    if position == Some(0) {
        return wrong("position", "`position` counts from 1");
    }
    if value.is_some_and(|value| value.abs() > f64::from(f32::MAX)) {
        return wrong("value", "`value` is larger than any rating or amount");
    }
    bounds::check_request("request", request.as_deref().unwrap_or_default())?;
    let Some(who) = user_id.or_else(|| session_id.as_deref().map(user_of_session)) else {
        let detail = "an event needs `user_id`, or `session_id` of somebody who did not say who they are";
        return Err(Problem::new(Code::MissingField, detail).in_field("user_id"));
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs().cast_signed();
    let timestamp = match timestamp {
        Some(_) if shop.time_kind() == TimeKind::Order => {
            return wrong("timestamp", "this store keeps only the order of each user's events: leave `timestamp` out");
        }
        Some(given) if !(0..=now.saturating_add(MAX_AHEAD_SECS)).contains(&given) => {
            return wrong(
                "timestamp",
                "`timestamp` must be seconds since 1970, and no more than a day ahead of the server's clock",
            );
        }
        given => given.unwrap_or(now),
    };
    let request = request.map(|request| request.trim().to_owned()).filter(|request| !request.is_empty());
    Ok(ServedEvent {
        event_id: event_id.unwrap_or_else(|| shop.ids.next()),
        user_id: who,
        item_id,
        request,
        event_type: kind.into(),
        timestamp,
        value,
        session_id,
        query_id,
        position,
    })
}
