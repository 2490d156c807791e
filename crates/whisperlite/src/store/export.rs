//! Everything as it is stored, for a copy in a store of another kind.

use rusqlite::types::ValueRef;

use super::error::Unplaced;
use super::load::{ITEM_COLUMNS, damaged, event_type_named, item};
use super::{
    ApiKey, FILE_NAME, ForgottenRater, ServedEvent, Store, StoreError, StoredModel, StudyRecord, keys, models, schema,
    studies,
};
use crate::catalog::{Item, SharedAttributes};

/// An item as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredItem {
    /// Its content.
    pub item: Item,
    /// Whether it is removed, and only kept because its id and its events are.
    pub is_removed: bool,
}

impl Store {
    /// Calls `visit` with every item, the removed ones too, in the order in which they first came.
    pub fn for_each_stored_item<E: From<StoreError>>(
        &self,
        mut visit: impl FnMut(StoredItem) -> Result<(), E>,
    ) -> Result<(), E> {
        let placed = |error: Unplaced| error.at(&self.dir.join(FILE_NAME));
        let is_there = schema::is_there(&self.connection).map_err(placed)?;
        let sql = format!("SELECT {ITEM_COLUMNS}, NOT ({is_there}) FROM items ORDER BY item_key");
        let sqlite = |error: rusqlite::Error| placed(error.into());
        let mut statement = self.connection.prepare(&sql).map_err(sqlite)?;
        let mut rows = statement.query([]).map_err(sqlite)?;
        let mut shared = SharedAttributes::default();
        while let Some(row) = rows.next().map_err(sqlite)? {
            let is_removed = row.get(8).map_err(sqlite)?;
            visit(StoredItem { item: item(row, &self.dir, &mut shared).map_err(placed)?, is_removed })?;
        }
        Ok(())
    }

    /// Calls `visit` with every event, those of removed items too, in the order in which they were added. An event that a file
    /// gave no id has the hash of its content for one.
    pub fn for_each_stored_event<E: From<StoreError>>(
        &self,
        mut visit: impl FnMut(ServedEvent) -> Result<(), E>,
    ) -> Result<(), E> {
        let placed = |error: Unplaced| error.at(&self.dir.join(FILE_NAME));
        let sqlite = |error: rusqlite::Error| placed(error.into());
        let has_places = schema::has_places(&self.connection).map_err(placed)?;
        let (places, joined) = match has_places {
            true => ("session_id, query_id, position", "LEFT JOIN served_events USING (event_key)"),
            false => ("NULL, NULL, NULL", ""),
        };
        let sql = format!(
            "SELECT event_id, user_id, item_id, request, event_type, timestamp, value, {places}
             FROM events CROSS JOIN users USING (user_key) CROSS JOIN items USING (item_key)
             LEFT JOIN requests USING (request_key) {joined} ORDER BY event_key"
        );
        let mut statement = self.connection.prepare(&sql).map_err(sqlite)?;
        let mut rows = statement.query([]).map_err(sqlite)?;
        while let Some(row) = rows.next().map_err(sqlite)? {
            visit(self.stored_event(row).map_err(placed)?)?;
        }
        Ok(())
    }

    fn stored_event(&self, row: &rusqlite::Row<'_>) -> Result<ServedEvent, Unplaced> {
        let event_id = match row.get_ref(0)? {
            ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
            ValueRef::Blob(hash) => hash.iter().fold("hash:".to_owned(), |text, byte| text + &format!("{byte:02x}")),
            _ => return Err(damaged(&self.dir, "the id of an event is neither a text nor a hash").into()),
        };
        let type_name = row.get_ref(4)?.as_str().map_err(rusqlite::Error::from)?;
        Ok(ServedEvent {
            event_id,
            user_id: row.get(1)?,
            item_id: row.get(2)?,
            request: row.get(3)?,
            event_type: event_type_named(type_name)
                .ok_or_else(|| damaged(&self.dir, "an event has an unknown type"))?,
            timestamp: row.get(5)?,
            value: row.get(6)?,
            session_id: row.get(7)?,
            query_id: row.get(8)?,
            position: row.get(9)?,
        })
    }

    /// The logs of all studies, in the order in which their records were added.
    pub fn all_study_records(&self) -> Result<Vec<StudyRecord>, StoreError> {
        let records = || match schema::has_studies(&self.connection)? {
            true => studies::all(&self.connection),
            false => Ok(Vec::new()),
        };
        records().map_err(|error| error.at(&self.dir.join(FILE_NAME)))
    }

    /// Who is not to come back into the logs of studies.
    pub fn forgotten_raters(&self) -> Result<Vec<ForgottenRater>, StoreError> {
        let raters = || match schema::has_studies(&self.connection)? {
            true => studies::forgotten(&self.connection),
            false => Ok(Vec::new()),
        };
        raters().map_err(|error| error.at(&self.dir.join(FILE_NAME)))
    }

    /// The model that is kept.
    pub fn model(&self) -> Result<Option<StoredModel>, StoreError> {
        models::get_if_kept(&self.connection).map_err(|error| error.at(&self.dir.join(FILE_NAME)))
    }

    /// The keys of clients, the revoked ones too, oldest first.
    pub fn keys(&self) -> Result<Vec<ApiKey>, StoreError> {
        let path = self.dir.join(FILE_NAME);
        let keys = || match schema::has_keys(&self.connection)? {
            true => keys::all(&self.connection, &path),
            false => Ok(Vec::new()),
        };
        keys().map_err(|error| error.at(&path))
    }
}
