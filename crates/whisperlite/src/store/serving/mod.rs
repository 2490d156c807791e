//! A store that is read and written while it is served: many writes in one commit, and every change to be read after it.
//!
//! What a server needs of a store is the trait [`ServingStore`]. [`SqliteStore`] is the one of this crate.

mod changes;
mod sqlite;
mod write;

pub use self::sqlite::SqliteStore;
use super::StoreError;
use super::keys::{ApiKey, KeyHash, NewKey, Revocation};
use super::models::StoredModel;
use super::studies::{NewStudyRecord, StudyRecord};
use crate::catalog::{Catalog, EventType, Item, TimeKind};

/// An event as a server hands it over.
#[derive(Debug, Clone, PartialEq)]
pub struct ServedEvent {
    /// Makes it the same event when it is sent again.
    pub event_id: String,
    /// Who did it; of an unknown visitor [`user_of_session`](crate::catalog::user_of_session).
    pub user_id: String,
    /// With what item.
    pub item_id: String,
    /// The words under which it happened.
    pub request: Option<String>,
    /// What happened.
    pub event_type: EventType,
    /// When, in Unix seconds. A store that keeps only the order of each user's events puts it last instead.
    pub timestamp: i64,
    /// Rating or amount.
    pub value: Option<f64>,
    /// The visit.
    pub session_id: Option<String>,
    /// The answer in which the item was found.
    pub query_id: Option<String>,
    /// The item's place in that answer, from 1.
    pub position: Option<u32>,
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// It is on the disk.
    New {
        /// When it happened, on the clock of the store's events.
        timestamp: i64,
    },
    /// An event of this id was there already, and stays as it is.
    Repeated,
    /// The store has no such item; nothing was written.
    UnknownItem,
}

/// What became of an item that was put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// There was none of this id, or it had been removed.
    Created,
    /// It took the place of the one that was there.
    Replaced,
}

/// What became of an item that was to be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// It is no more in the catalog, and its events neither. To put it again brings both back.
    Removed,
    /// There was none of this id.
    UnknownItem,
}

/// Something to write.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// Events, each stored once however often it is sent.
    Events(Vec<ServedEvent>),
    /// Items, new ones and such as take the place of others.
    PutItems(Vec<Item>),
    /// Ids of items to remove.
    RemoveItems(Vec<String>),
}

impl Write {
    /// How many events or items it has.
    pub fn len(&self) -> usize {
        match self {
            Self::Events(events) => events.len(),
            Self::PutItems(items) => items.len(),
            Self::RemoveItems(ids) => ids.len(),
        }
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What became of a [`Write`]: an outcome for each event or item, in the same order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// Of [`Write::Events`].
    Events(Vec<Recorded>),
    /// Of [`Write::PutItems`].
    Items(Vec<Put>),
    /// Of [`Write::RemoveItems`].
    Removed(Vec<Removal>),
}

impl Written {
    /// The outcomes of events; none where something else was written.
    pub fn events(self) -> Vec<Recorded> {
        if let Self::Events(outcomes) = self { outcomes } else { Vec::new() }
    }

    /// The outcomes of items that were put; none where something else was written.
    pub fn items(self) -> Vec<Put> {
        if let Self::Items(outcomes) = self { outcomes } else { Vec::new() }
    }

    /// The outcomes of items that were removed; none where something else was written.
    pub fn removed(self) -> Vec<Removal> {
        if let Self::Removed(outcomes) = self { outcomes } else { Vec::new() }
    }
}

/// Something that was written, with its place among all that was.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Greater than that of every change that was committed before.
    pub sequence: i64,
    /// What was written.
    pub what: Changed,
}

/// What a [`Change`] is.
#[derive(Debug, Clone, PartialEq)]
pub enum Changed {
    /// An event was added.
    Event(FollowedEvent),
    /// An item was put: it is this one now, which may have come later than this change.
    ItemPut(Item),
    /// The item of this id is removed now. The change itself may have put it.
    ItemRemoved(String),
}

/// An event as those who follow the store see it.
#[derive(Debug, Clone, PartialEq)]
pub struct FollowedEvent {
    /// Who did it.
    pub user_id: String,
    /// With what item, which may have been removed since.
    pub item_id: String,
    /// The words under which it happened.
    pub request: Option<String>,
    /// What happened.
    pub event_type: EventType,
    /// When, on the clock of the store's events.
    pub timestamp: i64,
    /// Rating or amount.
    pub value: Option<f64>,
}

/// A catalog and the moment at which it was read.
#[derive(Debug)]
pub struct Snapshot {
    /// Everything that is in the store.
    pub catalog: Catalog,
    /// The last change that is in the catalog; [`ServingStore::changes_since`] goes on from here.
    pub sequence: i64,
}

