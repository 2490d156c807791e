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

/// Somebody of whom a study keeps nothing, and takes nothing any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForgottenRater {
    /// The study's name.
    pub study: String,
    /// The rater's id.
    pub rater: String,
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

pub(super) fn of_nobody(connection: &Connection, number: i64) -> Result<Vec<StudyRecord>, Unplaced> {
    select(connection, "WHERE rater IS NULL AND record_key > ?1", params![number])
}

pub(super) fn all(connection: &Connection) -> Result<Vec<StudyRecord>, Unplaced> {
    select(connection, "", params![])
}

pub(super) fn forgotten(connection: &Connection) -> Result<Vec<ForgottenRater>, Unplaced> {
    let mut statement = connection.prepare_cached("SELECT study, rater FROM forgotten_raters ORDER BY study, rater")?;
    let rows = statement.query_map([], |row| Ok(ForgottenRater { study: row.get(0)?, rater: row.get(1)? }))?;
    Ok(rows.collect::<Result<_, _>>()?)
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

/// Nothing of what is taken out stays in the file or its log, where a deleted record would lie until something takes its place.
pub(super) fn forget(connection: &mut Connection, rater: &str, told: &NewStudyRecord) -> Result<usize, Unplaced> {
    connection.pragma_update(None, "secure_delete", "ON")?;
    let forgotten = forget_in_a_commit(connection, rater, told);
    connection.pragma_update(None, "secure_delete", "OFF")?;
    let n_records = forgotten?;
    // If somebody else reads right now, the log is emptied when it is next taken into the file.
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(n_records)
}

fn forget_in_a_commit(connection: &mut Connection, rater: &str, told: &NewStudyRecord) -> Result<usize, Unplaced> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let study = told.study.as_str();
    let n_records = transaction.execute("DELETE FROM study_records WHERE study = ?1 AND rater = ?2", [study, rater])?;
    if n_records > 0 {
        transaction.execute("INSERT OR IGNORE INTO forgotten_raters VALUES (?1, ?2)", [study, rater])?;
        add_one(&transaction, told)?;
        // Where pages were once split, they still hold copies of records that moved; written anew, the log has only what is in it.
        transaction.execute_batch(
            "CREATE TEMP TABLE kept_records AS SELECT * FROM study_records;
             DELETE FROM study_records;
             INSERT INTO study_records SELECT * FROM kept_records ORDER BY record_key;
             DROP TABLE kept_records;",
        )?;
    }
    transaction.commit()?;
    Ok(n_records)
}
