//! What all requests share: the engine, the log of events, and how much is done at once.

use std::collections::BTreeSet;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use whisperlite::catalog::Item;
use whisperlite::catalog::filter::known_fields;
use whisperlite::recommender::Engine;
use whisperlite::store::{ApiKey, EventLog};

use crate::auth::{Access, Gate};
use crate::bounds::MAX_REQUEST_CHARS;
use crate::ids::Ids;
use crate::metrics::Metrics;
use crate::problem::Problem;
use crate::rate::Rates;
use crate::work::on_a_worker;

/// What one request, and all of them together, may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a request's body.
    pub max_body_bytes: usize,
    /// Bytes of a body of lines, each of which is at most as long as another body.
    pub max_import_bytes: usize,
    /// Lines of a body of lines.
    pub max_import_lines: usize,
    /// Characters of a request's words; no encoder reads more than the default.
    pub max_query_chars: usize,
    /// Bytes of a picture that comes with a request.
    pub max_image_bytes: usize,
    /// Requests of one key in a second, in the long run.
    pub key_requests_per_second: NonZeroU32,
    /// Requests of one key at once.
    pub key_burst: NonZeroU32,
    /// Requests that are worked on or wait for it; more are refused.
    pub max_requests: usize,
    /// Time from the head of a request to its answer.
    pub request_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_body_bytes: 8 << 20,
            max_import_bytes: 64 << 20,
            max_import_lines: 100_000,
            max_query_chars: MAX_REQUEST_CHARS,
            max_image_bytes: 8 << 20,
            key_requests_per_second: const { NonZeroU32::new(100).unwrap() },
            key_burst: const { NonZeroU32::new(200).unwrap() },
            max_requests: 64,
            request_timeout: Duration::from_secs(10),
        }
    }
}

/// A store that is open for business.
pub struct Shop {
    pub(crate) engine: Engine,
    pub(crate) model_version: String,
    /// The store's folder, from which its pictures' paths hold.
    pub(crate) dir: PathBuf,
    pub(crate) limits: Limits,
    pub(crate) ids: Ids,
    pub(crate) metrics: Metrics,
    pub(crate) gate: Gate,
    pub(crate) rates: Rates,
    /// The fields that a filter may ask for.
    pub(crate) fields: BTreeSet<String>,
    /// One for each request that is worked on or waits.
    pub(crate) places: Arc<Semaphore>,
    /// One for each thread that works.
    pub(crate) workers: Arc<Semaphore>,
    log: Mutex<EventLog>,
}

impl Shop {
    /// Opens with the engine and the log of the store in `dir`; `model_version` is what answers call the model.
    pub fn new(dir: &Path, engine: Engine, log: EventLog, model_version: String, limits: Limits) -> Self {
        let n_workers = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self {
            fields: known_fields(&engine.catalog().items),
            places: Arc::new(Semaphore::new(limits.max_requests.clamp(1, Semaphore::MAX_PERMITS))),
            workers: Arc::new(Semaphore::new(n_workers)),
            ids: Ids::new(),
            dir: dir.to_owned(),
            metrics: Metrics::default(),
            gate: Gate::new(Access::default()),
            rates: Rates::new(limits.key_requests_per_second, limits.key_burst),
            engine,
            model_version,
            limits,
            log: Mutex::new(log),
        }
    }

    /// The same, with another rule for who may ask.
    pub fn with_access(self, access: Access) -> Self {
        Self { gate: Gate::new(access), ..self }
    }

    /// All keys of the store.
    pub(crate) async fn keys(self: &Arc<Self>) -> Result<Vec<ApiKey>, Problem> {
        on_a_worker(self, |shop| Ok(shop.log().keys()?)).await
    }

    /// The log, for one event at a time.
    pub(crate) fn log(&self) -> MutexGuard<'_, EventLog> {
        // A thread that died here left its transaction unfinished, and so undone.
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The item of an id, if the store has it.
    pub(crate) fn item(&self, item_id: &str) -> Option<&Item> {
        let catalog = self.engine.catalog();
        catalog.item_idx(item_id).map(|item_idx| &catalog.items[item_idx as usize])
    }
}
