//! `POST /v1/events` and `POST /v1/events:import`: what people did. It is on the disk before it is acknowledged, and part of
//! the next answer.

mod body;
mod name;

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use whisperlite::signals::HistoryEntry;
use whisperlite::store::{Recorded, ServedEvent};

use self::body::EventBody;
use super::import::{ImportAnswer, LineStatus, Outcome};
use crate::extract::{JsonAnswer, JsonBytes};
use crate::lines::{JsonLines, Line};
use crate::problem::Problem;
use crate::shop::Shop;
use crate::work::on_a_worker;

/// The event is on the disk.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Acknowledgement {
    /// As given, or as made by the server.
    event_id: String,
    /// Whether it was new.
    #[schema(inline)]
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
        let (mut numbers, mut events) = (Vec::new(), Vec::new());
        for Line { number, bytes } in batch {
            match body::read(&shop, &bytes) {
                Ok(event) => {
                    numbers.push(number);
                    events.push(event);
                }
                Err(problem) => answer.refuse(number, problem),
            }
        }
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
async fn store(shop: &Arc<Shop>, events: Vec<ServedEvent>) -> Result<Vec<Result<Acknowledgement, Problem>>, Problem> {
    on_a_worker(shop, move |shop| events.into_iter().map(|event| store_one(shop, event)).collect()).await
}

fn store_one(shop: &Shop, event: ServedEvent) -> Result<Result<Acknowledgement, Problem>, Problem> {
    let catalog = shop.engine.catalog();
    let Some(item_idx) = catalog.item_idx(&event.item_id) else {
        return Ok(Err(Problem::unknown_item(&event.item_id)));
    };
    let request_idx = event.request.as_deref().and_then(|request| catalog.request_idx(request));
    let mut log = shop.log();
    let status = match log.add(&event)? {
        Recorded::New { timestamp } => {
            // While the log is held, so that events of one moment are remembered in the order in which they are stored.
            let entry = HistoryEntry { item_idx, request_idx, event_type: event.event_type, timestamp };
            shop.engine.record(&event.user_id, entry);
            Status::Recorded
        }
        Recorded::Repeated => Status::Duplicate,
        Recorded::UnknownItem => return Ok(Err(Problem::unknown_item(&event.item_id))),
    };
    Ok(Ok(Acknowledgement { event_id: event.event_id, status }))
}
