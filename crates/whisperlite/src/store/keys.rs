//! The keys of clients, as they are kept: never the key itself, only its SHA-256.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::StoreError;
use super::error::Unplaced;

/// SHA-256 of a key.
pub type KeyHash = [u8; 32];

/// What a key opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// To ask: search, recommendations, items.
    Search,
    /// To tell: events and items.
    Write,
    /// To run the server: reload, metrics, keys.
    Admin,
}

impl Scope {
    /// Every scope, the narrowest first.
    pub const ALL: [Self; 3] = [Self::Search, Self::Write, Self::Admin];

    /// The scope's name, in stores and for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Search => "search",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }

    /// The scope of a name, or `None` if there is none.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }

    /// The names of scopes, joined by commas, as every store keeps them.
    pub fn join(scopes: &BTreeSet<Self>) -> String {
        scopes.iter().map(|scope| scope.name()).collect::<Vec<_>>().join(",")
    }

    /// The reverse of [`Scope::join`], or `None` if a name is not that of a scope.
    pub fn split(names: &str) -> Option<BTreeSet<Self>> {
        names.split(',').filter(|name| !name.is_empty()).map(Self::named).collect()
    }
}

/// A key to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    /// What people call it.
    pub name: String,
    /// SHA-256 of the key.
    pub hash: KeyHash,
    /// What it opens.
    pub scopes: BTreeSet<Scope>,
}

/// A key of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its number in the store; never given twice.
    pub key_id: i64,
    /// What people call it.
    pub name: String,
    /// SHA-256 of the key.
    pub hash: KeyHash,
    /// What it opens.
    pub scopes: BTreeSet<Scope>,
    /// When it was added, in Unix seconds.
    pub created_at: i64,
    /// Since when it opens nothing any more, in Unix seconds.
    pub revoked_at: Option<i64>,
}

/// What became of the wish to revoke a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revocation {
    /// From now on the key opens nothing.
    Revoked,
    /// It was revoked before.
    RevokedBefore,
    /// The store has no such key.
    UnknownKey,
}

/// The time in Unix seconds, as keys are stamped with it.
pub fn unix_now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs().cast_signed())
}

const COLUMNS: &str = "key_id, name, hash, scopes, created_at, revoked_at";

pub(super) fn add(connection: &Connection, path: &Path, key: &NewKey) -> Result<ApiKey, Unplaced> {
    let sql =
        format!("INSERT INTO api_keys (name, hash, scopes, created_at) VALUES (?1, ?2, ?3, ?4) RETURNING {COLUMNS}");
    let values = params![key.name, key.hash.as_slice(), Scope::join(&key.scopes), unix_now()];
    connection.prepare_cached(&sql)?.query_row(values, |row| Ok(read(row, path)))?
}

pub(super) fn all(connection: &Connection, path: &Path) -> Result<Vec<ApiKey>, Unplaced> {
    let sql = format!("SELECT {COLUMNS} FROM api_keys ORDER BY key_id");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([])?;
    let mut keys = Vec::new();
    while let Some(row) = rows.next()? {
        keys.push(read(row, path)?);
    }
    Ok(keys)
}

pub(super) fn find(connection: &Connection, path: &Path, hash: &KeyHash) -> Result<Option<ApiKey>, Unplaced> {
    let sql = format!("SELECT {COLUMNS} FROM api_keys WHERE hash = ?1");
    let found = connection.prepare_cached(&sql)?.query_row([hash.as_slice()], |row| Ok(read(row, path))).optional()?;
    found.transpose()
}

pub(super) fn revoke(connection: &Connection, key_id: i64) -> Result<Revocation, Unplaced> {
    let sql = "UPDATE api_keys SET revoked_at = ?2 WHERE key_id = ?1 AND revoked_at IS NULL";
    if connection.prepare_cached(sql)?.execute([key_id, unix_now()])? == 1 {
        return Ok(Revocation::Revoked);
    }
    let known = connection.prepare_cached("SELECT 1 FROM api_keys WHERE key_id = ?1")?.exists([key_id])?;
    Ok(if known { Revocation::RevokedBefore } else { Revocation::UnknownKey })
}

fn read(row: &Row<'_>, path: &Path) -> Result<ApiKey, Unplaced> {
    let damaged = |what: &str| StoreError::Damaged { path: path.to_owned(), what: what.to_owned() };
    let hash: Vec<u8> = row.get(2)?;
    let scopes: String = row.get(3)?;
    Ok(ApiKey {
        key_id: row.get(0)?,
        name: row.get(1)?,
        hash: hash.try_into().map_err(|_| damaged("the hash of a key is not of 32 bytes"))?,
        scopes: Scope::split(&scopes).ok_or_else(|| damaged("a key has an unknown scope"))?,
        created_at: row.get(4)?,
        revoked_at: row.get(5)?,
    })
}
