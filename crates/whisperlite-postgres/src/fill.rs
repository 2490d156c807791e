//! Filling an empty database from a folder's store.

use whisperlite::catalog::{Item, TimeKind};
use whisperlite::store::{ForgottenRater, Scope, ServedEvent, Store, StoreError, StudyRecord};

use crate::address::Address;
use crate::error::Unplaced;
use crate::models;
use crate::schema;
use crate::session::Session;
use crate::studies;
use crate::write::Batch;

/// Rows of one statement.
const BATCH: usize = 5_000;

/// What a database was filled with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Filled {
    /// Items, the removed ones too.
    pub n_items: usize,
    /// Events, those of removed items too.
    pub n_events: usize,
    /// Keys of clients.
    pub n_keys: usize,
    /// Records of studies.
    pub n_study_records: usize,
}

/// Copies everything of a folder's store into an empty database, in one commit: items, events with their ids, keys, the logs of studies, and the model.
///
/// # Errors
/// If the database has items or events already, or if either side fails.
pub fn fill(address: &Address, store: &Store) -> Result<Filled, StoreError> {
    let place = address.to_string();
    let mut session = Session::open(address).map_err(|error| error.at(&place))?;
    let filled = session.in_a_commit(|session| copy(session, store, &place));
    filled.map_err(|error| error.at(&place))
}

fn copy(session: &mut Session, store: &Store, place: &str) -> Result<Filled, Unplaced> {
    if schema::sequence(session)? > 0 {
        return Err(StoreError::NotEmpty { place: place.to_owned() }.into());
    }
    let mut filled = Filled::default();
    let mut removed = Vec::new();
    // Times are taken as they stand.
    let mut batch = Batch::new(session, TimeKind::Unix)?;
    let mut items: Vec<Item> = Vec::with_capacity(BATCH);
    store.for_each_stored_item(|stored| {
        filled.n_items += 1;
        if stored.is_removed {
            removed.push(stored.item.item_id.clone());
        }
        items.push(stored.item);
        if items.len() < BATCH { Ok(()) } else { put(&mut batch, &mut items) }
    })?;
    put(&mut batch, &mut items)?;
    let mut events: Vec<ServedEvent> = Vec::with_capacity(BATCH);
    store.for_each_stored_event(|event| {
        filled.n_events += 1;
        events.push(event);
        if events.len() < BATCH { Ok(()) } else { add(&mut batch, &mut events) }
    })?;
    add(&mut batch, &mut events)?;
    batch.remove_items(&removed.iter().map(String::as_str).collect::<Vec<_>>())?;
    let keys = store.keys()?;
    for key in &keys {
        let sql = "INSERT INTO whisperlite_api_keys (name, hash, scopes, created_at, revoked_at)
                   VALUES ($1, $2, $3, $4, $5)";
        let scopes = Scope::join(&key.scopes);
        session.execute(sql, &[&key.name, &key.hash.as_slice(), &scopes, &key.created_at, &key.revoked_at])?;
    }
    filled.n_keys = keys.len();
    let records = store.all_study_records()?;
    for StudyRecord { record, written_at, .. } in &records {
        studies::add_one(session, record, *written_at)?;
    }
    for ForgottenRater { study, rater } in store.forgotten_raters()? {
        studies::put_forgotten(session, &study, &rater)?;
    }
    filled.n_study_records = records.len();
    if let Some(model) = store.model()? {
        models::put(session, &model)?;
    }
    schema::put_info(session, &store.info()?)?;
    // So that the first questions are planned for as many rows as there are.
    session.run(
        "ANALYZE whisperlite_items, whisperlite_users, whisperlite_requests, whisperlite_events, whisperlite_item_changes",
    )?;
    Ok(filled)
}

fn put(batch: &mut Batch<'_>, items: &mut Vec<Item>) -> Result<(), Unplaced> {
    batch.put_items(&items.iter().collect::<Vec<_>>())?;
    items.clear();
    Ok(())
}

fn add(batch: &mut Batch<'_>, events: &mut Vec<ServedEvent>) -> Result<(), Unplaced> {
    batch.add_events(&events.iter().collect::<Vec<_>>())?;
    events.clear();
    Ok(())
}
