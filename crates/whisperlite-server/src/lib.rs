//! **WhisperLite over HTTP**: search, recommendations, items and events, by the contract that `/openapi.json` states.
//!
//! A [`Shop`] is a store with an engine made from it; [`app()`] is the shop as a service, a value that tests ask without a
//! socket; [`serve()`] puts it on one until the process is told to stop.
//!
//! Work of the model and of the disk runs on blocking threads, never on those that read and write sockets. What cannot be
//! begun soon is refused rather than queued.
//!
//! Not for: ranking, storing, reading arguments, printing.

mod app;
mod auth;
mod bounds;
mod extract;
mod generation;
mod ids;
mod lines;
mod metrics;
mod openapi;
mod problem;
mod pulse;
mod rate;
mod reload;
mod request_cache;
mod request_log;
mod routes;
mod serve;
mod shop;
pub mod study;
#[cfg(feature = "otel")]
mod telemetry;
mod token;
mod work;
mod writer;

pub use app::app;
pub use auth::Access;
pub use generation::Prepared;
pub use openapi::openapi_json;
pub use reload::{BoxError, reload_on_hangup};
pub use request_cache::RequestCache;
pub use serve::{ServeError, access_at, address_of, serve};
pub use shop::{Limits, Shop};
#[cfg(feature = "otel")]
pub use telemetry::{Telemetry, TelemetryError};
pub use token::Token;
pub use writer::WriteError;
