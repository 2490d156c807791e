//! What all requests share: the engine, the log of events, and how much is done at once.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use whisperlite::catalog::Item;
use whisperlite::catalog::filter::known_fields;
use whisperlite::recommender::Engine;
use whisperlite::store::EventLog;

use crate::ids::Ids;
use crate::metrics::Metrics;

/// What one request, and all of them together, may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a request's body.
    pub max_body_bytes: usize,
    /// Bytes of a body of lines, each of which is at most as long as another body.
    pub max_import_bytes: usize,
    /// Lines of a body of lines.
    pub max_import_lines: usize,
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
            engine,
            model_version,
            limits,
            log: Mutex::new(log),
        }
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
