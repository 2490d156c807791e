//! Many writes in one commit, each table by one statement for a whole batch.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use postgres::types::ToSql;
use whisperlite::catalog::{Item, TimeKind};
use whisperlite::store::{Put, Recorded, Removal, ServedEvent, Write, Written, event_type_name};

use crate::error::Unplaced;
use crate::schema;
use crate::session::Session;

/// Does all of it inside the caller's transaction, which has the lock of the writers.
pub(crate) fn write(session: &mut Session, time_kind: TimeKind, writes: &[Write]) -> Result<Vec<Written>, Unplaced> {
    let before = schema::sequence(session)?;
    let mut batch = Batch { session, time_kind, sequence: before };
    let mut written = Vec::with_capacity(writes.len());
    // Neighbours of one kind are written as one.
    for group in writes.chunk_by(|a, b| std::mem::discriminant(a) == std::mem::discriminant(b)) {
        batch.write_group(group, &mut written)?;
    }
    if batch.sequence > before {
        schema::forget_data_hash(batch.session)?;
    }
    Ok(written)
}

/// A transaction at work.
pub(crate) struct Batch<'a> {
    session: &'a mut Session,
    time_kind: TimeKind,
    /// The number of the last change.
    sequence: i64,
}

/// Texts as the database takes them: it has no way to keep the character 0.
fn clean(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{fffd}")) } else { Cow::Borrowed(text) }
}

fn clean_all<'t>(texts: impl Iterator<Item = &'t str>) -> Vec<Cow<'t, str>> {
    texts.map(clean).collect()
}

fn as_texts<'t>(texts: &'t [Cow<'_, str>]) -> Vec<&'t str> {
    texts.iter().map(AsRef::as_ref).collect()
}

/// How the keys of a table of texts are found, the last one too, and how texts are added.
struct TextTable {
    find: &'static str,
    last: &'static str,
    add: &'static str,
}

const USERS: TextTable = TextTable {
    find: "SELECT user_id, user_key FROM whisperlite_users WHERE user_id = ANY($1)",
    last: "SELECT COALESCE(MAX(user_key), 0) FROM whisperlite_users",
    add: "INSERT INTO whisperlite_users (user_key, user_id) SELECT * FROM UNNEST($1::BIGINT[], $2::TEXT[])",
};

// By a join, because a hash index answers no question about a list.
const REQUESTS: TextTable = TextTable {
    find: "SELECT request, request_key FROM whisperlite_requests JOIN UNNEST($1::TEXT[]) AS asked (text) ON request = text",
    last: "SELECT COALESCE(MAX(request_key), 0) FROM whisperlite_requests",
    add: "INSERT INTO whisperlite_requests (request_key, request) SELECT * FROM UNNEST($1::BIGINT[], $2::TEXT[])",
};

/// An event that is new, with the keys of what it names.
struct NewEvent<'a> {
    event: &'a ServedEvent,
    event_id: &'a str,
    user: i64,
    item: i64,
    request: Option<i64>,
    timestamp: i64,
}

impl<'a> Batch<'a> {
    /// A batch of a transaction in which nothing was written yet.
    pub(crate) fn new(session: &'a mut Session, time_kind: TimeKind) -> Result<Self, Unplaced> {
        let sequence = schema::sequence(session)?;
        Ok(Self { session, time_kind, sequence })
    }

    fn write_group(&mut self, group: &[Write], written: &mut Vec<Written>) -> Result<(), Unplaced> {
        match &group[0] {
            Write::Events(_) => {
                let events: Vec<&ServedEvent> = group.iter().flat_map(events_of).collect();
                let outcomes = self.add_events(&events)?;
                written.extend(split(group, outcomes).map(Written::Events));
            }
            Write::PutItems(_) => {
                let items: Vec<&Item> = group.iter().flat_map(items_of).collect();
                let outcomes = self.put_items(&items)?;
                written.extend(split(group, outcomes).map(Written::Items));
            }
            Write::RemoveItems(_) => {
                let ids: Vec<&str> = group.iter().flat_map(removed_by).map(String::as_str).collect();
                let outcomes = self.remove_items(&ids)?;
                written.extend(split(group, outcomes).map(Written::Removed));
            }
        }
        Ok(())
    }

