//! The tables of a store in PostgreSQL, and their version. They mean what the tables of the SQLite store mean.

use serde_json::to_string;
use whisperlite::catalog::{RequestSource, StoreInfo, TimeKind};

use crate::error::Unplaced;
use crate::session::Session;

/// Version of the tables below.
///
/// Version 1 lacked what `STUDIES` adds.
pub(crate) const FORMAT_VERSION: i64 = 2;

// Texts are ordered by their bytes, as the catalog is. Keys are given by the writers, who take turns, so that there are no gaps.
const TABLES: &str = r#"
    CREATE TABLE whisperlite_meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
    CREATE TABLE whisperlite_items (
        item_key BIGINT PRIMARY KEY,
        item_id TEXT COLLATE "C" NOT NULL UNIQUE,
        title TEXT NOT NULL,
        text TEXT NOT NULL,
        category TEXT NOT NULL,
        price DOUBLE PRECISION,
        image TEXT,
        attributes TEXT NOT NULL, -- a JSON object of texts
        removed BOOLEAN NOT NULL
    );
    CREATE TABLE whisperlite_users (user_key BIGINT PRIMARY KEY, user_id TEXT COLLATE "C" NOT NULL UNIQUE);
    -- Found by a hash: an index takes no text of any length.
    CREATE TABLE whisperlite_requests (request_key BIGINT PRIMARY KEY, request TEXT COLLATE "C" NOT NULL);
    CREATE INDEX whisperlite_requests_by_hash ON whisperlite_requests USING hash (request);
    -- event_key is the event's number in the sequence of changes.
    CREATE TABLE whisperlite_events (
        event_key BIGINT PRIMARY KEY,
        event_id TEXT COLLATE "C" NOT NULL UNIQUE,
        user_key BIGINT NOT NULL,
        item_key BIGINT NOT NULL,
        request_key BIGINT,
        event_type TEXT NOT NULL,
        timestamp BIGINT NOT NULL,
        value DOUBLE PRECISION
    );
    CREATE TABLE whisperlite_served_events (
        event_key BIGINT PRIMARY KEY,
        session_id TEXT,
        query_id TEXT,
        position BIGINT
    );
    CREATE TABLE whisperlite_item_changes (sequence BIGINT PRIMARY KEY, item_key BIGINT NOT NULL);
    CREATE TABLE whisperlite_api_keys (
        key_id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        name TEXT NOT NULL,
        hash BYTEA NOT NULL UNIQUE,
        scopes TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        revoked_at BIGINT
    );
"#;

/// What version 2 added: the logs of studies, and the files of the model in use.
const STUDIES: &str = r#"
    CREATE TABLE whisperlite_study_records (
        -- Given under the lock of the writers, so that a reader never sees a number before a smaller one.
        record_key BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        study TEXT COLLATE "C" NOT NULL,
        record_id TEXT COLLATE "C" NOT NULL,
        rater TEXT COLLATE "C",
        kind TEXT NOT NULL,
        document TEXT NOT NULL, -- JSON
        written_at BIGINT NOT NULL,
        UNIQUE (study, record_id)
    );
    -- Of whom nothing is to be added any more.
    CREATE TABLE whisperlite_forgotten_raters (
        study TEXT COLLATE "C" NOT NULL,
        rater TEXT COLLATE "C" NOT NULL,
        PRIMARY KEY (study, rater)
    );
    CREATE TABLE whisperlite_model_files (
        path TEXT COLLATE "C" NOT NULL,
        part BIGINT NOT NULL, -- from 0; all but the last are of the same length
        bytes BYTEA NOT NULL,
        PRIMARY KEY (path, part)
    );
"#;

/// The version of the tables; `None` if there are none.
pub(crate) fn version(session: &mut Session) -> Result<Option<i64>, Unplaced> {
    let exists = session.query("SELECT to_regclass('whisperlite_meta') IS NOT NULL", &[])?;
    if !exists.first().is_some_and(|row| row.get(0)) {
        return Ok(None);
    }
    let Some(text) = meta(session, "format_version")? else { return Ok(None) };
    text.parse().map(Some).map_err(|_| Unplaced::Damaged(format!("the format version is {text:?}")))
}

