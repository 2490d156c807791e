//! What answers: an engine with what was made together with it, and how one takes the place of another.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use whisperlite::catalog::Item;
use whisperlite::catalog::filter::known_fields;
use whisperlite::recommender::Engine;
use whisperlite::signals::HistoryEntry;
use whisperlite::store::{Change, Changed, FollowedEvent};

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
    /// The fields that a filter may ask for.
    pub(crate) fields: BTreeSet<String>,
    /// Changes of items that came since the engine was made, and are not part of its answers.
    items_behind: AtomicU64,
}

impl Generation {
    pub(crate) fn new(engine: Engine, model_version: String) -> Self {
        let fields = known_fields(&engine.catalog().items);
        Self { engine, model_version, fields, items_behind: AtomicU64::new(0) }
    }

    /// The item of an id, if the engine has it.
    pub(crate) fn item(&self, item_id: &str) -> Option<&Item> {
        let catalog = self.engine.catalog();
        catalog.item_idx(item_id).map(|item_idx| &catalog.items[item_idx as usize])
    }

    /// Takes in what was written to the store, in the order in which it was. Called by one thread at a time.
    pub(crate) fn take_in(&self, changes: Vec<Change>) {
        for change in changes {
            match change.what {
                Changed::Event(event) => self.take_in_event(&event),
                Changed::ItemPut(item) => self.take_in_item(item),
                Changed::ItemRemoved(item_id) => self.take_out_item(item_id),
            }
        }
    }

    fn take_in_event(&self, event: &FollowedEvent) {
        let catalog = self.engine.catalog();
        // An item that is removed, or not yet part of the engine, is nothing that an answer could read.
        let Some(item_idx) = catalog.item_idx(&event.item_id) else { return };
        let request_idx = event.request.as_deref().and_then(|request| catalog.request_idx(request));
        let FollowedEvent { event_type, timestamp, .. } = *event;
        self.engine.record(&event.user_id, HistoryEntry { item_idx, request_idx, event_type, timestamp });
    }

    /// An item was put: it is in the store, and in the answers of the next engine.
    fn take_in_item(&self, _item: Item) {
        self.items_behind.fetch_add(1, Ordering::Relaxed);
    }

    /// An item was removed: it is gone from the store, and from the answers of the next engine.
    fn take_out_item(&self, _item_id: String) {
        self.items_behind.fetch_add(1, Ordering::Relaxed);
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
