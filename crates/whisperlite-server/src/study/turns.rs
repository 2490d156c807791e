//! Which study mixes lists now? Read from what was made, begun and ended in all studies, without what was said in them.

use std::collections::BTreeMap;

use whisperlite::store::{ServingStore, StoreError};
use whisperlite_study::log::Entry;

use super::book::entry;
use super::mixing::Mixer;

/// The latest version of each study that mixes lists, until it has ended.
#[derive(Debug, Default)]
pub(super) struct Turns {
    last: i64,
    studies: BTreeMap<String, Turn>,
}

#[derive(Debug)]
struct Turn {
    mixer: Mixer,
    is_open: bool,
}

impl Turns {
    /// As they stand in a store.
    pub(super) fn read(store: &mut dyn ServingStore) -> Result<Self, StoreError> {
        let mut turns = Self::default();
        turns.read_on(store)?;
        Ok(turns)
    }

    /// Takes in what was written since.
    pub(super) fn read_on(&mut self, store: &mut dyn ServingStore) -> Result<(), StoreError> {
        for found in store.records_of_nobody(self.last)? {
            let (entry, study) = (entry(&found)?, found.record.study);
            match entry {
                // A new version takes the place of the one before, whatever arms it has.
                Entry::Made { version, design, .. } => {
                    self.studies.remove(&study);
                    if let Some(mixer) = Mixer::of(&study, &version, &design) {
                        self.studies.insert(study, Turn { mixer, is_open: false });
                    }
                }
                Entry::Opened { version } => {
                    let turn = self.studies.get_mut(&study).filter(|turn| turn.mixer.version() == version);
                    turn.into_iter().for_each(|turn| turn.is_open = true);
                }
                Entry::Closed { version } => {
                    self.studies.retain(|name, turn| *name != study || turn.mixer.version() != version);
                }
                _ => {}
            }
            self.last = found.number;
        }
        Ok(())
    }

    /// The study that is open; of two, which an older server could open, one.
    pub(super) fn mixer(&self) -> Option<&Mixer> {
        self.studies.values().find(|turn| turn.is_open).map(|turn| &turn.mixer)
    }

    /// Its name.
    pub(super) fn mixing(&self) -> Option<&str> {
        self.mixer().map(Mixer::study)
    }
}
