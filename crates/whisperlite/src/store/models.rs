//! The model in use, as its files: from here it comes back where a folder has lost it, and to the folders of other servers.

use rusqlite::{Connection, TransactionBehavior, params};

use super::error::Unplaced;
use super::schema;

/// Bytes of a file that stand in one row.
const PART_BYTES: usize = 8 << 20;

/// Under which name the store says which model it has.
const NAME: &str = "model";

/// A model as its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredModel {
    /// What tells it from any other.
    pub name: String,
    /// Each file's path within the model's folder, with `/` between its parts, and its content; by path.
    pub files: Vec<(String, Vec<u8>)>,
}

pub(super) fn put(connection: &mut Connection, model: &StoredModel) -> Result<(), Unplaced> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute("DELETE FROM model_files", [])?;
    for (path, content) in &model.files {
        let mut insert = transaction.prepare_cached("INSERT INTO model_files VALUES (?1, ?2, ?3)")?;
        for (part, bytes) in parts(content) {
            insert.execute(params![path, part, bytes])?;
        }
    }
    put_name(&transaction, &model.name)?;
    transaction.commit()?;
    Ok(())
}

pub(super) fn put_name(connection: &Connection, name: &str) -> Result<(), Unplaced> {
    schema::put_meta(connection, NAME, name)
}

pub(super) fn name(connection: &Connection) -> Result<Option<String>, Unplaced> {
    schema::meta(connection, NAME)
}

pub(super) fn get(connection: &Connection) -> Result<Option<StoredModel>, Unplaced> {
    let transaction = connection.unchecked_transaction()?;
    let Some(name) = name(&transaction)? else { return Ok(None) };
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    let mut statement = transaction.prepare_cached("SELECT path, bytes FROM model_files ORDER BY path, part")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        join(&mut files, row.get(0)?, row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?);
    }
    Ok(Some(StoredModel { name, files }))
}

/// The parts of a file in which a store keeps it, numbered from 0; an empty file has one, too.
pub fn parts(content: &[u8]) -> impl Iterator<Item = (i64, &[u8])> {
    let empty = content.is_empty().then_some(content);
    (0..).zip(empty.into_iter().chain(content.chunks(PART_BYTES)))
}

/// Adds a part to the last file if it is of that one, else begins the next.
pub fn join(files: &mut Vec<(String, Vec<u8>)>, path: String, bytes: &[u8]) {
    match files.last_mut().filter(|(last, _)| *last == path) {
        Some((_, content)) => content.extend_from_slice(bytes),
        None => files.push((path, bytes.to_vec())),
    }
}

/// The model of a store of any format.
pub(super) fn get_if_kept(connection: &Connection) -> Result<Option<StoredModel>, Unplaced> {
    if schema::has_studies(connection)? { get(connection) } else { Ok(None) }
}
