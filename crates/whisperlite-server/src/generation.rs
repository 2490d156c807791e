//! What answers: an engine with what was made together with it, and how one takes the place of another.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use whisperlite::catalog::Item;
use whisperlite::catalog::filter::{Filter, FilterError, known_fields};
use whisperlite::recommender::Engine;
use whisperlite::signals::HistoryEntry;
use whisperlite::store::{Change, Changed, FollowedEvent};

use crate::writer::chain;

/// An engine that is ready to answer, with the moment of the store that it stands for.
pub struct Prepared {
    /// Made from everything that the store held then.
    pub engine: Engine,
    /// The last change that the engine's catalog has, as its [`Snapshot`](whisperlite::store::Snapshot) said.
    pub sequence: i64,
    /// What answers call the model.
    pub model_version: String,
}

/// An engine in service. A request keeps the one that it began with.
pub(crate) struct Generation {
    pub(crate) engine: Engine,
    pub(crate) model_version: String,
    /// The store's folder, from which its pictures' paths hold.
    dir: PathBuf,
    /// The fields that a filter may ask for.
    fields: RwLock<BTreeSet<String>>,
    /// Items that were put into the store, and could not be taken into the answers.
    items_behind: AtomicU64,
}

impl Generation {
    pub(crate) fn new(engine: Engine, model_version: String, dir: PathBuf) -> Self {
        let fields = RwLock::new(engine.known_fields());
        Self { engine, model_version, dir, fields, items_behind: AtomicU64::new(0) }
    }

    /// The store's folder.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// The item of an id, if it can be answered with.
    pub(crate) fn item(&self, item_id: &str) -> Option<Item> {
        self.engine.item(item_id)
    }

    /// Refuses a filter that asks for a field that no item ever had.
    pub(crate) fn check_fields(&self, filter: &Filter) -> Result<(), FilterError> {
        filter.check_fields(&self.fields.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes in what was written to the store, in the order in which it was. Called by one thread at a time.
    pub(crate) fn take_in(&self, changes: Vec<Change>) {
        // Items that are put one after the other are embedded together.
        let mut put: Vec<Item> = Vec::new();
        for change in changes {
            match change.what {
                Changed::ItemPut(item) => put.push(item),
                other => {
                    self.take_in_items(std::mem::take(&mut put));
                    match other {
                        Changed::Event(event) => self.take_in_event(&event),
                        Changed::ItemRemoved(item_id) => self.engine.remove_items([item_id.as_str()]),
                        Changed::ItemPut(_) => {}
                    }
                }
            }
        }
        self.take_in_items(put);
    }

    fn take_in_event(&self, event: &FollowedEvent) {
        // An item that is removed is nothing that an answer could read.
        let Some(item_idx) = self.engine.item_idx(&event.item_id) else { return };
        let request_idx = event.request.as_deref().and_then(|request| self.engine.catalog().request_idx(request));
        let FollowedEvent { event_type, timestamp, .. } = *event;
        self.engine.record(&event.user_id, HistoryEntry { item_idx, request_idx, event_type, timestamp });
    }

    /// Items were put: from the next answer on they are there.
    fn take_in_items(&self, items: Vec<Item>) {
        if items.is_empty() {
            return;
        }
        let n_items = items.len();
        let fields = known_fields(&items);
        match self.engine.put_items(items, &self.dir) {
            Ok(unseen) => {
                unseen
                    .iter()
                    .for_each(|error| tracing::warn!(error = chain(error), "an item counts without its picture"));
                self.fields.write().unwrap_or_else(PoisonError::into_inner).extend(fields);
            }
            Err(error) => {
                self.items_behind.fetch_add(n_items as u64, Ordering::Relaxed);
                tracing::error!(
                    error = chain(&error),
                    n_items,
                    "items are in the store, and in no answer before a restart"
                );
            }
        }
    }

    /// Changes of items that are in the store and not in the answers.
    pub(crate) fn items_behind(&self) -> u64 {
        self.items_behind.load(Ordering::Relaxed)
    }
}

/// The generation in service, which is replaced as a whole.
pub(crate) struct Current(RwLock<Arc<Generation>>);

impl Current {
    pub(crate) fn new(generation: Generation) -> Self {
        Self(RwLock::new(Arc::new(generation)))
    }

    pub(crate) fn get(&self) -> Arc<Generation> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// From now on requests begin with this one. The old one is dropped when the last request that has it ends.
    pub(crate) fn set(&self, generation: Generation) {
        let old = std::mem::replace(&mut *self.0.write().unwrap_or_else(PoisonError::into_inner), Arc::new(generation));
        // Outside of the lock: it may be the last, and large.
        drop(old);
    }
}
