//! What all requests share: the engine, the store behind its writer, and how much is done at once.

use std::io;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{Semaphore, oneshot};
use tracing::Instrument;
use whisperlite::catalog::{Item, TimeKind};
use whisperlite::store::{ApiKey, Put, Recorded, Removal, ServedEvent, ServingStore, StoreError, Write, Written};

use crate::auth::{Access, Gate};
use crate::bounds::MAX_REQUEST_CHARS;
use crate::generation::{Current, Generation, Prepared};
use crate::ids::Ids;
use crate::metrics::Metrics;
use crate::pulse::Pulse;
use crate::rate::Rates;
use crate::reload::{BoxError, Reload};
use crate::request_cache::RequestCache;
use crate::routes::page::Kept;
use crate::study::{Mixing, Studies};
use crate::writer::{WriteError, Writer};

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
    /// Requests in words whose vectors are kept.
    pub max_cached_requests: usize,
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
            max_cached_requests: 10_000,
            key_requests_per_second: const { NonZeroU32::new(100).unwrap() },
            key_burst: const { NonZeroU32::new(200).unwrap() },
            max_requests: 64,
            request_timeout: Duration::from_secs(10),
        }
    }
}

/// A store that is open for business.
pub struct Shop {
    current: Arc<Current>,
    writer: Writer,
    time_kind: TimeKind,
    /// The store's folder, from which its pictures' paths hold.
    pub(crate) dir: PathBuf,
    pub(crate) limits: Limits,
    pub(crate) ids: Ids,
    pub(crate) metrics: Metrics,
    pub(crate) pulse: Pulse,
    /// What the pages have counted.
    pub(crate) kept: Kept,
    pub(crate) gate: Gate,
    pub(crate) reload: Reload,
    /// Held by whoever writes the engine's image.
    keeping: Arc<Mutex<()>>,
    pub(crate) request_cache: Arc<RequestCache>,
    pub(crate) rates: Rates,
    pub(crate) studies: Studies,
    pub(crate) mixing: Mixing,
    /// One for each request that is worked on or waits.
    pub(crate) places: Arc<Semaphore>,
    /// One for each thread that works.
    pub(crate) workers: Arc<Semaphore>,
}

impl Shop {
    /// Opens with a store and an engine that was made from it; pictures' paths hold from `dir`.
    ///
    /// # Errors
    /// If the system does not give a thread.
    pub fn new(dir: &Path, store: Box<dyn ServingStore>, prepared: Prepared, limits: Limits) -> io::Result<Self> {
        let n_workers = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let sequence = prepared.sequence;
        let current = Arc::new(Current::new(Generation::new(dir, prepared)));
        let time_kind = store.time_kind();
        Ok(Self {
            writer: Writer::start(store, Arc::clone(&current), sequence)?,
            current,
            time_kind,
            places: Arc::new(Semaphore::new(limits.max_requests.clamp(1, Semaphore::MAX_PERMITS))),
            workers: Arc::new(Semaphore::new(n_workers)),
            ids: Ids::new(),
            dir: dir.to_owned(),
            metrics: Metrics::default(),
            pulse: Pulse::default(),
            kept: Kept::default(),
            gate: Gate::new(Access::default()),
            reload: Reload::default(),
            keeping: Arc::default(),
            request_cache: RequestCache::new(0),
            rates: Rates::new(limits.key_requests_per_second, limits.key_burst),
            studies: Studies::default(),
            mixing: Mixing::default(),
            limits,
        })
    }

    /// The same, with another rule for who may ask.
    pub fn with_access(self, access: Access) -> Self {
        Self { gate: Gate::new(access), ..self }
    }

    /// The same, with a way to make an engine anew from what the store holds by then.
    pub fn with_reload(self, make: impl Fn() -> Result<Prepared, BoxError> + Send + Sync + 'static) -> Self {
        Self { reload: Reload::by(make), ..self }
    }

