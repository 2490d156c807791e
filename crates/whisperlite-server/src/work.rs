//! Where the work of a request is done, and how much of it at once.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::problem::Problem;
use crate::shop::Shop;

/// Refuses a request when as many as allowed are worked on or wait.
pub(crate) async fn admit(State(shop): State<Arc<Shop>>, request: Request, next: Next) -> Response {
    match Arc::clone(&shop.places).try_acquire_owned() {
        Ok(_place) => next.run(request).await,
        Err(_) => Problem::overloaded().into_response(),
    }
}

/// Ends a request that takes too long, be it in sending its body, in waiting, or in work.
pub(crate) async fn limit_time(State(shop): State<Arc<Shop>>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(shop.limits.request_timeout, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::timeout().into_response(),
    }
}

/// Does work on a blocking thread, of which as many are busy at once as there are processors.
///
/// When a request ends early its work goes on, and keeps its thread until it is done: so there is never more of it than threads.
pub(crate) async fn on_a_worker<T: Send + 'static>(
    shop: &Arc<Shop>,
    work: impl FnOnce(&Shop) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let worker = Arc::clone(&shop.workers).acquire_owned().await.map_err(|error| Problem::internal(&error))?;
    let (shop, span) = (Arc::clone(shop), tracing::Span::current());
    let done = tokio::task::spawn_blocking(move || {
        let _worker = worker;
        span.in_scope(|| work(&shop))
    });
    done.await.map_err(|error| Problem::internal(&error))?
}