/// Makes the tables where there are none, inside the caller's transaction, which has the lock of the writers.
pub(crate) fn prepare(session: &mut Session) -> Result<(), Unplaced> {
    match version(session)? {
        Some(FORMAT_VERSION) => Ok(()),
        Some(1) => {
            session.run(STUDIES)?;
            put_meta(session, "format_version", &FORMAT_VERSION.to_string())
        }
        Some(found) => Err(Unplaced::Damaged(format!(
            "the store has format version {found}, this program reads version {FORMAT_VERSION}; use the program that wrote it"
        ))),
        None => {
            let encoding = session.query("SHOW server_encoding", &[])?;
            if encoding.first().is_none_or(|row| row.get::<_, &str>(0) != "UTF8") {
                return Err(Unplaced::Damaged("the database's encoding is not UTF8: create one with it".to_owned()));
            }
            session.run(TABLES)?;
            session.run(STUDIES)?;
            put_info(
                session,
                &StoreInfo {
                    dataset: "shared".to_owned(),
                    time_kind: TimeKind::Unix,
                    request_source: RequestSource::Column,
                    data_hash: String::new(),
                },
            )?;
            put_meta(session, "format_version", &FORMAT_VERSION.to_string())
        }
    }
}

/// One value of what the store says about itself.
pub(crate) fn meta(session: &mut Session, key: &str) -> Result<Option<String>, Unplaced> {
    let rows = session.query("SELECT value FROM whisperlite_meta WHERE key = $1", &[&key])?;
    Ok(rows.first().map(|row| row.get(0)))
}

pub(crate) fn put_meta(session: &mut Session, key: &str, value: &str) -> Result<(), Unplaced> {
    let sql = "INSERT INTO whisperlite_meta VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    session.execute(sql, &[&key, &value])?;
    Ok(())
}

/// What tells this store from any other: made by chance when it is first asked for, inside the caller's transaction, which has the
/// lock of the writers.
pub(crate) fn store_id(session: &mut Session) -> Result<String, Unplaced> {
    if let Some(id) = meta(session, "store_id")? {
        return Ok(id);
    }
    let rows = session.query("SELECT gen_random_uuid()::TEXT", &[])?;
    let id: String = rows.first().map_or_else(String::new, |row| row.get(0));
    put_meta(session, "store_id", &id)?;
    Ok(id)
}

/// Forgets the hash of the data: they are others now.
pub(crate) fn forget_data_hash(session: &mut Session) -> Result<(), Unplaced> {
    session.execute("DELETE FROM whisperlite_meta WHERE key = 'data_hash'", &[])?;
    Ok(())
}

/// What the store says about itself. The hash of its data is empty if nobody has made it since they changed.
pub(crate) fn info(session: &mut Session) -> Result<StoreInfo, Unplaced> {
    let damaged = |error: serde_json::Error| Unplaced::Damaged(format!("what the store says about itself: {error}"));
    let json = |text: Option<String>| text.unwrap_or_else(|| "null".to_owned());
    Ok(StoreInfo {
        dataset: meta(session, "dataset")?.unwrap_or_default(),
        time_kind: serde_json::from_str(&json(meta(session, "time_kind")?)).map_err(damaged)?,
        request_source: serde_json::from_str(&json(meta(session, "request_source")?)).map_err(damaged)?,
        data_hash: meta(session, "data_hash")?.unwrap_or_default(),
    })
}

/// Sets what the store says about itself.
pub(crate) fn put_info(session: &mut Session, info: &StoreInfo) -> Result<(), Unplaced> {
    let damaged = |error: serde_json::Error| Unplaced::Damaged(error.to_string());
    put_meta(session, "dataset", &info.dataset)?;
    put_meta(session, "time_kind", &to_string(&info.time_kind).map_err(damaged)?)?;
    put_meta(session, "request_source", &to_string(&info.request_source).map_err(damaged)?)?;
    if info.data_hash.is_empty() { forget_data_hash(session) } else { put_meta(session, "data_hash", &info.data_hash) }
}

/// The number of the last event or change of an item; 0 if there was none.
pub(crate) fn sequence(session: &mut Session) -> Result<i64, Unplaced> {
    let sql = "SELECT GREATEST((SELECT COALESCE(MAX(event_key), 0) FROM whisperlite_events),
                               (SELECT COALESCE(MAX(sequence), 0) FROM whisperlite_item_changes))";
    let rows = session.query(sql, &[])?;
    Ok(rows.first().map_or(0, |row| row.get(0)))
}
