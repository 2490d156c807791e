//! What answers: an engine with what was made together with it, and how one takes the place of another.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::time::Instant;

use whisperlite::catalog::Item;
use whisperlite::recommender::{Engine, ImageAbout};
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
    /// What the engine's image is to say of it; `None` where none is to be written, such as when the engine was read from one.
    pub image: Option<ImageAbout>,
}

/// An engine in service. A request keeps the one that it began with.
pub(crate) struct Generation {
    pub(crate) engine: Engine,
    pub(crate) model_version: String,
    /// The store's folder, from which its pictures' paths hold.
    dir: PathBuf,
    /// The fields that a filter may ask for.
    fields: RwLock<BTreeSet<String>>,
    /// Items that are in the store, and that the engine could not take in.
    items_behind: AtomicU64,
    image: Option<ImageAbout>,
}

impl Generation {
    pub(crate) fn new(dir: &Path, prepared: Prepared) -> Self {
        let Prepared { engine, model_version, image, .. } = prepared;
        let fields = RwLock::new(engine.known_fields());
        Self { engine, model_version, dir: dir.to_owned(), fields, items_behind: AtomicU64::new(0), image }
    }

    /// Writes the image of the engine into the store's folder, if there is one to be written.
    pub(crate) fn save_image(&self) {
        let Some(about) = &self.image else { return };
        let since = Instant::now();
        match self.engine.save_image(&self.dir, about) {
            Ok(()) => {
                let seconds = since.elapsed().as_secs_f64();
                tracing::info!(seconds, "the engine's image is on the disk: the next start will be a short one");
            }
            Err(error) => {
                tracing::warn!(
                    error = chain(&error),
                    "the engine's image could not be written: the next start will take longer"
                );
            }
        }
    }

    /// The item of an id, if it can be answered with.
    pub(crate) fn item(&self, item_id: &str) -> Option<Item> {
        self.engine.item(item_id)
    }

    /// The fields that a filter may ask for.
    pub(crate) fn fields(&self) -> RwLockReadGuard<'_, BTreeSet<String>> {
        self.fields.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The store's folder, from which its pictures' paths hold.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Takes in what was written to the store, in the order in which it was. Called by one thread at a time.
    pub(crate) fn take_in(&self, changes: Vec<Change>) {
        // Items that follow one another are read together, which is faster than one by one.
        let mut put: Vec<Item> = Vec::new();
        for change in changes {
            match change.what {
                Changed::ItemPut(item) => put.push(item),
                Changed::Event(event) => {
                    self.take_in_items(std::mem::take(&mut put));
                    self.take_in_event(&event);
                }
                Changed::ItemRemoved(item_id) => {
                    self.take_in_items(std::mem::take(&mut put));
                    self.engine.remove_items([item_id.as_str()]);
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

    fn take_in_items(&self, items: Vec<Item>) {
        if items.is_empty() {
            return;
        }
        let n_items = items.len() as u64;
        let names: BTreeSet<String> = items.iter().flat_map(|item| item.attributes.keys().map(str::to_owned)).collect();
        match self.engine.put_items(items, &self.dir) {
            Ok(unseen) => {
                for error in unseen {
                    tracing::warn!(error = chain(&error), "a picture of an item cannot be seen");
                }
                self.fields.write().unwrap_or_else(PoisonError::into_inner).extend(names);
            }
            Err(error) => {
                tracing::error!(error = chain(&error), n_items, "items are in the store, and cannot be answered with");
                self.items_behind.fetch_add(n_items, Ordering::Relaxed);
            }
        }
    }

    /// Items that are in the store, and that the engine could not take in.
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
