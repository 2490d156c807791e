//! An event as it is sent, in our shape or in that of User Behavior Insights, and what is meant by it.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::Deserialize;
use serde::de::IgnoredAny;
use utoipa::openapi::{OneOfBuilder, Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use whisperlite::catalog::{TimeKind, user_of_session};
use whisperlite::store::ServedEvent;

use super::name::EventName;
use crate::bounds;
use crate::extract::parse;
use crate::problem::{Code, Problem};
use crate::shop::Shop;

/// How far a client's clock may be ahead of ours.
const MAX_AHEAD_SECS: i64 = 86_400;

/// Something that somebody did with an item.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EventRequest {
    /// Makes it the same event when it is sent again, which is then acknowledged and not stored twice. Made by the server if
    /// left out.
    #[schema(min_length = 1, max_length = 512)]
    event_id: Option<String>,
    /// What was done.
    #[serde(rename = "type")]
    name: EventName,
    /// Who did it. One of `user_id` and `session_id` must be there.
    #[schema(min_length = 1, max_length = 512)]
    user_id: Option<String>,
    /// The visit in which it was done.
    #[schema(min_length = 1, max_length = 512)]
    session_id: Option<String>,
    /// With what item.
    #[schema(min_length = 1, max_length = 512)]
    item_id: String,
    /// The `query_id` of the answer in which the item was found.
    #[schema(min_length = 1, max_length = 512)]
    query_id: Option<String>,
    /// The item's place in that answer, from 1.
    #[schema(minimum = 1)]
    position: Option<u32>,
    /// The words under which the item was found.
    #[schema(max_length = 2000)]
    request: Option<String>,
    /// When, in seconds since 1970; now if left out.
    #[schema(minimum = 0)]
    timestamp: Option<i64>,
    /// Rating or amount.
    value: Option<f64>,
}

/// Something that somebody did, as User Behavior Insights has it. Attributes that are not named here are not kept.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct UbiEvent {
    /// What was done.
    action_name: EventName,
    /// Makes it the same event when it is sent again. Not part of UBI; made by the server if left out.
    #[schema(min_length = 1, max_length = 512)]
    event_id: Option<String>,
    /// Who did it, if they said so.
    #[schema(min_length = 1, max_length = 512)]
    user_id: Option<String>,
    /// The visit in which it was done.
    #[schema(min_length = 1, max_length = 512)]
    session_id: Option<String>,
    /// The browser; stands for the visit where there is no `session_id`. One of the three must be there.
    #[schema(min_length = 1, max_length = 512)]
    client_id: Option<String>,
    /// The `query_id` of the answer in which the item was found.
    #[schema(min_length = 1, max_length = 512)]
    query_id: Option<String>,
    /// The words under which the item was found.
    #[schema(max_length = 2000)]
    user_query: Option<String>,
    /// When: a date and time with its offset; now if left out.
    #[schema(format = DateTime)]
    timestamp: Option<String>,
    /// With what.
    event_attributes: UbiAttributes,
}

/// With what, and where it stood.
#[derive(Debug, Deserialize, ToSchema)]
struct UbiAttributes {
    /// The item.
    object: UbiObject,
    /// Where it stood.
    position: Option<UbiPosition>,
}

/// An item.
#[derive(Debug, Deserialize, ToSchema)]
struct UbiObject {
    /// The shop's id of it.
    #[schema(min_length = 1, max_length = 512)]
    object_id: String,
}

/// A place in an answer.
#[derive(Debug, Deserialize, ToSchema)]
struct UbiPosition {
    /// From 1.
    #[schema(minimum = 1)]
    ordinal: Option<u32>,
}

/// The two shapes, told apart by `action_name`; for the contract.
pub(super) struct EventBody;

impl PartialSchema for EventBody {
    fn schema() -> RefOr<Schema> {
        let [ours, ubi] = [EventRequest::name(), UbiEvent::name()].map(|name| Ref::from_schema_name(name.as_ref()));
        OneOfBuilder::new().item(ours).item(ubi).into()
    }
}

impl ToSchema for EventBody {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((EventRequest::name().into_owned(), EventRequest::schema()));
        schemas.push((UbiEvent::name().into_owned(), UbiEvent::schema()));
        EventRequest::schemas(schemas);
        UbiEvent::schemas(schemas);
    }
}

/// Reads an event in either shape.
pub(super) fn read(shop: &Shop, bytes: &[u8]) -> Result<ServedEvent, Problem> {
    #[derive(Deserialize)]
    struct Shape {
        action_name: Option<IgnoredAny>,
    }
    let is_ubi = serde_json::from_slice(bytes).is_ok_and(|shape: Shape| shape.action_name.is_some());
    let request = if is_ubi { parse::<UbiEvent>(bytes)?.into_ours()? } else { parse(bytes)? };
    meant(shop, request)
}

impl UbiEvent {
    fn into_ours(self) -> Result<EventRequest, Problem> {
        let timestamp = match self.timestamp {
            None => None,
            Some(text) => Some(text.parse::<jiff::Timestamp>().map(|instant| instant.as_second()).map_err(|_| {
                let detail = format!("{text:?} is no date and time with an offset, such as 2026-05-01T12:30:00Z");
                Problem::new(Code::InvalidValue, detail).in_field("timestamp")
            })?),
        };
        Ok(EventRequest {
            event_id: self.event_id,
            name: self.action_name,
            user_id: self.user_id,
            session_id: self.session_id.or(self.client_id),
            item_id: self.event_attributes.object.object_id,
            query_id: self.query_id,
            position: self.event_attributes.position.and_then(|position| position.ordinal),
            request: self.user_query,
            timestamp,
            value: None,
        })
    }
}

/// From what was typed to what is meant.
fn meant(shop: &Shop, request: EventRequest) -> Result<ServedEvent, Problem> {
    let EventRequest { event_id, name, user_id, session_id, item_id, query_id, position, request, timestamp, value } =
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
    bounds::check_chars("request", request.as_deref().unwrap_or_default(), shop.limits.max_query_chars)?;
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
        event_type: name.0,
        timestamp,
        value,
        session_id,
        query_id,
        position,
    })
}