    /// Adds events: an outcome for each.
    pub(crate) fn add_events(&mut self, events: &[&ServedEvent]) -> Result<Vec<Recorded>, Unplaced> {
        let ids = clean_all(events.iter().map(|event| event.event_id.as_str()));
        let ids = as_texts(&ids);
        let item_ids = clean_all(events.iter().map(|event| event.item_id.as_str()));
        let known = self.session.query("SELECT event_id FROM whisperlite_events WHERE event_id = ANY($1)", &[&ids])?;
        let mut known: HashSet<String> = known.iter().map(|row| row.get(0)).collect();
        let items = self.items_that_are_there(&as_texts(&item_ids))?;
        let mut outcomes = Vec::with_capacity(events.len());
        let mut new: Vec<(&ServedEvent, &str, i64)> = Vec::new();
        for ((event, &event_id), item_id) in events.iter().zip(&ids).zip(&item_ids) {
            outcomes.push(match items.get(item_id.as_ref()) {
                _ if known.contains(event_id) => Recorded::Repeated,
                None => Recorded::UnknownItem,
                Some(&item_key) => {
                    known.insert(event_id.to_owned());
                    new.push((event, event_id, item_key));
                    Recorded::New { timestamp: event.timestamp }
                }
            });
        }
        let new = self.with_keys(new)?;
        self.insert_events(&new)?;
        let mut times = new.iter().map(|event| event.timestamp);
        for outcome in &mut outcomes {
            if let Recorded::New { timestamp } = outcome {
                *timestamp = times.next().unwrap_or(*timestamp);
            }
        }
        Ok(outcomes)
    }

    /// The keys of those items of a list that are there and not removed.
    fn items_that_are_there(&mut self, ids: &[&str]) -> Result<HashMap<String, i64>, Unplaced> {
        let sql = "SELECT item_id, item_key FROM whisperlite_items WHERE item_id = ANY($1) AND NOT removed";
        let rows = self.session.query(sql, &[&ids])?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    }

    /// Finds or gives keys to the users and requests of new events, and to the events their times.
    fn with_keys<'e>(&mut self, new: Vec<(&'e ServedEvent, &'e str, i64)>) -> Result<Vec<NewEvent<'e>>, Unplaced> {
        let users = clean_all(new.iter().map(|(event, ..)| event.user_id.as_str()));
        let requests = clean_all(new.iter().filter_map(|(event, ..)| event.request.as_deref()));
        let user_keys = self.keys_of(&USERS, &as_texts(&users))?;
        let request_keys = self.keys_of(&REQUESTS, &as_texts(&requests))?;
        let mut next = match self.time_kind {
            TimeKind::Unix => HashMap::new(),
            TimeKind::Order => self.next_places(user_keys.values().copied().collect())?,
        };
        let time_kind = self.time_kind;
        let with_keys = |(event, event_id, item): (&'e ServedEvent, &'e str, i64)| {
            let user = user_keys[clean(&event.user_id).as_ref()];
            let timestamp = match time_kind {
                TimeKind::Unix => event.timestamp,
                TimeKind::Order => {
                    let next: &mut i64 = next.entry(user).or_default();
                    *next += 1;
                    *next - 1
                }
            };
            let request = event.request.as_deref().map(|request| request_keys[clean(request).as_ref()]);
            NewEvent { event, event_id, user, item, request, timestamp }
        };
        Ok(new.into_iter().map(with_keys).collect())
    }

    /// The keys of texts; those that are new get one. The last key is asked for, and not a sequence of the database, because
    /// that leaves gaps where a transaction is undone.
    fn keys_of(&mut self, table: &TextTable, texts: &[&str]) -> Result<HashMap<String, i64>, Unplaced> {
        if texts.is_empty() {
            return Ok(HashMap::new());
        }
        let distinct: Vec<&str> = texts.iter().copied().collect::<HashSet<_>>().into_iter().collect();
        let found = self.session.query(table.find, &[&distinct])?;
        let mut keys: HashMap<String, i64> = found.iter().map(|row| (row.get(0), row.get(1))).collect();
        // In the order in which they came, so that the same writes make the same store.
        let mut seen = HashSet::new();
        let missing: Vec<&str> =
            texts.iter().copied().filter(|text| !keys.contains_key(*text) && seen.insert(*text)).collect();
        if !missing.is_empty() {
            let last: i64 = self.session.query(table.last, &[])?.first().map_or(0, |row| row.get(0));
            let numbers: Vec<i64> = (last + 1..).take(missing.len()).collect();
            self.session.execute(table.add, &[&numbers, &missing])?;
            keys.extend(missing.iter().map(|text| (*text).to_owned()).zip(numbers));
        }
        Ok(keys)
    }

