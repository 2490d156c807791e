//! The keys of clients.

use postgres::Row;
use whisperlite::store::{ApiKey, KeyHash, NewKey, Revocation, Scope, unix_now};

use crate::error::Unplaced;
use crate::session::Session;

pub(crate) fn add(session: &mut Session, key: &NewKey) -> Result<ApiKey, Unplaced> {
    let sql = "INSERT INTO whisperlite_api_keys (name, hash, scopes, created_at) VALUES ($1, $2, $3, $4)
               RETURNING key_id, name, hash, scopes, created_at, revoked_at";
    let rows = session.query(sql, &[&key.name, &key.hash.as_slice(), &Scope::join(&key.scopes), &unix_now()])?;
    rows.first().map_or_else(|| Err(Unplaced::Damaged("a key was added and is not there".to_owned())), read)
}

pub(crate) fn all(session: &mut Session) -> Result<Vec<ApiKey>, Unplaced> {
    let sql = "SELECT key_id, name, hash, scopes, created_at, revoked_at FROM whisperlite_api_keys ORDER BY key_id";
    session.query(sql, &[])?.iter().map(read).collect()
}

pub(crate) fn find(session: &mut Session, hash: &KeyHash) -> Result<Option<ApiKey>, Unplaced> {
    let sql = "SELECT key_id, name, hash, scopes, created_at, revoked_at FROM whisperlite_api_keys WHERE hash = $1";
    session.query(sql, &[&hash.as_slice()])?.first().map(read).transpose()
}

pub(crate) fn revoke(session: &mut Session, key_id: i64) -> Result<Revocation, Unplaced> {
    let sql = "UPDATE whisperlite_api_keys SET revoked_at = $2 WHERE key_id = $1 AND revoked_at IS NULL";
    if session.execute(sql, &[&key_id, &unix_now()])? == 1 {
        return Ok(Revocation::Revoked);
    }
    let known = session.query("SELECT 1 FROM whisperlite_api_keys WHERE key_id = $1", &[&key_id])?;
    Ok(if known.is_empty() { Revocation::UnknownKey } else { Revocation::RevokedBefore })
}

fn read(row: &Row) -> Result<ApiKey, Unplaced> {
    let damaged = |what: &str| Unplaced::Damaged(what.to_owned());
    let hash: Vec<u8> = row.get(2);
    Ok(ApiKey {
        key_id: row.get(0),
        name: row.get(1),
        hash: hash.try_into().map_err(|_| damaged("the hash of a key is not of 32 bytes"))?,
        scopes: Scope::split(row.get(3)).ok_or_else(|| damaged("a key has an unknown scope"))?,
        created_at: row.get(4),
        revoked_at: row.get(5),
    })
}