/// How many changes came after another one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Since {
    /// Events that were added.
    pub n_events: u64,
    /// Items that were put or removed, each as often as it was.
    pub n_items: u64,
}

/// What a server needs of a store.
///
/// Every commit is synced before a call returns, so that what was acknowledged survives the death of the process and of the
/// machine. A call that fails leaves the store as it was. Others may write the same store meanwhile: commits come one after the
/// other, and their changes are numbered in that order.
pub trait ServingStore: Send {
    /// What the timestamps of the store mean.
    fn time_kind(&self) -> TimeKind;

    /// Reads everything into memory.
    fn snapshot(&mut self) -> Result<Snapshot, StoreError>;

    /// Does all of it in one commit, or nothing: an outcome for each, in the same order.
    fn write(&mut self, writes: &[Write]) -> Result<Vec<Written>, StoreError>;

    /// At most `limit` changes after the one numbered `sequence`, in the order of their commits.
    fn changes_since(&mut self, sequence: i64, limit: usize) -> Result<Vec<Change>, StoreError>;

    /// What tells the change of this number, and this store, from any other: `None` if the store has no such change. Of number 0, what
    /// tells the store. So whoever kept what they knew of a moment finds out whether it is a moment of this very store: one
    /// that was replaced, or put back from a backup, has other marks.
    fn mark(&mut self, sequence: i64) -> Result<Option<String>, StoreError>;

    /// How many changes came after the one numbered `sequence`.
    fn count_since(&mut self, sequence: i64) -> Result<Since, StoreError>;

    /// Adds a key.
    fn add_key(&mut self, key: &NewKey) -> Result<ApiKey, StoreError>;

    /// All keys, the revoked ones too, oldest first.
    fn keys(&mut self) -> Result<Vec<ApiKey>, StoreError>;

    /// The key of a hash, be it revoked or not.
    fn find_key(&mut self, hash: &KeyHash) -> Result<Option<ApiKey>, StoreError>;

    /// Makes a key open nothing any more.
    fn revoke_key(&mut self, key_id: i64) -> Result<Revocation, StoreError>;

    /// Adds records to the logs of studies in one commit: for each, whether it is new. One whose id its study has already stays as it is.
    fn add_study_records(&mut self, records: &[NewStudyRecord]) -> Result<Vec<bool>, StoreError>;

    /// The records of a study after the one of this number, in the order in which they were added.
    fn study_records(&mut self, study: &str, after: i64) -> Result<Vec<StudyRecord>, StoreError>;

    /// The records of all studies that are nobody's, after the one of this number, in the order in which they were added: what was fixed, begun and ended.
    fn records_of_nobody(&mut self, after: i64) -> Result<Vec<StudyRecord>, StoreError>;

    /// The names of all studies, oldest first.
    fn studies(&mut self) -> Result<Vec<String>, StoreError>;

    /// The records of one person in a study, in the order in which they were added.
    fn records_of_rater(&mut self, study: &str, rater: &str) -> Result<Vec<StudyRecord>, StoreError>;

    /// Takes out all records that one person has in the study of `told`, and adds `told`, in one commit; tells how many there were. From then on
    /// nothing of theirs is added: what was on its way when they were forgotten does not come back. Of whom there is nothing, nothing is done.
    fn forget_rater(&mut self, rater: &str, told: &NewStudyRecord) -> Result<usize, StoreError>;

    /// Keeps a model, in the place of the one before.
    fn put_model(&mut self, model: &StoredModel) -> Result<(), StoreError>;

    /// The name of the model that is kept.
    fn model_name(&mut self) -> Result<Option<String>, StoreError>;

    /// The model that is kept.
    fn model(&mut self) -> Result<Option<StoredModel>, StoreError>;

    /// Adds events in one commit: an outcome for each.
    fn add_events(&mut self, events: &[ServedEvent]) -> Result<Vec<Recorded>, StoreError> {
        let written = self.write(&[Write::Events(events.to_vec())])?;
        Ok(written.into_iter().flat_map(Written::events).collect())
    }

    /// Puts items in one commit: an outcome for each.
    fn put_items(&mut self, items: &[Item]) -> Result<Vec<Put>, StoreError> {
        let written = self.write(&[Write::PutItems(items.to_vec())])?;
        Ok(written.into_iter().flat_map(Written::items).collect())
    }

    /// Removes items in one commit: an outcome for each.
    fn remove_items(&mut self, item_ids: &[String]) -> Result<Vec<Removal>, StoreError> {
        let written = self.write(&[Write::RemoveItems(item_ids.to_vec())])?;
        Ok(written.into_iter().flat_map(Written::removed).collect())
    }
}
