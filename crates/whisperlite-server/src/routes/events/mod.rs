//! `POST /v1/events` and `POST /v1/events:import`: what people did. It is on the disk before it is acknowledged, and part of
//! the next answer.

mod body;
mod name;

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use whisperlite::catalog::EventType;
use whisperlite::store::{Recorded, ServedEvent};

use self::body::EventBody;
use super::import::{ImportAnswer, LineStatus, Outcome};
use crate::extract::{JsonAnswer, JsonBytes};
use crate::lines::JsonLines;
use crate::problem::Problem;
use crate::shop::Shop;

/// The event is on the disk.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Acknowledgement {
    /// As given, or as made by the server.
    event_id: String,
    /// Whether it was new.
    status: Status,
}

/// Whether an event was new.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Status {
    /// It was stored.
    Recorded,
    /// An event of this id was there already, and stays as it was.
    Duplicate,
}

/// Tell the store what somebody did: in our shape, or in that of User Behavior Insights.
#[utoipa::path(
    post,
    path = "/v1/events",
    tag = "events",
    request_body = EventBody,
    responses(
        (status = 200, description = "The event is on the disk", body = Acknowledgement),
        (status = "4XX", description = "The request has a mistake", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", description = "The event may not be stored; send it again", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn add(
    State(shop): State<Arc<Shop>>,
    JsonBytes(bytes): JsonBytes,
) -> Result<JsonAnswer<Acknowledgement>, Problem> {
    let mut outcomes = store(&shop, vec![body::read(&shop, &bytes)?]).await?;
    outcomes.swap_remove(0).map(JsonAnswer)
}

/// Tell the store what people did: one event a line, each as it goes to `/v1/events`.
///
/// The events of some lines are stored although others are refused; `results` says which. With an `event_id` on each line
/// it does no harm to send all of them again.
#[utoipa::path(
    post,
    path = "/v1/events:import",
    tag = "events",
    request_body(content = String, content_type = "application/x-ndjson", description = "One event a line"),
    responses(
        (status = 200, description = "All events are on the disk", body = ImportAnswer),
        (status = 207, description = "Some lines were refused", body = ImportAnswer),
        (status = "4XX", description = "The request has a mistake", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", description = "Some events may not be stored; send them again", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn add_many(State(shop): State<Arc<Shop>>, mut lines: JsonLines) -> Result<ImportAnswer, Problem> {
    let mut answer = ImportAnswer::default();
    loop {
        let batch = lines.next_batch().await?;
        if batch.is_empty() {
            return Ok(answer);
        }
        let (numbers, events) = answer.read(batch, |bytes| body::read(&shop, bytes));
        let stored =
            store(&shop, events).await.map(|outcomes| outcomes.into_iter().map(Acknowledgement::of_line).collect());
        answer.settle(numbers, stored);
    }
}

impl Acknowledgement {
    fn of_line(outcome: Result<Self, Problem>) -> Outcome {
        outcome.map(|Self { event_id, status }| match status {
            Status::Recorded => (LineStatus::Recorded, event_id),
            Status::Duplicate => (LineStatus::Duplicate, event_id),
        })
    }
}

/// Stores events: an outcome for each, when they are on the disk and part of the next answer.
async fn store(shop: &Shop, events: Vec<ServedEvent>) -> Result<Vec<Result<Acknowledgement, Problem>>, Problem> {
    let named = |event: &ServedEvent| (event.event_id.clone(), event.item_id.clone(), event.event_type);
    let named_events: Vec<(String, String, EventType)> = events.iter().map(named).collect();
    let is_pick = |event: &&ServedEvent| event.event_type.is_positive();
    let pick = |event: &ServedEvent| event.query_id.clone().map(|query_id| (query_id, event.item_id.clone()));
    let picks: Vec<(String, String)> = events.iter().filter(is_pick).filter_map(pick).collect();
    let outcomes = shop.add_events(events).await?;
    // Also of events that were there already: who sends them again may do so because this failed.
    shop.credit(&picks).await?;
    let acknowledged =
        |((event_id, item_id, event_type), outcome): ((String, String, EventType), Recorded)| match outcome {
            Recorded::New { .. } => {
                shop.pulse.count(event_type);
                Ok(Acknowledgement { event_id, status: Status::Recorded })
            }
            Recorded::Repeated => Ok(Acknowledgement { event_id, status: Status::Duplicate }),
            Recorded::UnknownItem => Err(Problem::unknown_item(&item_id)),
        };
    Ok(named_events.into_iter().zip(outcomes).map(acknowledged).collect())
}