    /// The same, whose encoder is asked through this cache; its counts are among the metrics.
    pub fn with_request_cache(self, request_cache: Arc<RequestCache>) -> Self {
        Self { request_cache, ..self }
    }

    /// Writes the image of the engine in service, on a thread of its own, if there is one to be written. One is written at a time, and
    /// that of an engine that is no more in service is not.
    ///
    /// # Errors
    /// If the system does not give a thread.
    pub fn keep_image(&self) -> io::Result<JoinHandle<()>> {
        let (current, keeping) = (Arc::clone(&self.current), Arc::clone(&self.keeping));
        std::thread::Builder::new().name("image".to_owned()).spawn(move || {
            let _keeping = keeping.lock().unwrap_or_else(PoisonError::into_inner);
            current.get().save_image();
        })
    }

    /// All keys of the store.
    pub(crate) async fn keys(&self) -> Result<Vec<ApiKey>, WriteError> {
        self.ask_store(|store| store.keys()).await
    }

    /// What answers now. A request asks once, so that all of its answer is of one engine.
    pub(crate) fn generation(&self) -> Arc<Generation> {
        self.current.get()
    }

    /// What the timestamps of the store mean.
    pub(crate) fn time_kind(&self) -> TimeKind {
        self.time_kind
    }

    /// Puts another engine in service, made from the same store, once it knows what happened since its catalog was read. No
    /// request is dropped: those that have begun end with the engine that they began with.
    ///
    /// # Errors
    /// If the store cannot be read; the engine in service stays.
    pub async fn replace(&self, prepared: Prepared) -> Result<(), WriteError> {
        self.writer.replace(prepared)?.await.unwrap_or(Err(WriteError::Ended))
    }

    /// Adds events: an outcome for each, when they are on the disk and part of the next answer.
    pub async fn add_events(&self, events: Vec<ServedEvent>) -> Result<Vec<Recorded>, WriteError> {
        match self.write(Write::Events(events)).await? {
            Written::Events(outcomes) => Ok(outcomes),
            Written::Items(_) | Written::Removed(_) => Err(WriteError::Ended),
        }
    }

    /// Puts items, new ones and such as take the place of others: an outcome for each, when they are on the disk and part of the next
    /// answer.
    pub async fn put_items(&self, items: Vec<Item>) -> Result<Vec<Put>, WriteError> {
        match self.write(Write::PutItems(items)).await? {
            Written::Items(outcomes) => Ok(outcomes),
            Written::Events(_) | Written::Removed(_) => Err(WriteError::Ended),
        }
    }

    /// Removes items by id: an outcome for each, when it is on the disk and part of the next answer.
    pub async fn remove_items(&self, item_ids: Vec<String>) -> Result<Vec<Removal>, WriteError> {
        match self.write(Write::RemoveItems(item_ids)).await? {
            Written::Removed(outcomes) => Ok(outcomes),
            Written::Events(_) | Written::Items(_) => Err(WriteError::Ended),
        }
    }

    /// Asks the store something, between two commits: its keys, for one.
    pub async fn ask_store<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut dyn ServingStore) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, WriteError> {
        let (answer, answered) = oneshot::channel();
        self.writer.ask(Box::new(move |store| {
            // Nobody listens any more if the request was given up.
            let _ = answer.send(question(store));
        }))?;
        let answer = answered.await.map_err(|_| WriteError::Ended)?;
        answer.map_err(|error| WriteError::Store(Arc::new(error)))
    }

    async fn write(&self, write: Write) -> Result<Written, WriteError> {
        let written = self.writer.write(write)?.instrument(tracing::debug_span!("store"));
        written.await.unwrap_or(Err(WriteError::Ended))
    }

    /// The same for a thread that may wait, outside of any server: for measurements.
    pub fn write_and_wait(&self, write: Write) -> Result<Written, WriteError> {
        self.writer.write(write)?.blocking_recv().unwrap_or(Err(WriteError::Ended))
    }
}
