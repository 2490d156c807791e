//! The one thread that owns the store: it commits what waits together, and then brings the engine up to date.
//!
//! A commit is synced, which takes the same time for one event as for a thousand: so whatever waits goes into one. What was
//! written by this server and what was written by others reaches the engine on one path, from the store's list of changes, in its
//! order: nothing is applied twice, nothing is left out. A write is acknowledged when it is on the disk *and* part of the next
//! answer. Where nobody writes here, the store is asked for what others wrote.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use thiserror::Error;
use tokio::sync::oneshot;
use whisperlite::store::{ServingStore, StoreError, Write, Written};

use crate::generation::{Current, Generation, Prepared};

/// How often the store is asked for what others wrote.
const POLL: Duration = Duration::from_millis(250);
/// Events and items of one commit, as soon as there are so many.
const MAX_ROWS_AT_ONCE: usize = 10_000;
/// Changes that are read at once.
const MAX_CHANGES_AT_ONCE: usize = 10_000;
/// Bytes of writes that may wait; more are refused.
const MAX_BYTES_WAITING: usize = 64 << 20;

/// Why something was not written, or is not known to be.
#[derive(Debug, Clone, Error)]
pub enum WriteError {
    /// Too much waits already.
    #[error("more waits to be written than the server keeps in memory; try again")]
    Overloaded,
    /// The store refused, and holds nothing of it.
    #[error(transparent)]
    Store(Arc<StoreError>),
    /// The thread that writes is gone.
    #[error("the server is about to end; it may or may not have been written")]
    Ended,
}

/// Something to ask the store between two commits.
pub(crate) type Question = Box<dyn FnOnce(&mut dyn ServingStore) + Send>;

/// What the thread is asked for.
enum Job {
    Write(Waiting),
    Replace { prepared: Box<Prepared>, done: oneshot::Sender<Result<(), WriteError>> },
    Ask(Question),
}

/// A write with who waits for it, and the memory that it takes until it is done.
struct Waiting {
    write: Write,
    done: oneshot::Sender<Result<Written, WriteError>>,
    held: Held,
}

/// Memory that a write takes while it waits; given back when this is dropped, whatever became of the write.
struct Held {
    n_bytes: usize,
    n_bytes_waiting: Arc<AtomicUsize>,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.n_bytes_waiting.fetch_sub(self.n_bytes, Ordering::Relaxed);
    }
}

/// The way to the thread.
pub(crate) struct Writer {
    /// Taken when the server ends.
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    n_bytes_waiting: Arc<AtomicUsize>,
}

impl Writer {
    /// Brings the engine in `current`, which stands for the store's change `sequence`, up to date, and starts the thread.
    pub(crate) fn start(store: Box<dyn ServingStore>, current: Arc<Current>, sequence: i64) -> std::io::Result<Self> {
        let (jobs, waiting) = channel();
        let n_bytes_waiting = Arc::new(AtomicUsize::new(0));
        let mut at_work = AtWork { store, current, sequence, fails: false };
        // An engine that was made some time ago learns what was written since before anybody asks it.
        at_work.follow();
        let thread = std::thread::Builder::new().name("writer".to_owned()).spawn(move || at_work.run(&waiting))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread), n_bytes_waiting })
    }

    /// Hands over something to write.
    pub(crate) fn write(&self, write: Write) -> Result<oneshot::Receiver<Result<Written, WriteError>>, WriteError> {
        let n_bytes = size_of_write(&write);
        let before = self.n_bytes_waiting.fetch_add(n_bytes, Ordering::Relaxed);
        let held = Held { n_bytes, n_bytes_waiting: Arc::clone(&self.n_bytes_waiting) };
        // One that is larger than all that may wait is taken where nothing waits.
        if before > 0 && before + n_bytes > MAX_BYTES_WAITING {
            return Err(WriteError::Overloaded);
        }
        let (done, written) = oneshot::channel();
        self.send(Job::Write(Waiting { write, done, held }))?;
        Ok(written)
    }

    /// Hands over an engine that is to answer from now on.
    pub(crate) fn replace(&self, prepared: Prepared) -> Result<oneshot::Receiver<Result<(), WriteError>>, WriteError> {
        let (done, replaced) = oneshot::channel();
        self.send(Job::Replace { prepared: Box::new(prepared), done })?;
        Ok(replaced)
    }

    /// Hands over something to ask the store.
    pub(crate) fn ask(&self, question: Question) -> Result<(), WriteError> {
        self.send(Job::Ask(question))
    }

    fn send(&self, job: Job) -> Result<(), WriteError> {
        self.jobs.as_ref().and_then(|jobs| jobs.send(job).ok()).ok_or(WriteError::Ended)
    }
}

