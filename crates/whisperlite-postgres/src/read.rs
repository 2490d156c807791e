//! Everything at one moment, and what came after it.

use postgres::Row;
use postgres::fallible_iterator::FallibleIterator;
use whisperlite::catalog::{Item, SharedAttributes};
use whisperlite::store::{CatalogRows, Change, Changed, EventRow, FollowedEvent, Since, Snapshot, event_type_named};

use crate::error::Unplaced;
use crate::schema;
use crate::session::Session;

/// Reads everything, inside the caller's transaction, which sees one moment.
pub(crate) fn snapshot(session: &mut Session) -> Result<Snapshot, Unplaced> {
    let sequence = schema::sequence(session)?;
    let info = schema::info(session)?;
    let (mut catalog, mut shared) = (CatalogRows::default(), SharedAttributes::default());
    let odd = |error: whisperlite::store::OddRow| Unplaced::Damaged(error.to_string());
    let items = "SELECT item_key, item_id, title, text, category, price, image, attributes, removed
                 FROM whisperlite_items ORDER BY item_id";
    let mut rows = session.stream(items)?;
    while let Some(row) = rows.next()? {
        match row.get(8) {
            true => catalog.add_removed_item(row.get(0)),
            false => catalog.add_item(row.get(0), item(&row, 1, 2, &mut shared)?).map_err(odd)?,
        }
    }
    drop(rows);
    let mut rows = session.stream("SELECT user_key, user_id FROM whisperlite_users ORDER BY user_id")?;
    while let Some(row) = rows.next()? {
        catalog.add_user(row.get(0), row.get(1)).map_err(odd)?;
    }
    drop(rows);
    let mut rows = session.stream("SELECT request_key, request FROM whisperlite_requests ORDER BY request")?;
    while let Some(row) = rows.next()? {
        catalog.add_request(row.get(0), row.get(1)).map_err(odd)?;
    }
    drop(rows);
    let events = "SELECT user_key, item_key, request_key, event_type, timestamp, value
                  FROM whisperlite_events ORDER BY event_key";
    let mut rows = session.stream(events)?;
    while let Some(row) = rows.next()? {
        catalog.add_event(event_row(&row)?).map_err(odd)?;
    }
    Ok(Snapshot { catalog: catalog.finish(info), sequence })
}

fn event_row(row: &Row) -> Result<EventRow, Unplaced> {
    Ok(EventRow {
        user_key: row.get(0),
        item_key: row.get(1),
        request_key: row.get(2),
        event_type: event_type(row.get(3))?,
        timestamp: row.get(4),
        value: row.get(5),
    })
}

fn event_type(name: &str) -> Result<whisperlite::catalog::EventType, Unplaced> {
    event_type_named(name).ok_or_else(|| Unplaced::Damaged(format!("an event has the type {name:?}")))
}

/// The item of a row, of which the columns from `title` on hold its title, text, category, price, image and attributes.
/// It shares what it says with the items before.
fn item(row: &Row, item_id: usize, title: usize, shared: &mut SharedAttributes) -> Result<Item, Unplaced> {
    let attributes = shared.of_json(row.get(title + 5));
    Ok(Item {
        item_id: row.get(item_id),
        title: row.get(title),
        text: row.get(title + 1),
        category: row.get(title + 2),
        price: row.get(title + 3),
        image: row.get(title + 4),
        attributes: attributes
            .map_err(|_| Unplaced::Damaged("an item's attributes are no JSON object of texts".to_owned()))?,
    })
}

/// Both kinds of changes in one statement, which sees one moment: everything up to some commit, and nothing after it. What a
/// change names is looked up row by row (`OFFSET 0` sees to that), because there are few changes and many items.
const CHANGES: &str = "
    (SELECT event_key AS sequence, event_type, user_id, item_id, request, timestamp, value,
            NULL::BOOLEAN AS removed, NULL::TEXT AS title, NULL::TEXT AS text, NULL::TEXT AS category,
            NULL::DOUBLE PRECISION AS price, NULL::TEXT AS image, NULL::TEXT AS attributes
     FROM (SELECT * FROM whisperlite_events WHERE event_key > $1 ORDER BY event_key LIMIT $2) AS events
          JOIN LATERAL (SELECT user_id FROM whisperlite_users AS u
                        WHERE u.user_key = events.user_key OFFSET 0) AS users ON true
          JOIN LATERAL (SELECT item_id FROM whisperlite_items AS i
                        WHERE i.item_key = events.item_key OFFSET 0) AS items ON true
          LEFT JOIN LATERAL (SELECT request FROM whisperlite_requests AS r
                             WHERE r.request_key = events.request_key OFFSET 0) AS requests ON true)
    UNION ALL
    (SELECT sequence, NULL, NULL, item_id, NULL, NULL, NULL, removed, title, text, category, price, image, attributes
     FROM (SELECT * FROM whisperlite_item_changes WHERE sequence > $1 ORDER BY sequence LIMIT $2) AS changes
          JOIN LATERAL (SELECT * FROM whisperlite_items AS i
                        WHERE i.item_key = changes.item_key OFFSET 0) AS items ON true)
    ORDER BY sequence LIMIT $2";

/// At most `limit` changes after the one numbered `sequence`.
pub(crate) fn changes_since(session: &mut Session, sequence: i64, limit: usize) -> Result<Vec<Change>, Unplaced> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    session.query(CHANGES, &[&sequence, &limit])?.iter().map(change).collect()
}

/// What tells this store and the change of this number from any other; `None` if there is no such change. The caller's transaction
/// has the lock of the writers, so that the store gets one name.
pub(crate) fn mark(session: &mut Session, sequence: i64) -> Result<Option<String>, Unplaced> {
    let store_id = schema::store_id(session)?;
    if sequence == 0 {
        return Ok(Some(format!("{store_id} ")));
    }
    let sql = "SELECT 'event ' || event_id FROM whisperlite_events WHERE event_key = $1
               UNION ALL
               SELECT 'item ' || item_id FROM whisperlite_item_changes JOIN whisperlite_items USING (item_key)
               WHERE sequence = $1";
    let rows = session.query(sql, &[&sequence])?;
    Ok(rows.first().map(|row| format!("{store_id} {}", row.get::<_, &str>(0))))
}

/// How many changes came after the one numbered `sequence`.
pub(crate) fn count_since(session: &mut Session, sequence: i64) -> Result<Since, Unplaced> {
    let sql = "SELECT (SELECT COUNT(*) FROM whisperlite_events WHERE event_key > $1),
                      (SELECT COUNT(*) FROM whisperlite_item_changes WHERE sequence > $1)";
    let rows = session.query(sql, &[&sequence])?;
    let count = |column: usize| rows.first().map_or(0, |row| row.get::<_, i64>(column).unsigned_abs());
    Ok(Since { n_events: count(0), n_items: count(1) })
}

fn change(row: &Row) -> Result<Change, Unplaced> {
    let what = match row.get::<_, Option<&str>>(1) {
        Some(name) => Changed::Event(FollowedEvent {
            user_id: row.get(2),
            item_id: row.get(3),
            request: row.get(4),
            event_type: event_type(name)?,
            timestamp: row.get(5),
            value: row.get(6),
        }),
        None if row.get(7) => Changed::ItemRemoved(row.get(3)),
        None => Changed::ItemPut(item(row, 3, 8, &mut SharedAttributes::default())?),
    };
    Ok(Change { sequence: row.get(0), what })
}
