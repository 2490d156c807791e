//! The logs of studies: what was fixed, who takes part, and what they said, one record after the other.
//!
//! A study is nothing but its log. Records are added and never changed; only a person who wants to be forgotten has theirs taken out.
//! What a record means is the business of whoever wrote it.

use rusqlite::{Connection, ToSql, TransactionBehavior, params};

use super::error::Unplaced;
use super::keys::unix_now;

/// A record to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewStudyRecord {
    /// The study's name.
    pub study: String,
    /// Makes it the same record when it is added again; unique in its study.
    pub record_id: String,
    /// Whose it is, and with whom it goes when they want to be forgotten.
    pub rater: Option<String>,
    /// What sort of record.
    pub kind: String,
    /// What it says, as JSON.
    pub document: String,
}

/// A record of a study's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StudyRecord {
    /// Its place among all records: greater than that of every record that was added before.
    pub number: i64,
    /// What was added.
    pub record: NewStudyRecord,
    /// When, in Unix seconds.
    pub written_at: i64,
}

pub(super) fn add(connection: &mut Connection, records: &[NewStudyRecord]) -> Result<Vec<bool>, Unplaced> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let added =
        { records.iter().map(|record| add_one(&transaction, record)).collect::<Result<Vec<bool>, Unplaced>>()? };
    transaction.commit()?;
    Ok(added)
}

fn add_one(transaction: &Connection, record: &NewStudyRecord) -> Result<bool, Unplaced> {
    let sql = "INSERT INTO study_records (study, record_id, rater, kind, document, written_at)
               SELECT ?1, ?2, ?3, ?4, ?5, ?6
               WHERE NOT EXISTS (SELECT 1 FROM forgotten_raters WHERE study = ?1 AND rater = ?3)
               ON CONFLICT (study, record_id) DO NOTHING";
    let NewStudyRecord { study, record_id, rater, kind, document } = record;
    let values = params![study, record_id, rater, kind, document, unix_now()];
    Ok(transaction.prepare_cached(sql)?.execute(values)? == 1)
}

pub(super) fn since(connection: &Connection, study: &str, number: i64) -> Result<Vec<StudyRecord>, Unplaced> {
    select(connection, "WHERE study = ?1 AND record_key > ?2", params![study, number])
}

pub(super) fn of_rater(connection: &Connection, study: &str, rater: &str) -> Result<Vec<StudyRecord>, Unplaced> {
    select(connection, "WHERE study = ?1 AND rater = ?2", params![study, rater])
}

pub(super) fn all(connection: &Connection) -> Result<Vec<StudyRecord>, Unplaced> {
    select(connection, "", params![])
}

fn select(connection: &Connection, condition: &str, values: &[&dyn ToSql]) -> Result<Vec<StudyRecord>, Unplaced> {
    let sql = format!(
        "SELECT record_key, study, record_id, rater, kind, document, written_at FROM study_records {condition}
         ORDER BY record_key"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(values, |row| {
        let record = NewStudyRecord {
            study: row.get(1)?,
            record_id: row.get(2)?,
            rater: row.get(3)?,
            kind: row.get(4)?,
            document: row.get(5)?,
        };
        Ok(StudyRecord { number: row.get(0)?, record, written_at: row.get(6)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn names(connection: &Connection) -> Result<Vec<String>, Unplaced> {
    let mut statement =
        connection.prepare_cached("SELECT study FROM study_records GROUP BY study ORDER BY MIN(record_key)")?;
    Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

pub(super) fn forget(connection: &mut Connection, rater: &str, told: &NewStudyRecord) -> Result<usize, Unplaced> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let study = told.study.as_str();
    let n_records = transaction.execute("DELETE FROM study_records WHERE study = ?1 AND rater = ?2", [study, rater])?;
    if n_records > 0 {
        transaction.execute("INSERT OR IGNORE INTO forgotten_raters VALUES (?1, ?2)", [study, rater])?;
        add_one(&transaction, told)?;
    }
    transaction.commit()?;
    Ok(n_records)
}