impl Drop for Writer {
    /// Waits until what was handed over is written and the store is closed.
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// How much memory a write takes, roughly; no field of it is free.
fn size_of_write(write: &Write) -> usize {
    let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    match write {
        Write::Events(events) => events
            .iter()
            .map(|event| {
                let ids = event.event_id.len() + event.user_id.len() + event.item_id.len();
                size_of_val(event) + ids + text(&event.request) + text(&event.session_id) + text(&event.query_id)
            })
            .sum(),
        Write::PutItems(items) => items
            .iter()
            .map(|item| {
                let words = item.item_id.len() + item.title.len() + item.text.len() + item.category.len();
                let attributes: usize = item.attributes.iter().map(|(name, value)| name.len() + value.len() + 64).sum();
                size_of_val(item) + words + text(&item.image) + attributes
            })
            .sum(),
        Write::RemoveItems(ids) => ids.iter().map(|id| size_of_val(id) + id.len()).sum(),
    }
}

/// The thread's own.
struct AtWork {
    store: Box<dyn ServingStore>,
    current: Arc<Current>,
    /// The last change that the engine in service has.
    sequence: i64,
    /// Whether the last question for changes failed, so that a store that is away is said once.
    fails: bool,
}

impl AtWork {
    fn run(mut self, jobs: &Receiver<Job>) {
        loop {
            let job = match jobs.recv_timeout(POLL) {
                Ok(job) => Some(job),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            // A mistake of ours in one write must not end all writing: whoever waits for it is told that it failed.
            let worked = catch_unwind(AssertUnwindSafe(|| match job {
                Some(job) => self.work(job, jobs),
                None => self.follow(),
            }));
            if worked.is_err() {
                tracing::error!("the writer failed in the middle of its work");
            }
        }
    }

    fn work(&mut self, job: Job, jobs: &Receiver<Job>) {
        let mut next = Some(job);
        while let Some(job) = next.take() {
            match job {
                Job::Write(waiting) => next = self.write_with_others(waiting, jobs),
                Job::Replace { prepared, done } => {
                    // Nobody waits any more if the request was given up; the engine is in service all the same.
                    let _ = done.send(self.replace(*prepared));
                }
                Job::Ask(question) => question(&mut *self.store),
            }
        }
    }

    /// Commits this write together with those that wait behind it; gives back the first job that is no write.
    fn write_with_others(&mut self, first: Waiting, jobs: &Receiver<Job>) -> Option<Job> {
        let mut n_rows = first.write.len();
        let mut group = vec![first];
        let mut next = None;
        while n_rows < MAX_ROWS_AT_ONCE {
            match jobs.try_recv() {
                Ok(Job::Write(waiting)) => {
                    n_rows += waiting.write.len();
                    group.push(waiting);
                }
                Ok(other) => {
                    next = Some(other);
                    break;
                }
                Err(_) => break,
            }
        }
        self.commit(group);
        next
    }

    fn commit(&mut self, group: Vec<Waiting>) {
        let mut writes = Vec::with_capacity(group.len());
        let mut waiting = Vec::with_capacity(group.len());
        for Waiting { write, done, held } in group {
            writes.push(write);
            waiting.push((done, held));
        }
        let outcomes: Vec<Result<Written, WriteError>> = match self.store.write(&writes) {
            Ok(written) => {
                self.follow();
                written.into_iter().map(Ok).collect()
            }
            Err(error) => vec![Err(WriteError::Store(Arc::new(error))); waiting.len()],
        };
        for ((done, held), outcome) in waiting.into_iter().zip(outcomes) {
            drop(held);
            // Who gave up waiting sends it again, and is told that it is there.
            let _ = done.send(outcome);
        }
    }

    /// Brings the engine in service up to date. If the store does not answer, it is asked again a moment later: what was
    /// committed stays committed.
    fn follow(&mut self) {
        let generation = self.current.get();
        match catch_up(&mut *self.store, &generation, self.sequence) {
            (sequence, Ok(())) => {
                self.sequence = sequence;
                if std::mem::take(&mut self.fails) {
                    tracing::info!("the store answers again");
                }
            }
            (sequence, Err(error)) => {
                self.sequence = sequence;
                if !std::mem::replace(&mut self.fails, true) {
                    tracing::warn!(error = chain(&error), "cannot read what was written to the store");
                }
            }
        }
    }

    /// Puts an engine in service that was made meanwhile, once it knows what happened since its catalog was read.
    fn replace(&mut self, prepared: Prepared) -> Result<(), WriteError> {
        let sequence = prepared.sequence;
        let generation = Generation::new(self.current.get().dir(), prepared);
        let (sequence, caught_up) = catch_up(&mut *self.store, &generation, sequence);
        caught_up.map_err(|error| WriteError::Store(Arc::new(error)))?;
        self.current.set(generation);
        self.sequence = sequence;
        Ok(())
    }
}

/// Applies all changes after `sequence`; gives back the number of the last one that was applied.
fn catch_up(store: &mut dyn ServingStore, generation: &Generation, sequence: i64) -> (i64, Result<(), StoreError>) {
    let mut sequence = sequence;
    loop {
        match store.changes_since(sequence, MAX_CHANGES_AT_ONCE) {
            Ok(changes) => {
                let n_changes = changes.len();
                let Some(last) = changes.last() else { return (sequence, Ok(())) };
                sequence = last.sequence;
                generation.take_in(changes);
                if n_changes < MAX_CHANGES_AT_ONCE {
                    return (sequence, Ok(()));
                }
            }
            Err(error) => return (sequence, Err(error)),
        }
    }
}

/// An error with all its causes.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut chain = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        chain.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    chain
}