    /// The place after the last event of each user.
    fn next_places(&mut self, users: Vec<i64>) -> Result<HashMap<i64, i64>, Unplaced> {
        let sql =
            "SELECT user_key, MAX(timestamp) + 1 FROM whisperlite_events WHERE user_key = ANY($1) GROUP BY user_key";
        Ok(self.session.query(sql, &[&users])?.iter().map(|row| (row.get(0), row.get(1))).collect())
    }

    fn insert_events(&mut self, new: &[NewEvent<'_>]) -> Result<(), Unplaced> {
        if new.is_empty() {
            return Ok(());
        }
        let keys: Vec<i64> = (self.sequence + 1..).take(new.len()).collect();
        self.sequence += i64::try_from(new.len()).unwrap_or(0);
        let ids: Vec<&str> = new.iter().map(|new| new.event_id).collect();
        let users: Vec<i64> = new.iter().map(|new| new.user).collect();
        let items: Vec<i64> = new.iter().map(|new| new.item).collect();
        let requests: Vec<Option<i64>> = new.iter().map(|new| new.request).collect();
        let types: Vec<&str> = new.iter().map(|new| event_type_name(new.event.event_type)).collect();
        let times: Vec<i64> = new.iter().map(|new| new.timestamp).collect();
        let values: Vec<Option<f64>> = new.iter().map(|new| new.event.value).collect();
        let sql = "INSERT INTO whisperlite_events
                       (event_key, event_id, user_key, item_key, request_key, event_type, timestamp, value)
                   SELECT * FROM UNNEST($1::BIGINT[], $2::TEXT[], $3::BIGINT[], $4::BIGINT[], $5::BIGINT[], $6::TEXT[],
                                        $7::BIGINT[], $8::DOUBLE PRECISION[])";
        self.session.execute(sql, &[&keys, &ids, &users, &items, &requests, &types, &times, &values])?;
        self.insert_places(&keys, new)
    }

    /// Where the events happened, of those that say so.
    fn insert_places(&mut self, keys: &[i64], new: &[NewEvent<'_>]) -> Result<(), Unplaced> {
        let says =
            |event: &ServedEvent| event.session_id.is_some() || event.query_id.is_some() || event.position.is_some();
        let (mut of_events, mut sessions, mut queries, mut positions) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (&key, new) in keys.iter().zip(new).filter(|(_, new)| says(new.event)) {
            of_events.push(key);
            sessions.push(new.event.session_id.as_deref().map(clean));
            queries.push(new.event.query_id.as_deref().map(clean));
            positions.push(new.event.position.map(i64::from));
        }
        if of_events.is_empty() {
            return Ok(());
        }
        let sql = "INSERT INTO whisperlite_served_events (event_key, session_id, query_id, position)
                   SELECT * FROM UNNEST($1::BIGINT[], $2::TEXT[], $3::TEXT[], $4::BIGINT[])";
        let sessions: Vec<Option<&str>> = sessions.iter().map(|text| text.as_deref()).collect();
        let queries: Vec<Option<&str>> = queries.iter().map(|text| text.as_deref()).collect();
        self.session.execute(sql, &[&of_events, &sessions, &queries, &positions])?;
        Ok(())
    }

    /// Puts items: an outcome for each.
    pub(crate) fn put_items(&mut self, items: &[&Item]) -> Result<Vec<Put>, Unplaced> {
        if items.is_empty() {
            return Ok(Vec::new());
        }
        let ids = clean_all(items.iter().map(|item| item.item_id.as_str()));
        let ids = as_texts(&ids);
        let sql = "SELECT item_id, item_key, removed FROM whisperlite_items WHERE item_id = ANY($1)";
        let found = self.session.query(sql, &[&ids])?;
        let mut keys: HashMap<String, (i64, bool)> =
            found.iter().map(|row| (row.get(0), (row.get(1), !row.get::<_, bool>(2)))).collect();
        let last = self.session.query("SELECT COALESCE(MAX(item_key), 0) FROM whisperlite_items", &[])?;
        let mut last: i64 = last.first().map_or(0, |row| row.get(0));
        let (mut outcomes, mut changed) = (Vec::with_capacity(items.len()), Vec::with_capacity(items.len()));
        // Of an item that is put twice, the last is kept.
        let mut kept: HashMap<i64, &Item> = HashMap::new();
        for (&item, id) in items.iter().zip(&ids) {
            let (key, is_there) = keys.get(*id).copied().unwrap_or_else(|| {
                last += 1;
                (last, false)
            });
            keys.insert((*id).to_owned(), (key, true));
            outcomes.push(if is_there { Put::Replaced } else { Put::Created });
            changed.push(key);
            kept.insert(key, item);
        }
        let mut kept: Vec<(i64, &Item)> = kept.into_iter().collect();
        kept.sort_unstable_by_key(|(key, _)| *key);
        self.upsert_items(&kept)?;
        self.note_changes(&changed)?;
        Ok(outcomes)
    }

    fn upsert_items(&mut self, items: &[(i64, &Item)]) -> Result<(), Unplaced> {
        let texts = |field: fn(&Item) -> &str| clean_all(items.iter().map(|(_, item)| field(item)));
        let keys: Vec<i64> = items.iter().map(|(key, _)| *key).collect();
        let ids = texts(|item| &item.item_id);
        let titles = texts(|item| &item.title);
        let words = texts(|item| &item.text);
        let categories = texts(|item| &item.category);
        let prices: Vec<Option<f64>> = items.iter().map(|(_, item)| item.price).collect();
        let images: Vec<Option<Cow<'_, str>>> =
            items.iter().map(|(_, item)| item.image.as_deref().map(clean)).collect();
        let images: Vec<Option<&str>> = images.iter().map(|image| image.as_deref()).collect();
        let attributes: Vec<String> =
            items.iter().map(|(_, item)| serde_json::Value::from_iter(item.attributes.iter()).to_string()).collect();
        let sql = "INSERT INTO whisperlite_items
                       (item_key, item_id, title, text, category, price, image, attributes, removed)
                   SELECT *, false FROM UNNEST($1::BIGINT[], $2::TEXT[], $3::TEXT[], $4::TEXT[], $5::TEXT[],
                                               $6::DOUBLE PRECISION[], $7::TEXT[], $8::TEXT[])
                   ON CONFLICT (item_key) DO UPDATE SET title = excluded.title, text = excluded.text,
                       category = excluded.category, price = excluded.price, image = excluded.image,
                       attributes = excluded.attributes, removed = false";
        let (ids, titles) = (as_texts(&ids), as_texts(&titles));
        let (words, categories) = (as_texts(&words), as_texts(&categories));
        let values: [&(dyn ToSql + Sync); 8] =
            [&keys, &ids, &titles, &words, &categories, &prices, &images, &attributes];
        self.session.execute(sql, &values)?;
        Ok(())
    }

    /// Removes items: an outcome for each.
    pub(crate) fn remove_items(&mut self, ids: &[&str]) -> Result<Vec<Removal>, Unplaced> {
        let ids = clean_all(ids.iter().copied());
        let ids = as_texts(&ids);
        let mut there = self.items_that_are_there(&ids)?;
        let mut removed = Vec::new();
        let outcomes = ids.iter().map(|id| match there.remove(*id) {
            Some(key) => {
                removed.push(key);
                Removal::Removed
            }
            None => Removal::UnknownItem,
        });
        let outcomes = outcomes.collect();
        self.session.execute("UPDATE whisperlite_items SET removed = true WHERE item_key = ANY($1)", &[&removed])?;
        self.note_changes(&removed)?;
        Ok(outcomes)
    }

    /// Writes down, each under a number of its own, that items changed.
    fn note_changes(&mut self, item_keys: &[i64]) -> Result<(), Unplaced> {
        let numbers: Vec<i64> = (self.sequence + 1..).take(item_keys.len()).collect();
        self.sequence += i64::try_from(item_keys.len()).unwrap_or(0);
        let sql = "INSERT INTO whisperlite_item_changes (sequence, item_key)
                   SELECT * FROM UNNEST($1::BIGINT[], $2::BIGINT[])";
        self.session.execute(sql, &[&numbers, &item_keys])?;
        Ok(())
    }
}

fn events_of(write: &Write) -> &[ServedEvent] {
    if let Write::Events(events) = write { events } else { &[] }
}

fn items_of(write: &Write) -> &[Item] {
    if let Write::PutItems(items) = write { items } else { &[] }
}

fn removed_by(write: &Write) -> &[String] {
    if let Write::RemoveItems(ids) = write { ids } else { &[] }
}

/// The outcomes of several writes that were made as one.
fn split<T: Clone>(group: &[Write], outcomes: Vec<T>) -> impl Iterator<Item = Vec<T>> {
    let mut outcomes = outcomes.into_iter();
    group.iter().map(move |write| outcomes.by_ref().take(write.len()).collect())
}
